//! What nobody learns by a group: that somebody is there who hides from a member.

use iim::edge::clock::Clock as _;
use iim::protocol::time::Seconds;
use iim::rules::event::{Act, Event, GroupAct};
use iim::rules::message::Delivery;
use iim::rules::queue::budget::Class;

use super::{group_of, read};
use crate::world::{MINUTE, World, address};

/// A group of friends of Alice's in which mails are gathered.
pub(super) fn gathering(names: &[&str]) -> World {
    let mut world = World::of(&[]);
    for name in names {
        world.settle_in(name, name, "[mail]\nper_day = 200\n");
    }
    for other in &names[1..] {
        world.befriend("alice", other);
        world.pass(10 * MINUTE);
    }
    world.found("alice", "climbing", &names[1..]);
    world.pass(MINUTE);
    for name in &names[1..] {
        world.group_act(name, GroupAct::Accept);
        world.pass(2 * MINUTE);
    }
    world.pass(30 * MINUTE);
    world.agree(names);
    world
}

#[test]
fn what_is_said_in_a_minute_leaves_in_one_mail() {
    let mut world = gathering(&["alice", "bob", "carol"]);
    for n in 0..5 {
        world.say_in("bob", &format!("text {n}"));
        world.clock.advance(2);
    }
    world.tick_all();
    assert!(world.outgoing("bob").is_empty(), "it is gathered");
    world.clock.advance(90);
    world.tick_all();
    let mails = world.outgoing("bob");
    assert_eq!(mails.len(), 2, "one to each");
    for mail in &mails {
        world.deliver(mail);
    }
    assert_eq!(world.reads("carol").len(), 5);
    world.pass(20 * MINUTE);
    assert_eq!(world.reads("alice").len(), 5);
}

#[test]
fn who_is_taken_in_costs_nothing_of_what_is_said() {
    let mut world = gathering(&["alice", "bob", "carol", "dave"]);
    let now = Seconds(world.clock.now().0);
    let day = world.read("alice", |tx| tx.budget().day(200, now));
    assert_eq!(day.left(Class::Group, None), Some(100));
}

#[test]
fn who_flushes_does_not_wait() {
    let mut world = gathering(&["alice", "bob", "carol"]);
    world.say_in("bob", "now, please");
    assert!(world.outgoing("bob").is_empty(), "it is gathered");
    world.at("bob").event(Event::Flush).unwrap();
    for mail in world.outgoing("bob") {
        world.deliver(&mail);
    }
    assert_eq!(world.reads("carol").len(), 1);
    world.at("carol").event(Event::Flush).unwrap();
    assert!(
        world.outgoing("carol").is_empty(),
        "that it came is told when it would be"
    );
}

#[test]
fn over_irc_a_friend_has_it_at_once_and_needs_no_mail() {
    let mut world = gathering(&["alice", "bob", "carol"]);
    world.see_each_other("alice", "bob");
    world.meet("alice", "bob");
    world.say_in("alice", "at once");
    assert!(world.chat("alice", "bob") > 0);
    assert_eq!(world.reads("bob"), read(&[("alice", "at once")]));
    world.clock.advance(120);
    world.tick_all();
    let mails = world.outgoing("alice");
    let to: Vec<_> = mails.iter().map(|mail| mail.to.clone()).collect();
    assert_eq!(to, [address("carol")]);
}

#[test]
fn nothing_goes_over_irc_where_somebody_is_hidden_from() {
    let mut world = gathering(&["alice", "bob", "carol"]);
    world.see_each_other("alice", "bob");
    world.meet("alice", "bob");
    world.act("alice", Act::Hide(vec![address("carol")]));
    world.pass(20 * MINUTE);
    world.say_in("alice", "by mail alone");
    assert_eq!(
        world.chat("alice", "bob"),
        0,
        "an answer of bob's would show carol that alice is there"
    );
    world.pass(20 * MINUTE);
    for name in ["bob", "carol"] {
        assert_eq!(
            world.reads(name),
            read(&[("alice", "by mail alone")]),
            "{name}"
        );
    }
}

#[test]
fn what_the_blocked_say_is_dropped_and_what_they_do_is_not() {
    let mut world = group_of(&["alice", "bob", "carol"]);
    world.act("bob", Act::Block(vec![address("alice")]));
    world.exchange();
    let id = world.say_in("alice", "do you hear me?");
    world.pass(20 * MINUTE);
    assert_eq!(world.reads("bob"), []);
    assert_eq!(world.reads("carol").len(), 1);
    assert_ne!(world.said("alice", id), Delivery::Delivered);
    let carol = world.member("alice", "carol");
    world.group_act("alice", |group| GroupAct::Remove(group, carol));
    world.exchange();
    assert_eq!(world.who_is_in("bob"), ["alice", "bob"]);
}

#[test]
fn whom_we_removed_does_not_see_when_their_mail_is_fetched() {
    let mut world = World::of(&["bob"]);
    let fetched = "[mail]\nper_day = 0\n[mail.fetch]\nserver = \"imap://127.0.0.1:1143\"\npassword_command = \"true\"\n";
    world.settle_in("alice", "alice", fetched);
    world.befriend("alice", "bob");
    world.found("alice", "climbing", &["bob"]);
    world.exchange();
    world.group_act("bob", GroupAct::Accept);
    world.exchange();
    world.act("alice", Act::Remove(vec![address("bob")]));
    world.pass(24 * 60 * MINUTE);
    let id = world.say_in("bob", "are you there?");
    // What was sealed as to a friend opens no more; it is repeated.
    world.exchange();
    world.pass(24 * 60 * MINUTE);
    for _ in 0..59 {
        assert_eq!(world.pass(MINUTE), 0, "nothing leaves for an hour");
    }
    for _ in 0..6 {
        world.pass(60 * MINUTE);
    }
    assert_eq!(world.said("bob", id), Delivery::Delivered);
}

#[test]
fn one_member_who_writes_often_spends_nobody_elses_mails() {
    let mut world = gathering(&["alice", "bob", "carol"]);
    world.wait(2 * 24 * 60 * MINUTE);
    let mut to_bob = 0;
    for n in 0..24 {
        world.say_in("bob", &format!("text {n}"));
        world.wait(2 * MINUTE);
        for mail in world.outgoing("bob") {
            world.deliver(&mail);
        }
        // Each text has come, and that is due.
        world.wait(11 * MINUTE);
        to_bob += world.outgoing("carol").len();
    }
    assert_eq!(to_bob, 13, "an eighth of what is the groups'");
    assert_eq!(world.reads("carol").len(), 24);
    let now = Seconds(world.clock.now().0);
    let day = world.read("carol", |tx| tx.budget().day(200, now));
    assert_eq!(day.left(Class::Group, None), Some(100 - 13));
    assert_eq!(day.left(Class::Act, None), Some(150 - 13));
    // What carol says takes along that it came.
    let id = world.say_in("carol", "yes, bob, we hear you");
    world.pass(2 * MINUTE);
    world.pass(20 * MINUTE);
    assert_eq!(world.said("carol", id), Delivery::Delivered);
}

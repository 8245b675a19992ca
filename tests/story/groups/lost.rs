//! Mails of a group that are lost, late, doubled: everybody learns everything in the end, or the sender that it failed.

use iim::protocol::time::Seconds;
use iim::rules::effect::{Effect, Notice};
use iim::rules::event::GroupAct;
use iim::rules::group::state::Standing;
use iim::rules::message::Delivery;

use super::hall::Hall;
use super::rooms::in_a_room;
use super::{group_of, group_that_bob_has_not_heard_of, read};
use crate::world::{DAY, HOUR, MINUTE, START, address};

#[test]
fn a_lost_copy_goes_again_in_a_new_session() {
    let mut world = group_of(&["alice", "bob", "carol"]);
    let id = world.say_in("bob", "is anybody there?");
    let mails = world.outgoing("bob");
    assert_eq!(mails.len(), 2);
    for mail in mails.iter().filter(|mail| mail.to != address("carol")) {
        world.deliver(mail);
    }
    world.pass(20 * MINUTE);
    assert_eq!(world.said("bob", id), Delivery::Sent);
    assert_eq!(world.reads("carol"), []);
    world.pass(DAY);
    assert_eq!(world.reads("carol"), read(&[("bob", "is anybody there?")]));
    world.pass(20 * MINUTE);
    assert_eq!(world.said("bob", id), Delivery::Delivered);
    assert_eq!(world.reads("carol").len(), 1, "once");
}

#[test]
fn what_never_comes_fails_for_that_member() {
    let mut world = group_of(&["alice", "bob", "carol"]);
    let id = world.say_in("alice", "hello");
    for _ in 0..14 {
        world.clock.advance(DAY / 2);
        world.tick_all();
        for mail in world.all_outgoing() {
            if mail.to != address("carol") {
                world.deliver(&mail);
            }
        }
    }
    assert_eq!(world.said("alice", id), Delivery::Failed);
    let copies = world.copies("alice", id);
    let state = |name: &str| {
        let to = address(name);
        let contact = world.contact("alice", name);
        let found = copies.iter().find(|copy| copy.contact == contact);
        (to, found.unwrap().state, found.unwrap().reason.clone())
    };
    assert_eq!(state("bob").1, Delivery::Delivered);
    assert_eq!(state("carol").1, Delivery::Failed);
    assert_eq!(state("carol").2.as_deref(), Some("no answer for five days"));
}

#[test]
fn acts_that_were_lost_are_told_again() {
    let mut world = group_of(&["alice", "bob", "carol", "dave"]);
    let carol = world.member("alice", "carol");
    world.group_act("alice", |group| GroupAct::Remove(group, carol));
    for mail in world.outgoing("alice") {
        if mail.to != address("bob") {
            world.deliver(&mail);
        }
    }
    world.exchange();
    assert_eq!(world.who_is_in("bob"), ["alice", "bob", "carol", "dave"]);
    world.say_in("bob", "who is here?");
    world.pass(20 * MINUTE);
    world.agree(&["alice", "bob", "dave"]);
    world.say_in("bob", "who is left?");
    world.pass(20 * MINUTE);
    let seen: Vec<_> = world
        .reads("carol")
        .into_iter()
        .map(|(_, text)| text)
        .collect();
    assert!(!seen.contains(&"who is left?".to_owned()), "{seen:?}");
}

#[test]
fn a_newcomer_whose_book_is_lost_gets_it_a_day_later() {
    let mut world = group_that_bob_has_not_heard_of();
    assert_eq!(world.outgoing("alice").len(), 1, "the book, which is lost");
    world.pass(HOUR);
    let by = world.contact("bob", "alice");
    let ended = None;
    assert_eq!(world.group("bob").standing, Standing::Agreed { by, ended });
    world.pass(DAY);
    world.agree(&["alice", "bob"]);
}

#[test]
fn mails_in_any_order_and_twice_are_read_once_and_in_order() {
    let mut world = group_of(&["alice", "bob", "carol"]);
    let mut mails = Vec::new();
    for n in 0..6 {
        world.say_in("bob", &format!("text {n}"));
        mails.extend(world.outgoing("bob"));
        world.clock.advance(1);
    }
    for mail in mails.iter().rev().chain(&mails) {
        world.deliver(mail);
    }
    world.pass(20 * MINUTE);
    let expected: Vec<_> = (0..6)
        .map(|n| ("bob".to_owned(), format!("text {n}")))
        .collect();
    for name in ["alice", "carol"] {
        assert_eq!(world.reads(name), expected, "{name}");
    }
    assert_eq!(world.pass(6 * DAY), 0, "all of it came");
}

#[test]
fn a_text_that_cannot_leave_fails_in_the_end() {
    let mut world = group_of(&["alice", "bob", "carol"]);
    let id = world.say_in("alice", "hello");
    // The row is gone, as when what waits for somebody is cancelled.
    let carol = world.contact("alice", "carol");
    world
        .store("alice")
        .transact(|tx| tx.apply(&Effect::CancelAll(carol), tx_now()))
        .unwrap();
    for _ in 0..12 {
        world.pass(DAY / 2);
    }
    assert_eq!(world.said("alice", id), Delivery::Failed);
    let copies = world.copies("alice", id);
    let failed = copies.iter().find(|copy| copy.contact == carol).unwrap();
    let why = failed.reason.as_deref();
    assert_eq!(why, Some("it could not be sent for five days"));
    let after = world.say_in("alice", "and now?");
    world.pass(20 * MINUTE);
    assert_eq!(world.said("alice", after), Delivery::Delivered);
    assert_eq!(
        world.said("alice", id),
        Delivery::Failed,
        "not waited for is not come"
    );
}

fn tx_now() -> Seconds {
    Seconds(START)
}

#[test]
fn what_had_not_left_when_the_user_goes_has_failed_and_never_leaves() {
    let mut world = group_of(&["alice", "bob", "carol"]);
    let id = world.say_in("bob", "bye");
    world.group_act("bob", GroupAct::Leave);
    world.exchange();
    assert_eq!(world.said("bob", id), Delivery::Failed);
    let bob = world.contact("alice", "bob");
    world.group_act("alice", |group| GroupAct::Add(group, vec![bob]));
    world.exchange();
    world.group_act("bob", GroupAct::Accept);
    world.exchange();
    world.say_in("bob", "hello again");
    world.pass(20 * MINUTE);
    for name in ["alice", "carol"] {
        assert_eq!(world.reads(name), read(&[("bob", "hello again")]), "{name}");
    }
}

#[test]
fn what_fails_for_several_at_once_has_failed() {
    let mut world = group_of(&["alice", "bob", "carol"]);
    let id = world.say_in("alice", "is anybody there?");
    for _ in 0..14 {
        world.wait(DAY / 2);
        world.all_outgoing();
    }
    let copies = world.copies("alice", id);
    assert!(copies.iter().all(|copy| copy.state == Delivery::Failed));
    assert_eq!(world.said("alice", id), Delivery::Failed);
}

#[test]
fn whoever_goes_learns_what_did_not_come() {
    let mut world = group_of(&["alice", "bob", "carol"]);
    let id = world.say_in("bob", "farewell");
    assert_eq!(world.outgoing("bob").len(), 2, "lost");
    world.group_act("bob", GroupAct::Leave);
    world.exchange();
    assert_eq!(world.said("bob", id), Delivery::Failed);
    for copy in world.copies("bob", id) {
        let why = copy.reason.as_deref();
        assert_eq!(why, Some("you are not in the group any more"));
    }
}

#[test]
fn what_reaches_nobody_any_more_has_failed() {
    let mut world = group_of(&["alice", "bob"]);
    let id = world.say_in("alice", "bob?");
    assert_eq!(world.outgoing("alice").len(), 1, "lost");
    // Bob has lost everything, and is a friend again under other keys.
    world.settle_in("bob", "reinstalled", "");
    world.befriend("bob", "alice");
    world.pass(DAY);
    world.pass(DAY);
    assert_eq!(world.said("alice", id), Delivery::Failed);
    let id = world.say_in("alice", "and now?");
    assert_eq!(world.said("alice", id), Delivery::Failed);
    let failed = |notice: &Notice| matches!(notice, Notice::Copies { id: of, failed: Some(_), .. } if *of == id);
    assert!(world.some("alice").told.iter().any(failed), "it is told");
}

#[test]
fn whoever_went_says_so_again_to_those_who_write() {
    let mut world = group_of(&["alice", "bob", "carol"]);
    world.group_act("bob", GroupAct::Leave);
    assert_eq!(world.outgoing("bob").len(), 2, "lost");
    for name in ["carol", "alice"] {
        world.say_in(name, "bob?");
        world.pass(HOUR);
    }
    // And alice makes another key for the rooms.
    world.pass(HOUR);
    world.agree(&["alice", "carol"]);
    assert_eq!(world.reads("bob"), []);
    assert_eq!(world.pass(2 * DAY), 0, "nothing more is to be told");
}

#[test]
fn a_newcomer_without_the_book_gets_it_with_what_is_said() {
    let mut world = group_that_bob_has_not_heard_of();
    for _ in 0..10 {
        world.all_outgoing();
        world.wait(DAY);
    }
    let by = world.contact("bob", "alice");
    let standing = world.group("bob").standing;
    assert_eq!(standing, Standing::Agreed { by, ended: None });
    let id = world.say_in("alice", "welcome");
    world.exchange();
    world.pass(DAY);
    world.pass(HOUR);
    world.agree(&["alice", "bob"]);
    assert_eq!(world.reads("bob"), read(&[("alice", "welcome")]));
    assert_eq!(world.said("alice", id), Delivery::Delivered);
}

#[test]
fn a_mail_to_a_prekey_says_nothing_when_it_is_played_again() {
    let mut world = group_of(&["alice", "bob", "carol"]);
    world.say_in("carol", "hello, bob");
    let first: Vec<_> = world.outgoing("carol");
    let first = first.iter().find(|mail| mail.to == address("bob")).unwrap();
    world.deliver(first);
    let early = world.deliver(first).unwrap();
    for _ in 0..100 {
        world.pass(DAY);
    }
    let late = world.deliver(first).unwrap();
    for again in [early, late] {
        assert!(again.done && again.notices.is_empty(), "{}", again.status);
        assert!(again.status.contains("a double"), "{}", again.status);
    }
}

#[test]
fn whoever_was_put_out_and_has_not_heard_of_it_says_it_to_nobody() {
    let mut world = group_of(&["alice", "bob", "carol"]);
    let carol = world.member("alice", "carol");
    world.group_act("alice", |group| GroupAct::Remove(group, carol));
    for mail in world.outgoing("alice") {
        if mail.to != address("carol") {
            world.deliver(&mail);
        }
    }
    world.exchange();
    for n in 0..3 {
        let id = world.say_in("carol", &format!("text {n}"));
        for mail in world.outgoing("carol") {
            world.deliver(&mail);
        }
        assert_eq!(world.all_outgoing().len(), 0, "nobody answers");
        assert_ne!(world.said("carol", id), Delivery::Delivered);
        world.clock.advance(HOUR);
    }
    for name in ["alice", "bob"] {
        assert_eq!(world.reads(name), [], "{name}");
    }
}

#[test]
fn a_friend_who_has_lost_the_session_reads_it_again_in_a_new_one() {
    let mut world = group_of(&["alice", "bob", "carol"]);
    world.say_in("alice", "one");
    world.pass(20 * MINUTE);
    let database = rusqlite::Connection::open(world.home("bob").database()).unwrap();
    assert!(database.execute("DELETE FROM session", []).unwrap() > 0);
    let mut bob = world.person("alice", "bob");
    bob.friend_mut().unwrap().theirs.mail = None;
    let put = Effect::Contact(Box::new(bob));
    let now = world.clock().now();
    let store = world.store("alice");
    store.transact(|tx| tx.apply(&put, now)).unwrap();
    let id = world.say_in("alice", "two");
    for _ in 0..4 {
        world.pass(DAY);
    }
    assert_eq!(world.reads("bob").len(), 2);
    assert_eq!(world.said("alice", id), Delivery::Delivered);
}

#[test]
fn what_mail_took_first_is_said_in_the_room_all_the_same_and_once() {
    let (mut world, mut hall) = in_a_room(&["alice", "bob", "carol"]);
    // The agent hears of it when its mail has been sealed already.
    world.say_in("alice", "hello");
    let late = world.outgoing("alice");
    assert_eq!(late.len(), 2);
    hall.said.clear();
    hall.pass(&world, 15);
    let nick = hall.nick_in_rooms("alice").unwrap().clone();
    let lines = |hall: &Hall| hall.said.iter().filter(|(_, who, _)| *who == nick).count();
    assert_eq!(lines(&hall), 1, "{:?}", hall.said);
    for name in ["bob", "carol"] {
        assert_eq!(world.reads(name), read(&[("alice", "hello")]), "{name}");
    }
    for mail in &late {
        world.deliver(mail);
    }
    hall.pass(&world, 90);
    world.pass(2 * DAY);
    assert_eq!(lines(&hall), 1);
    assert_eq!(world.reads("bob").len(), 1);
}

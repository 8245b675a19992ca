//! All was lost but a kept copy: friends in a group give its book back.

use iim::edge::mail::OutMail;
use iim::protocol::kept::NO_ROOMS;
use iim::protocol::letter::Body;
use iim::rules::event::{Act, GroupAct};
use iim::rules::group::state::Standing;
use iim::rules::message::Delivery;

use super::{group_of, read};
use crate::kept::leaving::within;
use crate::kept::{code, copy_of, found, lose_all};
use crate::world::{DAY, HOUR, MINUTE, World, address};

/// Somebody of a group loses all, and recovers.
fn loses_all(world: &mut World, name: &str) {
    let key = code(world, name);
    let mail = copy_of(world, name, &key);
    lose_all(world, name, &key, &mail);
    let standing = world.group(name).standing;
    assert!(matches!(standing, Standing::Agreed { .. }), "{standing:?}");
    world.act(name, Act::Restored);
}

#[test]
fn the_book_comes_back_and_all_talk_on() {
    let mut world = group_of(&["alice", "bob", "carol"]);
    world.say_in("alice", "before");
    world.pass(20 * MINUTE);
    let old = world.group("alice").members[0].entry.value.prekey;
    loses_all(&mut world, "bob");
    world.exchange();
    world.pass(HOUR);
    world.agree(&["alice", "bob", "carol"]);
    assert!(world.group("bob").recovers.is_none());
    let key = world.member("alice", "bob");
    let now = world.group("alice").member(key).unwrap().entry.value.prekey;
    assert_ne!(now, old, "another prekey, which all are told");
    let key = world.member("carol", "bob");
    assert_eq!(
        world.group("carol").member(key).unwrap().entry.value.prekey,
        now
    );
    for (name, text) in [
        ("bob", "here again"),
        ("carol", "so we see"),
        ("alice", "good"),
    ] {
        let id = world.say_in(name, text);
        world.pass(20 * MINUTE);
        world.pass(DAY);
        assert_eq!(world.said(name, id), Delivery::Delivered, "{text}");
    }
    let all = [
        ("bob", "here again"),
        ("carol", "so we see"),
        ("alice", "good"),
    ];
    assert_eq!(world.reads("bob"), read(&all), "once each");
    for name in ["alice", "carol"] {
        let texts: Vec<_> = world.reads(name).into_iter().skip(1).collect();
        assert_eq!(texts, read(&all), "{name}");
    }
    for name in ["alice", "carol"] {
        let told = format!("{:?}", world.some(name).told);
        assert!(!told.contains("differently"), "{told}");
    }
}

#[test]
fn who_was_seen_in_no_room_and_told_of_nothing_is_not_now() {
    let mut world = group_of(&["alice", "bob", "carol"]);
    world.group_act("bob", |group| GroupAct::Shown(group, false));
    world.group_act("bob", |group| GroupAct::Mute(group, true));
    loses_all(&mut world, "bob");
    world.exchange();
    world.pass(HOUR);
    let group = world.group("bob");
    assert!(group.is_in() && group.muted);
    assert_eq!(group.rooms.shown, Some(false));
}

#[test]
fn who_is_seen_in_rooms_no_more_is_not_in_a_copy_of_the_same_hour() {
    let mut world = group_of(&["alice", "bob", "carol"]);
    let key = code(&mut world, "bob");
    copy_of(&mut world, "bob", &key);
    world.wait(2 * HOUR);
    world.group_act("bob", |group| GroupAct::Shown(group, false));
    let (_, mail) = within(&mut world, "bob", 60).remove(0);
    let kept = found([mail.mail.as_slice()], &key).unwrap();
    assert_eq!(kept.groups.unwrap()[0].flags, NO_ROOMS);
}

#[test]
fn a_copy_that_is_made_before_the_book_is_back_has_the_group_all_the_same() {
    let mut world = group_of(&["alice", "bob", "carol"]);
    let key = code(&mut world, "bob");
    let mail = copy_of(&mut world, "bob", &key);
    let groups = |mail: &OutMail| found([mail.mail.as_slice()], &key).unwrap().groups;
    lose_all(&mut world, "bob", &key, &mail);
    let next = copy_of(&mut world, "bob", &key);
    assert!(groups(&mail).is_some());
    assert_eq!(groups(&next), groups(&mail));
}

#[test]
fn a_founder_is_the_founder_again() {
    let mut world = group_of(&["alice", "bob", "carol"]);
    loses_all(&mut world, "alice");
    world.exchange();
    world.pass(HOUR);
    world.agree(&["alice", "bob", "carol"]);
    let carol = world.member("alice", "carol");
    world.group_act("alice", |group| GroupAct::Remove(group, carol));
    world.exchange();
    world.pass(HOUR);
    world.agree(&["alice", "bob"]);
}

#[test]
fn what_is_asked_and_lost_is_asked_again() {
    let mut world = group_of(&["alice", "bob", "carol"]);
    loses_all(&mut world, "alice");
    // The healing is over, and the first question with it.
    for _ in 0..6 {
        for mail in world.all_outgoing() {
            let is_told = mail.from == address("alice")
                && world
                    .person("alice", "bob")
                    .friend()
                    .unwrap()
                    .healing
                    .is_none();
            if !is_told {
                world.deliver(&mail);
            }
        }
    }
    assert!(!world.group("alice").is_in());
    world.pass(DAY);
    world.pass(HOUR);
    world.pass(2 * DAY);
    world.agree(&["alice", "bob", "carol"]);
}

#[test]
fn whoever_was_put_out_since_learns_it() {
    let mut world = group_of(&["alice", "bob", "carol"]);
    let key = code(&mut world, "bob");
    let mail = copy_of(&mut world, "bob", &key);
    let bob = world.member("alice", "bob");
    world.group_act("alice", |group| GroupAct::Remove(group, bob));
    world.exchange();
    lose_all(&mut world, "bob", &key, &mail);
    world.act("bob", Act::Restored);
    world.exchange();
    for _ in 0..8 {
        world.pass(DAY);
    }
    assert!(!world.group("bob").is_in());
    world.agree(&["alice", "carol"]);
    assert_eq!(world.reads("bob"), []);
}

#[test]
fn only_who_is_asked_gives_a_book_back() {
    let mut world = group_of(&["alice", "bob", "carol"]);
    let alices = world.group("alice").id;
    loses_all(&mut world, "bob");
    let group = world.group("bob");
    let from: Vec<_> = group.recovers.clone().unwrap().from;
    // Carol is no friend of bob's.
    assert_eq!(from, [world.contact("bob", "alice")]);
    assert_eq!(group.id, alices);
    world.exchange();
    world.pass(HOUR);
    assert!(world.group("bob").is_in());
}

#[test]
fn any_of_the_friends_gives_it_back() {
    let mut world = group_of(&["alice", "bob", "carol"]);
    loses_all(&mut world, "alice");
    let from = world.group("alice").recovers.unwrap().from;
    let names = ["bob", "carol"];
    let silent = names
        .iter()
        .find(|name| world.contact("alice", name) == from[0]);
    let silent = address(silent.unwrap());
    for _ in 0..24 {
        for mail in world.all_outgoing() {
            if mail.to != silent {
                world.deliver(&mail);
            }
        }
        world.wait(10 * MINUTE);
    }
    assert!(world.group("alice").is_in());
    world.pass(DAY);
    world.pass(2 * DAY);
    world.agree(&["alice", "bob", "carol"]);
}

#[test]
fn each_is_asked_three_times_at_most() {
    let mut world = group_of(&["alice", "bob", "carol"]);
    loses_all(&mut world, "alice");
    for _ in 0..30 {
        world.wait(DAY);
        world.all_outgoing();
    }
    for name in ["bob", "carol"] {
        let to = world.contact("alice", name);
        let waiting = world.read("alice", |tx| tx.outbox().of(to));
        let asks = waiting
            .iter()
            .filter(|one| matches!(one.outgoing.letter.body, Body::Told(_)));
        assert_eq!(asks.count(), 3, "{name}");
    }
    assert!(!world.group("alice").is_in());
}

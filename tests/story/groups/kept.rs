//! A group outlives what happens to friendships and to disks.

use iim::edge::store::{Peer, Transport};
use iim::rules::event::{Act, GroupAct};
use iim::rules::group::state::Standing;
use iim::rules::message::Delivery;

use super::{group_of, read};
use crate::restored::restore;
use crate::world::{DAY, HOUR, MINUTE, World, address};

#[test]
fn whoever_is_no_friend_any_more_is_still_a_member() {
    let mut world = group_of(&["alice", "bob", "carol"]);
    world.say_in("bob", "one");
    world.pass(20 * MINUTE);
    world.act("alice", Act::Remove(vec![address("bob")]));
    world.pass(HOUR);
    for (name, text) in [("alice", "two"), ("bob", "three"), ("carol", "four")] {
        let id = world.say_in(name, text);
        world.pass(20 * MINUTE);
        world.pass(20 * MINUTE);
        assert_eq!(world.said(name, id), Delivery::Delivered, "{text}");
    }
    let all = [
        ("bob", "one"),
        ("alice", "two"),
        ("bob", "three"),
        ("carol", "four"),
    ];
    for name in ["alice", "bob", "carol"] {
        assert_eq!(world.reads(name), read(&all), "{name}");
    }
}

#[test]
fn strangers_of_a_group_become_friends() {
    let mut world = group_of(&["alice", "bob", "carol"]);
    world.say_in("bob", "one");
    world.pass(20 * MINUTE);
    world.befriend("bob", "carol");
    world.are_friends("bob", "carol");
    for (name, text) in [("bob", "two"), ("carol", "three")] {
        let id = world.say_in(name, text);
        world.pass(20 * MINUTE);
        assert_eq!(world.said(name, id), Delivery::Delivered, "{text}");
    }
    let all = [("bob", "one"), ("bob", "two"), ("carol", "three")];
    assert_eq!(world.reads("alice"), read(&all));
}

#[test]
fn whose_backup_is_put_back_is_heard_in_the_group() {
    let mut world = group_of(&["alice", "bob", "carol"]);
    world.say_in("alice", "before");
    world.pass(20 * MINUTE);
    let backup = world.copy_home("alice", "backup");
    world.say_in("alice", "forgotten by alice");
    world.say_in("bob", "forgotten by alice, too");
    world.pass(20 * MINUTE);
    restore(&mut world, "alice", &backup);
    let early = world.say_in("alice", "before anything is mended");
    world.act("alice", Act::Restored);
    world.pass(HOUR);
    let id = world.say_in("alice", "after");
    world.pass(HOUR);
    world.say_in("carol", "we hear you");
    for _ in 0..4 {
        world.pass(DAY);
    }
    for id in [early, id] {
        assert_eq!(world.said("alice", id), Delivery::Delivered);
    }
    for name in ["bob", "carol"] {
        let texts: Vec<_> = world
            .reads(name)
            .into_iter()
            .map(|(_, text)| text)
            .collect();
        assert!(texts.contains(&"after".to_owned()), "{name}: {texts:?}");
        assert_eq!(
            world
                .words(name)
                .iter()
                .filter(|it| it.contains("differently"))
                .count(),
            0
        );
    }
    let texts: Vec<_> = world
        .reads("alice")
        .into_iter()
        .map(|(_, text)| text)
        .collect();
    assert!(texts.contains(&"we hear you".to_owned()), "{texts:?}");
}

/// Whoever has left a group goes on writing to its members what these lack: not where the backup's ratchets are, either.
#[test]
fn with_members_of_a_group_of_before_no_session_of_a_backup_seals() {
    let mut world = group_of(&["alice", "bob", "carol"]);
    for name in ["bob", "carol"] {
        world.say_in(name, "hello");
        world.pass(20 * MINUTE);
    }
    world.group_act("bob", GroupAct::Leave);
    world.pass(HOUR);
    let seal = |world: &mut World| {
        let ids = world.read("bob", |tx| tx.find_ids(&address("carol")));
        let peer = Peer {
            contact: ids.unwrap().contact,
            key: world.keys("carol").curve25519,
            former: false,
        };
        let rows = world.read("bob", |tx| tx.sessions().of(&peer, Transport::Mail));
        rows.iter().filter(|row| !row.retired).count()
    };
    assert_eq!(seal(&mut world), 1, "they are no friends");
    let backup = world.copy_home("bob", "backup");
    restore(&mut world, "bob", &backup);
    world.act("bob", Act::Restored);
    assert_eq!(seal(&mut world), 0);
}

#[test]
fn what_was_on_its_way_when_a_backup_was_put_back_still_comes() {
    let mut world = group_of(&["alice", "bob", "carol"]);
    let first = world.say_in("alice", "first");
    let lost = world.outgoing("alice");
    for mail in lost.iter().filter(|mail| mail.to != address("carol")) {
        world.deliver(mail);
    }
    let backup = world.copy_home("alice", "backup");
    restore(&mut world, "alice", &backup);
    world.act("alice", Act::Restored);
    world.exchange();
    let second = world.say_in("alice", "second");
    for _ in 0..6 {
        world.pass(HOUR);
    }
    world.pass(DAY);
    world.pass(HOUR);
    for name in ["bob", "carol"] {
        let mut texts = world.reads(name);
        texts.sort();
        let both = read(&[("alice", "first"), ("alice", "second")]);
        assert_eq!(texts, both, "{name}");
    }
    for id in [first, second] {
        assert_eq!(world.said("alice", id), Delivery::Delivered);
    }
}

#[test]
fn whoever_is_about_to_become_a_friend_is_heard_as_a_member() {
    let mut world = group_of(&["alice", "bob", "carol"]);
    world.add("bob", "carol");
    world.exchange();
    world.accept("carol", "bob");
    assert_eq!(world.outgoing("carol").len(), 1, "lost");
    for (name, text) in [("bob", "one"), ("carol", "two")] {
        let id = world.say_in(name, text);
        world.exchange();
        world.pass(20 * MINUTE);
        assert_eq!(world.said(name, id), Delivery::Delivered, "{text}");
    }
}

#[test]
fn an_admin_whose_backup_is_put_back_undoes_nothing() {
    let mut world = group_of(&["alice", "bob", "carol"]);
    let backup = world.copy_home("alice", "backup");
    let carol = world.member("alice", "carol");
    world.group_act("alice", |group| GroupAct::Remove(group, carol));
    world.exchange();
    restore(&mut world, "alice", &backup);
    assert_eq!(world.who_is_in("alice"), ["alice", "bob", "carol"]);
    // Before anybody has told them what they did: an act of the same number as that.
    let bob = world.member("alice", "bob");
    world.group_act("alice", |group| GroupAct::Admin(group, bob, true));
    world.act("alice", Act::Restored);
    world.exchange();
    world.say_in("alice", "here I am");
    for _ in 0..3 {
        world.pass(HOUR);
    }
    world.agree(&["alice", "bob"]);
    assert!(world.group("bob").admin);
    assert_eq!(world.group("carol").standing, Standing::Out);
}

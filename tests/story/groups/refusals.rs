//! What a group refuses its own members, and in which words.

use iim::protocol::letter::Network;
use iim::rules::event::{Act, GroupAct};

use super::group_of;
use crate::world::{MINUTE, World};

impl World {
    /// What a member is told who may not do that.
    fn no(&mut self, name: &str, act: GroupAct) -> String {
        self.try_act(name, Act::Group(act)).unwrap_err().to_string()
    }
}

#[test]
fn the_last_admin_stays_while_others_are_in() {
    let mut world = group_of(&["alice", "bob", "carol"]);
    let group = world.group("alice").conversation;
    let no = world.no("alice", GroupAct::Leave(group));
    assert!(no.contains("the only admin of climbing"), "{no}");
    // Who is no admin goes as they like.
    world.group_act("carol", GroupAct::Leave);
    world.pass(20 * MINUTE);
    assert_eq!(world.who_is_in("alice"), ["alice", "bob"]);
    let bob = world.member("alice", "bob");
    world.group_act("alice", |group| GroupAct::Admin(group, bob, true));
    world.pass(20 * MINUTE);
    world.group_act("alice", GroupAct::Leave);
    world.pass(20 * MINUTE);
    assert_eq!(world.who_is_in("bob"), ["bob"]);
    world.group_act("bob", GroupAct::Leave);
    assert!(!world.group("bob").is_in(), "nobody else is in");
}

#[test]
fn who_stands_above_is_named() {
    let mut world = group_of(&["alice", "bob", "carol"]);
    let bob = world.member("alice", "bob");
    world.group_act("alice", |group| GroupAct::Admin(group, bob, true));
    world.pass(20 * MINUTE);
    let group = world.group("bob").conversation;
    let alice = world.member("bob", "alice");
    for act in [
        GroupAct::Remove(group, alice),
        GroupAct::Admin(group, alice, false),
    ] {
        let no = world.no("bob", act);
        assert!(no.starts_with("alice has been an admin for longer"), "{no}");
    }
    assert_eq!(world.who_is_in("bob"), ["alice", "bob", "carol"]);
}

#[test]
fn a_group_has_rooms_on_two_networks() {
    let mut world = group_of(&["alice", "bob"]);
    let group = world.group("alice").conversation;
    let network = |number: usize| Network {
        name: format!("net{number}"),
        servers: vec![format!("irc{number}.example:6697")],
    };
    let networks = |count: usize| (0..count).map(network).collect::<Vec<_>>();
    let no = world.no("alice", GroupAct::Rooms(group, networks(3)));
    assert!(no.contains("at most 2 networks"), "{no}");
    for count in [2, 1, 0] {
        world.group_act("alice", |group| GroupAct::Rooms(group, networks(count)));
        world.pass(20 * MINUTE);
        for name in ["alice", "bob"] {
            assert_eq!(world.group(name).rooms.networks.len(), count, "{name}");
        }
    }
}

#[test]
fn who_is_in_is_not_asked_again_but_who_was_is() {
    let mut world = group_of(&["alice", "bob", "carol"]);
    let group = world.group("alice").conversation;
    let carol = world.contact("alice", "carol");
    let no = world.no("alice", GroupAct::Add(group, vec![carol]));
    assert!(no.starts_with("carol is in climbing already"), "{no}");
    let member = world.member("alice", "carol");
    world.group_act("alice", |group| GroupAct::Remove(group, member));
    world.pass(20 * MINUTE);
    world.group_act("alice", |group| GroupAct::Add(group, vec![carol]));
    assert_eq!(world.group("alice").asked.len(), 1);
}

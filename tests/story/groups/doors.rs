//! Why a room is closed to somebody, as they are told.

use iim::agent::RoomState;
use iim::rules::event::{Act, GroupAct, NewStatus};
use iim::rules::group::room::closed::Closed;

use super::group_of;
use super::hall::Hall;
use super::rooms::in_a_room;
use crate::world::{World, address};

fn closed(world: &mut World, name: &str) -> Option<Closed> {
    let group = world.group(name);
    world.at(name).room_closed(&group).unwrap()
}

#[test]
fn why_there_is_no_room_is_known() {
    let mut world = group_of(&["alice", "bob", "carol"]);
    assert_eq!(closed(&mut world, "alice"), None, "her friends are in");
    assert_eq!(closed(&mut world, "bob"), Some(Closed::NotShown));
    world.group_act("bob", |group| GroupAct::Shown(group, true));
    assert_eq!(closed(&mut world, "bob"), None);
    world.group_act("bob", |group| GroupAct::Shown(group, false));
    assert_eq!(closed(&mut world, "bob"), Some(Closed::NotShown));

    world.act("alice", Act::Hide(vec![address("bob")]));
    let group = world.group("alice");
    let bob = world.contact("alice", "bob");
    let bob = group.others().find(|one| one.contact == bob).unwrap().id;
    assert_eq!(
        closed(&mut world, "alice"),
        Some(Closed::Watched(vec![bob]))
    );
    let status = |status| Act::Status {
        status: Some(status),
        text: None,
        friends: Vec::new(),
        ways: None,
    };
    world.act("alice", status(NewStatus::Invisible));
    assert_eq!(closed(&mut world, "alice"), Some(Closed::Invisible));

    world.group_act("alice", |group| GroupAct::Rooms(group, Vec::new()));
    world.exchange();
    for name in ["alice", "carol"] {
        assert_eq!(closed(&mut world, name), Some(Closed::Nowhere), "{name}");
    }
    world.group_act("carol", GroupAct::Leave);
    assert_eq!(closed(&mut world, "carol"), Some(Closed::Out));
}

/// Bob has not heard of the key that was made when carol came in.
#[test]
fn a_key_that_has_not_come_is_missed() {
    let mut world = group_of(&["alice", "bob"]);
    assert_eq!(closed(&mut world, "alice"), None);
    assert_eq!(closed(&mut world, "bob"), None);
    let mut group = world.group("bob");
    group.rooms.keys.clear();
    let account = world.at("bob");
    assert_eq!(account.room_closed(&group).unwrap(), Some(Closed::NoKey));
}

#[test]
fn how_far_somebody_is_in_it_is_known() {
    let mut world = group_of(&["alice", "bob"]);
    let mut hall = Hall::of(&mut world, &["alice", "bob"]);
    hall.pass(&world, 1);
    assert_eq!(hall.rooms("alice"), [RoomState::Joining]);
    hall.pass(&world, 200);
    assert_eq!(hall.rooms("alice"), [RoomState::In]);
    let channel = hall.channels.keys().next().unwrap().clone();
    hall.take_over(&channel);
    assert_eq!(hall.rooms("alice"), [RoomState::Closed(None)]);
    hall.stop("bob");
    hall.one_only = true;
    hall.start(&mut world, "bob");
    // Five minutes, and asked again.
    hall.pass(&world, 600);
    let until = match hall.rooms("bob").as_slice() {
        [RoomState::Closed(Some(until))] => *until,
        other => panic!("{other:?}"),
    };
    let left = until.0.saturating_sub(world.at("bob").now().0);
    assert!((80_000..=86_460).contains(&left), "a day, not {left} s");
}

#[test]
fn hidden_from_before_they_are_a_friend_we_are_in_no_room_with_them() {
    let (world, mut hall) = in_a_room(&["alice", "bob", "carol"]);
    hall.user("bob", crate::world::adding("carol"));
    hall.pass(&world, 5);
    assert!(hall.nick_in_rooms("bob").is_some());
    hall.user("bob", Act::Hide(vec![address("carol")]));
    hall.pass(&world, 20);
    assert_eq!(hall.nick_in_rooms("bob"), None);
}

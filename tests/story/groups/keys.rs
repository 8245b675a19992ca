//! Keys of a group's rooms: another one, another room.

use iim::rules::event::{Act, GroupAct};

use super::group_among;
use super::rooms::{channels, in_a_room};
use crate::world::{World, address};

#[test]
fn another_key_opens_another_room_at_once() {
    let (mut world, mut hall) = in_a_room(&["alice", "bob"]);
    hall.take_over(&channels(&hall).into_iter().next().unwrap());
    let mut known = channels(&hall);
    let group = world.group("alice").conversation;
    for _ in 0..6 {
        hall.act("alice", GroupAct::NewKey(group));
        world.exchange();
        hall.pass(&world, 200);
        assert_eq!(hall.there(&mut world, "alice"), 1);
        let now = channels(&hall);
        assert!(known.is_disjoint(&now), "{known:?} {now:?}");
        known.extend(now);
    }
}

#[test]
fn letters_with_keys_may_overtake_each_other() {
    let mut world = group_among(&["alice", "bob", "carol", "dave"], &["alice", "bob"]);
    let group = world.group("alice").conversation;
    let mut held = Vec::new();
    for name in ["carol", "dave"] {
        let who = vec![world.contact("alice", name)];
        world.act("alice", Act::Group(GroupAct::Add(group, who)));
        world.exchange();
        world.group_act(name, GroupAct::Accept);
        // What tells bob of it is on its way.
        loop {
            let out = world.all_outgoing();
            if out.is_empty() {
                break;
            }
            for mail in out {
                match mail.to == address("bob") {
                    true => held.push(mail),
                    false => drop(world.deliver(&mail)),
                }
            }
        }
    }
    assert_eq!(held.len(), 2);
    for mail in held.iter().rev() {
        world.deliver(mail);
    }
    let counts = |world: &mut World, name: &str| {
        let keys = world.group(name).rooms.keys;
        let best = keys.iter().max_by_key(|kept| (kept.depth, kept.name()));
        best.map(|kept| (kept.name(), kept.members.len()))
    };
    let alices = counts(&mut world, "alice");
    assert_eq!(alices.map(|(_, members)| members), Some(4));
    assert_eq!(counts(&mut world, "bob"), alices);
    assert!(world.group("bob").rooms.early.is_empty());
}

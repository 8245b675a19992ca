//! Keys of a group's rooms: another one, another room.

use iim::rules::event::GroupAct;

use super::rooms::{channels, in_a_room};

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

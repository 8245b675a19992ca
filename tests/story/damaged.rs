//! Rows of the database that are damaged: each is one person's, and holds up nobody else.

use iim::rules::event::Act;
use iim::rules::message::Delivery;

use crate::world::{DAY, HOUR, MINUTE, World, address};

/// Writes nonsense into Alice's rows, as a bad disk would.
pub(crate) fn damage(world: &World, sql: &str) {
    let path = world.home("alice").database();
    let database = rusqlite::Connection::open(path).unwrap();
    database
        .execute_batch("PRAGMA ignore_check_constraints = ON")
        .unwrap();
    assert!(database.execute(sql, []).unwrap() > 0, "{sql}");
}

#[test]
fn a_damaged_row_is_that_persons_alone() {
    for sql in [
        "UPDATE roster SET state = '{' WHERE contact = (SELECT id FROM contact WHERE address LIKE 'bob@%')",
        "UPDATE outbox SET letter = '{' WHERE receiver = (SELECT id FROM contact WHERE address LIKE 'bob@%')",
        "UPDATE outbox SET form = 'no form' WHERE receiver = (SELECT id FROM contact WHERE address LIKE 'bob@%')",
        "UPDATE session SET pickle = 'no pickle' WHERE contact =
             (SELECT id FROM contact WHERE address LIKE 'bob@%')",
        "UPDATE outbox SET route = 'nowhere' WHERE receiver = (SELECT id FROM contact WHERE address LIKE 'bob@%')",
    ] {
        let mut world = World::of_friends(&["alice", "bob", "carol"]);
        world.say("alice", "bob", "first in the outbox");
        let to_carol = world.say("alice", "carol", "behind it");
        world.act("alice", Act::Rotate { if_older: None });
        let told = world.held("carol", "alice");
        damage(&world, sql);
        world.exchange();
        world.pass(5 * MINUTE);
        let state = world.text("alice", "carol", to_carol).state;
        assert_eq!(state, Delivery::Delivered, "{sql}");
        assert_ne!(world.held("carol", "alice"), told, "{sql}");
        for _ in 0..3 {
            world.pass(2 * HOUR);
        }
        world.pass(6 * DAY);
        let id = world.say("carol", "alice", "later");
        world.exchange();
        let state = world.text("carol", "alice", id).state;
        assert_eq!(state, Delivery::Delivered, "{sql}");
        world.act("alice", Act::Rotate { if_older: None });
        world.pass(5 * MINUTE);
        assert!(world.sees("carol", "alice"), "{sql}");
    }
}

#[test]
fn damaged_rows_are_counted_for_doctor() {
    let mut world = World::of_friends(&["alice", "bob", "carol"]);
    world.say("alice", "bob", "one");
    assert_eq!(damaged_rows(&mut world), 0);
    damage(
        &world,
        "UPDATE roster SET state = '{' WHERE contact = (SELECT id FROM contact WHERE address LIKE 'bob@%')",
    );
    damage(
        &world,
        "UPDATE outbox SET letter = '{' WHERE receiver = (SELECT id FROM contact WHERE address LIKE 'bob@%')",
    );
    assert_eq!(damaged_rows(&mut world), 2);
}

fn damaged_rows(world: &mut World) -> usize {
    let account = world.at("alice");
    account.look(|tx| Ok(tx.roster().damaged_rows()?)).unwrap()
}

#[test]
fn a_damaged_friend_is_known_by_their_address_and_hides_no_others_texts() {
    let mut world = World::of_friends(&["alice", "bob", "carol"]);
    let bob = world.person("alice", "bob").id;
    damage(
        &world,
        "UPDATE roster SET state = '{' WHERE contact = (SELECT id FROM contact WHERE address LIKE 'bob@%')",
    );
    let known = world.at("alice").whoever(bob).unwrap().unwrap();
    assert_eq!(known.address, address("bob"));
}

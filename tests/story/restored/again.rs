//! A backup that is put back, or noticed, more than once.

use super::restore;
use crate::world::{HOUR, MINUTE, World};
use iim::account::Account;
use iim::edge::home::Home;
use iim::rules::event::Act;
use iim::rules::message::Delivery;

/// The agent has begun to heal when the user says `iim doctor --restored` all the same: friends answer once an hour.
#[test]
fn healing_twice_within_the_hour_is_healing_once() {
    for answered in [false, true] {
        let mut world = World::of_friends(&["alice", "bob"]);
        let backup = world.copy_home("alice", "backup");
        world.say("alice", "bob", "moves the ratchet");
        world.exchange();
        restore(&mut world, "alice", &backup);
        let id = world.say("alice", "bob", "after the backup");
        world.act("alice", Act::Restored);
        if answered {
            world.exchange();
        }
        world.act("alice", Act::Restored);
        world.exchange();
        world.pass(5 * MINUTE);
        assert_eq!(
            world.text("alice", "bob", id).state,
            Delivery::Delivered,
            "{answered}"
        );
        let id = world.say("bob", "alice", "back");
        world.exchange();
        assert_eq!(world.text("bob", "alice", id).state, Delivery::Delivered);
    }
}

/// Friends answer one healing an hour: a second that has to come sooner is repeated in hours, not in days.
#[test]
fn two_backups_within_the_hour_heal_in_hours() {
    for knows in [false, true] {
        let mut world = World::of_friends(&["alice", "bob"]);
        let mut backup = world.copy_home("alice", "backup");
        world.say("alice", "bob", "moves the ratchet");
        world.exchange();
        restore(&mut world, "alice", &backup);
        world.act("alice", Act::Restored);
        if knows {
            backup = world.copy_home("alice", "backup-2");
        }
        world.pass(MINUTE);
        restore(&mut world, "alice", &backup);
        assert!(world.at("alice").state().unwrap().restored, "{knows}");
        world.act("alice", Act::Restored);
        world.pass(MINUTE);
        let id = world.say("alice", "bob", "after both");
        for _ in 0..3 {
            world.pass(HOUR);
        }
        let state = world.text("alice", "bob", id).state;
        assert_eq!(state, Delivery::Delivered, "{knows}");
        let id = world.say("bob", "alice", "back");
        world.exchange();
        assert_eq!(world.text("bob", "alice", id).state, Delivery::Delivered);
    }
}

/// A backup is noticed twice, since its last files come when it has been noticed: what is asked again is the same request.
#[test]
fn a_backup_noticed_twice_heals_at_once() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let backup = world.copy_home("alice", "backup");
    world.say("alice", "bob", "moves the ratchet");
    world.exchange();
    restore(&mut world, "alice", &backup);
    world.act("alice", Act::Restored);
    let on_its_way = world.outgoing("alice");
    let copied = world.home("alice").sealings();
    let old = std::fs::read(copied.path()).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(500));
    std::fs::write(copied.path(), old).unwrap();
    world.reopen("alice");
    assert!(world.at("alice").state().unwrap().restored);
    world.act("alice", Act::Restored);
    for mail in &on_its_way {
        world.deliver(mail);
    }
    let id = world.say("alice", "bob", "after both");
    world.exchange();
    world.pass(MINUTE);
    assert_eq!(world.text("alice", "bob", id).state, Delivery::Delivered);
}

/// Two programs that keep their counters in different places (cron without XDG_STATE_HOME) each find theirs copied: the
/// second time nothing begins anew.
#[test]
fn a_backup_that_was_noticed_is_not_noticed_by_another_counter() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let root = world.dir.path().to_owned();
    let other = Home::at(&root.join("alice"), &root.join("state-2"));
    other.sealings().write(500).unwrap();
    let backup = world.copy_home("alice", "backup");
    std::thread::sleep(std::time::Duration::from_millis(500));
    restore(&mut world, "alice", &backup);
    assert!(world.at("alice").state().unwrap().restored);
    world.act("alice", Act::Restored);
    world.exchange();
    let mut second = Account::open_quietly(other, world.clock()).unwrap();
    assert!(!second.state().unwrap().restored);
}

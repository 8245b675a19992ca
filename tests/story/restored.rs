//! A home restored from a backup, and two programs on one home.

mod again;
mod killed;

use iim::account::Account;
use iim::edge::home::Home;
use iim::edge::store::{SessionRow, Transport};
use iim::rules::event::Act;
use iim::rules::message::Delivery;

use crate::world::{DAY, HOUR, MINUTE, World, address, copy_database};

/// Puts the database of `backup` into somebody's home, as after a lost disk.
pub(crate) fn restore(world: &mut World, name: &str, backup: &Home) {
    let home = world.some(name).home.clone();
    // The account is closed meanwhile: its place is taken by a copy of no interest.
    let aside = Account::open_quietly(backup.clone(), world.clock()).unwrap();
    world.some(name).account = aside;
    for suffix in ["", "-wal", "-shm"] {
        let path = format!("{}{suffix}", home.database().display());
        drop(std::fs::remove_file(path));
    }
    copy_database(&backup.database(), &home.database());
    world.reopen(name);
}

fn pickles(rows: &[SessionRow]) -> Vec<(String, String)> {
    rows.iter()
        .map(|row| (row.session_id.clone(), row.pickle.to_string()))
        .collect()
}

#[test]
fn a_restored_account_seals_with_no_old_session_and_heals() {
    let mut world = World::of_friends(&["alice", "bob", "carol"]);
    world.say("alice", "bob", "before the backup");
    world.exchange();
    let backup = world.copy_home("alice", "backup");
    for n in 0..10 {
        world.say("alice", "bob", &format!("after {n}"));
        world.say("bob", "alice", &format!("back {n}"));
        world.exchange();
    }
    world.pass(HOUR);
    restore(&mut world, "alice", &backup);
    assert!(world.at("alice").state().unwrap().restored);
    let old = pickles(&world.sessions("alice", "bob", Transport::Mail));
    let old_irc = pickles(&world.sessions("alice", "bob", Transport::Irc));

    // Nothing is sealed before the healing began; a text waits, and so does one for IRC.
    let id = world.say("alice", "bob", "from the backup");
    world.meet("alice", "bob");
    assert_eq!(world.irc_lines("alice", "bob").len(), 0);
    world.part("alice", "bob");
    assert!(world.outgoing("alice").is_empty());
    assert_eq!(
        pickles(&world.sessions("alice", "bob", Transport::Mail)),
        old
    );

    // What the agent, `flush` or `doctor --restored` do: each friend is asked anew, and the presence is another.
    let secret = world.secret("alice");
    world.act("alice", Act::Restored);
    assert_ne!(world.secret("alice"), secret);
    let requests = world.outgoing("alice");
    assert_eq!(
        requests.len(),
        2,
        "one for each friend, and nothing else yet"
    );
    assert_eq!(
        pickles(&world.sessions("alice", "bob", Transport::Mail)),
        old
    );
    assert_eq!(
        pickles(&world.sessions("alice", "bob", Transport::Irc)),
        old_irc
    );
    for mail in &requests {
        assert!(world.deliver(mail).unwrap().done);
    }
    world.exchange();
    assert_eq!(world.text("alice", "bob", id).state, Delivery::Delivered);
    world.pass(2 * HOUR);
    world.see_each_other("alice", "bob");
    world.see_each_other("alice", "carol");
    for (from, to) in [("alice", "bob"), ("bob", "alice"), ("carol", "alice")] {
        let id = world.say(from, to, "on we go");
        world.exchange();
        assert_eq!(
            world.text(from, to, id).state,
            Delivery::Delivered,
            "{from}"
        );
    }
    assert!(!world.at("alice").state().unwrap().restored);
}

#[test]
fn letters_that_were_on_their_way_to_a_restored_account_arrive() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let backup = world.copy_home("alice", "backup");
    world.say("alice", "bob", "moves the ratchet");
    world.exchange();
    world.say("bob", "alice", "on its way");
    let on_its_way = world.outgoing("bob");
    restore(&mut world, "alice", &backup);
    world.act("alice", Act::Restored);
    for mail in &on_its_way {
        world.deliver(mail);
    }
    // Whether it could be opened or not: in the end it is there, once.
    for _ in 0..4 {
        world.pass(DAY);
    }
    assert_eq!(world.heard("alice", "bob"), ["on its way"]);
}

#[test]
fn both_restored() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let (a, b) = (
        world.copy_home("alice", "backup-a"),
        world.copy_home("bob", "backup-b"),
    );
    for n in 0..3 {
        world.say("alice", "bob", &format!("{n}"));
        world.say("bob", "alice", &format!("{n}"));
        world.exchange();
    }
    restore(&mut world, "alice", &a);
    restore(&mut world, "bob", &b);
    world.act("alice", Act::Restored);
    world.act("bob", Act::Restored);
    world.pass(MINUTE);
    world.pass(2 * HOUR);
    for (from, to) in [("alice", "bob"), ("bob", "alice")] {
        let id = world.say(from, to, "both again");
        world.exchange();
        assert_eq!(
            world.text(from, to, id).state,
            Delivery::Delivered,
            "{from}"
        );
    }
    world.pass(2 * HOUR);
    world.see_each_other("alice", "bob");
}

#[test]
fn a_handshake_that_was_under_way_begins_anew_from_a_restored_account() {
    let mut world = World::of(&["alice", "bob"]);
    world.add("alice", "bob");
    world.exchange();
    world.accept("bob", "alice");
    assert_eq!(world.outgoing("bob").len(), 1, "and lost");
    let backup = world.copy_home("bob", "backup");
    world.wait(DAY);
    assert_eq!(world.outgoing("bob").len(), 1, "sealed again, and lost");
    world.outgoing("alice");
    restore(&mut world, "bob", &backup);
    let old = pickles(&world.sessions("bob", "alice", Transport::Mail));
    assert_eq!(old.len(), 1);
    world.act("bob", Act::Restored);
    let request = world.outgoing("bob");
    assert_eq!(request.len(), 1, "bob asks, too");
    // Alice asks again too; whatever bob answers, it is not sealed where they have sealed before.
    world.wait(2 * DAY);
    let again = world.outgoing("alice").remove(0);
    world.deliver(&again);
    world.outgoing("bob");
    let now = pickles(&world.sessions("bob", "alice", Transport::Mail));
    assert_eq!(now, old);
    world.deliver(&request[0]);
    world.exchange();
    world.pass(3 * DAY);
    world.are_friends("alice", "bob");
    world.see_each_other("alice", "bob");
    let id = world.say("bob", "alice", "at last");
    world.exchange();
    assert_eq!(world.text("bob", "alice", id).state, Delivery::Delivered);
}

#[test]
fn a_request_that_was_answered_after_the_backup_is_answered_again() {
    // Alice has asked bob; or bob alice as well, and alice has accepted.
    for both in [false, true] {
        let mut world = World::of(&["alice", "bob"]);
        world.add("alice", "bob");
        if both {
            world.add("bob", "alice");
            for mail in world.outgoing("bob") {
                world.deliver(&mail);
            }
        }
        let request = world.outgoing("alice");
        let id = world.say("alice", "bob", "to whom it may be");
        let backup = world.copy_home("alice", "backup");
        for mail in &request {
            world.deliver(mail);
        }
        if !both {
            world.accept("bob", "alice");
        }
        world.exchange();
        assert_eq!(world.text("alice", "bob", id).state, Delivery::Delivered);
        world.wait(HOUR);
        restore(&mut world, "alice", &backup);
        assert_ne!(world.standing("alice", "bob"), "friend");
        world.act("alice", Act::Restored);
        world.exchange();
        world.are_friends("alice", "bob");
        assert_eq!(world.text("alice", "bob", id).state, Delivery::Delivered);
        assert_eq!(world.heard("bob", "alice"), ["to whom it may be"]);
        world.pass(2 * HOUR);
        world.see_each_other("alice", "bob");
    }
}

#[test]
fn what_was_rotated_by_a_clock_that_ran_ahead_is_behind_after_a_backup() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let backup = world.copy_home("alice", "backup");
    let now = world.clock().now().0;
    world.clock.set(now + 6 * HOUR);
    world.act("alice", Act::Rotate { if_older: None });
    world.pass(5 * MINUTE);
    assert!(world.sees("bob", "alice"));
    // The clock is set right before the backup is put back.
    world.clock.set(now + HOUR);
    restore(&mut world, "alice", &backup);
    world.act("alice", Act::Restored);
    world.exchange();
    world.pass(5 * MINUTE);
    assert!(world.sees("bob", "alice"));
}

#[test]
fn no_epoch_is_told_twice_whatever_the_clock_says_at_each_restoring() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let backup = world.copy_home("alice", "backup");
    world.say("alice", "bob", "not in the backup");
    world.exchange();
    let now = world.clock().now().0;
    // Twice the same backup: at first with a clock that is ahead.
    world.clock.set(now + 6 * HOUR);
    restore(&mut world, "alice", &backup);
    world.act("alice", Act::Restored);
    world.exchange();
    world.pass(5 * MINUTE);
    assert!(world.sees("bob", "alice"));
    let told = world.at("alice").state().unwrap().epoch;
    world.clock.set(now + HOUR);
    restore(&mut world, "alice", &backup);
    world.act("alice", Act::Restored);
    assert!(world.at("alice").state().unwrap().epoch > told);
    world.exchange();
    world.pass(2 * DAY);
    world.say("alice", "bob", "asks anew");
    world.exchange();
    world.pass(5 * MINUTE);
    assert!(world.sees("bob", "alice"));
}

#[test]
fn a_hidden_friend_is_healed_with_what_he_was_shown() {
    let mut world = World::of_friends(&["alice", "bob", "carol"]);
    world.act("alice", Act::Hide(vec![address("bob")]));
    world.pass(5 * MINUTE);
    let held = world.held("bob", "alice");
    world.act("bob", Act::Restored);
    let request = world.outgoing("bob");
    world.deliver(&request[0]);
    world.exchange();
    assert_eq!(world.held("bob", "alice"), held);
    assert!(!world.sees("bob", "alice"));
    // A blocked one is answered with nothing at all.
    world.act("alice", Act::Block(vec![address("carol")]));
    world.act("carol", Act::Restored);
    let request = world.outgoing("carol");
    assert!(world.deliver(&request[0]).unwrap().done);
    assert!(world.outgoing("alice").is_empty());
}

#[test]
fn a_text_whose_receipt_came_after_the_backup_is_asked_after_again() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let id = world.say("alice", "bob", "on its way");
    let mails = world.outgoing("alice");
    let backup = world.copy_home("alice", "backup");
    for mail in &mails {
        world.deliver(mail);
    }
    world.exchange();
    assert_eq!(world.text("alice", "bob", id).state, Delivery::Delivered);

    world.pass(6 * DAY);
    restore(&mut world, "alice", &backup);
    world.act("alice", Act::Restored);
    world.tick_all();
    assert_eq!(world.text("alice", "bob", id).state, Delivery::Sent);
    world.exchange();
    assert_eq!(world.text("alice", "bob", id).state, Delivery::Delivered);
    assert_eq!(world.heard("bob", "alice"), ["on its way"]);
}

#[test]
fn a_text_that_finds_no_session_fails_when_nobody_answers() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let backup = world.copy_home("alice", "backup");
    // Bob forgets alice, who goes back to a backup, and has no session left.
    world.act("bob", Act::Remove(vec![address("alice")]));
    world.say("alice", "bob", "before the restoring");
    world.exchange();
    world.wait(HOUR);
    restore(&mut world, "alice", &backup);
    world.act("alice", Act::Restored);
    let id = world.say("alice", "bob", "into the void");
    world.exchange();
    assert_eq!(world.text("alice", "bob", id).state, Delivery::Queued);
    for _ in 0..4 * 24 {
        world.pass(HOUR);
    }
    assert_eq!(world.text("alice", "bob", id).state, Delivery::Queued);
    for _ in 0..2 * 24 {
        world.pass(HOUR);
    }
    let text = world.text("alice", "bob", id);
    assert_eq!(text.state, Delivery::Failed);
    assert_eq!(text.reason.as_deref(), Some("no answer for five days"));
}

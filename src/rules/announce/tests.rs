//! Who is told what, over which way, and again.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "tests"
)]

use super::*;
use crate::rules::effect::Effect;
use crate::rules::event::Event;
use crate::rules::fake_state::{FakeState, NOW, contact, friend, posts};

/// Bob, who was sent something of that epoch, and to whom an announcement is due.
fn bob(epoch: u64, over_irc: Option<Seconds>) -> Contact {
    let mut bob = friend("bob");
    bob.shown = Some(Shown {
        epoch,
        secret: Secret([9; 32]),
        real: true,
        at: NOW - 10,
        by_mail: true,
    });
    bob.announce = Some(Announce {
        since: NOW - 10,
        over_irc,
        mail_at: NOW + 50,
        repair: false,
        hides: false,
    });
    bob
}

#[test]
fn over_irc_goes_what_is_new_once_and_to_those_who_see_us() {
    for (case, epoch, over_irc, visible, announce, expected) in [
        ("new", 99, None, true, true, 1),
        ("sent over IRC already", 99, Some(NOW - 5), true, true, 0),
        ("of an epoch that they were sent", 100, None, true, true, 0),
        ("both", 100, Some(NOW - 5), true, true, 0),
        ("hidden from", 99, None, false, true, 0),
        ("hidden from, and old", 100, None, false, true, 0),
        ("nothing due", 99, None, true, false, 0),
    ] {
        let mut bob = bob(epoch, over_irc);
        bob.visible = visible;
        bob.announce = bob.announce.filter(|_| announce);
        let mut fake = FakeState::new();
        fake.people.push(bob);
        let effects = fake.after(Event::Announce(contact("bob")));
        assert_eq!(posts(&effects).len(), expected, "{case}");
    }
}

#[test]
fn our_status_goes_to_those_who_see_us() {
    for (case, visible, blocked, expected) in [
        ("visible", true, false, 1),
        ("hidden from", false, false, 0),
        ("blocked", true, true, 0),
        ("both", false, true, 0),
    ] {
        let mut bob = bob(100, None);
        bob.visible = visible;
        bob.blocked = blocked;
        let mut fake = FakeState::new();
        fake.people.push(bob);
        let effects = fake.after(Event::TellStatus(contact("bob")));
        assert_eq!(posts(&effects).len(), expected, "{case}");
    }
}

/// What is due to bob after their letter that says which epoch they hold.
fn held(bob: Contact, epoch: u64) -> Contact {
    let mut fake = FakeState::new();
    fake.people.push(bob.clone());
    let effects = fake.effects(|case| {
        let mut bob = bob;
        holds(case, &mut bob, epoch)?;
        case.put(bob);
        Ok(())
    });
    match effects.into_iter().next() {
        Some(Effect::Contact(person)) => *person,
        other => unreachable!("{other:?}"),
    }
}

#[test]
fn what_he_holds_strikes_off_what_was_told_over_irc() {
    for (case, shown, holds, over_irc, remains) in [
        ("told, and they have it", 100, 100, Some(NOW - 5), false),
        (
            "told, and they have a newer",
            100,
            101,
            Some(NOW - 5),
            false,
        ),
        ("not told over IRC", 100, 100, None, true),
        ("they were sent an older one", 99, 99, Some(NOW - 5), true),
        ("they have an older one", 100, 99, Some(NOW - 5), true),
    ] {
        let bob = held(bob(shown, over_irc), holds);
        assert_eq!(bob.announce.is_some(), remains, "{case}");
        assert_eq!(bob.friend().unwrap().holds, holds, "{case}");
    }
}

#[test]
fn what_must_be_lost_is_sent_again_once_a_day() {
    let hour = NOW - 3600;
    for (case, at, by_mail, repaired_at, expected) in [
        ("an hour, by mail", hour, true, Seconds(0), false),
        ("more than an hour", hour - 1, true, Seconds(0), true),
        ("a minute, over IRC", NOW - 60, false, Seconds(0), false),
        ("more than a minute", NOW - 61, false, Seconds(0), true),
        ("repaired today", hour - 1, true, NOW - DAY + 1, false),
        ("repaired a day ago", hour - 1, true, NOW - DAY, true),
    ] {
        let mut bob = bob(100, None);
        bob.announce = None;
        bob.friend_mut().unwrap().repaired_at = repaired_at;
        bob.shown = bob.shown.map(|shown| Shown {
            at,
            by_mail,
            ..shown
        });
        let bob = held(bob, 99);
        assert_eq!(
            bob.announce.is_some_and(|due| due.repair),
            expected,
            "{case}"
        );
        let repaired = if expected { NOW } else { repaired_at };
        assert_eq!(bob.friend().unwrap().repaired_at, repaired, "{case}");
    }
}

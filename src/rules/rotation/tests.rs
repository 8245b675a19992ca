//! Who is told a new secret, how soon the old nick is left, and who is asked anew.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::wildcard_enum_match_arm,
    reason = "tests"
)]

use super::*;
use crate::protocol::letter::LetterId;
use crate::rules::fake_state::{FakeState, NOW, address, friend, id, posts};
use crate::rules::outgoing::Outgoing;
use crate::rules::person::{Asked, Confirming};
use crate::rules::time::DAY;

fn rotated(effects: &[Effect]) -> Option<usize> {
    effects.iter().find_map(|effect| match effect {
        Effect::Tell(Notice::Rotated { to_tell, .. }) => Some(*to_tell),
        _ => None,
    })
}

fn account(effects: &[Effect]) -> Option<&AccountState> {
    effects.iter().find_map(|effect| match effect {
        Effect::Account(account) => Some(&**account),
        _ => None,
    })
}

#[test]
fn a_rotation_may_wait_until_the_secret_is_old() {
    for (if_older, expected) in [
        (None, true),
        (Some(99), true),
        (Some(100), true),
        (Some(101), false),
        (Some(1000), false),
    ] {
        let mut fake = FakeState::new();
        fake.account.rotated_at = NOW - 100;
        let effects = fake.effects(|case| asked_for(case, if_older));
        assert_eq!(rotated(&effects).is_some(), expected, "{if_older:?}");
    }
}

#[test]
fn the_old_nick_is_left_in_time() {
    for (before, haste, expected) in [
        (None, Haste::Rotate, NOW + 600),
        (None, Haste::Hide, NOW + 20),
        (Some(NOW - 1), Haste::Rotate, NOW + 600),
        (Some(NOW), Haste::Rotate, NOW + 600),
        (Some(NOW + 1), Haste::Rotate, NOW + 1),
        (Some(NOW + 300), Haste::Hide, NOW + 20),
    ] {
        let mut fake = FakeState::new();
        fake.account.leave_by = before;
        let effects = fake.effects(|case| rotate(case, &[], haste));
        let leave_by = account(&effects).unwrap().leave_by;
        assert_eq!(leave_by, Some(expected), "{before:?}, {haste:?}");
    }
    for (before, expected) in [
        (None, None),
        (Some(NOW + 10), None),
        (Some(NOW + 20), None),
        (Some(NOW + 21), Some(NOW + 20)),
        (Some(NOW + 600), Some(NOW + 20)),
    ] {
        let mut fake = FakeState::new();
        fake.account.leave_by = before;
        let effects = fake.effects(hurry);
        let leave_by = account(&effects).and_then(|account| account.leave_by);
        assert_eq!(leave_by, expected, "{before:?}");
    }
}

#[test]
fn an_epoch_is_the_time_and_always_higher() {
    for (before, expected) in [
        (100, NOW),
        (NOW - 1, NOW),
        (NOW, NOW + 1),
        (NOW + 9, NOW + 10),
    ] {
        let mut fake = FakeState::new();
        fake.account.epoch = before;
        let effects = fake.effects(|case| rotate(case, &[], Haste::Rotate));
        let after = account(&effects).unwrap();
        assert_eq!((after.epoch, after.rotated_at), (expected, NOW));
        assert_ne!(after.secret, fake.account.secret);
        assert_ne!(after.decoy, after.secret);
    }
}

#[test]
fn the_visible_are_told_a_new_secret() {
    let mut fake = FakeState::new();
    for (name, visible, blocked) in [
        ("bob", true, false),
        ("carol", true, false),
        ("dave", false, false),
        ("eve", true, true),
        ("frank", true, false),
    ] {
        let mut person = friend(name);
        person.visible = visible;
        person.blocked = blocked;
        fake.people.push(person);
    }
    let effects = fake.effects(|case| rotate(case, &[address("frank")], Haste::Hide));
    assert_eq!(rotated(&effects), Some(2));
    let due: Vec<_> = effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Person(person) if person.announce.is_some() => Some(person.name.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(due, ["bob", "carol"]);
}

/// An earlier request that was to heal.
fn healing(at: u64, unanswered: u8, accept: Option<LetterId>) -> Option<Healing> {
    Some(Healing {
        request: id(50),
        sent: at * 1000,
        at,
        one_time_keys: OneTimeKeys::default(),
        accept,
        unanswered,
        soon: false,
    })
}

#[test]
fn whoever_does_not_answer_is_asked_ever_more_seldom() {
    for (before, expected) in [
        (None, Some(0)),
        (healing(NOW - DAY + 1, 0, None), None),
        (healing(NOW - DAY, 0, None), Some(1)),
        (healing(NOW - 3 * DAY + 1, 1, None), None),
        (healing(NOW - 3 * DAY, 1, None), Some(2)),
        (healing(NOW - 9 * DAY + 1, 2, None), None),
        (healing(NOW - 9 * DAY, 2, None), Some(3)),
        (healing(NOW - 27 * DAY + 1, 3, None), None),
        (healing(NOW - 27 * DAY, 9, None), Some(10)),
        (healing(NOW - 27 * DAY, 3, Some(id(51))), Some(0)),
    ] {
        let mut bob = friend("bob");
        bob.healing = before.clone();
        let mut fake = FakeState::new();
        fake.people.push(bob);
        let effects = fake.effects(|case| no_session(case, &address("bob")));
        let asked = effects.iter().find_map(|effect| match effect {
            Effect::Person(bob) => bob.healing.as_ref().map(|healing| healing.unanswered),
            _ => None,
        });
        assert_eq!(asked, expected, "{before:?}");
        assert_eq!(posts(&effects).len(), usize::from(expected.is_some()));
    }
}

#[test]
fn after_a_backup_friends_are_asked_and_the_blocked_are_not() {
    let friends = || friend("bob").standing;
    let confirming = || {
        Standing::Confirming(Confirming {
            accepted: Vec::new(),
            asked: None,
        })
    };
    let asked = || {
        Standing::Asked(Asked {
            request: id(50),
            sent: (NOW - 100) * 1000,
            at: NOW - 100,
            repeats: 1,
            next_at: Some(NOW + 100),
            note: None,
            pinned: None,
            token: None,
            verified: false,
            one_time_keys: OneTimeKeys::default(),
        })
    };
    for (case, blocked, standing, expected) in [
        ("a friend", false, friends(), 1),
        ("a blocked friend", true, friends(), 0),
        ("asked", false, asked(), 1),
        ("accepted", false, confirming(), 1),
        ("accepted and blocked", true, confirming(), 0),
        ("no friend", false, Standing::Stranger, 0),
    ] {
        let mut bob = friend("bob");
        bob.blocked = blocked;
        bob.standing = standing;
        let mut fake = FakeState::new();
        fake.account.restored = true;
        fake.people.push(bob);
        let effects = fake.effects(restored);
        let asks = posts(&effects);
        assert_eq!(asks.len(), expected, "{case}");
        let now = |post: &Outgoing| post.letter.sent == NOW * 1000;
        assert!(asks.iter().all(now), "{case}: later than before");
        assert!(!account(&effects).unwrap().restored, "{case}");
        assert!(rotated(&effects).is_some(), "{case}");
    }
}

#[test]
fn after_a_backup_the_epoch_is_above_those_of_a_clock_that_ran_ahead() {
    let day = NOW + DAY;
    for (before, expected) in [(100, day + 1), (day, day + 1), (day + 9, day + 10)] {
        let mut fake = FakeState::new();
        fake.account.epoch = before;
        let effects = fake.effects(restored);
        assert_eq!(account(&effects).unwrap().epoch, expected, "{before}");
    }
}

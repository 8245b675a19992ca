//! Who is told a new secret, and how soon the old nick is left.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::wildcard_enum_match_arm,
    reason = "tests"
)]

use super::*;
use crate::rules::effect::Effect;
use crate::rules::fake_state::{FakeState, NOW, address, friend};

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
        let effects = fake.effects(|case| asked_for(case, if_older.map(Duration::from_secs)));
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
        (100, NOW.0),
        (NOW.0 - 1, NOW.0),
        (NOW.0, NOW.0 + 1),
        (NOW.0 + 9, NOW.0 + 10),
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
            Effect::Contact(person) if person.announce.is_some() => Some(person.name.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(due, ["bob", "carol"]);
}

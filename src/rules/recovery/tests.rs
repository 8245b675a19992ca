//! Who is asked anew, and when: after a backup, and where no session is left.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::wildcard_enum_match_arm,
    reason = "tests"
)]

use super::*;
use crate::protocol::time::DAY;
use crate::rules::event::Event;
use crate::rules::fake_state::{FakeState, NOW, contact, friend, id, posts};
use crate::rules::handshake::{Asked, Confirming};
use crate::rules::outgoing::Outgoing;

use crate::rules::account::AccountState;
use crate::rules::effect::Notice;

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

/// An earlier request that was to heal.
fn healing(at: Seconds, unanswered: u8) -> Option<Healing> {
    Some(Healing {
        request: id(50),
        sent: at.millis(),
        at,
        one_time_keys: OneTimeKeys::default(),
        unanswered,
        soon: false,
    })
}

#[test]
fn whoever_does_not_answer_is_asked_ever_more_seldom() {
    for (before, expected) in [
        (None, Some(0)),
        (healing(NOW - DAY + 1, 0), None),
        (healing(NOW - DAY, 0), Some(1)),
        (healing(NOW - 3 * DAY + 1, 1), None),
        (healing(NOW - 3 * DAY, 1), Some(2)),
        (healing(NOW - 9 * DAY + 1, 2), None),
        (healing(NOW - 9 * DAY, 2), Some(3)),
        (healing(NOW - 27 * DAY + 1, 3), None),
        (healing(NOW - 27 * DAY, 9), Some(10)),
    ] {
        let mut bob = friend("bob");
        bob.friend_mut().unwrap().healing = before.clone();
        let mut fake = FakeState::new();
        fake.people.push(bob);
        let effects = fake.after(Event::NoSession(contact("bob")));
        let asked = effects.iter().find_map(|effect| match effect {
            Effect::Contact(bob) => {
                let healing = bob.friend()?.healing.as_ref();
                healing.map(|healing| healing.unanswered)
            }
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
        Standing::Handshake(Handshake::Confirming(Confirming {
            accepted: Vec::new(),
            asked: None,
        }))
    };
    let asked = || {
        Standing::Asked(Asked {
            request: id(50),
            sent: (NOW - 100).millis(),
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
        let now = |post: &Outgoing| post.letter.sent == NOW.millis();
        assert!(asks.iter().all(now), "{case}: later than before");
        assert!(!account(&effects).unwrap().restored, "{case}");
        assert!(rotated(&effects).is_some(), "{case}");
    }
}

#[test]
fn after_a_backup_the_epoch_is_above_those_of_a_clock_that_ran_ahead() {
    let day = (NOW + DAY).0;
    for (before, expected) in [(100, day + 1), (day, day + 1), (day + 9, day + 10)] {
        let mut fake = FakeState::new();
        fake.account.epoch = before;
        let effects = fake.effects(restored);
        assert_eq!(account(&effects).unwrap().epoch, expected, "{before}");
    }
}

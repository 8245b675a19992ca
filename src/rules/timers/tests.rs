//! Requests and accepts that are repeated, and those whose time is over.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::wildcard_enum_match_arm,
    reason = "tests"
)]

use std::time::Duration;

use super::*;
use crate::protocol::letter::{OneTimeKeys, Presence};
use crate::protocol::time::{DAY, MONTH};
use crate::rules::contact::Standing;
use crate::rules::effect::{Effect, Notice};
use crate::rules::fake_state::{FakeState, NOW, friend, id, keys, nobody, posts};
use crate::rules::friend::Held;
use crate::rules::handshake::{Asking, Confirming};

fn asked(repeats: u8, next_at: Option<Seconds>) -> Asked {
    Asked {
        request: id(50),
        sent: (NOW - DAY).millis(),
        at: NOW - DAY,
        repeats,
        next_at,
        note: None,
        pinned: None,
        token: None,
        verified: false,
        one_time_keys: OneTimeKeys::default(),
    }
}

fn accepted(repeats: u8, next_at: Option<Seconds>) -> Accepted {
    Accepted {
        accept: id(52),
        request: id(51),
        request_sent: (NOW - DAY).millis(),
        again: 0,
        at: NOW - DAY,
        repeats,
        next_at,
        keys: keys(10),
        theirs: OneTimeKeys::default(),
        ours: OneTimeKeys::default(),
        sessions: Vec::new(),
        ahead: Vec::new(),
    }
}

/// One of bob's requests, that old.
fn asking(age: u64) -> Asking {
    Asking {
        request: id(51),
        sent: (NOW - age).millis(),
        at: NOW - age,
        keys: keys(11),
        one_time_keys: OneTimeKeys::default(),
        name: "Bob".into(),
        note: String::new(),
        ahead: Vec::new(),
    }
}

/// What a tick does for bob: letters, words to the user, and how they stand afterwards.
fn ticked(bob: Contact) -> (usize, usize, Option<Contact>) {
    let mut fake = FakeState::new();
    fake.account.announced = (Vec::new(), fake.settings.window);
    fake.people.push(bob);
    let effects = fake.effects(tick);
    let word = |effect: &&Effect| matches!(effect, Effect::Tell(Notice::Word { .. }));
    let words = effects.iter().filter(word).count();
    let after = effects.iter().find_map(|effect| match effect {
        Effect::Contact(bob) => Some((**bob).clone()),
        _ => None,
    });
    (posts(&effects).len(), words, after)
}

/// Repeats so far, the next time; letters, words, repeats and the next time afterwards (in days from the first).
type Repeating = (u8, Option<Seconds>, usize, usize, u8, Option<u32>);

const REPEATING: [Repeating; 7] = [
    (0, Some(NOW), 1, 0, 1, Some(3)),
    (
        1,
        Some(NOW.before(Duration::from_secs(1))),
        1,
        0,
        2,
        Some(9),
    ),
    (2, Some(NOW), 1, 0, 3, Some(30)),
    (3, Some(NOW), 0, 1, 4, None),
    (0, Some(NOW.next()), 0, 0, 0, None),
    (3, Some(NOW.next()), 0, 0, 3, None),
    (4, None, 0, 0, 4, None),
];

#[test]
fn a_request_is_repeated_and_then_the_user_is_told() {
    for (repeats, next_at, letters, words, after, days) in REPEATING {
        let mut bob = friend("bob");
        bob.standing = Standing::Asked(asked(repeats, next_at));
        let (sent, told, bob) = ticked(bob);
        let case = format!("{repeats}, {next_at:?}");
        assert_eq!((sent, told), (letters, words), "{case}");
        let later = days.map(|days| NOW - DAY + days * DAY);
        let next_at = if repeats == after { next_at } else { later };
        let expected = Standing::Asked(asked(after, next_at));
        assert_eq!(bob.unwrap().standing, expected, "{case}");
    }
}

#[test]
fn an_accept_is_repeated_and_then_the_user_is_told() {
    for (repeats, next_at, letters, words, after, days) in REPEATING {
        for new_keys in [false, true] {
            let mut bob = friend("bob");
            let pending = vec![accepted(repeats, next_at)];
            if new_keys {
                bob.friend_mut().unwrap().new_keys = Some(Handshake::accepted(pending));
            } else {
                bob.standing = Standing::Handshake(Handshake::accepted(pending));
            }
            let (sent, told, bob) = ticked(bob);
            let case = format!("{repeats}, {next_at:?}, new keys: {new_keys}");
            assert_eq!((sent, told), (letters, words), "{case}");
            let later = days.map(|days| NOW - DAY + days * DAY);
            let next_at = if repeats == after { next_at } else { later };
            let expected = [accepted(after, next_at)];
            assert_eq!(bob.unwrap().accepted(), expected, "{case}");
        }
    }
}

#[test]
fn requests_that_nobody_answers_are_forgotten() {
    const MONTH: u64 = 30 * 86_400;
    for (ages, left) in [
        (vec![MONTH], 0),
        (vec![MONTH - 1], 1),
        (vec![MONTH, MONTH - 1], 1),
        (vec![5, 6], 2),
        (vec![MONTH + 1, MONTH], 0),
    ] {
        let pending: Vec<_> = ages.iter().copied().map(asking).collect();
        let mut bob = friend("bob");
        bob.friend_mut().unwrap().new_keys = Some(Handshake::Asking(pending.clone()));
        let (.., after) = ticked(bob.clone());
        let new_keys = after.unwrap().requests().len();
        assert_eq!(new_keys, left, "new keys, {ages:?}");
        bob.standing = Standing::Handshake(Handshake::Asking(pending));
        let (.., after) = ticked(bob);
        let asking = after.map(|bob| bob.requests().len());
        assert_eq!(asking, Some(left).filter(|left| *left > 0), "{ages:?}");
    }
}

#[test]
fn nothing_is_due_for_the_blocked() {
    let mut bob = friend("bob");
    bob.blocked = true;
    bob.standing = Standing::Asked(asked(0, Some(NOW)));
    assert_eq!(ticked(bob), (0, 0, None));
}

#[test]
fn the_next_time_is_the_earliest_of_all() {
    let with = |standing, new_keys: Option<Handshake>| {
        let mut bob = nobody("bob");
        bob.standing = standing;
        if let Some(handshake) = new_keys {
            bob.set_handshake(handshake);
        }
        bob
    };
    let friend = || Standing::friend(keys(10));
    let confirming = |asked| {
        let accepted = vec![accepted(0, Some(NOW + 9)), accepted(1, Some(NOW + 5))];
        Standing::Handshake(Handshake::Confirming(Confirming { accepted, asked }))
    };
    let new_keys = Handshake::Asking(vec![asking(7), asking(3)]);
    let proving = Handshake::accepted(vec![accepted(4, None), accepted(0, Some(NOW + 4))]);
    for (case, bob, expected) in [
        ("stranger", with(Standing::Stranger, None), None),
        ("friend", with(friend(), None), None),
        (
            "asked",
            with(Standing::Asked(asked(0, Some(NOW + 1))), None),
            Some(NOW + 1),
        ),
        (
            "asked in vain",
            with(Standing::Asked(asked(4, None)), None),
            None,
        ),
        (
            "asking",
            with(
                Standing::Handshake(Handshake::Asking(vec![asking(3), asking(7)])),
                None,
            ),
            Some(NOW - 7 + MONTH),
        ),
        ("confirming", with(confirming(None), None), Some(NOW + 5)),
        (
            "crossed",
            with(confirming(Some(asked(0, Some(NOW + 2)))), None),
            Some(NOW + 2),
        ),
        (
            "new keys",
            with(friend(), Some(new_keys)),
            Some(NOW - 7 + MONTH),
        ),
        (
            "new keys, accepted",
            with(friend(), Some(proving)),
            Some(NOW + 4),
        ),
    ] {
        assert_eq!(next_handshake(&bob), expected, "{case}");
    }
}

#[test]
fn the_clock_is_behind_where_friends_write_from_days_ahead() {
    let day = DAY;
    for (sent, behind) in [
        (None, false),
        (Some(NOW - 9 * day), false),
        (Some(NOW + day), false),
        (Some(NOW + day + 1), true),
    ] {
        let mut bob = friend("bob");
        bob.friend_mut().unwrap().presence = sent.map(|sent| Held {
            presence: Presence::default(),
            sent: sent.millis(),
        });
        assert_eq!(is_behind(&[friend("carol"), bob], NOW), behind, "{sent:?}");
    }
}

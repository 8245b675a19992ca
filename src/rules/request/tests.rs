//! Requests that are not taken, and those that crowd.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::wildcard_enum_match_arm,
    reason = "tests"
)]

mod again;
mod left;

use super::*;
use crate::protocol::address::Address;
use crate::protocol::letter::{Body, Letter, LetterId, OneTimeKeys, PublicKey};
use crate::protocol::time::days;
use crate::rules::event::{Came, Heard, Proof};
use crate::rules::fake_state::{
    Counting, FakeState, NOW, address, contact, friend, id, keys, nobody, posts,
};
use crate::rules::handshake::Asked;
use crate::rules::{asking, in_force};

/// Bob's request, of that number and with the keys of that number, sent at that second.
fn request(number: u8, of_keys: u8, sent: Seconds) -> Heard {
    let request = Request {
        from: address("bob"),
        to: address("alice"),
        name: "Bob".into(),
        note: None,
        keys: keys(of_keys),
        one_time_keys: OneTimeKeys {
            mail: Some(PublicKey([60; 32])),
            irc: None,
        },
    };
    Heard {
        letter: Letter {
            id: id(number),
            sent: sent.millis(),
            body: Body::Request(request),
            holds: None,
            presence: None,
            one_time_keys: None,
            irc: None,
        },
        proof: Proof::Signed {
            bytes: Vec::new(),
            invite: None,
        },
        from: address("bob"),
        via: Came::Mail,
        answerable: crate::protocol::mail_form::Answerable::Anybody,
    }
}

/// What becomes of a request of so many bytes.
fn hears(fake: &FakeState, heard: &Heard, size: usize) -> (Taken, Vec<Effect>) {
    let Body::Request(request) = &heard.letter.body else {
        unreachable!("a request");
    };
    let asks = Asks {
        heard,
        request,
        bytes: &vec![0; size],
        invite: None,
    };
    let mut rng = Counting(0);
    let mut case = fake.decision(&mut rng);
    let taken = hear(&mut case, &asks).unwrap();
    (taken, case.finish())
}

#[test]
fn two_hundred_requests_wait_at_most() {
    let full = Taken::Left("too many requests are pending");
    let asking = |number| {
        let mut fake = FakeState::with(&["bob"]);
        let (_, effects) = hears(&FakeState::new(), &request(50, number, NOW - 9), 100);
        for effect in effects {
            if let Effect::Contact(bob) = effect {
                fake.people[0] = *bob;
            }
        }
        fake
    };
    let with_new_keys = |taken| {
        let mut fake = FakeState::new();
        fake.people.push(friend("bob"));
        ("a friend's new keys", fake, 11, taken)
    };
    let automatic = || {
        let mut fake = FakeState::new();
        fake.settings.policy.auto = vec!["*@example.net".to_owned()];
        fake
    };
    for (pending, taken) in [(199, Taken::Yes), (200, full), (201, full)] {
        for (case, mut fake, of_keys, expected) in [
            ("a stranger's", FakeState::new(), 10, taken),
            ("more keys of one", asking(10), 11, taken),
            ("the same keys", asking(10), 10, Taken::Yes),
            with_new_keys(taken),
            ("accepted by itself", automatic(), 10, Taken::Yes),
        ] {
            fake.pending = pending;
            let (taken, _) = hears(&fake, &request(51, of_keys, NOW - 5), 100);
            assert_eq!(taken, expected, "{case}, {pending} pending");
        }
    }
}

#[test]
fn the_latest_request_of_a_key_takes_the_place_of_the_earlier() {
    for (sent, expected) in [(NOW - 8, 51), (NOW - 9, 50), (NOW - 10, 50)] {
        let asking = |number, at: Seconds| Asking {
            request: id(number),
            sent: at.millis(),
            at: NOW - 9,
            keys: keys(10),
            one_time_keys: OneTimeKeys::default(),
            name: "Bob".into(),
            note: String::new(),
            ahead: Vec::new(),
        };
        let mut fake = FakeState::with(&["bob"]);
        fake.people[0].standing = Standing::Handshake(Handshake::Asking(vec![asking(50, NOW - 9)]));
        let (taken, effects) = hears(&fake, &request(51, 10, sent), 100);
        assert_eq!(taken, Taken::Yes);
        let [Effect::Contact(bob)] = effects.as_slice() else {
            unreachable!("nothing else: {effects:?}");
        };
        let Standing::Handshake(Handshake::Asking(pending)) = &bob.standing else {
            unreachable!("{bob:?}");
        };
        assert_eq!(pending.len(), 1);
        assert_eq!(pending[0].request, id(expected), "{sent}");
        assert_eq!(pending[0].at, NOW - 9, "its time does not begin anew");
    }
}

#[test]
fn three_keys_ask_from_one_address_at_most() {
    let mut fake = FakeState::new();
    for (number, expected) in [
        (10, Taken::Yes),
        (11, Taken::Yes),
        (12, Taken::Yes),
        (13, Taken::Left("too many keys ask from this address")),
        (12, Taken::Yes),
    ] {
        let (taken, effects) = hears(&fake, &request(number, number, NOW - 5), 100);
        assert_eq!(taken, expected, "{number}");
        for effect in effects {
            if let Effect::Contact(bob) = effect {
                fake.people = vec![*bob];
            }
        }
    }
}

#[test]
fn an_older_request_of_a_friend_heals_nothing() {
    let mut fake = FakeState::new();
    fake.people.push(friend("bob"));
    fake.people[0].friend_mut().unwrap().last_request = (NOW - 5).millis();
    let old = Taken::Dropped("it is no later than the last request of this friend");
    for (sent, expected) in [(NOW - 6, old), (NOW - 5, old), (NOW - 4, Taken::Yes)] {
        assert_eq!(
            hears(&fake, &request(51, 10, sent), 100).0,
            expected,
            "{sent}"
        );
    }
}

/// Bob as an effect leaves them; as they were, if none does.
fn bob_of(effects: Vec<Effect>, before: &Contact) -> Contact {
    let bob = effects.into_iter().find_map(|effect| match effect {
        Effect::Contact(bob) => Some(*bob),
        _ => None,
    });
    bob.unwrap_or_else(|| before.clone())
}

/// What the next decision about bob sees.
fn of(bob: Contact) -> FakeState {
    let mut fake = FakeState::new();
    fake.people.push(bob);
    fake
}

const AHEAD: Seconds = NOW.after(days(10));

#[test]
fn a_request_that_made_the_friendship_heals_nothing() {
    let answered = Taken::Dropped("it has been answered");
    let old = Taken::Dropped("it is no later than the last request of this friend");
    for (case, requests, replayed, expected) in [
        ("in our past", vec![(51, NOW - 5)], (51, NOW - 5), old),
        ("in our future", vec![(51, AHEAD)], (51, AHEAD), answered),
        (
            "before a later one",
            vec![(51, AHEAD), (52, AHEAD + 1)],
            (51, AHEAD),
            answered,
        ),
        (
            "the same later",
            vec![(51, NOW - 9), (51, NOW - 5)],
            (51, NOW - 5),
            old,
        ),
        (
            "another friend's own",
            vec![(51, AHEAD)],
            (53, AHEAD),
            Taken::Yes,
        ),
    ] {
        for yes_before in [false, true] {
            let mut bob = nobody("bob");
            bob.standing = Standing::Handshake(Handshake::Asking(Vec::new()));
            let said_yes = |bob: &Contact| {
                of(bob.clone()).effects(|case| asking::accept(case, &address("bob"), None, false))
            };
            for (number, (request_id, sent)) in requests.iter().enumerate() {
                let heard = request(*request_id, 10, *sent);
                bob = bob_of(hears(&of(bob.clone()), &heard, 100).1, &bob);
                if yes_before && number == 0 {
                    bob = bob_of(said_yes(&bob), &bob);
                }
            }
            if !yes_before {
                bob = bob_of(said_yes(&bob), &bob);
            }
            let accepted = bob.accepted()[0].clone();
            let effects = of(bob.clone()).effects(|case| {
                let mut bob = bob.clone();
                in_force::prove(case, &mut bob, &accepted)?;
                case.put(bob);
                Ok(())
            });
            bob = bob_of(effects, &bob);
            assert_eq!(bob.keys(), Some(&keys(10)), "{case}");
            // Later than the last at its arrival, if it were not known.
            bob.friend_mut().unwrap().last_request =
                bob.friend().unwrap().last_request.min(NOW.millis() - 1);
            let (replayed, sent) = replayed;
            let (taken, _) = hears(&of(bob), &request(replayed, 10, sent), 100);
            assert_eq!(taken, expected, "{case}, {yes_before}");
        }
    }
}

#[test]
fn more_requests_of_our_future_than_are_remembered_are_dropped() {
    let mut bob = friend("bob");
    bob.standing = Standing::Handshake(Handshake::Asking(Vec::new()));
    for n in 0..20_u8 {
        let (taken, effects) = hears(&of(bob.clone()), &request(n, 10, AHEAD), 100);
        assert_eq!(taken == Taken::Yes, n < 16, "{n}");
        bob = bob_of(effects, &bob);
    }
}

#[test]
fn whom_we_asked_by_a_link_must_have_its_keys() {
    let no = Taken::Left("its keys are not those of the invite link");
    for (pinned, expected) in [
        (None, Taken::Yes),
        (Some(keys(10)), Taken::Yes),
        (Some(keys(11)), no),
    ] {
        let mut bob = friend("bob");
        bob.standing = Standing::Asked(Asked {
            request: id(50),
            sent: (NOW - 100).millis(),
            at: NOW - 100,
            repeats: 0,
            next_at: None,
            note: None,
            pinned,
            token: None,
            verified: false,
            one_time_keys: OneTimeKeys::default(),
        });
        let mut fake = FakeState::new();
        fake.people.push(bob);
        let (taken, _) = hears(&fake, &request(51, 10, NOW - 5), 100);
        assert_eq!(taken, expected, "{pinned:?}");
    }
}

/// Whose key a request may name, and what that leaves behind.
#[test]
fn a_request_that_names_the_key_of_somebody_else_is_left_and_told_once() {
    let with = |curve: u8, ed: u8| {
        let mut heard = request(5, 30, NOW - 10);
        if let Body::Request(request) = &mut heard.letter.body {
            request.keys.curve25519 = PublicKey([curve; 32]);
            request.keys.ed25519 = PublicKey([ed; 32]);
        }
        heard
    };
    let in_force = || friend("carol");
    let asks = || {
        let mut carol = friend("carol");
        carol.standing = Standing::Handshake(Handshake::Asking(vec![Asking {
            request: id(1),
            sent: Millis(1),
            at: NOW,
            keys: keys(10),
            one_time_keys: OneTimeKeys::default(),
            name: String::new(),
            note: String::new(),
            ahead: Vec::new(),
        }]));
        carol
    };
    let pinned = || {
        let mut carol = friend("carol");
        carol.standing = Standing::Asked(Asked {
            pinned: Some(keys(10)),
            ..our_request()
        });
        carol
    };
    let left = Taken::Left("it names the key of somebody else");
    for (case, carol, heard, expected, words) in [
        ("both", in_force(), with(10, 10), left, 1),
        ("the one that seals", in_force(), with(10, 30), left, 1),
        ("the one that signs", in_force(), with(30, 10), left, 1),
        ("neither", in_force(), with(30, 30), Taken::Yes, 0),
        ("of the invite link", pinned(), with(10, 30), Taken::Yes, 0),
        ("merely asked with", asks(), with(10, 10), Taken::Yes, 0),
        (
            "our own",
            in_force(),
            with(1, 30),
            Taken::Left("it names a key of our own"),
            0,
        ),
    ] {
        let mut fake = FakeState::new();
        fake.people.push(carol);
        let (taken, effects) = hears(&fake, &heard, 100);
        assert_eq!(taken, expected, "{case}");
        let told = |effects: &[Effect]| {
            let word = |effect: &&Effect| matches!(effect, Effect::Tell(Notice::Word { .. }));
            effects.iter().filter(word).count()
        };
        assert_eq!(told(&effects), words, "{case}");
        if taken == left {
            assert!(posts(&effects).is_empty(), "{case}");
            let mark = Tombstone::KeyOfAnother(contact("carol"));
            assert!(effects.contains(&Effect::Remember(mark.clone(), NOW + MONTH)));
            fake.tombstones.push((mark, NOW + 1));
            let (taken, effects) = hears(&fake, &heard, 100);
            assert_eq!((taken, told(&effects)), (left, 0), "{case}, again");
        }
    }
}

fn our_request() -> Asked {
    Asked {
        request: id(2),
        sent: Millis(1),
        at: NOW,
        repeats: 0,
        next_at: None,
        note: None,
        pinned: None,
        token: None,
        verified: false,
        one_time_keys: OneTimeKeys::default(),
    }
}

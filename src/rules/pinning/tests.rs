//! A link against everything that may wait from its address.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    clippy::arithmetic_side_effects,
    reason = "tests"
)]

use super::*;
use crate::protocol::letter::{Body, OneTimeKeys, PublicKey, Secret};
use crate::protocol::link::Token;
use crate::rules::contact::Shown;
use crate::rules::effect::Notice;
use crate::rules::fake_state::{Counting, FakeState, NOW, address, friend, id, keys, posts};
use crate::rules::outgoing::Form;
use crate::rules::view::Tombstone;

/// The keys that the link names, and those of whoever forged a request.
const REAL: u8 = 10;
const FORGED: u8 = 66;

fn adding(verified: bool) -> Adding {
    Adding {
        address: address("bob"),
        invite: Some(link()),
        name: None,
        note: None,
        hidden: false,
        verified,
    }
}

fn link() -> link::Invite {
    link::Invite {
        address: address("bob"),
        keys: keys(REAL),
        token: Token([7; 16]),
        expires: None,
        group: None,
    }
}

fn asking(of: u8) -> Asking {
    Asking {
        request: id(of),
        sent: (NOW - 200).millis(),
        at: NOW - 200,
        keys: keys(of),
        one_time_keys: OneTimeKeys {
            mail: Some(PublicKey([60; 32])),
            irc: None,
        },
        name: "Bob".into(),
        note: String::new(),
        ahead: Vec::new(),
    }
}

fn accepted(of: u8) -> Accepted {
    Accepted {
        accept: id(of + 1),
        request: id(of),
        request_sent: (NOW - 200).millis(),
        again: 0,
        at: NOW - 200,
        repeats: 0,
        next_at: None,
        keys: keys(of),
        theirs: OneTimeKeys::default(),
        ours: OneTimeKeys::default(),
        sessions: Vec::new(),
        ahead: Vec::new(),
    }
}

fn asked(pinned: Option<u8>, verified: bool) -> Asked {
    Asked {
        request: id(40),
        sent: (NOW - 300).millis(),
        at: NOW - 300,
        repeats: 0,
        next_at: None,
        note: None,
        pinned: pinned.map(keys),
        token: pinned.map(|_| Token([7; 16])),
        verified,
        one_time_keys: OneTimeKeys::default(),
    }
}

fn bob(standing: Standing) -> Contact {
    let mut bob = friend("bob");
    bob.standing = standing;
    bob
}

fn confirming(of: &[u8], asked: Option<Asked>) -> Standing {
    Standing::Handshake(Handshake::Confirming(Confirming {
        accepted: of.iter().map(|of| accepted(*of)).collect(),
        asked,
    }))
}

fn with_new(in_force: u8, new: Handshake) -> Contact {
    let mut bob = bob(Standing::friend(keys(in_force)));
    bob.friend_mut().unwrap().new_keys = Some(new);
    bob
}

/// What adding by the link comes to, in words.
fn outcome(bob: &Contact, verified: bool) -> String {
    let mut fake = FakeState::new();
    fake.people.push(bob.clone());
    let mut refused = None;
    let effects = fake.effects(|case| {
        refused = add(case, adding(verified)).err();
        Ok(())
    });
    match refused {
        Some(Refusal::AlreadyAsked(_)) => "asked already".to_owned(),
        Some(Refusal::AlreadyFriend(_)) => "a friend already".to_owned(),
        Some(Refusal::OtherKeys(_)) => "other keys".to_owned(),
        Some(other) => format!("{other:?}"),
        None => in_words(&effects),
    }
}

fn in_words(effects: &[Effect]) -> String {
    let mut words: Vec<String> = Vec::new();
    for effect in effects {
        match effect {
            Effect::Contact(bob) => words.extend(of_person(bob)),
            Effect::DropSessions(_, key) => words.push(format!("sessions {} end", key.0[0])),
            Effect::Cancel(_, accept) => words.push(format!("accept {} cancelled", accept.0[0])),
            Effect::Remember(Tombstone::Request(_, request), _) => {
                words.push(format!("{} buried", request.0[0]));
            }
            Effect::Tell(Notice::Word { .. }) => words.push("told".to_owned()),
            Effect::Tell(Notice::Rotated { .. }) => words.push("rotated".to_owned()),
            _ => {}
        }
    }
    words.extend(
        posts(effects)
            .iter()
            .map(|post| match (&post.letter.body, &post.form) {
                (Body::Request(_), Form::Open { token }) => {
                    format!(
                        "request{}",
                        if token.is_some() { " with token" } else { "" }
                    )
                }
                (Body::Accept(_), Form::Key(key)) => format!("accept to {}", key.0[0]),
                other => format!("{other:?}"),
            }),
    );
    words.sort();
    words.join(", ")
}

/// The state in which they are left.
fn of_person(bob: &Contact) -> Vec<String> {
    let pin = bob.asked().and_then(|asked| asked.pinned);
    let pin = pin.or(bob.pinned.map(|pinned| pinned.keys));
    let mut words = vec![match &bob.standing {
        Standing::Asked(_) => "=asked".to_owned(),
        Standing::Handshake(Handshake::Confirming(one)) => {
            let keys: Vec<u8> = one
                .accepted
                .iter()
                .map(|one| one.keys.curve25519.0[0])
                .collect();
            format!("=confirming {keys:?}")
        }
        Standing::Friend(friend) => match &friend.new_keys {
            None => "=friend".to_owned(),
            Some(Handshake::Confirming(Confirming { accepted: new, .. })) => {
                let keys: Vec<u8> = new.iter().map(|one| one.keys.curve25519.0[0]).collect();
                format!("=friend, new {keys:?}")
            }
            Some(Handshake::Asking(_)) => "=friend, new asking".to_owned(),
        },
        other => format!("{other:?}"),
    }];
    words.extend(pin.map(|pin| format!("=pinned {}", pin.curve25519.0[0])));
    let verifies = bob.is_verified_by_link(&keys(REAL)) || bob.verified;
    words.extend(verifies.then(|| "=verified".to_owned()));
    words
}

#[test]
fn a_link_pins_whatever_waits_from_its_address() {
    let asks = |of: &[u8]| {
        Standing::Handshake(Handshake::Asking(of.iter().map(|of| asking(*of)).collect()))
    };
    for (case, bob, expected) in [
        (
            "the real key asks",
            bob(asks(&[REAL])),
            "=confirming [10], =pinned 10, =verified, accept to 10",
        ),
        (
            "a forged key asks",
            bob(asks(&[FORGED])),
            "66 buried, =asked, =pinned 10, =verified, request with token, told",
        ),
        (
            "both ask",
            bob(asks(&[FORGED, REAL])),
            "66 buried, =confirming [10], =pinned 10, =verified, accept to 10, told",
        ),
        (
            "asked without a link",
            bob(Standing::Asked(asked(None, false))),
            "=asked, =pinned 10, =verified, request with token",
        ),
        (
            "asked by another link",
            bob(Standing::Asked(asked(Some(FORGED), true))),
            "=asked, =pinned 10, =verified, request with token",
        ),
        (
            "asked by this link, not face to face",
            bob(Standing::Asked(asked(Some(REAL), false))),
            "=asked, =pinned 10, =verified, request with token",
        ),
        (
            "asked by this link, face to face",
            bob(Standing::Asked(asked(Some(REAL), true))),
            "asked already",
        ),
        (
            "the real key was accepted",
            bob(confirming(&[REAL], None)),
            "=confirming [10], =pinned 10, =verified",
        ),
        (
            "a forged key was accepted",
            bob(confirming(&[FORGED], None)),
            "66 buried, =asked, =pinned 10, =verified, accept 67 cancelled, request with token, sessions 66 end, told",
        ),
        (
            "both were accepted, and asked",
            bob(confirming(&[FORGED, REAL], Some(asked(None, false)))),
            "66 buried, =confirming [10], =pinned 10, =verified, accept 67 cancelled, sessions 66 end, told",
        ),
        (
            "a friend under the real key",
            bob(Standing::friend(keys(REAL))),
            "=friend, =verified",
        ),
        (
            "a friend under the real key, and a forged one asks",
            with_new(REAL, Handshake::Asking(vec![asking(FORGED)])),
            "66 buried, =friend, =verified, told",
        ),
        (
            "a friend under the real key, and a forged one was accepted",
            with_new(REAL, Handshake::accepted(vec![accepted(FORGED)])),
            "66 buried, =friend, =verified, accept 67 cancelled, sessions 66 end, told",
        ),
        (
            "a friend under an old key",
            bob(Standing::friend(keys(3))),
            "other keys",
        ),
        (
            "a friend under an old key, and a forged one asks",
            with_new(3, Handshake::Asking(vec![asking(FORGED)])),
            "other keys",
        ),
        (
            "a friend under an old key, and both ask",
            with_new(3, Handshake::Asking(vec![asking(FORGED), asking(REAL)])),
            "66 buried, =friend, new [10], =pinned 10, =verified, accept to 10, told",
        ),
        (
            "a friend under an old key, and both were accepted",
            with_new(
                3,
                Handshake::accepted(vec![accepted(FORGED), accepted(REAL)]),
            ),
            "66 buried, =friend, new [10], =pinned 10, =verified, accept 67 cancelled, sessions 66 end, told",
        ),
    ] {
        assert_eq!(outcome(&bob, true), expected, "{case}");
        let plain = outcome(&bob, false);
        assert!(!plain.contains("accept to 66"), "{case}: {plain}");
    }
}

#[test]
fn a_link_that_was_not_scanned_pins_and_verifies_nothing() {
    for (bob, expected) in [
        (
            bob(Standing::Handshake(Handshake::Asking(vec![
                asking(FORGED),
                asking(REAL),
            ]))),
            "66 buried, =confirming [10], =pinned 10, accept to 10, told",
        ),
        (bob(Standing::friend(keys(REAL))), "a friend already"),
        (
            bob(Standing::Asked(asked(Some(REAL), false))),
            "asked already",
        ),
    ] {
        assert_eq!(outcome(&bob, false), expected);
    }
}

#[test]
fn whoever_read_our_presence_under_a_forged_key_does_not_keep_it() {
    let mut bob = bob(confirming(&[FORGED, REAL], None));
    let shown = |epoch, real| Shown {
        epoch,
        secret: Secret([0; 32]),
        real,
        at: NOW,
        by_mail: true,
    };
    for (shown, rotates) in [
        (Some(shown(100, true)), true),
        (Some(shown(99, true)), false),
        (Some(shown(100, false)), false),
        (None, false),
    ] {
        bob.shown = shown;
        assert_eq!(
            outcome(&bob, true).contains("rotated"),
            rotates,
            "{:?}",
            bob.shown
        );
    }
    bob.standing = confirming(&[REAL], None);
    assert!(!outcome(&bob, true).contains("rotated"));
}

/// What stands at the address of a link does not matter: one key is one person's.
#[test]
fn a_link_with_the_keys_of_somebody_else_is_refused() {
    let one = |curve: u8, ed: u8| Keys {
        curve25519: PublicKey([curve; 32]),
        ed25519: PublicKey([ed; 32]),
    };
    let other = one(99, 98);
    let asks = Standing::Handshake(Handshake::Asking(vec![asking(REAL)]));
    for (at, bob) in [
        ("nobody", None),
        ("stranger", Some(bob(Standing::Stranger))),
        ("asked", Some(bob(Standing::Asked(asked(None, false))))),
        ("asking", Some(bob(asks))),
        ("confirming", Some(bob(confirming(&[REAL], None)))),
        ("friend", Some(bob(Standing::friend(other)))),
        (
            "new",
            Some(with_new(77, Handshake::Asking(vec![asking(REAL)]))),
        ),
    ] {
        for (whose, keys, refused) in [
            ("both", keys(REAL), true),
            ("the one that seals", one(REAL, 55), true),
            ("the one that signs", one(55, REAL), true),
            ("neither", one(55, 56), false),
        ] {
            let mut fake = FakeState::new();
            let mut carol = friend("carol");
            carol.standing = Standing::friend(keys);
            fake.people.push(carol);
            fake.people.extend(bob.clone());
            let mut rng = Counting(0);
            let mut case = fake.decision(&mut rng);
            let no = add(&mut case, adding(true)).err();
            let of_carol = Some(Refusal::KeysOfAnother(address("bob"), "carol".to_owned()));
            assert_eq!(no == of_carol, refused, "{at}, {whose}: {no:?}");
            assert!(!refused || case.finish().is_empty(), "{at}, {whose}");
        }
    }
    let mut fake = FakeState::new();
    fake.account.keys = keys(REAL);
    let mut rng = Counting(0);
    let no = add(&mut fake.decision(&mut rng), adding(true)).err();
    assert_eq!(no, Some(Refusal::OwnKeys(address("bob"))));
}

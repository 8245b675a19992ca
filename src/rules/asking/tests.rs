//! Asking, accepting and refusing, by people of every standing.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::wildcard_enum_match_arm,
    reason = "tests"
)]

use super::*;
use crate::protocol::letter::OneTimeKeys;
use crate::protocol::link::{Invite, Token};
use crate::protocol::time::{DAY, MONTH};
use crate::rules::fake_state::{FakeState, NOW, address, contact, friend, id, keys, posts};
use crate::rules::handshake::{Accepted, Asking, Confirming};
use crate::rules::view::Tombstone;

fn adding() -> Adding {
    Adding {
        address: address("bob"),
        invite: None,
        name: None,
        note: None,
        hidden: false,
        verified: false,
    }
}

fn asking() -> Asking {
    Asking {
        request: id(51),
        sent: (NOW - 200).millis(),
        at: NOW - 200,
        keys: keys(10),
        one_time_keys: OneTimeKeys::default(),
        name: "Bob".into(),
        note: String::new(),
        ahead: Vec::new(),
    }
}

fn accepted() -> Accepted {
    Accepted {
        accept: id(52),
        request: id(51),
        request_sent: (NOW - 200).millis(),
        again: 0,
        at: NOW - 200,
        repeats: 0,
        next_at: None,
        keys: keys(10),
        theirs: OneTimeKeys::default(),
        ours: OneTimeKeys::default(),
        sessions: Vec::new(),
        ahead: Vec::new(),
    }
}

fn confirming() -> Standing {
    Standing::Handshake(Handshake::Confirming(Confirming {
        accepted: vec![accepted()],
        asked: None,
    }))
}

/// A state with bob in it.
fn fake(standing: Standing) -> FakeState {
    let mut fake = FakeState::with(&["bob"]);
    fake.people[0].standing = standing;
    fake
}

/// What is refused, and else the effects.
fn outcome(
    fake: &FakeState,
    decide: impl FnOnce(&mut Decision<'_>) -> Result<(), Refusal>,
) -> Result<Vec<Effect>, Refusal> {
    let mut refused = Ok(());
    let effects = fake.effects(|case| {
        refused = decide(case);
        Ok(())
    });
    refused.map(|()| effects)
}

/// Our request as it is kept after we asked.
fn asked(adding: Adding) -> Result<Asked, Refusal> {
    let effects = outcome(&FakeState::new(), |case| add(case, adding))?;
    match &effects[0] {
        Effect::Contact(bob) => Ok(bob.asked().unwrap().clone()),
        other => unreachable!("{other:?}"),
    }
}

#[test]
fn what_is_said_when_asking_is_kept() {
    let invite = Invite {
        address: address("bob"),
        keys: keys(10),
        token: Token([7; 16]),
        expires: None,
        group: None,
    };
    for (link, verified, expected) in [
        (None, false, false),
        (None, true, false),
        (Some(invite.clone()), false, false),
        (Some(invite.clone()), true, true),
    ] {
        let adding = Adding {
            invite: link.clone(),
            verified,
            note: Some("from school".into()),
            ..adding()
        };
        let asked = asked(adding).unwrap();
        assert_eq!(asked.verified, expected, "{link:?}, {verified}");
        assert_eq!(asked.pinned, link.as_ref().map(|link| link.keys));
        assert_eq!(asked.token, link.map(|link| link.token));
        assert_eq!(asked.note.as_deref(), Some("from school"));
        assert_eq!(asked.next_at, Some(NOW + DAY));
    }
}

#[test]
fn a_note_has_at_most_so_many_bytes() {
    for (length, refused) in [(0, false), (1024, false), (1025, true), (2000, true)] {
        let note = Some("n".repeat(length));
        let asked = asked(Adding { note, ..adding() });
        let expected = refused.then_some(Refusal::NoteLong(length));
        assert_eq!(asked.err(), expected, "{length}");
    }
}

#[test]
fn asking_somebody_again_depends_on_how_he_stands() {
    let plain = || asked(adding()).unwrap();
    let crossed = || {
        Standing::Handshake(Handshake::Confirming(Confirming {
            accepted: vec![accepted()],
            asked: Some(plain()),
        }))
    };
    let name = || "bob".to_owned();
    for (standing, expected) in [
        (Standing::Stranger, Ok(1)),
        (Standing::Asked(plain()), Err(Refusal::AlreadyAsked(name()))),
        (
            Standing::Handshake(Handshake::Asking(vec![asking()])),
            Ok(1),
        ),
        (confirming(), Ok(1)),
        (crossed(), Ok(0)),
        (
            Standing::friend(keys(10)),
            Err(Refusal::AlreadyFriend(name())),
        ),
    ] {
        let case = format!("{standing:?}");
        let effects = outcome(&fake(standing), |case| add(case, adding()));
        assert_eq!(effects.map(|all| posts(&all).len()), expected, "{case}");
    }
}

#[test]
fn only_who_asks_is_accepted_or_refused() {
    let no_request = || Err(Refusal::NoRequest("bob".to_owned()));
    let asked = || Standing::Asked(asked(adding()).unwrap());
    for (standing, may_accept, may_refuse) in [
        (Standing::Stranger, no_request(), no_request()),
        (asked(), no_request(), no_request()),
        (
            Standing::Handshake(Handshake::Asking(vec![asking()])),
            Ok(1),
            Ok(0),
        ),
        (confirming(), Ok(0), Ok(0)),
        (Standing::friend(keys(10)), no_request(), no_request()),
    ] {
        let fake = fake(standing);
        let bob = &address("bob");
        let effects = outcome(&fake, |case| accept(case, bob, None, false));
        let case = format!("{:?}", fake.people[0].standing);
        assert_eq!(effects.map(|all| posts(&all).len()), may_accept, "{case}");
        let effects = outcome(&fake, |case| refuse(case, bob));
        assert_eq!(effects.map(|all| posts(&all).len()), may_refuse, "{case}");
    }
}

#[test]
fn new_keys_are_refused_and_the_friend_kept() {
    let mut bob = friend("bob");
    bob.friend_mut().unwrap().new_keys = Some(Handshake::Asking(vec![asking()]));
    let mut fake = FakeState::new();
    fake.people.push(bob.clone());
    let effects = fake.effects(|case| refuse(case, &address("bob")));
    bob.friend_mut().unwrap().new_keys = None;
    let tombstone = Tombstone::Request(contact("bob"), id(51));
    let expected = [
        Effect::Contact(Box::new(bob)),
        Effect::Remember(tombstone, NOW + MONTH),
    ];
    assert_eq!(effects, expected);
}

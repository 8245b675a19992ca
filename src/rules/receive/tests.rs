//! New sessions counted, one-time keys spent, and what may come unsealed.
#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "tests")]

use super::*;
use crate::protocol::letter::{Letter, OneTimeKeys, PublicKey, Request};
use crate::rules::fake_state::{Counting, FakeState, NOW, address, friend, id, keys};
use crate::rules::sealed::spend;

fn key(byte: u8) -> PublicKey {
    PublicKey([byte; 32])
}

/// A seal that used these one-time keys of ours, for mail and for IRC.
fn seal(mail: Option<u8>, irc: Option<Option<u8>>) -> Seal {
    Seal {
        key: key(10),
        session: "bobs".into(),
        used: mail.map(key),
        accept_signed: false,
        irc: irc.map(|opened| opened.map(key)),
    }
}

#[test]
fn twenty_new_sessions_a_day() {
    let today = NOW.day();
    let (none, mail, both) = (
        seal(None, Some(None)),
        seal(Some(30), None),
        seal(Some(30), Some(Some(31))),
    );
    for (case, before, seal, expected) in [
        ("the first", (0, 0), &mail, Some((today, 1))),
        ("two at once", (0, 0), &both, Some((today, 2))),
        ("one more", (today, 7), &mail, Some((today, 8))),
        ("the twentieth", (today, 19), &mail, Some((today, 20))),
        ("one too many", (today, 20), &mail, None),
        ("far too many", (today, 25), &both, None),
        ("the next day", (today - 1, 20), &mail, Some((today, 1))),
        (
            "none, after too many",
            (today, 20),
            &none,
            Some((today, 20)),
        ),
        (
            "none, the next day",
            (today - 1, 7),
            &none,
            Some((today - 1, 7)),
        ),
    ] {
        let mut bob = friend("bob");
        bob.new_sessions = before;
        let fake = FakeState::new();
        let mut rng = Counting(0);
        let counted = counted(&fake.decision(&mut rng), bob, seal);
        assert_eq!(counted.map(|bob| bob.new_sessions), expected, "{case}");
    }
}

#[test]
fn a_one_time_key_is_spent_by_what_used_it() {
    let (mail, irc) = (Some(key(30)), Some(key(31)));
    for (seal, after) in [
        (seal(None, None), (mail, irc)),
        (seal(None, Some(None)), (mail, irc)),
        (seal(Some(30), None), (None, irc)),
        (seal(None, Some(Some(31))), (mail, None)),
        (seal(Some(30), Some(Some(31))), (None, None)),
        (seal(Some(99), Some(Some(98))), (mail, irc)),
    ] {
        let mut ours = OneTimeKeys { mail, irc };
        spend(&mut ours, &seal);
        assert_eq!((ours.mail, ours.irc), after, "{seal:?}");
    }
}

#[test]
fn a_request_comes_by_mail() {
    let over_irc = Came::Irc {
        network: "testnet".into(),
        nick: "bobnick".into(),
    };
    let no = Taken::Left("only a request may come unsealed, and only by mail");
    for (via, expected) in [(Came::Mail, Taken::Yes), (over_irc, no)] {
        let request = Request {
            from: address("bob"),
            to: address("alice"),
            name: "Bob".into(),
            note: None,
            keys: keys(10),
            one_time_keys: OneTimeKeys {
                mail: Some(key(60)),
                irc: None,
            },
        };
        let heard = Heard {
            letter: Letter {
                id: id(80),
                sent: NOW.millis(),
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
            via,
            answerable: crate::protocol::mail_form::Answerable::Anybody,
        };
        let fake = FakeState::new();
        let mut rng = Counting(0);
        let mut case = fake.decision(&mut rng);
        assert_eq!(hear(&mut case, &heard), Ok(expected));
        assert_eq!(case.finish().is_empty(), expected == no);
    }
}

//! Every way in which keys come into force, with keys that are in force with somebody else.
#![allow(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    clippy::arithmetic_side_effects,
    reason = "tests"
)]

use super::*;
use crate::protocol::letter::{
    Accept, Body, Letter, OneTimeKeys, PublicKey, Request, Signature, Text,
};
use crate::protocol::mail_form::Answerable;
use crate::rules::contact::Standing;
use crate::rules::decide::{Decided, decide};
use crate::rules::effect::Notice;
use crate::rules::event::{Act, Came, Event, Heard, Proof, Seal};
use crate::rules::fake_state::{
    Counting, FakeState, NOW, Sealing, address, friend, id, keys, posts,
};
use crate::rules::friend::Healing;
use crate::rules::handshake::{Accepted, Asked, Confirming, Handshake};

/// The keys in question, which bob comes with, and others.
const KEYS: u8 = 10;
const OTHERS: u8 = 66;

fn one_time() -> OneTimeKeys {
    OneTimeKeys {
        mail: Some(PublicKey([60; 32])),
        irc: None,
    }
}

fn asking(of: u8) -> Asking {
    Asking {
        request: id(of),
        sent: (NOW - 200).millis(),
        at: NOW - 200,
        keys: keys(of),
        one_time_keys: one_time(),
        name: "Bob".into(),
        note: String::new(),
        ahead: Vec::new(),
    }
}

fn accepted() -> Accepted {
    Accepted {
        accept: id(52),
        request: id(KEYS),
        request_sent: (NOW - 200).millis(),
        again: 0,
        at: NOW - 200,
        repeats: 0,
        next_at: None,
        keys: keys(KEYS),
        theirs: one_time(),
        ours: OneTimeKeys::default(),
        sessions: vec!["session".into()],
        ahead: Vec::new(),
    }
}

fn asked() -> Asked {
    Asked {
        request: id(50),
        sent: (NOW - 100).millis(),
        at: NOW - 100,
        repeats: 0,
        next_at: None,
        note: None,
        pinned: None,
        token: None,
        verified: false,
        one_time_keys: one_time(),
    }
}

fn healing() -> Healing {
    Healing {
        request: id(50),
        sent: (NOW - 100).millis(),
        at: NOW - 100,
        one_time_keys: one_time(),
        unanswered: 0,
        soon: false,
    }
}

fn bob(standing: Standing) -> Contact {
    Contact {
        standing,
        ..friend("bob")
    }
}

fn a_friend(new_keys: Option<Handshake>) -> Contact {
    let mut bob = bob(Standing::friend(keys(OTHERS)));
    bob.friend_mut().unwrap().new_keys = new_keys;
    bob
}

fn heard(body: Body, proof: Proof) -> Event {
    Event::Letter(Box::new(Heard {
        letter: Letter {
            id: id(83),
            sent: NOW.millis(),
            body,
            holds: None,
            presence: None,
            one_time_keys: None,
            irc: None,
        },
        proof,
        from: address("bob"),
        via: Came::Mail,
        answerable: Answerable::Anybody,
    }))
}

fn sealed() -> Proof {
    Proof::Sealed(Seal {
        key: PublicKey([KEYS; 32]),
        session: "session".into(),
        used: None,
        accept_signed: true,
        irc: None,
    })
}

fn text() -> Event {
    let body = Text {
        text: "hello".into(),
        reply_to: None,
        notice: false,
    };
    heard(Body::Text(body), sealed())
}

fn accept() -> Event {
    let accept = Accept {
        from: address("bob"),
        to: address("alice"),
        request: id(50),
        keys: keys(KEYS),
        one_time_keys: one_time(),
        signature: Signature([0; 64]),
    };
    heard(Body::Accept(accept), sealed())
}

fn request(of: u8) -> Event {
    let request = Request {
        from: address("bob"),
        to: address("alice"),
        name: "Bob".into(),
        note: None,
        keys: keys(of),
        one_time_keys: one_time(),
    };
    let proof = Proof::Signed {
        bytes: Vec::new(),
        invite: None,
    };
    heard(Body::Request(request), proof)
}

fn yes() -> Event {
    Event::User(Act::Accept {
        address: address("bob"),
        name: None,
        hidden: false,
    })
}

/// What becomes of it while these keys are in force with carol.
fn decide_for(
    bob: Option<&Contact>,
    event: Event,
    carols: u8,
    fake: &mut FakeState,
) -> Result<Decided, Refusal> {
    let carol = Contact {
        standing: Standing::friend(keys(carols)),
        ..friend("carol")
    };
    fake.people = bob.cloned().into_iter().chain([carol]).collect();
    decide(
        &fake.settings,
        &*fake,
        event,
        NOW.millis(),
        &mut Counting(0),
        &Sealing,
    )
}

fn told(effects: &[Effect]) -> usize {
    let word = |effect: &&Effect| matches!(effect, Effect::Tell(Notice::Word { .. }));
    effects.iter().filter(word).count()
}

#[test]
fn no_letter_brings_keys_into_force_that_are_somebody_elses() {
    let confirming = || {
        bob(Standing::Handshake(Handshake::Confirming(Confirming {
            accepted: vec![accepted()],
            asked: None,
        })))
    };
    let mut heals = a_friend(None);
    heals.friend_mut().unwrap().healing = Some(healing());
    let new = a_friend(Some(Handshake::accepted(vec![accepted()])));
    for (case, bob, event) in [
        ("a stranger's request", None, request(KEYS)),
        (
            "a request that crosses",
            Some(bob(Standing::Asked(asked()))),
            request(KEYS),
        ),
        ("a friend's new keys", Some(a_friend(None)), request(KEYS)),
        ("an accept that heals", Some(heals), accept()),
        ("what proves an accept", Some(confirming()), text()),
        ("what proves new keys", Some(new), text()),
    ] {
        let mut fake = FakeState::new();
        let free = decide_for(bob.as_ref(), event.clone(), 99, &mut fake).unwrap();
        assert_eq!(free.taken, Taken::Yes, "{case}, nobody's");
        let decided = decide_for(bob.as_ref(), event.clone(), KEYS, &mut fake).unwrap();
        assert!(
            matches!(decided.taken, Taken::Left(_)),
            "{case}: {decided:?}"
        );
        assert_eq!(told(&decided.effects), 1, "{case}");
        // Once, though it may come again and again.
        for effect in decided.effects {
            match effect {
                Effect::Remember(mark, until) => fake.tombstones.push((mark, until)),
                Effect::Tell(_) => {}
                other => unreachable!("{case}: {other:?}"),
            }
        }
        let again = decide_for(bob.as_ref(), event, KEYS, &mut fake).unwrap();
        assert_eq!(again.effects, [], "{case}, again");
        assert_eq!(
            fake.read_whole.get(),
            0,
            "{case}: the cost of a mail grows with the roster"
        );
    }
}

/// The keys got an owner after they had come.
#[test]
fn a_yes_to_keys_that_are_somebody_elses_by_now_is_refused() {
    let asks = |of: &[u8]| of.iter().copied().map(asking).collect::<Vec<_>>();
    let mut answered = a_friend(Some(Handshake::Asking(asks(&[KEYS]))));
    answered.friend_mut().unwrap().answered = Some(id(KEYS));
    for (case, bob, accepts) in [
        (
            "asking",
            bob(Standing::Handshake(Handshake::Asking(asks(&[KEYS])))),
            0,
        ),
        (
            "two ask",
            bob(Standing::Handshake(Handshake::Asking(asks(&[KEYS, 77])))),
            1,
        ),
        (
            "new keys",
            a_friend(Some(Handshake::Asking(asks(&[KEYS])))),
            0,
        ),
        (
            "two new",
            a_friend(Some(Handshake::Asking(asks(&[77, KEYS])))),
            1,
        ),
        ("new keys that answered", answered, 0),
    ] {
        let mut fake = FakeState::new();
        match decide_for(Some(&bob), yes(), KEYS, &mut fake) {
            Ok(decided) => assert_eq!(posts(&decided.effects).len(), accepts, "{case}"),
            Err(refusal) => {
                let expected = Refusal::KeysOfAnother(address("bob"), "carol".into());
                assert_eq!((refusal, 0), (expected, accepts), "{case}");
            }
        }
        assert!(
            decide_for(Some(&bob), yes(), 99, &mut fake).is_ok(),
            "{case}"
        );
    }
}

#[test]
fn of_what_is_accepted_by_itself_only_keys_without_an_owner_are() {
    let mut fake = FakeState::new();
    fake.settings.policy.auto = vec!["*@example.net".into()];
    let bob = bob(Standing::Handshake(Handshake::Asking(vec![asking(KEYS)])));
    for (carols, accepts) in [(99, 2), (KEYS, 1)] {
        let decided = decide_for(Some(&bob), request(77), carols, &mut fake).unwrap();
        assert_eq!(posts(&decided.effects).len(), accepts, "{carols}");
    }
}

/// They write to us from the address that we asked from now on: their letters would be left unread.
#[test]
fn whose_second_address_answers_our_own_request_is_a_friend_at_both() {
    let crossing = Confirming {
        accepted: vec![accepted()],
        asked: Some(asked()),
    };
    for (case, standing) in [
        ("asked", Standing::Asked(asked())),
        (
            "crossing",
            Standing::Handshake(Handshake::Confirming(crossing)),
        ),
    ] {
        for (carols, words) in [(99, 0), (KEYS, 1)] {
            let mut fake = FakeState::new();
            let before = bob(standing.clone());
            let decided = decide_for(Some(&before), accept(), carols, &mut fake).unwrap();
            assert_eq!(decided.taken, Taken::Yes, "{case}");
            assert_eq!(told(&decided.effects), words, "{case}");
            let friend = |effect: &Effect| match effect {
                Effect::Contact(bob) => bob.keys() == Some(&keys(KEYS)),
                _ => false,
            };
            assert!(decided.effects.iter().any(friend), "{case}");
        }
    }
}

#[test]
fn two_who_have_one_key_keep_it() {
    let bob = bob(Standing::friend(keys(KEYS)));
    let mut fake = FakeState::new();
    let decided = decide_for(Some(&bob), text(), KEYS, &mut fake).unwrap();
    assert_eq!((decided.taken, told(&decided.effects)), (Taken::Yes, 0));
}

#[test]
fn the_refusal_says_whose_keys_those_are() {
    let refusal = Refusal::KeysOfAnother(address("bob"), "Carol C".into());
    assert_eq!(
        refusal.to_string(),
        "the keys that came with bob@example.net are those of Carol C: one key is one person's\n\
         hint: if Carol C has that address now, `iim remove 'Carol C'` first; else somebody has put Carol C's keys there"
    );
}

//! Accepts as they should be, and as somebody else would like them to be taken.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::wildcard_enum_match_arm,
    reason = "tests"
)]

mod again;
mod healed;

use super::*;
use crate::protocol::letter::{Letter, LetterId, OneTimeKeys, PublicKey, Signature, Text};
use crate::protocol::time::DAY;
use crate::rules::contact::Standing;
use crate::rules::decide::decide;
use crate::rules::effect::Notice;
use crate::rules::event::{Came, Event, Proof};
use crate::rules::fake_state::{
    Counting, FakeState, NOW, Sealing, address, contact, friend, id, keys, posts,
};
use crate::rules::friend::{Healing, Healings};
use crate::rules::handshake::{Accepted, Asking, Confirming, Handshake};
use crate::rules::in_force::{prove, switch_to};

const BOBS: u8 = 10;

fn one_time(byte: u8) -> OneTimeKeys {
    OneTimeKeys {
        mail: Some(PublicKey([byte; 32])),
        irc: Some(PublicKey([byte + 1; 32])),
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
        one_time_keys: one_time(30),
    }
}

fn bob(standing: Standing) -> Contact {
    Contact {
        standing,
        ..friend("bob")
    }
}

/// Bob's accept of our request.
fn accept() -> Accept {
    Accept {
        from: address("bob"),
        to: address("alice"),
        request: id(50),
        keys: keys(BOBS),
        one_time_keys: one_time(60),
        signature: Signature([0; 64]),
    }
}

fn heard(number: u8, body: Body) -> Heard {
    Heard {
        letter: Letter {
            id: id(number),
            sent: NOW.millis(),
            body,
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

/// Sealed to the one-time key of our request.
fn seal() -> Seal {
    Seal {
        key: PublicKey([BOBS; 32]),
        session: "new".into(),
        used: one_time(30).mail,
        accept_signed: true,
        irc: None,
    }
}

/// What becomes of an accept, and how bob stands afterwards.
fn hears(
    person: Contact,
    number: u8,
    accept: &Accept,
    seal: &Seal,
) -> (Taken, Contact, Vec<Effect>) {
    let mut fake = FakeState::new();
    fake.people.push(person.clone());
    let mut rng = Counting(200);
    let mut case = fake.decision(&mut rng);
    let heard = heard(number, Body::Accept(accept.clone()));
    let taken = hear(&mut case, &heard, seal, accept, person).unwrap();
    let after = case.person_at(&address("bob")).unwrap().unwrap();
    (taken, after, case.finish())
}

#[test]
fn an_accept_counts_if_all_of_it_fits() {
    let other = || keys(BOBS + 1);
    let unsigned = Seal {
        accept_signed: false,
        ..seal()
    };
    let of_other = Seal {
        key: other().curve25519,
        ..seal()
    };
    let to_other = Seal {
        used: one_time(99).mail,
        ..seal()
    };
    let known_session = Seal {
        used: None,
        ..seal()
    };
    let from_carol = Accept {
        from: address("carol"),
        ..accept()
    };
    let to_carol = Accept {
        to: address("carol"),
        ..accept()
    };
    let pinned = |keys| Asked {
        pinned: Some(keys),
        ..asked()
    };
    let not_signed = Taken::Left("its keys are not signed");
    for (case, asked, accept, seal, expected) in [
        ("as it should be", asked(), accept(), seal(), Taken::Yes),
        (
            "of the link",
            pinned(keys(BOBS)),
            accept(),
            seal(),
            Taken::Yes,
        ),
        ("in a session", asked(), accept(), known_session, Taken::Yes),
        ("unsigned", asked(), accept(), unsigned, not_signed),
        ("sealed by another", asked(), accept(), of_other, not_signed),
        (
            "from another",
            asked(),
            from_carol,
            seal(),
            Taken::Left("the From of the mail is not who accepts"),
        ),
        (
            "to another",
            asked(),
            to_carol,
            seal(),
            Taken::Left("it answers somebody else"),
        ),
        (
            "not of the link",
            pinned(other()),
            accept(),
            seal(),
            Taken::Left("its keys are not those of the invite link"),
        ),
        (
            "to another key",
            asked(),
            accept(),
            to_other,
            Taken::Left("it was not sealed with the one-time key of our request"),
        ),
    ] {
        let before = bob(Standing::Asked(asked));
        let (taken, after, effects) = hears(before.clone(), 83, &accept, &seal);
        assert_eq!(taken, expected, "{case}");
        if expected == Taken::Yes {
            assert_eq!(after.keys(), Some(&keys(BOBS)), "{case}");
        } else {
            assert_eq!((after, effects), (before, Vec::new()), "{case}");
        }
    }
}

/// The confirm that leaves: its id, and the accept that it confirms.
fn confirms(effects: &[Effect]) -> Option<(LetterId, LetterId)> {
    let mut posts = posts(effects).into_iter();
    posts.find_map(|post| match post.letter.body {
        Body::Confirm(confirm) => Some((confirm.accept, post.letter.id)),
        _ => None,
    })
}

/// Our healing request, of the id that the accept answers.
fn healing() -> Healing {
    Healing {
        request: id(50),
        sent: (NOW - 100).millis(),
        at: NOW - 100,
        one_time_keys: one_time(30),
        unanswered: 0,
        soon: false,
    }
}

#[test]
fn each_accept_has_one_confirm() {
    let mut bob = friend("bob");
    bob.friend_mut().unwrap().confirmed = Some((id(83), id(90)));
    bob.friend_mut().unwrap().healing = Some(healing());
    let (_, _, effects) = hears(bob.clone(), 83, &accept(), &seal());
    assert_eq!(confirms(&effects), Some((id(83), id(90))), "repeated");
    let (_, after, effects) = hears(bob, 84, &accept(), &seal());
    assert_eq!(confirms(&effects), Some((id(84), id(201))), "another");
    assert_eq!(after.friend().unwrap().confirmed, Some((id(84), id(201))));
    assert_eq!(after.friend().unwrap().healing, None);
}

#[test]
fn what_proves_an_accept_brings_its_keys() {
    let accepted = Accepted {
        ahead: Vec::new(),
        ..of_new_keys()
    };
    for (verified, pinned, expected) in [
        (false, None, false),
        (true, None, false),
        (false, Some(keys(BOBS)), false),
        (true, Some(keys(BOBS)), true),
    ] {
        let asked = Asked {
            verified,
            pinned,
            ..asked()
        };
        let mut bob = bob(Standing::Handshake(Handshake::Confirming(Confirming {
            accepted: vec![accepted.clone()],
            asked: Some(asked),
        })));
        let mut fake = FakeState::new();
        fake.people.push(bob.clone());
        let mut rng = Counting(0);
        prove(&mut fake.decision(&mut rng), &mut bob, &accepted).unwrap();
        assert_eq!(bob.verified, expected, "{verified}, {pinned:?}");
        let friend = bob.friend().unwrap();
        assert_eq!(friend.keys, keys(BOBS));
        assert_eq!(friend.ours, accepted.ours);
        assert_eq!(friend.theirs, OneTimeKeys::default());
        assert_eq!(friend.last_request, accepted.request_sent);
    }
}

#[test]
fn an_answer_from_elsewhere_is_told_if_it_is_one() {
    let nobody = "it comes from nobody on the roster";
    let elsewhere = "it answers our request from another address";
    for (case, from, to, request, expected, told) in [
        ("an alias", "robert", "alice", 50, elsewhere, 1),
        ("of no request of ours", "robert", "alice", 51, elsewhere, 0),
        ("forged", "bob", "alice", 50, nobody, 0),
        ("to somebody else", "robert", "carol", 50, nobody, 0),
        ("both", "bob", "carol", 50, nobody, 0),
    ] {
        let accept = Accept {
            from: address(from),
            to: address(to),
            request: id(request),
            ..accept()
        };
        let heard = Heard {
            from: address("robert"),
            proof: Proof::Sealed(Seal {
                key: PublicKey([BOBS; 32]),
                session: "new".into(),
                used: None,
                accept_signed: true,
                irc: None,
            }),
            ..heard(83, Body::Accept(accept))
        };
        let mut fake = FakeState::new();
        fake.people.push(bob(Standing::Asked(asked())));
        let hears = |fake: &FakeState| {
            let event = Event::Letter(Box::new(heard.clone()));
            decide(
                &fake.settings,
                fake,
                event,
                NOW.millis(),
                &mut Counting(0),
                &Sealing,
            )
            .unwrap()
        };
        let decision = hears(&fake);
        assert_eq!(decision.taken, Taken::Left(expected), "{case}");
        let words = |effect: &&Effect| matches!(effect, Effect::Tell(_));
        assert_eq!(
            decision.effects.iter().filter(words).count(),
            told,
            "{case}"
        );
        // Once for each request of ours: the same mail may come again and again.
        let effects = decision.effects.into_iter();
        fake.tombstones
            .extend(effects.filter_map(|effect| match effect {
                Effect::Remember(told, until) => Some((told, until)),
                _ => None,
            }));
        let decision = hears(&fake);
        assert_eq!(decision.taken, Taken::Left(expected), "{case}");
        assert!(decision.effects.is_empty(), "{case}, again");
        assert_eq!(
            fake.read_whole.get(),
            0,
            "{case}: the cost of a mail grows with the roster"
        );
    }
}

#[test]
fn an_answer_from_elsewhere_to_somebody_blocked_is_not_told() {
    for (blocked, told) in [(false, 1), (true, 0)] {
        let mut fake = FakeState::new();
        let standing = Standing::Handshake(Handshake::Confirming(Confirming {
            accepted: Vec::new(),
            asked: Some(asked()),
        }));
        fake.people.push(Contact {
            blocked,
            ..bob(standing)
        });
        let from = Accept {
            from: address("robert"),
            ..accept()
        };
        let heard = Heard {
            from: address("robert"),
            ..heard(83, Body::Accept(from))
        };
        let effects = fake.effects(|case| {
            from_elsewhere(case, &heard)?;
            Ok(())
        });
        let words = effects.iter().filter(|one| matches!(one, Effect::Tell(_)));
        assert_eq!(words.count(), told, "{blocked}");
    }
}

fn of_new_keys() -> Accepted {
    Accepted {
        accept: id(52),
        request: id(51),
        request_sent: (NOW - 200).millis(),
        ahead: vec![(id(51), (NOW + DAY).millis())],
        again: 0,
        at: NOW - 200,
        repeats: 0,
        next_at: None,
        keys: keys(BOBS),
        theirs: one_time(60),
        ours: one_time(40),
        sessions: Vec::new(),
    }
}

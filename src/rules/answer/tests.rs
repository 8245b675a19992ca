//! Accepts as they should be, and as somebody else would like them to be taken.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::wildcard_enum_match_arm,
    reason = "tests"
)]

use super::*;
use crate::protocol::letter::{Letter, LetterId, OneTimeKeys, PublicKey, Signature, Text};
use crate::rules::contact::Standing;
use crate::rules::decide::decide;
use crate::rules::effect::Notice;
use crate::rules::event::{Came, Event, Proof};
use crate::rules::fake_state::{Counting, FakeState, NOW, address, friend, id, keys, posts};
use crate::rules::friend::{Healing, Healings};
use crate::rules::handshake::{Accepted, Asking, Confirming, Handshake};
use crate::rules::in_force::{prove, switch_to};
use crate::rules::time::DAY;

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
        sent: Millis((NOW - 100) * 1000),
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
            sent: Millis(NOW * 1000),
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
    let after = case.person(&address("bob")).unwrap().unwrap();
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
        sent: Millis((NOW - 100) * 1000),
        at: NOW - 100,
        one_time_keys: one_time(30),
        accept: None,
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
            proof: Proof::Sealed {
                key: PublicKey([BOBS; 32]),
                session: "new".into(),
                used: None,
                accept_signed: true,
                irc: None,
            },
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
                Millis(NOW * 1000),
                &mut Counting(0),
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

#[test]
fn what_was_asked_before_an_accept_heals_nothing() {
    let crossed = Accepted {
        request_sent: Millis(NOW * 1000 + 7),
        ahead: vec![(id(51), Millis(NOW * 2000))],
        ..of_new_keys()
    };
    for (case, accepted, last, taken) in [
        ("they answered", vec![], Millis(NOW * 1000), vec![]),
        (
            "the two crossed",
            vec![crossed],
            Millis(NOW * 1000 + 7),
            vec![(id(51), Millis(NOW * 2000))],
        ),
    ] {
        let standing = Standing::Handshake(Handshake::Confirming(Confirming {
            accepted,
            asked: Some(asked()),
        }));
        let (yes, after, _) = hears(bob(standing), 83, &accept(), &seal());
        assert_eq!(yes, Taken::Yes, "{case}");
        assert_eq!(after.friend().unwrap().last_request, last, "{case}");
        assert_eq!(after.friend().unwrap().healings.taken, taken, "{case}");
    }
}

fn of_new_keys() -> Accepted {
    Accepted {
        accept: id(52),
        request: id(51),
        request_sent: Millis((NOW - 200) * 1000),
        ahead: vec![(id(51), Millis((NOW + DAY) * 1000))],
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

#[test]
fn new_keys_begin_with_their_own_requests() {
    let mut bob = bob(Standing::friend(keys(9)));
    bob.friend_mut().unwrap().healings = Healings {
        at: NOW - 1,
        taken: vec![(id(1), Millis(NOW * 1000)); 16],
    };
    let fake = FakeState::new();
    let mut rng = Counting(0);
    let accepted = of_new_keys();
    let healings = |bob: &Contact| bob.friend().unwrap().healings.clone();
    let mut proved = bob.clone();
    prove(&mut fake.decision(&mut rng), &mut proved, &accepted).unwrap();
    assert_eq!(healings(&proved), Healings::after(&accepted.ahead));
    let asking = Asking {
        request: id(83),
        sent: Millis(NOW * 1000),
        at: NOW,
        keys: keys(BOBS),
        one_time_keys: one_time(60),
        name: String::new(),
        note: String::new(),
        ahead: accepted.ahead,
    };
    switch_to(&mut fake.decision(&mut rng), &mut bob, &asking).unwrap();
    assert_eq!(healings(&bob), Healings::after(&asking.ahead));
}

#[test]
fn a_repeated_accept_is_confirmed_three_times_more() {
    let mut bob = bob(Standing::friend(keys(BOBS)));
    bob.friend_mut().unwrap().confirmed = Some((id(83), id(84)));
    for n in 0..6 {
        let mut fake = FakeState::new();
        fake.people.push(bob.clone());
        let heard = heard(83, Body::Accept(accept()));
        let effects = fake.effects(|case| {
            again(case, &heard, &seal(), bob.clone())?;
            Ok(())
        });
        assert_eq!(confirms(&effects).is_some(), n < 3, "{n}");
        let person = effects.into_iter().find_map(|effect| match effect {
            Effect::Contact(person) => Some(*person),
            _ => None,
        });
        bob = person.unwrap();
    }
    bob.friend_mut().unwrap().healing = Some(healing());
    let (_, bob, effects) = hears(bob, 85, &accept(), &seal());
    assert!(confirms(&effects).is_some(), "another accept");
    assert_eq!(bob.friend().unwrap().confirmed_again, 0);
}

#[test]
fn a_repeated_accept_is_confirmed_once_an_hour() {
    for (ago, confirms) in [(None, 1), (Some(1), 0)] {
        let mut bob = bob(Standing::friend(keys(BOBS)));
        bob.friend_mut().unwrap().confirmed = Some((id(83), id(84)));
        let mut fake = FakeState::new();
        fake.people.push(bob.clone());
        let told = Tombstone::Request(address("bob"), id(83));
        fake.tombstones.extend(ago.map(|left| (told, NOW + left)));
        let mut rng = Counting(0);
        let mut case = fake.decision(&mut rng);
        let heard = heard(83, Body::Accept(accept()));
        assert_eq!(again(&mut case, &heard, &seal(), bob), Ok(Taken::Yes));
        assert_eq!(posts(&case.finish()).len(), confirms, "{ago:?}");
    }
}

#[test]
fn only_an_accept_repeats_an_opening_that_wants_an_answer() {
    let text = Body::Text(Text {
        text: "hello".into(),
        reply_to: None,
        notice: false,
    });
    for (body, expected) in [(Body::Accept(accept()), true), (text, false)] {
        let heard = heard(83, body);
        let known_session = Seal {
            irc: Some(None),
            used: None,
            ..seal()
        };
        let mut bob = friend("bob");
        let fake = FakeState::new();
        let mut rng = Counting(0);
        let mut case = fake.decision(&mut rng);
        sealed::beside(&mut case, &heard, &known_session, &mut bob).unwrap();
        assert_eq!(bob.friend().unwrap().answer_irc, expected, "{heard:?}");
    }
}

/// A forged request under other keys had a yes, and nobody ever proved it: who has lost everything is not kept out by it.
#[test]
fn an_accept_with_other_keys_is_shown_though_another_yes_was_never_proved() {
    let mut bob = bob(Standing::friend(keys(9)));
    bob.friend_mut().unwrap().healing = Some(healing());
    bob.friend_mut().unwrap().new_keys = Some(Handshake::accepted(vec![Accepted {
        keys: keys(7),
        ..of_new_keys()
    }]));
    let under = Accept {
        keys: keys(10),
        ..accept()
    };
    let sealed = Seal {
        key: PublicKey([10; 32]),
        ..seal()
    };
    let (taken, bob, effects) = hears(bob, 83, &under, &sealed);
    assert_eq!(taken, Taken::Yes);
    let asking = match &bob.friend().unwrap().new_keys {
        Some(Handshake::Asking(asking)) => asking.iter().map(|one| one.keys).collect(),
        _ => Vec::new(),
    };
    assert_eq!(asking, [keys(10)]);
    let changed = |one: &Effect| {
        matches!(
            one,
            Effect::Tell(Notice::Request {
                key_changed: true,
                ..
            })
        )
    };
    assert!(effects.iter().any(changed));
    let ended = Effect::DropSessions(address("bob"), keys(7).curve25519);
    assert!(effects.contains(&ended));
    // A yes to these keys was a yes.
    let mut bob = bob;
    bob.friend_mut().unwrap().new_keys = Some(Handshake::accepted(vec![Accepted {
        keys: keys(10),
        ..of_new_keys()
    }]));
    let (taken, bob, _) = hears(bob, 84, &under, &sealed);
    assert_eq!((taken, bob.keys()), (Taken::Yes, Some(&keys(10))));
}

#[test]
fn a_yes_to_changed_keys_takes_those_that_came_first() {
    let mut bob = bob(Standing::friend(keys(9)));
    bob.friend_mut().unwrap().healing = Some(healing());
    let under = |of: u8| Accept {
        keys: keys(of),
        ..accept()
    };
    let sealed = |of: u8| Seal {
        key: PublicKey([of; 32]),
        ..seal()
    };
    let (taken, bob, _) = hears(bob, 83, &under(10), &sealed(10));
    assert_eq!(taken, Taken::Yes);
    for (again, told) in [(false, 1), (true, 0)] {
        let mut fake = FakeState::new();
        fake.people.push(bob.clone());
        let once = Tombstone::AnsweredElsewhere(address("bob"), id(50));
        fake.tombstones.extend(again.then_some((once, NOW + 1)));
        let effects = fake.effects(|case| {
            let heard = heard(84, Body::Accept(under(11)));
            let taken = hear(case, &heard, &sealed(11), &under(11), bob.clone())?;
            let left = Taken::Left("an accept under other keys waits for the user");
            assert_eq!(taken, left);
            assert_eq!(case.person(&address("bob"))?, Some(bob.clone()));
            Ok(())
        });
        let words = effects.iter().filter(|one| matches!(one, Effect::Tell(_)));
        assert_eq!(words.count(), told, "{again}");
    }
    let (taken, mut bob, _) = hears(bob, 85, &under(10), &sealed(10));
    assert_eq!(taken, Taken::Yes, "the same again");
    if let Some(Handshake::Asking(asking)) = &mut bob.friend_mut().unwrap().new_keys {
        asking[0].request = id(51);
    }
    let (taken, _, _) = hears(bob.clone(), 84, &under(11), &sealed(11));
    let left = Taken::Left("an accept under other keys waits for the user");
    assert_eq!(taken, left, "a request has taken its place");
    let (taken, bob, _) = hears(bob, 86, &under(10), &sealed(10));
    assert_eq!(taken, Taken::Yes, "once more");
    let mut fake = FakeState::new();
    fake.people.push(bob);
    let mut rng = Counting(0);
    let mut case = fake.decision(&mut rng);
    crate::rules::asking::accept(&mut case, &address("bob"), None, false).unwrap();
    let bob = case.person(&address("bob")).unwrap().unwrap();
    assert_eq!(bob.keys(), Some(&keys(10)));
}

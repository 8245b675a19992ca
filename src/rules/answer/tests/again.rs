//! Accepts that come again, and those under other keys.

use super::*;

#[test]
fn new_keys_begin_with_their_own_requests() {
    let mut bob = bob(Standing::friend(keys(9)));
    bob.friend_mut().unwrap().healings = Healings {
        at: NOW - 1,
        taken: vec![(id(1), NOW.millis()); 16],
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
        sent: NOW.millis(),
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
        let told = Tombstone::Request(contact("bob"), id(83));
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
    let ended = Effect::DropSessions(contact("bob"), keys(7).curve25519);
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
        let once = Tombstone::AnsweredElsewhere(contact("bob"), id(50));
        fake.tombstones.extend(again.then_some((once, NOW + 1)));
        let effects = fake.effects(|case| {
            let heard = heard(84, Body::Accept(under(11)));
            let taken = hear(case, &heard, &sealed(11), &under(11), bob.clone())?;
            let left = Taken::Left("an accept under other keys waits for the user");
            assert_eq!(taken, left);
            assert_eq!(case.person_at(&address("bob"))?, Some(bob.clone()));
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
    let bob = case.person_at(&address("bob")).unwrap().unwrap();
    assert_eq!(bob.keys(), Some(&keys(10)));
}

#[test]
fn what_was_asked_before_an_accept_heals_nothing() {
    let crossed = Accepted {
        request_sent: NOW.millis() + 7,
        ahead: vec![(id(51), Millis(NOW.0 * 2000))],
        ..of_new_keys()
    };
    for (case, accepted, last, taken) in [
        ("they answered", vec![], NOW.millis(), vec![]),
        (
            "the two crossed",
            vec![crossed],
            NOW.millis() + 7,
            vec![(id(51), Millis(NOW.0 * 2000))],
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

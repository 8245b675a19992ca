//! Requests that come again: the same one, or a later one of the same key.

use super::*;

#[test]
fn a_request_waits_a_month() {
    let (_, effects) = hears(&FakeState::new(), &request(51, 10, NOW - 5), 100);
    let [Effect::Contact(bob), ..] = effects.as_slice() else {
        unreachable!("{effects:?}");
    };
    let Standing::Handshake(Handshake::Asking(pending)) = &bob.standing else {
        unreachable!("{bob:?}");
    };
    for (seconds, expected) in [(0, false), (2_591_999, false), (2_592_000, true)] {
        assert_eq!(too_old(&pending[0], NOW + seconds), expected, "{seconds}");
    }
}

/// Bob, whose request of that key was accepted at that time, and answered again so often.
fn confirming(at: Seconds, again: u8) -> FakeState {
    let mut bob = friend("bob");
    bob.standing = Standing::Handshake(Handshake::Confirming(Confirming {
        accepted: vec![Accepted {
            accept: id(52),
            request: id(51),
            request_sent: (NOW - 200).millis(),
            again,
            at,
            repeats: 0,
            next_at: None,
            keys: keys(10),
            theirs: OneTimeKeys::default(),
            ours: OneTimeKeys::default(),
            sessions: Vec::new(),
            ahead: Vec::new(),
        }],
        asked: None,
    }));
    let mut fake = FakeState::new();
    fake.people.push(bob);
    fake
}

#[test]
fn a_repeated_request_gets_its_accept_again_once_an_hour() {
    let answered = Tombstone::Request(contact("bob"), id(52));
    let mut fake = confirming(NOW - 200, 0);
    let (taken, effects) = hears(&fake, &request(51, 10, NOW - 5), 100);
    assert_eq!(taken, Taken::Yes);
    assert!(effects.contains(&Effect::Remember(answered.clone(), NOW + 3600)));
    fake.tombstones.push((answered, NOW + 1));
    let (taken, effects) = hears(&fake, &request(51, 10, NOW - 5), 100);
    let answered = Taken::Dropped("it has been answered within the hour");
    assert_eq!((taken, posts(&effects)), (answered, Vec::new()));
}

/// The accepts of bob's as they are after a request: id of the request, how often it was answered again.
fn accepts(effects: &[Effect]) -> Vec<(LetterId, u8)> {
    let accepted = effects.iter().find_map(|effect| match effect {
        Effect::Contact(bob) => Some(bob.accepted().to_vec()),
        _ => None,
    });
    let accepted = accepted.unwrap_or_default();
    accepted
        .iter()
        .map(|one| (one.request, one.again))
        .collect()
}

#[test]
fn a_repeated_request_gets_its_accept_again_three_times() {
    for (again, expected) in [(0, Some(1)), (2, Some(3)), (3, None)] {
        let fake = confirming(NOW - 200, again);
        let (taken, effects) = hears(&fake, &request(51, 10, NOW - 200), 100);
        let want: Vec<_> = expected.map(|again| (id(51), again)).into_iter().collect();
        assert_eq!(accepts(&effects), want, "{again}");
        assert_eq!(taken == Taken::Yes, expected.is_some(), "{again}");
    }
}

#[test]
fn a_repeated_request_of_new_keys_gets_its_accept_again_three_times() {
    for (again, expected) in [(0, Some(1)), (2, Some(3)), (3, None)] {
        let mut fake = confirming(NOW - 200, again);
        let bob = &mut fake.people[0];
        let accepted = bob.accepted().to_vec();
        bob.standing = Standing::friend(keys(9));
        bob.set_handshake(Handshake::accepted(accepted));
        let (taken, effects) = hears(&fake, &request(51, 10, NOW - 200), 100);
        let want: Vec<_> = expected.map(|again| (id(51), again)).into_iter().collect();
        assert_eq!(accepts(&effects), want, "{again}");
        assert_eq!(taken == Taken::Yes, expected.is_some(), "{again}");
    }
}

#[test]
fn a_later_request_of_the_same_key_is_accepted_too() {
    let (first, second) = (id(51), id(53));
    for (case, accepted_at, again, sent, expected) in [
        ("at once", NOW, 0, NOW - 5, Some((second, 1))),
        ("the third", NOW, 2, NOW - 5, Some((second, 3))),
        ("the fourth", NOW - DAY + 1, 3, NOW - 5, None),
        ("a day later", NOW - DAY, 3, NOW - 5, Some((second, 3))),
        ("an earlier one", NOW - DAY, 0, NOW - 200, Some((first, 1))),
        ("an earlier one, often", NOW - DAY, 3, NOW - 200, None),
    ] {
        let fake = confirming(accepted_at, again);
        let (_, effects) = hears(&fake, &request(53, 10, sent), 100);
        let want: Vec<_> = expected.into_iter().collect();
        assert_eq!(accepts(&effects), want, "{case}");
    }
}

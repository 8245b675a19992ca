//! The outbox: order, claims, replacing, expiry.

use super::*;
use crate::protocol::letter::{Accept, Here, Request, Signature};
use crate::protocol::link::Token;
use crate::protocol::time::Seconds;
use crate::rules::outgoing::Waiting;

fn receipt(n: u8) -> Letter {
    letter(
        n,
        Body::Receipt(Receipt {
            state: ReceiptState::Delivered,
            ids: vec![id(1)],
        }),
    )
}

fn here(n: u8) -> Letter {
    let here = Here {
        nick: "a".into(),
        network: "libera".into(),
        status: Status::Online,
        status_text: None,
        capabilities: vec![],
        echo: None,
    };
    letter(n, Body::Here(here))
}

fn due(store: &Store, now: Seconds, way: Option<Transport>, limit: usize) -> Vec<u8> {
    let due = transact(store, |tx| tx.outbox().due(now, way, limit));
    due.iter()
        .map(|waiting| waiting.outgoing.letter.id.0[0])
        .collect()
}

fn only(store: &Store) -> Waiting {
    let mut waiting = transact(store, |tx| tx.outbox().of(contact("bob")));
    assert_eq!(waiting.len(), 1);
    waiting.remove(0)
}

#[test]
fn a_letter_is_kept_whole() {
    let keys = keys(3);
    let mut full = says(1);
    full.holds = Some(7);
    full.presence = Some(crate::protocol::letter::Presence::default());
    full.one_time_keys = Some(OneTimeKeys {
        mail: None,
        irc: Some(key(1)),
    });
    full.irc = Some(vec![0, 255]);
    let request = Request {
        from: address("alice"),
        to: address("bob"),
        name: "Alice".into(),
        note: None,
        keys,
        one_time_keys: OneTimeKeys::default(),
    };
    let accept = Accept {
        from: address("alice"),
        to: address("bob"),
        request: id(9),
        keys,
        one_time_keys: OneTimeKeys::default(),
        signature: Signature([5; 64]),
    };
    let mut cases = vec![
        outgoing("bob", full),
        outgoing("bob", letter(2, Body::Request(request))),
    ];
    cases[1].form = Form::Open {
        token: Some(Token([7; 16])),
    };
    cases.push(outgoing("bob", letter(3, Body::Accept(accept))));
    cases[2].form = Form::Key(key(5));
    cases[2].route = Route::Mail;
    cases.push(outgoing("bob", here(4)));
    cases[3].route = Route::IrcAt {
        network: "libera".into(),
        nick: "abc".into(),
    };
    cases.push(outgoing(
        "bob",
        letter(
            5,
            Body::Unknown {
                kind: 30,
                raw: vec![0xa0],
            },
        ),
    ));
    (cases[4].expires, cases[4].attempts, cases[4].route) = (Some(NOW + 5), 3, Route::Irc);
    for case in cases {
        let store = store();
        apply(&store, &[post(case.clone())]);
        assert_eq!(only(&store).outgoing, case);
        assert_eq!(
            transact(&store, |tx| tx.outbox().by_row(1))
                .unwrap()
                .outgoing,
            case
        );
    }
}

#[test]
fn texts_leave_before_here_before_receipts_before_presence() {
    let store = store();
    let mut later = outgoing("bob", says(6));
    later.due = NOW - 1;
    apply(
        &store,
        &[
            post(outgoing("bob", letter(1, empty()))),
            post(outgoing("bob", receipt(2))),
            post(outgoing("carol", here(3))),
            post(outgoing("bob", says(4))),
            post(outgoing("carol", says(5))),
            post(later),
        ],
    );
    assert_eq!(due(&store, NOW, None, 99), [6, 4, 5, 3, 2, 1]);
    assert_eq!(due(&store, NOW, None, 4), [6, 4, 5, 3]);
    assert_eq!(due(&store, NOW - 1, None, 99), [6]);
}

#[test]
fn only_those_of_the_route_leave() {
    let store = store();
    let routes = [
        Route::Any,
        Route::Mail,
        Route::Irc,
        Route::IrcAt {
            network: "n".into(),
            nick: "a".into(),
        },
    ];
    for (n, route) in (1..).zip(routes) {
        let mut outgoing = outgoing("bob", says(n));
        outgoing.route = route;
        apply(&store, &[post(outgoing)]);
    }
    assert_eq!(due(&store, NOW, None, 9), [1, 2, 3, 4]);
    assert_eq!(due(&store, NOW, Some(Transport::Mail), 9), [1, 2]);
    assert_eq!(due(&store, NOW, Some(Transport::Irc), 9), [1, 3, 4]);
}

#[test]
fn what_is_claimed_is_nobody_elses_until_the_claim_runs_out() {
    let store = store();
    apply(&store, &[post(outgoing("bob", says(1)))]);
    let row = only(&store).row;
    transact(&store, |tx| tx.outbox().claim(row, NOW + 60));
    assert_eq!(due(&store, NOW + 59, None, 9), [0_u8; 0]);
    assert_eq!(
        transact(&store, |tx| tx.next_timers(Seconds(0))),
        Some(NOW + 60)
    );
    assert_eq!(due(&store, NOW + 60, None, 9), [1]);
    transact(&store, |tx| {
        tx.outbox().postpone(row, says(1).id, NOW + 300, 1)
    });
    let waiting = only(&store);
    assert_eq!(
        (waiting.claimed_until, waiting.outgoing.attempts),
        (Seconds(0), 1)
    );
    assert_eq!(
        transact(&store, |tx| tx.next_timers(Seconds(0))),
        Some(NOW + 300)
    );
    transact(&store, |tx| tx.outbox().finish(row, says(2).id));
    assert_eq!(
        only(&store).row,
        row,
        "another letter's, since a backup was put back"
    );
    transact(&store, |tx| tx.outbox().finish(row, says(1).id));
    transact(&store, |tx| tx.outbox().finish(row, says(1).id));
    assert_eq!(transact(&store, |tx| tx.next_timers(Seconds(0))), None);
}

#[test]
fn the_rules_see_receipts_that_nobody_is_about_to_send() {
    let store = store();
    apply(
        &store,
        &[
            post(outgoing("bob", receipt(1))),
            post(outgoing("bob", receipt(2))),
            post(outgoing("bob", says(3))),
            post(outgoing("carol", receipt(4))),
        ],
    );
    let waiting = |now| {
        let found = transact(&store, |tx| {
            tx.at(now);
            tx.outbox().receipts(contact("bob"))
        });
        let letters = found.into_iter().map(|outgoing| outgoing.letter);
        letters.collect::<Vec<_>>()
    };
    assert_eq!(waiting(NOW), [receipt(1), receipt(2)]);
    transact(&store, |tx| tx.outbox().claim(1, NOW + 60));
    assert_eq!(waiting(Seconds(0)), [receipt(2)]);
    assert_eq!(waiting(NOW + 59), [receipt(2)]);
    assert_eq!(waiting(NOW + 60), [receipt(1), receipt(2)]);
}

#[test]
fn of_many_receipts_the_newest_are_seen() {
    let store = store();
    let many: Vec<_> = (1..=100)
        .map(|n| post(outgoing("bob", receipt(n))))
        .collect();
    apply(&store, &many);
    let seen = transact(&store, |tx| tx.outbox().receipts(contact("bob")));
    assert_eq!(seen.len(), 8);
    assert_eq!(seen.last().unwrap().letter, receipt(100));
}

#[test]
fn posting_again_replaces_what_waits_and_spares_what_is_claimed() {
    let store = store();
    apply(&store, &[post(outgoing("bob", says(1)))]);
    let first = only(&store).row;
    let again = outgoing("bob", receipt(1));
    transact(&store, |tx| tx.outbox().claim(first, NOW + 60));
    transact(&store, |tx| tx.apply(&post(again.clone()), NOW + 59));
    assert_eq!(only(&store).outgoing.letter, says(1), "on its way");

    transact(&store, |tx| tx.apply(&post(again.clone()), NOW + 60));
    let second = only(&store);
    assert_eq!(
        (&second.outgoing, second.claimed_until),
        (&again, Seconds(0))
    );
    transact(&store, |tx| tx.outbox().finish(first, says(1).id));
    assert_eq!(
        only(&store),
        second,
        "who held the old claim finishes nothing"
    );
}

/// A `here` to a nick on a network, echoing one or none.
fn greeting(to: &str, network: &str, n: u8, echo: Option<u8>) -> Effect {
    let mut letter = here(n);
    if let Body::Here(here) = &mut letter.body {
        here.echo = echo.map(id);
    }
    let route = Route::IrcAt {
        network: network.into(),
        nick: format!("{to}{n}"),
    };
    post(Outgoing {
        route,
        ..outgoing(to, letter)
    })
}

#[test]
fn a_here_takes_the_place_of_the_one_that_waits_for_the_same_friend_and_network() {
    for (first, second, left) in [
        (None, None, vec![2]),
        (None, Some(9), vec![2]),
        (Some(8), Some(9), vec![2]),
        // A friend who waits for an echo is not told otherwise.
        (Some(8), None, vec![1, 2]),
    ] {
        let store = store();
        apply(
            &store,
            &[
                greeting("bob", "libera", 1, first),
                greeting("bob", "libera", 2, second),
            ],
        );
        let waiting = due(&store, NOW, Some(Transport::Irc), 9);
        assert_eq!(waiting, left, "{first:?} {second:?}");
    }
}

#[test]
fn a_here_spares_what_is_claimed_and_what_is_for_others() {
    let store = store();
    apply(&store, &[greeting("bob", "libera", 1, None)]);
    transact(&store, |tx| tx.outbox().claim(1, NOW + 60));
    let spared = [
        post(outgoing("bob", says(2))),
        greeting("bob", "oftc", 3, None),
        greeting("carol", "libera", 4, None),
    ];
    apply(&store, &spared);
    apply(&store, &[greeting("bob", "libera", 5, Some(9))]);
    let all = transact(&store, |tx| tx.outbox().count());
    assert_eq!(all, 5);
    assert_eq!(due(&store, NOW, Some(Transport::Irc), 9), [2, 3, 4, 5]);
}

#[test]
fn a_nick_that_comes_and_goes_fills_no_outbox() {
    let store = store();
    for n in 1..=200 {
        let echo = (n % 3 == 0).then_some(n);
        apply(&store, &[greeting("bob", "libera", n, echo)]);
    }
    assert!(transact(&store, |tx| tx.outbox().count()) <= 2);
}

#[test]
fn a_row_number_is_never_given_twice() {
    let store = store();
    apply(&store, &[post(outgoing("bob", says(1)))]);
    let first = only(&store).row;
    transact(&store, |tx| tx.outbox().finish(first, says(1).id));
    apply(&store, &[post(outgoing("bob", says(1)))]);
    assert_ne!(only(&store).row, first);
}

#[test]
fn letters_are_cancelled_one_by_one_or_all() {
    let store = store();
    for n in 1..=3 {
        apply(&store, &[post(outgoing("bob", says(n)))]);
    }
    apply(
        &store,
        &[
            post(outgoing("carol", says(4))),
            Effect::Cancel(contact("carol"), id(1)),
        ],
    );
    assert_eq!(due(&store, NOW, None, 9), [1, 2, 3, 4], "not theirs");
    apply(&store, &[Effect::Cancel(contact("bob"), id(1))]);
    assert_eq!(due(&store, NOW, None, 9), [2, 3, 4]);
    apply(&store, &[Effect::CancelAll(contact("bob"))]);
    assert_eq!(due(&store, NOW, None, 9), [4]);
}

#[test]
fn what_has_expired_does_not_leave() {
    let store = store();
    let mut short = outgoing("bob", says(1));
    short.expires = Some(NOW + 10);
    apply(&store, &[post(short), post(outgoing("bob", says(2)))]);
    assert_eq!(due(&store, NOW + 9, None, 9), [1, 2]);
    assert_eq!(due(&store, NOW + 10, None, 9), [2]);
    assert_eq!(transact(&store, |tx| tx.outbox().drop_expired(NOW + 9)), 0);
    assert_eq!(transact(&store, |tx| tx.outbox().drop_expired(NOW + 10)), 1);
}

#[test]
fn what_was_postponed_can_be_hurried() {
    let store = store();
    apply(&store, &[post(outgoing("bob", says(1)))]);
    let row = only(&store).row;
    transact(&store, |tx| {
        tx.outbox().postpone(row, says(1).id, NOW + 3600, 6)
    });
    assert!(due(&store, NOW + 3599, None, 9).is_empty());
    transact(&store, |tx| tx.outbox().hurry(NOW));
    assert_eq!(due(&store, NOW, None, 9), [1]);
    assert_eq!(only(&store).outgoing.attempts, 6);
}

/// What leaves much later on purpose is put off by no clock.
#[test]
fn letters_to_the_hidden_keep_their_time() {
    let store = store();
    for (name, visible) in [("bob", true), ("carol", false)] {
        let mut person = person(name);
        person.visible = visible;
        apply(&store, &[Effect::Contact(Box::new(person))]);
    }
    for (n, to, at) in [
        (1, "bob", NOW + 7200),
        (2, "bob", NOW + 7201),
        (3, "carol", NOW + 21_600),
        (4, "carol", NOW + 21_601),
    ] {
        let mut letter = outgoing(to, says(n));
        letter.due = at;
        apply(&store, &[post(letter)]);
    }
    transact(&store, |tx| tx.forgive_clock(NOW));
    assert_eq!(due(&store, NOW, None, 9), [2, 4]);
    assert_eq!(due(&store, NOW + 21_600, None, 9).len(), 4);
}

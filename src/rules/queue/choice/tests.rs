//! Rounds of mails, and what leaves over IRC.
#![allow(clippy::arithmetic_side_effects, reason = "tests")]

use super::*;
use crate::protocol::letter::{Letter, LetterId, Receipt, ReceiptState, Text};
use crate::protocol::time::Millis;
use crate::rules::fake_state::{NOW, contact, id};
use crate::rules::outgoing::{Form, Outgoing};
use crate::rules::queue::route::Doubted;

/// A letter that has waited so long: a text, or a receipt.
fn waiting(number: u8, to: &str, route: Route, receipt: bool, since: u64) -> Waiting {
    let body = match receipt {
        false => Body::Text(Text {
            text: "hello".to_owned(),
            reply_to: None,
            notice: false,
        }),
        true => Body::Receipt(Receipt {
            state: ReceiptState::Delivered,
            ids: vec![id(number)],
        }),
    };
    let outgoing = Outgoing {
        to: contact(to),
        letter: Letter::bare(id(number), Millis(1), body),
        form: Form::Friend {
            fresh: false,
            open_irc: false,
        },
        route,
        due: NOW - since,
        expires: None,
        attempts: 0,
    };
    Waiting {
        row: i64::from(number),
        outgoing,
        claimed_until: Seconds(0),
    }
}

fn numbers(letters: &[Waiting]) -> Vec<i64> {
    letters.iter().map(|waiting| waiting.row).collect()
}

#[test]
fn a_round_takes_what_may_leave_by_mail_and_what_was_refused_last() {
    let bob_is_there = |friend| friend == contact("bob");
    for (case, per_day, online, doubted, expected, put_off) in [
        ("all", 0, false, &[][..], &[1, 2, 3, 4, 5][..], &[][..]),
        ("who is reached", 0, true, &[], &[2, 3, 4, 5], &[]),
        ("refused before", 0, false, &[3, 1], &[2, 4, 5, 3, 1], &[]),
        ("an eighth of the day", 8, false, &[], &[1, 2, 3, 4], &[5]),
        ("nothing is left", 2, false, &[], &[1, 2], &[4, 5]),
    ] {
        let due = vec![
            waiting(1, "bob", Route::Any, false, 0),
            waiting(2, "bob", Route::Mail, false, 0),
            waiting(3, "carol", Route::Any, false, 0),
            waiting(4, "bob", Route::Mail, true, 0),
            waiting(5, "bob", Route::Mail, true, 0),
        ];
        let round = match online {
            true => Round {
                announcements: Announcements::Due,
                online: &bob_is_there,
            },
            false => Round::without_irc(Announcements::Due),
        };
        let doubt = |number: &u8| Doubted {
            letter: LetterId([*number; 16]),
            times: 1,
        };
        let route = RouteState {
            doubted: doubted.iter().map(doubt).collect(),
            ..RouteState::default()
        };
        let chosen = by_mail(due, &round, &route, &mut Day::new(per_day, NOW, Vec::new()));
        assert_eq!(numbers(&chosen.letters), expected, "{case}");
        let later: Vec<i64> = chosen.put_off.iter().map(|(one, _)| one.row).collect();
        assert_eq!(later, put_off, "{case}");
        assert!(
            chosen.put_off.iter().all(|(_, until)| *until > NOW),
            "{case}"
        );
    }
}

#[test]
fn over_irc_a_receipt_that_has_waited_goes_first() {
    let due = vec![
        waiting(1, "bob", Route::Any, false, 60),
        waiting(2, "bob", Route::Irc, true, 7),
        waiting(3, "carol", Route::Irc, true, 8),
        waiting(4, "bob", Route::Irc, true, 9),
    ];
    assert_eq!(numbers(&over_irc(due, NOW)), [3, 4, 1, 2]);
}

#[test]
fn the_way_is_the_first_of_our_networks_where_they_are_proved() {
    let at = |network: &str, nick: &str| (network.to_owned(), nick.to_owned());
    let proved = || vec![at("oftc", "b2"), at("libera", "b1")];
    for (ours, expected) in [
        (&["libera", "oftc"][..], Some(("libera", "b1"))),
        (&["oftc", "libera"], Some(("oftc", "b2"))),
        (&["other", "oftc"], Some(("oftc", "b2"))),
        (&["other"], None),
        (&[], None),
    ] {
        let way = reached(ours.iter().copied(), proved());
        let found = way
            .as_ref()
            .map(|way| (way.network.as_str(), way.nick.as_str()));
        assert_eq!(found, expected, "{ours:?}");
    }
    let there = || reached(["libera"].into_iter(), proved());
    let here = Route::IrcAt {
        network: "oftc".to_owned(),
        nick: "b3".to_owned(),
    };
    for (route, expected) in [
        (Route::Any, Some("b1")),
        (Route::Irc, Some("b1")),
        (here, Some("b3")),
        (Route::Mail, None),
    ] {
        let found = way(&route, there).map(|way| way.nick);
        assert_eq!(found.as_deref(), expected, "{route:?}");
    }
}

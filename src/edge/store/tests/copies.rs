//! How far what the user said in a group has come with each member.

use super::groups::{kept, mid, put as put_text, said};
use super::*;
use crate::protocol::time::{DAY, HOUR, days};
use crate::rules::conversation::ConversationId;
use crate::rules::group::copy::Copy;
use crate::rules::message::Via;

/// The copy of a text for a member, queued.
pub(super) fn copy(group: ConversationId, of: u8, to: u8) -> Copy {
    Copy {
        conversation: group,
        of: id(of),
        to: mid(to),
        contact: contact("bob"),
        number: u64::from(of),
        state: Delivery::Queued,
        via: None,
        within: None,
        attempts: 0,
        mailed_at: Seconds(0),
        due: None,
        reason: None,
    }
}

fn put(store: &Store, copy: &Copy) {
    apply(store, &[Effect::Copy(Box::new(copy.clone()))]);
}

#[test]
fn a_copy_is_kept_whole_and_moves_on_in_its_place() {
    let store = store();
    let group = kept(&store, 1, vec![]).conversation;
    put(&store, &copy(group, 1, 2));
    let moved = Copy {
        contact: contact("carol"),
        number: 9,
        state: Delivery::Failed,
        via: Some(Via::Mail),
        within: Some(id(7)),
        attempts: 3,
        mailed_at: NOW,
        due: Some(NOW + 9),
        reason: Some("no such user".into()),
        ..copy(group, 1, 2)
    };
    put(&store, &moved);
    assert_eq!(view(&store, |v| v.copies_of(group, id(1))), [moved]);
}

#[test]
fn copies_are_found_by_text_by_member_by_letter_and_by_timer() {
    let store = store();
    let (group, another) = (
        kept(&store, 1, vec![]).conversation,
        kept(&store, 2, vec![]).conversation,
    );
    let sent = |group, of, to, due| Copy {
        state: Delivery::Sent,
        within: Some(id(50)),
        due,
        ..copy(group, of, to)
    };
    let over = |state| Copy {
        state,
        ..sent(group, 3, 2, Some(NOW))
    };
    let (one, two) = (
        sent(group, 2, 2, Some(NOW + 2)),
        sent(group, 2, 1, Some(NOW + 1)),
    );
    let (first, elsewhere) = (copy(group, 1, 2), copy(another, 1, 2));
    let done = over(Delivery::Delivered);
    for copy in [&one, &two, &first, &elsewhere, &done] {
        put(&store, copy);
    }
    assert_eq!(
        view(&store, |v| v.copies_of(group, id(2))),
        [two.clone(), one.clone()]
    );
    assert_eq!(view(&store, |v| v.copies_of(group, id(9))), []);
    let open = [first.clone(), one.clone()];
    assert_eq!(view(&store, |v| v.copies_to(group, mid(2))), open);
    assert_eq!(view(&store, |v| v.copies_within(id(50))).len(), 3);
    assert_eq!(view(&store, |v| v.copies_within(id(51))), []);
    assert_eq!(view(&store, |v| v.copies_due(NOW)), [], "it is over");
    assert_eq!(
        view(&store, |v| v.copies_due(NOW + 2)),
        [two.clone(), one.clone()]
    );
    assert_eq!(transact(&store, |tx| tx.next_timers(NOW)), Some(NOW + 1));
    put(&store, &over(Delivery::Failed));
    assert_eq!(view(&store, |v| v.copies_to(group, mid(2))), open);
    transact(&store, |tx| {
        tx.execute("UPDATE said_to SET mid = CAST('87654321' AS BLOB), within = NULL, due = 1, attempts = 999 WHERE number = 2 AND mid = ?1", [mid(1).0])
    });
    assert_eq!(
        view(&store, |v| v.copies_due(NOW + 2)),
        [one],
        "one is damaged"
    );
}

#[test]
fn a_clock_that_ran_ahead_puts_off_no_copy_for_long() {
    let store = store();
    let group = kept(&store, 1, vec![]).conversation;
    let at = |via, attempts, mailed_at: u64, due: u64| Copy {
        state: Delivery::Sent,
        via: Some(via),
        attempts,
        mailed_at: NOW + mailed_at,
        due: Some(NOW + due),
        ..copy(group, 1, 1)
    };
    let (hour, day, five) = (HOUR.as_secs(), DAY.as_secs(), days(5).as_secs());
    for (before, expected) in [
        (at(Via::Irc, 0, 0, 2 * hour), at(Via::Irc, 0, 0, 2 * hour)),
        (at(Via::Irc, 0, 0, 2 * hour + 1), at(Via::Irc, 0, 0, 0)),
        (at(Via::Mail, 1, 0, day), at(Via::Mail, 1, 0, day)),
        (at(Via::Mail, 1, 9, day + 1), at(Via::Mail, 1, 0, day)),
        (at(Via::Mail, 3, 0, five), at(Via::Mail, 3, 0, five)),
        (at(Via::Mail, 3, 9, five + 1), at(Via::Mail, 3, 0, five)),
    ] {
        put(&store, &before);
        transact(&store, |tx| tx.forgive_clock(NOW));
        let found = view(&store, |v| v.copies_of(group, id(1)));
        assert_eq!(found, [expected], "{before:?}");
    }
}

#[test]
fn who_has_a_copy_to_come_is_not_swept() {
    let store = store();
    let group = kept(&store, 1, vec![]).conversation;
    transact(&store, |tx| know(tx, &address("bob")));
    let there = || {
        transact(&store, |tx| tx.sweep(NOW));
        transact(&store, |tx| tx.address_of(contact("bob"))).is_some()
    };
    put(&store, &copy(group, 1, 1));
    assert!(there());
    let done = Copy {
        state: Delivery::Delivered,
        ..copy(group, 1, 1)
    };
    put(&store, &done);
    assert!(!there());
}

#[test]
fn a_copy_that_has_not_left_ends_in_five_days_whatever_the_clock_was() {
    let store = store();
    let group = kept(&store, 1, vec![]).conversation;
    let at = |mailed_at: Seconds, due: u64| Copy {
        mailed_at,
        due: Some(NOW + due),
        ..copy(group, 1, 1)
    };
    let (never, year, five) = (Seconds(0), days(365).as_secs(), days(5).as_secs());
    for (before, expected) in [
        (at(never, five), at(never, five)),
        (at(NOW - 9, 9), at(NOW - 9, 9)),
        (at(never, year), at(never, five)),
        (at(NOW + year, year + five), at(NOW, five)),
    ] {
        put(&store, &before);
        transact(&store, |tx| tx.forgive_clock(NOW));
        let found = view(&store, |v| v.copies_of(group, id(1)));
        assert_eq!(found, [expected], "{before:?}");
    }
}

#[test]
fn copies_of_old_texts_are_swept_once_all_of_them_are_over() {
    let store = store();
    let group = kept(&store, 1, vec![]).conversation;
    let say = |n: u8, arrival: Seconds| {
        let mut message = said(group, Author::Us, n, u64::from(n));
        message.arrival = arrival.millis();
        put_text(&store, message);
    };
    for n in 1..=3 {
        say(n, NOW - days(30).as_secs());
    }
    say(4, NOW - days(30).as_secs() + 1);
    let is = |of, to, state| {
        let copy = copy(group, of, to);
        put(&store, &Copy { state, ..copy });
    };
    use Delivery::{Delivered, Failed, Sent};
    for (of, to, state) in [
        (1, 1, Delivered),
        (1, 2, Failed),
        (2, 1, Delivered),
        (2, 2, Sent),
        (4, 1, Delivered),
        // Its text is gone.
        (9, 1, Failed),
    ] {
        is(of, to, state);
    }
    transact(&store, |tx| tx.sweep(NOW));
    let left = |of: u8| view(&store, |v| v.copies_of(group, id(of))).len();
    assert_eq!([1, 2, 3, 4, 9].map(left), [0, 2, 0, 1, 0]);
}

//! What devices are handed: texts and what was done to them, in one order.

use super::*;
use crate::protocol::time::Millis;
use crate::rules::conversation::{Page, Place, Rest, Stored, What};
use Direction::{In, Out};

/// A change of bob's text 1, or of ours, with this number and wording.
fn change(n: u8, kind: ChangeKind, of: u8, direction: Direction, wording: &str) -> Message {
    Message {
        change: Some(Change { of: id(of), kind }),
        text: wording.to_owned(),
        ..text("bob", direction, n, 1000 + u64::from(n))
    }
}

fn keep(store: &Store, messages: &[Message]) {
    let effects: Vec<Effect> = messages
        .iter()
        .map(|one| Effect::Message(Box::new(one.clone())))
        .collect();
    apply(store, &effects);
}

/// Its row and what a device would show.
fn shown(stored: &[Stored]) -> Vec<(u64, String)> {
    let words = |what: &What| match what {
        What::Text(entry) => entry.wording().to_owned(),
        What::Change(done) => format!(
            "{:?} {:?} of {}: {}",
            done.change.change.unwrap().kind,
            Direction::of(&done.change),
            done.text_row,
            done.change.text
        ),
        What::Nothing => "-".to_owned(),
    };
    stored
        .iter()
        .map(|one| (one.row, words(&one.what)))
        .collect()
}

fn rest(store: &Store, after: u64, read_after: u64, limit: usize) -> Vec<Stored> {
    transact(store, |tx| {
        tx.texts().rest(Rest { after, read_after }, limit)
    })
}

fn words(stored: &[Stored]) -> Vec<String> {
    shown(stored).into_iter().map(|(_, words)| words).collect()
}

#[test]
fn texts_and_changes_come_in_the_order_in_which_they_were_stored() {
    let store = store();
    keep(
        &store,
        &[
            text("bob", In, 1, 1001),
            text("carol", In, 2, 1002),
            change(3, ChangeKind::Edit, 1, In, "better"),
            text("bob", Out, 4, 1004),
            change(5, ChangeKind::React, 1, Out, "👍"),
            change(6, ChangeKind::Retract, 4, Out, ""),
        ],
    );
    let all = rest(&store, 0, 0, 100);
    let want = [
        (1, "text 1"),
        (2, "text 2"),
        (3, "Edit In of 1: better"),
        (4, "text 4"),
        (5, "React Out of 1: 👍"),
        (6, "Retract Out of 4: "),
    ];
    assert_eq!(shown(&all), want.map(|(row, text)| (row, text.to_owned())));
    let befores: Vec<u64> = all.iter().map(|one| one.before).collect();
    assert_eq!(befores, [0, 1, 2, 3, 4, 5]);
    for (after, limit, rows) in [(2, 2, &[3, 4][..]), (6, 9, &[]), (0, 0, &[]), (5, 9, &[6])] {
        let found: Vec<u64> = rest(&store, after, 0, limit)
            .iter()
            .map(|s| s.row)
            .collect();
        assert_eq!(found, rows, "{after} {limit}");
    }
    let changes = |after, until| {
        let found = transact(&store, |tx| tx.texts().changes_between(after, until, 9));
        found.iter().map(|one| one.row).collect::<Vec<_>>()
    };
    assert_eq!((changes(0, 6), changes(3, 5)), (vec![3, 5, 6], vec![5]));
    assert_eq!(transact(&store, |tx| tx.texts().newest_row()), 6);
    assert_eq!(
        transact(&crate::edge::store::tests::store(), |tx| tx
            .texts()
            .newest_row()),
        0
    );
}

/// Mail brings letters in any order: what is shown is what whoever was there has seen.
#[test]
fn a_change_that_shows_nothing_is_passed_over() {
    let store = store();
    let edit = |n, sent, wording: &str| Message {
        sent,
        ..change(n, ChangeKind::Edit, 1, In, wording)
    };
    keep(
        &store,
        &[
            edit(2, Millis(20), "came before its text"),
            text("bob", In, 1, 10),
            edit(3, Millis(40), "the latest"),
            edit(4, Millis(30), "an earlier one, late"),
            change(5, ChangeKind::Retract, 1, In, ""),
            edit(6, Millis(50), "of what was taken back"),
            change(7, ChangeKind::Retract, 9, In, ""),
        ],
    );
    assert_eq!(
        words(&rest(&store, 0, 0, 100)),
        [
            "-",
            "came before its text",
            "Edit In of 2: the latest",
            "-",
            "Retract In of 2: ",
            "-",
            "-"
        ]
    );
    // Nobody changes what the other has written.
    keep(&store, &[change(8, ChangeKind::Edit, 1, Out, "not ours")]);
    assert_eq!(words(&rest(&store, 7, 0, 1)), ["-"]);
}

#[test]
fn of_much_the_unread_comes_and_the_newest_of_the_rest() {
    let store = store();
    let read = |n: u8| Message {
        state: Delivery::Read,
        ..text("bob", In, n, n.into())
    };
    let unread = |n: u8| text("bob", In, n, n.into());
    keep(
        &store,
        &[
            unread(1),
            read(2),
            unread(3),
            text("bob", Out, 4, 4),
            read(5),
            read(6),
        ],
    );
    for (after, most, rows) in [
        (0, 100, &[1, 2, 3, 4, 5, 6][..]),
        (0, 6, &[1, 2, 3, 4, 5, 6]),
        (0, 5, &[1, 3, 4, 5, 6]),
        (0, 3, &[1, 3, 6]),
        (0, 2, &[1, 3]),
        (0, 1, &[1, 3]),
        (0, 0, &[1, 3]),
        (1, 2, &[3, 6]),
        (3, 2, &[5, 6]),
        (6, 2, &[]),
    ] {
        let floor = transact(&store, |tx| tx.texts().read_floor(after, most));
        let found: Vec<u64> = rest(&store, after, floor, 99)
            .iter()
            .map(|s| s.row)
            .collect();
        assert_eq!(found, rows, "{after} {most}");
    }
}

#[test]
fn pages_hold_changes_and_are_full() {
    let store = store();
    let mut all = vec![text("bob", In, 1, 1)];
    // Of a text that never came.
    all.extend((2..=21).map(|n| change(n, ChangeKind::Edit, 99, In, "lost")));
    all.push(text("bob", In, 30, 30));
    all.push(change(31, ChangeKind::React, 30, Out, "a"));
    all.push(change(32, ChangeKind::React, 1, Out, "b"));
    keep(&store, &all);
    let page = |after, before, newest, limit| {
        let page = Page {
            after,
            before,
            newest,
            limit,
        };
        let found = transact(&store, |tx| {
            tx.texts().page_of_all(conversation("bob"), &page)
        });
        found.iter().map(|one| one.row).collect::<Vec<_>>()
    };
    let place = |n: u8| {
        let arrival = u64::MAX;
        let found = transact(&store, |tx| {
            tx.texts().stored_as(conversation("bob"), id(n))
        })
        .unwrap();
        match found.what {
            What::Text(entry) => Place {
                arrival: entry.message.arrival,
                row: found.row,
            },
            What::Change(_) | What::Nothing => Place {
                arrival: Millis(arrival),
                row: 0,
            },
        }
    };
    assert_eq!(page(None, None, false, 2), [1, 22]);
    assert_eq!(page(None, None, false, 100), [1, 22, 23, 24]);
    assert_eq!(page(None, None, true, 3), [22, 23, 24]);
    assert_eq!(page(None, None, true, 4), [1, 22, 23, 24]);
    assert_eq!(page(Some(place(1)), None, false, 1), [22]);
    assert_eq!(page(None, Some(place(30)), true, 5), [1]);
    assert_eq!(page(None, None, true, 0), [0; 0]);
    let later = |row| {
        transact(&store, |tx| {
            tx.texts().done_after(conversation("bob"), id(1), row)
        })
        .len()
    };
    assert_eq!((later(1), later(24)), (1, 0));
}

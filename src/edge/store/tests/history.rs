//! Pages of texts: every window, against a plain list.

use super::*;
use crate::edge::store::history::MOST_PLACES;
use crate::protocol::time::Millis;
use crate::rules::conversation::{Page, Place, Placed};

/// Texts with these friends, a millisecond apart where nothing else is said.
fn filled(friends: &[&str]) -> Store {
    let store = store();
    let effects: Vec<Effect> = (1..)
        .zip(friends)
        .map(|(n, friend)| {
            Effect::Message(Box::new(text(
                friend,
                Direction::In,
                n,
                1000 + u64::from(n),
            )))
        })
        .collect();
    apply(&store, &effects);
    store
}

fn page(store: &Store, friend: &str, page: Page) -> Vec<u64> {
    rows(&transact(store, |tx| {
        tx.texts().page(conversation(friend), &page)
    }))
}

fn rows(entries: &[Placed]) -> Vec<u64> {
    entries.iter().map(|entry| entry.row).collect()
}

#[test]
fn every_window_is_what_a_plain_list_gives() {
    let store = filled(&["bob", "carol", "bob", "bob", "carol", "bob", "bob"]);
    let whole = Page {
        after: None,
        before: None,
        newest: false,
        limit: 100,
    };
    let all = transact(&store, |tx| tx.texts().page(conversation("bob"), &whole));
    let bobs: Vec<Place> = all.iter().map(place).collect();
    let rows: Vec<u64> = bobs.iter().map(|place| place.row).collect();
    assert_eq!(rows, [1, 3, 4, 6, 7]);
    let mut bounds: Vec<Option<Place>> = vec![None];
    for place in &bobs {
        let at = place.arrival;
        bounds.push(Some(*place));
        bounds.extend([0, u64::MAX].map(|row| Some(Place { arrival: at, row })));
    }
    for (after, before) in bounds
        .iter()
        .flat_map(|a| bounds.iter().map(move |b| (*a, *b)))
    {
        for limit in [0, 1, 2, 100] {
            let mut window: Vec<u64> = bobs
                .iter()
                .filter(|p| after.is_none_or(|a| **p > a) && before.is_none_or(|b| **p < b))
                .map(|p| p.row)
                .collect();
            for newest in [false, true] {
                let query = Page {
                    after,
                    before,
                    newest,
                    limit,
                };
                let found = page(&store, "bob", query);
                let cut = window.len().saturating_sub(limit);
                let expected: Vec<u64> = match newest {
                    true => window[cut..].to_vec(),
                    false => window[..window.len() - cut].to_vec(),
                };
                assert_eq!(found, expected, "{query:?}");
            }
            window.clear();
        }
    }
}

#[test]
fn paging_back_and_forth_gives_each_text_once() {
    let friends: Vec<&str> = (0..200)
        .map(|n| if n % 3 == 0 { "carol" } else { "bob" })
        .collect();
    let store = filled(&friends);
    let bobs: Vec<u64> = (1..)
        .zip(&friends)
        .filter(|(_, f)| **f == "bob")
        .map(|(n, _)| n)
        .collect();
    for newest in [false, true] {
        let (mut got, mut bound) = (Vec::new(), None);
        loop {
            let (after, before) = if newest { (None, bound) } else { (bound, None) };
            let query = Page {
                after,
                before,
                newest,
                limit: 7,
            };
            let found = transact(&store, |tx| tx.texts().page(conversation("bob"), &query));
            let Some(edge) = (if newest { found.first() } else { found.last() }) else {
                break;
            };
            bound = Some(place(edge));
            got.extend(rows(&found));
        }
        got.sort_unstable();
        assert_eq!(got, bobs, "newest first: {newest}");
    }
}

#[test]
fn a_text_is_found_by_its_id_the_users_own_first() {
    let store = store();
    let texts = [
        text("bob", Direction::In, 1, 5),
        text("bob", Direction::Out, 1, 6),
        text("bob", Direction::In, 2, 7),
        text("carol", Direction::In, 3, 8),
    ];
    apply(&store, &texts.map(|text| Effect::Message(Box::new(text))));
    let find = |n| transact(&store, |tx| tx.texts().entry(conversation("bob"), id(n)));
    let own = find(1).unwrap();
    assert_eq!((own.row, own.entry.message.author), (2, Author::Us));
    assert_eq!(find(2).map(|entry| entry.row), Some(3));
    assert_eq!(find(3), None);
}

#[test]
fn conversations_whose_latest_text_is_outside_the_window_are_not_listed() {
    // They arrive at 1006, 1007, …
    let store = filled(&["bob", "carol", "bob", "dave"]);
    for (after, before, limit, expected) in [
        (
            0,
            9999,
            10,
            &[("carol", 1007), ("bob", 1008), ("dave", 1009)][..],
        ),
        (0, 9999, 2, &[("carol", 1007), ("bob", 1008)]),
        // Bob has written since.
        (0, 1008, 10, &[("carol", 1007)]),
        (1007, 9999, 10, &[("bob", 1008), ("dave", 1009)]),
        (1008, 1009, 10, &[]),
        (9999, 0, 10, &[]),
    ] {
        let (after, before) = (Millis(after), Millis(before));
        let found = transact(&store, |tx| {
            tx.texts().conversations(after, before, false, limit)
        });
        let found: Vec<_> = found.iter().map(|(who, at)| (*who, at.0)).collect();
        let expected: Vec<_> = expected
            .iter()
            .map(|(who, at)| (contact(who), *at))
            .collect();
        assert_eq!(found, expected, "{after} {before} {limit}");
    }
    assert_eq!(
        transact(&crate::edge::store::tests::store(), |tx| tx
            .texts()
            .conversations(Millis(0), Millis(9999), false, 10)),
        []
    );
}

#[test]
fn what_was_done_to_a_text_counts_for_who_is_played_it_back() {
    let store = filled(&["bob", "carol"]);
    let react = Message {
        change: Some(Change {
            of: id(1),
            kind: ChangeKind::React,
        }),
        ..text("bob", Direction::Out, 9, 2000)
    };
    apply(&store, &[Effect::Message(Box::new(react))]);
    let found = |changes| {
        let found = transact(&store, |tx| {
            tx.texts()
                .conversations(Millis(1500), Millis(9999), changes, 10)
        });
        found.iter().map(|(_, at)| at.0).collect::<Vec<_>>()
    };
    assert_eq!((found(false), found(true)), (vec![], vec![2005]));
}

#[test]
fn no_text_comes_before_one_that_was_stored_earlier() {
    let store = store();
    let day = 86_400_000;
    let start = 1_000 * day;
    for (n, clock, kept) in [
        (1, start, start),
        (2, start, start + 1),
        (3, start - 5, start + 2),
        (4, start + 50, start + 50),
        (5, start + 50 - day + 1, start + 51),
        // While the clock is behind, or had been ahead, by days.
        (6, start - 2 * day, start + 52),
        (7, start - 2 * day, start + 53),
    ] {
        let mut message = text("bob", Direction::In, n, 1);
        message.arrival = Millis(clock);
        apply(&store, &[Effect::Message(Box::new(message.clone()))]);
        let found = transact(&store, |tx| tx.texts().entry(conversation("bob"), id(n))).unwrap();
        assert_eq!(found.entry.message.arrival, Millis(kept), "{n}");
        // A text that changes stays where it is.
        message.state = Delivery::Read;
        apply(&store, &[Effect::Message(Box::new(message))]);
        let found = transact(&store, |tx| tx.texts().entry(conversation("bob"), id(n))).unwrap();
        assert_eq!(
            (found.row, found.entry.message.arrival),
            (u64::from(n), Millis(kept)),
            "{n}"
        );
    }
}

/// Another conversation does not suffer from it.
#[test]
fn a_wrong_place_concerns_its_own_conversation_alone() {
    let store = store();
    let day = 86_400_000;
    for (friend, n, clock, kept) in [
        ("bob", 1, 900 * day, 900 * day),
        ("carol", 2, 100 * day, 100 * day),
        ("bob", 3, 100 * day, 900 * day + 1),
        ("carol", 4, 100 * day, 100 * day + 1),
    ] {
        let mut message = text(friend, Direction::Out, n, 1);
        message.arrival = Millis(clock);
        apply(&store, &[Effect::Message(Box::new(message))]);
        let found = transact(&store, |tx| tx.texts().entry(conversation(friend), id(n))).unwrap();
        assert_eq!(found.entry.message.arrival, Millis(kept), "{n}");
    }
}

#[test]
fn places_above_now_are_lowered_to_now_in_their_order() {
    let store = store();
    for (friend, n, clock) in [
        ("bob", 1, 1_000),
        ("bob", 2, 900_000),
        ("carol", 3, 900_050),
        ("bob", 4, 900_100),
    ] {
        let mut message = text(friend, Direction::Out, n, clock);
        message.arrival = Millis(clock);
        apply(&store, &[Effect::Message(Box::new(message))]);
    }
    let marked = Effect::Marker(conversation("bob"), Millis(900_100));
    apply(&store, &[marked]);
    let all = |friend: &str| {
        let whole = Page {
            after: None,
            before: None,
            newest: false,
            limit: 100,
        };
        let found = transact(&store, |tx| tx.texts().page(conversation(friend), &whole));
        found.iter().map(place).collect::<Vec<_>>()
    };
    let ahead = |time| transact(&store, |tx| tx.texts().has_places_after(time));
    assert!(ahead(Millis(900_099)) && !ahead(Millis(900_100)));
    transact(&store, |tx| tx.texts().lower_places(Millis(5_000)));
    let bobs = [(1_000, 1), (4_998, 2), (5_000, 4)];
    let bobs = bobs.map(|(arrival, row)| Place {
        arrival: Millis(arrival),
        row,
    });
    assert_eq!(all("bob"), bobs);
    assert_eq!(
        all("carol"),
        [Place {
            arrival: Millis(4_999),
            row: 3
        }]
    );
    // What was read stays read, and what comes is not.
    let mark = view(&store, |tx| tx.marker(conversation("bob")));
    assert_eq!(mark, Some(Millis(5_000)));
    assert!(!ahead(Millis(5_000)), "once");
}

#[test]
fn the_number_of_a_row_is_not_given_twice() {
    let store = store();
    let mut gone = text("bob", Direction::In, 1, 5);
    gone.text.clear();
    apply(&store, &[Effect::Message(Box::new(gone))]);
    transact(&store, |tx| tx.sweep(NOW));
    apply(
        &store,
        &[Effect::Message(Box::new(text("bob", Direction::In, 2, 6)))],
    );
    assert_eq!(transact(&store, |tx| tx.texts().newest_row()), 2);
}

#[test]
fn a_marker_rises_alone() {
    let store = store();
    let bob = address("bob");
    transact(&store, |tx| know(tx, &bob));
    assert_eq!(view(&store, |tx| tx.marker(conversation("bob"))), None);
    for (put, held) in [(50, 50), (40, 50), (60, 60)] {
        apply(&store, &[Effect::Marker(conversation("bob"), Millis(put))]);
        assert_eq!(
            view(&store, |tx| tx.marker(conversation("bob"))),
            Some(Millis(held)),
            "{put}"
        );
    }
    assert_eq!(view(&store, |tx| tx.marker(conversation("carol"))), None);
}

#[test]
fn what_is_no_conversation_has_a_marker_too() {
    let store = store();
    for (place, put, held) in [
        ("&friends", 50, 50),
        ("&friends", 40, 50),
        ("iim", 7, 7),
        ("&friends", 60, 60),
    ] {
        transact(&store, |tx| tx.texts().put_place_marker(place, Millis(put)));
        let found = transact(&store, |tx| tx.texts().place_marker(place));
        assert_eq!(found, Some(Millis(held)), "{place} {put}");
    }
    assert_eq!(
        transact(&store, |tx| tx.texts().place_marker("other")),
        None
    );
}

#[test]
fn markers_of_what_is_no_conversation_are_so_many_at_most() {
    let store = store();
    let put =
        |place: &str, at| transact(&store, |tx| tx.texts().put_place_marker(place, Millis(at)));
    (0..MOST_PLACES).for_each(|n| put(&format!("nick{n}"), 5));
    put("one more", 5);
    put("nick7", 9);
    let held = |place| transact(&store, |tx| tx.texts().place_marker(place));
    assert_eq!(held("one more"), None);
    assert_eq!(held("nick7"), Some(Millis(9)));
}

/// Where a text stands.
fn place(placed: &Placed) -> Place {
    Place {
        arrival: placed.entry.message.arrival,
        row: placed.row,
    }
}

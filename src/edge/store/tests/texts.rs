//! Texts: kept, found, listed.

use super::*;
use crate::protocol::time::Millis;
use crate::rules::conversation::{Page, Rest};
use crate::rules::message::Via;

fn put(store: &Store, messages: &[Message]) {
    let effects: Vec<_> = messages
        .iter()
        .map(|message| Effect::Message(Box::new(message.clone())))
        .collect();
    apply(store, &effects);
}

#[test]
fn a_text_is_kept_whole_and_changes_in_its_place() {
    let store = store();
    let mut message = text("bob", Direction::Out, 1, 5);
    put(&store, &[message.clone()]);
    message.reply_to = Some(id(9));
    message.unknown_kind = Some(12);
    message.via = Some(Via::Irc);
    message.reason = Some("no answer".into());
    (message.attempts, message.mailed_at, message.due) = (2, NOW, Some(NOW + 5));
    (message.acknowledged_read, message.notice) = (true, true);
    for kind in [
        ChangeKind::Edit,
        ChangeKind::Retract,
        ChangeKind::React,
        ChangeKind::Unreact,
    ] {
        message.change = Some(Change { of: id(3), kind });
        put(&store, std::slice::from_ref(&message));
        let found = transact(&store, |tx| tx.texts().history(None, false));
        assert_eq!(found, std::slice::from_ref(&message), "{kind:?}");
    }
    message.change = None;
    for state in [
        Delivery::Queued,
        Delivery::Sent,
        Delivery::Failed,
        Delivery::Delivered,
        Delivery::Read,
    ] {
        message.state = state;
        put(&store, &[message.clone()]);
        let found = transact(&store, |tx| tx.texts().history(None, false));
        assert_eq!(found, [message.clone()], "{state:?}");
    }
}

#[test]
fn an_id_counts_under_its_friend_and_direction_alone() {
    let store = store();
    let (mine, theirs) = (
        text("bob", Direction::Out, 1, 5),
        text("bob", Direction::In, 1, 6),
    );
    let other = text("carol", Direction::In, 1, 7);
    put(&store, &[mine.clone(), theirs.clone(), other.clone()]);
    let find = |friend: &str, direction: Direction| {
        transact(&store, |tx| {
            let by = direction.author(friend);
            tx.texts().find(conversation(friend), by, id(1))
        })
    };
    assert_eq!(find("bob", Direction::Out), Some(mine));
    assert_eq!(find("bob", Direction::In), Some(theirs));
    assert_eq!(find("carol", Direction::In), Some(other));
    assert_eq!(find("carol", Direction::Out), None);
}

#[test]
fn texts_are_listed_as_they_were_sent_then_came() {
    let store = store();
    let mut late = text("bob", Direction::In, 1, 10);
    late.arrival = Millis(90);
    let mut early = text("bob", Direction::In, 2, 10);
    early.arrival = Millis(20);
    let first = text("bob", Direction::Out, 3, 5);
    let mut read = text("bob", Direction::In, 4, 7);
    read.state = Delivery::Read;
    let other = text("carol", Direction::In, 5, 6);
    put(&store, &[first, other, read, early, late]);
    let bob = conversation("bob");
    for (friend, only_new, expected) in [
        (Some(bob), false, vec![3, 4, 2, 1]),
        (Some(bob), true, vec![2, 1]),
        (None, false, vec![3, 5, 4, 2, 1]),
        (None, true, vec![5, 2, 1]),
    ] {
        let found = transact(&store, |tx| tx.texts().history(friend, only_new));
        let many = transact(&store, |tx| tx.texts().count(friend, only_new));
        assert_eq!(many, found.len(), "{friend:?} {only_new}");
        let ids: Vec<u8> = found.iter().map(|message| message.id.0[0]).collect();
        assert_eq!(ids, expected, "{friend:?} {only_new}");
    }
    assert_eq!(
        transact(&store, |tx| tx.texts().unread(conversation("bob"))).len(),
        2
    );
}

#[test]
fn unfinished_texts_are_those_queued_or_sent() {
    let store = store();
    let states = [
        Delivery::Queued,
        Delivery::Sent,
        Delivery::Failed,
        Delivery::Delivered,
        Delivery::Read,
    ];
    for (n, state) in (1..).zip(states) {
        let mut message = text("bob", Direction::Out, n, n.into());
        message.state = state;
        put(&store, &[message]);
    }
    put(
        &store,
        &[
            text("bob", Direction::In, 9, 1),
            text("carol", Direction::Out, 8, 1),
        ],
    );
    let found = view(&store, |tx| tx.unfinished(conversation("bob")));
    assert_eq!(found.iter().map(|m| m.id.0[0]).collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn timers_of_texts_are_found_when_due() {
    let store = store();
    let mut message = text("bob", Direction::Out, 1, 5);
    message.due = Some(NOW);
    put(
        &store,
        &[message.clone(), text("bob", Direction::Out, 2, 5)],
    );
    assert_eq!(view(&store, |tx| tx.messages_due(NOW - 1)), []);
    assert_eq!(view(&store, |tx| tx.messages_due(NOW)), [message]);
    assert_eq!(transact(&store, |tx| tx.next_timers(Seconds(0))), Some(NOW));
}

#[test]
fn numbers_that_a_stranger_made_too_large_are_cut() {
    let store = store();
    let mut message = text("bob", Direction::In, 1, 5);
    (message.sent, message.unknown_kind) = (Millis::MAX, Some(u64::MAX));
    put(&store, &[message]);
    let found = transact(&store, |tx| tx.texts().history(None, false));
    assert_eq!(found[0].sent, Millis(i64::MAX.unsigned_abs()));
}

/// A change of text `of`, under the id `n`.
fn change(friend: &str, direction: Direction, n: u8, of: u8, kind: ChangeKind) -> Message {
    Message {
        change: Some(Change { of: id(of), kind }),
        ..text(friend, direction, n, n.into())
    }
}

#[test]
fn changes_are_found_under_their_text_and_friend() {
    let store = store();
    let edit = change("bob", Direction::In, 3, 1, ChangeKind::Edit);
    let react = Message {
        arrival: Millis(9),
        ..change("bob", Direction::Out, 2, 1, ChangeKind::React)
    };
    put(
        &store,
        &[
            text("bob", Direction::In, 1, 1),
            edit.clone(),
            react.clone(),
            change("bob", Direction::In, 4, 9, ChangeKind::Edit),
            change("carol", Direction::In, 5, 1, ChangeKind::Edit),
        ],
    );
    let found = transact(&store, |tx| {
        tx.texts().changes_of(conversation("bob"), id(1))
    });
    assert_eq!(found, [react, edit], "the earliest written first");
}

#[test]
fn changes_that_wait_for_their_text_are_counted() {
    let store = store();
    put(
        &store,
        &[
            text("bob", Direction::In, 1, 1),
            text("bob", Direction::Out, 2, 1),
            change("bob", Direction::In, 3, 1, ChangeKind::Edit),
            change("bob", Direction::In, 4, 2, ChangeKind::React),
            change("bob", Direction::In, 5, 9, ChangeKind::Edit),
            change("bob", Direction::In, 6, 9, ChangeKind::React),
            change("bob", Direction::Out, 7, 9, ChangeKind::React),
            change("carol", Direction::In, 8, 9, ChangeKind::React),
        ],
    );
    let count = |since| view(&store, |tx| tx.changes_waiting(conversation("bob"), since));
    // They arrived at 10 and 11.
    assert_eq!(
        [count(Millis(0)), count(Millis(10)), count(Millis(11))],
        [2, 1, 0]
    );
}

#[test]
fn a_retraction_is_no_tombstone() {
    let store = store();
    let mut old = change("bob", Direction::In, 3, 1, ChangeKind::Retract);
    old.text = String::new();
    let mut tombstone = text("bob", Direction::In, 4, 1);
    tombstone.text = String::new();
    put(&store, &[tombstone, old.clone()]);
    transact(&store, |tx| tx.sweep(NOW));
    assert_eq!(
        transact(&store, |tx| tx.texts().history(None, false)),
        [old]
    );
}

#[test]
fn what_is_new_is_shown_whole() {
    let store = store();
    let read = |mut message: Message| {
        message.state = Delivery::Read;
        message
    };
    let said = text("bob", Direction::Out, 2, 2);
    let heard = read(text("bob", Direction::In, 1, 1));
    let seen = read(change("bob", Direction::In, 3, 1, ChangeKind::Edit));
    let edit = change("bob", Direction::In, 4, 1, ChangeKind::Edit);
    let react = change("bob", Direction::In, 5, 2, ChangeKind::React);
    let alone = change("bob", Direction::In, 6, 99, ChangeKind::Edit);
    let other = read(text("bob", Direction::In, 7, 7));
    let mut later = text("bob", Direction::In, 8, 8);
    later.unknown_kind = Some(99);
    let rows = [&heard, &said, &seen, &edit, &react, &alone, &other, &later];
    put(&store, &rows.map(Clone::clone));
    for (only_new, expected) in [(true, vec![1, 2, 6, 8]), (false, vec![1, 2, 6, 7, 8])] {
        let entries = transact(&store, |tx| {
            tx.texts().entries(Some(conversation("bob")), only_new)
        });
        let ids: Vec<u8> = entries.iter().map(|entry| entry.message.id.0[0]).collect();
        assert_eq!(ids, expected, "{only_new}");
        assert_eq!(entries[0].edit, Some(edit.clone()));
        assert_eq!(entries[1].reactions, std::slice::from_ref(&react));
        let everybody = transact(&store, |tx| tx.texts().entries(None, only_new));
        assert_eq!(everybody, entries);
    }
}

#[test]
fn a_text_is_found_by_how_its_id_begins() {
    let store = store();
    let long = |first: u8, last: u8| {
        let mut bytes = [first; 16];
        bytes[15] = last;
        LetterId(bytes)
    };
    let mut messages = [1, 2, 3].map(|n| text("bob", Direction::In, n, 1));
    messages[0].id = long(0x11, 1);
    messages[1].id = long(0x11, 2);
    messages[2].id = long(0x12, 0);
    put(&store, &messages);
    // A friend who borrows an id of ours does not keep us from naming it.
    messages[0].author = Author::Us;
    put(
        &store,
        &[
            messages[0].clone(),
            change("bob", Direction::In, 0x13, 1, ChangeKind::Edit),
        ],
    );
    let between = |first, last| transact(&store, |tx| tx.texts().between(first, last)).len();
    assert_eq!(between(long(0x11, 1), long(0x11, 1)), 1);
    assert_eq!(between(long(0x11, 0), long(0x11, 9)), 2);
    assert_eq!(
        between(LetterId([0; 16]), LetterId([255; 16])),
        2,
        "no more than needed"
    );
    assert_eq!(
        between(long(0x13, 0), long(0x13, 255)),
        0,
        "changes are no texts"
    );
}

/// It is as if that text were not there, and nothing else fails; when it comes again it is whole.
#[test]
fn a_damaged_text_holds_up_no_other() {
    let store = store();
    let texts = [1, 2, 3].map(|n| text("bob", Direction::In, n, u64::from(n)));
    let put = |text: &Message| Effect::Message(Box::new(text.clone()));
    apply(&store, &texts.each_ref().map(put));
    let damage = "UPDATE message SET reply_to = x'01' WHERE row = 2";
    assert_eq!(store.connection.execute(damage, []).unwrap(), 1);
    let bob = conversation("bob");
    let page = |newest| Page {
        after: None,
        before: None,
        newest,
        limit: 2,
    };
    let rest = Rest {
        after: 0,
        read_after: 0,
    };
    for newest in [false, true] {
        let placed = transact(&store, |tx| tx.texts().page_of_all(bob, &page(newest)));
        assert_eq!(placed.iter().map(|one| one.row).collect::<Vec<_>>(), [1, 3]);
    }
    assert_eq!(transact(&store, |tx| tx.texts().rest(rest, 9)).len(), 2);
    assert_eq!(
        transact(&store, |tx| tx.texts().history(Some(bob), true)).len(),
        2
    );
    let found = |store: &Store| {
        transact(store, |tx| {
            let by = Direction::In.author("bob");
            tx.texts().find(conversation("bob"), by, id(2))
        })
    };
    assert_eq!(found(&store), None);
    apply(&store, &[put(&texts[1])]);
    assert_eq!(
        found(&store).map(|text| text.text),
        Some("text 2".to_owned())
    );
}

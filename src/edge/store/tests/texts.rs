//! Texts: kept, found, listed.

use super::*;
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
    message.acknowledged_read = true;
    for state in [
        Delivery::Queued,
        Delivery::Sent,
        Delivery::Failed,
        Delivery::Delivered,
        Delivery::Read,
    ] {
        message.state = state;
        put(&store, &[message.clone()]);
        let found = turn(&store, |desk| desk.history(None, false));
        assert_eq!(found, [message.clone()], "{state:?}");
    }
}

#[test]
fn an_id_counts_under_its_friend_and_direction_alone() {
    let store = store();
    let (mine, his) = (
        text("bob", Direction::Out, 1, 5),
        text("bob", Direction::In, 1, 6),
    );
    let other = text("carol", Direction::In, 1, 7);
    put(&store, &[mine.clone(), his.clone(), other.clone()]);
    let find = |friend: &str, direction| {
        turn(&store, |desk| {
            desk.find_message(&address(friend), direction, id(1))
        })
    };
    assert_eq!(find("bob", Direction::Out), Some(mine));
    assert_eq!(find("bob", Direction::In), Some(his));
    assert_eq!(find("carol", Direction::In), Some(other));
    assert_eq!(find("carol", Direction::Out), None);
}

#[test]
fn texts_are_listed_as_they_were_sent_then_came() {
    let store = store();
    let mut late = text("bob", Direction::In, 1, 10);
    late.arrival = 90;
    let mut early = text("bob", Direction::In, 2, 10);
    early.arrival = 20;
    let first = text("bob", Direction::Out, 3, 5);
    let mut read = text("bob", Direction::In, 4, 7);
    read.state = Delivery::Read;
    let other = text("carol", Direction::In, 5, 6);
    put(&store, &[late, early, first, read, other]);
    let bob = address("bob");
    for (friend, only_new, expected) in [
        (Some(&bob), false, vec![3, 4, 2, 1]),
        (Some(&bob), true, vec![2, 1]),
        (None, false, vec![3, 5, 4, 2, 1]),
        (None, true, vec![5, 2, 1]),
    ] {
        let found = turn(&store, |desk| desk.history(friend, only_new));
        let ids: Vec<u8> = found.iter().map(|message| message.id.0[0]).collect();
        assert_eq!(ids, expected, "{friend:?} {only_new}");
    }
    assert_eq!(turn(&store, |desk| desk.unread_from(&bob)).len(), 2);
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
    let found = turn(&store, |desk| desk.unfinished_to(&address("bob")));
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
    assert_eq!(turn(&store, |desk| desk.texts_due(NOW - 1)), []);
    assert_eq!(turn(&store, |desk| desk.texts_due(NOW)), [message]);
    assert_eq!(turn(&store, |desk| desk.next_timers()), Some(NOW));
}

#[test]
fn numbers_that_a_stranger_made_too_large_are_cut() {
    let store = store();
    let mut message = text("bob", Direction::In, 1, 5);
    (message.sent, message.unknown_kind) = (u64::MAX, Some(u64::MAX));
    put(&store, &[message]);
    let found = turn(&store, |desk| desk.history(None, false));
    assert_eq!(found[0].sent, i64::MAX.unsigned_abs());
}

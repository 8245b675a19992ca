//! Receipts: for whom, by which way, and how many in one letter.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::wildcard_enum_match_arm,
    reason = "tests"
)]

use super::*;
use crate::protocol::letter::Letter;
use crate::rules::contact::Standing;
use crate::rules::delivery::MOST_CHANGES;
use crate::rules::fake_state::{
    FakeState, NOW, contact, conversation, friend, id, keys, messages, posts, said,
};

/// A receipt of ours for those numbers that waits in the outbox.
fn waiting(numbers: std::ops::Range<u8>, state: ReceiptState, route: Route) -> Outgoing {
    let ids = numbers.map(id).collect();
    let letter: Letter = Letter::bare(id(200), NOW.millis(), Body::Receipt(Receipt { state, ids }));
    Outgoing {
        to: contact("bob"),
        letter,
        form: PLAIN,
        route,
        due: NOW,
        expires: None,
        attempts: 0,
    }
}

/// How many texts each receipt names that leaves or changes.
fn named(effects: &[Effect]) -> Vec<usize> {
    let ids = |post: Outgoing| match post.letter.body {
        Body::Receipt(receipt) => Some(receipt.ids.len()),
        _ => None,
    };
    posts(effects).into_iter().filter_map(ids).collect()
}

#[test]
fn receipts_that_wait_are_filled_up_first() {
    use ReceiptState::{Delivered, Read};
    for (case, waits, new, expected) in [
        ("none waits", None, 1..4, vec![3]),
        ("nine", None, 1..10, vec![8, 1]),
        (
            "room for all",
            Some(waiting(50..53, Read, Route::Any)),
            1..4,
            vec![6],
        ),
        (
            "room for all but one",
            Some(waiting(50..56, Read, Route::Any)),
            1..4,
            vec![8, 1],
        ),
        (
            "no room",
            Some(waiting(50..58, Read, Route::Any)),
            1..4,
            vec![3],
        ),
        (
            "another way",
            Some(waiting(50..53, Read, Route::Mail)),
            1..4,
            vec![3],
        ),
        (
            "another state",
            Some(waiting(50..53, Delivered, Route::Any)),
            1..4,
            vec![3],
        ),
        (
            "both",
            Some(waiting(50..53, Delivered, Route::Mail)),
            1..4,
            vec![3],
        ),
        (
            "named already",
            Some(waiting(1..4, Read, Route::Any)),
            1..4,
            vec![],
        ),
        (
            "one named already",
            Some(waiting(1..4, Read, Route::Any)),
            3..5,
            vec![4],
        ),
    ] {
        let mut fake = FakeState::new();
        fake.waiting.extend(waits);
        let mut bob = friend("bob");
        let ids: Vec<_> = new.map(id).collect();
        let effects = fake.effects(|case| receipts(case, &mut bob, ids, Read, &Route::Any));
        assert_eq!(named(&effects), expected, "{case}");
    }
}

#[test]
fn a_receipt_over_irc_alone_lasts_ten_minutes() {
    for (route, expires) in [
        (Route::Irc, Some(NOW + 600)),
        (Route::Any, None),
        (Route::Mail, None),
    ] {
        let mut bob = friend("bob");
        let effects = FakeState::new()
            .effects(|case| receipts(case, &mut bob, vec![id(1)], ReceiptState::Delivered, &route));
        assert_eq!(posts(&effects)[0].expires, expires, "{route:?}");
    }
}

#[test]
fn that_a_text_was_read_is_told_to_friends_who_may_see_us() {
    let friends = || Standing::friend(keys(10));
    for (case, wanted, visible, blocked, standing, tells) in [
        ("a friend", true, true, false, friends(), true),
        ("not wanted", false, true, false, friends(), false),
        ("hidden from", true, false, false, friends(), false),
        ("blocked", true, true, true, friends(), false),
        (
            "no friend any more",
            true,
            true,
            false,
            Standing::Stranger,
            false,
        ),
        (
            "nothing of it",
            false,
            false,
            true,
            Standing::Stranger,
            false,
        ),
    ] {
        let mut bob = friend("bob");
        bob.visible = visible;
        bob.blocked = blocked;
        bob.standing = standing;
        let mut fake = FakeState::new();
        fake.settings.read_receipts = wanted;
        fake.people.push(bob);
        let text = Message {
            author: Author::Contact(contact("bob")),
            ..said("bob", 40, Delivery::Delivered)
        };
        fake.messages.push(text.clone());
        let read = Message {
            state: Delivery::Read,
            acknowledged_read: tells,
            ..text
        };
        for of in [Some(contact("bob")), None] {
            let effects = fake.effects(|case| seen(case, of, NOW.millis()));
            assert_eq!(messages(&effects), std::slice::from_ref(&read), "{case}");
            assert_eq!(named(&effects).len(), usize::from(tells), "{case}");
        }
    }
}

#[test]
fn what_only_a_later_version_can_read_is_not_told_to_be_read() {
    let mut fake = FakeState::new();
    fake.people.push(friend("bob"));
    for (number, unknown_kind) in [(40, None), (41, Some(99))] {
        fake.messages.push(Message {
            author: Author::Contact(contact("bob")),
            unknown_kind,
            ..said("bob", number, Delivery::Delivered)
        });
    }
    let effects = fake.effects(|case| seen(case, None, NOW.millis()));
    assert_eq!(named(&effects), [1]);
    assert_eq!(messages(&effects).len(), 2);
}

/// A change of one of their texts, by that friend.
fn his_change(number: u8, of: u8, kind: ChangeKind) -> Message {
    Message {
        author: Author::Contact(contact("bob")),
        change: Some(Change { of: id(of), kind }),
        ..said("bob", number, Delivery::Delivered)
    }
}

/// Where a change of theirs goes that names text 1.
fn place_of(messages: Vec<Message>, of: u8, kind: ChangeKind) -> &'static str {
    let mut fake = FakeState::new();
    fake.people.push(friend("bob"));
    fake.messages = messages;
    fake.messages.push(Message {
        author: Author::Contact(contact("bob")),
        ..said("bob", 1, Delivery::Delivered)
    });
    let mut rng = crate::rules::fake_state::Counting(0);
    let case = fake.decision(&mut rng);
    let change = Change { of: id(of), kind };
    match place(&case, &friend("bob"), change).unwrap() {
        Place::Of(_) => "of",
        Place::Waits => "waits",
        Place::Refused => "refused",
    }
}

#[test]
fn a_change_concerns_a_text_and_not_another_change() {
    use ChangeKind::{Edit, React, Retract};
    for kind in [Edit, React, Retract] {
        assert_eq!(place_of(Vec::new(), 1, kind), "of", "{kind:?}");
        let change = vec![his_change(2, 1, Edit)];
        assert_eq!(place_of(change, 2, kind), "refused", "{kind:?}");
        assert_eq!(place_of(Vec::new(), 9, kind), "waits", "{kind:?}");
    }
}

/// However often a text was changed, it can be taken back; but once.
#[test]
fn a_text_has_room_for_so_many_changes_and_one_retraction() {
    use ChangeKind::{Edit, React, Retract};
    let many = |first, count: usize| {
        let numbers = (0..count).map(|n| 100 + u8::try_from(n).unwrap());
        let changes: Vec<Message> = numbers.map(|n| his_change(n, 1, first)).collect();
        changes
    };
    for (case, there, kind, expected) in [
        ("room for one", many(React, MOST_CHANGES - 1), Edit, "of"),
        (
            "an edit too many",
            many(React, MOST_CHANGES),
            Edit,
            "refused",
        ),
        (
            "a sign too many",
            many(Edit, MOST_CHANGES),
            React,
            "refused",
        ),
        ("taken back", many(Edit, MOST_CHANGES), Retract, "of"),
        (
            "taken back twice",
            many(Retract, MOST_CHANGES),
            Retract,
            "refused",
        ),
    ] {
        assert_eq!(place_of(there, 1, kind), expected, "{case}");
    }
}

#[test]
fn a_marker_moves_on_and_is_told_once() {
    let mut fake = FakeState::new();
    fake.people.push(friend("bob"));
    for (held, up_to, moves) in [
        (None, 5_000, true),
        (Some(4_999), 5_000, true),
        (Some(5_000), 5_000, false),
        (Some(5_001), 5_000, false),
    ] {
        fake.markers = held
            .map(|at| (conversation("bob"), Millis(at)))
            .into_iter()
            .collect();
        let effects = fake.effects(|case| seen(case, Some(contact("bob")), Millis(up_to)));
        let moved = effects.contains(&Effect::Marker(conversation("bob"), Millis(up_to)));
        let told = effects
            .iter()
            .any(|effect| matches!(effect, Effect::Tell(Notice::Seen { .. })));
        assert_eq!((moved, told), (moves, moves), "{held:?}");
    }
}

/// Who has nothing unread is left alone when all is seen, and whoever is blocked is not told what was read.
#[test]
fn what_is_seen_is_told_to_those_who_may_know() {
    for (case, blocked, unread, marked, told) in [
        ("a friend", false, true, true, true),
        ("blocked", true, true, true, false),
        ("nothing is unread", false, false, false, false),
    ] {
        let mut fake = FakeState::new();
        fake.settings.read_receipts = true;
        fake.people.push(friend("bob"));
        (fake.people[0].visible, fake.people[0].blocked) = (true, blocked);
        let mut text = said("bob", 1, Delivery::Delivered);
        text.author = Author::Contact(contact("bob"));
        fake.messages.extend(Some(text).filter(|_| unread));
        let effects = fake.effects(|case| seen(case, None, NOW.millis()));
        let moved = effects
            .iter()
            .any(|effect| matches!(effect, Effect::Marker(..)));
        assert_eq!((moved, named(&effects) == [1]), (marked, told), "{case}");
    }
}

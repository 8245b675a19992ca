//! Texts as they are shown.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod formats;

use serde_json::{Value, json};

use super::line::how;
use super::place::Place;
use super::*;
use crate::account::scene::{climbing, copy, friend, inside};
use crate::account::{Members, Named};
use crate::commands::output::Output;
use crate::protocol::letter::LetterId;
use crate::protocol::time::{Millis, Seconds};
use crate::rules::conversation::{Author, ContactId};
use crate::rules::group::copy::Copy;
use crate::rules::message::{Change, ChangeKind, Delivery, Message, Via};

const THEIRS: Author = Author::Contact(ContactId::new(1));

fn bob() -> Place {
    let named = Named {
        name: "bob".to_owned(),
        address: "bob@example.net".to_owned(),
    };
    Place::Friend(named, Some(Box::new(friend("bob", 1))))
}

fn said<'a>(entry: &'a Entry, place: &'a Place, copies: Vec<Copy>) -> Said<'a> {
    Said {
        entry,
        place,
        copies,
    }
}

fn shown(entry: &Entry, place: &Place) -> String {
    as_text(&Output::default(), &said(entry, place, Vec::new()))
}

fn object(entry: &Entry, place: &Place) -> Value {
    as_json(&said(entry, place, Vec::new()))
}

fn message(author: Author, state: Delivery) -> Message {
    Message {
        conversation: ConversationId::default(),
        author,
        id: LetterId([7; 16]),
        sent: Millis(1_795_244_400_000),
        arrival: Millis(1_795_244_400_000),
        text: "one\ntwo\u{1b}[31m".to_owned(),
        reply_to: None,
        unknown_kind: None,
        change: None,
        state,
        via: Some(Via::Mail),
        reason: None,
        attempts: 0,
        mailed_at: Seconds(0),
        due: None,
        acknowledged_read: false,
        notice: false,
        in_group: None,
    }
}

#[test]
fn scripts_get_the_keys_of_the_contract() {
    let entry = Entry::of(message(THEIRS, Delivery::Delivered), &[]);
    let value = object(&entry, &bob());
    let text = value["text"].as_str().unwrap();
    assert!(text.starts_with("one\ntwo") && !text.contains('\u{1b}'));
    for (key, expected) in [
        ("id", json!("07070707070707070707070707070707")),
        ("friend", json!("bob")),
        ("address", json!("bob@example.net")),
        ("group", Value::Null),
        ("from", json!({"name": "bob", "address": "bob@example.net"})),
        ("delivered", Value::Null),
        ("direction", json!("in")),
        ("sent", json!("2026-11-21T07:00:00Z")),
        ("state", json!("delivered")),
        ("via", json!("mail")),
        ("reason", Value::Null),
        ("reply_to", Value::Null),
        ("notice", json!(false)),
        ("edited", Value::Null),
        ("retracted", Value::Null),
        ("reactions", json!([])),
    ] {
        assert_eq!(value[key], expected, "{key}");
    }
}

/// A change of the text above.
fn change(kind: ChangeKind, author: Author, text: &str, state: Delivery) -> Message {
    Message {
        id: LetterId([8; 16]),
        sent: Millis(1_795_244_401_000),
        arrival: Millis(1_795_244_401_000),
        text: text.to_owned(),
        change: Some(Change {
            of: LetterId([7; 16]),
            kind,
        }),
        ..message(author, state)
    }
}

#[test]
fn a_changed_text_is_shown_as_it_is_now() {
    use ChangeKind::{Edit, React, Retract, Unreact};
    use Delivery::{Delivered, Failed, Queued};
    let (theirs, mine) = (THEIRS, Author::Us);
    for (changes, line) in [
        (
            vec![change(Edit, theirs, "three\u{1b}[2J", Delivered)],
            "bob: three (edited)",
        ),
        (
            vec![change(Retract, theirs, "", Delivered)],
            "bob: (taken back)",
        ),
        (
            vec![change(React, mine, "👍", Queued)],
            "bob: one\n    two (👍 you)",
        ),
        (
            vec![change(React, theirs, "👍", Delivered)],
            "bob: one\n    two (👍 bob)",
        ),
        (
            vec![change(Unreact, theirs, "👍", Delivered)],
            "bob: one\n    two",
        ),
        (
            vec![change(Edit, mine, "not theirs", Queued)],
            "bob: one\n    two",
        ),
    ] {
        let entry = Entry::of(message(theirs, Delivered), &changes);
        let shown = shown(&entry, &bob());
        assert!(shown.ends_with(line), "{shown}");
    }
    for (change, line) in [
        (
            change(Edit, mine, "three", Queued),
            "→ bob: three (edited, queued)  [read]",
        ),
        (
            change(Edit, mine, "three", Failed),
            "→ bob: three (edited, failed)  [read]",
        ),
        (
            change(Retract, mine, "", Queued),
            "→ bob: (taken back, queued)  [read]",
        ),
    ] {
        let entry = Entry::of(message(mine, Delivery::Read), &[change]);
        let shown = shown(&entry, &bob());
        assert!(shown.ends_with(line), "{shown}");
    }
}

#[test]
fn scripts_get_the_changes() {
    let changes = [
        change(ChangeKind::Edit, THEIRS, "three", Delivery::Delivered),
        change(ChangeKind::React, Author::Us, "👍", Delivery::Queued),
        change(ChangeKind::Retract, THEIRS, "", Delivery::Read),
    ];
    let entry = Entry::of(message(THEIRS, Delivery::Delivered), &changes);
    let value = object(&entry, &bob());
    assert_eq!(value["text"], "three", "the words are not gone");
    let id = "08080808080808080808080808080808";
    let made = "2026-11-21T07:00:01Z";
    assert_eq!(
        value["edited"],
        json!({"id": id, "sent": made, "state": "delivered", "reason": null})
    );
    assert_eq!(
        value["retracted"],
        json!({"id": id, "sent": made, "state": "read", "reason": null})
    );
    let sign = json!({"id": id, "sent": made, "state": "queued", "reason": null, "emoji": "👍", "direction": "out", "from": null});
    assert_eq!(value["reactions"], json!([sign]));
}

#[test]
fn a_change_without_its_text_stands_for_itself() {
    let alone = change(ChangeKind::Edit, THEIRS, "three", Delivery::Delivered);
    let entry = Entry::of(alone, &[]);
    let shown = shown(&entry, &bob());
    assert!(shown.ends_with("bob: * corrected: three"), "{shown}");
}

#[test]
fn how_a_text_went_is_said() {
    let mut failed = message(Author::Us, Delivery::Failed);
    failed.reason = Some("no such\nuser".to_owned());
    assert!(how(&failed).starts_with("[failed: no such"));
    assert_eq!(how(&message(Author::Us, Delivery::Sent)), "[sent, mail]");
    assert_eq!(how(&message(Author::Us, Delivery::Read)), "[read]");
}

/// Bob is a friend under a name of the user's, carol and dave are strangers.
fn group() -> Place {
    let members = vec![inside("bob", 2), inside("carol", 3), inside("dave", 4)];
    Place::Group(Box::new(Members::with(
        climbing(members),
        [friend("bobby", 2)],
    )))
}

#[test]
fn in_a_group_a_text_stands_with_its_author() {
    let carol = Author::Contact(ContactId::new(3));
    let sign = Message {
        author: Author::Contact(ContactId::new(2)),
        ..change(ChangeKind::React, THEIRS, "👍", Delivery::Delivered)
    };
    let entry = Entry::of(message(carol, Delivery::Delivered), &[sign]);
    let line = shown(&entry, &group());
    assert!(
        line.ends_with(" #climbing carol: one\n    two (👍 bobby)"),
        "{line}"
    );
    let object = object(&entry, &group());
    let from = json!({"name": "carol", "address": "carol@example.net"});
    for (key, expected) in [
        ("group", json!("climbing")),
        ("from", from),
        ("friend", json!("carol")),
        ("address", json!("carol@example.net")),
        ("direction", json!("in")),
        ("delivered", Value::Null),
    ] {
        assert_eq!(object[key], expected, "{key}");
    }
    let bobby = json!({"name": "bobby", "address": "bob@example.net"});
    assert_eq!(object["reactions"][0]["from"], bobby);
}

#[test]
fn in_a_group_it_is_said_with_how_many_a_text_is() {
    use Delivery::{Delivered, Failed, Queued, Sent};
    let place = group();
    for (state, copies, how) in [
        (Queued, vec![copy(2, Queued, None)], "[queued]"),
        (
            Sent,
            vec![copy(2, Sent, None), copy(3, Queued, None)],
            "[sent, mail]",
        ),
        (
            Sent,
            vec![copy(2, Sent, None), copy(3, Delivered, None)],
            "[delivered 1 of 2]",
        ),
        (
            Failed,
            vec![copy(2, Delivered, None), copy(3, Failed, Some("no\nuser"))],
            "[delivered 1 of 2; failed for carol: no user]",
        ),
        (
            Delivered,
            vec![copy(2, Delivered, None)],
            "[delivered 1 of 1]",
        ),
    ] {
        let entry = Entry::of(message(Author::Us, state), &[]);
        let said = said(&entry, &place, copies);
        let line = as_text(&Output::default(), &said);
        assert!(line.contains(" → #climbing: one"), "{line}");
        assert!(line.ends_with(how), "{line}");
    }
}

#[test]
fn scripts_learn_to_whom_a_text_in_a_group_has_come() {
    let place = group();
    let entry = Entry::of(message(Author::Us, Delivery::Sent), &[]);
    let copies = vec![
        copy(2, Delivery::Delivered, None),
        copy(3, Delivery::Failed, Some("no user")),
        copy(4, Delivery::Sent, None),
    ];
    let object = as_json(&said(&entry, &place, copies));
    let carol = json!({"friend": "carol", "address": "carol@example.net", "why": "no user"});
    for (key, expected) in [
        ("group", json!("climbing")),
        ("from", Value::Null),
        ("friend", Value::Null),
        ("direction", json!("out")),
        ("state", json!("sent")),
        ("delivered", json!(1)),
        ("of", json!(3)),
        ("failed", json!([carol])),
    ] {
        assert_eq!(object[key], expected, "{key}");
    }
}

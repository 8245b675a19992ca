//! Events as scripts read them.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use crate::protocol::time::{Millis, Seconds};
use serde_json::{Value, json};

use super::*;
use crate::protocol::letter::{LetterId, Typing};
use crate::rules::conversation::{Author, ContactId, ConversationId};
use crate::rules::message::{Change, Delivery, Via};

fn text() -> Message {
    Message {
        conversation: ConversationId::default(),
        author: Author::Contact(ContactId::new(1)),
        id: LetterId([7; 16]),
        sent: Millis(1_795_244_400_000),
        arrival: Millis(1_795_244_400_000),
        text: "at nine".to_owned(),
        reply_to: Some(LetterId([6; 16])),
        unknown_kind: None,
        change: None,
        state: Delivery::Delivered,
        via: Some(Via::Irc),
        reason: None,
        attempts: 0,
        mailed_at: Seconds(0),
        due: None,
        acknowledged_read: false,
        notice: false,
        in_group: None,
    }
}

fn bob() -> Who {
    Who {
        friend: "bob".to_owned(),
        address: "bob@example.net".to_owned(),
    }
}

fn told(kind: ChangeKind, wording: &str) -> Event {
    let change = Message {
        id: LetterId([8; 16]),
        // Their clock is a day ahead.
        sent: Millis(1_795_330_800_000),
        text: wording.to_owned(),
        change: Some(Change {
            of: LetterId([7; 16]),
            kind,
        }),
        ..text()
    };
    let notice = Notice::Change {
        change: Box::new(change),
        of: Box::new(text()),
    };
    of_notice(&notice, bob()).unwrap()
}

fn json(event: &Event) -> Value {
    serde_json::to_value(event).unwrap()
}

#[test]
fn changes_have_stable_keys() {
    for (kind, wording, event, keys) in [
        (
            ChangeKind::Edit,
            "at ten\u{1b}[2J",
            "edit",
            json!({"text": "at ten"}),
        ),
        (ChangeKind::Retract, "", "retract", json!({"why": null})),
        (
            ChangeKind::Retract,
            "wrong day",
            "retract",
            json!({"why": "wrong day"}),
        ),
        (
            ChangeKind::React,
            "👍",
            "react",
            json!({"emoji": "👍", "on": true}),
        ),
        (
            ChangeKind::Unreact,
            "👍",
            "react",
            json!({"emoji": "👍", "on": false}),
        ),
    ] {
        let event_told = told(kind, wording);
        let mut told = json(&event_told);
        let words = told["words"].take();
        assert!(words.as_str().unwrap().starts_with("* "), "{words}");
        let mut expected = json!({
            "event": event, "friend": "bob", "address": "bob@example.net",
            "id": "08".repeat(16), "of": "07".repeat(16), "direction": "in", "via": "irc", "words": null,
            "sent": "2026-11-21T07:00:00Z", "arrival": "2026-11-21T07:00:00Z",
        });
        for (key, value) in keys.as_object().unwrap() {
            expected[key] = value.clone();
        }
        assert_eq!(told, expected, "{kind:?}");
        assert_eq!(event_told.hook(), Some("change"));
    }
}

#[test]
fn typing_is_for_watchers_alone() {
    for (typing, state) in [
        (Typing::Active, "active"),
        (Typing::Paused, "paused"),
        (Typing::Done, "done"),
    ] {
        let friend = ContactId::new(1);
        let notice = Notice::Typing { friend, typing };
        let told = of_notice(&notice, bob()).unwrap();
        let address = "bob@example.net";
        assert_eq!(
            json(&told),
            json!({"event": "typing", "friend": "bob", "address": address, "state": state})
        );
        assert_eq!(told.hook(), None);
    }
}

#[test]
fn an_answer_says_what_it_answers() {
    let message = Box::new(text());
    let told = of_notice(&Notice::Text { message }, bob()).unwrap();
    assert_eq!(json(&told)["reply_to"], "06".repeat(16));
}

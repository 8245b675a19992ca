//! Events as scripts read them.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::collections::BTreeSet;

use crate::protocol::time::{Millis, Seconds};
use serde_json::{Value, json};

use super::group::{in_room, told as told_in};
use super::*;
use crate::account::Members;
use crate::account::scene::{HERE, climbing, friend, inside};
use crate::protocol::group::MemberId;
use crate::protocol::letter::{LetterId, PublicKey, Typing};
use crate::rules::conversation::{Author, ContactId, ConversationId};
use crate::rules::effect::GroupNews;
use crate::rules::message::{Change, ChangeKind, Delivery, Via};

fn at_nine() -> Message {
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
        ..at_nine()
    };
    let notice = Notice::Change {
        change: Box::new(change),
        of: Box::new(at_nine()),
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
            "event": event, "friend": "bob", "address": "bob@example.net", "group": null,
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
    let message = Box::new(at_nine());
    let told = of_notice(&Notice::Text { message }, bob()).unwrap();
    assert_eq!(json(&told)["reply_to"], "06".repeat(16));
}

/// Alice's group: bob is a friend under a name of alice's, carol a stranger.
fn members() -> Members {
    let members = vec![inside("bob", 2), inside("carol", 3)];
    Members::with(climbing(members), [friend("bobby", 2)])
}

fn from_carol() -> Message {
    Message {
        author: Author::Contact(ContactId::new(3)),
        ..at_nine()
    }
}

#[test]
fn what_is_said_in_a_group_has_its_name_and_its_author() {
    let message = Box::new(from_carol());
    let notice = Notice::Text { message };
    let event = told_in(&members(), &notice).unwrap();
    assert_eq!(event.hook(), Some("text"));
    let object = json(&event);
    for (key, value) in [
        ("group", "climbing"),
        ("friend", "carol"),
        ("address", "carol@example.net"),
        ("text", "at nine"),
    ] {
        assert_eq!(object[key], value, "{key}");
    }
    let mut muted = members();
    muted.group.muted = true;
    assert_eq!(told_in(&muted, &notice), None);
    let notice = Notice::Text {
        message: Box::new(at_nine()),
    };
    assert_eq!(
        json(&of_notice(&notice, bob()).unwrap())["group"],
        Value::Null
    );
}

#[test]
fn how_far_it_came_in_a_group_is_told_with_all() {
    let came = |failed| Notice::Copies {
        group: HERE,
        id: LetterId([7; 16]),
        state: Delivery::Sent,
        delivered: 7,
        of: 9,
        failed,
    };
    let object = |failed| json(&told_in(&members(), &came(failed)).unwrap());
    let mut expected = json!({
        "event": "state", "friend": "", "address": "", "group": "climbing", "id": "07".repeat(16), "state": "sent",
        "via": null, "reason": null, "delivered": 7, "of": 9,
    });
    assert_eq!(object(None), expected);
    expected["friend"] = json!("bobby");
    expected["address"] = json!("bob@example.net");
    expected["reason"] = json!("no such user");
    let failed = Some((ContactId::new(2), "no such\nuser".to_owned()));
    assert_eq!(object(failed), expected);
}

#[test]
fn news_of_groups_have_stable_keys() {
    let (bob, carol) = (ContactId::new(2), ContactId::new(3));
    let by = json!({"friend": "bobby", "address": "bob@example.net"});
    let group = |state| json!({"event": "group", "group": "climbing", "state": state, "title": "Climbing", "topic": "", "by": by});
    let member = |state| {
        json!({"event": "member", "group": "climbing", "state": state, "friend": "carol", "address": "carol@example.net",
               "by": by})
    };
    let title = members().group.title;
    for (what, expected) in [
        (GroupNews::Asked, group("asked")),
        (GroupNews::Joined, group("in")),
        (GroupNews::Out, group("out")),
        (GroupNews::Titled(title), group("titled")),
        (GroupNews::Admin(None, true), group("admin")),
        (GroupNews::Admin(None, false), group("no admin")),
        (GroupNews::Added(carol), member("in")),
        (GroupNews::Left(carol), member("left")),
        (GroupNews::Removed(carol), member("removed")),
        (GroupNews::Admin(Some(carol), true), member("admin")),
        (GroupNews::Admin(Some(carol), false), member("no admin")),
    ] {
        let notice = Notice::Group {
            group: HERE,
            by: Some(bob),
            what,
        };
        let event = told_in(&members(), &notice).unwrap();
        assert_eq!(json(&event), expected);
        assert_eq!(event.hook(), Some("group"));
    }
}

#[test]
fn who_is_in_the_room_is_named() {
    let bob = MemberId::of(PublicKey([2; 32]));
    let gone = MemberId::of(PublicKey([77; 32]));
    let there = Occupants {
        us: true,
        others: BTreeSet::from([bob, gone]),
    };
    assert_eq!(
        json(&in_room(&members(), &there)),
        json!({"event": "room", "group": "climbing", "inside": true,
               "there": [{"friend": "bobby", "address": "bob@example.net"}]})
    );
    let event = in_room(&members(), &Occupants::default());
    assert_eq!(
        json(&event),
        json!({"event": "room", "group": "climbing", "inside": false, "there": []})
    );
    assert_eq!(event.hook(), Some("room"));
}

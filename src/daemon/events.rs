//! What watchers, hooks and the log are told.

use serde_json::{Value, json};

use crate::agent::{Happened, Names};
use crate::protocol::address::Address;
use crate::protocol::clean;
use crate::protocol::codec::{MAX_EMOJI, MAX_NOTE};
use crate::rules::effect::Notice;
use crate::rules::message::{ChangeKind, Message};
use crate::rules::presence_tracker::Shown;
use crate::rules::words::rfc3339_ms;
use crate::rules::{in_words, words};

/// What it is for watchers and hooks; `None`: it concerns the agent alone.
pub(super) fn event(happened: Happened<'_>, names: &Names) -> Option<Value> {
    match happened {
        Happened::Notice(notice) => of_notice(notice, names),
        Happened::Presence {
            friend,
            shown,
            text,
        } => Some(presence(friend, shown, text, names)),
        Happened::Network {
            name,
            state,
            reason,
        } => Some(network(name, state, reason)),
        Happened::Refreshed => None,
    }
}

fn of_notice(notice: &Notice, names: &Names) -> Option<Value> {
    match notice {
        Notice::Request {
            friend,
            name,
            note,
            key_changed,
        } => Some(json!({
            "event": "request", "friend": name, "address": friend.as_str(),
            "note": clean::line(note, 1024), "key_changed": key_changed,
        })),
        Notice::Friend { friend } => Some(json!({
            "event": "friend", "friend": name(names, friend), "address": friend.as_str(),
        })),
        Notice::Text { message } => Some(text(message, names)),
        Notice::Change { change, of } => change_of(change, of, names),
        Notice::Typing { friend, typing } => Some(json!({
            "event": "typing", "friend": name(names, friend), "address": friend.as_str(),
            "state": words::typing(*typing),
        })),
        Notice::State {
            friend,
            id,
            state,
            via,
            reason,
        } => Some(json!({
            "event": "state", "friend": name(names, friend), "address": friend.as_str(), "id": id.to_string(),
            "state": words::state(*state), "via": via.map(words::via), "reason": reason,
        })),
        Notice::Rotated { epoch, to_tell } => Some(json!({
            "event": "rotated", "epoch": epoch, "to_tell": to_tell,
        })),
        Notice::Word { friend, text } => Some(json!({
            "event": "word", "friend": friend.as_ref().map(|friend| name(names, friend)),
            "text": clean::line(text, 1024),
        })),
        Notice::Status { .. }
        | Notice::Here { .. }
        | Notice::Presence { .. }
        | Notice::Seen { .. } => None,
    }
}

fn text(message: &Message, names: &Names) -> Value {
    json!({
        "event": "text", "friend": name(names, &message.friend), "address": message.friend.as_str(),
        "id": message.id.to_string(), "direction": words::direction(message.direction),
        "sent": rfc3339_ms(message.sent), "arrival": rfc3339_ms(message.arrival),
        "text": clean::text(&message.text), "state": words::state(message.state),
        "via": message.via.map(words::via), "reason": message.reason,
        "newer": message.unknown_kind.is_some(), "reply_to": message.reply_to.map(|id| id.to_string()),
        "notice": message.notice,
    })
}

/// An `edit`, `retract` or `react`: the keys of all, and what the kind has of its own.
fn change_of(change: &Message, of: &Message, names: &Names) -> Option<Value> {
    let kind = change.change?.kind;
    let mut event = json!({
        "event": words::change(kind), "friend": name(names, &change.friend), "address": change.friend.as_str(),
        "id": change.id.to_string(), "of": of.id.to_string(), "direction": words::direction(change.direction),
        "sent": rfc3339_ms(change.written()), "arrival": rfc3339_ms(change.arrival),
        "via": change.via.map(words::via),
        "words": clean::text(&in_words::change(kind, &change.text, Some(&of.text))),
    });
    let own = match kind {
        ChangeKind::Edit => json!({ "text": clean::text(&change.text) }),
        ChangeKind::Retract => {
            let why = clean::line(&change.text, MAX_NOTE);
            json!({ "why": Some(why).filter(|why| !why.is_empty()) })
        }
        ChangeKind::React | ChangeKind::Unreact => json!({
            "emoji": clean::line(&change.text, MAX_EMOJI), "on": kind == ChangeKind::React,
        }),
    };
    if let (Value::Object(all), Value::Object(own)) = (&mut event, own) {
        all.extend(own);
    }
    Some(event)
}

fn presence(friend: &Address, shown: Shown, word: &str, names: &Names) -> Value {
    json!({
        "event": "presence", "friend": name(names, friend), "address": friend.as_str(),
        "presence": words::presence(shown), "status": status(word),
    })
}

fn network(name: &str, state: &str, reason: Option<&str>) -> Value {
    json!({ "event": "network", "network": name, "state": state, "reason": reason.map(|why| clean::line(why, 300)) })
}

/// A friend's word to his status, cleaned; `null` if there is none.
pub(super) fn status(word: &str) -> Option<String> {
    Some(clean::line(word, 256)).filter(|word| !word.is_empty())
}

/// The name of a friend, or his address.
fn name(names: &Names, friend: &Address) -> String {
    names
        .get(friend)
        .cloned()
        .unwrap_or_else(|| friend.to_string())
}

/// Which of the user's hooks an event is for.
pub(super) fn hook(event: &Value) -> Option<&'static str> {
    match event.get("event").and_then(Value::as_str) {
        Some("presence") => Some("presence"),
        Some("text") => Some("text"),
        Some("request") => Some("request"),
        Some("edit" | "retract" | "react") => Some("change"),
        Some(_) | None => None,
    }
}

/// One line of log of an event: who and what, never what was written.
pub(super) fn log(event: &Value) {
    let get = |key: &str| event.get(key).and_then(Value::as_str).unwrap_or_default();
    match get("event") {
        "presence" => tracing::info!(friend = get("friend"), "{}", get("presence")),
        "text" => tracing::info!(friend = get("friend"), via = get("via"), "a text came"),
        "state" => tracing::info!(
            friend = get("friend"),
            id = get("id"),
            reason = get("reason"),
            "{}",
            get("state")
        ),
        kind @ ("edit" | "retract" | "react") => {
            tracing::info!(
                friend = get("friend"),
                via = get("via"),
                "a text is changed: {kind}"
            );
        }
        "typing" => tracing::debug!(friend = get("friend"), "typing: {}", get("state")),
        "request" => tracing::info!(friend = get("friend"), "asks to be a friend"),
        "friend" => tracing::info!(friend = get("friend"), "is a friend now"),
        "network" => tracing::info!(
            network = get("network"),
            reason = get("reason"),
            "{}",
            get("state")
        ),
        "rotated" => tracing::info!("a new presence secret"),
        other => tracing::info!("{other}: {}", get("text")),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use super::*;
    use crate::protocol::letter::{LetterId, Typing};
    use crate::rules::message::{Change, Delivery, Direction, Via};

    fn text() -> Message {
        Message {
            friend: Address::parse("bob@example.net").unwrap(),
            direction: Direction::In,
            id: LetterId([7; 16]),
            sent: 1_795_244_400_000,
            arrival: 1_795_244_400_000,
            text: "at nine".to_owned(),
            reply_to: Some(LetterId([6; 16])),
            unknown_kind: None,
            change: None,
            state: Delivery::Delivered,
            via: Some(Via::Irc),
            reason: None,
            attempts: 0,
            mailed_at: 0,
            due: None,
            acknowledged_read: false,
            notice: false,
        }
    }

    fn told(kind: ChangeKind, wording: &str) -> Value {
        let change = Message {
            id: LetterId([8; 16]),
            // His clock is a day ahead.
            sent: 1_795_330_800_000,
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
        of_notice(&notice, &Names::new()).unwrap()
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
            let mut told = told(kind, wording);
            let words = told["words"].take();
            assert!(words.as_str().unwrap().starts_with("* "), "{words}");
            let mut expected = json!({
                "event": event, "friend": "bob@example.net", "address": "bob@example.net",
                "id": "08".repeat(16), "of": "07".repeat(16), "direction": "in", "via": "irc", "words": null,
                "sent": "2026-11-21T07:00:00Z", "arrival": "2026-11-21T07:00:00Z",
            });
            for (key, value) in keys.as_object().unwrap() {
                expected[key] = value.clone();
            }
            assert_eq!(told, expected, "{kind:?}");
            assert_eq!(hook(&told), Some("change"));
        }
    }

    #[test]
    fn typing_is_for_watchers_alone() {
        for (typing, state) in [
            (Typing::Active, "active"),
            (Typing::Paused, "paused"),
            (Typing::Done, "done"),
        ] {
            let friend = Address::parse("bob@example.net").unwrap();
            let notice = Notice::Typing { friend, typing };
            let told = of_notice(&notice, &Names::new()).unwrap();
            let address = "bob@example.net";
            assert_eq!(
                told,
                json!({"event": "typing", "friend": address, "address": address, "state": state})
            );
            assert_eq!(hook(&told), None);
        }
    }

    #[test]
    fn an_answer_says_what_it_answers() {
        let message = Box::new(text());
        let told = of_notice(&Notice::Text { message }, &Names::new()).unwrap();
        assert_eq!(told["reply_to"], "06".repeat(16));
    }
}

//! What watchers, hooks and the log are told.

use serde_json::{Value, json};

use crate::agent::{Happened, Names};
use crate::commands::output::rfc3339_ms;
use crate::commands::read;
use crate::protocol::address::Address;
use crate::protocol::clean;
use crate::rules::effect::Notice;
use crate::rules::message::Message;
use crate::rules::watch::Shown;

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
        Notice::State {
            friend,
            id,
            state,
            via,
            reason,
        } => Some(json!({
            "event": "state", "friend": name(names, friend), "address": friend.as_str(), "id": id.to_string(),
            "state": read::state(*state), "via": via.map(read::via), "reason": reason,
        })),
        Notice::Rotated { epoch, to_tell } => Some(json!({
            "event": "rotated", "epoch": epoch, "to_tell": to_tell,
        })),
        Notice::Word { friend, text } => Some(json!({
            "event": "word", "friend": friend.as_ref().map(|friend| name(names, friend)),
            "text": clean::line(text, 1024),
        })),
        Notice::Status { .. } | Notice::Here { .. } | Notice::Presence { .. } => None,
    }
}

fn text(message: &Message, names: &Names) -> Value {
    json!({
        "event": "text", "friend": name(names, &message.friend), "address": message.friend.as_str(),
        "id": message.id.to_string(), "direction": read::direction(message.direction),
        "sent": rfc3339_ms(message.sent), "arrival": rfc3339_ms(message.arrival),
        "text": clean::text(&message.text), "state": read::state(message.state),
        "via": message.via.map(read::via), "reason": message.reason,
        "newer": message.unknown_kind.is_some(),
    })
}

fn presence(friend: &Address, shown: Shown, word: &str, names: &Names) -> Value {
    json!({
        "event": "presence", "friend": name(names, friend), "address": friend.as_str(),
        "presence": presence_word(shown), "status": status(word),
    })
}

fn network(name: &str, state: &str, reason: Option<&str>) -> Value {
    json!({ "event": "network", "network": name, "state": state, "reason": reason.map(|why| clean::line(why, 300)) })
}

/// What a presence is called.
pub(super) fn presence_word(shown: Shown) -> &'static str {
    match shown {
        Shown::Online => "online",
        Shown::Away => "away",
        Shown::Busy => "busy",
        Shown::Offline => "offline",
        Shown::Unverified => "unverified",
    }
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

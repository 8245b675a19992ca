//! A text as scripts read it.

use serde_json::{Value, json};

use super::wording::wording;
use crate::protocol::clean::one_line;
use crate::rules::entry::Entry;
use crate::rules::message::Message;
use crate::rules::words::{self, rfc3339_ms};

/// The object that scripts read.
pub(super) fn as_json(entry: &Entry, name: &str, address: &str) -> Value {
    let message = &entry.message;
    json!({
        "id": message.id.to_string(),
        "friend": name,
        "address": address,
        "direction": words::direction(message.author),
        "sent": rfc3339_ms(message.written()),
        "text": wording(entry),
        "state": words::state(message.state),
        "via": message.via.map(words::via),
        "reason": message.reason.as_deref().map(one_line),
        "reply_to": message.reply_to.map(|id| id.to_string()),
        "notice": message.notice,
        "edited": entry.edit.as_ref().map(change_json),
        "retracted": entry.retraction.as_ref().map(change_json),
        "reactions": entry.reactions.iter().map(reaction_json).collect::<Vec<_>>(),
    })
}

/// A change of a text: its own id, when it was made, and how far it has come.
fn change_json(change: &Message) -> Value {
    json!({
        "id": change.id.to_string(),
        "sent": rfc3339_ms(change.written()),
        "state": words::state(change.state),
        "reason": change.reason.as_deref().map(one_line),
    })
}

fn reaction_json(reaction: &Message) -> Value {
    json!({
        "id": reaction.id.to_string(),
        "emoji": one_line(&reaction.text),
        "direction": words::direction(reaction.author),
        "sent": rfc3339_ms(reaction.written()),
        "state": words::state(reaction.state),
        "reason": reaction.reason.as_deref().map(one_line),
    })
}

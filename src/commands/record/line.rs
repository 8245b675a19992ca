//! Something said, or done to what was said, as a line of a record.

use serde_json::{Map, Value, json};

use crate::account::Named;
use crate::commands::read::place::Place;
use crate::protocol::clean;
use crate::rules::account::Settings;
use crate::rules::message::Message;
use crate::rules::words::{self, rfc3339_ms};

/// What something said is known by, in one account.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Id {
    conversation: i64,
    /// A contact, or 0 for the user.
    author: i64,
    id: String,
}

impl Id {
    pub(super) fn of(message: &Message) -> Self {
        Self {
            conversation: message.conversation.number(),
            author: message.author.contact().map_or(0, |id| id.number()),
            id: message.id.to_string(),
        }
    }

    /// That of a line, and its row.
    pub(super) fn in_line(line: &Map<String, Value>) -> Option<(u64, Self)> {
        let id = Self {
            conversation: line.get("conversation")?.as_i64()?,
            author: line.get("author")?.as_i64()?,
            id: line.get("id")?.as_str()?.to_owned(),
        };
        Some((line.get("row")?.as_u64()?, id))
    }
}

/// The line, but for what binds it to the others.
pub(super) fn as_line(
    row: u64,
    message: &Message,
    place: &Place,
    settings: &Settings,
) -> Map<String, Value> {
    let id = Id::of(message);
    let named = |who: &Named| json!({"name": who.name, "address": who.address});
    let key = place.key_of(message.author);
    let with = match place {
        Place::Friend(friend, _) => Some(friend),
        Place::Group(_) => None,
    };
    let members = [
        (
            "what",
            json!(
                message
                    .change
                    .map_or("text", |change| words::change(change.kind))
            ),
        ),
        ("row", json!(row)),
        ("conversation", json!(id.conversation)),
        ("author", json!(id.author)),
        ("id", json!(id.id)),
        ("friend", json!(with.map(named))),
        (
            "group",
            json!(place.group().map(|it| clean::one_line(&it.group.name))),
        ),
        ("from", json!(place.by(message.author).as_ref().map(named))),
        ("fingerprint", json!(key.map(|(key, _)| key.to_string()))),
        ("own_address", json!(place.own_address(settings).as_str())),
        ("direction", json!(words::direction(message.author))),
        ("sent", json!(rfc3339_ms(message.written()))),
        ("arrival", json!(rfc3339_ms(message.arrival))),
        (
            "of",
            json!(message.change.map(|change| change.of.to_string())),
        ),
        ("reply_to", json!(message.reply_to.map(|id| id.to_string()))),
        ("text", json!(clean::text(&message.text))),
        ("kind", json!(message.unknown_kind)),
        ("notice", json!(message.notice)),
        ("state", json!(words::state(message.state))),
        ("via", json!(message.via.map(words::via))),
    ];
    members
        .map(|(key, value)| (key.to_owned(), value))
        .into_iter()
        .collect()
}

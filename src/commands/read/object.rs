//! A text as scripts read it.

use serde_json::{Value, json};

use super::place::{Place, Said, has_come, has_failed};
use super::wording::wording;
use crate::account::Named;
use crate::protocol::clean::one_line;
use crate::rules::conversation::Author;
use crate::rules::group::copy::Copy;
use crate::rules::message::Message;
use crate::rules::words::{self, rfc3339_ms};

/// The object that scripts read. In a group `friend` and `address` are those of who wrote it: of the user's own there are none.
pub(super) fn as_json(said: &Said<'_>) -> Value {
    let (entry, place) = (said.entry, said.place);
    let message = &entry.message;
    let from = place.by(message.author);
    let with = match place {
        Place::Friend(friend, _) => Some(friend),
        Place::Group(_) => from.as_ref(),
    };
    let reactions = entry.reactions.iter();
    let ours = message.author == Author::Us && place.group().is_some();
    let copies = ours.then_some(&said.copies);
    json!({
        "id": message.id.to_string(),
        "friend": with.map(|one| &one.name),
        "address": with.map(|one| &one.address),
        "group": place.group().map(|members| one_line(&members.group.name)),
        "from": from.as_ref().map(named),
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
        "reactions": reactions.map(|one| reaction_json(one, place)).collect::<Vec<_>>(),
        "delivered": copies.map(|copies| copies.iter().filter(|one| has_come(one)).count()),
        "of": copies.map(Vec::len),
        "failed": copies.map(|copies| failed_json(copies, place)),
    })
}

fn named(who: &Named) -> Value {
    json!({"name": who.name, "address": who.address})
}

fn failed_json(copies: &[Copy], place: &Place) -> Vec<Value> {
    let failed = copies.iter().filter(|one| has_failed(one));
    let with_whom = failed.map(|copy| {
        let who = place.by(Author::Contact(copy.contact)).unwrap_or_default();
        let why = copy.reason.as_deref().map(one_line);
        json!({"friend": who.name, "address": who.address, "why": why})
    });
    with_whom.collect()
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

fn reaction_json(reaction: &Message, place: &Place) -> Value {
    json!({
        "id": reaction.id.to_string(),
        "emoji": one_line(&reaction.text),
        "direction": words::direction(reaction.author),
        "from": place.by(reaction.author).as_ref().map(named),
        "sent": rfc3339_ms(reaction.written()),
        "state": words::state(reaction.state),
        "reason": reaction.reason.as_deref().map(one_line),
    })
}

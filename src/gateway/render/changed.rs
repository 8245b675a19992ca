//! What was done to a text, as a line of IRC: as the client's capabilities have it, else in words.

use super::split;
use super::split::{ACTION, Said, quote};
use super::text::{Way, id_text, led, reply_tags};
use crate::gateway::caps::Cap;
use crate::gateway::client::Client;
use crate::gateway::contacts::Person;
use crate::gateway::host::{Change, Done};
use crate::gateway::message::edit::{EDIT_OF, EDIT_TEXT};
use crate::gateway::state::Shared;
use crate::protocol::clean;
use crate::protocol::irc_line::Reply;

/// Writes a change. One of somebody who is no longer a friend is left out.
pub(in crate::gateway) fn show(
    client: &mut Client,
    shared: &Shared,
    change: &Change,
    way: Way<'_>,
) {
    let Some(person) = shared.people.at(&change.friend) else {
        return;
    };
    let Some(mut line) = as_line(client, person, change) else {
        return say(client, shared, person, change, way);
    };
    line.tags.extend(way.tags(change.arrival));
    if let Some(id) = change.id {
        line.tags.push(("msgid".to_owned(), id_text(id)));
    }
    way.as_sent(&mut line.tags);
    match way.answers() {
        true => client.send(line),
        false => client.tell(line),
    }
}

/// REDACT (IRCv3 `draft/message-redaction`), EDIT (the draft of `message-edit`), or TAGMSG with `+draft/react`.
fn as_line(client: &Client, person: &Person, change: &Change) -> Option<Reply> {
    if change.mine && !client.shows_own() {
        return None;
    }
    let empty = Said::of(client, person, change.mine, "");
    let (source, target) = (empty.source, empty.target);
    let id = id_text(change.of);
    let reaction = |tag, reaction| {
        let line = Reply::new(&source, &["TAGMSG", &target], None);
        let mut line = line.tag(tag, reaction);
        line.tags.extend(reply_tags(change.of));
        client.shows_reactions().then_some(line)
    };
    match &change.done {
        Done::Retracted(reason) => {
            let line = Reply::new(&source, &["REDACT", &target, &id], reason.as_deref());
            client.has(Cap::MessageRedaction).then_some(line)
        }
        Done::Edited(text) => {
            let fits = text.len() <= MOST_IN_TAG;
            let line = Reply::new(&source, &["EDIT", &target], None);
            let line = line.tag(EDIT_OF, &id).tag(EDIT_TEXT, text);
            (fits && client.has(Cap::MessageEdit)).then_some(line)
        }
        Done::Reacted(with) => reaction("+draft/react", with),
        Done::Unreacted(with) => reaction("+draft/unreact", with),
    }
}

fn say(client: &mut Client, shared: &Shared, person: &Person, change: &Change, way: Way<'_>) {
    let mut lead = way.lead(client, shared, change.arrival);
    lead.push_str(split::lead(client, change.mine));
    let text = led(&lead, &in_words(change));
    let mut said = Said::of(client, person, change.mine, &text);
    said.all.extend(way.tags(change.arrival));
    way.as_sent(&mut said.first);
    said.answers = way.answers();
    said.write(client);
}

/// Nobody is told that a text is gone: only what its writer did.
fn in_words(change: &Change) -> String {
    let about = match quote(&change.quoted) {
        quoted if quoted.is_empty() => "a text".to_owned(),
        quoted => format!("\"{quoted}\""),
    };
    match &change.done {
        Done::Edited(text) => format!("[edited] {}", clean::text(text)),
        Done::Retracted(reason) => {
            let reason = reason.as_ref().map(|reason| format!(": {reason}"));
            format!("{ACTION}took back {about}{}", reason.unwrap_or_default())
        }
        Done::Reacted(with) => format!("{ACTION}reacted {with} to {about}"),
        Done::Unreacted(with) => format!("{ACTION}took {with} back from {about}"),
    }
}

/// A longer text does not fit in a tag (8191 bytes of tags, each character may take two).
const MOST_IN_TAG: usize = 3_500;

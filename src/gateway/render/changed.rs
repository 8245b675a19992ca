//! What was done to a text, as a line of IRC: as the client's capabilities have it, else in words.

use super::split;
use super::split::{ACTION, Said, quote};
use super::text::{Way, id_text, led, reply_tags};
use crate::gateway::caps::Cap;
use crate::gateway::client::Client;
use crate::gateway::contacts::Person;
use crate::gateway::message::edit::{EDIT_OF, EDIT_TEXT};
use crate::gateway::state::Shared;
use crate::protocol::clean;
use crate::protocol::codec::{MAX_EMOJI, MAX_NOTE};
use crate::protocol::irc_line::Reply;
use crate::protocol::letter::LetterId;
use crate::rules::conversation::Done;
use crate::rules::message::ChangeKind;

/// Writes a change, under its id unless it was so already. One of somebody who is no longer a friend is left out.
pub(in crate::gateway) fn show(
    client: &mut Client,
    shared: &Shared,
    done: &Done,
    id: Option<LetterId>,
    way: Way<'_>,
) {
    let Some(person) = shared.people.at(&done.change.friend) else {
        return;
    };
    let Some(mut line) = as_line(client, person, done) else {
        return say(client, shared, person, done, way);
    };
    line.tags.extend(way.tags(done.change.arrival));
    if let Some(id) = id {
        line.tags.push(("msgid".to_owned(), id_text(id)));
    }
    way.as_sent(&mut line.tags);
    match way.answers() {
        true => client.send(line),
        false => client.tell(line),
    }
}

/// REDACT (IRCv3 `draft/message-redaction`), EDIT (the draft of `message-edit`), or TAGMSG with `+draft/react`.
fn as_line(client: &Client, person: &Person, done: &Done) -> Option<Reply> {
    let mine = done.change.is_ours();
    if mine && !client.shows_own() {
        return None;
    }
    let empty = Said::of(client, person, mine, "");
    let (source, target) = (empty.source, empty.target);
    let (id, words) = (id_text(done.of()), words(done));
    let reaction = |tag| {
        let line = Reply::new(&source, &["TAGMSG", &target], None);
        let mut line = line.tag(tag, &words);
        line.tags.extend(reply_tags(done.of()));
        client.shows_reactions().then_some(line)
    };
    match done.kind {
        ChangeKind::Retract => {
            let reason = Some(words.as_str()).filter(|reason| !reason.is_empty());
            let line = Reply::new(&source, &["REDACT", &target, &id], reason);
            client.has(Cap::MessageRedaction).then_some(line)
        }
        ChangeKind::Edit => {
            let fits = words.len() <= MOST_IN_TAG;
            let line = Reply::new(&source, &["EDIT", &target], None);
            let line = line.tag(EDIT_OF, &id).tag(EDIT_TEXT, &words);
            (fits && client.has(Cap::MessageEdit)).then_some(line)
        }
        ChangeKind::React => reaction("+draft/react"),
        ChangeKind::Unreact => reaction("+draft/unreact"),
    }
}

/// What is written in a change, without what a terminal would obey.
fn words(done: &Done) -> String {
    let text = &done.change.text;
    match done.kind {
        ChangeKind::Edit => clean::text(text),
        ChangeKind::Retract => clean::line(text, MAX_NOTE),
        ChangeKind::React | ChangeKind::Unreact => clean::line(text, MAX_EMOJI),
    }
}

fn say(client: &mut Client, shared: &Shared, person: &Person, done: &Done, way: Way<'_>) {
    let (mine, arrival) = (done.change.is_ours(), done.change.arrival);
    let mut lead = way.lead(client, shared, arrival);
    lead.push_str(split::lead(client, mine));
    let text = led(&lead, &in_words(done));
    let mut said = Said::of(client, person, mine, &text);
    said.all.extend(way.tags(arrival));
    way.as_sent(&mut said.first);
    said.answers = way.answers();
    said.write(client);
}

/// Nobody is told that a text is gone: only what its writer did.
fn in_words(done: &Done) -> String {
    let about = match quote(done.text.wording()) {
        quoted if quoted.is_empty() => "a text".to_owned(),
        quoted => format!("\"{quoted}\""),
    };
    let words = words(done);
    match done.kind {
        ChangeKind::Edit => format!("[edited] {words}"),
        ChangeKind::Retract if words.is_empty() => format!("{ACTION}took back {about}"),
        ChangeKind::Retract => format!("{ACTION}took back {about}: {words}"),
        ChangeKind::React => format!("{ACTION}reacted {words} to {about}"),
        ChangeKind::Unreact => format!("{ACTION}took {words} back from {about}"),
    }
}

/// A longer text does not fit in a tag (8191 bytes of tags, each character may take two).
const MOST_IN_TAG: usize = 3_500;

//! A stored text as lines of IRC.

use super::split::{ACTION, Said, quote};
use super::{changed, split};
use crate::gateway::caps::Cap;
use crate::gateway::client::Client;
use crate::gateway::host::Host;
use crate::gateway::state::Shared;
use crate::gateway::time;
use crate::protocol::letter::LetterId;
use crate::protocol::{clean, hex};
use crate::rules::conversation::{Stored, What};
use crate::rules::entry::Entry;
use crate::rules::words;

/// Why something is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::gateway) enum Way<'a> {
    /// It has just been stored.
    Live,
    /// It was stored before the client came.
    Replay,
    /// The client has just said it, and takes `echo-message`; with these tags, as it sent them.
    Echo(&'a [(String, String)]),
    /// The client asked for it; in this batch, if it takes batches.
    History(Option<&'a str>),
}

impl Way<'_> {
    /// Whether it answers what the client said.
    pub(in crate::gateway) fn answers(self) -> bool {
        matches!(self, Way::Echo(_) | Way::History(_))
    }

    /// The tags of each line.
    pub(in crate::gateway) fn tags(self, arrival: u64) -> Vec<(String, String)> {
        let mut tags = vec![("time".to_owned(), time::tag(arrival))];
        if let Way::History(Some(batch)) = self {
            tags.push(("batch".to_owned(), batch.to_owned()));
        }
        tags
    }

    /// What the client sent with it stays on its own echo, in place of the same in other words.
    pub(in crate::gateway) fn as_sent(self, tags: &mut Vec<(String, String)>) {
        let Way::Echo(sent) = self else {
            return;
        };
        let names = |tag: &(String, String)| REPLY_TAGS.contains(&tag.0.as_str());
        if sent.iter().any(names) {
            tags.retain(|tag| !names(tag));
        }
        tags.retain(|(key, _)| sent.iter().all(|(name, _)| name != key));
        tags.extend(sent.iter().cloned());
    }

    /// The time, to stand in front of what happened before a client came that takes no `server-time`.
    pub(in crate::gateway) fn lead(self, client: &Client, shared: &Shared, arrival: u64) -> String {
        if self != Way::Replay || client.has(Cap::ServerTime) {
            return String::new();
        }
        let time = time::short(arrival, shared.now, &shared.settings.zone);
        format!("[{time}] ")
    }
}

/// Writes what is stored. That of somebody who is no longer a friend is left out.
pub(in crate::gateway) fn show(
    client: &mut Client,
    shared: &Shared,
    host: &mut dyn Host,
    stored: &Stored,
    way: Way<'_>,
) {
    match &stored.what {
        What::Text(entry) => show_text(client, shared, host, entry, way),
        What::Change(done) => changed::show(client, shared, done, Some(done.change.id), way),
        What::Nothing => {}
    }
}

fn show_text(
    client: &mut Client,
    shared: &Shared,
    host: &mut dyn Host,
    entry: &Entry,
    way: Way<'_>,
) {
    let (message, mine) = (&entry.message, entry.message.is_ours());
    let Some(person) = shared.people.at(&message.friend) else {
        return;
    };
    if !mine && !way.answers() {
        let up_to = client.shown_up_to.entry(message.friend.clone());
        let up_to = up_to.or_default();
        *up_to = message.arrival.max(*up_to);
    }
    let text = text_of(client, shared, host, entry, way);
    let mut said = Said::of(client, person, mine, &text);
    said.answers = way.answers();
    said.notice = message.notice;
    said.all.extend(way.tags(message.arrival));
    if mine && client.shows_own() {
        said.all.push(("account".to_owned(), shared.account()));
        let state = words::state(message.state).to_owned();
        said.first.push((STATE_TAG.to_owned(), state));
    }
    said.first.push(("msgid".to_owned(), id_text(message.id)));
    if let Some(id) = message.reply_to {
        said.first.extend(reply_tags(id));
    }
    way.as_sent(&mut said.first);
    said.write(client);
}

/// The text with what must be said in front of it.
fn text_of(
    client: &Client,
    shared: &Shared,
    host: &mut dyn Host,
    entry: &Entry,
    way: Way<'_>,
) -> String {
    let message = &entry.message;
    let text = clean::text(&entry.words());
    let mut lead = way.lead(client, shared, message.arrival);
    lead.push_str(split::lead(client, message.is_ours()));
    if message.arrival.saturating_sub(message.sent) > LATE {
        lead.push_str(&format!("[written {}] ", time::whole(message.sent)));
    }
    if entry.retraction.is_some() {
        lead.push_str("[taken back] ");
    } else if entry.edit.is_some() {
        lead.push_str("[edited] ");
    }
    if let Some(id) = message.reply_to
        && !client.shows_replies()
        && let Some(first) = host.find(&message.friend, id)
    {
        lead.push_str(&format!("[re \"{}\"] ", quote(&first.entry.words())));
    }
    led(&lead, &text)
}

/// A text with words in front, which do not hide that it is an action.
pub(in crate::gateway) fn led(lead: &str, text: &str) -> String {
    match text.strip_prefix(ACTION) {
        Some(rest) if !rest.contains('\n') => format!("{ACTION}{lead}{rest}"),
        Some(_) | None => format!("{lead}{text}"),
    }
}

/// A letter's id as `msgid`.
pub(in crate::gateway) fn id_text(id: LetterId) -> String {
    hex::encode(&id.0)
}

/// The letter's id that a `msgid` is.
pub(in crate::gateway) fn id_of(text: &str) -> Option<LetterId> {
    let bytes = hex::decode(text)?;
    bytes.try_into().ok().map(LetterId)
}

/// The tag that names the text that is answered, under its name today and its name to come.
pub(in crate::gateway) fn reply_tags(id: LetterId) -> [(String, String); 2] {
    let id = id_text(id);
    REPLY_TAGS.map(|name| (name.to_owned(), id.clone()))
}

const REPLY_TAGS: [&str; 2] = ["+draft/reply", "+reply"];

/// The tag that says how far a text of the user has come.
pub(in crate::gateway) const STATE_TAG: &str = "iim.local/state";

/// A text that came this much later than it was written says when that was, in ms.
const LATE: u64 = 600_000;

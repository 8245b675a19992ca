//! A stored text as lines of IRC, and at which pace a client is handed them.
//!
//! ```text
//!              entry.before == given                 choked, or a gap
//!   live ───────────────────────────▶ live   live ─────────────────────▶ behind
//!                                            behind ── what was written is drained: a page from the store ──▶ behind | live
//! ```

use super::caps::Cap;
use super::client::Client;
use super::host::{Entry, Host};
use super::saying::{ACTION, Said, quote};
use super::shared::Shared;
use super::time;
use crate::protocol::clean;
use crate::protocol::hex;
use crate::protocol::letter::LetterId;
use crate::rules::message::Delivery;

/// Why a text is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way<'a> {
    /// It has just been stored.
    Live,
    /// It was stored before the client came.
    Replay,
    /// The client has just said it, and takes `echo-message`.
    Echo,
    /// The client asked for it; in this batch, if it takes batches.
    History(Option<&'a str>),
}

/// A text has been stored: hands it over, if the client is not behind.
pub(super) fn came(client: &mut Client, shared: &mut Shared, host: &mut dyn Host, entry: &Entry) {
    if entry.row <= client.texts.given {
        return;
    }
    if client.texts.behind || client.is_choked() {
        client.texts.behind = true;
    } else if entry.before == client.texts.given {
        show(client, shared, host, entry, Way::Live);
        client.gave(entry);
    } else {
        catch_up(client, shared, host);
    }
}

/// The client has said this text itself: an echo if it takes one, else nothing.
pub(super) fn said(client: &mut Client, shared: &mut Shared, host: &mut dyn Host, entry: &Entry) {
    if entry.before != client.texts.given && !client.texts.behind {
        read_store(client, shared, host, entry.row);
    }
    if client.texts.behind || client.is_choked() {
        client.texts.behind = true;
        return;
    }
    if client.has(Cap::EchoMessage) {
        show(client, shared, host, entry, Way::Echo);
    }
    client.gave(entry);
}

/// Hands over a page of what the store has beyond what was handed over.
pub(super) fn catch_up(client: &mut Client, shared: &mut Shared, host: &mut dyn Host) {
    client.texts.behind = true;
    read_store(client, shared, host, u64::MAX);
}

/// As [`catch_up`], only rows below `until`. Whether more is left stands in `behind`.
fn read_store(client: &mut Client, shared: &mut Shared, host: &mut dyn Host, until: u64) {
    let Ok(page) = host.after(client.texts.given, PAGE) else {
        client.texts.behind = true;
        return;
    };
    let whole = page.len() < PAGE;
    for entry in page {
        if entry.row >= until {
            client.texts.behind = false;
            return;
        }
        if client.is_choked() {
            client.texts.behind = true;
            return;
        }
        let way = match entry.row <= client.texts.replay_to {
            true => Way::Replay,
            false => Way::Live,
        };
        show(client, shared, host, &entry, way);
        client.gave(&entry);
    }
    client.texts.behind = !whole;
}

/// Tells the store how far the device has come.
pub(super) fn keep_cursor(client: &mut Client, host: &mut dyn Host) {
    let written = client.texts.written;
    if let Some(device) = &client.device
        && written > client.texts.kept
    {
        host.set_cursor(device, written);
        client.texts.kept = written;
    }
}

/// Writes a text. One of somebody who is no longer a friend is left out.
pub(super) fn show(
    client: &mut Client,
    shared: &Shared,
    host: &mut dyn Host,
    entry: &Entry,
    way: Way<'_>,
) {
    let Some(person) = shared.people.at(&entry.friend) else {
        return;
    };
    let text = text_of(client, shared, host, entry, way);
    let mut said = Said::of(client, person, entry.mine, &text);
    said.answers = matches!(way, Way::Echo | Way::History(_));
    said.all.push(("time".to_owned(), time::tag(entry.arrival)));
    if let Way::History(Some(batch)) = way {
        said.all.push(("batch".to_owned(), batch.to_owned()));
    }
    if entry.mine {
        said.all.push(("account".to_owned(), shared.account()));
        let state = state_word(entry.state).to_owned();
        said.first.push((STATE_TAG.to_owned(), state));
    }
    said.first.push(("msgid".to_owned(), id_text(entry.id)));
    if let Some(id) = entry.reply_to {
        said.first.extend(reply_tags(id));
    }
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
    let text = clean::text(&entry.text);
    let mut lead = String::new();
    if way == Way::Replay && !client.has(Cap::ServerTime) {
        let time = time::short(entry.arrival, shared.now, &shared.settings.zone);
        lead.push_str(&format!("[{time}] "));
    }
    if entry.arrival.saturating_sub(entry.sent) > LATE {
        lead.push_str(&format!("[written {}] ", time::whole(entry.sent)));
    }
    if entry.retracted {
        lead.push_str("[taken back] ");
    } else if entry.edited {
        lead.push_str("[edited] ");
    }
    if let Some(id) = entry.reply_to
        && !client.has(Cap::MessageTags)
        && let Some(first) = host.find(&entry.friend, id)
    {
        lead.push_str(&format!("[re \"{}\"] ", quote(&first.text)));
    }
    match text.strip_prefix(ACTION) {
        Some(rest) if !rest.contains('\n') => format!("{ACTION}{lead}{rest}"),
        Some(_) | None => format!("{lead}{text}"),
    }
}

/// A letter's id as `msgid`.
pub(super) fn id_text(id: LetterId) -> String {
    hex::encode(&id.0)
}

/// The letter's id that a `msgid` is.
pub(super) fn id_of(text: &str) -> Option<LetterId> {
    let bytes = hex::decode(text)?;
    bytes.try_into().ok().map(LetterId)
}

/// The tag that names the text that is answered, under its name today and its name to come.
pub(super) fn reply_tags(id: LetterId) -> [(String, String); 2] {
    let id = id_text(id);
    [
        ("+draft/reply".to_owned(), id.clone()),
        ("+reply".to_owned(), id),
    ]
}

/// How far a text has come, in a word.
pub(super) fn state_word(state: Delivery) -> &'static str {
    match state {
        Delivery::Queued => "queued",
        Delivery::Sent => "sent",
        Delivery::Failed => "failed",
        Delivery::Delivered => "delivered",
        Delivery::Read => "read",
    }
}

/// The tag that says how far a text of the user has come.
pub(super) const STATE_TAG: &str = "iim.local/state";

/// A text that came this much later than it was written says when that was, in ms.
const LATE: u64 = 600_000;

/// Texts of one look into the store.
const PAGE: usize = 200;

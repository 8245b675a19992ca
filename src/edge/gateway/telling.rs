//! News, as each client is told of it.

use std::collections::BTreeMap;

use super::caps::Cap;
use super::changing::{EDIT_OF, EDIT_TEXT};
use super::client::Client;
use super::conn::ConnId;
use super::host::{Entry, Host, News, Typing};
use super::line::Reply;
use super::people::Person;
use super::saying::{ACTION, Said, quote};
use super::shared::Shared;
use super::showing::{self, STATE_TAG, id_text, reply_tags, state_word};
use super::{SERVER, away, marker, presence, service, time};
use crate::protocol::address::Address;
use crate::protocol::letter::LetterId;
use crate::rules::message::{Delivery, Via};

type Clients = BTreeMap<ConnId, Client>;

/// Tells all clients.
pub(super) fn news(clients: &mut Clients, shared: &mut Shared, news: &News, host: &mut dyn Host) {
    match news {
        News::Text(entry) => text(clients, shared, entry, host),
        News::Edited(entry) => {
            let text = &entry.text;
            change(clients, shared, host, entry, &Changed::Edited { text });
        }
        News::Retracted(entry) => {
            let changed = Changed::Retracted { reason: None };
            change(clients, shared, host, entry, &changed);
        }
        News::Reacted {
            friend,
            id,
            mine,
            reaction,
            on,
        } => {
            let changed = Changed::Reaction { reaction, on: *on };
            change_of(clients, shared, host, (friend, *id, *mine), &changed);
        }
        News::State(entry) => state(clients, shared, entry),
        News::Typing { friend, typing } => is_typing(clients, shared, friend, *typing),
        News::People => presence::changed(clients, shared, host),
        News::Status => status(clients, shared, host),
        News::Marker { friend, at } => mark(clients, shared, friend, *at),
        News::Question(question) => {
            say(clients, &service::question_text(question), shared.now);
        }
        News::Notice(text) => say(clients, text, shared.now),
    }
}

fn registered(clients: &mut Clients) -> impl Iterator<Item = &mut Client> {
    clients.values_mut().filter(|client| client.is_registered())
}

fn text(clients: &mut Clients, shared: &mut Shared, entry: &Entry, host: &mut dyn Host) {
    // Who has sent it is no longer writing: clients know that themselves.
    if !entry.mine {
        shared.typing.remove(&entry.friend);
    }
    for client in registered(clients) {
        showing::came(client, shared, host, entry);
    }
}

fn say(clients: &mut Clients, text: &str, now: u64) {
    for client in registered(clients) {
        service::announce(client, text, now);
    }
}

/// What was done to a text.
#[derive(Debug)]
pub(super) enum Changed<'a> {
    /// It says this now.
    Edited { text: &'a str },
    /// It was taken back, perhaps with a reason.
    Retracted { reason: Option<&'a str> },
    /// Somebody reacted to it, or no longer.
    Reaction { reaction: &'a str, on: bool },
}

fn change(
    clients: &mut Clients,
    shared: &Shared,
    host: &mut dyn Host,
    entry: &Entry,
    changed: &Changed<'_>,
) {
    let which = (&entry.friend, entry.id, entry.mine);
    change_of(clients, shared, host, which, changed);
}

fn change_of(
    clients: &mut Clients,
    shared: &Shared,
    host: &mut dyn Host,
    (friend, id, mine): (&Address, LetterId, bool),
    changed: &Changed<'_>,
) {
    let Some(person) = shared.people.at(friend) else {
        return;
    };
    for client in registered(clients) {
        show_change(client, shared, host, (person, id, mine), changed, false);
    }
}

/// Shows a change to one client: as its capabilities have it, else in words.
pub(super) fn show_change(
    client: &mut Client,
    shared: &Shared,
    host: &mut dyn Host,
    (person, id, mine): (&Person, LetterId, bool),
    changed: &Changed<'_>,
    answers: bool,
) {
    let empty = Said::of(client, person, mine, "");
    let (source, target) = (empty.source, empty.target);
    let line = match *changed {
        Changed::Retracted { reason } if client.has(Cap::MessageRedaction) => {
            let words = ["REDACT", &target, &id_text(id)];
            Some(Reply::new(&source, &words, reason))
        }
        Changed::Edited { text } if client.has(Cap::MessageEdit) && text.len() <= MOST_IN_TAG => {
            let line = Reply::new(&source, &["EDIT", &target], None);
            let line = line.tag(EDIT_OF, &id_text(id)).tag(EDIT_TEXT, text);
            Some(line)
        }
        Changed::Reaction { reaction, on } if client.has(Cap::MessageTags) => {
            let tag = if on { "+draft/react" } else { "+draft/unreact" };
            let mut line = Reply::new(&source, &["TAGMSG", &target], None).tag(tag, reaction);
            line.tags.extend(reply_tags(id));
            Some(line)
        }
        Changed::Retracted { .. } | Changed::Edited { .. } | Changed::Reaction { .. } => None,
    };
    match line {
        Some(line) => {
            let line = line.tag("time", &time::tag(shared.now));
            match answers {
                true => client.send(line),
                false => client.tell(line),
            }
        }
        None => {
            let text = in_words(host, person, id, changed);
            let mut said = Said::of(client, person, mine, &text);
            said.all.push(("time".to_owned(), time::tag(shared.now)));
            said.answers = answers;
            said.write(client);
        }
    }
}

/// Nobody is told that a text is gone: only what its writer did.
fn in_words(host: &mut dyn Host, person: &Person, id: LetterId, changed: &Changed<'_>) -> String {
    let quoted = host.find(&person.friend.address, id);
    let quoted = quoted.map(|entry| quote(&entry.text)).unwrap_or_default();
    let about = match quoted.is_empty() {
        true => "a text".to_owned(),
        false => format!("\"{quoted}\""),
    };
    match *changed {
        Changed::Edited { text } => format!("[edited] {text}"),
        Changed::Retracted { reason } => {
            let reason = reason.map(|reason| format!(": {reason}"));
            format!("{ACTION}took back {about}{}", reason.unwrap_or_default())
        }
        Changed::Reaction { reaction, on: true } => {
            format!("{ACTION}reacted {reaction} to {about}")
        }
        Changed::Reaction {
            reaction,
            on: false,
        } => format!("{ACTION}took {reaction} back from {about}"),
    }
}

/// How far a text of the user has come: a tag to who takes tags, a standard reply where something went otherwise than
/// expected, and a word of `iim` where it failed.
fn state(clients: &mut Clients, shared: &Shared, entry: &Entry) {
    let Some(person) = shared.people.at(&entry.friend) else {
        return;
    };
    let id = id_text(entry.id);
    for client in registered(clients) {
        let mut line = Reply::new(&person.source, &["TAGMSG", &client.nick], None)
            .tag("time", &time::tag(shared.now))
            .tag(STATE_TAG, state_word(entry.state));
        line.tags.extend(reply_tags(entry.id));
        if client.has(Cap::MessageTags) {
            client.tell(line);
        }
        let replies = client.has(Cap::StandardReplies);
        match (entry.state, entry.via) {
            (Delivery::Sent, Some(Via::Mail)) if replies => {
                let words = ["NOTE", "PRIVMSG", "SENT_BY_MAIL", &person.nick, &id];
                client.tell(Reply::new(SERVER, &words, Some("The text went by mail")));
            }
            (Delivery::Failed, _) => failed(client, person, entry, &id, shared.now),
            (Delivery::Queued | Delivery::Sent | Delivery::Delivered | Delivery::Read, _) => {}
        }
    }
}

fn failed(client: &mut Client, person: &Person, entry: &Entry, id: &str, now: u64) {
    let reason = entry.reason.as_deref().unwrap_or("no reason was given");
    if client.has(Cap::StandardReplies) {
        let words = ["FAIL", "PRIVMSG", "NOT_DELIVERED", &person.nick, id];
        client.tell(Reply::new(SERVER, &words, Some(reason)));
    }
    let text = format!(
        "not delivered to {}: {reason}: \"{}\"",
        person.nick,
        quote(&entry.text)
    );
    service::announce(client, &text, now);
}

fn is_typing(clients: &mut Clients, shared: &mut Shared, friend: &Address, typing: Typing) {
    let holds = match typing {
        Typing::Active => TYPING_HOLDS,
        Typing::Paused => PAUSE_HOLDS,
        Typing::Done => 0,
    };
    let until = shared.now.saturating_add(holds);
    match typing {
        Typing::Active | Typing::Paused => {
            shared.typing.insert(friend.clone(), (typing, until));
        }
        Typing::Done => {
            shared.typing.remove(friend);
        }
    }
    tell_typing(clients, shared, friend, typing);
}

fn tell_typing(clients: &mut Clients, shared: &Shared, friend: &Address, typing: Typing) {
    let Some(person) = shared.people.at(friend) else {
        return;
    };
    let word = match typing {
        Typing::Active => "active",
        Typing::Paused => "paused",
        Typing::Done => "done",
    };
    for client in registered(clients).filter(|client| client.has(Cap::MessageTags)) {
        let line = Reply::new(&person.source, &["TAGMSG", &client.nick], None);
        let line = line.tag("time", &time::tag(shared.now));
        client.tell(line.tag("+typing", word));
    }
}

/// Nobody writes for ever: after a while without a word it is over.
pub(super) fn typing_over(clients: &mut Clients, shared: &mut Shared) {
    let now = shared.now;
    let over: Vec<Address> = shared
        .typing
        .iter()
        .filter(|(_, (_, until))| *until <= now)
        .map(|(friend, _)| friend.clone())
        .collect();
    for friend in over {
        shared.typing.remove(&friend);
        tell_typing(clients, shared, &friend, Typing::Done);
    }
}

fn status(clients: &mut Clients, shared: &mut Shared, host: &mut dyn Host) {
    let me = host.me();
    let old = shared.away();
    let new = me.away.clone();
    shared.me = Some(me);
    if old == new {
        return;
    }
    for client in registered(clients) {
        away::tell_own(client, new.as_deref());
    }
}

fn mark(clients: &mut Clients, shared: &Shared, friend: &Address, at: u64) {
    let Some(person) = shared.people.at(friend) else {
        return;
    };
    let reply = marker::mark_line(&person.nick, Some(at));
    for client in clients.values_mut() {
        marker::tell(client, &reply);
    }
}

/// How long a friend is believed to write without a further word, in ms (IRCv3 `+typing`: "at least 6 seconds" and
/// "at least 30 seconds" for a pause).
const TYPING_HOLDS: u64 = 6_000;
const PAUSE_HOLDS: u64 = 30_000;

/// A longer text does not fit in a tag (8191 bytes of tags, each character may take two).
const MOST_IN_TAG: usize = 3_500;

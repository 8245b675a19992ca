//! What has happened, as each client is told of it.

use crate::gateway::caps::Cap;
use crate::gateway::channel::changes;
use crate::gateway::client::{Client, Clients};
use crate::gateway::contacts::Contact;
use crate::gateway::host::{Event, Host, Typing, With};
use crate::gateway::message::{away, read_marker, service};
use crate::gateway::nick::SERVER;
use crate::gateway::render::split::{command, quote};
use crate::gateway::render::text::Renderer;
use crate::gateway::state::State;
use crate::gateway::tags::{STATE_TAG, id_text, reply_tags};
use crate::gateway::{copies, presence, time};
use crate::protocol::irc_line::Reply;
use crate::protocol::time::Millis;
use crate::rules::conversation::{ContactId, Stored, What};
use crate::rules::entry::Entry;
use crate::rules::message::{Delivery, Via};
use crate::rules::words;
use std::time::Duration;

/// Tells all clients.
pub(super) fn handle(clients: &mut Clients, state: &mut State, event: &Event, host: &mut dyn Host) {
    match event {
        Event::Stored(stored) => received(clients, state, stored, host),
        Event::Texts => {
            let newest = host.newest();
            for client in registered(clients) {
                Renderer::new(client, state, host).reaches(newest);
            }
        }
        Event::State(friend, id) => {
            if let Some(found) = host.find(With::Friend(*friend), *id) {
                progress(clients, state, &found.entry);
            }
        }
        Event::Copies { .. } => copies::moved(clients, state, event, host),
        Event::Typing { friend, typing } => is_typing(clients, state, *friend, *typing),
        Event::Contacts(these) => presence::changed(clients, state, host, these.as_ref()),
        Event::Group(id, news) => changes::changed(clients, state, host, (*id, news)),
        Event::Groups => changes::changed_all(clients, state, host),
        Event::Status => status(clients, state, host),
        Event::Marker { with, at } => mark(clients, state, *with, *at),
        Event::Question(question) => {
            say(clients, &service::question_text(question), state.now);
        }
        Event::Notice(text) => say(clients, text, state.now),
    }
}

fn registered(clients: &mut Clients) -> impl Iterator<Item = &mut Client> {
    clients.values_mut().filter(|client| client.is_registered())
}

fn received(clients: &mut Clients, state: &mut State, stored: &Stored, host: &mut dyn Host) {
    if let What::Text(entry) = &stored.what
        && !entry.message.is_ours()
        && let Some(contact) = state.contacts.of(entry.message.conversation)
    {
        // Who has sent it is no longer writing: clients know that themselves.
        state.typing.remove(&contact.friend.id);
    }
    for client in registered(clients) {
        Renderer::new(client, state, host).received(stored);
    }
}

fn say(clients: &mut Clients, text: &str, now: Millis) {
    for client in registered(clients) {
        service::announce(client, text, now);
    }
}

/// How far a text of the user has come: a tag to who takes tags, a standard reply where something went otherwise than
/// expected, and a word of `iim` where it failed.
fn progress(clients: &mut Clients, state: &State, entry: &Entry) {
    let message = &entry.message;
    let Some(contact) = state.contacts.of(message.conversation) else {
        return;
    };
    let id = id_text(message.id);
    for client in registered(clients) {
        let mut line = Reply::new(&contact.source, &["TAGMSG", &client.nick], None)
            .tag("time", &time::tag(state.now))
            .tag(STATE_TAG, words::state(message.state));
        line.tags.extend(reply_tags(message.id));
        if client.has(Cap::MessageTags) {
            client.notify(line);
        }
        let replies = client.has(Cap::StandardReplies);
        match (message.state, message.via) {
            (Delivery::Sent, Some(Via::Mail)) if replies => {
                let words = ["NOTE", "PRIVMSG", "SENT_BY_MAIL", &contact.nick, &id];
                client.notify(Reply::new(SERVER, &words, Some("The text went by mail")));
            }
            (Delivery::Failed, _) => failed(client, contact, entry, &id, state.now),
            (Delivery::Queued | Delivery::Sent | Delivery::Delivered | Delivery::Read, _) => {}
        }
    }
}

fn failed(client: &mut Client, contact: &Contact, entry: &Entry, id: &str, now: Millis) {
    let reason = entry.message.reason.as_deref();
    let reason = reason.unwrap_or("no reason was given");
    if client.has(Cap::StandardReplies) {
        let command = command(entry.message.notice);
        let words = ["FAIL", command, "NOT_DELIVERED", &contact.nick, id];
        client.notify(Reply::new(SERVER, &words, Some(reason)));
    }
    let (nick, words) = (&contact.nick, quote(&entry.words()));
    let text = format!("not delivered to {nick}: {reason}: \"{words}\"");
    service::announce(client, &text, now);
}

fn is_typing(clients: &mut Clients, state: &mut State, friend: ContactId, typing: Typing) {
    let holds = match typing {
        Typing::Active => Some(TYPING_HOLDS),
        Typing::Paused => Some(PAUSE_HOLDS),
        Typing::Done => None,
    };
    let until = holds.map(|holds| state.now.after(holds));
    match until {
        Some(until) => state.typing.insert(friend, until),
        None => state.typing.remove(&friend),
    };
    notify_typing(clients, state, friend, typing);
}

fn notify_typing(clients: &mut Clients, state: &State, friend: ContactId, typing: Typing) {
    let Some(contact) = state.contacts.get(friend) else {
        return;
    };
    let word = words::typing(typing);
    for client in registered(clients).filter(|client| client.has(Cap::MessageTags)) {
        let line = Reply::new(&contact.source, &["TAGMSG", &client.nick], None);
        let line = line.tag("time", &time::tag(state.now));
        client.notify(line.tag("+typing", word));
    }
}

/// Nobody writes for ever: after a while without a word it is over.
pub(super) fn typing_over(clients: &mut Clients, state: &mut State) {
    let now = state.now;
    let over = state.typing.extract_if(.., |_, until| *until <= now);
    let over: Vec<ContactId> = over.map(|(friend, _)| friend).collect();
    for friend in over {
        notify_typing(clients, state, friend, Typing::Done);
    }
}

fn status(clients: &mut Clients, state: &mut State, host: &mut dyn Host) {
    let me = host.me();
    let new = me.away.clone();
    let old = state.me.replace(me).and_then(|me| me.away);
    if old != new {
        away::set_elsewhere(clients, new.as_deref());
    }
}

/// That of a client was told when it came.
fn mark(clients: &mut Clients, state: &mut State, with: With, at: Millis) {
    if state.shown_marks.insert(with, at) == Some(at) {
        return;
    }
    let name = match with {
        With::Friend(friend) => state.contacts.get(friend).map(|one| &one.nick),
        With::Group(group) => state.groups.get(group).map(|one| &one.name),
    };
    let Some(reply) = name.map(|name| read_marker::mark_line(name, Some(at))) else {
        return;
    };
    for client in clients.values_mut() {
        let is_seen = match with {
            With::Friend(_) => true,
            With::Group(group) => client.channels.contains(&group),
        };
        if is_seen {
            read_marker::notify(client, &reply);
        }
    }
}

/// How long a friend is believed to write without a further word (IRCv3 `+typing`: "at least 6 seconds" and
/// "at least 30 seconds" for a pause).
const TYPING_HOLDS: Duration = Duration::from_secs(6);
const PAUSE_HOLDS: Duration = Duration::from_secs(30);

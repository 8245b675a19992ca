//! Friends who come, go, go away or are called otherwise, as each client is told.

use std::collections::BTreeSet;

use crate::edge::listener::event::ConnId;
use crate::gateway::caps::Cap;
use crate::gateway::client::{Client, Clients};
use crate::gateway::contacts::{Contact, ContactChange, Contacts};
use crate::gateway::host::Host;
use crate::gateway::nick::{self, CHANNEL, SERVER};
use crate::gateway::query::monitor;
use crate::gateway::renamed::{self, Renamed};
use crate::gateway::render::member::{join_line, voice_line};
use crate::gateway::state::State;
use crate::protocol::irc_line::Reply;
use crate::rules::conversation::ContactId;

/// The roster or a presence has changed, of these or perhaps of all: what is different is shown.
pub(super) fn changed(
    clients: &mut Clients,
    state: &mut State,
    host: &mut dyn Host,
    these: Option<&BTreeSet<ContactId>>,
) {
    let mut changes = Vec::new();
    let mut each = these.into_iter().flatten();
    let contacts = &mut state.contacts;
    let all_known = each.all(|one| contacts.update(*one, host.friend(*one), &mut changes));
    show(clients, state, &changes);
    if these.is_none() || !all_known {
        replace(clients, state, Contacts::new(host.friends()));
    }
}

/// Whoever has the nick of a friend to come gets another first, and a friend who goes is one until they are gone.
fn replace(clients: &mut Clients, state: &mut State, new: Contacts) {
    let before = state.everybody();
    let changes = state.contacts.changes(&new);
    state.contacts = new;
    let freed = free_nicks(clients, state);
    state.strangers.follow(&state.groups, &state.contacts);
    let renamed = renamed::between(&before, &state.everybody());
    let (gone, others): (Vec<_>, Vec<_>) = renamed.into_iter().partition(|one| one.was_friend);
    tell_renamed(clients, state, &others);
    for (conn, line) in freed {
        clients.entry(conn).and_modify(|client| client.notify(line));
    }
    for (old, new) in changes.iter().filter_map(ContactChange::renamed) {
        state.was_called(&old.nick, new.friend.id);
    }
    show(clients, state, &changes);
    tell_renamed(clients, state, &gone);
}

fn tell_renamed(clients: &mut Clients, state: &State, all: &[Renamed]) {
    for client in clients.values_mut().filter(|c| c.is_registered()) {
        all.iter().for_each(|one| one.show(client, state));
    }
}

fn show(clients: &mut Clients, state: &State, changes: &[ContactChange]) {
    let gone = changes.iter().filter(|c| c.presence() == (true, false));
    let split = gone.count() >= MANY;
    for client in clients.values_mut().filter(|c| c.is_registered()) {
        // IRCv3 `netsplit` batch: many who leave at once are shown as one thing.
        let split = split && client.joined && client.has(Cap::Batch);
        let kind = ["netsplit", SERVER, "networks.iim.local"];
        let batch = split.then(|| client.batch(SERVER, &kind));
        if let Some(batch) = &batch {
            client.notify(batch.open.clone());
        }
        for change in changes {
            let batch = batch.as_ref().map(|batch| batch.name.as_str());
            show_contact(client, state, change, batch);
        }
        if let Some(batch) = batch {
            client.notify(batch.close);
        }
    }
    for change in changes {
        watchers(clients, state, change);
    }
}

fn show_contact(client: &mut Client, state: &State, change: &ContactChange, batch: Option<&str>) {
    if let Some((old, new)) = change.renamed() {
        client.notify(Reply::new(&old.source, &["NICK", &new.nick], None));
    }
    let old = change.old.as_ref();
    let Some(now) = change.new.as_ref().or(old) else {
        return;
    };
    let meets = state.meets(client, now);
    if !client.joined && !meets {
        return;
    }
    match change.presence() {
        (true, false) => show_going(client, now, meets, batch),
        (false, true) => show_coming(client, now, meets),
        (true, true) => {
            if old.is_some_and(|old| old.away() != now.away()) {
                if client.joined {
                    client.notify(voice_line(&now.nick, now.is_voiced()));
                }
                show_absence(client, now);
            }
            // What the user calls them is no news of their own.
            let name = now.real_name();
            let renames_self =
                now.friend.own_name.is_some() && old.is_some_and(|old| old.real_name() != name);
            if renames_self && client.has(Cap::SetName) {
                client.notify(Reply::new(&now.source, &["SETNAME"], Some(&name)));
            }
        }
        (false, false) => {}
    }
}

/// Who is in a group with the user stays in its channel: QUIT would take them out of all.
fn show_going(client: &mut Client, contact: &Contact, meets: bool, batch: Option<&str>) {
    let source = &contact.source;
    if meets {
        if client.joined {
            client.notify(Reply::new(source, &["PART", CHANNEL], Some("offline")));
        }
        return show_absence(client, contact);
    }
    let text = match batch {
        Some(_) => format!("{SERVER} networks.iim.local"),
        None => "offline".to_owned(),
    };
    let line = Reply::new(source, &["QUIT"], Some(&text));
    client.notify(line.tag_if("batch", batch));
}

fn show_coming(client: &mut Client, contact: &Contact, meets: bool) {
    if client.joined {
        let extended = client.has(Cap::ExtendedJoin);
        let (account, real) = (contact.account(), contact.real_name());
        let line = join_line(CHANNEL, &contact.source, account, &real, extended);
        client.notify(line);
        if contact.is_voiced() {
            client.notify(voice_line(&contact.nick, true));
        }
    }
    if meets || !contact.is_voiced() {
        show_absence(client, contact);
    }
}

/// IRCv3 `away-notify`: who is in a group is in its channel though they are not there.
pub(super) fn show_absence(client: &mut Client, contact: &Contact) {
    if client.has(Cap::AwayNotify) {
        let word = contact.absence();
        client.notify(Reply::new(&contact.source, &["AWAY"], word.as_deref()));
    }
}

fn watchers(clients: &mut Clients, state: &State, change: &ContactChange) {
    let mut tell = |contact: &Contact, online| {
        let who = (contact.nick.as_str(), contact.source.as_str());
        monitor::notify_presence(clients, who, online, state);
    };
    let now = change.new.as_ref().or(change.old.as_ref());
    match (change.presence(), now, change.renamed()) {
        ((false, true), Some(now), None) => tell(now, true),
        ((true, false), Some(now), _) => tell(now, false),
        ((_, true), _, Some((old, new))) => {
            tell(old, false);
            tell(new, true);
        }
        _ => {}
    }
}

/// A friend's nick comes first: a client that has it gets another, and those that shared it share that; gives the lines
/// that say so. Who is not registered keeps the nick: being called otherwise would tell a stranger who is a friend.
fn free_nicks(clients: &mut Clients, state: &mut State) -> Vec<(ConnId, Reply)> {
    let registered = clients.values().filter(|c| c.is_registered());
    let taken: Vec<String> = registered.map(|c| nick::fold(&c.nick)).collect();
    let mut lines = Vec::new();
    for (conn, client) in clients.iter_mut().filter(|(_, c)| c.is_registered()) {
        if state.contacts.named(&client.nick).is_none() {
            continue;
        }
        let is_taken =
            |nick: &str| state.contacts.named(nick).is_some() || taken.iter().any(|t| t == nick);
        let free = nick::of_name(&client.nick, is_taken);
        let source = client.source();
        client.nick.clone_from(&free);
        state.strangers.give_way(&free);
        lines.push((*conn, Reply::new(&source, &["NICK", &free], None)));
    }
    lines
}

/// So many who leave at once are a netsplit.
const MANY: usize = 3;

//! AWAY: the user's own status, which is the same for all his clients (RFC 2812, section 4.1; IRCv3 `pre-away`).

use std::collections::BTreeMap;

use crate::edge::listener::event::ConnId;
use crate::gateway::caps::Cap;
use crate::gateway::client::Client;
use crate::gateway::contacts::LONGEST_WORD;
use crate::gateway::context::Talk;
use crate::gateway::host::Host;
use crate::gateway::query::channel::voice_line;
use crate::gateway::query::monitor;
use crate::gateway::state::Shared;
use crate::gateway::{SERVER, numeric as n};
use crate::protocol::clean;
use crate::protocol::irc_line::{Line, Reply};

type Clients = BTreeMap<ConnId, Client>;

impl Talk<'_> {
    /// Sets or ends it.
    pub(in crate::gateway) fn away(&mut self, line: &Line) {
        // "indicating that the user is not present for an unspecified reason": this client says nothing of the user.
        // Bouncers in front of it send that whether they have asked for `pre-away` or not.
        if line.param(0) == "*" {
            return self.numeric(n::NOW_AWAY, &[], NOW_AWAY);
        }
        let word = clean::line(line.param(0), LONGEST_WORD);
        let word = Some(word).filter(|word| !word.is_empty());
        if let Err(reason) = self.host.status(word.as_deref()) {
            return self.fail(&["AWAY", "CANNOT_SET"], &reason);
        }
        match word {
            Some(_) => self.numeric(n::NOW_AWAY, &[], NOW_AWAY),
            None => self.numeric(n::UN_AWAY, &[], UN_AWAY),
        }
        self.status_is(word);
    }

    /// Before registration: taken, and answered by no numeric that could be mistaken for one of the registration.
    pub(in crate::gateway) fn away_before(&mut self, line: &Line) {
        if line.param(0) != "*" {
            let word = clean::line(line.param(0), LONGEST_WORD);
            self.client.pre_away = Some(Some(word).filter(|word| !word.is_empty()));
        }
    }

    /// What was set before registration holds once the client is the user's.
    pub(in crate::gateway) fn apply_pre_away(&mut self) {
        if let Some(word) = self.client.pre_away.take()
            && self.host.status(word.as_deref()).is_ok()
        {
            self.status_is(word);
        }
    }

    fn status_is(&mut self, word: Option<String>) {
        let Some(me) = &mut self.shared.me else {
            return;
        };
        let changed = me.away != word;
        me.away.clone_from(&word);
        if changed {
            self.tell_elsewhere(word.as_deref());
        }
        for (nick, source) in self.who_moves(word.is_some(), changed) {
            let reply = Reply::new(&source, &["AWAY"], word.as_deref());
            monitor::tell_watchers(self.others, &nick, Cap::AwayNotify, &reply);
        }
    }

    /// The user's other devices are told; another connection of this one is not.
    fn tell_elsewhere(&mut self, word: Option<&str>) {
        show_own_mode(self.client, word.is_none());
        let device = self.client.device.clone();
        let elsewhere = |c: &&mut Client| device.is_none() || c.device != device;
        let others = self.others.values_mut().filter(|c| c.is_registered());
        for other in others.filter(elsewhere) {
            tell_own(other, word);
        }
    }

    /// Which clients are away or back by this: a client is away if it said so itself, and back as soon as the user is.
    fn who_moves(&mut self, away: bool, changed: bool) -> Vec<(String, String)> {
        let others = self.others.values_mut().filter(|_| !away);
        let all = std::iter::once(&mut *self.client).chain(others);
        let moves = all.filter_map(|client| {
            let was = std::mem::replace(&mut client.said_away, away);
            let moves = was != away || (away && changed);
            let moves = moves && client.is_registered();
            moves.then(|| (client.nick.clone(), client.source()))
        });
        moves.collect()
    }
}

/// A client has left: an away that it set ends with it, unless all that are left are away too.
pub(in crate::gateway) fn ended(
    clients: &mut Clients,
    shared: &mut Shared,
    host: &mut dyn Host,
    gone: &Client,
) {
    let mut left = clients.values().filter(|client| client.is_registered());
    let is_present = left.any(|client| !client.said_away);
    if !gone.said_away || !is_present || shared.away().is_none() {
        return;
    }
    if let Err(reason) = host.status(None) {
        tracing::warn!("the status could not be set back: {reason}");
        return;
    }
    if let Some(me) = &mut shared.me {
        me.away = None;
    }
    for client in clients.values_mut().filter(|client| client.is_registered()) {
        client.said_away = false;
        tell_own(client, None);
    }
}

/// The status was set elsewhere: no client has said it.
pub(in crate::gateway) fn set_elsewhere(clients: &mut Clients, word: Option<&str>) {
    for client in clients.values_mut().filter(|client| client.is_registered()) {
        client.said_away = false;
        tell_own(client, word);
    }
}

/// Tells a client that the user's status is now this, by the numerics that AWAY itself has.
fn tell_own(client: &mut Client, word: Option<&str>) {
    let (numeric, text) = match word {
        Some(word) => (n::NOW_AWAY, format!("{NOW_AWAY}: {word}")),
        None => (n::UN_AWAY, UN_AWAY.to_owned()),
    };
    let name = client.nick.clone();
    client.tell(Reply::new(SERVER, &[numeric, &name], Some(&text)));
    show_own_mode(client, word.is_none());
}

/// Online is `+v`, for the user as for his friends. AWAY itself is answered by a numeric alone (Modern, "AWAY
/// message"); the mode goes to who follows such changes anyway.
fn show_own_mode(client: &mut Client, online: bool) {
    if client.joined && client.has(Cap::AwayNotify) {
        let reply = voice_line(&client.nick.clone(), online);
        client.tell(reply);
    }
}

/// 306.
const NOW_AWAY: &str = "You have been marked as being away";
/// 305.
const UN_AWAY: &str = "You are no longer marked as being away";

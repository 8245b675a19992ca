//! Operators, services, and strangers: whoever does something to people from outside.

use rand::RngExt as _;

use super::network::Conn;
use super::traits::Collision;
use super::{Irc, Why};

/// What a stranger writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Privmsg,
    Notice,
    /// PRIVMSG with 0x01 around the text.
    Ctcp,
}

impl Irc {
    /// The services give a person another nick.
    pub fn force_nick(&mut self, person: usize, network: &str, nick: &str) {
        let link = self.find(person, network);
        let conn = link.and_then(|link| self.links[link].conn());
        if let Some(conn) = conn.filter(|conn| self.conns[*conn].is_registered()) {
            self.rename(conn, nick);
        }
    }

    /// An operator throws out whoever has this nick; says whether somebody had it.
    pub fn kill_nick(&mut self, network: &str, nick: &str) -> bool {
        let found = self.holders(network, nick);
        for conn in &found {
            let text = format!(":oper!o@{network}.example KILL {nick} :oper (no reason)");
            self.say(*conn, &text);
            self.kill(*conn, Why::Operator, "Killed (oper (no reason))");
        }
        !found.is_empty()
    }

    /// Nobody may take this nick until then (437).
    pub fn hold_nick(&mut self, network: &str, nick: &str, until_ms: u64) {
        let net = self.network(network);
        let lower = self.networks[net].traits.mapping.lower(nick);
        self.networks[net].held.insert(lower, until_ms);
    }

    /// A stranger takes a nick on a server, if it runs and the nick is free there.
    pub fn squat(&mut self, network: &str, server: usize, nick: &str) -> bool {
        let net = self.network(network);
        let up = self.networks[net].servers[server].up;
        if !up || self.visible(net, server, nick).is_some() {
            return false;
        }
        let host = format!("host-{:04x}.example.com", self.rng.random::<u16>());
        let mut conn = Conn::new(net, server, None, host);
        conn.user.nick = Some(nick.to_owned());
        conn.user.ident = Some("stranger".to_owned());
        self.conns.push(conn);
        self.enter_network(self.conns.len() - 1);
        true
    }

    /// The stranger who has this nick leaves; says whether there was one.
    pub fn unsquat(&mut self, network: &str, nick: &str) -> bool {
        let mut found = self.holders(network, nick);
        found.retain(|conn| self.conns[*conn].link.is_none());
        for conn in &found {
            self.close(*conn);
        }
        !found.is_empty()
    }

    /// A stranger writes to a nick. If nobody has their nick, they come for this line and leave; if a person has it,
    /// nothing is written, and the answer is no.
    pub fn stranger_says(
        &mut self,
        network: &str,
        from: &str,
        kind: Kind,
        to: &str,
        text: &str,
    ) -> bool {
        let net = self.network(network);
        let up = self.networks[net]
            .servers
            .iter()
            .position(|server| server.up);
        let came = up.is_some_and(|server| self.squat(network, server, from));
        let all = self.holders(network, from);
        let stranger = all
            .into_iter()
            .find(|conn| self.conns[*conn].link.is_none());
        let Some(conn) = stranger else {
            return false;
        };
        match kind {
            Kind::Privmsg if to.starts_with('#') => {
                self.note(conn, to, text);
                self.say_in_channel(conn, to, text);
            }
            Kind::Privmsg => self.privmsg(conn, to, text),
            Kind::Ctcp => self.privmsg(conn, to, &format!("\u{1}{text}\u{1}")),
            Kind::Notice => self.notice(conn, to, text),
        }
        if came {
            self.close(conn);
        }
        true
    }

    /// A stranger writes what was seen before, to whom it went or to somebody else; `which` counts from the oldest
    /// that the log still has.
    pub fn replay(&mut self, network: &str, which: usize, from: &str, to: Option<&str>) -> bool {
        let Some(seen) = self.log(network).get(which).cloned() else {
            return false;
        };
        let to = to.unwrap_or(&seen.to);
        self.stranger_says(network, from, Kind::Privmsg, to, &seen.text)
    }

    /// So many lines from as many strangers; each tells a text of its own.
    pub fn flood(&mut self, network: &str, to: &str, lines: usize) {
        for n in 0..lines {
            let from = format!("s{:06x}", self.rng.random_range(0..0x0100_0000));
            let text = format!("flood {n} {:x}", self.rng.random::<u64>());
            self.stranger_says(network, &from, Kind::Privmsg, to, &text);
        }
    }

    /// All that is wrong ends: servers run, splits heal, cables are in, strangers leave, lines are lost no more. What
    /// was cut stays cut until somebody notices.
    pub fn calm(&mut self) {
        for person in &mut self.people {
            person.unplugged = false;
        }
        let names: Vec<String> = self.networks.iter().map(|net| net.name.clone()).collect();
        for (net, name) in names.iter().enumerate() {
            self.networks[net].held.clear();
            self.set_lag(name, 20);
            self.set_odds(name, 0.0, 0.0, 0.0);
            self.network_up(name);
            let users: Vec<usize> = self.networks[net].users.iter().copied().collect();
            for conn in users {
                if self.conns[conn].link.is_none() {
                    self.close(conn);
                }
            }
            self.heal(name);
            self.free_channels(net);
        }
    }

    /// Whoever has this nick, on all sides of a split.
    pub(super) fn holders(&self, network: &str, nick: &str) -> Vec<usize> {
        let net = &self.networks[self.network(network)];
        let lower = net.traits.mapping.lower(nick);
        let users = net.users.iter().copied();
        users
            .filter(|u| self.conns[*u].user.lower == lower)
            .collect()
    }

    fn notice(&mut self, conn: usize, to: &str, text: &str) {
        let Conn { net, server, .. } = self.conns[conn];
        if let Some(there) = self.visible(net, server, to) {
            let line = format!(":{} NOTICE {to} :{text}", self.conns[conn].mask());
            self.hop(server, there, 0, &line);
        }
    }

    /// Who must go because another has the same nick.
    pub(super) fn colliding(&self, net: usize) -> Vec<usize> {
        let users = &self.networks[net].users;
        let same = |one: usize, other: usize| {
            one != other && self.conns[one].user.lower == self.conns[other].user.lower
        };
        let older = |one: usize| (self.conns[one].user.since, one);
        let both = self.networks[net].traits.collision == Collision::BothKilled;
        let goes = |one: usize| {
            let mut others = users.iter().filter(|other| same(one, **other));
            others.any(|other| both || older(*other) < older(one))
        };
        users.iter().copied().filter(|conn| goes(*conn)).collect()
    }
}

//! Who is on a network, and who is told so: nicks taken and left, MONITOR's lists.

use super::network::Conn;
use super::traits::{Meter, Patience, Sight};
use super::{Event, Had, Irc, Kill, Why};

impl Irc {
    /// A client is on the network from now on.
    pub(super) fn enter_network(&mut self, conn: usize) {
        let Conn { net, .. } = self.conns[conn];
        self.networks[net].users.insert(conn);
        self.conns[conn].user.since = Some(self.now);
        // Whoever registers is borne with.
        self.conns[conn].user.meter = Meter::default();
        self.named(conn);
    }

    /// A registered client has a new nick.
    pub(super) fn named(&mut self, conn: usize) {
        let Conn { net, link, .. } = self.conns[conn];
        let nick = self.conns[conn].user.nick.clone().unwrap_or_default();
        let lower = self.networks[net].traits.mapping.lower(&nick);
        let before = std::mem::replace(&mut self.conns[conn].user.lower, lower.clone());
        self.had_until_now(conn);
        if let Some(link) = link {
            self.had.push(Had {
                person: self.links[link].person,
                network: self.networks[net].name.clone(),
                nick,
                from_ms: self.now,
                until_ms: None,
            });
            self.conns[conn].had = Some(self.had.len() - 1);
        }
        self.seen_anew(net, &[before, lower]);
    }

    fn had_until_now(&mut self, conn: usize) {
        if let Some(had) = self.conns[conn].had.take() {
            self.had[had].until_ms = Some(self.now);
        }
    }

    /// The server closes a connection; whoever was on it has quit.
    pub(super) fn close(&mut self, conn: usize) {
        if !std::mem::replace(&mut self.conns[conn].open, false) {
            return;
        }
        self.had_until_now(conn);
        self.quit_channels(conn, "");
        self.downwards(conn, Event::Closed { conn });
        let (net, user) = (self.conns[conn].net, &mut self.conns[conn].user);
        user.watching.clear();
        let lower = std::mem::take(&mut user.lower);
        if self.networks[net].users.remove(&conn) {
            self.seen_anew(net, &[lower]);
        }
    }

    /// Throws a client out.
    pub(super) fn kill(&mut self, conn: usize, why: Why, words: &str) {
        let Conn { net, link, .. } = self.conns[conn];
        let nick = self.conns[conn].user.nick.clone().unwrap_or_default();
        let text = format!("ERROR :Closing Link: {nick} ({words})");
        self.say(conn, &text);
        self.kills.push(Kill {
            at_ms: self.now,
            network: self.networks[net].name.clone(),
            nick,
            person: link.map(|link| self.links[link].person),
            why,
        });
        self.close(conn);
    }

    /// Tells whoever watches one of these nicks what has changed in their eyes.
    pub(super) fn seen_anew(&mut self, net: usize, nicks: &[String]) {
        for nick in nicks.iter().filter(|nick| !nick.is_empty()) {
            let users: Vec<usize> = self.networks[net].users.iter().copied().collect();
            for user in users {
                self.compare(user, nick);
            }
            for link in 0..self.links.len() {
                if self.polls(link, net, nick) {
                    self.rouse(link);
                }
            }
        }
    }

    /// A link on this network looks for this nick by ISON.
    fn polls(&self, link: usize, net: usize, nick: &str) -> bool {
        let Some(conn) = self.links[link].conn().map(|conn| &self.conns[conn]) else {
            return false;
        };
        let told = conn.user.watching.contains_key(nick);
        conn.net == net && !told && self.links[link].watches(nick)
    }

    fn compare(&mut self, conn: usize, nick: &str) {
        let Conn { net, server, .. } = self.conns[conn];
        let there = self.visible(net, server, nick).is_some();
        let told = self.conns[conn].user.watching.get(nick);
        if told.is_some_and(|told| *told != there) {
            self.tell_sights(conn, &[nick.to_owned()]);
        }
    }

    /// 730 for those who are there, 731 for the others, twenty in a line.
    fn tell_sights(&mut self, conn: usize, nicks: &[String]) {
        let Conn { net, server, .. } = self.conns[conn];
        let mask = self.networks[net].traits.patience == Patience::Hybrid;
        let (mut here, mut away) = (Vec::new(), Vec::new());
        for nick in nicks {
            let there = self.visible(net, server, nick);
            match there.map(|there| &self.conns[there]) {
                Some(there) if mask => here.push(there.mask()),
                Some(there) => here.extend(there.user.nick.clone()),
                None => away.push(nick.clone()),
            }
            let watching = &mut self.conns[conn].user.watching;
            watching.insert(nick.clone(), there.is_some());
        }
        for (code, names) in [(730, here), (731, away)] {
            for some in names.chunks(if mask { 5 } else { 20 }) {
                self.numeric(conn, code, &format!(":{}", some.join(",")));
            }
        }
    }

    /// MONITOR (IRCv3).
    pub(super) fn monitor(&mut self, conn: usize, what: &str, targets: &str) {
        let mapping = self.networks[self.conns[conn].net].traits.mapping;
        let nicks: Vec<String> = targets.split(',').map(|nick| mapping.lower(nick)).collect();
        match what.to_ascii_uppercase().as_str() {
            "+" => self.monitor_more(conn, &nicks),
            "-" => {
                let watching = &mut self.conns[conn].user.watching;
                watching.retain(|nick, _| !nicks.contains(nick));
            }
            "C" => self.conns[conn].user.watching.clear(),
            "L" => {
                let all: Vec<String> = self.conns[conn].user.watching.keys().cloned().collect();
                for some in all.chunks(20) {
                    self.numeric(conn, 732, &format!(":{}", some.join(",")));
                }
                self.numeric(conn, 733, ":End of MONITOR list");
            }
            "S" => {
                let all: Vec<String> = self.conns[conn].user.watching.keys().cloned().collect();
                self.tell_sights(conn, &all);
            }
            _ => {}
        }
    }

    fn monitor_more(&mut self, conn: usize, nicks: &[String]) {
        let Sight::Monitor { taken, .. } = self.networks[self.conns[conn].net].traits.sight else {
            return;
        };
        let watching = &self.conns[conn].user.watching;
        let (known, new): (Vec<String>, Vec<String>) = nicks
            .iter()
            .cloned()
            .partition(|nick| watching.contains_key(nick));
        let room = taken.saturating_sub(watching.len()).min(new.len());
        let (put, refused) = new.split_at(room);
        if !refused.is_empty() {
            let refused = refused.join(",");
            self.numeric(
                conn,
                734,
                &format!("{taken} {refused} :Monitor list is full."),
            );
        }
        self.tell_sights(conn, &[known.as_slice(), put].concat());
    }
}

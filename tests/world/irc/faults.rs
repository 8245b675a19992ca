//! What goes wrong: cables, servers, clocks.

use rand::RngExt as _;

use super::network::{Conn, Odds};
use super::{Event, Irc, Why};

/// A person's own machine and line.
impl Irc {
    /// Their clock is ahead of the true one by so many seconds from now on.
    pub fn set_clock_offset(&mut self, person: usize, seconds: i64) {
        let Some(machine) = self.people.get_mut(person) else {
            return;
        };
        let before = std::mem::replace(&mut machine.offset, seconds);
        for link in self.links_of(person) {
            self.rouse(link);
            if seconds - before > SLEPT && self.links[link].is_pausing() {
                self.go(link);
            }
        }
    }

    /// Their machine sleeps until then, if it is awake.
    pub fn sleep(&mut self, person: usize, until_ms: u64) {
        if self.people[person].asleep_until > self.now || until_ms <= self.now {
            return;
        }
        for link in self.links_of(person) {
            self.touch(link);
            self.stay_awake(link, until_ms);
            self.wake(link, until_ms);
            if let Some(conn) = self.links[link].conn() {
                self.silent_for_server(conn);
            }
        }
        let person = &mut self.people[person];
        person.slept += until_ms - self.now;
        person.asleep_until = until_ms;
    }

    /// The connection is cut in silence: whatever is written is lost, and each end notices by its own pings. New
    /// connections work.
    pub fn cut(&mut self, person: usize, network: &str) {
        let conn = self
            .find(person, network)
            .and_then(|l| self.links[l].conn());
        if let Some(conn) = conn {
            self.cut_conn(conn);
        }
    }

    /// Lines are held back for so long, both ways, and then come all at once, as TCP does after a gap.
    pub fn stall(&mut self, person: usize, network: &str, ms: u64) {
        let link = self.find(person, network).unwrap();
        if let Some(conn) = self.links[link].conn() {
            self.conns[conn].stalled_until = self.now + ms;
            self.rouse(link);
            self.silent_for_server(conn);
        }
    }

    /// As [`Irc::cut`] for all networks, and nothing can be reached until the cable is back.
    pub fn unplug(&mut self, person: usize) {
        self.people[person].unplugged = true;
        let links = self.links_of(person).into_iter();
        let conns: Vec<usize> = links.filter_map(|link| self.links[link].conn()).collect();
        for conn in conns {
            self.cut_conn(conn);
        }
    }

    /// The cable is back.
    pub fn plug(&mut self, person: usize) {
        self.people[person].unplugged = false;
    }

    /// The connection is closed, and both ends learn it.
    pub fn reset(&mut self, person: usize, network: &str) {
        let conn = self
            .find(person, network)
            .and_then(|l| self.links[l].conn());
        if let Some(conn) = conn {
            self.close(conn);
        }
    }

    /// The agent dies: its links know nothing any more. The system closes its connections, unless the machine dies
    /// with it.
    pub fn crash(&mut self, person: usize, machine: bool) {
        for link in self.links_of(person) {
            self.forget(link, machine);
        }
    }

    /// A person's lines to a network take so many ms more, one way.
    pub fn set_lag_of(&mut self, person: usize, network: &str, ms: u64) {
        let link = self.find(person, network).unwrap();
        self.links[link].lag = ms;
    }

    fn links_of(&self, person: usize) -> Vec<usize> {
        let all = 0..self.links.len();
        all.filter(|link| self.links[*link].person == person)
            .collect()
    }

    pub(super) fn cut_conn(&mut self, conn: usize) {
        if let Some(link) = self.conns[conn].link {
            self.rouse(link);
        }
        self.silent_for_server(conn);
        self.conns[conn].cut = true;
    }

    fn silent_for_server(&mut self, conn: usize) {
        let patience = self.rng.random_range(60_000..=240_000);
        self.at(self.now + patience, Event::PingTimeout { conn });
    }

    /// The server gives a client up, if it still does not answer.
    pub(super) fn ping_timeout(&mut self, conn: usize) {
        let Conn {
            link,
            open,
            cut,
            stalled_until,
            ..
        } = self.conns[conn];
        let person = link.map(|link| &self.people[self.links[link].person]);
        let asleep = person.is_some_and(|person| person.asleep_until > self.now);
        if open && (cut || asleep || stalled_until > self.now) {
            // Nor does its last word reach a machine that sleeps.
            self.conns[conn].cut = true;
            self.kill(conn, Why::Silent, "Ping timeout: 120 seconds");
        }
    }
}

/// Servers and networks.
impl Irc {
    /// A line takes so many ms one way, besides the person's own lag.
    pub fn set_lag(&mut self, network: &str, ms: u64) {
        let net = self.network(network);
        self.networks[net].lag = ms;
    }

    /// How likely a PRIVMSG is lost, delivered twice, or held back for some seconds so that later ones pass it.
    pub fn set_odds(&mut self, network: &str, lost: f64, doubled: f64, late: f64) {
        let net = self.network(network);
        self.networks[net].odds = Odds {
            lost,
            doubled,
            late,
        };
    }

    /// A server dies; its clients' connections are closed.
    pub fn server_down(&mut self, network: &str, server: usize) {
        let net = self.network(network);
        self.networks[net].servers[server].up = false;
        for conn in 0..self.conns.len() {
            if self.conns[conn].net == net && self.conns[conn].server == server {
                self.close(conn);
            }
        }
    }

    /// A server runs again.
    pub fn server_up(&mut self, network: &str, server: usize) {
        let net = self.network(network);
        self.networks[net].servers[server].up = true;
    }

    /// All servers die.
    pub fn network_down(&mut self, network: &str) {
        for server in 0..self.networks[self.network(network)].servers.len() {
            self.server_down(network, server);
        }
    }

    /// All servers run again.
    pub fn network_up(&mut self, network: &str) {
        for server in 0..self.networks[self.network(network)].servers.len() {
            self.server_up(network, server);
        }
    }

    pub(super) fn all_seen_anew(&mut self, net: usize) {
        let users = self.networks[net].users.iter();
        let mut nicks: Vec<String> = users.map(|u| self.conns[*u].user.lower.clone()).collect();
        nicks.sort();
        nicks.dedup();
        self.seen_anew(net, &nicks);
    }
}

/// Seconds that a clock leaps which mean that the machine slept.
const SLEPT: i64 = 120;

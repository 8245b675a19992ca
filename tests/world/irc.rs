//! Simulated IRC networks: real protocol lines, the real [`Session`](iim::edge::irc::Session) on each person's side,
//! no sockets, no threads, and no time but the caller's.
//!
//! ```text
//! person ──Order──> link (Session, Retries) ──lines, lag──> conn ──> server ─┐
//! person <──LinkEvent─── link                    <──lines, lag── conn <── server ─┴─ other servers of the network
//! ```
//!
//! All that happens is an event in one queue, ordered by time and then by the order of its making; the rng are
//! seeded. So the same seed and the same calls give the same lines, byte for byte.
//!
//! A person who has nothing to write, on a connection that is well and where nobody whom they watch comes or goes, is
//! *resting*: their pings and rounds of ISON, which would find nothing new, are left out, so that days pass in no time.
//!
//! Times are milliseconds since 1970 by the true clock. A turn of a world is:
//!
//! ```text
//! while !(told = irc.advance(until)).is_empty() { give each LinkEvent to its agent; irc.order(…) what the agent orders }
//! ```

#[cfg(test)]
mod chance;
mod channels;
mod driving;
mod ending;
mod faults;
mod link;
mod network;
mod presence;
mod server;
mod splits;
mod strangers;
mod takeover;
mod traits;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};

use iim::edge::config::{Network as Settings, Server as ServerAddress};
use iim::edge::irc::{LinkEvent, NetworkSettings, Order};
use rand::SeedableRng as _;
use rand::rngs::StdRng;

use link::SimLink;
use network::{Conn, Network};
pub use strangers::Kind;
pub use traits::{Caps, Collision, LongNick, Mapping, Patience, Sight, Traits};

/// All networks, and everybody's links to them.
pub struct Irc {
    now: u64,
    start: u64,
    made: u64,
    queue: BTreeMap<(u64, u64), Event>,
    rng: StdRng,
    networks: Vec<Network>,
    conns: Vec<Conn>,
    links: Vec<SimLink>,
    people: Vec<Person>,
    told: VecDeque<Told>,
    kills: Vec<Kill>,
    had: Vec<Had>,
    stays: Vec<Stay>,
    exposed: Vec<Exposed>,
    log_limit: usize,
}

/// A person's machine.
#[derive(Clone, Debug, Default)]
struct Person {
    /// Seconds that their clock is ahead of the true one.
    offset: i64,
    /// How long the machine has slept altogether, in ms.
    slept: u64,
    /// It sleeps until then.
    asleep_until: u64,
    /// No line leaves or reaches the machine.
    unplugged: bool,
    lines: BTreeMap<String, u64>,
}

/// What a link told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    pub at_ms: u64,
    pub person: usize,
    /// What the link is called.
    pub network: String,
    pub news: LinkEvent,
}

/// A PRIVMSG as a server saw it, whether it was delivered or not.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Seen {
    pub at_ms: u64,
    pub from_nick: String,
    /// `None`: a stranger wrote it.
    pub person: Option<usize>,
    pub to: String,
    pub text: String,
}

/// Somebody whom a server threw out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kill {
    pub at_ms: u64,
    pub network: String,
    pub nick: String,
    /// `None`: a stranger.
    pub person: Option<usize>,
    pub why: Why,
}

/// Why somebody was thrown out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Too many lines, or too long a one.
    Flood,
    /// Two held a nick when a split healed.
    Collision,
    /// An operator, or the services.
    Operator,
    /// Did not answer the server's ping.
    Silent,
}

/// A nick that a person had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Had {
    pub person: usize,
    pub network: String,
    pub nick: String,
    pub from_ms: u64,
    /// `None`: has it still.
    pub until_ms: Option<u64>,
}

/// A time that somebody was in a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stay {
    /// `None`: a stranger.
    pub person: Option<usize>,
    pub network: String,
    /// In lower case.
    pub channel: String,
    /// With which they came.
    pub key: String,
    pub nick: String,
    pub host: String,
    pub from_ms: u64,
    /// `None`: is in it still. A split ends nothing.
    pub until_ms: Option<u64>,
}

/// A time that a channel could be seen by anybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exposed {
    pub network: String,
    /// In lower case.
    pub channel: String,
    pub from_ms: u64,
    /// `None`: it was never hidden.
    pub until_ms: Option<u64>,
}

/// A channel in an operator's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// In lower case.
    pub channel: String,
    pub key: Option<String>,
    /// Nick, host, and the person; `None`: a stranger.
    pub members: Vec<(String, String, Option<usize>)>,
}

/// What is to happen.
#[derive(Debug)]
enum Event {
    /// A link's timer; void if the link has gone on to another turn since.
    Timer {
        link: usize,
        turn: u64,
    },
    /// An order that waits until the machine is awake.
    Order {
        link: usize,
        order: Order,
    },
    /// A connection is made, or the reason why not.
    Dialled {
        link: usize,
        turn: u64,
        to: Result<(usize, usize), String>,
    },
    ToServer {
        conn: usize,
        line: String,
    },
    /// A line that the server's patience held back.
    Late {
        conn: usize,
        line: String,
    },
    /// Between two servers, or held back by somebody.
    Relay {
        from: usize,
        conn: usize,
        text: String,
    },
    ToClient {
        conn: usize,
        bytes: Vec<u8>,
    },
    /// The server's end is closed, and the client learns it.
    Closed {
        conn: usize,
    },
    /// The client's end is closed, and the server learns it.
    HungUp {
        conn: usize,
    },
    /// The server gives up a client that does not answer.
    PingTimeout {
        conn: usize,
    },
}

impl Irc {
    /// No networks yet.
    pub fn new(seed: u64, now_ms: u64) -> Self {
        Self {
            now: now_ms,
            start: now_ms,
            made: 0,
            queue: BTreeMap::new(),
            rng: StdRng::seed_from_u64(seed),
            networks: Vec::new(),
            conns: Vec::new(),
            links: Vec::new(),
            people: Vec::new(),
            told: VecDeque::new(),
            kills: Vec::new(),
            had: Vec::new(),
            stays: Vec::new(),
            exposed: Vec::new(),
            log_limit: 100_000,
        }
    }

    /// A network with all of its servers running.
    pub fn add_network(&mut self, name: &str, traits: Traits) {
        self.networks.push(Network::new(name, traits));
    }

    /// Its servers' addresses.
    pub fn addresses(&self, network: &str) -> Vec<ServerAddress> {
        self.networks[self.network(network)].addresses()
    }

    /// Settings with all of its servers, and the program's own defaults.
    pub fn settings(&self, network: &str) -> NetworkSettings {
        let tls = false;
        Settings {
            tls,
            ..Settings::new(network, self.addresses(network))
        }
    }

    /// The time of the last event.
    pub fn now_ms(&self) -> u64 {
        self.now
    }

    /// When something happens next.
    pub fn next_due(&self) -> Option<u64> {
        if self.told.is_empty() {
            self.queue.keys().next().map(|(at, _)| *at)
        } else {
            Some(self.now)
        }
    }

    /// Lets time pass until somebody is told something, at most until then: what is told at that moment, or nothing
    /// if all went by in silence.
    pub fn advance(&mut self, until_ms: u64) -> Vec<Told> {
        while self.told.is_empty() || self.queue.keys().next().is_some_and(|k| k.0 <= self.now) {
            let Some(entry) = self.queue.first_entry().filter(|e| e.key().0 <= until_ms) else {
                break;
            };
            let ((at, _), event) = entry.remove_entry();
            self.now = self.now.max(at);
            self.happen(event);
        }
        if self.told.is_empty() {
            self.now = self.now.max(until_ms);
        }
        self.told.drain(..).collect()
    }

    /// Lets time pass until then; all that was told, in order. The agents cannot answer in between.
    pub fn run_until(&mut self, now_ms: u64) -> Vec<Told> {
        let mut all = Vec::new();
        loop {
            let told = self.advance(now_ms);
            if told.is_empty() {
                return all;
            }
            all.extend(told);
        }
    }

    fn at(&mut self, at: u64, event: Event) {
        self.made += 1;
        self.queue.insert((at.max(self.now), self.made), event);
    }

    fn happen(&mut self, event: Event) {
        if let Some(until) = self.sleeps(&event) {
            self.at(until, event);
            return;
        }
        match event {
            Event::Timer { link, turn } => self.timer(link, turn),
            Event::Order { link, order } => self.obey(link, order),
            Event::Dialled { link, turn, to } => self.dialled(link, turn, to),
            Event::ToServer { conn, line } => self.arrive(conn, line),
            Event::Late { conn, line } => self.obey_line(conn, &line),
            Event::Relay { from, conn, text } => self.relay(from, conn, &text),
            Event::ToClient { conn, bytes } => self.hear(conn, &bytes),
            Event::Closed { conn } => self.closed(conn),
            Event::HungUp { conn } => self.gone(conn),
            Event::PingTimeout { conn } => self.ping_timeout(conn),
        }
    }

    /// Until when an event must wait because it concerns a machine that sleeps.
    fn sleeps(&self, event: &Event) -> Option<u64> {
        let link = match event {
            Event::Timer { link, .. } | Event::Order { link, .. } | Event::Dialled { link, .. } => {
                Some(*link)
            }
            Event::ToClient { conn, .. } | Event::Closed { conn } => self.conns[*conn].link,
            _ => None,
        };
        let until = self.people[self.links[link?].person].asleep_until;
        (until > self.now).then_some(until)
    }

    fn network(&self, name: &str) -> usize {
        let at = self.networks.iter().position(|net| net.name == name);
        at.unwrap_or_else(|| panic!("no network {name}"))
    }
}

/// What can be seen from outside.
impl Irc {
    /// Every PRIVMSG that a server saw, oldest first; see [`Irc::keep_log`].
    pub fn log(&self, network: &str) -> &[Seen] {
        &self.networks[self.network(network)].log
    }

    /// Keeps so many lines of each network's log, at times up to twice as many.
    pub fn keep_log(&mut self, lines: usize) {
        self.log_limit = lines;
    }

    /// The nick under which a person's own link is registered now, as the server knows it.
    pub fn nick_of(&self, person: usize, network: &str) -> Option<&str> {
        let link = self.find(person, network)?;
        let conn = &self.conns[self.links[link].conn()?];
        conn.user.nick.as_deref().filter(|_| conn.is_registered())
    }

    /// Somebody is registered under this nick, on whichever side of a split.
    pub fn online(&self, network: &str, nick: &str) -> bool {
        let net = &self.networks[self.network(network)];
        let nick = net.traits.mapping.lower(nick);
        net.users.iter().any(|u| self.conns[*u].user.lower == nick)
    }

    /// How many lines a person's links wrote, by command.
    pub fn lines_from(&self, person: usize) -> BTreeMap<String, u64> {
        let person = self.people.get(person);
        person.map(|p| p.lines.clone()).unwrap_or_default()
    }

    /// Everybody who was thrown out.
    pub fn kills(&self) -> &[Kill] {
        &self.kills
    }

    /// Every nick that a person ever had, in the order of its beginning.
    pub fn nicks(&self) -> &[Had] {
        &self.had
    }
}

//! Scripted clients against the gateway, with a host in memory.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::string_slice,
    clippy::too_many_lines,
    reason = "tests"
)]

mod away;
mod changing;
mod channel;
mod clients;
mod fake;
mod groups;
mod history;
mod info;
mod login;
mod marking;
mod multiline;
mod pace;
mod people;
mod registering;
mod speaking;
mod strange;
mod tagging;
mod who;

use crate::protocol::time::Millis;
use std::collections::{BTreeMap, BTreeSet};

use fake::{Fake, stored};
use jiff::tz::TimeZone;

use super::host::{Event, Host};
use super::{Gateway, Settings};
use crate::edge::config::{self, Login};
use crate::edge::listener::event::{BadLine, ConnId, Out, Peer};
use crate::rules::conversation::{Placed, Stored};
use crate::rules::message::ChangeKind;

/// The gateway, a host, and what each client was sent.
struct World {
    gateway: Gateway,
    host: Fake,
    /// Clients that do not read.
    stuck: BTreeSet<u64>,
    /// Clients whose lines are written at once, of which nothing is told but when they are called again.
    at_once: BTreeSet<u64>,
    /// How often clients were.
    called: usize,
    lines: BTreeMap<u64, Vec<String>>,
    closed: BTreeMap<u64, String>,
    wrong_passwords: usize,
    owes: bool,
    admitted: usize,
}

/// The client that comes over TLS.
const TLS: u64 = 7;

/// 2026-11-21T07:50:05.000Z.
const START: Millis = Millis(1_795_247_405_000);

fn settings(open: bool) -> Settings {
    Settings {
        gateway: config::Gateway {
            listen: Vec::new(),
            certificate: None,
            login: match open {
                true => Login::Open,
                false => Login::Devices,
            },
            replay: None,
            self_messages: true,
            tags: BTreeMap::new(),
            origins: Vec::new(),
        },
        zone: TimeZone::UTC,
        version: "0.1.0".to_owned(),
        started: START,
    }
}

impl World {
    /// Friends: bob, online; carol, away; dave, offline.
    fn new() -> Self {
        Self::with(settings(true))
    }

    fn with(settings: Settings) -> Self {
        Self {
            gateway: Gateway::new(settings),
            host: Fake::new(),
            stuck: BTreeSet::new(),
            at_once: BTreeSet::new(),
            called: 0,
            lines: BTreeMap::new(),
            closed: BTreeMap::new(),
            wrong_passwords: 0,
            owes: false,
            admitted: 0,
        }
    }

    fn open(&mut self, conn: u64) {
        let peer = Peer {
            tls: conn == TLS,
            name: "unix".to_owned(),
        };
        self.gateway.opened(ConnId(conn), peer, self.host.now());
    }

    /// Registers a client with capabilities and forgets what it was sent.
    fn attach(&mut self, conn: u64, nick: &str, caps: &str) {
        self.attached(conn, nick, caps);
        self.lines.clear();
    }

    /// The same; what it was sent after CAP.
    fn attached(&mut self, conn: u64, nick: &str, caps: &str) -> Vec<String> {
        self.open(conn);
        if !caps.is_empty() {
            let ack = self.send(conn, &format!("CAP REQ :{caps}"));
            assert!(ack[0].contains(" ACK "), "{ack:?}");
        }
        self.send(conn, &format!("NICK {nick}"));
        let mut all = self.send(conn, &format!("USER {nick} 0 * :The {nick}"));
        all.extend(self.send(conn, "CAP END"));
        assert!(all.iter().any(|line| line.contains(" 001 ")), "{all:?}");
        all
    }

    /// Sends a line; what came back to this client since the last call.
    fn send(&mut self, conn: u64, line: &str) -> Vec<String> {
        self.gateway.line(ConnId(conn), Ok(line), &mut self.host);
        for event in std::mem::take(&mut self.host.told) {
            self.gateway.event(&event, &mut self.host);
        }
        self.pump();
        self.got(conn)
    }

    fn send_bad(&mut self, conn: u64, bad: BadLine) -> Vec<String> {
        self.gateway.line(ConnId(conn), Err(bad), &mut self.host);
        self.pump();
        self.got(conn)
    }

    fn event(&mut self, event: Event) {
        self.gateway.event(&event, &mut self.host);
        self.pump();
    }

    /// A text from a friend is stored and told.
    fn text(&mut self, friend: &str, text: &str) -> Placed {
        let entry = self.host.store(friend, false, text);
        self.event(Event::Stored(Box::new(stored(entry.clone()))));
        entry
    }

    /// Something is done to a text, and told.
    fn change(&mut self, of: &Placed, mine: bool, done: (ChangeKind, &str)) -> Stored {
        let stored = self.host.apply(of, mine, done);
        self.event(Event::Stored(Box::new(stored.clone())));
        stored
    }

    /// A text has come further, and that is told.
    fn moved(&mut self, text: &Placed) {
        let mut entries = self.host.entries.iter_mut();
        let held = entries.find(|one| one.row == text.row).unwrap();
        *held = text.clone();
        let message = &text.entry.message;
        let mut friends = self.host.friends.iter();
        let friend = friends.find(|one| one.conversation == message.conversation);
        self.event(Event::State(friend.unwrap().id, message.id));
    }

    fn tick(&mut self, ms: u64) {
        self.host.now += ms;
        self.gateway.tick(&mut self.host);
        self.pump();
    }

    fn leave(&mut self, conn: u64) {
        self.gateway.closed(ConnId(conn), &mut self.host);
        self.pump();
    }

    /// Sends what is to be written, until nothing more comes.
    fn pump(&mut self) {
        loop {
            let all = self.gateway.take_out();
            if all.is_empty() {
                return;
            }
            for (ConnId(conn), out) in all {
                self.take(conn, out);
            }
        }
    }

    fn take(&mut self, conn: u64, out: Out) {
        match out {
            Out::Lines(bytes) => {
                let text = String::from_utf8(bytes).unwrap();
                assert!(text.ends_with("\r\n"), "{text:?}");
                for line in text.split_terminator("\r\n") {
                    let (tags, body) = crate::protocol::irc_line::lengths(line.as_bytes());
                    assert!(tags <= 8191 && body <= 510, "{line}");
                    assert!(!line.contains(['\r', '\n', '\0']), "{line:?}");
                    self.lines.entry(conn).or_default().push(line.to_owned());
                }
                let (id, at_once) = (ConnId(conn), self.at_once.contains(&conn));
                let called = at_once && self.gateway.queued(id, 0);
                self.called += usize::from(called);
                if called || !(at_once || self.stuck.contains(&conn)) {
                    self.gateway.drained(id, &mut self.host);
                }
            }
            Out::Close(last) => {
                self.closed.insert(conn, last);
            }
            Out::Owes(owes) => self.owes = owes,
            Out::Admitted => self.admitted += 1,
            Out::WrongPassword => self.wrong_passwords += 1,
        }
    }

    fn got(&mut self, conn: u64) -> Vec<String> {
        self.lines.remove(&conn).unwrap_or_default()
    }
}

/// A line without its tags.
fn body(line: &str) -> &str {
    match line.starts_with('@') {
        true => line.split_once(' ').unwrap().1,
        false => line,
    }
}

/// The value of a tag of a line.
fn tag<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let tags = line.strip_prefix('@')?.split_once(' ')?.0;
    tags.split(';').find_map(|tag| {
        let (key, value) = tag.split_once('=').unwrap_or((tag, ""));
        (key == name).then_some(value)
    })
}

fn bodies(lines: &[String]) -> Vec<&str> {
    lines.iter().map(|line| body(line)).collect()
}

/// The numerics or commands of lines.
fn numerics(lines: &[String]) -> Vec<&str> {
    lines
        .iter()
        .map(|line| body(line).split(' ').nth(1).unwrap())
        .collect()
}

/// What a client is sent for each line that it sends, without tags: a table of conversations.
fn converse(world: &mut World, conn: u64, table: &[(&str, &[&str])]) {
    for (line, want) in table {
        let got = world.send(conn, line);
        assert_eq!(bodies(&got), *want, "{line}");
    }
}

//! What everybody writes to a server: under which nicks they come, and which channels they enter.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::mpsc::Receiver;

use crate::support::ircd::Ircd;
use crate::support::proxy::{Part, Proxy};

/// The way to a server.
pub(super) struct Wire {
    proxy: Proxy,
    heard: Mutex<Heard>,
}

struct Heard {
    parts: Receiver<Part>,
    nicks: BTreeSet<String>,
    unseen: BTreeSet<String>,
    channels: Vec<Channel>,
}

/// A channel that somebody entered, with its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Channel {
    pub(super) name: String,
    pub(super) key: String,
}

impl Wire {
    pub(super) fn to(server: &Ircd) -> Self {
        let proxy = Proxy::start(server.port);
        let heard = Heard {
            parts: proxy.listen(),
            nicks: BTreeSet::new(),
            unseen: BTreeSet::new(),
            channels: Vec::new(),
        };
        let heard = Mutex::new(heard);
        Self { proxy, heard }
    }

    /// Where people find the server.
    pub(super) fn port(&self) -> u16 {
        self.proxy.port
    }

    /// How many connections were made.
    pub(super) fn connections(&self) -> usize {
        self.proxy.connections()
    }

    /// All nicks that were asked for.
    pub(super) fn nicks(&self) -> BTreeSet<String> {
        let mut heard = self.heard.lock().unwrap();
        heard.listen();
        heard.nicks.clone()
    }

    /// All nicks that the server has said to be invisible, or in a channel. Between its greeting and the mode that is asked for
    /// then, no client can keep out of a list of all; it is in no channel yet.
    pub(super) fn unseen(&self) -> BTreeSet<String> {
        let mut heard = self.heard.lock().unwrap();
        heard.listen();
        heard.unseen.clone()
    }

    /// All channels that were entered, in the order in which they first were.
    pub(super) fn channels(&self) -> Vec<Channel> {
        let mut heard = self.heard.lock().unwrap();
        heard.listen();
        heard.channels.clone()
    }
}

impl Heard {
    /// Hears what was written since. A registration, and who enters a channel, are each one write.
    fn listen(&mut self) {
        while let Ok(part) = self.parts.try_recv() {
            let text = String::from_utf8_lossy(&part.bytes);
            if !part.from_client {
                self.unseen.extend(text.lines().filter_map(hides));
                continue;
            }
            for line in text.lines() {
                match line.split(' ').collect::<Vec<_>>()[..] {
                    ["NICK", nick] => drop(self.nicks.insert(nick.to_owned())),
                    ["JOIN", name, key] => self.enters(name, key),
                    _ => {}
                }
            }
        }
    }

    fn enters(&mut self, name: &str, key: &str) {
        let (name, key) = (name.to_owned(), key.to_owned());
        let channel = Channel { name, key };
        if !self.channels.contains(&channel) {
            self.channels.push(channel);
        }
    }
}

/// Whom a server's line says to be invisible, or in a channel.
fn hides(line: &str) -> Option<String> {
    let (from, rest) = line.strip_prefix(':')?.split_once(' ')?;
    let nick = from.split('!').next()?;
    match rest.split(' ').collect::<Vec<_>>()[..] {
        ["JOIN", ..] => Some(nick.to_owned()),
        ["MODE", nick, modes] if modes.contains("+i") => Some(nick.to_owned()),
        _ => None,
    }
}

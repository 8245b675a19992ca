//! The user's networks beside those of friends: which is which, who is met on none of them, which are well known, and
//! which the user has joined beside those of the configuration.

use std::time::Duration;

use super::contact::Contact;
use super::conversation::ContactId;
use crate::protocol::letter::Network;
use crate::protocol::time::{DAY, MONTH, Seconds};

/// One of the user's networks, as far as friends' networks are matched with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ours {
    /// Its name, as the user lists it.
    pub name: String,
    /// Its `host:port` servers.
    pub servers: Vec<String>,
    /// By which name its servers call it.
    pub called: Called,
}

/// By which name (ISUPPORT NETWORK) the servers of a network call it, as far as that is believed: anybody can call themselves by a
/// large network's name, to be told whom we look for there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Called {
    /// It was not seen yet, and may be any.
    Unknown,
    /// By none that is believed.
    Nothing,
    /// By this one, in lower case.
    By(String),
}

/// The one of the user's networks that a friend's is: a server with the same host and port, two servers of one well-known
/// network, or the name by which servers that are believed call it, unless that fits two of the user's.
pub fn matching<'a>(theirs: &Network, ours: &'a [Ours]) -> Option<&'a Ours> {
    let is_theirs = |server: &String| theirs.has_server(server);
    let shared = |network: &&Ours| network.servers.iter().any(is_theirs);
    if let Some(found) = ours.iter().find(shared) {
        return Some(found);
    }
    let known = Known::of(&theirs.servers);
    let same = |network: &&Ours| known.is_some() && Known::of(&network.servers) == known;
    if let Some(found) = ours.iter().find(same) {
        return Some(found);
    }
    let mut called = ours
        .iter()
        .filter(|network| matches!(&network.called, Called::By(name) if *name == theirs.name));
    called.next().filter(|_| called.next().is_none())
}

/// A well-known public network, with its servers as it publishes them itself; all take TLS, with certificates of
/// authorities that every system knows.
#[derive(Debug, PartialEq, Eq)]
pub struct Known {
    /// Its name, as the user lists it.
    pub name: &'static str,
    /// Its servers, for TLS.
    pub servers: &'static [&'static str],
    /// The domain of all its servers, also of those that it publishes nowhere.
    domain: &'static str,
}

impl Known {
    /// All.
    pub fn all() -> &'static [Self] {
        &KNOWN
    }

    /// The one of a name.
    pub fn named(name: &str) -> Option<&'static Self> {
        KNOWN.iter().find(|known| known.name == name)
    }

    /// The one that one of these servers is of, on whatever port. A name alone proves nothing: anybody can call their
    /// server by it.
    pub fn of(servers: &[String]) -> Option<&'static Self> {
        let is_of = |known: &&Self| servers.iter().any(|server| known.has_host(server));
        KNOWN.iter().find(is_of)
    }

    fn has_host(&self, server: &str) -> bool {
        let asked = host(server).to_ascii_lowercase();
        let below = asked.strip_suffix(self.domain);
        below.is_some_and(|below| below.ends_with('.'))
    }

    /// As it stands among the user's.
    pub fn network(&self) -> Network {
        Network {
            name: self.name.to_owned(),
            servers: self.servers.iter().map(ToString::to_string).collect(),
        }
    }
}

fn host(server: &str) -> &str {
    let host = server.rsplit_once(':').map_or(server, |(host, _)| host);
    host.strip_suffix('.').unwrap_or(host)
}

/// The networks that are well known.
const KNOWN: [Known; 3] = [
    // https://libera.chat/guides/connect
    Known {
        name: "libera",
        servers: &[
            "irc.libera.chat:6697",
            "irc.eu.libera.chat:6697",
            "irc.us.libera.chat:6697",
            "irc.au.libera.chat:6697",
        ],
        domain: "libera.chat",
    },
    // https://www.oftc.net
    Known {
        name: "oftc",
        servers: &["irc.oftc.net:6697"],
        domain: "oftc.net",
    },
    // https://hackint.org
    Known {
        name: "hackint",
        servers: &["irc.hackint.org:6697"],
        domain: "hackint.org",
    },
];

/// The networks on which a friend says to be, if the user is on none of them: there they are never seen.
pub fn elsewhere<'a>(person: &'a Contact, ours: &[Ours]) -> &'a [Network] {
    match met_on(person) {
        met if met.iter().any(|theirs| matching(theirs, ours).is_some()) => &[],
        met => met,
    }
}

/// The networks of a friend whose presence the user may see.
fn met_on(person: &Contact) -> &[Network] {
    let told = person.presence().filter(|_| !person.blocked);
    let told = told.filter(|told| told.secret.is_some());
    told.and_then(|told| told.networks.as_deref())
        .unwrap_or_default()
}

/// Whether a friend may be met on one of these all the same, for it is not known yet what that is called.
pub fn is_in_doubt(ours: &[Ours]) -> bool {
    ours.iter().any(|network| network.called == Called::Unknown)
}

/// A well-known network to be joined for a friend who may see the user, and is met on none of the user's, for sure: none of these
/// that are not wanted.
pub fn to_follow<'a>(
    people: impl Iterator<Item = &'a Contact>,
    ours: &[Ours],
    unwanted: &[&Known],
) -> Option<(&'static Known, ContactId)> {
    if is_in_doubt(ours) {
        return None;
    }
    let mut visible = people.filter(|person| person.visible);
    visible.find_map(|person| {
        let all = elsewhere(person, ours).iter();
        let mut known = all.filter_map(|theirs| Known::of(&theirs.servers));
        Some((known.find(|known| !unwanted.contains(known))?, person.id))
    })
}

/// A network that the user has joined beside those of the configuration, or has left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Joined {
    /// Its name and its servers.
    pub network: Network,
    /// Whether it is reached by TLS.
    pub tls: bool,
    /// How it came.
    pub how: How,
    /// Since when.
    pub since: Seconds,
    /// When a friend was last on it.
    pub met: Seconds,
}

/// How a network came to stand beside those of the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// The user joined it.
    Asked,
    /// It was joined for a friend, without a question.
    Followed,
    /// The user left it: it is not joined for a friend again.
    Left,
}

/// What time does with a network that was joined for a friend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stays {
    /// Nothing.
    AsItIs,
    /// A friend is there still, which is to be put down.
    Met,
    /// It is left: no friend was there for a month.
    No,
}

impl Joined {
    /// The well-known network that the user left by this, by whatever name it was joined.
    pub fn left(&self) -> Option<&'static Known> {
        let left = Some(self).filter(|one| one.how == How::Left)?;
        Known::of(&left.network.servers)
    }

    /// Whether it stays.
    pub fn stays<'a>(&self, mut people: impl Iterator<Item = &'a Contact>, now: Seconds) -> Stays {
        if self.how != How::Followed {
            return Stays::AsItIs;
        }
        let this = [Ours {
            name: self.network.name.clone(),
            servers: self.network.servers.clone(),
            called: Called::Nothing,
        }];
        let is_here = |person: &Contact| {
            let mut met = met_on(person).iter();
            person.visible && met.any(|theirs| matching(theirs, &this).is_some())
        };
        match people.any(is_here) {
            true if now.is_within(PUT_DOWN, self.met) => Stays::AsItIs,
            true => Stays::Met,
            // A clock that was set back waits once more.
            false if now < self.met => Stays::Met,
            false if now < self.met.after(MONTH) => Stays::AsItIs,
            false => Stays::No,
        }
    }
}

/// How often it is put down that a friend is there.
const PUT_DOWN: Duration = DAY;

#[cfg(test)]
mod tests;

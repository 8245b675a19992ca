//! Which nick belongs to which friend, on each of our networks.

use std::collections::{BTreeSet, HashMap};

use crate::protocol::address::Address;
use crate::protocol::letter::{Network, Presence};
use crate::protocol::nick;
use crate::rules::person::Person;

/// One of our networks, as far as friends' networks are matched with it.
#[derive(Debug, Clone)]
pub(super) struct Ours {
    /// Its name, as we list it.
    pub(super) name: String,
    /// Its `host:port` servers.
    pub(super) servers: Vec<String>,
    /// The name by which its servers call it (ISUPPORT NETWORK), in lower case, if seen.
    pub(super) called: Option<String>,
}

/// The nicks under which friends are looked for now.
#[derive(Debug, Default)]
pub(super) struct Nicks {
    /// By our network and nick.
    owners: HashMap<(String, String), Address>,
}

impl Nicks {
    /// Derives the nicks of everybody whose secret we hold: of now, and of the neighbouring window near its edge.
    pub(super) fn derive(people: &[Person], ours: &[Ours], now: u64) -> Self {
        let mut owners = HashMap::new();
        for person in people
            .iter()
            .filter(|person| person.keys().is_some() && !person.blocked)
        {
            let Some(presence) = person.presence.as_ref().map(|held| &held.presence) else {
                continue;
            };
            for (network, nick) in nicks_of(presence, ours, now) {
                owners.insert((network, nick), person.address.clone());
            }
        }
        Self { owners }
    }

    /// Keeps nicks of the secret or the window before for as long as they are there: a friend tells of his next
    /// nick before he leaves this one.
    pub(super) fn keep(&mut self, seen: &[(Address, String, String)]) {
        for (friend, network, nick) in seen {
            let place = (network.clone(), nick.clone());
            self.owners.entry(place).or_insert_with(|| friend.clone());
        }
    }

    /// The friend to whom a nick on a network belongs.
    pub(super) fn owner(&self, network: &str, nick: &str) -> Option<&Address> {
        self.owners
            .get(&(network.to_owned(), nick.to_ascii_lowercase()))
    }

    /// All nicks on a network.
    pub(super) fn on(&self, network: &str) -> BTreeSet<String> {
        self.owners
            .keys()
            .filter(|(on, _)| on == network)
            .map(|(_, nick)| nick.clone())
            .collect()
    }
}

fn nicks_of(presence: &Presence, ours: &[Ours], now: u64) -> Vec<(String, String)> {
    let (Some(secret), Some(networks)) = (&presence.secret, &presence.networks) else {
        return Vec::new();
    };
    let window = presence.window.unwrap_or(DAY);
    let mut nicks = Vec::new();
    for his in networks {
        let Some(network) = matching(his, ours) else {
            continue;
        };
        for nick in nick::neighbours(secret, &his.name, window, now) {
            nicks.push((network.name.clone(), nick.to_string()));
        }
    }
    nicks
}

/// The one of our networks that a friend's is: a server with the same host and port, or the name by which the
/// servers call themselves, unless that fits two of ours.
pub(super) fn matching<'a>(his: &Network, ours: &'a [Ours]) -> Option<&'a Ours> {
    let same = |server: &String| {
        his.servers
            .iter()
            .any(|other| other.eq_ignore_ascii_case(server))
    };
    if let Some(found) = ours.iter().find(|network| network.servers.iter().any(same)) {
        return Some(found);
    }
    let mut called = ours
        .iter()
        .filter(|network| network.called.as_deref() == Some(his.name.as_str()));
    called.next().filter(|_| called.next().is_none())
}

/// The window of a friend who told none, in seconds.
const DAY: u32 = 86_400;

#[cfg(test)]
mod tests {
    use super::*;

    fn ours(name: &str, server: &str, called: Option<&str>) -> Ours {
        Ours {
            name: name.into(),
            servers: vec![server.into()],
            called: called.map(Into::into),
        }
    }

    #[test]
    fn a_friends_network_is_ours_by_server_or_by_name() {
        let two = [
            ours("work", "irc.a.net:6697", Some("anet")),
            ours("home", "irc.b.net:6697", None),
        ];
        for (name, server, expected) in [
            ("x", "irc.a.net:6697", Some("work")),
            ("x", "IRC.A.net:6697", Some("work")),
            ("x", "irc.a.net:6667", None),
            ("anet", "other.net:6697", Some("work")),
            ("home", "other.net:6697", None),
        ] {
            let his = Network {
                name: name.into(),
                servers: vec![server.into()],
            };
            let found = matching(&his, &two).map(|network| network.name.as_str());
            assert_eq!(found, expected, "{name} {server}");
        }
        let same = [
            ours("a", "a.net:1", Some("anet")),
            ours("b", "b.net:1", Some("anet")),
        ];
        let his = Network {
            name: "anet".into(),
            servers: vec!["c.net:1".into()],
        };
        assert!(matching(&his, &same).is_none());
    }
}

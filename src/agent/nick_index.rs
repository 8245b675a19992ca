//! Which friends may be behind a nick, on each of our networks.
//!
//! Any friend can pass off another's secret as their own, so several may claim one nick. All are kept: each one's
//! sessions are tried for what comes from it, its coming and going is told of all, and only proof decides who it is.

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
    /// The name by which its servers call it (ISUPPORT NETWORK), in lower case, if seen and if they are proved to be its
    /// servers: anybody can call themselves by a large network's name, to be told whom we look for there.
    pub(super) called: Option<String>,
}

/// The nicks under which friends are looked for now.
#[derive(Debug, Default)]
pub(super) struct Nicks {
    /// By our network and nick: whoever may be there.
    claimants: HashMap<(String, String), Vec<Address>>,
}

impl Nicks {
    /// Derives the nicks of everybody whose secret we hold: of now, and of the neighbouring window near its edge.
    pub(super) fn derive(people: &[Person], ours: &[Ours], now: u64) -> Self {
        let mut nicks = Self::default();
        for person in people
            .iter()
            .filter(|person| person.keys().is_some() && !person.blocked)
        {
            let Some(presence) = person.presence.as_ref().map(|held| &held.presence) else {
                continue;
            };
            for (network, nick) in nicks_of(presence, ours, now) {
                nicks.claim(&person.address, network, nick);
            }
        }
        nicks
    }

    fn claim(&mut self, friend: &Address, network: String, nick: String) {
        let claimants = self.claimants.entry((network, nick)).or_default();
        if !claimants.contains(friend) {
            claimants.push(friend.clone());
        }
    }

    /// Keeps nicks of the secret or the window before for as long as they are there: a friend tells of their next
    /// nick before they leave this one.
    pub(super) fn keep(&mut self, seen: &[(Address, String, String)]) {
        for (friend, network, nick) in seen {
            self.claim(friend, network.clone(), nick.clone());
        }
    }

    /// Leaves each nick a bounded number of claimants. Those `proved` to be there come first and always stay; where
    /// more claim it than are kept, the others take turns, so that nobody is pushed out for good.
    pub(super) fn bound(&mut self, proved: &[(Address, String, String)], now: u64) {
        for ((network, nick), claimants) in &mut self.claimants {
            let is_proved = |friend: &Address| {
                proved
                    .iter()
                    .any(|(who, on, at)| who == friend && on == network && at == nick)
            };
            let (mut first, mut rest): (Vec<_>, Vec<_>) =
                claimants.drain(..).partition(|friend| is_proved(friend));
            if first.len().saturating_add(rest.len()) > MOST_CLAIMANTS {
                let turn = now.checked_div(TURN).unwrap_or(0);
                let by = usize::try_from(turn).unwrap_or(0).checked_rem(rest.len());
                rest.rotate_left(by.unwrap_or(0));
            }
            first.append(&mut rest);
            first.truncate(MOST_CLAIMANTS);
            *claimants = first;
        }
    }

    /// The friends who may be behind a nick on a network, the likeliest first.
    pub(super) fn claimants(&self, network: &str, nick: &str) -> &[Address] {
        let place = (network.to_owned(), nick.to_ascii_lowercase());
        self.claimants.get(&place).map_or(&[], Vec::as_slice)
    }

    /// All nicks on a network.
    pub(super) fn on(&self, network: &str) -> BTreeSet<String> {
        self.claimants
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
/// proved servers call themselves, unless that fits two of ours.
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

/// Claimants of one nick who are looked at: as many people's sessions are tried for what comes from it.
const MOST_CLAIMANTS: usize = 16;
/// How long a turn lasts where there are more, in seconds.
const TURN: u64 = 600;
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

    fn person(name: &str) -> Address {
        Address::parse(&format!("{name}@example.org")).unwrap_or_else(|_| unreachable!())
    }

    fn claimed_by(count: usize) -> Nicks {
        let mut nicks = Nicks::default();
        for number in 0..count {
            nicks.claim(
                &person(&format!("p{number:02}")),
                "net".into(),
                "nick".into(),
            );
        }
        nicks
    }

    #[test]
    fn a_nick_has_all_its_claimants_each_once() {
        let mut nicks = claimed_by(2);
        let seen = [("p01", "nick"), ("p02", "nick"), ("p02", "other")];
        let seen = seen.map(|(name, nick)| (person(name), "net".to_owned(), nick.to_owned()));
        nicks.keep(&seen);
        nicks.bound(&[], 0);
        let all = ["p00", "p01", "p02"].map(person);
        assert_eq!(nicks.claimants("net", "NICK"), all);
        assert_eq!(nicks.claimants("net", "other"), [person("p02")]);
        assert!(nicks.claimants("elsewhere", "nick").is_empty());
    }

    #[test]
    fn liars_push_nobody_out_of_a_nick() {
        let proved = [(person("p49"), "net".to_owned(), "nick".to_owned())];
        let mut had_a_turn = BTreeSet::new();
        for turn in 0..50 {
            let mut nicks = claimed_by(50);
            nicks.bound(&proved, turn * TURN);
            let kept = nicks.claimants("net", "nick");
            assert_eq!(kept.len(), MOST_CLAIMANTS);
            assert_eq!(
                kept.first(),
                Some(&person("p49")),
                "proof is never pushed out"
            );
            had_a_turn.extend(kept.iter().cloned());
        }
        assert_eq!(had_a_turn.len(), 50);
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

//! Which friends may be behind a nick, on each of our networks.
//!
//! Any friend can pass off another's secret as their own, so several may claim one nick. All are kept: each one's
//! sessions are tried for what comes from it, its coming and going is told of all, and only proof decides who it is.

use std::collections::{BTreeMap, BTreeSet};

use crate::protocol::address::Address;
use crate::protocol::letter::{Network, Presence};
use crate::protocol::nick;
use crate::rules::contact::Contact;

/// One of our networks, as far as friends' networks are matched with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ours {
    /// Its name, as we list it.
    pub(super) name: String,
    /// Its `host:port` servers.
    pub(super) servers: Vec<String>,
    /// The name by which its servers call it (ISUPPORT NETWORK), in lower case, if seen and if they are proved to be its
    /// servers: anybody can call themselves by a large network's name, to be told whom we look for there.
    pub(super) called: Option<String>,
}

/// A nick on one of our networks.
pub(super) type Place = (String, String);

/// The nicks under which friends are looked for now.
#[derive(Debug, Default)]
pub(super) struct NickIndex {
    /// Whoever may be at a nick, by our network and it.
    claims: BTreeMap<String, BTreeMap<String, Claim>>,
    /// The nicks of each friend.
    places: BTreeMap<Address, BTreeSet<Place>>,
    /// Until when they hold, in seconds.
    until: BTreeMap<Address, u64>,
    due: BTreeSet<(u64, Address)>,
    /// Nicks with more claimants than are looked at.
    crowded: BTreeSet<Place>,
    /// When the claimants of crowded nicks last took turns, in [`TURN`]s.
    turn: u64,
}

#[derive(Debug, Default)]
struct Claim {
    all: BTreeSet<Address>,
    /// Those who are looked at, the likeliest first.
    tried: Vec<Address>,
}

/// What a change of nicks means for whoever is there.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Changed {
    /// Networks on which other nicks are looked for than before.
    pub(super) networks: BTreeSet<String>,
    /// Who has come to claim a nick.
    pub(super) come: Vec<(Address, Place)>,
    /// Who claims a nick no more.
    pub(super) gone: Vec<(Address, Place)>,
}

/// Whether somebody is proved to be at a nick.
pub(super) type Proved<'a> = &'a dyn Fn(&Address, &Place) -> bool;

impl NickIndex {
    /// Somebody may be at other nicks than before: `derived` from their presence until that time, and those that are there
    /// (they tell of their next nick before they leave this one). Without either they are looked for no more.
    pub(super) fn set(
        &mut self,
        friend: &Address,
        (places, until): (BTreeSet<Place>, Option<u64>),
        (proved, now): (Proved<'_>, u64),
        changed: &mut Changed,
    ) {
        let due = |at| (at, friend.clone());
        let before = match until {
            Some(until) => self.until.insert(friend.clone(), until),
            None => self.until.remove(friend),
        };
        if let Some(before) = before {
            self.due.remove(&due(before));
        }
        self.due.extend(until.map(due));
        let before = self.places.remove(friend).unwrap_or_default();
        for place in before.union(&places) {
            let claim = self.claim(place);
            match places.contains(place) {
                true => drop(claim.all.insert(friend.clone())),
                false => drop(claim.all.remove(friend)),
            }
            self.settle(place, (proved, now), changed);
        }
        if !places.is_empty() {
            self.places.insert(friend.clone(), places);
        }
    }

    /// Whose nicks have held as long as they do, and those that crowd together take turns.
    pub(super) fn take_due(
        &mut self,
        (proved, now): (Proved<'_>, u64),
        changed: &mut Changed,
    ) -> Vec<Address> {
        let turn = now.checked_div(TURN).unwrap_or(0);
        if turn != self.turn {
            self.turn = turn;
            for place in self.crowded.clone() {
                self.settle(&place, (proved, now), changed);
            }
        }
        let held = self.due.iter().take_while(|(until, _)| *until <= now);
        held.map(|(_, friend)| friend.clone()).collect()
    }

    fn claim(&mut self, (network, nick): &Place) -> &mut Claim {
        let nicks = self.claims.entry(network.clone()).or_default();
        nicks.entry(nick.clone()).or_default()
    }

    /// Chooses which claimants of a nick are looked at. Those proved to be there come first and always stay; where more
    /// claim it than are kept, the others take turns, so that nobody is pushed out for good.
    fn settle(&mut self, place: &Place, (proved, now): (Proved<'_>, u64), changed: &mut Changed) {
        let claim = self.claim(place);
        let (mut first, mut rest): (Vec<_>, Vec<_>) = claim
            .all
            .iter()
            .cloned()
            .partition(|friend| proved(friend, place));
        let crowded = claim.all.len() > MOST_CLAIMANTS;
        if crowded {
            let turn = now.checked_div(TURN).unwrap_or(0);
            let by = usize::try_from(turn).unwrap_or(0).checked_rem(rest.len());
            rest.rotate_left(by.unwrap_or(0));
        }
        first.append(&mut rest);
        first.truncate(MOST_CLAIMANTS);
        let before = std::mem::replace(&mut claim.tried, first);
        let only = |these: &[Address], those: &[Address]| -> Vec<_> {
            let friends = these.iter().filter(|friend| !those.contains(friend));
            friends
                .map(|friend| (friend.clone(), place.clone()))
                .collect()
        };
        changed.come.extend(only(&claim.tried, &before));
        changed.gone.extend(only(&before, &claim.tried));
        let (was, is) = (!before.is_empty(), !claim.tried.is_empty());
        if was != is {
            changed.networks.insert(place.0.clone());
        }
        if !is && let Some(nicks) = self.claims.get_mut(&place.0) {
            nicks.remove(&place.1);
        }
        match crowded {
            true => drop(self.crowded.insert(place.clone())),
            false => drop(self.crowded.remove(place)),
        }
    }

    /// The friends who may be behind a nick on a network, the likeliest first.
    pub(super) fn claimants(&self, network: &str, nick: &str) -> &[Address] {
        let nicks = self.claims.get(network);
        let claim = nicks.and_then(|nicks| nicks.get(&nick.to_ascii_lowercase()));
        claim.map_or(&[], |claim| &claim.tried)
    }

    /// All nicks on a network.
    pub(super) fn on(&self, network: &str) -> BTreeSet<String> {
        let nicks = self.claims.get(network).into_iter();
        nicks.flat_map(BTreeMap::keys).cloned().collect()
    }
}

/// The nicks of somebody whose secret we hold, of now and of the neighbouring window near its edge, and until when they
/// hold, in seconds.
pub(super) fn derive(person: &Contact, ours: &[Ours], now: u64) -> (BTreeSet<Place>, Option<u64>) {
    let held = person.presence.as_ref().map(|held| &held.presence);
    match held.filter(|_| is_looked_for(person)) {
        Some(presence) => nicks_of(presence, ours, now).unwrap_or_default(),
        None => Default::default(),
    }
}

/// Whether it is of interest where somebody is.
pub(super) fn is_looked_for(person: &Contact) -> bool {
    person.keys().is_some() && !person.blocked
}

fn nicks_of(
    presence: &Presence,
    ours: &[Ours],
    now: u64,
) -> Option<(BTreeSet<Place>, Option<u64>)> {
    let (secret, networks) = (presence.secret.as_ref()?, presence.networks.as_ref()?);
    let window = presence.window.unwrap_or(DAY);
    let mut places = BTreeSet::new();
    for theirs in networks {
        let Some(network) = matching(theirs, ours) else {
            continue;
        };
        for nick in nick::neighbours(secret, &theirs.name, window, now) {
            places.insert((network.name.clone(), nick.to_string()));
        }
    }
    Some((places, Some(nick::neighbours_until(secret, window, now))))
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

    const NOBODY: Proved<'static> = &|_, _| false;

    fn places(nicks: &[&str]) -> BTreeSet<Place> {
        let place = |nick: &&str| ("net".to_owned(), (*nick).to_owned());
        nicks.iter().map(place).collect()
    }

    fn claim(index: &mut NickIndex, name: &str, nicks: &[&str]) -> Changed {
        let mut changed = Changed::default();
        let places = (places(nicks), Some(100));
        index.set(&person(name), places, (NOBODY, 0), &mut changed);
        changed
    }

    #[test]
    fn a_nick_has_all_its_claimants_each_once() {
        let mut index = NickIndex::default();
        let place = |nick: &str| ("net".to_owned(), nick.to_owned());
        for (name, nicks, come, gone, other_nicks) in [
            ("p00", &["nick"][..], vec!["nick"], vec![], true),
            (
                "p02",
                &["nick", "other"],
                vec!["nick", "other"],
                vec![],
                true,
            ),
            ("p01", &["nick"], vec!["nick"], vec![], false),
            ("p01", &["nick"], vec![], vec![], false),
            (
                "p03",
                &["nick", "other"],
                vec!["nick", "other"],
                vec![],
                false,
            ),
            ("p03", &[], vec![], vec!["nick", "other"], false),
        ] {
            let whose = |nicks: Vec<&str>| -> Vec<_> {
                let whose = nicks.into_iter().map(|nick| (person(name), place(nick)));
                whose.collect()
            };
            let changed = claim(&mut index, name, nicks);
            let (come, gone) = (whose(come), whose(gone));
            assert_eq!((changed.come, changed.gone), (come, gone), "{name}");
            assert_eq!(!changed.networks.is_empty(), other_nicks, "{name}");
        }
        let all = ["p00", "p01", "p02"].map(person);
        assert_eq!(index.claimants("net", "NICK"), all);
        assert_eq!(index.claimants("net", "other"), [person("p02")]);
        assert!(index.claimants("elsewhere", "nick").is_empty());
        claim(&mut index, "p02", &["nick"]);
        assert!(
            index.on("net").iter().eq(["nick"]),
            "nobody claims the other"
        );
    }

    #[test]
    fn liars_push_nobody_out_of_a_nick() {
        let proved: Proved<'_> = &|friend, _| *friend == person("p49");
        let mut index = NickIndex::default();
        for number in 0..50 {
            claim(&mut index, &format!("p{number:02}"), &["nick"]);
        }
        let mut had_a_turn = BTreeSet::new();
        for turn in 1..51 {
            let mut changed = Changed::default();
            index.take_due((proved, turn * TURN), &mut changed);
            let kept = index.claimants("net", "nick");
            assert_eq!(kept.len(), MOST_CLAIMANTS);
            assert_eq!(
                kept.first(),
                Some(&person("p49")),
                "proof is never pushed out"
            );
            let (come, gone) = (changed.come.len(), changed.gone.len());
            assert_eq!(come, gone, "who is looked at now, and who no more");
            had_a_turn.extend(kept.iter().cloned());
        }
        assert_eq!(had_a_turn.len(), 50);
    }

    #[test]
    fn nicks_are_derived_anew_once_they_hold_no_more() {
        let mut index = NickIndex::default();
        claim(&mut index, "p00", &["nick"]);
        let mut due = |now| index.take_due((NOBODY, now), &mut Changed::default());
        assert!(due(99).is_empty());
        assert_eq!(due(100), [person("p00")]);
        let mut changed = Changed::default();
        let later = (places(&["next"]), Some(200));
        index.set(&person("p00"), later, (NOBODY, 100), &mut changed);
        assert!(index.take_due((NOBODY, 199), &mut changed).is_empty());
        let nowhere = (BTreeSet::new(), None);
        index.set(&person("p00"), nowhere, (NOBODY, 199), &mut changed);
        assert!(index.take_due((NOBODY, 900), &mut changed).is_empty());
        assert!(index.places.is_empty() && index.until.is_empty());
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

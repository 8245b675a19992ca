//! Which friends may be behind a nick, on each of our networks.
//!
//! Any friend can pass off another's secret as their own, so several may claim one nick. All are kept: each one's
//! sessions are tried for what comes from it, its coming and going is told of all, and only proof decides who it is.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::edge::irc::WatchChange;
use crate::protocol::letter::Presence;
use crate::protocol::nick;
use crate::protocol::time::Seconds;
use crate::rules::contact::Contact;
use crate::rules::conversation::ContactId;
use crate::rules::networks::{Ours, matching};

/// A nick on one of our networks.
pub(super) type NetworkNick = (String, String);

/// The nicks under which friends are looked for now.
#[derive(Debug, Default)]
pub(super) struct NickIndex {
    /// Whoever may be at a nick, by our network and it.
    claims: BTreeMap<String, BTreeMap<String, Claim>>,
    /// The nicks of each friend.
    nicks: BTreeMap<ContactId, BTreeSet<NetworkNick>>,
    /// Until when they hold.
    until: BTreeMap<ContactId, Seconds>,
    due: BTreeSet<(Seconds, ContactId)>,
    /// Nicks of which it is still to be chosen who is looked at.
    unsettled: BTreeSet<NetworkNick>,
    /// Nicks with more claimants than are looked at.
    crowded: BTreeSet<NetworkNick>,
    /// When the claimants of crowded nicks last took turns, in [`TURN`]s.
    turn: u64,
}

#[derive(Debug, Default)]
struct Claim {
    all: BTreeSet<ContactId>,
    /// Those who are looked at, the likeliest first.
    tried: Vec<ContactId>,
}

/// What a change of nicks means for whoever is there.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Changed {
    /// The nicks that are looked for now and were not before, or no more, by network.
    pub(super) nicks: BTreeMap<String, WatchChange>,
    /// Who has come to claim a nick.
    pub(super) come: Vec<(ContactId, NetworkNick)>,
    /// Who claims a nick no more.
    pub(super) gone: Vec<(ContactId, NetworkNick)>,
}

/// Whether somebody is proved to be at a nick.
pub(super) type Proved<'a> = &'a dyn Fn(ContactId, &NetworkNick) -> bool;

impl NickIndex {
    /// Somebody may be at other nicks than before: `derived` from their presence until that time, and those that are there
    /// (they tell of their next nick before they leave this one). Without either they are looked for no more. What that
    /// means [`NickIndex::settle`] says.
    pub(super) fn set(
        &mut self,
        friend: ContactId,
        nicks: BTreeSet<NetworkNick>,
        until: Option<Seconds>,
    ) {
        let due = |at| (at, friend);
        let before = match until {
            Some(until) => self.until.insert(friend, until),
            None => self.until.remove(&friend),
        };
        if let Some(before) = before {
            self.due.remove(&due(before));
        }
        self.due.extend(until.map(due));
        let before = self.nicks.remove(&friend).unwrap_or_default();
        for nick in before.union(&nicks) {
            let claim = self.claim(nick);
            match nicks.contains(nick) {
                true => drop(claim.all.insert(friend)),
                false => drop(claim.all.remove(&friend)),
            }
            // Who is proved to be there may have changed, though the claim has not.
            self.unsettled.insert(nick.clone());
        }
        if !nicks.is_empty() {
            self.nicks.insert(friend, nicks);
        }
    }

    /// Those whose nicks have held as long as they do.
    pub(super) fn due(&self, now: Seconds) -> Vec<ContactId> {
        let held = self.due.iter().take_while(|(until, _)| *until <= now);
        held.map(|(_, friend)| *friend).collect()
    }

    /// Chooses anew which claimants are looked at, of the nicks that others claim than before, and of those that crowd
    /// together when it is the next one's turn.
    pub(super) fn settle(&mut self, proved: Proved<'_>, now: Seconds) -> Changed {
        let turn = now.0.checked_div(TURN.as_secs()).unwrap_or(0);
        if turn != self.turn {
            self.turn = turn;
            self.unsettled.extend(self.crowded.iter().cloned());
        }
        let mut changed = Changed::default();
        for nick in std::mem::take(&mut self.unsettled) {
            self.choose(&nick, proved, &mut changed);
        }
        changed
    }

    fn claim(&mut self, (network, nick): &NetworkNick) -> &mut Claim {
        let nicks = self.claims.entry(network.clone()).or_default();
        nicks.entry(nick.clone()).or_default()
    }

    /// Chooses which claimants of a nick are looked at. Those proved to be there come first and always stay; where more
    /// claim it than are kept, the others take turns, so that nobody is pushed out for good.
    fn choose(&mut self, nick: &NetworkNick, proved: Proved<'_>, changed: &mut Changed) {
        let turn = usize::try_from(self.turn).unwrap_or(0);
        let claim = self.claim(nick);
        let (mut first, mut rest): (Vec<_>, Vec<_>) =
            claim.all.iter().partition(|friend| proved(**friend, nick));
        let crowded = claim.all.len() > MOST_CLAIMANTS;
        if crowded {
            let by = turn.checked_rem(rest.len()).unwrap_or(0);
            rest.rotate_left(by);
        }
        first.append(&mut rest);
        first.truncate(MOST_CLAIMANTS);
        let tried = first.into_iter().copied().collect();
        let before = std::mem::replace(&mut claim.tried, tried);
        let only = |these: &[ContactId], those: &[ContactId]| -> Vec<_> {
            let friends = these.iter().filter(|friend| !those.contains(friend));
            let nick = |friend: &ContactId| (*friend, nick.clone());
            friends.map(nick).collect()
        };
        changed.come.extend(only(&claim.tried, &before));
        changed.gone.extend(only(&before, &claim.tried));
        let (was, is) = (!before.is_empty(), !claim.tried.is_empty());
        if was != is {
            let of_network = changed.nicks.entry(nick.0.clone()).or_default();
            let (more, less) = (&mut of_network.more, &mut of_network.less);
            if is { more } else { less }.insert(nick.1.clone());
        }
        if !is && let Some(nicks) = self.claims.get_mut(&nick.0) {
            nicks.remove(&nick.1);
        }
        match crowded {
            true => drop(self.crowded.insert(nick.clone())),
            false => drop(self.crowded.remove(nick)),
        }
    }

    /// The friends who may be behind a nick on a network, the likeliest first.
    pub(super) fn claimants(&self, network: &str, nick: &str) -> &[ContactId] {
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

/// The nicks of somebody whose secret we hold, of now and of the neighbouring window near its edge, and till when.
pub(super) fn derive(
    person: &Contact,
    ours: &[Ours],
    now: Seconds,
) -> (BTreeSet<NetworkNick>, Option<Seconds>) {
    match person.presence().filter(|_| is_looked_for(person)) {
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
    now: Seconds,
) -> Option<(BTreeSet<NetworkNick>, Option<Seconds>)> {
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

/// Claimants of one nick who are looked at: as many people's sessions are tried for what comes from it.
const MOST_CLAIMANTS: usize = 16;
/// How long a turn lasts where there are more.
const TURN: Duration = Duration::from_mins(10);
/// The window of a friend who told none, in seconds.
const DAY: u32 = 86_400;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::letter::Network;
    use crate::rules::networks::Called;

    fn ours(name: &str, server: &str, called: Option<&str>) -> Ours {
        Ours {
            name: name.into(),
            servers: vec![server.into()],
            called: called.map_or(Called::Nothing, |name| Called::By(name.into())),
        }
    }

    fn person(number: i64) -> ContactId {
        ContactId::new(number)
    }

    const NOBODY: Proved<'static> = &|_, _| false;

    fn places(nicks: &[&str]) -> BTreeSet<NetworkNick> {
        let place = |nick: &&str| ("net".to_owned(), (*nick).to_owned());
        nicks.iter().map(place).collect()
    }

    fn claim(index: &mut NickIndex, number: i64, nicks: &[&str]) -> Changed {
        index.set(person(number), places(nicks), Some(Seconds(100)));
        index.settle(NOBODY, Seconds(0))
    }

    #[test]
    fn a_nick_has_all_its_claimants_each_once() {
        let mut index = NickIndex::default();
        let place = |nick: &str| ("net".to_owned(), nick.to_owned());
        for (number, nicks, come, gone, other_nicks) in [
            (0, &["nick"][..], vec!["nick"], vec![], true),
            (2, &["nick", "other"], vec!["nick", "other"], vec![], true),
            (1, &["nick"], vec!["nick"], vec![], false),
            (1, &["nick"], vec![], vec![], false),
            (3, &["nick", "other"], vec!["nick", "other"], vec![], false),
            (3, &[], vec![], vec!["nick", "other"], false),
        ] {
            let whose = |nicks: Vec<&str>| -> Vec<_> {
                let whose = nicks.into_iter().map(|nick| (person(number), place(nick)));
                whose.collect()
            };
            let changed = claim(&mut index, number, nicks);
            let (come, gone) = (whose(come), whose(gone));
            assert_eq!((changed.come, changed.gone), (come, gone), "{number}");
            assert_eq!(!changed.nicks.is_empty(), other_nicks, "{number}");
        }
        let all = [0, 1, 2].map(person);
        assert_eq!(index.claimants("net", "NICK"), all);
        assert_eq!(index.claimants("net", "other"), [person(2)]);
        assert!(index.claimants("elsewhere", "nick").is_empty());
        claim(&mut index, 2, &["nick"]);
        assert!(
            index.on("net").iter().eq(["nick"]),
            "nobody claims the other"
        );
    }

    #[test]
    fn liars_push_nobody_out_of_a_nick() {
        let proved: Proved<'_> = &|friend, _| friend == person(49);
        let mut index = NickIndex::default();
        for number in 0..50 {
            claim(&mut index, number, &["nick"]);
        }
        let mut had_a_turn = BTreeSet::new();
        for turn in 1..51 {
            let changed = index.settle(proved, Seconds(turn * TURN.as_secs()));
            let kept = index.claimants("net", "nick");
            assert_eq!(kept.len(), MOST_CLAIMANTS);
            assert_eq!(kept.first(), Some(&person(49)), "proof is never pushed out");
            let (come, gone) = (changed.come.len(), changed.gone.len());
            assert_eq!(come, gone, "who is looked at now, and who no more");
            had_a_turn.extend(kept.iter().copied());
        }
        assert_eq!(had_a_turn.len(), 50);
    }

    #[test]
    fn a_crowd_that_comes_together_is_gone_through_once() {
        let mut index = NickIndex::default();
        let asked = std::cell::Cell::new(0);
        let counts: Proved<'_> = &|_, _| {
            asked.set(asked.get() + 1);
            false
        };
        for number in 0..500 {
            index.set(person(number), places(&["nick"]), Some(Seconds(100)));
        }
        let changed = index.settle(counts, Seconds(0));
        assert_eq!((asked.get(), changed.come.len()), (500, MOST_CLAIMANTS));
        assert_eq!(index.settle(counts, Seconds(1)), Changed::default());
        assert_eq!(asked.get(), 500);
    }

    #[test]
    fn nicks_are_derived_anew_once_they_hold_no_more() {
        let mut index = NickIndex::default();
        claim(&mut index, 0, &["nick"]);
        assert!(index.due(Seconds(99)).is_empty());
        assert_eq!(index.due(Seconds(100)), [person(0)]);
        index.set(person(0), places(&["next"]), Some(Seconds(200)));
        assert!(index.due(Seconds(199)).is_empty());
        index.set(person(0), BTreeSet::new(), None);
        assert!(index.due(Seconds(900)).is_empty());
        assert!(index.nicks.is_empty() && index.until.is_empty());
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
            let theirs = Network {
                name: name.into(),
                servers: vec![server.into()],
            };
            let found = matching(&theirs, &two).map(|network| network.name.as_str());
            assert_eq!(found, expected, "{name} {server}");
        }
        let same = [
            ours("a", "a.net:1", Some("anet")),
            ours("b", "b.net:1", Some("anet")),
        ];
        let theirs = Network {
            name: "anet".into(),
            servers: vec!["c.net:1".into()],
        };
        assert!(matching(&theirs, &same).is_none());
    }
}

//! Who is online: the agent's memory of friends' nicks, and what it takes to believe one.
//!
//! ```text
//!            nick up                 their `here` echoes ours, from that nick
//!   gone ─────────────▶ unverified ─────────────────────────────────────────▶ proven
//!    ▲                      │ nick down                                          │ nick down
//!    │                      ▼                                                    ▼
//!    └──────────────────── gone ◀──────────── grace time over ─────────── leaving (still shown)
//! ```
//!
//! A nick being online proves nothing: any friend can leak or squat it, or pass off the secret behind it as their own.
//! So a nick may come for several friends at once, and each is proved or not for themselves. At most two greetings and two echoes leave
//! for each coming of a nick, so that two sides never answer each other for ever, and one lost frame keeps nobody
//! unverified; a nick that leaves and comes again within a minute has not come anew, however often a server says so. While a nick is proved, another nick of the same friend on that network (of the window beside this
//! one) waits: somebody else may have taken it.

mod friend;
mod sighting;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use friend::{Friend, wish};

use super::conversation::ContactId;
use super::decision::Rng;
use crate::protocol::letter::{Here, LetterId, Status};
use crate::protocol::time::Seconds;
pub use friend::{Shown, Wish};
use sighting::{Coming, Sighting};

/// The memory of all friends on all networks.
#[derive(Debug, Default)]
pub struct PresenceTracker {
    grace: Duration,
    friends: BTreeMap<ContactId, Friend>,
    /// Those at whose nick somebody is, or was of late.
    seen: BTreeSet<ContactId>,
    /// Those of them for whom the clock alone may do something.
    restless: BTreeSet<ContactId>,
    /// Those who have come, gone or proved themselves since [`PresenceTracker::take_moved`].
    moved: BTreeSet<ContactId>,
}

impl PresenceTracker {
    /// An empty memory; a friend who vanishes is shown for `grace` more seconds.
    pub fn new(grace: Duration) -> Self {
        Self {
            grace,
            ..Self::default()
        }
    }

    /// Sets the grace time.
    pub fn set_grace(&mut self, grace: Duration) {
        self.grace = grace;
    }

    /// Whether this is a friend now, and may be greeted (visible, and we not invisible).
    pub fn set_friend(&mut self, friend: ContactId, greetable: Option<bool>) {
        if let Some(greetable) = greetable {
            self.friends.entry(friend).or_default().greetable = greetable;
        } else if self.friends.remove(&friend).is_some() {
            self.note(friend);
        }
    }

    /// Who has come, gone or proved themselves since the last call.
    pub fn take_moved(&mut self) -> BTreeSet<ContactId> {
        std::mem::take(&mut self.moved)
    }

    /// To be called after each change of what is seen of a friend.
    fn note(&mut self, friend: ContactId) {
        let seen = self.sights(friend).any(|(_, sight)| sight.is_seen());
        let restless = self.sights(friend).any(|(_, sight)| sight.is_restless());
        for (set, belongs) in [
            (&mut self.seen, seen),
            (&mut self.restless, restless),
            (&mut self.moved, true),
        ] {
            if belongs {
                set.insert(friend);
            } else {
                set.remove(&friend);
            }
        }
    }

    /// A friend's nick is there.
    pub fn up(
        &mut self,
        friend: ContactId,
        network: &str,
        nick: &str,
        now: Seconds,
        rng: &mut dyn Rng,
    ) -> Vec<Wish> {
        let Some(entry) = self.friends.get_mut(&friend) else {
            return Vec::new();
        };
        let sight = entry.sights.entry(network.to_owned()).or_default();
        match &sight.coming {
            Some(coming) if coming.nick == nick => return Vec::new(),
            Some(coming) if coming.proof.is_some() => {
                sight.waiting = Some(nick.to_owned());
                return Vec::new();
            }
            Some(_) | None => {}
        }
        let greeting = sight.come(nick, entry.greetable, (now, self.grace), rng);
        let mut wishes = wish(friend, network, nick, greeting);
        wishes.extend(entry.changed(friend));
        self.note(friend);
        wishes
    }

    /// A friend's nick is gone.
    pub fn down(
        &mut self,
        friend: ContactId,
        network: &str,
        nick: &str,
        now: Seconds,
    ) -> Vec<Wish> {
        let grace = self.grace;
        let Some(entry) = self.friends.get_mut(&friend) else {
            return Vec::new();
        };
        let Some(sight) = entry.sights.get_mut(network) else {
            return Vec::new();
        };
        if sight.at(nick).is_some() {
            sight.leave(now, grace);
        }
        sight.waiting = sight.waiting.take().filter(|waiting| waiting != nick);
        let wishes = entry.changed(friend).into_iter().collect();
        self.note(friend);
        wishes
    }

    /// Our own link to a network is lost: nobody there can be seen.
    pub fn lost(&mut self, network: &str, now: Seconds) -> Vec<Wish> {
        let grace = self.grace;
        let mut wishes = Vec::new();
        for friend in self.seen.clone() {
            let Some(entry) = self.friends.get_mut(&friend) else {
                continue;
            };
            if let Some(sight) = entry.sights.get_mut(network) {
                sight.leave(now, grace);
                sight.waiting = None;
            }
            wishes.extend(entry.changed(friend));
            self.note(friend);
        }
        wishes
    }

    /// A friend's `here` came, sealed by their key, from a nick that is theirs: `network` as we list it.
    pub fn here(
        &mut self,
        friend: ContactId,
        network: &str,
        id: LetterId,
        here: &Here,
        now: Seconds,
        rng: &mut dyn Rng,
    ) -> Vec<Wish> {
        let mut wishes = self.up(friend, network, &here.nick, now, rng);
        let Some(entry) = self.friends.get_mut(&friend) else {
            return wishes;
        };
        let greetable = entry.greetable;
        let sight = entry.sights.get_mut(network);
        if let Some(coming) = sight.and_then(|sight| sight.at(&here.nick)) {
            let answer = coming.hear(id, here, now, greetable, rng);
            wishes.extend(wish(friend, network, &here.nick, answer));
        }
        wishes.extend(entry.changed(friend));
        self.note(friend);
        wishes
    }

    /// A friend told another status.
    pub fn status(&mut self, friend: ContactId, status: Status, text: &str) -> Vec<Wish> {
        let Some(entry) = self.friends.get_mut(&friend) else {
            return Vec::new();
        };
        for sight in entry.sights.values_mut() {
            if let Some(proof) = sight.coming.as_mut().and_then(|one| one.proof.as_mut()) {
                *proof = (status, text.to_owned());
            }
        }
        entry.changed(friend).into_iter().collect()
    }

    /// Time passes: grace ends, and a `here` without an answer is tried once more.
    pub fn tick(&mut self, now: Seconds, rng: &mut dyn Rng) -> Vec<Wish> {
        let mut wishes = Vec::new();
        for friend in self.restless.clone() {
            if let Some(entry) = self.friends.get_mut(&friend) {
                entry.tick(friend, (now, self.grace), rng, &mut wishes);
                wishes.extend(entry.changed(friend));
            }
            self.note(friend);
        }
        wishes
    }

    /// There is a new IRC session with a friend: whoever is there and not proved is greeted anew, at the next tick.
    pub fn renewed(&mut self, friend: ContactId) {
        self.sights_mut(friend).for_each(Sighting::begin_anew);
        self.note(friend);
    }

    /// A `here` could not leave (no IRC session yet): it does not count.
    pub fn unsent(&mut self, friend: ContactId, id: LetterId) {
        self.sights_mut(friend).for_each(|sight| sight.unsent(id));
        self.note(friend);
    }

    /// What is seen of a friend, by network.
    fn sights(&self, friend: ContactId) -> impl Iterator<Item = (&String, &Sighting)> {
        let entry = self.friends.get(&friend).into_iter();
        entry.flat_map(|entry| &entry.sights)
    }

    fn sights_mut(&mut self, friend: ContactId) -> impl Iterator<Item = &mut Sighting> {
        let entry = self.friends.get_mut(&friend).into_iter();
        entry.flat_map(|entry| entry.sights.values_mut())
    }

    /// What the user sees of a friend, and the friend's word.
    pub fn shown(&self, friend: ContactId) -> (Shown, String) {
        let friend = self.friends.get(&friend);
        friend.map(Friend::shown).unwrap_or_default()
    }

    /// Who is there for a friend, each with the network.
    fn coming(&self, friend: ContactId) -> impl Iterator<Item = (&str, &Coming)> {
        let sights = self.sights(friend);
        sights.filter_map(|(network, sight)| Some((network.as_str(), sight.coming.as_ref()?)))
    }

    /// The networks on which a friend is proved to be, with their nick there.
    pub fn reached(&self, friend: ContactId) -> Vec<(String, String)> {
        let proved = (self.coming(friend)).filter(|(_, coming)| coming.proof.is_some());
        proved
            .map(|(network, coming)| (network.to_owned(), coming.nick.clone()))
            .collect()
    }

    /// Whether this nick is there for this friend.
    pub fn sees(&self, friend: ContactId, network: &str, nick: &str) -> bool {
        self.nicks_of(friend).any(|seen| seen == (network, nick))
    }

    /// The nicks that are there for a friend, proved or not, each with its network.
    pub fn nicks_of(&self, friend: ContactId) -> impl Iterator<Item = (&str, &str)> {
        let coming = self.coming(friend);
        coming.map(|(network, coming)| (network, coming.nick.as_str()))
    }

    /// All nicks that are there on a network.
    pub fn nicks_on(&self, network: &str) -> impl Iterator<Item = &str> {
        let friends = self.seen().flat_map(|friend| self.nicks_of(friend));
        friends.filter_map(move |(on, nick)| (on == network).then_some(nick))
    }

    /// Whether somebody is there for this friend, proved or not, who was told our status by a `here`.
    pub fn is_greeted(&self, friend: ContactId) -> bool {
        self.coming(friend).any(|(_, coming)| coming.is_greeted())
    }

    /// Whether this nick is there for this friend, and has proved to be theirs.
    pub fn proves(&self, friend: ContactId, network: &str, nick: &str) -> bool {
        let mut reached = self.reached(friend).into_iter();
        reached.any(|(on, at)| on == network && at == nick)
    }

    /// Friends of whom somebody is at the nick, proved or not, or was of late.
    pub fn seen(&self) -> impl ExactSizeIterator<Item = ContactId> {
        self.seen.iter().copied()
    }

    /// Friends who are proved to be online somewhere.
    pub fn online(&self) -> impl Iterator<Item = ContactId> {
        self.seen()
            .filter(|friend| !self.reached(*friend).is_empty())
    }
}

#[cfg(test)]
mod tests;

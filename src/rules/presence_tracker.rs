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
#[derive(Debug)]
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
            friends: BTreeMap::new(),
            seen: BTreeSet::new(),
            restless: BTreeSet::new(),
            moved: BTreeSet::new(),
        }
    }

    /// Sets the grace time.
    pub fn set_grace(&mut self, grace: Duration) {
        self.grace = grace;
    }

    /// Whether this is a friend now, and may be greeted (visible, and we not invisible).
    pub fn set_friend(&mut self, friend: ContactId, greetable: Option<bool>) {
        match (self.friends.get_mut(&friend), greetable) {
            (Some(known), Some(greetable)) => known.greetable = greetable,
            (None, Some(greetable)) => {
                let known = Friend {
                    greetable,
                    sights: BTreeMap::new(),
                    told: (Shown::Offline, String::new()),
                };
                self.friends.insert(friend, known);
            }
            (Some(_), None) => {
                self.friends.remove(&friend);
                self.note(friend);
            }
            (None, None) => {}
        }
    }

    /// Who has come, gone or proved themselves since the last call.
    pub fn take_moved(&mut self) -> BTreeSet<ContactId> {
        std::mem::take(&mut self.moved)
    }

    /// To be called after each change of what is seen of a friend.
    fn note(&mut self, friend: ContactId) {
        let sights = || {
            let entry = self.friends.get(&friend).into_iter();
            entry.flat_map(|entry| entry.sights.values())
        };
        let (seen, restless) = (
            sights().any(Sighting::is_seen),
            sights().any(Sighting::is_restless),
        );
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
        if sight
            .coming
            .as_ref()
            .is_some_and(|coming| coming.nick == nick)
        {
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

    /// A friend's `here` came, sealed by his key, from a nick that is his: `network` as we list it.
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
        let coming = entry
            .sights
            .get_mut(network)
            .and_then(|sight| sight.coming.as_mut());
        if let Some(coming) = coming.filter(|coming| coming.nick == here.nick) {
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
            if let Some(proof) = sight
                .coming
                .as_mut()
                .and_then(|coming| coming.proof.as_mut())
            {
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
        let entry = self.friends.get_mut(&friend).into_iter();
        for sight in entry.flat_map(|entry| entry.sights.values_mut()) {
            sight.begin_anew();
        }
        self.note(friend);
    }

    /// A `here` could not leave (no IRC session yet): it does not count.
    pub fn unsent(&mut self, friend: ContactId, id: LetterId) {
        let entry = self.friends.get_mut(&friend).into_iter();
        for sight in entry.flat_map(|entry| entry.sights.values_mut()) {
            sight.unsent(id);
        }
        self.note(friend);
    }

    /// What the user sees of a friend, and the friend's word.
    pub fn shown(&self, friend: ContactId) -> (Shown, String) {
        self.friends
            .get(&friend)
            .map_or((Shown::Offline, String::new()), Friend::shown)
    }

    /// The networks on which a friend is proved to be, with his nick there.
    pub fn reached(&self, friend: ContactId) -> Vec<(String, String)> {
        let sights = self
            .friends
            .get(&friend)
            .into_iter()
            .flat_map(|entry| &entry.sights);
        sights
            .filter_map(|(network, sight)| {
                let coming = sight
                    .coming
                    .as_ref()
                    .filter(|coming| coming.proof.is_some())?;
                Some((network.clone(), coming.nick.clone()))
            })
            .collect()
    }

    /// Whether this nick is there for this friend.
    pub fn sees(&self, friend: ContactId, network: &str, nick: &str) -> bool {
        let sights = self.friends.get(&friend).map(|entry| &entry.sights);
        let coming = sights.and_then(|sights| sights.get(network)?.coming.as_ref());
        coming.is_some_and(|coming| coming.nick == nick)
    }

    /// The nicks that are there for a friend, proved or not, each with its network.
    pub fn nicks_of(&self, friend: ContactId) -> impl Iterator<Item = (&str, &str)> {
        let entry = self.friends.get(&friend).into_iter();
        let sights = entry.flat_map(|entry| &entry.sights);
        sights.filter_map(|(network, sight)| {
            let coming = sight.coming.as_ref()?;
            Some((network.as_str(), coming.nick.as_str()))
        })
    }

    /// All nicks that are there on a network.
    pub fn nicks_on(&self, network: &str) -> impl Iterator<Item = &str> {
        let friends = self.seen().flat_map(|friend| self.nicks_of(friend));
        friends.filter_map(move |(on, nick)| (on == network).then_some(nick))
    }

    /// Whether somebody is there for this friend, proved or not, who was told our status by a `here`.
    pub fn is_greeted(&self, friend: ContactId) -> bool {
        let entry = self.friends.get(&friend).into_iter();
        let mut sights = entry.flat_map(|entry| entry.sights.values());
        sights.any(|sight| sight.coming.as_ref().is_some_and(Coming::is_greeted))
    }

    /// Whether this nick is there for this friend, and has proved to be theirs.
    pub fn proves(&self, friend: ContactId, network: &str, nick: &str) -> bool {
        let reached = self.reached(friend).into_iter();
        reached
            .into_iter()
            .any(|(on, at)| on == network && at == nick)
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

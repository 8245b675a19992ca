//! Who is online: the agent's memory of friends' nicks, and what it takes to believe one.
//!
//! ```text
//!            nick up                 his `here` echoes ours, from that nick
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

mod sighting;

use std::collections::BTreeMap;

use super::decision::Rng;
use crate::protocol::address::Address;
use crate::protocol::letter::{Here, LetterId, Status};
use sighting::{Coming, Greeting, Sighting};

/// What the user sees of a friend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// Proved to be there.
    Online,
    /// Proved to be there, away.
    Away,
    /// Proved to be there, busy.
    Busy,
    /// Nobody is at his nick.
    Offline,
    /// Somebody is at his nick, who has not proved to be him.
    Unverified,
}

/// What the memory wants done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// A `here` is to be sent.
    Greet {
        /// To whom.
        friend: Address,
        /// Where.
        network: String,
        /// To which nick.
        nick: String,
        /// Its id, remembered here.
        id: LetterId,
        /// The `here` it echoes.
        echo: Option<LetterId>,
    },
    /// Greetings brought no proof of a friend: his IRC session may be lost.
    Doubt {
        /// Of whom.
        friend: Address,
    },
    /// What the user sees of a friend has changed.
    Changed {
        /// Of whom.
        friend: Address,
        /// To what.
        shown: Shown,
        /// His word.
        text: String,
    },
}

/// The memory of all friends on all networks.
#[derive(Debug)]
pub struct PresenceTracker {
    grace: u64,
    friends: BTreeMap<Address, Friend>,
}

#[derive(Debug)]
struct Friend {
    greetable: bool,
    sights: BTreeMap<String, Sighting>,
    told: (Shown, String),
}

impl PresenceTracker {
    /// An empty memory; a friend who vanishes is shown for `grace` more seconds.
    #[must_use]
    pub fn new(grace: u64) -> Self {
        Self {
            grace,
            friends: BTreeMap::new(),
        }
    }

    /// Sets the grace time, in seconds.
    pub fn set_grace(&mut self, grace: u64) {
        self.grace = grace;
    }

    /// The friends there are now, and whether each may be greeted (visible, and we not invisible).
    pub fn set_friends(&mut self, friends: &BTreeMap<Address, bool>) {
        self.friends
            .retain(|address, _| friends.contains_key(address));
        for (address, greetable) in friends {
            self.friends
                .entry(address.clone())
                .or_insert_with(|| Friend {
                    greetable: *greetable,
                    sights: BTreeMap::new(),
                    told: (Shown::Offline, String::new()),
                })
                .greetable = *greetable;
        }
    }

    /// A friend's nick is there.
    pub fn up(
        &mut self,
        friend: &Address,
        network: &str,
        nick: &str,
        now: u64,
        rng: &mut dyn Rng,
    ) -> Vec<Wish> {
        let Some(entry) = self.friends.get_mut(friend) else {
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
        wishes
    }

    /// A friend's nick is gone.
    pub fn down(&mut self, friend: &Address, network: &str, nick: &str, now: u64) -> Vec<Wish> {
        let grace = self.grace;
        let Some(entry) = self.friends.get_mut(friend) else {
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
        entry.changed(friend).into_iter().collect()
    }

    /// Our own link to a network is lost: nobody there can be seen.
    pub fn lost(&mut self, network: &str, now: u64) -> Vec<Wish> {
        let grace = self.grace;
        let mut wishes = Vec::new();
        for (address, entry) in &mut self.friends {
            if let Some(sight) = entry.sights.get_mut(network) {
                sight.leave(now, grace);
                sight.waiting = None;
            }
            wishes.extend(entry.changed(address));
        }
        wishes
    }

    /// A friend's `here` came, sealed by his key, from a nick that is his: `network` as we list it.
    pub fn here(
        &mut self,
        friend: &Address,
        network: &str,
        id: LetterId,
        here: &Here,
        now: u64,
        rng: &mut dyn Rng,
    ) -> Vec<Wish> {
        let mut wishes = self.up(friend, network, &here.nick, now, rng);
        let Some(entry) = self.friends.get_mut(friend) else {
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
        wishes
    }

    /// A friend told another status.
    pub fn status(&mut self, friend: &Address, status: Status, text: &str) -> Vec<Wish> {
        let Some(entry) = self.friends.get_mut(friend) else {
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
    pub fn tick(&mut self, now: u64, rng: &mut dyn Rng) -> Vec<Wish> {
        let mut wishes = Vec::new();
        for (address, entry) in &mut self.friends {
            let greetable = entry.greetable;
            for (network, sight) in &mut entry.sights {
                // A time beyond the grace was set by a clock that ran ahead.
                let latest = now.saturating_add(self.grace);
                let lasts = |until: u64| until > now && until <= latest;
                sight.leaving = sight.leaving.take().filter(|(until, ..)| lasts(*until));
                if let Some(nick) = sight.next() {
                    let greeting = sight.come(&nick, greetable, (now, self.grace), rng);
                    wishes.extend(wish(address, network, &nick, greeting));
                }
                if let Some(coming) = sight.coming.as_mut().filter(|_| greetable) {
                    let nick = coming.nick.clone();
                    wishes.extend(wish(address, network, &nick, coming.try_again(now, rng)));
                    if coming.is_to_be_doubted(now) {
                        let friend = address.clone();
                        wishes.push(Wish::Doubt { friend });
                    }
                }
            }
            wishes.extend(entry.changed(address));
        }
        wishes
    }

    /// There is a new IRC session with a friend: whoever is there and not proved is greeted anew, at the next tick.
    pub fn renewed(&mut self, friend: &Address) {
        let entry = self.friends.get_mut(friend).into_iter();
        for sight in entry.flat_map(|entry| entry.sights.values_mut()) {
            sight.begin_anew();
        }
    }

    /// A `here` could not leave (no IRC session yet): it does not count.
    pub fn unsent(&mut self, friend: &Address, id: LetterId) {
        let entry = self.friends.get_mut(friend).into_iter();
        for sight in entry.flat_map(|entry| entry.sights.values_mut()) {
            sight.unsent(id);
        }
    }

    /// What the user sees of a friend, and the friend's word.
    #[must_use]
    pub fn shown(&self, friend: &Address) -> (Shown, String) {
        self.friends
            .get(friend)
            .map_or((Shown::Offline, String::new()), Friend::shown)
    }

    /// The networks on which a friend is proved to be, with his nick there.
    #[must_use]
    pub fn reached(&self, friend: &Address) -> Vec<(String, String)> {
        let sights = self
            .friends
            .get(friend)
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
    #[must_use]
    pub fn sees(&self, friend: &Address, network: &str, nick: &str) -> bool {
        let sights = self.friends.get(friend).map(|entry| &entry.sights);
        let coming = sights.and_then(|sights| sights.get(network)?.coming.as_ref());
        coming.is_some_and(|coming| coming.nick == nick)
    }

    /// All nicks that are there: whose, on which network, which.
    #[must_use]
    pub fn seen(&self) -> Vec<(Address, String, String)> {
        let mut seen = Vec::new();
        for (address, friend) in &self.friends {
            for (network, sight) in &friend.sights {
                if let Some(coming) = &sight.coming {
                    seen.push((address.clone(), network.clone(), coming.nick.clone()));
                }
            }
        }
        seen
    }

    /// All nicks at which a friend is proved to be there: who, on which network, which.
    #[must_use]
    pub fn proved(&self) -> Vec<(Address, String, String)> {
        let mut proved = Vec::new();
        for friend in self.friends.keys() {
            for (network, nick) in self.reached(friend) {
                proved.push((friend.clone(), network, nick));
            }
        }
        proved
    }

    /// Friends who are there and were told our status by a `here`, whether they are proved yet or not.
    #[must_use]
    pub fn greeted(&self) -> Vec<Address> {
        let greeted = |friend: &&Address| {
            let entry = self.friends.get(*friend).into_iter();
            let mut sights = entry.flat_map(|entry| entry.sights.values());
            sights.any(|sight| sight.coming.as_ref().is_some_and(Coming::is_greeted))
        };
        self.friends.keys().filter(greeted).cloned().collect()
    }

    /// Friends who are proved to be online somewhere.
    #[must_use]
    pub fn online(&self) -> Vec<Address> {
        self.friends
            .keys()
            .filter(|address| !self.reached(address).is_empty())
            .cloned()
            .collect()
    }
}

impl Friend {
    fn shown(&self) -> (Shown, String) {
        let proofs = self
            .sights
            .values()
            .filter_map(|sight| sight.coming.as_ref()?.proof.as_ref());
        let leaving = self
            .sights
            .values()
            .filter_map(|sight| sight.leaving.as_ref());
        let seen = proofs
            .map(|(status, text)| (*status, text.clone()))
            .chain(leaving.map(|(_, status, text)| (*status, text.clone())))
            .next();
        match seen {
            Some((Status::Online, text)) => (Shown::Online, text),
            Some((Status::Away, text)) => (Shown::Away, text),
            Some((Status::Busy, text)) => (Shown::Busy, text),
            None if self.sights.values().any(|sight| sight.coming.is_some()) => {
                (Shown::Unverified, String::new())
            }
            None => (Shown::Offline, String::new()),
        }
    }

    fn changed(&mut self, address: &Address) -> Option<Wish> {
        let shown = self.shown();
        if shown == self.told {
            return None;
        }
        self.told.clone_from(&shown);
        let (shown, text) = shown;
        Some(Wish::Changed {
            friend: address.clone(),
            shown,
            text,
        })
    }
}

fn wish(friend: &Address, network: &str, nick: &str, greeting: Option<Greeting>) -> Vec<Wish> {
    let greet = greeting.map(|(id, echo)| Wish::Greet {
        friend: friend.clone(),
        network: network.to_owned(),
        nick: nick.to_owned(),
        id,
        echo,
    });
    greet.into_iter().collect()
}

#[cfg(test)]
mod tests;

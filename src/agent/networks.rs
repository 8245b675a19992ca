//! All our networks: which we join and leave, under which nick, and on which of them a friend is reached.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Deref, DerefMut};
use std::time::Duration;

use super::AgentError;
use super::network::{Network, NickTrouble, Taken};
use super::nick_lifecycle::{self, Identity, Pressure, Step};
use super::outside::Outside;
use crate::account::{Leaving, What};
use crate::edge::config::Config;
use crate::edge::irc::Order;
use crate::protocol::nick;
use crate::protocol::time::Seconds;
use crate::rules::account::AccountState;
use crate::rules::conversation::ContactId;
use crate::rules::decision::Rng;
use crate::rules::effect::Notice;
use crate::rules::networks::Ours;
use crate::rules::outgoing::Outgoing;
use crate::rules::presence_tracker::PresenceTracker;
use crate::rules::queue::choice::{self, Way};

/// Our networks, by name.
#[derive(Default)]
pub(super) struct Networks {
    all: BTreeMap<String, Network>,
    /// Their names in the order of our preference.
    pub(super) order: Vec<String>,
    /// When links were last begun.
    pub(super) tried: Seconds,
    last_ticket: u64,
}

impl Deref for Networks {
    type Target = BTreeMap<String, Network>;

    fn deref(&self) -> &Self::Target {
        &self.all
    }
}

impl DerefMut for Networks {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.all
    }
}

impl Networks {
    /// Starts a link for every network of the configuration that has none.
    /// Errors: [`AgentError::Link`], of the first that cannot be had, once all others are there.
    pub(super) fn connect(
        &mut self,
        config: &Config,
        outside: &mut impl Outside,
    ) -> Result<(), AgentError> {
        let names = config.networks.iter().map(|network| network.name.clone());
        self.order = names.collect();
        let mut done = Ok(());
        for network in &config.networks {
            if self.all.contains_key(&network.name) {
                continue;
            }
            if let Err(reason) = outside.open(network, config.presence.poll) {
                let network = network.name.clone();
                done = done.and(Err(AgentError::Link { network, reason }));
                continue;
            }
            let watched = config.presence.watch.contains(&network.name);
            let net = Network::new(network, watched);
            self.all.insert(network.name.clone(), net);
        }
        done
    }

    /// Whether every network of the configuration has a link.
    pub(super) fn are_all(&self, config: &Config) -> bool {
        let mut networks = config.networks.iter();
        networks.all(|network| self.all.contains_key(&network.name))
    }

    /// Joins, leaves, or stays, on each; gives those that were left, and why. `all_told` says that nobody online has still
    /// to be told of a new secret.
    pub(super) fn step(
        &mut self,
        account: &AccountState,
        (window, all_told, now): (u32, bool, Seconds),
        rng: &mut dyn Rng,
        outside: &mut impl Outside,
    ) -> Vec<(String, &'static str)> {
        let wanted = nick_lifecycle::wanted(account, window, now);
        let current = nick::window_at(&account.secret, window, now);
        let begun = nick::window_start(&account.secret, window, current);
        let pressure = Pressure {
            leave_by: account.leave_by,
            all_told,
            into_window: now.since(begun),
        };
        let mut left = Vec::new();
        for (name, network) in &mut self.all {
            let nick = match wanted {
                Identity::Invisible => random_nick(rng),
                Identity::Derived { .. } => String::new(),
            };
            let nick = || match wanted {
                Identity::Invisible => nick,
                Identity::Derived { .. } => {
                    nick_lifecycle::our_nick(&account.secret, name, window, now)
                }
            };
            let mut chance = |most: Duration| Duration::from_secs(below(rng, most.as_secs()));
            let stay = &mut network.stay;
            match stay.next(wanted, nick, pressure, now, &mut chance) {
                Step::Stay => {}
                Step::Join(nick) => outside.order(name, Order::Connect(nick)),
                Step::Leave(why) => {
                    outside.order(name, Order::Leave);
                    left.push((name.clone(), why));
                }
            }
        }
        left
    }

    /// What the user is told of networks on which our nick has been taken for ten minutes, once.
    pub(super) fn long_taken(&mut self, now: Seconds) -> Vec<Notice> {
        let mut words = Vec::new();
        for (name, network) in &mut self.all {
            let long = |taken: &&mut Taken| now >= taken.since.after(TAKEN);
            let taken = network.taken.as_mut().filter(|taken| !taken.said);
            let Some(taken) = taken.filter(long) else {
                continue;
            };
            taken.said = true;
            let text = match taken.trouble {
                NickTrouble::InUse => format!(
                    "somebody holds your nickname on {name}: `iim rotate` takes another; if it happens again, \
                     a friend who sees you does it"
                ),
                NickTrouble::Changed => format!(
                    "{name} gives you another nickname each time, under which no friend looks for you: iim tries \
                     again, ever more seldom; it needs a network that takes nine letters"
                ),
            };
            words.push(Notice::Word { friend: None, text });
        }
        words
    }

    /// All, and on which our presence is.
    pub(super) fn presences(&self) -> Vec<(String, bool)> {
        let all = self.all.values();
        let all = all.map(|network| (network.name.clone(), network.session.is_some()));
        all.collect()
    }

    /// What matching friends' networks needs.
    pub(super) fn ours(&self) -> impl Iterator<Item = &Ours> {
        self.all.values().map(Network::ours)
    }

    /// Those on which we are under the nick under which friends look for us.
    pub(super) fn reachable(&self) -> BTreeSet<String> {
        let reachable = self.all.values().filter(|network| network.is_reachable());
        reachable.map(|network| network.name.clone()).collect()
    }

    /// Whether a nick that is looked for is there.
    pub(super) fn is_there(&self, network: &str, nick: &str) -> bool {
        let network = self.all.get(network);
        network.is_some_and(|network| network.there.contains(nick))
    }

    /// Whether any link has room for a letter.
    pub(super) fn have_room(&self) -> bool {
        self.all.values().any(|network| network.room)
    }

    /// Bytes for the text of a line, if the link has room for a letter now.
    pub(super) fn room_on(&self, way: &Way) -> Option<usize> {
        let network = self.all.get(&way.network).filter(|network| network.room)?;
        network.room_for(&way.nick)
    }

    /// Where a friend is proved to be and we are under our nick, and theirs there.
    pub(super) fn way_to(&self, friend: ContactId, watch: &PresenceTracker) -> Option<Way> {
        let ours = self.order.iter().map(String::as_str);
        let ours = ours.filter(|name| self.all.get(*name).is_some_and(Network::is_reachable));
        choice::reached(ours, watch.reached(friend))
    }

    /// Where a letter goes over IRC now, and the bytes for the text of a line there, if that link has room for it.
    pub(super) fn fits(
        &self,
        outgoing: &Outgoing,
        watch: &PresenceTracker,
    ) -> Option<(Way, usize)> {
        let way = choice::way(&outgoing.route, || self.way_to(outgoing.to, watch))?;
        let room = self.room_on(&way)?;
        Some((way, room))
    }

    /// Hands a sealed letter to a link.
    pub(super) fn hand_over(&mut self, way: &Way, leaving: Leaving, outside: &mut impl Outside) {
        let What::Lines(lines) = leaving.what.clone() else {
            return;
        };
        let ticket = self.send(way, lines, outside);
        if let Some(network) = self.all.get_mut(&way.network) {
            network.sent(ticket, &way.nick, leaving);
        }
    }

    /// Orders a link to write lines; the ticket under which it will say that it has.
    pub(super) fn send(
        &mut self,
        way: &Way,
        texts: Vec<String>,
        outside: &mut impl Outside,
    ) -> u64 {
        self.last_ticket = self.last_ticket.wrapping_add(1);
        let ticket = self.last_ticket;
        if let Some(network) = self.all.get_mut(&way.network) {
            network.room = false;
        }
        let to = way.nick.clone();
        outside.order(&way.network, Order::Send { ticket, to, texts });
        ticket
    }
}

/// What a link to a network is made by.
pub(super) fn of_network<'a>(config: &'a Config, name: &String) -> impl PartialEq + use<'a> {
    let presence = &config.presence;
    let mut networks = config.networks.iter();
    let network = networks.find(|network| network.name == *name);
    let watched = presence.watch.contains(name);
    (
        network,
        watched,
        presence.poll,
        presence.window,
        presence.grace,
    )
}

/// A random number below `most` (0 when that is 0).
fn below(rng: &mut dyn Rng, most: u64) -> u64 {
    let mut bytes = [0; 8];
    rng.fill(&mut bytes);
    // Of 2^64 numbers the few at the end that favour small remainders do not matter here.
    u64::from_be_bytes(bytes).checked_rem(most).unwrap_or(0)
}

/// A nick that is derived from nothing.
pub(super) fn random_nick(rng: &mut dyn Rng) -> String {
    const LETTERS: &[u8; 26] = b"abcdefghijklmnopqrstuvwxyz";
    let mut letter = |_| {
        LETTERS
            .get(usize::try_from(below(rng, 26)).unwrap_or(0))
            .map_or('x', |byte| char::from(*byte))
    };
    (0..9).map(&mut letter).collect()
}

/// After how long a taken nick is reported.
const TAKEN: Duration = Duration::from_mins(10);

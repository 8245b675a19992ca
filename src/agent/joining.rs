//! Joining and leaving networks: who we are there, and who is told before we leave.

use super::network::{NickTrouble, Taken};
use super::nick_lifecycle::{Chance, Identity, Move, Pressure};
use super::{Agent, Outside, nick_lifecycle};
use crate::edge::irc::Order;
use crate::protocol::address::Address;
use crate::protocol::nick;
use crate::rules::announce::is_due_over_irc;
use crate::rules::contact::Contact;
use crate::rules::decision::Rng;
use crate::rules::effect::Notice;
use crate::rules::event::Event;

impl<O: Outside> Agent<O> {
    /// Joins, leaves, or stays, on each network.
    pub(super) fn move_on(&mut self, now: u64) {
        let (window, account) = (self.account.settings().window, self.state.clone());
        let wanted = nick_lifecycle::wanted(&account, window, now);
        let all_told = self.announcing_online().is_empty();
        let current = nick::window_at(&account.secret, window, now);
        let begun = nick::window_start(&account.secret, window, current);
        let pressure = Pressure {
            leave_by: account.leave_by,
            all_told,
            into_window: now.saturating_sub(begun),
        };
        let mut left = Vec::new();
        let rng = self.rng.as_mut();
        for net in self.nets.values_mut() {
            let unlinked = match wanted {
                Identity::Invisible => random_nick(rng),
                Identity::Derived { .. } => String::new(),
            };
            let nick = || match wanted {
                Identity::Invisible => unlinked,
                Identity::Derived { .. } => {
                    nick_lifecycle::our_nick(&account.secret, &net.name, window, now)
                }
            };
            let mut chance = |most| below(rng, most);
            match net
                .place
                .next(wanted, nick, pressure, now, &mut Chance(&mut chance))
            {
                Move::Stay => {}
                Move::Join(nick) => self.outside.order(&net.name, Order::Connect { nick }),
                Move::Leave(why) => {
                    self.outside.order(&net.name, Order::Leave);
                    left.push((net.name.clone(), why));
                }
            }
        }
        for (name, why) in left {
            self.leave(&name, why);
        }
    }

    /// Those online to whom an announcement is due.
    fn announcing_online(&self) -> Vec<&Contact> {
        let is_online = |friend: &Address| !self.watch.reached(friend).is_empty();
        self.roster.announcing_among(self.watch.seen(), is_online)
    }

    /// Our nick has been taken for ten minutes: the user is told.
    pub(super) fn report_taken(&mut self, now: u64) {
        let mut words = Vec::new();
        for net in self.nets.values_mut() {
            let long = |taken: &&mut Taken| now >= taken.since.saturating_add(TAKEN);
            let Some(taken) = net.taken.as_mut().filter(|taken| !taken.said).filter(long) else {
                continue;
            };
            taken.said = true;
            let name = &net.name;
            words.push(match taken.trouble {
                NickTrouble::InUse => format!(
                    "somebody holds your nickname on {name}: `iim rotate` takes another; if it happens again, \
                     a friend who sees you does it"
                ),
                NickTrouble::Changed => format!(
                    "{name} gives you another nickname each time, under which no friend looks for you: iim tries \
                     again, ever more seldom; it needs a network that takes nine letters"
                ),
            });
        }
        self.tell_all(
            words
                .into_iter()
                .map(|text| Notice::Word { friend: None, text })
                .collect(),
        );
    }

    /// Friends online to whom an announcement is due are told over IRC first.
    pub(super) fn announce_online(&mut self) {
        let epoch = self.state.epoch;
        let mut untold = self.announcing_online();
        untold.retain(|person| is_due_over_irc(person, epoch));
        let untold: Vec<Address> = untold.into_iter().map(|one| one.address.clone()).collect();
        if untold.is_empty() {
            return;
        }
        for friend in untold {
            self.cause(Event::Announce(friend));
        }
        if let Err(fault) = self.refresh() {
            tracing::error!("{fault}");
        }
    }
}

/// A random number below `most` (0 when that is 0).
fn below(rng: &mut dyn Rng, most: u64) -> u64 {
    let mut bytes = [0; 8];
    rng.fill(&mut bytes);
    // Of 2^64 numbers the few at the end that favour small remainders do not matter here.
    u64::from_be_bytes(bytes).checked_rem(most).unwrap_or(0)
}

/// A nick that is derived from nothing.
fn random_nick(rng: &mut dyn Rng) -> String {
    const LETTERS: &[u8; 26] = b"abcdefghijklmnopqrstuvwxyz";
    let mut letter = |_| {
        LETTERS
            .get(usize::try_from(below(rng, 26)).unwrap_or(0))
            .map_or('x', |byte| char::from(*byte))
    };
    (0..9).map(&mut letter).collect()
}

/// After how long a taken nick is reported, in seconds.
const TAKEN: u64 = 600;

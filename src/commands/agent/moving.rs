//! Joining and leaving networks: who we are there, and who is told before we leave.

use std::collections::BTreeSet;

use super::Agent;
use super::place::{self, Chance, Identity, Move, Pressure};
use crate::edge::irc::Order;
use crate::protocol::address::Address;
use crate::rules::effect::Notice;
use crate::rules::event::Event;

impl Agent {
    /// Joins, leaves, or stays, on each network.
    pub(super) fn move_on(&mut self, now: u64) {
        let (window, account) = (self.station.settings().window, self.account.clone());
        let wanted = place::wanted(&account, window, now);
        let all_told = !self.somebody_online_is_untold();
        let pressure = Pressure {
            leave_by: account.leave_by,
            all_told,
        };
        let mut left = Vec::new();
        for net in self.nets.values_mut() {
            let nick = || match wanted {
                Identity::Invisible => random_nick(),
                Identity::Derived { .. } => {
                    place::our_nick(&account.secret, &net.name, window, now)
                }
            };
            match net
                .place
                .next(wanted, nick, pressure, now, &mut Chance(&mut below))
            {
                Move::Stay => {}
                Move::Join(nick) => net.order(Order::Connect { nick }),
                Move::Leave => {
                    net.order(Order::Leave);
                    left.push(net.name.clone());
                }
            }
        }
        for name in left {
            self.lose(&name, None);
        }
    }

    pub(super) fn somebody_online_is_untold(&self) -> bool {
        let online: BTreeSet<Address> = self.watch.online().into_iter().collect();
        self.people.iter().any(|person| {
            person.announce.is_some() && person.visible && online.contains(&person.address)
        })
    }

    /// Our nick has been taken for ten minutes: the user is told.
    pub(super) fn report_taken(&mut self, now: u64) {
        let mut words = Vec::new();
        for net in self.nets.values_mut() {
            if let Some((since, false)) = net
                .taken
                .filter(|(since, _)| now >= since.saturating_add(TAKEN))
            {
                net.taken = Some((since, true));
                words.push(format!(
                    "somebody holds your nickname on {}: `iim rotate` takes another; if it happens again, \
                     a friend who sees you does it",
                    net.name
                ));
            }
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
        let epoch = self.account.epoch;
        let online: BTreeSet<Address> = self.watch.online().into_iter().collect();
        let untold: Vec<Address> = self
            .people
            .iter()
            .filter(|person| person.announce.is_some_and(|due| due.over_irc.is_none()))
            .filter(|person| person.visible && online.contains(&person.address))
            .filter(|person| {
                person
                    .shown
                    .as_ref()
                    .is_none_or(|shown| shown.epoch != epoch)
            })
            .map(|person| person.address.clone())
            .collect();
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
fn below(most: u64) -> u64 {
    if most == 0 {
        0
    } else {
        rand::RngExt::random_range(&mut rand::rng(), 0..most)
    }
}

/// A nick that is derived from nothing.
fn random_nick() -> String {
    const LETTERS: &[u8; 26] = b"abcdefghijklmnopqrstuvwxyz";
    let letter = |_| {
        LETTERS
            .get(usize::try_from(below(26)).unwrap_or(0))
            .map_or('x', |byte| char::from(*byte))
    };
    (0..9).map(letter).collect()
}

/// After how long a taken nick is reported, in seconds.
const TAKEN: u64 = 600;

//! What rooms reach: the account, the links, the rng.

use crate::account::{Account, AccountError};
use crate::agent::outside::Outside;
use crate::protocol::letter::{Letter, Signature};
use crate::protocol::time::Seconds;
use crate::rules::decision::Rng;
use crate::rules::effect::Notice;
use crate::rules::event::RoomTurn;

/// What rooms reach.
pub(in crate::agent) struct Reach<'a, O> {
    /// The account, whose turns are made.
    pub(in crate::agent) account: &'a mut Account,
    /// Links, and whoever is told.
    pub(in crate::agent) outside: &'a mut O,
    /// Random bytes.
    pub(in crate::agent) rng: &'a mut dyn Rng,
    /// The time.
    pub(in crate::agent) now: Seconds,
}

impl<O: Outside> Reach<'_, O> {
    /// Starts a link of its own for the rooms of a network.
    pub(super) fn open(&mut self, network: &str) -> bool {
        let config = &self.account.config;
        let Some(network) = config.networks.iter().find(|one| one.name == network) else {
            return false;
        };
        let mut own = network.clone();
        own.name = link_of(&network.name);
        // A server may show whoever asks of which certificate a connection is: that of our presence would name us.
        own.client_cert = None;
        match self.outside.open(&own, config.presence.poll) {
            Ok(()) => true,
            Err(fault) => {
                tracing::warn!("no room is joined on {}: {fault}", network.name);
                false
            }
        }
    }

    /// Decides something that happens in a room: what is to be said there, and what is told.
    pub(super) fn turn(&mut self, turn: RoomTurn) -> (Vec<Letter>, Vec<Notice>) {
        match self.account.in_room(turn) {
            Ok(outcome) => {
                if let Some(stored) = outcome.stored {
                    self.outside.stored(stored);
                }
                (outcome.in_room, outcome.notices)
            }
            Err(fault) => {
                tracing::error!("{fault}");
                (Vec::new(), Vec::new())
            }
        }
    }
}

/// Whether a link is one of rooms.
pub(in crate::agent) fn is_link(link: &str) -> bool {
    link.ends_with(ROOMS)
}

/// Signs with the account's key.
pub(super) fn signer(account: &Account) -> impl FnMut(&[u8]) -> Option<Signature> + '_ {
    |bytes| {
        let signed: Result<Signature, AccountError> = account.sign_there(bytes);
        signed.inspect_err(|fault| tracing::error!("{fault}")).ok()
    }
}

/// The name of the link of rooms on a network.
pub(super) fn link_of(network: &str) -> String {
    format!("{network}{ROOMS}")
}

/// What a network's name ends with in the name of the link of its rooms: no network's name has a space.
pub(super) const ROOMS: &str = " rooms";

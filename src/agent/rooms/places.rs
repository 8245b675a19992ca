//! Where the rooms are that there are for us, and the links on which they are joined.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Rooms;
use super::connection::Place;
use super::reach::Reach;
use crate::account::Account;
use crate::agent::outside::{Outside, RoomSeen, RoomState};
use crate::protocol::time::{HOUR, MINUTE, Seconds};
use crate::rules::queue::doubled;

impl Rooms {
    /// The rooms in which the user may be, on each network that is theirs.
    pub(in crate::agent) fn seen(&self, account: &Account, now: Seconds) -> Vec<RoomSeen> {
        let mut seen = Vec::new();
        for (network, wanted) in self.wanted(account) {
            let connection = self.connections.get(&network);
            for place in wanted {
                let state = connection.map(|it| it.state(&place, now));
                seen.push(RoomSeen {
                    group: place.open.group,
                    conversation: place.open.conversation,
                    network: network.clone(),
                    state: state.unwrap_or(RoomState::Joining),
                });
            }
        }
        seen
    }

    /// Starts the link of the rooms on a network; where that does not work it is tried again a minute later, then after twice as
    /// long: a program that gives the server's password may take its time.
    pub(super) fn may_open(&mut self, network: &str, reach: &mut Reach<'_, impl Outside>) -> bool {
        let now = reach.now;
        let (until, times) = self.unopened.get(network).copied().unwrap_or_default();
        if now < until && until <= now.after(HOUR) {
            return false;
        }
        if reach.open(network) {
            self.unopened.remove(network);
            return true;
        }
        let until = now.after(doubled(MINUTE, times, HOUR));
        self.unopened
            .insert(network.to_owned(), (until, times.saturating_add(1)));
        false
    }

    /// Looks up which rooms there are; as long as that cannot be read there are none, for who may be shown us is not known.
    pub(super) fn look_up(&mut self, account: &mut Account) {
        let found = account.open_rooms();
        let was_unreadable = std::mem::replace(&mut self.is_unreadable, found.is_err());
        let open = found.unwrap_or_else(|fault| {
            if !was_unreadable {
                tracing::error!("which rooms there are is not known: {fault}");
            }
            Vec::new()
        });
        self.open = open.into_iter().map(Arc::new).collect();
    }

    /// The rooms on each of our networks.
    /// A network is theirs that has one of its servers: what a server calls itself is no reason to tell it a room.
    pub(super) fn wanted(&self, account: &Account) -> BTreeMap<String, Vec<Place>> {
        let ours = &account.settings().rooms;
        let mut wanted: BTreeMap<String, Vec<Place>> = BTreeMap::new();
        for room in &self.open {
            let mut places = BTreeSet::new();
            for network in &room.networks {
                let found = ours.iter().find(|own| own.shares_server(network));
                let named = found.map(|own| own.name.clone());
                if let Some(ours) = named.filter(|name| places.insert(name.clone())) {
                    let (open, network) = (Arc::clone(room), network.name.clone());
                    wanted
                        .entry(ours)
                        .or_default()
                        .push(Place { open, network });
                }
            }
        }
        wanted
    }
}

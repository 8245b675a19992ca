//! Letters leave over IRC, one at a time for each network, when its link has room.

use super::network::Network;
use super::{Agent, Outside};
use crate::account::{What, send};
use crate::protocol::address::Address;
use crate::protocol::letter::{Body, Typing};
use crate::rules::announce::is_due_over_irc;
use crate::rules::contact::Contact;
use crate::rules::event::Event;
use crate::rules::outgoing::Waiting;
use crate::rules::queue::choice::{self, Way};

impl<O: Outside> Agent<O> {
    /// Hands each link that has room its next letter of the queue.
    pub(super) fn send_queued(&mut self) {
        if !self.networks.have_room() {
            return;
        }
        let due = match send::due_over_irc(&mut self.account) {
            Ok(due) => due,
            Err(fault) => {
                tracing::error!("{fault}");
                return;
            }
        };
        for waiting in due {
            if !self.networks.have_room() {
                return;
            }
            self.hand_over(&waiting);
        }
    }

    /// Tells a friend that the user is writing to him, or has stopped. What waits goes first, and where there is no room
    /// then, or he is not there, or has just been told, nothing is said: nobody misses it.
    pub fn typing(&mut self, friend: &Address, typing: Typing) {
        let now_ms = self.clock.now_ms();
        if !self.typing.allows(friend, typing, now_ms) {
            return;
        }
        self.send_queued();
        let way = self.way_to(friend);
        let room = way.as_ref().and_then(|way| self.networks.room_on(way));
        let Some((way, room)) = way.zip(room) else {
            return;
        };
        match send::typing(&mut self.account, friend, typing, room) {
            Ok(Some(lines)) => {
                self.typing.note(friend, typing, now_ms);
                self.networks.send(&way, lines, &mut self.outside);
            }
            Ok(None) => {}
            Err(fault) => tracing::error!("{fault}"),
        }
    }

    fn hand_over(&mut self, waiting: &Waiting) {
        let outgoing = &waiting.outgoing;
        let reached = || self.way_to(&outgoing.to);
        let Some(way) = choice::way(&outgoing.route, reached) else {
            return;
        };
        let Some(room) = self.networks.room_on(&way) else {
            return;
        };
        match send::leave_over_irc(&mut self.account, waiting.row, room) {
            Ok(Some(leaving)) => {
                let What::Lines(lines) = leaving.what.clone() else {
                    return;
                };
                let ticket = self.networks.send(&way, lines, &mut self.outside);
                if let Some(net) = self.networks.get_mut(&way.network) {
                    net.sent(ticket, &way.nick, leaving);
                }
            }
            Ok(None) => self.not_left(waiting),
            Err(fault) => tracing::error!("{fault}"),
        }
    }

    /// It could not be sealed for IRC: a text goes by mail now, a `here` does not count.
    fn not_left(&mut self, waiting: &Waiting) {
        let outgoing = &waiting.outgoing;
        if let Body::Here(_) = outgoing.letter.body {
            self.watch.unsent(&outgoing.to, outgoing.letter.id);
        }
        self.outside.mail_is_due();
    }

    /// Those online to whom an announcement is due.
    pub(super) fn announcing_online(&self) -> Vec<&Contact> {
        let is_online = |friend: &Address| !self.watch.reached(friend).is_empty();
        self.roster.announcing_among(self.watch.seen(), is_online)
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

    /// The network where a friend is proved to be and we are under our nick, and theirs there.
    pub(super) fn way_to(&self, friend: &Address) -> Option<Way> {
        let ours = self
            .account
            .config
            .networks
            .iter()
            .map(|one| one.name.as_str());
        let ours = ours.filter(|name| self.networks.get(*name).is_some_and(Network::is_reachable));
        choice::reached(ours, self.watch.reached(friend))
    }
}

//! Letters leave over IRC, one at a time for each network, when its link has room.

use super::network::Net;
use super::{Agent, Outside};
use crate::account::What;
use crate::edge::irc::Order;
use crate::protocol::address::Address;
use crate::protocol::letter::{Body, Typing};
use crate::rules::outgoing::Waiting;
use crate::rules::queue::choice::{self, Way};

impl<O: Outside> Agent<O> {
    /// Hands each link that has room its next letter of the queue.
    pub(super) fn send_queued(&mut self) {
        if !self.nets.values().any(|net| net.room) {
            return;
        }
        let due = match self.account.due_over_irc() {
            Ok(due) => due,
            Err(fault) => {
                tracing::error!("{fault}");
                return;
            }
        };
        for waiting in due {
            if !self.nets.values().any(|net| net.room) {
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
        let room = way.as_ref().and_then(|way| self.room_on(way));
        let Some((way, room)) = way.zip(room) else {
            return;
        };
        match self.account.typing(friend, typing, room) {
            Ok(Some(lines)) => {
                self.typing.note(friend, typing, now_ms);
                if let Some(net) = self.nets.get_mut(&way.network) {
                    net.room = false;
                }
                self.send(&way, lines);
            }
            Ok(None) => {}
            Err(fault) => tracing::error!("{fault}"),
        }
    }

    /// Bytes for the text of a line, if the link has room for a letter now.
    fn room_on(&self, way: &Way) -> Option<usize> {
        let net = self.nets.get(&way.network).filter(|net| net.room)?;
        net.room_for(&way.nick)
    }

    /// Orders a link to write lines; the ticket under which it will say that it has.
    fn send(&mut self, way: &Way, texts: Vec<String>) -> u64 {
        self.next_ticket = self.next_ticket.wrapping_add(1);
        let ticket = self.next_ticket;
        let to = way.nick.clone();
        let order = Order::Send { ticket, to, texts };
        self.outside.order(&way.network, order);
        ticket
    }

    fn hand_over(&mut self, waiting: &Waiting) {
        let outgoing = &waiting.outgoing;
        let reached = || self.way_to(&outgoing.to);
        let Some(way) = choice::way(&outgoing.route, reached) else {
            return;
        };
        let Some(room) = self.room_on(&way) else {
            return;
        };
        match self.account.leave_over_irc(waiting.row, room) {
            Ok(Some(leaving)) => {
                let What::Lines(lines) = leaving.what.clone() else {
                    return;
                };
                let ticket = self.send(&way, lines);
                if let Some(net) = self.nets.get_mut(&way.network) {
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

    /// The network where a friend is proved to be and we are under our nick, and theirs there.
    pub(super) fn way_to(&self, friend: &Address) -> Option<Way> {
        let networks = self.account.config.networks.iter();
        let ours = networks.map(|network| network.name.as_str());
        let ours = ours.filter(|name| self.nets.get(*name).is_some_and(Net::is_reachable));
        choice::reached(ours, self.watch.reached(friend))
    }
}

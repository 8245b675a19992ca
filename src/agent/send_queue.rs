//! Letters leave over IRC, one at a time for each network, when its link has room.

use super::{Agent, Outside};
use crate::account::What;
use crate::edge::irc::Order;
use crate::edge::store::Waiting;
use crate::protocol::address::Address;
use crate::protocol::letter::{Body, Typing};
use crate::rules::outgoing::Route;

/// Where a letter goes over IRC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Way {
    network: String,
    nick: String,
}

impl<O: Outside> Agent<O> {
    /// Hands each link that has room its next letter.
    pub(super) fn pump(&mut self) {
        if !self.nets.values().any(|net| net.room) {
            return;
        }
        let due = match self.account.due_over_irc(LOOKED_AT) {
            Ok(due) => due,
            Err(fault) => {
                tracing::error!("{fault}");
                return;
            }
        };
        let now = self.clock.now();
        let (first, rest): (Vec<_>, Vec<_>) = due
            .into_iter()
            .partition(|waiting| has_waited(waiting, now));
        for waiting in first.into_iter().chain(rest) {
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
        self.pump();
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
        let Some(way) = self.way_of(waiting) else {
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

    fn way_of(&self, waiting: &Waiting) -> Option<Way> {
        match &waiting.outgoing.route {
            Route::IrcAt { network, nick } => Some(Way {
                network: network.clone(),
                nick: nick.clone(),
            }),
            Route::Any | Route::Irc => self.way_to(&waiting.outgoing.to),
            Route::Mail => None,
        }
    }

    /// The network where a friend is proved to be and we are under our nick: the first in our order.
    pub(super) fn way_to(&self, friend: &Address) -> Option<Way> {
        let reached = self.watch.reached(friend);
        let order = self
            .account
            .config
            .networks
            .iter()
            .map(|network| &network.name);
        order
            .filter(|name| {
                self.nets
                    .get(*name)
                    .is_some_and(crate::agent::Net::is_reachable)
            })
            .find_map(|name| reached.iter().find(|(network, _)| network == name))
            .map(|(network, nick)| Way {
                network: network.clone(),
                nick: nick.clone(),
            })
    }
}

/// A receipt that has waited goes first: a conversation must not fall back to mail for want of receipts.
fn has_waited(waiting: &Waiting, now: u64) -> bool {
    let receipt = matches!(waiting.outgoing.letter.body, Body::Receipt(_));
    receipt && now >= waiting.outgoing.due.saturating_add(RECEIPT_WAITS)
}

/// Letters looked at for the links that have room.
const LOOKED_AT: usize = 200;
/// Seconds after which a receipt goes before texts.
const RECEIPT_WAITS: u64 = 8;

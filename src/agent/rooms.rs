//! The rooms of our groups, on all networks: who is there, what is said there, and what that comes to.
//!
//! ```text
//!  which rooms there are (rules) ─▶ a connection for each network ─▶ a room for each group, window by window
//!  a text of ours ─▶ in the room, for who is there ─▶ their `got` ─▶ delivered; else a copy, after half a minute
//! ```

mod connection;
mod held;
mod moment;
mod nicks;
mod over;
mod places;
mod reach;
mod room;
mod waiting;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::outside::{Happened, Occupants, Outside};
use crate::edge::irc::{LinkEvent, Order};
use crate::protocol::group::MemberId;
use crate::protocol::letter::{Body, Letter};
use crate::protocol::time::{MINUTE, Seconds};
use crate::rules::conversation::ConversationId;
use crate::rules::effect::Notice;
use crate::rules::event::RoomTurn;
use crate::rules::group::room::open::OpenRoom;
use connection::Connection;
use moment::Moment;
use reach::{ROOMS, link_of, signer};
pub(super) use reach::{Reach, is_link};
use room::{Due, Room};

/// All rooms.
#[derive(Default)]
pub(super) struct Rooms {
    /// The connection of each network, by the network's name.
    connections: BTreeMap<String, Connection>,
    /// The rooms that there are for us.
    open: Vec<Arc<OpenRoom>>,
    /// They are to be looked up again.
    is_stale: bool,
    /// They could not be read.
    is_unreadable: bool,
    /// When they were looked up.
    looked: Seconds,
    /// Who was there when that was last told, by group.
    told: BTreeMap<ConversationId, Occupants>,
    /// Something that the user said may leave in a room.
    to_say: bool,
    /// Links that could not be started: when that is tried again, and how often it was in vain.
    unopened: BTreeMap<String, (Seconds, u32)>,
}

impl Rooms {
    /// What changed may change which rooms there are.
    pub(super) fn changed(&mut self) {
        self.is_stale = true;
    }

    /// The user may have said something.
    pub(super) fn said(&mut self) {
        self.to_say = true;
    }

    /// Who of a group is there, in whichever of its rooms.
    pub(super) fn there(&self, group: ConversationId) -> Occupants {
        let rooms = self.connections.values().flat_map(|one| &one.rooms);
        let of_group = rooms.filter(|room| room.open.conversation == group);
        Occupants {
            us: of_group.clone().any(|room| room.is_in),
            others: of_group.flat_map(Room::there).collect(),
        }
    }

    /// A second has passed: rooms are entered and left, and what is due in them is said.
    pub(super) fn follow(
        &mut self,
        networks: &[(String, bool)],
        reach: &mut Reach<'_, impl Outside>,
    ) -> Vec<Notice> {
        let now = reach.now;
        if std::mem::take(&mut self.is_stale) || !now.is_within(MINUTE, self.looked) {
            self.looked = now;
            self.look_up(reach.account);
        }
        let wanted = self.wanted(reach.account);
        for (network, is_up) in networks {
            let wanted = wanted.get(network).map(Vec::as_slice).unwrap_or_default();
            if !self.connections.contains_key(network) {
                if wanted.is_empty() || !is_up || !self.may_open(network, reach) {
                    continue;
                }
                let new = Connection::new(now, reach.rng);
                self.connections.insert(network.clone(), new);
            }
            // Whether our presence moves is not to be seen by this: it has to be there for the beginning alone.
            self.with(network, reach, |one, at| one.follow(wanted, *is_up, at));
        }
        let told = self.say_due(reach);
        self.tell_there(reach.outside);
        told
    }

    /// Of a network that is ours no more, or another than before, the rooms are left.
    pub(super) fn close(&mut self, network: &str, outside: &mut impl Outside) {
        if self.connections.remove(network).is_some() {
            outside.close(&link_of(network));
        }
        self.changed();
    }

    fn with<O: Outside, T>(
        &mut self,
        network: &str,
        reach: &mut Reach<'_, O>,
        work: impl FnOnce(&mut Connection, &mut Moment<'_>) -> T,
    ) -> Option<T> {
        let connection = self.connections.get_mut(network)?;
        let (outside, link) = (&mut *reach.outside, link_of(network));
        let mut moment = Moment {
            now: reach.now,
            rng: &mut *reach.rng,
            order: &mut |order: Order| outside.order(&link, order),
            sign: &mut signer(reach.account),
        };
        Some(work(connection, &mut moment))
    }

    /// Learns one event of a link of rooms.
    pub(super) fn learn(
        &mut self,
        link: &str,
        event: LinkEvent,
        reach: &mut Reach<'_, impl Outside>,
    ) -> Vec<Notice> {
        let network = link.strip_suffix(ROOMS).unwrap_or(link);
        let now = reach.now;
        let mut told = Vec::new();
        match event {
            LinkEvent::Registered(session) => {
                self.with(network, reach, |one, at| one.registered(session, at));
            }
            LinkEvent::Over(end, _) => {
                tracing::debug!(network, "the connection of rooms is over: {}", end.words);
                self.with(network, reach, |one, at| one.over(end.how, at));
            }
            LinkEvent::Room => {
                self.with(network, reach, Connection::free);
            }
            LinkEvent::Entered { channel, nicks } => {
                let rng = &mut *reach.rng;
                self.at(network, &channel, |room| room.entered(nicks, now, rng));
                told = self.say_due(reach);
            }
            LinkEvent::Came { channel, nick } => {
                let rng = &mut *reach.rng;
                self.at(network, &channel, |room| room.came(&nick, now, rng));
            }
            LinkEvent::Gone { channel, nick } => {
                self.at(network, &channel, |room| room.gone(&nick));
            }
            LinkEvent::Shut { channel, numeric } => {
                tracing::debug!(network, numeric, "a room is closed to us");
                self.with(network, reach, |one, at| one.shut(&channel, numeric, at));
            }
            LinkEvent::Heard {
                channel,
                from,
                text,
            } => told = self.heard(network, (&channel, &from, &text), reach),
            LinkEvent::Left => {
                self.with(network, reach, |one, _| one.left());
            }
            LinkEvent::Connecting(_)
            | LinkEvent::ServerTime(_)
            | LinkEvent::Up(_)
            | LinkEvent::Down(_)
            | LinkEvent::Message { .. }
            | LinkEvent::Written(_)
            | LinkEvent::Undeliverable { .. } => {}
        }
        self.tell_there(reach.outside);
        told
    }

    fn at<T>(
        &mut self,
        network: &str,
        channel: &str,
        work: impl FnOnce(&mut Room) -> T,
    ) -> Option<T> {
        let connection = self.connections.get_mut(network)?;
        connection.room_of(channel).map(work)
    }

    fn heard(
        &mut self,
        network: &str,
        (channel, from, text): (&str, &str, &str),
        reach: &mut Reach<'_, impl Outside>,
    ) -> Vec<Notice> {
        let heard = self.at(network, channel, |room| {
            let group = room.open.conversation;
            (group, room.heard(from, text, reach.now, reach.rng))
        });
        let mut told = Vec::new();
        if let Some((group, letters)) = heard {
            for (from, letter) in letters {
                if matches!(letter.body, Body::Said(_) | Body::Got(_)) {
                    let letter = Box::new(letter);
                    let heard = RoomTurn::Heard {
                        group,
                        from,
                        letter,
                    };
                    told.extend(reach.turn(heard).1);
                }
            }
        }
        told
    }

    /// What the user has just said leaves in the rooms, for who is there.
    pub(super) fn say(&mut self, reach: &mut Reach<'_, impl Outside>) -> Vec<Notice> {
        let mut told = Vec::new();
        if !std::mem::take(&mut self.to_say) {
            return told;
        }
        for open in self.open.clone() {
            let (group, key) = (open.conversation, open.name());
            let there: Vec<MemberId> = self.there(group).others.into_iter().collect();
            if there.is_empty() {
                continue;
            }
            let (letters, notices) = reach.turn(RoomTurn::Say { group, key, there });
            told.extend(notices);
            for letter in letters {
                self.say_once_to_each(group, &letter, reach);
            }
        }
        told
    }

    /// In each room of the group that holds somebody who is in none before it: once.
    fn say_once_to_each(
        &mut self,
        group: ConversationId,
        letter: &Letter,
        reach: &mut Reach<'_, impl Outside>,
    ) {
        let mut reached = BTreeSet::new();
        let mut rooms = Vec::new();
        for (network, connection) in &self.connections {
            for (index, room) in connection.rooms.iter().enumerate() {
                let there = room.there();
                if room.open.conversation == group && !there.is_subset(&reached) {
                    reached.extend(there);
                    rooms.push((network.clone(), index));
                }
            }
        }
        for (network, index) in rooms {
            self.with(&network, reach, |one, at| one.say(index, letter, at));
        }
    }

    /// Says in each room what is due there.
    fn say_due(&mut self, reach: &mut Reach<'_, impl Outside>) -> Vec<Notice> {
        let mut told = Vec::new();
        let networks: Vec<String> = self.connections.keys().cloned().collect();
        for network in networks {
            let due = self.connections.get(&network).map(|one| one.due(reach.now));
            for (index, due) in due.unwrap_or_default() {
                match due {
                    Due::There => {
                        self.with(&network, reach, |one, at| one.say_there(index, at));
                    }
                    Due::Got => told.extend(self.say_got(&network, index, reach)),
                }
            }
        }
        told
    }

    fn say_got(
        &mut self,
        network: &str,
        index: usize,
        reach: &mut Reach<'_, impl Outside>,
    ) -> Vec<Notice> {
        let connection = self.connections.get_mut(network);
        let Some(room) = connection.and_then(|one| one.rooms.get_mut(index)) else {
            return Vec::new();
        };
        let (group, key) = (room.open.conversation, room.open.name());
        let opened = room.tell_got(reach.now);
        let there = room.there().into_iter().collect();
        let (letters, told) = reach.turn(RoomTurn::Got {
            group,
            key,
            there,
            opened,
        });
        for letter in letters {
            self.with(network, reach, |one, at| one.say(index, &letter, at));
        }
        told
    }

    /// Whoever looks at a group is told who has come into its room, and who is not there any more.
    fn tell_there(&mut self, outside: &mut impl Outside) {
        let open = self.open.iter().map(|one| one.conversation);
        let groups: BTreeSet<ConversationId> = open.chain(self.told.keys().copied()).collect();
        for group in groups {
            let there = self.there(group);
            let before = self.told.remove(&group).unwrap_or_default();
            if before != there {
                outside.tell(Happened::There {
                    group,
                    there: &there,
                });
            }
            if there != Occupants::default() {
                self.told.insert(group, there);
            }
        }
    }
}

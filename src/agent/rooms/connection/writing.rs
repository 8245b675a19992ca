//! What we say on a connection, one after the other as the link takes it.

use super::{Connection, Phase};
use crate::agent::rooms::moment::Moment;
use crate::agent::rooms::room::{Due, Us};
use crate::agent::rooms::waiting::Waiting;
use crate::edge::irc::Order;
use crate::edge::seal::room::Speaker;
use crate::protocol::group::room::RoomPart;
use crate::protocol::irc_form::{self, frames};
use crate::protocol::letter::Letter;
use crate::protocol::time::Seconds;

impl Connection {
    /// The link takes lines.
    pub(in crate::agent::rooms) fn free(&mut self, at: &mut Moment<'_>) {
        self.is_free = true;
        self.hand_over(at);
    }

    fn hand_over(&mut self, at: &mut Moment<'_>) {
        if !self.is_free {
            return;
        }
        if let Some(Waiting {
            channel: to,
            texts,
            is_there,
        }) = self.queue.pop_front()
        {
            if let Some(room) = self.room_of(&to).filter(|_| is_there) {
                room.there_leaves(at.now);
            }
            self.is_free = false;
            self.last_ticket = self.last_ticket.wrapping_add(1);
            let ticket = self.last_ticket;
            (at.order)(Order::Send { ticket, to, texts });
        }
    }

    /// What rooms are to say of their own accord now.
    pub(in crate::agent::rooms) fn due(&self, now: Seconds) -> Vec<(usize, Due)> {
        let rooms = self.rooms.iter().enumerate();
        rooms
            .filter_map(|(index, room)| Some((index, room.due(now)?)))
            .collect()
    }

    /// Says in a room that we are there.
    pub(in crate::agent::rooms) fn say_there(&mut self, index: usize, at: &mut Moment<'_>) {
        let (Some(room), Phase::There(nick)) = (self.rooms.get_mut(index), &self.phase) else {
            return;
        };
        let speaker = self.speakers.entry(room.of());
        let speaker = speaker.or_insert_with(Speaker::generate);
        let us = Us { nick, now: at.now };
        let part = room.there_part(us, speaker, at.sign, at.rng);
        let channel = room.place.channel.clone();
        let has_left = part.is_some_and(|part| self.write(channel, &part, at));
        if let Some(room) = self.rooms.get_mut(index) {
            room.said_there(has_left, at.now, at.rng);
        }
    }

    /// Says a letter in a room.
    pub(in crate::agent::rooms) fn say(
        &mut self,
        index: usize,
        letter: &Letter,
        at: &mut Moment<'_>,
    ) {
        let is_unheard = self
            .rooms
            .get(index)
            .is_some_and(|room| room.is_unheard(at.now));
        if is_unheard {
            self.say_there(index, at);
        }
        let Some(room) = self.rooms.get_mut(index) else {
            return;
        };
        let speaker = self.speakers.entry(room.of());
        let speaker = speaker.or_insert_with(Speaker::generate);
        let part = room.said_part(letter, speaker, at.now);
        let channel = room.place.channel.clone();
        self.write(channel, &part, at);
    }

    /// Lines wait until the link takes them; what is too long for them leaves as copies, in their time.
    /// Says whether they do.
    fn write(&mut self, channel: String, part: &RoomPart, at: &mut Moment<'_>) -> bool {
        let Some(session) = &self.session else {
            return false;
        };
        let room = irc_form::room(session.room_prefix, channel.len(), session.linelen);
        let tag = at.tag();
        if self.queue.len() >= MOST_QUEUED {
            return false;
        }
        let Ok(texts) = frames(&part.encode(), &tag, room) else {
            return false;
        };
        let is_there = matches!(part, RoomPart::There(_));
        self.queue.push_back(Waiting {
            channel,
            texts,
            is_there,
        });
        self.hand_over(at);
        true
    }
}

/// Letters that wait for the link.
const MOST_QUEUED: usize = 64;

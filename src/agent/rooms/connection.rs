//! The connection of all rooms on one network: never that of our presence, under a nick that is derived from nothing.
//!
//! ```text
//!            our presence is there, there is a room       a key or a room is gone
//!  away ─────────────────────────────────────────▶ there ────────────────────────▶ away, 10–60 s
//!    ▲                                               │ refused, thrown out: a day
//!    └───────────────────────────────────────────────┘ lost: a minute, doubled up to an hour
//! ```

mod writing;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::moment::Moment;
use super::room::Room;
use super::waiting::Waiting;
use crate::agent::outside::RoomState;
use crate::edge::irc::{NOT_SENT, Order, Registered};
use crate::edge::seal::room::Speaker;
use crate::protocol::group::room::RoomKeyName;
use crate::protocol::time::{DAY, HOUR, MINUTE, Seconds};
use crate::rules::conversation::ConversationId;
use crate::rules::decision::Rng;
use crate::rules::group::room::open::OpenRoom;
use crate::rules::group::room::pace::Pace;
use crate::rules::queue::irc::Ended;

/// The connection, and the rooms that are joined over it.
pub(super) struct Connection {
    phase: Phase,
    /// What the server said when we registered.
    session: Option<Registered>,
    /// The next lines may be handed over.
    is_free: bool,
    /// The rooms, those of newer windows first.
    pub(super) rooms: Vec<Room>,
    /// What we say under each key of each group on this connection: whoever makes a key names it, as another's perhaps.
    speakers: BTreeMap<(ConversationId, RoomKeyName), Speaker>,
    /// Channels that are closed to us.
    shut: Vec<String>,
    /// When rooms are entered that are not entered at once, by group and window.
    waiting: BTreeMap<(ConversationId, u64), Seconds>,
    queue: VecDeque<Waiting>,
    last_ticket: u64,
    /// Losses in a row.
    losses: u32,
    /// We were told to leave, and have not yet.
    is_leaving: bool,
    /// The server did not let us in the last time.
    was_refused: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Phase {
    /// Not connected until this time.
    Away(Seconds),
    /// Connected, or connecting, under this nick.
    There(String),
}

/// Where a room is to be.
pub(super) struct Place {
    /// The room.
    pub(super) open: Arc<OpenRoom>,
    /// The network, as the book calls it.
    pub(super) network: String,
}

impl Connection {
    /// Not before so long after our presence came.
    pub(super) fn new(now: Seconds, rng: &mut dyn Rng) -> Self {
        Self {
            phase: Phase::Away(now.after(Pace::pause(rng))),
            session: None,
            is_free: false,
            rooms: Vec::new(),
            speakers: BTreeMap::new(),
            shut: Vec::new(),
            waiting: BTreeMap::new(),
            queue: VecDeque::new(),
            last_ticket: 0,
            losses: 0,
            is_leaving: false,
            was_refused: false,
        }
    }

    /// Follows which rooms there are for us: enters, parts, leaves, comes back.
    pub(super) fn follow(&mut self, wanted: &[Place], presence_is_up: bool, at: &mut Moment<'_>) {
        let is_wanted = |room: &Room| {
            let mut wanted = wanted.iter().map(|place| &place.open);
            wanted.any(|open| room.of() == (open.conversation, open.name()))
        };
        if self.is_leaving {
            // A link that has too much to do forgets what it is told.
            (at.order)(Order::Leave);
        }
        let is_there = matches!(self.phase, Phase::There(_));
        let is_left = self.rooms.iter().any(|room| !is_wanted(room));
        match &self.phase {
            Phase::There(_) if wanted.is_empty() || is_left => {
                let pause = Pace::pause(at.rng);
                self.leave(at.now.after(pause), at);
            }
            Phase::Away(until) if !wanted.is_empty() && presence_is_up && !self.is_leaving => {
                if *until <= at.now || *until > at.now.after(LONGEST) {
                    let nick = at.nick();
                    (at.order)(Order::Connect(nick.clone()));
                    self.phase = Phase::There(nick);
                }
            }
            Phase::There(_) | Phase::Away(_) => {}
        }
        if is_there && self.session.is_some() {
            self.give_up(at);
            self.enter(wanted, at);
            self.part(at);
        }
    }

    /// Enters the rooms in which we are not yet: at once where there is none of the same key, else some time later.
    fn enter(&mut self, wanted: &[Place], at: &mut Moment<'_>) {
        for Place { open, network } in wanted {
            let of_group = |room: &&mut Room| room.open.conversation == open.conversation;
            let of_window = |room: &Room| room.open.key.window == open.key.window;
            let mut rooms: Vec<&mut Room> = self.rooms.iter_mut().filter(of_group).collect();
            if let Some(room) = rooms.iter_mut().find(|room| of_window(room)) {
                // Who may speak there, and what is shown, may be other than it was.
                room.follow(open);
                continue;
            }
            let is_time = match rooms.is_empty() {
                true => !self.waits(open, at.now),
                false => self.moves(open, at),
            };
            if is_time {
                self.join(open, network, at);
            }
        }
    }

    /// Where the server has not said anything to our coming, we ask again later.
    fn give_up(&mut self, at: &mut Moment<'_>) {
        let is_late = |room: &&Room| !room.is_in && !at.now.is_within(UNANSWERED, room.begun);
        let late = self.rooms.iter().filter(is_late);
        let late: Vec<String> = late.map(|room| room.place.channel.clone()).collect();
        for channel in late {
            self.shut(&channel, NOT_SENT, at);
        }
    }

    /// Whether a room is to be entered later.
    fn waits(&self, open: &OpenRoom, now: Seconds) -> bool {
        let until = self.waiting.get(&(open.conversation, open.key.window));
        until.is_some_and(|until| now < *until && *until <= now.after(LONGEST_WAIT))
    }

    /// Whether it is time to enter the room of a window in which we are still in that of the one before, which is left then
    /// some time later.
    fn moves(&mut self, open: &OpenRoom, at: &mut Moment<'_>) -> bool {
        let (of, window) = (open.conversation, open.key.window);
        let begins = open.key.made.value.begins(window);
        let drawn = || begins.after(Pace::enter(at.rng));
        self.waiting.entry((of, window)).or_insert_with(drawn);
        if self.waits(open, at.now) {
            return false;
        }
        let part_at = begins.after(Pace::part(at.rng));
        let before = |room: &&mut Room| room.open.conversation == of;
        for room in self.rooms.iter_mut().filter(before) {
            room.part_at = room.part_at.or(Some(part_at));
        }
        self.waiting.retain(|(group, _), _| *group != of);
        true
    }

    fn join(&mut self, open: &Arc<OpenRoom>, network: &str, at: &mut Moment<'_>) {
        let room = Room::new(Arc::clone(open), network, at.now, at.rng);
        let (channel, key) = (room.place.channel.clone(), room.place.key.clone());
        // Whoever makes a key can give it another's secret.
        let is_another = self.room_of(&channel).is_some();
        if !is_another && !self.shut.contains(&channel) {
            (at.order)(Order::Enter { channel, key });
            self.rooms.insert(0, room);
        }
    }

    fn part(&mut self, at: &mut Moment<'_>) {
        let is_over = |room: &Room| {
            room.part_at
                .is_some_and(|part| part <= at.now || part > at.now.after(LONGEST_WAIT))
        };
        let (over, kept) = std::mem::take(&mut self.rooms)
            .into_iter()
            .partition(is_over);
        self.rooms = kept;
        let over: Vec<Room> = over;
        for room in over {
            (at.order)(Order::Part(room.place.channel));
        }
    }

    /// Quits, and comes back under another nick at the earliest then.
    pub(super) fn leave(&mut self, until: Seconds, at: &mut Moment<'_>) {
        self.lose();
        self.phase = Phase::Away(until);
        self.is_leaving = true;
        (at.order)(Order::Leave);
    }

    /// We have left.
    pub(super) fn left(&mut self) {
        self.is_leaving = false;
    }

    fn lose(&mut self) {
        self.session = None;
        self.is_free = false;
        self.rooms.clear();
        self.speakers.clear();
        self.waiting.clear();
        self.queue.clear();
    }

    /// We are on the network; or not, for the server called us otherwise than we asked.
    pub(super) fn registered(&mut self, session: Registered, at: &mut Moment<'_>) {
        match &self.phase {
            Phase::There(nick) if nick.eq_ignore_ascii_case(&session.nick) => {
                self.session = Some(session);
                self.was_refused = false;
            }
            Phase::There(_) => self.leave(at.now.after(MINUTE), at),
            Phase::Away(_) => (at.order)(Order::Leave),
        }
    }

    /// The connection is over: rooms are closed for a while, for a day where the server does not want it.
    pub(super) fn over(&mut self, how: Ended, at: &mut Moment<'_>) {
        let was_there = self.session.is_some();
        self.losses = match was_there {
            true => 0,
            false => self.losses.saturating_add(1),
        };
        let longer = MINUTE.saturating_mul(1_u32.checked_shl(self.losses).unwrap_or(u32::MAX));
        let pause = match how {
            // A server may only want us slower; asked twice, it lets us in no second time.
            Ended::Refused if !std::mem::replace(&mut self.was_refused, true) => FULL,
            Ended::Refused | Ended::ThrownOut => DAY,
            Ended::Unreached
            | Ended::Lost
            | Ended::Renamed
            | Ended::NickInUse
            | Ended::NickRejected => longer.min(HOUR),
        };
        let pause = pause.saturating_add(Pace::pause(at.rng));
        self.leave(at.now.after(pause), at);
    }

    /// A channel is closed to us: no other name, no word to anybody, until another window or key. Where the server only has
    /// no place for one more, or was not asked, it is asked some minutes later.
    pub(super) fn shut(&mut self, channel: &str, numeric: u16, at: &mut Moment<'_>) {
        // Where the server still has us in it (404), we go.
        (at.order)(Order::Part(channel.to_owned()));
        let is_it = |room: &mut Room| room.place.channel.eq_ignore_ascii_case(channel);
        let left: Vec<Room> = self.rooms.extract_if(.., is_it).collect();
        if matches!(numeric, ERR_TOOMANYCHANNELS | NOT_SENT) {
            let until = at.now.after(FULL);
            let rooms = left.iter().map(|room| &room.open);
            let rooms = rooms.map(|open| (open.conversation, open.key.window));
            return self.waiting.extend(rooms.map(|room| (room, until)));
        }
        if !self.shut.iter().any(|known| known == channel) {
            self.shut.push(channel.to_owned());
        }
        // Those of long ago are of windows that are over.
        let more = self.shut.len().saturating_sub(MOST_SHUT);
        self.shut.drain(..more);
    }

    /// The room of a channel.
    pub(super) fn room_of(&mut self, channel: &str) -> Option<&mut Room> {
        let mut rooms = self.rooms.iter_mut();
        rooms.find(|room| room.place.channel.eq_ignore_ascii_case(channel))
    }

    /// How far we are in the room of a group.
    pub(super) fn state(&self, Place { open, network }: &Place, now: Seconds) -> RoomState {
        let mut rooms = self.rooms.iter();
        if rooms.any(|room| room.is_in && room.open.conversation == open.conversation) {
            return RoomState::In;
        }
        match self.phase {
            Phase::Away(until) if until > now.after(MINUTE) => RoomState::Closed(Some(until)),
            Phase::There(_) if self.shut.contains(&open.key.place(network).channel) => {
                RoomState::Closed(None)
            }
            Phase::Away(_) | Phase::There(_) => RoomState::Joining,
        }
    }
}

impl Room {
    /// Of which group, and under which key.
    fn of(&self) -> (ConversationId, RoomKeyName) {
        (self.open.conversation, self.open.name())
    }
}

/// No pause is longer: a day, and a minute.
const LONGEST: Duration = Duration::from_secs(86_400 + 60);
/// No room waits longer to be entered or left.
const LONGEST_WAIT: Duration = Duration::from_mins(20);
/// For so long a server may say nothing to a JOIN.
const UNANSWERED: Duration = Duration::from_mins(2);
/// When a server that had no place for one more channel is asked again.
const FULL: Duration = Duration::from_mins(5);
/// We are in as many channels as the server lets anybody be (RFC 2812, section 5.2).
const ERR_TOOMANYCHANNELS: u16 = 405;
/// Channels that are known to be closed to us: those of twenty groups, today's and the last ones.
const MOST_SHUT: usize = 64;

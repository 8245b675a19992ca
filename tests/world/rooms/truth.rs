//! What is true of rooms: which channel is whose, by the keys that people hold, and what their programs ordered there. And
//! what must hold when they order it.

use std::collections::{BTreeMap, BTreeSet};

use iim::edge::irc::Order;
use iim::protocol::group::room::RoomPart;
use iim::protocol::group::{GroupId, MemberId};
use iim::protocol::irc_form::Assembler;
use iim::protocol::time::Seconds;
use iim::rules::group::state::Group;

use crate::groups::promises::OUT;
use crate::promises::{HIDDEN, LOOPS};
use crate::rooms::ROOMS;
use crate::rooms::promises::UNSEEN;
use crate::truth::MALLORY;
use crate::world::World;

/// What is known of rooms.
#[derive(Debug, Default)]
pub(crate) struct Rooms {
    /// The channels, by network and name.
    pub(super) places: BTreeMap<(String, String), Place>,
    /// Every nick under which somebody wanted to be in rooms, and on a network otherwise.
    nicks: [BTreeSet<String>; 2],
    /// What somebody's program said in a channel since they came into it.
    said: BTreeMap<(usize, String, String), Spoken>,
    /// When somebody did something in a group that leaves there.
    acts: Vec<(usize, usize, u64)>,
    /// Since when somebody is seen in a channel who is to leave it.
    pub(super) late: BTreeMap<(usize, String), u64>,
    /// So many stays have been looked at.
    pub(super) looked: usize,
    /// So many times that a channel could be seen.
    pub(super) bare: usize,
}

/// A channel.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) group: GroupId,
    /// For whom its key was made.
    pub(super) members: Vec<MemberId>,
}

/// What a program said in a channel.
#[derive(Debug, Default)]
struct Spoken {
    there: Option<u64>,
    /// One that came too soon, unless something of the user's follows at once; and when that was allowed last.
    soon: Option<u64>,
    renewed: Option<u64>,
    said: Vec<u64>,
}

impl Rooms {
    /// Somebody's clock is another: what was said a moment ago may be hours old by it.
    pub(crate) fn clock_turned(&mut self, who: usize) {
        self.said.retain(|(one, ..), _| *one != who);
    }

    /// Somebody did something in a group.
    pub(crate) fn acted(&mut self, who: usize, group: usize, now: u64) {
        self.acts.retain(|(.., at)| now < at + 2 * WHILE);
        self.acts.push((who, group, now));
    }
}

impl World {
    /// Somebody's agent orders something of a link.
    pub(crate) fn note_order(&mut self, who: usize, link: &str, order: &Order) {
        let network = link.strip_suffix(ROOMS);
        match (network, order) {
            (_, Order::Connect(nick)) => self.check_nick_of_link(who, nick, network.is_some()),
            (Some(network), Order::Enter { channel, key }) => {
                // Whoever comes says at once that they are there.
                let place = (who, network.to_owned(), channel.to_lowercase());
                if let Some(spoken) = self.truth.rooms.said.get_mut(&place) {
                    spoken.there = None;
                }
                self.check_coming(who, network, channel, key);
            }
            (Some(network), Order::Send { to, texts, .. }) if to.starts_with('#') => {
                self.check_saying(who, network, to, texts);
            }
            (Some(_), Order::Send { .. } | Order::Watch(_))
            | (None, Order::Enter { .. } | Order::Part(_)) => {
                let words = format!("{who} orders {order:?} of {link}");
                self.truth.breaks(UNSEEN, words);
            }
            (None, Order::Send { to, .. }) if to.starts_with('#') => {
                let words = format!("{who} says something in {to} over {link}");
                self.truth.breaks(UNSEEN, words);
            }
            (_, Order::Leave | Order::Part(_) | Order::Watch(_) | Order::Send { .. }) => {}
        }
    }

    /// No connection of rooms is under a nick that there was before; nor is any other under one of theirs.
    fn check_nick_of_link(&mut self, who: usize, nick: &str, of_rooms: bool) {
        let nick = nick.to_lowercase();
        let [others, rooms] = &mut self.truth.rooms.nicks;
        let is_bad = match of_rooms {
            true => others.contains(&nick) || !rooms.insert(nick.clone()),
            false => {
                others.insert(nick.clone());
                rooms.contains(&nick)
            }
        };
        if is_bad {
            let words = format!("{who} is in rooms as {nick}, a nick that there was before");
            self.truth.breaks(UNSEEN, words);
        }
    }

    /// Somebody comes into the room of a group that they are in, whose key was made for them, and for nobody who is out.
    fn check_coming(&mut self, who: usize, network: &str, channel: &str, key: &str) {
        let Some((group, members)) = self.room_of(who, channel, key) else {
            let words = format!("{who} enters {channel} on {network}, of no key that they hold");
            return self.truth.breaks(OUT, words);
        };
        if let Some(why) = self.must_not_be_there(who, &group, &members, 0) {
            self.truth
                .breaks(why.0, format!("{who} enters {channel}: {}", why.1));
        }
        let place = (network.to_owned(), channel.to_lowercase());
        let group = group.id;
        let said = (who, place.0.clone(), place.1.clone());
        self.truth.rooms.said.insert(said, Spoken::default());
        self.truth
            .rooms
            .places
            .insert(place, Place { group, members });
    }

    /// The group of somebody's whose room a channel is, and for whom its key was made.
    fn room_of(&self, who: usize, channel: &str, key: &str) -> Option<(Group, Vec<MemberId>)> {
        let now = self.people[who].account.now();
        for group in self.groups(who) {
            for kept in &group.rooms.keys {
                let of = kept.key.made.value.window_at(now);
                let windows =
                    (of.saturating_sub(1)..=of + 1).filter_map(|window| kept.key.in_window(window));
                for it in windows {
                    let mut networks = group.rooms.networks.iter();
                    let is_it = |name: &str| {
                        let place = it.place(name);
                        (place.channel.as_str(), place.key.as_str()) == (channel, key)
                    };
                    if networks.any(|network| is_it(&network.name)) {
                        return Some((group.clone(), kept.members.clone()));
                    }
                }
            }
        }
        None
    }

    /// Why somebody must not be in a room, as far as their program has known for so many ms.
    pub(super) fn must_not_be_there(
        &mut self,
        who: usize,
        group: &Group,
        members: &[MemberId],
        since: u64,
    ) -> Option<(&'static str, String)> {
        if who == MALLORY {
            return None;
        }
        let is_in = |id: &MemberId| match *id == group.us {
            true => group.is_in(),
            false => group.member(*id).is_some_and(|member| member.is_in),
        };
        if let Some(out) = members.iter().find(|id| !is_in(id)) {
            let out = self.whose(*out);
            return Some((OUT, format!("its key was made for {out:?}, who is out")));
        }
        if !members.contains(&group.us) {
            return Some((OUT, "its key was not made for them".to_owned()));
        }
        if self.people[who].account.state().unwrap().invisible {
            return Some((HIDDEN, "they are invisible".to_owned()));
        }
        if self.has_not_said_yes(who, group) {
            return Some((HIDDEN, "a stranger may not see them there".to_owned()));
        }
        let from = self.watched_by(who, group, since)?;
        Some((HIDDEN, format!("they hide from {from}, who is in")))
    }

    /// Whether somebody wants no member to see when they are there, or never said so, and there is one who does not anyway.
    fn has_not_said_yes(&mut self, who: usize, group: &Group) -> bool {
        if let Some(shown) = group.rooms.shown {
            return !shown;
        }
        let others = group.others().filter_map(|member| self.whose(member.id));
        let others: Vec<_> = others.map(|(other, _)| self.address(other)).collect();
        others.iter().any(|other| {
            let found = self.people[who].find(other);
            found.is_none_or(|person| !person.visible || person.keys().is_none())
        })
    }

    /// Something is said in a room: where its author may be, and not more often than they may.
    fn check_saying(&mut self, who: usize, network: &str, channel: &str, texts: &[String]) {
        let place = (network.to_owned(), channel.to_lowercase());
        let Some(known) = self.truth.rooms.places.get(&place).cloned() else {
            let words = format!("{who} says something in {channel}, and never came");
            return self.truth.breaks(OUT, words);
        };
        let mut assembler = Assembler::default();
        let part = texts
            .iter()
            .find_map(|text| assembler.part("x", text, Seconds(0)));
        let part = part.and_then(|part| RoomPart::decode(&part).ok());
        // Whose program has been poked looks around within a second; before it says something it looks whether it may.
        let is_poked = self.people[who].next_tick <= self.now;
        let is_unlooked = is_poked && !matches!(part, Some(RoomPart::Said(_)));
        if !is_unlooked
            && let Some(group) = self.group_of(who, known.group)
            && let Some(why) = self.must_not_be_there(who, &group, &known.members, 0)
        {
            let words = format!("{who} says something in {channel}: {}", why.1);
            self.truth.breaks(why.0, words);
        }
        match part {
            Some(RoomPart::There(_)) => self.note_there(who, &place),
            Some(RoomPart::Said(_)) => self.note_said(who, &place, known.group),
            None => {
                let words = format!("{who} says {texts:?} in a room, which nobody can read");
                self.truth.breaks(UNSEEN, words);
            }
        }
    }

    /// That somebody is there is said once in 20 s, or before something that the user says, once in ten minutes.
    fn note_there(&mut self, who: usize, (network, channel): &(String, String)) {
        let now = self.now;
        let key = (who, network.clone(), channel.clone());
        let spoken = self.truth.rooms.said.entry(key).or_default();
        let last = spoken.there.replace(now);
        if last.is_some_and(|last| now < last + BETWEEN_THERES) {
            spoken.soon = Some(now);
        }
    }

    /// What has come is told once in 10 s; all else is the user's.
    fn note_said(&mut self, who: usize, (network, channel): &(String, String), group: GroupId) {
        let now = self.now;
        let at = self.truth.talks.iter().position(|talk| talk.id == group);
        let rooms = &mut self.truth.rooms;
        let key = (who, network.clone(), channel.clone());
        let spoken = rooms.said.entry(key).or_default();
        let may_renew = spoken.renewed.is_none_or(|last| now >= last + RENEWALS);
        if spoken.soon == Some(now) && may_renew {
            (spoken.soon, spoken.renewed) = (None, Some(now));
        }
        spoken.said.retain(|at| now < at + WHILE);
        spoken.said.push(now);
        let count = spoken.said.len();
        let acts = rooms.acts.iter();
        let acts = acts.filter(|(one, group, _)| (*one, Some(*group)) == (who, at));
        let most = acts.count() + (WHILE / BETWEEN_GOTS) as usize + 1;
        if count > most && who != MALLORY {
            let words = format!("{who} said {count} things in {channel} within a minute");
            self.truth.breaks(LOOPS, words);
        }
    }

    /// Nobody said too soon again that they are there.
    pub(super) fn check_theres(&mut self) {
        let now = self.now;
        let said = self.truth.rooms.said.iter();
        let bad = said.filter(|((who, ..), spoken)| {
            *who != MALLORY && spoken.soon.is_some_and(|at| at < now)
        });
        let bad: Vec<_> = bad.map(|(key, _)| key.clone()).collect();
        for (who, _, channel) in bad {
            let words = format!("{who} says twice in 20 s that they are in {channel}");
            self.truth.breaks(LOOPS, words);
        }
    }
}

/// From one `there` to the next, and from one `got`, in ms; clocks count whole seconds.
const BETWEEN_THERES: u64 = 19_000;
const BETWEEN_GOTS: u64 = 10_000;
/// From one `there` before something that the user says to the next.
const RENEWALS: u64 = 595_000;
/// So far lines are counted back.
const WHILE: u64 = 60_000;

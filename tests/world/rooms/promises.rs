//! The promises of rooms, as the servers see what happens, and as people are told.
//!
//! 1. *hidden stays hidden*: nobody is in a room, or says something there, while somebody is a member whom they hide from
//! 2. *who is out hears nothing*: in a room are those for whom its key was made, who are all in
//! 3. *rooms show nobody*: no outsider sees a channel; nobody is in rooms as they are elsewhere; only who came is shown there
//! 4. *no loops*: lines of one's own accord are few (see `truth.rs`)
//! 5. *friends find each other*: in good weather all who may be in a room see each other there (see `quiet.rs`)

use iim::protocol::group::MemberId;

use crate::groups::promises::OUT;
use crate::irc::Exposed;
use crate::promises::HIDDEN;
use crate::rooms::ROOMS;
use crate::truth::MALLORY;
use crate::world::World;

pub(crate) const UNSEEN: &str = "rooms show nobody";

impl World {
    /// What holds of rooms at every moment.
    pub(crate) fn check_rooms(&mut self) {
        if !self.has_rooms {
            return;
        }
        self.check_theres();
        self.check_stays();
        self.check_unseen();
        for who in 0..MALLORY {
            self.check_places(who);
            self.check_keys_told(who);
            self.check_shown(who);
        }
    }

    /// In a channel are only those for whom its key was made.
    fn check_stays(&mut self) {
        let stays = self.irc.stays();
        let new = stays[self.truth.rooms.looked..].to_vec();
        self.truth.rooms.looked = stays.len();
        for stay in new {
            let Some(who) = stay.person else { continue };
            let place = (stay.network.clone(), stay.channel.clone());
            let members = self.truth.rooms.places.get(&place);
            let members = members.map(|place| place.members.clone());
            let is_one = |id: &MemberId| self.whose(*id).is_some_and(|(whose, _)| whose == who);
            if !members.is_some_and(|members| members.iter().any(is_one)) {
                let words = format!("{who} was in {}, which was not for them", stay.channel);
                self.truth.breaks(OUT, words);
            }
        }
    }

    /// No outsider saw a channel with somebody in it, by LIST or WHOIS.
    fn check_unseen(&mut self) {
        let all = self.irc.exposed();
        let from = self.truth.rooms.bare;
        // Who has the name may make a channel of it where nobody is, and show that to anybody.
        let is_strangers = |bare: &Exposed| {
            let mut stays = self.irc.stays().iter();
            stays.any(|stay| {
                let of = (&stay.network, &stay.channel) == (&bare.network, &bare.channel);
                of && stay.person.is_none() && stay.from_ms == bare.from_ms
            })
        };
        let is_long = |bare: &Exposed| bare.until_ms.unwrap_or(self.now) > bare.from_ms + AT_ONCE;
        let mut bares = all[from..].iter();
        let seen = bares.find(|bare| is_long(bare) && !is_strangers(bare));
        let closed = all[from..]
            .iter()
            .take_while(|bare| bare.until_ms.is_some());
        self.truth.rooms.bare += closed.count();
        if let Some(bare) = seen.cloned() {
            self.truth
                .breaks(UNSEEN, format!("anybody could see {bare:?}"));
        }
    }

    /// Nobody stays in a room in which they must not be for longer than they may.
    fn check_places(&mut self, who: usize) {
        let mut late = std::mem::take(&mut self.truth.rooms.late);
        let mut still = Vec::new();
        for network in self.networks.clone() {
            for channel in self.irc.channels_in(who, &format!("{network}{ROOMS}")) {
                let place = (network.clone(), channel.to_lowercase());
                let Some(place) = self.truth.rooms.places.get(&place).cloned() else {
                    continue;
                };
                let group = self.group_of(who, place.group);
                let why =
                    group.and_then(|it| self.must_not_be_there(who, &it, &place.members, LEAVES));
                if let Some((promise, why)) = why {
                    let since = late.get(&(who, channel.clone())).copied();
                    let since = since.unwrap_or(self.now);
                    still.push(((who, channel.clone()), since));
                    if promise == HIDDEN || self.now > since + LEAVES {
                        self.truth
                            .breaks(promise, format!("{who} stays in {channel}: {why}"));
                    }
                }
            }
        }
        late.retain(|(one, _), _| *one != who);
        late.extend(still);
        self.truth.rooms.late = late;
    }

    /// Nobody was told a key that was not made for them.
    fn check_keys_told(&mut self, who: usize) {
        for group in self.groups(who) {
            for member in &group.members {
                let mut keys = group.rooms.keys.iter();
                let told = keys.find(|kept| member.room == Some(kept.name()));
                if told.is_some_and(|kept| !kept.members.contains(&member.id)) {
                    let whom = self.whose(member.id);
                    let words = format!("{who} told {whom:?} a key that was not made for them");
                    self.truth.breaks(OUT, words);
                }
            }
        }
    }

    /// Shown there is only who came.
    fn check_shown(&mut self, who: usize) {
        for group in self.groups(who) {
            let agent = self.people[who].agent.as_ref();
            let there = agent.map(|agent| agent.there(group.conversation));
            for id in there.unwrap_or_default().others {
                let Some((whose, _)) = self.whose(id).filter(|(whose, _)| *whose != MALLORY) else {
                    continue;
                };
                let mut stays = self.irc.stays().iter().rev();
                let came = stays.any(|stay| {
                    let place = (stay.network.clone(), stay.channel.clone());
                    let place = self.truth.rooms.places.get(&place);
                    let is_here = place.is_some_and(|place| place.group == group.id);
                    let lately = stay.until_ms.is_none_or(|until| self.now < until + LATELY);
                    stay.person == Some(whose) && is_here && lately
                });
                if !came {
                    let words = format!("{who} is shown {whose} in a room, who is not there");
                    self.truth.breaks(UNSEEN, words);
                }
            }
        }
    }
}

/// What is done in one write is done within so many ms.
const AT_ONCE: u64 = 100;
/// After a hide all rooms are left within so many ms.
const LEAVES: u64 = 20_000;
/// Whose connection is cut may be seen, and see others, for so long, in ms.
const LATELY: u64 = 600_000;

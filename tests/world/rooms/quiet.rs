//! Rooms at last, in good weather: all meet there, again after their connections were lost; and a stranger causes nothing.

use iim::agent::RoomState;
use iim::protocol::group::GroupId;
use iim::rules::group::room::open::OpenRoom;

use crate::irc::{Kind, Seen, Sighting};
use crate::promises::{FIND, LOOPS};
use crate::rooms::ROOMS;
use crate::truth::MALLORY;
use crate::world::World;

impl World {
    /// All who may be in a room see each other there, and again after their connections were lost: all at once, and one alone.
    pub(crate) fn meet_in_rooms(&mut self) {
        if !self.has_rooms {
            return;
        }
        self.check_meeting();
        for who in 0..self.people.len() {
            self.lose_rooms(who);
        }
        self.pass(900);
        self.intrude();
        self.check_meeting();
        // The others know under which nick, and in which session, that one was there.
        let there: Vec<usize> = (0..MALLORY).filter(|who| self.is_in_rooms(*who)).collect();
        if let Some(who) = self.chance.pick(&there).copied() {
            self.lose_rooms(who);
            self.pass(900);
            self.check_meeting();
        }
    }

    /// Whoever is in a room hides from somebody who is there, too, and says something at once: that goes another way.
    pub(crate) fn hide_in_rooms(&mut self) {
        for who in 0..MALLORY {
            let Some((group, other)) = self.with_whom_in_a_room(who) else {
                continue;
            };
            self.hide(who, other);
            self.say_in(who, group);
            self.pass(60);
            self.check_now();
            self.show(who, other);
        }
    }

    /// A group in whose room somebody is, and who else is there.
    fn with_whom_in_a_room(&self, who: usize) -> Option<(usize, usize)> {
        let agent = self.people[who].agent.as_ref()?;
        let groups = self.groups(who);
        let mut there = groups.iter().flat_map(|group| {
            let others = agent.there(group.conversation).others.into_iter();
            others.map(|id| (group.id, id))
        });
        let (group, id) = there.next()?;
        Some((self.talk(group)?, self.whose(id)?.0))
    }

    fn lose_rooms(&mut self, who: usize) {
        for network in self.networks.clone() {
            self.irc.reset(who, &format!("{network}{ROOMS}"));
        }
    }

    fn is_in_rooms(&self, who: usize) -> bool {
        let link = |network: &String| format!("{network}{ROOMS}");
        let mut links = self.networks.iter().map(link);
        links.any(|link| !self.irc.channels_in(who, &link).is_empty())
    }

    fn check_meeting(&mut self) {
        let missing = self.missing_in_rooms();
        if missing.is_empty() {
            return;
        }
        // Some may be on their way from one window's channel to the next.
        self.pass(5400);
        let still = self.missing_in_rooms();
        let both = missing.into_iter().filter(|one| still.contains(one));
        let both: Vec<String> = both.collect();
        if !both.is_empty() {
            self.truth.breaks(FIND, both.join("\n  "));
        }
    }

    /// Who is not where they may be, and who does not see whom.
    fn missing_in_rooms(&mut self) -> Vec<String> {
        let mut missing = Vec::new();
        for who in 0..MALLORY {
            let agent = self.people[who].agent.as_ref().unwrap();
            let mut rooms = agent.rooms();
            let count = rooms.len();
            rooms.retain(|seen| self.irc.has_place_for_rooms(&seen.network, count));
            for seen in rooms {
                let (at, network) = (self.talk(seen.group), &seen.network);
                if seen.state != RoomState::In {
                    let state = seen.state;
                    missing.push(format!(
                        "{who} is not in the room of {at:?} on {network}: {state:?}"
                    ));
                }
                for other in (0..MALLORY).filter(|other| *other != who) {
                    if self.meet(who, other, seen.group, network)
                        && !self.sees(who, other, seen.group)
                    {
                        missing.push(format!("{who} does not see {other} in the room of {at:?}"));
                    }
                }
            }
        }
        missing
    }

    /// Whether two hold the same key, each knows the other, and both are on a network.
    fn meet(&mut self, one: usize, two: usize, group: GroupId, network: &str) -> bool {
        let [Some(one), Some(two)] = [one, two].map(|who| self.open_room(who, group, network))
        else {
            return false;
        };
        let knows =
            |one: &OpenRoom, two: &OpenRoom| one.members.iter().any(|(id, ..)| *id == two.us);
        one.key.made.value.name == two.key.made.value.name && knows(&one, &two) && knows(&two, &one)
    }

    fn open_room(&mut self, who: usize, group: GroupId, network: &str) -> Option<OpenRoom> {
        let agent = self.people[who].agent.as_ref()?;
        let mut places = agent.rooms().into_iter();
        places.find(|it| (it.group, it.network.as_str()) == (group, network))?;
        let rooms = self.people[who].account.open_rooms().unwrap();
        rooms.into_iter().find(|room| room.group == group)
    }

    pub(super) fn sees(&self, who: usize, other: usize, group: GroupId) -> bool {
        let (Some(agent), Some(here)) = (&self.people[who].agent, self.group_of(who, group)) else {
            return false;
        };
        let mut there = agent.there(here.conversation).others.into_iter();
        there.any(|id| self.whose(id).is_some_and(|(whose, _)| whose == other))
    }

    fn talk(&self, group: GroupId) -> Option<usize> {
        self.truth.talks.iter().position(|talk| talk.id == group)
    }

    /// A stranger who knows the key says again all that was said in a channel: nobody says a word.
    fn intrude(&mut self) {
        for network in self.networks.clone() {
            let all = self.irc.operator_lists(&network);
            let full = all.into_iter().filter(|room| room.members.len() > 1);
            for room in full.collect::<Vec<_>>() {
                self.intrude_into(&network, &room);
            }
        }
    }

    fn intrude_into(&mut self, network: &str, room: &Sighting) {
        let (began, channel) = (self.now, room.channel.as_str());
        let key = room.key.clone().unwrap_or_default();
        let before = lines(self.irc.log(network), channel, 0);
        self.irc.stranger_joins(network, 0, STRANGER, channel, &key);
        self.pass(3);
        for seen in before.iter().rev().take(40).rev() {
            self.irc
                .stranger_says(network, STRANGER, Kind::Privmsg, channel, &seen.text);
        }
        self.irc
            .stranger_says(network, STRANGER, Kind::Privmsg, channel, "hello?");
        self.pass(130);
        self.irc.unsquat(network, STRANGER);
        let mut stays = self.irc.stays().iter();
        let came = stays.any(|stay| stay.person.is_some() && stay.from_ms + MINUTE > began);
        let said = lines(self.irc.log(network), channel, began);
        let ours = said.iter().find(|seen| seen.person.is_some());
        if let Some(seen) = ours.filter(|_| !came) {
            let words = format!(
                "{:?} says something in {channel} to a stranger",
                seen.person
            );
            self.truth.breaks(LOOPS, words);
        }
    }
}

fn lines(log: &[Seen], channel: &str, since: u64) -> Vec<Seen> {
    let is_it = |seen: &&Seen| seen.to.eq_ignore_ascii_case(channel) && seen.at_ms >= since;
    log.iter().filter(is_it).cloned().collect()
}

const STRANGER: &str = "stranger";
/// In ms.
const MINUTE: u64 = 60_000;

//! The rooms of groups in a world: who comes into which channel, what is said there, and what others do to channels.
//!
//! ```text
//!  a seed ─▶ no rooms (most worlds)
//!         └▶ most people have rooms, and most let the members of their groups see when they are there
//!            ─▶ of each step's acts one of eight is about rooms: seen or not, another key, a split, a takeover, forged lines, …
//! ```

mod mischief;
pub(crate) mod promises;
mod quiet;
pub(crate) mod truth;
mod watching;

use iim::rules::event::GroupAct;

use crate::chance::Chance;
use crate::groups::has_groups;
use crate::irc::Traits;
use crate::play::Play;
use crate::world::World;

/// What the link of a network's rooms is called: the network's name, and this.
pub(crate) const ROOMS: &str = " rooms";

/// Whether the groups in the world of this seed have rooms: drawn beside all else, so that a world without is as it was.
pub(crate) fn has_rooms(seed: u64) -> bool {
    has_groups(seed) && beside(seed).once_in(2)
}

/// What is drawn of rooms before the world begins.
pub(crate) fn beside(seed: u64) -> Chance {
    Chance::new(seed ^ 0x0072_6f6f_6d73)
}

/// Some networks let a host connect once or twice, some let nobody into many channels.
pub(crate) fn limited(chance: &mut Chance, traits: Traits) -> Traits {
    Traits {
        clones: [1, 2, 3, usize::MAX, usize::MAX][chance.index(5)],
        max_channels: match chance.once_in(4) {
            true => chance.between(1, 3) as usize,
            false => traits.max_channels,
        },
        ..traits
    }
}

impl World {
    /// Whoever is in a group may see when somebody is there, or not.
    pub(crate) fn show_in_room(&mut self, who: usize, group: usize, on: bool) {
        if self.is_in(who, group) {
            drop(self.group_act(who, group, |here| GroupAct::Shown(here, on)));
        }
    }

    /// Most who have rooms say yes to being seen there.
    pub(crate) fn show_in_rooms(&mut self) {
        for group in 0..self.truth.talks.len() {
            for who in 0..self.people.len() {
                if !self.chance.once_in(5) {
                    self.show_in_room(who, group, true);
                }
            }
        }
    }
}

impl Play {
    /// One act that is about rooms.
    pub(crate) fn step_in_rooms(&mut self, one: usize) -> &'static str {
        let world = &mut self.world;
        let count = world.truth.talks.len();
        let group = world.chance.index(count);
        match world.chance.below(100) {
            _ if count == 0 => "waits for a group",
            0..=19 => (world.show_in_room(one, group, true), "is seen in a room").1,
            20..=23 => (world.show_in_room(one, group, false), "is seen in no room").1,
            24..=29 => {
                drop(world.group_act(one, group, GroupAct::NewKey));
                "makes a key"
            }
            30..=32 => {
                let networks = world.people[one].account.settings().rooms.clone();
                let some = world.chance.index(networks.len() + 1);
                let networks = networks.into_iter().skip(some).collect();
                drop(world.group_act(one, group, |here| GroupAct::Rooms(here, networks)));
                "says where the rooms are"
            }
            33..=49 => {
                // What is said on the heels of a hide.
                let two = (one + 1 + world.chance.index(3)) % 4;
                world.hide(one, two);
                world.say_in(one, group);
                "hides, and says something in a group"
            }
            50..=64 => (world.say_in(one, group), "says in a group").1,
            _ => {
                world.truth.lines_lost = true;
                world.disturb_rooms(one)
            }
        }
    }
}

//! What is kept of a group's rooms: the keys, and for whom each is.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::protocol::group::MemberId;
use crate::protocol::group::room::{RoomKey, RoomKeyName};
use crate::protocol::letter::Network;
use crate::protocol::time::Seconds;
use crate::rules::group::roster::Rank;

/// What is kept of a group's rooms.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rooms {
    /// On which networks they are, by the book.
    pub networks: Vec<Network>,
    /// The keys that may be fit.
    pub keys: Vec<KeptKey>,
    /// Those told by members that name acts which have not come yet, the oldest first.
    #[serde(default)]
    pub early: Vec<(MemberId, RoomKey)>,
    /// When the user makes one, if none comes that is for exactly those who are in.
    pub make_at: Option<Seconds>,
    /// That was put off by hours, so that nobody sees by it when the user is there.
    #[serde(default)]
    pub is_late: bool,
    /// When the user last made one that nobody had asked for.
    pub made_at: Seconds,
    /// How high the user stands, if they are an admin.
    pub rank: Option<Rank>,
    /// Whether all who are in may see when the user is there; unsaid: if all of them are friends who see the user anyway.
    pub shown: Option<bool>,
}

/// A key, and for whom it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptKey {
    /// The key, in the first window of which it is still needed.
    pub key: RoomKey,
    /// How deep in the book the deepest of its heads is.
    pub depth: u64,
    /// Who was in by its heads.
    pub members: Vec<MemberId>,
}

impl Rooms {
    /// When something of them is due.
    pub fn times(&self) -> impl Iterator<Item = Option<Seconds>> {
        let keys = self.keys.iter().map(|kept| Some(kept.forgotten_at()));
        keys.chain([self.make_at])
    }
}

impl KeptKey {
    /// What tells it from the group's others.
    pub fn name(&self) -> RoomKeyName {
        self.key.made.value.name
    }

    /// When the secret of its window is forgotten.
    pub fn forgotten_at(&self) -> Seconds {
        let next = self.key.window.saturating_add(1);
        self.key.made.value.begins(next).after(KEPT)
    }

    /// As it stands now.
    pub fn now(&self, now: Seconds) -> Option<RoomKey> {
        let window = self.key.made.value.window_at(now);
        self.key.in_window(window.max(self.key.window))
    }
}

/// How long after the end of a window its secret is kept: clocks differ, and who has moved on late is still to be heard.
const KEPT: Duration = Duration::from_hours(2);

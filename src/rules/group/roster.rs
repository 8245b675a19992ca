//! Who is in a group, and who may do what there.

use std::collections::BTreeMap;

use crate::protocol::group::{ActId, Entry, MemberId, Title};
use crate::protocol::letter::Network;

/// What a book comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roster {
    /// Who is in, at most 50.
    pub members: BTreeMap<MemberId, Member>,
    /// What the group is called; `None` where nothing is founded.
    pub title: Option<Title>,
    /// On which networks its rooms are.
    pub rooms: Vec<Network>,
}

/// Somebody who is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// What they signed when they came in, or when they had other keys.
    pub entry: Entry,
    /// The act that took them in.
    pub by: ActId,
    /// How high they stand, if they are an admin.
    pub rank: Option<Rank>,
}

/// How high an admin stands: whoever became one earlier, by the place of that act in the book, stands above.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub struct Rank(pub(super) Place);

/// Where an act stands among all: by its depth, then by its id.
pub(super) type Place = (u64, ActId);

impl Rank {
    /// Whether who has the one rank stands above who has the other: an admin above everybody who is none, and above whoever
    /// became one later.
    pub fn is_above(one: Option<Self>, other: Option<Self>) -> bool {
        match (one, other) {
            (None, _) => false,
            (Some(_), None) => true,
            (Some(one), Some(other)) => one < other,
        }
    }
}

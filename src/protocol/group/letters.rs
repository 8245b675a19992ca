//! The letters of a group: acts of its book, what is said in it, what of that has come, who is asked to come in.
//!
//! ```text
//!  bid: a question ─▶ bid: a signed entry ─▶ book: the act that takes them in, to everybody
//!  said: number 7 of this author ─▶ got: of this author all up to 7
//!  gather: several of them in one mail
//! ```

use serde::{Deserialize, Serialize};

use super::room::{Coming, RoomKey};
use super::{Act, ActId, Entry, GroupId, Head, MemberId};
use crate::protocol::debug::{redacted_debug, written_as_hex};

/// Acts and entries of a group's book. (kind 15)
#[derive(Clone, PartialEq, Eq)]
pub struct Told {
    /// Of which group.
    pub group: GroupId,
    /// At most 128.
    pub acts: Vec<Act>,
    /// The key of the group's rooms.
    pub room: Option<RoomKey>,
    /// The heads of the sender's book, at most 8.
    pub heads: Vec<Head>,
    /// Newer entries than those in the acts, at most 50.
    pub entries: Vec<Entry>,
}

/// How much of what was said has come. (kind 17)
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Got {
    /// In which group; in its room it is left out.
    pub group: Option<GroupId>,
    /// Of whom how much, 1 to 50.
    pub of: Vec<GotOf>,
    /// The heads of the sender's book, at most 8.
    pub heads: Vec<Head>,
    /// In a room: the comings that were opened there since, at most 50; else none.
    pub opened: Vec<Coming>,
}

/// How much of one author has come: all up to a number, and some beyond.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GotOf {
    /// Of whom.
    pub author: MemberId,
    /// All up to this number; 0: none in a row.
    pub up_to: u64,
    /// The hash of what has that number; zeros for 0.
    pub hash: SaidHash,
    /// What came beyond: bit 0 of the first byte (its lowest) is `up_to + 2`; at most 32 bytes.
    #[serde(with = "crate::protocol::hex")]
    pub beyond: Vec<u8>,
}

/// Whether somebody wants to come into a group, and the answer. (kind 18)
#[derive(Clone, PartialEq, Eq)]
#[expect(
    clippy::large_enum_variant,
    reason = "one at a time, and only while its letter is read"
)]
pub enum Bid {
    /// An admin asks a friend. (1)
    Ask {
        /// Into which.
        group: GroupId,
        /// What it is called, 1 to 64 bytes.
        name: String,
        /// Who is in, 1 to 50.
        members: Vec<MemberId>,
        /// The act that ended their last membership: the entry that answers names it.
        ended: Option<ActId>,
    },
    /// Yes. (2)
    Answer {
        /// Into which.
        group: GroupId,
        /// With what they agree.
        entry: Entry,
    },
}

/// Several letters of groups in one mail. (kind 20)
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Gather {
    /// Whole letters of kinds 15 to 17, as their bytes, at most 64.
    pub letters: Vec<Vec<u8>>,
}

/// What stands for something said, in the next one and in what says that it came: SHA-256, the first 16 bytes.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SaidHash(#[serde(with = "crate::protocol::hex")] pub [u8; 16]);

impl GotOf {
    /// Whether a number is among what came.
    pub fn has(&self, number: u64) -> bool {
        if number <= self.up_to {
            return number > 0;
        }
        let beyond = number.saturating_sub(self.up_to).checked_sub(2);
        beyond.is_some_and(|bit| has_bit(&self.beyond, bit))
    }
}

fn has_bit(bytes: &[u8], bit: u64) -> bool {
    let byte = usize::try_from(bit >> 3).ok();
    let byte = byte.and_then(|at| bytes.get(at)).copied();
    byte.is_some_and(|byte| byte >> (bit & 7) & 1 == 1)
}

redacted_debug! { Told { group, acts: count, room, heads, entries: count } }
redacted_debug! { Gather { letters: count } }
written_as_hex! { SaidHash }

impl std::fmt::Debug for Bid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Ask { group, .. } => f.debug_tuple("Ask").field(group).finish(),
            Self::Answer { group, .. } => f.debug_tuple("Answer").field(group).finish(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_is_all_up_to_a_number_and_some_beyond() {
        let got = GotOf {
            author: MemberId([1; 8]),
            up_to: 7,
            hash: SaidHash([2; 16]),
            beyond: vec![0b0000_0101, 0, 0b1000_0000],
        };
        let has: Vec<u64> = (0..100).filter(|number| got.has(*number)).collect();
        assert_eq!(has, [1, 2, 3, 4, 5, 6, 7, 9, 11, 32]);
        let none = GotOf {
            up_to: 0,
            beyond: Vec::new(),
            ..got
        };
        assert!(!(0..100).chain([u64::MAX]).any(|number| none.has(number)));
    }

    #[test]
    fn a_got_may_stand_at_the_end_of_all_numbers() {
        let got = GotOf {
            author: MemberId([1; 8]),
            up_to: u64::MAX,
            hash: SaidHash([2; 16]),
            beyond: vec![255; 32],
        };
        assert!(got.has(u64::MAX));
    }
}

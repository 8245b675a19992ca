//! What is true only of a friend.

use serde::{Deserialize, Serialize};

use crate::protocol::letter::{LetterId, OneTimeKeys, Presence};

/// Their presence as we hold it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// All fields merged.
    pub presence: Presence,
    /// `sent` of the letter that brought the newest, in ms.
    pub sent: u64,
}

/// Our signed request to a friend whose sessions are lost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Healing {
    /// The request's id.
    pub request: LetterId,
    /// Its `sent`, in ms.
    pub sent: u64,
    /// When it was made, in seconds.
    pub at: u64,
    /// Our one-time keys that it names; made when it leaves.
    pub one_time_keys: OneTimeKeys,
    /// The accept that answered it, once it is in.
    pub accept: Option<LetterId>,
    /// How many such requests before this one have not been answered.
    #[serde(default)]
    pub unanswered: u8,
    /// A backup was put back: they may have answered a request within the hour that we do not know of, and leave this one.
    #[serde(default)]
    pub soon: bool,
}

/// What is remembered of a friend's healing requests.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Healings {
    /// When the last one was answered, in seconds.
    pub at: u64,
    /// Those taken: the request's id and its `sent`, in ms.
    pub taken: Vec<(LetterId, u64)>,
}

//! A handshake as it stands, for a friendship or for new keys of a friend: what was asked, by us and by them, and what was
//! accepted.

pub(super) mod letters;

use crate::protocol::time::{Millis, Seconds};
use serde::{Deserialize, Serialize};

use crate::protocol::letter::{Keys, LetterId, OneTimeKeys};
use crate::protocol::link::Token;

/// How far it has come; each state holds only what is true in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(
    clippy::large_enum_variant,
    reason = "one a contact, and only until it is over"
)]
pub enum Handshake {
    /// They asked, with one to three different keys; the user has not answered.
    Asking(Vec<Asking>),
    /// We accepted; nobody has proved to hold both the keys and the mailbox.
    Confirming(Confirming),
}

/// A request of ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// The request's id; repeats carry it again.
    pub request: LetterId,
    /// Its `sent`.
    pub sent: Millis,
    /// When it was first made.
    pub at: Seconds,
    /// How often it was repeated; after day 30 the user has been told.
    pub repeats: u8,
    /// When the next repeat (or the telling) is due.
    pub next_at: Option<Seconds>,
    /// A word to the asked.
    pub note: Option<String>,
    /// The keys that an invite link pinned.
    pub pinned: Option<Keys>,
    /// The token of the invite link.
    pub token: Option<Token>,
    /// The link was scanned face to face.
    pub verified: bool,
    /// Our one-time keys that the request names; made when it first leaves.
    pub one_time_keys: OneTimeKeys,
}

/// A request of theirs under one key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asking {
    /// The request's id.
    pub request: LetterId,
    /// When it was made: min(sent, arrival).
    pub sent: Millis,
    /// When it came.
    pub at: Seconds,
    /// The keys it names.
    pub keys: Keys,
    /// The one-time keys it names.
    pub one_time_keys: OneTimeKeys,
    /// The name they gave themselves.
    pub name: String,
    /// Their word to us.
    pub note: String,
    /// Requests under these keys whose `sent` lay in our future: id and `sent`.
    #[serde(default)]
    pub ahead: Vec<(LetterId, Millis)>,
}

/// One to three accepts on their way, and our own request if the two crossed, which no friend has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirming {
    /// An accept for each key that asked.
    pub accepted: Vec<Accepted>,
    /// We asked too.
    pub asked: Option<Asked>,
}

/// An accept of ours to one key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// The accept's id; repeats carry it again.
    pub accept: LetterId,
    /// The request it answers.
    pub request: LetterId,
    /// When it was last made: min(sent, arrival).
    pub request_sent: Millis,
    /// Requests under these keys whose `sent` lay in our future: id and `sent`.
    #[serde(default)]
    pub ahead: Vec<(LetterId, Millis)>,
    /// How often the request was repeated and answered again.
    #[serde(default)]
    pub again: u8,
    /// When the accept was made.
    pub at: Seconds,
    /// How often it was repeated.
    pub repeats: u8,
    /// When the next repeat (or the telling) is due.
    pub next_at: Option<Seconds>,
    /// The keys it is sealed to.
    pub keys: Keys,
    /// Their one-time keys, from the request; each is spent by the session it opens.
    pub theirs: OneTimeKeys,
    /// Our one-time keys that the accept names; made when it first leaves.
    pub ours: OneTimeKeys,
    /// The sessions, by mail and over IRC, that were opened for it: only what comes in them, or in one opened with
    /// `ours`, proves that the accept was read.
    pub sessions: Vec<String>,
}

impl Handshake {
    /// Accepts on their way to somebody whom we have not asked.
    pub fn accepted(accepted: Vec<Accepted>) -> Self {
        let asked = None;
        Self::Confirming(Confirming { accepted, asked })
    }
}

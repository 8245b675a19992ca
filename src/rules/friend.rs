//! What is true only of a friend.

use serde::{Deserialize, Serialize};

use super::handshake::Handshake;
use crate::protocol::letter::{Keys, LetterId, OneTimeKeys, Presence, PublicKey};
use crate::protocol::time::{Millis, Seconds};

/// What is true only of a friend: both mailboxes are proved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Friend {
    /// The keys in force.
    pub keys: Keys,
    /// New keys, which wait for the user or to be proved; the old ones stay in force until they are.
    pub new_keys: Option<Handshake>,
    /// Their accept under other keys, which answered our healing request: it waits among the new keys, under this id.
    #[serde(default)]
    pub answered: Option<LetterId>,
    /// The key of such an accept that the user has refused.
    #[serde(default)]
    pub unwanted: Option<PublicKey>,
    /// Their presence: the highest (epoch, sent) that came.
    pub presence: Option<Held>,
    /// The epoch of ours that their letters said they hold.
    pub holds: u64,
    /// When an announcement was last repaired.
    pub repaired_at: Seconds,
    /// Their unused one-time keys that we hold.
    pub theirs: OneTimeKeys,
    /// Our unused one-time keys that they hold.
    pub ours: OneTimeKeys,
    /// When the last request was taken from their key: min(sent, arrival).
    pub last_request: Millis,
    /// Their healing requests that were answered.
    #[serde(default)]
    pub healings: Healings,
    /// Our own signed request under known keys, which heals lost sessions.
    pub healing: Option<Healing>,
    /// When such a request was last answered.
    #[serde(default)]
    pub healed_at: Seconds,
    /// The accept we last confirmed and the id of that confirm: a repeated accept gets the same one.
    pub confirmed: Option<(LetterId, LetterId)>,
    /// How often that one was repeated and confirmed again.
    #[serde(default)]
    pub confirmed_again: u8,
    /// When receipts by mail last left, or are about to: until ten minutes later more are gathered. In seconds.
    #[serde(default)]
    pub receipts_at: Seconds,
    /// The next letter by mail answers their opening of an IRC session.
    pub answer_irc: bool,
    /// When we last put an opening of an IRC session into a mail.
    pub opened_irc_at: Seconds,
    /// Our greetings over IRC bring no proof of them though their nick is there: the next letter by mail opens an IRC session.
    #[serde(default)]
    pub reopen_irc: bool,
    /// When an IRC session with them was last opened or answered in a mail of theirs.
    #[serde(default)]
    pub irc_renewed_at: Seconds,
}

/// Their presence as we hold it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// All fields merged.
    pub presence: Presence,
    /// `sent` of the letter that brought the newest.
    pub sent: Millis,
}

/// Our signed request to a friend whose sessions are lost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Healing {
    /// The request's id.
    pub request: LetterId,
    /// Its `sent`.
    pub sent: Millis,
    /// When it was made.
    pub at: Seconds,
    /// Our one-time keys that it names; made when it leaves.
    pub one_time_keys: OneTimeKeys,
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
    /// When the last one was answered.
    pub at: Seconds,
    /// Those taken: the request's id and its `sent`.
    pub taken: Vec<(LetterId, Millis)>,
}

impl Friend {
    /// A friend under these keys, of whom nothing else is known yet.
    pub fn new(keys: Keys) -> Self {
        Self {
            keys,
            new_keys: None,
            answered: None,
            unwanted: None,
            presence: None,
            holds: 0,
            repaired_at: Seconds(0),
            theirs: OneTimeKeys::default(),
            ours: OneTimeKeys::default(),
            last_request: Millis(0),
            healings: Healings::default(),
            healing: None,
            healed_at: Seconds(0),
            confirmed: None,
            confirmed_again: 0,
            receipts_at: Seconds(0),
            answer_irc: false,
            opened_irc_at: Seconds(0),
            reopen_irc: false,
            irc_renewed_at: Seconds(0),
        }
    }
}

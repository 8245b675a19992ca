//! What the user does in groups.

use super::conversation::{ContactId, ConversationId};
use crate::protocol::group::{MemberId, Title};
use crate::protocol::letter::{LetterId, Network};
use crate::protocol::time::{Millis, Seconds};

/// An act of the user in or about a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GroupAct {
    /// Founds one, and asks friends to come in.
    New {
        /// What it is called: 1 to 64 bytes.
        name: String,
        /// Whom to ask.
        who: Vec<ContactId>,
    },
    /// Asks friends to come in.
    Add(ConversationId, Vec<ContactId>),
    /// Makes an invite whose link leads into one.
    Link {
        /// Into which.
        group: ConversationId,
        /// For how many addresses.
        uses: u32,
        /// When it ends.
        expires_at: Seconds,
    },
    /// Comes in.
    Accept(ConversationId),
    /// Answers the question with silence.
    Refuse(ConversationId),
    /// Goes.
    Leave(ConversationId),
    /// Puts somebody out.
    Remove(ConversationId, MemberId),
    /// Makes somebody an admin, or makes them one no longer.
    Admin(ConversationId, MemberId, bool),
    /// The user's own name for it.
    Rename(ConversationId, String),
    /// Its name and topic for everybody.
    Title(ConversationId, Title),
    /// On which networks its rooms are, at most two; none: it has no rooms.
    Rooms(ConversationId, Vec<Network>),
    /// Another key for its rooms.
    NewKey(ConversationId),
    /// Whoever is in it may see when the user is there, and from which host.
    Shown(ConversationId, bool),
    /// The user is not told of what is said, or is.
    Mute(ConversationId, bool),
    /// Says something.
    Say {
        /// Where.
        to: ConversationId,
        /// What: 1 byte to 64 KiB.
        text: String,
        /// The text it answers.
        reply_to: Option<LetterId>,
    },
    /// Gives a text of the user's another wording.
    Edit {
        /// Where it was said.
        to: ConversationId,
        /// Which.
        of: LetterId,
        /// What it says from now on.
        text: String,
    },
    /// Takes back a text of the user's.
    Retract {
        /// Where it was said.
        to: ConversationId,
        /// Which.
        of: LetterId,
        /// Why, if the user says so: at most 1 KiB.
        why: Option<String>,
    },
    /// Sets a sign to a text, or takes it off.
    React {
        /// Where it was said.
        to: ConversationId,
        /// Which.
        of: LetterId,
        /// The sign: 1 to 64 bytes.
        emoji: String,
        /// Set or taken off.
        on: bool,
    },
    /// The user has seen what came up to then.
    Seen(ConversationId, Millis),
}

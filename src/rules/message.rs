//! A text and how far it has come.
//!
//! ```text
//!            last piece written / mail handed over        receipt          read receipt
//!  queued ──────────────────────────────────────▶ sent ──────────▶ delivered ──────────▶ read
//!    ▲                                             │                    ▲
//!    └─────────── no receipt in time ──────────────┤                    │ a late receipt
//!                                                  └──▶ failed(why) ────┘
//! ```

use super::conversation::{Author, ConversationId};
use crate::protocol::group::MemberId;
use crate::protocol::group::letters::SaidHash;
use crate::protocol::letter::LetterId;
use crate::protocol::time::{Millis, Seconds};

/// A text, or a change of one, in or out, in the conversation it belongs to.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Message {
    /// In which conversation it is.
    pub conversation: ConversationId,
    /// Who wrote it, or did it.
    pub author: Author,
    /// Its identity on every transport.
    pub id: LetterId,
    /// When it was written: min(sent, arrival) for a text of theirs; a change of theirs as they say, so that
    /// their order holds whatever their clock shows.
    pub sent: Millis,
    /// When it came or was stored.
    pub arrival: Millis,
    /// What it says: of an edit the new wording, of a reaction its sign, of a retraction the reason, if one was given.
    pub text: String,
    /// The text it answers.
    pub reply_to: Option<LetterId>,
    /// The number of a kind that this version does not know.
    pub unknown_kind: Option<u64>,
    /// It is no text of its own, but changes one.
    #[serde(default)]
    pub change: Option<Change>,
    /// How far it has come.
    pub state: Delivery,
    /// How it went or came.
    pub via: Option<Via>,
    /// Why it failed.
    pub reason: Option<String>,
    /// How often it has left by mail.
    pub attempts: u8,
    /// When it first left by mail; 0 = not yet.
    pub mailed_at: Seconds,
    /// When the next timer of this text fires.
    pub due: Option<Seconds>,
    /// A read receipt is owed to or was sent for this text of theirs.
    pub acknowledged_read: bool,
    /// Nothing answers it by itself, and it goes over IRC alone (RFC 2812, section 3.3.2).
    #[serde(default)]
    pub notice: bool,
    /// Its place among what its author said, in a group.
    #[serde(default)]
    pub in_group: Option<InGroup>,
}

/// The place of something said among what its author said in a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct InGroup {
    /// The how manieth, from 1.
    pub number: u64,
    /// What stands for it.
    pub hash: SaidHash,
    /// What stands for the one before.
    pub before: SaidHash,
    /// Whose text it answers or changes; `None`: the author's own, or none.
    pub whose: Option<Author>,
    /// Who that is, as the group knows them; `None`: nobody is named.
    pub named: Option<MemberId>,
}

/// What a row that is no text of its own does, and to which text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Change {
    /// The text.
    pub of: LetterId,
    /// What is done to it.
    pub kind: ChangeKind,
}

/// What can be done to a text after it was sent.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub enum ChangeKind {
    /// It has another wording.
    Edit,
    /// It is taken back.
    Retract,
    /// A sign is set to it.
    React,
    /// That sign is taken off.
    Unreact,
}

impl ChangeKind {
    /// The kind of letter that carries it, a number of the specification.
    #[must_use]
    pub fn letter(self) -> u64 {
        match self {
            Self::Edit => 11,
            Self::Retract => 12,
            Self::React | Self::Unreact => 13,
        }
    }
}

impl Message {
    /// What orders the changes of one text: the latest wins.
    pub fn rank(&self) -> (Millis, LetterId) {
        (self.sent, self.id)
    }

    /// The text that it is, or that it changes.
    pub fn about(&self) -> (ConversationId, LetterId) {
        let of = self.change.map(|change| change.of);
        (self.conversation, of.unwrap_or(self.id))
    }

    /// Whether the user wrote it, or did it.
    pub fn is_ours(&self) -> bool {
        self.author == Author::Us
    }

    /// When it was written, whatever the clock of its sender showed: at its arrival at the latest.
    pub fn written(&self) -> Millis {
        self.sent.min(self.arrival)
    }
}

/// How far a text has come. A text from a friend is `Delivered` until the user has seen it, then `Read`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub enum Delivery {
    /// Stored; nothing has left.
    Queued,
    /// Handed to IRC or to the mail system.
    Sent,
    /// Failed; the reason is told.
    Failed,
    /// The friend's side has it.
    Delivered,
    /// The friend has seen it.
    Read,
}

/// A transport.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub enum Via {
    /// A defined mail.
    Mail,
    /// Frames on an IRC network.
    Irc,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::fake_state::said;

    #[test]
    fn a_text_was_written_at_its_arrival_at_the_latest() {
        for (sent, arrival, written) in [(500, 900, 500), (900, 500, 500), (7, 7, 7)] {
            let message = Message {
                sent: Millis(sent),
                arrival: Millis(arrival),
                ..said("bob", 1, Delivery::Delivered)
            };
            assert_eq!(message.written(), Millis(written), "{sent} {arrival}");
        }
    }
}

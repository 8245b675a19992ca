//! What the store holds, as the gateway is told it: texts, what was done to them, and places among them.

use crate::protocol::address::Address;
use crate::protocol::letter::LetterId;
use crate::rules::message::{Delivery, Via};

/// A row of the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Its number.
    pub row: u64,
    /// The highest row below it in the store, whoever's; 0 if there is none, or if that is not known.
    pub before: u64,
    /// What it is.
    pub what: What,
}

impl Stored {
    /// A text by itself.
    #[must_use]
    pub fn alone(entry: Entry) -> Self {
        Self {
            row: entry.row,
            before: 0,
            what: What::Text(Box::new(entry)),
        }
    }

    /// Where it stands in its conversation; nowhere, if it is nothing.
    #[must_use]
    pub fn place(&self) -> Option<Place> {
        let at = match &self.what {
            What::Text(entry) => entry.arrival,
            What::Change(change) => change.arrival,
            What::Nothing => return None,
        };
        Some(Place { at, row: self.row })
    }
}

/// What a row is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A text: as it stood when it was stored, in all that devices are handed.
    Text(Box<Entry>),
    /// What was done to a text before it.
    Change(Box<Change>),
    /// Nothing that is shown; a device that comes here goes on.
    Nothing,
}

/// What was done to a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// In whose conversation.
    pub friend: Address,
    /// The user did it; else the friend.
    pub mine: bool,
    /// Its own identity; in hex, its `msgid`. `None`: nothing was done, it was so already.
    pub id: Option<LetterId>,
    /// To which text.
    pub of: LetterId,
    /// The row of that text.
    pub of_row: u64,
    /// What the text says, to name it by.
    pub quoted: String,
    /// When it came or was stored, in ms; its `time`.
    pub arrival: u64,
    /// What was done.
    pub done: Done,
}

/// What can be done to a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Done {
    /// It says this now.
    Edited(String),
    /// It was taken back, perhaps with a reason.
    Retracted(Option<String>),
    /// Somebody reacted to it with this.
    Reacted(String),
    /// He took that back.
    Unreacted(String),
}

impl Done {
    /// What is written in it.
    #[must_use]
    pub fn words(&self) -> &str {
        match self {
            Self::Edited(text) => text,
            Self::Retracted(reason) => reason.as_deref().unwrap_or_default(),
            Self::Reacted(with) | Self::Unreacted(with) => with,
        }
    }
}

/// What a device is still to be handed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rest {
    /// Only rows above this one.
    pub after: u64,
    /// What the user has read, and what he wrote, only above this row.
    pub read_after: u64,
}

/// A stored text, in or out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its row.
    pub row: u64,
    /// Whose conversation it is in.
    pub friend: Address,
    /// The user wrote it.
    pub mine: bool,
    /// Its identity on every transport; in hex, its `msgid`.
    pub id: LetterId,
    /// When it was written, in ms.
    pub sent: u64,
    /// When it came or was stored, in ms; its `time`.
    pub arrival: u64,
    /// What it says (after an edit, the new text).
    pub text: String,
    /// The text it answers.
    pub reply_to: Option<LetterId>,
    /// Nothing may answer it by itself: a NOTICE.
    pub notice: bool,
    /// How far it has come.
    pub state: Delivery,
    /// How it went or came.
    pub via: Option<Via>,
    /// Why it failed.
    pub reason: Option<String>,
    /// Its writer has changed it.
    pub edited: bool,
    /// Its writer has taken it back; the text may still be there.
    pub retracted: bool,
}

/// A window on a conversation: strictly after one place, strictly before another, at most so many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// Only what is after this place.
    pub after: Option<Place>,
    /// Only what is before this place.
    pub before: Option<Place>,
    /// If there is more than `limit`: keep the newest of it, else the oldest. The order of the answer is the same.
    pub newest: bool,
    /// At most so many; never above [`crate::gateway::MOST_HISTORY`].
    pub limit: usize,
}

/// A place between two texts: by arrival, then by row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// `arrival`, in ms.
    pub at: u64,
    /// The row; 0 is before all texts of that time, `u64::MAX` after them.
    pub row: u64,
}

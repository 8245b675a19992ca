//! Conversations: with whom, by whom a text is, and what stands in them, for whoever reads on or scrolls back.
//!
//! ```text
//!  row  1 text ── 2 text ── 3 edit of 1 ── 4 text ── 5 reaction to 2 ──▶
//!                    ▲ the cursor of a device: it is still to be handed 3, 4, 5
//! ```
//!
//! A row's number is never given again while the text it had could be missed, and rises with every text, whoever's;
//! `arrival` rises with it within a conversation, whatever the clock shows.

pub use super::ids::{Author, ContactId, ConversationId, Ids};

use super::entry::Entry;
use super::message::{ChangeKind, Message};
use crate::protocol::letter::LetterId;
use crate::protocol::time::Millis;

/// A row that devices are handed, as it stood when it was stored: a text with what had come before it, a change for
/// itself. So whoever was away reads the same as who was there, and nothing twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Its row.
    pub row: u64,
    /// The row of the one before it, whoever's; 0 if there is none, or if that is not known.
    pub before: u64,
    /// What it is.
    pub what: What,
}

/// What a row is to a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A text.
    Text(Box<Entry>),
    /// What was done to a text that came before it.
    Change(Box<Done>),
    /// A change that shows nothing: its text has not come, a later change counts, or the text was taken back.
    Nothing,
}

/// What was done to a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// What it was.
    pub kind: ChangeKind,
    /// The change.
    pub change: Message,
    /// The text after it.
    pub text: Entry,
    /// The row of the text.
    pub text_row: u64,
}

/// What a device is still to be handed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rest {
    /// Only rows above this one.
    pub after: u64,
    /// What was read, and what the user wrote, only above this row.
    pub read_after: u64,
}

/// A text as it stands now, and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// Its row.
    pub row: u64,
    /// The text.
    pub entry: Entry,
}

/// A place in a conversation: by arrival, then by row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// When the text came or was stored.
    pub arrival: Millis,
    /// Its row; 0 stands before all texts of that time, [`u64::MAX`] after them.
    pub row: u64,
}

/// A window on a conversation: strictly after one place, strictly before another, at most so many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// Only what is after this place.
    pub after: Option<Place>,
    /// Only what is before this place.
    pub before: Option<Place>,
    /// Of more than `limit` texts the newest are kept, else the oldest; the order is the same.
    pub newest: bool,
    /// At most so many.
    pub limit: usize,
}

impl Stored {
    /// A text by itself.
    pub fn alone(placed: Placed) -> Self {
        Self {
            row: placed.row,
            before: 0,
            what: What::Text(Box::new(placed.entry)),
        }
    }

    /// The row of the store behind it: a text, or a change; none, if nothing is shown.
    pub fn message(&self) -> Option<&Message> {
        match &self.what {
            What::Text(entry) => Some(&entry.message),
            What::Change(done) => Some(&done.change),
            What::Nothing => None,
        }
    }

    /// Where it stands in its conversation; nowhere, if it shows nothing.
    pub fn place(&self) -> Option<Place> {
        let (arrival, row) = (self.message()?.arrival, self.row);
        Some(Place { arrival, row })
    }
}

impl Done {
    /// The text it was done to.
    pub fn of(&self) -> LetterId {
        self.text.message.id
    }
}

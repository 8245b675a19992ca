//! The roster as a person reads and edits it: `roster.toml`, as text. Reading and replacing the file is `home`'s.
//!
//! ```text
//! database ── render ──▶ text of revision n ── a hand edits ──▶ text that names revision n
//!                                │                                    │
//!                              read                                 read
//!                                └────────────── edits ───────────────┘
//! ```

use crate::protocol::address::Address;

mod edits;
mod read;
mod render;
#[cfg(test)]
mod tests;

pub use edits::edits;
pub use read::{RosterText, read, revision};
pub use render::render;

/// What a hand changed. The first four are taken as the commands they mean; the others are reported, never obeyed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// Another name.
    Rename {
        /// Whose.
        address: Address,
        /// The new name, as it was written.
        name: String,
    },
    /// `visible = false` is a hide, `visible = true` a show.
    Visible {
        /// To whom.
        address: Address,
        /// Shown or hidden.
        visible: bool,
    },
    /// A block or an unblock.
    Blocked {
        /// Of whom.
        address: Address,
        /// Blocked or not.
        blocked: bool,
    },
    /// Another note.
    Note {
        /// On whom.
        address: Address,
        /// The new note, as it was written.
        note: String,
    },
    /// A friend was taken out: he is put back, with the hint `iim remove`.
    Missing {
        /// Who.
        address: Address,
    },
    /// Something that is not changed by editing.
    Unknown {
        /// What, in words.
        what: String,
        /// In which line of the edited text.
        line: usize,
    },
}

/// Why a text is no roster.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct RosterError {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// What is wrong, in words.
    pub message: String,
}

/// The newest form of the file that this program knows.
const VERSION: u64 = 1;

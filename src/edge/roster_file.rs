//! The roster as a person reads and edits it: `roster.toml`, as text. Reading and replacing the file is `home`'s.
//!
//! ```text
//! database ── render ──▶ text of revision n ── a hand edits ──▶ text that names revision n
//!                                │                                    │
//!                              read                                 read
//!                                └────────────── edits ───────────────┘
//! ```

use crate::protocol::address::Address;
use crate::rules::event::Act;

mod edits;
mod read;
mod render;
#[cfg(test)]
mod tests;

pub use edits::edits;
pub use read::{RosterText, read};
pub use render::render;

/// What a hand changed. Acts are obeyed; the others are reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// The command that it means: another name, shown or hidden, blocked or not, another note.
    Act(Act),
    /// A friend was taken out: they are put back, with the hint `iim remove`.
    Missing(Address),
    /// Something that is not changed by editing: what, in words, and in which line of the edited text.
    Unknown(String, usize),
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

//! The defined mail: an ordinary mail with a part for the program and a text for a person without it.
//!
//! ```text
//! From, To, Subject, Date, Message-ID
//! IIM: 1, X-IIM: 1                     the markers
//! Auto-Submitted: auto-generated       RFC 3834: no responder answers it
//! X-Auto-Response-Suppress: All
//! multipart/mixed
//!   text/plain                         who writes, what this is, what to do
//!   application/vnd.iim                base64 of the part's CBOR
//! ```

mod error;
mod outside;
mod read;
mod tree;
mod write;

pub use error::{By, MailError};
pub use outside::Answerable;
pub(super) use read::without_from_line;
pub use read::{DefinedMail, MAX_MAIL, read, read_by};
pub(super) use tree::is_type;
pub use write::{Envelope, write_copy, write_probe, write_request, write_sealed};

/// The header fields that tell a defined mail from others: either will do, for some mail systems drop the first.
pub const MARKERS: [&str; 2] = ["IIM", "X-IIM"];
/// The name under which the part is attached.
const FILE_NAME: &str = "letter.iim";
/// What the markers say in this version.
pub const VERSION: &str = "1";

#[cfg(test)]
mod tests;

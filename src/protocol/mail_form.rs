//! The defined mail: an ordinary mail with a part for the program and a text for a person without it.
//!
//! ```text
//! From, To, Subject, Date, Message-ID
//! IIM: 1                               the marker
//! Auto-Submitted: auto-generated       RFC 3834: no responder answers it
//! X-Auto-Response-Suppress: All
//! multipart/mixed
//!   text/plain                         who writes, what this is, what to do
//!   application/vnd.iim                base64 of the part's CBOR
//! ```

mod read;
mod write;

pub(in crate::protocol) use self::read::without_from_line;
pub use self::read::{Answerable, DefinedMail, MAX_MAIL, MailError, read};
pub use self::write::{Envelope, write_probe, write_request, write_sealed};

/// The header field that tells a defined mail from others.
pub const MARKER: &str = "IIM";
/// What the marker says in this version.
pub const VERSION: &str = "1";

#[cfg(test)]
mod tests;

//! What is asked of a POP3 server, and what it answers (RFC 1939), without its bytes.
//!
//! A session has numbers of its own; a mail is known from one to the next by its unique id. What was deleted is gone only
//! when the server has said +OK to QUIT.

use std::num::NonZeroU32;

use super::mailbox::Fault;

/// The number of a mail in one session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Number(pub NonZeroU32);

/// What is asked of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Connects, protects the connection, and logs in. `Opened` or `Closed`.
    Open,
    /// UIDL: all mails. `Listed`.
    List,
    /// LIST of one mail: its size in bytes. `Size`.
    Size(Number),
    /// TOP n 0, or without TOP the beginning of RETR. `Header`.
    Header(Number),
    /// The whole mail, which has so many bytes: by TOP with all its lines, or by RETR, which may mark it as seen, if there is
    /// no TOP or it gives less. `Mail`.
    Mail(Number, u32),
    /// DELE: marked, to be gone with QUIT. `Done`.
    Delete(Number),
    /// QUIT, and the connection is closed. `Quit` if the server said +OK: only then what was deleted is gone.
    Quit,
}

/// A mail in the mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its number in this session.
    pub number: Number,
    /// Its unique id, 1 to 255 bytes; some servers give several mails the same.
    pub unique_id: String,
}

/// What a command is answered by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// We are logged in.
    Opened,
    /// All mails, in the server's order, at most [`MOST`] together with those of which no id can be read: so many.
    Listed(Vec<Entry>, usize),
    /// So many bytes.
    Size(u32),
    /// The header section, with LF or CRLF; of a long one the beginning.
    Header(Vec<u8>),
    /// The whole mail.
    Mail(Vec<u8>),
    /// It is done.
    Done,
    /// The server says -ERR; the connection stands. In its words, cleaned for a person to read.
    Refused(String),
    /// The server said +OK to QUIT, and the connection is closed.
    Quit,
    /// The connection is closed, and nothing was deleted; for this fault, if nobody asked for it.
    Closed(Option<Fault>),
}

/// So many mails are listed; who has more is told to use IMAP.
pub const MOST: usize = 50_000;

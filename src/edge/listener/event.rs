//! What the listeners and the gateway say to each other about a connection.

use std::fmt;

/// A client's connection; a number is never used twice while the agent runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnId(pub u64);

/// Where a client has come from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Peer {
    /// Over TLS.
    pub tls: bool,
    /// From this machine: a Unix socket or loopback.
    pub local: bool,
    /// For the log: `unix`, `127.0.0.1`.
    pub name: String,
}

/// A line that cannot be read.
#[derive(Clone, PartialEq, Eq)]
pub enum BadLine {
    /// Tags of more than 8191 bytes, or more than 512 bytes after them, with CR LF (IRCv3 message tags, "Size limit").
    TooLong,
    /// Bytes that are not UTF-8 (IRCv3 `UTF8ONLY`). The line is given with U+FFFD for each of them, so that the
    /// refusal can name the command and bear the label; its text goes nowhere.
    NotUtf8(String),
}

impl fmt::Debug for BadLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong => f.write_str("TooLong"),
            Self::NotUtf8(text) => write!(f, "NotUtf8({} bytes)", text.len()),
        }
    }
}

/// What is to be done for a connection, in order. What a client is told may be secret: of that only the length prints.
#[derive(Clone, PartialEq, Eq)]
pub enum Out {
    /// Whole lines, each with its CR LF.
    Lines(Vec<u8>),
    /// Writes this last line (without CR LF), then closes.
    Close(String),
    /// It has registered: it counts as the user's.
    Admitted,
    /// A login failed: this peer is slowed down.
    WrongPassword,
    /// It owes the answer to a challenge of SCRAM, or does so no more: whoever goes without one is slowed down as after a
    /// failed login.
    Owes(bool),
}

impl fmt::Debug for Out {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lines(bytes) => write!(f, "Lines({} bytes)", bytes.len()),
            Self::Close(last) => write!(f, "Close({} bytes)", last.len()),
            Self::Admitted => f.write_str("Admitted"),
            Self::WrongPassword => f.write_str("WrongPassword"),
            Self::Owes(owes) => write!(f, "Owes({owes})"),
        }
    }
}

/// What comes in, in the order in which it came for each connection. A line may hold a password: it does not print.
#[derive(Clone, PartialEq, Eq)]
pub enum ConnEvent {
    /// A client is there: its TLS and WebSocket handshakes are done.
    Opened(ConnId, Peer),
    /// It said something: a line without CR LF, never blank.
    Line(ConnId, Result<String, BadLine>),
    /// Everything handed to [`super::Listeners::send`] so far has been written to its socket, though not at once.
    Drained(ConnId),
    /// It is gone; nothing comes of it any more. Told once for each that was opened.
    Closed(ConnId),
}

impl fmt::Debug for ConnEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Opened(conn, peer) => write!(f, "Opened({conn:?}, {peer:?})"),
            Self::Line(conn, _) => write!(f, "Line({conn:?})"),
            Self::Drained(conn) => write!(f, "Drained({conn:?})"),
            Self::Closed(conn) => write!(f, "Closed({conn:?})"),
        }
    }
}

/// How many bytes wait to be written to a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// More may be sent. If no bytes wait they have been written, and no [`ConnEvent::Drained`] follows.
    Free(usize),
    /// The lines were taken, but what can wait should: until [`ConnEvent::Drained`].
    Full(usize),
    /// The lines were not taken: it is going or gone.
    Gone,
}

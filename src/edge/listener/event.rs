//! What the listeners and the gateway say to each other about a connection.

use crate::protocol::debug::redacted_debug;

/// A client's connection; a number is never used twice while the agent runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnId(pub u64);

/// Where a client has come from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Peer {
    /// Over TLS.
    pub tls: bool,
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

redacted_debug! { enum BadLine { TooLong, NotUtf8(text: length) } }

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

redacted_debug! {
    enum Out { Lines(bytes: length), Close(last: length), Admitted, WrongPassword, Owes(owes) }
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

redacted_debug! {
    enum ConnEvent { Opened(conn, peer), Line(conn, line: hidden), Drained(conn), Closed(conn) }
}

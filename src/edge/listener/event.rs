//! What the listeners and the gateway say to each other about a connection.

/// A client's connection; a number is never used twice while the agent runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnId(pub u64);

/// Where a client has come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// Nobody on the way can read: TLS, a Unix socket or loopback.
    pub secure: bool,
    /// Over TLS.
    pub tls: bool,
    /// From this machine: a Unix socket or loopback.
    pub local: bool,
    /// For the log: `unix`, `127.0.0.1`.
    pub name: String,
}

/// A line that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BadLine {
    /// Tags of more than 8191 bytes, or more than 512 bytes after them, with CR LF (IRCv3 message tags, "Size limit").
    TooLong,
    /// Bytes that are not UTF-8 (IRCv3 `UTF8ONLY`). The line is given with U+FFFD for each of them, so that the
    /// refusal can name the command and bear the label; its text goes nowhere.
    NotUtf8(String),
}

/// What is to be done for a connection, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
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

/// What comes in, in the order in which it came for each connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConnEvent {
    /// A client is there: its TLS and WebSocket handshakes are done.
    Opened {
        /// Its number.
        conn: ConnId,
        /// Where it has come from.
        peer: Peer,
    },
    /// It said something.
    Line {
        /// The client.
        conn: ConnId,
        /// Without CR LF, never blank.
        line: Result<String, BadLine>,
    },
    /// Everything handed to [`super::Listeners::send`] so far has been written to its socket, though not at once.
    Drained {
        /// The client.
        conn: ConnId,
    },
    /// It is gone; nothing comes of it any more. Told once for each that was opened.
    Closed {
        /// The client.
        conn: ConnId,
    },
}

/// How much waits to be written to a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// More may be sent. If no bytes wait they have been written, and no [`ConnEvent::Drained`] follows.
    Free {
        /// Bytes that wait.
        queued: usize,
    },
    /// The lines were taken, but what can wait should: until [`ConnEvent::Drained`].
    Full {
        /// Bytes that wait.
        queued: usize,
    },
    /// The lines were not taken: it is going or gone.
    Gone,
}

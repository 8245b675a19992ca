//! What the door and the face say to each other about a connection.

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
    /// It has registered: whoever keeps the door counts it as the user's.
    Admitted,
    /// A login failed: whoever keeps the door slows this peer down.
    WrongPassword,
    /// It owes the answer to a challenge of SCRAM, or does so no more: whoever goes without one is slowed down as after a
    /// failed login.
    Owes(bool),
}

//! What is asked of a mailbox's server, and what it answers: IMAP4 (RFC 3501, RFC 9051), without its bytes.
//!
//! One command at a time, one answer to each. What is ours to say of a mailbox is only this list: there is no command by
//! which a mail that is not ours could be changed.

use std::fmt;
use std::num::NonZeroU32;
use std::time::Duration;

use crate::protocol::time::Seconds;

/// The number of a mail in its folder: rising, and never used again while the folder's UIDVALIDITY stays (RFC 9051,
/// section 2.3.1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uid(pub NonZeroU32);

/// The first uid of any folder.
pub const FIRST: Uid = Uid(NonZeroU32::MIN);

impl fmt::Display for Uid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What is asked of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Connects, protects the connection, logs in, and asks what the server can and which folders have a use of their
    /// own. Answered by `Opened` or `Closed`.
    Open,
    /// SELECT of the folder. `Selected`.
    Select(String),
    /// The uid that the selected folder's next mail will have, where SELECT did not say it: STATUS, else that of its last
    /// mail and one more. `Next`.
    Next,
    /// UID SEARCH SINCE: the lowest uid among mails that came on this day or later. `Lowest`.
    Since(Seconds),
    /// Sizes and the fields by which a mail is known for ours, of the mails from the first to the last of these uids;
    /// without a last, of all from the first. `Headers`.
    Headers(Uid, Option<Uid>),
    /// The whole mail, without marking it as seen. `Mail`.
    Mail(Uid),
    /// These mails, all of them ours and handled, leave the folder. `Done`.
    Discard(Vec<Uid>, Discard),
    /// CREATE of the folder. `Done`.
    Create(String),
    /// STATUS of a folder that is not selected. `Status`.
    Status(String),
    /// Waits for news, so long at most: by IDLE where the server has it, else by a NOOP at the end. `Done`.
    Wait(Duration),
    /// LOGOUT, and the connection is closed. `Closed`.
    Close,
}

/// How mails leave a folder. The word EXPUNGE without uids does not occur: it would destroy what a person has only marked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Discard {
    /// UID MOVE to the folder (RFC 6851).
    Move(String),
    /// UID STORE +FLAGS.SILENT (\Deleted), then UID EXPUNGE (RFC 4315), after a UID COPY if a folder is named.
    Expunge(Option<String>),
    /// The flag \Deleted alone, after a UID COPY if a folder is named: the server has no UIDPLUS.
    Mark(Option<String>),
}

/// What the server can that matters here, and the folders with a use of their own (RFC 6154).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Features {
    /// IDLE (RFC 2177).
    pub idle: bool,
    /// MOVE (RFC 6851).
    pub moves: bool,
    /// UIDPLUS (RFC 4315).
    pub uidplus: bool,
    /// It is Gmail (X-GM-EXT-1), whose EXPUNGE only archives.
    pub gmail: bool,
    /// The folder marked \Junk.
    pub junk: Option<String>,
    /// The folder marked \Trash.
    pub trash: Option<String>,
}

/// A folder as SELECT or STATUS shows it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Folder {
    /// Changes when all uids are void; servers that never say it have none that last.
    pub uidvalidity: Option<NonZeroU32>,
    /// The uid that the next mail will have, or a later one.
    pub next: Option<Uid>,
    /// How many mails are in it.
    pub exists: u32,
    /// Nothing can be removed from it.
    pub read_only: bool,
}

/// A mail before it is fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Its number.
    pub uid: Uid,
    /// The whole mail's size in bytes.
    pub size: u32,
    /// The fields IIM, X-IIM, Subject, Content-Type, From, Return-Path, In-Reply-To, References, as far as it has them,
    /// for `protocol::candidate::kind`.
    pub section: Vec<u8>,
}

/// An answer, and whether the server has said meanwhile, unasked, that mails came (EXISTS).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// What was answered.
    pub answer: Answer,
    /// Mails came; to `Wait` this is what it waited for.
    pub news: bool,
}

/// What a command is answered by. Nothing counts as done before the server's tagged OK.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The connection stands, and we are logged in.
    Opened(Features),
    /// The folder is selected.
    Selected(Folder),
    /// The uid that the next mail will have.
    Next(Uid),
    /// The lowest uid that was found, if any.
    Lowest(Option<Uid>),
    /// In the order of uids, none twice, all within what was asked.
    Headers(Vec<Header>),
    /// The mail; `None` if it is there no more: somebody else took it.
    Mail(Option<Vec<u8>>),
    /// A folder that is not selected.
    Status(Folder),
    /// It is done.
    Done,
    /// The server says NO or BAD; the connection stands. In its words, cleaned for a person to read.
    Refused(String),
    /// The connection is closed: as asked, or for this fault.
    Closed(Option<Fault>),
}

/// Why there is no connection, or no longer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The name is not known, nobody answers, the link broke, or a step took too long.
    #[error("{0}")]
    Network(String),
    /// No trustworthy TLS: certificate, no STARTTLS, something said before it. With the way to mend it.
    #[error("{0}")]
    Tls(String),
    /// The server refuses the login, in its words without ours.
    #[error("the login is refused: {0}")]
    Login(String),
    /// There is no password or token to log in with.
    #[error("{0}")]
    NoPassword(String),
    /// The server ended the connection with BYE, in its words.
    #[error("the server says: {0}")]
    Bye(String),
    /// What it said is no IMAP, answers something else than was asked, or is longer than is taken.
    #[error("{0}")]
    Malformed(String),
    /// The mail is larger than it was said to be; the connection is closed, since its rest was not read.
    #[error("the mail {0} is larger than 1 MiB")]
    TooLarge(Uid),
}

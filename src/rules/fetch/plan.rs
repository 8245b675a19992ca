//! What is fetched from where, how far it has come, and what is to be done next.

use std::time::Duration;

use super::mailbox::{Answered, Command, Uid};
use crate::protocol::time::Seconds;

/// What the user wants of their mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The folder that is watched.
    pub folder: String,
    /// Others that are watched of the same account, each as a mailbox of its own.
    pub others: Vec<String>,
    /// Handled mails are moved to this folder; `None`: they are deleted.
    pub move_to: Option<String>,
    /// The folder marked \Junk is looked into, too.
    pub junk: bool,
    /// Between two looks where the server does not tell of new mails.
    pub poll: Duration,
    /// The login is by a token, which a command makes anew for each.
    pub token: bool,
    /// How long.
    pub until: Until,
}

impl Plan {
    /// Whether that folder is watched, by this or by another one.
    pub(super) fn watches(&self, name: &str) -> bool {
        self.folder == name || self.others.iter().any(|other| other == name)
    }
}

/// How long it is fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// For ever; trouble is waited out.
    Ended,
    /// One look, and trouble ends it; older mails too, if they came on this day or later.
    Looked(Option<Seconds>),
}

/// How far a folder has been read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// The folder's name.
    pub name: String,
    /// For which uids; 0 where the server has none.
    pub uidvalidity: u32,
    /// The first uid that has not been read.
    pub next: Uid,
    /// When all was read last.
    pub looked: Seconds,
}

/// A mail that could not be handled, and is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// Which.
    pub uid: Uid,
    /// How often it was tried.
    pub tries: u32,
    /// When it is tried next.
    pub due: Seconds,
    /// It came at this time or later.
    pub came: Seconds,
}

/// How logins were refused, up to the last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused {
    /// So many in a row.
    pub times: u32,
    /// When the last one was.
    pub at: Seconds,
    /// How long none is tried since, unless somebody wants it at once: servers lock accounts.
    pub pause: Duration,
}

/// What is kept of a folder: commit 2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// How far it has been read.
    pub cursor: Cursor,
    /// All that are tried again.
    pub retries: Vec<Retry>,
    /// So many letters came since the last time.
    pub letters: u32,
    /// So many mails were gone before they could be fetched.
    pub gone: u32,
}

/// What has happened; `A` is what a server answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event<A = Answered> {
    /// It begins, or what was rested for is over; or somebody does not want to wait for that.
    Woken,
    /// The server has answered.
    Answered(A),
    /// The account is done with a mail.
    Heard(Became),
    /// Whether the account has kept what it was to keep.
    Kept(bool),
}

/// What became of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Became {
    /// It was handled, and may leave the folder.
    Done,
    /// It was handled, and stays where it is: so the user wants it, or a person may have written it.
    Stays,
    /// It is not ours, or is left alone.
    Left,
    /// It could not be handled now.
    Trouble,
}

/// What is done next; `C` is a command, `K` what is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next<C = Command, K = Kept> {
    /// A command for the server. `Answered`.
    Ask(C),
    /// The account hears a mail: commit 1. `Heard`.
    Hear(Work),
    /// The account keeps this: commit 2. `Kept`.
    Keep(K),
    /// Nothing is done for so long. `Woken`.
    Rest(Duration),
    /// It is over; or why it was cut short.
    Over(Result<(), String>),
}

/// A mail for the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Work {
    /// It is whole.
    Mail {
        /// The mail.
        mail: Vec<u8>,
        /// It lies in the junk folder, out of which only letters of people we know are taken.
        junk: bool,
    },
    /// It bears our marker, and is larger than any of ours: its header fields.
    TooLarge(Vec<u8>),
}

//! Where a fetcher stands: what it waits for.

use super::mailbox::{Command, Discard, Features, Uid};
use super::plan::Kept;

/// What a fetcher waits for.
///
/// ```text
///  Away ─▶ Opening ─▶ Selecting ─▶ (Next) ─▶ (Since) ─▶ Keeping ─┐
///   ▲                    ▲                                       ▼
///   │                    └── junk folder ── (Status) ◀──── a look:  Fetching ⇄ Hearing
///   │ closed, by whatever                       │                      ▲         ▼
///   └────────────────────────────────────── Waiting ◀── all read ── Reading ◀─ Discarding ─▶ Keeping
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// There is no connection, and it rests.
    Away,
    Opening,
    Selecting,
    /// Of the uid of the next mail.
    AskingNext,
    /// Of the lowest uid since a day; whether the folder is numbered anew.
    AskingSince(bool),
    /// The step of reading up to here; without a last all that is there.
    Reading(Option<Uid>),
    Fetching(Uid),
    Hearing(Uid),
    /// These leave, and those after them.
    Discarding(Vec<Uid>),
    /// The folder is made, and these leave into it.
    Creating(Vec<Uid>),
    Keeping(Box<Kept>, Then),
    AskingJunk,
    Waiting,
    /// The connection stands, and nothing is asked.
    Resting,
    /// It is closed for the folder's sake, for so long; or at the end.
    Closing(Option<std::time::Duration>),
}

/// What follows once something was kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Then {
    Look,
    GoOn,
    Wait,
    /// The connection was lost, and with it the only look.
    End,
    /// The same, and it is opened again if there may be one more login.
    Again,
}

/// Which folder is selected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    Watched,
    Junk,
}

/// How handled mails leave a folder of this server.
pub(super) fn discard(features: &Features, move_to: Option<&String>, uids: Vec<Uid>) -> Command {
    let how = match (move_to, &features.trash) {
        (Some(to), _) if features.moves => Discard::Move(to.clone()),
        (None, Some(trash)) if features.gmail && features.moves => Discard::Move(trash.clone()),
        (to, _) if features.uidplus => Discard::Expunge(to.cloned()),
        (to, _) => Discard::Mark(to.cloned()),
    };
    Command::Discard(uids, how)
}

/// How many mails leave by one command: their uids are at most 1,000 bytes (RFC 2683, section 3.2.1.5).
pub(super) const AT_ONCE: usize = 90;

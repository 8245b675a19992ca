//! A letter that waits in the outbox, in plain text, until it is about to leave.

use serde::{Deserialize, Serialize};

use super::conversation::ContactId;
use super::event::{Departure, Left};
use crate::protocol::letter::{Letter, PublicKey};
use crate::protocol::link::Token;
use crate::protocol::time::Seconds;

/// A letter in the outbox. Its `id` is unique there: posting one again replaces what waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// To whom.
    pub to: ContactId,
    /// Id, `sent` and body; what rides beside the body is put in when it leaves.
    pub letter: Letter,
    /// Signed in the open, or sealed to a key.
    pub form: Form,
    /// How it may leave.
    pub route: Route,
    /// Not before.
    pub due: Seconds,
    /// Dropped if it has not left by then.
    pub expires: Option<Seconds>,
    /// How often handing it over failed.
    pub attempts: u32,
}

/// A letter that is to leave, with its place in the outbox if it has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// The row's number; never given twice.
    pub row: i64,
    /// The letter and how it may leave.
    pub outgoing: Outgoing,
    /// Somebody is about to send it until then; 0 = nobody.
    pub claimed_until: Seconds,
}

impl Outgoing {
    /// One that leaves by mail, not before then.
    pub fn by_mail(to: ContactId, letter: Letter, form: Form, due: Seconds) -> Self {
        Self {
            to,
            letter,
            form,
            route: Route::Mail,
            due,
            expires: None,
            attempts: 0,
        }
    }

    /// How it ended, where no presence rode beside it.
    pub fn departure(self, how: Left) -> Departure {
        Departure {
            to: self.to,
            letter: self.letter,
            announced: false,
            how,
        }
    }
}

impl Waiting {
    /// What stands for the number of a row where there is none.
    pub const NO_ROW: i64 = 0;

    /// A letter that leaves at once: it is in no row.
    pub fn at_once(outgoing: Outgoing) -> Self {
        Self {
            row: Self::NO_ROW,
            outgoing,
            claimed_until: Seconds(0),
        }
    }

    /// Whether it is in a row.
    pub fn is_kept(&self) -> bool {
        self.row != Self::NO_ROW
    }

    /// It has been sealed before, and may not have left: the mail system failed, or whoever was sending it was killed.
    pub fn was_sealed(&self) -> bool {
        self.claimed_until > Seconds(0) || self.outgoing.attempts > 0
    }
}

/// How a letter is protected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Form {
    /// Open and signed: a request, with the token of an invite to prove.
    Open {
        /// The invite's token; what leaves is its proof.
        token: Option<Token>,
    },
    /// Sealed to the friend's key in force.
    Friend {
        /// Opens a new session with a one-time key of theirs.
        fresh: bool,
        /// Carries an opening of a new IRC session.
        open_irc: bool,
    },
    /// Sealed to this Curve25519 key of somebody who is confirming or whose keys are new.
    Key(PublicKey),
    /// To the member of a group who has this Curve25519 key: as to a friend, if they are one under that key.
    Member {
        /// Their key.
        key: PublicKey,
        /// Opens a new session.
        fresh: bool,
    },
}

/// Sealed to the friend's key in force, with nothing new beside it.
pub const PLAIN: Form = Form::Friend {
    fresh: false,
    open_irc: false,
};

/// How a letter may leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// Over IRC if the friend is online there, else by mail.
    Any,
    /// By mail only.
    Mail,
    /// Over IRC only.
    Irc,
    /// Over IRC, on this network to this nick only.
    IrcAt {
        /// The network's name.
        network: String,
        /// The nick.
        nick: String,
    },
}

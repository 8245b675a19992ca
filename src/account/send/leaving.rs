//! A letter that is sealed and committed, and now leaves.

use crate::protocol::address::Address;
use crate::protocol::letter::Letter;
use crate::rules::conversation::ContactId;
use crate::rules::event::{Departure, Left};
use crate::rules::outgoing::Waiting;
use crate::rules::queue::budget::Class;
use crate::rules::queue::retry::Unsealed;

/// A letter that is sealed and committed, and now leaves.
#[derive(Debug, Clone)]
pub struct Leaving {
    /// Its row in the outbox.
    pub row: i64,
    /// How often handing it over has failed before.
    pub attempts: u32,
    /// To whom.
    pub to: ContactId,
    /// The letter, as the outbox holds it.
    pub letter: Letter,
    /// A presence rides beside it.
    pub announced: bool,
    /// The share of the day's mails that it is counted in.
    pub class: Class,
    /// What leaves.
    pub what: What,
}

impl Leaving {
    /// That it has left, or could not.
    pub(super) fn departure(&self, how: Left) -> Departure {
        Departure {
            to: self.to,
            letter: self.letter.clone(),
            announced: self.announced,
            how,
        }
    }
}

/// What leaves.
#[derive(Debug, Clone)]
pub enum What {
    /// A whole mail.
    Mail {
        /// Our address, as the receiver knows it.
        from: Address,
        /// Where it goes.
        to: Address,
        /// Its bytes.
        mail: Vec<u8>,
    },
    /// The texts of IRC lines.
    Lines(Vec<String>),
}

/// What became of a letter that was to leave: it is sealed, or why not.
pub(in crate::account) type Sealing = Result<Box<Leaving>, Unsealed>;

pub(super) fn leaving(waiting: &Waiting, announced: bool, class: Class, what: What) -> Leaving {
    Leaving {
        row: waiting.row,
        attempts: waiting.outgoing.attempts,
        to: waiting.outgoing.to,
        letter: waiting.outgoing.letter.clone(),
        announced,
        class,
        what,
    }
}

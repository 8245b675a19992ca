//! Seal: a letter is about to leave the outbox.
//!
//! ```text
//!  waiting ─▶ what rides beside it ─▶ session ─▶ sealed ─▶ ratchet, claim, counter committed ─▶ leaves
//! ```

mod apart;
mod ephemeral;
pub mod mail;
mod piggyback;
mod seal;
mod session;

use super::turn::Turn;
use super::{Account, AccountError, Outcome};
use crate::edge::seal::Keyring;
use crate::edge::store::Transport;
use crate::protocol::address::Address;
use crate::protocol::letter::Letter;
use crate::rules::account::AccountState;
use crate::rules::event::{Departure, Event, Left};
use crate::rules::outgoing::{Form, Outgoing, Waiting};
use crate::rules::queue::budget::Class;
use crate::rules::queue::choice::{LOOKED_AT, LOOKED_AT_OVER_IRC, Round, over_irc};
use crate::rules::queue::retry::{IRC_CLAIM, MAIL_CLAIM, Unsealed};
use crate::rules::view::View;

/// How a letter is about to leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    /// As a mail.
    Mail,
    /// As IRC lines; `room` is what one PRIVMSG's text may hold, in bytes.
    Irc {
        /// Bytes for the text of one line.
        room: usize,
    },
}

/// A letter that is sealed and committed, and now leaves.
#[derive(Debug, Clone)]
pub struct Leaving {
    /// Its row in the outbox.
    pub row: i64,
    /// How often handing it over has failed before.
    pub attempts: u32,
    /// To whom.
    pub to: Address,
    /// The letter, as the outbox holds it.
    pub letter: Letter,
    /// A presence rides beside it.
    pub announced: bool,
    /// The share of the day's mails that it is counted in.
    pub class: Class,
    /// What leaves.
    pub what: What,
}

/// What leaves.
#[derive(Debug, Clone)]
pub enum What {
    /// A whole mail.
    Mail {
        /// Our address, as the receiver knows it.
        from: Address,
        /// Its bytes.
        mail: Vec<u8>,
    },
    /// The texts of IRC lines.
    Lines(Vec<String>),
}

/// What became of a letter that was to leave: it is sealed, or why not.
pub(super) type Sealing = Result<Box<Leaving>, Unsealed>;

/// What sealing reads and changes inside one turn.
pub(super) struct Sealer<'t, 'a> {
    pub(super) turn: &'t mut Turn<'a>,
    account: AccountState,
    keyring: Option<Keyring>,
    keyring_changed: bool,
    /// The key or session with which sealing failed.
    unfit: Option<apart::Unfit>,
    sealed: u64,
}

impl Account {
    /// Seals the letter of an outbox row that is to leave over IRC: one turn.
    ///
    /// `None`: it cannot leave this way (no session, too long, gone); texts then go by mail.
    pub fn leave_over_irc(
        &mut self,
        row: i64,
        room: usize,
    ) -> Result<Option<Leaving>, AccountError> {
        let (leaving, _) = self.transact(|turn| {
            let waiting = turn.tx.outbox().by_row(row)?;
            let now = turn.now();
            let Some(waiting) = waiting.filter(|waiting| waiting.claimed_until <= now) else {
                return Ok(None);
            };
            let mut sealer = Sealer::new(turn)?;
            let sealing = sealer.leave(&waiting, Channel::Irc { room })?;
            sealer.finish()?;
            match sealing {
                Ok(leaving) => return Ok(Some(*leaving)),
                Err(Unsealed::Over) => turn.tx.outbox().finish(row, waiting.outgoing.letter.id)?,
                Err(
                    Unsealed::Cannot
                    | Unsealed::NoSession
                    | Unsealed::Never(_)
                    | Unsealed::NotNow(_),
                ) => drop(end(turn, row, unreachable(waiting.outgoing))?),
            }
            Ok(None)
        })?;
        Ok(leaving)
    }

    /// Letters that may leave over IRC now, in the order in which they should.
    pub fn due_over_irc(&mut self) -> Result<Vec<Waiting>, AccountError> {
        if self.outbox_is_empty()? {
            return Ok(Vec::new());
        }
        let now = self.now();
        let due = self.look(|tx| {
            let irc = Some(Transport::Irc);
            Ok(tx.outbox().due(now, irc, LOOKED_AT_OVER_IRC)?)
        })?;
        Ok(over_irc(due, now))
    }

    /// Whether a round of mails would find a letter that waits.
    pub fn has_mail(&self, round: &Round<'_>) -> Result<bool, AccountError> {
        let now = self.now();
        self.look(|tx| {
            if tx.outbox().is_empty()? {
                return Ok(false);
            }
            let due = tx.outbox().due(now, Some(Transport::Mail), LOOKED_AT)?;
            Ok(due.iter().any(|waiting| round.takes(&waiting.outgoing)))
        })
    }

    /// A letter has left, or could not: its row ends, and the rules decide what follows.
    pub fn departed(&mut self, leaving: &Leaving, how: Left) -> Result<Outcome, AccountError> {
        let departure = Departure {
            to: leaving.to.clone(),
            letter: leaving.letter.clone(),
            announced: leaving.announced,
            how,
        };
        self.outcome(|turn| end(turn, leaving.row, departure))
    }
}

/// A text whose row has ended and which does not know it would wait for ever: both in one turn.
fn end(turn: &mut Turn<'_>, row: i64, departure: Departure) -> Result<Outcome, AccountError> {
    turn.tx.outbox().finish(row, departure.letter.id)?;
    turn.event(Event::Left(Box::new(departure)))
}

fn unreachable(outgoing: Outgoing) -> Departure {
    Departure {
        to: outgoing.to,
        letter: outgoing.letter,
        announced: false,
        how: Left::Unreachable,
    }
}

impl<'t, 'a> Sealer<'t, 'a> {
    pub(super) fn new(turn: &'t mut Turn<'a>) -> Result<Self, AccountError> {
        let account = turn.tx.account()?;
        Ok(Self {
            turn,
            account,
            keyring: None,
            keyring_changed: false,
            unfit: None,
            sealed: 0,
        })
    }

    /// Seals one letter and claims its row. Whatever goes wrong with it is its own failure.
    pub(super) fn leave(
        &mut self,
        waiting: &Waiting,
        channel: Channel,
    ) -> Result<Sealing, AccountError> {
        let to = &waiting.outgoing.to;
        let sealing = self.apart(to, |sealer| sealer.try_to_leave(waiting, channel))?;
        Ok(sealing.flatten())
    }

    fn try_to_leave(
        &mut self,
        waiting: &Waiting,
        channel: Channel,
    ) -> Result<Sealing, AccountError> {
        let outgoing = &waiting.outgoing;
        let Some(person) = self
            .turn
            .tx
            .person(&outgoing.to)?
            .filter(|person| !person.blocked)
        else {
            return Ok(Err(Unsealed::Over));
        };
        let sealing = match (&outgoing.form, channel) {
            (Form::Open { token }, Channel::Mail) => {
                let proof = token.as_ref();
                self.open_request(waiting, person, proof)?
            }
            (Form::Key(key), Channel::Mail) => self.accept(waiting, person, *key)?,
            (Form::Friend { fresh, open_irc }, Channel::Mail) => {
                self.letter_to_friend(waiting, person, *fresh, *open_irc)?
            }
            (Form::Friend { .. }, Channel::Irc { room }) => {
                self.over_irc(waiting, &person, room)?
            }
            (Form::Open { .. } | Form::Key(_), Channel::Irc { .. }) => Err(Unsealed::Cannot),
        };
        if sealing.is_ok() {
            let claim = match channel {
                Channel::Mail => MAIL_CLAIM,
                Channel::Irc { .. } => IRC_CLAIM,
            };
            self.turn
                .tx
                .outbox()
                .claim(waiting.row, self.turn.now().saturating_add(claim))?;
        }
        Ok(sealing)
    }

    /// Writes what the sealing changed of the account.
    pub(super) fn finish(self) -> Result<(), AccountError> {
        if let Some(keyring) = self.keyring.filter(|_| self.keyring_changed) {
            self.turn.tx.put_account_pickle(&keyring.pickle()?)?;
        }
        self.turn.sealed(self.sealed)
    }
}

fn leaving(waiting: &Waiting, announced: bool, class: Class, what: What) -> Leaving {
    Leaving {
        row: waiting.row,
        attempts: waiting.outgoing.attempts,
        to: waiting.outgoing.to.clone(),
        letter: waiting.outgoing.letter.clone(),
        announced,
        class,
        what,
    }
}

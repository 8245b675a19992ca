//! Seal: a letter is about to leave the outbox or, of a text that leaves at once, was never in it: it has no claim then.
//!
//! ```text
//!  waiting ─▶ what rides beside it ─▶ session ─▶ sealed ─▶ ratchet, claim, counter committed ─▶ leaves
//! ```

mod at_once;
mod leaving;
pub mod mail;
mod member;
mod seal;
mod sealer;
mod session;

pub use at_once::{
    act_at_once, departs_with_next, has_to_settle, post_receipts, settle, take_caused,
};
pub(super) use leaving::Sealing;
pub use leaving::{Leaving, What};
pub(super) use sealer::Sealer;

use super::{Account, AccountError, Outcome};
use crate::edge::store::Transport;
use crate::protocol::letter::Typing;
use crate::rules::conversation::ContactId;
use crate::rules::effect::Effect;
use crate::rules::event::{Event, Left};
use crate::rules::outgoing::{Form, Waiting};
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

/// Seals the letter of an outbox row that is to leave over IRC: one turn.
///
/// `None`: it cannot leave this way (no session, too long, gone); texts then go by mail.
pub fn leave_over_irc(
    account: &mut Account,
    row: i64,
    room: usize,
) -> Result<Option<Leaving>, AccountError> {
    let mut caused = Vec::new();
    let (leaving, notices) = account.transact(|turn| {
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
                Unsealed::Cannot | Unsealed::NoSession | Unsealed::Never(_) | Unsealed::NotNow(_),
            ) => {
                let departure = waiting.outgoing.departure(Left::Unreachable);
                let end = turn.apart(|turn| turn.end_row(row, departure));
                let end = AccountError::logged(end, "a letter that cannot leave over IRC")?;
                caused = end.map(|outcome| outcome.notices).unwrap_or_default();
            }
        }
        Ok(None)
    })?;
    account.caused.extend(caused.into_iter().chain(notices));
    Ok(leaving)
}

/// Letters that may leave over IRC now, in the order in which they should.
pub fn due_over_irc(account: &mut Account) -> Result<Vec<Waiting>, AccountError> {
    if account.outbox_is_empty()? {
        return Ok(Vec::new());
    }
    let now = account.now();
    let irc = Some(Transport::Irc);
    let due = account.look(|tx| Ok(tx.outbox().due(now, irc, LOOKED_AT_OVER_IRC)?))?;
    Ok(over_irc(due, now))
}

/// Whether a round of mails would find a letter that waits.
pub fn has_mail(account: &Account, round: &Round<'_>) -> Result<bool, AccountError> {
    let now = account.now();
    account.look(|tx| {
        if tx.outbox().is_empty()? {
            return Ok(false);
        }
        let due = tx.outbox().due(now, Some(Transport::Mail), LOOKED_AT)?;
        Ok(due.iter().any(|waiting| round.takes(&waiting.outgoing)))
    })
}

/// A letter has left, or could not: its row ends, and the rules decide what follows.
pub fn departed(
    account: &mut Account,
    leaving: &Leaving,
    how: Left,
) -> Result<Outcome, AccountError> {
    account.outcome(|turn| turn.end_row(leaving.row, leaving.departure(how)))
}

/// Tells a friend who is online that the user is writing to them, or has stopped: the texts of the IRC lines that
/// now leave, `room` bytes each at most. `None`: they are not to be told, or cannot be.
pub fn typing(
    account: &mut Account,
    friend: ContactId,
    typing: Typing,
    room: usize,
) -> Result<Option<Vec<String>>, AccountError> {
    let event = Event::Typing(friend, typing);
    let (lines, _) = account.transact(|turn| {
        let decided = turn.decide(event)?;
        turn.put_down(&decided)?;
        let ephemeral = decided.effects.iter().find_map(Effect::ephemeral);
        let Some((letter, person)) = ephemeral.zip(turn.tx.contact(friend)?) else {
            return Ok(None);
        };
        let mut sealer = Sealer::new(turn)?;
        let framed = sealer.apart(person.id, |one| one.frame(&person, letter, room))?;
        sealer.finish()?;
        Ok(framed.ok().and_then(Result::ok))
    })?;
    Ok(lines)
}

const fn room(channel: Channel) -> Option<usize> {
    match channel {
        Channel::Mail => None,
        Channel::Irc { room } => Some(room),
    }
}

impl Sealer<'_, '_> {
    /// Seals one letter and claims its row. Whatever goes wrong with it is its own failure.
    pub(super) fn leave(
        &mut self,
        waiting: &Waiting,
        channel: Channel,
    ) -> Result<Sealing, AccountError> {
        let to = waiting.outgoing.to;
        let sealing = self.apart(to, |sealer| sealer.try_to_leave(waiting, channel))?;
        Ok(sealing.flatten())
    }

    fn try_to_leave(
        &mut self,
        waiting: &Waiting,
        channel: Channel,
    ) -> Result<Sealing, AccountError> {
        let outgoing = &waiting.outgoing;
        if let Form::Member { key, fresh } = outgoing.form {
            let sealing = member::seal(self, waiting, (key, fresh), room(channel))?;
            self.claim(waiting, channel, &sealing)?;
            return Ok(sealing);
        }
        let Some(person) = self
            .turn
            .tx
            .contact(outgoing.to)?
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
                let letter = outgoing.letter.clone();
                self.letter_to_friend((waiting, letter), person, *fresh, *open_irc)?
            }
            (Form::Friend { .. }, Channel::Irc { room }) => {
                self.over_irc(waiting, &person, room)?
            }
            (Form::Open { .. } | Form::Key(_), Channel::Irc { .. }) | (Form::Member { .. }, _) => {
                Err(Unsealed::Cannot)
            }
        };
        self.claim(waiting, channel, &sealing)?;
        Ok(sealing)
    }

    /// The row of what was sealed is claimed.
    fn claim(
        &self,
        waiting: &Waiting,
        channel: Channel,
        sealing: &Sealing,
    ) -> Result<(), AccountError> {
        if sealing.is_ok() && waiting.is_kept() {
            let claim = match channel {
                Channel::Mail => MAIL_CLAIM,
                Channel::Irc { .. } => IRC_CLAIM,
            };
            self.turn
                .tx
                .outbox()
                .claim(waiting.row, self.turn.now().after(claim))?;
        }
        Ok(())
    }
}

//! How handing over ended: rows end or wait, the rules decide what follows, and the way out may rest.

use super::Sending;
use super::batch::end_row;
use super::route::{name, put_state, state};
use crate::account::AccountError;
use crate::account::send::{Leaving, What};
use crate::edge::store::{StoreError, Transaction};
use crate::protocol::time::Seconds;
use crate::rules::effect::Notice;
use crate::rules::event::{Event, Left};
use crate::rules::queue::retry::{RowEnd, handed_over};
use crate::rules::queue::route::{Handed, RouteState, Tried};

impl Sending<'_> {
    /// Puts down how handing over ended, in one transaction; says whether the mail system failed.
    pub(super) fn conclude(&mut self, ended: Vec<(Leaving, Handed)>) -> Result<bool, AccountError> {
        if ended.is_empty() {
            return Ok(false);
        }
        let mut leaving = Vec::new();
        let mut round = Vec::new();
        for (letter, handed) in ended {
            if let What::Mail { to, .. } = &letter.what {
                round.push(Tried {
                    letter: letter.letter.id,
                    to: to.clone(),
                    handed,
                });
                leaving.push(letter);
            }
        }
        let mut failed = false;
        for end in self.depart(leaving, round)? {
            match end {
                Handed::Taken => self.report.sent = self.report.sent.saturating_add(1),
                Handed::Refused(_) | Handed::Unsent => {}
                Handed::Later(why) | Handed::OfUs(why) => {
                    failed = true;
                    self.report.trouble = Some(why);
                }
                // That letter's own trouble: the others go on.
                Handed::Perhaps(why) | Handed::Unseen(why) => self.report.trouble = Some(why),
            }
        }
        Ok(failed)
    }

    /// Tells the rules, in one transaction, how the letters of a batch have left.
    fn depart(
        &mut self,
        leaving: Vec<Leaving>,
        round: Vec<Tried>,
    ) -> Result<Vec<Handed>, AccountError> {
        let of = name(&self.account.config.mail);
        let ((ends, told), notices) = self.account.transact(|turn| {
            let (tx, now) = (turn.tx, turn.now());
            let before = state(tx)?;
            let (route, ends) = before.after(&of, round, now);
            if route != before {
                put_state(tx, &route)?;
            }
            let mut told = Vec::new();
            for (leaving, end) in leaving.into_iter().zip(&ends) {
                end_mail(tx, &leaving, end, &route, now)?;
                let Some(how) = left(end) else { continue };
                let event = Event::Left(Box::new(leaving.departure(how)));
                let done = AccountError::alone(turn.apart(|turn| turn.event(event)))?;
                match (done, leaving.what) {
                    (Ok(outcome), _) => told.extend(outcome.notices),
                    // The row has ended, or waits, all the same: nobody else's letter is sent twice for it.
                    (Err(fault), What::Mail { to, .. }) => told.push(Notice::Word {
                        friend: Some(leaving.to),
                        text: format!("how a mail to {to} ended could not be put down: {fault}"),
                    }),
                    (Err(_), What::Lines(_)) => {}
                }
            }
            Ok((ends, told))
        })?;
        self.report.notices.extend(told.into_iter().chain(notices));
        Ok(ends)
    }
}

/// What the rules are told; of an end that nobody saw, nothing.
fn left(end: &Handed) -> Option<Left> {
    match end {
        Handed::Taken => Some(Left::Mailed),
        Handed::Later(_) | Handed::Perhaps(_) | Handed::OfUs(_) | Handed::Unsent => {
            Some(Left::Delayed)
        }
        Handed::Refused(why) => Some(Left::Refused(why.clone())),
        Handed::Unseen(_) => None,
    }
}

/// A mail that was not taken costs nothing of the day's budget.
fn end_mail(
    tx: &Transaction<'_>,
    leaving: &Leaving,
    end: &Handed,
    route: &RouteState,
    now: Seconds,
) -> Result<(), StoreError> {
    let end = handed_over(end, leaving.letter.id, leaving.attempts, route, now);
    if let RowEnd::Waits(..) = end {
        tx.budget().refund(leaving.class, leaving.to, now)?;
    }
    end_row(tx, (leaving.row, leaving.letter.id), end)
}

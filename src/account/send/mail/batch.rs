//! The next few letters are chosen and sealed, in one transaction.

use super::Sending;
use super::route::state;
use crate::account::AccountError;
use crate::account::send::{Channel, Leaving, Sealer, Sealing, has_mail};
use crate::account::turn::Turn;
use crate::edge::store::{StoreError, Transaction, Transport};
use crate::protocol::letter::LetterId;
use crate::protocol::time::Seconds;
use crate::rules::announce::by_mail::{self, candidates, has_come, places};
use crate::rules::effect::Effect;
use crate::rules::event::{Event, Left};
use crate::rules::outgoing::Waiting;
use crate::rules::queue::budget::Day;
use crate::rules::queue::choice::{self, LOOKED_AT, Round};
use crate::rules::queue::retry::{RowEnd, Unsealed, unsealed};

/// What came of sealing a few letters.
#[derive(Default)]
pub(super) struct Batch {
    /// They are sealed, and leave.
    pub(super) ready: Vec<Leaving>,
    /// There were any to look at.
    pub(super) found: bool,
    /// What the rules are to know of letters that could not be sealed.
    unsealable: Vec<Event>,
    /// Why one could not be sealed now.
    waits: Option<String>,
}

impl Sending<'_> {
    /// Whether a round would find nothing: then no connection is made.
    pub(super) fn nothing_to_send(&self) -> Result<bool, AccountError> {
        let (round, now) = (self.round, self.account.now());
        if has_mail(self.account, round)? {
            return Ok(false);
        }
        let announcing = self
            .account
            .look_once(|tx| Ok(tx.roster().announce_due(now)?))?;
        Ok(!announcing.iter().any(|person| has_come(person, round, now)))
    }

    pub(super) fn seal_batch(&mut self) -> Result<Batch, AccountError> {
        let round = self.round;
        let ((batch, told), notices) = self.account.transact(|turn| {
            let mut day = turn.tx.budget().day(turn.settings.per_day, turn.now())?;
            announcements(turn, round, &day)?;
            let mut sealer = Sealer::new(turn)?;
            let mut batch = choose(&mut sealer, round, &mut day)?;
            sealer.finish()?;
            let mut told = Vec::new();
            for event in std::mem::take(&mut batch.unsealable) {
                let done = turn.apart(|turn| turn.event(event));
                let done = AccountError::logged(done, "a letter that cannot leave")?;
                told.extend(done.into_iter().flat_map(|outcome| outcome.notices));
            }
            Ok((batch, told))
        })?;
        self.report.notices.extend(told.into_iter().chain(notices));
        if let Some(why) = &batch.waits {
            self.report.trouble = Some(why.clone());
        }
        Ok(batch)
    }
}

/// Puts the announcements whose time has come into the outbox, as many as their share of the day's mails allows.
fn announcements(turn: &mut Turn<'_>, round: &Round<'_>, day: &Day) -> Result<(), AccountError> {
    let (tx, now) = (turn.tx, turn.now());
    let mut left = places(day);
    for mut person in candidates(tx.roster().announce_due(now)?, round, now) {
        if left == 0 {
            break;
        }
        let mut id = [0; 16];
        turn.rng.fill(&mut id);
        let announced = tx.apart(|| {
            let outbox = tx.outbox().of(person.id)?;
            let announced = by_mail::turn(&mut person, &outbox, round, LetterId(id), now);
            if let by_mail::Turn::Leaves(letter) = &announced {
                tx.apply(&Effect::Post(letter.clone()), now)?;
                tx.apply(&Effect::Contact(Box::new(person)), now)?;
            }
            Ok(announced)
        });
        match AccountError::logged(announced, "an announcement that waits")? {
            Some(by_mail::Turn::Leaves(_) | by_mail::Turn::Later) => left = left.saturating_sub(1),
            Some(by_mail::Turn::Waits) | None => {}
        }
    }
    Ok(())
}

/// Chooses the next few letters and seals them; those that may not leave now are put off.
fn choose(
    sealer: &mut Sealer<'_, '_>,
    round: &Round<'_>,
    day: &mut Day,
) -> Result<Batch, AccountError> {
    let (tx, now) = (sealer.turn.tx, sealer.turn.now());
    let due = tx.outbox().due(now, Some(Transport::Mail), LOOKED_AT)?;
    let chosen = choice::by_mail(due, round, &state(tx)?, day);
    let mut batch = Batch {
        found: !chosen.letters.is_empty() || !chosen.put_off.is_empty(),
        ..Batch::default()
    };
    for (waiting, until) in chosen.put_off {
        let Waiting { row, outgoing, .. } = waiting;
        tx.outbox()
            .postpone(row, outgoing.letter.id, until, outgoing.attempts)?;
    }
    for waiting in chosen.letters {
        let sealing = sealer.leave(&waiting, Channel::Mail)?;
        batch.sort(tx, waiting, sealing, now)?;
    }
    Ok(batch)
}

impl Batch {
    fn sort(
        &mut self,
        tx: &Transaction<'_>,
        waiting: Waiting,
        sealing: Sealing,
        now: Seconds,
    ) -> Result<(), StoreError> {
        let why = match sealing {
            Ok(leaving) => {
                self.ready.push(*leaving);
                return Ok(());
            }
            Err(why) => why,
        };
        let Waiting { row, outgoing, .. } = waiting;
        end_row(
            tx,
            (row, outgoing.letter.id),
            unsealed(&why, outgoing.attempts, now),
        )?;
        match why {
            Unsealed::Over | Unsealed::Cannot => {}
            Unsealed::NoSession => self.unsealable.push(Event::NoSession(outgoing.to)),
            Unsealed::NotNow(why) => {
                self.waits = tx
                    .address_of(outgoing.to)?
                    .map(|to| format!("a letter to {to} waits: {why}"));
            }
            Unsealed::Never(reason) => {
                let departure = outgoing.departure(Left::Refused(reason));
                self.unsealable.push(Event::Left(Box::new(departure)));
            }
        }
        Ok(())
    }
}

pub(super) fn end_row(
    tx: &Transaction<'_>,
    (row, letter): (i64, LetterId),
    end: RowEnd,
) -> Result<(), StoreError> {
    match end {
        RowEnd::Over => tx.outbox().finish(row, letter),
        RowEnd::Waits(until, attempts) => tx.outbox().postpone(row, letter, until, attempts),
        RowEnd::Claimed => Ok(()),
    }
}

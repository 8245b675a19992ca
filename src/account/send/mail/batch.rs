//! The next few letters are chosen and sealed, in one transaction.

use super::Sending;
use super::route::state;
use crate::account::send::{Channel, Leaving, Sealer, Sealing};
use crate::account::{AccountError, decide_alone};
use crate::edge::store::{OutboxFilter, StoreError, Transaction};
use crate::protocol::letter::LetterId;
use crate::rules::announce::by_mail::{Turn, candidates, has_come, places, turn};
use crate::rules::decision::Rng;
use crate::rules::effect::Effect;
use crate::rules::event::{Departure, Event, Left};
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
        self.account.look(|tx| {
            let by_mail = OutboxFilter::by_mail();
            if !tx.outbox().is_empty()? && !tx.outbox().due(now, by_mail, 1)?.is_empty() {
                return Ok(false);
            }
            let announcing = tx.roster().announce_due(now)?;
            Ok(!announcing.iter().any(|person| has_come(person, round, now)))
        })
    }

    /// Seals the next few letters in one transaction.
    pub(super) fn seal_batch(&mut self) -> Result<Batch, AccountError> {
        let (account, round) = (&mut *self.account, self.round);
        account.stay_in_place()?;
        let now_ms = account.clock.now_ms();
        let (settings, now, teller) = (&account.settings, account.clock.now(), account.teller);
        let rng = account.rng.as_mut();
        let (mut batch, sealings, changed, told) = account.store.transact(|tx| {
            tx.at(now);
            let mut day = tx.budget().day(settings.per_day, now)?;
            announcements(tx, round, &day, now, rng)?;
            let mut sealer = Sealer::new(tx, settings, now, rng)?;
            let mut batch = choose(tx, &mut sealer, round, &mut day, now)?;
            let changed = sealer.roster_changed;
            let sealings = sealer.finish()?;
            let mut told = Vec::new();
            for event in std::mem::take(&mut batch.unsealable) {
                match decide_alone(tx, settings, event, now_ms, rng, teller)? {
                    Ok(notices) => told.extend(notices),
                    Err(fault) => tracing::error!("of a letter that cannot leave: {fault}"),
                }
            }
            Ok::<_, AccountError>((batch, sealings, changed, told))
        })?;
        if let Some(why) = batch.waits.take() {
            self.report.trouble = Some(why);
        }
        account.count(sealings)?;
        self.report.notices.extend(told);
        if changed {
            self.report.notices.extend(account.render_roster()?);
        }
        Ok(batch)
    }
}

/// Puts the announcements whose time has come into the outbox, as many as their share of the day's mails allows.
fn announcements(
    tx: &Transaction<'_>,
    round: &Round<'_>,
    day: &Day,
    now: u64,
    rng: &mut dyn Rng,
) -> Result<(), AccountError> {
    let mut left = places(day);
    for mut person in candidates(tx.roster().announce_due(now)?, round, now) {
        if left == 0 {
            break;
        }
        let mut id = [0; 16];
        rng.fill(&mut id);
        let turn = tx.apart(|| {
            let outbox = tx.outbox().of(&person.address)?;
            let turn = turn(&mut person, &outbox, round, LetterId(id), now);
            if let Turn::Leaves(letter) = &turn {
                tx.apply(&Effect::Post(letter.clone()), now)?;
                tx.apply(&Effect::Contact(Box::new(person)), now)?;
            }
            Ok(turn)
        });
        match AccountError::alone(turn)? {
            Ok(Turn::Leaves(_) | Turn::Later) => left = left.saturating_sub(1),
            Ok(Turn::Waits) => {}
            Err(fault) => tracing::error!("an announcement waits: {fault}"),
        }
    }
    Ok(())
}

/// Chooses the next few letters and seals them; those that may not leave now are put off.
fn choose(
    tx: &Transaction<'_>,
    sealer: &mut Sealer<'_, '_>,
    round: &Round<'_>,
    day: &mut Day,
    now: u64,
) -> Result<Batch, AccountError> {
    let due = tx.outbox().due(now, OutboxFilter::by_mail(), LOOKED_AT)?;
    let chosen = choice::by_mail(due, round, &state(tx)?, day);
    let mut batch = Batch {
        found: !chosen.letters.is_empty() || !chosen.put_off.is_empty(),
        ..Batch::default()
    };
    for (waiting, until) in chosen.put_off {
        tx.outbox()
            .postpone(waiting.row, until, waiting.outgoing.attempts)?;
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
        now: u64,
    ) -> Result<(), StoreError> {
        let why = match sealing {
            Ok(leaving) => {
                self.ready.push(*leaving);
                return Ok(());
            }
            Err(why) => why,
        };
        let Waiting { row, outgoing, .. } = waiting;
        end_row(tx, row, unsealed(&why, outgoing.attempts, now))?;
        match why {
            Unsealed::Over | Unsealed::Cannot => {}
            Unsealed::NoSession => self.unsealable.push(Event::NoSession(outgoing.to)),
            Unsealed::NotNow(why) => {
                self.waits = Some(format!("a letter to {} waits: {why}", outgoing.to));
            }
            Unsealed::Never(reason) => {
                let departure = Departure {
                    to: outgoing.to,
                    letter: outgoing.letter,
                    announced: false,
                    how: Left::Refused(reason),
                };
                self.unsealable.push(Event::Left(Box::new(departure)));
            }
        }
        Ok(())
    }
}

/// Puts down what becomes of a row.
pub(super) fn end_row(tx: &Transaction<'_>, row: i64, end: RowEnd) -> Result<(), StoreError> {
    match end {
        RowEnd::Over => tx.outbox().finish(row),
        RowEnd::Waits(until, attempts) => tx.outbox().postpone(row, until, attempts),
        RowEnd::Claimed => Ok(()),
    }
}

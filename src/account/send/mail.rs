//! Do: letters leave by mail, in rounds of a few.
//!
//! A round seals a few letters in one turn, hands them over, and tells the rules in another turn how it went. With
//! no agent running every command does this for a short while; `iim flush` does it until nothing is left.

mod choice;
mod settle;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use choice::{announcements, day, next_letters, time_has_come};

use super::{Sealer, Sealing, What};
use crate::account::{Account, AccountError, Channel, Leaving, decide_alone, mailer};
use crate::edge::control;
use crate::edge::mail::{BlockingMailer, OutMail, SendError};
use crate::edge::store::{OutboxFilter, StoreError, Transaction, Waiting};
use crate::protocol::address::Address;
use crate::rules::effect::Notice;
use crate::rules::event::{Act, Departure, Event, Left};
use crate::rules::person::Person;
use crate::rules::queue::route::back_off;

/// How sending what waits ended.
#[derive(Debug, Clone, Default)]
pub struct Settled {
    /// The agent runs, and does it.
    pub agent: bool,
    /// Mails that left.
    pub sent: usize,
    /// Letters that still wait.
    pub left: usize,
    /// What went wrong, in one line.
    pub trouble: Option<String>,
    /// The mail system refuses all that is ours: until then nothing is sent, in seconds.
    pub rests_until: Option<u64>,
    /// What people and programs are told.
    pub notices: Vec<Notice>,
}

/// Carries mails out of the house: the mail system, or a test.
pub trait Courier {
    /// Hands over mails, in `within` if given; the results stand in the same order.
    fn send_all(
        &mut self,
        mails: Vec<OutMail>,
        within: Option<Duration>,
    ) -> Vec<Result<(), SendError>>;

    /// How mails ended that were [`SendError::Slow`], by their numbers; waits so long for the first of them.
    fn late(&mut self, wait: Duration) -> Vec<(u64, Result<(), SendError>)> {
        let _none_is_slow = wait;
        Vec::new()
    }
}

impl Courier for BlockingMailer {
    fn send_all(
        &mut self,
        mails: Vec<OutMail>,
        within: Option<Duration>,
    ) -> Vec<Result<(), SendError>> {
        Self::send_all(self, mails, within)
    }

    fn late(&mut self, wait: Duration) -> Vec<(u64, Result<(), SendError>)> {
        Self::late(self, wait)
    }
}

/// Letters that were handed over, and whose answers take long, by their numbers.
type Slow = BTreeMap<u64, Leaving>;

/// Which letters a round takes.
pub struct Round<'a> {
    /// Announcements whose time has come (`Due`) or all of them (`All`).
    pub announcements: Announcements,
    /// Whether a friend is reached over IRC at the moment: his texts then do not go by mail.
    pub online: &'a dyn Fn(&Address) -> bool,
    /// When to stop.
    pub until: Option<Instant>,
}

/// Which announcements leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Announcements {
    /// Those whose time has come.
    Due,
    /// All that are due at all, at once.
    All,
}

/// After an act: pokes the agent; with none running, sends what waits by mail, for at most `limit`.
/// Errors: Whatever the store meets. What the mail system says is in [`Settled::trouble`]; the letters stay.
pub fn settle(account: &mut Account, limit: Duration) -> Result<Settled, AccountError> {
    if control::is_there(account.home.sockets()) && !account.agent_is_of_another_version() {
        control::poke(account.home.sockets());
        return Ok(Settled {
            agent: true,
            left: account.waiting()?,
            ..Settled::default()
        });
    }
    let until = Instant::now().checked_add(limit);
    account.send_due(&Round {
        announcements: Announcements::Due,
        online: &|_| false,
        until,
    })
}

/// Does what is due, and sends all that the budget allows.
pub fn flush(account: &mut Account) -> Result<Settled, AccountError> {
    if account.state()?.restored {
        account.act(Act::Restored)?;
    }
    let mut notices = account.tick()?.notices;
    account.hurry()?;
    let round = Round {
        announcements: Announcements::All,
        online: &|_| false,
        until: None,
    };
    let settled = account.send_due(&round)?;
    notices.extend(settled.notices);
    Ok(Settled { notices, ..settled })
}

impl Account {
    /// What waits after a failure waits no longer.
    fn hurry(&mut self) -> Result<(), AccountError> {
        let now = self.now();
        self.store.transact(|tx| Ok(tx.hurry(now)?))
    }

    /// Sends what waits by mail, as the round says; makes a connection only if there is something.
    /// Errors: Whatever the store meets. What the mail system says is in [`Settled::trouble`]; the letters stay.
    pub fn send_due(&mut self, round: &Round<'_>) -> Result<Settled, AccountError> {
        let settled = self.send_round(round)?;
        self.keep_trouble(&settled)?;
        Ok(settled)
    }

    fn send_round(&mut self, round: &Round<'_>) -> Result<Settled, AccountError> {
        let mut settled = Settled::default();
        if self.nothing_to_send(round)? {
            settled.left = self.waiting()?;
            return Ok(settled);
        }
        if self.rests(&mut settled)? {
            settled.left = self.waiting()?;
            return Ok(settled);
        }
        // Whoever is in a hurry does not wait for a slow server; the row stays claimed then.
        let after_dot = match round.until {
            Some(_) => Duration::ZERO,
            None => AFTER_DOT,
        };
        let mut mailer = match self.mailer_with(after_dot) {
            Ok(mailer) => mailer,
            Err(fault) => {
                settled.trouble = Some(fault.to_string());
                settled.left = self.waiting()?;
                return Ok(settled);
            }
        };
        self.send(&mut mailer, round, &mut settled)?;
        settled.left = self.waiting()?;
        Ok(settled)
    }

    /// The way out for mail that the configuration describes; no connection is made yet.
    /// Errors: [`AccountError::Mail`] when the password cannot be had, or the system refuses what is needed.
    pub fn mailer(&self) -> Result<BlockingMailer, AccountError> {
        self.mailer_with(Duration::ZERO)
    }

    fn mailer_with(&self, after_dot: Duration) -> Result<BlockingMailer, AccountError> {
        let mailer = mailer::open(&self.config.mail)
            .map_err(|fault| AccountError::Mail(fault.to_string()))?;
        let mailer = mailer.with_patience_after_dot(after_dot);
        BlockingMailer::new(mailer).map_err(|fault| AccountError::Mail(fault.to_string()))
    }

    /// Whether a round would find nothing: then no connection is made.
    fn nothing_to_send(&mut self, round: &Round<'_>) -> Result<bool, AccountError> {
        let now = self.now();
        self.look(|tx| {
            let by_mail = OutboxFilter::by_mail();
            if !tx.outbox_is_empty()? && !tx.outbox_due(now, by_mail, 1)?.is_empty() {
                return Ok(false);
            }
            let time = |person: &Person| time_has_come(person, round, now);
            Ok(!tx.announce_due(now)?.iter().any(time))
        })
    }

    /// Sends rounds of letters until none is left, the time is over, or the mail system fails.
    pub fn send(
        &mut self,
        courier: &mut dyn Courier,
        round: &Round<'_>,
        settled: &mut Settled,
    ) -> Result<(), AccountError> {
        let mut slow = Slow::new();
        let mut over = self.rests(settled)?;
        loop {
            // The write lock is not taken for nothing.
            while !over && slow.len() < MOST_SLOW && !self.nothing_to_send(round)? {
                let (batch, found) = self.seal_batch(round, settled)?;
                let failed =
                    found && self.hand_over(courier, batch, round.until, settled, &mut slow)?;
                let late = round.until.is_some_and(|until| Instant::now() >= until);
                over = !found || failed || late;
            }
            if slow.is_empty() {
                return Ok(());
            }
            self.take_late(courier, settled, &mut slow)?;
        }
    }

    /// Seals the next few letters in one turn; says whether there were any to look at.
    fn seal_batch(
        &mut self,
        round: &Round<'_>,
        settled: &mut Settled,
    ) -> Result<(Vec<Leaving>, bool), AccountError> {
        self.stay_in_place()?;
        let (settings, now, now_ms) = (&self.settings, self.clock.now(), self.clock.now_ms());
        let rng = self.rng.as_mut();
        let teller = self.teller;
        let (mut batch, sealings, changed, told) = self.store.transact(|tx| {
            tx.at(now);
            let mut day = day(tx, settings.per_day, now)?;
            announcements(tx, round, &day, now, rng)?;
            let chosen = next_letters(tx, round, now, &mut day)?;
            let due = chosen.letters;
            let mut batch = Batch {
                found: !due.is_empty() || chosen.postponed,
                ..Batch::default()
            };
            let mut sealer = Sealer::new(tx, settings, now, rng)?;
            for waiting in &due {
                let sealing = sealer.leave(waiting, Channel::Mail)?;
                batch.sort(tx, waiting, sealing, now)?;
            }
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
            settled.trouble = Some(why);
        }
        self.count(sealings)?;
        settled.notices.extend(told);
        if changed {
            settled.notices.extend(self.render_roster()?);
        }
        Ok((batch.ready, batch.found))
    }

    /// Hands a batch to the mail system; says whether the mail system failed.
    fn hand_over(
        &mut self,
        courier: &mut dyn Courier,
        batch: Vec<Leaving>,
        until: Option<Instant>,
        settled: &mut Settled,
        slow: &mut Slow,
    ) -> Result<bool, AccountError> {
        let mails = batch
            .iter()
            .filter_map(|leaving| self.out_mail(leaving))
            .collect();
        let results = courier.send_all(mails, Some(within(until)));
        let mut ended = Vec::new();
        for (leaving, sent) in batch.into_iter().zip(results) {
            match sent {
                Err(SendError::Slow(number)) => drop(slow.insert(number, leaving)),
                sent => ended.push((leaving, sent)),
            }
        }
        self.conclude(ended, settled)
    }

    /// Answers that had taken long have come.
    fn take_late(
        &mut self,
        courier: &mut dyn Courier,
        settled: &mut Settled,
        slow: &mut Slow,
    ) -> Result<(), AccountError> {
        let late = courier.late(LOOK_AGAIN).into_iter();
        let ended = late.filter_map(|(number, sent)| Some((slow.remove(&number)?, sent)));
        self.conclude(ended.collect(), settled).map(drop)
    }

    fn out_mail(&self, leaving: &Leaving) -> Option<OutMail> {
        match &leaving.what {
            What::Mail { from, mail } => Some(OutMail {
                from: from.clone(),
                to: leaving.to.clone(),
                mail: mail.clone(),
            }),
            What::Lines(_) => None,
        }
    }
}

/// What came of sealing a few letters.
#[derive(Default)]
struct Batch {
    ready: Vec<Leaving>,
    /// What the rules are to know of letters that could not be sealed.
    unsealable: Vec<Event>,
    /// Why one could not be sealed now.
    waits: Option<String>,
    found: bool,
}

impl Batch {
    fn sort(
        &mut self,
        tx: &Transaction<'_>,
        waiting: &Waiting,
        sealing: Sealing,
        now: u64,
    ) -> Result<(), StoreError> {
        match sealing {
            Sealing::Ready(leaving) => self.ready.push(*leaving),
            Sealing::Over => tx.finish(waiting.row)?,
            Sealing::Cannot => tx.postpone(
                waiting.row,
                now.saturating_add(60),
                waiting.outgoing.attempts,
            )?,
            Sealing::NoSession => {
                tx.postpone(
                    waiting.row,
                    now.saturating_add(3600),
                    waiting.outgoing.attempts,
                )?;
                let friend = waiting.outgoing.to.clone();
                self.unsealable.push(Event::NoSession(friend));
            }
            Sealing::Waits(why) => {
                let attempts = waiting.outgoing.attempts.saturating_add(1);
                let due = now.saturating_add(back_off(attempts));
                tx.postpone(waiting.row, due, attempts)?;
                self.waits = Some(format!("a letter to {} waits: {why}", waiting.outgoing.to));
            }
            Sealing::Failed(reason) => {
                tx.finish(waiting.row)?;
                let departure = Departure {
                    to: waiting.outgoing.to.clone(),
                    letter: waiting.outgoing.letter.clone(),
                    announced: false,
                    how: Left::Refused(reason),
                };
                self.unsealable.push(Event::Left(Box::new(departure)));
            }
        }
        Ok(())
    }
}

/// How long one batch may take: less than the claim on its rows holds.
fn within(until: Option<Instant>) -> Duration {
    let left = until.map(|until| until.saturating_duration_since(Instant::now()));
    left.map_or(LONGEST_BATCH, |left| left.min(LONGEST_BATCH))
}

const DAY: u64 = 86_400;
/// How long a round of mails may take but for answers after the final dot. With those: less than a claim.
const LONGEST_BATCH: Duration = Duration::from_secs(50);
/// RFC 5321, section 4.5.3.2.6: "DATA Termination: 10 minutes."
const AFTER_DOT: Duration = Duration::from_secs(600);
/// While answers take long, how often it is looked for what else is due.
const LOOK_AGAIN: Duration = Duration::from_secs(2);
/// While so many answers take long, nothing more is handed over.
const MOST_SLOW: usize = 8;

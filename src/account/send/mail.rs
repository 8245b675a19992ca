//! Do: letters leave by mail, in rounds of a few.
//!
//! A round seals a few letters in one transaction, hands them over, and tells the rules in another how it went. With
//! no agent running every command does this for a short while; `iim flush` does it until nothing is left. Which letters, and
//! when again: [`crate::rules::queue`].

mod batch;
mod ended;
pub mod route;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::{Leaving, What};
use crate::account::{Account, AccountError};
use crate::edge::control;
use crate::edge::mail::{BlockingMailer, MailSender, Mailer, OutMail, Slow};
use crate::protocol::time::Seconds;
use crate::rules::effect::Notice;
use crate::rules::event::{Act, Event};
use crate::rules::queue::choice::{Announcements, Round};
use crate::rules::queue::retry::{AFTER_DOT, AT_ONCE, LONGEST_ROUND, LOOK_AGAIN, MOST_SLOW};

/// How sending what waits ended.
#[derive(Debug, Clone, Default)]
pub struct SendReport {
    /// The agent runs, and does it.
    pub agent: bool,
    /// Mails that left.
    pub sent: usize,
    /// Letters that still wait.
    pub left: usize,
    /// What went wrong, in one line.
    pub trouble: Option<String>,
    /// The mail system refuses all that is ours: until then nothing is sent.
    pub rests_until: Option<Seconds>,
    /// What people and programs are told.
    pub notices: Vec<Notice>,
}

/// After an act: pokes the agent; with none running, sends what waits by mail, for a short while.
/// What the mail system says is in [`SendReport::trouble`]; the letters stay.
pub fn send_now(account: &mut Account) -> Result<SendReport, AccountError> {
    if control::is_there(account.home.sockets()) && !account.agent_is_of_another_version() {
        control::poke(account.home.sockets());
        return Ok(SendReport {
            agent: true,
            left: account.waiting()?,
            ..SendReport::default()
        });
    }
    let until = Instant::now().checked_add(AT_ONCE);
    send_due(account, &Round::without_irc(Announcements::Due), until)
}

/// Does what is due, and sends all that the budget allows.
pub fn flush(account: &mut Account) -> Result<SendReport, AccountError> {
    if account.state()?.restored {
        account.act(Act::Restored)?;
    }
    let mut notices = account.tick()?.notices;
    notices.extend(account.event(Event::Flush)?.notices);
    let now = account.now();
    account.store.transact(|tx| tx.outbox().hurry(now))?;
    let report = send_due(account, &Round::without_irc(Announcements::All), None)?;
    notices.extend(report.notices);
    Ok(SendReport { notices, ..report })
}

/// Sends what waits by mail, as the round says, until then at the latest; makes a connection only if there is something.
/// What the mail system says is in [`SendReport::trouble`]; the letters stay.
pub fn send_due(
    account: &mut Account,
    round: &Round<'_>,
    until: Option<Instant>,
) -> Result<SendReport, AccountError> {
    // Whoever is in a hurry does not wait for a slow server; the row stays claimed then.
    let after_dot = match until {
        Some(_) => Duration::ZERO,
        None => AFTER_DOT,
    };
    let mut sending = Sending::new(account, round, until);
    if !sending.nothing_to_send()? && !sending.rests()? {
        match open(sending.account, after_dot) {
            Ok(mut sender) => sending.send(&mut sender)?,
            Err(fault) => sending.report.trouble = Some(fault.to_string()),
        }
    }
    let report = sending.done()?;
    route::keep_trouble(account, report.sent, report.trouble.as_deref())?;
    Ok(report)
}

/// Sends rounds of letters until none is left, the time is over, or the mail system fails.
pub fn send(
    account: &mut Account,
    sender: &mut dyn MailSender,
    round: &Round<'_>,
) -> Result<SendReport, AccountError> {
    let mut sending = Sending::new(account, round, None);
    sending.send(sender)?;
    sending.done()
}

/// The way out for mail that the configuration describes; no connection is made yet. After the final dot it waits so long.
/// Errors: [`AccountError::Mail`] when the password cannot be had, or the system refuses what is needed.
pub fn open(account: &Account, after_dot: Duration) -> Result<BlockingMailer, AccountError> {
    let fault = |fault: &dyn std::fmt::Display| AccountError::Mail(fault.to_string());
    let mailer = Mailer::open(&account.config.mail).map_err(|error| fault(&error))?;
    BlockingMailer::new(mailer.with_patience_after_dot(after_dot)).map_err(|error| fault(&error))
}

/// Letters leave: in which rounds, and what came of it so far.
struct Sending<'a> {
    account: &'a mut Account,
    round: &'a Round<'a>,
    until: Option<Instant>,
    /// Letters that were handed over, and whose answers take long, by their numbers.
    slow: BTreeMap<u64, Leaving>,
    report: SendReport,
}

impl<'a> Sending<'a> {
    fn new(account: &'a mut Account, round: &'a Round<'a>, until: Option<Instant>) -> Self {
        Self {
            account,
            round,
            until,
            slow: BTreeMap::new(),
            report: SendReport::default(),
        }
    }

    fn done(self) -> Result<SendReport, AccountError> {
        Ok(SendReport {
            left: self.account.waiting()?,
            ..self.report
        })
    }

    fn send(&mut self, sender: &mut dyn MailSender) -> Result<(), AccountError> {
        let mut over = self.rests()?;
        loop {
            // The write lock is not taken for nothing.
            while !over && self.slow.len() < MOST_SLOW && !self.nothing_to_send()? {
                let batch = self.seal_batch()?;
                let failed = batch.found && self.hand_over(sender, batch.ready)?;
                let late = self.until.is_some_and(|until| Instant::now() >= until);
                over = !batch.found || failed || late;
            }
            if self.slow.is_empty() {
                return Ok(());
            }
            self.take_late(sender)?;
        }
    }

    /// Whether the way out rests; if so, that is the trouble.
    fn rests(&mut self) -> Result<bool, AccountError> {
        let Some((until, why)) = route::rests(self.account)? else {
            return Ok(false);
        };
        (self.report.rests_until, self.report.trouble) = (Some(until), Some(why));
        Ok(true)
    }

    /// Hands a batch to the mail system; says whether the mail system failed.
    fn hand_over(
        &mut self,
        sender: &mut dyn MailSender,
        batch: Vec<Leaving>,
    ) -> Result<bool, AccountError> {
        let mails = batch.iter().filter_map(out_mail).collect();
        let left = self
            .until
            .map(|until| until.saturating_duration_since(Instant::now()));
        let within = left.map_or(LONGEST_ROUND, |left| left.min(LONGEST_ROUND));
        let results = sender.send_all(mails, Some(within));
        let mut ended = Vec::new();
        for (leaving, sent) in batch.into_iter().zip(results) {
            match sent {
                Err(Slow(number)) => drop(self.slow.insert(number, leaving)),
                Ok(handed) => ended.push((leaving, handed)),
            }
        }
        self.conclude(ended)
    }

    /// Answers that had taken long have come.
    fn take_late(&mut self, sender: &mut dyn MailSender) -> Result<(), AccountError> {
        let late = sender.late(LOOK_AGAIN).into_iter();
        let ended = late.filter_map(|(number, sent)| Some((self.slow.remove(&number)?, sent)));
        let ended = ended.collect();
        self.conclude(ended).map(drop)
    }
}

fn out_mail(leaving: &Leaving) -> Option<OutMail> {
    match &leaving.what {
        What::Mail { from, to, mail } => Some(OutMail {
            from: from.clone(),
            to: to.clone(),
            mail: mail.clone(),
        }),
        What::Lines(_) => None,
    }
}

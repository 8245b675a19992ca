//! The way out for mail, whichever it is: by a program or by a server, several at once.
//!
//! ```text
//!  queue ─▶ lane ─▶ MAIL, RCPT, DATA ─▶ the final dot ─▶ taken, refused
//!   │                     │                  └▶ no answer for a while: slow, and told later; never: unseen
//!   └▶ unsent             └▶ not now, refused
//! ```

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout, timeout_at};

use super::lane::{Begun, Event, Lane, Route};
use super::mail::{OutMail, Slow};
use super::round::{Busy, Round, work};
use super::sendmail::Sendmail;
use super::smtp::Smtp;
use crate::edge::config::{self, MailOut, PasswordError};
use crate::rules::queue::route::Handed;

/// The way out for mail.
#[derive(Debug)]
pub struct Mailer {
    route: Route,
    /// The lanes that are not in use; a lane of SMTP may hold an open connection.
    lanes: Vec<Lane>,
    /// How many are in use.
    busy: usize,
    /// How long an answer after the final dot is waited for.
    after_dot: Duration,
    /// The number of the next mail.
    next: u64,
    events: (UnboundedSender<Event>, UnboundedReceiver<Event>),
    /// How mails ended whose answers had taken long.
    late: Vec<(u64, Handed)>,
    /// How many answers still take long.
    slow: usize,
}

/// Lanes at once, for the waiting that a server makes us do.
const LANES: usize = 4;
/// With those in which an answer takes long.
const MOST_LANES: usize = 8;
/// So many mails for each lane before another one is opened.
const WORTH: usize = 4;
/// An answer that takes longer than this holds up no other mail.
const SLOW: Duration = Duration::from_secs(5);

impl Mailer {
    /// As `[mail]` says; a password is had from its program or file, which may take ten seconds.
    pub fn open(mail: &config::Mail) -> Result<Self, PasswordError> {
        Ok(Self::new(match &mail.out {
            MailOut::Sendmail(words) => Route::Sendmail(Arc::new(Sendmail::new(words.clone()))),
            MailOut::Smtp(server) => Route::Smtp(Arc::new(Smtp::of(server)?)),
        }))
    }

    /// No connection is made before there is a mail.
    pub(super) fn new(route: Route) -> Self {
        Self {
            route,
            lanes: Vec::new(),
            busy: 0,
            after_dot: Duration::ZERO,
            next: 0,
            events: unbounded_channel(),
            late: Vec::new(),
            slow: 0,
        }
    }

    /// Waits so long for the answer after the final dot, beyond the time that a round has; by itself not at all.
    #[must_use]
    pub fn with_patience_after_dot(self, after_dot: Duration) -> Self {
        Self { after_dot, ..self }
    }

    /// Hands over many mails, several at once, and gives the results in the same order.
    ///
    /// With `within`, what has not been handed over when the time is up has to wait. What is about us ends the round.
    pub async fn send_all(
        &mut self,
        mails: Vec<OutMail>,
        within: Option<Duration>,
    ) -> Vec<Result<Handed, Slow>> {
        let first = self.next;
        let count = mails.len();
        let mut results: BTreeMap<u64, Result<Handed, Slow>> = BTreeMap::new();
        let mut open: BTreeMap<u64, bool> = BTreeMap::new();
        let mut queue = VecDeque::new();
        for mail in mails {
            let begun = self.begun();
            open.insert(begun.number, false);
            queue.push_back((begun, mail));
        }
        let round = Arc::new(Round::new(queue, within, self.after_dot));
        for _ in 0..self.worth(count) {
            self.open_lane(&round);
        }
        while !open.is_empty() {
            match timeout(SLOW, self.events.1.recv()).await {
                Ok(Some(Event::Begun(number))) => {
                    open.entry(number).and_modify(|begun| *begun = true);
                }
                Ok(Some(Event::Ended(number, sent))) if open.contains_key(&number) => {
                    open.remove(&number);
                    results.insert(number, Ok(sent));
                }
                Ok(Some(event)) => self.note(event),
                Ok(None) => break,
                Err(_) => self.go_round(&round, &mut open, &mut results),
            }
        }
        // Lanes come back right behind their last mail: the next round takes them again.
        while let Ok(event) = self.events.1.try_recv() {
            self.note(event);
        }
        let numbers = (first..).take(count);
        numbers
            .map(|number| results.remove(&number).unwrap_or(Ok(Handed::Unsent)))
            .collect()
    }

    /// How mails ended that were [`Slow`]; waits so long for the first of them.
    pub async fn late(&mut self, wait: Duration) -> Vec<(u64, Handed)> {
        let until = Instant::now()
            .checked_add(wait)
            .unwrap_or_else(Instant::now);
        while self.late.is_empty() && self.slow > 0 {
            match timeout_at(until, self.events.1.recv()).await {
                Ok(Some(event)) => self.note(event),
                Ok(None) | Err(_) => break,
            }
        }
        std::mem::take(&mut self.late)
    }

    /// Says goodbye on all open connections, at the same time: a server that never answers it holds up no hook for long.
    pub async fn close(&mut self) {
        let mut goodbyes = JoinSet::new();
        for lane in self.lanes.drain(..) {
            if let Lane::Smtp(mut link) = lane {
                goodbyes.spawn(async move { link.close().await });
            }
        }
        while goodbyes.join_next().await.is_some() {}
    }

    /// Nothing has happened for a while: answers that take long hold up nobody.
    fn go_round(
        &mut self,
        round: &Arc<Round>,
        open: &mut BTreeMap<u64, bool>,
        results: &mut BTreeMap<u64, Result<Handed, Slow>>,
    ) {
        let begun: Vec<u64> = open.iter().filter(|(_, b)| **b).map(|(n, _)| *n).collect();
        let waiting = round.waiting();
        let stuck = open.len().saturating_sub(begun.len()) == waiting;
        if !stuck || (waiting == 0 && self.after_dot.is_zero()) {
            return;
        }
        if waiting > 0 && self.busy < MOST_LANES {
            return self.open_lane(round);
        }
        round.give_up();
        if !self.after_dot.is_zero() {
            for number in begun {
                open.remove(&number);
                results.insert(number, Err(Slow(number)));
                self.slow = self.slow.saturating_add(1);
            }
        }
    }

    /// Of a lane, or of a mail whose round is over.
    fn note(&mut self, event: Event) {
        match event {
            Event::Begun(_) => {}
            Event::Ended(number, sent) => {
                self.slow = self.slow.saturating_sub(1);
                self.late.push((number, sent));
            }
            Event::Idle(lane) => {
                self.busy = self.busy.saturating_sub(1);
                self.lanes.extend(lane);
            }
        }
    }

    /// How many lanes so many mails are worth, beside those in use.
    fn worth(&self, mails: usize) -> usize {
        let free = LANES.saturating_sub(self.busy).max(1);
        mails.div_ceil(WORTH).min(free)
    }

    fn open_lane(&mut self, round: &Arc<Round>) {
        let new = || self.route.lane();
        let lane = Busy {
            lane: Some(self.lanes.pop().unwrap_or_else(new)),
            mail: None,
            events: self.events.0.clone(),
        };
        self.busy = self.busy.saturating_add(1);
        tokio::spawn(work(lane, Arc::clone(round)));
    }

    fn begun(&mut self) -> Begun {
        let number = self.next;
        self.next = self.next.saturating_add(1);
        Begun::new(number, self.events.0.clone())
    }
}

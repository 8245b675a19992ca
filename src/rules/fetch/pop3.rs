//! A mailbox that is fetched from by POP3: every answer of its server, and what follows from it.
//!
//! ```text
//!  Open ─▶ List ─▶ of each new mail: Header ─▶ Size ─▶ Mail ─▶ the account hears it (commit 1) ─▶ Delete
//!    ▲                                                                                           │
//!    └── a while ◀── which mails are done with is kept (commit 2) ◀── +OK ◀── Quit ◀─────────────┘
//! ```
//!
//! A session that ends in any other way has deleted nothing: its letters come again, are known as doubles, and are deleted.
//! A mail that could not be handled is tried again later and later, a thousand of them at most.

use std::collections::VecDeque;
use std::time::Duration;

use super::link::Link;
use super::mailbox::Fault;
use super::plan::{Became, Event, Next, Plan, Refused, Until, Work};
use super::pop3_box::{Answer, Command, Entry};
use super::pop3_mails::{Hash8, Mails, Pop3Kept, Pop3Known, hash8};
use crate::protocol::candidate::{Kind, kind};
use crate::protocol::time::Seconds;
use crate::rules::decision::Rng;
use crate::rules::words;

/// Fetches from one mailbox by POP3.
#[derive(Debug, Clone)]
pub struct Pop3Fetcher {
    plan: Plan,
    step: Step,
    link: Link,
    mails: Mails,
    wanted: VecDeque<Entry>,
    /// What was fetched could not be kept last time.
    unkept: bool,
    /// At this mail the session was lost last, so often in a row.
    stumbled: Option<(Hash8, u32)>,
    /// So many sessions were lost at mails that are passed over now.
    lost: usize,
    letters: u32,
    /// That mails have no id was told.
    without_id: bool,
    since: Option<Seconds>,
}

/// What it waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Away,
    Opening,
    Listing,
    Heading(Entry),
    Sizing(Entry, Vec<u8>),
    Fetching(Entry),
    Hearing(Entry),
    Deleting(Entry),
    Quitting,
    Keeping(Then),
}

/// What follows once something was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Then {
    /// All was looked at.
    Looked,
    /// The session was lost, and another may do better.
    Again,
    Rest(Duration),
    Over(String),
}

impl Pop3Fetcher {
    /// For this mailbox, of which this is known.
    pub fn new(plan: Plan, known: Pop3Known) -> Self {
        let mut mails = Mails::of(known);
        if let Until::Looked(Some(since)) = plan.until {
            mails.all_are_due(since);
        }
        Self {
            plan,
            step: Step::Away,
            link: Link::default(),
            mails,
            wanted: VecDeque::new(),
            unkept: false,
            stumbled: None,
            lost: 0,
            letters: 0,
            without_id: false,
            since: None,
        }
    }

    /// Takes up how logins were refused before; the pause counts for nothing if somebody wants the login `at_once`.
    pub fn remember_refused(&mut self, refused: Option<Refused>, at_once: bool) {
        self.link.remember(refused, at_once);
    }

    /// How logins were refused, if the last one was.
    pub fn refused(&self) -> Option<Refused> {
        self.link.refused
    }

    /// What follows from what has happened.
    pub fn step(
        &mut self,
        event: Event<Answer>,
        now: Seconds,
        rng: &mut dyn Rng,
    ) -> Next<Command, Pop3Kept> {
        match (event, std::mem::replace(&mut self.step, Step::Away)) {
            (Event::Answered(answer), step) => self.answered(answer, step, now, rng),
            (Event::Heard(became), Step::Hearing(entry)) => self.heard(entry, became, now),
            (Event::Kept(true), Step::Keeping(then)) => {
                self.mails.are_kept();
                if std::mem::take(&mut self.unkept) {
                    // It was our own disk's fault, and no mail's.
                    self.mails.all_are_due(now);
                }
                if then == Then::Looked {
                    self.letters = 0;
                    self.link.well();
                    self.since = self.since.or(Some(now));
                }
                self.then(then, now)
            }
            (Event::Kept(false), _) => {
                self.unkept = true;
                let fault = Fault::Network("what was fetched cannot be stored".to_owned());
                let then = self.ended(&fault, now, rng);
                self.then(then, now)
            }
            (Event::Woken | Event::Heard(_) | Event::Kept(true), _) => self.open(now),
        }
    }

    /// What the user is to be told.
    pub fn take_notices(&mut self) -> Vec<String> {
        std::mem::take(&mut self.link.notices)
    }

    /// What is wrong at the moment.
    pub fn trouble(&self) -> Option<&str> {
        self.link.trouble()
    }

    /// A trouble that was told is not over.
    pub fn is_told(&self) -> bool {
        self.link.is_told
    }

    /// Since when the mailbox is watched without a break.
    pub fn since(&self) -> Option<Seconds> {
        self.since
    }

    fn ask(&mut self, command: Command, step: Step) -> Next<Command, Pop3Kept> {
        self.step = step;
        Next::Ask(command)
    }

    fn open(&mut self, now: Seconds) -> Next<Command, Pop3Kept> {
        let Some(span) = self.link.must_wait(now) else {
            return self.ask(Command::Open, Step::Opening);
        };
        self.link.say_pause(now);
        match (self.plan.until, &self.link.trouble) {
            (Until::Looked(_), Some(why)) => Next::Over(Err(why.clone())),
            (Until::Looked(_), None) | (Until::Ended, _) => Next::Rest(span),
        }
    }

    fn then(&mut self, then: Then, now: Seconds) -> Next<Command, Pop3Kept> {
        match (then, self.plan.until) {
            (Then::Looked, Until::Ended) => Next::Rest(self.plan.poll),
            (Then::Looked, Until::Looked(_)) => Next::Over(Ok(())),
            (Then::Again, _) => self.open(now),
            (Then::Rest(span), _) => Next::Rest(span),
            (Then::Over(why), _) => Next::Over(Err(why)),
        }
    }

    fn answered(
        &mut self,
        answer: Answer,
        step: Step,
        now: Seconds,
        rng: &mut dyn Rng,
    ) -> Next<Command, Pop3Kept> {
        match (answer, step) {
            (Answer::Closed(fault), step) => self.closed(fault, &step, now, rng),
            (Answer::Opened, Step::Opening) => {
                self.link.opened(now);
                self.ask(Command::List, Step::Listing)
            }
            (Answer::Listed(entries, without), Step::Listing) => self.list(entries, without, now),
            (Answer::Header(section), Step::Heading(entry)) => match kind(&section) {
                Some(_) => self.ask(Command::Size(entry.number), Step::Sizing(entry, section)),
                None => self.is_seen(&entry),
            },
            (Answer::Size(size), Step::Sizing(entry, _)) if size <= LARGEST => {
                self.ask(Command::Mail(entry.number, size), Step::Fetching(entry))
            }
            (Answer::Size(_), Step::Sizing(entry, section)) => match kind(&section) {
                Some(Kind::Marked) => self.hear(entry, Work::TooLarge(section)),
                Some(_) | None => self.is_seen(&entry),
            },
            (Answer::Mail(mail), Step::Fetching(entry)) => {
                self.hear(entry, Work::Mail { mail, junk: false })
            }
            (Answer::Done, Step::Deleting(entry)) => {
                self.link.letters_leave();
                self.mails.deleted.insert(hash8(&entry));
                self.next_mail()
            }
            (Answer::Refused(why), Step::Deleting(entry)) => {
                self.link.letters_stay(&why);
                self.is_seen(&entry)
            }
            (
                Answer::Refused(_),
                Step::Heading(entry) | Step::Sizing(entry, _) | Step::Fetching(entry),
            ) => {
                self.mails.try_again(&entry, now);
                self.next_mail()
            }
            (Answer::Quit, Step::Quitting) => {
                self.mails.drop_gone();
                self.keep(Some(now), Then::Looked)
            }
            (Answer::Refused(why), _) => self.lost(
                &Fault::Network(format!("the server refuses: {why}")),
                now,
                rng,
            ),
            (_answer, _step) => {
                let why = "the server answers something else than was asked".to_owned();
                self.lost(&Fault::Malformed(why), now, rng)
            }
        }
    }

    fn hear(&mut self, entry: Entry, work: Work) -> Next<Command, Pop3Kept> {
        self.step = Step::Hearing(entry);
        Next::Hear(work)
    }

    fn closed(
        &mut self,
        fault: Option<Fault>,
        step: &Step,
        now: Seconds,
        rng: &mut dyn Rng,
    ) -> Next<Command, Pop3Kept> {
        let fault = fault.unwrap_or_else(|| Fault::Network("the connection ended".to_owned()));
        self.pass_over(step, &fault, now);
        self.lost(&fault, now, rng)
    }

    /// The session was lost: by a mail, if it was at one, and is there again and again, or by what that mail is: it is passed
    /// over, and tried again later and later.
    fn pass_over(&mut self, step: &Step, fault: &Fault, now: Seconds) {
        let (Step::Heading(entry) | Step::Sizing(entry, _) | Step::Fetching(entry)) = step else {
            return;
        };
        let hash = hash8(entry);
        let before = self.stumbled.filter(|(before, _)| *before == hash);
        let times = before.map_or(1, |(_, times)| times.saturating_add(1));
        self.stumbled = Some((hash, times));
        let one_look = matches!(self.plan.until, Until::Looked(_));
        let at_once = one_look || matches!(fault, Fault::Malformed(_) | Fault::TooLarge(_));
        let passes = at_once || times >= STUMBLES || self.mails.is_tried_again(&hash);
        if passes && self.mails.put_off(hash, now) {
            self.lost = self.lost.saturating_add(1);
        }
    }

    /// There is no connection any more, and nothing was deleted. At which mail it was, the next look must know, or it ends
    /// there again.
    fn lost(&mut self, fault: &Fault, now: Seconds, rng: &mut dyn Rng) -> Next<Command, Pop3Kept> {
        let then = match (self.ended(fault, now, rng), self.mails.retries_changed) {
            (Then::Over(_), true) if self.lost <= MOST_SESSIONS => Then::Again,
            (then, _) => then,
        };
        match self.mails.retries_changed {
            true => self.keep(None, then),
            false => self.then(then, now),
        }
    }

    fn ended(&mut self, fault: &Fault, now: Seconds, rng: &mut dyn Rng) -> Then {
        self.since = None;
        self.mails.deleted.clear();
        let span = self.link.closed(fault, self.plan.token, now, rng);
        match self.plan.until {
            Until::Ended => Then::Rest(span),
            Until::Looked(_) => Then::Over(fault.to_string()),
        }
    }

    /// Of the mails that are without an id nobody could tell whether they are done with: they are told of, once.
    fn list(
        &mut self,
        entries: Vec<Entry>,
        without: usize,
        now: Seconds,
    ) -> Next<Command, Pop3Kept> {
        if without > 0 && !std::mem::replace(&mut self.without_id, true) {
            self.link.notices.push(format!(
                "the server names no id of {} in the mailbox: none of them is looked at",
                words::counted(without, "mail")
            ));
        }
        let all = matches!(self.plan.until, Until::Looked(Some(_)));
        self.wanted = self.mails.list(entries, all, now);
        self.next_mail()
    }

    fn next_mail(&mut self) -> Next<Command, Pop3Kept> {
        match self.wanted.pop_front() {
            Some(entry) => self.ask(Command::Header(entry.number), Step::Heading(entry)),
            None => self.ask(Command::Quit, Step::Quitting),
        }
    }

    /// The mail is done with, and stays.
    fn is_seen(&mut self, entry: &Entry) -> Next<Command, Pop3Kept> {
        self.mails.is_done_with(hash8(entry));
        self.next_mail()
    }

    fn heard(&mut self, entry: Entry, became: Became, now: Seconds) -> Next<Command, Pop3Kept> {
        if matches!(became, Became::Done | Became::Stays) {
            self.letters = self.letters.saturating_add(1);
        }
        match became {
            Became::Done => {
                self.mails.forget(&hash8(&entry));
                self.ask(Command::Delete(entry.number), Step::Deleting(entry))
            }
            Became::Stays | Became::Left => self.is_seen(&entry),
            Became::Trouble => {
                self.mails.try_again(&entry, now);
                self.next_mail()
            }
        }
    }

    fn keep(&mut self, looked: Option<Seconds>, then: Then) -> Next<Command, Pop3Kept> {
        self.step = Step::Keeping(then);
        Next::Keep(self.mails.to_keep(looked, self.letters))
    }
}

/// The largest mail that is fetched, in bytes.
const LARGEST: u32 = 1024 * 1024;
/// A mail at which the session was lost so often in a row is passed over.
const STUMBLES: u32 = 3;
/// So many sessions may be lost at a mail where it is looked once.
const MOST_SESSIONS: usize = 3;

//! A mailbox that is fetched from by POP3: every answer of its server, and what follows from it.
//!
//! ```text
//!  Open ─▶ List ─▶ of each new mail: Header ─▶ Size ─▶ Mail ─▶ the account hears it (commit 1) ─▶ Delete
//!    ▲                                                                                           │
//!    └── a while ◀── which mails are done with is kept (commit 2) ◀── +OK ◀── Quit ◀─────────────┘
//! ```
//!
//! A session that ends in any other way has deleted nothing: its letters come again, are known as doubles, and are deleted.
//! A mail that could not be handled is done with by nobody, and is met at the next look.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::link::Link;
use super::mailbox::Fault;
use super::plan::{Became, Event, Next, Plan, Until, Work};
use super::pop3_box::{Answer, Command, Entry};
use crate::protocol::candidate::{Kind, kind};
use crate::protocol::hash;
use crate::protocol::time::{DAY, Seconds};
use crate::rules::decision::Rng;

/// What a mail's unique id is remembered by.
pub type Hash8 = [u8; 8];

/// What is kept: the mails at the server that are done with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pop3Kept {
    /// Which.
    pub seen: BTreeSet<Hash8>,
    /// When all was looked at.
    pub looked: Seconds,
    /// So many letters came since the last time.
    pub letters: u32,
}

/// Fetches from one mailbox by POP3.
#[derive(Debug, Clone)]
pub struct Pop3Fetcher {
    plan: Plan,
    step: Step,
    link: Link,
    /// Done with; `None`: the mailbox was never looked at.
    seen: Option<BTreeSet<Hash8>>,
    /// At the server, and whether several mails have this id.
    listed: BTreeMap<Hash8, bool>,
    wanted: VecDeque<Entry>,
    /// Deleted, once the server has said +OK to QUIT.
    deleted: BTreeSet<Hash8>,
    /// At this mail the session was lost last, so often in a row.
    stumbled: Option<(Hash8, u32)>,
    /// Passed over until then: sessions were lost at them, and what follows does not wait for that.
    passed: BTreeMap<Hash8, Seconds>,
    letters: u32,
    stays: bool,
    notices: Vec<String>,
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
    Keeping,
}

impl Pop3Fetcher {
    /// For this mailbox, of which these mails are done with; `None`: it was never looked at.
    pub fn new(plan: Plan, seen: Option<BTreeSet<Hash8>>) -> Self {
        Self {
            plan,
            step: Step::Away,
            link: Link::default(),
            seen,
            listed: BTreeMap::new(),
            wanted: VecDeque::new(),
            deleted: BTreeSet::new(),
            stumbled: None,
            passed: BTreeMap::new(),
            letters: 0,
            stays: false,
            notices: Vec::new(),
            since: None,
        }
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
            (Event::Heard(became), Step::Hearing(entry)) => self.heard(entry, became),
            (Event::Kept(true), Step::Keeping) => {
                self.letters = 0;
                self.link.well();
                self.since = self.since.or(Some(now));
                match self.plan.until {
                    Until::Ended => Next::Rest(self.plan.poll),
                    Until::Looked(_) => Next::Over(Ok(())),
                }
            }
            (Event::Kept(false), _) => {
                let fault = Fault::Network("what was fetched cannot be stored".to_owned());
                self.lost(&fault, now, rng)
            }
            (Event::Woken | Event::Heard(_) | Event::Kept(true), _) => self.open(now),
        }
    }

    /// What the user is to be told.
    pub fn take_notices(&mut self) -> Vec<String> {
        std::mem::take(&mut self.notices)
    }

    /// What is wrong at the moment.
    pub fn trouble(&self) -> Option<&str> {
        self.link.trouble.as_deref()
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
        match self.link.must_wait(now) {
            Some(span) => Next::Rest(span),
            None => self.ask(Command::Open, Step::Opening),
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
            (Answer::Listed(entries), Step::Listing) => self.list(entries, now),
            (Answer::Header(section), Step::Heading(entry)) => match kind(&section) {
                Some(_) => self.ask(Command::Size(entry.number), Step::Sizing(entry, section)),
                None => self.is_seen(&entry),
            },
            (Answer::Size(size), Step::Sizing(entry, _)) if size <= LARGEST => {
                self.ask(Command::Mail(entry.number), Step::Fetching(entry))
            }
            (Answer::Size(_), Step::Sizing(entry, section)) => match kind(&section) {
                Some(Kind::Marked) => self.hear(entry, Work::TooLarge(section)),
                Some(_) | None => self.is_seen(&entry),
            },
            (Answer::Mail(mail), Step::Fetching(entry)) => {
                self.hear(entry, Work::Mail { mail, junk: false })
            }
            (Answer::Done, Step::Deleting(entry)) => {
                self.deleted.insert(hash8(&entry));
                self.next_mail()
            }
            (Answer::Refused(why), Step::Deleting(entry)) => {
                if !std::mem::replace(&mut self.stays, true) {
                    let text = format!("handled letters stay in the mailbox: {why}");
                    self.notices.push(text);
                }
                self.is_seen(&entry)
            }
            // It is met again at the next look.
            (Answer::Refused(_), Step::Heading(_) | Step::Sizing(..) | Step::Fetching(_)) => {
                self.next_mail()
            }
            (Answer::Quit, Step::Quitting) => self.keep(now),
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
        let passed = self.pass_over(step, &fault, now);
        let lost = self.lost(&fault, now, rng);
        if passed && let Next::Over(_) = lost {
            // Nobody else remembers at which mail it was.
            return self.open(now);
        }
        lost
    }

    /// The session was lost: by a mail, if it was at one, and is there again and again, or by what that mail is. Says whether
    /// it is passed over for a day, and another session may do better.
    fn pass_over(&mut self, step: &Step, fault: &Fault, now: Seconds) -> bool {
        let (Step::Heading(entry) | Step::Sizing(entry, _) | Step::Fetching(entry)) = step else {
            return false;
        };
        let hash = hash8(entry);
        let before = self.stumbled.filter(|(before, _)| *before == hash);
        let times = before.map_or(1, |(_, times)| times.saturating_add(1));
        self.stumbled = Some((hash, times));
        let one_look = matches!(self.plan.until, Until::Looked(_));
        let at_once = one_look || matches!(fault, Fault::Malformed(_) | Fault::TooLarge(_));
        let passes = (at_once || times >= STUMBLES) && self.passed.len() < MOST_AT_ONCE;
        if passes {
            self.passed.insert(hash, now.after(DAY));
        }
        passes && (!one_look || self.passed.len() <= MOST_SESSIONS)
    }

    /// There is no connection any more, and nothing was deleted.
    fn lost(&mut self, fault: &Fault, now: Seconds, rng: &mut dyn Rng) -> Next<Command, Pop3Kept> {
        self.since = None;
        self.deleted.clear();
        let (span, told) = self.link.closed(fault, self.plan.token, now, rng);
        self.notices.extend(told);
        match self.plan.until {
            Until::Ended => Next::Rest(span),
            Until::Looked(_) => Next::Over(Err(fault.to_string())),
        }
    }

    /// At the first look all that is there is only remembered. An id that several mails have says of none that it is done
    /// with.
    fn list(&mut self, mut entries: Vec<Entry>, now: Seconds) -> Next<Command, Pop3Kept> {
        self.passed.retain(|_, until| now < *until);
        (self.wanted, self.listed, self.deleted) = Default::default();
        for entry in &entries {
            let twice = self.listed.contains_key(&hash8(entry));
            self.listed.insert(hash8(entry), twice);
        }
        if self.seen.is_some() {
            entries.retain(|entry| !self.passed.contains_key(&hash8(entry)));
        }
        match (&mut self.seen, self.plan.until) {
            (seen @ None, Until::Ended | Until::Looked(None)) => {
                *seen = Some(self.listed.keys().copied().collect());
            }
            // Of no mail it is known when it came: all are looked at again.
            (_, Until::Looked(Some(_))) => self.wanted.extend(entries),
            (Some(seen), Until::Ended | Until::Looked(None)) => {
                let twice = |entry: &Entry| self.listed.get(&hash8(entry)) == Some(&true);
                let (doubtful, others): (Vec<_>, Vec<_>) = entries.into_iter().partition(twice);
                let new = others.into_iter().filter(|it| !seen.contains(&hash8(it)));
                // Of the doubtful the last ones, so that they hold up nobody.
                let doubtful = doubtful.into_iter().rev();
                self.wanted = new.chain(doubtful).take(MOST_AT_ONCE).collect();
            }
        }
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
        self.seen.get_or_insert_default().insert(hash8(entry));
        self.next_mail()
    }

    fn heard(&mut self, entry: Entry, became: Became) -> Next<Command, Pop3Kept> {
        if matches!(became, Became::Done | Became::Stays) {
            self.letters = self.letters.saturating_add(1);
        }
        match became {
            Became::Done => self.ask(Command::Delete(entry.number), Step::Deleting(entry)),
            Became::Stays | Became::Left => self.is_seen(&entry),
            Became::Trouble => self.next_mail(),
        }
    }

    /// What is at the server no more need not be known.
    fn keep(&mut self, now: Seconds) -> Next<Command, Pop3Kept> {
        let seen = self.seen.get_or_insert_default();
        seen.retain(|hash| self.listed.contains_key(hash) && !self.deleted.contains(hash));
        self.step = Step::Keeping;
        Next::Keep(Pop3Kept {
            seen: seen.clone(),
            looked: now,
            letters: self.letters,
        })
    }
}

fn hash8(entry: &Entry) -> Hash8 {
    hash::hash8(entry.unique_id.as_bytes())
}

/// The largest mail that is fetched, in bytes.
const LARGEST: u32 = 1024 * 1024;
/// How many new mails are looked at in one session: what it did is kept at its end.
const MOST_AT_ONCE: usize = 1000;
/// A mail at which the session was lost so often in a row is passed over.
const STUMBLES: u32 = 3;
/// So many sessions may be lost at a mail where it is looked once.
const MOST_SESSIONS: usize = 3;

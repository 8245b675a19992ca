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

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use super::link::{Link, RETRY};
use super::mailbox::Fault;
use super::plan::{Became, Event, Next, Plan, Refused, Until, Work};
use super::pop3_box::{Answer, Command, Entry};
use crate::protocol::candidate::{Kind, kind};
use crate::protocol::hash;
use crate::protocol::time::{DAY, Seconds};
use crate::rules::decision::Rng;
use crate::rules::queue::doubled;

/// What a mail's unique id is remembered by.
pub type Hash8 = [u8; 8];

/// A mail that could not be handled, and is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pop3Retry {
    /// Which.
    pub hash: Hash8,
    /// How often it was tried.
    pub tries: u32,
    /// When it is tried next.
    pub due: Seconds,
}

/// What is known of the mails at the server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pop3Known {
    /// They are done with; `None`: the mailbox was never looked at.
    pub seen: Option<BTreeSet<Hash8>>,
    /// They are tried again.
    pub retries: Vec<Pop3Retry>,
}

/// What is kept: what has changed of the mails at the server that are done with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pop3Kept {
    /// They are done with now.
    pub added: BTreeSet<Hash8>,
    /// They are at the server no more.
    pub gone: BTreeSet<Hash8>,
    /// All that are tried again.
    pub retries: Vec<Pop3Retry>,
    /// When all was looked at; `None`: the session was lost.
    pub looked: Option<Seconds>,
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
    /// Came to it and left it, and that is not kept yet.
    added: BTreeSet<Hash8>,
    gone: BTreeSet<Hash8>,
    /// Passed over until they are due, how often they were tried, and whether that is not kept yet: what follows does not
    /// wait for them.
    retries: BTreeMap<Hash8, (u32, Seconds)>,
    retries_changed: bool,
    /// At the server, and whether several mails have this id.
    listed: BTreeMap<Hash8, bool>,
    wanted: VecDeque<Entry>,
    /// Deleted, once the server has said +OK to QUIT.
    deleted: BTreeSet<Hash8>,
    /// At this mail the session was lost last, so often in a row.
    stumbled: Option<(Hash8, u32)>,
    /// So many sessions were lost at mails that are passed over now.
    lost: usize,
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
        let retries = known.retries.iter();
        let retries = retries.map(|it| (it.hash, (it.tries, it.due)));
        Self {
            plan,
            step: Step::Away,
            link: Link::default(),
            seen: known.seen,
            added: BTreeSet::new(),
            gone: BTreeSet::new(),
            retries: retries.collect(),
            retries_changed: false,
            listed: BTreeMap::new(),
            wanted: VecDeque::new(),
            deleted: BTreeSet::new(),
            stumbled: None,
            lost: 0,
            letters: 0,
            stays: false,
            notices: Vec::new(),
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
                self.retries_changed = false;
                self.added.clear();
                self.gone.clear();
                if then == Then::Looked {
                    self.letters = 0;
                    self.link.well();
                    self.since = self.since.or(Some(now));
                }
                self.then(then, now)
            }
            (Event::Kept(false), _) => {
                let fault = Fault::Network("what was fetched cannot be stored".to_owned());
                let then = self.ended(&fault, now, rng);
                self.then(then, now)
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
            (
                Answer::Refused(_),
                Step::Heading(entry) | Step::Sizing(entry, _) | Step::Fetching(entry),
            ) => {
                self.try_again(&entry, now);
                self.next_mail()
            }
            (Answer::Quit, Step::Quitting) => self.looked(now),
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
    /// over for a day.
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
        let known = self.retries.get(&hash).map(|(tries, _)| *tries);
        let passes = at_once || known.is_some() || times >= STUMBLES;
        if passes && (known.is_some() || self.retries.len() < MOST_RETRIES) {
            let tries = known.unwrap_or(0).saturating_add(1);
            self.retries.insert(hash, (tries, now.after(DAY)));
            self.retries_changed = true;
            self.lost = self.lost.saturating_add(1);
        }
    }

    /// The mail could not be handled: it is tried again later and later. Not by an id that several mails have: the others
    /// would wait, too.
    fn try_again(&mut self, entry: &Entry, now: Seconds) {
        let hash = hash8(entry);
        let known = self.retries.get(&hash).map(|(tries, _)| *tries);
        let is_full = known.is_none() && self.retries.len() >= MOST_RETRIES;
        if is_full || self.listed.get(&hash) == Some(&true) {
            return;
        }
        let tries = known.unwrap_or(0);
        let due = now.after(doubled(RETRY, tries, DAY));
        self.retries.insert(hash, (tries.saturating_add(1), due));
        self.retries_changed = true;
    }

    fn forget(&mut self, hash: &Hash8) {
        self.retries_changed |= self.retries.remove(hash).is_some();
    }

    /// There is no connection any more, and nothing was deleted. At which mail it was, the next look must know, or it ends
    /// there again.
    fn lost(&mut self, fault: &Fault, now: Seconds, rng: &mut dyn Rng) -> Next<Command, Pop3Kept> {
        let then = match (self.ended(fault, now, rng), self.retries_changed) {
            (Then::Over(_), true) if self.lost <= MOST_SESSIONS => Then::Again,
            (then, _) => then,
        };
        match self.retries_changed {
            true => self.keep(None, then),
            false => self.then(then, now),
        }
    }

    fn ended(&mut self, fault: &Fault, now: Seconds, rng: &mut dyn Rng) -> Then {
        self.since = None;
        self.deleted.clear();
        let (span, told) = self.link.closed(fault, self.plan.token, now, rng);
        self.notices.extend(told);
        match self.plan.until {
            Until::Ended => Then::Rest(span),
            Until::Looked(_) => Then::Over(fault.to_string()),
        }
    }

    /// At the first look all that is there is only remembered. An id that several mails have says of none that it is done
    /// with.
    fn list(&mut self, mut entries: Vec<Entry>, now: Seconds) -> Next<Command, Pop3Kept> {
        (self.wanted, self.listed, self.deleted) = Default::default();
        for entry in &entries {
            let twice = self.listed.contains_key(&hash8(entry));
            self.listed.insert(hash8(entry), twice);
        }
        if self.seen.is_some() {
            let due = |hash| self.retries.get(&hash).is_none_or(|(_, due)| *due <= now);
            entries.retain(|entry| due(hash8(entry)));
        }
        match (&mut self.seen, self.plan.until) {
            (seen @ None, Until::Ended | Until::Looked(None)) => {
                let all: BTreeSet<_> = self.listed.keys().copied().collect();
                self.added.clone_from(&all);
                *seen = Some(all);
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
        let hash = hash8(entry);
        self.forget(&hash);
        if self.seen.get_or_insert_default().insert(hash) {
            self.gone.remove(&hash);
            self.added.insert(hash);
        }
        self.next_mail()
    }

    fn heard(&mut self, entry: Entry, became: Became, now: Seconds) -> Next<Command, Pop3Kept> {
        if matches!(became, Became::Done | Became::Stays) {
            self.letters = self.letters.saturating_add(1);
        }
        match became {
            Became::Done => {
                self.forget(&hash8(&entry));
                self.ask(Command::Delete(entry.number), Step::Deleting(entry))
            }
            Became::Stays | Became::Left => self.is_seen(&entry),
            Became::Trouble => {
                self.try_again(&entry, now);
                self.next_mail()
            }
        }
    }

    /// What is at the server no more need not be known.
    fn looked(&mut self, now: Seconds) -> Next<Command, Pop3Kept> {
        let stays = |hash: &Hash8| self.listed.contains_key(hash) && !self.deleted.contains(hash);
        let seen = self.seen.get_or_insert_default();
        let gone: Vec<_> = seen.extract_if(.., |hash| !stays(hash)).collect();
        self.added.retain(stays);
        self.gone.extend(gone);
        self.retries.retain(|hash, _| stays(hash));
        self.keep(Some(now), Then::Looked)
    }

    fn keep(&mut self, looked: Option<Seconds>, then: Then) -> Next<Command, Pop3Kept> {
        self.step = Step::Keeping(then);
        let retries = self.retries.iter();
        Next::Keep(Pop3Kept {
            added: self.added.clone(),
            gone: self.gone.clone(),
            retries: (retries.map(|(&hash, &(tries, due))| Pop3Retry { hash, tries, due }))
                .collect(),
            looked,
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
/// How many mails wait for being tried again.
const MOST_RETRIES: usize = 1000;
/// A mail at which the session was lost so often in a row is passed over.
const STUMBLES: u32 = 3;
/// So many sessions may be lost at a mail where it is looked once.
const MOST_SESSIONS: usize = 3;

//! A mailbox that is fetched from by IMAP: every answer of its server, and what follows from it.
//!
//! ```text
//!  headers ─▶ a mail that may be ours ─▶ the account hears it (commit 1) ─▶ … ─▶ all handled ones leave the folder
//!     ▲                                                                                   │ only after the tagged OK
//!     └───────────────────────── mails came meanwhile ◀── the cursor is kept (commit 2) ◀─┘
//! ```
//!
//! Between the commits a crash makes a mail come twice: it is heard as a double, and leaves. NO, BAD and a lost connection
//! are never "nothing there".

use std::time::Duration;

use super::link::Link;
use super::mailbox::{Answer, Answered, Command, FIRST, Fault, Features, Uid};
use super::place::{Place, Stumble};
use super::plan::{Event, Kept, Next, Plan, Refused, Until};
use super::step::{Step, Then, Which};
use crate::protocol::time::Seconds;
use crate::rules::decision::Rng;

/// Fetches from one mailbox.
#[derive(Debug, Clone)]
pub struct Fetcher {
    pub(super) plan: Plan,
    pub(super) step: Step,
    pub(super) link: Link,
    pub(super) features: Option<Features>,
    pub(super) selected: Which,
    pub(super) watched: Place,
    pub(super) junk: Option<Place>,
    /// When the junk folder is looked at next.
    pub(super) junk_due: Seconds,
    /// Mails came since the last open step of reading.
    pub(super) news: bool,
    /// An open step of reading was asked in this look.
    pub(super) open: bool,
    /// So often in this look without showing any mail.
    pub(super) rounds: u32,
    /// So often in a row a wait was ended by mails that were not there.
    pub(super) futile: u32,
    /// It was rested for that since it was waited last.
    pub(super) rested: bool,
    /// Older mails are being read, as far as that was asked for.
    pub(super) reads_older: bool,
    /// What was fetched could not be kept last time.
    pub(super) unkept: bool,
    /// So often in a row headers were refused.
    pub(super) refusals: u32,
    /// No more is read in this look: too much is tried again already.
    pub(super) full: bool,
    /// The folder to move to was made.
    pub(super) made: bool,
    /// That the folder is missing was told.
    pub(super) folder_told: bool,
    /// That handled mails would go where they are looked for was told.
    pub(super) junk_told: bool,
    /// Since when all is well.
    pub(super) since: Option<Seconds>,
    pub(super) kept: Vec<Kept>,
}

impl Fetcher {
    /// For this mailbox, of which this is kept: of the watched folder, and of that for junk.
    pub fn new(plan: Plan, kept: Vec<Kept>) -> Self {
        let mut watched = Place::new(plan.folder.clone(), plan.until);
        if let Some(kept) = kept.iter().find(|kept| kept.cursor.name == plan.folder) {
            watched.remember(kept);
        }
        Self {
            step: Step::Away,
            link: Link::default(),
            features: None,
            selected: Which::Watched,
            watched,
            junk: None,
            junk_due: Seconds(0),
            news: false,
            open: false,
            rounds: 0,
            futile: 0,
            rested: false,
            reads_older: false,
            unkept: false,
            refusals: 0,
            full: false,
            made: false,
            folder_told: false,
            junk_told: false,
            since: None,
            plan,
            kept,
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
    pub fn step(&mut self, event: Event, now: Seconds, rng: &mut dyn Rng) -> Next {
        match (event, std::mem::replace(&mut self.step, Step::Away)) {
            (Event::Woken, Step::Resting) => self.look(now),
            (Event::Woken, _) => self.open(now),
            (Event::Answered(answered), step) => self.answered(answered, step, now, rng),
            (Event::Heard(became), Step::Hearing(uid)) => {
                self.full |= !self.place().became(uid, became, now);
                self.next_mail(now)
            }
            (Event::Kept(true), Step::Keeping(kept, then)) => {
                self.place().kept(*kept);
                if std::mem::take(&mut self.unkept) {
                    // It was our own disk's fault, and no mail's.
                    for place in [Some(&mut self.watched), self.junk.as_mut()] {
                        place.into_iter().for_each(|it| it.all_are_due(now));
                    }
                }
                self.was_kept(then, now)
            }
            (Event::Kept(false), Step::Keeping(_, then)) => {
                self.place().unkept();
                (self.unkept, self.since) = (true, None);
                if then == Then::Wait {
                    // The junk folder was asked for its numbers alone: the other is selected.
                    self.selected = Which::Watched;
                }
                self.link.trouble = Some("what was fetched cannot be stored".to_owned());
                let span = self.link.back_off(rng);
                self.rest(span)
            }
            // Nothing of the kind was asked: the connection is of no use.
            (Event::Heard(_) | Event::Kept(_), _) => self.ask(Command::Close, Step::Closing(None)),
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

    /// Of a long look: how many uids were read and how many there are to read.
    pub fn progress(&self) -> (u32, u32) {
        let at = |uid: Uid| uid.0.get();
        (at(self.watched.position), at(self.watched.end))
    }

    pub(super) fn place(&mut self) -> &mut Place {
        match (self.selected, &mut self.junk) {
            (Which::Junk, Some(junk)) => junk,
            (Which::Junk | Which::Watched, _) => &mut self.watched,
        }
    }

    pub(super) fn ask(&mut self, command: Command, step: Step) -> Next {
        self.step = step;
        Next::Ask(command)
    }

    /// Nothing is asked for a while, and the connection stands if there is one.
    pub(super) fn rest(&mut self, span: Duration) -> Next {
        self.step = match self.features {
            Some(_) => Step::Resting,
            None => Step::Away,
        };
        match (self.plan.until, &self.link.trouble) {
            (Until::Ended, _) | (Until::Looked(_), None) => Next::Rest(span),
            (Until::Looked(_), Some(why)) => Next::Over(Err(why.clone())),
        }
    }

    pub(super) fn open(&mut self, now: Seconds) -> Next {
        self.features = None;
        match self.link.must_wait(now) {
            Some(span) => {
                self.link.say_pause(now);
                self.rest(span)
            }
            None => self.ask(Command::Open, Step::Opening),
        }
    }

    fn answered(
        &mut self,
        answered: Answered,
        step: Step,
        now: Seconds,
        rng: &mut dyn Rng,
    ) -> Next {
        self.news |= answered.news;
        match (answered.answer, step) {
            (Answer::Closed(fault), step) => self.closed(fault, &step, now, rng),
            (Answer::Opened(features), Step::Opening) => self.opened(features, now),
            (Answer::Selected(folder), Step::Selecting) => self.select_done(folder, now),
            (Answer::Refused(why), Step::Selecting) => self.no_folder(&why),
            (Answer::Next(next), Step::AskingNext) => self.numbered(next, now),
            (Answer::Lowest(lowest), Step::AskingSince(anew)) => self.begin_at(lowest, anew, now),
            // Without the search all that is there is read again; doubles are known.
            (Answer::Refused(_), Step::AskingSince(anew)) => {
                self.place().came = Seconds(0);
                self.begin_at(Some(FIRST), anew, now)
            }
            (Answer::Headers(headers), Step::Reading(last)) => {
                let marked = self.selected == Which::Junk;
                if self.place().take(headers, last, marked) {
                    (self.futile, self.rounds) = (0, 0);
                }
                self.refusals = 0;
                self.next_mail(now)
            }
            (Answer::Refused(why), Step::Reading(_)) => self.not_shown(why, now),
            (Answer::Mail(mail), Step::Fetching(uid)) => self.mail(uid, mail, now),
            (Answer::Refused(_), Step::Fetching(uid)) => {
                self.full |= !self.place().try_again(uid, now);
                self.next_mail(now)
            }
            (Answer::Done, Step::Discarding(_)) => {
                self.link.letters_leave();
                self.discard(now)
            }
            (Answer::Refused(why), Step::Discarding(uids)) => self.not_discarded(uids, &why, now),
            (Answer::Done | Answer::Refused(_), Step::Creating(uids)) => {
                self.made = true;
                self.place().done.splice(0..0, uids);
                self.discard(now)
            }
            (Answer::Status(folder), Step::AskingJunk) => self.junk_status(folder, now),
            (Answer::Refused(_), Step::AskingJunk) => self.wait(now),
            (Answer::Done, Step::Waiting) => {
                self.futile = match answered.news {
                    true => self.futile.saturating_add(1),
                    false => 0,
                };
                match self.watched.folder.read_only {
                    true => self.select(Which::Watched),
                    false => self.look(now),
                }
            }
            (Answer::Refused(_), Step::Waiting) => self.rest(self.plan.poll),
            (answer, _) => self.unfit(&answer),
        }
    }

    /// The server refuses to show headers: fewer are asked for at once, and one that it does not show alone is passed over.
    fn not_shown(&mut self, why: String, now: Seconds) -> Next {
        self.refusals = self.refusals.saturating_add(1);
        // What came meanwhile has numbers at the next SELECT only; and who shows nothing at all may do so later.
        if self.place().is_read() || self.refusals > MOST_REFUSALS {
            self.refusals = 0;
            return self.unfit(&Answer::Refused(why));
        }
        let place = self.place();
        let goes_on = place.stumble(Stumble::Headers(place.position), true, now);
        place.cut(now);
        self.full |= !goes_on;
        self.open = false;
        self.next_mail(now)
    }

    /// The server answers something else than was asked, or refuses what cannot be done without.
    fn unfit(&mut self, answer: &Answer) -> Next {
        let why = if let Answer::Refused(why) = answer {
            format!("the server refuses: {why}")
        } else {
            "the server answers something else than was asked".to_owned()
        };
        self.link.trouble = Some(why);
        self.ask(Command::Close, Step::Closing(Some(UNFIT)))
    }

    /// There is no connection any more.
    fn closed(
        &mut self,
        fault: Option<Fault>,
        step: &Step,
        now: Seconds,
        rng: &mut dyn Rng,
    ) -> Next {
        self.features = None;
        self.since = None;
        if let Step::Closing(rest) = step {
            return match (self.plan.until, rest, &self.link.trouble) {
                (Until::Looked(_), _, None) => Next::Over(Ok(())),
                (_, Some(span), _) => self.rest(*span),
                (_, None, _) => self.open(now),
            };
        }
        let fault = fault.unwrap_or_else(|| Fault::Network("the connection ended".to_owned()));
        let one_look = matches!(self.plan.until, Until::Looked(_));
        // Who looks once meets it but once: how often it was before is not kept.
        let at_once = one_look || matches!(fault, Fault::Malformed(_) | Fault::TooLarge(_));
        let place = self.place();
        if let Step::Fetching(uid) = step {
            place.stumble(Stumble::Mail(*uid), at_once, now);
        } else if let Step::Reading(_) = step {
            place.stumble(Stumble::Headers(place.position), at_once, now);
        } else if let Step::Discarding(uids) | Step::Creating(uids) = step {
            place.done.extend(uids);
        }
        place.cut(now);
        if one_look && self.selected == Which::Junk {
            // The second session is to come to where it was.
            self.junk_due = Seconds(0);
        }
        let span = self.link.closed(&fault, self.plan.token, now, rng);
        if !one_look {
            self.selected = Which::Watched;
            return self.rest(span);
        }
        // At which mail it was, the next look must know, or it ends there again. If it was at headers it is known only when
        // they have been read one by one, in a second session.
        let then = match matches!(step, Step::Reading(_) | Step::Fetching(_)) {
            true => Then::Again,
            false => Then::End,
        };
        match self.place().to_keep(now) {
            Some(kept) => {
                self.step = Step::Keeping(Box::new(kept.clone()), then);
                Next::Keep(kept)
            }
            None => self.was_kept(then, now),
        }
    }
}

/// So many headers refused in a row: it is the server's fault, and no single mail's.
const MOST_REFUSALS: u32 = 20;
/// How long nothing is tried with a server that does not do what was asked.
const UNFIT: Duration = Duration::from_mins(1);

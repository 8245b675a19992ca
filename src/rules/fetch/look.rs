//! One look of a fetcher: the folder is selected, read step by step, and what was handled leaves it.

use std::time::Duration;

use super::fetcher::Fetcher;
use super::mailbox::{Command, Features, Folder, Uid};
use super::place::{Place, Wanted};
use super::plan::{Next, Until, Work};
use super::step::{AT_ONCE, Step, Then, Which, discard};
use crate::protocol::time::{MINUTE, Seconds, days};
use crate::rules::queue::doubled;

impl Fetcher {
    /// We are logged in.
    pub(super) fn opened(&mut self, features: Features, now: Seconds) -> Next {
        self.link.opened(now);
        let mut junk = features.junk.as_ref().filter(|_| self.plan.junk);
        // To many servers the case of a name is one.
        let is_same = |(one, other): (&String, &String)| one.eq_ignore_ascii_case(other);
        if junk.zip(self.plan.move_to.as_ref()).is_some_and(is_same) {
            // There they would be found again and again.
            junk = None;
            if !std::mem::replace(&mut self.junk_told, true) {
                let text = "handled letters are moved into the server's folder for spam, so it is not looked into: name \
                            another folder in move_to";
                self.link.notices.push(text.to_owned());
            }
        }
        if junk != self.junk.as_ref().map(|place| &place.name) {
            self.junk = junk.filter(|name| !self.plan.watches(name)).map(|name| {
                let mut place = Place::new(name.clone(), self.plan.until);
                if let Some(kept) = self.kept.iter().find(|kept| kept.cursor.name == *name) {
                    place.remember(kept);
                }
                place
            });
        }
        self.features = Some(features);
        self.select(Which::Watched)
    }

    pub(super) fn select(&mut self, which: Which) -> Next {
        self.selected = which;
        let name = self.place().name.clone();
        self.ask(Command::Select(name), Step::Selecting)
    }

    pub(super) fn select_done(&mut self, folder: Folder, now: Seconds) -> Next {
        self.place().folder = folder;
        if self.selected == Which::Watched {
            self.folder_told = false;
        }
        match folder.next {
            Some(next) => self.numbered(next, now),
            None => self.ask(Command::Next, Step::AskingNext),
        }
    }

    /// The folder is not there, or not for us: it is looked for again in a while.
    pub(super) fn no_folder(&mut self, why: &str) -> Next {
        if self.selected == Which::Junk {
            self.junk = None;
            return self.select(Which::Watched);
        }
        let folder = &self.plan.folder;
        let why = format!("the folder {folder} cannot be opened: {why}");
        if !std::mem::replace(&mut self.folder_told, true) {
            self.link.notices.push(format!("no mail is fetched: {why}"));
            self.link.is_told = true;
        }
        self.link.trouble = Some(why);
        self.since = None;
        self.ask(Command::Close, Step::Closing(Some(FOLDER_POLL)))
    }

    /// The uid of the folder's next mail is known.
    pub(super) fn numbered(&mut self, next: Uid, now: Seconds) -> Next {
        let which = self.selected;
        let older = match (self.plan.until, which) {
            (Until::Looked(since), Which::Watched) => since.filter(|_| !self.reads_older),
            (Until::Looked(_) | Until::Ended, _) => None,
        };
        let place = self.place();
        place.end = next;
        match place.cursor.clone() {
            None => {
                place.begin(next, now);
                if older.is_none() {
                    return self.keep_then(Then::Look, now);
                }
            }
            Some(cursor) if place.goes_on(&cursor, next) => {}
            Some(cursor) => {
                // By a clock that was set back since, it was not in the future.
                let looked = cursor.looked.min(now);
                // What is tried again may be older.
                let came = place.retries.iter().map(|retry| retry.came);
                let since = came.min().unwrap_or(looked).min(looked).before(days(2));
                let since = older.unwrap_or(since).min(since);
                place.came = since;
                return self.ask(Command::Since(since), Step::AskingSince(true));
            }
        }
        match older {
            Some(since) => {
                place.came = since;
                self.ask(Command::Since(since), Step::AskingSince(false))
            }
            None => self.look(now),
        }
    }

    /// It is read from this uid on; if there is none since then, from the end on.
    pub(super) fn begin_at(&mut self, lowest: Option<Uid>, anew: bool, now: Seconds) -> Next {
        self.reads_older |= self.selected == Which::Watched;
        let place = self.place();
        let at = lowest.map_or(place.end, |lowest| lowest.min(place.end));
        match anew {
            true => {
                let looked = place.cursor.as_ref().map_or(now, |cursor| cursor.looked);
                place.begin(at, looked);
            }
            false => place.read_again_from(at),
        }
        self.keep_then(Then::Look, now)
    }

    /// A look begins.
    pub(super) fn look(&mut self, now: Seconds) -> Next {
        (self.open, self.full, self.rounds) = (false, false, 0);
        self.place().begin_look(now);
        self.next_mail(now)
    }

    /// The next mail that may concern us; after the last of those at hand the handled ones leave.
    pub(super) fn next_mail(&mut self, now: Seconds) -> Next {
        let marked = self.selected == Which::Junk;
        match self.place().next_wanted() {
            Some(Wanted::Mail(uid)) => self.ask(Command::Mail(uid), Step::Fetching(uid)),
            Some(Wanted::TooLarge(..)) if marked => self.next_mail(now),
            Some(Wanted::TooLarge(uid, section)) => {
                self.step = Step::Hearing(uid);
                Next::Hear(Work::TooLarge(section))
            }
            None => self.discard(now),
        }
    }

    /// A mail was fetched; one without a body was taken by somebody else.
    pub(super) fn mail(&mut self, uid: Uid, mail: Option<Vec<u8>>, now: Seconds) -> Next {
        match mail.filter(|mail| !mail.is_empty()) {
            Some(mail) => {
                self.step = Step::Hearing(uid);
                let junk = self.selected == Which::Junk;
                Next::Hear(Work::Mail { mail, junk })
            }
            None => {
                self.place().is_gone(uid);
                self.next_mail(now)
            }
        }
    }

    /// Handled mails leave the folder, some at a time; after the last it is kept how far all is done.
    pub(super) fn discard(&mut self, now: Seconds) -> Next {
        let place = self.place();
        if place.done.is_empty() {
            return self.keep(now);
        }
        if place.folder.read_only {
            place.done.clear();
            let name = match self.selected {
                Which::Watched => &self.plan.folder,
                // By the user's words: its name is the server's.
                Which::Junk => "the folder for spam",
            };
            self.link.letters_stay(&format!("{name} is read-only"));
            return self.keep(now);
        }
        let rest = place.done.split_off(place.done.len().min(AT_ONCE));
        let uids = std::mem::replace(&mut place.done, rest);
        let features = self.features.clone().unwrap_or_default();
        let command = discard(&features, self.plan.move_to.as_ref(), uids.clone());
        self.ask(command, Step::Discarding(uids))
    }

    /// The server does not let them go: they stay, and no mail behind them waits for that.
    pub(super) fn not_discarded(&mut self, uids: Vec<Uid>, why: &str, now: Seconds) -> Next {
        let to = self.plan.move_to.clone();
        if let Some(to) = to.filter(|_| !self.made) {
            return self.ask(Command::Create(to), Step::Creating(uids));
        }
        self.link.letters_stay(why);
        self.discard(now)
    }

    fn keep(&mut self, now: Seconds) -> Next {
        self.keep_then(Then::GoOn, now)
    }

    fn keep_then(&mut self, then: Then, now: Seconds) -> Next {
        let place = self.place();
        place.is_handled();
        match place.to_keep(now) {
            Some(kept) => {
                self.step = Step::Keeping(Box::new(kept.clone()), then);
                Next::Keep(kept)
            }
            None => self.was_kept(then, now),
        }
    }

    pub(super) fn was_kept(&mut self, then: Then, now: Seconds) -> Next {
        match then {
            Then::Look => self.look(now),
            Then::GoOn => self.go_on(now),
            Then::Wait => self.wait(now),
            Then::End => self.rest(Duration::ZERO),
            Then::Again => {
                self.selected = Which::Watched;
                self.open(now)
            }
        }
    }

    /// What was at hand is done with: it is read on, as long as more is there or is said to have come.
    pub(super) fn go_on(&mut self, now: Seconds) -> Next {
        let more = !self.open || self.news;
        if self.full || !more || self.rounds >= MOST_ROUNDS {
            return self.looked(now);
        }
        let command = self.place().headers();
        let mut up_to = None;
        if let Command::Headers(_, last) = &command {
            up_to = *last;
        }
        if up_to.is_none() {
            (self.open, self.news) = (true, false);
            self.rounds = self.rounds.saturating_add(1);
        }
        self.ask(command, Step::Reading(up_to))
    }

    /// All that is in the folder was read.
    fn looked(&mut self, now: Seconds) -> Next {
        // The junk folder has another turn in a while.
        if self.full && self.selected == Which::Watched {
            self.since = None;
            self.link.trouble = Some("too many letters cannot be handled".to_owned());
            return self.rest(MINUTE);
        }
        self.place().came = Seconds::MAX;
        if self.selected == Which::Junk {
            return self.select(Which::Watched);
        }
        self.link.well();
        self.since = self.since.or(Some(now));
        match &self.junk {
            Some(junk) if now.is_turn_of(self.junk_due, JUNK_POLL) => {
                let name = junk.name.clone();
                self.junk_due = now.after(JUNK_POLL);
                self.ask(Command::Status(name), Step::AskingJunk)
            }
            Some(_) | None => self.wait(now),
        }
    }

    /// The junk folder is looked into if mails came to it.
    pub(super) fn junk_status(&mut self, folder: Folder, now: Seconds) -> Next {
        let (Some(junk), Some(next)) = (&mut self.junk, folder.next) else {
            return self.wait(now);
        };
        junk.folder = folder;
        match &junk.cursor {
            None => {
                junk.end = next;
                junk.begin(next, now);
                self.selected = Which::Junk;
                self.keep_then(Then::Wait, now)
            }
            Some(cursor) => {
                let read = junk.goes_on(cursor, next) && junk.position >= next;
                match read && !junk.is_any_due(now) {
                    true => self.wait(now),
                    false => self.select(Which::Junk),
                }
            }
        }
    }

    /// It waits for mails; after a single look it is over.
    pub(super) fn wait(&mut self, now: Seconds) -> Next {
        self.selected = Which::Watched;
        if let Until::Looked(_) = self.plan.until {
            return self.ask(Command::Close, Step::Closing(None));
        }
        if let Some(times) = self.futile.checked_sub(FUTILE).filter(|_| !self.rested) {
            // And then it is waited again: it may have ended.
            self.rested = true;
            return self.rest(doubled(Duration::from_secs(1), times, LONGEST_FUTILE));
        }
        self.rested = false;
        let idles = self.features.as_ref().is_some_and(|features| features.idle);
        let mut span = match (self.watched.folder.read_only, idles) {
            (true, _) => FOLDER_POLL,
            (false, true) => IDLE,
            (false, false) => self.plan.poll,
        };
        let junk = self.junk.as_ref().map(|_| self.junk_due);
        for due in [junk, self.watched.retry_due()].into_iter().flatten() {
            span = span.min(due.since(now).max(Duration::from_secs(1)));
        }
        self.ask(Command::Wait(span), Step::Waiting)
    }
}

/// How long it is waited for news, before it is asked for them anew.
const IDLE: Duration = Duration::from_mins(5);
/// How often the junk folder is looked at.
const JUNK_POLL: Duration = Duration::from_mins(10);
/// How often a folder is looked for that is missing or cannot be changed.
const FOLDER_POLL: Duration = Duration::from_mins(5);
/// How often in one look mails may be said to have come that are not there.
const MOST_ROUNDS: u32 = 20;
/// How often in a row a wait may be ended for nothing, before it is rested a while.
const FUTILE: u32 = 10;
const LONGEST_FUTILE: Duration = Duration::from_secs(10);

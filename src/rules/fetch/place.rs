//! A folder that is read: how far, what is tried again, and the mails at hand.

use std::collections::VecDeque;
use std::num::NonZeroU32;

use super::link::{LONGEST_RETRY, RETRY, is_due};
use super::mailbox::{Command, FIRST, Folder, Header, Uid};
use super::plan::{Became, Cursor, Kept, Retry, Until};
use crate::protocol::candidate::{Kind, kind};
use crate::protocol::time::{DAY, Seconds};
use crate::rules::queue::doubled;

/// A folder, and the mails at hand.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) name: String,
    /// As it is kept; `None`: it was never looked at.
    pub(super) cursor: Option<Cursor>,
    pub(super) retries: Vec<Retry>,
    /// The next uid to read: behind the cursor where older mails are read again.
    pub(super) position: Uid,
    /// All before was handled, in this run.
    safe: Uid,
    /// Up to here there may be mails that were in it when it was selected.
    pub(super) end: Uid,
    pub(super) folder: Folder,
    /// How many uids are asked for at once.
    width: u32,
    /// Until there it is not widened: a step that began before lost the connection.
    narrow: Uid,
    /// What is changed and not kept.
    changed: bool,
    /// Mails to be fetched, the next in front.
    wanted: VecDeque<Wanted>,
    /// Handled, and to leave the folder.
    pub(super) done: Vec<Uid>,
    letters: u32,
    gone: u32,
    /// At this mail, or at the mails from this on, the connection was lost last, so often.
    stumbled: Option<(Uid, u32)>,
    /// What is read came at this time or later, or since the last look if that was before.
    pub(super) came: Seconds,
    /// Where the connection is lost at headers in a single look, they are read one by one: there is no other time.
    until: Until,
}

/// What is wanted of a mail.
#[derive(Debug, Clone)]
pub(super) enum Wanted {
    Mail(Uid),
    TooLarge(Uid, Vec<u8>),
}

impl Place {
    pub(super) fn new(name: String, until: Until) -> Self {
        Self {
            name,
            came: Seconds::MAX,
            until,
            cursor: None,
            retries: Vec::new(),
            position: FIRST,
            safe: FIRST,
            end: FIRST,
            folder: Folder::default(),
            width: STEP,
            narrow: FIRST,
            changed: false,
            wanted: VecDeque::new(),
            done: Vec::new(),
            letters: 0,
            gone: 0,
            stumbled: None,
        }
    }

    /// Takes up what was kept of it.
    pub(super) fn remember(&mut self, kept: &Kept) {
        self.cursor = Some(kept.cursor.clone());
        self.retries.clone_from(&kept.retries);
        (self.position, self.safe) = (kept.cursor.next, kept.cursor.next);
        if let Until::Looked(Some(since)) = self.until {
            self.all_are_due(since);
        }
    }

    pub(super) fn uidvalidity(&self) -> u32 {
        self.folder.uidvalidity.map_or(0, NonZeroU32::get)
    }

    /// Whether the uids that are kept still stand for the same mails.
    pub(super) fn goes_on(&self, cursor: &Cursor, next: Uid) -> bool {
        self.folder.uidvalidity.is_some()
            && cursor.uidvalidity == self.uidvalidity()
            && next >= cursor.next
    }

    /// Begins at a uid of new numbering, or for the first time.
    pub(super) fn begin(&mut self, next: Uid, looked: Seconds) {
        self.cursor = Some(Cursor {
            name: self.name.clone(),
            uidvalidity: self.uidvalidity(),
            next,
            looked,
        });
        (self.position, self.safe) = (next, next);
        self.retries.clear();
        self.changed = true;
    }

    /// It is read from here, too, as far as it has been read already.
    pub(super) fn read_again_from(&mut self, uid: Uid) {
        self.position = self.position.min(uid);
        self.safe = self.position;
    }

    /// A look begins: nothing is at hand but what is to be tried again.
    pub(super) fn begin_look(&mut self, now: Seconds) {
        self.wanted.clear();
        self.done.clear();
        let due = (self.retries.iter()).filter(|retry| is_due(retry.due, now));
        let due = due.take(MOST_AT_ONCE).map(|retry| Wanted::Mail(retry.uid));
        self.wanted.extend(due);
    }

    /// The next step of reading; an open one is the last, unless mails came meanwhile.
    pub(super) fn headers(&self) -> Command {
        let left = self.end.0.get().saturating_sub(self.position.0.get());
        let few = left > WIDEST && self.folder.exists <= WIDEST && self.position >= self.narrow;
        if left == 0 || few {
            return Command::Headers(self.position, None);
        }
        let last = plus(self.position, self.width.min(left).saturating_sub(1));
        Command::Headers(self.position, Some(last))
    }

    /// Takes what a step of reading has shown: the mails that may concern us are at hand then. Says whether it has shown
    /// any.
    pub(super) fn take(&mut self, headers: Vec<Header>, last: Option<Uid>, marked: bool) -> bool {
        let from = self.position;
        let inside = |uid: Uid| uid >= from && last.is_none_or(|last| uid <= last);
        let mut reach = last.map_or(self.end, |last| plus(last, 1));
        let mut shown = 0_u32;
        for header in headers {
            if !inside(header.uid) {
                continue;
            }
            shown = shown.saturating_add(1);
            reach = reach.max(plus(header.uid, 1));
            if !self.retries.iter().any(|retry| retry.uid == header.uid) {
                self.wanted.extend(wanted(header, marked));
            }
        }
        if last.is_some() && self.position >= self.narrow {
            self.width = match shown {
                0..MANY => self.width.saturating_mul(2).min(WIDEST),
                MANY..=STEP => self.width,
                _ => STEP,
            };
        }
        self.position = self.position.max(reach);
        self.end = self.end.max(self.position);
        shown > 0
    }

    pub(super) fn next_wanted(&mut self) -> Option<Wanted> {
        self.wanted.pop_front()
    }

    /// The mail is in the folder no more.
    pub(super) fn is_gone(&mut self, uid: Uid) {
        self.gone = self.gone.saturating_add(1);
        self.changed = true;
        self.forget(uid);
    }

    /// The account is done with a mail. Where there is no room for one more that is tried again, it is not read any
    /// further: says so by `false`.
    pub(super) fn became(&mut self, uid: Uid, became: Became, now: Seconds) -> bool {
        self.stumbled = self.stumbled.filter(|(before, _)| *before != uid);
        match became {
            Became::Done => {
                self.letters = self.letters.saturating_add(1);
                self.forget(uid);
                self.done.push(uid);
                self.changed = true;
                true
            }
            Became::Stays => {
                self.letters = self.letters.saturating_add(1);
                self.forget(uid);
                self.changed = true;
                true
            }
            Became::Left => {
                self.forget(uid);
                true
            }
            Became::Trouble => self.try_again(uid, now),
        }
    }

    fn forget(&mut self, uid: Uid) {
        let before = self.retries.len();
        self.retries.retain(|retry| retry.uid != uid);
        self.changed |= self.retries.len() != before;
    }

    /// The mail is tried again later; if there is room for one more.
    pub(super) fn try_again(&mut self, uid: Uid, now: Seconds) -> bool {
        self.changed = true;
        if let Some(retry) = self.retries.iter_mut().find(|retry| retry.uid == uid) {
            retry.due = now.after(doubled(RETRY, retry.tries, LONGEST_RETRY));
            retry.tries = retry.tries.saturating_add(1);
            return true;
        }
        if self.retries.len() >= MOST_RETRIES {
            self.position = self.position.min(uid);
            self.wanted.clear();
            return false;
        }
        let looked = self.cursor.as_ref().map_or(Seconds(0), |it| it.looked);
        let (due, came) = (now.after(RETRY), self.came.min(looked).min(now));
        let tries = 1;
        self.retries.push(Retry {
            uid,
            tries,
            due,
            came,
        });
        true
    }

    /// The connection was lost at a mail, or at a step of reading: by what the mail is (`at_once`), or perhaps. What is
    /// met again and again is passed over, and tried again later, so that it holds up nothing behind it: `false` where there
    /// is no room for one more of that kind.
    pub(super) fn stumble(&mut self, at: Stumble, at_once: bool, now: Seconds) -> bool {
        let uid = match at {
            Stumble::Mail(uid) | Stumble::Headers(uid) => uid,
        };
        let known = self.retries.iter().any(|retry| retry.uid == uid);
        let before = self.stumbled.filter(|(before, _)| *before == uid);
        let times = before.map_or(1, |(_, times)| times.saturating_add(1));
        self.stumbled = Some((uid, times));
        let is_met_again = at_once || times >= STUMBLES;
        match at {
            Stumble::Mail(_) if is_met_again || known => self.try_again(uid, now),
            Stumble::Headers(_) if (is_met_again || uid < self.narrow) && self.width > 1 => {
                self.narrow = self.narrow.max(plus(uid, self.width));
                self.width = match self.until {
                    Until::Looked(_) => 1,
                    Until::Ended => (self.width / 8).max(1),
                };
                true
            }
            Stumble::Headers(_) if (is_met_again || uid < self.narrow) && !self.is_read() => {
                let passes = self.try_again(uid, now);
                if passes {
                    self.safe = self.safe.max(plus(uid, 1));
                }
                passes
            }
            Stumble::Mail(_) | Stumble::Headers(_) => true,
        }
    }

    /// What was at hand is done with.
    pub(super) fn is_handled(&mut self) {
        self.safe = self.position;
    }

    /// All up to the end was read.
    pub(super) fn is_read(&self) -> bool {
        self.position >= self.end
    }

    /// What is to be kept, if it is worth it: mails that are not ours come often, and to read their headers once more costs
    /// little.
    pub(super) fn to_keep(&self, now: Seconds) -> Option<Kept> {
        let cursor = self.cursor.as_ref()?;
        let next = cursor.next.max(self.position);
        let ahead = next.0.get().saturating_sub(cursor.next.0.get());
        let old = !now.is_within(DAY, cursor.looked) && ahead > 0;
        (self.changed || ahead >= STEP || old).then(|| Kept {
            cursor: Cursor {
                next,
                looked: match self.is_read() {
                    true => now,
                    false => cursor.looked,
                },
                ..cursor.clone()
            },
            retries: self.retries.clone(),
            letters: self.letters,
            gone: self.gone,
        })
    }

    /// It is kept now.
    pub(super) fn kept(&mut self, kept: Kept) {
        self.cursor = Some(kept.cursor);
        (self.changed, self.letters, self.gone) = (false, 0, 0);
    }

    /// It could not be kept: all since is read again.
    pub(super) fn unkept(&mut self) {
        if let Some(cursor) = &self.cursor {
            self.safe = self.safe.min(cursor.next);
        }
        self.position = self.safe;
        self.wanted.clear();
        self.done.clear();
    }

    /// The connection was lost: what was at hand is read again, and what was tried again and did not leave the folder, too.
    pub(super) fn cut(&mut self, now: Seconds) {
        self.position = self.safe;
        self.wanted.clear();
        for uid in std::mem::take(&mut self.done) {
            if uid < self.safe {
                // How old it is nobody remembers.
                let (tries, due, came) = (1, now, Seconds(0));
                self.retries.push(Retry {
                    uid,
                    tries,
                    due,
                    came,
                });
            }
        }
    }

    /// Whether a mail is to be tried again now.
    pub(super) fn is_any_due(&self, now: Seconds) -> bool {
        self.retries.iter().any(|retry| is_due(retry.due, now))
    }

    /// All that are tried again are due at this time: what kept them from being handled may be gone.
    pub(super) fn all_are_due(&mut self, at: Seconds) {
        for retry in &mut self.retries {
            self.changed |= retry.due > at;
            retry.due = retry.due.min(at);
        }
    }

    /// When a mail is tried again next.
    pub(super) fn retry_due(&self) -> Option<Seconds> {
        self.retries.iter().map(|retry| retry.due).min()
    }
}

/// Where a connection was lost.
#[derive(Debug, Clone, Copy)]
pub(super) enum Stumble {
    Mail(Uid),
    Headers(Uid),
}

fn wanted(header: Header, marked: bool) -> Option<Wanted> {
    let kind = kind(&header.section).filter(|&kind| kind == Kind::Marked || !marked)?;
    match (header.size <= LARGEST, kind) {
        (true, _) => Some(Wanted::Mail(header.uid)),
        (false, Kind::Marked) => Some(Wanted::TooLarge(header.uid, header.section)),
        (false, Kind::Report | Kind::Titled | Kind::Bounce | Kind::Unreturnable) => None,
    }
}

/// The uid so much higher; behind the last of all there is none.
pub(super) fn plus(uid: Uid, count: u32) -> Uid {
    Uid(uid.0.saturating_add(count))
}

/// The largest mail that is fetched, in bytes.
const LARGEST: u32 = 1024 * 1024;
/// How many uids a step of reading asks for, and where it has to pass by many that are used no more.
const STEP: u32 = 500;
const WIDEST: u32 = 4000;
/// A step with fewer mails was narrow.
const MANY: u32 = STEP / 2;
/// How many mails wait for being tried again.
const MOST_RETRIES: usize = 1000;
const MOST_AT_ONCE: usize = 100;
/// A mail at which the connection was lost so often in a row is passed over.
const STUMBLES: u32 = 3;

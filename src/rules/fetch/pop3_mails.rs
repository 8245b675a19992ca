//! The mails at a POP3 server, each known by the hash of its unique id: done with, tried again, or new.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::link::{LONGEST_RETRY, RETRY, is_due};
use super::pop3_box::Entry;
use crate::protocol::hash;
use crate::protocol::time::Seconds;
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

/// The mails at the server.
#[derive(Debug, Clone)]
pub(super) struct Mails {
    /// Done with; `None`: the mailbox was never looked at.
    seen: Option<BTreeSet<Hash8>>,
    /// Came to it and left it, and that is not kept yet.
    added: BTreeSet<Hash8>,
    gone: BTreeSet<Hash8>,
    /// Passed over until they are due, and how often they were tried: what follows does not wait for them.
    retries: BTreeMap<Hash8, (u32, Seconds)>,
    /// That is not kept yet.
    pub(super) retries_changed: bool,
    /// At the server, and whether several mails have this id.
    listed: BTreeMap<Hash8, bool>,
    /// Deleted, once the server has said +OK to QUIT.
    pub(super) deleted: BTreeSet<Hash8>,
}

impl Mails {
    /// Of which this is known.
    pub(super) fn of(known: Pop3Known) -> Self {
        let retries = known.retries.iter();
        Self {
            seen: known.seen,
            added: BTreeSet::new(),
            gone: BTreeSet::new(),
            retries: retries.map(|it| (it.hash, (it.tries, it.due))).collect(),
            retries_changed: false,
            listed: BTreeMap::new(),
            deleted: BTreeSet::new(),
        }
    }

    /// These are at the server; gives those that are to be looked at, but for those that are not due: new ones, a thousand at
    /// most; or `all`, done with or not, since of no mail it is known when it came. At the first look all that is there is only
    /// remembered. An id that several mails have says of none that it is done with.
    pub(super) fn list(
        &mut self,
        mut entries: Vec<Entry>,
        all: bool,
        now: Seconds,
    ) -> VecDeque<Entry> {
        (self.listed, self.deleted) = Default::default();
        for entry in &entries {
            let twice = self.listed.contains_key(&hash8(entry));
            self.listed.insert(hash8(entry), twice);
        }
        if self.seen.is_some() {
            let due = |(_, due): &(u32, Seconds)| is_due(*due, now);
            entries.retain(|entry| self.retries.get(&hash8(entry)).is_none_or(due));
        }
        match (&mut self.seen, all) {
            (_, true) => entries.into(),
            (seen @ None, false) => {
                let all: BTreeSet<_> = self.listed.keys().copied().collect();
                self.added.clone_from(&all);
                *seen = Some(all);
                VecDeque::new()
            }
            (Some(seen), false) => {
                let twice = |entry: &Entry| self.listed.get(&hash8(entry)) == Some(&true);
                let (doubtful, others): (Vec<_>, Vec<_>) = entries.into_iter().partition(twice);
                let new = others.into_iter().filter(|it| !seen.contains(&hash8(it)));
                let again = |entry: &Entry| self.retries.contains_key(&hash8(entry));
                let (again, new): (Vec<_>, Vec<_>) = new.partition(again);
                // Of the doubtful the last ones, so that they hold up nobody; and then what was in trouble before.
                let doubtful = doubtful.into_iter().rev();
                let all = new.into_iter().chain(doubtful).chain(again);
                all.take(MOST_AT_ONCE).collect()
            }
        }
    }

    /// A mail is done with, and stays.
    pub(super) fn is_done_with(&mut self, hash: Hash8) {
        self.forget(&hash);
        if self.seen.get_or_insert_default().insert(hash) {
            self.gone.remove(&hash);
            self.added.insert(hash);
        }
    }

    pub(super) fn is_tried_again(&self, hash: &Hash8) -> bool {
        self.retries.contains_key(hash)
    }

    /// The mail could not be handled: it is tried again later and later. Not by an id that several mails have: the others
    /// would wait, too.
    pub(super) fn try_again(&mut self, entry: &Entry, now: Seconds) {
        let hash = hash8(entry);
        if self.listed.get(&hash) != Some(&true) {
            self.put_off(hash, now);
        }
    }

    /// It is passed over for a while, each time twice as long, if there is room for one more of that kind.
    pub(super) fn put_off(&mut self, hash: Hash8, now: Seconds) -> bool {
        let known = self.retries.get(&hash).map(|(tries, _)| *tries);
        if known.is_none() && self.retries.len() >= MOST_RETRIES {
            return false;
        }
        let tries = known.unwrap_or(0);
        let due = now.after(doubled(RETRY, tries, LONGEST_RETRY));
        self.retries.insert(hash, (tries.saturating_add(1), due));
        self.retries_changed = true;
        true
    }

    /// All that are tried again are due at this time: what kept them from being handled may be gone.
    pub(super) fn all_are_due(&mut self, at: Seconds) {
        for (_, due) in self.retries.values_mut() {
            self.retries_changed |= *due > at;
            *due = (*due).min(at);
        }
    }

    /// It is tried again no more.
    pub(super) fn forget(&mut self, hash: &Hash8) {
        self.retries_changed |= self.retries.remove(hash).is_some();
    }

    /// What is at the server no more need not be known.
    pub(super) fn drop_gone(&mut self) {
        let stays = |hash: &Hash8| self.listed.contains_key(hash) && !self.deleted.contains(hash);
        let seen = self.seen.get_or_insert_default();
        let gone: Vec<_> = seen.extract_if(.., |hash| !stays(hash)).collect();
        self.added.retain(stays);
        self.gone.extend(gone);
        self.retries.retain(|hash, _| stays(hash));
    }

    pub(super) fn to_keep(&self, looked: Option<Seconds>, letters: u32) -> Pop3Kept {
        let retries = self.retries.iter();
        let retries = retries.map(|(&hash, &(tries, due))| Pop3Retry { hash, tries, due });
        Pop3Kept {
            added: self.added.clone(),
            gone: self.gone.clone(),
            retries: retries.collect(),
            looked,
            letters,
        }
    }

    /// They are kept as they are now.
    pub(super) fn are_kept(&mut self) {
        self.retries_changed = false;
        self.added.clear();
        self.gone.clear();
    }
}

pub(super) fn hash8(entry: &Entry) -> Hash8 {
    hash::hash8(entry.unique_id.as_bytes())
}

/// How many new mails are looked at in one session: what it did is kept at its end.
const MOST_AT_ONCE: usize = 1000;
/// How many mails wait for being tried again.
const MOST_RETRIES: usize = 1000;

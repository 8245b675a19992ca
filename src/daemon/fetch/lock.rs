//! One program fetches at a time, and in it one worker from a mailbox.

use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::edge::home::{Home, lock_file};

/// What a program holds while it fetches from any mailbox.
pub(in crate::daemon) struct FetchLock {
    path: PathBuf,
    held: Mutex<Holders>,
}

#[derive(Default)]
struct Holders {
    file: Option<File>,
    mailboxes: BTreeSet<String>,
}

/// What a worker holds while it fetches from its mailbox.
pub(in crate::daemon) struct Held {
    lock: Arc<FetchLock>,
    mailbox: String,
}

impl FetchLock {
    pub(in crate::daemon) fn of(home: &Home) -> Arc<Self> {
        Arc::new(Self {
            path: home.fetch_lock(),
            held: Mutex::default(),
        })
    }

    /// `None`: another program fetches, or another worker from this mailbox.
    pub(in crate::daemon) fn take(self: &Arc<Self>, mailbox: &str) -> io::Result<Option<Held>> {
        let mut held = self.held();
        if held.mailboxes.contains(mailbox) {
            return Ok(None);
        }
        if held.file.is_none() {
            held.file = lock_file(&self.path)?;
        }
        if held.file.is_none() {
            return Ok(None);
        }
        held.mailboxes.insert(mailbox.to_owned());
        Ok(Some(Held {
            lock: Arc::clone(self),
            mailbox: mailbox.to_owned(),
        }))
    }

    fn held(&self) -> MutexGuard<'_, Holders> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut held = self.lock.held();
        held.mailboxes.remove(&self.mailbox);
        if held.mailboxes.is_empty() {
            held.file = None;
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn several_mailboxes_are_fetched_from_by_one_program_and_each_by_one_worker() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(&folder.path().join("home"), &folder.path().join("state"));
        home.create().unwrap();
        let (ours, theirs) = (FetchLock::of(&home), FetchLock::of(&home));
        let take = |lock: &Arc<FetchLock>, mailbox| lock.take(mailbox).unwrap();
        let old = take(&ours, "old").unwrap();
        let new = take(&ours, "new").unwrap();
        assert!(take(&ours, "old").is_none());
        assert!(take(&theirs, "third").is_none());
        drop(old);
        assert!(take(&theirs, "third").is_none());
        let old = take(&ours, "old").unwrap();
        drop((old, new));
        let _theirs = take(&theirs, "third").unwrap();
        assert!(take(&ours, "old").is_none());
    }
}

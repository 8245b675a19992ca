//! One program fetches from a mailbox at a time, and in it one worker.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::edge::home::{Home, lock_file, share_file};

/// What the workers of a program hold of the mailboxes that they fetch from.
pub(in crate::daemon) struct FetchLock {
    home: Home,
    held: Mutex<BTreeSet<String>>,
    gates: Mutex<BTreeMap<String, Gate>>,
}

/// Through it one of an account's mailboxes logs in at a time: a password that is refused is not tried by the others, for
/// servers lock out whoever tries often.
pub(in crate::daemon) type Gate = Arc<tokio::sync::Mutex<()>>;

/// What a worker holds while it fetches from its mailbox.
pub(in crate::daemon) struct Held {
    lock: Arc<FetchLock>,
    mailbox: String,
    /// Of that mailbox, and of all.
    _files: [File; 2],
}

/// Whether a worker may fetch from a mailbox.
pub(in crate::daemon) enum Taken {
    /// As long as it holds that.
    Ours(Held),
    /// Another worker of this program does, and ends soon.
    ByUs,
    /// Another program does.
    ByOther,
}

impl FetchLock {
    pub(in crate::daemon) fn of(home: &Home) -> Arc<Self> {
        Arc::new(Self {
            home: home.clone(),
            held: Mutex::default(),
            gates: Mutex::default(),
        })
    }

    /// One mailbox says nothing of another: whatever fetches from that takes as long as its server does.
    pub(in crate::daemon) fn take(self: &Arc<Self>, mailbox: &str) -> io::Result<Taken> {
        let mut held = self.held();
        if held.contains(mailbox) {
            return Ok(Taken::ByUs);
        }
        let Some(of_all) = share_file(&self.home.fetch_lock())? else {
            return Ok(Taken::ByOther);
        };
        let Some(of_one) = lock_file(&self.home.mailbox_lock(mailbox))? else {
            return Ok(Taken::ByOther);
        };
        held.insert(mailbox.to_owned());
        Ok(Taken::Ours(Held {
            lock: Arc::clone(self),
            mailbox: mailbox.to_owned(),
            _files: [of_one, of_all],
        }))
    }

    /// That of an account, `user@host`.
    pub(in crate::daemon) fn gate(&self, account: &str) -> Gate {
        let mut gates = self.gates.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(gates.entry(account.to_owned()).or_default())
    }

    fn held(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.lock.held().remove(&self.mailbox);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

    use super::*;

    #[test]
    fn each_mailbox_is_fetched_from_by_one_worker_of_one_program() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(&folder.path().join("home"), &folder.path().join("state"));
        home.create().unwrap();
        let (ours, theirs) = (FetchLock::of(&home), FetchLock::of(&home));
        let take = |lock: &Arc<FetchLock>, mailbox| lock.take(mailbox).unwrap();
        let Taken::Ours(slow) = take(&ours, "slow") else {
            panic!("it is free");
        };
        assert!(matches!(take(&ours, "slow"), Taken::ByUs));
        assert!(matches!(take(&theirs, "slow"), Taken::ByOther));
        // An older program would fetch from all.
        assert!(lock_file(&home.fetch_lock()).unwrap().is_none());
        // A slow one keeps nobody from the others.
        assert!(matches!(take(&theirs, "good"), Taken::Ours(_)));
        drop(slow);
        let old = lock_file(&home.fetch_lock()).unwrap().unwrap();
        assert!(matches!(take(&theirs, "slow"), Taken::ByOther));
        drop(old);
        assert!(matches!(take(&theirs, "slow"), Taken::Ours(_)));
        assert!(matches!(take(&ours, "slow"), Taken::Ours(_)));
    }
}

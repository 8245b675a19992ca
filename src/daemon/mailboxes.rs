//! The mailboxes that the agent fetches from, each by a thread of its own: what one does or does not do, holds up no other.

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::time::Instant;

use super::fetch::{FetchLock, Wake};
use super::fetch_worker::{FetchWorker, FromMailbox};
use super::mailbox::{Mailbox, Now};
use crate::account::Account;
use crate::edge::control::status;
use crate::edge::home::Home;
use crate::protocol::time::{MINUTE, Seconds};

/// The mailboxes that are fetched from.
pub(super) struct Mailboxes {
    told: mpsc::Sender<FromMailbox>,
    lock: Arc<FetchLock>,
    /// In the order of the configuration.
    all: Vec<Mailbox>,
    /// The time by the system's clock, and by one that stands still with the machine, when both were last compared.
    both: Option<(Seconds, Instant)>,
}

impl Mailboxes {
    /// None yet; what fetches is to tell there.
    pub(super) fn new(home: &Home, told: mpsc::Sender<FromMailbox>) -> Self {
        Self {
            told,
            lock: FetchLock::of(home),
            all: Vec::new(),
            both: None,
        }
    }

    /// Begins to fetch, or ends it, as the configuration says. A mailbox that goes by another name now is the same.
    pub(super) fn follow(&mut self, account: &Account) -> Vec<Now> {
        let mut before = std::mem::take(&mut self.all);
        for wanted in &account.config.mail.fetch {
            let key = wanted.key();
            let mailbox = match before.iter().position(|mailbox| mailbox.is(&key)) {
                Some(place) => {
                    let mut mailbox = before.swap_remove(place);
                    mailbox.follow(wanted);
                    mailbox
                }
                None => Mailbox::new(wanted.clone()),
            };
            self.all.push(mailbox);
        }
        self.begin(account)
    }

    /// Begins what has not begun.
    pub(super) fn begin(&mut self, account: &Account) -> Vec<Now> {
        let Self { told, lock, .. } = self;
        let begin = |mailbox: &mut Mailbox| {
            mailbox.begin(|of| {
                let (home, clock) = (account.home.clone(), account.clock());
                FetchWorker::start(home, clock, (of, Arc::clone(lock)), told.clone())
            })
        };
        self.all.iter_mut().filter_map(begin).collect()
    }

    /// A look is wanted now, into all or that one. Gives how they are.
    pub(super) fn wake(&self, from: Option<&str>, wake: Wake) -> Vec<status::Mailbox> {
        let asked = |mailbox: &&Mailbox| from.is_none_or(|key| mailbox.is(key));
        let asked = self.all.iter().filter(asked);
        asked.map(|mailbox| mailbox.wake(wake)).collect()
    }

    pub(super) fn status(&self) -> Vec<status::Mailbox> {
        self.all.iter().map(Mailbox::status).collect()
    }

    /// What a mailbox is called among several.
    pub(super) fn name(&self, key: &str) -> Option<&str> {
        let several = self.all.len() > 1;
        let mailbox = self.all.iter().find(|mailbox| mailbox.is(key));
        mailbox.filter(|_| several).map(Mailbox::name)
    }

    /// A letter came by one.
    pub(super) fn came(&mut self, key: &str) {
        if let Some(mailbox) = self.all.iter_mut().find(|mailbox| mailbox.is(key)) {
            mailbox.came();
        }
    }

    /// How they are now, if that has changed.
    pub(super) fn take_states(&mut self) -> Vec<Now> {
        self.all
            .iter_mut()
            .filter_map(Mailbox::take_state)
            .collect()
    }

    /// After a sleep of the machine a connection is of no use, and mails have come meanwhile.
    pub(super) fn wake_after_sleep(&mut self, now: Seconds) {
        let here = Instant::now();
        if let Some((then, there)) = self.both.replace((now, here))
            && now.since(then) > here.duration_since(there).saturating_add(MINUTE)
        {
            self.wake(None, Wake::Look);
        }
    }
}

//! A database that was put back from a backup is known, also while it is open.
//!
//! ```text
//!  opened ─▶ in place? ─ no ─▶ no stored session is sealed with again, and the epochs that it does not know are over
//!               ▲
//!  before a turn: are the files that are open still those at the path? ─ no ─▶ opened again
//! ```

use super::AccountError;
use crate::edge::home::{Counter, Home};
use crate::edge::store::{Store, StoreError, Transaction};
use crate::protocol::time::Seconds;
use crate::rules::effect::Effect;
use crate::rules::place::{Count, Found, Stamp};
use crate::rules::view::View as _;

/// Counters that no backup of the database reaches, and when it was last seen where it lies.
pub(super) struct Counters {
    /// How often was sealed.
    pub(super) sealings: Counter,
    /// The highest epoch of our presence.
    pub(super) epochs: Counter,
    /// When the database was last seen to be in place, as the system tells the times of files.
    in_place_at: i64,
    /// How often it was opened again.
    pub(super) opened: u32,
}

impl Counters {
    pub(super) fn of(home: &Home) -> Self {
        Self {
            sealings: home.sealings(),
            epochs: home.epochs(),
            in_place_at: Counter::time(),
            opened: 0,
        }
    }

    /// If what is open is not what lies at the path any more, what lies there is opened.
    pub(super) fn stay_in_place(
        &mut self,
        store: &mut Store,
        now: Seconds,
    ) -> Result<(), AccountError> {
        match store.is_in_place() {
            Err(StoreError::Replaced) => self.open_again(store, now),
            Ok(()) if store.was_written_alike() && self.was_put_back(store)? => {
                self.open_again(store, now)
            }
            Ok(()) => {
                self.in_place_at = Counter::time();
                Ok(())
            }
            Err(fault) => Err(fault.into()),
        }
    }

    fn open_again(&mut self, store: &mut Store, now: Seconds) -> Result<(), AccountError> {
        let guarded = store.is_guarded();
        let written_over = store.reopen()?;
        self.opened = self.opened.saturating_add(1);
        tracing::warn!("the database was replaced while it was open; it is opened again");
        self.know_if_put_back(store, written_over, now)?;
        if guarded {
            store.guard()?;
        }
        Ok(())
    }

    /// A database that was put back: no stored session is sealed with again, and the epochs that it does not know are
    /// over. `written_over`: it was, as the program that had it open saw.
    pub(super) fn know_if_put_back(
        &self,
        store: &Store,
        written_over: bool,
        now: Seconds,
    ) -> Result<(), AccountError> {
        let file = store.stamp()?;
        let found = store.read(|tx| self.found(tx, file))?;
        if !written_over && !found.was_put_back() && found.kept == file {
            return Ok(());
        }
        let epoch = self.epochs.read().unwrap_or(0);
        let sealings = store.transact(|tx| {
            // Another program may have seen it meanwhile.
            let found = self.found(tx, file)?;
            let seen = tx.put_back_at()?;
            let written_over = written_over && seen.is_none_or(|seen| seen < self.in_place_at);
            if written_over || found.was_put_back() {
                let mut account = tx.account()?;
                account.restored = true;
                account.epoch = account.epoch.max(epoch);
                tx.apply(&Effect::Account(Box::new(account)), now)?;
                // What has come with the backup is older than this, for whoever keeps their counter elsewhere.
                tx.note_put_back(Counter::time_after())?;
            }
            if let Some(stamp) = file {
                tx.put_stamp(stamp)?;
            }
            let sealings = found.highest();
            tx.set_sealings(sealings)?;
            Ok::<_, AccountError>(sealings)
        })?;
        Ok(self.sealings.adopt(sealings)?)
    }

    /// Whether the counter is ahead. No other program seals meanwhile: they count once their turn is over.
    fn was_put_back(&self, store: &Store) -> Result<bool, AccountError> {
        let file = store.stamp()?;
        let found = store.transact(|tx| self.found(tx, file))?;
        Ok(found.was_put_back())
    }

    fn found(&self, tx: &Transaction<'_>, file: Option<Stamp>) -> Result<Found, AccountError> {
        Ok(Found {
            kept: tx.stamp()?,
            file,
            sealings: tx.sealings()?,
            // One that cannot be read says so when it is written.
            counter: self
                .sealings
                .count(tx.put_back_at()?)
                .unwrap_or(Count::Missing),
        })
    }
}

/// What a new account notes in the turn that makes it. A counter left by an account that was here before says nothing
/// about this one.
pub(super) fn take_place(
    tx: &Transaction<'_>,
    stamp: Option<Stamp>,
    counter: u64,
) -> Result<(), StoreError> {
    if let Some(stamp) = stamp {
        tx.put_stamp(stamp)?;
    }
    tx.set_sealings(counter)
}

//! A database that was put back from a backup is known, also while it is open.
//!
//! ```text
//!  opened ─▶ in place? ─ no ─▶ no stored session is sealed with again, and the epochs that it does not know are over
//!               ▲
//!  before a turn: are the files that are open still those at the path? ─ no ─▶ opened again
//! ```

use super::{Account, AccountError};
use crate::edge::home::{Counter, Home};
use crate::edge::store::{Create, Store, StoreError, Transaction};
use crate::rules::effect::Effect;
use crate::rules::place::{Count, Found, Stamp};
use crate::rules::refusal::Refusal;
use crate::rules::view::View as _;

impl Account {
    /// Looks, whenever a turn begins, also whether something wrote another database over the one that is open: for a
    /// program that keeps it open for long.
    pub fn stay_open(&mut self) -> Result<(), AccountError> {
        Ok(self.store.guard()?)
    }

    /// Before a turn: if what is open is not what lies at the path any more, what lies there is opened.
    pub(super) fn stay_in_place(&mut self) -> Result<(), AccountError> {
        match self.store.is_in_place() {
            Err(StoreError::Replaced) => self.open_again(),
            Ok(()) if self.store.was_written_alike() && self.was_put_back()? => self.open_again(),
            Ok(()) => {
                self.in_place_at = Counter::time();
                Ok(())
            }
            Err(fault) => Err(fault.into()),
        }
    }

    fn open_again(&mut self) -> Result<(), AccountError> {
        self.glance = None;
        // They were rows of another database, which will let them go again.
        self.ended.clear();
        self.forget_changes();
        let guarded = self.store.is_guarded();
        let written_over = self.store.reopen()?;
        self.opened = self.opened.saturating_add(1);
        tracing::warn!("the database was replaced while it was open; it is opened again");
        self.know_if_put_back(written_over)?;
        if guarded {
            self.stay_open()?;
        }
        Ok(())
    }

    /// Whether a copy of the database is told from it wherever it is put: not where the file system does not say when a
    /// file was made.
    pub fn knows_copies(&self) -> Result<bool, AccountError> {
        Ok(self.store.stamp()?.is_none_or(Stamp::is_born))
    }

    /// A database that was put back: no stored session is sealed with again, and the epochs that it does not know are
    /// over. `written_over`: it was, as the program that had it open saw.
    pub(super) fn know_if_put_back(&mut self, written_over: bool) -> Result<(), AccountError> {
        let file = self.store.stamp()?;
        let found = self.look(|tx| self.found(tx, file))?;
        if !written_over && !found.was_put_back() && found.kept == file {
            return Ok(());
        }
        let (now, epoch) = (self.now(), self.epochs.read().unwrap_or(0));
        let sealings = self.store.transact(|tx| {
            // Another program may have seen it meanwhile.
            let found = self.found(tx, file)?;
            let seen = tx.put_back_at()?;
            let written_over = written_over && seen.is_none_or(|seen| seen < self.in_place_at);
            if written_over || found.was_put_back() {
                let mut account = tx.account().map_err(Refusal::from)?;
                account.restored = true;
                account.epoch = account.epoch.max(epoch);
                tx.apply(&Effect::Account(Box::new(account)), now)?;
                // What has come with the backup is older than this, for whoever keeps his counter elsewhere.
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
    fn was_put_back(&self) -> Result<bool, AccountError> {
        let file = self.store.stamp()?;
        let found = self.store.transact(|tx| self.found(tx, file))?;
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

    /// Takes a home for one that lies where it always did, whoever put it there: for tests, which copy whole accounts.
    pub fn take_for_granted(home: &Home) -> Result<(), AccountError> {
        let store = Store::open(&home.database(), Create::No)?;
        let stamp = store.stamp()?;
        let sealings = store.transact(|tx| {
            let sealings = tx.sealings()?;
            Self::take_place(tx, stamp, sealings)?;
            Ok::<_, StoreError>(sealings)
        })?;
        Ok(home.sealings().adopt(sealings)?)
    }
}

//! What the agent asks every second, read again only when somebody has committed.

use super::roster_line::{DIRTY, STAMP};
use super::{Account, AccountError};
use crate::edge::store::{Changes, Version};

/// What one look at the database showed.
#[derive(Debug)]
pub(super) struct Glance {
    version: Version,
    /// What told the roster file from others when it was last taken or written.
    pub(super) roster_stamp: Option<String>,
    /// The roster file has to be rendered.
    pub(super) roster_dirty: bool,
    /// No letter waits.
    pub(super) outbox_is_empty: bool,
    /// The earliest timer since a time, once asked for.
    next_timer: Option<(u64, Option<u64>)>,
}

impl Account {
    /// Looks what others have changed.
    pub(super) fn glance(&mut self) -> Result<&mut Glance, AccountError> {
        let version = self.store.version()?;
        let known = self.glance.take();
        let glance = match known.filter(|known| known.version == version) {
            Some(known) => known,
            None => self.read_glance(version)?,
        };
        Ok(self.glance.insert(glance))
    }

    /// What [`Account::glance`] showed last; of turns made here since, it shows all.
    fn last_glance(&mut self) -> Result<&mut Glance, AccountError> {
        let own = self.store.own_changes();
        match self.glance.take_if(|known| known.version.own == own) {
            Some(known) => Ok(self.glance.insert(known)),
            None => self.glance(),
        }
    }

    fn read_glance(&self, version: Version) -> Result<Glance, AccountError> {
        let keys = [STAMP, DIRTY];
        let found = self.look_once(|tx| Ok(tx.at_a_glance(keys)?))?;
        let ([roster_stamp, dirty], outbox_is_empty) = found;
        Ok(Glance {
            version,
            roster_stamp,
            roster_dirty: dirty.as_deref() == Some("1"),
            outbox_is_empty,
            next_timer: None,
        })
    }

    /// What has changed since this was asked last, by whomever; at first, everything.
    pub fn changes(&mut self) -> Result<Changes, AccountError> {
        let known = self.known_changes;
        let changes = self.look_once(|tx| Ok(tx.changes_since(known)?))?;
        self.known_changes = changes.last;
        Ok(changes)
    }

    /// [`Account::changes`] begins anew, with everything.
    pub fn forget_changes(&mut self) {
        self.known_changes = 0;
    }

    /// A number that changes when another program has committed something: as of the last look at the roster file.
    pub fn data_version(&mut self) -> Result<i64, AccountError> {
        let opened = i64::from(self.opened) << 32;
        Ok(self.last_glance()?.version.others.wrapping_add(opened))
    }

    /// When the next timer of any kind fires, at `since` or later, in seconds since 1970: as of the last look at the
    /// roster file, and all turns made here.
    pub fn next_timer(&mut self, since: u64) -> Result<Option<u64>, AccountError> {
        let known = self.last_glance()?.next_timer;
        if let Some((_, at)) = known.filter(|(asked, _)| *asked == since) {
            return Ok(at);
        }
        let at = self.look_once(|tx| Ok(tx.next_timers(since)?))?;
        self.last_glance()?.next_timer = Some((since, at));
        Ok(at)
    }

    /// No letter waits: as of the last look at the roster file, and all turns made here.
    pub(super) fn outbox_is_empty(&mut self) -> Result<bool, AccountError> {
        Ok(self.last_glance()?.outbox_is_empty)
    }
}

//! What transactions changed, for whoever keeps it in memory: another program's commit is followed by reading that alone.
//!
//! ```text
//!  change:  … 40 {contacts: bob} ── 41 {texts} ── 42 {account, contacts: all} ──▶
//!                   ▲ who has seen 40 reads 41 and 42; who has seen none that is still there reads everything again
//! ```
//!
//! Every transaction that changed anything leaves one row, within itself; so the newest number also counts them.

use std::collections::BTreeSet;

use rusqlite::params;
use serde::{Deserialize, Serialize};

use super::error::Result;
use super::transaction::{Transaction, int, json, uint};
use crate::protocol::address::Address;

/// What has changed since a number.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Changes {
    /// The number of the last change: what to ask with the next time.
    #[serde(skip)]
    pub last: u64,
    /// Who came, left or is another than before.
    #[serde(skip_serializing_if = "Contacts::are_none")]
    pub contacts: Contacts,
    /// The user's own side.
    #[serde(skip_serializing_if = "is_not")]
    pub account: bool,
    /// Texts and what was done to them, their states, or how far the user has read.
    #[serde(skip_serializing_if = "is_not")]
    pub texts: bool,
    /// Letters that wait: there are more, or they leave sooner, or not at all. One that has left is no change.
    #[serde(skip_serializing_if = "is_not")]
    pub outbox: bool,
    /// The user's clients were added, removed or given passwords.
    #[serde(skip_serializing_if = "is_not")]
    pub devices: bool,
    /// What the agent is to tell.
    #[serde(skip_serializing_if = "is_not")]
    pub notices: bool,
}

/// Which contacts have changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Contacts {
    /// These; one who is not on the roster now has left it.
    Only(BTreeSet<Address>),
    /// Perhaps everybody.
    All,
}

impl Changes {
    /// Everything may have changed.
    fn everything(last: u64) -> Self {
        Self {
            last,
            contacts: Contacts::All,
            account: true,
            texts: true,
            outbox: true,
            devices: true,
            notices: true,
        }
    }

    fn add(&mut self, later: Self) {
        let Self {
            last,
            contacts,
            account,
            texts,
            outbox,
            devices,
            notices,
        } = later;
        self.last = last;
        self.contacts.add(contacts);
        self.account |= account;
        self.texts |= texts;
        self.outbox |= outbox;
        self.devices |= devices;
        self.notices |= notices;
    }
}

impl Contacts {
    fn add(&mut self, others: Self) {
        match (&mut *self, others) {
            (Self::Only(these), Self::Only(those)) => these.extend(those),
            (_, Self::All) => *self = Self::All,
            (Self::All, Self::Only(_)) => {}
        }
    }

    /// Nobody has changed.
    #[must_use]
    pub fn are_none(&self) -> bool {
        matches!(self, Self::Only(these) if these.is_empty())
    }
}

impl Default for Contacts {
    fn default() -> Self {
        Self::Only(BTreeSet::new())
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_not(flag: &bool) -> bool {
    !flag
}

pub(super) const SINCE: &str = "SELECT number, what FROM change WHERE number >= ?1 ORDER BY number";
const LAST: &str = "SELECT max(number) AS number FROM change";

impl Transaction<'_> {
    /// What was changed after the change of this number, by whomever; 0 asks for everything, and so does a number that is
    /// none any more. A database that was put in the place of another has numbers of its own.
    pub fn changes_since(&self, number: u64) -> Result<Changes> {
        let mut rows = self.rows(SINCE, params![int(number)], |row| {
            let read = serde_json::from_str(row.get_ref("what")?.as_str().unwrap_or_default());
            let number = uint(row, "number")?;
            let read = read.unwrap_or_else(|_| Changes::everything(number));
            Ok(Changes {
                last: number,
                ..read
            })
        })?;
        let known = rows.first().is_some_and(|first| first.last == number);
        if !known {
            let last = self.row(LAST, [], |row| uint(row, "number"))?;
            return Ok(Changes::everything(last.unwrap_or(0)));
        }
        rows.drain(..1);
        let mut all = Changes {
            last: number,
            ..Changes::default()
        };
        rows.into_iter().for_each(|later| all.add(later));
        Ok(all)
    }

    /// Leaves the row that says what was changed here.
    pub(super) fn leave_changes(&self) -> Result<()> {
        let mut changes = self.changed.take();
        if matches!(&changes.contacts, Contacts::Only(these) if these.len() > MOST) {
            changes.contacts = Contacts::All;
        }
        let sql = "INSERT INTO change (number, what) VALUES ((SELECT coalesce(max(number), 0) + 1 FROM change), ?1)";
        self.run(sql, params![json(&changes)?])?;
        let number = self.last_row();
        if number.checked_rem(SWEEP) == Some(0) {
            let sql = "DELETE FROM change WHERE number <= ?1";
            self.run(sql, params![number.saturating_sub(KEPT)])?;
        }
        Ok(())
    }
}

/// Of more than so many contacts nobody names each.
const MOST: usize = 256;
/// So many rows stay, and no more than [`SWEEP`] beyond them.
const KEPT: i64 = 4096;
/// How seldom old rows are deleted.
const SWEEP: i64 = 256;

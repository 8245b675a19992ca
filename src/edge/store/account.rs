//! The user's own side: the account, its keys, the counter of sealings, and single values.

use rusqlite::params;
use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use super::error::{Result, StoreError};
use super::session::secret;
use super::tables::{Transaction, from_json, int, json};
use crate::rules::account::AccountState;
use crate::rules::place::Stamp;

const SEALINGS: &str = "sealings";
/// Under this key stands when it was last seen that a backup had been put back.
pub(super) const PUT_BACK: &str = "put_back_at";
/// Under this key stands which file holds the database.
pub(super) const PLACE: &str = "place";

impl Transaction<'_> {
    /// Makes the account: its state and the pickle of its keys.
    /// Errors: [`StoreError::Other`] if there is one already: keys are never replaced.
    pub fn create_account(&self, account: &AccountState, pickle: &str) -> Result<()> {
        if self.has_account()? {
            return Err(StoreError::Other("there is an account already".into()));
        }
        self.put_account_pickle(pickle)?;
        self.put_account(account)
    }

    /// Whether there is an account.
    pub fn has_account(&self) -> Result<bool> {
        self.exists("SELECT 1 FROM keyring", [])
    }

    pub(super) fn find_account(&self) -> Result<Option<AccountState>> {
        if let Some(kept) = &self.kept.borrow().account {
            return Ok(Some(kept.clone()));
        }
        let found = self.row("SELECT state FROM account", [], |row| {
            from_json(row, "state", "the account")
        })?;
        self.kept.borrow_mut().account.clone_from(&found);
        Ok(found)
    }

    pub(super) fn put_account(&self, account: &AccountState) -> Result<()> {
        self.note(|changes| changes.account = true);
        self.kept.borrow_mut().account = None;
        let sql = "INSERT INTO account (one, state) VALUES (1, ?1)
                   ON CONFLICT (one) DO UPDATE SET state = excluded.state";
        self.execute(sql, params![json(account)?])
    }

    /// The pickle of the account's keys; a secret.
    pub fn account_pickle(&self) -> Result<Option<Zeroizing<String>>> {
        self.row("SELECT pickle FROM keyring", [], secret)
    }

    /// Keeps the pickle of the account's keys.
    pub fn put_account_pickle(&self, pickle: &str) -> Result<()> {
        let sql = "INSERT INTO keyring (one, pickle) VALUES (1, ?1)
                   ON CONFLICT (one) DO UPDATE SET pickle = excluded.pickle";
        self.execute(sql, params![pickle])
    }

    /// How often anything was sealed: compared with the counter outside the data, it shows a restored backup.
    pub fn sealings(&self) -> Result<u64> {
        let text = self.meta_get(SEALINGS)?;
        text.map_or(Ok(0), |text| {
            text.parse()
                .map_err(|_| StoreError::Corrupt("the counter of sealings".into()))
        })
    }

    /// Counts `n` sealings more; returns the new count.
    pub fn bump_sealings(&self, n: u64) -> Result<u64> {
        let count = self.sealings()?.saturating_add(n);
        self.set_sealings(count)?;
        Ok(count)
    }

    /// Sets the counter of sealings: after a restored backup, to that of the counter outside.
    pub fn set_sealings(&self, count: u64) -> Result<()> {
        self.meta_set(SEALINGS, &int(count).to_string())
    }

    /// The stamp of the file that holds the database, as it was when somebody last looked; an older program left none.
    pub fn stamp(&self) -> Result<Option<Stamp>> {
        Ok(self.meta_get(PLACE)?.and_then(|text| text.parse().ok()))
    }

    /// Keeps the stamp of the file that holds the database.
    pub fn put_stamp(&self, stamp: Stamp) -> Result<()> {
        self.meta_set(PLACE, &stamp.to_string())
    }

    /// When it was last seen that this database came from a backup, in milliseconds since 1970.
    pub fn put_back_at(&self) -> Result<Option<i64>> {
        Ok(self.meta_get(PUT_BACK)?.and_then(|text| text.parse().ok()))
    }

    /// Notes when it was seen that this database came from a backup.
    pub fn note_put_back(&self, at: i64) -> Result<()> {
        self.meta_set(PUT_BACK, &at.to_string())
    }

    /// A single value by its key.
    pub fn meta_get(&self, key: &str) -> Result<Option<String>> {
        self.value("SELECT value FROM variable WHERE key = ?1", [key])
    }

    /// A single value that is kept as JSON; one that cannot be read says nothing.
    pub fn meta_json<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>> {
        let kept = self.meta_get(key)?;
        Ok(kept.and_then(|kept| serde_json::from_str(&kept).ok()))
    }

    /// Keeps a single value as JSON.
    pub fn meta_set_json(&self, key: &str, value: &impl Serialize) -> Result<()> {
        self.meta_set(key, &json(value)?)
    }

    /// Two single values by their keys, and whether no letter waits: what is asked every second, in one statement.
    pub fn polled(&self, keys: [&str; 2]) -> Result<([Option<String>; 2], bool)> {
        let sql = "SELECT (SELECT value FROM variable WHERE key = ?1) AS one,
                       (SELECT value FROM variable WHERE key = ?2) AS other,
                       NOT EXISTS (SELECT 1 FROM outbox) AS empty";
        let found = self.row(sql, keys, |row| {
            Ok(([row.get("one")?, row.get("other")?], row.get("empty")?))
        })?;
        Ok(found.unwrap_or_default())
    }

    /// Keeps a single value under its key.
    pub fn meta_set(&self, key: &str, value: &str) -> Result<()> {
        let sql = "INSERT INTO variable (key, value) VALUES (?1, ?2)
                   ON CONFLICT (key) DO UPDATE SET value = excluded.value";
        self.execute(sql, params![key, value])
    }
}

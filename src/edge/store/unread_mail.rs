//! Mails that bear our marker and could not be read.

use rusqlite::params;

use super::error::Result;
use super::tables::{Dedup, int};
use crate::protocol::time::Seconds;

/// How many there are, and why the last one could not be read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UnreadMails {
    /// Their number.
    pub count: u64,
    /// Of the last one: why, and when it came.
    pub last: Option<(String, Seconds)>,
}

pub(super) const LAST: &str =
    "SELECT reason, at FROM unread_mail WHERE at > ?1 ORDER BY at DESC LIMIT 1";
pub(super) const COUNT: &str = "SELECT count(*) AS count FROM unread_mail WHERE at > ?1";
const OLDEST: &str = "DELETE FROM unread_mail WHERE at < coalesce(
    (SELECT at FROM unread_mail ORDER BY at DESC LIMIT 1 OFFSET ?1), 0)";

impl Dedup<'_> {
    /// Why a mail could not be read, if it is remembered.
    pub fn unread_mail(&self, hash: &[u8; 32]) -> Result<Option<String>> {
        let sql = "SELECT reason FROM unread_mail WHERE hash = ?1";
        self.value(sql, params![hash])
    }

    /// Remembers why a mail could not be read; of very many the oldest are forgotten.
    pub fn put_unread_mail(&self, hash: &[u8; 32], reason: &str, now: Seconds) -> Result<()> {
        let sql = "INSERT INTO unread_mail (hash, reason, at) VALUES (?1, ?2, ?3)
                   ON CONFLICT (hash) DO UPDATE SET reason = excluded.reason, at = excluded.at";
        self.run(sql, params![hash, reason, now])?;
        self.execute(OLDEST, params![int(MOST)])
    }

    /// Forgets a mail that has been read after all.
    pub fn forget_unread_mail(&self, hash: &[u8; 32]) -> Result<()> {
        let sql = "DELETE FROM unread_mail WHERE hash = ?1";
        self.execute(sql, params![hash])
    }

    /// The mails that came since a time.
    pub fn unread_mails(&self, since: Seconds) -> Result<UnreadMails> {
        let count = self.number(COUNT, params![since])?;
        let last = self.row(LAST, params![since], |row| {
            Ok((row.get("reason")?, row.get("at")?))
        })?;
        Ok(UnreadMails {
            count: count.unwrap_or(0),
            last,
        })
    }
}

/// How many are remembered: forged ones come from anybody.
const MOST: u64 = 1000;

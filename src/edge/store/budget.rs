//! Mails that were handed over, each in its class, for two days.

use rusqlite::params;

use super::error::Result;
use super::tables::{Budget, int, uint};
use crate::protocol::time::{DAY, Seconds};
use crate::rules::conversation::ContactId;
use crate::rules::queue::budget::{Class, Counted, Day};

impl Budget<'_> {
    /// Counts a mail of a class to somebody, handed over at `now`.
    pub fn spend(&self, class: Class, to: ContactId, now: Seconds) -> Result<()> {
        let sql = "INSERT INTO budget (class, contact, at, count) VALUES (?1, ?2, ?3, 1)
                   ON CONFLICT (class, contact, at) DO UPDATE SET count = count + excluded.count";
        self.execute(sql, params![int(class.number()), to, now])
    }

    /// Counts one mail of a class to somebody less: the mail system did not take the last one.
    pub fn refund(&self, class: Class, to: ContactId, now: Seconds) -> Result<()> {
        let sql = "UPDATE budget SET count = count - 1
                   WHERE class = ?1 AND contact = ?2 AND at =
                       (SELECT max(at) FROM budget WHERE class = ?1 AND contact = ?2 AND at <= ?3 AND count > 0)";
        self.execute(sql, params![int(class.number()), to, now])
    }

    /// The mails of the last 24 hours.
    pub fn day(&self, per_day: u32, now: Seconds) -> Result<Day> {
        let sql = "SELECT class, contact, at, count FROM budget
                   WHERE at > ?1 AND count > 0 ORDER BY at";
        let counted = self.rows(sql, params![now.before(DAY)], |row| {
            Ok(Counted {
                class: uint(row, "class")?,
                to: Some(row.get("contact")?).filter(|to| *to != ContactId::default()),
                at: row.get("at")?,
                count: uint(row, "count")?,
            })
        })?;
        Ok(Day::new(per_day, now, counted))
    }
}

//! When something is next to be done.

use rusqlite::params;

use super::error::Result;
use super::transaction::{Transaction, int, uint_or_none};

/// Of a handshake, an announcement by mail, a text, and a letter in the outbox (its time, or the end of its claim if
/// that is later). One statement, for it is asked after every change.
const NEXT: &str = "SELECT min(at) AS at FROM (
     SELECT min(next_at) AS at FROM roster WHERE next_at IS NOT NULL AND next_at >= ?1 UNION ALL
     SELECT min(announce_mail_at) FROM roster WHERE announce_mail_at IS NOT NULL AND announce_mail_at >= ?1 UNION ALL
     SELECT min(due) FROM message WHERE due IS NOT NULL AND due >= ?1 UNION ALL
     SELECT min(max(due, claimed_until)) FROM outbox WHERE max(due, claimed_until) >= ?1)";

impl Transaction<'_> {
    /// The earliest timer of all that fire at `since` or later. What has fired before and is still there waits for
    /// what no clock brings (a budget, a friend's coming).
    pub fn next_timers(&self, since: u64) -> Result<Option<u64>> {
        let at = self.row(NEXT, params![int(since)], |row| uint_or_none(row, "at"))?;
        Ok(at.flatten())
    }
}

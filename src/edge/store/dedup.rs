//! What is remembered for a while: ciphertexts opened, mails sent, things that are over, mails counted, probes.

use rusqlite::params;

use super::error::Result;
use super::session::OVERTAKEN;
use super::transaction::{Transaction, address, address_or_none, int, uint};
use crate::protocol::address::Address;
use crate::protocol::letter::LetterId;
use crate::rules::queue::budget::{Class, Counted, Day};
use crate::rules::time::DAY;
use crate::rules::view::Tombstone;
use crate::rules::{announce, timers};

/// How long a ciphertext and a Message-ID are remembered, in seconds.
const REMEMBERED: u64 = 30 * DAY;
/// How long a probe is taken, in seconds.
const PROBE: u64 = 3_600;
/// No letter waits longer than this for its next try, in seconds.
const LONGEST_PAUSE: u64 = 2 * 3_600;
/// Nor a handshake, in seconds.
const LONGEST_HANDSHAKE: u64 = 30 * DAY;
/// How long mails are counted, in seconds.
const COUNTED: u64 = 2 * DAY;

/// What is remembered of a mail of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailed {
    /// To whom it went.
    pub friend: Address,
    /// The letter it carried.
    pub letter: LetterId,
    /// The epoch of the presence that it announced; 0 for none.
    pub announced: u64,
    /// It was reported that it will never arrive.
    pub reported: bool,
}

impl Transaction<'_> {
    /// Whether a ciphertext of this hash was opened within the last 30 days.
    pub fn seen(&self, hash: &[u8; 32], now: u64) -> Result<bool> {
        let sql = "SELECT 1 FROM seen WHERE hash = ?1 AND at > ?2";
        let since = int(now.saturating_sub(REMEMBERED));
        Ok(self.row(sql, params![hash, since], |_| Ok(()))?.is_some())
    }

    /// Remembers that a ciphertext of this hash was opened.
    pub fn mark_seen(&self, hash: &[u8; 32], now: u64) -> Result<()> {
        let sql = "INSERT INTO seen (hash, at) VALUES (?1, ?2) ON CONFLICT (hash) DO UPDATE SET at = excluded.at";
        self.run(sql, params![hash, int(now)]).map(drop)
    }

    /// Remembers which letter a mail of ours carries, the hash of the part in it, and the epoch of the presence that it announces (0: none).
    pub fn put_mail_id(
        &self,
        message_id: &str,
        friend: &Address,
        letter: LetterId,
        part: &[u8; 32],
        announced: u64,
        now: u64,
    ) -> Result<()> {
        let sql = "INSERT INTO mail_id (message_id, receiver, letter_id, announced, reported, at, part)
                   VALUES (?1, ?2, ?3, ?4, 0, ?5, ?6)
                   ON CONFLICT (message_id) DO UPDATE SET receiver = excluded.receiver, letter_id = excluded.letter_id,
                       announced = excluded.announced, at = excluded.at, part = excluded.part";
        let values = params![
            message_id,
            self.contact_made(friend)?,
            letter.0,
            int(announced),
            int(now),
            part
        ];
        self.run(sql, values).map(drop)
    }

    /// What is remembered of a mail of ours.
    pub fn mail_id(&self, message_id: &str) -> Result<Option<Mailed>> {
        let sql =
            "SELECT (SELECT address FROM contact WHERE id = receiver) AS friend, letter_id, announced, reported
                   FROM mail_id WHERE message_id = ?1";
        self.row(sql, params![message_id], |row| {
            Ok(Mailed {
                friend: address(row, "friend")?,
                letter: LetterId(row.get("letter_id")?),
                announced: uint(row, "announced")?,
                reported: row.get("reported")?,
            })
        })
    }

    /// The Message-ID that a mail of ours had which carried a part of this hash.
    pub fn mail_with_part(&self, part: &[u8; 32]) -> Result<Option<String>> {
        let sql = "SELECT message_id FROM mail_id WHERE part = ?1 ORDER BY at DESC";
        self.row(sql, params![part], |row| Ok(row.get("message_id")?))
    }

    /// A report that a mail of ours will never arrive was taken.
    pub fn mark_reported(&self, message_id: &str) -> Result<()> {
        let sql = "UPDATE mail_id SET reported = 1 WHERE message_id = ?1";
        self.run(sql, params![message_id]).map(drop)
    }

    pub(super) fn remembers(&self, tombstone: &Tombstone, now: u64) -> Result<bool> {
        let (kind, address, letter) = columns(tombstone);
        let sql = "SELECT 1 FROM tombstone WHERE kind = ?1 AND contact = ?2 AND letter_id = ?3 AND until > ?4";
        Ok(self
            .row(
                sql,
                params![kind, self.contact(address)?, letter, int(now)],
                |_| Ok(()),
            )?
            .is_some())
    }

    pub(super) fn remember(&self, tombstone: &Tombstone, until: u64) -> Result<()> {
        let (kind, address, letter) = columns(tombstone);
        let sql = "INSERT INTO tombstone (kind, contact, letter_id, until) VALUES (?1, ?2, ?3, ?4)
                   ON CONFLICT (kind, contact, letter_id) DO UPDATE SET until = max(until, excluded.until)";
        self.run(
            sql,
            params![kind, self.contact_made(address)?, letter, int(until)],
        )
        .map(drop)
    }

    /// Counts a mail of a class to somebody, handed over at `now`.
    pub fn budget_spend(&self, class: Class, friend: &Address, now: u64) -> Result<()> {
        let sql = "INSERT INTO budget (class, contact, at, count) VALUES (?1, ?2, ?3, 1)
                   ON CONFLICT (class, contact, at) DO UPDATE SET count = count + excluded.count";
        self.run(
            sql,
            params![int(class.number()), self.contact(friend)?, int(now)],
        )
        .map(drop)
    }

    /// Counts one mail of a class to somebody less: the mail system did not take the last one.
    pub fn budget_refund(&self, class: Class, friend: &Address, now: u64) -> Result<()> {
        let sql = "UPDATE budget SET count = count - 1
                   WHERE class = ?1 AND contact = ?2 AND at =
                       (SELECT max(at) FROM budget WHERE class = ?1 AND contact = ?2 AND at <= ?3 AND count > 0)";
        self.run(
            sql,
            params![int(class.number()), self.contact(friend)?, int(now)],
        )
        .map(drop)
    }

    /// How many mails were handed over after `since` (at most two days back).
    pub fn budget_spent(&self, since: u64) -> Result<u64> {
        let sql = "SELECT coalesce(sum(count), 0) AS count FROM budget WHERE at > ?1";
        Ok(self
            .row(sql, params![int(since)], |row| uint(row, "count"))?
            .unwrap_or(0))
    }

    /// The mails of the last 24 hours.
    pub fn budget_day(&self, per_day: u32, now: u64) -> Result<Day> {
        let sql = "SELECT class, address, at, count FROM budget LEFT JOIN contact ON contact.id = budget.contact
                   WHERE at > ?1 AND count > 0 ORDER BY at";
        let counted = self.rows(sql, params![int(now.saturating_sub(DAY))], |row| {
            Ok(Counted {
                class: uint(row, "class")?,
                friend: address_or_none(row, "address")?,
                at: uint(row, "at")?,
                count: uint(row, "count")?,
            })
        })?;
        Ok(Day::new(per_day, now, counted))
    }

    /// Remembers the token of a loop-back mail.
    pub fn put_probe(&self, token: &[u8; 16], now: u64) -> Result<()> {
        let sql = "INSERT INTO probe (token, at) VALUES (?1, ?2) ON CONFLICT (token) DO UPDATE SET at = excluded.at";
        self.run(sql, params![token, int(now)]).map(drop)
    }

    /// Whether a loop-back mail of this token left within the last hour.
    pub fn probe(&self, token: &[u8; 16], now: u64) -> Result<bool> {
        let sql = "SELECT 1 FROM probe WHERE token = ?1 AND at > ?2";
        let since = int(now.saturating_sub(PROBE));
        Ok(self.row(sql, params![token, since], |_| Ok(()))?.is_some())
    }

    /// Deletes what need not be remembered any more, and invites that have expired.
    pub fn sweep(&self, now: u64) -> Result<()> {
        let month = now.saturating_sub(REMEMBERED);
        // The newest row stays: its number must not be given to another text.
        let texts = "DELETE FROM message WHERE text = '' AND unknown_kind IS NULL AND change IS NULL AND arrival <= ?1
                         AND row < (SELECT max(row) FROM message)";
        for (sql, until) in [
            ("DELETE FROM seen WHERE at <= ?1", month),
            ("DELETE FROM mail_id WHERE at <= ?1", month),
            ("DELETE FROM unread_mail WHERE at <= ?1", month),
            (texts, month.saturating_mul(1000)),
            ("DELETE FROM tombstone WHERE until <= ?1", now),
            (
                "DELETE FROM overtaken WHERE at <= ?1",
                now.saturating_sub(OVERTAKEN),
            ),
            ("DELETE FROM invite WHERE expires_at <= ?1", now),
            (
                "DELETE FROM budget WHERE at <= ?1",
                now.saturating_sub(COUNTED),
            ),
            (
                "DELETE FROM probe WHERE at <= ?1",
                now.saturating_sub(PROBE),
            ),
        ] {
            self.run(sql, params![int(until)])?;
        }
        self.sweep_removed(now)?;
        self.sweep_contacts()
    }

    /// What would wait longer than any pause was posted, put off or claimed by a clock that ran ahead: a letter, a
    /// text that waits for its receipt, a handshake, an announcement. What it spent counts as spent now.
    pub fn forgive_clock(&self, now: u64) -> Result<()> {
        let letters = "UPDATE outbox SET due = min(due, ?1), claimed_until = 0 WHERE due > ?2 OR claimed_until > ?2";
        let longest = int(now.saturating_add(LONGEST_PAUSE));
        self.run(letters, params![int(now), longest])?;
        let texts = "UPDATE message SET due = ?1 WHERE due > ?2 AND via IS NOT 'mail'";
        self.run(texts, params![int(now), longest])?;
        self.forgive_mailed_texts(now)?;
        for mut person in self.announced_ahead(now)? {
            person.announce = person.announce.map(|due| announce::from_now(&due, now));
            self.put_person(&person)?;
        }
        for person in self.handshakes_ahead(now.saturating_add(LONGEST_HANDSHAKE))? {
            self.put_person(&timers::from_now(&person, now))?;
        }
        self.forgive_budget(now)
    }

    /// A text that left by mail has its next try after a day, then after a day; it fails after five at most.
    fn forgive_mailed_texts(&self, now: u64) -> Result<()> {
        let sql = "UPDATE message SET mailed_at = min(mailed_at, ?1), due = ?1 + iif(attempts < 3, ?2, ?3)
                   WHERE due > ?1 + ?2 AND due > ?1 + iif(attempts < 3, ?2, ?3) AND via = 'mail'";
        let (try_again, fail) = (int(DAY), int(DAY.saturating_mul(5)));
        self.run(sql, params![int(now), try_again, fail]).map(drop)
    }

    fn forgive_budget(&self, now: u64) -> Result<()> {
        let moved = "INSERT INTO budget (class, contact, at, count)
                     SELECT class, contact, ?1, sum(count) FROM budget WHERE at > ?1 GROUP BY class, contact
                     ON CONFLICT (class, contact, at) DO UPDATE SET count = count + excluded.count";
        if self.run(moved, params![int(now)])? > 0 {
            self.run("DELETE FROM budget WHERE at > ?1", params![int(now)])?;
        }
        Ok(())
    }
}

fn columns(tombstone: &Tombstone) -> (&'static str, &Address, &[u8]) {
    match tombstone {
        Tombstone::Request(address, letter) => ("request", address, &letter.0),
        Tombstone::Automatic(address) => ("automatic", address, &[]),
        Tombstone::KeyOfAnother(address) => ("key of another", address, &[]),
        Tombstone::AnsweredElsewhere(address, letter) => ("answered elsewhere", address, &letter.0),
    }
}

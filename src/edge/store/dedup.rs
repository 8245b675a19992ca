//! What is remembered for a while: ciphertexts opened, mails sent, things that are over, mails counted, probes.

use std::time::Duration;

use rusqlite::params;

use super::error::Result;
use super::tables::{Dedup, int, uint};
use crate::protocol::letter::{LetterId, PublicKey};
use crate::protocol::time::{HOUR, MONTH, Seconds};
use crate::rules::conversation::ContactId;
use crate::rules::view::Tombstone;

/// How long a ciphertext and a Message-ID are remembered.
pub(super) const REMEMBERED: Duration = MONTH;
pub(super) const PROBE: Duration = HOUR;

/// What is remembered of a mail of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailed {
    /// To whom it went.
    pub to: ContactId,
    /// The letter it carried.
    pub letter: LetterId,
    /// The epoch of the presence that it announced; 0 for none.
    pub announced: u64,
    /// It was reported that it will never arrive.
    pub reported: bool,
}

impl Dedup<'_> {
    /// Whether a ciphertext of this hash was opened within the last 30 days; one that names a prekey of ours, ever since.
    pub fn seen(&self, hash: &[u8; 32], now: Seconds) -> Result<bool> {
        let sql = "SELECT 1 FROM seen WHERE hash = ?1 AND (at > ?2 OR prekey IS NOT NULL)";
        let since = now.before(REMEMBERED);
        self.exists(sql, params![hash, since])
    }

    /// Remembers that a ciphertext of this hash was opened, for as long as the prekey of ours lives that it may name.
    pub fn mark_seen(
        &self,
        hash: &[u8; 32],
        prekey: Option<PublicKey>,
        now: Seconds,
    ) -> Result<()> {
        let sql = "INSERT INTO seen (hash, at, prekey) VALUES (?1, ?2, ?3)
                   ON CONFLICT (hash) DO UPDATE SET at = excluded.at, prekey = coalesce(excluded.prekey, prekey)";
        self.execute(sql, params![hash, now, prekey.map(|key| key.0)])
    }

    /// Of our prekeys only these live: what names others need not be remembered any longer for that.
    pub fn prekeys_are(&self, these: [PublicKey; 2]) -> Result<()> {
        let sql = "UPDATE seen SET prekey = NULL WHERE prekey NOT IN (?1, ?2)";
        self.execute(sql, these.map(|key| key.0))
    }

    /// Remembers which letter a mail of ours carries, the hash of the part in it, and the epoch of the presence that it announces (0: none).
    pub fn put_mail_id(
        &self,
        message_id: &str,
        to: ContactId,
        letter: LetterId,
        part: &[u8; 32],
        announced: u64,
        now: Seconds,
    ) -> Result<()> {
        let sql = "INSERT INTO mail_id (message_id, receiver, letter_id, announced, reported, at, part)
                   VALUES (?1, ?2, ?3, ?4, 0, ?5, ?6)
                   ON CONFLICT (message_id) DO UPDATE SET receiver = excluded.receiver, letter_id = excluded.letter_id,
                       announced = excluded.announced, at = excluded.at, part = excluded.part";
        let values = params![message_id, to, letter.0, int(announced), now, part];
        self.execute(sql, values)
    }

    /// What is remembered of a mail of ours.
    pub fn mail_id(&self, message_id: &str) -> Result<Option<Mailed>> {
        let sql =
            "SELECT receiver, letter_id, announced, reported FROM mail_id WHERE message_id = ?1";
        self.row(sql, params![message_id], |row| {
            Ok(Mailed {
                to: row.get("receiver")?,
                letter: LetterId(row.get("letter_id")?),
                announced: uint(row, "announced")?,
                reported: row.get("reported")?,
            })
        })
    }

    /// The Message-ID that a mail of ours had which carried a part of this hash.
    pub fn mail_with_part(&self, part: &[u8; 32]) -> Result<Option<String>> {
        let sql = "SELECT message_id FROM mail_id WHERE part = ?1 ORDER BY at DESC";
        self.value(sql, params![part])
    }

    /// A report that a mail of ours will never arrive was taken.
    pub fn mark_reported(&self, message_id: &str) -> Result<()> {
        let sql = "UPDATE mail_id SET reported = 1 WHERE message_id = ?1";
        self.execute(sql, params![message_id])
    }

    pub(super) fn remembers(&self, tombstone: &Tombstone, now: Seconds) -> Result<bool> {
        let (kind, contact, letter) = columns(tombstone);
        let sql = "SELECT 1 FROM tombstone WHERE kind = ?1 AND contact = ?2 AND letter_id = ?3 AND until > ?4";
        let values = params![kind, contact, letter, now];
        self.exists(sql, values)
    }

    pub(super) fn remember(&self, tombstone: &Tombstone, until: Seconds) -> Result<()> {
        let (kind, contact, letter) = columns(tombstone);
        let sql = "INSERT INTO tombstone (kind, contact, letter_id, until) VALUES (?1, ?2, ?3, ?4)
                   ON CONFLICT (kind, contact, letter_id) DO UPDATE SET until = max(until, excluded.until)";
        self.execute(sql, params![kind, contact, letter, until])
    }

    /// Remembers the token of a loop-back mail.
    pub fn put_probe(&self, token: &[u8; 16], now: Seconds) -> Result<()> {
        let sql = "INSERT INTO probe (token, at) VALUES (?1, ?2) ON CONFLICT (token) DO UPDATE SET at = excluded.at";
        self.execute(sql, params![token, now])
    }

    /// Whether a loop-back mail of this token left within the last hour.
    pub fn probe(&self, token: &[u8; 16], now: Seconds) -> Result<bool> {
        let sql = "SELECT 1 FROM probe WHERE token = ?1 AND at > ?2";
        let since = now.before(PROBE);
        self.exists(sql, params![token, since])
    }
}

fn columns(tombstone: &Tombstone) -> (&'static str, ContactId, &[u8]) {
    match tombstone {
        Tombstone::Request(contact, letter) => ("request", *contact, &letter.0),
        Tombstone::Automatic(contact) => ("automatic", *contact, &[]),
        Tombstone::KeyOfAnother(contact) => ("key of another", *contact, &[]),
        Tombstone::AnsweredElsewhere(contact, letter) => {
            ("answered elsewhere", *contact, &letter.0)
        }
    }
}

//! Mailboxes that are fetched from: how far each folder has been read, and what is tried again.

use std::num::NonZeroU32;

use rusqlite::{Row, params};

use super::error::{Result, StoreError};
use super::tables::{Mailboxes, uint};
use crate::rules::fetch::mailbox::Uid;
use crate::rules::fetch::plan::{Cursor, Kept, Retry};

impl Mailboxes<'_> {
    /// All folders, and how many letters came by each, and how many were gone before they could be fetched, since ever.
    pub fn all(&self) -> Result<Vec<Kept>> {
        let sql = "SELECT name, uidvalidity, next, since, letters, gone FROM mailbox ORDER BY name";
        let mut all = self.rows(sql, [], |row| {
            Ok(Kept {
                cursor: Cursor {
                    name: row.get("name")?,
                    uidvalidity: row.get("uidvalidity")?,
                    next: uid(row, "next")?,
                    looked: row.get("since")?,
                },
                retries: Vec::new(),
                letters: number(row, "letters")?,
                gone: number(row, "gone")?,
            })
        })?;
        for kept in &mut all {
            kept.retries = self.retries(&kept.cursor.name)?;
        }
        Ok(all)
    }

    fn retries(&self, mailbox: &str) -> Result<Vec<Retry>> {
        let sql = "SELECT uid, tries, due FROM fetch_retry WHERE mailbox = ?1 ORDER BY due, uid";
        self.rows(sql, [mailbox], |row| {
            Ok(Retry {
                uid: uid(row, "uid")?,
                tries: number(row, "tries")?,
                due: row.get("due")?,
            })
        })
    }

    /// Keeps how far a folder has been read; its counts are added to those of before.
    pub fn keep(&self, kept: &Kept) -> Result<()> {
        let Cursor {
            name,
            uidvalidity,
            next,
            looked,
        } = &kept.cursor;
        let sql = "INSERT INTO mailbox (name, uidvalidity, next, since, letters, gone)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                   ON CONFLICT (name) DO UPDATE SET uidvalidity = excluded.uidvalidity, next = excluded.next,
                   since = excluded.since, letters = letters + excluded.letters, gone = gone + excluded.gone";
        let counts = (kept.letters, kept.gone);
        let values = params![name, uidvalidity, next.0.get(), looked, counts.0, counts.1];
        self.run(sql, values)?;
        if kept.retries != self.retries(name)? {
            self.run("DELETE FROM fetch_retry WHERE mailbox = ?1", [name])?;
            for Retry { uid, tries, due } in &kept.retries {
                let sql =
                    "INSERT INTO fetch_retry (mailbox, uid, tries, due) VALUES (?1, ?2, ?3, ?4)";
                self.run(sql, params![name, uid.0.get(), tries, due])?;
            }
        }
        Ok(())
    }

    /// The mails at a POP3 server that are done with, by the hash of each one's unique id.
    pub fn pop3_seen(&self) -> Result<Vec<[u8; 8]>> {
        let sql = "SELECT hash8 FROM pop3_seen ORDER BY hash8";
        self.rows(sql, [], |row| Ok(row.get(0)?))
    }

    /// The same, as they are now: what is at the server no more need not be known.
    pub fn keep_pop3_seen(&self, seen: &[[u8; 8]]) -> Result<()> {
        self.run("DELETE FROM pop3_seen", [])?;
        for hash8 in seen {
            self.run(
                "INSERT OR IGNORE INTO pop3_seen (hash8) VALUES (?1)",
                [hash8],
            )?;
        }
        Ok(())
    }
}

fn uid(row: &Row, column: &str) -> Result<Uid> {
    let uid = u32::try_from(uint(row, column)?).ok();
    let uid = uid.and_then(NonZeroU32::new).map(Uid);
    uid.ok_or_else(|| StoreError::Row(format!("{column} is no uid")))
}

fn number(row: &Row, column: &str) -> Result<u32> {
    Ok(u32::try_from(uint(row, column)?).unwrap_or(u32::MAX))
}

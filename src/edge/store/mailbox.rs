//! Mailboxes that are fetched from: how far each folder has been read, and what is tried again; each at its server, which
//! is named as `user@host`.

use std::num::NonZeroU32;
use std::time::Duration;

use rusqlite::{Row, params};

use super::error::{Result, StoreError};
use super::tables::{Mailboxes, uint};
use crate::protocol::time::{Seconds, days};
use crate::rules::fetch::mailbox::Uid;
use crate::rules::fetch::plan::{Cursor, Kept, Refused, Retry};
use crate::rules::fetch::pop3_mails::{Hash8, Pop3Kept, Pop3Retry};

/// When a folder at a server was looked at last.
#[derive(Debug)]
pub struct LastLook {
    /// `user@host`.
    pub server: String,
    /// The folder's name.
    pub name: String,
    /// When.
    pub at: Seconds,
}

impl Mailboxes<'_> {
    /// The folders at a server, and how many letters came by each, and how many were gone before they could be fetched,
    /// since ever. One whose row is damaged is passed over.
    pub fn all(&self, server: &str) -> Result<Vec<Kept>> {
        let mut all = self.readable(FOLDERS, [server], folder)?;
        for kept in &mut all {
            kept.retries = self.retries(server, &kept.cursor.name)?;
        }
        Ok(all)
    }

    fn retries(&self, server: &str, mailbox: &str) -> Result<Vec<Retry>> {
        let sql = "SELECT uid, tries, due, came FROM fetch_retry WHERE server = ?1 AND mailbox = ?2 ORDER BY due, uid";
        self.readable(sql, [server, mailbox], retry)
    }

    /// Whether a folder at a server has been read, even if nobody can tell how far.
    pub fn has(&self, server: &str, name: &str) -> Result<bool> {
        let sql = "SELECT 1 FROM mailbox WHERE server = ?1 AND name = ?2";
        self.exists(sql, [server, name])
    }

    /// When any mailbox was looked at last, at whatever server.
    pub fn looked_last(&self) -> Result<Option<Seconds>> {
        self.value("SELECT max(since) FROM mailbox", [])
    }

    /// When each folder was looked at last.
    pub fn looks(&self) -> Result<Vec<LastLook>> {
        let sql = "SELECT server, name, since FROM mailbox";
        self.readable(sql, [], |row| {
            Ok(LastLook {
                server: row.get("server")?,
                name: row.get("name")?,
                at: row.get("since")?,
            })
        })
    }

    /// What was kept before it was kept with its server is this one's.
    pub fn claim(&self, server: &str) -> Result<()> {
        for sql in [
            "UPDATE OR IGNORE mailbox SET server = ?1 WHERE server = ''",
            "UPDATE OR IGNORE pop3_seen SET server = ?1 WHERE server = ''",
        ] {
            self.run(sql, [server])?;
        }
        Ok(())
    }

    /// Whether there is something to claim.
    pub fn is_unclaimed(&self) -> Result<bool> {
        self.exists("SELECT 1 FROM mailbox WHERE server = ''", [])
    }

    /// Keeps how far a folder has been read; its counts are added to those of before.
    pub fn keep(&self, server: &str, kept: &Kept) -> Result<()> {
        let Cursor {
            name,
            uidvalidity,
            next,
            looked,
        } = &kept.cursor;
        let sql = "INSERT INTO mailbox (server, name, uidvalidity, next, since, letters, gone)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
                   ON CONFLICT (server, name) DO UPDATE SET uidvalidity = excluded.uidvalidity, next = excluded.next,
                   since = excluded.since, letters = letters + excluded.letters, gone = gone + excluded.gone";
        let next = next.0.get();
        let values = params![
            server,
            name,
            uidvalidity,
            next,
            looked,
            kept.letters,
            kept.gone
        ];
        self.run(sql, values)?;
        let by_uid = |mut retries: Vec<Retry>| {
            retries.sort_unstable_by_key(|retry| retry.uid);
            retries
        };
        if by_uid(kept.retries.clone()) != by_uid(self.retries(server, name)?) {
            let sql = "DELETE FROM fetch_retry WHERE server = ?1 AND mailbox = ?2";
            self.run(sql, [server, name])?;
            for one in &kept.retries {
                let sql = "INSERT INTO fetch_retry (server, mailbox, uid, tries, due, came)
                           VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
                let Retry {
                    uid,
                    tries,
                    due,
                    came,
                } = one;
                self.run(sql, params![server, name, uid.0.get(), tries, due, came])?;
            }
        }
        Ok(())
    }

    /// The mails at a POP3 server that are done with, by the hash of each one's unique id.
    pub fn pop3_seen(&self, server: &str) -> Result<Vec<Hash8>> {
        let sql = "SELECT hash8 FROM pop3_seen WHERE server = ?1 ORDER BY hash8";
        self.readable(sql, [server], pop3_seen)
    }

    /// The mails at a POP3 server that are tried again.
    pub fn pop3_retries(&self, server: &str) -> Result<Vec<Pop3Retry>> {
        let sql = "SELECT hash8, tries, due FROM pop3_retry WHERE server = ?1 ORDER BY hash8";
        self.readable(sql, [server], pop3_retry)
    }

    /// Keeps which mails at a POP3 server came to those that are done with, which are there no more, and which are tried
    /// again.
    pub fn keep_pop3(&self, server: &str, kept: &Pop3Kept) -> Result<()> {
        for hash8 in &kept.gone {
            let sql = "DELETE FROM pop3_seen WHERE server = ?1 AND hash8 = ?2";
            self.run(sql, params![server, hash8])?;
        }
        for hash8 in &kept.added {
            let sql = "INSERT OR IGNORE INTO pop3_seen (server, hash8) VALUES (?1, ?2)";
            self.run(sql, params![server, hash8])?;
        }
        if kept.retries != self.pop3_retries(server)? {
            self.run("DELETE FROM pop3_retry WHERE server = ?1", [server])?;
            for Pop3Retry { hash, tries, due } in &kept.retries {
                let sql =
                    "INSERT INTO pop3_retry (server, hash8, tries, due) VALUES (?1, ?2, ?3, ?4)";
                self.run(sql, params![server, hash, tries, due])?;
            }
        }
        Ok(())
    }

    /// How logins at a server were refused, if the last one was.
    pub fn refused(&self, server: &str) -> Result<Option<Refused>> {
        let sql = "SELECT times, at, pause FROM refused_login WHERE server = ?1";
        let all = self.readable(sql, [server], |row| {
            Ok(Refused {
                times: number(row, "times")?,
                at: row.get("at")?,
                pause: Duration::from_secs(uint(row, "pause")?),
            })
        });
        Ok(all?.pop())
    }

    /// Keeps that.
    pub fn keep_refused(&self, server: &str, refused: Option<&Refused>) -> Result<()> {
        self.run("DELETE FROM refused_login WHERE server = ?1", [server])?;
        if let Some(Refused { times, at, pause }) = refused {
            let sql =
                "INSERT INTO refused_login (server, times, at, pause) VALUES (?1, ?2, ?3, ?4)";
            self.run(sql, params![server, times, at, Seconds(pause.as_secs())])?;
        }
        Ok(())
    }

    /// How many rows are damaged and cannot be read; one of a refused login says something whatever stands in it.
    pub(super) fn damaged(&self) -> Result<usize> {
        let count = [
            self.damaged_in("mailbox", folder)?,
            self.damaged_in("fetch_retry", retry)?,
            self.damaged_in("pop3_seen", pop3_seen)?,
            self.damaged_in("pop3_retry", pop3_retry)?,
        ];
        Ok(count.iter().sum())
    }

    fn damaged_in<T>(&self, table: &str, read: impl Fn(&Row) -> Result<T>) -> Result<usize> {
        let sql = format!("SELECT * FROM {table}");
        let damaged = self.rows(&sql, [], |row| Ok(read(row).is_err()))?;
        Ok(damaged.into_iter().filter(|it| *it).count())
    }

    /// Forgets the mailboxes at servers where nobody has looked for a year, but not those that are configured, however long
    /// they let nobody in or nothing came, nor those at the one where it was looked last: from then on is read.
    pub fn sweep(&self, now: Seconds, configured: &[String]) -> Result<()> {
        let sql =
            "SELECT server FROM mailbox GROUP BY server HAVING max(since) <= ?1 AND max(since) <
                       (SELECT max(since) FROM mailbox)";
        let former: Vec<String> =
            self.readable(sql, [now.before(FORMER)], |row| Ok(row.get("server")?))?;
        for server in former.iter().filter(|it| !configured.contains(it)) {
            // What is tried again in its folders goes with them.
            for table in ["mailbox", "pop3_seen", "pop3_retry", "refused_login"] {
                let sql = format!("DELETE FROM {table} WHERE server = ?1");
                self.run(&sql, [server])?;
            }
        }
        Ok(())
    }
}

/// So long nobody has looked at a mailbox that is forgotten.
const FORMER: Duration = days(365);

const FOLDERS: &str = "SELECT name, uidvalidity, next, since, letters, gone FROM mailbox WHERE server = ?1 ORDER BY name";

fn folder(row: &Row) -> Result<Kept> {
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
}

fn retry(row: &Row) -> Result<Retry> {
    Ok(Retry {
        uid: uid(row, "uid")?,
        tries: number(row, "tries")?,
        due: row.get("due")?,
        came: row.get("came")?,
    })
}

fn pop3_seen(row: &Row) -> Result<Hash8> {
    Ok(row.get("hash8")?)
}

fn pop3_retry(row: &Row) -> Result<Pop3Retry> {
    Ok(Pop3Retry {
        hash: row.get("hash8")?,
        tries: number(row, "tries")?,
        due: row.get("due")?,
    })
}

fn uid(row: &Row, column: &str) -> Result<Uid> {
    let uid = u32::try_from(uint(row, column)?).ok();
    let uid = uid.and_then(NonZeroU32::new).map(Uid);
    uid.ok_or_else(|| StoreError::Row(format!("{column} is no uid")))
}

fn number(row: &Row, column: &str) -> Result<u32> {
    Ok(u32::try_from(uint(row, column)?).unwrap_or(u32::MAX))
}

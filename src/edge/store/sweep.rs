//! What is old is deleted, and what a clock that ran ahead put off is taken from now.

use std::time::Duration;

use rusqlite::params;

use super::dedup::{PROBE, REMEMBERED};
use super::error::Result;
use super::session::OVERTAKEN_FOR;
use super::tables::{Transaction, int};
use crate::protocol::time::{Seconds, days};
use crate::rules::queue::LATEST;
use crate::rules::queue::retry::{
    LONGEST_HANDSHAKE, LONGEST_PAUSE, LONGEST_TEXT, LONGEST_TRY, TRIES,
};
use crate::rules::{announce, timers};

/// No text or copy that left by mail waits longer than for its next try, or its end.
macro_rules! mailed_ahead {
    ($table:literal, $is_meant:literal) => {
        concat!(
            "UPDATE ",
            $table,
            " SET mailed_at = min(mailed_at, ?1), due = ?1 + iif(attempts < ?4, ?2, ?3)
             WHERE due > ?1 + ?2 AND due > ?1 + iif(attempts < ?4, ?2, ?3) AND via = 'mail' AND ",
            $is_meant
        )
    };
}

impl Transaction<'_> {
    /// Deletes what need not be remembered any more, and invites that have expired.
    pub fn sweep(&self, now: Seconds) -> Result<()> {
        let month = now.before(REMEMBERED);
        // The newest row stays: its number must not be given to another text.
        let texts = "DELETE FROM message WHERE text = '' AND unknown_kind IS NULL AND change IS NULL AND arrival <= ?1
                         AND row < (SELECT max(row) FROM message)";
        self.run(texts, params![month.millis()])?;
        // How far each copy came of a text of which nothing more will come; the text says what that was for all.
        let copies = "DELETE FROM said_to WHERE state NOT IN ('queued', 'sent')
                         AND NOT EXISTS (SELECT 1 FROM message WHERE message.conversation = said_to.conversation
                             AND message.id = said_to.of AND message.author = 0 AND message.arrival > ?1)
                         AND NOT EXISTS (SELECT 1 FROM said_to AS other WHERE other.conversation = said_to.conversation
                             AND other.of = said_to.of AND other.state IN ('queued', 'sent'))";
        self.run(copies, params![month.millis()])?;
        for (sql, until) in [
            ("DELETE FROM seen WHERE at <= ?1 AND prekey IS NULL", month),
            ("DELETE FROM mail_id WHERE at <= ?1", month),
            ("DELETE FROM unread_mail WHERE at <= ?1", month),
            ("DELETE FROM tombstone WHERE until <= ?1", now),
            (
                "DELETE FROM overtaken WHERE at <= ?1",
                now.before(OVERTAKEN_FOR),
            ),
            ("DELETE FROM invite WHERE expires_at <= ?1", now),
            ("DELETE FROM budget WHERE at <= ?1", now.before(COUNTED)),
            ("DELETE FROM probe WHERE at <= ?1", now.before(PROBE)),
        ] {
            self.run(sql, params![until])?;
        }
        self.sessions().sweep_removed(now)?;
        self.groups().sweep(now)?;
        self.roster().sweep_contacts()
    }

    /// What would wait longer than any pause was posted, put off or claimed by a clock that ran ahead: a letter, a
    /// text or a copy that waits for its receipt, what is due in a group, a handshake, an announcement. What it spent counts as spent now.
    pub fn forgive_clock(&self, now: Seconds) -> Result<()> {
        let letters = "UPDATE outbox SET due = min(due, ?1), claimed_until = 0
                       WHERE due > ?3 OR claimed_until > ?2
                          OR (due > ?2 AND receiver NOT IN (SELECT contact FROM roster WHERE visible = 0))";
        let longest = now.after(LONGEST_PAUSE);
        self.run(letters, params![now, longest, now.after(LATEST)])?;
        for texts in [
            "UPDATE message SET due = ?1 WHERE due > ?2 AND via IS NOT 'mail'",
            "UPDATE said_to SET due = ?1 WHERE due > ?2 AND via IS NOT 'mail'
                 AND state IN ('queued', 'sent') AND state = 'sent'",
        ] {
            self.run(texts, params![now, longest])?;
        }
        // A copy that has not left ends in five days, whenever it was said.
        let ends = "UPDATE said_to SET due = ?2, mailed_at = min(mailed_at, ?1) WHERE due > ?2
                        AND state IN ('queued', 'sent') AND state = 'queued'";
        self.run(ends, params![now, now.after(LONGEST_TEXT)])?;
        self.forgive_mailed_texts(now)?;
        self.groups().forgive_clock(now)?;
        for mut person in self.roster().announced_ahead(now)? {
            person.announce = person.announce.map(|due| announce::from_now(&due, now));
            self.roster().put(&person)?;
        }
        for person in self
            .roster()
            .handshakes_ahead(now.after(LONGEST_HANDSHAKE))?
        {
            self.roster().put(&timers::from_now(&person, now))?;
        }
        self.forgive_budget(now)
    }

    fn forgive_mailed_texts(&self, now: Seconds) -> Result<()> {
        let values = params![
            now,
            int(LONGEST_TRY.as_secs()),
            int(LONGEST_TEXT.as_secs()),
            TRIES
        ];
        self.run(mailed_ahead!("message", "TRUE"), values)?;
        self.execute(
            mailed_ahead!("said_to", "state IN ('queued', 'sent')"),
            values,
        )
    }

    fn forgive_budget(&self, now: Seconds) -> Result<()> {
        let moved = "INSERT INTO budget (class, contact, at, count)
                     SELECT class, contact, ?1, sum(count) FROM budget WHERE at > ?1 GROUP BY class, contact
                     ON CONFLICT (class, contact, at) DO UPDATE SET count = count + excluded.count";
        if self.run(moved, params![now])? > 0 {
            self.run("DELETE FROM budget WHERE at > ?1", params![now])?;
        }
        Ok(())
    }
}

const COUNTED: Duration = days(2);

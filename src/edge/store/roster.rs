//! The last texts of `roster.toml`: what a hand edit is compared with.

use rusqlite::params;

use super::error::Result;
use super::tables::{Roster, int};

const KEPT: i64 = 20;

impl Roster<'_> {
    /// The revision of the newest text; 0 before the first.
    pub fn revision(&self) -> Result<u64> {
        let newest = self.number("SELECT max(revision) FROM roster_text", [])?;
        Ok(newest.unwrap_or(0))
    }

    /// Keeps a text under its revision, and of the older ones the last that count.
    pub fn put_text(&self, revision: u64, text: &str) -> Result<()> {
        let sql = "INSERT INTO roster_text (revision, text) VALUES (?1, ?2)
                   ON CONFLICT (revision) DO UPDATE SET text = excluded.text";
        self.run(sql, params![int(revision), text])?;
        self.execute(
            "DELETE FROM roster_text WHERE revision NOT IN
                 (SELECT revision FROM roster_text ORDER BY revision DESC LIMIT ?1)",
            params![KEPT],
        )
    }

    /// The text of a revision, while it is kept.
    pub fn text(&self, revision: u64) -> Result<Option<String>> {
        let sql = "SELECT text FROM roster_text WHERE revision = ?1";
        self.value(sql, params![int(revision)])
    }
}

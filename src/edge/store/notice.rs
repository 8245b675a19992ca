//! What programs other than the agent caused, kept until the agent tells it to watchers and hooks.

use rusqlite::params;

use super::error::Result;
use super::tables::{Notices, from_json, json};
use crate::rules::effect::Notice;

impl Notices<'_> {
    /// Leaves a notice for the agent. Of those that nobody takes the last thousand stay.
    pub fn leave(&self, notice: &Notice) -> Result<()> {
        self.note(|changes| changes.notices = true);
        self.run(
            "INSERT INTO notice (text) VALUES (?1)",
            params![json(notice)?],
        )?;
        let sql = "DELETE FROM notice WHERE row <= (SELECT max(row) FROM notice) - 1000";
        self.execute(sql, [])
    }

    /// The notices that were left, oldest first.
    pub fn all(&self) -> Result<Vec<Notice>> {
        self.rows("SELECT text FROM notice ORDER BY row", [], |row| {
            from_json(&row.get::<_, String>("text")?, "a notice")
        })
    }

    /// Forgets the notices that were left.
    pub fn forget(&self) -> Result<()> {
        self.execute("DELETE FROM notice", [])
    }
}

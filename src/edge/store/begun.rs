//! The beginning and the end of a transaction.

use rusqlite::Connection;

use super::error::Result;

/// A transaction, whose beginning and end are statements that stay compiled. Dropped before [`Begun::commit`], it
/// leaves everything as it was.
pub(super) struct Begun<'a>(&'a Connection);

impl<'a> Begun<'a> {
    pub(super) fn begin(connection: &'a Connection, how: &str) -> Result<Self> {
        connection.prepare_cached(how)?.execute([])?;
        Ok(Self(connection))
    }

    pub(super) fn commit(self) -> Result<()> {
        self.0.prepare_cached("COMMIT")?.execute([])?;
        Ok(())
    }
}

impl Drop for Begun<'_> {
    fn drop(&mut self) {
        if !self.0.is_autocommit() {
            // What cannot be rolled back is rolled back when the database is opened next.
            drop(self.0.execute_batch("ROLLBACK"));
        }
    }
}

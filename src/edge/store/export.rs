//! A copy of the database for another machine, and one that is made for this.

use std::path::Path;

use rusqlite::Connection;

use super::account::{PLACE, PUT_BACK};
use super::error::{Result, StoreError};
use super::{Create, Store, make_private};

impl Store {
    /// Copies the whole of it, as it is at one moment, into a new file at `path`, mode 0600, whatever others write
    /// meanwhile. Without `sessions` it opens nothing of what is under way; which mails were heard stays, for with a prekey one could
    /// be heard again.
    pub fn copy_to(&self, path: &Path, sessions: bool) -> Result<()> {
        make_private(path, Create::Yes)?;
        let name = path.to_string_lossy();
        self.connected()?.execute("VACUUM INTO ?1", [name])?;
        let copy = Connection::open(path)?;
        // Nothing of what is left out stays in the file, nor beside it.
        copy.execute_batch(
            "PRAGMA journal_mode = DELETE; PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY;",
        )?;
        // Where the file lies is no matter of another place.
        let of_place = "DELETE FROM variable WHERE key IN (?1, ?2)";
        copy.execute(of_place, [PLACE, PUT_BACK])?;
        if !sessions {
            copy.execute_batch("DELETE FROM session; DELETE FROM overtaken; VACUUM;")?;
        }
        copy.close().map_err(|(_, fault)| fault)?;
        Ok(())
    }

    /// Closes it, with nothing beside its one file: that can be moved.
    pub fn into_one_file(self) -> Result<()> {
        let Self { connection, .. } = self;
        connection.flush_prepared_statement_cache();
        let mode: String =
            connection.query_row("PRAGMA journal_mode = DELETE", [], |row| row.get(0))?;
        if mode != "delete" {
            return Err(StoreError::Busy);
        }
        connection.close().map_err(|(_, fault)| fault)?;
        Ok(())
    }
}

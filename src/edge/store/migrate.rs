//! Brings a database to the newest version, one numbered file after the other.
//!
//! `PRAGMA user_version` says how many files of `migrations/` have run. A file that was released is never edited.

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::error::{Result, StoreError};

/// The migrations, in order; the first makes version 1.
pub(super) const MIGRATIONS: [&str; 16] = [
    include_str!("migrations/0001.sql"),
    include_str!("migrations/0002.sql"),
    include_str!("migrations/0003.sql"),
    include_str!("migrations/0004.sql"),
    include_str!("migrations/0005.sql"),
    include_str!("migrations/0006.sql"),
    include_str!("migrations/0007.sql"),
    include_str!("migrations/0008.sql"),
    include_str!("migrations/0009.sql"),
    include_str!("migrations/0010.sql"),
    include_str!("migrations/0011.sql"),
    include_str!("migrations/0012.sql"),
    include_str!("migrations/0013.sql"),
    include_str!("migrations/0014.sql"),
    include_str!("migrations/0015.sql"),
    include_str!("migrations/0016.sql"),
];

/// Runs the migrations that the database has not seen.
/// Errors: [`StoreError::Newer`] if it has seen more than there are.
pub(super) fn to_newest(connection: &Connection) -> Result<()> {
    if version(connection)? == version_known() {
        return Ok(());
    }
    let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
    let found = version(&transaction)?;
    if found > version_known() {
        return Err(StoreError::Newer {
            found,
            known: version_known(),
        });
    }
    let seen = usize::try_from(found).unwrap_or(usize::MAX);
    for migration in MIGRATIONS.iter().skip(seen) {
        transaction.execute_batch(migration)?;
    }
    transaction.pragma_update(None, "user_version", version_known())?;
    transaction.commit()?;
    Ok(())
}

/// The version that this program knows.
pub fn version_known() -> u32 {
    u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX)
}

fn version(connection: &Connection) -> Result<u32> {
    Ok(connection.query_row("PRAGMA user_version", [], |row| row.get(0))?)
}

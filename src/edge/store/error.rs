//! Why the store could not do what was asked.

use rusqlite::ErrorCode;

use crate::rules::view::Unreadable;

/// Why the store could not do what was asked. No variant repeats what is stored.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another program held the write lock for longer than the busy timeout.
    #[error("the database is in use by another program")]
    Busy,
    /// The disk (or the quota) is full.
    #[error("the disk is full")]
    Full,
    /// The file or its folder may not be written.
    #[error("the database may not be written")]
    ReadOnly,
    /// The database that was open is not the one at its path any more, or there is none; nothing counts that is done
    /// with it.
    #[error("the database was replaced or taken away while it was open")]
    Replaced,
    /// There is no database, and none was to be made.
    #[error("there is no database")]
    Missing,
    /// A newer version of the program wrote the file.
    #[error("the database has version {found}, this program knows {known}: install the newer iim")]
    Newer {
        /// The file's version.
        found: u32,
        /// The newest version this program knows.
        known: u32,
    },
    /// The file is no database, or what stands in it cannot be read.
    #[error("the database is damaged: {0}")]
    Corrupt(String),
    /// What stands in one row cannot be read; the others can.
    #[error("the database is damaged: {0}")]
    Row(String),
    /// Anything else that SQLite or the system says.
    #[error("database: {0}")]
    Other(String),
}

/// What the store gives back.
pub type Result<T> = std::result::Result<T, StoreError>;

impl StoreError {
    /// Whether it is no one row's: whatever is done next would meet it as well.
    pub fn is_whole(&self) -> bool {
        match self {
            Self::Row(_) => false,
            Self::Busy
            | Self::Full
            | Self::ReadOnly
            | Self::Replaced
            | Self::Missing
            | Self::Newer { .. }
            | Self::Corrupt(_)
            | Self::Other(_) => true,
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::Error as E;
        if let E::SqliteFailure(cause, text) = &error {
            return failure(*cause, text.as_deref().unwrap_or("no reason given"));
        }
        let damaged = matches!(
            error,
            E::FromSqlConversionFailure(..)
                | E::IntegralValueOutOfRange(..)
                | E::Utf8Error(..)
                | E::InvalidColumnType(..)
        );
        if damaged {
            Self::Row("a value is not of its column's kind".into())
        } else {
            Self::Other(error.to_string())
        }
    }
}

/// SQLite's primary result codes, as what a caller could act on.
fn failure(cause: rusqlite::ffi::Error, text: &str) -> StoreError {
    if cause.code == ErrorCode::DatabaseBusy || cause.code == ErrorCode::DatabaseLocked {
        StoreError::Busy
    } else if cause.code == ErrorCode::DiskFull {
        StoreError::Full
    } else if cause.code == ErrorCode::ReadOnly || cause.code == ErrorCode::PermissionDenied {
        StoreError::ReadOnly
    } else if cause.code == ErrorCode::DatabaseCorrupt || cause.code == ErrorCode::NotADatabase {
        StoreError::Corrupt(text.to_owned())
    } else {
        StoreError::Other(text.to_owned())
    }
}

impl From<std::io::Error> for StoreError {
    fn from(error: std::io::Error) -> Self {
        use std::io::ErrorKind as Kind;
        let kind = error.kind();
        if kind == Kind::NotFound {
            Self::Missing
        } else if kind == Kind::PermissionDenied || kind == Kind::ReadOnlyFilesystem {
            Self::ReadOnly
        } else if kind == Kind::StorageFull || kind == Kind::QuotaExceeded {
            Self::Full
        } else {
            Self::Other(error.to_string())
        }
    }
}

impl From<StoreError> for Unreadable {
    fn from(error: StoreError) -> Self {
        Self {
            why: error.to_string(),
            whole: error.is_whole(),
        }
    }
}

//! The one truth: an SQLite database, read and changed in turns.
//!
//! ```text
//! Store::transact    BEGIN IMMEDIATE ── work with it ── COMMIT      (ROLLBACK on an error or a panic)
//! Store::read    BEGIN DEFERRED  ── read with it ── end         (takes no lock that a turn waits for)
//! ```
//!
//! SQLite's write lock is the one lock of the program: a turn holds it for milliseconds, with no network inside.
//! What a turn did counts only if the files that are open are still those at the path: they are looked at before the
//! commit and after it ([`StoreError::Replaced`]).

use std::cell::RefCell;
use std::fs::{OpenOptions, Permissions};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::time::{Duration, Instant};
use std::{fmt, thread};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

mod account;
mod ahead;
mod backlog;
mod begun;
mod budget;
mod change;
mod copy;
mod dedup;
mod device;
mod error;
mod export;
mod friend;
mod group;
mod history;
mod invite;
mod joined;
mod mailbox;
mod message;
mod migrate;
mod notice;
mod outbox;
mod place;
mod record;
mod removed;
mod roster;
mod session;
mod sweep;
mod tables;
#[cfg(test)]
mod tests;
mod transaction;
mod unread_mail;
mod window;

pub use change::{Changes, Contacts};
pub use dedup::Mailed;
pub use device::{Device, DeviceMark, DeviceName};
pub use error::{Result, StoreError};
pub use migrate::version_known;
pub use session::{Overtaken, Peer, SessionRow, Transport};
pub use tables::{Texts, Transaction};

pub use unread_mail::UnreadMails;

use crate::rules::place::Stamp;
use begun::Begun;
use place::{Files, beside};
use tables::Kept;

/// The database of one account.
pub struct Store {
    connection: Connection,
    /// In memory, none.
    files: Option<Files>,
    /// What the last transaction was about, as long as nobody has changed anything since.
    kept: RefCell<Option<(Version, Kept)>>,
}

/// A state of the database: it differs once anybody may have changed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Version {
    /// Differs once another connection has committed.
    pub others: i64,
    /// Rows changed through this [`Store`].
    pub own: u64,
}

/// Whether a missing database is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Create {
    /// It is.
    Yes,
    /// It is not: [`StoreError::Missing`].
    No,
}

/// How long a turn waits for the write lock: under Pigeonhole's limit of 10 s for a program.
pub const BUSY_TIMEOUT: Duration = Duration::from_secs(8);

impl Store {
    /// Opens the database at `path`, mode 0600, bringing it to the newest version.
    /// Errors: [`StoreError::Missing`] if it is not there and not to be made, [`StoreError::Newer`] if a newer program
    /// wrote it, and whatever else opening can meet.
    pub fn open(path: &Path, create: Create) -> Result<Self> {
        Self::open_within(path, create, BUSY_TIMEOUT)
    }

    /// Opens the database, waiting for locks no longer than `busy`.
    pub fn open_within(path: &Path, create: Create, busy: Duration) -> Result<Self> {
        make_private(path, create)?;
        Self::open_file(path, busy, false)
    }

    /// Opens the file at a path; what lies beside it is looked at if it was put there, or if we `doubt` it.
    fn open_file(path: &Path, busy: Duration, doubt: bool) -> Result<Self> {
        let mut tries = 0_u32;
        loop {
            match Self::try_open(path, busy, doubt) {
                Err(StoreError::Replaced) if tries < TRIES => tries = tries.saturating_add(1),
                done => return done,
            }
        }
    }

    fn try_open(path: &Path, busy: Duration, doubt: bool) -> Result<Self> {
        let before = std::fs::metadata(path)?;
        let log = place::log(path);
        let connection = connect(path, busy)?;
        if let Some(log) = log
            && (doubt || !is_stamped(&connection, path))
            && place::has_a_strange_log(&connection, path)?
        {
            close_as_it_is(connection)?;
            log.lay_aside(path)?;
            return Err(StoreError::Replaced);
        }
        let mut store = Self::prepared(connection)?;
        store.files = Some(Files::opened(path, &before)?);
        Ok(store)
    }

    /// Makes a database that lives as long as this value, for tests.
    pub fn in_memory() -> Result<Self> {
        Self::prepared(Connection::open_in_memory()?)
    }

    /// Opens the database of this name in the memory of the process (SQLite's VFS `memdb`), making it if nobody has it
    /// open: all values of one name share it, as programs share a file, and with the last of them it is gone. For a
    /// simulation, whose people all live in one process.
    pub fn in_shared_memory(name: &str) -> Result<Self> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        // Of this VFS, names that begin with a slash are shared.
        let name = format!("/{name}");
        Self::prepared(Connection::open_with_flags_and_vfs(name, flags, c"memdb")?)
    }

    fn prepared(connection: Connection) -> Result<Self> {
        connection.execute_batch(
            "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA secure_delete = FAST;
             PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY;",
        )?;
        // Else every new value bound to a statement may have it compiled again, to look for a better plan.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        connection.set_prepared_statement_cache_capacity(128);
        migrate::to_newest(&connection)?;
        Ok(Self {
            connection,
            files: None,
            kept: RefCell::default(),
        })
    }

    /// The stamp of the file that holds the database; in memory there is none.
    pub fn stamp(&self) -> Result<Option<Stamp>> {
        let files = self.files.as_ref();
        files.map(|files| place::stamp(&files.path)).transpose()
    }

    /// From now on it is also noticed if something writes another database over this one, into the same file: for
    /// whoever keeps it open for long.
    pub fn guard(&self) -> Result<()> {
        self.files.as_ref().map_or(Ok(()), Files::guard)
    }

    /// Whether [`Store::guard`] was asked for.
    pub fn is_guarded(&self) -> bool {
        self.files.as_ref().is_some_and(Files::are_guarded)
    }

    /// Whether what is open is what lies at the path.
    /// Errors: [`StoreError::Replaced`] if it is not.
    pub fn is_in_place(&self) -> Result<()> {
        match &self.files {
            Some(files) => files.are_in_place(&self.connection),
            None => Ok(()),
        }
    }

    /// Whether the file was written since this was asked last, and yet nothing in it had grown, so that [`Store::is_in_place`]
    /// cannot tell a backup as old as what was there from it: the counter of sealings can.
    pub fn was_written_alike(&self) -> bool {
        self.files.as_ref().is_some_and(Files::were_written_alike)
    }

    /// After [`StoreError::Replaced`]: opens what lies at the path now, and writes nothing into it of what was open. Says
    /// whether another database was written over this one, into the same file. Where the log alone was deleted, what it
    /// held is kept.
    /// Errors: As [`Store::open`]; this value can then do nothing but be opened again.
    pub fn reopen(&mut self) -> Result<bool> {
        let Some(files) = &mut self.files else {
            return Ok(false);
        };
        let written_over = files.were_written_over();
        if files.lack_the_log() {
            let whole = "PRAGMA wal_checkpoint(TRUNCATE)";
            self.connection.query_row(whole, [], |_| Ok(()))?;
        }
        files.give_up();
        let path = files.path.clone();
        let nothing = Connection::open_in_memory()?;
        close_as_it_is(std::mem::replace(&mut self.connection, nothing))?;
        *self = Self::open_file(&path, BUSY_TIMEOUT, true)?;
        Ok(written_over)
    }

    /// Runs one turn: everything `work` changes is committed together, or, on its error or panic, nothing is.
    /// Errors: The error of `work`, or [`StoreError::Busy`] if the lock cannot be had in time, or what the commit meets.
    pub fn transact<T, E: From<StoreError>>(
        &self,
        work: impl FnOnce(&Transaction) -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        let counted = |tx: &Transaction| {
            let found = self.version()?;
            let kept = self.kept.take().filter(|(version, _)| *version == found);
            tx.kept
                .replace(kept.map(|(_, kept)| kept).unwrap_or_default());
            let done = work(tx)?;
            if self.own_changes() != found.own {
                tx.leave_changes()?;
            }
            Ok::<_, E>((done, tx.kept.take(), found))
        };
        let before = || match self.files.as_ref().is_some_and(Files::were_just_in_place) {
            true => Ok(()),
            false => self.is_in_place(),
        };
        let after = || self.is_in_place();
        let (done, kept, found) = self.within("BEGIN IMMEDIATE", counted, before, after)?;
        let own = self.own_changes();
        self.kept.replace(Some((Version { own, ..found }, kept)));
        Ok(done)
    }

    /// Reads one consistent state without the write lock; a turn may go on meanwhile.
    pub fn read<T, E: From<StoreError>>(
        &self,
        work: impl FnOnce(&Transaction) -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        self.within("BEGIN", work, || Ok(()), || Ok(()))
    }

    /// Reads with one statement, which needs no transaction to be of one state.
    pub fn read_once<T, E: From<StoreError>>(
        &self,
        work: impl FnOnce(&Transaction) -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        work(&Transaction::new(self.connected()?))
    }

    /// Works inside of a transaction; whether it counts is asked `before` its end and `after` it.
    fn within<T, E: From<StoreError>>(
        &self,
        begin: &str,
        work: impl FnOnce(&Transaction) -> std::result::Result<T, E>,
        before: impl FnOnce() -> Result<()>,
        after: impl FnOnce() -> Result<()>,
    ) -> std::result::Result<T, E> {
        let transaction = Begun::begin(self.connected()?, begin)?;
        let done = work(&Transaction::new(&self.connection))?;
        before()?;
        transaction.commit()?;
        after()?;
        Ok(done)
    }

    fn connected(&self) -> Result<&Connection> {
        match &self.files {
            Some(files) if files.are_given_up() => Err(StoreError::Replaced),
            Some(_) | None => Ok(&self.connection),
        }
    }

    /// The state of the database now.
    pub fn version(&self) -> Result<Version> {
        let mut others = self.connected()?.prepare_cached("PRAGMA data_version")?;
        Ok(Version {
            others: others.query_row([], |row| row.get(0))?,
            own: self.own_changes(),
        })
    }

    /// Rows changed through this value; it costs nothing to ask.
    pub fn own_changes(&self) -> u64 {
        self.connection.total_changes()
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            connection,
            files: _,
            kept: _,
        } = self;
        f.debug_struct("Store")
            .field("path", &connection.path())
            .finish_non_exhaustive()
    }
}

fn connect(path: &Path, busy: Duration) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(busy)?;
    let until = Instant::now().checked_add(busy);
    loop {
        match write_a_log(&connection).map_err(StoreError::from) {
            // Of several that would have a new file to themselves SQLite sends all but one away at once.
            Err(StoreError::Busy) if until.is_some_and(|until| Instant::now() < until) => {
                thread::sleep(TRY_AGAIN);
            }
            done => return done.map(|()| connection),
        }
    }
}

/// From now on what is changed stands in a log first, and readers wait for nobody.
fn write_a_log(connection: &Connection) -> rusqlite::Result<()> {
    let mode: String = connection.query_row("PRAGMA journal_mode", [], |row| row.get(0))?;
    match mode == "wal" {
        true => Ok(()),
        false => connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(())),
    }
}

/// Whether the database says that it is held by the file at this path.
fn is_stamped(connection: &Connection, path: &Path) -> bool {
    let sql = "SELECT value FROM variable WHERE key = ?1";
    let kept = connection.query_row(sql, [account::PLACE], |row| row.get::<_, String>(0));
    let here = place::stamp(path);
    matches!((kept, here), (Ok(kept), Ok(here)) if kept == here.to_string())
}

/// Closes a database, and writes nothing of the log into it.
fn close_as_it_is(connection: Connection) -> Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    connection.close().map_err(|(_, fault)| fault.into())
}

/// How often opening begins anew because the file was replaced meanwhile.
const TRIES: u32 = 5;
const TRY_AGAIN: Duration = Duration::from_millis(5);

/// Sees to it that the file is there and is its owner's alone; SQLite gives `-wal` and `-shm` the same mode.
fn make_private(path: &Path, create: Create) -> Result<()> {
    if create == Create::Yes {
        OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path)?;
    }
    let mode = std::fs::metadata(path)?.permissions().mode();
    if mode & 0o077 == 0 {
        return Ok(());
    }
    for file in [path.to_owned(), beside(path, "-wal"), beside(path, "-shm")] {
        if file.exists() {
            std::fs::set_permissions(&file, Permissions::from_mode(0o600))?;
        }
    }
    Ok(())
}

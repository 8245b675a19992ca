//! The files of an open database: whether they are still those at its path, and the stamp that tells them from a copy.
//!
//! ```text
//!  opened ──▶ iim.db, iim.db-wal (device and inode)     the same at the path? just before and after each commit
//!                                                       another, or none: `Replaced`
//! ```
//!
//! SQLite writes on into a file that was replaced or deleted, and nobody would ever read it.

use std::cell::Cell;
use std::fs::{File, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use std::{fs, io, thread};

use rusqlite::{Connection, OpenFlags};
use rustix::fs::{AtFlags, CWD, FlockOperation, StatxFlags, flock, statx};

use super::error::{Result, StoreError};
use crate::rules::place::Stamp;

/// The files of a database as they were opened.
pub(super) struct Files {
    pub(super) path: PathBuf,
    /// What was opened; `None` once it is given up.
    opened: Option<[Id; 2]>,
    /// For whoever keeps it open for long: when the file was changed, and what it then held, if that could be read.
    guarded: Cell<Option<(Changed, Option<Content>)>>,
    written_alike: Cell<bool>,
    /// When they were last seen to be in place.
    seen: Cell<Option<Instant>>,
}

/// A file, as long as somebody has it open: its device and inode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Id(u64, u64);

/// When a file was changed last, and when it was written: seconds and nanoseconds.
type Changed = [(i64, i64); 2];

/// What is written into the database file itself, but for what still stands in its log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Content {
    changed: Changed,
    version: i64,
    schema: i64,
    /// What only grows: changes, sealings, texts, letters.
    grows: [i64; 4],
}

impl Files {
    /// The files that a connection has just opened; `before` is what lay at the path before it did.
    pub(super) fn opened(path: &Path, before: &Metadata) -> Result<Self> {
        let files = Self {
            path: path.to_owned(),
            opened: Some([Id::of(before), Id::at(&beside(path, "-wal"))?]),
            guarded: Cell::new(None),
            written_alike: Cell::new(false),
            seen: Cell::new(None),
        };
        open().push(path.to_owned());
        match Id::at(path)? == Id::of(before) {
            true => Ok(files),
            false => Err(StoreError::Replaced),
        }
    }

    /// Whether what is open is what lies at the path.
    pub(super) fn are_in_place(&self, connection: &Connection) -> Result<()> {
        self.seen.set(None);
        self.look(connection)?;
        self.seen.set(Some(Instant::now()));
        Ok(())
    }

    /// Whether they were seen to be, so short a while ago that another look would hardly tell more.
    pub(super) fn were_just_in_place(&self) -> bool {
        self.seen.get().is_some_and(|seen| seen.elapsed() < JUST)
    }

    fn look(&self, connection: &Connection) -> Result<()> {
        let database = metadata(&self.path)?;
        let found = [Id::of(&database), Id::at(&beside(&self.path, "-wal"))?];
        if self.opened != Some(found) {
            return Err(StoreError::Replaced);
        }
        match self.guarded.get() {
            Some((at, Some(known))) if at != changed(&database) => self.follow(&known, connection),
            // It could not be read; perhaps it can since.
            Some((at, None)) if at != changed(&database) => self.guard(),
            Some(_) | None => Ok(()),
        }
    }

    /// The file was changed: by SQLite, which wrote the log into it, or by something that wrote another over it. As long as
    /// it is being written, it may make no sense, or seem to have lost something.
    fn follow(&self, known: &Content, connection: &Connection) -> Result<()> {
        let schema: i64 = connection.query_row("PRAGMA schema_version", [], |row| row.get(0))?;
        let (mut still, mut at) = (0_u32, changed(&metadata(&self.path)?));
        for _ in 0..TRIES {
            let found = Content::read(&self.path);
            match found {
                Ok(now) if now.follows(known, schema) => return self.note(known, now),
                Ok(_) if still >= SETTLED => return Err(StoreError::Replaced),
                Err(_) if still >= SETTLED => return self.stay_with(known, at, schema),
                Ok(_) | Err(_) => thread::sleep(TRY_AGAIN),
            }
            let now = changed(&metadata(&self.path)?);
            still = match now == at {
                true => still.saturating_add(1),
                false => 0,
            };
            at = now;
        }
        Err(StoreError::Busy)
    }

    fn note(&self, known: &Content, now: Content) -> Result<()> {
        if now.grows == known.grows {
            self.written_alike.set(true);
        }
        self.guarded.set(Some((now.changed, Some(now))));
        Ok(())
    }

    /// Without the log it cannot be read, and nobody is writing: somebody was killed while they wrote the log into it. Then
    /// it can be read with the log.
    fn stay_with(&self, known: &Content, at: Changed, schema: i64) -> Result<()> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let whole = Connection::open_with_flags(&self.path, flags)?;
        match Content::of(&whole, at) {
            Ok(now) if now.follows(known, schema) => {
                self.guarded.set(Some((at, Some(*known))));
                Ok(())
            }
            Err(StoreError::Busy) => Err(StoreError::Busy),
            Ok(_) | Err(_) => Err(StoreError::Replaced),
        }
    }

    /// Whether the file was written since this was asked last, and nothing in it had grown: by SQLite, which had written some
    /// of it before, or by a backup that is as old as what was there. The counter of sealings tells.
    pub(super) fn were_written_alike(&self) -> bool {
        self.written_alike.take()
    }

    /// From now on a look also finds out whether something wrote over the file in its place.
    pub(super) fn guard(&self) -> Result<()> {
        let at = changed(&metadata(&self.path)?);
        // After a crash the file may make no sense until the log is written into it.
        let content = Content::read(&self.path).ok();
        let at = content.map_or(at, |content| content.changed);
        self.guarded.set(Some((at, content)));
        Ok(())
    }

    pub(super) fn are_guarded(&self) -> bool {
        self.guarded.get().is_some()
    }

    /// Nothing that is done with these files counts any more.
    pub(super) fn give_up(&mut self) {
        self.opened = None;
        forget(&self.path);
    }

    pub(super) fn are_given_up(&self) -> bool {
        self.opened.is_none()
    }

    /// The database is there, and its log is gone.
    pub(super) fn lack_the_log(&self) -> bool {
        let there =
            |opened: &[Id; 2]| Id::at(&self.path).is_ok_and(|found| opened.first() == Some(&found));
        self.opened.as_ref().is_some_and(there) && !beside(&self.path, "-wal").exists()
    }

    /// The files are the same, but not what is in the first.
    pub(super) fn were_written_over(&self) -> bool {
        let found = [Id::at(&self.path), Id::at(&beside(&self.path, "-wal"))];
        matches!((found, self.opened), ([Ok(one), Ok(other)], Some(opened)) if [one, other] == opened)
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        if self.opened.is_some() {
            forget(&self.path);
        }
    }
}

impl Id {
    fn of(meta: &Metadata) -> Self {
        Self(meta.dev(), meta.ino())
    }

    fn at(path: &Path) -> Result<Self> {
        metadata(path).map(|meta| Self::of(&meta))
    }
}

impl Content {
    /// Whether this is what was `known`, gone on. A newer program may have changed tables, and its owner may have compacted
    /// them: then the `schema` as the log has it is the file's.
    fn follows(&self, known: &Self, schema: i64) -> bool {
        let grows = self.grows.iter().zip(known.grows);
        let fits = self.schema == known.schema || self.schema == schema;
        self.version != known.version || fits && grows.into_iter().all(|(now, known)| *now >= known)
    }

    /// Read without the log, and without a lock; another connection of this process keeps its own locks.
    fn read(path: &Path) -> Result<Self> {
        let before = changed(&metadata(path)?);
        let content = Self::of(&without_log(path)?, before)?;
        match changed(&metadata(path)?) == before {
            true => Ok(content),
            false => Err(StoreError::Busy),
        }
    }

    /// What a database holds whose file was changed then.
    fn of(connection: &Connection, changed: Changed) -> Result<Self> {
        // In a file that is new all still stands in the log, the tables too.
        let number = |sql: &str| {
            let found = connection.query_row(sql, [], |row| row.get::<_, Option<i64>>(0));
            match found {
                Err(fault) if fault.to_string().contains("no such table") => Ok(0),
                other => other.map(Option::unwrap_or_default),
            }
        };
        let changes = "SELECT max(number) FROM change";
        let sealings =
            "SELECT (SELECT CAST(value AS INTEGER) FROM variable WHERE key = 'sealings')";
        let letters = "SELECT (SELECT seq FROM sqlite_sequence WHERE name = 'outbox')";
        Ok(Self {
            changed,
            version: number("PRAGMA user_version")?,
            schema: number("PRAGMA schema_version")?,
            grows: [
                number(changes)?,
                number(sealings)?,
                number("SELECT max(row) FROM message")?,
                number(letters)?,
            ],
        })
    }
}

/// What tells the file at a path from a copy of it.
pub(super) fn stamp(path: &Path) -> Result<Stamp> {
    let found = statx(
        CWD,
        path,
        AtFlags::empty(),
        StatxFlags::INO | StatxFlags::BTIME,
    );
    let born = found.ok().filter(|found| {
        let flags = StatxFlags::from_bits_retain(found.stx_mask);
        flags.contains(StatxFlags::INO | StatxFlags::BTIME) && found.stx_btime.tv_sec != 0
    });
    if let Some(found) = born {
        let seconds = i128::from(found.stx_btime.tv_sec).saturating_mul(1_000_000_000);
        return Ok(Stamp::Born {
            inode: found.stx_ino,
            at: seconds.saturating_add(i128::from(found.stx_btime.tv_nsec)),
        });
    }
    let Id(device, inode) = Id::at(path)?;
    Ok(Stamp::Unborn { device, inode })
}

/// How often was sealed, says the file without its log.
#[cfg(test)]
pub(super) fn alone(path: &Path) -> Result<[i64; 4]> {
    Content::read(path).map(|content| content.grows)
}

/// What lies beside a database that was put there may be the log of the one before it: with it the database makes no
/// sense, and without it it does.
pub(super) fn has_a_strange_log(connection: &Connection, path: &Path) -> Result<bool> {
    Ok(!is_whole(connection)? && is_whole(&without_log(path)?)?)
}

/// The log beside a database, if there is one that holds anything.
pub(super) fn log(path: &Path) -> Option<Log> {
    let file = File::open(beside(path, "-wal")).ok()?;
    let meta = file.metadata().ok().filter(|meta| meta.len() > 0)?;
    Some(Log(file, Id::of(&meta)))
}

pub(super) struct Log(File, Id);

impl Log {
    /// Lays it aside, unless another program has done so.
    pub(super) fn lay_aside(&self, path: &Path) -> Result<()> {
        let Self(file, id) = self;
        if open().iter().any(|other| other == path) {
            return Err(StoreError::Busy);
        }
        flock(file, FlockOperation::LockExclusive).map_err(io::Error::from)?;
        if Id::at(&beside(path, "-wal")).ok() == Some(*id) {
            fs::rename(beside(path, "-wal"), beside(path, "-wal.strange"))?;
            // SQLite makes a new one from the new log; that there is none is no fault.
            drop(fs::remove_file(beside(path, "-shm")));
        }
        Ok(())
    }
}

fn is_whole(connection: &Connection) -> Result<bool> {
    let asked = connection.query_row("PRAGMA integrity_check(1)", [], |row| {
        row.get::<_, String>(0)
    });
    match asked.map_err(StoreError::from) {
        Ok(said) => Ok(said == "ok"),
        Err(StoreError::Busy) => Err(StoreError::Busy),
        Err(_) => Ok(false),
    }
}

/// The database file alone, to be read.
fn without_log(path: &Path) -> Result<Connection> {
    let mut name = String::from("file:");
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'/' | b'.' | b'-' | b'_' => name.push(char::from(*byte)),
            byte if byte.is_ascii_alphanumeric() => name.push(char::from(*byte)),
            byte => name.push_str(&format!("%{byte:02X}")),
        }
    }
    name.push_str("?immutable=1");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_URI
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Ok(Connection::open_with_flags(name, flags)?)
}

pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// A file of the database; one that is not there was taken away.
fn metadata(path: &Path) -> Result<Metadata> {
    fs::metadata(path).map_err(|fault| match fault.kind() == io::ErrorKind::NotFound {
        true => StoreError::Replaced,
        false => fault.into(),
    })
}

fn changed(meta: &Metadata) -> Changed {
    let changed = (meta.ctime(), meta.ctime_nsec());
    [changed, (meta.mtime(), meta.mtime_nsec())]
}

/// The databases that this process has open: SQLite lets those of one file share what it knows of the log.
static OPEN: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

fn open() -> std::sync::MutexGuard<'static, Vec<PathBuf>> {
    OPEN.lock().unwrap_or_else(PoisonError::into_inner)
}

fn forget(path: &Path) {
    let mut open = open();
    if let Some(place) = open.iter().position(|other| other == path) {
        open.swap_remove(place);
    }
}

/// A turn that waited for nothing takes less.
const JUST: Duration = Duration::from_millis(2);
/// How often, and after which pause, a file is looked at again that somebody is writing: two seconds at most.
const TRIES: u32 = 100;
const TRY_AGAIN: Duration = Duration::from_millis(20);
/// After so many looks at the same nobody is writing any more: a writer may wait for the processor meanwhile.
const SETTLED: u32 = 15;

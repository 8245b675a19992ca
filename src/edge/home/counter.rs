//! Counters that are remembered where a backup of the data does not reach: how often we have sealed, and the highest
//! epoch of our presence.
//!
//! A database that is behind the counter of sealings has been restored from a backup: its ratchets must not be used
//! again, and its next epoch must be above all that friends were told.
//!
//! ```text
//! 00000000000000000042 1764355200123      the number, and when it was written, in milliseconds since 1970
//! ```
//!
//! A file that the system says was changed at another time was written by something else: a backup that was put back
//! in its place.

use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{fs, io, thread};

use rustix::fs::{FlockOperation, flock};

use super::error::{HomeError, make_folder};
use crate::edge::clock::{Clock as _, SystemClock};
use crate::rules::place::Count;

/// A number in a small file, which never goes down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counter {
    path: PathBuf,
}

impl Counter {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads the number; 0 when there is no file yet.
    pub fn read(&self) -> Result<u64, HomeError> {
        match fs::read(&self.path) {
            Ok(text) => Ok(self.parse(&text)?.0),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(0),
            Err(e) => Err(HomeError::io("read", &self.path)(e)),
        }
    }

    /// Reads the number, and whether it is we who wrote it last; `seen` is when it was last seen that a backup had been put
    /// back, as [`Counter::time`] tells it.
    pub fn count(&self, seen: Option<i64>) -> Result<Count, HomeError> {
        let fault = |e: io::Error| HomeError::io("read", &self.path)(e);
        let mut file = match File::open(&self.path) {
            Ok(file) => file,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Count::Missing),
            Err(e) => return Err(fault(e)),
        };
        // Nobody writes between the two looks.
        flock(&file, FlockOperation::LockShared).map_err(|e| fault(e.into()))?;
        let mut text = Vec::new();
        file.read_to_end(&mut text).map_err(fault)?;
        let changed = changed(&file).map_err(fault)?;
        let (number, at) = self.parse(&text)?;
        // The system's times of files come a little late.
        let latest = |seen: i64| changed.saturating_add(LATE) < seen;
        Ok(match at {
            _ if seen.is_some_and(latest) => Count::Known(number),
            Some(at) if at.abs_diff(changed) > TOLERANCE => Count::Copied(number),
            // A program that did not note the time, or this one.
            Some(_) | None => Count::Kept(number),
        })
    }

    /// Raises the number to `value`; a lower value changes nothing.
    ///
    /// It is not flushed to the disk: after a power cut the database may be ahead of it, which is no harm.
    pub fn write(&self, value: u64) -> Result<(), HomeError> {
        self.put(value, false)
    }

    /// As [`Counter::write`]; and whoever wrote it last, from now on it is ours.
    pub fn adopt(&self, value: u64) -> Result<(), HomeError> {
        self.put(value, true)
    }

    /// The time by the clock that the system's times of files come from, in milliseconds since 1970.
    pub fn time() -> i64 {
        i64::try_from(SystemClock.now_ms().0).unwrap_or(i64::MAX)
    }

    /// That time, once it is clear of every file that was there when this was called.
    pub fn time_after() -> i64 {
        thread::sleep(Duration::from_millis(LATE.unsigned_abs().saturating_add(2)));
        Self::time()
    }

    fn put(&self, value: u64, anyway: bool) -> Result<(), HomeError> {
        let file = self.open()?;
        let fault = |e: io::Error| HomeError::io("write", &self.path)(e);
        flock(&file, FlockOperation::LockExclusive).map_err(|e| fault(e.into()))?;
        let mut text = Vec::new();
        let all = (&file).take(TOO_LONG).read_to_end(&mut text);
        all.map_err(fault)?;
        let before = self.parse(&text)?.0;
        if before < value || anyway {
            note(&file, before.max(value)).map_err(fault)?;
        }
        Ok(())
    }

    fn open(&self) -> Result<File, HomeError> {
        let mut options = File::options();
        options.read(true).write(true).create(true).truncate(false);
        options.mode(0o600);
        let file = match (options.open(&self.path), self.path.parent()) {
            (Err(e), Some(folder)) if e.kind() == io::ErrorKind::NotFound => {
                make_folder(folder)?;
                options.open(&self.path)
            }
            (opened, _) => opened,
        };
        let fault = |e: io::Error| HomeError::io("open", &self.path)(e);
        let file = file.map_err(fault)?;
        // Setting a mode counts as a change of the file, even to what it is.
        if file.metadata().map_err(fault)?.mode() & 0o7777 != 0o600 {
            let set = file.set_permissions(fs::Permissions::from_mode(0o600));
            set.map_err(fault)?;
        }
        Ok(file)
    }

    /// The number, and when it was written; an older program noted no time. An empty file is one that was made and not yet
    /// written.
    fn parse(&self, text: &[u8]) -> Result<(u64, Option<i64>), HomeError> {
        let text = std::str::from_utf8(text).unwrap_or("?").trim();
        let (number, at) = match text.split_once(' ') {
            Some((number, at)) => (number, Some(at.parse().map_err(drop))),
            None => (text, None),
        };
        match (number.parse(), at.transpose()) {
            (Ok(number), Ok(at)) => Ok((number, at)),
            _ if text.is_empty() => Ok((0, None)),
            _ => Err(HomeError::Counter(self.path.clone())),
        }
    }
}

/// Writes a number and the time. Where the files have another clock than this machine, it is theirs that counts.
fn note(file: &File, number: u64) -> io::Result<()> {
    let mut now = Counter::time();
    for _ in 0..3 {
        let text = format!("{number:020} {now:013}\n");
        file.write_all_at(text.as_bytes(), 0)?;
        let changed = changed(file)?;
        if changed.abs_diff(now) <= TOLERANCE / 4 {
            break;
        }
        now = changed;
    }
    Ok(())
}

/// When the system says that a file was last changed, in milliseconds since 1970.
fn changed(file: &File) -> io::Result<i64> {
    let meta = file.metadata()?;
    let millis = meta.ctime_nsec().checked_div(1_000_000).unwrap_or(0);
    Ok(meta.ctime().saturating_mul(1000).saturating_add(millis))
}

/// No text that [`note`] writes is so long.
const TOO_LONG: u64 = 64;
/// How late the system's times of files may be, in milliseconds.
const LATE: i64 = 15;
/// How far the two times may be apart, in milliseconds: no backup is put back so soon.
const TOLERANCE: u64 = 400;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
    use super::*;

    #[test]
    fn it_counts_up_and_never_down() {
        let dir = tempfile::tempdir().unwrap();
        let counter = Counter::new(dir.path().join("iim/0123/sealings"));
        assert_eq!(counter.read().unwrap(), 0);
        for (written, read) in [(5, 5), (3, 5), (u64::MAX, u64::MAX), (7, u64::MAX)] {
            counter.write(written).unwrap();
            assert_eq!(counter.read().unwrap(), read, "{written}");
        }
        let mode = fs::metadata(counter.path()).unwrap().permissions().mode();
        assert_eq!(mode & 0o7777, 0o600);
    }

    #[test]
    fn a_file_without_a_number_is_a_fault_and_stays() {
        let dir = tempfile::tempdir().unwrap();
        let counter = Counter::new(dir.path().join("sealings"));
        for text in [
            &b"many"[..],
            b"-1",
            b"\xff\xfe",
            b"1 x",
            b"1 2 3",
            b"1  2",
            b"1,2",
        ] {
            fs::write(counter.path(), text).unwrap();
            assert!(matches!(counter.read(), Err(HomeError::Counter(_))));
            assert!(matches!(counter.write(9), Err(HomeError::Counter(_))));
            assert_eq!(fs::read(counter.path()).unwrap(), text);
        }
    }

    #[test]
    fn a_file_that_something_else_wrote_is_known() {
        let dir = tempfile::tempdir().unwrap();
        let counter = Counter::new(dir.path().join("iim/sealings"));
        assert_eq!(counter.count(None).unwrap(), Count::Missing);
        counter.write(7).unwrap();
        assert_eq!(counter.count(None).unwrap(), Count::Kept(7));
        // As it came out of a backup an hour later.
        let text = fs::read_to_string(counter.path()).unwrap();
        let at: i64 = text.trim().split_once(' ').unwrap().1.parse().unwrap();
        for hours in [-1, 1] {
            let old = format!("{:020} {:013}\n", 7, at + hours * 3_600_000);
            fs::write(counter.path(), &old).unwrap();
            assert_eq!(counter.count(None).unwrap(), Count::Copied(7), "{hours}");
            counter.write(7).unwrap();
            assert_eq!(counter.count(None).unwrap(), Count::Copied(7), "{hours}");
            counter.adopt(3).unwrap();
            assert_eq!(counter.count(None).unwrap(), Count::Kept(7), "{hours}");
        }
        // As an older program wrote it.
        fs::write(counter.path(), "00000000000000000009\n").unwrap();
        assert_eq!(counter.count(None).unwrap(), Count::Kept(9));
        counter.write(10).unwrap();
        assert_eq!(counter.count(None).unwrap(), Count::Kept(10));
        fs::write(counter.path(), "").unwrap();
        assert_eq!(counter.count(None).unwrap(), Count::Kept(0));
        // What it shows was seen since, or before.
        counter.write(11).unwrap();
        let now = Counter::time();
        assert_eq!(counter.count(Some(now + 5000)).unwrap(), Count::Known(11));
        assert_eq!(counter.count(Some(now)).unwrap(), Count::Kept(11));
    }
}

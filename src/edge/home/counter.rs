//! Counters that are remembered where a backup of the data does not reach: how often we have sealed, and the highest
//! epoch of our presence.
//!
//! A database that is behind the counter of sealings has been restored from a backup: its ratchets must not be used
//! again, and its next epoch must be above all that friends were told.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::{FileExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

use super::{HomeError, make_folder};

/// A number in a small file of twenty digits, which never goes down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counter {
    path: PathBuf,
}

impl Counter {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads the number; 0 when there is no file yet.
    ///
    /// # Errors
    /// [`HomeError::Counter`] when the file holds no number, [`HomeError::Io`] when it cannot be read.
    pub fn read(&self) -> Result<u64, HomeError> {
        match fs::read(&self.path) {
            Ok(text) => self.parse(&text),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(0),
            Err(e) => Err(HomeError::io("read", &self.path)(e)),
        }
    }

    /// Raises the number to `value`; a lower value changes nothing.
    ///
    /// It is not flushed to the disk: after a power cut the database may be ahead of it, which is no harm.
    ///
    /// # Errors
    /// [`HomeError::Counter`] when the file holds no number, [`HomeError::Io`] when it cannot be written.
    pub fn write(&self, value: u64) -> Result<(), HomeError> {
        let mut file = self.open()?;
        let fault = |e: io::Error| HomeError::io("write", &self.path)(e);
        flock(&file, FlockOperation::LockExclusive).map_err(|e| fault(e.into()))?;
        let mut text = Vec::new();
        file.read_to_end(&mut text).map_err(fault)?;
        if self.parse(&text)? < value {
            let text = format!("{value:020}\n");
            file.write_all_at(text.as_bytes(), 0).map_err(fault)?;
        }
        Ok(())
    }

    fn open(&self) -> Result<File, HomeError> {
        let open = || {
            OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .mode(0o600)
                .open(&self.path)
        };
        let file = match (open(), self.path.parent()) {
            (Err(e), Some(folder)) if e.kind() == io::ErrorKind::NotFound => {
                make_folder(folder)?;
                open()
            }
            (opened, _) => opened,
        };
        let fault = |e: io::Error| HomeError::io("open", &self.path)(e);
        let file = file.map_err(fault)?;
        file.set_permissions(fs::Permissions::from_mode(0o600))
            .map_err(fault)?;
        Ok(file)
    }

    /// An empty file is one that was made and not yet written.
    fn parse(&self, text: &[u8]) -> Result<u64, HomeError> {
        let text = std::str::from_utf8(text).unwrap_or("?").trim();
        match text.parse() {
            Ok(value) => Ok(value),
            Err(_) if text.is_empty() => Ok(0),
            Err(_) => Err(HomeError::Counter(self.path.clone())),
        }
    }
}

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
        for text in [&b"many"[..], b"-1", b"\xff\xfe", b"1 2"] {
            fs::write(counter.path(), text).unwrap();
            assert!(matches!(counter.read(), Err(HomeError::Counter(_))));
            assert!(matches!(counter.write(9), Err(HomeError::Counter(_))));
            assert_eq!(fs::read(counter.path()).unwrap(), text);
        }
    }
}

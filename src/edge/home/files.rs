//! Whole-file replacement: a reader sees the old text or the new one, after a crash too.

use std::fs::File;
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::{fs, io};

use rustix::fs::{CWD, FlockOperation, RenameFlags, flock, renameat_with};
use rustix::io::Errno;

use super::HomeError;

/// Replaces a file by `bytes`: temporary file of mode 0600 in the same folder, fsync, rename, fsync of the folder.
/// Errors: [`HomeError::Io`] (a full disk is one); the file is then as it was.
pub fn replace_file(path: &Path, bytes: &[u8]) -> Result<(), HomeError> {
    let temporary = temporary(path);
    let written = write_new(&temporary, bytes).and_then(|()| fs::rename(&temporary, path));
    if let Err(fault) = written {
        // What was begun is of no use; that it cannot be removed matters less than the first fault.
        drop(fs::remove_file(&temporary));
        return Err(HomeError::io("write", path)(fault));
    }
    sync_folder(path)
}

/// Makes a file of mode 0600; one that is there is never touched.
/// Errors: [`HomeError::Io`]; nothing stays of what was begun.
pub fn make_file(path: &Path, bytes: &[u8]) -> Result<(), HomeError> {
    let temporary = temporary(path);
    let written = write_new(&temporary, bytes).map_err(HomeError::io("make", path));
    let made = written.and_then(|()| place_file(&temporary, path));
    // It has its own name now, or is of no use.
    drop(fs::remove_file(&temporary));
    made
}

/// Gives a whole file its name; one that is there is never touched.
/// Errors: [`HomeError::Io`].
pub fn place_file(whole: &Path, path: &Path) -> Result<(), HomeError> {
    // In one step: killed between two, both names would be its.
    let placed = match renameat_with(CWD, whole, CWD, path, RenameFlags::NOREPLACE) {
        // Some systems and file systems do not know that.
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => linked(whole, path),
        done => done.map_err(io::Error::from),
    };
    placed.map_err(HomeError::io("make", path))?;
    // It is not there for sure: whoever tries again is not to find it.
    sync_folder(path).inspect_err(|_| drop(fs::remove_file(path)))
}

fn linked(whole: &Path, path: &Path) -> io::Result<()> {
    let linked = fs::hard_link(whole, path).or_else(|fault| match path.symlink_metadata() {
        Ok(_) => Err(fault),
        // Some file systems know no hard links.
        Err(_) => fs::rename(whole, path),
    });
    linked.inspect(|()| drop(fs::remove_file(whole)))
}

/// A file of mode 0600 that is written piece by piece, and has its name once it is whole; one that is there is never touched.
pub struct NewFile {
    file: File,
    temporary: PathBuf,
    path: PathBuf,
}

impl NewFile {
    /// Begins one. Errors: [`HomeError::Io`], also if something is at the path.
    pub fn begin(path: &Path) -> Result<Self, HomeError> {
        if path.symlink_metadata().is_ok() {
            let there = io::Error::from(io::ErrorKind::AlreadyExists);
            return Err(HomeError::io("make", path)(there));
        }
        let temporary = temporary(path);
        let mut options = File::options();
        options.write(true).create_new(true).mode(0o600);
        let made = options.open(&temporary);
        let file = made.map_err(HomeError::io("make", path))?;
        Ok(Self {
            file,
            temporary,
            path: path.to_owned(),
        })
    }

    /// It is whole: gives it its name, to stay.
    pub fn settle(&mut self) -> Result<(), HomeError> {
        let synced = self.file.sync_all();
        synced.map_err(HomeError::io("write", &self.path))?;
        place_file(&self.temporary, &self.path)
    }
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        // It has its own name now, or is of no use.
        drop(fs::remove_file(&self.temporary));
    }
}

/// Keeps a file under its name with `suffix` behind it (`~`, `.broken`), replacing what was kept before.
///
/// The file itself stays too, until it is replaced. Returns where it is kept, `None` when there is no file.
pub fn keep_aside(path: &Path, suffix: &str) -> Result<Option<PathBuf>, HomeError> {
    let mut kept = path.as_os_str().to_owned();
    kept.push(suffix);
    let kept = PathBuf::from(kept);
    let temporary = temporary(path);
    let is_missing = |fault: &io::Error| fault.kind() == io::ErrorKind::NotFound;
    let linked = fs::hard_link(path, &temporary).or_else(|fault| match is_missing(&fault) {
        true => Err(fault),
        // Some file systems know no hard links.
        false => fs::copy(path, &temporary).map(drop),
    });
    let renamed = linked.and_then(|()| fs::rename(&temporary, &kept));
    // A rename between two links to one file does nothing, and leaves the temporary one.
    drop(fs::remove_file(&temporary));
    match renamed {
        Ok(()) => Ok(Some(kept)),
        Err(fault) if is_missing(&fault) => Ok(None),
        Err(fault) => Err(HomeError::io("keep aside", path)(fault)),
    }
}

/// Locks a file, which is made if it is not there, as long as what is given lives; `None`: another program has it.
/// Errors: Those of the file system.
pub fn lock_file(path: &Path) -> io::Result<Option<File>> {
    lock(path, FlockOperation::NonBlockingLockExclusive)
}

/// The same, but others may lock it so, too.
/// Errors: Those of the file system.
pub fn share_file(path: &Path) -> io::Result<Option<File>> {
    lock(path, FlockOperation::NonBlockingLockShared)
}

fn lock(path: &Path, how: FlockOperation) -> io::Result<Option<File>> {
    let mut options = File::options();
    options.write(true).create(true).truncate(false).mode(0o600);
    let file = options.open(path)?;
    match flock(&file, how) {
        Ok(()) => Ok(Some(file)),
        Err(Errno::WOULDBLOCK) => Ok(None),
        Err(fault) => Err(fault.into()),
    }
}

fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = File::options();
    options.write(true).create_new(true).mode(0o600);
    let mut file = options.open(path)?;
    file.set_permissions(fs::Permissions::from_mode(0o600))?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn sync_folder(path: &Path) -> Result<(), HomeError> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    File::open(folder)
        .and_then(|f| f.sync_all())
        .map_err(HomeError::io("settle the folder", folder))
}

/// A name beside `path` that no other writer uses at the same time.
fn temporary(path: &Path) -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    path.with_file_name(format!(".{name}.{}-{count}", std::process::id()))
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::expect_used,
        clippy::arithmetic_side_effects,
        clippy::string_slice,
        reason = "tests"
    )]
    use super::*;

    fn names(dir: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(dir)
            .unwrap()
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_replaced_file_is_whole_private_and_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("roster.toml");
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        replace_file(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o7777, 0o600);
        assert_eq!(names(dir.path()), ["roster.toml"]);
    }

    #[test]
    fn a_file_whose_making_fails_at_the_last_is_not_there() {
        let dir = tempfile::tempdir().unwrap();
        let mode =
            |mode| fs::set_permissions(dir.path(), fs::Permissions::from_mode(mode)).unwrap();
        let path = dir.path().join("password");
        // A folder that may be written into and not be opened cannot be settled, but by root.
        mode(0o300);
        let made = make_file(&path, b"secret");
        mode(0o700);
        assert_eq!(made.is_ok(), path.exists());
    }

    #[test]
    fn a_failed_replacement_leaves_nothing_behind() {
        let dir = tempfile::tempdir().unwrap();
        // A folder with something in it cannot be renamed over.
        let path = dir.path().join("roster.toml");
        fs::create_dir(&path).unwrap();
        fs::write(path.join("x"), "x").unwrap();
        let fault = replace_file(&path, b"new").unwrap_err();
        assert!(matches!(fault, HomeError::Io(..)), "{fault}");
        assert_eq!(names(dir.path()), ["roster.toml"]);
    }

    #[test]
    fn what_is_kept_aside_replaces_what_was_kept_before() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("roster.toml");
        assert_eq!(keep_aside(&path, "~").unwrap(), None);
        for text in ["one", "two"] {
            fs::write(&path, text).unwrap();
            keep_aside(&path, "~").unwrap();
            keep_aside(&path, "~").unwrap();
            replace_file(&path, b"after").unwrap();
            assert_eq!(
                fs::read_to_string(dir.path().join("roster.toml~")).unwrap(),
                text
            );
            assert_eq!(names(dir.path()), ["roster.toml", "roster.toml~"]);
        }
    }
}

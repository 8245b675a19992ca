//! What is wrong with a home, and what to do about it; and its folders, made.

use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::protocol::shell;

/// What is wrong with a home.
#[derive(Debug, thiserror::Error)]
pub enum HomeError {
    /// Neither `HOME` nor the folder that was needed is named by the environment.
    #[error("cannot tell where the account lives: HOME is not set")]
    NoHome,
    /// A file or folder of the account is not there.
    #[error("{} is missing", .0.display())]
    Missing(PathBuf),
    /// A file or folder stands where the other was expected.
    #[error("{} is not a {}", .0.display(), .1)]
    Kind(PathBuf, &'static str),
    /// Others may read or write what is ours alone: its permission bits, and what they must be.
    #[error("{path} has mode {1:04o}, not {2:04o}", path = .0.display())]
    Mode(PathBuf, u32, u32),
    /// A file or folder belongs to another user: to which, and who runs the program.
    #[error("{path} belongs to user {1}, and you are user {2}", path = .0.display())]
    Owner(PathBuf, u32, u32),
    /// The place cannot be written to (its mode, or a file system mounted read-only).
    #[error("{} cannot be written to", .0.display())]
    ReadOnly(PathBuf),
    /// A counter holds something that is no number.
    #[error("{} holds no number", .0.display())]
    Counter(PathBuf),
    /// Another fault of the file system, with what was being done to which file; a full disk is one.
    #[error("cannot {0} {path}: {2}", path = .1.display())]
    Io(&'static str, PathBuf, #[source] io::Error),
}

impl HomeError {
    /// What the user can try, in one line.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NoHome => "set HOME, or name a folder with --home".to_owned(),
            Self::Missing(_) => "run iim setup".to_owned(),
            Self::Kind(path, _) => format!("move {} out of the way", shell::path(path)),
            Self::Mode(path, _, wanted) => format!("chmod {wanted:04o} {}", shell::path(path)),
            Self::Owner(path, _, wanted) => {
                let quoted = shell::path(path);
                format!("run iim as the owner, or chown {wanted} {quoted}")
            }
            Self::ReadOnly(path) => format!("make {} writable for you", path.display()),
            Self::Counter(path) => {
                format!("remove {} and run iim doctor --restored", shell::path(path))
            }
            Self::Io(_, _, source) if source.kind() == io::ErrorKind::StorageFull => {
                "make room on the disk".to_owned()
            }
            Self::Io(..) => return None,
        })
    }

    /// A fault of the file system while doing something at a path.
    pub fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io(doing, path, source)
    }
}

/// Makes a folder for this user alone, and those above it.
pub(super) fn make_folder(dir: &Path) -> Result<(), HomeError> {
    if dir.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    let made = builder.recursive(true).mode(0o700).create(dir);
    made.map_err(HomeError::io("make the folder", dir))?;
    // The umask may have taken more away than we can live with.
    fs::set_permissions(dir, fs::Permissions::from_mode(0o700))
        .map_err(HomeError::io("set the mode of", dir))
}

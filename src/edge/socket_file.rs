//! The file of a Unix socket: for this user alone, and gone with whoever listens there.

use std::fs::{DirBuilder, Permissions};
use std::io::ErrorKind;
use std::os::fd::AsFd;
use std::os::unix::fs::{
    DirBuilderExt as _, FileTypeExt as _, MetadataExt as _, PermissionsExt as _,
};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::{fs, io};

use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType};

/// Why nobody can listen at a path.
#[derive(Debug)]
pub enum SocketError {
    /// Another program listens there.
    Taken,
    /// Something that is no socket has the path.
    InTheWay,
    /// Another fault.
    Io(io::Error),
}

/// The file; dropping it removes it, if it is still ours.
#[derive(Debug)]
pub struct SocketFile {
    path: PathBuf,
    /// Device and number.
    identity: (u64, u64),
}

impl SocketFile {
    /// Listens at a path, instead of a program that has died.
    pub fn bind(path: &Path) -> Result<(UnixListener, Self), SocketError> {
        make_way(path)?;
        let socket = UnixListener::bind(path)?;
        fs::set_permissions(path, Permissions::from_mode(0o600))?;
        socket.set_nonblocking(true)?;
        let file = Self {
            path: path.to_owned(),
            identity: identity(path)?,
        };
        Ok((socket, file))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it is still ours, or at all.
    pub fn is_there(&self) -> bool {
        identity(&self.path).is_ok_and(|now| now == self.identity)
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if self.is_there() {
            // If it stays, whoever listens there next removes it.
            drop(fs::remove_file(&self.path));
        }
    }
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    let meta = fs::symlink_metadata(path)?;
    Ok((meta.dev(), meta.ino()))
}

/// Whether the program at the other end is one of this user.
pub fn is_ours(stream: impl AsFd) -> bool {
    let peer = rustix::net::sockopt::socket_peercred(stream);
    peer.is_ok_and(|peer| peer.uid == rustix::process::geteuid())
}

/// Its folder is there, and no dead socket in it.
fn make_way(path: &Path) -> Result<(), SocketError> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder {
        let mut builder = DirBuilder::new();
        builder.recursive(true).mode(0o700).create(folder)?;
    }
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error.into()),
        Ok(meta) if !meta.file_type().is_socket() => Err(SocketError::InTheWay),
        Ok(_) if is_dead(path)? => Ok(fs::remove_file(path)?),
        Ok(_) => Err(SocketError::Taken),
    }
}

/// Whether nobody listens any more; never waits for one who does.
fn is_dead(path: &Path) -> io::Result<bool> {
    let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
    let socket = rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
    match rustix::net::connect(&socket, &SocketAddrUnix::new(path)?) {
        Err(Errno::CONNREFUSED) => Ok(true),
        // It listens, but has no room for one more.
        Ok(()) | Err(Errno::AGAIN) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

impl From<io::Error> for SocketError {
    fn from(fault: io::Error) -> Self {
        Self::Io(fault)
    }
}

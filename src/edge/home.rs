//! The places of one account: where its files lie, how they are made, checked and replaced.
//!
//! ```text
//!                 usual                          with --home DIR or IIM_HOME
//! config.toml     $XDG_CONFIG_HOME/iim           DIR
//! iim.db          $XDG_DATA_HOME/iim             DIR
//! roster.toml     $XDG_DATA_HOME/iim             DIR
//! agent.sock,     $XDG_RUNTIME_DIR/iim, or       DIR
//! gateway.sock    beside the database (while that folder is gone, too)
//! sealings        $XDG_STATE_HOME/iim/<hash of the home's path>      the same
//! ```

mod counter;
mod error;
mod files;

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::{fs, io};

use sha2::{Digest, Sha256};

pub use counter::Counter;
pub use error::HomeError;
pub use files::{NewFile, keep_aside, lock_file, make_file, place_file, replace_file, share_file};

use crate::protocol::hash::hash8;
use crate::protocol::hex;
use error::make_folder;

/// The folders of one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    config: PathBuf,
    data: PathBuf,
    sockets: Vec<PathBuf>,
    state: PathBuf,
}

impl Home {
    /// Finds the places of the account from `--home` and the environment; touches nothing.
    pub fn locate(flag: Option<&Path>) -> Result<Self, HomeError> {
        Self::from_env(flag, |name| std::env::var_os(name))
    }

    /// The same as [`Home::locate`], with the environment passed in.
    ///
    /// A variable that is empty, or an XDG variable that is no absolute path, counts as not set
    /// (XDG Base Directory Specification, "Environment variables").
    pub fn from_env(
        flag: Option<&Path>,
        env: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Self, HomeError> {
        let var = |name: &str| env(name).filter(|v| !v.is_empty()).map(PathBuf::from);
        let xdg = |name: &str, usual: &str| {
            let named = var(name).filter(|p| p.is_absolute());
            let usual = || var("HOME").map(|home| home.join(usual));
            let base = named.or_else(usual).ok_or(HomeError::NoHome)?;
            Ok(base.join("iim"))
        };
        let state = xdg("XDG_STATE_HOME", ".local/state")?;
        if let Some(dir) = flag.map(Path::to_owned).or_else(|| var("IIM_HOME")) {
            return Ok(Self::at(&dir, &state));
        }
        let data = settled(&xdg("XDG_DATA_HOME", ".local/share")?);
        let runtime = var("XDG_RUNTIME_DIR").filter(|p| p.is_absolute());
        Ok(Self {
            config: xdg("XDG_CONFIG_HOME", ".config")?,
            sockets: sockets(runtime, &data),
            state: state.join(fingerprint(&data)),
            data,
        })
    }

    /// A home with everything in one folder, and its counter of sealings below the folder `state`.
    pub fn at(dir: &Path, state: &Path) -> Self {
        let dir = settled(dir);
        Self {
            config: dir.clone(),
            sockets: vec![dir.join("agent.sock")],
            state: state.join(fingerprint(&dir)),
            data: dir,
        }
    }

    /// The user's configuration.
    pub fn config(&self) -> PathBuf {
        self.config.join("config.toml")
    }

    /// The database.
    pub fn database(&self) -> PathBuf {
        self.data.join("iim.db")
    }

    /// The roster as a person reads it.
    pub fn roster(&self) -> PathBuf {
        self.data.join("roster.toml")
    }

    /// The folder of the database and the roster.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// Where an agent may be listening, likeliest first.
    ///
    /// The agent may have been started with `XDG_RUNTIME_DIR` set, and the hook without it, or the other
    /// way round.
    pub fn sockets(&self) -> &[PathBuf] {
        &self.sockets
    }

    /// Where the gateway listens, when its place is not configured: beside the agent's socket, or where that would be.
    pub fn gateway_socket(&self) -> PathBuf {
        let places = self.gateway_sockets();
        let there = places.iter().find(|path| path.exists()).or(places.first());
        there.cloned().unwrap_or_default()
    }

    /// Where the gateway may listen, when its place is not configured, the best place first.
    pub fn gateway_sockets(&self) -> Vec<PathBuf> {
        let beside = |agent: &PathBuf| agent.with_file_name("gateway.sock");
        self.sockets.iter().map(beside).collect()
    }

    /// The file that the one agent of this home holds locked.
    pub fn agent_lock(&self) -> PathBuf {
        self.data.join("agent.lock")
    }

    /// The file that all programs which fetch from mailboxes hold locked together; an older one wants it for itself.
    pub fn fetch_lock(&self) -> PathBuf {
        self.data.join("fetch.lock")
    }

    /// The file that the one program which fetches from that mailbox holds locked.
    pub fn mailbox_lock(&self, key: &str) -> PathBuf {
        let hash = u64::from_be_bytes(hash8(key.as_bytes()));
        self.data.join(format!("fetch-{hash:016x}.lock"))
    }

    /// The file that the one program which takes the account out, in or back holds locked.
    pub fn moving_lock(&self) -> PathBuf {
        self.data.join("moving.lock")
    }

    /// The counter of sealings, outside of what is backed up with the data.
    pub fn sealings(&self) -> Counter {
        Counter::new(self.state.join("sealings"))
    }

    /// The highest epoch of our presence, outside of what is backed up with the data.
    pub fn epochs(&self) -> Counter {
        Counter::new(self.state.join("epoch"))
    }

    /// Makes the folders that are missing, mode 0700; leaves those that are there as they are.
    pub fn create(&self) -> Result<(), HomeError> {
        let mut folders = [&self.config, &self.data, &self.state].into_iter();
        folders.try_for_each(|dir| make_folder(dir))
    }

    /// Whether what is there of the folders for configuration and data is ours alone: to be asked before anything is
    /// written into them.
    /// Errors: The first fault; a folder that is missing is none.
    pub fn require_folders(&self) -> Result<(), HomeError> {
        let mut faults = self.folder_faults();
        let fault = faults.find(|fault| !matches!(fault, HomeError::Missing(_)));
        fault.map_or(Ok(()), Err)
    }

    /// All that is wrong with the places and the files in them; empty when all is well.
    pub fn check(&self) -> Vec<HomeError> {
        let (config, database) = ((self.config(), true), (self.database(), true));
        let files = [config, database, (self.roster(), false)].into_iter();
        let of_files = files.filter_map(|(file, needed)| check_file(&file, needed).err());
        let mut faults: Vec<HomeError> = self.folder_faults().chain(of_files).collect();
        faults.dedup_by(|a, b| a.to_string() == b.to_string());
        faults
    }

    fn folder_faults(&self) -> impl Iterator<Item = HomeError> {
        let folders = [&self.config, &self.data].into_iter();
        folders.filter_map(|dir| check_folder(dir).err())
    }

    /// The first fault of [`Home::check`], as an error.
    pub fn require(&self) -> Result<(), HomeError> {
        self.check().into_iter().next().map_or(Ok(()), Err)
    }
}

/// The sockets to try: in the runtime folder of the session, in the usual one of this user, beside the data.
fn sockets(runtime: Option<PathBuf>, data: &Path) -> Vec<PathBuf> {
    let uid = rustix::process::geteuid().as_raw();
    let usual = PathBuf::from(format!("/run/user/{uid}"));
    let usual = fs::metadata(&usual).ok().map(|_| usual);
    let of_session = runtime.into_iter().chain(usual);
    let of_session = of_session.map(|dir| dir.join("iim/agent.sock"));
    let mut found: Vec<PathBuf> = of_session.chain([data.join("agent.sock")]).collect();
    found.dedup();
    found
}

/// The path with links resolved as far as it exists, so that one folder has one name.
fn settled(path: &Path) -> PathBuf {
    if let Ok(real) = path.canonicalize() {
        return real;
    }
    let full = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    match (full.parent(), full.file_name()) {
        (Some(parent), Some(name)) if parent != full => settled(parent).join(name),
        _ => full,
    }
}

/// The first 16 hexadecimal digits of the SHA-256 of a path.
fn fingerprint(path: &Path) -> String {
    let hash = Sha256::digest(path.as_os_str().as_bytes());
    hex::encode(hash.get(..8).unwrap_or(&hash))
}

fn check_folder(dir: &Path) -> Result<(), HomeError> {
    let meta = metadata(dir)?;
    if !meta.is_dir() {
        return Err(HomeError::Kind(dir.to_owned(), "folder"));
    }
    check_ours(dir, &meta, 0o700)?;
    use rustix::fs::{Access, access};
    access(dir, Access::WRITE_OK | Access::EXEC_OK).map_err(|_| HomeError::ReadOnly(dir.to_owned()))
}

fn check_file(file: &Path, needed: bool) -> Result<(), HomeError> {
    let meta = match metadata(file) {
        Err(HomeError::Missing(_)) if !needed => return Ok(()),
        other => other?,
    };
    if !meta.is_file() {
        return Err(HomeError::Kind(file.to_owned(), "file"));
    }
    check_ours(file, &meta, 0o600)
}

fn metadata(path: &Path) -> Result<fs::Metadata, HomeError> {
    fs::metadata(path).map_err(|e| match e.kind() == io::ErrorKind::NotFound {
        true => HomeError::Missing(path.to_owned()),
        false => HomeError::io("look at", path)(e),
    })
}

/// It must be ours. Others may have no right at all; we may have fewer than `wanted` only at our own cost.
fn check_ours(path: &Path, meta: &fs::Metadata, wanted: u32) -> Result<(), HomeError> {
    let (user, owner) = (rustix::process::geteuid().as_raw(), meta.uid());
    let found = meta.mode() & 0o7777;
    if owner != user {
        Err(HomeError::Owner(path.to_owned(), owner, user))
    } else if found & 0o077 != 0 || found & 0o600 != 0o600 {
        Err(HomeError::Mode(path.to_owned(), found, wanted))
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests;

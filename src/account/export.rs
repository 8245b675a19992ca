//! An account moves to another machine, or a copy of it is laid by.
//!
//! ```text
//!  here ── export ──▶ here, and an archive                                   import: always as from a backup
//!  here ── export --move ──▶ moved out, and an archive with the sessions     import: the same; what is under way opens
//!  moved out ── return ──▶ here, as from a backup
//! ```
//!
//! Of two places never both live: that it moves out is committed before the first byte of the archive is written.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::roster_line::DIRTY;
use super::{Account, AccountError};
use crate::edge::clock::Clock;
use crate::edge::config::{Config, ConfigError};
use crate::edge::home::{Home, HomeError, NewFile, keep_aside, lock_file, make_file, place_file};
use crate::edge::seal::archive::{self, Archive, ArchiveError, Head};
use crate::edge::seal::stream::{CodeKey, NONCE};
use crate::edge::store::{Create, Store, StoreError};
use crate::protocol::address::Address;
use crate::protocol::time::Seconds;
use crate::rules::account::AccountState;
use crate::rules::effect::Effect;
use crate::rules::refusal::Refusal;
use crate::rules::view::View as _;

/// Where an archive is written.
pub trait Destination: Write {
    /// All of it was written: it is there to stay, whole, or not at all.
    fn settle(&mut self) -> io::Result<()>;
}

impl Destination for NewFile {
    fn settle(&mut self) -> io::Result<()> {
        Self::settle(self).map_err(io::Error::other)
    }
}

impl Destination for io::Stdout {
    fn settle(&mut self) -> io::Result<()> {
        self.flush()
    }
}

/// What an archive holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exported {
    /// People on the roster.
    pub people: usize,
    /// Bytes of the database.
    pub size: u64,
}

/// Why an archive cannot be taken in.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// There is an account already, with its database at this path.
    #[error(
        "there is an account already: {0}\nhint: `iim --home DIR …` takes it into another folder; two accounts never become one"
    )]
    There(PathBuf),
    /// A configuration lies where that of the archive is to lie.
    #[error(
        "{0} is there, and is not that of the archive\nhint: move it aside; what you want of it can be added again afterwards"
    )]
    OtherConfig(PathBuf),
    /// The archive.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// The folders and files.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// The configuration in it.
    #[error("in the archive: {0}")]
    Config(#[from] ConfigError),
    /// The database in it.
    #[error("the database in the archive: {0}")]
    Store(#[from] StoreError),
    /// The account that came of it.
    #[error(transparent)]
    Account(#[from] AccountError),
}

/// Writes an archive of the account, sealed under a key or plain. If it moves, nothing is decided or sealed here any more once
/// this begins; should the archive not come to be, all is as before.
/// Errors: [`AccountError::Moving`] while another program does the like.
pub fn export(
    account: &mut Account,
    moves: bool,
    key: Option<&CodeKey>,
    to: &mut dyn Destination,
) -> Result<Exported, AccountError> {
    let _alone = alone(&account.home)?;
    if moves {
        let now = account.now();
        change_place(account, |state| match state.moved_out.replace(now) {
            Some(at) => Err(Refusal::MovedOut(at)),
            None => Ok(()),
        })?;
    }
    let done = write_archive(account, moves, key, to);
    if moves && done.is_err() {
        change_place(account, |state| {
            state.moved_out = None;
            Ok(())
        })?;
    }
    done
}

fn write_archive(
    account: &mut Account,
    moved: bool,
    key: Option<&CodeKey>,
    to: &mut dyn Destination,
) -> Result<Exported, AccountError> {
    let mut nonce = [0; NONCE];
    account.rng.fill(&mut nonce);
    let people = account.people()?.len();
    let copy = Copied::of(&account.home);
    account.store.copy_to(&copy.path, moved)?;
    let cannot = |fault| AccountError::Archive(ArchiveError::Io(fault));
    let mut database = File::open(&copy.path).map_err(cannot)?;
    let size = database.metadata().map_err(cannot)?.len();
    let head = Head {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        made: account.now(),
        address: account.settings.address.clone(),
        moved,
        size,
        config: fs::read_to_string(account.home.config()).map_err(cannot)?,
    };
    let key = key.map(|key| (key, nonce));
    archive::write(to, key, &head, &mut database).map_err(cannot)?;
    // It may be there from now on: nothing that can fail follows.
    to.settle().map_err(cannot)?;
    Ok(Exported { people, size })
}

/// The account is taken back from a machine where it never arrived: as from a backup, for it may have.
/// Errors: [`Refusal::NotMovedOut`]; [`AccountError::Moving`] while it is still on its way out.
pub fn come_back(account: &mut Account) -> Result<(), AccountError> {
    let _alone = alone(&account.home)?;
    change_place(account, |state| match state.moved_out.take() {
        Some(_) => {
            state.restored = true;
            Ok(())
        }
        None => Err(Refusal::NotMovedOut),
    })?;
    Copied::of(&account.home).remove();
    Ok(())
}

fn change_place(
    account: &Account,
    change: impl FnOnce(&mut AccountState) -> Result<(), Refusal>,
) -> Result<(), AccountError> {
    let now = account.now();
    account.store.transact(|tx| {
        let mut state = tx.account()?;
        change(&mut state)?;
        Ok(tx.apply(&Effect::Account(Box::new(state)), now)?)
    })
}

/// As long as what is given lives, no other program takes the account out, in or back.
fn alone(home: &Home) -> Result<File, AccountError> {
    let lock = home.moving_lock();
    let locked = lock_file(&lock).map_err(|fault| HomeError::io("lock", &lock)(fault))?;
    locked.ok_or(AccountError::Moving)
}

/// Whether a program is at work that takes the account out, in or back.
pub fn is_moving(home: &Home) -> bool {
    home.moving_lock().exists() && matches!(alone(home), Err(AccountError::Moving))
}

/// Makes an account of an archive, where there is none: as from a backup, so that whatever else lives of it, nothing is sealed
/// twice. Killed on the way, it can be done again.
pub fn import(
    home: &Home,
    clock: Arc<dyn Clock>,
    archive: Archive<'_>,
) -> Result<Account, ImportError> {
    let arriving = Arriving::begin(home, archive.head.config.clone(), &archive.head.address)?;
    let mut file = NewFile::begin(arriving.path())?;
    archive.unpack(&mut file)?;
    file.settle()?;
    take_in(arriving.path(), clock.now())?;
    arriving.settle(clock)
}

/// An account that comes to be where there is none: its database beside the place of one, until it is whole.
pub(super) struct Arriving {
    home: Home,
    config: String,
    has_config: bool,
    copy: Copied,
    _alone: File,
}

impl Arriving {
    /// Begins one with this text as `config.toml`, which must be that of this address. No other program does the like meanwhile.
    pub(super) fn begin(home: &Home, text: String, address: &Address) -> Result<Self, ImportError> {
        if home.database().symlink_metadata().is_ok() {
            return Err(ImportError::There(home.database()));
        }
        home.create()?;
        let alone = alone(home)?;
        let config = home.config();
        if Config::parse(&text, &config)?.address != *address {
            return Err(ArchiveError::Damaged.into());
        }
        let has_config = match fs::read_to_string(&config) {
            Ok(found) if found == text => true,
            Err(fault) if fault.kind() == io::ErrorKind::NotFound => false,
            Ok(_) | Err(_) => return Err(ImportError::OtherConfig(config)),
        };
        Ok(Self {
            home: home.clone(),
            config: text,
            has_config,
            copy: Copied::of(home),
            _alone: alone,
        })
    }

    /// Where its database is made.
    pub(super) fn path(&self) -> &Path {
        &self.copy.path
    }

    /// It is whole, and lives here from now on.
    pub(super) fn settle(self, clock: Arc<dyn Clock>) -> Result<Account, ImportError> {
        if !self.has_config {
            make_file(&self.home.config(), self.config.as_bytes())?;
        }
        // What was edited there by hand was meant for another account.
        if keep_aside(&self.home.roster(), ".before-import")?.is_some() {
            fs::remove_file(self.home.roster()).map_err(ArchiveError::Io)?;
        }
        place_file(&self.copy.path, &self.home.database())?;
        Ok(Account::open(self.home.clone(), clock)?)
    }
}

/// What was true of the place that it comes from is not true of this one.
fn take_in(path: &Path, now: Seconds) -> Result<(), StoreError> {
    let store = Store::open(path, Create::No)?;
    store.transact(|tx| {
        let mut account = tx
            .account()
            .map_err(|fault| StoreError::Other(fault.to_string()))?;
        (account.moved_out, account.restored) = (None, true);
        tx.meta_set(DIRTY, "1")?;
        tx.apply(&Effect::Account(Box::new(account)), now)
    })?;
    store.into_one_file()
}

/// A database on its way out or in, beside that of the account; gone with this, and with the next if that was killed.
struct Copied {
    path: PathBuf,
}

impl Copied {
    /// Whoever asks for it is [alone].
    fn of(home: &Home) -> Self {
        let one = Self {
            path: home.data().join(format!(".{COPY}")),
        };
        one.remove();
        one
    }

    /// With what SQLite laid beside it, and what was begun of it.
    fn remove(&self) {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        let files = fs::read_dir(folder).into_iter().flatten().flatten();
        for file in files {
            let name = file.file_name();
            let name = name.to_string_lossy();
            if name.trim_start_matches('.').starts_with(COPY) {
                drop(fs::remove_file(file.path()));
            }
        }
    }
}

impl Drop for Copied {
    fn drop(&mut self) {
        self.remove();
    }
}

/// The name of such a database.
const COPY: &str = "copy.db";

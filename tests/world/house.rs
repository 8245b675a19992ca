//! Where somebody's account lives, and what they have laid by: an archive, a kept copy, an old disk.
//!
//! ```text
//!  a disk in memory ── a file, as commands find it ── export ──▶ an archive ── import ──▶ a file in another home ── memory
//! ```

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use iim::account::{Account, Destination, ImportError, code_key, come_back, export, import};
use iim::account::{change_code, kept, new_code};
use iim::edge::home::{Home, replace_file};
use iim::edge::seal::archive::Archive;
use iim::edge::seal::stream::CodeKey;
use iim::protocol::kept::Kept;

use crate::disk::Saved;
use crate::people::Someone;
use crate::post::Parcel;

/// What somebody needs to live elsewhere.
#[derive(Default)]
pub(crate) struct House {
    /// So many homes there were before this one.
    pub(crate) number: u32,
    /// The account has left for another machine, and is nowhere as yet.
    pub(crate) has_left: bool,
    /// What came to where it has left from.
    pub(crate) unheard: Vec<Parcel>,
    /// Archives that were laid by, of this life.
    pub(crate) archives: Vec<LaidBy>,
    /// What the paper gives.
    pub(crate) paper: Option<CodeKey>,
    /// The kept copies that lie in the mailbox, as they came.
    pub(crate) copies: Vec<KeptMail>,
    /// An old disk that nobody thinks of.
    pub(crate) forgotten: Option<Saved>,
}

/// An archive without what is under way.
pub(crate) struct LaidBy {
    pub(crate) bytes: Vec<u8>,
    pub(crate) at_ms: u64,
}

/// A mail to oneself.
pub(crate) struct KeptMail {
    pub(crate) mail: Vec<u8>,
    pub(crate) at_ms: u64,
}

impl House {
    /// All of it is of an account that is no more.
    pub(crate) fn of_another_life(&mut self) {
        *self = Self {
            number: self.number,
            ..Self::default()
        };
    }
}

/// An archive in memory.
#[derive(Default)]
struct InMemory(Vec<u8>);

impl Write for InMemory {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Destination for InMemory {
    fn settle(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Someone {
    /// A home that was none yet, on another machine.
    fn another_home(&mut self, dir: &Path) -> Home {
        self.house.number += 1;
        let number = self.house.number;
        let machine = dir.join(format!("{}-machine-{number}", self.name));
        Home::at(&machine.join("home"), &machine.join("state"))
    }

    fn open_file(&self, home: &Home) -> Account {
        let clock = Arc::new(self.clock.clone());
        let account = Account::open(home.clone(), clock).unwrap();
        account.with_rng(Box::new(self.rng.clone()))
    }

    /// `iim export`: the account is a file while the command runs.
    pub(crate) fn export(&mut self, moves: bool) -> Vec<u8> {
        let file = self.home.database();
        self.disk.to_file(&file);
        let mut account = self.open_file(&self.home);
        let key = code_key(&account).unwrap();
        let mut to = InMemory::default();
        export(&mut account, moves, key.as_ref(), &mut to).unwrap();
        drop(account);
        self.disk.take_file(&file);
        to.0
    }

    /// `iim import`, on another machine: where it lies there.
    pub(crate) fn import(&mut self, bytes: &[u8], dir: &Path) -> Result<Home, ImportError> {
        let home = self.another_home(dir);
        let key = || Ok::<_, ImportError>(self.house.paper.clone().expect("sealed without a code"));
        let archive = Archive::open(bytes, true, key)?;
        import(&home, Arc::new(self.clock.clone()), archive)?;
        Ok(home)
    }

    /// `iim recover`, on another machine.
    pub(crate) fn recover(&mut self, kept: &Kept, dir: &Path) -> Home {
        let home = self.another_home(dir);
        let key = self.house.paper.clone().unwrap();
        let clock = Arc::new(self.clock.clone());
        kept::recover(&home, clock, &key, kept).unwrap();
        home
    }

    /// From now on the account lives there; of the machine before nothing is left, but what they have forgotten.
    pub(crate) fn live_in(&mut self, home: Home) {
        self.end_agent();
        let disk = self.backups.drain(..).next_back();
        self.house.forgotten = disk
            .filter(|one| one.life == self.lives)
            .map(|one| one.saved);
        self.editor = None;
        self.disk.take_file(&home.database());
        self.home = home;
        self.house.has_left = false;
        self.reopen();
    }

    /// An old disk comes to life in a home of its own; the account on it, as its programs open it.
    pub(crate) fn open_old(&mut self, disk: &Saved, dir: &Path) -> Account {
        let home = self.another_home(dir);
        home.create().unwrap();
        replace_file(&home.config(), self.config.as_bytes()).unwrap();
        disk.to_file(&home.database());
        self.open_file(&home)
    }

    /// The same of a disk from which the account had left: it is taken back.
    pub(crate) fn open_returned(&mut self, disk: &Saved, dir: &Path) -> Account {
        let mut account = self.open_old(disk, dir);
        come_back(&mut account).unwrap();
        account
    }

    /// The account that was taken in there as well, as its programs open it.
    pub(crate) fn open_second(&mut self, bytes: &[u8], dir: &Path) -> Account {
        let home = self.import(bytes, dir).unwrap();
        self.open_file(&home)
    }

    /// What the code on paper gives; the first time it is made.
    pub(crate) fn paper(&mut self) -> CodeKey {
        if let Some(key) = &self.house.paper {
            return key.clone();
        }
        let (_, key) = new_code(&mut self.account);
        assert!(change_code(&self.account, None, Some(&key)).unwrap());
        self.house.paper = Some(key.clone());
        key
    }
}

/// Nothing of the account is left there.
pub(crate) fn throw_away(account: Account) {
    let folder = account.home.data().to_owned();
    drop(account);
    fs::remove_dir_all(folder).unwrap();
}

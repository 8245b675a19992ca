//! An account is made, and opened.

use std::sync::Arc;

use super::in_place::{Counters, take_place};
use super::settings::settings;
use super::turn::{Follow, Teller};
use super::{Account, AccountError, OsRng, joined};
use crate::edge::clock::Clock;
use crate::edge::config::Config;
use crate::edge::home::Home;
use crate::edge::seal::{Keyring, Zeroizing};
use crate::edge::store::{Create, Store};
use crate::edge::{control, store};
use crate::protocol::letter::{Keys, Secret, Status};
use crate::protocol::time::Seconds;
use crate::rules::account::{AccountState, Settings};
use crate::rules::decision::Rng;
use crate::rules::place::Stamp;

impl Account {
    /// Opens an account, and takes what was edited by hand in `roster.toml`.
    /// Errors: [`AccountError`] for a home, a configuration or a database that cannot be used.
    pub fn open(home: Home, clock: Arc<dyn Clock>) -> Result<Self, AccountError> {
        let mut account = Self::open_quietly(home, clock)?;
        account.take_edits()?;
        Ok(account)
    }

    /// Opens an account without a look at `roster.toml`: for the hook, whose cost does not grow with it.
    pub fn open_quietly(home: Home, clock: Arc<dyn Clock>) -> Result<Self, AccountError> {
        home.require()?;
        let config = Config::load(&home.config())?;
        let store = Store::open(&home.database(), Create::No)?;
        Self::with(home, config, store, clock).looked_at()
    }

    /// With the networks that were joined, and knowing whether a backup was put back.
    fn looked_at(mut self) -> Result<Self, AccountError> {
        joined::refresh(&mut self)?;
        let now = self.now();
        self.counters.know_if_put_back(&self.store, false, now)?;
        Ok(self)
    }

    /// As [`Account::open`], with a database that is open already.
    pub fn open_on(store: Store, home: Home, clock: Arc<dyn Clock>) -> Result<Self, AccountError> {
        let config = Config::load(&home.config())?;
        let mut account = Self::with(home, config, store, clock).looked_at()?;
        account.take_edits()?;
        Ok(account)
    }

    /// Whether the agent that runs was started before the program was replaced, and can do nothing with the database of now.
    pub fn agent_is_of_another_version(&self) -> bool {
        control::is_of_another_version(&self.home.agent_lock(), store::version_known())
    }

    /// Closes the account; its database stays open.
    #[must_use]
    pub fn into_store(self) -> Store {
        self.store
    }

    /// Reads `config.toml` again.
    /// Errors: [`AccountError::Config`]; the configuration of before then stays in force.
    pub fn reload(&mut self) -> Result<(), AccountError> {
        let mut config = Config::load(&self.home.config())?;
        config.take_joined(&joined::all(self)?);
        self.settings = settings(&config);
        self.config = config;
        Ok(())
    }

    /// Looks, whenever a turn begins, also whether something wrote another database over the one that is open: for a
    /// program that keeps it open for long.
    pub fn stay_open(&mut self) -> Result<(), AccountError> {
        Ok(self.store.guard()?)
    }

    /// Whether a copy of the database is told from it wherever it is put: not where the file system does not say when a
    /// file was made.
    pub fn knows_copies(&self) -> Result<bool, AccountError> {
        Ok(self.store.stamp()?.is_none_or(Stamp::is_born))
    }

    /// Takes a home for one that lies where it always did, whoever put it there: for tests, which copy whole accounts.
    pub fn take_for_granted(home: &Home) -> Result<(), AccountError> {
        let store = Store::open(&home.database(), Create::No)?;
        let stamp = store.stamp()?;
        let sealings = store.transact(|tx| {
            let sealings = tx.sealings()?;
            take_place(tx, stamp, sealings)?;
            Ok::<_, AccountError>(sealings)
        })?;
        Ok(home.sealings().adopt(sealings)?)
    }

    fn with(home: Home, config: Config, store: Store, clock: Arc<dyn Clock>) -> Self {
        let settings = settings(&config);
        let counters = Counters::of(&home);
        Self {
            home,
            config,
            settings,
            store,
            counters,
            clock,
            rng: Box::new(OsRng),
            teller: Teller::Other,
            cache: None,
            known_changes: 0,
            swept: Seconds(0),
            seen: Seconds(0),
            set_back: false,
            ended: Vec::new(),
            caused: Vec::new(),
            owed: Vec::new(),
        }
    }

    /// Makes the keys and the database of an account whose configuration is there; does nothing to those that are.
    pub fn create(home: &Home, clock: Arc<dyn Clock>) -> Result<(), AccountError> {
        home.create()?;
        let config = Config::load(&home.config())?;
        let store = Store::open(&home.database(), Create::Yes)?;
        Self::with(home.clone(), config, store, clock).make_account()
    }

    /// As [`Account::create`], in a database that is open already, and with other rng; gives the database back.
    pub fn create_on(
        store: Store,
        home: &Home,
        clock: Arc<dyn Clock>,
        rng: Box<dyn Rng + Send>,
    ) -> Result<Store, AccountError> {
        home.create()?;
        let config = Config::load(&home.config())?;
        let mut account = Self::with(home.clone(), config, store, clock).with_rng(rng);
        account.make_account()?;
        Ok(account.into_store())
    }

    fn make_account(&mut self) -> Result<(), AccountError> {
        let (account, pickle) = self.new_account()?;
        let stamp = self.store.stamp()?;
        let counter = self.counters.sealings.read().unwrap_or(0);
        let made = self.store.transact(|tx| {
            let missing = !tx.has_account()?;
            if missing {
                tx.create_account(&account, &pickle)?;
                take_place(tx, stamp, counter)?;
            }
            Ok::<_, AccountError>(missing)
        })?;
        if made {
            self.counters.sealings.adopt(counter)?;
        }
        self.follow(Follow {
            roster: true,
            sealings: None,
        })?;
        Ok(())
    }

    fn new_account(&mut self) -> Result<(AccountState, Zeroizing<String>), AccountError> {
        let keyring = Keyring::generate();
        let mut secret = || {
            let mut bytes = [0; 32];
            self.rng.fill(&mut bytes);
            Secret(bytes)
        };
        let secrets = (secret(), secret());
        let now = self.clock.now();
        let account = new_state(keyring.keys(), (now.0, secrets), &self.settings, now);
        Ok((account, keyring.pickle()?))
    }
}

/// The state of an account that begins, of an epoch with its secret and decoy.
pub(super) fn new_state(
    keys: Keys,
    (epoch, (secret, decoy)): (u64, (Secret, Secret)),
    settings: &Settings,
    now: Seconds,
) -> AccountState {
    AccountState {
        keys,
        epoch,
        secret,
        decoy,
        rotated_at: now,
        leave_by: None,
        status: Status::Online,
        status_text: String::new(),
        invisible: false,
        restored: false,
        moved_out: None,
        announced: (settings.networks.clone(), settings.window),
        automatic: (0, 0),
        prekey: None,
    }
}

//! The line that every trip follows: hear, open, decide, seal, commit, do.
//!
//! ```text
//!  a mail at the hook ─┐
//!  frames from IRC ────┤            ┌ open ┐ ┌─ decide ─┐ ┌ commit ┐
//!  an act of the user ─┼─▶ one event ──────▶ state+event ──▶ effects ──▶ told to hooks, watchers, log
//!  time passing ───────┘            └──────┘ └──────────┘ └────────┘
//!
//!  a letter in the outbox is due ─▶ seal ─▶ commit ─▶ do (mail, IRC) ─▶ one event: it has left
//! ```
//!
//! One turn is one transaction, with no network inside. What is to be sent is committed in plain text; it is
//! sealed when it is about to leave, in a turn of its own, and the moved ratchet is committed before the
//! ciphertext leaves. Doing may happen twice: every letter has an id, and the receiver drops the second copy.

mod devices;
mod error;
mod glance;
mod history;
mod leave;
mod mailer;
mod mailing;
mod open;
mod reading;
mod roster;

use std::sync::Arc;

pub use devices::DeviceError;
pub use error::TurnError;
pub use leave::{Channel, Leaving, What};
pub use mailing::{Announcements, Courier, Round, Settled, flush, settle};
pub use open::{Arrived, Frame, Took, log_heard};

use crate::edge::clock::Clock;
use crate::edge::config::{self, Config};
use crate::edge::home::{Counter, Home};
use crate::edge::seal::Keyring;
use crate::edge::store::{Create, Desk, Store};
use crate::protocol::letter::{LetterId, Network, Secret, Status};
use crate::rules::account::{AcceptPolicy, Account, Policy, Settings};
use crate::rules::case::Dice;
use crate::rules::decide::{Decision, decide};
use crate::rules::effect::{Effect, Notice};
use crate::rules::event::{Act, Event};
use crate::rules::message::Direction;
use crate::rules::refusal::Refusal;
use crate::rules::view::{Invite, View};
use glance::Glance;

/// One account, open: its configuration, its database and its clock.
pub struct Station {
    /// Where everything is.
    pub home: Home,
    /// What the user configured.
    pub config: Config,
    settings: Settings,
    store: Store,
    sealings: Counter,
    epochs: Counter,
    clock: Arc<dyn Clock>,
    dice: Box<dyn Dice + Send>,
    teller: Teller,
    glance: Option<Glance>,
    /// When old things were last deleted, in seconds.
    swept: u64,
}

/// Who tells watchers and hooks what a turn caused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Teller {
    /// This program is the agent, and does it itself.
    Agent,
    /// The agent does it, if one runs: notices are left for it.
    Other,
}

/// What an act came to.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// What people and programs are told.
    pub notices: Vec<Notice>,
    /// The id of what was said, or of the change that was made to a text.
    pub id: Option<LetterId>,
    /// The invite that was made.
    pub invite: Option<Invite>,
}

/// The system's random numbers.
#[derive(Debug, Clone, Copy, Default)]
pub struct OsDice;

impl Dice for OsDice {
    fn fill(&mut self, buffer: &mut [u8]) {
        rand::RngExt::fill(&mut rand::rng(), buffer);
    }
}

impl Station {
    /// Opens an account, and takes what was edited by hand in `roster.toml`.
    ///
    /// # Errors
    /// [`TurnError`] for a home, a configuration or a database that cannot be used.
    pub fn open(home: Home, clock: Arc<dyn Clock>) -> Result<Self, TurnError> {
        let mut station = Self::open_quietly(home, clock)?;
        station.take_edits()?;
        Ok(station)
    }

    /// Opens an account without a look at `roster.toml`: for the hook, whose cost does not grow with it.
    ///
    /// # Errors
    /// As [`Station::open`].
    pub fn open_quietly(home: Home, clock: Arc<dyn Clock>) -> Result<Self, TurnError> {
        home.require()?;
        let config = Config::load(&home.config())?;
        let store = Store::open(&home.database(), Create::No)?;
        let mut station = Self::with(home, config, store, clock);
        station.notice_restored_backup()?;
        Ok(station)
    }

    /// As [`Station::open`], with a database that is open already.
    ///
    /// # Errors
    /// As [`Station::open`].
    pub fn open_on(store: Store, home: Home, clock: Arc<dyn Clock>) -> Result<Self, TurnError> {
        let config = Config::load(&home.config())?;
        let mut station = Self::with(home, config, store, clock);
        station.notice_restored_backup()?;
        station.take_edits()?;
        Ok(station)
    }

    /// Closes the account; its database stays open.
    #[must_use]
    pub fn into_store(self) -> Store {
        self.store
    }

    fn with(home: Home, config: Config, store: Store, clock: Arc<dyn Clock>) -> Self {
        let settings = settings(&config);
        let (sealings, epochs) = (home.sealings(), home.epochs());
        Self {
            home,
            config,
            settings,
            store,
            sealings,
            epochs,
            clock,
            dice: Box::new(OsDice),
            teller: Teller::Other,
            glance: None,
            swept: 0,
        }
    }

    /// Makes the keys and the database of an account whose configuration is there; does nothing to those that are.
    ///
    /// # Errors
    /// [`TurnError`] as for opening.
    pub fn create(home: &Home, clock: Arc<dyn Clock>) -> Result<(), TurnError> {
        home.create()?;
        let config = Config::load(&home.config())?;
        let store = Store::open(&home.database(), Create::Yes)?;
        Self::with(home.clone(), config, store, clock).make_account()
    }

    /// As [`Station::create`], in a database that is open already, and with other dice; gives the database back.
    ///
    /// # Errors
    /// As [`Station::create`].
    pub fn create_on(
        store: Store,
        home: &Home,
        clock: Arc<dyn Clock>,
        dice: Box<dyn Dice + Send>,
    ) -> Result<Store, TurnError> {
        home.create()?;
        let config = Config::load(&home.config())?;
        let mut station = Self::with(home.clone(), config, store, clock).with_dice(dice);
        station.make_account()?;
        Ok(station.into_store())
    }

    fn make_account(&mut self) -> Result<(), TurnError> {
        let (account, pickle) = self.new_account()?;
        let made = self.store.turn(|desk| {
            let missing = !desk.has_account()?;
            if missing {
                desk.create_account(&account, &pickle)?;
            }
            Ok::<_, TurnError>(missing)
        })?;
        if made {
            // A counter left by an account that was here before says nothing about this one.
            self.sealings.write(0)?;
        }
        self.render_roster()?;
        Ok(())
    }

    fn new_account(&mut self) -> Result<(Account, String), TurnError> {
        let keyring = Keyring::generate();
        let mut secret = || {
            let mut bytes = [0; 32];
            self.dice.fill(&mut bytes);
            Secret(bytes)
        };
        let account = Account {
            keys: keyring.keys(),
            epoch: self.clock.now(),
            secret: secret(),
            decoy: secret(),
            rotated_at: self.clock.now(),
            leave_by: None,
            status: Status::Online,
            status_text: String::new(),
            invisible: false,
            restored: false,
            announced: (self.settings.networks.clone(), self.settings.window),
            automatic: (0, 0),
        };
        Ok((account, keyring.pickle()?))
    }

    /// Does one act of the user: one turn. The roster file follows if the roster changed.
    ///
    /// # Errors
    /// [`TurnError::Refused`] when it cannot be, and whatever the store meets.
    pub fn act(&mut self, act: Act) -> Result<Outcome, TurnError> {
        self.event(Event::User(act))
    }

    /// Does what time has made due.
    ///
    /// # Errors
    /// Whatever the store meets.
    pub fn tick(&mut self) -> Result<Outcome, TurnError> {
        let now = self.now();
        let sweep = now >= self.swept.saturating_add(SWEEP) || now < self.swept;
        let outcome = self.event_after(Event::Tick, |desk| {
            desk.drop_expired(now)?;
            desk.forgive_clock(now)?;
            if sweep {
                desk.sweep(now)?;
            }
            Ok(())
        })?;
        if sweep {
            self.swept = now;
        }
        Ok(outcome)
    }

    /// Decides one event and commits what it causes.
    ///
    /// # Errors
    /// [`TurnError::Refused`] when it cannot be, and whatever the store meets.
    pub fn event(&mut self, event: Event) -> Result<Outcome, TurnError> {
        self.event_after(event, |_| Ok(()))
    }

    /// As [`Station::event`], with something else done first in the same turn.
    fn event_after(
        &mut self,
        event: Event,
        first: impl FnOnce(&Desk<'_>) -> Result<(), TurnError>,
    ) -> Result<Outcome, TurnError> {
        let (settings, now_ms, dice) = (&self.settings, self.clock.now_ms(), self.dice.as_mut());
        let (teller, epochs) = (self.teller, &self.epochs);
        let (mut outcome, roster) = self.store.turn(|desk| {
            desk.at(now_ms / 1000);
            first(desk)?;
            let decision = decide(settings, desk, event, now_ms, dice)?;
            note_epoch(epochs, &decision)?;
            let roster = commit(desk, &decision, now_ms / 1000, teller)?;
            Ok::<_, TurnError>((outcome(decision), roster))
        })?;
        if roster {
            outcome.notices.extend(self.render_roster()?);
        }
        Ok(outcome)
    }

    /// Makes this the agent's own: what its turns cause it tells itself.
    #[must_use]
    pub fn of_agent(mut self) -> Self {
        self.teller = Teller::Agent;
        self
    }

    /// What other programs caused since the last call, for the agent to tell.
    ///
    /// # Errors
    /// Whatever the store meets.
    pub fn take_notices(&mut self) -> Result<Vec<Notice>, TurnError> {
        if self.look_once(|desk| Ok(desk.notices()?))?.is_empty() {
            return Ok(Vec::new());
        }
        self.store.turn(|desk| {
            let notices = desk.notices()?;
            desk.forget_notices()?;
            Ok(notices)
        })
    }

    /// What the user configured, as the rules read it.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Reads `config.toml` again.
    ///
    /// # Errors
    /// [`TurnError::Config`]; the configuration of before then stays in force.
    pub fn reload(&mut self) -> Result<(), TurnError> {
        self.config = Config::load(&self.home.config())?;
        self.settings = settings(&self.config);
        Ok(())
    }

    /// Seconds since 1970.
    #[must_use]
    pub fn now(&self) -> u64 {
        self.clock.now()
    }

    /// Milliseconds since 1970.
    #[must_use]
    pub fn now_ms(&self) -> u64 {
        self.clock.now_ms()
    }

    /// Random bytes.
    pub fn dice(&mut self) -> &mut dyn Dice {
        self.dice.as_mut()
    }

    /// The same account with other dice: for a simulation that replays what it did. Keys are made by the library
    /// that uses them, with dice of its own.
    #[must_use]
    pub fn with_dice(mut self, dice: Box<dyn Dice + Send>) -> Self {
        self.dice = dice;
        self
    }

    /// The database is behind the counter of sealings that lies outside of it: it comes from a backup. No stored
    /// session is sealed with again, and the epochs that it does not know are over.
    fn notice_restored_backup(&mut self) -> Result<(), TurnError> {
        let sealed = self.sealings.read().unwrap_or(0);
        let behind = self.look(|desk| Ok(desk.sealings()? < sealed))?;
        if !behind {
            return Ok(());
        }
        let (now, epoch) = (self.now(), self.epochs.read().unwrap_or(0));
        self.store.turn(|desk| {
            let mut account = desk.account().map_err(Refusal::from)?;
            account.restored = true;
            account.epoch = account.epoch.max(epoch);
            desk.apply(&Effect::Account(Box::new(account)), now)?;
            desk.set_sealings(sealed)?;
            Ok(())
        })
    }

    fn look<T>(
        &self,
        read: impl FnOnce(&Desk<'_>) -> Result<T, TurnError>,
    ) -> Result<T, TurnError> {
        self.store.read(read)
    }

    /// As [`Station::look`], for what takes one statement.
    fn look_once<T>(
        &self,
        read: impl FnOnce(&Desk<'_>) -> Result<T, TurnError>,
    ) -> Result<T, TurnError> {
        self.store.read_once(read)
    }
}

/// Remembers a new epoch outside of the data, before it is committed: one that never was does no harm there.
fn note_epoch(epochs: &Counter, decision: &Decision) -> Result<(), TurnError> {
    for effect in &decision.effects {
        if let Effect::Account(account) = effect {
            epochs.write(account.epoch)?;
        }
    }
    Ok(())
}

/// Puts down what a decision causes; says whether the roster file has to follow.
fn commit(
    desk: &Desk<'_>,
    decision: &Decision,
    now: u64,
    teller: Teller,
) -> Result<bool, TurnError> {
    let mut changed = false;
    for effect in &decision.effects {
        changed = changed || roster::changes(desk, effect)?;
        desk.apply(effect, now)?;
        if let (Effect::Tell(notice), Teller::Other) = (effect, teller) {
            desk.leave_notice(notice)?;
        }
    }
    if changed {
        desk.meta_set(roster::DIRTY, "1")?;
    }
    Ok(changed)
}

fn outcome(decision: Decision) -> Outcome {
    let mut outcome = Outcome::default();
    for effect in decision.effects {
        match effect {
            Effect::Tell(notice) => outcome.notices.push(notice),
            Effect::Message(message) if message.direction == Direction::Out => {
                outcome.id = Some(message.id)
            }
            Effect::Invite(invite) => outcome.invite = Some(*invite),
            Effect::Account(_)
            | Effect::Person(_)
            | Effect::Forget(_)
            | Effect::DropSessions(_)
            | Effect::RetireSessions(_)
            | Effect::Message(_)
            | Effect::Marker(..)
            | Effect::Post(_)
            | Effect::Whisper(_)
            | Effect::Cancel(..)
            | Effect::CancelAll(_)
            | Effect::Revoke(_)
            | Effect::Remember(..) => {}
        }
    }
    outcome
}

/// What the rules need of the configuration.
fn settings(config: &Config) -> Settings {
    Settings {
        address: config.address.clone(),
        name: config.name.clone(),
        networks: config.networks.iter().map(network).collect(),
        window: config.presence.window,
        policy: Policy {
            accept: match config.accept.policy {
                config::AcceptPolicy::Ask => AcceptPolicy::Ask,
                config::AcceptPolicy::Known => AcceptPolicy::Known,
                config::AcceptPolicy::Nobody => AcceptPolicy::Nobody,
            },
            auto: config
                .accept
                .auto
                .iter()
                .map(|glob| glob.as_str().to_owned())
                .collect(),
        },
        per_day: config.mail.per_day.unwrap_or(0),
        read_receipts: config.read_receipts,
    }
}

fn network(network: &config::Network) -> Network {
    Network {
        name: network.name.clone(),
        servers: network.servers.iter().map(ToString::to_string).collect(),
    }
}

/// How often old things are deleted, in seconds.
const SWEEP: u64 = 3600;
/// Under this key the last loop-back mail is kept: when it came and from whom.
const PROBE: &str = "probe_came";

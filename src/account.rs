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

mod cache;
mod devices;
mod error;
mod history;
mod in_place;
mod open;
mod read;
mod receive;
mod roster;
mod send;
mod spare_keys;

use std::sync::Arc;

pub use devices::DeviceError;
pub use error::AccountError;
pub use receive::{Arrived, Frame, Took, log_heard};
pub use send::{Channel, Leaving, What, mail};

use crate::edge::clock::Clock;
use crate::edge::config::Config;
use crate::edge::home::{Counter, Home};
use crate::edge::store::{Store, Transaction};
use crate::protocol::letter::LetterId;
use crate::rules::account::Settings;
use crate::rules::decide::{Decided, decide};
use crate::rules::decision::Rng;
use crate::rules::effect::{Effect, Notice};
use crate::rules::event::{Act, Event};
use crate::rules::message::Direction;
use crate::rules::timers;
use crate::rules::view::{Invite, View as _};
use cache::Glance;

/// One account, open: its configuration, its database and its clock.
pub struct Account {
    /// Where everything is.
    pub home: Home,
    /// What the user configured.
    pub config: Config,
    settings: Settings,
    store: Store,
    sealings: Counter,
    epochs: Counter,
    clock: Arc<dyn Clock>,
    rng: Box<dyn Rng + Send>,
    teller: Teller,
    glance: Option<Glance>,
    /// The last change that was asked for.
    known_changes: u64,
    /// How often the database was opened again.
    opened: u32,
    /// When it was last seen to be in place, as the system tells the times of files.
    in_place_at: i64,
    /// When old things were last deleted, in seconds.
    swept: u64,
    /// The time of the last turn, in seconds.
    seen: u64,
    /// The clock was seen set back, and nothing has followed from that yet.
    set_back: bool,
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
pub struct OsRng;

impl Rng for OsRng {
    fn fill(&mut self, buffer: &mut [u8]) {
        rand::RngExt::fill(&mut rand::rng(), buffer);
    }
}

impl Account {
    /// Does one act of the user: one turn. The roster file follows if the roster changed.
    pub fn act(&mut self, act: Act) -> Result<Outcome, AccountError> {
        self.event(Event::User(act))
    }

    /// Does what time has made due.
    pub fn tick(&mut self) -> Result<Outcome, AccountError> {
        let (now, now_ms) = (self.now(), self.clock.now_ms());
        // At first, every hour, and when the clock is seen set back.
        let set_back = std::mem::take(&mut self.set_back) || now < self.seen;
        let sweep = set_back || now >= self.swept.saturating_add(SWEEP) || now < self.swept;
        let outcome = self.event_after(Event::Tick, |tx| {
            tx.outbox().drop_expired(now)?;
            tx.forgive_clock(now)?;
            if sweep {
                tx.sweep(now)?;
                if let Err(fault) = spare_keys::discard(tx, now) {
                    tracing::warn!("no one-time key is discarded: {fault}");
                }
                forgive_places(tx, now_ms)?;
            }
            Ok(())
        })?;
        if sweep {
            (self.swept, self.set_back) = (now, false);
        }
        Ok(outcome)
    }

    /// Decides one event and commits what it causes.
    pub fn event(&mut self, event: Event) -> Result<Outcome, AccountError> {
        self.event_after(event, |_| Ok(()))
    }

    /// As [`Account::event`], with something else done first in the same turn.
    fn event_after(
        &mut self,
        event: Event,
        first: impl FnOnce(&Transaction<'_>) -> Result<(), AccountError>,
    ) -> Result<Outcome, AccountError> {
        self.stay_in_place()?;
        let (settings, now_ms, rng) = (&self.settings, self.clock.now_ms(), self.rng.as_mut());
        self.set_back |= now_ms / 1000 < self.seen;
        self.seen = now_ms / 1000;
        let (teller, epochs) = (self.teller, &self.epochs);
        let (mut outcome, roster) = self.store.transact(|tx| {
            tx.at(now_ms / 1000);
            first(tx)?;
            let decided = decide(settings, tx, event, now_ms, rng)?;
            note_epoch(epochs, &decided)?;
            let roster = commit(tx, &decided, now_ms / 1000, teller)?;
            Ok::<_, AccountError>((outcome(decided), roster))
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
    pub fn take_notices(&mut self) -> Result<Vec<Notice>, AccountError> {
        if self.look_once(|tx| Ok(tx.notices().all()?))?.is_empty() {
            return Ok(Vec::new());
        }
        self.store.transact(|tx| {
            let notices = tx.notices().all()?;
            tx.notices().forget()?;
            Ok(notices)
        })
    }

    /// What the user configured, as the rules read it.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Reads `config.toml` again.
    /// Errors: [`AccountError::Config`]; the configuration of before then stays in force.
    pub fn reload(&mut self) -> Result<(), AccountError> {
        self.config = Config::load(&self.home.config())?;
        self.settings = open::settings(&self.config);
        Ok(())
    }

    /// Seconds since 1970.
    pub fn now(&self) -> u64 {
        self.clock.now()
    }

    /// Milliseconds since 1970.
    pub fn now_ms(&self) -> u64 {
        self.clock.now_ms()
    }

    /// Random bytes.
    pub fn rng(&mut self) -> &mut dyn Rng {
        self.rng.as_mut()
    }

    /// The same account with other rng: for a simulation that replays what it did. Keys are made by the library
    /// that uses them, with rng of its own.
    #[must_use]
    pub fn with_rng(mut self, rng: Box<dyn Rng + Send>) -> Self {
        self.rng = rng;
        self
    }

    /// Reads in one look at the database.
    pub fn look<T>(
        &self,
        read: impl FnOnce(&Transaction<'_>) -> Result<T, AccountError>,
    ) -> Result<T, AccountError> {
        self.store.read(read)
    }

    /// As [`Account::look`], for what takes one statement.
    fn look_once<T>(
        &self,
        read: impl FnOnce(&Transaction<'_>) -> Result<T, AccountError>,
    ) -> Result<T, AccountError> {
        self.store.read_once(read)
    }
}

/// Remembers a new epoch outside of the data, before it is committed: one that never was does no harm there.
fn note_epoch(epochs: &Counter, decided: &Decided) -> Result<(), AccountError> {
    for effect in &decided.effects {
        if let Effect::Account(account) = effect {
            epochs.write(account.epoch)?;
        }
    }
    Ok(())
}

/// Puts down what a decision causes; says whether the roster file has to follow.
fn commit(
    tx: &Transaction<'_>,
    decided: &Decided,
    now: u64,
    teller: Teller,
) -> Result<bool, AccountError> {
    let mut changed = false;
    for effect in &decided.effects {
        changed = changed || roster::changes(tx, effect)?;
        tx.apply(effect, now)?;
        if let (Effect::Tell(notice), Teller::Other) = (effect, teller) {
            tx.notices().leave(notice)?;
        }
    }
    if changed {
        tx.meta_set(roster::DIRTY, "1")?;
    }
    Ok(changed)
}

/// Decides one of several people's events, which share a turn: all that it causes is put down or, where `Err` within says why,
/// nothing of it.
fn decide_alone(
    tx: &Transaction<'_>,
    settings: &Settings,
    event: Event,
    now_ms: u64,
    rng: &mut dyn Rng,
    teller: Teller,
) -> Result<Result<Vec<Notice>, AccountError>, AccountError> {
    AccountError::alone(tx.apart(|| {
        let decided = decide(settings, tx, event, now_ms, rng)?;
        commit(tx, &decided, now_ms / 1000, teller)?;
        Ok(outcome(decided).notices)
    }))
}

fn outcome(decided: Decided) -> Outcome {
    let mut outcome = Outcome::default();
    for effect in decided.effects {
        match effect {
            Effect::Tell(notice) => outcome.notices.push(notice),
            Effect::Message(message) if message.direction == Direction::Out => {
                outcome.id = Some(message.id)
            }
            Effect::Invite(invite) => outcome.invite = Some(*invite),
            Effect::Account(_)
            | Effect::Contact(_)
            | Effect::Forget(_)
            | Effect::DropSessions(..)
            | Effect::RetireSessions(..)
            | Effect::Message(_)
            | Effect::Marker(..)
            | Effect::Post(_)
            | Effect::Ephemeral(_)
            | Effect::Cancel(..)
            | Effect::CancelAll(_)
            | Effect::Revoke(_)
            | Effect::Remember(..) => {}
        }
    }
    outcome
}

/// Texts that were stored while the clock ran ahead do not stay the last of their conversation.
fn forgive_places(tx: &Transaction<'_>, now_ms: u64) -> Result<(), AccountError> {
    let ahead = tx.texts().has_places_after(now_ms.saturating_add(AHEAD))?;
    if ahead && !timers::is_behind(&tx.people()?, now_ms / 1000) {
        tx.texts().lower_places(now_ms)?;
    }
    Ok(())
}

/// How often old things are deleted, in seconds.
const SWEEP: u64 = 3600;

/// A place so far above now was given by a clock that ran ahead, in ms; a little less is made good by time itself.
const AHEAD: u64 = 600_000;
/// Under this key the last loop-back mail is kept: when it came and from whom.
const PROBE: &str = "probe_came";

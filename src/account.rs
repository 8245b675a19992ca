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
mod mailer;
mod open;
mod read;
mod receive;
mod roster;
mod send;
mod spare_keys;

use std::sync::Arc;

pub use devices::DeviceError;
pub use error::TurnError;
pub use receive::{Arrived, Frame, Took, log_heard};
pub use send::mail::{Announcements, Courier, Round, Settled, flush, settle};
pub use send::{Channel, Leaving, What};

use crate::edge::clock::Clock;
use crate::edge::config::Config;
use crate::edge::home::{Counter, Home};
use crate::edge::store::{Desk, Store};
use crate::protocol::letter::LetterId;
use crate::rules::account::Settings;
use crate::rules::decide::{Decision, decide};
use crate::rules::decision::Dice;
use crate::rules::effect::{Effect, Notice};
use crate::rules::event::{Act, Event};
use crate::rules::message::Direction;
use crate::rules::timers;
use crate::rules::view::{Invite, View as _};
use cache::Glance;

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
pub struct OsDice;

impl Dice for OsDice {
    fn fill(&mut self, buffer: &mut [u8]) {
        rand::RngExt::fill(&mut rand::rng(), buffer);
    }
}

impl Station {
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
        let (now, now_ms) = (self.now(), self.clock.now_ms());
        // At first, every hour, and when the clock is seen set back.
        let set_back = std::mem::take(&mut self.set_back) || now < self.seen;
        let sweep = set_back || now >= self.swept.saturating_add(SWEEP) || now < self.swept;
        let outcome = self.event_after(Event::Tick, |desk| {
            desk.drop_expired(now)?;
            desk.forgive_clock(now)?;
            if sweep {
                desk.sweep(now)?;
                if let Err(fault) = spare_keys::discard(desk, now) {
                    tracing::warn!("no one-time key is discarded: {fault}");
                }
                forgive_places(desk, now_ms)?;
            }
            Ok(())
        })?;
        if sweep {
            (self.swept, self.set_back) = (now, false);
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
        self.stay_in_place()?;
        let (settings, now_ms, dice) = (&self.settings, self.clock.now_ms(), self.dice.as_mut());
        self.set_back |= now_ms / 1000 < self.seen;
        self.seen = now_ms / 1000;
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
        self.settings = open::settings(&self.config);
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

/// Decides one of several people's events, which share a turn: all that it causes is put down or, where `Err` within says why,
/// nothing of it.
fn decide_alone(
    desk: &Desk<'_>,
    settings: &Settings,
    event: Event,
    now_ms: u64,
    dice: &mut dyn Dice,
    teller: Teller,
) -> Result<Result<Vec<Notice>, TurnError>, TurnError> {
    TurnError::alone(desk.apart(|| {
        let decision = decide(settings, desk, event, now_ms, dice)?;
        commit(desk, &decision, now_ms / 1000, teller)?;
        Ok(outcome(decision).notices)
    }))
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
            | Effect::DropSessions(..)
            | Effect::RetireSessions(..)
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

/// Texts that were stored while the clock ran ahead do not stay the last of their conversation.
fn forgive_places(desk: &Desk<'_>, now_ms: u64) -> Result<(), TurnError> {
    let ahead = desk.has_places_after(now_ms.saturating_add(AHEAD))?;
    if ahead && !timers::is_behind(&desk.people()?, now_ms / 1000) {
        desk.lower_places(now_ms)?;
    }
    Ok(())
}

/// How often old things are deleted, in seconds.
const SWEEP: u64 = 3600;

/// A place so far above now was given by a clock that ran ahead, in ms; a little less is made good by time itself.
const AHEAD: u64 = 600_000;
/// Under this key the last loop-back mail is kept: when it came and from whom.
const PROBE: &str = "probe_came";

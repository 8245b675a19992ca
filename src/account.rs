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
//! sealed when it is about to leave, in a turn of its own or, where a link has room for it at once, in the same, and the
//! moved ratchet is committed before the ciphertext leaves. Doing may happen twice: every letter has an id, and the receiver drops the second copy.

mod cache;
mod code;
mod devices;
pub mod elsewhere;
mod error;
mod export;
pub mod fetch;
mod group;
mod in_place;
pub mod joined;
pub mod kept;
mod open;
mod place;
mod prekey;
mod read;
mod receive;
pub mod record;
mod roster;
mod roster_line;
pub mod send;
mod settings;
mod signer;
mod spare_keys;
mod turn;

use std::sync::Arc;
use std::time::Duration;

use crate::protocol::time::{HOUR, Millis, Seconds};

pub use error::{AccountError, DeviceError};
pub use export::{Destination, Exported, ImportError, come_back, export, import, is_moving};
#[cfg(test)]
pub(crate) use group::scene;
pub use group::{Members, Named, To, hashed, is_unwanted};
pub use kept::{change_code, code_key, new_code};
pub use receive::{Arrived, Frame, Took, concerns_us, hear_again, hear_candidate, log_heard};
pub use send::{Channel, Leaving, What, mail};
pub use turn::Outcome;

use crate::edge::clock::Clock;
use crate::edge::config::{self, Config};
use crate::edge::home::Home;
use crate::edge::store::{Store, Transaction};
use crate::rules::account::Settings;
use crate::rules::decision::Rng;
use crate::rules::effect::Notice;
use crate::rules::event::{Act, Answer, Departure, Event, RoomTurn};
use crate::rules::refusal::Refusal;
use crate::rules::timers;
use crate::rules::view::View as _;
use cache::Cache;
use devices::Devices;
use in_place::Counters;
use roster::{Edited, RosterFile};
use turn::{Follow, Teller, Turn};

/// One account, open: its configuration, its database and its clock.
pub struct Account {
    /// Where everything is.
    pub home: Home,
    /// What the user configured.
    pub config: Config,
    settings: Settings,
    store: Store,
    counters: Counters,
    clock: Arc<dyn Clock>,
    rng: Box<dyn Rng + Send>,
    teller: Teller,
    cache: Option<Cache>,
    /// The last change that was asked for.
    known_changes: u64,
    /// When old things were last deleted.
    swept: Seconds,
    /// The time of the last turn.
    seen: Seconds,
    /// The clock was seen set back, and nothing has followed from that yet.
    set_back: bool,
    /// Rows whose letters have left, which the next turn puts down.
    ended: Vec<(i64, Departure)>,
    /// What was told by that.
    caused: Vec<Notice>,
    /// Receipts that the next turn posts: nobody who waits for a text waits for them.
    owed: Vec<Answer>,
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
        let sweep = set_back || !now.is_within(SWEEP, self.swept);
        let mailboxes = self.config.mail.fetch.iter();
        let mailboxes: Vec<String> = mailboxes.map(config::Fetch::account).collect();
        let outcome = self.outcome(|turn| {
            let tx = turn.tx;
            tx.outbox().drop_expired(now)?;
            tx.forgive_clock(now)?;
            if sweep {
                tx.sweep(now)?;
                tx.mailboxes().sweep(now, &mailboxes)?;
                if let Err(fault) = spare_keys::discard(tx, now) {
                    tracing::warn!("no one-time key is discarded: {fault}");
                }
                forgive_places(tx, now_ms)?;
            }
            turn.event(Event::Tick)
        })?;
        if sweep {
            (self.swept, self.set_back) = (now, false);
        }
        Ok(outcome)
    }

    /// Decides one event and commits what it causes.
    pub fn event(&mut self, event: Event) -> Result<Outcome, AccountError> {
        self.outcome(|turn| turn.event(event))
    }

    /// Decides what happens in a room.
    pub fn in_room(&mut self, what: RoomTurn) -> Result<Outcome, AccountError> {
        self.outcome(|turn| {
            let mut outcome = turn.event(Event::Room(what))?;
            outcome.stored = turn.stored(&outcome.notices)?;
            Ok(outcome)
        })
    }

    /// One turn that is made for one event.
    fn outcome(
        &mut self,
        work: impl FnOnce(&mut Turn<'_>) -> Result<Outcome, AccountError>,
    ) -> Result<Outcome, AccountError> {
        let (mut outcome, notices) = self.transact(work)?;
        outcome.notices.extend(notices);
        Ok(outcome)
    }

    /// One turn, the way in for all that decides or seals: what `work` does is committed together, or nothing of it; the
    /// counter of sealings and the roster file follow. Gives, beside what `work` does, what the user should know of edits
    /// of that file that were not obeyed.
    fn transact<T>(
        &mut self,
        work: impl FnOnce(&mut Turn<'_>) -> Result<T, AccountError>,
    ) -> Result<(T, Vec<Notice>), AccountError> {
        let (done, follow) = self.commit(work)?;
        Ok((done, self.follow(follow)?))
    }

    /// As [`Account::transact`], but for what has to follow: [`Account::follow`] does that.
    fn commit<T>(
        &mut self,
        work: impl FnOnce(&mut Turn<'_>) -> Result<T, AccountError>,
    ) -> Result<(T, Follow), AccountError> {
        self.stay_in_place()?;
        let now_ms = self.clock.now_ms();
        self.set_back |= now_ms.seconds() < self.seen;
        self.seen = now_ms.seconds();
        let (terms, rng) = ((&self.settings, now_ms), self.rng.as_mut());
        let (teller, epochs) = (self.teller, &self.counters.epochs);
        let (ended, owed) = (&self.ended, &self.owed);
        let (done, caused, (follow, left)) = self.store.transact(|tx| {
            place::require_here(tx)?;
            let mut turn = Turn::begin(tx, terms, rng, teller, epochs);
            turn.answer(owed)?;
            let caused = turn.put_down_ended(ended)?;
            let done = work(&mut turn)?;
            Ok::<_, AccountError>((done, caused, turn.end()?))
        })?;
        self.ended.clear();
        self.owed = left;
        self.caused.extend(caused);
        Ok((done, follow))
    }

    /// Takes what was edited by hand in `roster.toml`, and renders it again if that, or a turn whose rendering was
    /// cut short, changed the roster. Returns what the user should know of edits that were not obeyed.
    pub fn take_edits(&mut self) -> Result<Vec<Notice>, AccountError> {
        self.stay_in_place()?;
        let stamp = self.roster_file().stamp();
        let cache = self.refreshed()?;
        let edited = cache.roster_stamp != stamp;
        if !edited && !cache.roster_dirty {
            return Ok(Vec::new());
        }
        let edits = match edited {
            true => self.roster_file().edits()?,
            false => Vec::new(),
        };
        self.render_roster(edits)
    }

    /// Does what has to follow a commit: the counter of sealings first, since nothing sealed leaves before; then the
    /// roster is rendered, if the turn changed it, after hand edits made meanwhile. Returns what the user should know of
    /// those that were not obeyed.
    fn follow(&mut self, follow: Follow) -> Result<Vec<Notice>, AccountError> {
        if let Some(sealings) = follow.sealings {
            self.counters.sealings.write(sealings)?;
        }
        if !follow.roster {
            return Ok(Vec::new());
        }
        let edits = self.roster_file().edits_meanwhile()?;
        self.render_roster(edits)
    }

    fn render_roster(&mut self, edits: Vec<Edited>) -> Result<Vec<Notice>, AccountError> {
        let mut notices = Vec::new();
        for edited in edits {
            match edited {
                Ok(act) => notices.extend(self.obey(act)?),
                Err(said) => notices.push(*said),
            }
        }
        self.roster_file().write(self.now())?;
        Ok(notices)
    }

    /// A hand edit is a turn of its own; the file is rendered after all of them.
    fn obey(&mut self, act: Act) -> Result<Vec<Notice>, AccountError> {
        match self.commit(|turn| turn.event(Event::User(act))) {
            Err(AccountError::Refused(no)) if !matches!(no, Refusal::Unreadable(_)) => {
                let text = format!("an edit of roster.toml was not taken: {no}");
                Ok(vec![Notice::Word { friend: None, text }])
            }
            done => Ok(done?.0.notices),
        }
    }

    fn roster_file(&self) -> RosterFile<'_> {
        RosterFile {
            path: self.home.roster(),
            store: &self.store,
            networks: &self.settings.networks,
        }
    }

    /// Before a turn: if what is open is not what lies at the path any more, what lies there is opened.
    fn stay_in_place(&mut self) -> Result<(), AccountError> {
        let (opened, now) = (self.counters.opened, self.now());
        let done = self.counters.stay_in_place(&mut self.store, now);
        if self.counters.opened != opened {
            self.cache = None;
            // They were rows of another database, which will let them go again.
            self.ended.clear();
            self.owed.clear();
            self.forget_changes();
        }
        done
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

    /// The second of now.
    pub fn now(&self) -> Seconds {
        self.clock.now()
    }

    /// The time, to the millisecond.
    pub fn now_ms(&self) -> Millis {
        self.clock.now_ms()
    }

    /// The user's own clients.
    pub fn devices(&mut self) -> Devices<'_> {
        Devices {
            store: &self.store,
            now: self.clock.now(),
            rng: self.rng.as_mut(),
        }
    }

    /// Its clock.
    pub fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.clock)
    }

    /// Sixteen random bytes.
    pub fn nonce(&mut self) -> [u8; 16] {
        let mut bytes = [0; 16];
        self.rng.fill(&mut bytes);
        bytes
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

/// Texts that were stored while the clock ran ahead do not stay the last of their conversation.
fn forgive_places(tx: &Transaction<'_>, now_ms: Millis) -> Result<(), AccountError> {
    let ahead = tx.texts().has_places_after(now_ms.after(AHEAD))?;
    if ahead && !timers::is_behind(&tx.people()?, now_ms.seconds()) {
        tx.texts().lower_places(now_ms)?;
    }
    Ok(())
}

/// How often old things are deleted.
const SWEEP: Duration = HOUR;

/// A place so far above now was given by a clock that ran ahead; a little less is made good by time itself.
const AHEAD: Duration = Duration::from_mins(10);

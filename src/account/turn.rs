//! A turn while it is made: one transaction, with what it decides by and what has to follow its commit.

use super::kept::copies;
use super::signer::KeySigner;
use super::{AccountError, prekey, roster_line};
use crate::edge::home::Counter;
use crate::edge::store::Transaction;
use crate::protocol::letter::{Letter, LetterId};
use crate::protocol::time::{Millis, Seconds};
use crate::rules::account::Settings;
use crate::rules::conversation::Stored;
use crate::rules::decide::{Decided, decide};
use crate::rules::decision::Rng;
use crate::rules::effect::{Effect, Notice};
use crate::rules::event::{Answer, Departure, Event, Left};
use crate::rules::outgoing::Waiting;
use crate::rules::view::Invite;

/// What an act came to.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// What people and programs are told.
    pub notices: Vec<Notice>,
    /// The id of what was said, or of the change that was made to a text.
    pub id: Option<LetterId>,
    /// The invite that was made.
    pub invite: Option<Invite>,
    /// What leaves in a group's room, in this order.
    pub in_room: Vec<Letter>,
    /// What was said or heard, as devices are handed it, where it was read in the same turn.
    pub stored: Option<Box<Stored>>,
}

/// Who tells watchers and hooks what a turn caused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Teller {
    /// This program is the agent, and does it itself.
    Agent,
    /// The agent does it, if one runs: notices are left for it.
    Other,
}

pub(super) struct Turn<'a> {
    pub(super) tx: &'a Transaction<'a>,
    pub(super) settings: &'a Settings,
    pub(super) now_ms: Millis,
    pub(super) rng: &'a mut (dyn Rng + Send),
    pub(super) teller: Teller,
    /// The highest epoch, where a backup of the data does not reach.
    epochs: &'a Counter,
    follow: Follow,
    /// Receipts that the next turn decides.
    pub(super) owed: Vec<Answer>,
}

/// What has to follow the commit of a turn, outside of the database.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Follow {
    /// The roster file is behind.
    pub(super) roster: bool,
    /// How often was sealed, ever, if this turn did.
    pub(super) sealings: Option<u64>,
}

impl<'a> Turn<'a> {
    /// Begins one that decides by these.
    pub(super) fn begin(
        tx: &'a Transaction<'a>,
        (settings, now_ms): (&'a Settings, Millis),
        rng: &'a mut (dyn Rng + Send),
        teller: Teller,
        epochs: &'a Counter,
    ) -> Self {
        tx.at(now_ms.seconds());
        Self {
            tx,
            settings,
            now_ms,
            rng,
            teller,
            epochs,
            follow: Follow::default(),
            owed: Vec::new(),
        }
    }

    pub(super) fn now(&self) -> Seconds {
        self.now_ms.seconds()
    }

    /// Decides one event and puts down what it causes.
    pub(super) fn event(&mut self, event: Event) -> Result<Outcome, AccountError> {
        let by_user = matches!(event, Event::User(_));
        let decided = self.decide(event)?;
        if by_user {
            let now = self.now();
            copies::note_changes(self.tx, &decided.effects, self.rng, now)?;
        }
        self.put_down(&decided)?;
        Ok(outcome(decided))
    }

    /// What was heard, as devices are handed it, where a decision came to such notices.
    pub(super) fn stored(&self, told: &[Notice]) -> Result<Option<Box<Stored>>, AccountError> {
        let mut told = told.iter();
        if !told.any(|notice| matches!(notice, Notice::Text { .. } | Notice::Change { .. })) {
            return Ok(None);
        }
        Ok(self.tx.texts().last()?.map(Box::new))
    }

    /// Does something of which all is put down or, on an error, nothing: the rest of the turn stays as it is.
    pub(super) fn apart<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, AccountError>,
    ) -> Result<T, AccountError> {
        let (tx, before) = (self.tx, self.follow);
        let done = tx.apart(|| work(self));
        if done.is_err() {
            self.follow = before;
        }
        done
    }

    /// Puts down that letters have left, each by itself; gives what is told of that. Of one that fails its row stays claimed
    /// for a while, and goes again.
    pub(super) fn put_down_ended(
        &mut self,
        ended: &[(i64, Departure)],
    ) -> Result<Vec<Notice>, AccountError> {
        let mut told = Vec::new();
        for (row, departure) in ended {
            let done = self.apart(|turn| turn.end_row(*row, departure.clone()));
            let done = AccountError::logged(done, "a letter that has left")?;
            told.extend(done.into_iter().flat_map(|outcome| outcome.notices));
        }
        Ok(told)
    }

    /// Posts the receipts that the turn before has left for this one, each by itself.
    pub(super) fn answer(&mut self, owed: &[Answer]) -> Result<(), AccountError> {
        for answer in owed {
            let done = self.apart(|turn| turn.event(Event::Answer(*answer)));
            AccountError::logged(done, "a receipt")?;
        }
        Ok(())
    }

    /// A row ends, and the rules decide what follows: a text whose row has ended and which does not know it would wait for
    /// ever.
    pub(super) fn end_row(
        &mut self,
        row: i64,
        departure: Departure,
    ) -> Result<Outcome, AccountError> {
        let outbox = self.tx.outbox();
        match (row, &departure.how) {
            // Its timer may have posted it meanwhile.
            (Waiting::NO_ROW, Left::Written) => outbox.withdraw(departure.letter.id, self.now())?,
            _ => outbox.finish(row, departure.letter.id)?,
        }
        self.event(Event::Left(Box::new(departure)))
    }

    /// Decides one event; nothing is put down yet.
    pub(super) fn decide(&mut self, event: Event) -> Result<Decided, AccountError> {
        prekey::before(self.tx, self.now(), &event)?;
        let (settings, now_ms) = (self.settings, self.now_ms);
        let signer = KeySigner::new(self.tx);
        Ok(decide(settings, self.tx, event, now_ms, self.rng, &signer)?)
    }

    /// Puts down what a decision causes. A new epoch is remembered outside of the data before it is committed: one that
    /// never was does no harm there.
    pub(super) fn put_down(&mut self, decided: &Decided) -> Result<(), AccountError> {
        for effect in &decided.effects {
            if let Effect::Account(account) = effect {
                self.epochs.write(account.epoch)?;
            }
            self.follow.roster = self.follow.roster || roster_line::changes(self.tx, effect)?;
            self.tx.apply(effect, self.now())?;
            if let (Effect::Tell(notice), Teller::Other) = (effect, self.teller) {
                self.tx.notices().leave(notice)?;
            }
        }
        Ok(())
    }

    pub(super) fn roster_changed(&mut self) {
        self.follow.roster = true;
    }

    /// So many letters were sealed.
    pub(super) fn sealed(&mut self, letters: u64) -> Result<(), AccountError> {
        if letters > 0 {
            self.follow.sealings = Some(self.tx.bump_sealings(letters)?);
        }
        Ok(())
    }

    /// The turn is about to be committed: gives what has to follow that, and the receipts that are left for the next one.
    pub(super) fn end(self) -> Result<(Follow, Vec<Answer>), AccountError> {
        if self.follow.roster {
            self.tx.meta_set(roster_line::DIRTY, "1")?;
        }
        Ok((self.follow, self.owed))
    }
}

/// What a decision came to, for whoever asked.
pub(super) fn outcome(decided: Decided) -> Outcome {
    let mut outcome = Outcome::default();
    for effect in decided.effects {
        match effect {
            Effect::Tell(notice) => outcome.notices.push(notice),
            Effect::Message(message) if message.is_ours() => outcome.id = Some(message.id),
            Effect::Invite(invite) => outcome.invite = Some(*invite),
            Effect::InRoom(letter) => outcome.in_room.push(*letter),
            Effect::Account(_)
            | Effect::Contact(_)
            | Effect::Forget(_)
            | Effect::DropSessions(..)
            | Effect::RetireSessions(..)
            | Effect::RetireAllSessions(_)
            | Effect::Message(_)
            | Effect::Marker(..)
            | Effect::Post(_)
            | Effect::Ephemeral(_)
            | Effect::Cancel(..)
            | Effect::CancelAll(_)
            | Effect::Revoke(_)
            | Effect::Group(_)
            | Effect::Acts(..)
            | Effect::Copy(_)
            | Effect::Remember(..) => {}
        }
    }
    outcome
}

//! Hear and open: a mail or a frame comes, and what protects it is taken off.

mod bounce;
mod candidate;
mod decrypt;
mod irc;
mod left;
mod open;
mod removed;

use std::time::{Duration, Instant};

use bounce::{hear_probe, hear_reports};
pub use candidate::{concerns_us, hear_again, hear_candidate};
use decrypt::{Senders, Unopened};
pub use irc::Frame;
use open::{Opened, open_sealed, open_signed};

use super::kept::copies;
use super::turn::{Teller, Turn, outcome};
use super::{Account, AccountError};
use crate::edge::store::{Transaction, Transport};
use crate::protocol::dsn;
use crate::protocol::letter::Body;
use crate::protocol::mail_form::{self, Answerable, By, DefinedMail};
use crate::protocol::part::{Part, SealedCopy};
use crate::rules::conversation::Stored;
use crate::rules::effect::Notice;
use crate::rules::event::{Came, Event, Heard};
use crate::rules::verdict::Taken;

/// What became of what came.
#[derive(Debug, Clone)]
pub struct Arrived {
    /// Handled or dropped (true): the mail is done with. Left alone (false): it stays where it is.
    pub done: bool,
    /// It was handled, but a person may have written it: the mail stays where it is.
    pub stays: bool,
    /// What was done, in a few words that name nobody and no secret.
    pub status: String,
    /// What people and programs are told.
    pub notices: Vec<Notice>,
    /// The text, or what was done to one, as devices are handed it; read in the same turn, by the agent alone.
    pub stored: Option<Box<Stored>>,
    /// How long its turn took; of several letters in one turn, the first has it.
    pub took: Option<Took>,
}

/// How long a turn took.
#[derive(Debug, Clone, Copy)]
pub struct Took {
    /// When the first of its letters was there.
    begun: Instant,
    /// To open the letters.
    open: Duration,
    /// To decide, and until all that this changed was durable.
    commit: Duration,
}

/// Logs that a letter was heard, in words that name nobody, and the times of its turn in microseconds.
pub fn log_heard(status: &str, took: Option<Took>) {
    match took {
        Some(Took {
            begun,
            open,
            commit,
        }) => tracing::debug!(
            status,
            open_us = open.as_micros(),
            commit_us = commit.as_micros(),
            begun_us_ago = begun.elapsed().as_micros(),
            "committed"
        ),
        None => tracing::debug!(status, "committed together"),
    }
}

impl Account {
    /// Hears a mail that is looked at for this reason: one turn. `None` when nothing in it concerns us. One that does,
    /// and is left, is remembered, so that nothing stays unread in silence.
    /// Errors: Whatever the store or the keys meet: the mail must be tried again.
    pub fn hear_mail_by(&mut self, raw: &[u8], by: By) -> Result<Option<Arrived>, AccountError> {
        let arrived = match mail_form::read_by(raw, by) {
            Ok(mail) => match &mail.part {
                Part::Copy(copy) => return self.hear_copy(raw, copy).map(Some),
                Part::Open(_) | Part::Sealed(_) | Part::Probe(_) => self.hear_defined(&mail)?,
            },
            Err(fault) if by == By::Subject && !fault.has_our_part() => return Ok(None),
            Err(fault) => Arrived::new(false, &fault.to_string()),
        };
        self.remember(&left::hash(raw), &arrived)?;
        Ok(Some(arrived))
    }

    /// It lies where it belongs; if it is the last of ours, it has come.
    fn hear_copy(&self, raw: &[u8], copy: &SealedCopy) -> Result<Arrived, AccountError> {
        copies::came_in(&self.store, copy, self.now())?;
        // An earlier version may have counted it among the unread.
        left::remember(&self.store, &left::hash(raw), (true, ""), self.now())?;
        Ok(Arrived::new(false, "a kept copy"))
    }

    /// Remembers a mail that was left because it is larger than any of ours, by its beginning.
    pub fn leave_too_large(&mut self, beginning: &[u8]) -> Result<(), AccountError> {
        let hash = left::hash_of_beginning(beginning);
        self.remember(&hash, &Arrived::new(false, "larger than 1 MiB"))
    }

    fn remember(&self, hash: &[u8; 32], arrived: &Arrived) -> Result<(), AccountError> {
        let what = (arrived.done, arrived.status.as_str());
        Ok(left::remember(&self.store, hash, what, self.now())?)
    }

    /// Hears a report on a delivery (RFC 3464): one turn, whatever it names. Only what reports on a mail of ours, to
    /// somebody on the roster, is ours; of each mail one report that it will never arrive counts.
    pub fn hear_report(&mut self, raw: &[u8]) -> Result<Arrived, AccountError> {
        let Ok(reports) = dsn::read(raw) else {
            return Ok(Arrived::new(false, "a report that cannot be read"));
        };
        // Where the account has left from, reports on its mails are no matter of ours.
        let ((ours, mut told), notices) = match self.moved_out()? {
            Some(_) => ((false, Vec::new()), Vec::new()),
            None => self.transact(|turn| hear_reports(turn, reports))?,
        };
        told.extend(notices);
        let status = match ours {
            true => "a report on a mail of ours",
            false => "a report on no mail of ours",
        };
        Ok(Arrived {
            notices: told,
            ..Arrived::new(ours, status)
        })
    }

    fn hear_defined(&mut self, mail: &DefinedMail) -> Result<Arrived, AccountError> {
        if let Part::Probe(token) = mail.part {
            let now = self.now();
            let heard = |tx: &Transaction<'_>| hear_probe(tx, &token, &mail.from, now);
            return Ok(match self.store.transact(heard)? {
                true => Arrived::new(true, "a loop-back mail of ours"),
                false => Arrived::new(false, "a probe of somebody else"),
            });
        }
        let now_ms = self.clock.now_ms();
        let answerable = match self.settings.is_ours(&mail.from) {
            true => Answerable::Nobody,
            false => mail.answerable,
        };
        let came = |from, letter, proof| Heard {
            letter,
            proof,
            from,
            via: Came::Mail,
            answerable,
        };
        let mut arrived = self.hear(Instant::now(), |tx| match &mail.part {
            Part::Open(open) => {
                open_signed(open, |letter, proof| came(mail.from.clone(), letter, proof))
            }
            Part::Sealed(sealed) => {
                let senders = Senders {
                    from: &mail.from,
                    others: &mail.others,
                };
                open_sealed(tx, &senders, sealed, Transport::Mail, now_ms, came)
            }
            Part::Probe(_) | Part::Copy(_) => Err(Unopened::Left("no letter")),
        })?;
        arrived.stays = mail.may_be_a_persons;
        log_heard(&arrived.status, arrived.took);
        Ok(arrived)
    }

    fn hear(
        &mut self,
        begun: Instant,
        open: impl FnOnce(&Transaction<'_>) -> Result<Opened, Unopened>,
    ) -> Result<Arrived, AccountError> {
        let mut hearing = Hearing::begun(begun, true);
        let (mut arrived, follow) = self.commit(|turn| hearing.take(turn, open))?;
        arrived.took = Some(hearing.took());
        arrived.notices.extend(self.follow(follow)?);
        Ok(arrived)
    }

    /// Hears a sealed part that came over IRC: one turn. A frame that opens nothing causes nothing.
    pub fn hear_frame(&mut self, frame: &Frame) -> Result<Arrived, AccountError> {
        let now_ms = self.clock.now_ms();
        self.hear(frame.heard, |tx| irc::open(tx, frame, now_ms))
    }

    /// Hears sealed parts that came over IRC together, in their order: one turn, and one commit, for all. If that
    /// fails each has a turn of its own, so that none is lost for another's sake.
    pub fn hear_frames(&mut self, frames: &[Frame]) -> Vec<Result<Arrived, AccountError>> {
        if let [_, _, ..] = frames {
            match self.hear_together(frames) {
                Ok(arrived) => return arrived.into_iter().map(Ok).collect(),
                Err(fault) => tracing::debug!("one by one, for together they fail: {fault}"),
            }
        }
        frames.iter().map(|frame| self.hear_frame(frame)).collect()
    }

    /// An error says that nothing of them was kept.
    fn hear_together(&mut self, frames: &[Frame]) -> Result<Vec<Arrived>, AccountError> {
        let now_ms = self.clock.now_ms();
        let first = frames.iter().map(|frame| frame.heard).min();
        let mut hearing = Hearing::begun(first.unwrap_or_else(Instant::now), false);
        let (mut heard, follow) = self.commit(|turn| {
            let take = |frame| hearing.take(turn, |tx| irc::open(tx, frame, now_ms));
            frames.iter().map(take).collect::<Result<Vec<_>, _>>()
        })?;
        if let Some(first) = heard.first_mut() {
            first.took = Some(hearing.took());
        }
        match (self.follow(follow), heard.last_mut()) {
            (Ok(notices), Some(last)) => last.notices.extend(notices),
            (Ok(_), None) => {}
            // They are heard all the same; the file follows with the next turn.
            (Err(fault), _) => tracing::error!("{fault}"),
        }
        Ok(heard)
    }
}

struct Hearing {
    begun: Instant,
    opening: Duration,
    /// One letter is heard in the turn.
    alone: bool,
}

impl Hearing {
    fn begun(begun: Instant, alone: bool) -> Self {
        Self {
            begun,
            opening: begun.elapsed(),
            alone,
        }
    }

    /// Opens a letter, decides what it causes and puts that down.
    fn take(
        &mut self,
        turn: &mut Turn<'_>,
        open: impl FnOnce(&Transaction<'_>) -> Result<Opened, Unopened>,
    ) -> Result<Arrived, AccountError> {
        let begun = Instant::now();
        let opened = open(turn.tx);
        self.opening = self.opening.saturating_add(begun.elapsed());
        let mut opened = match opened {
            Ok(opened) => opened,
            Err(Unopened::Done(why)) => return Ok(Arrived::new(true, why)),
            Err(Unopened::Left(why)) => return Ok(Arrived::new(false, why)),
            Err(Unopened::Fault(fault)) => return Err(fault),
        };
        // Of several letters in one turn the next looks for a receipt with room; another program may have no next turn.
        let ahead = self.alone && turn.teller == Teller::Agent;
        let heard = Box::new(opened.heard.clone());
        let decided = turn.decide(match ahead {
            true => Event::LetterAhead(heard),
            false => Event::Letter(heard),
        })?;
        let taken = decided.taken;
        opened.keep(turn.tx, taken, turn.now())?;
        turn.owed.extend(decided.owed);
        turn.put_down(&decided)?;
        let mut arrived = match taken {
            Taken::Yes => Arrived::new(true, kind(&opened.heard.letter.body)),
            Taken::Dropped(why) => Arrived::new(true, why),
            Taken::Left(why) => Arrived::new(false, why),
        };
        arrived.notices = outcome(decided).notices;
        // Another program has no clients to tell.
        if turn.teller == Teller::Agent {
            arrived.stored = turn.stored(&arrived.notices)?;
        }
        Ok(arrived)
    }

    /// Once all is durable.
    fn took(&self) -> Took {
        Took {
            begun: self.begun,
            open: self.opening,
            commit: self.begun.elapsed().saturating_sub(self.opening),
        }
    }
}

impl Arrived {
    fn new(done: bool, status: &str) -> Self {
        Self {
            done,
            stays: false,
            status: status.to_owned(),
            notices: Vec::new(),
            stored: None,
            took: None,
        }
    }
}

fn kind(body: &Body) -> &'static str {
    match body.as_request() {
        Some(_) => "a request",
        None => "a sealed letter",
    }
}

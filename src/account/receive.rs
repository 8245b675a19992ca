//! Hear and open: a mail or a frame comes, and what protects it is taken off.

mod bounce;
mod decrypt;
mod irc;
mod left;
mod removed;

use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

use decrypt::{Opening, Plain, Senders};
pub use irc::Frame;

use super::turn::{Teller, Turn, outcome};
use super::{Account, AccountError};
use crate::edge::seal::{self, Keyring};
use crate::edge::store::{Overtaken, Peer, SessionRow, Transaction, Transport};
use crate::protocol::address::Address;
use crate::protocol::codec::{accept_signed_bytes, decode, request_signed_bytes};
use crate::protocol::letter::{Body, Letter};
use crate::protocol::mail_form::{self, Answerable, By, DefinedMail};
use crate::protocol::padding::decode_padded;
use crate::protocol::part::{Open, Part, Sealed};
use crate::rules::contact::Contact;
use crate::rules::conversation::Stored;
use crate::rules::effect::Notice;
use crate::rules::event::{Came, Event, Heard, Proof};
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

/// A letter that was opened, and what opening it changed.
struct Opened {
    heard: Heard,
    sessions: Vec<(Peer, Transport, SessionRow)>,
    overtaken: Vec<(Peer, Overtaken)>,
    new_session: bool,
    keyring: Option<Keyring>,
    hash: Option<[u8; 32]>,
}

/// Why something was not opened.
enum Unopened {
    Done(&'static str),
    Left(&'static str),
    Fault(AccountError),
}

impl<E: Into<AccountError>> From<E> for Unopened {
    fn from(fault: E) -> Self {
        Self::Fault(fault.into())
    }
}

impl Account {
    /// Hears a mail with a marker: one turn.
    /// Errors: Whatever the store or the keys meet: the mail must be tried again.
    pub fn hear_mail(&mut self, raw: &[u8]) -> Result<Arrived, AccountError> {
        let arrived = self.hear_mail_by(raw, By::Marker)?;
        Ok(arrived.unwrap_or_else(|| Arrived::left("not a defined mail")))
    }

    /// Hears a mail that is looked at for this reason: one turn. `None` when nothing in it concerns us. One that does,
    /// and is left, is remembered, so that nothing stays unread in silence.
    /// Errors: Whatever the store or the keys meet: the mail must be tried again.
    pub fn hear_mail_by(&mut self, raw: &[u8], by: By) -> Result<Option<Arrived>, AccountError> {
        let arrived = match mail_form::read_by(raw, by) {
            Ok(mail) => self.hear_defined(&mail)?,
            Err(fault) if by == By::Subject && !fault.has_our_part() => return Ok(None),
            Err(fault) => Arrived::left(&fault.to_string()),
        };
        self.remember_if_left(raw, &arrived)?;
        Ok(Some(arrived))
    }

    fn hear_defined(&mut self, mail: &DefinedMail) -> Result<Arrived, AccountError> {
        if let Part::Probe(token) = mail.part {
            return self.hear_probe(mail, &token);
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
            Part::Probe(_) => Err(Unopened::Left("a probe")),
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
        let mut hearing = Hearing::begun(begun);
        let (mut arrived, roster) = self.commit(|turn| hearing.take(turn, open))?;
        arrived.took = Some(hearing.took());
        arrived.notices.extend(self.follow(roster)?);
        Ok(arrived)
    }
}

/// Letters that are heard in one turn.
struct Hearing {
    begun: Instant,
    /// The time spent on opening.
    opening: Duration,
}

impl Hearing {
    fn begun(begun: Instant) -> Self {
        Self {
            begun,
            opening: begun.elapsed(),
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
            Err(Unopened::Done(why)) => return Ok(Arrived::done(why)),
            Err(Unopened::Left(why)) => return Ok(Arrived::left(why)),
            Err(Unopened::Fault(fault)) => return Err(fault),
        };
        let decided = turn.decide(Event::Letter(Box::new(opened.heard.clone())))?;
        let taken = decided.taken;
        opened.keep(turn.tx, taken, turn.now())?;
        turn.put_down(&decided)?;
        let notices = outcome(decided).notices;
        let mut arrived = Arrived::from(taken, notices, &opened.heard.letter.body);
        let stores =
            |notice: &Notice| matches!(notice, Notice::Text { .. } | Notice::Change { .. });
        // Another program has no clients to tell.
        if turn.teller == Teller::Agent && arrived.notices.iter().any(stores) {
            arrived.stored = turn.tx.texts().last()?.map(Box::new);
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

/// A request: its signature must be by the key that it names.
fn open_signed(open: &Open, came: impl Fn(Letter, Proof) -> Heard) -> Result<Opened, Unopened> {
    let letter = decode(&open.letter).map_err(|_| Unopened::Left("the letter cannot be read"))?;
    let Some(request) = letter.body.as_request() else {
        return Err(Unopened::Left("only a request may come unsealed"));
    };
    let bytes = request_signed_bytes(&open.letter);
    if !seal::verify(&request.keys.ed25519, &bytes, &open.signature) {
        return Err(Unopened::Left("the signature is wrong"));
    }
    let proof = Proof::Signed {
        bytes: open.letter.clone(),
        invite: open.invite.clone(),
    };
    Ok(Opened {
        heard: came(letter, proof),
        sessions: Vec::new(),
        overtaken: Vec::new(),
        new_session: false,
        keyring: None,
        hash: None,
    })
}

fn open_sealed(
    tx: &Transaction<'_>,
    senders: &Senders<'_>,
    sealed: &Sealed,
    transport: Transport,
    now_ms: u64,
    came: impl Fn(Address, Letter, Proof) -> Heard,
) -> Result<Opened, Unopened> {
    let hash: [u8; 32] = Sha256::digest(&sealed.ciphertext).into();
    if tx.dedup().seen(&hash, now_ms / 1000)? {
        return Err(Unopened::Done("a double"));
    }
    let mut opening = Opening::new(tx, transport, now_ms / 1000);
    let (person, plain) = match opening.open_any(senders, sealed) {
        Err(Unopened::Left(why)) => {
            let theirs = transport == Transport::Mail
                && removed::sent(tx, senders, sealed, &hash, now_ms / 1000)?;
            return Err(match theirs {
                true => Unopened::Done("it comes from somebody who was removed"),
                false => Unopened::Left(why),
            });
        }
        opened => opened?,
    };
    let Plain {
        bytes,
        key,
        session,
        used,
    } = plain;
    let letter = decode_padded(&bytes).map_err(|_| Unopened::Left("the letter cannot be read"))?;
    if letter.holds.is_none() {
        return Err(Unopened::Left("a sealed letter must say what it holds"));
    }
    let irc = if transport == Transport::Mail {
        opening.irc(&Peer::of(&person, key), letter.irc.as_deref())?
    } else {
        None
    };
    let accept_signed = accept_signed(&letter);
    let proof = Proof::Sealed {
        key,
        session,
        used,
        accept_signed,
        irc,
    };
    let from = whose(&person, senders, &letter);
    Ok(Opened {
        heard: came(from, letter, proof),
        new_session: used.is_some(),
        sessions: opening.sessions,
        overtaken: opening.overtaken,
        keyring: opening.keyring,
        hash: Some(hash),
    })
}

/// Who the letter is from: the one in whose session it was opened, whatever address the mail system put outside. An
/// accept that names somebody else within is heard as from there: an alias of whom we asked may have answered.
fn whose(person: &Contact, senders: &Senders<'_>, letter: &Letter) -> Address {
    match letter.body.as_accept() {
        Some(accept) if accept.from != person.address => senders.from.clone(),
        Some(_) | None => person.address.clone(),
    }
}

fn accept_signed(letter: &Letter) -> bool {
    letter.body.as_accept().is_some_and(|accept| {
        let bytes = accept_signed_bytes(letter.id, accept);
        seal::verify(&accept.keys.ed25519, &bytes, &accept.signature)
    })
}

impl Opened {
    /// Keeps what opening changed. Of a letter that was refused nothing is kept; of one that was dropped, only
    /// the sessions that were there before.
    fn keep(&mut self, tx: &Transaction<'_>, taken: Taken, now: u64) -> Result<(), AccountError> {
        match taken {
            Taken::Left(_) => return Ok(()),
            Taken::Dropped(_) if self.new_session => {}
            Taken::Dropped(_) | Taken::Yes => {
                for (peer, before) in &self.overtaken {
                    tx.sessions().put_overtaken(peer, before, now)?;
                }
                for (peer, transport, row) in &self.sessions {
                    tx.sessions().put(peer, *transport, row)?;
                }
                if let Some(keyring) = self.keyring.take() {
                    tx.put_account_pickle(&keyring.pickle()?)?;
                }
            }
        }
        if let Some(hash) = &self.hash {
            tx.dedup().mark_seen(hash, now)?;
        }
        Ok(())
    }
}

impl Arrived {
    fn done(status: &str) -> Self {
        Self {
            done: true,
            stays: false,
            status: status.to_owned(),
            notices: Vec::new(),
            stored: None,
            took: None,
        }
    }

    fn left(status: &str) -> Self {
        Self {
            done: false,
            stays: false,
            status: status.to_owned(),
            notices: Vec::new(),
            stored: None,
            took: None,
        }
    }

    fn from(taken: Taken, notices: Vec<Notice>, body: &Body) -> Self {
        let (done, status) = match taken {
            Taken::Yes => (true, kind(body)),
            Taken::Dropped(why) => (true, why),
            Taken::Left(why) => (false, why),
        };
        Self {
            done,
            stays: false,
            status: status.to_owned(),
            notices,
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

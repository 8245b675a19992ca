//! Seal: a letter is about to leave the outbox.
//!
//! ```text
//!  waiting ─▶ what rides beside it ─▶ session ─▶ sealed ─▶ ratchet, claim, counter committed ─▶ leaves
//! ```

use super::{Station, TurnError, roster};
use crate::edge::seal::{Keyring, Ratchet};
use crate::edge::store::{Desk, OutboxFilter, SessionRow, Transport, Waiting};
use crate::protocol::address::Address;
use crate::protocol::codec::{accept_signed_bytes, encode, request_signed_bytes};
use crate::protocol::letter::{
    Body, Letter, LetterId, OneTimeKeys, Presence, PublicKey, Request, empty,
};
use crate::protocol::part::{InviteProof, Open, Part, Sealed};
use crate::protocol::{irc_form, mail_form, padding};
use crate::rules::account::{Account, Settings};
use crate::rules::announcing;
use crate::rules::case::Dice;
use crate::rules::effect::Effect;
use crate::rules::event::{Departure, Event, Left};
use crate::rules::outgoing::Form;
use crate::rules::person::{Accepted, NewKeys, Person, Standing};
use crate::rules::view::View;

/// How a letter is about to leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    /// As a mail.
    Mail,
    /// As IRC lines; `room` is what one PRIVMSG's text may hold, in bytes.
    Irc {
        /// Bytes for the text of one line.
        room: usize,
    },
}

/// A letter that is sealed and committed, and now leaves.
#[derive(Debug, Clone)]
pub struct Leaving {
    /// Its row in the outbox.
    pub row: i64,
    /// How often handing it over has failed before.
    pub attempts: u32,
    /// To whom.
    pub to: Address,
    /// The letter, as the outbox holds it.
    pub letter: Letter,
    /// A presence rides beside it.
    pub announced: bool,
    /// What leaves.
    pub what: What,
}

/// What leaves.
#[derive(Debug, Clone)]
pub enum What {
    /// A whole mail.
    Mail(Vec<u8>),
    /// The texts of IRC lines.
    Lines(Vec<String>),
}

/// What became of a letter that was to leave.
pub(super) enum Sealing {
    /// It is sealed.
    Ready(Box<Leaving>),
    /// It cannot leave this way now.
    Cannot,
    /// There is no session to seal it in.
    NoSession,
    /// There is nothing to send any more.
    Over,
}

/// What sealing reads and changes inside one turn.
pub(super) struct Sealer<'a, 'd> {
    pub(super) desk: &'a Desk<'d>,
    pub(super) settings: &'a Settings,
    pub(super) now: u64,
    pub(super) dice: &'a mut dyn Dice,
    account: Account,
    keyring: Option<Keyring>,
    keyring_changed: bool,
    sealed: u64,
    pub(super) roster_changed: bool,
}

impl Station {
    /// Seals the letter of an outbox row that is to leave over IRC: one turn.
    ///
    /// `None`: it cannot leave this way (no session, too long, gone); texts then go by mail.
    ///
    /// # Errors
    /// Whatever the store or the keys meet.
    pub fn leave_over_irc(&mut self, row: i64, room: usize) -> Result<Option<Leaving>, TurnError> {
        let (settings, now, dice) = (&self.settings, self.clock.now(), &mut self.dice);
        let (sealing, sealings) = self.store.turn(|desk| {
            desk.at(now);
            let Some(waiting) = desk
                .outbox_row(row)?
                .filter(|waiting| waiting.claimed_until <= now)
            else {
                return Ok((None, None));
            };
            let mut sealer = Sealer::new(desk, settings, now, dice)?;
            let sealing = sealer.leave(&waiting, Channel::Irc { room })?;
            let sealings = sealer.finish()?;
            Ok::<_, TurnError>((Some((waiting, sealing)), sealings))
        })?;
        self.count(sealings)?;
        match sealing {
            None => Ok(None),
            Some((_, Sealing::Ready(leaving))) => Ok(Some(*leaving)),
            Some((waiting, Sealing::Cannot | Sealing::NoSession)) => {
                let departure = Departure {
                    to: waiting.outgoing.to,
                    letter: waiting.outgoing.letter,
                    announced: false,
                    how: Left::Unreachable,
                };
                self.end(waiting.row, departure)?;
                Ok(None)
            }
            Some((waiting, Sealing::Over)) => {
                self.store.turn(|desk| desk.finish(waiting.row))?;
                Ok(None)
            }
        }
    }

    /// Letters that may leave over IRC now, in the order in which they should.
    ///
    /// # Errors
    /// Whatever the store meets.
    pub fn due_over_irc(&mut self, limit: usize) -> Result<Vec<Waiting>, TurnError> {
        let now = self.now();
        self.look(|desk| Ok(desk.outbox_due(now, OutboxFilter::by_irc(), limit)?))
    }

    /// A letter has left, or could not: its row ends, and the rules decide what follows.
    ///
    /// # Errors
    /// Whatever the store meets.
    pub fn departed(&mut self, leaving: &Leaving, how: Left) -> Result<super::Outcome, TurnError> {
        let departure = Departure {
            to: leaving.to.clone(),
            letter: leaving.letter.clone(),
            announced: leaving.announced,
            how,
        };
        self.end(leaving.row, departure)
    }

    /// One turn: a text whose row has ended and which does not know it would wait for ever.
    fn end(&mut self, row: i64, departure: Departure) -> Result<super::Outcome, TurnError> {
        self.event_after(Event::Left(Box::new(departure)), |desk| {
            Ok(desk.finish(row)?)
        })
    }

    /// Writes the counter of sealings that lies outside of what a backup restores.
    pub(super) fn count(&self, sealings: Option<u64>) -> Result<(), TurnError> {
        match sealings {
            Some(sealings) => Ok(self.counter.write(sealings)?),
            None => Ok(()),
        }
    }
}

impl<'a, 'd> Sealer<'a, 'd> {
    pub(super) fn new(
        desk: &'a Desk<'d>,
        settings: &'a Settings,
        now: u64,
        dice: &'a mut dyn Dice,
    ) -> Result<Self, TurnError> {
        let account = desk.account()?;
        Ok(Self {
            desk,
            settings,
            now,
            dice,
            account,
            keyring: None,
            keyring_changed: false,
            sealed: 0,
            roster_changed: false,
        })
    }

    /// Seals one letter and claims its row.
    pub(super) fn leave(
        &mut self,
        waiting: &Waiting,
        channel: Channel,
    ) -> Result<Sealing, TurnError> {
        let outgoing = &waiting.outgoing;
        let Some(person) = self
            .desk
            .person(&outgoing.to)?
            .filter(|person| !person.blocked)
        else {
            return Ok(Sealing::Over);
        };
        let sealing = match (&outgoing.form, channel) {
            (Form::Open { token }, Channel::Mail) => {
                let proof = token.as_ref();
                self.open_request(waiting, person, proof)?
            }
            (Form::Key(key), Channel::Mail) => self.accept(waiting, person, *key)?,
            (Form::Friend { fresh, open_irc }, Channel::Mail) => {
                self.letter_to_friend(waiting, person, *fresh, *open_irc)?
            }
            (Form::Friend { .. }, Channel::Irc { room }) => {
                self.over_irc(waiting, &person, room)?
            }
            (Form::Open { .. } | Form::Key(_), Channel::Irc { .. }) => Sealing::Cannot,
        };
        if let Sealing::Ready(_) = &sealing {
            self.desk
                .claim(waiting.row, self.now.saturating_add(CLAIM))?;
        }
        Ok(sealing)
    }

    /// Writes what the sealing changed of the account, and returns the count of sealings if there were any.
    pub(super) fn finish(self) -> Result<Option<u64>, TurnError> {
        if let Some(keyring) = self.keyring.filter(|_| self.keyring_changed) {
            self.desk.put_account_pickle(&keyring.pickle()?)?;
        }
        if self.roster_changed {
            self.desk.meta_set(roster::DIRTY, "1")?;
        }
        if self.sealed == 0 {
            return Ok(None);
        }
        Ok(Some(self.desk.bump_sealings(self.sealed)?))
    }

    /// A request leaves open and signed; its one-time keys are made when it first leaves.
    fn open_request(
        &mut self,
        waiting: &Waiting,
        mut person: Person,
        token: Option<&crate::protocol::link::Token>,
    ) -> Result<Sealing, TurnError> {
        let mut letter = waiting.outgoing.letter.clone();
        let Some(keys) = self.request_keys(&mut person, letter.id)? else {
            return Ok(Sealing::Over);
        };
        let Body::Request(request) = &mut letter.body else {
            return Ok(Sealing::Over);
        };
        request.one_time_keys = keys;
        let request = request.clone();
        let bytes = encode(&letter);
        let signature = self.keyring()?.sign(&request_signed_bytes(&bytes));
        let invite = token.map(|token| InviteProof {
            id: token.id(),
            hmac: token.proof(&bytes),
        });
        self.save(person)?;
        self.mail(
            waiting,
            &Part::Open(Open {
                letter: bytes,
                signature,
                invite,
            }),
            Some(&request),
            false,
        )
    }

    /// The one-time keys of the request with this id, ours or a healing one; `None` if it is over.
    fn request_keys(
        &mut self,
        person: &mut Person,
        id: LetterId,
    ) -> Result<Option<OneTimeKeys>, TurnError> {
        let asked = match &mut person.standing {
            Standing::Asked(asked) => Some(asked),
            Standing::Confirming(confirming) => confirming.asked.as_mut(),
            Standing::Stranger | Standing::Asking(_) | Standing::Friend(_) => None,
        };
        let place = match (asked, &mut person.healing) {
            (Some(asked), _) if asked.request == id => &mut asked.one_time_keys,
            (_, Some(healing)) if healing.request == id => &mut healing.one_time_keys,
            _ => return Ok(None),
        };
        let mut keys = *place;
        self.fill(&mut keys)?;
        *place = keys;
        Ok(Some(keys))
    }

    /// An accept to somebody who has not proved anything: sealed with the one-time key of his request.
    fn accept(
        &mut self,
        waiting: &Waiting,
        mut person: Person,
        key: PublicKey,
    ) -> Result<Sealing, TurnError> {
        let mut letter = waiting.outgoing.letter.clone();
        let Some(mut accepted) = accepted(&person, letter.id, key) else {
            return Ok(Sealing::Over);
        };
        self.fill(&mut accepted.ours)?;
        let Some(mut session) = self.session_of(&mut accepted, Transport::Mail)? else {
            return Ok(Sealing::Over);
        };
        letter.irc = match self.session_of(&mut accepted, Transport::Irc)? {
            Some(mut session) => Some(self.seal_empty(&mut session, key)?),
            None => None,
        };
        self.sign_accept(&mut letter, accepted.ours)?;
        let due = person.announce;
        self.announce(&mut letter, &mut person, true);
        if person.keys().is_some() {
            // New keys, not proved yet: whoever has those in force is still to be told.
            person.announce = due;
        }
        letter.holds = Some(holds(&person));
        put_accepted(&mut person, accepted);
        let sealed = self.seal(&mut session, key, Transport::Mail, &letter)?;
        self.save(person)?;
        self.mail(
            waiting,
            &Part::Sealed(sealed),
            None,
            letter.presence.is_some(),
        )
    }

    fn sign_accept(&mut self, letter: &mut Letter, ours: OneTimeKeys) -> Result<(), TurnError> {
        let id = letter.id;
        if let Body::Accept(accept) = &mut letter.body {
            accept.one_time_keys = ours;
            let bytes = accept_signed_bytes(id, accept);
            accept.signature = self.keyring()?.sign(&bytes);
        }
        Ok(())
    }

    /// Any letter to a friend, by mail, with all that is to ride beside it.
    fn letter_to_friend(
        &mut self,
        waiting: &Waiting,
        mut person: Person,
        fresh: bool,
        open_irc: bool,
    ) -> Result<Sealing, TurnError> {
        let key = person
            .keys()
            .map(|keys| keys.curve25519)
            .filter(|_| !self.account.restored);
        let Some(key) = key else {
            return Ok(Sealing::Cannot);
        };
        let Some(mut session) = self.friend_session(key, &mut person, fresh)? else {
            return Ok(Sealing::NoSession);
        };
        let mut letter = waiting.outgoing.letter.clone();
        let answers = matches!(letter.body, Body::Accept(_));
        self.next_keys(&mut letter, &mut person)?;
        letter.irc = match self.irc_opening_if(open_irc, key, &mut person)? {
            Some(opening) => Some(opening),
            None => self.irc_answer(key, &mut person)?,
        };
        let alone = is_empty(&letter);
        self.announce(&mut letter, &mut person, answers || alone);
        letter.holds = Some(holds(&person));
        let sealed = self.seal(&mut session, key, Transport::Mail, &letter)?;
        let announced = letter.presence.is_some();
        self.save(person)?;
        self.mail(waiting, &Part::Sealed(sealed), None, announced && !alone)
    }

    fn over_irc(
        &mut self,
        waiting: &Waiting,
        person: &Person,
        room: usize,
    ) -> Result<Sealing, TurnError> {
        // A letter over IRC shows him our nick: it may have been posted before he was hidden from.
        let seen = person.visible && !self.account.invisible;
        let Some(key) = person.keys().filter(|_| seen).map(|keys| keys.curve25519) else {
            return Ok(Sealing::Cannot);
        };
        let ready = |row: &SessionRow| row.ready && !row.retired;
        let rows = self.desk.sessions(&key, Transport::Irc)?;
        let Some(row) = rows
            .into_iter()
            .find(ready)
            .filter(|_| !self.account.restored)
        else {
            return Ok(Sealing::NoSession);
        };
        let mut letter = waiting.outgoing.letter.clone();
        letter.holds = Some(holds(person));
        let plaintext = padding::pad(encode(&letter));
        let mut ratchet = Ratchet::from_pickle(&row.pickle)?;
        let sealed = ratchet.seal(&plaintext)?;
        let Ok(lines) = irc_form::pieces(&sealed, &self.tag(), room) else {
            return Ok(Sealing::Cannot);
        };
        let row = SessionRow {
            pickle: ratchet.pickle()?,
            ..row
        };
        self.desk.put_session(&key, Transport::Irc, &row)?;
        self.sealed = self.sealed.saturating_add(1);
        Ok(Sealing::Ready(Box::new(leaving(
            waiting,
            false,
            What::Lines(lines),
        ))))
    }

    /// The session to seal with: the one that last opened a letter of his, before that the one we opened.
    /// A fresh one uses up a one-time key of his; the others then only open.
    fn friend_session(
        &mut self,
        key: PublicKey,
        person: &mut Person,
        fresh: bool,
    ) -> Result<Option<SessionRow>, TurnError> {
        if fresh && person.theirs.mail.is_some() {
            for row in self.desk.sessions(&key, Transport::Mail)? {
                self.desk.put_session(
                    &key,
                    Transport::Mail,
                    &SessionRow {
                        retired: true,
                        ..row
                    },
                )?;
            }
            return self.new_session(key, person.theirs.mail.take());
        }
        let offered = person.theirs.mail;
        let Some((row, new)) = self.session_or_new(key, Transport::Mail, offered)? else {
            return Ok(None);
        };
        person.theirs.mail = offered.filter(|_| !new);
        Ok(Some(row))
    }

    /// The session to seal with, or a new one; says whether it is new.
    fn session_or_new(
        &mut self,
        key: PublicKey,
        transport: Transport,
        one_time: Option<PublicKey>,
    ) -> Result<Option<(SessionRow, bool)>, TurnError> {
        let kept = self
            .desk
            .sessions(&key, transport)?
            .into_iter()
            .find(|row| !row.retired);
        // In a database from a backup no stored session is sealed with again.
        if let Some(row) = kept.filter(|_| !self.account.restored) {
            return Ok(Some((row, false)));
        }
        Ok(self.new_session(key, one_time)?.map(|row| (row, true)))
    }

    fn new_session(
        &mut self,
        key: PublicKey,
        one_time: Option<PublicKey>,
    ) -> Result<Option<SessionRow>, TurnError> {
        let Some(one_time) = one_time else {
            return Ok(None);
        };
        let ratchet = self.keyring()?.open_session(&key, &one_time)?;
        Ok(Some(SessionRow {
            session_id: ratchet.session_id(),
            pickle: ratchet.pickle()?,
            ours: true,
            opened_at: 0,
            created_at: self.now,
            ready: false,
            retired: false,
        }))
    }

    /// Seals a letter and keeps the ratchet as it is after that.
    fn seal(
        &mut self,
        session: &mut SessionRow,
        key: PublicKey,
        transport: Transport,
        letter: &Letter,
    ) -> Result<Sealed, TurnError> {
        let mut ratchet = Ratchet::from_pickle(&session.pickle)?;
        let sealed = ratchet.seal(&padding::pad(encode(letter)))?;
        session.pickle = ratchet.pickle()?;
        self.desk.put_session(&key, transport, session)?;
        self.sealed = self.sealed.saturating_add(1);
        Ok(sealed)
    }

    fn irc_opening_if(
        &mut self,
        wanted: bool,
        key: PublicKey,
        person: &mut Person,
    ) -> Result<Option<Vec<u8>>, TurnError> {
        if !wanted {
            return Ok(None);
        }
        let Some(mut session) = self.new_session(key, person.theirs.irc.take())? else {
            return Ok(None);
        };
        self.seal_empty(&mut session, key).map(Some)
    }

    /// The session of an accept: opened with a one-time key of the request when it first leaves, the same one for
    /// every repeat. Other sessions with that key are none of this request's.
    fn session_of(
        &mut self,
        accepted: &mut Accepted,
        transport: Transport,
    ) -> Result<Option<SessionRow>, TurnError> {
        let key = accepted.keys.curve25519;
        let opened = |row: &SessionRow| !row.retired && accepted.sessions.contains(&row.session_id);
        let kept = self
            .desk
            .sessions(&key, transport)?
            .into_iter()
            .find(opened);
        // In a database from a backup no stored session is sealed with again.
        if let Some(row) = kept.filter(|_| !self.account.restored) {
            return Ok(Some(row));
        }
        let one_time = match transport {
            Transport::Mail => accepted.theirs.mail.take(),
            Transport::Irc => accepted.theirs.irc.take(),
        };
        let session = self.new_session(key, one_time)?;
        accepted
            .sessions
            .extend(session.as_ref().map(|row| row.session_id.clone()));
        Ok(session)
    }

    /// The answer to an opening of his: an empty letter in that session.
    fn irc_answer(
        &mut self,
        key: PublicKey,
        person: &mut Person,
    ) -> Result<Option<Vec<u8>>, TurnError> {
        if !person.answer_irc {
            return Ok(None);
        }
        person.answer_irc = false;
        let usable = |row: &SessionRow| row.ready && !row.retired;
        let rows = self.desk.sessions(&key, Transport::Irc)?;
        match rows.into_iter().find(usable) {
            Some(mut session) => self.seal_empty(&mut session, key).map(Some),
            None => Ok(None),
        }
    }

    fn seal_empty(
        &mut self,
        session: &mut SessionRow,
        key: PublicKey,
    ) -> Result<Vec<u8>, TurnError> {
        let mut id = [0; 16];
        self.dice.fill(&mut id);
        let letter = Letter {
            id: LetterId(id),
            sent: self.now.saturating_mul(1000),
            body: empty(),
            holds: Some(0),
            presence: None,
            one_time_keys: None,
            irc: None,
        };
        Ok(self.seal(session, key, Transport::Irc, &letter)?.encode())
    }

    /// Lets the presence ride along if it is due (or `always`); alone it is the body.
    fn announce(&mut self, letter: &mut Letter, person: &mut Person, always: bool) {
        if !always && person.announce.is_none() {
            return;
        }
        let Some(presence) = announcing::presence_for(&self.account, self.settings, person) else {
            return;
        };
        announcing::mailed(person, &presence, self.now);
        self.roster_changed = true;
        if is_empty(letter) {
            letter.body = Body::Presence(presence);
        } else {
            letter.presence = Some(presence);
        }
    }

    /// The next one-time keys ride along if he used those that he held.
    fn next_keys(&mut self, letter: &mut Letter, person: &mut Person) -> Result<(), TurnError> {
        let before = person.ours;
        self.fill(&mut person.ours)?;
        if let Body::Accept(_) = letter.body {
            return self.sign_accept(letter, person.ours);
        }
        let next = OneTimeKeys {
            mail: person.ours.mail.filter(|_| before.mail.is_none()),
            irc: person.ours.irc.filter(|_| before.irc.is_none()),
        };
        letter.one_time_keys = Some(next).filter(|next| *next != OneTimeKeys::default());
        Ok(())
    }

    /// Makes the one-time keys that are missing.
    fn fill(&mut self, keys: &mut OneTimeKeys) -> Result<(), TurnError> {
        for place in [&mut keys.mail, &mut keys.irc] {
            if place.is_none() {
                *place = Some(self.keyring()?.new_one_time_key()?);
                self.keyring_changed = true;
            }
        }
        Ok(())
    }

    fn keyring(&mut self) -> Result<&mut Keyring, TurnError> {
        if self.keyring.is_none() {
            let pickle = self.desk.account_pickle()?.unwrap_or_default();
            self.keyring = Some(Keyring::from_pickle(&pickle)?);
        }
        self.keyring
            .as_mut()
            .ok_or_else(|| TurnError::Mail("the account has no keys".to_owned()))
    }

    fn save(&mut self, person: Person) -> Result<(), TurnError> {
        Ok(self
            .desk
            .apply(&Effect::Person(Box::new(person)), self.now)?)
    }

    /// Writes the mail, and remembers which letter its Message-ID stands for.
    fn mail(
        &mut self,
        waiting: &Waiting,
        part: &Part,
        request: Option<&Request>,
        announced: bool,
    ) -> Result<Sealing, TurnError> {
        let outgoing = &waiting.outgoing;
        let message_id = format!("{}@{}", self.word(20), self.settings.address.domain());
        let envelope = mail_form::Envelope {
            from: &self.settings.address,
            from_name: &self.settings.name,
            to: &outgoing.to,
            message_id: &message_id,
            date: self.now,
        };
        let mail = match request {
            Some(request) => mail_form::write_request(&envelope, part, request),
            None => mail_form::write_sealed(&envelope, part),
        };
        self.desk
            .put_mail_id(&message_id, &outgoing.to, outgoing.letter.id, self.now)?;
        self.desk.budget_spend(self.now, 1)?;
        Ok(Sealing::Ready(Box::new(leaving(
            waiting,
            announced,
            What::Mail(mail),
        ))))
    }

    fn tag(&mut self) -> String {
        self.word(8)
    }

    /// A random word of a–z0–9: the few bits that the uneven draw costs do not matter to a name that hides nothing.
    fn word(&mut self, length: usize) -> String {
        const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
        let mut bytes = vec![0; length];
        self.dice.fill(&mut bytes);
        bytes
            .iter()
            .filter_map(|byte| LETTERS.get(usize::from(byte % 32)))
            .map(|c| char::from(*c))
            .collect()
    }
}

fn leaving(waiting: &Waiting, announced: bool, what: What) -> Leaving {
    Leaving {
        row: waiting.row,
        attempts: waiting.outgoing.attempts,
        to: waiting.outgoing.to.clone(),
        letter: waiting.outgoing.letter.clone(),
        announced,
        what,
    }
}

fn is_empty(letter: &Letter) -> bool {
    letter.body == Body::Presence(Presence::default())
}

/// The epoch of his presence that we hold.
fn holds(person: &Person) -> u64 {
    person
        .presence
        .as_ref()
        .and_then(|held| held.presence.epoch)
        .unwrap_or(0)
}

fn accepted(person: &Person, accept: LetterId, key: PublicKey) -> Option<Accepted> {
    let same = |one: &&Accepted| one.accept == accept && one.keys.curve25519 == key;
    person.accepted().iter().find(same).cloned()
}

fn put_accepted(person: &mut Person, accepted: Accepted) {
    let list = match (&mut person.standing, &mut person.new_keys) {
        (Standing::Confirming(confirming), _) => &mut confirming.accepted,
        (_, Some(NewKeys::Confirming(list))) => list,
        _ => return,
    };
    if let Some(place) = list.iter_mut().find(|one| one.accept == accepted.accept) {
        *place = accepted;
    }
}

/// How long a row is claimed by whoever is sending it, in seconds.
const CLAIM: u64 = 60;

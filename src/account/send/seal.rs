//! Each kind of letter as it leaves: a request in the open, an accept, anything to a friend, a frame.

use sha2::{Digest, Sha256};

use super::leaving::{Sealing, What, leaving};
use super::sealer::Sealer;
use crate::account::AccountError;
use crate::edge::store::{Peer, SessionRow, Transport};
use crate::protocol::address::Address;
use crate::protocol::codec::{accept_signed_bytes, encode, request_signed_bytes};
use crate::protocol::letter::{Body, Letter, LetterId, OneTimeKeys, PublicKey, Request};
use crate::protocol::link::Token;
use crate::protocol::part::{InviteProof, Open, Part};
use crate::protocol::{irc_form, mail_form, part};
use crate::rules::account::Settings;
use crate::rules::contact::Contact;
use crate::rules::handshake::Accepted;
use crate::rules::outgoing::Waiting;
use crate::rules::queue::budget::Class;
use crate::rules::queue::piggyback::{self, Told, reopens_irc};
use crate::rules::queue::retry::Unsealed;

impl Sealer<'_, '_> {
    /// A request leaves open and signed; its one-time keys are made when it first leaves.
    pub(super) fn open_request(
        &mut self,
        waiting: &Waiting,
        mut person: Contact,
        token: Option<&Token>,
    ) -> Result<Sealing, AccountError> {
        let mut letter = waiting.outgoing.letter.clone();
        let Some(keys) = self.request_keys(&mut person, letter.id)? else {
            return Ok(Err(Unsealed::Over));
        };
        let Body::Request(request) = &mut letter.body else {
            return Ok(Err(Unsealed::Over));
        };
        request.one_time_keys = keys;
        let request = request.clone();
        let bytes = encode(&letter);
        let signature = self.keyring()?.sign(&request_signed_bytes(&bytes));
        let invite = token.map(|token| InviteProof {
            id: token.id(),
            hmac: token.proof(&bytes),
        });
        self.mail(
            waiting,
            person,
            &Part::Open(Open {
                letter: bytes,
                signature,
                invite,
            }),
            Some(&request),
            Told::default(),
        )
    }

    /// The one-time keys of the request with this id, ours or a healing one; `None` if it is over.
    pub(super) fn request_keys(
        &mut self,
        person: &mut Contact,
        id: LetterId,
    ) -> Result<Option<OneTimeKeys>, AccountError> {
        let asked = person.asked().is_some_and(|asked| asked.request == id);
        let place = if asked {
            person.asked_mut().map(|asked| &mut asked.one_time_keys)
        } else {
            let healing = person.friend_mut().and_then(|one| one.healing.as_mut());
            let healing = healing.filter(|healing| healing.request == id);
            healing.map(|healing| &mut healing.one_time_keys)
        };
        let Some(place) = place else { return Ok(None) };
        let mut keys = *place;
        self.fill(&mut keys)?;
        *place = keys;
        Ok(Some(keys))
    }

    /// An accept to somebody who has not proved anything: sealed with the one-time key of their request.
    pub(super) fn accept(
        &mut self,
        waiting: &Waiting,
        mut person: Contact,
        key: PublicKey,
    ) -> Result<Sealing, AccountError> {
        let mut letter = waiting.outgoing.letter.clone();
        let Some(mut accepted) = accepted(&person, letter.id, key) else {
            return Ok(Err(Unsealed::Over));
        };
        self.fill(&mut accepted.ours)?;
        let peer = Peer::of(&person, key);
        let Some(mut session) = self.session_of(&peer, &mut accepted, Transport::Mail)? else {
            accepted.next_at = None;
            put_accepted(&mut person, accepted);
            self.save(person)?;
            return Ok(Err(Unsealed::Never(
                "nothing can be sealed to the keys of the request".to_owned(),
            )));
        };
        letter.irc = match self.session_of(&peer, &mut accepted, Transport::Irc)? {
            Some(mut session) => Some(self.seal_empty(&mut session, &peer)?),
            None => None,
        };
        self.sign_accept(&mut letter, accepted.ours)?;
        let due = person.announce;
        let told = self.announce(&mut letter, &mut person, false);
        if person.keys().is_some() {
            // New keys, not proved yet: whoever has those in force is still to be told.
            person.announce = due;
        }
        letter.holds = Some(holds(&person));
        put_accepted(&mut person, accepted);
        let sealed = self.seal(&mut session, &peer, Transport::Mail, &letter)?;
        self.mail(waiting, person, &Part::Sealed(sealed), None, told)
    }

    pub(super) fn sign_accept(
        &mut self,
        letter: &mut Letter,
        ours: OneTimeKeys,
    ) -> Result<(), AccountError> {
        let id = letter.id;
        if let Body::Accept(accept) = &mut letter.body {
            accept.one_time_keys = ours;
            let bytes = accept_signed_bytes(id, accept);
            accept.signature = self.keyring()?.sign(&bytes);
        }
        Ok(())
    }

    /// What a row stands for, as a letter to a friend, by mail, with all that is to ride beside it.
    pub(super) fn letter_to_friend(
        &mut self,
        (waiting, mut letter): (&Waiting, Letter),
        mut person: Contact,
        fresh: bool,
        open_irc: bool,
    ) -> Result<Sealing, AccountError> {
        let key = person
            .keys()
            .map(|keys| keys.curve25519)
            .filter(|_| !self.account.restored);
        let Some(key) = key else {
            return Ok(Err(Unsealed::Cannot));
        };
        let peer = Peer::of(&person, key);
        let Some(mut session) = self.friend_session(&peer, &mut person, fresh)? else {
            return Ok(Err(Unsealed::NoSession));
        };
        // What rode beside it then may be lost with the first copy, and nothing else would bring it.
        let again = waiting.was_sealed();
        self.next_keys(&mut letter, &mut person, again)?;
        let open_irc = open_irc || reopens_irc(&self.account, &mut person, self.turn.now());
        letter.irc = match self.irc_opening_if(open_irc, &peer, &mut person, again)? {
            Some(opening) => Some(opening),
            None => self.irc_answer(&peer, &mut person, again)?,
        };
        let told = self.announce(&mut letter, &mut person, again);
        letter.holds = Some(holds(&person));
        let sealed = self.seal(&mut session, &peer, Transport::Mail, &letter)?;
        self.mail(waiting, person, &Part::Sealed(sealed), None, told)
    }

    /// Lets our presence ride along if it is due.
    pub(super) fn announce(
        &mut self,
        letter: &mut Letter,
        person: &mut Contact,
        again: bool,
    ) -> Told {
        let ours = (&self.account, self.turn.settings);
        let told = piggyback::presence(ours, person, letter, again, self.turn.now());
        if told.epoch > 0 {
            self.turn.roster_changed();
        }
        told
    }

    /// The next one-time keys ride along.
    pub(super) fn next_keys(
        &mut self,
        letter: &mut Letter,
        person: &mut Contact,
        again: bool,
    ) -> Result<(), AccountError> {
        let Some(friend) = person.friend_mut() else {
            return Ok(());
        };
        let held = friend.ours;
        self.fill(&mut friend.ours)?;
        if let Body::Accept(_) = letter.body {
            return self.sign_accept(letter, friend.ours);
        }
        letter.one_time_keys = piggyback::next_keys(held, friend.ours, again);
        Ok(())
    }

    pub(super) fn over_irc(
        &mut self,
        waiting: &Waiting,
        person: &Contact,
        room: usize,
    ) -> Result<Sealing, AccountError> {
        let framed = self.frame(person, &waiting.outgoing.letter, room)?;
        let left = |lines| leaving(waiting, false, Class::Text, What::Lines(lines));
        Ok(framed.map(|lines| Box::new(left(lines))))
    }

    /// Seals a letter in the IRC session with a friend; the texts of its lines, or why there are none.
    pub(super) fn frame(
        &mut self,
        person: &Contact,
        letter: &Letter,
        room: usize,
    ) -> Result<Result<Vec<String>, Unsealed>, AccountError> {
        // A letter over IRC shows them our nick: it may have been posted before they were hidden from.
        let seen = person.visible && !self.account.invisible;
        let Some(key) = person.keys().filter(|_| seen).map(|keys| keys.curve25519) else {
            return Ok(Err(Unsealed::Cannot));
        };
        let ready = |row: &SessionRow| row.ready && !row.retired;
        let peer = Peer::of(person, key);
        let rows = self.turn.tx.sessions().of(&peer, Transport::Irc)?;
        let Some(row) = rows
            .into_iter()
            .find(ready)
            .filter(|_| !self.account.restored)
        else {
            return Ok(Err(Unsealed::NoSession));
        };
        let mut letter = letter.clone();
        letter.holds = Some(holds(person));
        let (sealed, row) = self.turn_ratchet(row, &peer, Transport::Irc, &letter)?;
        let Ok(lines) = irc_form::pieces(&sealed, &self.tag(), room) else {
            return Ok(Err(Unsealed::Cannot));
        };
        self.turn.tx.sessions().put(&peer, Transport::Irc, &row)?;
        self.sealed = self.sealed.saturating_add(1);
        Ok(Ok(lines))
    }

    /// Writes the mail, and remembers which letter its Message-ID stands for, and what sealing it changed of its receiver.
    pub(super) fn mail(
        &mut self,
        waiting: &Waiting,
        person: Contact,
        part: &Part,
        request: Option<&Request>,
        beside: Told,
    ) -> Result<Sealing, AccountError> {
        let outgoing = &waiting.outgoing;
        let from = our_address(&person, &outgoing.letter.body, self.turn.settings);
        let message_id = format!("{}@{}", self.word(20), from.domain());
        let envelope = mail_form::Envelope {
            from: &from,
            from_name: &self.turn.settings.name,
            to: &person.address,
            message_id: &message_id,
            date: self.turn.now(),
        };
        let mail = match request {
            Some(request) => mail_form::write_request(&envelope, part, request),
            None => mail_form::write_sealed(&envelope, part),
        };
        self.turn.tx.dedup().put_mail_id(
            &message_id,
            person.id,
            outgoing.letter.id,
            &Sha256::digest(part::encode(part)).into(),
            beside.epoch,
            self.turn.now(),
        )?;
        let class = Class::of(&outgoing.letter.body, beside.hides);
        self.turn
            .tx
            .budget()
            .spend(class, person.id, self.turn.now())?;
        let to = person.address.clone();
        self.save(person)?;
        Ok(Ok(Box::new(leaving(
            waiting,
            beside.announced,
            class,
            What::Mail { from, to, mail },
        ))))
    }

    pub(super) fn tag(&mut self) -> String {
        self.word(8)
    }

    /// A random word of a–z0–9: the few bits that the uneven draw costs do not matter to a name that hides nothing.
    pub(super) fn word(&mut self, length: usize) -> String {
        const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
        let mut bytes = vec![0; length];
        self.turn.rng.fill(&mut bytes);
        bytes
            .iter()
            .filter_map(|byte| LETTERS.get(usize::from(byte % 32)))
            .map(|c| char::from(*c))
            .collect()
    }
}

/// By which of our addresses the receiver knows us.
fn our_address(person: &Contact, body: &Body, settings: &Settings) -> Address {
    let request = body.as_request().map(|request| &request.from);
    let accept = body.as_accept().map(|accept| &accept.from);
    let of_letter = request.or(accept);
    of_letter
        .unwrap_or_else(|| person.our_address(settings))
        .clone()
}

/// The epoch of their presence that we hold.
fn holds(person: &Contact) -> u64 {
    let told = person.presence().and_then(|told| told.epoch);
    told.unwrap_or(0)
}

fn accepted(person: &Contact, accept: LetterId, key: PublicKey) -> Option<Accepted> {
    let same = |one: &&Accepted| one.accept == accept && one.keys.curve25519 == key;
    person.accepted().iter().find(same).cloned()
}

fn put_accepted(person: &mut Contact, accepted: Accepted) {
    let mut list = person.accepted_mut().iter_mut();
    if let Some(place) = list.find(|one| one.accept == accepted.accept) {
        *place = accepted;
    }
}

//! Whose session opens a ciphertext, and what that changes.

use crate::account::AccountError;
use crate::edge::seal::{self, Keyring, PreKey, Ratchet, Zeroizing};
use crate::edge::store::{Overtaken, Peer, SessionRow, Transaction, Transport};
use crate::protocol::address::Address;
use crate::protocol::letter::PublicKey;
use crate::protocol::part::Sealed;
use crate::protocol::time::Seconds;
use crate::rules::contact::Contact;
use crate::rules::conversation::ContactId;
use crate::rules::view::View;

/// What one opening reads and changes.
pub(super) struct Opening<'a, 'd> {
    pub(super) tx: &'a Transaction<'d>,
    pub(super) transport: Transport,
    pub(super) now: Seconds,
    pub(super) moved: Moved,
}

/// What opening has changed, and is kept only if the letter is taken.
#[derive(Default)]
pub(super) struct Moved {
    pub(super) keyring: Option<Keyring>,
    pub(super) sessions: Vec<(Peer, Transport, SessionRow)>,
    /// Ratchets as they were before they forgot keys of letters that are still to come.
    pub(super) overtaken: Vec<(Peer, Overtaken)>,
}

/// Why something was not opened.
pub(super) enum Unopened {
    Done(&'static str),
    Left(&'static str),
    Fault(AccountError),
}

impl<E: Into<AccountError>> From<E> for Unopened {
    fn from(fault: E) -> Self {
        Self::Fault(fault.into())
    }
}

/// From whom a letter says it is.
pub(super) struct Senders<'a> {
    /// The outer From, or the one whose nick it is.
    pub(super) from: &'a Address,
    /// Under which addresses the sender may be known, too.
    pub(super) others: &'a [Address],
}

/// What a session opened.
pub(super) struct Plain {
    pub(super) bytes: Zeroizing<Vec<u8>>,
    /// The Curve25519 key of the other side.
    pub(super) key: PublicKey,
    /// The session's name.
    pub(super) session: String,
    /// The one-time key of ours that a new session used up.
    pub(super) used: Option<PublicKey>,
}

/// Somebody in whose sessions a letter may have been sealed.
pub(super) struct Known {
    pub(super) contact: ContactId,
    pub(super) address: Address,
    /// On the roster.
    pub(super) person: Option<Contact>,
    /// By which they are known in groups.
    member_keys: Vec<PublicKey>,
}

impl Known {
    fn on_roster(tx: &Transaction<'_>, person: Contact) -> Result<Self, Unopened> {
        Ok(Self {
            contact: person.id,
            address: person.address.clone(),
            member_keys: tx.groups().keys_of(person.id)?,
            person: Some(person),
        })
    }

    /// Whoever has an address, on the roster or in a group.
    fn at(tx: &Transaction<'_>, address: &Address) -> Result<Option<Self>, Unopened> {
        if let Some(person) = tx.contact_at(address)? {
            return Self::on_roster(tx, person).map(Some);
        }
        let Some(contact) = tx.id_at(address)? else {
            return Ok(None);
        };
        let member_keys = tx.groups().keys_of(contact)?;
        Ok((!member_keys.is_empty()).then(|| Self {
            contact,
            address: address.clone(),
            person: None,
            member_keys,
        }))
    }

    fn friend_or_asked(&self) -> Option<&Contact> {
        self.person.as_ref().filter(|person| !person.blocked)
    }

    /// Whatever comes of them is dropped.
    fn is_blocked(&self) -> bool {
        self.friend_or_asked().is_none() && self.member_keys.is_empty()
    }

    /// The keys whose letters may be opened: of who is blocked only what is of groups.
    fn keys(&self) -> Vec<PublicKey> {
        let of_friend = self.friend_or_asked().map(Contact::sealing_keys);
        let mut keys = of_friend.unwrap_or_default();
        keys.extend(&self.member_keys);
        keys.dedup();
        keys
    }

    /// On the roster, and not blocked.
    pub(super) fn is_on_roster(&self) -> bool {
        self.friend_or_asked().is_some()
    }

    pub(super) fn peer(&self, key: PublicKey) -> Peer {
        Peer {
            contact: self.contact,
            key,
            former: false,
        }
    }
}

impl Opening<'_, '_> {
    /// Opens with the sessions of the one at the outer From. Where that is nobody's address, the mail system may have put
    /// it there: then with those of each of the others in whose session it opens.
    pub(super) fn open_any(
        &mut self,
        senders: &Senders<'_>,
        sealed: &Sealed,
    ) -> Result<(Known, Plain), Unopened> {
        let mut why = Unopened::Left("it comes from nobody on the roster");
        for known in self.senders(senders, sealed)? {
            if known.is_blocked() {
                return Err(Unopened::Done("blocked"));
            }
            let opened = match sealed.prekey {
                true => self.open_prekey(&known, sealed),
                false => self.open_ordinary(&known, sealed),
            };
            match opened {
                Ok(plain) => return Ok((known, plain)),
                Err(Unopened::Left(_))
                    if known.friend_or_asked().is_none() && known.person.is_some() =>
                {
                    return Err(Unopened::Done("blocked"));
                }
                Err(Unopened::Left(reason)) => why = Unopened::Left(reason),
                Err(other) => return Err(other),
            }
        }
        Err(why)
    }

    /// The people whose sessions are tried, in their order: few, and found without a look at everybody.
    fn senders(&self, senders: &Senders<'_>, sealed: &Sealed) -> Result<Vec<Known>, Unopened> {
        if let Some(known) = Known::at(self.tx, senders.from)? {
            return Ok(vec![known]);
        }
        let mut people: Vec<Known> = Vec::new();
        for other in senders.others {
            people.extend(Known::at(self.tx, other)?);
        }
        if sealed.prekey
            && self.transport == Transport::Mail
            && let Ok(prekey) = seal::inspect_prekey(&sealed.ciphertext)
        {
            for person in self.tx.roster().of_key(&prekey.identity)? {
                people.push(Known::on_roster(self.tx, person)?);
            }
            let used = Some(prekey.one_time_key);
            let asked =
                |person: &Contact| person.asked().and_then(|a| a.one_time_keys.mail) == used;
            if let Some(person) = self.tx.roster().asked()?.into_iter().find(asked) {
                people.push(Known::on_roster(self.tx, person)?);
            }
            for (_, _, contact) in self.tx.groups().members_of_key(&prekey.identity)? {
                if let Some(address) = self.tx.address_of(contact)? {
                    people.extend(Known::at(self.tx, &address)?);
                }
            }
        }
        Ok(people)
    }

    /// A pre-key message goes to the session of its id; a new session only if its key is this person's, or if it
    /// uses the one-time key of a request of ours, the one that heals among them: whoever has lost everything answers it with
    /// other keys.
    fn open_prekey(&mut self, known: &Known, sealed: &Sealed) -> Result<Plain, Unopened> {
        let prekey = seal::inspect_prekey(&sealed.ciphertext)
            .map_err(|_| Unopened::Left("the pre-key message cannot be read"))?;
        let is_theirs = known.keys().contains(&prekey.identity);
        let person = known.friend_or_asked();
        let asked = person.and_then(Contact::asked);
        let asked = asked.and_then(|asked| asked.one_time_keys.mail) == Some(prekey.one_time_key);
        let healing = person.and_then(Contact::friend);
        let healing = healing.and_then(|friend| friend.healing.as_ref());
        let heals = healing.and_then(|one| one.one_time_keys.mail) == Some(prekey.one_time_key);
        if !is_theirs && !asked && !heals {
            return Err(Unopened::Left(
                "it is sealed by a key that is not this person's",
            ));
        }
        let peer = known.peer(prekey.identity);
        let opened = self.in_its_session(&peer, self.transport, sealed, &prekey)?;
        opened.ok_or(UNOPENABLE)
    }

    /// Opens a pre-key message in the session that it names, or in a new one.
    fn in_its_session(
        &mut self,
        peer: &Peer,
        transport: Transport,
        sealed: &Sealed,
        prekey: &PreKey,
    ) -> Result<Option<Plain>, Unopened> {
        let mut rows = self.tx.sessions().of(peer, transport)?.into_iter();
        let Some(row) = rows.find(|row| row.session_id == prekey.session_id) else {
            return self.accept(peer, transport, sealed, prekey.one_time_key);
        };
        match self.try_session(peer, transport, row, sealed)? {
            None if transport == Transport::Mail => self.try_overtaken(peer, sealed),
            opened => Ok(opened),
        }
    }

    fn open_ordinary(&mut self, known: &Known, sealed: &Sealed) -> Result<Plain, Unopened> {
        for key in known.keys() {
            let peer = known.peer(key);
            if let Some(opened) = self.try_sessions(&peer, self.transport, sealed)? {
                return Ok(opened);
            }
            if let Some(opened) = self.try_overtaken(&peer, sealed)? {
                return Ok(opened);
            }
        }
        Err(UNOPENABLE)
    }

    fn try_sessions(
        &mut self,
        peer: &Peer,
        transport: Transport,
        sealed: &Sealed,
    ) -> Result<Option<Plain>, Unopened> {
        for row in self.tx.sessions().of(peer, transport)? {
            if let Some(opened) = self.try_session(peer, transport, row, sealed)? {
                return Ok(Some(opened));
            }
        }
        Ok(None)
    }

    fn try_session(
        &mut self,
        peer: &Peer,
        transport: Transport,
        row: SessionRow,
        sealed: &Sealed,
    ) -> Result<Option<Plain>, Unopened> {
        // A session that is damaged opens nothing, and must not keep others from being tried.
        let opened = Ratchet::from_pickle(&row.pickle).and_then(|mut ratchet| {
            let bytes = ratchet.open(sealed)?;
            Ok((bytes, ratchet))
        });
        let Ok((bytes, ratchet)) = opened else {
            return Ok(None);
        };
        if transport == Transport::Mail {
            self.keep_if_overtaken(peer, &row, sealed);
        }
        let row = SessionRow {
            pickle: ratchet.pickle()?,
            opened_at: self.now,
            ready: true,
            ..row
        };
        let session = row.session_id.clone();
        self.moved.sessions.push((*peer, transport, row));
        Ok(Some(Plain {
            bytes: Zeroizing::new(bytes),
            key: peer.key,
            session,
            used: None,
        }))
    }

    /// Mails come in any order; over IRC nothing comes late. Where it cannot be told, letters that were overtaken wait
    /// until they are sent again.
    fn keep_if_overtaken(&mut self, peer: &Peer, row: &SessionRow, sealed: &Sealed) {
        if let Ok(Some(chain)) = seal::forgets(&row.pickle, sealed) {
            let before = Overtaken {
                session_id: row.session_id.clone(),
                chain,
                pickle: row.pickle.clone(),
            };
            self.moved.overtaken.push((*peer, before));
        }
    }

    /// A letter that many others have overtaken opens with the ratchet as it was before them. That one stays as it is,
    /// for the others that are still to come.
    fn try_overtaken(&self, peer: &Peer, sealed: &Sealed) -> Result<Option<Plain>, Unopened> {
        if self.transport != Transport::Mail {
            return Ok(None);
        }
        for before in self.tx.sessions().overtaken(peer)? {
            let ratchet = Ratchet::from_pickle(&before.pickle);
            if let Ok(bytes) = ratchet.and_then(|mut ratchet| ratchet.open(sealed)) {
                return Ok(Some(Plain {
                    bytes: Zeroizing::new(bytes),
                    key: peer.key,
                    session: before.session_id,
                    used: None,
                }));
            }
        }
        Ok(None)
    }

    /// Makes a new session from a pre-key message, using up a one-time key of ours.
    fn accept(
        &mut self,
        peer: &Peer,
        transport: Transport,
        sealed: &Sealed,
        one_time_key: PublicKey,
    ) -> Result<Option<Plain>, Unopened> {
        let mut keyring = match self.moved.keyring.take() {
            Some(keyring) => keyring,
            None => Keyring::from_pickle(&self.tx.account_pickle()?.unwrap_or_default())?,
        };
        let accepted = keyring.accept_session(&peer.key, &sealed.ciphertext);
        // Kept even if this one does not open: it may have used up a one-time key before.
        self.moved.keyring = Some(keyring);
        let Ok((ratchet, bytes)) = accepted else {
            return Ok(None);
        };
        let session = ratchet.session_id();
        let row = SessionRow {
            session_id: session.clone(),
            pickle: ratchet.pickle()?,
            ours: false,
            opened_at: self.now,
            created_at: self.now,
            ready: true,
            retired: false,
        };
        self.moved.sessions.push((*peer, transport, row));
        Ok(Some(Plain {
            bytes: Zeroizing::new(bytes),
            key: peer.key,
            session,
            used: Some(one_time_key),
        }))
    }

    /// The opening of an IRC session, or the answer to one, that rides in a mail. One that does not open is
    /// nothing. `Some(used)` when it opened; `used` names our one-time key if the session is new.
    pub(super) fn irc(
        &mut self,
        peer: &Peer,
        part: Option<&[u8]>,
    ) -> Result<Option<Option<PublicKey>>, Unopened> {
        let Some(Ok(sealed)) = part.map(Sealed::decode) else {
            return Ok(None);
        };
        let opened = if sealed.prekey {
            let prekey = seal::inspect_prekey(&sealed.ciphertext).ok();
            let Some(prekey) = prekey.filter(|prekey| prekey.identity == peer.key) else {
                return Ok(None);
            };
            self.in_its_session(peer, Transport::Irc, &sealed, &prekey)?
        } else {
            self.try_sessions(peer, Transport::Irc, &sealed)?
        };
        Ok(opened.map(|opened| opened.used))
    }
}

const UNOPENABLE: Unopened = Unopened::Left("it does not open");

//! In which session a letter is sealed: the one that last opened a letter of theirs, or a new one.

use super::sealer::{Sealer, Unfit};
use crate::account::AccountError;
use crate::edge::seal::{Ratchet, Zeroizing};
use crate::edge::store::{Peer, SessionRow, Transport};
use crate::protocol::codec::encode;
use crate::protocol::letter::{Letter, LetterId, PublicKey, empty};
use crate::protocol::padding;
use crate::protocol::part::Sealed;
use crate::protocol::time::Seconds;
use crate::rules::contact::Contact;
use crate::rules::handshake::Accepted;

impl Sealer<'_, '_> {
    /// The session to seal with: the one that last opened a letter of theirs, before that the one we opened.
    /// A fresh one uses up a one-time key of theirs; the others then only open.
    pub(super) fn friend_session(
        &mut self,
        peer: &Peer,
        person: &mut Contact,
        fresh: bool,
    ) -> Result<Option<SessionRow>, AccountError> {
        let Some(friend) = person.friend_mut() else {
            return Ok(None);
        };
        if fresh && friend.theirs.mail.is_some() {
            for row in self.turn.tx.sessions().of(peer, Transport::Mail)? {
                self.turn.tx.sessions().put(
                    peer,
                    Transport::Mail,
                    &SessionRow {
                        retired: true,
                        ..row
                    },
                )?;
            }
            return self.new_session(peer.key, friend.theirs.mail.take());
        }
        let offered = friend.theirs.mail;
        let Some((row, new)) = self.session_or_new(peer, Transport::Mail, offered)? else {
            return Ok(None);
        };
        friend.theirs.mail = offered.filter(|_| !new);
        Ok(Some(row))
    }

    /// The session to seal with, or a new one; says whether it is new.
    pub(super) fn session_or_new(
        &mut self,
        peer: &Peer,
        transport: Transport,
        one_time: Option<PublicKey>,
    ) -> Result<Option<(SessionRow, bool)>, AccountError> {
        let kept = self
            .turn
            .tx
            .sessions()
            .of(peer, transport)?
            .into_iter()
            .find(|row| !row.retired);
        // In a database from a backup no stored session is sealed with again.
        if let Some(row) = kept.filter(|_| !self.account.restored) {
            return Ok(Some((row, false)));
        }
        Ok(self.new_session(peer.key, one_time)?.map(|row| (row, true)))
    }

    /// The session of an accept: opened with a one-time key of the request when it first leaves, the same one for
    /// every repeat. Other sessions with that key are none of this request's.
    pub(super) fn session_of(
        &mut self,
        peer: &Peer,
        accepted: &mut Accepted,
        transport: Transport,
    ) -> Result<Option<SessionRow>, AccountError> {
        let opened = |row: &SessionRow| !row.retired && accepted.sessions.contains(&row.session_id);
        let kept = self
            .turn
            .tx
            .sessions()
            .of(peer, transport)?
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
        let session = self.new_session(peer.key, one_time)?;
        accepted
            .sessions
            .extend(session.as_ref().map(|row| row.session_id.clone()));
        Ok(session)
    }

    pub(super) fn new_session(
        &mut self,
        key: PublicKey,
        one_time: Option<PublicKey>,
    ) -> Result<Option<SessionRow>, AccountError> {
        let Some(one_time) = one_time else {
            return Ok(None);
        };
        let opened = self.keyring()?.open_session(&key, &one_time);
        let ratchet = self.fit(opened, || Unfit::OneTimeKey(one_time))?;
        Ok(Some(SessionRow {
            session_id: ratchet.session_id(),
            pickle: ratchet.pickle()?,
            ours: true,
            opened_at: Seconds(0),
            created_at: self.turn.now(),
            ready: false,
            retired: false,
        }))
    }

    /// Seals a letter and keeps the ratchet as it is after that.
    pub(super) fn seal(
        &mut self,
        session: &mut SessionRow,
        peer: &Peer,
        transport: Transport,
        letter: &Letter,
    ) -> Result<Sealed, AccountError> {
        let (sealed, moved) = self.turn_ratchet(session.clone(), peer, transport, letter)?;
        *session = moved;
        self.turn.tx.sessions().put(peer, transport, session)?;
        self.sealed = self.sealed.saturating_add(1);
        Ok(sealed)
    }

    /// Seals a letter; gives the session as it is after that, which is to be kept.
    pub(super) fn turn_ratchet(
        &mut self,
        session: SessionRow,
        peer: &Peer,
        transport: Transport,
        letter: &Letter,
    ) -> Result<(Sealed, SessionRow), AccountError> {
        let plaintext = Zeroizing::new(padding::pad(encode(letter)));
        let sealed = Ratchet::from_pickle(&session.pickle).and_then(|mut ratchet| {
            let sealed = ratchet.seal(&plaintext)?;
            Ok((sealed, ratchet.pickle()?))
        });
        let name = session.session_id.clone();
        let (sealed, pickle) = self.fit(sealed, || Unfit::Session(*peer, transport, name))?;
        Ok((sealed, SessionRow { pickle, ..session }))
    }

    /// An opening of an IRC session; if `again`, of the one that was opened before and not answered yet.
    pub(super) fn irc_opening_if(
        &mut self,
        wanted: bool,
        peer: &Peer,
        person: &mut Contact,
        again: bool,
    ) -> Result<Option<Vec<u8>>, AccountError> {
        if !wanted {
            return Ok(None);
        }
        let one_time = person.friend_mut().and_then(|one| one.theirs.irc.take());
        let session = match self.new_session(peer.key, one_time)? {
            None if again => self.irc_session(peer, |row| row.ours && !row.ready)?,
            new => new,
        };
        match session {
            Some(mut session) => self.seal_empty(&mut session, peer).map(Some),
            None => Ok(None),
        }
    }

    /// The answer to an opening of theirs: an empty letter in that session; if `again`, for an answer given before.
    pub(super) fn irc_answer(
        &mut self,
        peer: &Peer,
        person: &mut Contact,
        again: bool,
    ) -> Result<Option<Vec<u8>>, AccountError> {
        let answers = person.friend_mut().map(|one| &mut one.answer_irc);
        if !answers.is_some_and(std::mem::take) && !again {
            return Ok(None);
        }
        match self.irc_session(peer, |row| row.ready)? {
            Some(mut session) => self.seal_empty(&mut session, peer).map(Some),
            None => Ok(None),
        }
    }

    fn irc_session(
        &self,
        peer: &Peer,
        right: impl Fn(&SessionRow) -> bool,
    ) -> Result<Option<SessionRow>, AccountError> {
        let rows = self.turn.tx.sessions().of(peer, Transport::Irc)?;
        Ok(rows.into_iter().find(|row| !row.retired && right(row)))
    }

    pub(super) fn seal_empty(
        &mut self,
        session: &mut SessionRow,
        peer: &Peer,
    ) -> Result<Vec<u8>, AccountError> {
        let mut id = [0; 16];
        self.turn.rng.fill(&mut id);
        let sent = self.turn.now().millis();
        let letter = Letter {
            holds: Some(0),
            ..Letter::bare(LetterId(id), sent, empty())
        };
        Ok(self.seal(session, peer, Transport::Irc, &letter)?.encode())
    }
}

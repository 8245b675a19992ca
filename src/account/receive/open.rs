//! A letter is opened: what protects it is taken off, and what it proves is found out.

use sha2::{Digest as _, Sha256};

use super::decrypt::{Moved, Opening, Senders, Unopened};
use super::removed;
use crate::account::AccountError;
use crate::edge::seal;
use crate::edge::store::{Transaction, Transport};
use crate::protocol::address::Address;
use crate::protocol::codec::{accept_signed_bytes, decode, request_signed_bytes};
use crate::protocol::letter::{Letter, PublicKey};
use crate::protocol::padding::decode_padded;
use crate::protocol::part::{Open, Sealed};
use crate::protocol::time::{Millis, Seconds};
use crate::rules::event::{Heard, Proof, Seal};
use crate::rules::verdict::Taken;
use crate::rules::view::View as _;

/// A letter that was opened, and what opening it changed.
pub(super) struct Opened {
    pub(super) heard: Heard,
    new_session: bool,
    moved: Moved,
    hash: Option<[u8; 32]>,
    /// The key of ours that a pre-key message names.
    prekey: Option<PublicKey>,
}

/// A request: its signature must be by the key that it names.
pub(super) fn open_signed(
    open: &Open,
    came: impl Fn(Letter, Proof) -> Heard,
) -> Result<Opened, Unopened> {
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
        new_session: false,
        moved: Moved::default(),
        hash: None,
        prekey: None,
    })
}

pub(super) fn open_sealed(
    tx: &Transaction<'_>,
    senders: &Senders<'_>,
    sealed: &Sealed,
    transport: Transport,
    now_ms: Millis,
    came: impl Fn(Address, Letter, Proof) -> Heard,
) -> Result<Opened, Unopened> {
    let hash: [u8; 32] = Sha256::digest(&sealed.ciphertext).into();
    if tx.dedup().seen(&hash, now_ms.seconds())? {
        return Err(Unopened::Done("a double"));
    }
    let mut opening = Opening {
        tx,
        transport,
        now: now_ms.seconds(),
        moved: Moved::default(),
    };
    let (known, plain) = match opening.open_any(senders, sealed) {
        Err(Unopened::Left(why)) => {
            let theirs = transport == Transport::Mail
                && removed::sent(tx, senders, sealed, &hash, now_ms.seconds())?;
            return Err(match theirs {
                true => Unopened::Done("it comes from somebody who was removed"),
                false => Unopened::Left(why),
            });
        }
        opened => opened?,
    };
    let letter =
        decode_padded(&plain.bytes).map_err(|_| Unopened::Left("the letter cannot be read"))?;
    if letter.holds.is_none() {
        return Err(Unopened::Left("a sealed letter must say what it holds"));
    }
    // Whoever is no more than a member of a group has no session for IRC.
    let irc = if transport == Transport::Mail && known.is_on_roster() {
        opening.irc(&known.peer(plain.key), letter.irc.as_deref())?
    } else {
        None
    };
    let proof = Proof::Sealed(Seal {
        key: plain.key,
        session: plain.session,
        used: plain.used,
        accept_signed: accept_signed(&letter),
        irc,
    });
    let from = whose(&known.address, senders, &letter);
    Ok(Opened {
        heard: came(from, letter, proof),
        new_session: plain.used.is_some(),
        moved: opening.moved,
        hash: Some(hash),
        prekey: prekey(tx, sealed)?,
    })
}

/// Who the letter is from: the one in whose session it was opened, whatever address the mail system put outside. An
/// accept that names somebody else within is heard as from there: an alias of whom we asked may have answered.
fn whose(known: &Address, senders: &Senders<'_>, letter: &Letter) -> Address {
    match letter.body.as_accept() {
        Some(accept) if accept.from != *known => senders.from.clone(),
        Some(_) | None => known.clone(),
    }
}

/// The key of ours that a pre-key message names, if we have one that is not used up: with that it could open a session again.
fn prekey(tx: &Transaction<'_>, sealed: &Sealed) -> Result<Option<PublicKey>, Unopened> {
    if !sealed.prekey || tx.account()?.prekey.is_none() {
        return Ok(None);
    }
    let named = seal::inspect_prekey(&sealed.ciphertext);
    Ok(named.ok().map(|named| named.one_time_key))
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
    pub(super) fn keep(
        &mut self,
        tx: &Transaction<'_>,
        taken: Taken,
        now: Seconds,
    ) -> Result<(), AccountError> {
        match taken {
            Taken::Left(_) => return Ok(()),
            Taken::Dropped(_) if self.new_session => {}
            Taken::Dropped(_) | Taken::Yes => {
                for (peer, before) in &self.moved.overtaken {
                    tx.sessions().put_overtaken(peer, before, now)?;
                }
                for (peer, transport, row) in &self.moved.sessions {
                    tx.sessions().put(peer, *transport, row)?;
                }
                if let Some(keyring) = self.moved.keyring.take() {
                    tx.put_account_pickle(&keyring.pickle()?)?;
                }
            }
        }
        if let Some(hash) = &self.hash {
            tx.dedup().mark_seen(hash, self.prekey, now)?;
        }
        Ok(())
    }
}

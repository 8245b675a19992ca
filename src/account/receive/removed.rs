//! What somebody still sends who was removed: it is dropped, so that it does not fall unread into the inbox, one by one.
//! Whose letters are heard again under the same key is nobody who was removed.

use super::decrypt::{Senders, Unopened};
use crate::edge::seal::{self, Ratchet};
use crate::edge::store::{Peer, SessionRow, Transaction, Transport};
use crate::protocol::letter::PublicKey;
use crate::protocol::part::Sealed;
use crate::protocol::time::Seconds;
use crate::rules::contact::Contact;
use crate::rules::view::View as _;

/// Whether a mail from this address is of somebody who was removed: a session with them opens it, or it is a pre-key message
/// that names their key.
pub(super) fn sent(
    tx: &Transaction<'_>,
    senders: &Senders<'_>,
    sealed: &Sealed,
    hash: &[u8; 32],
    now: Seconds,
) -> Result<bool, Unopened> {
    let addresses = std::iter::once(senders.from).chain(senders.others);
    for address in addresses {
        let person = tx.contact_at(address)?;
        let known = person.as_ref().map(Contact::sealing_keys);
        // Asked again: their answer, sealed to a one-time key of before, stays and is counted.
        let asked = person.as_ref().and_then(Contact::asked).is_some();
        for removed in tx.sessions().removed(address, now)? {
            // Accepted again: what does not open may be tried anew later.
            if known
                .as_ref()
                .is_some_and(|keys| keys.contains(&removed.key))
            {
                continue;
            }
            if let Some(moved) = opened(tx, &removed, sealed, now)? {
                if let Some(row) = moved {
                    tx.sessions().removed_opened(&removed, &row, now)?;
                }
                tx.dedup().mark_seen(hash, None, now)?;
                return Ok(true);
            }
            if !asked && names(sealed, removed.key) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// The session that opened a mail, as it is after that; `Some(None)`: a ratchet that stays as it is did.
fn opened(
    tx: &Transaction<'_>,
    removed: &Peer,
    sealed: &Sealed,
    now: Seconds,
) -> Result<Option<Option<SessionRow>>, Unopened> {
    for row in tx.sessions().of(removed, Transport::Mail)? {
        let moved = Ratchet::from_pickle(&row.pickle).and_then(|mut ratchet| {
            ratchet.open(sealed)?;
            ratchet.pickle()
        });
        if let Ok(pickle) = moved {
            return Ok(Some(Some(SessionRow {
                pickle,
                opened_at: now,
                ..row
            })));
        }
    }
    let opens = |pickle: &str| {
        Ratchet::from_pickle(pickle).is_ok_and(|mut ratchet| ratchet.open(sealed).is_ok())
    };
    let before = tx.sessions().overtaken(removed)?;
    Ok(before.iter().any(|one| opens(&one.pickle)).then_some(None))
}

fn names(sealed: &Sealed, key: PublicKey) -> bool {
    sealed.prekey && seal::inspect_prekey(&sealed.ciphertext).is_ok_and(|one| one.identity == key)
}

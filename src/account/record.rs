//! Records of the account: the key of each, and up to where it was written.

use serde::{Deserialize, Serialize};

use super::{Account, AccountError};
use crate::edge::record::Place;
use crate::edge::seal::RecordKey;
use crate::edge::store::Transaction;
use crate::protocol::hex;
use crate::protocol::letter::PublicKey;

/// What the account keeps of a record.
#[derive(Serialize, Deserialize)]
struct Kept {
    secret: String,
    /// The last head that was written for sure.
    head: Option<Place>,
}

/// A record's key, and its last head, if any was written for sure.
pub struct Known {
    /// The key.
    pub key: RecordKey,
    /// The head.
    pub head: Option<Place>,
}

/// Makes the key of a new record, and keeps it.
pub fn new_key(account: &Account) -> Result<RecordKey, AccountError> {
    let key = RecordKey::generate();
    let kept = Kept {
        secret: key.text().to_string(),
        head: None,
    };
    account
        .store
        .transact(|tx| Ok::<_, AccountError>(tx.meta_set_json(&name(&key.public()), &kept)?))?;
    Ok(key)
}

/// What is kept of the record with this key; nothing if it was not begun by this account.
pub fn known(account: &Account, key: &PublicKey) -> Result<Option<Known>, AccountError> {
    let kept = account.look(|tx| read(tx, key))?;
    let known = kept.map(|kept| {
        let key = RecordKey::from_text(&kept.secret)?;
        let head = kept.head;
        Ok(Known { key, head })
    });
    known.transpose()
}

/// Keeps that a record was written up to this head.
pub fn note_head(account: &Account, key: &PublicKey, head: &Place) -> Result<(), AccountError> {
    account.store.transact(|tx| {
        if let Some(kept) = read(tx, key)? {
            let head = Some(head.clone());
            tx.meta_set_json(&name(key), &Kept { head, ..kept })?;
        }
        Ok(())
    })
}

fn read(tx: &Transaction<'_>, key: &PublicKey) -> Result<Option<Kept>, AccountError> {
    Ok(tx.meta_json(&name(key))?)
}

fn name(key: &PublicKey) -> String {
    format!("record {}", hex::encode(&key.0))
}

//! Signs for the rules, with the account's key.

use std::cell::OnceCell;

use crate::edge::seal::{self, Keyring};
use crate::edge::store::Transaction;
use crate::protocol::letter::{PublicKey, Signature};
use crate::rules::decision::Signer;
use crate::rules::view::Unreadable;

/// The account's keys, read when something is first signed.
pub(super) struct KeySigner<'a> {
    tx: &'a Transaction<'a>,
    keyring: OnceCell<Keyring>,
}

impl<'a> KeySigner<'a> {
    pub(super) fn new(tx: &'a Transaction<'a>) -> Self {
        Self {
            tx,
            keyring: OnceCell::new(),
        }
    }

    fn read(&self) -> Result<Keyring, Unreadable> {
        let pickle = self.tx.account_pickle()?.unwrap_or_default();
        Keyring::from_pickle(&pickle).map_err(|fault| Unreadable {
            why: fault.to_string(),
            whole: true,
        })
    }
}

impl Signer for KeySigner<'_> {
    fn sign(&self, bytes: &[u8]) -> Result<Signature, Unreadable> {
        if let Some(keyring) = self.keyring.get() {
            return Ok(keyring.sign(bytes));
        }
        let keyring = self.read()?;
        let signature = keyring.sign(bytes);
        // Nobody else sets it meanwhile.
        let _set = self.keyring.set(keyring);
        Ok(signature)
    }

    fn verify(&self, key: PublicKey, bytes: &[u8], signature: &Signature) -> bool {
        seal::verify(&key, bytes, signature)
    }
}

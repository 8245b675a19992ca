//! The account's keys and the Olm sessions: vodozemac, behind types of our own.
//!
//! ```text
//! Keyring ── open_session(their identity key, their one-time key) ──▶ Ratchet ── seal ──▶ Sealed
//!         ── accept_session(their identity key, pre-key message) ─▶ Ratchet + plaintext
//! ```
//!
//! Plaintext is bytes here; padding and letters are [`crate::protocol`]'s. A moved ratchet is pickled and
//! committed before its ciphertext leaves: sealing twice from one pickle uses one key twice.

use std::collections::BTreeMap;

use serde::Deserialize;
use vodozemac::olm::{
    Account, AccountPickle, OlmMessage, PreKeyMessage, SessionConfig, SessionCreationError,
};
use vodozemac::{Curve25519PublicKey, Curve25519SecretKey, Ed25519PublicKey, Ed25519Signature};

pub mod archive;
pub mod kept;
mod message;
mod ratchet;
mod record;
pub mod room;
pub mod stream;
#[cfg(test)]
mod tests;

use message::message;
pub use message::{Result, SealError};
pub use ratchet::{Ratchet, forgets};
pub use record::RecordKey;

use crate::protocol::debug::redacted_debug;
use crate::protocol::letter::{Keys, PublicKey, Signature};
/// A secret that is overwritten with zeros when it is dropped.
pub use zeroize::Zeroizing;

/// The account's secret keys: its identity and its unused one-time keys.
pub struct Keyring(Account);

/// What a pre-key message says in clear; nothing of it is proved before it is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreKey {
    /// The session it belongs to: if that is known, the message goes to it.
    pub session_id: String,
    /// The sender's Curve25519 key.
    pub identity: PublicKey,
    /// The one-time key of ours that it uses.
    pub one_time_key: PublicKey,
}

impl Keyring {
    /// Makes new keys from the system's randomness.
    pub fn generate() -> Self {
        Self(Account::new())
    }

    /// Takes the keys from what [`Keyring::pickle`] wrote.
    pub fn from_pickle(pickle: &str) -> Result<Self> {
        let pickle: AccountPickle = serde_json::from_str(pickle).map_err(|_| SealError::Pickle)?;
        Ok(Self(Account::from_pickle(pickle)))
    }

    /// The keys as text, to be stored; a secret.
    pub fn pickle(&self) -> Result<Zeroizing<String>> {
        let pickle = serde_json::to_string(&self.0.pickle());
        pickle.map(Zeroizing::new).map_err(|_| SealError::Pickle)
    }

    /// Our long-term public keys.
    pub fn keys(&self) -> Keys {
        let keys = self.0.identity_keys();
        Keys {
            curve25519: PublicKey(keys.curve25519.to_bytes()),
            ed25519: PublicKey(*keys.ed25519.as_bytes()),
        }
    }

    /// Signs bytes with the Ed25519 key.
    pub fn sign(&self, bytes: &[u8]) -> Signature {
        Signature(self.0.sign(bytes).to_bytes())
    }

    /// Makes a one-time key and gives its public half; the moved keyring has to be stored.
    pub fn new_one_time_key(&mut self) -> Result<PublicKey> {
        let made = self.0.generate_one_time_keys(1);
        self.0.mark_keys_as_published();
        let key = made.created.first().ok_or(SealError::OneTimeKey)?;
        Ok(PublicKey(key.to_bytes()))
    }

    /// Makes a new prekey, with which anybody who knows it opens a session at any time (Olm's fallback key), and gives its
    /// public half; the one before stays until the next. The moved keyring has to be stored.
    pub fn new_prekey(&mut self) -> Result<PublicKey> {
        self.0.generate_fallback_key();
        let made = self.0.fallback_key();
        self.0.mark_keys_as_published();
        let key = made.values().next().ok_or(SealError::OneTimeKey)?;
        Ok(PublicKey(key.to_bytes()))
    }

    /// Forgets a one-time key of ours: nothing that is sealed to it opens any more.
    pub fn discard(&mut self, one_time: &PublicKey) {
        drop(self.0.remove_one_time_key(curve(one_time)));
    }

    /// Opens a session to somebody with a one-time key of theirs.
    pub fn open_session(&self, identity: &PublicKey, one_time: &PublicKey) -> Result<Ratchet> {
        let config = SessionConfig::version_1();
        let session = self
            .0
            .create_outbound_session(config, curve(identity), curve(one_time))?;
        Ok(Ratchet::new(session))
    }

    /// Makes the session that a pre-key message from `identity` opens, and opens the message. It uses up the
    /// one-time key: the moved keyring has to be stored with the session. Look first whether the session is known
    /// ([`inspect_prekey`]).
    /// Errors: [`SealError`]; then the keyring is unchanged.
    pub fn accept_session(
        &mut self,
        identity: &PublicKey,
        ciphertext: &[u8],
    ) -> Result<(Ratchet, Vec<u8>)> {
        let message = prekey(ciphertext)?;
        let config = SessionConfig::version_1();
        let made = self
            .0
            .create_inbound_session(config, curve(identity), &message)?;
        Ok((Ratchet::new(made.session), made.plaintext))
    }
}

/// The public halves of the one-time keys in a stored keyring that have not been used.
pub fn one_time_keys(pickle: &str) -> Result<Vec<PublicKey>> {
    let kept: OneTimeKeys = serde_json::from_str(pickle).map_err(|_| SealError::Pickle)?;
    let secrets = kept.one_time_keys.private_keys.values();
    let public = secrets.map(|secret| PublicKey(Curve25519PublicKey::from(secret).to_bytes()));
    Ok(public.collect())
}

/// The one-time keys of a keyring, as the library writes them: it tells nobody those that were handed out.
#[derive(Deserialize)]
struct OneTimeKeys {
    one_time_keys: Secrets,
}

#[derive(Deserialize)]
struct Secrets {
    private_keys: BTreeMap<String, Curve25519SecretKey>,
}

/// Whether a signature over these bytes is of this Ed25519 key.
pub fn verify(ed25519: &PublicKey, bytes: &[u8], signature: &Signature) -> bool {
    let key = Ed25519PublicKey::from_slice(&ed25519.0);
    let signature = Ed25519Signature::from_slice(&signature.0);
    match (key, signature) {
        (Ok(key), Ok(signature)) => key.verify(bytes, &signature).is_ok(),
        (Err(_), _) | (_, Err(_)) => false,
    }
}

/// Reads what a pre-key message says in clear, without opening it.
/// Errors: [`SealError::Garbage`], or [`SealError::WeakKey`] if one of its keys is of low order.
pub fn inspect_prekey(ciphertext: &[u8]) -> Result<PreKey> {
    let message = prekey(ciphertext)?;
    Ok(PreKey {
        session_id: message.session_id(),
        identity: PublicKey(message.identity_key().to_bytes()),
        one_time_key: PublicKey(message.one_time_key().to_bytes()),
    })
}

fn curve(key: &PublicKey) -> Curve25519PublicKey {
    Curve25519PublicKey::from_bytes(key.0)
}

fn prekey(ciphertext: &[u8]) -> Result<PreKeyMessage> {
    match message(true, ciphertext)? {
        OlmMessage::PreKey(opening) => Ok(opening),
        OlmMessage::Normal(_) => Err(SealError::Garbage),
    }
}

impl From<SessionCreationError> for SealError {
    fn from(error: SessionCreationError) -> Self {
        match error {
            SessionCreationError::MissingOneTimeKey(_) => Self::OneTimeKey,
            SessionCreationError::MismatchedIdentityKey(..) => Self::Identity,
            SessionCreationError::MismatchedSessionConfig { .. } => Self::Version,
            SessionCreationError::Decryption(error) => error.into(),
            SessionCreationError::NonContributoryKey => Self::WeakKey,
        }
    }
}

redacted_debug! { Keyring }

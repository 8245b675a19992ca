//! One Olm session: a double ratchet that moves with every letter.

use serde::Deserialize;
use serde::de::IgnoredAny;
use vodozemac::Curve25519PublicKey;
use vodozemac::olm::{DecryptionError, EncryptionError, OlmMessage, Session, SessionPickle};

use super::Zeroizing;
use super::message::{Result, SealError, message};
use crate::protocol::debug::redacted_debug;
use crate::protocol::part::Sealed;

/// One side of an Olm session. Whatever moves it has to be stored before anything leaves.
pub struct Ratchet(Session);

impl Ratchet {
    pub(super) fn new(session: Session) -> Self {
        Self(session)
    }

    /// Takes the session from what [`Ratchet::pickle`] wrote.
    pub fn from_pickle(pickle: &str) -> Result<Self> {
        let pickle: SessionPickle = serde_json::from_str(pickle).map_err(|_| SealError::Pickle)?;
        Ok(Self(Session::from_pickle(pickle)))
    }

    /// The session as text, to be stored; a secret.
    pub fn pickle(&self) -> Result<Zeroizing<String>> {
        let pickle = serde_json::to_string(&self.0.pickle());
        pickle.map(Zeroizing::new).map_err(|_| SealError::Pickle)
    }

    /// The session's name, the same on both sides.
    pub fn session_id(&self) -> String {
        self.0.session_id()
    }

    /// Seals bytes, moving the ratchet.
    pub fn seal(&mut self, plaintext: &[u8]) -> Result<Sealed> {
        let (kind, ciphertext) = self.0.encrypt(plaintext)?.to_parts();
        Ok(Sealed {
            prekey: kind == 0,
            ciphertext,
        })
    }

    /// Opens a message, moving the ratchet; on an error it stays where it was.
    pub fn open(&mut self, sealed: &Sealed) -> Result<Vec<u8>> {
        Ok(self
            .0
            .decrypt(&message(sealed.prekey, &sealed.ciphertext)?)?)
    }
}

/// The chain of a message, if opening it makes a session forget keys of letters that it has overtaken: no more than forty
/// of a chain are kept. The name of a chain is the other side's ratchet key.
pub fn forgets(pickle: &str, sealed: &Sealed) -> Result<Option<[u8; 32]>> {
    let kept: Chains = serde_json::from_str(pickle).map_err(|_| SealError::Pickle)?;
    let whole = message(sealed.prekey, &sealed.ciphertext)?;
    let letter = match &whole {
        OlmMessage::Normal(letter) => letter,
        OlmMessage::PreKey(opening) => opening.message(),
    };
    let chains = kept.receiving_chains.inner;
    let chain = chains
        .iter()
        .find(|one| one.ratchet_key == letter.ratchet_key());
    let (reached, keys) = chain.map_or((0, 0), |chain| {
        let keys = chain.skipped_message_keys.inner.len();
        (
            chain.hkdf_ratchet.index,
            u64::try_from(keys).unwrap_or(u64::MAX),
        )
    });
    let overtaken = letter.chain_index().saturating_sub(reached);
    let forgets = overtaken > 0 && keys.saturating_add(overtaken) > KEYS_OF_A_CHAIN;
    Ok(forgets.then(|| letter.ratchet_key().to_bytes()))
}

/// How far the chains of a stored session have come, as the library writes it: of its sessions it tells that to nobody.
#[derive(Deserialize)]
struct Chains {
    receiving_chains: Several<Chain>,
}

#[derive(Deserialize)]
struct Several<T> {
    inner: Vec<T>,
}

#[derive(Deserialize)]
struct Chain {
    ratchet_key: Curve25519PublicKey,
    hkdf_ratchet: Reached,
    skipped_message_keys: Several<IgnoredAny>,
}

#[derive(Deserialize)]
struct Reached {
    index: u64,
}

/// How many keys of overtaken letters the library keeps for a chain.
const KEYS_OF_A_CHAIN: u64 = 40;

impl From<DecryptionError> for SealError {
    fn from(error: DecryptionError) -> Self {
        match error {
            DecryptionError::InvalidMAC(_)
            | DecryptionError::InvalidMACLength(..)
            | DecryptionError::InvalidPadding(_) => Self::Authentication,
            DecryptionError::NonContributoryKey => Self::WeakKey,
            DecryptionError::MissingMessageKey(_) => Self::Replayed,
            DecryptionError::TooBigMessageGap(..) => Self::Gap,
        }
    }
}

impl From<EncryptionError> for SealError {
    fn from(error: EncryptionError) -> Self {
        match error {
            EncryptionError::NonContributoryKey => Self::WeakKey,
        }
    }
}

redacted_debug! { Ratchet }

//! Olm messages from their bytes, and why something could not be sealed or opened.

use vodozemac::Curve25519PublicKey;
use vodozemac::olm::OlmMessage;

use crate::protocol::letter::PublicKey;

/// Why something could not be sealed or opened. No variant holds a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The bytes are no Olm message.
    #[error("not an Olm message")]
    Garbage,
    /// The message is of another Olm version than 1.
    #[error("an Olm message of another version")]
    Version,
    /// The one-time key is none of ours, or was used before.
    #[error("sealed with a one-time key that is unknown or used up")]
    OneTimeKey,
    /// The message's identity key is another than the expected.
    #[error("sealed by another key than the expected")]
    Identity,
    /// The authentication code or the padding is wrong: tampered with, or of another session.
    #[error("the seal is broken, or belongs to another session")]
    Authentication,
    /// The message was opened before, or its key is gone.
    #[error("opened before, or too late for the session")]
    Replayed,
    /// So many messages are missing before this one that it is not opened.
    #[error("too many messages are missing before this one")]
    Gap,
    /// A public key is one of those with which nothing is secret.
    #[error("a public key is worthless")]
    WeakKey,
    /// The pickle is damaged.
    #[error("the stored keys are damaged")]
    Pickle,
}

/// What sealing and opening give back.
pub type Result<T> = std::result::Result<T, SealError>;

/// An Olm message from its bytes. The library takes a ratchet key of low order in a session's first message, and then
/// can seal nothing in that session: none of a message's keys may be one.
pub(super) fn message(prekey: bool, ciphertext: &[u8]) -> Result<OlmMessage> {
    let message =
        OlmMessage::from_parts(usize::from(!prekey), ciphertext).map_err(|_| SealError::Garbage)?;
    let weak = match &message {
        OlmMessage::Normal(letter) => is_weak(letter.ratchet_key()),
        OlmMessage::PreKey(opening) => {
            is_weak(opening.message().ratchet_key())
                || is_weak(opening.identity_key())
                || is_weak(opening.base_key())
                || is_weak(opening.one_time_key())
        }
    };
    match weak {
        true => Err(SealError::WeakKey),
        false => Ok(message),
    }
}

pub(super) fn is_weak(key: Curve25519PublicKey) -> bool {
    PublicKey(key.to_bytes()).is_low_order()
}

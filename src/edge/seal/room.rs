//! What is sealed in a group's room: the Megolm session of each who speaks there, and the key of all who may come in.
//!
//! ```text
//! Speaker ── key ──▶ a `there`, wrapped ──▶ Hearer        once for each coming
//!         ── seal ─▶ Megolm message ──────▶ open          from there on, each message once, never an earlier one
//! ```
//!
//! A speaker lives as long as its connection and is stored nowhere: no restored backup seals twice with one.

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use vodozemac::megolm::{
    GroupSession, InboundGroupSession, MegolmMessage, SessionConfig, SessionKey,
};

use super::{Result, SealError};
use crate::protocol::debug::redacted_debug;
use crate::protocol::letter::Secret;

/// Our own session in a room.
pub struct Speaker(GroupSession);

/// Somebody else's.
pub struct Hearer {
    session: InboundGroupSession,
    /// The index of the next message that is opened.
    next: u32,
}

impl Speaker {
    /// A new one, from the system's randomness.
    pub fn generate() -> Self {
        Self(GroupSession::new(SessionConfig::version_1()))
    }

    /// What opens all that is sealed from now on.
    pub fn key(&self) -> Vec<u8> {
        self.0.session_key().to_bytes()
    }

    /// Seals a padded letter.
    pub fn seal(&mut self, plaintext: &[u8]) -> Vec<u8> {
        self.0.encrypt(plaintext).to_bytes()
    }
}

impl Hearer {
    /// Opens what the speaker of this key says from here on.
    /// Errors: [`SealError::Garbage`].
    pub fn new(key: &[u8]) -> Result<Self> {
        let key = SessionKey::from_bytes(key).map_err(|_| SealError::Garbage)?;
        let session = InboundGroupSession::new(&key, SessionConfig::version_1());
        let next = session.first_known_index();
        Ok(Self { session, next })
    }

    /// What tells it from all others: the speaker's signing key.
    pub fn id(&self) -> String {
        self.session.session_id()
    }

    /// Opens a message, each once and in the order in which they were sealed.
    /// Errors: [`SealError::Garbage`], [`SealError::Replayed`] for one of before, [`SealError::Authentication`].
    pub fn open(&mut self, message: &[u8]) -> Result<Vec<u8>> {
        let message = MegolmMessage::from_bytes(message).map_err(|_| SealError::Garbage)?;
        if message.message_index() < self.next {
            return Err(SealError::Replayed);
        }
        let opened = self.session.decrypt(&message);
        let opened = opened.map_err(|_| SealError::Authentication)?;
        self.next = opened.message_index.saturating_add(1);
        // What was said before is not opened again, and need not be kept.
        self.session.advance_to(self.next);
        Ok(opened.plaintext)
    }
}

/// Seals for all who hold the key: the nonce, then the ciphertext (XChaCha20-Poly1305, draft-irtf-cfrg-xchacha).
pub fn wrap(key: &Secret, nonce: [u8; NONCE], beside: &[u8], plaintext: &[u8]) -> Result<Vec<u8>> {
    let payload = Payload {
        msg: plaintext,
        aad: beside,
    };
    let sealed = cipher(key).encrypt(&XNonce::from(nonce), payload);
    let sealed = sealed.map_err(|_| SealError::Authentication)?;
    Ok([nonce.as_slice(), &sealed].concat())
}

/// Opens what [`wrap`] sealed, with the same beside it.
/// Errors: [`SealError::Garbage`], [`SealError::Authentication`].
pub fn unwrap(key: &Secret, beside: &[u8], wrapped: &[u8]) -> Result<Vec<u8>> {
    let (nonce, sealed) = wrapped.split_first_chunk().ok_or(SealError::Garbage)?;
    let payload = Payload {
        msg: sealed,
        aad: beside,
    };
    let nonce: [u8; NONCE] = *nonce;
    let opened = cipher(key).decrypt(&XNonce::from(nonce), payload);
    opened.map_err(|_| SealError::Authentication)
}

fn cipher(key: &Secret) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(&key.0.into())
}

/// Bytes of a nonce.
pub const NONCE: usize = 24;

redacted_debug! { Speaker }
redacted_debug! { Hearer { session: hidden, next } }

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn who_comes_later_opens_nothing_said_before() {
        let mut speaker = Speaker::generate();
        let mut first = Hearer::new(&speaker.key()).unwrap();
        let one = speaker.seal(b"one");
        let mut second = Hearer::new(&speaker.key()).unwrap();
        let two = speaker.seal(b"two");
        assert_eq!(first.open(&one).unwrap(), b"one");
        assert_eq!(second.open(&one), Err(SealError::Replayed));
        assert_eq!(second.open(&two).unwrap(), b"two");
        assert_eq!(first.open(&two).unwrap(), b"two");
        assert_eq!(first.id(), second.id());
    }

    #[test]
    fn each_message_opens_once_and_none_after_a_later_one() {
        let mut speaker = Speaker::generate();
        let mut hearer = Hearer::new(&speaker.key()).unwrap();
        let [one, two] = [speaker.seal(b"one"), speaker.seal(b"two")];
        assert_eq!(hearer.open(&two).unwrap(), b"two");
        assert_eq!(hearer.open(&two), Err(SealError::Replayed));
        assert_eq!(hearer.open(&one), Err(SealError::Replayed));
    }

    #[test]
    fn another_session_and_a_changed_message_do_not_open() {
        let mut speaker = Speaker::generate();
        let mut other = Hearer::new(&Speaker::generate().key()).unwrap();
        let mut hearer = Hearer::new(&speaker.key()).unwrap();
        let mut message = speaker.seal(b"one");
        assert_eq!(other.open(&message), Err(SealError::Authentication));
        *message.get_mut(20).unwrap() ^= 1;
        assert_eq!(hearer.open(&message), Err(SealError::Authentication));
        assert_eq!(hearer.open(b""), Err(SealError::Garbage));
        assert!(Hearer::new(b"key").is_err());
    }

    #[test]
    fn what_is_wrapped_opens_with_the_same_beside_it_alone() {
        let (key, nonce) = (Secret([1; 32]), [2; NONCE]);
        let wrapped = wrap(&key, nonce, b"here", b"there").unwrap();
        assert_eq!(unwrap(&key, b"here", &wrapped).unwrap(), b"there");
        assert!(unwrap(&key, b"elsewhere", &wrapped).is_err());
        assert!(unwrap(&Secret([3; 32]), b"here", &wrapped).is_err());
        assert_eq!(unwrap(&key, b"here", b"short"), Err(SealError::Garbage));
    }

    /// A room's lines are counted by these: a text of 47 bytes is one line on any host name.
    #[test]
    fn sizes_are_those_that_the_lines_are_counted_with() {
        let mut speaker = Speaker::generate();
        assert_eq!(speaker.key().len(), 229);
        assert_eq!(speaker.seal(&[0; 192]).len(), 286);
    }
}

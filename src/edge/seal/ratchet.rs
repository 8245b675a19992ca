//! One Olm session: a double ratchet that moves with every letter.

use std::fmt;

use vodozemac::olm::{DecryptionError, EncryptionError, Session, SessionPickle};

use super::{Result, SealError, message};
use crate::protocol::part::Sealed;

/// One side of an Olm session. Whatever moves it has to be stored before anything leaves.
pub struct Ratchet(Session);

impl Ratchet {
    pub(super) fn new(session: Session) -> Self {
        Self(session)
    }

    /// Takes the session from what [`Ratchet::pickle`] wrote.
    ///
    /// # Errors
    /// [`SealError::Pickle`].
    pub fn from_pickle(pickle: &str) -> Result<Self> {
        let pickle: SessionPickle = serde_json::from_str(pickle).map_err(|_| SealError::Pickle)?;
        Ok(Self(Session::from_pickle(pickle)))
    }

    /// The session as text, to be stored; a secret.
    ///
    /// # Errors
    /// [`SealError::Pickle`], which no session causes.
    pub fn pickle(&self) -> Result<String> {
        serde_json::to_string(&self.0.pickle()).map_err(|_| SealError::Pickle)
    }

    /// The session's name, the same on both sides.
    #[must_use]
    pub fn session_id(&self) -> String {
        self.0.session_id()
    }

    /// Whether it has opened anything of the other side: from then on it makes no pre-key messages.
    #[must_use]
    pub fn has_received(&self) -> bool {
        self.0.has_received_message()
    }

    /// Seals bytes, moving the ratchet.
    ///
    /// # Errors
    /// [`SealError::WeakKey`] if the other side's ratchet key is worthless.
    pub fn seal(&mut self, plaintext: &[u8]) -> Result<Sealed> {
        let (kind, ciphertext) = self.0.encrypt(plaintext)?.to_parts();
        Ok(Sealed {
            prekey: kind == 0,
            ciphertext,
        })
    }

    /// Opens a message, moving the ratchet; on an error it stays where it was.
    ///
    /// # Errors
    /// [`SealError`], by its cause.
    pub fn open(&mut self, sealed: &Sealed) -> Result<Vec<u8>> {
        Ok(self
            .0
            .decrypt(&message(sealed.prekey, &sealed.ciphertext)?)?)
    }
}

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

impl fmt::Debug for Ratchet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(session) = self;
        f.debug_struct("Ratchet")
            .field("session_id", &session.session_id())
            .finish_non_exhaustive()
    }
}

//! The key that signs a record: made for that one file, and for nothing else.

use vodozemac::Ed25519SecretKey;
use zeroize::Zeroizing;

use super::{Result, SealError};
use crate::protocol::debug::redacted_debug;
use crate::protocol::letter::{PublicKey, Signature};

/// The secret half of it.
pub struct RecordKey(Ed25519SecretKey);

redacted_debug! { RecordKey }

impl RecordKey {
    /// Makes a new one from the system's randomness.
    pub fn generate() -> Self {
        Self(Ed25519SecretKey::new())
    }

    /// Takes it from what [`RecordKey::text`] wrote.
    pub fn from_text(text: &str) -> Result<Self> {
        let key = Ed25519SecretKey::from_base64(text).map_err(|_| SealError::Pickle)?;
        Ok(Self(key))
    }

    /// The key as text, to be stored; a secret.
    pub fn text(&self) -> Zeroizing<String> {
        Zeroizing::new(self.0.to_base64())
    }

    /// Its public half.
    pub fn public(&self) -> PublicKey {
        PublicKey(*self.0.public_key().as_bytes())
    }

    /// Signs bytes.
    pub fn sign(&self, bytes: &[u8]) -> Signature {
        Signature(self.0.sign(bytes).to_bytes())
    }
}

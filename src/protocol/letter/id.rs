//! The ids of letters, and the keys that they carry.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::protocol::debug::{redacted_debug, written_as_hex};
use crate::protocol::hex;

/// The identity of a letter on every transport: 16 random bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct LetterId(#[serde(with = "crate::protocol::hex")] pub [u8; 16]);

/// A public key of 32 bytes (Curve25519 or Ed25519).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PublicKey(#[serde(with = "crate::protocol::hex")] pub [u8; 32]);

/// Somebody's long-term keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Keys {
    /// Opens Olm sessions.
    pub curve25519: PublicKey,
    /// Signs; its hex is the fingerprint.
    pub ed25519: PublicKey,
}

/// One-time keys (Curve25519), at most one for each transport.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OneTimeKeys {
    /// For a session by mail.
    pub mail: Option<PublicKey>,
    /// For a session over IRC.
    pub irc: Option<PublicKey>,
}

/// The 32 bytes from which a presence's nicknames are derived. Never printed.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secret(#[serde(with = "crate::protocol::hex")] pub [u8; 32]);

/// An Ed25519 signature.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signature(#[serde(with = "crate::protocol::hex")] pub [u8; 64]);

redacted_debug! { Secret }

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(bytes) = self;
        f.write_str(&hex::encode(bytes.get(..8).unwrap_or(bytes)))
    }
}

written_as_hex!(LetterId, PublicKey);

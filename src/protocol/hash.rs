//! The two hashes that nicknames, invites, safety numbers and what is known again lean on.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// HMAC-SHA256 (RFC 2104) over the parts, one after another.
///
/// A key is at most 64 bytes, SHA-256's block: what is shorter is filled with zero bytes, as the RFC says.
pub(super) fn hmac_sha256(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    mac(key, parts).finalize().into_bytes().into()
}

/// Whether `tag` is the HMAC of the parts, found out in a time that tells nothing.
pub(super) fn hmac_matches(key: &[u8], parts: &[&[u8]], tag: &[u8; 32]) -> bool {
    mac(key, parts).verify_slice(tag).is_ok()
}

/// SHA-256 over the parts, one after another.
pub(super) fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    hash.finalize().into()
}

/// The first eight bytes of the SHA-256: by what something is known again that nobody chooses to be taken for another.
pub fn hash8(bytes: &[u8]) -> [u8; 8] {
    let [a, b, c, d, e, f, g, h, ..] = sha256(&[bytes]);
    [a, b, c, d, e, f, g, h]
}

fn mac(key: &[u8], parts: &[&[u8]]) -> Hmac<Sha256> {
    debug_assert!(key.len() <= 64, "a longer key would have to be hashed");
    let mut block = [0; 64];
    for (to, from) in block.iter_mut().zip(key) {
        *to = *from;
    }
    let mut mac = Hmac::<Sha256>::new(&block.into());
    for part in parts {
        mac.update(part);
    }
    mac
}

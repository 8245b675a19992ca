//! A kept copy, sealed under the recovery code: one message, for it is small.

use chacha20poly1305::XNonce;
use chacha20poly1305::aead::{Aead, Payload};
use serde::{Deserialize, Deserializer};

use super::stream::CodeKey;
use super::{Keyring, Result, SealError, Zeroizing};
use crate::protocol::address::Address;
use crate::protocol::kept::IdentitySecrets;
use crate::protocol::part::SealedCopy;

/// Seals a copy of the account of this address, under a random nonce.
pub fn seal_copy(
    key: &CodeKey,
    nonce: [u8; NONCE],
    address: &Address,
    kept: &[u8],
) -> Result<SealedCopy> {
    let payload = Payload {
        msg: kept,
        aad: address.as_str().as_bytes(),
    };
    let cipher = key.cipher(COPY).map_err(|_| SealError::Authentication)?;
    let sealed = cipher.encrypt(&XNonce::from(nonce), payload);
    let sealed = sealed.map_err(|_| SealError::Authentication)?;
    Ok(SealedCopy { nonce, sealed })
}

/// Opens a copy that says it is of this address.
/// Errors: [`SealError::Authentication`] for another code or address, and for whatever is not as it was sealed.
pub fn open_copy(
    key: &CodeKey,
    address: &Address,
    copy: &SealedCopy,
) -> Result<Zeroizing<Vec<u8>>> {
    let payload = Payload {
        msg: copy.sealed.as_slice(),
        aad: address.as_str().as_bytes(),
    };
    let cipher = key.cipher(COPY).map_err(|_| SealError::Authentication)?;
    let opened = cipher.decrypt(&XNonce::from(copy.nonce), payload);
    let opened = opened.map_err(|_| SealError::Authentication)?;
    Ok(Zeroizing::new(opened))
}

impl Keyring {
    /// What the long-term keys are made of, and nothing of the other keys.
    pub fn identity_secrets(&self) -> Result<IdentitySecrets> {
        let pickle = self.pickle()?;
        let kept: LongTerm = serde_json::from_str(&pickle).map_err(|_| SealError::Pickle)?;
        let mut secrets = Zeroizing::new([0; 64]);
        let (signing, agreeing) = secrets.split_at_mut(32);
        signing.copy_from_slice(kept.signing_key.normal.as_slice());
        agreeing.copy_from_slice(kept.diffie_hellman_key.as_slice());
        Ok(IdentitySecrets(secrets))
    }

    /// The same long-term keys again, with no other key.
    pub fn from_identity_secrets(secrets: &IdentitySecrets) -> Result<Self> {
        let (signing, agreeing) = secrets.0.split_at(32);
        let pickle = serde_json::to_string(&serde_json::json!({
            "signing_key": { "Normal": signing },
            "diffie_hellman_key": agreeing,
            "one_time_keys": { "next_key_id": 0, "public_keys": {}, "private_keys": {} },
            "fallback_keys": { "key_id": 0, "fallback_key": null, "previous_fallback_key": null },
        }));
        Self::from_pickle(&Zeroizing::new(pickle.map_err(|_| SealError::Pickle)?))
    }
}

/// The long-term keys of a keyring, as the library writes them.
#[derive(Deserialize)]
struct LongTerm {
    signing_key: SigningKey,
    #[serde(deserialize_with = "secret")]
    diffie_hellman_key: Zeroizing<[u8; 32]>,
}

#[derive(Deserialize)]
struct SigningKey {
    #[serde(rename = "Normal", deserialize_with = "secret")]
    normal: Zeroizing<[u8; 32]>,
}

fn secret<'de, D: Deserializer<'de>>(
    from: D,
) -> std::result::Result<Zeroizing<[u8; 32]>, D::Error> {
    <[u8; 32]>::deserialize(from).map(Zeroizing::new)
}

/// Random bytes of a nonce.
pub const NONCE: usize = 24;
/// What the key is for.
const COPY: &[u8] = b"iim1 copy";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
    use super::*;
    use crate::protocol::code::Code;

    #[test]
    fn a_copy_opens_under_its_code_and_for_its_address_alone() {
        let key = |byte| CodeKey::of(&Code([byte; 16]));
        let [alice, bob] =
            ["alice@example.org", "bob@example.org"].map(|text| Address::parse(text).unwrap());
        let copy = seal_copy(&key(1), [5; NONCE], &alice, b"kept").unwrap();
        assert_eq!(
            open_copy(&key(1), &alice, &copy).unwrap().as_slice(),
            b"kept"
        );
        assert!(open_copy(&key(2), &alice, &copy).is_err());
        assert!(open_copy(&key(1), &bob, &copy).is_err());
        for place in 0..copy.sealed.len() {
            let mut changed = copy.clone();
            changed.sealed[place] ^= 1;
            assert!(open_copy(&key(1), &alice, &changed).is_err(), "{place}");
            changed.sealed.truncate(place);
            assert!(
                open_copy(&key(1), &alice, &changed).is_err(),
                "cut at {place}"
            );
        }
        let other = SealedCopy {
            nonce: [6; NONCE],
            ..copy
        };
        assert!(open_copy(&key(1), &alice, &other).is_err());
    }

    #[test]
    fn the_same_long_term_keys_come_back_and_no_other_key() {
        let mut before = Keyring::generate();
        let one_time = before.new_one_time_key().unwrap();
        let prekey = before.new_prekey().unwrap();
        let secrets = before.identity_secrets().unwrap();
        let mut after = Keyring::from_identity_secrets(&secrets).unwrap();
        assert_eq!(after.keys(), before.keys());
        assert_eq!(after.sign(b"text"), before.sign(b"text"));
        let other = Keyring::generate();
        for key in [one_time, prekey] {
            let mut session = other.open_session(&before.keys().curve25519, &key).unwrap();
            let first = session.seal(b"recorded").unwrap();
            let theirs = other.keys().curve25519;
            assert!(after.accept_session(&theirs, &first.ciphertext).is_err());
        }
        assert!(after.new_one_time_key().is_ok() && after.new_prekey().is_ok());
        assert_eq!(format!("{secrets:?}"), "IdentitySecrets(…)");
    }
}

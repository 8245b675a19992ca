//! The machine-readable part of a defined mail: a letter open and signed, sealed, the doctor's probe, or a kept copy.

use super::cbor::{Item, array, bytes, first_of, uint};
use super::codec::{CodecError, MAX_KEPT, MAX_LETTER, MAX_ROOM_PART};
use super::group::room::RoomPart;
use super::letter::Signature;
use crate::protocol::debug::redacted_debug;

/// The most bytes of a part that is no kept copy: the largest ciphertext and what stands around it.
pub const MAX_PART: usize = MAX_SEALED + 64;
/// The most bytes of a kept copy as a part.
pub const MAX_COPY_PART: usize = MAX_KEPT + 64;
/// The most bytes of a ciphertext.
pub const MAX_SEALED: usize = MAX_LETTER;
/// The most bytes of an open letter.
pub const MAX_OPEN: usize = 4096;

/// The body of the mail part `application/vnd.iim`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// A request, signed. (0)
    Open(Open),
    /// Everything else, sealed with Olm. (1)
    Sealed(Sealed),
    /// Our own loop-back mail: the token tells that it is ours. (2)
    Probe([u8; 16]),
    /// Who somebody is and whom they know, sealed under their recovery code: it stays where it is. (4)
    Copy(SealedCopy),
}

/// A letter that anybody may read, with the signature of whoever wrote it.
#[derive(Clone, PartialEq, Eq)]
pub struct Open {
    /// The letter's bytes, as they were signed.
    pub letter: Vec<u8>,
    /// Ed25519 over [`crate::protocol::codec::request_signed_bytes`].
    pub signature: Signature,
    /// The proof of an invite.
    pub invite: Option<InviteProof>,
}

/// Proves that the sender holds an invite, without showing its token.
#[derive(Clone, PartialEq, Eq)]
pub struct InviteProof {
    /// Which invite: [`crate::protocol::link::Token::id`].
    pub id: [u8; 8],
    /// HMAC-SHA256 with the token over the letter's bytes: [`crate::protocol::link::Token::proof`].
    pub hmac: [u8; 32],
}

/// An Olm message (version 1) whose plaintext is a padded letter.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed {
    /// Whether it is a pre-key message, which opens a session and shows its sender's identity key.
    pub prekey: bool,
    /// The Olm message's bytes.
    pub ciphertext: Vec<u8>,
}

/// A kept copy, sealed (XChaCha20-Poly1305).
#[derive(Clone, PartialEq, Eq)]
pub struct SealedCopy {
    /// The random nonce.
    pub nonce: [u8; 24],
    /// What is sealed, and its tag.
    pub sealed: Vec<u8>,
}

/// Why bytes are no part.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PartError {
    /// The part has a number that only a later version knows.
    #[error("written by a newer version (part number {0})")]
    Newer(u64),
    /// Longer than a part may be.
    #[error("too large: {0} bytes")]
    TooLarge(usize),
    /// Not a part.
    #[error("broken: {0}")]
    Broken(#[from] CodecError),
}

/// Writes a part.
pub fn encode(part: &Part) -> Vec<u8> {
    match part {
        Part::Open(Open {
            letter,
            signature,
            invite,
        }) => {
            let proof = |proof: &InviteProof| array([bytes(&proof.id), bytes(&proof.hmac)]);
            let items = [uint(0), bytes(letter), bytes(&signature.0)];
            array(items.into_iter().chain(invite.as_ref().map(proof)))
        }
        Part::Sealed(sealed) => sealed.encode(),
        Part::Probe(token) => array([uint(2), bytes(token)]),
        Part::Copy(SealedCopy { nonce, sealed }) => {
            array([uint(COPY), uint(COPY_VERSION), bytes(nonce), bytes(sealed)])
        }
    }
}

/// Reads a part, all of the bytes.
pub fn decode(part: &[u8]) -> Result<Part, PartError> {
    if part.len() > most_bytes(part) {
        return Err(PartError::TooLarge(part.len()));
    }
    let item = Item::whole("part", part)?;
    let most = match first_of(part) {
        Some(..=COPY) => MOST_ITEMS,
        // Of a newer one nothing is read but its number.
        _ => usize::MAX,
    };
    let items = item.array(1, most)?;
    let [number, fields @ ..] = items.as_slice() else {
        return Err(item.bad().into());
    };
    match (number.uint()?, fields) {
        (0, [letter, signature, invite @ ..]) if invite.len() < 2 => Ok(Part::Open(Open {
            letter: short(*letter, MAX_OPEN)?,
            signature: Signature(signature.fixed()?),
            invite: invite.first().map(invite_proof).transpose()?,
        })),
        (1, [kind, ciphertext]) => Ok(Part::Sealed(Sealed {
            prekey: match kind.uint()? {
                0 => true,
                1 => false,
                _ => return Err(kind.bad().into()),
            },
            ciphertext: short(*ciphertext, MAX_SEALED)?,
        })),
        (2, [token]) => Ok(Part::Probe(token.fixed()?)),
        (COPY, [version, nonce, sealed]) if version.uint()? == COPY_VERSION => {
            Ok(Part::Copy(SealedCopy {
                nonce: nonce.fixed()?,
                sealed: short(*sealed, MAX_KEPT.saturating_add(TAG))?,
            }))
        }
        (COPY, [version, ..]) if version.uint()? > COPY_VERSION => Err(PartError::Newer(COPY)),
        // 3 is of rooms, on IRC alone.
        (0..=COPY, _) => Err(item.bad().into()),
        (number, _) => Err(PartError::Newer(number)),
    }
}

impl Sealed {
    /// Writes a sealed part alone, as a letter's `irc` field and an IRC frame carry it.
    pub fn encode(&self) -> Vec<u8> {
        let kind = uint((!self.prekey).into());
        array([uint(1), kind, bytes(&self.ciphertext)])
    }

    /// Reads a part that must be a sealed one.
    pub fn decode(bytes: &[u8]) -> Result<Self, PartError> {
        match decode(bytes)? {
            Part::Sealed(sealed) => Ok(sealed),
            Part::Open(_) | Part::Probe(_) | Part::Copy(_) => Err(CodecError::Value("part").into()),
        }
    }
}

impl RoomPart {
    /// Writes it, as frames in a channel carry it.
    pub fn encode(&self) -> Vec<u8> {
        let (kind, sealed) = match self {
            Self::There(sealed) => (0, sealed),
            Self::Said(sealed) => (1, sealed),
        };
        array([uint(ROOM), uint(kind), bytes(sealed)])
    }

    /// Reads one, all of the bytes.
    pub fn decode(part: &[u8]) -> Result<Self, PartError> {
        let item = Item::whole("part", part)?;
        let items = item.array(3, 3)?;
        let [number, kind, sealed] = items.as_slice() else {
            return Err(item.bad().into());
        };
        let sealed = short(*sealed, MAX_ROOM_PART)?;
        match (number.uint()?, kind.uint()?) {
            (ROOM, 0) => Ok(Self::There(sealed)),
            (ROOM, 1) => Ok(Self::Said(sealed)),
            _ => Err(item.bad().into()),
        }
    }
}

/// The number of a part that goes through a group's room.
const ROOM: u64 = 3;
/// That of a kept copy, and the version of what is in it.
const COPY: u64 = 4;
const COPY_VERSION: u64 = 1;
/// Bytes of a tag (RFC 8439, section 2.8).
const TAG: usize = 16;

/// How long it may be, by the number at its beginning; one that is no array of four has none.
fn most_bytes(part: &[u8]) -> usize {
    let begin = part.get(..LONGEST_BEGIN).unwrap_or(part);
    match first_of(begin) {
        Some(COPY) => MAX_COPY_PART,
        Some(_) | None => MAX_PART,
    }
}

/// An array's head and the number after it, in whatever form.
const LONGEST_BEGIN: usize = 18;

fn short(item: Item<'_>, most: usize) -> Result<Vec<u8>, PartError> {
    match item.bytes(usize::MAX)? {
        bytes if bytes.len() > most => Err(PartError::TooLarge(bytes.len())),
        bytes => Ok(bytes.to_vec()),
    }
}

fn invite_proof(item: &Item<'_>) -> Result<InviteProof, CodecError> {
    let items = item.array(2, 2)?;
    let [id, hmac] = items.as_slice() else {
        return Err(item.bad());
    };
    Ok(InviteProof {
        id: id.fixed()?,
        hmac: hmac.fixed()?,
    })
}

redacted_debug! { Open { letter: length, signature, invite } }
redacted_debug! { InviteProof { id, hmac: hidden } }
redacted_debug! { Sealed { prekey, ciphertext: length } }
redacted_debug! { SealedCopy { nonce: hidden, sealed: length } }

/// In a part of a number that is known.
const MOST_ITEMS: usize = 16;

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::indexing_slicing,
        clippy::panic,
        reason = "tests"
    )]
    use proptest::prelude::*;

    use super::*;

    fn any_part() -> impl Strategy<Value = Part> {
        let bytes = || prop::collection::vec(any::<u8>(), 0..300);
        let invite = prop::option::of((any::<[u8; 8]>(), any::<[u8; 32]>()));
        prop_oneof![
            (bytes(), any::<[u8; 64]>(), invite).prop_map(|(letter, signature, invite)| {
                Part::Open(Open {
                    letter,
                    signature: Signature(signature),
                    invite: invite.map(|(id, hmac)| InviteProof { id, hmac }),
                })
            }),
            (any::<bool>(), bytes())
                .prop_map(|(prekey, ciphertext)| Part::Sealed(Sealed { prekey, ciphertext })),
            any::<[u8; 16]>().prop_map(Part::Probe),
            (
                any::<[u8; 24]>(),
                prop::collection::vec(any::<u8>(), 0..300)
            )
                .prop_map(|(nonce, sealed)| Part::Copy(SealedCopy { nonce, sealed })),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_written_is_read(part in any_part()) {
            prop_assert_eq!(decode(&encode(&part)), Ok(part));
        }

        #[test]
        fn what_is_written_for_a_room_is_read_there_alone(sealed in prop::collection::vec(any::<u8>(), 0..300)) {
            for part in [RoomPart::There(sealed.clone()), RoomPart::Said(sealed)] {
                let bytes = part.encode();
                prop_assert_eq!(RoomPart::decode(&bytes), Ok(part));
                prop_assert_eq!(decode(&bytes), Err(CodecError::Value("part").into()));
            }
        }

        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = decode(&bytes);
            let _ = RoomPart::decode(&bytes);
        }
    }

    #[test]
    fn known_bytes() {
        let sealed = Sealed {
            prekey: false,
            ciphertext: vec![7, 8],
        };
        assert_eq!(sealed.encode(), [0x83, 1, 1, 0x42, 7, 8]);
        assert_eq!(Sealed::decode(&[0x83, 1, 1, 0x42, 7, 8]), Ok(sealed));
    }

    #[test]
    fn broken_newer_and_large_are_told_apart() {
        let many = |number: u8| [&[0x91, number][..], &[0; 16]].concat();
        assert_eq!(decode(&many(5)), Err(PartError::Newer(5)));
        assert_ne!(
            decode(&many(4)),
            decode(&[0x82, 4, 2]),
            "too many to be looked at"
        );
        assert_eq!(decode(&[0x82, 5, 0]), Err(PartError::Newer(5)));
        assert_eq!(decode(&[0x82, 4, 2]), Err(PartError::Newer(4)));
        assert_eq!(decode(&[0x82, 4, 1]), Err(CodecError::Value("part").into()));
        assert_eq!(
            decode(&[0x83, 1, 2, 0x40]),
            Err(CodecError::Value("part").into())
        );
        assert_eq!(decode(&[0x82, 1, 1]), Err(CodecError::Value("part").into()));
        let large = Sealed {
            prekey: false,
            ciphertext: vec![0; MAX_SEALED + 1],
        };
        assert_eq!(
            Sealed::decode(&large.encode()),
            Err(PartError::TooLarge(MAX_SEALED + 1))
        );
        assert_eq!(
            decode(&vec![0; MAX_PART + 1]),
            Err(PartError::TooLarge(MAX_PART + 1))
        );
    }

    #[test]
    fn debug_shows_no_bytes() {
        let sealed = Sealed {
            prekey: true,
            ciphertext: vec![222; 9],
        };
        assert_eq!(
            format!("{sealed:?}"),
            "Sealed { prekey: true, ciphertext: 9 bytes }"
        );
    }

    #[test]
    fn the_largest_that_fit() {
        for (size, fits) in [(131_136, true), (131_137, false), (131_138, false)] {
            let too_large = Err(PartError::TooLarge(size));
            assert_eq!(decode(&vec![0; size]) != too_large, fits, "part of {size}");
        }
        for (size, fits) in [(131_072, true), (131_073, false)] {
            let part = Part::Sealed(Sealed {
                prekey: false,
                ciphertext: vec![0; size],
            });
            assert_eq!(decode(&encode(&part)) == Ok(part), fits, "sealed, {size}");
        }
        for (size, fits) in [(MAX_KEPT + TAG, true), (MAX_KEPT + TAG + 1, false)] {
            let part = Part::Copy(SealedCopy {
                nonce: [1; 24],
                sealed: vec![0; size],
            });
            assert_eq!(decode(&encode(&part)) == Ok(part), fits, "copy, {size}");
        }
        for (size, fits) in [(4096, true), (4097, false)] {
            let part = Part::Open(Open {
                letter: vec![0; size],
                signature: Signature([0; 64]),
                invite: None,
            });
            assert_eq!(decode(&encode(&part)) == Ok(part), fits, "open, {size}");
        }
    }

    #[test]
    fn debug_shows_neither_letter_nor_proof() {
        let open = Open {
            letter: vec![222; 9],
            signature: Signature([1; 64]),
            invite: Some(InviteProof {
                id: [0xAB; 8],
                hmac: [222; 32],
            }),
        };
        let proof = format!("InviteProof {{ id: [{}] }}", ["171"; 8].join(", "));
        let shown = format!(
            "Open {{ letter: 9 bytes, signature: {}, invite: Some({proof}) }}",
            "01".repeat(8)
        );
        assert_eq!(format!("{open:?}"), shown);
    }
}

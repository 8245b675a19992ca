//! A letter as bytes and back: CBOR with integer keys, written in one way only (RFC 8949, section 4.2).

mod error;
mod form;
pub mod group;
mod group_letters;
mod group_room;
mod kept;
mod limits;
mod table;

use super::cbor::{self, Item};
use super::letter::{Accept, Letter, LetterId};
pub use error::CodecError;
use form::{ACCEPT_KIND, LETTER};
pub use group_letters::{said_hash, spoken};
pub use group_room::{decode_room_key, encode_room_key, encode_room_key_made, there_signed_bytes};
pub use kept::{decode_kept, encode_kept};
pub use limits::{
    MAX_ACT, MAX_ACTS_OF_ONE, MAX_ACTS_TOLD, MAX_CALLED, MAX_EMOJI, MAX_ENTRY, MAX_GATHERED,
    MAX_KEPT, MAX_LETTER, MAX_MEMBERS, MAX_NAME, MAX_NETWORKS, MAX_NOTE, MAX_PARENTS, MAX_RECEIPT,
    MAX_ROOM_KEY, MAX_ROOM_NETWORKS, MAX_ROOM_PART, MAX_TEXT, MAX_TOPIC, MAX_WAYS, WINDOW,
};

/// Writes a letter.
pub fn encode(letter: &Letter) -> Vec<u8> {
    (LETTER.write)(letter)
}

/// Reads a letter, all of the bytes.
pub fn decode(bytes: &[u8]) -> Result<Letter, CodecError> {
    match decode_first(bytes)? {
        (letter, []) => Ok(letter),
        (_, rest) => Err(CodecError::Trailing(rest.len())),
    }
}

/// Reads a letter at the front; hands back what stands after it.
pub(super) fn decode_first(bytes: &[u8]) -> Result<(Letter, &[u8]), CodecError> {
    if bytes.len() > MAX_LETTER {
        return Err(CodecError::Size("letter", bytes.len()));
    }
    let (item, rest) = Item::first("letter", bytes)?;
    Ok(((LETTER.read)(item)?, rest))
}

/// What a request's signature is made over: `iim1 request` and the bytes of the letter.
pub fn request_signed_bytes(letter_bytes: &[u8]) -> Vec<u8> {
    [b"iim1 request", letter_bytes].concat()
}

/// What an accept's signature is made over, so that nobody can put the keys into another accept:
/// the CBOR array `["iim1 keys", kind, id, request id, from, to, curve25519, ed25519]`.
pub fn accept_signed_bytes(id: LetterId, accept: &Accept) -> Vec<u8> {
    cbor::array([
        cbor::text("iim1 keys"),
        cbor::uint(ACCEPT_KIND),
        cbor::bytes(&id.0),
        cbor::bytes(&accept.request.0),
        cbor::text(accept.from.as_str()),
        cbor::text(accept.to.as_str()),
        cbor::bytes(&accept.keys.curve25519.0),
        cbor::bytes(&accept.keys.ed25519.0),
    ])
}

#[cfg(test)]
mod tests;

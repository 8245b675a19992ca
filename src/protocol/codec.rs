//! A letter as bytes and back: CBOR with integer keys, written in one way only (RFC 8949, section 4.2).

mod read;
mod write;

use super::cbor;
use super::cbor::Item;
use super::letter::{Accept, Letter, LetterId, Presence};

/// The most bytes a letter may have; one with the longest text keeps well below.
pub const MAX_LETTER: usize = 128 * 1024;
/// The longest text, in bytes.
pub const MAX_TEXT: usize = 64 * 1024;
/// The longest sign that is set to a text, in bytes.
pub const MAX_EMOJI: usize = 64;
/// The longest name that somebody gives himself, in bytes.
pub const MAX_NAME: usize = 64;
/// The longest note of a request, word to a status or way, in bytes.
pub const MAX_NOTE: usize = 1024;
/// The most networks in a presence.
pub const MAX_NETWORKS: usize = 8;
/// The most other ways in a presence.
pub const MAX_WAYS: usize = 16;
/// The most ids in a receipt.
pub const MAX_RECEIPT: usize = 8;
/// The shortest and the longest span of time for which one nickname holds, in seconds.
pub const WINDOW: std::ops::RangeInclusive<u32> = 3_600..=2_592_000;

/// Why bytes are not a letter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// Not CBOR at all, cut short, or text that is not UTF-8.
    #[error("not well-formed CBOR")]
    Malformed,
    /// A length that is not told in front.
    #[error("a CBOR length that is not told in front")]
    Indefinite,
    /// Nested deeper than 16.
    #[error("CBOR nested too deep")]
    Deep,
    /// Something stands after the end.
    #[error("{0} bytes stand after the end")]
    Trailing(usize),
    /// A key stands twice, or the keys do not rise.
    #[error("the keys of {0} do not rise")]
    KeyOrder(&'static str),
    /// A field that must be there is not.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// A field is of another type.
    #[error("{field} is no {wanted}")]
    Type {
        /// The field.
        field: &'static str,
        /// The type it should have, as CDDL names it.
        wanted: &'static str,
    },
    /// A field is too short or too long.
    #[error("{field} has a size that is not allowed: {is}")]
    Size {
        /// The field.
        field: &'static str,
        /// Its size, in bytes or items.
        is: usize,
    },
    /// A field holds what it may not.
    #[error("{0} holds what it may not")]
    Value(&'static str),
}

/// Writes a letter.
#[must_use]
pub fn encode(letter: &Letter) -> Vec<u8> {
    write::letter(letter)
}

/// Reads a letter, all of the bytes.
/// Errors: [`CodecError`] for whatever the specification's CDDL does not allow.
pub fn decode(bytes: &[u8]) -> Result<Letter, CodecError> {
    bounded(bytes)?;
    read::letter(Item::whole("letter", bytes)?)
}

/// Reads a letter at the front; hands back what stands after it.
pub(super) fn decode_first(bytes: &[u8]) -> Result<(Letter, &[u8]), CodecError> {
    bounded(bytes)?;
    let (item, rest) = Item::first("letter", bytes)?;
    Ok((read::letter(item)?, rest))
}

/// Writes a presence alone.
#[must_use]
pub fn encode_presence(presence: &Presence) -> Vec<u8> {
    write::presence(presence)
}

/// Reads a presence alone, all of the bytes.
/// Errors: [`CodecError`] for whatever the specification's CDDL does not allow.
pub fn decode_presence(bytes: &[u8]) -> Result<Presence, CodecError> {
    bounded(bytes)?;
    read::presence(Item::whole("presence", bytes)?)
}

/// What a request's signature is made over: `iim1 request` and the bytes of the letter.
#[must_use]
pub fn request_signed_bytes(letter_bytes: &[u8]) -> Vec<u8> {
    [b"iim1 request", letter_bytes].concat()
}

/// What an accept's signature is made over, so that nobody can put the keys into another accept:
/// the CBOR array `["iim1 keys", kind, id, request id, from, to, curve25519, ed25519]`.
#[must_use]
pub fn accept_signed_bytes(id: LetterId, accept: &Accept) -> Vec<u8> {
    cbor::array([
        cbor::text("iim1 keys"),
        cbor::uint(write::ACCEPT),
        cbor::bytes(&id.0),
        cbor::bytes(&accept.request.0),
        cbor::text(accept.from.as_str()),
        cbor::text(accept.to.as_str()),
        cbor::bytes(&accept.keys.curve25519.0),
        cbor::bytes(&accept.keys.ed25519.0),
    ])
}

fn bounded(bytes: &[u8]) -> Result<(), CodecError> {
    if bytes.len() > MAX_LETTER {
        return Err(CodecError::Size {
            field: "letter",
            is: bytes.len(),
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests;

//! The padding under the seal: a letter's length tells little of what it holds.

use super::codec::{self, CodecError};
use super::letter::Letter;

/// Pads a letter's bytes with zero bytes: to a multiple of 64 up to 512, then as Padmé does
/// (Nikitin et al., "Reducing Metadata Leakage from Encrypted Files", PETS 2019: at most 12 % more).
pub fn pad(mut letter_bytes: Vec<u8>) -> Vec<u8> {
    let length = padded_length(letter_bytes.len());
    letter_bytes.resize(length, 0);
    letter_bytes
}

/// Reads what was under the seal: a letter that tells what its sender holds, then zero bytes only.
pub fn decode_padded(bytes: &[u8]) -> Result<Letter, CodecError> {
    let (letter, padding) = codec::decode_first(bytes)?;
    if padding.iter().any(|&byte| byte != 0) {
        return Err(CodecError::Trailing(padding.len()));
    }
    if letter.holds.is_none() {
        return Err(CodecError::Missing("holds"));
    }
    Ok(letter)
}

/// Reads what was under the seal in a group's room: a letter with nothing beside its body, then zero bytes only.
pub fn decode_padded_bare(bytes: &[u8]) -> Result<Letter, CodecError> {
    let (letter, padding) = codec::decode_first(bytes)?;
    if padding.iter().any(|&byte| byte != 0) {
        return Err(CodecError::Trailing(padding.len()));
    }
    match letter == Letter::bare(letter.id, letter.sent, letter.body.clone()) {
        true => Ok(letter),
        false => Err(CodecError::Value("what stands beside the body")),
    }
}

/// How many bytes so many come to.
pub(in crate::protocol) fn padded_length(length: usize) -> usize {
    if length <= 512 {
        return length.max(1).next_multiple_of(64);
    }
    let exponent = length.ilog2();
    let kept = exponent.ilog2().saturating_add(1);
    let step = 1_usize
        .checked_shl(exponent.saturating_sub(kept))
        .unwrap_or(1);
    length.checked_next_multiple_of(step).unwrap_or(length)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
    use super::*;
    use crate::protocol::letter::{LetterId, empty};
    use crate::protocol::time::Millis;

    #[test]
    fn lengths_are_those_of_the_specification() {
        for (length, padded) in [
            (0, 64),
            (1, 64),
            (64, 64),
            (65, 128),
            (512, 512),
            (513, 544),
            (1000, 1024),
            (1025, 1088),
            (4097, 4352),
            (65_600, 67_584),
        ] {
            assert_eq!(padded_length(length), padded, "{length}");
        }
    }

    #[test]
    fn only_zero_bytes_may_follow() {
        let letter = Letter {
            holds: Some(0),
            ..Letter::bare(LetterId([1; 16]), Millis(2), empty())
        };
        let mut bytes = pad(codec::encode(&letter));
        assert_eq!(bytes.len(), 64);
        assert_eq!(decode_padded(&bytes), Ok(letter.clone()));
        bytes[63] = 1;
        assert!(matches!(
            decode_padded(&bytes),
            Err(CodecError::Trailing(_))
        ));
        let bare = Letter {
            holds: None,
            ..letter
        };
        assert_eq!(
            decode_padded(&pad(codec::encode(&bare))),
            Err(CodecError::Missing("holds"))
        );
    }
}

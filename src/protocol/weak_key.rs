//! Curve25519 keys with which nothing is secret: the points of low order, in every way of writing them.
//!
//! A key agreement with one of them gives 32 zero bytes whatever the other side's key is (RFC 7748, section 6.1), so a
//! session made from it can seal nothing. They are refused wherever a key is read.

use super::letter::PublicKey;

impl PublicKey {
    /// Whether this is, as a Curve25519 key, a point of low order. RFC 7748, section 5: the highest bit does not count.
    pub fn is_low_order(&self) -> bool {
        let mut bytes = self.0;
        if let Some(last) = bytes.last_mut() {
            *last &= 0x7f;
        }
        LOW_ORDER.contains(&bytes)
    }
}

/// All u-coordinates of low order below 2^255: 0, 1, the two of order 8, and p − 1; and p and p + 1, which are other
/// spellings of 0 and 1.
const LOW_ORDER: [[u8; 32]; 7] = [
    least(0),
    least(1),
    [
        0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4,
        0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49,
        0xb8, 0x00,
    ],
    [
        0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1, 0x55, 0x9c, 0x83, 0xef,
        0x5b, 0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c, 0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f,
        0x11, 0x57,
    ],
    around_p(0xec),
    around_p(0xed),
    around_p(0xee),
];

/// A number below 256, the lowest byte first.
const fn least(number: u8) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[0] = number;
    bytes
}

/// p = 2^255 − 19 (whose lowest byte is 0xed) or a number beside it.
const fn around_p(lowest: u8) -> [u8; 32] {
    let mut bytes = [0xff; 32];
    bytes[0] = lowest;
    bytes[31] = 0x7f;
    bytes
}

#[cfg(test)]
pub(crate) mod tests {
    #![allow(clippy::indexing_slicing, reason = "tests")]
    use super::*;

    /// Every spelling of every point of low order.
    pub(crate) fn low_order() -> Vec<PublicKey> {
        let both = |bytes: &[u8; 32]| {
            let mut high = *bytes;
            high[31] |= 0x80;
            [PublicKey(*bytes), PublicKey(high)]
        };
        LOW_ORDER.iter().flat_map(both).collect()
    }

    #[test]
    fn keys_of_low_order_are_known_in_every_spelling() {
        for key in low_order() {
            assert!(key.is_low_order(), "{key:?}");
        }
    }

    #[test]
    fn their_neighbours_are_keys_like_any_other() {
        for key in low_order() {
            let mut bytes = key.0;
            bytes[15] ^= 4;
            assert!(!PublicKey(bytes).is_low_order(), "{bytes:?}");
        }
        for other in [least(2), least(9), around_p(0xeb), around_p(0xef)] {
            assert!(!PublicKey(other).is_low_order(), "{other:?}");
        }
    }
}

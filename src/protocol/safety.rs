//! The safety number: what two people compare to know that nobody stands between them.

use sha2::{Digest, Sha512};

use super::address::Address;
use super::cbor;
use super::letter::Keys;

/// The digits of both people's addresses and keys: twelve groups of five, the same on both sides.
///
/// SHA-512 over `iim1 safety` and the two CBOR arrays `[address, curve25519, ed25519]`, the lesser first
/// (compared as bytes); then of each five bytes in turn, big-endian, the remainder by 100,000.
pub fn safety_number(a: (&Address, &Keys), b: (&Address, &Keys)) -> String {
    let mut sides = [side(a), side(b)];
    sides.sort();
    let mut hash = Sha512::new();
    hash.update(b"iim1 safety");
    for side in sides {
        hash.update(side);
    }
    let hash = hash.finalize();
    let groups: Vec<_> = hash.chunks_exact(5).take(12).map(group).collect();
    groups.join(" ")
}

fn side((address, keys): (&Address, &Keys)) -> Vec<u8> {
    cbor::array([
        cbor::text(address.as_str()),
        cbor::bytes(&keys.curve25519.0),
        cbor::bytes(&keys.ed25519.0),
    ])
}

fn group(five: &[u8]) -> String {
    let number = five
        .iter()
        .fold(0_u64, |number, &byte| number << 8 | u64::from(byte));
    format!("{:05}", number % 100_000)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::protocol::letter::PublicKey;

    fn keys(curve25519: u8, ed25519: u8) -> Keys {
        Keys {
            curve25519: PublicKey([curve25519; 32]),
            ed25519: PublicKey([ed25519; 32]),
        }
    }

    #[test]
    fn known_number_on_both_sides() {
        let alice = Address::parse("alice@example.org").unwrap();
        let bob = Address::parse("bob@example.net").unwrap();
        let (a, b) = (keys(1, 2), keys(3, 4));
        let number = safety_number((&alice, &a), (&bob, &b));
        assert_eq!(
            number,
            "63569 60477 97149 35529 49858 47435 58373 90138 43829 29685 53990 03739"
        );
        assert_eq!(safety_number((&bob, &b), (&alice, &a)), number);
        assert_ne!(safety_number((&bob, &a), (&alice, &b)), number);
        assert_ne!(safety_number((&bob, &keys(3, 5)), (&alice, &a)), number);
    }
}

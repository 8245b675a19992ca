//! Nothing is sealed twice from one place of a ratchet: of two such letters whoever has both learns more than from either.

use std::collections::BTreeMap;

use iim::protocol::mail_form::{By, read_by};
use iim::protocol::part::{Part, Sealed};

use crate::mailbox::hash;

/// From which place of which ratchet each mail was sealed.
#[derive(Debug, Default)]
pub(crate) struct Places {
    sealed: BTreeMap<Place, u64>,
    /// Of whom a second letter was sealed from the same one.
    pub(crate) twice: Vec<String>,
}

/// The ratchet key, and the number in its chain.
type Place = ([u8; 32], u64);

impl Places {
    /// A mail leaves, perhaps not for the first time.
    pub(crate) fn note(&mut self, from: &str, mail: &[u8]) {
        let Some((place, what)) = place(mail) else {
            return;
        };
        let before = self.sealed.insert(place, what);
        if before.is_some_and(|before| before != what) {
            self.twice.push(from.to_owned());
        }
    }
}

fn place(mail: &[u8]) -> Option<(Place, u64)> {
    let Part::Sealed(sealed) = read_by(mail, By::Marker).ok()?.part else {
        return None;
    };
    let message = message(&sealed)?;
    // A version, the ratchet key (tag 10, 32 bytes), the number (tag 16), what was sealed.
    let [3, 0x0a, 32, rest @ ..] = message else {
        return None;
    };
    let (key, rest) = rest.split_first_chunk()?;
    let [0x10, rest @ ..] = rest else {
        return None;
    };
    let (number, _) = number(rest)?;
    Some(((*key, number), hash(message)))
}

/// The message itself: of one that opens a session it is the last field, behind a version and three keys.
fn message(sealed: &Sealed) -> Option<&[u8]> {
    if !sealed.prekey {
        return Some(&sealed.ciphertext);
    }
    let [0x22, rest @ ..] = sealed.ciphertext.get(1 + 3 * 34..)? else {
        return None;
    };
    let (length, rest) = number(rest)?;
    rest.get(..length as usize)
}

/// A number as Olm writes it, seven bits in a byte.
fn number(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let length = bytes.iter().position(|byte| byte & 0x80 == 0)? + 1;
    let (number, rest) = bytes.split_at(length);
    let digits = number.iter().rev();
    Some((
        digits.fold(0, |sum, byte| sum << 7 | u64::from(byte & 0x7f)),
        rest,
    ))
}

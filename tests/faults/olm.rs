//! What a sealed mail shows of the message key that sealed it: the ratchet's public key and the place in its chain.
//! Two different ciphertexts with the same pair were sealed with the same key.
//!
//! The Olm message of version 3, as vodozemac writes it: a version byte, then fields of a tag and a value; 8 bytes of
//! authentication at the end.

use std::collections::BTreeMap;

use iim::protocol::mail_form;
use iim::protocol::part::{Part, Sealed};

/// Every message key that was used, and for which ciphertext.
#[derive(Default, Clone)]
pub struct Used(BTreeMap<(Vec<u8>, u64), Vec<u8>>);

impl Used {
    /// Notes the key of a mail that left; fails the test when another ciphertext has been sealed with it.
    #[track_caller]
    pub fn note(&mut self, mail: &[u8], what: &str) {
        let Some(sealed) = sealed(mail) else { return };
        let key = message_key(&sealed);
        let before = self.0.insert(key.clone(), sealed.ciphertext.clone());
        assert!(
            before.is_none_or(|before| before == sealed.ciphertext),
            "{what}: a ratchet was used twice, at place {} of its chain",
            key.1
        );
    }
}

/// The sealed part of a mail, if it has one.
pub fn sealed(mail: &[u8]) -> Option<Sealed> {
    match mail_form::read(mail).expect("a mail of ours").part {
        Part::Sealed(sealed) => Some(sealed),
        Part::Open(_) | Part::Probe(_) | Part::Copy(_) => None,
    }
}

fn message_key(sealed: &Sealed) -> (Vec<u8>, u64) {
    let whole = &sealed.ciphertext;
    let message = if sealed.prekey {
        let (bytes, _) = fields(whole);
        bytes[&0x22].clone()
    } else {
        whole.clone()
    };
    let (bytes, numbers) = fields(&message[..message.len() - 8]);
    (bytes[&0x0a].clone(), numbers[&0x10])
}

/// The fields of a message: those that hold bytes, and those that hold a number.
fn fields(message: &[u8]) -> (BTreeMap<u8, Vec<u8>>, BTreeMap<u8, u64>) {
    let (mut bytes, mut numbers) = (BTreeMap::new(), BTreeMap::new());
    assert_eq!(message[0], 3, "the version of an Olm message");
    let mut at = 1;
    while at < message.len() {
        let tag = message[at];
        at += 1;
        let value = number(message, &mut at);
        if tag & 7 == 0 {
            numbers.insert(tag, value);
        } else {
            let end = at + usize::try_from(value).unwrap();
            bytes.insert(tag, message[at..end].to_vec());
            at = end;
        }
    }
    (bytes, numbers)
}

/// Seven bits in each byte, the lowest first.
fn number(message: &[u8], at: &mut usize) -> u64 {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let byte = message[*at];
        *at += 1;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            break;
        }
    }
    value
}

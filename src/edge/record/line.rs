//! The lines of a record, as they are written one behind the other.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use crate::protocol::hex;
use crate::protocol::letter::{PublicKey, Signature};

/// The end of a line: how many lines there are up to it, the SHA-256 of it in hexadecimal, and how many bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// From 1; 0: before the first.
    pub line: u64,
    /// Of the line without its end; empty before the first.
    pub hash: String,
    /// Where the next begins.
    pub offset: u64,
}

impl Place {
    /// After a line of these bytes, without its end.
    pub(super) fn after(&self, line: &[u8]) -> Self {
        let length = u64::try_from(line.len()).unwrap_or(u64::MAX);
        Self {
            line: self.line.saturating_add(1),
            hash: hex::encode(&Sha256::digest(line)),
            offset: self.offset.saturating_add(length).saturating_add(1),
        }
    }

    /// Writes a line behind this place, with what binds it to the line before, and moves behind it.
    pub(super) fn push(&mut self, mut line: Map<String, Value>, to: &mut Vec<u8>) {
        let before = (self.line > 0).then_some(&self.hash);
        line.insert("before".to_owned(), json!(before));
        line.insert("line".to_owned(), json!(self.line.saturating_add(1)));
        let text = Value::Object(line).to_string();
        *self = self.after(text.as_bytes());
        to.extend_from_slice(text.as_bytes());
        to.push(b'\n');
    }

    /// The same with a head.
    pub(super) fn push_head(
        &mut self,
        signed: &str,
        sign: impl FnOnce(&[u8]) -> Signature,
        to: &mut Vec<u8>,
    ) {
        let signature = sign(&what_is_signed(
            &self.hash,
            self.line.saturating_add(1),
            signed,
        ));
        let head = [
            ("what", json!(HEAD)),
            ("signed", json!(signed)),
            ("signature", json!(hex::encode(&signature.0))),
        ];
        self.push(object(head), to);
    }
}

/// The bytes with which a record begins: whose it is, its key, and a head.
pub fn begun(
    of: &str,
    key: PublicKey,
    made: &str,
    sign: impl FnOnce(&[u8]) -> Signature,
) -> (Vec<u8>, Place) {
    let (mut bytes, mut place) = (Vec::new(), Place::default());
    let first = [
        ("what", json!(RECORD)),
        ("of", json!(of)),
        ("key", json!(hex::encode(&key.0))),
        ("made", json!(made)),
    ];
    place.push(object(first), &mut bytes);
    place.push_head(made, sign, &mut bytes);
    (bytes, place)
}

/// What the signature of a head is over: the hash of the line before it, its number, and when it was signed.
pub(super) fn what_is_signed(before: &str, line: u64, signed: &str) -> Vec<u8> {
    format!("iim1 record head\n{before}\n{line}\n{signed}\n").into_bytes()
}

fn object<const N: usize>(members: [(&str, Value); N]) -> Map<String, Value> {
    let named = members.map(|(key, value)| (key.to_owned(), value));
    named.into_iter().collect()
}

/// What the first line is.
pub(super) const RECORD: &str = "record";
/// What a head is.
pub(super) const HEAD: &str = "head";

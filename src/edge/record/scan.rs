//! Looking through a record: which line is the first that does not fit.

use std::io::{self, BufRead, Read as _};

use serde_json::{Map, Value};

use super::line::{HEAD, Place, RECORD, what_is_signed};
use crate::protocol::hex;
use crate::protocol::letter::{PublicKey, Signature};

/// What is in a file.
#[derive(Debug, Default)]
pub struct Scan {
    /// The key that its first line names.
    pub key: Option<PublicKey>,
    /// Its last head, up to which everything fits, and when that was signed.
    pub head: Option<Place>,
    /// When that was signed.
    pub signed: String,
    /// How many lines up to there are neither the first nor heads.
    pub said: u64,
    /// The first that does not fit, if one does not.
    pub fault: Option<Fault>,
}

/// Why a line does not fit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The first line is none of a record.
    #[error("it does not begin as a record does")]
    NoRecord,
    /// It was begun under another key.
    #[error("it was begun under another key, {0}")]
    OtherKey(String),
    /// It is no JSON object with the members that bind it.
    #[error("line {0} is no line of a record")]
    Garbage(u64),
    /// Another line stood before it, or another number of lines.
    #[error("line {0} does not follow the line before it")]
    Chain(u64),
    /// It is a head, and its signature is not of the record's key.
    #[error("the signature in line {0} is not by the key of this record")]
    Signature(u64),
    /// The account has signed another line there.
    #[error("line {0} is not the one that was signed there")]
    NotKnown(u64),
    /// The last line has no end, or no head stands behind it.
    #[error("line {0} is not followed by a head: a run was killed, and the next one mends it")]
    Open(u64),
}

/// What is known of a record from elsewhere.
pub struct Expected<'a> {
    /// The key that it must have, if that is known.
    pub key: Option<PublicKey>,
    /// The last head that was written, as far as is known.
    pub known: Option<&'a Place>,
    /// Whether a signature over bytes is of a key.
    pub verify: fn(&PublicKey, &[u8], &Signature) -> bool,
}

/// Reads a whole record; calls `said` with each line that a head covers.
/// Errors: Those of reading.
pub fn scan(
    mut from: impl BufRead,
    expected: &Expected<'_>,
    mut said: impl FnMut(&Map<String, Value>),
) -> io::Result<Scan> {
    let mut found = Scan::default();
    let (mut end, mut waiting) = (Place::default(), Vec::new());
    loop {
        let mut bytes = Vec::new();
        from.by_ref().take(LONGEST).read_until(b'\n', &mut bytes)?;
        let line = match found.next(&bytes, &mut end, expected) {
            Ok(Some(line)) => line,
            Ok(None) => return Ok(found),
            Err(fault) => {
                found.fault = Some(fault);
                return Ok(found);
            }
        };
        if text_of(&line, "what") == HEAD {
            let count = u64::try_from(waiting.len()).unwrap_or(u64::MAX);
            found.said = found.said.saturating_add(count);
            waiting.drain(..).for_each(|line| said(&line));
            text_of(&line, "signed").clone_into(&mut found.signed);
            found.head = Some(end.clone());
        } else if end.line > 1 {
            waiting.push(line);
        }
    }
}

impl Scan {
    /// Takes the next line, with its end, and moves behind it; nothing at the end of the file.
    fn next(
        &mut self,
        bytes: &[u8],
        end: &mut Place,
        expected: &Expected<'_>,
    ) -> Result<Option<Map<String, Value>>, Fault> {
        let number = end.line.saturating_add(1);
        let Some(line) = bytes.strip_suffix(b"\n") else {
            let head = self.head.as_ref().map_or(0, |head| head.line);
            return match bytes.len() {
                _ if number == 1 => Err(Fault::NoRecord),
                0 if head == end.line => Ok(None),
                0 => Err(Fault::Open(end.line)),
                _ => Err(Fault::Open(number)),
            };
        };
        let read = self.check(line, end, expected)?;
        *end = end.after(line);
        let known = expected.known.filter(|known| known.line == number);
        match known.is_some_and(|known| known.hash != end.hash) {
            true => Err(Fault::NotKnown(number)),
            false => Ok(Some(read)),
        }
    }

    /// Whether a line fits behind a place.
    fn check(
        &mut self,
        bytes: &[u8],
        before: &Place,
        expected: &Expected<'_>,
    ) -> Result<Map<String, Value>, Fault> {
        let number = before.line.saturating_add(1);
        let line: Map<String, Value> = match serde_json::from_slice(bytes) {
            Ok(Value::Object(line)) => line,
            Ok(_) | Err(_) if number == 1 => return Err(Fault::NoRecord),
            Ok(_) | Err(_) => return Err(Fault::Garbage(number)),
        };
        if number == 1 {
            let key = hex::decode(text_of(&line, "key")).and_then(|key| key.try_into().ok());
            let key = key.filter(|_| text_of(&line, "what") == RECORD);
            let key = PublicKey(key.ok_or(Fault::NoRecord)?);
            if expected.key.is_some_and(|wanted| wanted != key) {
                return Err(Fault::OtherKey(hex::encode(&key.0)));
            }
            self.key = Some(key);
            return Ok(line);
        }
        let follows = text_of(&line, "before") == before.hash;
        if !follows || line.get("line").and_then(Value::as_u64) != Some(number) {
            return Err(Fault::Chain(number));
        }
        match self.key {
            Some(key) if text_of(&line, "what") == HEAD => {
                match is_signed(&line, number, &key, expected) {
                    true => Ok(line),
                    false => Err(Fault::Signature(number)),
                }
            }
            Some(_) => Ok(line),
            None => Err(Fault::NoRecord),
        }
    }
}

fn is_signed(
    head: &Map<String, Value>,
    number: u64,
    key: &PublicKey,
    expected: &Expected<'_>,
) -> bool {
    let signature = hex::decode(text_of(head, "signature")).and_then(|it| it.try_into().ok());
    let signed = what_is_signed(text_of(head, "before"), number, text_of(head, "signed"));
    signature.is_some_and(|it| (expected.verify)(key, &signed, &Signature(it)))
}

fn text_of<'a>(line: &'a Map<String, Value>, key: &str) -> &'a str {
    line.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// Bytes of a line that is read: the longest text, each byte of it escaped, takes half.
const LONGEST: u64 = 1 << 20;

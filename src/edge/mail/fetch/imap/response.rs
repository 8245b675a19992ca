//! What an IMAP server says (RFC 3501, section 9; RFC 9051). Read is what matters here; any other untagged answer is
//! [`Response::Other`].

use std::num::NonZeroU32;

use super::grammar::{Cursor, Value};

/// One answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Response {
    /// The end of the command with this tag.
    Tagged(String, Status),
    /// The server waits for more of the command.
    Continue,
    /// An untagged OK, NO, BAD, BYE or PREAUTH.
    Status(Status),
    /// So many mails are in the folder.
    Exists(u32),
    /// One of them is gone.
    Expunged,
    /// What it can, in upper case.
    Capability(Vec<String>),
    /// A folder: its attributes in lower case, and its name as it is written; `None`: it cannot be read.
    List(Vec<String>, Option<Vec<u8>>),
    /// Numbers of a folder: MESSAGES, UIDNEXT, UIDVALIDITY; `None`: it cannot be read.
    StatusOf(Option<[Option<u32>; 3]>),
    /// The lowest of the numbers that were found.
    Search(Result<Option<NonZeroU32>, Malformed>),
    /// The tag of the search, if it is told, and its MIN.
    Esearch(Result<(Option<String>, Option<NonZeroU32>), Malformed>),
    /// Of a mail.
    Fetch(Result<Fetch, Malformed>),
    /// What we need not know.
    Other,
}

/// OK, NO, BAD, BYE or PREAUTH, and what is said with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Which.
    pub kind: Kind,
    /// The response code in upper case, `READ-ONLY`, `UIDNEXT 5`; may be empty.
    pub code: String,
    /// The server's words as it wrote them; may be empty.
    pub words: String,
}

/// What a status says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It is done, or all is well.
    Ok,
    /// It is not done.
    No,
    /// It was not understood.
    Bad,
    /// The connection ends.
    Bye,
    /// We are logged in already.
    Preauth,
}

/// What a FETCH says of a mail.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fetch {
    /// UID.
    pub uid: Option<NonZeroU32>,
    /// RFC822.SIZE.
    pub size: Option<u32>,
    /// Some of its header fields; `Some(None)` is NIL.
    pub header: Option<Option<Vec<u8>>>,
    /// The whole mail.
    pub whole: Option<Option<Vec<u8>>>,
}

/// Why no more can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// A line without an end.
    #[error("the server sends a line without an end")]
    Line,
    /// A literal is larger than is read.
    #[error("the server announces {0} bytes where fewer are expected")]
    Literal(u64),
    /// No answer of IMAP.
    #[error("what the server says is no IMAP")]
    NotImap,
}

impl Response {
    /// Reads an answer that is whole.
    pub(super) fn read(text: &[u8], literals: Vec<Vec<u8>>) -> Result<Self, Malformed> {
        let line = text.strip_suffix(b"\n").unwrap_or(text);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if let [b'+'] | [b'+', b' ', ..] = line {
            return Ok(Self::Continue);
        }
        let (first, rest) = split(line);
        if first == b"*" {
            return Ok(Self::untagged(rest, literals));
        }
        let (word, rest) = split(rest);
        let is_tag = !first.is_empty() && first.iter().all(u8::is_ascii_alphanumeric);
        match kind(word) {
            Some(kind @ (Kind::Ok | Kind::No | Kind::Bad)) if is_tag => {
                Ok(Self::Tagged(lossy(first), Status::read(kind, rest)))
            }
            _ => Err(Malformed::NotImap),
        }
    }

    fn untagged(line: &[u8], literals: Vec<Vec<u8>>) -> Self {
        let (word, rest) = split(line);
        if let Some(kind) = kind(word) {
            return Self::Status(Status::read(kind, rest));
        }
        let mut cursor = Cursor::new(rest, literals);
        match word.to_ascii_uppercase().as_slice() {
            b"CAPABILITY" => {
                let upper = |word: &[u8]| lossy(word).to_ascii_uppercase();
                Self::Capability(words(rest).map(upper).collect())
            }
            b"LIST" => match list(&mut cursor) {
                Some((attributes, name)) => Self::List(attributes, Some(name)),
                None => Self::List(Vec::new(), None),
            },
            b"STATUS" => Self::StatusOf(status_of(&mut cursor)),
            b"SEARCH" => Self::Search(lowest(rest)),
            b"ESEARCH" => Self::Esearch(esearch(&mut cursor).ok_or(Malformed::NotImap)),
            number => match parsed(number) {
                Some(number) => Self::numbered(number, cursor),
                None => Self::Other,
            },
        }
    }

    fn numbered(number: u32, mut cursor: Cursor<'_>) -> Self {
        match cursor.word().to_ascii_uppercase().as_slice() {
            b"EXISTS" => Self::Exists(number),
            b"EXPUNGE" => Self::Expunged,
            b"FETCH" => Self::Fetch(fetch(&mut cursor).ok_or(Malformed::NotImap)),
            _ => Self::Other,
        }
    }
}

impl Status {
    /// What stands behind the word: `[CODE] words`.
    fn read(kind: Kind, rest: &[u8]) -> Self {
        let rest = rest.trim_ascii();
        let coded = rest.strip_prefix(b"[").and_then(|rest| {
            let end = rest.iter().position(|byte| *byte == b']')?;
            Some((rest.get(..end)?, rest.get(end.saturating_add(1)..)?))
        });
        let (code, words) = coded.unwrap_or((b"", rest));
        Self {
            kind,
            code: lossy(code).to_ascii_uppercase(),
            words: lossy(words.trim_ascii()),
        }
    }

    /// The number of a code such as `UIDNEXT 5`, if the code is this one.
    pub fn number(&self, code: &str) -> Option<NonZeroU32> {
        let (word, number) = self.code.split_once(' ')?;
        number.parse().ok().filter(|_| word == code)
    }

    /// Whether the code is this one, whatever stands behind it.
    pub fn has_code(&self, code: &str) -> bool {
        self.code.split(' ').next() == Some(code)
    }
}

/// Which status a word is, if it is one.
pub(super) fn kind(word: &[u8]) -> Option<Kind> {
    Some(match word.to_ascii_uppercase().as_slice() {
        b"OK" => Kind::Ok,
        b"NO" => Kind::No,
        b"BAD" => Kind::Bad,
        b"BYE" => Kind::Bye,
        b"PREAUTH" => Kind::Preauth,
        _ => return None,
    })
}

/// The lowest of numbers with spaces between.
pub(super) fn lowest(numbers: &[u8]) -> Result<Option<NonZeroU32>, Malformed> {
    let mut lowest = None;
    for word in words(numbers) {
        let number: NonZeroU32 = parsed(word).ok_or(Malformed::NotImap)?;
        lowest = Some(lowest.map_or(number, |lowest: NonZeroU32| lowest.min(number)));
    }
    Ok(lowest)
}

fn words(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|byte| byte.is_ascii_whitespace())
        .filter(|word| !word.is_empty())
}

fn parsed<T: std::str::FromStr>(word: &[u8]) -> Option<T> {
    let is_number = word.iter().all(u8::is_ascii_digit);
    let word = std::str::from_utf8(word).ok().filter(|_| is_number)?;
    word.parse().ok()
}

/// The first word and the rest, without the space between.
fn split(line: &[u8]) -> (&[u8], &[u8]) {
    match line.iter().position(|byte| *byte == b' ') {
        Some(end) => {
            let (word, rest) = line.split_at(end);
            (word, rest.trim_ascii_start())
        }
        None => (line, b""),
    }
}

/// UTF-8, else Latin-1: a letter or two may be wrong then, and the rest can be read.
fn lossy(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
    }
}

/// `(\HasNoChildren \Junk) "/" "name"`.
fn list(cursor: &mut Cursor<'_>) -> Option<(Vec<String>, Vec<u8>)> {
    let mut attributes = Vec::new();
    cursor.open()?;
    while !cursor.close() {
        attributes.push(lossy(cursor.atom()?).to_ascii_lowercase());
    }
    cursor.value()?;
    Some((attributes, cursor.string()?))
}

/// `"name" (MESSAGES 5 UIDNEXT 7 UIDVALIDITY 1)`.
fn status_of(cursor: &mut Cursor<'_>) -> Option<[Option<u32>; 3]> {
    let [mut messages, mut next, mut validity] = [None; 3];
    cursor.string()?;
    cursor.open()?;
    while !cursor.close() {
        let key = cursor.atom()?.to_ascii_uppercase();
        let value = cursor.value()?;
        let number = || match &value {
            Value::Atom(word) => parsed(word),
            Value::Nil | Value::Bytes(_) | Value::List => None,
        };
        match key.as_slice() {
            b"MESSAGES" => messages = Some(number()?),
            b"UIDNEXT" => next = Some(number()?),
            b"UIDVALIDITY" => validity = Some(number()?),
            _ => {}
        }
    }
    Some([messages, next, validity])
}

/// `(TAG "A5") UID MIN 7`.
fn esearch(cursor: &mut Cursor<'_>) -> Option<(Option<String>, Option<NonZeroU32>)> {
    let (mut tag, mut min) = (None, None);
    if cursor.open().is_some() {
        while !cursor.close() {
            let key = cursor.atom()?.to_ascii_uppercase();
            let value = cursor.string()?;
            if key == b"TAG" {
                tag = Some(lossy(&value));
            }
        }
    }
    while !cursor.is_at_end() {
        match cursor.atom()?.to_ascii_uppercase().as_slice() {
            b"UID" => {}
            b"MIN" => min = Some(parsed(cursor.atom()?)?),
            _ => drop(cursor.value()?),
        }
    }
    Some((tag, min))
}

/// `(UID 7 RFC822.SIZE 99 BODY[HEADER.FIELDS (…)] {5}CRLFabcde)`.
fn fetch(cursor: &mut Cursor<'_>) -> Option<Fetch> {
    let mut fetch = Fetch::default();
    cursor.open()?;
    while !cursor.close() {
        let key = cursor.item()?.to_ascii_uppercase();
        let value = cursor.value()?;
        if key == b"UID" {
            fetch.uid = Some(value.atom().and_then(parsed)?);
        } else if key == b"RFC822.SIZE" {
            let size: u64 = value.atom().and_then(parsed)?;
            fetch.size = Some(u32::try_from(size).unwrap_or(u32::MAX));
        } else if key.starts_with(b"BODY[HEADER") {
            fetch.header = Some(value.bytes()?);
        } else if key.starts_with(b"BODY[]") {
            fetch.whole = Some(value.bytes()?);
        }
    }
    Some(fetch)
}

//! What an IMAP server says (RFC 3501, section 9; RFC 9051), put together from bytes however they are cut, in bounded
//! memory.
//!
//! ```text
//! * 5 FETCH (UID 7 BODY[] {3}CRLF   a line; it ends in a literal's length,
//! abc                               so many bytes,
//! )CRLF                             and goes on: one answer
//! ```
//!
//! Read is what matters here; any other untagged answer is [`Response::Other`].

use std::num::NonZeroU32;

use super::grammar::{Cursor, Value};

/// Puts answers together.
#[derive(Debug, Default)]
pub struct Assembler {
    /// The lines of the answer so far, with the lengths of its literals, without these.
    text: Vec<u8>,
    literals: Vec<Vec<u8>>,
    /// How much of the last literal is still to come, if anything.
    rest: Option<u64>,
    /// Bytes of literals that are kept, and that were read.
    kept: usize,
    read: u64,
}

/// How large the literals of one answer may be together.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// So many bytes are kept; the others are passed over.
    pub kept: usize,
    /// So many are read.
    pub read: u64,
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

/// The longest text of one answer, without its literals.
const LONGEST: usize = 64 * 1024;
/// So much of a line is looked at, at once.
const PIECE: usize = 4 * 1024;
/// With so many bytes of numbers the lowest is kept.
const NUMBERS: usize = 1024;

impl Assembler {
    /// Takes some of these bytes: how many, and the answer that they end, if they end one.
    pub fn feed(
        &mut self,
        bytes: &[u8],
        bounds: Bounds,
    ) -> Result<(usize, Option<Response>), Malformed> {
        let mut at = 0_usize;
        while let Some(bytes) = bytes.get(at..).filter(|bytes| !bytes.is_empty()) {
            if let Some(rest) = self.rest {
                at = at.saturating_add(self.literal(bytes, rest, bounds));
                continue;
            }
            let piece = bytes.get(..PIECE).unwrap_or(bytes);
            let end = piece.iter().position(|byte| *byte == b'\n');
            let length = end.map_or(piece.len(), |end| end.saturating_add(1));
            self.text.extend(piece.iter().take(length));
            at = at.saturating_add(length);
            if self.text.len() > NUMBERS {
                self.keep_lowest();
            }
            if self.text.len() > LONGEST {
                return Err(Malformed::Line);
            }
            if end.is_some() && !self.begins_literal(bounds)? {
                return Ok((at, Some(self.whole()?)));
            }
        }
        Ok((at, None))
    }

    /// Takes of the literal what is there, and says how much.
    fn literal(&mut self, bytes: &[u8], rest: u64, bounds: Bounds) -> usize {
        let most = usize::try_from(rest).unwrap_or(usize::MAX);
        let part = bytes.get(..most).unwrap_or(bytes);
        let room = bounds.kept.saturating_sub(self.kept).min(part.len());
        if let Some(literal) = self.literals.last_mut() {
            literal.extend(part.iter().take(room));
        }
        self.kept = self.kept.saturating_add(room);
        let rest = rest.saturating_sub(u64::try_from(part.len()).unwrap_or(u64::MAX));
        self.rest = Some(rest).filter(|rest| *rest > 0);
        part.len()
    }

    /// Whether the line that has just ended announces a literal.
    fn begins_literal(&mut self, bounds: Bounds) -> Result<bool, Malformed> {
        let Some(length) = announced(&self.text) else {
            return Ok(false);
        };
        // Words for people may end in anything.
        if is_for_people(&self.text) {
            return Ok(false);
        }
        self.read = self.read.saturating_add(length);
        if self.read > bounds.read {
            return Err(Malformed::Literal(length));
        }
        self.literals.push(Vec::new());
        self.rest = Some(length).filter(|length| *length > 0);
        Ok(true)
    }

    fn whole(&mut self) -> Result<Response, Malformed> {
        let Self { text, literals, .. } = std::mem::take(self);
        Response::read(&text, literals)
    }

    /// Of the numbers of a SEARCH only the lowest is kept: half a million of them stand in one line.
    fn keep_lowest(&mut self) {
        let Some(numbers) = after(&self.text, SEARCH) else {
            return;
        };
        // The last may go on.
        let whole = numbers.iter().rposition(|byte| *byte == b' ');
        let (numbers, last) = numbers.split_at(whole.unwrap_or(0));
        let lowest = match lowest(numbers) {
            Ok(lowest) => lowest.map_or(String::new(), |lowest| format!(" {lowest}")),
            Err(_) => " ?".to_owned(),
        };
        let last = if last.len() > 16 { b" ? " } else { last };
        let text = [SEARCH, lowest.as_bytes(), last].concat();
        self.text = text;
    }
}

const SEARCH: &[u8] = b"* SEARCH";

/// What stands behind these words, whatever their case.
fn after<'a>(text: &'a [u8], words: &[u8]) -> Option<&'a [u8]> {
    let (begin, rest) = text.split_at_checked(words.len())?;
    begin.eq_ignore_ascii_case(words).then_some(rest)
}

/// The length of the literal that a line announces: `{5}`, `{5+}`, `~{5}` at its end.
fn announced(text: &[u8]) -> Option<u64> {
    let line = text.strip_suffix(b"\n")?;
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let line = line.strip_suffix(b"}")?;
    let line = line.strip_suffix(b"+").unwrap_or(line);
    let begin = line.iter().rposition(|byte| !byte.is_ascii_digit())?;
    let digits = line.get(begin.saturating_add(1)..)?;
    let is_length = line.get(begin) == Some(&b'{') && !digits.is_empty();
    let digits = std::str::from_utf8(digits).ok().filter(|_| is_length)?;
    // More than any number holds is more than is read.
    Some(digits.parse().unwrap_or(u64::MAX))
}

/// Whether a line holds words for people: a status, a challenge. Only of untagged data literals are a part.
fn is_for_people(text: &[u8]) -> bool {
    let Some(rest) = text.strip_prefix(b"* ") else {
        return true;
    };
    let word = rest.split(|byte| byte.is_ascii_whitespace()).next();
    word.and_then(kind).is_some()
}

fn kind(word: &[u8]) -> Option<Kind> {
    Some(match word.to_ascii_uppercase().as_slice() {
        b"OK" => Kind::Ok,
        b"NO" => Kind::No,
        b"BAD" => Kind::Bad,
        b"BYE" => Kind::Bye,
        b"PREAUTH" => Kind::Preauth,
        _ => return None,
    })
}

fn lowest(numbers: &[u8]) -> Result<Option<NonZeroU32>, Malformed> {
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

impl Response {
    /// Reads an answer that is whole.
    fn read(text: &[u8], literals: Vec<Vec<u8>>) -> Result<Self, Malformed> {
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

#[cfg(test)]
mod tests;

//! An IMAP server's answers, put together from bytes however they are cut, in bounded memory.
//!
//! ```text
//! * 5 FETCH (UID 7 BODY[] {3}CRLF   a line; it ends in a literal's length,
//! abc                               so many bytes,
//! )CRLF                             and goes on: one answer
//! ```

use super::response::{Malformed, Response, kind, lowest};

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

#[cfg(test)]
mod tests;

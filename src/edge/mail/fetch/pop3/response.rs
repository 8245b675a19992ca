//! What a POP3 server says (RFC 1939, section 3), put together from bytes however they are cut, in bounded memory.
//!
//! ```text
//! +OK words CRLF            a line; to some commands there is more:
//! text CRLF ..dot CRLF      lines, one dot less where they begin with one
//! . CRLF                    the end
//! ```

/// Takes a line.
#[derive(Debug, Default)]
pub struct Line(Vec<u8>);

/// Takes lines up to the one that is a dot alone.
#[derive(Debug)]
pub struct Lines {
    /// So many bytes are kept.
    most: usize,
    kept: Vec<u8>,
    /// All bytes there were.
    length: u64,
    at: At,
}

/// Where in a line it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Begin,
    /// After a dot with which a line begins.
    Dot,
    /// After that dot and a CR.
    DotCr,
    Within,
}

/// The longest line that answers a command (RFC 2449, section 4: 512 bytes).
const LONGEST: usize = 64 * 1024;

impl Line {
    /// Takes of these bytes what belongs to the line: how many, and the line without its end, if it is whole. `None`: it
    /// has no end.
    pub fn feed(&mut self, bytes: &[u8]) -> Option<(usize, Option<Vec<u8>>)> {
        let end = bytes.iter().position(|byte| *byte == b'\n');
        let length = end.map_or(bytes.len(), |end| end.saturating_add(1));
        if self.0.len().saturating_add(length) > LONGEST {
            return None;
        }
        self.0.extend(bytes.iter().take(length));
        let whole = end.map(|_| {
            let mut line = std::mem::take(&mut self.0);
            line.truncate(line.trim_ascii_end().len());
            line
        });
        Some((length, whole))
    }
}

impl Lines {
    /// Of which so many bytes are kept at most, and the others passed over.
    pub fn keeping(most: usize) -> Self {
        let (kept, length, at) = (Vec::new(), 0, At::Begin);
        Self {
            most,
            kept,
            length,
            at,
        }
    }

    /// Takes of these bytes what belongs to the lines: how many, and whether the end is reached.
    pub fn feed(&mut self, bytes: &[u8]) -> (usize, bool) {
        for (at, byte) in bytes.iter().enumerate() {
            if self.take(*byte) {
                return (at.saturating_add(1), true);
            }
        }
        (bytes.len(), false)
    }

    fn take(&mut self, byte: u8) -> bool {
        self.at = match (self.at, byte) {
            // "the first character … is a period" and more follows: "this period is stripped away".
            (At::Begin, b'.') => At::Dot,
            (At::Dot | At::DotCr, b'\n') => return true,
            (At::Dot, b'\r') => At::DotCr,
            (at, byte) => {
                if at == At::DotCr {
                    self.keep(b'\r');
                }
                self.keep(byte);
                if byte == b'\n' { At::Begin } else { At::Within }
            }
        };
        false
    }

    fn keep(&mut self, byte: u8) {
        self.length = self.length.saturating_add(1);
        if self.kept.len() < self.most {
            self.kept.push(byte);
        }
    }

    /// How many bytes there were, kept or not.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// What was kept.
    pub fn kept(self) -> Vec<u8> {
        self.kept
    }
}

/// Whether a line says yes, and its words; `None`: it is no answer of POP3.
pub fn status(line: &[u8]) -> Option<(bool, String)> {
    let (word, rest) = match line.iter().position(|byte| *byte == b' ') {
        Some(end) => line.split_at(end),
        None => (line, [].as_slice()),
    };
    let yes = match word.to_ascii_uppercase().as_slice() {
        b"+OK" => true,
        b"-ERR" => false,
        _ => return None,
    };
    Some((yes, String::from_utf8_lossy(rest.trim_ascii()).into_owned()))
}

/// Number and what stands behind it: a line of UIDL, the answer to LIST.
pub fn numbered(line: &str) -> Option<(u32, &str)> {
    let (number, rest) = line.trim().split_once(' ')?;
    Some((number.parse().ok()?, rest.trim()))
}

#[cfg(test)]
mod tests;

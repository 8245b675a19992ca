//! Lines of IRC (RFC 1459, section 2.3; IRCv3 message tags): bytes in, never an error; lines out, checked.

pub use crate::protocol::irc_line::Line;

/// Cuts a stream of bytes into lines; its memory is bounded whatever comes.
#[derive(Debug, Default)]
pub struct Lines {
    begun: Vec<u8>,
    skipping: bool,
}

impl Lines {
    /// Takes the next bytes and gives each line that is now whole. A line over [`LONGEST`] is discarded up to its end.
    pub fn feed(&mut self, bytes: &[u8], mut each: impl FnMut(&Line)) {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.skipping |= self.begun.len().saturating_add(piece.len()) > LONGEST;
            if !self.skipping {
                self.begun.extend_from_slice(piece);
            }
            if piece.ends_with(b"\n") {
                self.finish(&mut each);
            }
        }
    }

    fn finish(&mut self, each: &mut impl FnMut(&Line)) {
        let text = String::from_utf8_lossy(&self.begun);
        let text = text.trim_end_matches(['\r', '\n']);
        if !self.skipping
            && let Some(line) = Line::parse(text)
        {
            each(&line);
        }
        self.skipping = false;
        self.begun.clear();
    }
}

/// The longest line that is read, with its end: tags may take 8 KiB, the rest 512 bytes.
const LONGEST: usize = 16 * 1024;

/// Why a line cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    /// CR, LF or NUL.
    #[error("a line cannot hold CR, LF or NUL")]
    Control,
    /// An empty word, or one with a space in it or a colon in front.
    #[error("not a word of an IRC line")]
    Word,
    /// So many bytes, with CR LF, where the server takes so many.
    #[error("a line of {0} bytes, where the server takes {1}")]
    TooLong(usize, usize),
}

/// Writes a line with its CR LF: words, then perhaps a last parameter that may hold anything but line ends.
pub fn write(words: &[&str], trailing: Option<&str>, limit: usize) -> Result<String, LineError> {
    let text = match trailing {
        Some(trailing) => format!("{} :{trailing}\r\n", words.join(" ")),
        None => format!("{}\r\n", words.join(" ")),
    };
    let body = text.strip_suffix("\r\n").unwrap_or(&text);
    if body.contains(['\r', '\n', '\0']) {
        return Err(LineError::Control);
    }
    if words
        .iter()
        .any(|word| word.is_empty() || word.contains(' ') || word.starts_with(':'))
    {
        return Err(LineError::Word);
    }
    let bytes = text.len();
    if bytes > limit {
        return Err(LineError::TooLong(bytes, limit));
    }
    Ok(text)
}

/// Bytes of a line with CR LF where the server names no LINELEN (RFC 1459, section 2.3).
pub(super) const LINELEN: usize = 512;

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::expect_used,
        clippy::arithmetic_side_effects,
        clippy::string_slice,
        reason = "tests"
    )]

    use super::*;
    use proptest::prelude::*;

    fn fed(pieces: &[&[u8]]) -> Vec<String> {
        let (mut lines, mut got) = (Lines::default(), Vec::new());
        for piece in pieces {
            lines.feed(piece, |line| got.push(line.params.join("|")));
        }
        got
    }

    #[test]
    fn a_stream_is_cut_into_lines() {
        assert_eq!(fed(&[b"P", b"ING a\r", b"\nPING b\nPIN"]), ["a", "b"]);
        assert_eq!(fed(&[b"PING \xff\xfe\r\n"]), ["\u{fffd}\u{fffd}"]);
    }

    #[test]
    fn an_endless_line_is_discarded_up_to_its_end() {
        let (mut lines, mut got) = (Lines::default(), 0);
        for _ in 0..10_000 {
            lines.feed(&[b'x'; 4096], |_| got += 1);
            assert!(lines.begun.capacity() <= 2 * LONGEST);
        }
        lines.feed(b"rest\r\nPING a\r\n", |line| {
            assert_eq!(line.command, "PING");
            got += 1;
        });
        assert_eq!(got, 1);
    }

    #[test]
    fn outgoing_lines_are_checked() {
        assert_eq!(
            write(&["PRIVMSG", "bob"], Some(":a b"), 512).unwrap(),
            "PRIVMSG bob ::a b\r\n"
        );
        let cases: &[(&[&str], Option<&str>)] = &[
            (&["PRIVMSG", "a b"], Some("x")),
            (&["PRIVMSG", ""], Some("x")),
            (&["PRIVMSG", ":a"], Some("x")),
            (&["PRIVMSG", "a\r\nQUIT"], Some("x")),
            (&["PRIVMSG", "a"], Some("x\nQUIT")),
            (&["PRIVMSG", "a"], Some("x\rQUIT")),
            (&["PRIVMSG", "a\0"], Some("x")),
        ];
        for (words, trailing) in cases {
            assert!(
                write(words, *trailing, 512).is_err(),
                "{words:?} {trailing:?}"
            );
        }
        let text = "x".repeat(512 - "PRIVMSG bob :\r\n".len());
        assert!(write(&["PRIVMSG", "bob"], Some(&text), 512).is_ok());
        assert!(write(&["PRIVMSG", "bob"], Some(&text), 511).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            let mut lines = Lines::default();
            lines.feed(&bytes, |line| { let _ = (line.numeric(), line.words()); });
        }
    }
}

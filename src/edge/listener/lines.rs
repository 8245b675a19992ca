//! Bytes from a client into lines: bounded in length, UTF-8, and never an empty one.
//!
//! ```text
//! feed ──▶ [bytes] ──next──▶ Line(Ok | Err(NotUtf8))
//!             │ too long: Line(Err(TooLong)), then Skipping
//!             ▼
//!         Skipping ── CR or LF ──▶ back      64 KiB without one: Endless
//! ```
//!
//! tokio-util's `LinesCodec` is not used: it ends lines at LF alone, has one bound for tags and text, skips a line that is
//! too long for ever, and ends the stream at bytes that are not UTF-8, where a client is told so.

use std::borrow::Cow;
use std::mem;

use super::event::BadLine;
use crate::protocol::irc_line::{LONGEST_BODY, LONGEST_TAGS, is_too_long};

/// What the bytes of a client held.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Received {
    /// A line without its end.
    Line(Result<String, BadLine>),
    /// Bytes that never end in a line.
    Endless,
    /// Bytes that the protocol of WebSockets wants answered.
    Answer(Vec<u8>),
    /// The WebSocket is over; why, if it was not the client's wish.
    Over(Option<String>),
}

/// The bytes that are no line yet.
#[derive(Debug, Default)]
pub(super) struct Lines {
    bytes: Vec<u8>,
    /// How many of them have been read.
    read: usize,
    /// How many bytes of a line that is too long have been dropped.
    skipped: Option<usize>,
}

impl Lines {
    /// Takes what has come; read all lines of it before the next.
    pub(super) fn feed(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Ends the line, as the end of a WebSocket message does.
    pub(super) fn finish(&mut self) {
        self.bytes.push(b'\n');
    }

    /// The next of what has come.
    pub(super) fn next(&mut self) -> Option<Received> {
        loop {
            let rest = self.bytes.get(self.read..).unwrap_or_default();
            let Some(length) = rest.iter().position(|byte| matches!(byte, b'\r' | b'\n')) else {
                return self.unended();
            };
            let line = rest.get(..length).unwrap_or_default();
            let heard = line_of(line);
            self.read = self.read.saturating_add(length).saturating_add(1);
            // The end of a line that was told already.
            if self.skipped.take().is_some() {
                continue;
            }
            if let Some(line) = heard {
                return Some(Received::Line(line));
            }
        }
    }

    /// No end in sight: keeps what may still become a line.
    fn unended(&mut self) -> Option<Received> {
        self.bytes.drain(..mem::take(&mut self.read));
        if let Some(skipped) = &mut self.skipped {
            *skipped = skipped.saturating_add(self.bytes.len());
            self.bytes.clear();
            let endless = *skipped > ENDLESS;
            if endless {
                *skipped = 0;
            }
            return endless.then_some(Received::Endless);
        }
        if self.bytes.is_empty() {
            // An idle client costs no buffer.
            self.bytes = Vec::new();
        }
        if self.bytes.len() <= LONGEST_TAGS + LONGEST_BODY {
            return None;
        }
        self.skipped = Some(self.bytes.len());
        self.bytes.clear();
        Some(Received::Line(Err(BadLine::TooLong)))
    }
}

/// One line, or nothing if it is blank.
fn line_of(bytes: &[u8]) -> Option<Result<String, BadLine>> {
    if bytes.iter().all(|byte| *byte == b' ') {
        return None;
    }
    if is_too_long(bytes) {
        return Some(Err(BadLine::TooLong));
    }
    let line = String::from_utf8_lossy(bytes);
    // NUL is in no line (RFC 2812, 2.3.1).
    if bytes.contains(&0) {
        return Some(Err(BadLine::NotUtf8(line.replace('\0', "\u{fffd}"))));
    }
    Some(match line {
        Cow::Borrowed(line) => Ok(line.to_owned()),
        Cow::Owned(line) => Err(BadLine::NotUtf8(line)),
    })
}

/// Bytes of one line after which nobody waits for its end.
const ENDLESS: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::arithmetic_side_effects,
        clippy::wildcard_enum_match_arm,
        reason = "tests"
    )]

    use proptest::prelude::*;

    use super::*;
    use crate::protocol::irc_line::{LONGEST_BODY as TEXT, LONGEST_TAGS as TAGS};

    fn read(bytes: &[u8], piece: usize) -> Vec<Received> {
        let mut lines = Lines::default();
        let mut heard = Vec::new();
        for piece in bytes.chunks(piece) {
            lines.feed(piece);
            heard.extend(std::iter::from_fn(|| lines.next()));
        }
        heard
    }

    fn line(text: &str) -> Received {
        Received::Line(Ok(text.to_owned()))
    }

    fn bad(text: &str) -> Received {
        Received::Line(Err(BadLine::NotUtf8(text.to_owned())))
    }

    #[test]
    fn lines_end_in_cr_or_lf_and_blank_ones_are_dropped() {
        let cases: [(&[u8], Vec<Received>); 7] = [
            (
                b"NICK a\r\nUSER a\r\n",
                vec![line("NICK a"), line("USER a")],
            ),
            (b"NICK a\nUSER a\n", vec![line("NICK a"), line("USER a")]),
            (b"NICK a\rUSER a\r", vec![line("NICK a"), line("USER a")]),
            (b"\r\n\n\r   \r\n", vec![]),
            (b"NICK", vec![]),
            (b"a\0b\n", vec![bad("a\u{fffd}b")]),
            (b"\xff\nb\n", vec![bad("\u{fffd}"), line("b")]),
        ];
        for (bytes, expected) in cases {
            for piece in [1, 3, 100] {
                assert_eq!(read(bytes, piece), expected, "{bytes:?} by {piece}");
            }
        }
    }

    #[test]
    fn the_limits_are_4096_bytes_of_tags_and_512_of_text() {
        let tags = |length: usize| format!("@{} ", "t".repeat(length - 2));
        for (tags, text, fits) in [
            (String::new(), TEXT, true),
            (String::new(), TEXT + 1, false),
            (tags(TAGS), TEXT, true),
            (tags(TAGS + 1), 5, false),
            (tags(TAGS), TEXT + 1, false),
            (tags(10), TEXT + 1, false),
        ] {
            let sent = format!("{tags}{}", "x".repeat(text));
            let expected = match fits {
                true => line(&sent),
                false => Received::Line(Err(BadLine::TooLong)),
            };
            let bytes = format!("{sent}\r\nPING\r\n");
            for piece in [7, 4096] {
                let heard = read(bytes.as_bytes(), piece);
                assert_eq!(heard.len(), 2, "{} {text}", tags.len());
                assert_eq!(heard[0], expected, "{} {text}", tags.len());
                assert_eq!(heard[1], line("PING"), "{} {text}", tags.len());
            }
        }
    }

    #[test]
    fn a_long_line_is_told_once_and_not_kept() {
        let mut lines = Lines::default();
        let mut heard = Vec::new();
        for _ in 0..12 {
            lines.feed(&[b'x'; 4096]);
            heard.extend(std::iter::from_fn(|| lines.next()));
            assert!(lines.bytes.len() <= TAGS + TEXT);
        }
        lines.feed(b"\nPING\n");
        heard.extend(std::iter::from_fn(|| lines.next()));
        assert_eq!(heard, [Received::Line(Err(BadLine::TooLong)), line("PING")]);
    }

    #[test]
    fn bytes_without_an_end_are_endless() {
        let heard = read(&[b'x'; 80 * 1024], 4096);
        assert_eq!(heard[0], Received::Line(Err(BadLine::TooLong)));
        assert_eq!(heard[1..], [Received::Endless]);
    }

    #[test]
    fn an_idle_reader_keeps_no_buffer() {
        let mut lines = Lines::default();
        lines.feed(b"PING\r\n");
        while lines.next().is_some() {}
        assert_eq!(lines.bytes.capacity(), 0);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn how_the_bytes_are_cut_does_not_matter(
            bytes in proptest::collection::vec(prop_oneof![Just(b'\n'), Just(b' '), any::<u8>()], 0..600),
            piece in 1usize..50,
        ) {
            prop_assert_eq!(read(&bytes, piece), read(&bytes, 4096));
        }
    }
}

//! Lines of IRC (RFC 1459, section 2.3; IRCv3 message tags): bytes in, never an error; lines out, checked.

use irc::proto::Prefix;

use super::server_time;

/// One line from the server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// The tag `time`, in seconds since 1970.
    pub time: Option<u64>,
    /// The nick that it comes from; `None` for a server.
    pub nick: Option<String>,
    /// The command in upper case, or a numeric.
    pub command: String,
    /// The parameters, the last one without its colon.
    pub params: Vec<String>,
}

impl Line {
    /// Reads a line without its end; `None` if there is no command in it.
    pub fn parse(text: &str) -> Option<Self> {
        let (tags, rest) = leading(text, '@');
        let (source, rest) = leading(rest, ':');
        let (middle, trailing) = match rest.split_once(" :") {
            Some((middle, trailing)) => (middle, Some(trailing)),
            None => (rest, None),
        };
        let mut words = middle.split(' ').filter(|word| !word.is_empty());
        let command = words.next()?.to_ascii_uppercase();
        Some(Self {
            time: tags.and_then(time),
            nick: source.and_then(nick),
            command,
            params: words.chain(trailing).map(ToOwned::to_owned).collect(),
        })
    }

    /// The numeric, or 0.
    pub fn numeric(&self) -> u16 {
        let digits = self.command.len() == 3 && self.command.bytes().all(|b| b.is_ascii_digit());
        digits
            .then(|| self.command.parse().ok())
            .flatten()
            .unwrap_or(0)
    }

    /// A parameter, or the empty text.
    pub fn param(&self, index: usize) -> &str {
        self.params.get(index).map_or("", String::as_str)
    }

    /// The last parameter as words for a person: no control characters, at most 200 characters.
    pub fn words(&self) -> String {
        clean(self.params.last().map_or("", String::as_str))
    }
}

/// A server's words for a person: no control characters, at most 200 characters.
pub fn clean(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_control())
        .take(MOST_WORDS)
        .collect::<String>()
        .trim()
        .to_owned()
}

/// As many characters of a server's words are kept.
pub(super) const MOST_WORDS: usize = 200;

/// Splits off a first word that is marked by `mark`.
fn leading(text: &str, mark: char) -> (Option<&str>, &str) {
    let Some(rest) = text.strip_prefix(mark) else {
        return (None, text);
    };
    let (word, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    (Some(word), rest.trim_start_matches(' '))
}

fn time(tags: &str) -> Option<u64> {
    let value = tags.split(';').find_map(|tag| tag.strip_prefix("time="))?;
    server_time::of_tag(value)
}

fn nick(source: &str) -> Option<String> {
    match Prefix::new_from_str(source) {
        Prefix::Nickname(nick, _, _) => Some(nick),
        Prefix::ServerName(_) => None,
    }
}

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
            self.add(piece);
            if piece.ends_with(b"\n") {
                self.finish(&mut each);
            }
        }
    }

    fn add(&mut self, piece: &[u8]) {
        if self.begun.len().saturating_add(piece.len()) > LONGEST {
            self.skipping = true;
        }
        if !self.skipping {
            self.begun.extend_from_slice(piece);
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
    /// Longer than the server takes.
    #[error("a line of {bytes} bytes, where the server takes {limit}")]
    TooLong {
        /// With CR LF.
        bytes: usize,
        /// With CR LF.
        limit: usize,
    },
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
        return Err(LineError::TooLong { bytes, limit });
    }
    Ok(text)
}

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

    fn parsed(text: &str) -> (Option<String>, String, Vec<String>) {
        let line = Line::parse(text).unwrap();
        (line.nick, line.command, line.params)
    }

    #[test]
    fn lines_are_read() {
        let cases: &[(&str, Option<&str>, &str, &[&str])] = &[
            ("PING :a b", None, "PING", &["a b"]),
            (":irc.x 001 me :hi", None, "001", &["me", "hi"]),
            (
                ":a!b@c.d PRIVMSG me :x :y",
                Some("a"),
                "PRIVMSG",
                &["me", "x :y"],
            ),
            (":a!b@c PRIVMSG me x", Some("a"), "PRIVMSG", &["me", "x"]),
            ("@a=1;time=x :a!b@c nick  b ", Some("a"), "NICK", &["b"]),
            (":alice NICK :bob", Some("alice"), "NICK", &["bob"]),
            ("303 me :", None, "303", &["me", ""]),
        ];
        for (text, nick, command, params) in cases {
            let params = params.iter().map(|p| (*p).to_owned()).collect();
            let want = (nick.map(ToOwned::to_owned), (*command).to_owned(), params);
            assert_eq!(parsed(text), want, "{text}");
        }
    }

    #[test]
    fn empty_lines_are_nothing() {
        for text in ["", " ", ":", ":a", "@a", "@a :b", " :x"] {
            assert_eq!(Line::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn the_tag_time_is_read() {
        let line = Line::parse("@x;time=2026-11-21T07:50:05.123Z PING a").unwrap();
        assert_eq!(line.time, Some(1_795_247_405));
        assert_eq!(Line::parse("@time=soon PING a").unwrap().time, None);
    }

    #[test]
    fn numerics_have_three_digits() {
        for (text, want) in [
            ("005 x", 5),
            ("PING x", 0),
            ("05 x", 0),
            ("+05 x", 0),
            ("9999 x", 0),
        ] {
            assert_eq!(Line::parse(text).unwrap().numeric(), want, "{text}");
        }
    }

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

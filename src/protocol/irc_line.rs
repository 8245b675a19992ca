//! Lines of IRC as a server reads and writes them (RFC 1459, section 2.3; IRCv3 message tags).

use irc::proto::Prefix;

use super::debug::redacted_debug;

/// A line from a client or a server. It may hold a password: only how much there is of it prints.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Line {
    /// Its tags, in their order, values unescaped.
    pub tags: Vec<(String, String)>,
    /// Whom it comes from, if that is said.
    pub source: Option<String>,
    /// The command in upper case, or a numeric.
    pub command: String,
    /// The parameters, the last one without its colon.
    pub params: Vec<String>,
}

redacted_debug! { Line { tags: count, source: hidden, command: hidden, params: count } }

impl Line {
    /// Reads a line without its end; `None` if there is no command in it.
    pub fn parse(text: &str) -> Option<Self> {
        let (tags, rest) = leading(text.trim_start_matches(' '), '@');
        let (source, rest) = leading(rest, ':');
        let (middle, trailing) = match rest.split_once(" :") {
            Some((middle, trailing)) => (middle, Some(trailing)),
            None => (rest, None),
        };
        let mut words = middle.split(' ').filter(|word| !word.is_empty());
        let command = words.next()?.to_ascii_uppercase();
        Some(Self {
            tags: tags.map(read_tags).unwrap_or_default(),
            source: source.map(ToOwned::to_owned),
            command,
            params: words.chain(trailing).map(ToOwned::to_owned).collect(),
        })
    }

    /// The nick that it comes from; `None` for a server.
    pub(crate) fn nick(&self) -> Option<String> {
        match Prefix::new_from_str(self.source.as_deref()?) {
            Prefix::Nickname(nick, _, _) => Some(nick),
            Prefix::ServerName(_) => None,
        }
    }

    /// The numeric, or 0.
    pub fn numeric(&self) -> u16 {
        let digits = self.command.len() == 3 && self.command.bytes().all(|b| b.is_ascii_digit());
        let number = self.command.parse().ok();
        number.filter(|_| digits).unwrap_or(0)
    }

    /// The last parameter as words for a person: no control characters, at most 200 characters.
    pub fn words(&self) -> String {
        clean(self.params.last().map_or("", String::as_str))
    }

    /// A parameter, or the empty text.
    pub fn param(&self, index: usize) -> &str {
        self.params.get(index).map_or("", String::as_str)
    }

    /// A parameter that is there and not empty.
    pub(crate) fn given(&self, index: usize) -> Option<&str> {
        Some(self.param(index)).filter(|param| !param.is_empty())
    }

    /// The value of a tag; of two with the same name, the last ("Rules for naming message tags": the last wins).
    pub(crate) fn tag(&self, name: &str) -> Option<&str> {
        let found = self.tags.iter().rev().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The client-only tags, which go on to other clients as they are.
    pub(crate) fn client_tags(&self) -> impl Iterator<Item = &(String, String)> {
        self.tags.iter().filter(|(key, _)| key.starts_with('+'))
    }
}

/// A server's words for a person: no control characters, at most 200 characters.
pub(crate) fn clean(text: &str) -> String {
    let printable = text.chars().filter(|c| !c.is_control());
    let words: String = printable.take(MOST_WORDS).collect();
    words.trim().to_owned()
}

/// As many characters of a server's words are kept.
pub(crate) const MOST_WORDS: usize = 200;

/// Whether a client's line is longer than one may be, in its tags or after them.
pub(crate) fn is_too_long(line: &[u8]) -> bool {
    let (tags, text) = lengths(line);
    tags > LONGEST_TAGS || text > LONGEST_BODY
}

/// How many bytes a line has in its tags (with `@` and the space) and after them.
pub(crate) fn lengths(line: &[u8]) -> (usize, usize) {
    let end = line.iter().position(|byte| *byte == b' ');
    let tags = match line.first() {
        Some(b'@') => end.map_or(line.len(), |end| end.saturating_add(1)),
        Some(_) | None => 0,
    };
    (tags, line.len().saturating_sub(tags))
}

/// Splits off a first word that is marked by `mark`.
fn leading(text: &str, mark: char) -> (Option<&str>, &str) {
    let Some(rest) = text.strip_prefix(mark) else {
        return (None, text);
    };
    let (word, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    (Some(word), rest.trim_start_matches(' '))
}

fn read_tags(tags: &str) -> Vec<(String, String)> {
    let tags = tags.split(';').filter(|tag| !tag.is_empty());
    tags.map(|tag| {
        let (key, value) = tag.split_once('=').unwrap_or((tag, ""));
        (key.to_owned(), unescape(value))
    })
    .collect()
}

/// IRCv3 message tags, "Escaping values": an unknown escape drops its backslash, and so does a last one.
fn unescape(value: &str) -> String {
    let mut plain = String::with_capacity(value.len());
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            plain.push(c);
            continue;
        }
        match chars.next() {
            Some(':') => plain.push(';'),
            Some('s') => plain.push(' '),
            Some('r') => plain.push('\r'),
            Some('n') => plain.push('\n'),
            Some(other) => plain.push(other),
            None => {}
        }
    }
    plain
}

fn escape(value: &str, to: &mut Vec<u8>) {
    for byte in value.bytes() {
        match byte {
            b';' => to.extend_from_slice(b"\\:"),
            b' ' => to.extend_from_slice(b"\\s"),
            b'\\' => to.extend_from_slice(b"\\\\"),
            b'\r' => to.extend_from_slice(b"\\r"),
            b'\n' => to.extend_from_slice(b"\\n"),
            b'\0' => {}
            byte => to.push(byte),
        }
    }
}

/// A line to a client, before it is known which tags the client takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reply {
    /// Tags with their plain values; an empty value is written without `=`.
    pub(crate) tags: Vec<(String, String)>,
    /// The rest of the line, without CR LF.
    pub(crate) body: String,
}

impl Reply {
    /// A line from somebody: words, then perhaps a last parameter that may hold spaces.
    pub(crate) fn new(source: &str, words: &[&str], trailing: Option<&str>) -> Self {
        let mut body =
            String::with_capacity(128_usize.saturating_add(trailing.map_or(0, str::len)));
        body.push(':');
        body.push_str(source);
        for word in words {
            body.push(' ');
            push_word(word, &mut body);
        }
        if let Some(trailing) = trailing {
            body.push_str(" :");
            body.extend(trailing.chars().map(|c| match c {
                '\r' | '\n' | '\0' => ' ',
                c => c,
            }));
        }
        body.truncate(body.floor_char_boundary(LONGEST_BODY));
        Self {
            tags: Vec::new(),
            body,
        }
    }

    /// With a tag more.
    pub(crate) fn tag(mut self, key: &str, value: &str) -> Self {
        self.tags.push((key.to_owned(), value.to_owned()));
        self
    }

    /// With a tag more, if there is a value.
    pub(crate) fn tag_if(self, key: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.tag(key, value),
            None => self,
        }
    }

    /// Writes the line with CR LF, leaving out the tags that the client does not take.
    pub(crate) fn write(&self, takes: impl Fn(&str) -> bool, to: &mut Vec<u8>) {
        to.reserve(ORDINARY);
        let mut before = b'@';
        for (key, value) in self.tags.iter().filter(|(key, _)| takes(key)) {
            to.push(std::mem::replace(&mut before, b';'));
            to.extend_from_slice(key.as_bytes());
            if !value.is_empty() {
                to.push(b'=');
                escape(value, to);
            }
        }
        if before != b'@' {
            to.push(b' ');
        }
        to.extend_from_slice(self.body.as_bytes());
        to.extend_from_slice(b"\r\n");
    }
}

/// A word of a line can hold no space, no line end, and no colon in front; an empty one is written `*`.
fn push_word(word: &str, to: &mut String) {
    if word.is_empty() {
        to.push('*');
    }
    if word.starts_with(':') {
        to.push('_');
    }
    to.extend(word.chars().map(|c| match c {
        ' ' | '\r' | '\n' | '\0' => '_',
        c => c,
    }));
}

/// Without CR LF (RFC 1459, section 2.3).
pub(crate) const LONGEST_BODY: usize = 510;

/// Bytes of an ordinary line with its tags.
const ORDINARY: usize = 512;

/// With `@` and the space, what a client may send (IRCv3 message tags, "Size limit": 4094 bytes of tag data).
pub(crate) const LONGEST_TAGS: usize = 4096;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lines_are_read() {
        let cases: &[(&str, &str, &[&str])] = &[
            ("PING a", "PING", &["a"]),
            ("ping :a b", "PING", &["a b"]),
            ("  NICK   bob ", "NICK", &["bob"]),
            (":x!y@z PRIVMSG bob ::)", "PRIVMSG", &["bob", ":)"]),
            ("@a=b PRIVMSG bob :", "PRIVMSG", &["bob", ""]),
        ];
        for (text, command, params) in cases {
            let line = Line::parse(text).unwrap();
            assert_eq!(
                (line.command.as_str(), line.params),
                (*command, params.iter().map(ToString::to_string).collect()),
                "{text}"
            );
        }
        for text in ["", " ", ":", "@a", "@a :b", ":a"] {
            assert_eq!(Line::parse(text), None, "{text:?}");
        }
    }

    /// "If a lone `\` exists at the end of an escaped value (with no escape character following it), then there SHOULD
    /// be no output character." "If a `\` exists with no valid escape character (for example, `\b`), then the invalid
    /// backslash SHOULD be dropped."
    #[test]
    fn tags_are_unescaped() {
        let line = Line::parse(r"@a=x\:y\sz\\;b=\b\;+c;a=last PING x").unwrap();
        assert_eq!(line.tags.first().unwrap().1, r"x;y z\");
        assert_eq!(line.tag("b"), Some("b"));
        assert_eq!(line.tag("+c"), Some(""));
        assert_eq!(line.tag("a"), Some("last"));
        assert_eq!(line.client_tags().count(), 1);
    }

    #[test]
    fn a_source_is_a_nick_or_a_server() {
        for (text, nick) in [
            (":a!b@c.d PRIVMSG me :x :y", Some("a")),
            (":a!b@c PRIVMSG me x", Some("a")),
            ("@a=1;time=x :a!b@c nick  b ", Some("a")),
            (":alice NICK :bob", Some("alice")),
            (":irc.x 001 me :hi", None),
            ("PING :a b", None),
        ] {
            let line = Line::parse(text).unwrap();
            assert_eq!(line.nick().as_deref(), nick, "{text}");
        }
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

    #[test]
    fn a_password_does_not_print() {
        let line = Line::parse("@a=hidden PASS :hidden").unwrap();
        assert_eq!(format!("{line:?}"), "Line { tags: 1, params: 1 }");
    }

    #[test]
    fn lengths_are_counted_apart() {
        assert_eq!(lengths(b"PING a"), (0, 6));
        assert_eq!(lengths(b"@a=b PING a"), (5, 6));
        assert_eq!(lengths(b"@a=b"), (4, 0));
    }

    #[test]
    fn replies_are_safe() {
        let reply = Reply::new("s", &["PRIVMSG", "", ":x", "a b"], Some("x\r\nQUIT\0"));
        assert_eq!(reply.body, ":s PRIVMSG * _:x a_b :x  QUIT ");
        let long = Reply::new("s", &["PRIVMSG"], Some(&"ä".repeat(500)));
        assert!(long.body.len() <= LONGEST_BODY && long.body.ends_with('ä'));
        let mut bytes = Vec::new();
        let tagged = Reply::new("s", &["PING"], None)
            .tag("time", "x")
            .tag("+c", "a;b");
        tagged.write(|key| key != "time", &mut bytes);
        assert_eq!(bytes, b"@+c=a\\:b :s PING\r\n");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn tags_come_back(value in "\\PC{0,20}|[;\\\\ \r\n]{0,8}") {
            let mut bytes = Vec::new();
            Reply::new("s", &["X"], None).tag("+k", &value).write(|_| true, &mut bytes);
            let text = String::from_utf8(bytes).unwrap();
            prop_assert_eq!(text.matches("\r\n").count(), 1);
            let line = Line::parse(text.trim_end_matches("\r\n")).unwrap();
            prop_assert_eq!(line.tag("+k"), Some(value.as_str()));
        }
    }
}

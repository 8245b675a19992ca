//! Arguments read into values: spans of time, ids, whom to ask.

use std::time::Duration;

use crate::protocol::address::Address;
use crate::protocol::clean;
use crate::protocol::hex;
use crate::protocol::letter::LetterId;
use crate::protocol::link::Invite;

/// Reads a span of time: a number and `s`, `m`, `h`, `d` or `w`.
pub(crate) fn span(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text:?} is no span of time: write 90s, 15m, 12h, 30d or 2w");
    let units = [
        ('s', 1),
        ('m', 60),
        ('h', 3_600),
        ('d', 86_400),
        ('w', 604_800),
    ];
    let mut read = units.into_iter().filter_map(|(unit, seconds)| {
        let number = text.strip_suffix(unit)?;
        let number = number
            .bytes()
            .all(|byte| byte.is_ascii_digit())
            .then_some(number)?;
        number.parse::<u64>().ok()?.checked_mul(seconds)
    });
    let span = read.next().ok_or_else(wrong)?;
    if span > 100 * 366 * 86_400 {
        return Err(format!("{text:?} is longer than a hundred years"));
    }
    Ok(Duration::from_secs(span))
}

/// Whom `iim add` asks.
#[derive(Debug, Clone)]
pub(crate) enum Target {
    Address(Address),
    Link(Box<Invite>),
}

impl Target {
    pub(crate) fn address(&self) -> &Address {
        match self {
            Self::Address(address) => address,
            Self::Link(invite) => &invite.address,
        }
    }
}

/// Somebody as an argument or a line of a list names them.
#[derive(Debug, Clone)]
pub(crate) struct Listed {
    pub(crate) target: Target,
    /// What they are called there, if that can be a name on a roster.
    pub(crate) name: Option<String>,
}

/// Reads `ADDRESS`, `NAME <ADDRESS>`, an invite link, or an address or link with a tab and a name behind it.
pub(crate) fn listed(text: &str) -> Result<Listed, String> {
    let text = text.trim();
    if let Some((whom, rest)) = text.split_once('\t') {
        let name = rest.split('\t').next().unwrap_or_default();
        return Ok(Listed {
            target: target(whom)?,
            name: as_name(name),
        });
    }
    match text
        .strip_suffix('>')
        .and_then(|most| most.rsplit_once('<'))
    {
        Some((name, whom)) => Ok(Listed {
            target: target(whom)?,
            name: as_name(&unquoted(name.trim())),
        }),
        None => Ok(Listed {
            target: target(text)?,
            name: None,
        }),
    }
}

/// A name as mails have it, without its quotation marks (RFC 5322, section 3.2.4).
fn unquoted(name: &str) -> String {
    let inside = name
        .strip_prefix('"')
        .and_then(|name| name.strip_suffix('"'));
    let Some(inside) = inside else {
        return name.to_owned();
    };
    let mut plain = String::new();
    let mut chars = inside.chars();
    while let Some(c) = chars.next() {
        plain.extend(if c == '\\' { chars.next() } else { Some(c) });
    }
    plain
}

/// A name that nobody chose for the roster is cut to what fits there; many programs put the address in the place of one.
fn as_name(text: &str) -> Option<String> {
    let name = clean::line(text, LONGEST_NAME);
    (!name.is_empty() && !name.contains('@')).then_some(name)
}

/// Bytes of a name on the roster.
const LONGEST_NAME: usize = 64;

/// Reads an address or an invite link.
pub(crate) fn target(text: &str) -> Result<Target, String> {
    let text = text.trim();
    let scheme = text.get(..4).unwrap_or_default();
    if scheme.eq_ignore_ascii_case("iim:") {
        let invite = Invite::parse(text).map_err(|error| error.to_string())?;
        return Ok(Target::Link(Box::new(invite)));
    }
    let address = Address::parse(text).map_err(|error| error.to_string())?;
    Ok(Target::Address(address))
}

/// The id of a text, or how it begins: all ids from the first to the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TextId {
    pub(crate) first: LetterId,
    pub(crate) last: LetterId,
}

/// Reads the id of a text, 32 hexadecimal digits, or four or more of its first.
pub(crate) fn text_id(text: &str) -> Result<TextId, String> {
    let wrong =
        || format!("{text:?} is no id of a text: 32 hexadecimal digits, or its first four or more");
    if !(4..=32).contains(&text.len()) || !text.is_ascii() {
        return Err(wrong());
    }
    let filled = |digits: String| bytes(&digits).map(LetterId).ok_or_else(wrong);
    Ok(TextId {
        first: filled(format!("{text:0<32}"))?,
        last: filled(format!("{text:f<32}"))?,
    })
}

/// Reads the id of an invite: 16 hexadecimal digits.
pub(crate) fn invite_id(text: &str) -> Result<[u8; 8], String> {
    bytes(text).ok_or_else(|| format!("{text:?} is no id of an invite: `iim invite --list`"))
}

/// Reads exactly N bytes in hexadecimal.
fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    hex::decode(text)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::string_slice, reason = "tests")]

    use super::*;

    #[test]
    fn spans_are_read() {
        for (text, seconds) in [
            ("30d", Some(2_592_000)),
            ("12h", Some(43_200)),
            ("15m", Some(900)),
            ("90s", Some(90)),
            ("2w", Some(1_209_600)),
            ("0s", Some(0)),
            ("", None),
            ("d", None),
            ("30", None),
            ("-1d", None),
            ("+1d", None),
            ("1.5h", None),
            ("30 d", None),
            ("30é", None),
            ("99999999999999999999d", None),
            ("18446744073709551615w", None),
            ("40000d", None),
        ] {
            assert_eq!(
                span(text).ok(),
                seconds.map(Duration::from_secs),
                "{text:?}"
            );
        }
    }

    #[test]
    fn ids_are_read() {
        let ends = |text: &str| text_id(text).map(|id| (id.first.to_string(), id.last.to_string()));
        let id = "00ff0102030405060708090a0b0c0dFE";
        let whole = id.to_ascii_lowercase();
        assert_eq!(ends(id), Ok((whole.clone(), whole)));
        let (zeros, fs) = ("0".repeat(27), "f".repeat(27));
        assert_eq!(
            ends("00ff0"),
            Ok((format!("00ff0{zeros}"), format!("00ff0{fs}")))
        );
        for text in [
            "",
            "00f",
            "zzzz",
            "00ff0102030405060708090a0b0c0dFE0",
            "+0ff0102030405060708090a0b0c0dfe",
            "äää",
        ] {
            assert!(text_id(text).is_err(), "{text}");
        }
        assert_eq!(invite_id("0102030405060708"), Ok([1, 2, 3, 4, 5, 6, 7, 8]));
    }

    #[test]
    fn somebody_is_named_as_other_programs_do() {
        for (text, address, name) in [
            ("bob@example.net", "bob@example.net", None),
            (" Bob@Example.NET ", "bob@example.net", None),
            ("Bob <bob@example.net>", "bob@example.net", Some("Bob")),
            ("<bob@example.net>", "bob@example.net", None),
            (
                "\"Bär, Bob\" <bob@example.net>",
                "bob@example.net",
                Some("Bär, Bob"),
            ),
            (
                r#""a \"b\" \\" <bob@example.net>"#,
                "bob@example.net",
                Some(r#"a "b" \"#),
            ),
            (
                "bob@example.net\tBob Bär\tfriends",
                "bob@example.net",
                Some("Bob Bär"),
            ),
            ("bob@example.net\t", "bob@example.net", None),
            ("bob@example.net <bob@example.net>", "bob@example.net", None),
            (
                "B\u{1b}[2Job <bob@example.net>",
                "bob@example.net",
                Some("Bob"),
            ),
            ("a < b <bob@example.net>", "bob@example.net", Some("a < b")),
        ] {
            let listed = listed(text).map(|one| (one.target.address().to_string(), one.name));
            assert_eq!(
                listed,
                Ok((address.to_owned(), name.map(str::to_owned))),
                "{text}"
            );
        }
        let long = format!("{} <bob@example.net>", "é".repeat(50));
        assert_eq!(listed(&long).unwrap().name.unwrap().len(), 64);
        for text in [
            "",
            "Bob",
            "Bob <bob>",
            "Bob <bob@example.net",
            "bob@example.net, carol@example.com",
            "Bob\tbob@example.net",
        ] {
            assert!(listed(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_target_is_an_address_or_a_link() {
        assert!(matches!(target("bob@example.net"), Ok(Target::Address(_))));
        assert!(target("bob").is_err());
        assert!(target("iim:bob%40example.net").is_err());
        assert!(target("é@").is_err());
    }
}

//! Names of folders as IMAP writes them: modified UTF-7 (RFC 3501, section 5.1.3).

use base64::Engine as _;
use base64::alphabet::IMAP_MUTF7;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD};

/// A folder's name as a quoted string of IMAP: whatever is in it, it is printable ASCII.
pub(super) fn folder(name: &str) -> String {
    quoted(&encode(name))
}

/// A text as a quoted string; it holds neither line ends nor what is not ASCII.
pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// As it goes over the line: `&` and what is no printable ASCII stand as `&…-`, UTF-16 in a base64 of its own.
pub fn encode(name: &str) -> String {
    let mut out = String::new();
    let mut shifted: Vec<u8> = Vec::new();
    for c in name.chars() {
        if !matches!(c, ' '..='~') {
            let mut units = [0; 2];
            let units = c.encode_utf16(&mut units);
            shifted.extend(units.iter().flat_map(|unit| unit.to_be_bytes()));
            continue;
        }
        unshift(&mut shifted, &mut out);
        out.push(c);
        if c == '&' {
            out.push('-');
        }
    }
    unshift(&mut shifted, &mut out);
    out
}

fn unshift(shifted: &mut Vec<u8>, out: &mut String) {
    if !shifted.is_empty() {
        out.push('&');
        BASE64.encode_string(&*shifted, out);
        out.push('-');
        shifted.clear();
    }
}

/// As a person reads it; what is no modified UTF-7 but UTF-8 (RFC 6855) is as it stands; `None`: it is neither.
pub fn decode(name: &[u8]) -> Option<String> {
    let name = std::str::from_utf8(name).ok()?;
    let mut out = String::new();
    let mut rest = name;
    while let Some((plain, shifted)) = rest.split_once('&') {
        out.push_str(plain);
        let Some((shifted, after)) = shifted.split_once('-') else {
            return Some(name.to_owned());
        };
        match shifted {
            "" => out.push('&'),
            shifted => match unshifted(shifted) {
                Some(text) => out.push_str(&text),
                None => return Some(name.to_owned()),
            },
        }
        rest = after;
    }
    out.push_str(rest);
    Some(out)
}

fn unshifted(text: &str) -> Option<String> {
    let bytes = BASE64.decode(text).ok()?;
    let (pairs, odd) = bytes.as_chunks::<2>();
    let units: Vec<u16> = pairs.iter().map(|pair| u16::from_be_bytes(*pair)).collect();
    String::from_utf16(&units).ok().filter(|_| odd.is_empty())
}

const BASE64: GeneralPurpose = GeneralPurpose::new(&IMAP_MUTF7, NO_PAD);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_written_as_the_specification_shows() {
        for (name, written) in [
            ("INBOX", "INBOX"),
            // RFC 3501, section 5.1.3.
            ("~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
            ("A&B", "A&-B"),
            ("Entwürfe", "Entw&APw-rfe"),
            ("\u{1f4e7}", "&2D3c5w-"),
            ("a\r\nb", "a&AA0ACg-b"),
        ] {
            assert_eq!(encode(name), written, "{name}");
            assert_eq!(decode(written.as_bytes()).unwrap(), name, "{written}");
        }
        assert_eq!(decode("Entwürfe".as_bytes()).unwrap(), "Entwürfe");
        for odd in ["&", "a&b", "&AP-", "&2D0-", "&a b-"] {
            assert_eq!(decode(odd.as_bytes()).unwrap(), odd);
        }
        assert_eq!(decode(b"Entw\xfcrfe"), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn any_name_comes_back(name in any::<String>()) {
            let written = encode(&name);
            prop_assert!(written.chars().all(|c| matches!(c, ' '..='~')));
            prop_assert_eq!(decode(written.as_bytes()).unwrap(), name);
        }
    }
}

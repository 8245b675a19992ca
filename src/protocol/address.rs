//! A mail address, in the one form in which two spellings of the same mailbox are equal.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::clean;

/// A mail address whose domain is a lower-case A-label and whose ASCII local part is folded.
///
/// ```text
/// address = local "@" domain          3 to 254 octets (RFC 5321, section 4.5.3.1.3)
/// local   = 1*64 octets of atext and "." (RFC 5322, section 3.2.3), or letters and digits of any script (RFC 6531)
/// domain  = labels of letters, digits and hyphens (RFC 5890 A-labels), 1*253 octets
/// ```
///
/// Quoted local parts and domain literals are refused: nobody's mailbox needs them, and each is a way to
/// smuggle a space or a bracket into a command line. So is what does not show, though Unicode calls some of it letters
/// (the Hangul fillers): two addresses that look alike would be two people.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Address(String);

/// Why a text is not a mail address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// There is no `@` with something on both sides of it.
    #[error("not a mail address: it needs the form name@domain")]
    Form,
    /// The local part holds what a plain local part may not.
    #[error("not a mail address: the part before the @ may not hold {0:?}")]
    Local(char),
    /// The local part begins or ends with a dot, has two in a row, begins with a hyphen, or is too long.
    #[error("not a mail address: the part before the @ is malformed")]
    LocalForm,
    /// The domain is no domain name (RFC 5891).
    #[error("not a mail address: the part after the @ is not a domain name")]
    Domain,
    /// Longer than 254 octets (RFC 5321).
    #[error("not a mail address: longer than 254 bytes")]
    Long,
}

impl Address {
    /// Reads an address, folding it into the compared form.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let address = Self::kept(text)?;
        match address.local().chars().find(|&c| !clean::shows(c)) {
            Some(c) => Err(AddressError::Local(c)),
            // UTS #46 has mapped some of what does not show to nothing.
            None if !text.trim().chars().all(clean::shows) => Err(AddressError::Domain),
            None => Ok(address),
        }
    }

    /// Reads an address from our own files: an earlier version took those with letters that do not show, and one such
    /// person must not make the whole roster unreadable.
    pub fn kept(text: &str) -> Result<Self, AddressError> {
        let text = text.trim();
        if text.len() > LONGEST_READ {
            return Err(AddressError::Long);
        }
        let (local, domain) = text.rsplit_once('@').ok_or(AddressError::Form)?;
        if local.is_empty() || domain.is_empty() {
            return Err(AddressError::Form);
        }
        check_local(local)?;
        let domain = fold_domain(domain)?;
        let address = format!("{}@{domain}", local.to_ascii_lowercase());
        if address.len() > 254 {
            return Err(AddressError::Long);
        }
        Ok(Self(address))
    }

    /// The address as text, folded.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part before the `@`.
    pub fn local(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(local, _)| local)
    }

    /// The part after the `@`, a lower-case A-label.
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }

    /// Whether the local part holds what starts or chains commands in a shell, even between double quotes. Nobody's
    /// mailbox needs it, so such strangers are not heard.
    pub fn could_run(&self) -> bool {
        self.local().contains(['`', '$', '|', '!', '{', '}'])
    }
}

/// The longest text that is looked at, in bytes: a domain may be written in more than its A-label has.
const LONGEST_READ: usize = 1024;

/// Only what an unquoted local part may hold; a leading hyphen could be taken for an option by a sendmail.
fn check_local(local: &str) -> Result<(), AddressError> {
    if local.len() > 64
        || local.starts_with(['.', '-'])
        || local.ends_with('.')
        || local.contains("..")
    {
        return Err(AddressError::LocalForm);
    }
    let allowed = |c: char| {
        c.is_ascii_alphanumeric()
            || "!#$%&'*+-/=?^_`{|}~.".contains(c)
            || (!c.is_ascii() && c.is_alphanumeric())
    };
    let other = local.chars().find(|&c| !allowed(c));
    other.map_or(Ok(()), |c| Err(AddressError::Local(c)))
}

fn fold_domain(domain: &str) -> Result<String, AddressError> {
    let domain = idna::domain_to_ascii_strict(domain).map_err(|_| AddressError::Domain)?;
    let label =
        |l: &str| !l.is_empty() && l.len() <= 63 && !l.starts_with('-') && !l.ends_with('-');
    if domain.len() > 253 || !domain.split('.').all(label) {
        return Err(AddressError::Domain);
    }
    Ok(domain)
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Address {
    type Error = AddressError;

    fn try_from(text: String) -> Result<Self, AddressError> {
        Self::kept(&text)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn an_address_shows_itself() {
        let bob = Address::parse("Bob@Example.NET").unwrap();
        assert_eq!(format!("{bob} {bob:?}"), "bob@example.net bob@example.net");
    }

    #[test]
    fn spellings_of_one_mailbox_are_equal() {
        for (text, folded) in [
            ("Bob@Example.NET", "bob@example.net"),
            (" bob@example.net ", "bob@example.net"),
            ("bob+iim@bücher.example", "bob+iim@xn--bcher-kva.example"),
            ("jürgen@example.org", "jürgen@example.org"),
        ] {
            assert_eq!(
                Address::parse(text).map(|a| a.as_str().to_owned()),
                Ok(folded.to_owned()),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "",
            "bob",
            "@example.net",
            "bob@",
            "bo b@example.net",
            "\"bob\"@example.net",
            "bob@[127.0.0.1]",
            "bob@exa mple.net",
            "-bob@example.net",
            ".bob@example.net",
            "b..b@example.net",
            "bob@example..net",
            "bob\r\n@example.net",
            "bob@-example.net",
            "bob@example-.net",
            "bob@example.net.",
            "a@b@example.net",
        ] {
            assert!(Address::parse(text).is_err(), "{text}");
        }
        assert!(Address::parse(&format!("{}@example.net", "a".repeat(65))).is_err());
        assert!(Address::parse(&format!("a@{}.example.net", "b.".repeat(130))).is_err());
    }

    #[test]
    fn the_longest_that_fit() {
        let local = "a".repeat(64);
        // A label has at most 63: 64 + 1 + 189 = 254.
        let domain = format!("{0}.{0}.{1}", "b".repeat(63), "c".repeat(61));
        let longest = format!("{local}@{domain}");
        assert_eq!(longest.len(), 254);
        assert!(Address::parse(&longest).is_ok());
        let longer = Address::parse(&format!("{longest}c"));
        assert_eq!(longer, Err(AddressError::Long));
        // A domain may have 253 (RFC 1035, section 2.3.4), and no more.
        for (last, expected) in [(61, AddressError::Long), (62, AddressError::Domain)] {
            let domain = format!("{0}.{0}.{0}.{1}", "b".repeat(63), "c".repeat(last));
            let address = Address::parse(&format!("a@{domain}"));
            assert_eq!(address, Err(expected), "{} bytes", domain.len());
        }
    }

    #[test]
    fn an_address_with_invisible_letters_is_refused() {
        for hidden in [
            '\u{3164}',
            '\u{115F}',
            '\u{1160}',
            '\u{FFA0}',
            '\u{2800}',
            '\u{34F}',
            '\u{180E}',
            '\u{FE0F}',
            '\u{E0100}',
            '\u{E0041}',
            '\u{AD}',
            '\u{200C}',
            '\u{200D}',
            '\u{200B}',
            '\u{2060}',
            '\u{17B4}',
        ] {
            let local = Address::parse(&format!("bo{hidden}b@example.org"));
            assert_eq!(local, Err(AddressError::Local(hidden)), "{hidden:?}");
            let domain = Address::parse(&format!("bob@exa{hidden}mple.org"));
            assert_eq!(domain, Err(AddressError::Domain), "{hidden:?}");
        }
    }

    #[test]
    fn an_address_that_was_taken_once_can_be_read_from_our_files() {
        let address = Address::kept("bo\u{3164}b@example.org").unwrap();
        let json = serde_json::to_string(&address).unwrap();
        assert_eq!(serde_json::from_str::<Address>(&json).unwrap(), address);
    }

    #[test]
    fn a_long_text_is_refused_before_it_is_looked_at() {
        let long = format!("a@{}.example", "\u{FF41}".repeat(400));
        assert_eq!(Address::parse(&long), Err(AddressError::Long));
    }

    #[test]
    fn what_could_run_in_a_shell_is_known() {
        for (local, could) in [
            ("x||a&&touch${!z}", true),
            ("a`b", true),
            ("a$b", true),
            ("a|b", true),
            ("a!b", true),
            ("a{b", true),
            ("a}b", true),
            ("o'hara+x&y~#*?", false),
        ] {
            let address = Address::parse(&format!("{local}@example.org")).unwrap();
            assert_eq!(address.could_run(), could, "{local}");
        }
    }

    #[test]
    fn a_local_part_may_hold_letters_of_any_script_and_nothing_else_beyond_ascii() {
        for local in ["jürgen", "ιωάννης", "o'hara!#$%&*+-/=?^_`{|}~"] {
            let address = Address::parse(&format!("{local}@example.org"));
            assert!(address.is_ok(), "{local}");
        }
        for (local, bad) in [("b“b", '“'), ("b\u{200b}b", '\u{200b}'), ("b,b", ',')] {
            let address = Address::parse(&format!("{local}@example.org"));
            assert_eq!(address, Err(AddressError::Local(bad)), "{local:?}");
        }
    }
}

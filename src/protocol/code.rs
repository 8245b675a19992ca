//! The recovery code: 128 random bits as letters that a person writes on paper.
//!
//! ```abnf
//! code  = 7group                  ; 26 letters of the bits, 2 that check them
//! group = 4(%x61-7A / %x32-37)    ; RFC 4648, section 6, in lower case; "-" between groups
//! ```

use data_encoding::BASE32_NOPAD;
use zeroize::Zeroizing;

use super::debug::redacted_debug;
use super::hash::sha256;

/// What opens archives and kept copies of an account. Shown once, and stored nowhere.
#[derive(Clone, PartialEq, Eq)]
pub struct Code(pub [u8; 16]);

redacted_debug! { Code }

/// Why a text is no recovery code; nothing of the text is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// Not as many letters as a code has.
    #[error("a recovery code has 28 letters and digits, and this has {0}")]
    Length(usize),
    /// A character that no code has.
    #[error("a recovery code has the letters a to z and the digits 2 to 7 alone")]
    Letter,
    /// The last two letters do not fit the others.
    #[error("a letter of the recovery code is wrong: its last two do not fit the others")]
    Check,
}

impl Code {
    /// As it is shown: `abcd-efgh-…`.
    pub fn shown(&self) -> Zeroizing<String> {
        let letters = self.letters();
        let mut shown = Zeroizing::new(String::with_capacity(LETTERS + LETTERS / GROUP));
        for (place, letter) in letters.chars().enumerate() {
            if place > 0 && place.is_multiple_of(GROUP) {
                shown.push('-');
            }
            shown.push(letter);
        }
        shown
    }

    /// Reads what a person types: in either case, with spaces and hyphens wherever they like, and with the digits that look
    /// like letters of it taken for those.
    pub fn read(text: &str) -> Result<Self, CodeError> {
        let typed = text.chars().filter(|c| !c.is_whitespace() && *c != '-');
        let letters: String = typed.take(MOST_TYPED).map(meant).collect();
        let letters = Zeroizing::new(letters);
        if letters.chars().count() != LETTERS {
            return Err(CodeError::Length(letters.chars().count()));
        }
        let (bits, _) = letters.split_at_checked(BITS).ok_or(CodeError::Letter)?;
        if letters
            .bytes()
            .any(|c| !matches!(c, b'A'..=b'Z' | b'2'..=b'7'))
        {
            return Err(CodeError::Letter);
        }
        // Two of its 130 bits are zero.
        let decoded = BASE32_NOPAD.decode(bits.as_bytes());
        let decoded = Zeroizing::new(decoded.map_err(|_| CodeError::Check)?);
        let decoded = decoded.as_slice().try_into();
        let code = Self(decoded.map_err(|_| CodeError::Check)?);
        match code.letters().eq_ignore_ascii_case(&letters) {
            true => Ok(code),
            false => Err(CodeError::Check),
        }
    }

    fn letters(&self) -> Zeroizing<String> {
        // It does not grow.
        let mut letters = Zeroizing::new(String::with_capacity(LETTERS));
        let bits = Zeroizing::new(BASE32_NOPAD.encode(&self.0));
        letters.push_str(&bits);
        let hash = sha256(&[b"iim1 code", &self.0]);
        let check = BASE32_NOPAD.encode(&hash);
        letters.extend(check.chars().take(LETTERS - BITS));
        letters.make_ascii_lowercase();
        letters
    }
}

/// The letter that a character stands for: no code has a 0, a 1, an 8 or a 9.
fn meant(typed: char) -> char {
    match typed {
        '0' => 'O',
        '1' => 'L',
        '8' => 'B',
        other => other.to_ascii_uppercase(),
    }
}

/// Letters of the 128 bits.
const BITS: usize = 26;
/// With those that check them.
const LETTERS: usize = 28;
/// Letters between two hyphens.
const GROUP: usize = 4;
/// What is looked at of what was typed.
const MOST_TYPED: usize = 64;

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::indexing_slicing,
        clippy::string_slice,
        reason = "tests"
    )]
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_bytes() {
        let code = Code([0; 16]);
        assert_eq!(*code.shown(), "aaaa-aaaa-aaaa-aaaa-aaaa-aaaa-aaeb");
        let code = Code(*b"sixteen bytes ok");
        assert_eq!(code.shown().len(), 34);
        assert_eq!(Code::read(&code.shown()), Ok(code));
    }

    #[test]
    fn what_is_no_code_says_why_and_not_what_it_is() {
        let shown = Code([7; 16]).shown();
        for (text, why) in [
            ("", CodeError::Length(0)),
            (&shown[1..], CodeError::Length(27)),
            (&format!("{}a", *shown), CodeError::Length(29)),
            (&shown.replace(&shown[..1], "9"), CodeError::Letter),
            (&shown.replace(&shown[..1], "é"), CodeError::Letter),
            (&"a".repeat(1 << 20), CodeError::Length(64)),
        ] {
            assert_eq!(Code::read(text), Err(why), "{text:.40}");
        }
        assert_eq!(format!("{:?}", Code([7; 16])), "Code(…)");
    }

    proptest! {
        #[test]
        fn a_code_is_read_however_it_is_typed(bits: [u8; 16], upper: bool) {
            let code = Code(bits);
            let mut typed = code.shown().replace('-', " ");
            if upper {
                typed = typed.to_uppercase();
            }
            typed = typed.replace(['o', 'O'], "0").replace(['b', 'B'], "8");
            prop_assert_eq!(Code::read(&typed), Ok(code));
        }

        #[test]
        fn a_letter_that_is_wrong_is_noticed(bits: [u8; 16], place in 0..28_usize, other in 0..32_usize) {
            let code = Code(bits);
            let mut letters: Vec<char> = code.shown().replace('-', "").chars().collect();
            let wrong = char::from(b"abcdefghijklmnopqrstuvwxyz234567"[other]);
            prop_assume!(letters[place] != wrong);
            letters[place] = wrong;
            let text: String = letters.into_iter().collect();
            // One in 1,024 fits by chance.
            if let Ok(read) = Code::read(&text) {
                prop_assert_ne!(read, code);
            }
        }
    }
}

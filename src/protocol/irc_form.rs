//! A sealed letter as one or more lines of IRC: the frame.
//!
//! ```abnf
//! frame = "iim1" SP 8(%x61-7A / DIGIT) SP %x31-38 "/" %x31-38 SP 1*(ALPHA / DIGIT / "+" / "/")
//! ```
//! The words after `iim1`: the letter's tag, piece k of n, and that piece of the base64 (RFC 4648, section 4,
//! no padding) of the sealed part's CBOR.

mod assembler;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::part::Sealed;
pub use assembler::{Assembler, MAX_WAITING};

/// The most lines of one letter; what needs more goes by mail.
pub const MAX_PIECES: usize = 8;
/// The characters of a tag.
pub const TAG: usize = 8;

/// What stands before the base64: `iim1 `, the tag, ` k/n `.
const HEAD: usize = MARK.len() + TAG + 5;
const MARK: &str = "iim1 ";

/// Why a sealed letter cannot go over IRC.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PiecesError {
    /// It needs more than eight lines.
    #[error("too long for irc: {0} bytes of base64")]
    TooLong(usize),
    /// A pre-key message shows its sender's identity key.
    #[error("a pre-key message never goes over irc")]
    PreKey,
    /// The tag is not eight of a–z0–9.
    #[error("not a tag of eight of a-z and 0-9")]
    Tag,
}

/// One line's worth of a letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    tag: String,
    k: usize,
    n: usize,
    base64: String,
}

/// Cuts a sealed letter into the texts of PRIVMSGs, each at most `room` bytes.
pub fn pieces(sealed: &Sealed, tag: &str, room: usize) -> Result<Vec<String>, PiecesError> {
    if sealed.prekey {
        return Err(PiecesError::PreKey);
    }
    frames(&sealed.encode(), tag, room)
}

/// Cuts a part into the texts of PRIVMSGs, each at most `room` bytes.
pub fn frames(part: &[u8], tag: &str, room: usize) -> Result<Vec<String>, PiecesError> {
    if !is_tag(tag) {
        return Err(PiecesError::Tag);
    }
    let base64 = STANDARD_NO_PAD.encode(part);
    let size = room.saturating_sub(HEAD);
    if base64.len() > size.saturating_mul(MAX_PIECES) {
        return Err(PiecesError::TooLong(base64.len()));
    }
    // Where there is no room at all, there is more than that.
    let pieces: Vec<_> = base64.as_bytes().chunks(size.max(1)).collect();
    let n = pieces.len();
    let line = |(piece, k): (&&[u8], usize)| {
        format!("{MARK}{tag} {k}/{n} {}", String::from_utf8_lossy(piece))
    };
    Ok(pieces.iter().zip(1..).map(line).collect())
}

/// The bytes there are for the text of one PRIVMSG, so that the line others see still fits.
///
/// `prefix_len` counts `nick!user@host` as others see us, `target_len` the target, `linelen` the whole
/// line with its CR LF: 512 (RFC 1459, section 2.3), or what ISUPPORT LINELEN says.
pub fn room(prefix_len: usize, target_len: usize, linelen: usize) -> usize {
    let around = ": PRIVMSG  :\r\n".len();
    linelen
        .saturating_sub(around)
        .saturating_sub(prefix_len)
        .saturating_sub(target_len)
}

impl Piece {
    /// Reads the text of a PRIVMSG; `None` if it is no frame, or a malformed one.
    pub fn parse(text: &str) -> Option<Self> {
        let mut words = text.strip_prefix(MARK)?.split(' ');
        let (tag, count, base64) = (words.next()?, words.next()?, words.next()?);
        let (k, n) = parse_count(count)?;
        let whole = words.next().is_none() && is_tag(tag) && is_base64(base64);
        whole.then(|| Self {
            tag: tag.to_owned(),
            k,
            n,
            base64: base64.to_owned(),
        })
    }
}

fn parse_count(text: &str) -> Option<(usize, usize)> {
    let &[k @ b'1'..=b'8', b'/', n @ b'1'..=b'8'] = text.as_bytes() else {
        return None;
    };
    let number = |digit: u8| usize::from(digit.saturating_sub(b'0'));
    (k <= n).then(|| (number(k), number(n)))
}

fn is_tag(text: &str) -> bool {
    let plain = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit();
    text.len() == TAG && text.bytes().all(plain)
}

fn is_base64(text: &str) -> bool {
    let allowed = |c: u8| c.is_ascii_alphanumeric() || c == b'+' || c == b'/';
    !text.is_empty() && text.bytes().all(allowed)
}

/// The letter that a part holds, if they hold one that may come over IRC.
fn open(part: &[u8]) -> Option<Sealed> {
    let sealed = Sealed::decode(part).ok()?;
    (!sealed.prekey).then_some(sealed)
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::indexing_slicing,
        clippy::panic,
        reason = "tests"
    )]
    use super::*;

    fn sealed(size: usize) -> Sealed {
        Sealed {
            prekey: false,
            ciphertext: vec![0xA5; size],
        }
    }

    #[test]
    fn a_short_text_fits_one_line() {
        // 256 bytes of Olm message hold 192 to 207 bytes of padded letter: a text of 100 bytes and its field names.
        let room = room("abcdefghi!abcdefghij@".len() + 63, 9, 512);
        assert_eq!(pieces(&sealed(256), "tagtag01", room).unwrap().len(), 1);
    }

    #[test]
    fn known_bytes() {
        let sealed = Sealed {
            prekey: false,
            ciphertext: vec![1, 2, 3],
        };
        let lines = pieces(&sealed, "abcdef12", 100).unwrap();
        assert_eq!(lines, ["iim1 abcdef12 1/1 gwEBQwECAw"]);
        let lines = pieces(&sealed, "abcdef12", 24).unwrap();
        assert_eq!(
            lines,
            ["iim1 abcdef12 1/2 gwEBQw", "iim1 abcdef12 2/2 ECAw"].map(str::to_owned)
        );
    }

    #[test]
    fn every_line_fits_the_room() {
        for size in [1, 100, 500, 1000, 2000] {
            for line in pieces(&sealed(size), "abcdef12", 389).unwrap() {
                assert!(line.len() <= 389, "{size}");
                assert!(Piece::parse(&line).is_some(), "{size}");
            }
        }
    }

    #[test]
    fn what_may_not_go_over_irc_is_refused() {
        let opening = Sealed {
            prekey: true,
            ciphertext: vec![1],
        };
        assert_eq!(pieces(&opening, "abcdef12", 400), Err(PiecesError::PreKey));
        assert!(matches!(
            pieces(&sealed(4000), "abcdef12", 400),
            Err(PiecesError::TooLong(_))
        ));
        assert!(matches!(
            pieces(&sealed(1), "abcdef12", 18),
            Err(PiecesError::TooLong(_))
        ));
        assert!(matches!(
            pieces(&sealed(1), "abcdef12", 0),
            Err(PiecesError::TooLong(_))
        ));
        assert_eq!(pieces(&sealed(1), "ABCDEF12", 400), Err(PiecesError::Tag));
        assert_eq!(pieces(&sealed(1), "abc", 400), Err(PiecesError::Tag));
    }

    #[test]
    fn a_line_of_512_is_used_whole() {
        let (prefix, target) = ("abcdefghi!u@host", "ninechars");
        let room = room(prefix.len(), target.len(), 512);
        let line = format!(":{prefix} PRIVMSG {target} :{}\r\n", "x".repeat(room));
        assert_eq!(line.len(), 512);
        assert_eq!(crate::protocol::irc_form::room(600, 9, 512), 0);
    }

    #[test]
    fn what_is_no_frame_or_a_malformed_one_is_not_read() {
        for text in [
            "hello",
            "iim2 abcdef12 1/1 AAAA",
            "IIM1 abcdef12 1/1 AAAA",
            "iim1 ",
            "iim1 abcdef1 1/1 AAAA",
            "iim1 Abcdef12 1/1 AAAA",
            "iim1 abcdef12 0/1 AAAA",
            "iim1 abcdef12 2/1 AAAA",
            "iim1 abcdef12 1/9 AAAA",
            "iim1 abcdef12 1/10 AAAA",
            "iim1 abcdef12 1/1 ",
            "iim1 abcdef12 1/1 AA==",
            "iim1 abcdef12 1/1 AA-_",
            "iim1 abcdef12 1/1 AAAA more",
            "iim1  abcdef12 1/1 AAAA",
        ] {
            assert_eq!(Piece::parse(text), None, "{text}");
        }
    }
}

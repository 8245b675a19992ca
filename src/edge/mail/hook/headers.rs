//! The header section as the hook needs it, without a parser: where it ends, and a copy of it without the status lines
//! of others.
//!
//! Lines end with LF, with or without a CR before it; a line that begins with a space or a tab continues the field
//! before it (RFC 5322, section 2.2.3); the first empty line ends the section.

/// The length of the header section with its empty line, once that has been read; looks from `from` on.
pub(in crate::edge::mail) fn end(bytes: &[u8], from: usize) -> Option<usize> {
    // The empty line may begin before `from`; a line feed is looked for from two bytes back.
    let mut at = from.saturating_sub(2);
    if at == 0 && (bytes.starts_with(b"\n") || bytes.starts_with(b"\r\n")) {
        return Some(if bytes.starts_with(b"\n") { 1 } else { 2 });
    }
    loop {
        let rest = bytes.get(at..)?;
        at = at.checked_add(rest.iter().position(|&b| b == b'\n')?)?;
        at = at.checked_add(1)?;
        match bytes.get(at..)? {
            [b'\n', ..] => return at.checked_add(1),
            [b'\r', b'\n', ..] => return at.checked_add(2),
            _ => {}
        }
    }
}

/// Copies a mail piece by piece, and leaves out every `IIM-Status` field of its header section.
#[derive(Debug, Default)]
pub(in crate::edge::mail) struct Strip {
    /// The beginning of a line of which it is not yet known whether it stays.
    start: Vec<u8>,
    /// Inside a line that stays (or goes, as `dropping` says).
    inside: bool,
    dropping: bool,
    /// The section has ended: all that follows stays.
    done: bool,
}

/// The name of the field that says what was done.
pub(in crate::edge::mail) const STATUS: &str = "IIM-Status";
/// So much of a line says whether it is that field.
const ENOUGH: usize = 64;

impl Strip {
    /// Appends what stays of the next piece.
    pub(in crate::edge::mail) fn feed(&mut self, piece: &[u8], out: &mut Vec<u8>) {
        let mut rest = piece;
        while !rest.is_empty() && !self.done {
            let newline = rest.iter().position(|&b| b == b'\n');
            let length = newline.map_or(rest.len(), |n| n.saturating_add(1));
            let (line, after) = rest.split_at(length.min(rest.len()));
            self.line(line, newline.is_some(), out);
            rest = after;
        }
        out.extend_from_slice(rest);
    }

    /// Appends what was held back when the mail ends inside a line.
    pub(in crate::edge::mail) fn finish(&mut self, out: &mut Vec<u8>) {
        if !self.inside {
            let line = std::mem::take(&mut self.start);
            self.judge(&line, out);
        }
    }

    /// Whether the header section is behind.
    pub(in crate::edge::mail) fn is_done(&self) -> bool {
        self.done
    }

    fn line(&mut self, part: &[u8], ended: bool, out: &mut Vec<u8>) {
        if self.inside {
            if !self.dropping {
                out.extend_from_slice(part);
            }
        } else if ended && self.start.is_empty() {
            self.judge(part, out);
        } else {
            self.start.extend_from_slice(part);
            if !ended && self.start.len() < ENOUGH {
                return;
            }
            let line = std::mem::take(&mut self.start);
            self.judge(&line, out);
        }
        self.inside = !ended;
    }

    fn judge(&mut self, line: &[u8], out: &mut Vec<u8>) {
        self.done = line == b"\n" || line == b"\r\n";
        if !matches!(line, [b' ' | b'\t', ..]) {
            self.dropping = is_status(line);
        }
        if !self.dropping {
            out.extend_from_slice(line);
        }
    }
}

/// Whether a header section holds a status field, so that it must be copied without it.
pub(in crate::edge::mail) fn has_status(section: &[u8]) -> bool {
    section.split_inclusive(|&b| b == b'\n').any(is_status)
}

/// Whether a line, or as much of it as is known, begins the status field.
fn is_status(line: &[u8]) -> bool {
    let Some((start, rest)) = line.split_at_checked(STATUS.len()) else {
        return false;
    };
    // As much as is known of a line may be nothing but the name and spaces.
    let padded = line.len() >= ENOUGH && rest.trim_ascii().is_empty();
    start.eq_ignore_ascii_case(STATUS.as_bytes())
        && (padded || rest.trim_ascii_start().starts_with(b":"))
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::arithmetic_side_effects,
        reason = "tests"
    )]
    use super::*;

    #[test]
    fn the_section_ends_at_the_first_empty_line() {
        for (mail, length) in [
            (&b"A: b\n\nbody"[..], Some(6)),
            (b"A: b\r\n\r\nbody", Some(8)),
            (b"A: b\r\n\nbody", Some(7)),
            (b"\nbody", Some(1)),
            (b"\r\nbody", Some(2)),
            (b"A: b\n c\n\n", Some(9)),
            (b"A: b\n \n\n", Some(8)),
            (b"A: b\n", None),
            (b"A: b\n\r", None),
            (b"A: b", None),
            (b"", None),
        ] {
            let text = String::from_utf8_lossy(mail);
            assert_eq!(end(mail, 0), length, "{text:?}");
            for from in 0..=length.map_or(mail.len(), |n| n.saturating_sub(1)) {
                assert_eq!(end(mail, from), length, "{text:?} from {from}");
            }
        }
    }

    #[test]
    fn status_lines_of_others_go_however_the_mail_is_cut() {
        let long = " ".repeat(100);
        for (mail, left) in [
            (
                "A: b\n\nbody\nIIM-Status: stays\n",
                "A: b\n\nbody\nIIM-Status: stays\n",
            ),
            ("IIM-Status: x\nA: b\n\nbody", "A: b\n\nbody"),
            (
                "From x\r\niim-status: x\r\n y\r\n\tz\r\nA: b\r\n c\r\n\r\n",
                "From x\r\nA: b\r\n c\r\n\r\n",
            ),
            ("A: b\nIIM-Status : x\n\n", "A: b\n\n"),
            ("A: b\nIIM-Status: x", "A: b\n"),
            ("A: b\nIIM-Stat", "A: b\nIIM-Stat"),
            ("A: b\nIIM-Status\n\n", "A: b\nIIM-Status\n\n"),
            ("A: b\n IIM-Status: x\n\n", "A: b\n IIM-Status: x\n\n"),
            ("IIM-Statuses: x\n\n", "IIM-Statuses: x\n\n"),
            (&format!("A: b\nIIM-Status{long}: x\n\n"), "A: b\n\n"),
            (
                &format!("A: b\n{long}c\nIIM-Status: x{long}{long}\n{long}\nD: e\n\n"),
                &format!("A: b\n{long}c\nD: e\n\n"),
            ),
            ("no colon\nIIM-Status: x\n", "no colon\n"),
            ("\nIIM-Status: x\n", "\nIIM-Status: x\n"),
            ("", ""),
        ] {
            for size in [1, 2, 3, 7, 63, 64, 65, 1000] {
                let mut strip = Strip::default();
                let mut out = Vec::new();
                for piece in mail.as_bytes().chunks(size) {
                    strip.feed(piece, &mut out);
                }
                strip.finish(&mut out);
                assert_eq!(String::from_utf8_lossy(&out), left, "{mail:?} by {size}");
            }
        }
    }
}

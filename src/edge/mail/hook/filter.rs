//! The cheap path of the hook: reads the header section, and most mails are done with.
//!
//! ```text
//! deliver   header -> no candidate --------------------> drain, 1
//!                  -> marked, too large --------------> drain, counted, 1
//!                  -> candidate -> whole mail -> handle -> 0, 1, 75
//! filter    header -> no candidate -------> copy byte for byte, 0
//!                  -> marked, too large -> "too large" on top, counted, 0
//!                  -> candidate -> whole mail -> handle -> a status line on top, 0
//!                                                       -> trouble: unchanged, 75
//! ```
//!
//! A mail that is not ours is never held in memory as a whole, however big it is.

use std::fs::File;
use std::io::{self, Read, Write};

use super::headers::{STATUS, Strip, end, has_status};
pub use crate::protocol::candidate::Kind;
use crate::protocol::candidate::kind;

/// A mail that concerns us, whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Why it may concern us.
    pub kind: Kind,
    /// The mail as it came, perhaps with a `From ` line on top (see [`Candidate::mail`]).
    pub raw: Vec<u8>,
    /// `raw` is all of it, at most 1 MiB. Of a mail that bears our marker and is larger than any of ours it is what has
    /// been read: the mail is left, whatever is made of it.
    pub whole: bool,
}

/// What was done with a mail; the words are what `filter` writes on top of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It was handled, and may be dropped.
    Handled(String),
    /// It bears our marker, but is left alone, for this reason.
    Left(String),
    /// It turned out not to concern us.
    NotOurs,
    /// Trouble: it stays where it was.
    Trouble,
}

/// The mail was handled, and may be dropped.
pub const HANDLED: u8 = 0;
/// The mail is not ours, and was left alone.
pub const NOT_OURS: u8 = 1;
/// Trouble: try later (`EX_TEMPFAIL` of sysexits.h).
pub const TROUBLE: u8 = 75;

/// The longest header section that is looked through, and the longest mail that is handled, in bytes.
const LONGEST: usize = 1024 * 1024;
/// What is read at once, in bytes.
const PIECE: usize = 16 * 1024;

impl Candidate {
    /// A mail that is there as a whole, if it may concern us.
    pub fn of(mut mail: &[u8]) -> Option<Self> {
        sift(&mut mail).ok()?.ok()
    }

    /// The mail without the `From ` line that some mail systems put on top, and no more than its first MiB.
    pub fn mail(&self) -> &[u8] {
        let most = self.raw.get(..LONGEST).unwrap_or(&self.raw);
        most.get(from_line(most)..).unwrap_or(most)
    }
}

impl Verdict {
    /// The exit code of `deliver`. There is no other ever: some mail systems would bounce the mail.
    fn code(&self) -> u8 {
        match self {
            Self::Handled(_) => HANDLED,
            Self::Left(_) | Self::NotOurs => NOT_OURS,
            Self::Trouble => TROUBLE,
        }
    }

    /// What `filter` writes on top of the mail, if anything.
    pub fn status(&self) -> Option<&str> {
        match self {
            Self::Handled(status) | Self::Left(status) => Some(status),
            Self::NotOurs | Self::Trouble => None,
        }
    }
}

/// A mail that does not concern us: what has been read of it.
struct NotOurs(Vec<u8>);

/// Reads the header section, and the rest only of a mail that may concern us.
fn sift(input: &mut impl Read) -> io::Result<Result<Candidate, NotOurs>> {
    let mut seen = Vec::with_capacity(PIECE);
    let mut looked = 0;
    let section = loop {
        if let Some(section) = end(&seen, looked) {
            break section;
        }
        looked = seen.len();
        if looked >= LONGEST || read_some(input, &mut seen)? == 0 {
            break looked;
        }
    };
    let Some(kind) = kind(seen.get(..section).unwrap_or(&seen)) else {
        return Ok(Err(NotOurs(seen)));
    };
    while seen.len() <= LONGEST && read_some(input, &mut seen)? != 0 {}
    let whole = seen.len() <= LONGEST;
    Ok(match whole || kind == Kind::Marked {
        true => Ok(Candidate {
            kind,
            raw: seen,
            whole,
        }),
        false => Err(NotOurs(seen)),
    })
}

/// Appends one piece; 0 at the end of the mail.
fn read_some(input: &mut impl Read, seen: &mut Vec<u8>) -> io::Result<usize> {
    let piece = PIECE.max(seen.len()).min(LONGEST);
    let before = seen.len();
    loop {
        seen.resize(before.saturating_add(piece), 0);
        let read = input.read(seen.get_mut(before..).unwrap_or_default());
        let length = before.saturating_add(*read.as_ref().unwrap_or(&0));
        seen.truncate(length);
        match read {
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

/// `iim deliver`: handles one mail from `input`, all of which is read, so that the mail system gets no broken pipe.
/// Errors: Those of reading; the mail must then stay where it was (exit 75).
pub fn deliver(input: &File, handle: impl FnOnce(&Candidate) -> Verdict) -> io::Result<u8> {
    match sift(&mut &*input)? {
        Ok(whole) if whole.whole => return Ok(handle(&whole).code()),
        Ok(large) => {
            drain(input, large.raw.len())?;
            handle(&large);
        }
        Err(NotOurs(seen)) => drain(input, seen.len())?,
    }
    Ok(NOT_OURS)
}

/// `iim deliver --anyway`: as [`deliver`], but whatever its header says a person wants this mail looked at.
/// Errors: Those of reading; the mail must then stay where it was (exit 75).
pub fn deliver_anyway(mut input: &File, handle: impl FnOnce(&[u8]) -> Verdict) -> io::Result<u8> {
    let mut raw = Vec::new();
    while raw.len() <= LONGEST && read_some(&mut input, &mut raw)? != 0 {}
    if raw.len() > LONGEST {
        drain(input, raw.len())?;
        return Ok(NOT_OURS);
    }
    let mail = raw.get(from_line(&raw)..).unwrap_or(&raw);
    Ok(handle(mail).code())
}

/// Reads to the end; a regular file has nobody who could notice.
fn drain(mut input: &File, seen: usize) -> io::Result<()> {
    if input.metadata()?.is_file() {
        return Ok(());
    }
    if seen >= PIECE {
        widen(input);
    }
    match File::options().write(true).open("/dev/null") {
        // Between two files nothing is copied through our memory.
        Ok(nowhere) => io::copy(&mut input, &mut &nowhere).map(drop),
        Err(_) => io::copy(&mut input, &mut io::sink()).map(drop),
    }
}

/// `iim filter`: passes one mail from `input` to `output` byte for byte.
///
/// A mail that was handled gets one line `IIM-Status: …` on top; such lines from outside are left out.
/// Errors: Those of reading and writing; the output is then worthless (exit 75).
pub fn filter(
    input: &File,
    output: &File,
    handle: impl FnOnce(&Candidate) -> Verdict,
) -> io::Result<u8> {
    match sift(&mut &*input)? {
        Ok(whole) if whole.whole => pass_candidate(output, &whole.raw, &handle(&whole)),
        Ok(large) => {
            let passed = pass(input, output, &large.raw, Some("too large"))?;
            handle(&large);
            Ok(passed)
        }
        Err(NotOurs(seen)) => pass(input, output, &seen, None),
    }
}

fn pass_candidate(mut output: &File, raw: &[u8], verdict: &Verdict) -> io::Result<u8> {
    if *verdict == Verdict::Trouble {
        output.write_all(raw)?;
        return Ok(TROUBLE);
    }
    let mut strip = Strip::default();
    let mut out = top(raw, verdict.status(), &mut strip);
    strip.finish(&mut out);
    output.write_all(&out)?;
    Ok(HANDLED)
}

/// Passes what has been seen and what follows it.
fn pass(mut input: &File, mut output: &File, seen: &[u8], status: Option<&str>) -> io::Result<u8> {
    if let (None, Some(section)) = (status, end(seen, 0))
        && !has_status(seen.get(..section).unwrap_or(seen))
    {
        output.write_all(seen)?;
        return copy_rest(input, output, seen.len());
    }
    let mut strip = Strip::default();
    output.write_all(&top(seen, status, &mut strip))?;
    let mut piece = Vec::new();
    while !strip.is_done() {
        piece.clear();
        let mut out = Vec::new();
        let read = read_some(&mut input, &mut piece)?;
        match read {
            0 => strip.finish(&mut out),
            _ => strip.feed(&piece, &mut out),
        }
        output.write_all(&out)?;
        if read == 0 {
            return Ok(HANDLED);
        }
    }
    copy_rest(input, output, seen.len())
}

/// Copies what follows; between two pipes nothing goes through our memory.
fn copy_rest(mut input: &File, mut output: &File, seen: usize) -> io::Result<u8> {
    if seen >= PIECE {
        widen(input);
        widen(output);
    }
    io::copy(&mut input, &mut output)?;
    Ok(HANDLED)
}

/// Makes a pipe hold more, so that its two ends wait less for each other: a third of the time for a big mail.
fn widen(pipe: &File) {
    // No pipe, or no more to be had: then it is as wide as it is.
    let _ = rustix::pipe::fcntl_setpipe_size(pipe, 256 * 1024);
}

/// The beginning of a mail as it goes out: `From ` line, status line, and the rest without the lines of others.
fn top(seen: &[u8], status: Option<&str>, strip: &mut Strip) -> Vec<u8> {
    let mut out = Vec::with_capacity(seen.len().saturating_add(128));
    let (from, rest) = seen.split_at(from_line(seen));
    strip.feed(from, &mut out);
    if let Some(status) = status {
        let ending = match first_line(seen).ends_with(b"\r\n") {
            true => "\r\n",
            false => "\n",
        };
        let line = format!("{STATUS}: {}{ending}", clean(status));
        out.extend_from_slice(line.as_bytes());
    }
    strip.feed(rest, &mut out);
    out
}

/// The length of the `From ` line of a mailbox file, 0 if there is none.
fn from_line(mail: &[u8]) -> usize {
    match mail.starts_with(b"From ") {
        true => first_line(mail).len(),
        false => 0,
    }
}

fn first_line(mail: &[u8]) -> &[u8] {
    mail.split_inclusive(|&b| b == b'\n').next().unwrap_or(mail)
}

/// One line of printable ASCII, at most 200 characters.
fn clean(status: &str) -> String {
    let printable = |c: char| match c {
        ' '..='~' => c,
        _ => '?',
    };
    status.chars().take(200).map(printable).collect()
}

#[cfg(test)]
mod tests;

//! Mails to parts: takes what real mail systems make of them, and says exactly why one is refused.

use std::borrow::Cow;
use std::panic::catch_unwind;

use mail_parser::{Message, MessageParser};

use super::error::{By, MailError};
use super::outside::{Answerable, raw_values};
use super::tree::part_of;
use super::write::request_subject;
use super::{MARKERS, VERSION, outside, write};
use crate::protocol::address::Address;
use crate::protocol::candidate::{BYTE_ORDER_MARK, without_tags};
use crate::protocol::part::Part;
use crate::protocol::time::Seconds;
use crate::protocol::{candidate, codec};

/// The largest defined mail, in bytes: the largest part as base64, and room for what mail systems add.
pub const MAX_MAIL: usize = 1024 * 1024;
/// The longest header section of a defined mail, in bytes. Mail systems add a few thousand; a field of many groups of
/// addresses takes the parser more time than its length.
const MAX_HEADER: usize = 64 * 1024;

/// A defined mail, read. Its outside proves nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefinedMail {
    /// The one address in its one `From`.
    pub from: Address,
    /// Under which addresses the sender may be known, too: `Reply-To`, `X-Google-Original-From`, `Sender`, `Return-Path`.
    pub others: Vec<Address>,
    /// The addresses in `To` and `Cc` that are plain ones.
    pub to: Vec<Address>,
    /// The Message-ID without its angle brackets.
    pub message_id: Option<String>,
    /// What `Auto-Submitted` says, in lower case without parameters (RFC 3834, section 5).
    pub auto_submitted: Option<String>,
    /// The number of `Received` lines.
    pub received: usize,
    /// Whom the mail as such lets a program answer; who sent it is for others to judge.
    pub answerable: Answerable,
    /// Whether a person may have written it: then it stays in the mailbox, whatever it carries.
    pub may_be_a_persons: bool,
    /// What it carries.
    pub part: Part,
    /// When it says it was written.
    pub date: Option<Seconds>,
}

/// Reads a mail that bears a marker, with LF or CRLF lines, with or without a `From ` line in front.
/// Errors: [`MailError::NoMarker`] for every mail that is not meant for us.
pub fn read(raw: &[u8]) -> Result<DefinedMail, MailError> {
    read_by(raw, By::Marker)
}

/// As [`read`], for a mail that is a candidate for another reason.
pub fn read_by(raw: &[u8], by: By) -> Result<DefinedMail, MailError> {
    catch_unwind(|| read_checked(without_from_line(raw), by)).unwrap_or(Err(MailError::Parser))
}

fn read_checked(raw: &[u8], by: By) -> Result<DefinedMail, MailError> {
    let mended = mended(raw);
    let raw = mended.as_ref();
    let parser = MessageParser::default();
    let beginning = raw.get(..MAX_HEADER).unwrap_or(raw);
    let head = parser.parse_headers(beginning).ok_or(MailError::NoMarker)?;
    match by {
        By::Marker => check_marker(&head)?,
        By::Subject => check_subject(&head)?,
        By::Hand => {}
    }
    if beginning.len() < raw.len() && !has_an_empty_line(beginning) {
        return Err(MailError::HeaderTooLarge);
    }
    if raw.len() > MAX_MAIL {
        return Err(MailError::MailTooLarge(raw.len()));
    }
    let mail = parser.parse(raw).ok_or(MailError::NoMarker)?;
    let part = part_of(&mail, raw, by)?;
    let from = outside::from(&mail)?;
    Ok(DefinedMail {
        others: outside::others(&mail, &from),
        from,
        to: outside::to(&mail),
        message_id: mail.message_id().map(str::to_owned),
        auto_submitted: outside::auto_submitted(&mail),
        received: raw_values(&mail, "Received").len(),
        answerable: outside::answerable(&mail),
        may_be_a_persons: by == By::Subject && !is_ours(&mail, &part),
        part,
        date: mail
            .date()
            .and_then(|date| u64::try_from(date.to_timestamp()).ok())
            .map(Seconds),
    })
}

/// Whether the header section ends here.
fn has_an_empty_line(beginning: &[u8]) -> bool {
    let mut lines = beginning.split(|&byte| byte == b'\n');
    lines.any(|line| matches!(line, b"" | b"\r"))
}

/// What stands after an mbox `From ` line.
pub(in crate::protocol) fn without_from_line(raw: &[u8]) -> &[u8] {
    if !raw.starts_with(b"From ") && !raw.starts_with(b">From ") {
        return raw;
    }
    let end = raw.iter().position(|&byte| byte == b'\n');
    end.and_then(|end| raw.get(end..)?.get(1..))
        .unwrap_or_default()
}

/// A mail without what the parser stumbles over and mail systems put in: byte order marks before fields, and a boundary
/// that was folded behind its `=`.
fn mended(raw: &[u8]) -> Cow<'_, [u8]> {
    if raw.len() > MAX_MAIL || !raw.split(|&byte| byte == b'\n').any(needs_mending) {
        return Cow::Borrowed(raw);
    }
    let mut mended = Vec::with_capacity(raw.len());
    let mut joins = false;
    for line in raw.split_inclusive(|&byte| byte == b'\n') {
        let line = line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line);
        let line = match joins {
            true => line.trim_ascii_start(),
            false => line,
        };
        joins = ends_in_boundary(line);
        mended.extend_from_slice(match joins {
            true => line.trim_ascii_end(),
            false => line,
        });
    }
    Cow::Owned(mended)
}

fn needs_mending(line: &[u8]) -> bool {
    line.starts_with(BYTE_ORDER_MARK) || ends_in_boundary(line)
}

fn ends_in_boundary(line: &[u8]) -> bool {
    let line = line.trim_ascii_end();
    let start = line.len().checked_sub(BOUNDARY.len());
    start
        .and_then(|start| line.get(start..))
        .is_some_and(|end| end.eq_ignore_ascii_case(BOUNDARY))
}

const BOUNDARY: &[u8] = b"boundary=";

/// Each marker says the version in its first word; one that says what no version says counts if none is right.
fn check_marker(mail: &Message<'_>) -> Result<(), MailError> {
    let markers = MARKERS.iter().flat_map(|name| raw_values(mail, name));
    let words: Vec<String> = markers.map(|value| first_word(&value)).collect();
    let is_number = |word: &&String| word.bytes().all(|c| c.is_ascii_digit()) && !word.is_empty();
    if let Some(newer) = words.iter().filter(is_number).find(|word| *word != VERSION) {
        return Err(MailError::Newer(newer.clone()));
    }
    match words.first() {
        None => Err(MailError::NoMarker),
        Some(_) if words.iter().any(|word| word == VERSION) => Ok(()),
        Some(damaged) => Err(MailError::Marker(damaged.clone())),
    }
}

/// The first word of a marker, decoded where a mail system has encoded it (RFC 2047), without a comment behind it.
fn first_word(value: &str) -> String {
    let decoded = value.starts_with("=?").then(|| {
        let field = format!("Subject: {}\n\n", value.replace(['\r', '\n'], " "));
        let parsed = MessageParser::default().parse_headers(field.as_bytes())?;
        parsed.subject().map(str::to_owned)
    });
    let value = decoded.flatten().unwrap_or_else(|| value.to_owned());
    let word = value
        .split(|c: char| c.is_whitespace() || "(;,".contains(c))
        .next()
        .unwrap_or_default();
    word.chars().take(16).collect()
}

/// Whether the subject, decoded, ends as ours do and is that of no answer and no forward. The other fields of those
/// have been looked at before ([`candidate::kind`]).
fn check_subject(mail: &Message<'_>) -> Result<(), MailError> {
    let subject = mail.subject().unwrap_or_default();
    match candidate::is_title(subject.as_bytes()) {
        true => Ok(()),
        false => Err(MailError::NoMarker),
    }
}

/// Whether the subject, tags in brackets aside, is exactly what we write over such a part.
fn is_ours(mail: &Message<'_>, part: &Part) -> bool {
    let subject = mail.subject().unwrap_or_default();
    let words: Vec<&str> = subject.split_whitespace().collect();
    let words = words.join(" ");
    let subject = without_tags(words.as_bytes());
    match part {
        Part::Sealed(_) => subject == write::SEALED.as_bytes(),
        Part::Probe(_) => subject == write::PROBE.as_bytes(),
        Part::Copy(_) => subject == write::COPY.as_bytes(),
        Part::Open(open) => codec::decode(&open.letter).is_ok_and(|letter| {
            let request = letter.body.as_request();
            request.is_some_and(|request| subject == request_subject(request).as_bytes())
        }),
    }
}

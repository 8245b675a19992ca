//! Mails to parts: takes what real mail systems make of them, and says exactly why one is refused.

use std::borrow::Cow;
use std::panic::catch_unwind;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use mail_parser::{
    ContentType, Encoding, HeaderName, HeaderValue, Message, MessageParser, MessagePart,
    MimeHeaders,
};

use super::super::address::{Address, AddressError};
use super::super::codec::CodecError;
use super::super::part::{self, MAX_PART, Part, PartError};
use super::{MARKER, VERSION};

/// The largest defined mail, in bytes: the largest part as base64, and room for what mail systems add.
pub const MAX_MAIL: usize = 1024 * 1024;
/// With more `Received` lines than this a mail is taken to run in circles.
const MAX_RECEIVED: usize = 50;

/// A defined mail, read. Its outside proves nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefinedMail {
    /// The one address in its one `From`.
    pub from: Address,
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
    /// What it carries.
    pub part: Part,
    /// When it says it was written, in seconds since 1970.
    pub date: Option<u64>,
}

/// Whom a mail's outside lets a program answer by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answerable {
    /// Whoever sent it.
    Anybody,
    /// Only whom the letter proves to be known: a relay or a mail system has marked it (RFC 3834, sections 2 and 4).
    Known,
    /// Nobody: it runs in circles.
    Nobody,
}

impl Answerable {
    /// Whether a request that anybody could have made may be answered.
    #[must_use]
    pub fn to_anybody(self) -> bool {
        match self {
            Self::Anybody => true,
            Self::Known | Self::Nobody => false,
        }
    }

    /// Whether a letter may be answered that was opened in the session of somebody known, or signed by a friend's key.
    #[must_use]
    pub fn to_known(self) -> bool {
        match self {
            Self::Anybody | Self::Known => true,
            Self::Nobody => false,
        }
    }
}

/// Why a mail is not a defined mail that can be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    /// It has no header field `IIM`: an ordinary mail.
    #[error("not a defined mail: no {MARKER} header field")]
    NoMarker,
    /// Its marker or its part is of a later version.
    #[error("written by a newer version ({0})")]
    Newer(String),
    /// Larger than any defined mail.
    #[error("too large for a defined mail: {0} bytes")]
    MailTooLarge(usize),
    /// Its part is larger than any part.
    #[error("the iim part is too large: {0} bytes")]
    PartTooLarge(usize),
    /// It has none or several authors.
    #[error("{0} addresses in From instead of one")]
    From(usize),
    /// Its author's address is not a plain one.
    #[error("the address in From: {0}")]
    FromAddress(#[from] AddressError),
    /// Its top level is not `multipart/mixed`.
    #[error("the top level is not multipart/mixed")]
    NotMixed,
    /// No part for us at the top level.
    #[error("no application/vnd.iim part at the top level")]
    NoPart,
    /// More than one part for us.
    #[error("{0} application/vnd.iim parts instead of one")]
    ManyParts(usize),
    /// The part is not base64.
    #[error("the iim part is not base64, or cut short")]
    Base64,
    /// The part's bytes are no part.
    #[error("the iim part is damaged: {0}")]
    Part(CodecError),
    /// The mail parser failed; the mail is left alone.
    #[error("the mail cannot be parsed")]
    Parser,
}

/// Reads a mail with LF or CRLF lines, with or without a `From ` line in front.
///
/// # Errors
/// [`MailError`]; [`MailError::NoMarker`] for every mail that is not meant for us.
pub fn read(raw: &[u8]) -> Result<DefinedMail, MailError> {
    catch_unwind(|| read_checked(without_from_line(raw))).unwrap_or(Err(MailError::Parser))
}

fn read_checked(raw: &[u8]) -> Result<DefinedMail, MailError> {
    let parser = MessageParser::default();
    check_marker(&parser.parse_headers(raw).ok_or(MailError::NoMarker)?)?;
    if raw.len() > MAX_MAIL {
        return Err(MailError::MailTooLarge(raw.len()));
    }
    let mail = parser.parse(raw).ok_or(MailError::NoMarker)?;
    let part = part_of(&mail, raw)?;
    Ok(DefinedMail {
        from: from(&mail)?,
        to: to(&mail),
        message_id: mail.message_id().map(str::to_owned),
        auto_submitted: auto_submitted(&mail),
        received: raw_values(&mail, "Received").len(),
        answerable: answerable(&mail),
        part,
        date: mail
            .date()
            .and_then(|date| u64::try_from(date.to_timestamp()).ok()),
    })
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

fn check_marker(mail: &Message<'_>) -> Result<(), MailError> {
    let markers = raw_values(mail, MARKER);
    match markers.iter().find(|marker| *marker != VERSION) {
        None if markers.is_empty() => Err(MailError::NoMarker),
        None => Ok(()),
        Some(other) => Err(MailError::Newer(other.chars().take(16).collect())),
    }
}

fn part_of(mail: &Message<'_>, raw: &[u8]) -> Result<Part, MailError> {
    let root = mail.parts.first().ok_or(MailError::NotMixed)?;
    let children = match root.sub_parts() {
        Some(children) if is_type(root.content_type(), "multipart", "mixed") => children,
        Some(_) | None => return Err(MailError::NotMixed),
    };
    let ours: Vec<_> = children
        .iter()
        .filter_map(|&child| mail.part(child))
        .filter(|part| is_type(part.content_type(), "application", "vnd.iim"))
        .collect();
    match ours.as_slice() {
        [part] => decode(part, raw),
        [] => Err(MailError::NoPart),
        several => Err(MailError::ManyParts(several.len())),
    }
}

fn decode(part: &MessagePart<'_>, raw: &[u8]) -> Result<Part, MailError> {
    let bytes = match encoding(part) {
        Encoding::Base64 => from_base64(body(part, raw))?,
        Encoding::QuotedPrintable | Encoding::None => part.contents().to_vec(),
    };
    part::decode(&bytes).map_err(|error| match error {
        PartError::Newer(number) => MailError::Newer(format!("part {number}")),
        PartError::TooLarge(size) => MailError::PartTooLarge(size),
        PartError::Broken(error) => MailError::Part(error),
    })
}

/// What the mail says; the parser forgets it where decoding failed.
fn encoding(part: &MessagePart<'_>) -> Encoding {
    match part.content_transfer_encoding() {
        Some(name) if name.eq_ignore_ascii_case("base64") => Encoding::Base64,
        Some(_) | None => part.encoding,
    }
}

fn body<'r>(part: &MessagePart<'_>, raw: &'r [u8]) -> &'r [u8] {
    let place = |offset: u32| usize::try_from(offset).unwrap_or(usize::MAX);
    raw.get(place(part.offset_body)..place(part.offset_end))
        .unwrap_or_default()
}

/// Base64 as mail has it (RFC 2045, section 6.8), but with no character that does not belong there.
fn from_base64(text: &[u8]) -> Result<Vec<u8>, MailError> {
    let mut text = text.to_vec();
    text.retain(|byte| !byte.is_ascii_whitespace());
    let estimate = text.len().saturating_mul(3).div_euclid(4);
    if estimate > MAX_PART.saturating_add(2) {
        return Err(MailError::PartTooLarge(estimate));
    }
    let config =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    GeneralPurpose::new(&alphabet::STANDARD, config)
        .decode(text)
        .map_err(|_| MailError::Base64)
}

fn from(mail: &Message<'_>) -> Result<Address, MailError> {
    let values: Vec<_> = mail.header_values(HeaderName::From).collect();
    let addresses = addresses(&values);
    match addresses.as_slice() {
        [address] if values.len() == 1 => Ok(Address::parse(address)?),
        several => Err(MailError::From(several.len().max(values.len()))),
    }
}

fn to(mail: &Message<'_>) -> Vec<Address> {
    let to = mail.header_values(HeaderName::To);
    let values: Vec<_> = to.chain(mail.header_values(HeaderName::Cc)).collect();
    addresses(&values)
        .into_iter()
        .filter_map(|address| Address::parse(address).ok())
        .collect()
}

fn addresses<'m>(values: &[&'m HeaderValue<'_>]) -> Vec<&'m str> {
    values
        .iter()
        .filter_map(|value| value.as_address())
        .flat_map(|list| list.iter())
        .map(|one| one.address().unwrap_or_default())
        .collect()
}

fn auto_submitted(mail: &Message<'_>) -> Option<String> {
    let values = raw_values(mail, "Auto-Submitted");
    values.first().map(|value| keyword(value))
}

/// The keyword of `Auto-Submitted`, without what may stand behind it.
fn keyword(value: &str) -> String {
    let word = value.split([';', '(']).next().unwrap_or_default();
    word.trim().to_ascii_lowercase()
}

fn answerable(mail: &Message<'_>) -> Answerable {
    if raw_values(mail, "Received").len() > MAX_RECEIVED {
        Answerable::Nobody
    } else if is_marked_as_automatic(mail) {
        Answerable::Known
    } else {
        Answerable::Anybody
    }
}

/// Whether anything on the mail's outside speaks against an automatic answer (RFC 3834, sections 2 and 4).
///
/// `Auto-Submitted: auto-generated` does not: our own mails carry it, and iim answers iim. Any other value but `no`
/// does, also one that is unknown.
fn is_marked_as_automatic(mail: &Message<'_>) -> bool {
    let any = |name, speaks_against: fn(&str) -> bool| {
        let values = raw_values(mail, name);
        values.iter().any(|value| speaks_against(value))
    };
    any("Return-Path", |path| matches!(path, "" | "<>"))
        || raw_fields(mail).any(|(name, _)| is_list(name))
        || any("Precedence", is_bulk)
        || any("Auto-Submitted", |value| {
            !matches!(keyword(value).as_str(), "no" | "auto-generated")
        })
        || !from(mail).is_ok_and(|from| !is_machine(from.local()))
}

fn is_list(name: &str) -> bool {
    name.get(..5)
        .is_some_and(|start| start.eq_ignore_ascii_case("list-"))
}

fn is_bulk(value: &str) -> bool {
    ["bulk", "list", "junk"]
        .iter()
        .any(|word| value.eq_ignore_ascii_case(word))
}

/// Local parts behind which no person reads (RFC 3834, section 2).
fn is_machine(local: &str) -> bool {
    let daemons = [
        "mailer-daemon",
        "mailerdaemon",
        "mail-daemon",
        "majordomo",
        "listserv",
    ];
    daemons.contains(&local) || local.starts_with("owner-") || local.ends_with("-request")
}

fn raw_values<'m>(mail: &'m Message<'_>, name: &str) -> Vec<Cow<'m, str>> {
    raw_fields(mail)
        .filter(|(n, _)| n.eq_ignore_ascii_case(name))
        .map(|(_, value)| match value {
            Cow::Borrowed(value) => Cow::Borrowed(value.trim()),
            Cow::Owned(value) => Cow::Owned(value.trim().to_owned()),
        })
        .collect()
}

/// The header fields as they stand there. The parser's own list leaves out those with 8-bit bytes that are no UTF-8.
fn raw_fields<'m>(mail: &'m Message<'_>) -> impl Iterator<Item = (&'m str, Cow<'m, str>)> {
    let place = |offset: u32| usize::try_from(offset).unwrap_or(usize::MAX);
    mail.headers().iter().map(move |field| {
        let value = place(field.offset_start)..place(field.offset_end);
        let value = mail.raw_message.get(value).unwrap_or_default();
        (field.name.as_str(), String::from_utf8_lossy(value))
    })
}

fn is_type(found: Option<&ContentType<'_>>, main: &str, sub: &str) -> bool {
    found.is_some_and(|found| {
        found.ctype().eq_ignore_ascii_case(main)
            && found
                .subtype()
                .is_some_and(|found| found.eq_ignore_ascii_case(sub))
    })
}

//! The one part that is ours, wherever a mail system has put it, and its bytes.

use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::{Engine as _, alphabet};
use mail_parser::{ContentType, Message, MessagePart, MimeHeaders};

use super::FILE_NAME;
use super::error::{By, MailError};
use crate::protocol::part::{self, MAX_COPY_PART, Part, PartError};

/// The part in a mail. It is looked for through `multipart/*` alone: what stands within another mail is somebody's
/// forward.
pub(super) fn part_of(mail: &Message<'_>, raw: &[u8], by: By) -> Result<Part, MailError> {
    let parts = leaves(mail)?;
    let ours =
        |found: &&MessagePart<'_>| is_type(found.content_type(), "application", &["vnd.iim"]);
    let mut ours: Vec<_> = parts.iter().copied().filter(ours).collect();
    if ours.is_empty() && by != By::Subject {
        ours = parts.into_iter().filter(|part| is_renamed(part)).collect();
    }
    match ours.as_slice() {
        [] => Err(MailError::NoPart),
        [part] => decode(&bytes_of(part, raw)?),
        several if several.len() <= MOST_COPIES => same(several, raw),
        several => Err(MailError::ManyParts(several.len())),
    }
}

/// All parts that are no multipart, in their order.
fn leaves<'m>(mail: &'m Message<'m>) -> Result<Vec<&'m MessagePart<'m>>, MailError> {
    let root = mail.parts.first().ok_or(MailError::NotMixed)?;
    let roots = ["mixed", "related", "signed", "alternative"];
    if root.sub_parts().is_none() || !is_type(root.content_type(), "multipart", &roots) {
        return Err(MailError::NotMixed);
    }
    let mut leaves = Vec::new();
    let mut level = vec![root];
    for _ in 0..DEEPEST {
        let mut below = Vec::new();
        for part in level {
            let children = part.sub_parts().unwrap_or_default();
            let children = children.iter().filter_map(|&child| mail.part(child));
            let (multiparts, others): (Vec<_>, Vec<_>) =
                children.partition(|child| child.sub_parts().is_some());
            leaves.extend(others);
            below.extend(multiparts);
        }
        level = below;
    }
    Ok(leaves)
}

/// Some mail systems know no type but their own: then the file's name tells.
fn is_renamed(part: &MessagePart<'_>) -> bool {
    is_type(part.content_type(), "application", &["octet-stream"])
        && part
            .attachment_name()
            .is_some_and(|name| name.eq_ignore_ascii_case(FILE_NAME))
}

/// Some mail systems put a part in twice: copies count as one.
fn same(several: &[&MessagePart<'_>], raw: &[u8]) -> Result<Part, MailError> {
    let many = MailError::ManyParts(several.len());
    let mut all = several.iter().map(|part| bytes_of(part, raw));
    let first = all.next().ok_or(MailError::NoPart)??;
    match all.all(|other| other.as_ref() == Ok(&first)) {
        true => decode(&first),
        false => Err(many),
    }
}

fn decode(bytes: &[u8]) -> Result<Part, MailError> {
    part::decode(bytes).map_err(|error| match error {
        PartError::Newer(number) => MailError::Newer(format!("part {number}")),
        PartError::TooLarge(size) => MailError::PartTooLarge(size),
        PartError::Broken(error) => MailError::Part(error),
    })
}

/// The part's bytes. The first one of a part is at least 0x80 (an array of CBOR): one of ASCII means base64, whatever
/// the transfer encoding is said to be.
fn bytes_of(part: &MessagePart<'_>, raw: &[u8]) -> Result<Vec<u8>, MailError> {
    let named = part.content_transfer_encoding().unwrap_or_default();
    let quoted = named
        .get(..QUOTED.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(QUOTED));
    let bytes = if quoted {
        part.contents()
    } else {
        body(part, raw)
    };
    match bytes.trim_ascii_start().first() {
        Some(first) if first.is_ascii() => from_base64(bytes),
        Some(_) | None => Ok(bytes.to_vec()),
    }
}

const QUOTED: &str = "quoted-printable";

fn body<'r>(part: &MessagePart<'_>, raw: &'r [u8]) -> &'r [u8] {
    let place = |offset: u32| usize::try_from(offset).unwrap_or(usize::MAX);
    raw.get(place(part.offset_body)..place(part.offset_end))
        .unwrap_or_default()
}

/// Base64 as mail has it (RFC 2045, section 6.8), up to the first line that is none: mail systems hang footers on.
fn from_base64(text: &[u8]) -> Result<Vec<u8>, MailError> {
    let text = base64_lines(text);
    let estimate = text.len().saturating_mul(3).div_euclid(4);
    if estimate > MAX_COPY_PART.saturating_add(2) {
        return Err(MailError::PartTooLarge(estimate));
    }
    if text.is_empty() {
        return Err(MailError::Base64);
    }
    let config =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    GeneralPurpose::new(&alphabet::STANDARD, config)
        .decode(text)
        .map_err(|_| MailError::Base64)
}

/// The lines of base64 joined: without white space around them, empty ones aside, up to the first with another
/// character, and no further than padding.
fn base64_lines(text: &[u8]) -> Vec<u8> {
    let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let mut joined = Vec::new();
    for line in text.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii) {
        let unpadded = line.strip_suffix(b"==").or(line.strip_suffix(b"="));
        if !unpadded.unwrap_or(line).iter().all(is_base64) {
            break;
        }
        joined.extend_from_slice(line);
        if unpadded.is_some() {
            break;
        }
    }
    joined
}

/// Whether a type is `main`, with one of these as its subtype.
pub(in crate::protocol) fn is_type(
    found: Option<&ContentType<'_>>,
    main: &str,
    subs: &[&str],
) -> bool {
    found.is_some_and(|found| {
        let sub = found.subtype().unwrap_or_default();
        found.ctype().eq_ignore_ascii_case(main)
            && subs.iter().any(|wanted| wanted.eq_ignore_ascii_case(sub))
    })
}

/// How many multiparts may stand in each other.
const DEEPEST: usize = 5;
/// How many copies of a part are compared.
const MOST_COPIES: usize = 8;

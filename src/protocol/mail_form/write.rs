//! Parts to mails: CRLF lines, 7-bit clean, all sealed ones alike.

use base64::Engine as _;
use mail_builder::MessageBuilder;
use mail_builder::headers::address::Address as Mailbox;
use mail_builder::headers::content_type::ContentType;
use mail_builder::headers::raw::Raw;
use mail_builder::mime::MimePart;

use super::{FILE_NAME, MARKERS, VERSION};
use crate::protocol::address::Address;
use crate::protocol::candidate::TITLE;
use crate::protocol::codec::MAX_NAME;
use crate::protocol::hash::sha256;
use crate::protocol::letter::Request;
use crate::protocol::part::{Part, SealedCopy};
use crate::protocol::time::Seconds;
use crate::protocol::{clean, hex, part, shell};

/// What stands on the outside of a mail.
#[derive(Debug, Clone, Copy)]
pub struct Envelope<'a> {
    /// Who sends.
    pub from: &'a Address,
    /// The sender's name; empty for none.
    pub from_name: &'a str,
    /// Who is to get it.
    pub to: &'a Address,
    /// The Message-ID without its angle brackets; random, so that it tells nothing.
    pub message_id: &'a str,
    /// When.
    pub date: Seconds,
}

/// Writes a sealed letter: the same subject, header fields and text, whatever it carries.
///
/// The sender's name stands there only if it is ASCII. Filters count words with accents in a few English ones as spam
/// (rspamd's R_MIXED_CHARSET, in the text and in From with the subject), and there are many such mails.
pub fn write_sealed(envelope: &Envelope<'_>, part: &Part) -> Vec<u8> {
    let from_name = match envelope.from_name.is_ascii() {
        true => envelope.from_name,
        false => "",
    };
    let envelope = &Envelope {
        from_name,
        ..*envelope
    };
    let sender = Sender(envelope.from, from_name);
    let text = format!(
        "{} sent you this message with iim.\n\
         \n\
         iim is instant messaging by ordinary mail. The message is sealed: it is\n\
         in the attached part, and only its receiver's iim can open it.\n\
         \n\
         If you use iim and find this mail in your mailbox, then iim was not\n\
         there to take it when it came. \"iim doctor\" says how to mend that.\n\
         \n\
         If you do not use iim, you cannot read the message. Just reply to this\n\
         mail in ordinary words; {} will read your answer.\n",
        sender.who(),
        sender.short()
    );
    write(envelope, SEALED, &text, part)
}

/// Writes a request: the subject and the text say who asks, and in which words.
pub fn write_request(envelope: &Envelope<'_>, part: &Part, request: &Request) -> Vec<u8> {
    let asker = Sender(&request.from, &request.name);
    let (who, short) = (asker.who(), asker.short());
    let accept = shell::iim("accept", &[request.from.as_str()]);
    let text = format!(
        "{who} would like to talk with you by iim.\n\
         {}\n\
         iim is instant messaging by ordinary mail: you see when your friends\n\
         are there, and nobody else sees you. A mailbox is all that it needs.\n\
         \n\
         If you use iim, say yes with this command; to say no, do nothing:\n\
         \n\
         \u{20}   {accept}\n\
         \n\
         If you do not use iim, just reply to this mail in ordinary words.\n\
         {short} will read your answer and can tell you where to get\n\
         iim, which is free software.\n",
        quoted(request.note.as_deref()),
    );
    write(envelope, &request_subject(request), &text, part)
}

/// The subject of a request, as it is read.
pub(super) fn request_subject(request: &Request) -> String {
    let short = Sender(&request.from, &request.name).short();
    format!("{short} would like to talk with you {TITLE}")
}

/// The subject of all sealed mails.
pub(super) const SEALED: &str = "Sealed message (iim)";
/// The subject of a loop-back mail.
pub(super) const PROBE: &str = "Loop-back mail (iim)";

/// The subject of a kept copy.
pub(super) const COPY: &str = "Kept copy (iim)";

/// Writes a kept copy, which we send to ourselves.
pub fn write_copy(envelope: &Envelope<'_>, copy: SealedCopy) -> Vec<u8> {
    let text = "This is a copy of your iim account: who you are and whom you know, made by\n\
                \"iim backup\" and sealed under your recovery code. Keep the newest of these\n\
                mails in your mailbox; older ones can be deleted.\n\
                \n\
                Should you lose everything else: install iim, save this mail as a file, and\n\
                \n\
                \u{20}   iim recover FILE\n\
                \n\
                asks for the code, which is on paper. Friends keep you under the same key.\n";
    write(envelope, COPY, text, &Part::Copy(copy))
}

/// Writes the doctor's loop-back mail, which we send to ourselves.
pub fn write_probe(envelope: &Envelope<'_>, token: [u8; 16]) -> Vec<u8> {
    let text = "\"iim doctor\" sent this mail to your own address, to see whether mails\n\
         reach iim. If you find it in your mailbox, iim did not take it: run\n\
         \"iim doctor\" again, it says how to mend that. It can be deleted.\n";
    write(envelope, PROBE, text, &Part::Probe(token))
}

/// Whoever a mail names as its sender: the address, and the name that they give themselves.
struct Sender<'a>(&'a Address, &'a str);

impl Sender<'_> {
    fn name(&self) -> Option<String> {
        Some(clean::line(self.1, MAX_NAME)).filter(|name| !name.is_empty())
    }

    fn short(&self) -> String {
        self.name().unwrap_or_else(|| self.0.to_string())
    }

    fn who(&self) -> String {
        match self.name() {
            Some(name) => format!("{name} <{}>", self.0),
            None => self.0.to_string(),
        }
    }
}

fn write(envelope: &Envelope<'_>, subject: &str, text: &str, part: &Part) -> Vec<u8> {
    let bytes = part::encode(part);
    let boundary = boundary(envelope.message_id, &bytes);
    let body = MimePart::new(
        ContentType::new("multipart/mixed").attribute("boundary", boundary),
        vec![
            MimePart::new("text/plain", text.replace('\n', "\r\n")),
            MimePart::new("application/vnd.iim", bytes).attachment(FILE_NAME),
        ],
    );
    let mut mail = Vec::new();
    let [marker, second_marker] = MARKERS;
    MessageBuilder::new()
        .from(Mailbox::new_address(
            Sender(envelope.from, envelope.from_name).name(),
            envelope.from.as_str(),
        ))
        .to(Mailbox::new_address(None::<&str>, envelope.to.as_str()))
        .header("Subject", Raw::new(encoded_subject(subject)))
        .date(i64::try_from(envelope.date.0).unwrap_or(i64::MAX))
        .message_id(envelope.message_id)
        .header(marker, Raw::new(VERSION))
        .header(second_marker, Raw::new(VERSION))
        .header("Auto-Submitted", Raw::new("auto-generated"))
        .header("X-Auto-Response-Suppress", Raw::new("All"))
        .header("MIME-Version", Raw::new("1.0"))
        .body(body)
        .serialize(&mut mail);
    mail
}

/// A subject with what is not ASCII in encoded words (RFC 2047), and the end by which our mails are known outside of
/// them: recipes look for it, and decode nothing.
fn encoded_subject(subject: &str) -> String {
    let words = subject.strip_suffix(TITLE).unwrap_or(subject).trim_end();
    if words.is_ascii() {
        return subject.to_owned();
    }
    let mut encoded = String::new();
    let mut rest = words;
    while !rest.is_empty() {
        let (now, later) = rest.split_at(rest.floor_char_boundary(IN_ONE_WORD));
        let base64 = base64::engine::general_purpose::STANDARD.encode(now);
        encoded.push_str(&format!("=?utf-8?B?{base64}?= "));
        rest = later;
    }
    encoded + TITLE
}

/// How many bytes one encoded word takes: 60 characters of base64, of 75 in all at most.
const IN_ONE_WORD: usize = 45;

/// A boundary that no text can foresee, without rng.
fn boundary(message_id: &str, part: &[u8]) -> String {
    let hash = sha256(&[b"iim1 boundary", message_id.as_bytes(), part]);
    format!("iim_{}", hex::encode(hash.get(..12).unwrap_or(&hash)))
}

/// A note as a quotation with an empty line before it.
fn quoted(note: Option<&str>) -> String {
    let note = clean::text(note.unwrap_or_default());
    let lines = note.trim().lines().map(|line| format!("> {line}\n"));
    let quoted: String = lines.collect();
    if quoted.is_empty() {
        quoted
    } else {
        format!("\n{quoted}")
    }
}

//! Mails as they are written, and read back.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "tests"
)]

mod by_subject;
mod reading;
mod shapes;

use proptest::prelude::*;

use super::*;
use crate::protocol::address::Address;
use crate::protocol::codec::CodecError;
use crate::protocol::letter::{
    Body, Keys, Letter, LetterId, OneTimeKeys, PublicKey, Request, Signature,
};
use crate::protocol::part::{MAX_SEALED, Open, Part, Sealed};
use crate::protocol::time::{Millis, Seconds};
use crate::protocol::{candidate, codec};

fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

fn sealed(size: usize) -> Part {
    Part::Sealed(Sealed {
        prekey: false,
        ciphertext: vec![0xC3; size],
    })
}

fn sealed_mail(part: &Part) -> Vec<u8> {
    write_sealed(
        &Envelope {
            from: &address("alice@example.org"),
            from_name: "Alice",
            to: &address("bob@example.net"),
            message_id: "0123456789abcdef@example.org",
            date: Seconds(1_767_225_600),
        },
        part,
    )
}

fn text_of(mail: &[u8]) -> String {
    String::from_utf8(mail.to_vec()).unwrap()
}

/// A sealed mail with one thing changed.
fn changed(from: &str, to: &str) -> Vec<u8> {
    let mail = text_of(&sealed_mail(&sealed(300)));
    assert!(mail.contains(from), "{from} in {mail}");
    mail.replacen(from, to, 1).into_bytes()
}

fn request_mail(name: &str, note: &str) -> (Part, String) {
    let request = Request {
        from: address("alice@example.org"),
        to: address("bob@example.net"),
        name: name.into(),
        note: Some(note.into()),
        keys: Keys {
            curve25519: PublicKey([1; 32]),
            ed25519: PublicKey([2; 32]),
        },
        one_time_keys: OneTimeKeys::default(),
    };
    let letter = Letter {
        id: LetterId([1; 16]),
        sent: Millis(2),
        body: Body::Request(request.clone()),
        holds: None,
        presence: None,
        one_time_keys: None,
        irc: None,
    };
    let part = Part::Open(Open {
        letter: codec::encode(&letter),
        signature: Signature([7; 64]),
        invite: None,
    });
    let envelope = Envelope {
        from: &request.from,
        from_name: name,
        to: &request.to,
        message_id: "x@example.org",
        date: Seconds(1_767_225_600),
    };
    let mail = write_request(&envelope, &part, &request);
    (part, text_of(&mail))
}

#[test]
fn what_is_written_is_read() {
    for part in [
        sealed(0),
        sealed(300),
        sealed(MAX_SEALED),
        Part::Probe([3; 16]),
    ] {
        let mail = read(&sealed_mail(&part)).unwrap();
        assert_eq!(
            mail,
            DefinedMail {
                from: address("alice@example.org"),
                others: Vec::new(),
                may_be_a_persons: false,
                to: vec![address("bob@example.net")],
                message_id: Some("0123456789abcdef@example.org".into()),
                auto_submitted: Some("auto-generated".into()),
                received: 0,
                answerable: Answerable::Anybody,
                part,
                date: Some(Seconds(1_767_225_600)),
            }
        );
    }
}

#[test]
fn header_fields_are_those_of_the_specification() {
    let mail = text_of(&sealed_mail(&sealed(300)));
    let (head, _) = mail.split_once("\r\n\r\n").unwrap();
    let head = head.replace("\r\n\t", " ").replace("\r\n ", " ");
    let lines: Vec<_> = head.split("\r\n").collect();
    assert_eq!(
        lines[..10],
        [
            "From: \"Alice\" <alice@example.org>",
            "To: <bob@example.net>",
            "Subject: Sealed message (iim)",
            "Date: Thu, 1 Jan 2026 00:00:00 +0000",
            "Message-ID: <0123456789abcdef@example.org>",
            "IIM: 1",
            "X-IIM: 1",
            "Auto-Submitted: auto-generated",
            "X-Auto-Response-Suppress: All",
            "MIME-Version: 1.0",
        ]
    );
    assert!(
        lines[10].starts_with("Content-Type: multipart/mixed; boundary=\"iim_"),
        "{head}"
    );
    assert_eq!(lines.len(), 11);
}

#[test]
fn mails_are_7_bit_clean_and_short_lined() {
    let (_, mail) = request_mail("Jürgen 😀", &"ä long note ".repeat(60));
    for line in mail.split_terminator("\r\n") {
        assert!(
            line.is_ascii() && line.len() <= 78 && !line.contains(['\r', '\n']),
            "{line:?}"
        );
    }
}

#[test]
fn sealed_mails_are_alike() {
    let lines = |part| {
        let mail = text_of(&sealed_mail(&part));
        let (head, _) = mail.split_once("letter.iim").unwrap();
        let lines = head.lines().filter(|line| !line.contains("iim_"));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    let opening = Part::Sealed(Sealed {
        prekey: true,
        ciphertext: vec![9; 400],
    });
    assert_eq!(lines(sealed(1)), lines(opening));
}

#[test]
fn a_request_says_who_asks_and_why() {
    let (part, mail) = request_mail("Alice", "It is me,\nfrom school.");
    for words in [
        "Subject: Alice would like to talk with you (iim)\r\n",
        "Alice <alice@example.org> would like to talk with you by iim.\r\n\r\n> It is me,\r\n> from school.\r\n",
        "iim accept alice@example.org",
        "reply to this mail",
    ] {
        assert!(mail.contains(words), "{words} in {mail}");
    }
    assert_eq!(read(mail.as_bytes()).unwrap().part, part);
}

#[test]
fn names_and_notes_cannot_break_out() {
    let (part, mail) = request_mail(
        "Eve\r\nBcc: all@example.org\u{1B}[2J\u{202E}",
        "x\r\n\r\n--iim_0\r\nContent-Type: application/vnd.iim\r\n\r\nAAAA\r\n\u{1B}]0;t\u{7}",
    );
    assert!(
        !mail.contains("\r\nBcc:") && !mail.contains('\u{1B}'),
        "{mail}"
    );
    assert_eq!(read(mail.as_bytes()).unwrap().part, part);
}

#[test]
fn what_mail_systems_do_is_taken() {
    let mail = sealed_mail(&sealed(300));
    let expected = read(&mail).unwrap();
    let lf = text_of(&mail).replace("\r\n", "\n");
    let from_line = b"From alice@example.org Thu Jan  1 00:00:00 2026\n";
    let trace = b"Return-Path: <alice@example.org>\nDelivered-To: bob@example.net\n";
    for (what, mail) in [
        ("LF", lf.clone().into_bytes()),
        (
            "From line",
            [from_line.as_slice(), lf.as_bytes(), b"\n"].concat(),
        ),
        ("CRLF From line", [b"From x\r\n".as_slice(), &mail].concat()),
        ("trace", [trace.as_slice(), lf.as_bytes()].concat()),
        (
            "8-bit header",
            [b"X-Virus: \xE4\xFF\r\n".as_slice(), &mail].concat(),
        ),
        (
            "8-bit text",
            lf.replacen("ordinary", "ordin\u{E4}ry", 1).into_bytes(),
        ),
        (
            "spaces after base64",
            lf.replace("w8PD\n", "w8PD \t\n").into_bytes(),
        ),
        (
            "no end",
            lf.trim_end().trim_end_matches('-').as_bytes().to_vec(),
        ),
        (
            "footer",
            [&mail[..], b"-- \r\nscanned by nobody\r\n"].concat(),
        ),
        (
            "upper case",
            changed("application/vnd.iim", "Application/VND.IIM"),
        ),
        ("marker in lower case", changed("IIM: 1", "iim:  1 ")),
    ] {
        assert_eq!(
            read(&mail).map(|mail| mail.part),
            Ok(expected.part.clone()),
            "{what}"
        );
    }
}

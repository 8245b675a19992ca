//! Shapes into which mail systems turn our mails, which are taken; and those that people make of them, which never are.

use super::*;

/// A sealed mail with LF lines, and its part.
fn ours() -> (String, Part) {
    let part = sealed(300);
    (text_of(&sealed_mail(&part)).replace("\r\n", "\n"), part)
}

fn taken(mail: &str) -> Result<Part, MailError> {
    read(mail.as_bytes()).map(|mail| mail.part)
}

/// The header section and the body.
fn halves(mail: &str) -> (&str, &str) {
    mail.split_once("\n\n").unwrap()
}

/// The mail's own multipart within `wraps`, outermost first.
fn wrapped(mail: &str, wraps: &[&str]) -> String {
    let (head, body) = halves(mail);
    let (head, own) = head.split_once("Content-Type: ").unwrap();
    let mut inner = format!("Content-Type: {own}\n\n{body}");
    for (n, wrap) in wraps.iter().enumerate().rev() {
        inner = format!(
            "Content-Type: {wrap}; boundary=\"w{n}\"\n\n--w{n}\n{inner}\n--w{n}\nContent-Type: text/plain\n\nfooter\n--w{n}--\n"
        );
    }
    format!("{head}{inner}")
}

#[test]
fn a_part_some_multiparts_deeper_is_taken() {
    let (mail, part) = ours();
    let (mixed, signed) = ("multipart/mixed", "multipart/signed");
    for wraps in [
        &[mixed][..],
        &[signed],
        &["multipart/related"],
        &["multipart/alternative"],
        &[mixed, "multipart/x-gateway"],
        &[mixed, signed, mixed, mixed],
    ] {
        assert_eq!(taken(&wrapped(&mail, wraps)), Ok(part.clone()), "{wraps:?}");
    }
    for wraps in [
        &["multipart/digest"][..],
        &["multipart/report; report-type=delivery-status"],
        &["multipart/encrypted"],
    ] {
        assert_eq!(
            taken(&wrapped(&mail, wraps)),
            Err(MailError::NotMixed),
            "{wraps:?}"
        );
    }
    assert_eq!(taken(&wrapped(&mail, &[mixed; 5])), Err(MailError::NoPart));
}

#[test]
fn a_part_that_is_an_octet_stream_is_known_by_its_name_and_the_marker() {
    let (mail, part) = ours();
    let renamed = mail.replace("application/vnd.iim", "application/octet-stream");
    assert_eq!(taken(&renamed), Ok(part.clone()));
    let by_type = renamed
        .replace("octet-stream", "octet-stream; name=\"Letter.IIM\"")
        .replace("; filename=\"letter.iim\"", "");
    assert_eq!(taken(&by_type), Ok(part.clone()));
    for other in [
        renamed.replace("letter.iim", "letter.txt"),
        renamed.replace("octet-stream", "pdf"),
    ] {
        assert_eq!(taken(&other), Err(MailError::NoPart));
    }
    let without = renamed.replace("IIM: 1\nX-IIM: 1\n", "");
    let by = |mail: &str, by| read_by(mail.as_bytes(), by).map(|mail| mail.part);
    assert_eq!(by(&without, By::Subject), Err(MailError::NoPart));
    assert_eq!(by(&without, By::Hand), Ok(part));
}

#[test]
fn a_footer_behind_the_base64_is_cut_off() {
    let (mail, part) = ours();
    let end = mail.rfind("w8PD\n").unwrap() + 5;
    let (front, back) = mail.split_at(end);
    let with = |footer: &str| format!("{front}{footer}{back}");
    for footer in [
        "\n---\nThis mail has been checked for viruses.\nwww.example.com\n",
        "-- \nscanned\n",
        "\n\n\nfrei von Viren, sagt example.com\n",
    ] {
        assert_eq!(taken(&with(footer)), Ok(part.clone()), "{footer:?}");
    }
    // What could be base64 is not cut off: one whole item, and nothing behind it.
    assert!(matches!(
        taken(&with("scanned\n")),
        Err(MailError::Part(CodecError::Trailing(_)) | MailError::Base64)
    ));
}

#[test]
fn a_transfer_encoding_that_is_missing_or_wrong_does_no_harm() {
    let (mail, part) = ours();
    let encoding = "Content-Transfer-Encoding: base64";
    for other in [
        "X-Was: y",
        "Content-Transfer-Encoding: 8bit",
        "Content-Transfer-Encoding: 7bit",
        "Content-Transfer-Encoding: binary",
        "Content-Transfer-Encoding: base64;",
        "Content-Transfer-Encoding: \"base64\"",
        "Content-Transfer-Encoding: quoted-printable",
        "Content-Transfer-Encoding: x-unknown",
    ] {
        // Where it is quoted-printable now, its "=" were encoded as well.
        let mail = match other.ends_with("printable") {
            true => mail.replace("gwEBWQEs", "gwEBWQE=73"),
            false => mail.clone(),
        };
        assert_eq!(
            taken(&mail.replace(encoding, other)),
            Ok(part.clone()),
            "{other}"
        );
    }
    let (front, _) = mail.split_once("\n\ngwEB").unwrap();
    let front = front.replace(encoding, "Content-Transfer-Encoding: binary");
    let bytes = crate::protocol::part::encode(&part);
    let boundary = front
        .lines()
        .find(|line| line.starts_with("--iim_"))
        .unwrap();
    let end = format!("\n{boundary}--\n");
    let binary = [front.as_bytes(), b"\n\n", &bytes, end.as_bytes()].concat();
    assert_eq!(read(&binary).map(|mail| mail.part), Ok(part));
}

#[test]
fn a_marker_that_was_encoded_or_commented_is_read() {
    let (mail, part) = ours();
    for marker in [
        "IIM: =?utf-8?Q?1?=",
        "IIM: =?us-ascii?B?MQ==?=",
        "IIM: 1 (checked)",
        "IIM: 1; checked",
        "X-IIM: 1",
        "X-IIM: 1\nIIM: damaged",
    ] {
        let mail = mail.replace("IIM: 1\nX-IIM: 1", marker);
        assert_eq!(taken(&mail), Ok(part.clone()), "{marker}");
    }
    for (marker, error) in [
        ("IIM: =?utf-8?Q?2?=", MailError::Newer("2".into())),
        ("IIM: 1\nX-IIM: 2", MailError::Newer("2".into())),
        ("IIM: (checked) 1", MailError::Marker(String::new())),
        ("IIM: =?utf-8?Q?one?=", MailError::Marker("one".into())),
    ] {
        let mail = mail.replace("IIM: 1\nX-IIM: 1", marker);
        assert_eq!(taken(&mail), Err(error), "{marker}");
    }
}

#[test]
fn a_boundary_that_was_folded_is_unfolded() {
    let (mail, part) = ours();
    for folded in ["boundary=\n\t\"iim_", "BOUNDARY= \n  \"iim_"] {
        let folded = mail.replace("boundary=\"iim_", folded);
        assert_ne!(folded, mail);
        assert_eq!(taken(&folded), Ok(part.clone()), "{folded}");
        let crlf = folded.replace('\n', "\r\n");
        assert_eq!(taken(&crlf), Ok(part.clone()), "{folded}");
    }
    let wrapped = wrapped(&mail, &["multipart/mixed"]).replace("boundary=\"", "boundary=\n \"");
    assert_eq!(taken(&wrapped), Ok(part));
}

#[test]
fn copies_of_the_part_count_as_one() {
    let (mail, part) = ours();
    let boundary = mail
        .lines()
        .find(|line| line.starts_with("--iim_"))
        .unwrap();
    let (front, last) = mail
        .split_once("Content-Type: application/vnd.iim")
        .unwrap();
    let last = format!("Content-Type: application/vnd.iim{last}");
    let one = last.replace(&format!("{boundary}--"), boundary);
    let times = |count: usize| format!("{front}{}{last}", one.repeat(count - 1));
    assert_eq!(taken(&times(2)), Ok(part.clone()));
    assert_eq!(taken(&times(8)), Ok(part));
    assert_eq!(taken(&times(9)), Err(MailError::ManyParts(9)));
    let differ = times(2).replacen("gwEBWQEs", "gwEBWQEt", 1);
    assert_eq!(taken(&differ), Err(MailError::ManyParts(2)));
}

#[test]
fn byte_order_marks_before_fields_are_passed_over() {
    let (mail, part) = ours();
    for mail in [
        format!("\u{FEFF}{mail}"),
        format!("Received: a\n\u{FEFF}{mail}"),
        mail.replace("IIM: 1\nX-IIM", "\u{FEFF}IIM: 1\nX-X"),
    ] {
        let read = read(mail.as_bytes()).unwrap();
        assert_eq!(
            (read.part, read.from),
            (part.clone(), address("alice@example.org"))
        );
    }
    let two = format!("From: eve@example.com\n\u{FEFF}{mail}");
    assert_eq!(taken(&two), Err(MailError::From(2)), "two authors stay two");
}

#[test]
fn a_mail_that_lost_its_markers_is_taken_by_its_subject() {
    let (mail, part) = ours();
    let mail = mail.replace("IIM: 1\nX-IIM: 1\n", "");
    let by_subject = |subject: &str| {
        let mail = mail.replace(
            "Subject: Sealed message (iim)",
            &format!("Subject: {subject}"),
        );
        let read = read_by(mail.as_bytes(), By::Subject)?;
        assert_eq!(read.part, part);
        Ok(read.may_be_a_persons)
    };
    for (subject, stays) in [
        ("Sealed message (iim)", Ok(false)),
        ("Sealed\n message  (iim)", Ok(false)),
        ("[EXTERNAL] [a b] Sealed message (iim)", Ok(false)),
        ("=?utf-8?Q?Sealed_message?= (iim)", Ok(false)),
        ("*****SPAM***** Sealed message (iim)", Ok(true)),
        ("Look what came: Sealed message (iim)", Ok(true)),
        ("Loop-back mail (iim)", Ok(true)),
        ("Sealed message", Err(MailError::NoMarker)),
        (
            "=?utf-8?Q?Re=3A?= Sealed message (iim)",
            Err(MailError::NoMarker),
        ),
    ] {
        assert_eq!(by_subject(subject), stays, "{subject}");
    }
    assert_eq!(taken(&mail), Err(MailError::NoMarker));
}

#[test]
fn a_request_that_lost_its_markers_is_taken_by_the_subject_that_names_who_asks() {
    for name in [
        "Alice",
        "Jürgen Müller",
        "Алиса в стране чудес и так далее",
        "",
    ] {
        let (part, mail) = request_mail(name, "");
        let mail = mail.replace("IIM: 1\r\nX-IIM: 1\r\n", "");
        let read = read_by(mail.as_bytes(), By::Subject).unwrap();
        assert_eq!((read.part, read.may_be_a_persons), (part, false), "{mail}");
        // The cheap test sees it without decoding anything.
        let kind = candidate::kind(mail.split("\r\n\r\n").next().unwrap().as_bytes());
        assert_eq!(kind, Some(candidate::Kind::Titled), "{mail}");
        let other = mail.replace("Subject: ", "Subject: I ");
        let read = read_by(other.as_bytes(), By::Subject).unwrap();
        assert!(read.may_be_a_persons, "{other}");
    }
}

/// What people do with a mail of ours that lies in their mailbox, in the shapes that their programs give it.
#[test]
fn what_people_forward_and_answer_is_never_taken() {
    let (mail, own_type) = (ours().0, own_type());
    for (shape, mail) in forwards().into_iter().chain(answers()) {
        assert!(!is_taken(&mail), "{shape}: {mail}");
    }
    let by_program = person("Sealed message (iim)", "IIM: 1\n", &own_type);
    assert!(is_taken(&mail) && is_taken(&by_program));
}

/// A mail that a person's program writes.
fn person(subject: &str, more: &str, content: &str) -> String {
    format!(
        "From: carol@example.com\nTo: bob@example.net\nSubject: {subject}\n{more}MIME-Version: 1.0\n{content}"
    )
}

/// The multipart of a mail of ours, with our part at its top level.
fn own_type() -> String {
    let (mail, _) = ours();
    let (_, body) = halves(&mail);
    let named = mail.split("boundary=\"").nth(1).unwrap();
    let boundary = named.split('"').next().unwrap();
    format!("Content-Type: multipart/mixed; boundary=\"{boundary}\"\n\n{body}")
}

const OLD: &str = "Sealed message (iim)";
const MARKED: &str = "IIM: 1\n";

fn forwards() -> Vec<(&'static str, String)> {
    let (mail, _) = ours();
    let own = own_type();
    let attached = format!(
        "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nsee below\n\
         --b\nContent-Type: message/rfc822\n\n{mail}\n--b--\n"
    );
    let inline = format!("Content-Type: text/plain\n\n-------- Forwarded Message --------\n{mail}");
    let [fwd, wg] = ["Fwd: Sealed message (iim)", "WG: Sealed message (iim)"];
    let resent = "Resent-From: carol@example.com\n";
    vec![
        ("inline, the part attached", person(fwd, "", &own)),
        ("with references", person(OLD, "References: <x@y>\n", &own)),
        ("in another language", person(wg, "", &own)),
        ("resent by hand", person(OLD, resent, &own)),
        ("as an attachment", person(fwd, "", &attached)),
        ("attached, old subject", person(OLD, "", &attached)),
        (
            "by report_safe",
            person(OLD, "X-Spam-Flag: YES\n", &attached),
        ),
        ("attached, marked", person("hello", MARKED, &attached)),
        ("inline as text", person(OLD, "", &inline)),
        ("inline as text, marked", person(OLD, MARKED, &inline)),
    ]
}

fn answers() -> Vec<(&'static str, String)> {
    let (mail, _) = ours();
    let own = own_type();
    let re = "Re: Sealed message (iim)";
    let related = "In-Reply-To: <a@example.org>\nReferences: <a@example.org>\n";
    let quoted = mail.replace('\n', "\n> ");
    let quoted = format!("Content-Type: text/plain\n\nAlice wrote:\n> {quoted}");
    let tnef = "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: application/ms-tnef; name=winmail.dat\n\
                Content-Transfer-Encoding: base64\n\neJ8+IgAAAAAAAAAA\n--b--\n";
    let two = "IIM: 1\nFrom: eve@example.com\n";
    vec![
        ("an answer with the part", person(re, related, &own)),
        ("under the old subject", person(OLD, related, &own)),
        ("quoted as text", person(re, related, &quoted)),
        ("quoted, old subject", person(OLD, "", &quoted)),
        ("winmail.dat", person(OLD, MARKED, tnef)),
        ("the part removed", person(OLD, MARKED, &without_part(&own))),
        ("two authors", person(OLD, two, &own)),
    ]
}

/// Whether the hook would take the mail, by the way on which it would look at it.
fn is_taken(mail: &str) -> bool {
    let (head, _) = halves(mail);
    match candidate::kind(head.as_bytes()) {
        Some(candidate::Kind::Marked) => read(mail.as_bytes()).is_ok(),
        Some(candidate::Kind::Titled) => read_by(mail.as_bytes(), By::Subject).is_ok(),
        Some(candidate::Kind::Report | candidate::Kind::Bounce | candidate::Kind::Unreturnable)
        | None => false,
    }
}

fn without_part(content: &str) -> String {
    let (front, _) = content
        .split_once("Content-Type: application/vnd.iim")
        .unwrap();
    format!("{front}Content-Type: text/plain\n\nThe attachment was removed.\n")
}

#[test]
fn from_that_was_rewritten_leaves_other_addresses_to_try() {
    let (mail, _) = ours();
    let rewritten = mail.replace(
        "From: \"Alice\" <alice@example.org>\n",
        "From: Alice via list <list@lists.example.com>\nSender: <sender@example.org>\n\
         Reply-To: \"Alice\"\n <Alice@Example.org>\nX-Google-Original-From: Alice <google@example.org>\n\
         Return-Path: <path@example.org>\n",
    );
    let read = read(rewritten.as_bytes()).unwrap();
    let others: Vec<&str> = read.others.iter().map(Address::as_str).collect();
    assert_eq!(read.from, address("list@lists.example.com"));
    assert_eq!(
        others,
        [
            "alice@example.org",
            "google@example.org",
            "sender@example.org",
            "path@example.org"
        ]
    );
    for none in [
        "Reply-To: <>",
        "Reply-To: a@b.c, d@e.f",
        "Reply-To: <list@lists.example.com>",
        "Reply-To: x",
    ] {
        let mail = rewritten.replace("Reply-To: \"Alice\"\n <Alice@Example.org>", none);
        let others = crate::protocol::mail_form::tests::read(mail.as_bytes())
            .unwrap()
            .others;
        assert_eq!(
            others.first(),
            Some(&address("google@example.org")),
            "{none}"
        );
    }
}

//! Shapes into which mail systems turn our mails, which are taken.

use super::*;

/// A sealed mail with LF lines, and its part.
pub(super) fn ours() -> (String, Part) {
    let part = sealed(300);
    (text_of(&sealed_mail(&part)).replace("\r\n", "\n"), part)
}

pub(super) fn taken(mail: &str) -> Result<Part, MailError> {
    read(mail.as_bytes()).map(|mail| mail.part)
}

/// The header section and the body.
pub(super) fn halves(mail: &str) -> (&str, &str) {
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

//! What mail systems and enemies make of mails, and what is read of them.

use super::*;
use crate::protocol::time::Seconds;

#[test]
fn each_fault_has_its_name() {
    let fault = |mail: &[u8]| read(mail).unwrap_err();
    let mail = text_of(&sealed_mail(&sealed(300)));
    let boundary = mail
        .lines()
        .find(|line| line.starts_with("--iim_"))
        .unwrap();
    let part_at = mail.find("Content-Type: application/vnd.iim").unwrap();
    let (front, part) = mail.split_at(part_at);
    let twice = format!(
        "{front}{}{boundary}\r\n{part}",
        part.replace(&format!("{boundary}--"), "")
    );
    let none = format!("{}--\r\n", front.trim_end());
    for (error, mail) in [
        (MailError::NoMarker, changed("IIM: 1\r\nX-IIM: 1\r\n", "")),
        (MailError::NoMarker, Vec::new()),
        (MailError::NoMarker, b"From x\n".to_vec()),
        (MailError::Newer("2".into()), changed("IIM: 1", "IIM: 2")),
        (
            MailError::Newer("2".into()),
            changed("IIM: 1", "IIM: 1\r\nIIM: 2"),
        ),
        (
            MailError::Marker("one".into()),
            changed("IIM: 1\r\nX-IIM: 1\r\n", "X-IIM: one\r\n"),
        ),
        (
            MailError::Marker(String::new()),
            changed("IIM: 1\r\nX-IIM: 1\r\n", "IIM:\r\n"),
        ),
        (
            MailError::Newer("part 5".into()),
            changed("gwEBWQEs", "gwUBWQEs"),
        ),
        (
            MailError::NotMixed,
            changed("multipart/mixed", "multipart/digest"),
        ),
        (
            MailError::NotMixed,
            changed("multipart/mixed", "text/plain"),
        ),
        (
            MailError::NoPart,
            changed("application/vnd.iim", "application/x-iim"),
        ),
        (MailError::NoPart, none.into_bytes()),
        (
            MailError::ManyParts(2),
            twice.replacen("gwEBWQEs", "gwEBWQEt", 1).into_bytes(),
        ),
        (MailError::Base64, changed("gwEBWQEs", "gwEB!QEs")),
        (MailError::Base64, changed("gwEBWQEs", "gwEB=QEs")),
        (
            MailError::Part(CodecError::Malformed),
            changed("w8PD\r\n\r\n", "\r\n\r\n"),
        ),
        (
            MailError::Part(CodecError::Trailing(3)),
            changed("gwEBWQEs", "gwEBWQEp"),
        ),
        (
            MailError::From(0),
            changed("From: \"Alice\" <alice@example.org>\r\n", ""),
        ),
        (
            MailError::From(2),
            changed("From: ", "From: eve@example.com, "),
        ),
        (
            MailError::From(2),
            changed("From: ", "From: eve@example.com\r\nFrom: "),
        ),
        (
            MailError::From(2),
            changed("From: ", "From: nobody:;\r\nFrom: "),
        ),
    ] {
        let text = String::from_utf8_lossy(&mail);
        assert_eq!(fault(&mail), error, "{text}");
    }
    assert!(matches!(
        fault(&changed("<alice@example.org>", "<alice@[127.0.0.1]>")),
        MailError::FromAddress(_)
    ));
}

#[test]
fn a_mail_cut_short_is_refused_wherever_it_is_cut() {
    let mail = sealed_mail(&sealed(301));
    let end = text_of(&mail).rfind("==").unwrap();
    let last = end - 1;
    for cut in 0..last {
        assert!(read(&mail[..cut]).is_err(), "{cut}");
    }
    let no_padding = text_of(&mail).replace("==", "");
    assert_eq!(read(no_padding.as_bytes()).unwrap().part, sealed(301));
}

#[test]
fn large_mails_are_refused_before_they_are_decoded() {
    let mut mail = changed("gwEBWQEs", &"gwEBWQEs".repeat(40_000));
    assert!(matches!(read(&mail), Err(MailError::PartTooLarge(_))));
    mail.resize(50 * 1024 * 1024, b'A');
    assert_eq!(read(&mail), Err(MailError::MailTooLarge(mail.len())));
    let ordinary = changed("IIM: 1\r\nX-IIM: 1\r\n", "").into_iter();
    let ordinary: Vec<_> = ordinary
        .chain(std::iter::repeat_n(b'A', 5_000_000))
        .collect();
    assert_eq!(read(&ordinary), Err(MailError::NoMarker));
}

#[test]
fn what_is_marked_as_automatic_answers_only_whom_we_know() {
    let received =
        |count| "Received: from a by b; Thu, 1 Jan 2026 00:00:00 +0000\r\n".repeat(count);
    for (front, answerable) in [
        (String::new(), Answerable::Anybody),
        (
            "Return-Path: <alice@example.org>\r\n".into(),
            Answerable::Anybody,
        ),
        ("Return-Path: <>\r\n".into(), Answerable::Known),
        ("Precedence: bulk\r\n".into(), Answerable::Known),
        ("Precedence: Junk\r\n".into(), Answerable::Known),
        ("precedence: list\r\n".into(), Answerable::Known),
        ("Precedence: first-class\r\n".into(), Answerable::Anybody),
        (
            "List-Id: <people.example.org>\r\n".into(),
            Answerable::Known,
        ),
        (
            "List-Unsubscribe: <mailto:x@example.org>\r\n".into(),
            Answerable::Known,
        ),
        ("Auto-Submitted: no\r\n".into(), Answerable::Anybody),
        (
            "Auto-Submitted: auto-notified; owner-email=x\r\n".into(),
            Answerable::Known,
        ),
        (
            "Auto-Submitted: (a word first) no\r\n".into(),
            Answerable::Known,
        ),
        ("Auto-Submitted:\r\n".into(), Answerable::Known),
        (received(50), Answerable::Anybody),
        (received(51), Answerable::Nobody),
    ] {
        let mail = front.clone() + &text_of(&sealed_mail(&sealed(9)));
        assert_eq!(
            read(mail.as_bytes()).unwrap().answerable,
            answerable,
            "{front}"
        );
    }
    for (from, to) in [
        ("alice@example.org", "MAILER-DAEMON@example.org"),
        ("alice@example.org", "owner-people@example.org"),
        ("auto-generated", "auto-replied"),
    ] {
        let mail = read(&changed(from, to)).unwrap();
        assert_eq!(mail.answerable, Answerable::Known, "{to}");
    }
}

#[test]
fn a_field_counts_also_when_it_is_not_utf8() {
    for front in [
        &b"List-Id: K\xfcchenliste <kueche.example.org>\r\n"[..],
        b"Auto-Submitted: auto-replied (zur\xfcck am Montag)\r\n",
        b"List-Unsubscribe: <mailto:\xff>\r\n",
    ] {
        let mail = [front, &sealed_mail(&sealed(9))].concat();
        let read = read(&mail).unwrap();
        let front = String::from_utf8_lossy(front);
        assert_eq!(read.answerable, Answerable::Known, "{front}");
    }
    let received = b"Received: from a (\xe4) by b; Thu, 1 Jan 2026 00:00:00 +0000\r\n".repeat(51);
    let mail = [&received, sealed_mail(&sealed(9)).as_slice()].concat();
    assert_eq!(read(&mail).unwrap().received, 51);
    let mail = [b"IIM: 2 \xe4\r\n", sealed_mail(&sealed(9)).as_slice()].concat();
    assert!(matches!(read(&mail), Err(MailError::Newer(_))));
}

#[test]
fn a_forwarded_mail_is_not_ours() {
    let inner = text_of(&sealed_mail(&sealed(9)));
    let mail = format!(
        "From: carol@example.com\r\nIIM: 1\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\
         Content-Type: message/rfc822\r\n\r\n{inner}\r\n--b--\r\n"
    );
    assert_eq!(read(mail.as_bytes()), Err(MailError::NoPart));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = read(&bytes);
        let _ = read(&[b"From: a@b.c\nIIM: 1\n".as_slice(), &bytes].concat());
    }

    #[test]
    fn no_damage_panics(at in any::<prop::sample::Index>(), byte: u8, cut in any::<prop::sample::Index>()) {
        let mut mail = sealed_mail(&sealed(300));
        let at = at.index(mail.len());
        mail[at] = byte;
        prop_assert_ne!(read(&mail), Err(MailError::Parser));
        prop_assert_ne!(read(&mail[..cut.index(mail.len())]), Err(MailError::Parser));
    }

    #[test]
    fn any_name_and_note_are_written_safely(name in "\\PC{0,64}|(\\p{Cc}|[a-z]){0,40}", note in "(\\PC|\\p{Cc}){0,200}") {
        let (part, mail) = request_mail(&name, &note);
        prop_assert!(mail.is_ascii());
        prop_assert_eq!(read(mail.as_bytes()).map(|mail| mail.part), Ok(part));
    }
}

#[test]
fn the_line_of_an_mbox_in_front_is_passed_over() {
    for (raw, rest) in [
        ("From bob Thu\nA: b\n", "A: b\n"),
        (">From bob Thu\nA: b\n", "A: b\n"),
        ("From bob Thu\r\nA: b\n", "A: b\n"),
        ("From: bob\nA: b\n", "From: bob\nA: b\n"),
        ("A: b\nFrom bob\n", "A: b\nFrom bob\n"),
        ("From bob Thu", ""),
        ("From bob Thu\n", ""),
        ("", ""),
    ] {
        let found = without_from_line(raw.as_bytes());
        assert_eq!(found, rest.as_bytes(), "{raw:?}");
    }
}

#[test]
fn the_largest_mail_that_fits() {
    let part = sealed(300);
    let mut mail = sealed_mail(&part);
    mail.resize(1_048_576, b'x');
    assert_eq!(read(&mail).map(|mail| mail.part), Ok(part));
    for _ in 0..2 {
        mail.push(b'x');
        assert_eq!(read(&mail), Err(MailError::MailTooLarge(mail.len())));
    }
}

#[test]
fn a_part_may_come_in_any_encoding_that_mail_has() {
    use base64::Engine as _;
    let part = Part::Probe(*b"0123456789abcdef");
    let bytes = crate::protocol::part::encode(&part);
    let base64 = base64::engine::general_purpose::STANDARD.encode(&bytes);
    let quoted: String = bytes.iter().map(|byte| format!("={byte:02X}")).collect();
    // The end of the line is not the part's (RFC 2045, section 6.7, rule 5).
    let quoted = format!("{quoted}=");
    let mail = text_of(&sealed_mail(&part));
    assert!(mail.contains(&base64), "{mail}");
    for (encoding, body) in [
        ("base64", &base64),
        ("BASE64", &base64),
        ("quoted-printable", &quoted),
    ] {
        let mail = mail
            .replace("Encoding: base64", &format!("Encoding: {encoding}"))
            .replace(&base64, body);
        let found = read(mail.as_bytes()).map(|mail| mail.part);
        assert_eq!(found, Ok(part.clone()), "{mail}");
    }
}

#[test]
fn a_sealed_mail_says_who_sent_it() {
    for (name, who, short) in [
        ("Alice", "Alice <alice@example.org>", "Alice"),
        ("", "alice@example.org", "alice@example.org"),
        ("\u{7}", "alice@example.org", "alice@example.org"),
        ("Jürgen Müller", "alice@example.org", "alice@example.org"),
    ] {
        let (from, to) = (address("alice@example.org"), address("bob@example.net"));
        let envelope = Envelope {
            from: &from,
            from_name: name,
            to: &to,
            message_id: "0123456789abcdef@example.org",
            date: Seconds(1_767_225_600),
        };
        let mail = text_of(&write_sealed(&envelope, &sealed(300)));
        for words in [
            format!("\r\n\r\n{who} sent you this message with iim.\r\n"),
            format!("mail in ordinary words; {short} will read your answer.\r\n"),
        ] {
            assert!(mail.contains(&words), "{words} in {mail}");
        }
    }
}

#[test]
fn a_part_that_is_far_too_large_is_not_decoded() {
    let part = Part::Probe(*b"0123456789abcdef");
    let bytes = crate::protocol::part::encode(&part);
    let base64 = {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.encode(&bytes)
    };
    let mail = text_of(&sealed_mail(&part));
    for (length, expected) in [
        (174_852, MailError::PartTooLarge(131_139)),
        (180_000, MailError::PartTooLarge(135_000)),
    ] {
        let mail = mail.replace(&base64, &"A".repeat(length));
        assert_eq!(read(mail.as_bytes()), Err(expected), "{length}");
    }
}

#[test]
fn an_author_beside_one_that_cannot_be_read_is_not_the_author() {
    for more in ["From: Somebody Else", "From: eve@example.com"] {
        let mail = changed("To:", &format!("{more}\r\nTo:"));
        assert_eq!(read(&mail), Err(MailError::From(2)), "{more}");
    }
}

/// rspamd's R_MIXED_CHARSET counts letters beyond ASCII in words of ten letters at most, against the number of all words,
/// in each text and in the words of subject and From together. Where there is none, there is no point.
#[test]
fn a_sealed_mail_holds_no_word_beyond_ascii_whatever_its_sender_is_called() {
    for name in [
        "Jürgen Müller",
        "Zoë",
        "Łukasz Żółć",
        "Ngọc",
        "Алиса",
        "Ελένη",
        "नेहा",
        "爱丽丝",
        "é e\u{301}",
    ] {
        let (from, to) = (address("alice@example.org"), address("bob@example.net"));
        let envelope = Envelope {
            from: &from,
            from_name: name,
            to: &to,
            message_id: "0123456789abcdef@example.org",
            date: Seconds(1_767_225_600),
        };
        let mail = write_sealed(&envelope, &sealed(300));
        let mail = mail_parser::MessageParser::default().parse(&mail).unwrap();
        let shown = [
            mail.subject().unwrap_or_default().to_owned(),
            mail.from()
                .and_then(|from| from.first()?.name())
                .unwrap_or_default()
                .to_owned(),
            mail.body_text(0).unwrap_or_default().into_owned(),
        ];
        for words in shown {
            assert!(words.is_ascii(), "{name}: {words}");
        }
    }
}

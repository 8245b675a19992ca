//! Header sections, and what they make of their mails.

use super::*;

#[test]
fn the_markers_are_found() {
    for (section, found) in [
        ("From: a\nIIM: 1\n\n", true),
        ("iim: 2\r\n\r\n", true),
        ("IIM : 1\n\n", true),
        ("From bob Thu Jan  1 00:00:00 1970\nIIM:1\n\n", true),
        ("IIM:\n 1\n\n", true),
        ("X-IIM: 1\n\n", true),
        ("x-iim: =?utf-8?Q?1?=\n\n", true),
        ("\u{FEFF}IIM: 1\n\n", true),
        ("Received: x\n\u{FEFF}IIM: 1\n\n", true),
        ("Subject: Re: x (iim)\nIn-Reply-To: <a@b>\nIIM: 1\n\n", true),
        ("Subject: x\n IIM: 1\n\n", false),
        ("Subject: x\n\tX-IIM: 1\n\n", false),
        ("IIM-Status: 1\n\n", false),
        ("X-IIM-Status: 1\n\n", false),
        ("IIM\n\n", false),
        ("", false),
    ] {
        let marked = kind(section.as_bytes()) == Some(Kind::Marked);
        assert_eq!(marked, found, "{section:?}");
    }
}

#[test]
fn a_report_is_found_with_and_without_its_type() {
    for (section, found) in [
        (
            "Content-Type: multipart/report; report-type=delivery-status;\n boundary=x\n\n",
            Some(Kind::Report),
        ),
        (
            "content-type:\r\n\tMultipart/Report;\r\n\tboundary=\"x\";\r\n\tReport-Type=\"Delivery-Status\"\r\n\r\n",
            Some(Kind::Report),
        ),
        (
            "Content-Type: multipart/report; boundary=x\n\n",
            Some(Kind::Report),
        ),
        (
            "From: MAILER-DAEMON@a.b\nContent-Type: multipart/report; boundary=x\n\n",
            Some(Kind::Report),
        ),
        (
            "From: MAILER-DAEMON@a.b\nContent-Type: multipart/report; report-type=disposition-notification\n\n",
            None,
        ),
        (
            "Return-Path: <>\nContent-Type: multipart/report; report-type=feedback-report\n\n",
            None,
        ),
        (
            "Content-Type: text/plain; x=\"report-type=delivery-status\"\n\n",
            None,
        ),
        (
            "Content-Type: multipart/report; report-type=delivery-status\nIIM: 1\n\n",
            Some(Kind::Marked),
        ),
    ] {
        assert_eq!(kind(section.as_bytes()), found, "{section:?}");
    }
}

#[test]
fn a_bounce_in_words_is_known_by_who_sends_it() {
    for (section, found) in [
        ("From: MAILER-DAEMON@mx.example.org\n\n", true),
        ("From: Mail Delivery System <Mailer-Daemon@a.b>\n\n", true),
        ("From: MAILER-DAEMON (Mail Delivery System)\n\n", true),
        ("From: \"postmaster\"\n <postmaster@a.b>\n\n", true),
        ("from: postmaster@a.b\r\n\r\n", true),
        (
            "From: MAILER-DAEMON@a.b\nSubject: Sealed message (iim)\n\n",
            true,
        ),
        ("Return-Path: <bob@a.b>\nFrom: bob@a.b\n\n", false),
        ("From: \"MAILER-DAEMON\" <bob@a.b>\n\n", false),
        ("From: postmasters@a.b\n\n", false),
        (
            "From MAILER-DAEMON Thu Jan  1 00:00:00 1970\nFrom: bob@a.b\n\n",
            false,
        ),
        ("From:\n\n", false),
    ] {
        let bounce = kind(section.as_bytes()) == Some(Kind::Bounce);
        assert_eq!(bounce, found, "{section:?}");
    }
    for section in [
        "Return-Path: <>\nFrom: bob@a.b\n\n",
        "Return-Path:\nFrom: bob@a.b\n\n",
    ] {
        assert_eq!(
            kind(section.as_bytes()),
            Some(Kind::Unreturnable),
            "{section:?}"
        );
        // What somebody's vacation program answers (RFC 5230, section 5.8).
        let answer = format!("In-Reply-To: <a@b>\n{section}");
        assert_eq!(kind(answer.as_bytes()), None, "{answer:?}");
    }
}

#[test]
fn an_answer_of_a_postmaster_is_no_bounce() {
    for (section, found) in [
        ("Subject: lunch\nIn-Reply-To: <a@b>\n\n", None),
        ("References: <a@b>\n\n", None),
        ("Subject: Re: lunch\n\n", None),
        ("Subject: [list] Antw.: lunch\n\n", None),
        ("Subject: Re: x (iim)\nIn-Reply-To: <a@b>\n\n", None),
        (
            "Return-Path: <postmaster@a.b>\nIn-Reply-To: <a@b>\n\n",
            None,
        ),
        (
            "Return-Path: <>\nIn-Reply-To: <a@b>\n\n",
            Some(Kind::Bounce),
        ),
        ("Return-Path: <>\nSubject: Re: x\n\n", Some(Kind::Bounce)),
        ("Subject: Warning: message delayed\n\n", Some(Kind::Bounce)),
        ("Subject: Undeliverable: lunch\n\n", Some(Kind::Bounce)),
    ] {
        let whole = format!("From: \"Jane, admin\" <postmaster@y.example>\n{section}");
        assert_eq!(kind(whole.as_bytes()), found, "{whole:?}");
    }
}

#[test]
fn a_subject_of_ours_makes_a_candidate() {
    for (section, found) in [
        ("Subject: Sealed message (iim)\n\n", true),
        ("subject: Sealed message (iim) \r\n\r\n", true),
        ("Subject: Sealed\n message\n (iim)\n\n", true),
        ("Subject: [EXTERNAL] Sealed message (iim)\n\n", true),
        ("Subject: *****SPAM***** Sealed message (iim)\n\n", true),
        ("Subject: =?utf-8?B?SsO8cmdlbg==?=\n (iim)\n\n", true),
        ("Return-Path: <>\nSubject: Sealed message (iim)\n\n", true),
        ("Subject: Dear all: look here (iim)\n\n", true),
        ("Subject: Sealed message (iim) to you\n\n", false),
        ("Subject: =?utf-8?Q?Sealed_message_(iim)?=\n\n", false),
        ("X-Subject: Sealed message (iim)\n\n", false),
    ] {
        let titled = kind(section.as_bytes()) == Some(Kind::Titled);
        assert_eq!(titled, found, "{section:?}");
    }
}

#[test]
fn answers_and_forwards_of_people_make_no_candidate() {
    for prefix in [
        "Re:",
        "RE: ",
        "re :",
        "Fwd: ",
        "FW: ",
        "Fw:",
        "AW: ",
        "WG: ",
        "SV: ",
        "VS: ",
        "TR : ",
        "RV: ",
        "I: ",
        "Antw.: ",
        "Odp: ",
        "RE[2]: ",
        "Re^2: ",
        "[list] Re: ",
        "[a] [b] Fwd: ",
        "回复：",
        "转发: ",
        "Re: Fwd: ",
    ] {
        let section = format!("Subject: {prefix}Sealed message (iim)\n\n");
        assert_eq!(kind(section.as_bytes()), None, "{prefix:?}");
    }
    for field in [
        "In-Reply-To: <a@b>",
        "references:\n <a@b>",
        "Resent-From: bob@a.b",
        "resent-message-id: <a@b>",
    ] {
        for section in [
            format!("Subject: Sealed message (iim)\n{field}\n\n"),
            format!("{field}\nSubject: Sealed message (iim)\n\n"),
        ] {
            assert_eq!(kind(section.as_bytes()), None, "{section:?}");
        }
    }
}

#[test]
fn tags_in_front_are_passed_over() {
    for (subject, rest) in [
        ("[SPAM] x", "x"),
        ("[a][b]  x [c]", "x [c]"),
        ("[open x", "[open x"),
        ("x", "x"),
        ("[]", ""),
        ("", ""),
    ] {
        let found = without_tags(subject.as_bytes());
        assert_eq!(found, rest.as_bytes(), "{subject:?}");
    }
}

//! Reports as mail systems write them, and mangled.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use proptest::prelude::*;

use super::*;

/// What Postfix writes, with the returned header.
const POSTFIX: &str = "Return-Path: <>\n\
From: MAILER-DAEMON@mail.example.org (Mail Delivery System)\n\
Subject: Undelivered Mail Returned to Sender\n\
To: alice@example.org\n\
Auto-Submitted: auto-replied\n\
MIME-Version: 1.0\n\
Content-Type: multipart/report; report-type=delivery-status;\n\
\tboundary=\"4Q.1\"\n\
\n\
--4Q.1\n\
Content-Description: Notification\n\
Content-Type: text/plain; charset=us-ascii\n\
\n\
This is the mail system at host mail.example.org.\n\
\n\
--4Q.1\n\
Content-Description: Delivery report\n\
Content-Type: message/delivery-status\n\
\n\
Reporting-MTA: dns; mail.example.org\n\
Arrival-Date: Thu,  1 Jan 2026 00:00:00 +0000 (UTC)\n\
\n\
Final-Recipient: rfc822; bob@mail.example.net\n\
Original-Recipient: rfc822;bob@example.net\n\
Action: failed\n\
Status: 5.1.1\n\
Diagnostic-Code: smtp; 550 5.1.1 <bob@example.net>: Recipient address rejected:\n\
\tUser unknown\n\
\n\
--4Q.1\n\
Content-Description: Undelivered Message Headers\n\
Content-Type: text/rfc822-headers\n\
\n\
From: Alice <alice@example.org>\n\
Message-ID: <abc@example.org>\n\
\n\
--4Q.1--\n";

fn one(mail: &str) -> Report {
    let mut reports = read(mail.as_bytes()).unwrap();
    assert_eq!(reports.len(), 1, "{mail}");
    reports.remove(0)
}

#[test]
fn postfix_is_understood() {
    let expected = Report {
        original_message_ids: vec!["abc@example.org".into()],
        returned: Vec::new(),
        recipient: Some(Address::parse("bob@example.net").unwrap()),
        action: Action::Failed,
        status: "5.1.1".into(),
        permanent: true,
        reason: "550 5.1.1 <bob@example.net>: Recipient address rejected: User unknown".into(),
    };
    assert_eq!(one(POSTFIX), expected);
    assert_eq!(one(&POSTFIX.replace('\n', "\r\n")), expected);
    assert_eq!(one(&format!("From MAILER-DAEMON Thu\n{POSTFIX}")), expected);
}

#[test]
fn actions_and_statuses_say_whether_it_is_for_good() {
    for (action, status, expected, permanent) in [
        ("failed", "5.1.1", Action::Failed, true),
        ("Failed", "5.0.0 (unknown)", Action::Failed, true),
        ("failed", "4.4.7", Action::Failed, false),
        ("failed", "nonsense", Action::Failed, true),
        // Neither number has more than three digits (RFC 3463, section 2).
        ("failed", "4.1234.1", Action::Failed, true),
        ("failed", "4.1.", Action::Failed, true),
        ("delayed", "4.4.1", Action::Delayed, false),
        ("delayed", "5.4.1", Action::Delayed, false),
        ("delivered", "2.0.0", Action::Delivered, false),
        ("delivered", "none", Action::Delivered, false),
        ("relayed", "2.1.9", Action::Relayed, false),
        ("expanded", "2.0.0", Action::Expanded, false),
        ("what", "5.1.1", Action::Failed, true),
        ("what", "4.1.1", Action::Delayed, false),
    ] {
        let mail = POSTFIX
            .replace("Action: failed", &format!("Action: {action}"))
            .replace("Status: 5.1.1", &format!("Status: {status}"));
        let report = one(&mail);
        assert_eq!(
            (report.action, report.permanent),
            (expected, permanent),
            "{action} {status}"
        );
    }
}

#[test]
fn ids_are_found_wherever_they_are() {
    let headers =
        "text/rfc822-headers\n\nFrom: Alice <alice@example.org>\nMessage-ID: <abc@example.org>\n";
    assert!(POSTFIX.contains(headers));
    for (what, mail) in [
        (
            "whole mail",
            POSTFIX.replace("text/rfc822-headers", "message/rfc822"),
        ),
        (
            "folded",
            POSTFIX.replace("Message-ID: <", "Message-Id:\n <"),
        ),
        (
            "field",
            POSTFIX.replace(headers, "text/plain\n\n").replace(
                "Status:",
                "X-Original-Message-ID: <abc@example.org>\nStatus:",
            ),
        ),
        (
            "words",
            POSTFIX.replace(headers, "text/plain\n\n> message-id: <abc@example.org>\n"),
        ),
        (
            "words in front",
            POSTFIX
                .replace(headers, "text/plain\n\n")
                .replace("This is", "Message-ID: <abc@example.org>\nThis is"),
        ),
    ] {
        assert_eq!(
            one(&mail).original_message_ids,
            ["abc@example.org"],
            "{what}\n{mail}"
        );
    }
    let none = POSTFIX.replace(headers, "text/plain\n\n");
    assert_eq!(one(&none).original_message_ids, Vec::<String>::new());
    let no_headers = POSTFIX
        .split("--4Q.1\nContent-Description: Undelivered")
        .next()
        .unwrap();
    assert_eq!(one(no_headers).original_message_ids, Vec::<String>::new());
}

#[test]
fn exchange_gives_a_mail_another_id_and_keeps_ours() {
    let renamed = "Message-ID: <new@prod.outlook.example>\nX-Microsoft-Original-Message-ID:\n <abc@example.org>\n";
    let mail = POSTFIX.replace("Message-ID: <abc@example.org>\n", renamed);
    for kind in ["text/rfc822-headers", "message/rfc822"] {
        let mail = mail.replace("text/rfc822-headers", kind);
        assert_eq!(
            one(&mail).original_message_ids,
            ["new@prod.outlook.example", "abc@example.org"],
            "{kind}"
        );
    }
}

#[test]
fn what_is_no_id_is_not_taken_for_one() {
    let whole = POSTFIX.replace("text/rfc822-headers", "message/rfc822");
    for odd in [
        "abc@exa\0mple.org",
        "abc@exa\u{1B}[2Jmple.org",
        "abc",
        &format!("{}@x", "a".repeat(1000)),
    ] {
        let mail = whole.replace("abc@example.org", odd);
        assert_eq!(
            one(&mail).original_message_ids,
            Vec::<String>::new(),
            "{odd:?}"
        );
    }
}

#[test]
fn each_receiver_has_a_report() {
    let second = "User unknown\n\nFinal-Recipient: rfc822; carol@example.com\nStatus: 4.2.2\n";
    let reports = read(POSTFIX.replace("User unknown\n", second).as_bytes()).unwrap();
    assert_eq!(reports.len(), 2);
    assert_eq!(
        reports[1].recipient.as_ref().unwrap().as_str(),
        "carol@example.com"
    );
    assert_eq!(reports[1].action, Action::Delayed);
    assert_eq!(reports[1].reason, "status 4.2.2");
}

#[test]
fn what_is_no_report_says_so() {
    for (error, mail) in [
        (DsnError::NotAReport, String::new()),
        (
            DsnError::NotAReport,
            "From: a@example.org\n\nhello\n".into(),
        ),
        (
            DsnError::NoStatus,
            POSTFIX.replace("multipart/report", "multipart/mixed"),
        ),
        (
            DsnError::NotAReport,
            POSTFIX.replace("=delivery-status", "=disposition-notification"),
        ),
        (
            DsnError::NoStatus,
            POSTFIX.replace("message/delivery-status", "text/plain"),
        ),
        (
            DsnError::NoStatus,
            POSTFIX
                .replace("Final-Recipient", "X")
                .replace("Original-Recipient", "Y")
                .replace("Action", "Z"),
        ),
    ] {
        assert_eq!(read(mail.as_bytes()), Err(error), "{mail}");
    }
    let mut large = POSTFIX.as_bytes().to_vec();
    large.resize(4_194_304, b'x');
    assert_eq!(read(&large).map(|reports| reports.len()), Ok(1));
    for _ in 0..2 {
        large.push(b'x');
        assert_eq!(read(&large), Err(DsnError::TooLarge(large.len())));
    }
}

#[test]
fn the_status_may_stand_behind_what_is_returned() {
    let status = "Content-Type: message/delivery-status";
    let returned = "Content-Type: message/rfc822\n\nMessage-ID: <first@example.org>\n\n--4Q.1\n";
    let mail = POSTFIX.replace(status, &format!("{returned}{status}"));
    assert_eq!(one(&mail).status, "5.1.1");
    let same_name = POSTFIX.replace(
        status,
        &format!("Content-Type: text/delivery-status\n\n--4Q.1\n{status}"),
    );
    assert_eq!(one(&same_name).status, "5.1.1");
}

#[test]
fn the_returned_header_counts_beside_what_the_status_tells() {
    let told = "X-Original-Message-ID: <told@example.org>\nStatus:";
    for kind in [
        "text/rfc822-headers",
        "message/rfc822-headers",
        "message/global-headers",
    ] {
        let mail = POSTFIX
            .replace("Status:", told)
            .replace("text/rfc822-headers", kind);
        let ids = one(&mail).original_message_ids;
        assert_eq!(ids, ["abc@example.org", "told@example.org"], "{kind}");
    }
}

#[test]
fn reasons_are_safe_to_show() {
    let mail = POSTFIX.replace("Recipient address", "\u{1B}[2J\u{202E}\u{7}R");
    assert_eq!(
        one(&mail).reason,
        "550 5.1.1 <bob@example.net>: R rejected: User unknown"
    );
    assert!(
        one(&POSTFIX.replace("User", &"x".repeat(5000)))
            .reason
            .len()
            <= MAX_REASON
    );
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), at in 300..POSTFIX.len()) {
        prop_assert_ne!(read(&bytes), Err(DsnError::Parser));
        let (front, back) = POSTFIX.as_bytes().split_at(at);
        prop_assert_ne!(read(&[front, &bytes, back].concat()), Err(DsnError::Parser));
        prop_assert_ne!(read(&[front, &bytes].concat()), Err(DsnError::Parser));
    }
}

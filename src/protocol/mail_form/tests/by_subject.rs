//! Mails without markers, taken by their subject; and what people make of our mails, which never is.

use super::shapes::{halves, ours, taken};
use super::*;

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

//! Mails and reports on them.

use crate::measure::{Faults, PIECES, much};
use iim::account::kept::Search;
use iim::edge::mail::hook::filter;
use iim::edge::mail::hook::filter::Verdict;
use iim::edge::mail::stored::each_in;
use iim::edge::seal::stream::CodeKey;
use iim::protocol::code::Code;
use iim::protocol::time::Seconds;
use iim::protocol::{dsn, mail_form};
use std::fs::File;
use std::hint::black_box;
use std::io::{Seek as _, Write as _};

/// A mail of ours with a text in some place of it.
fn mails(text: &str) -> Vec<(&'static str, String)> {
    let head = "IIM: 1\r\nTo: b@b.example\r\n";
    let mixed = "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
    let field =
        |name: &str| format!("{head}{name}: {text}\r\nFrom: a@a.example\r\n{mixed}--b--\r\n");
    let part = |kind: &str| {
        format!("{head}From: a@a.example\r\n{mixed}--b\r\n{kind}\r\n\r\n{text}\r\n--b--\r\n")
    };
    let coded = |coding: &str| {
        part(&format!(
            "Content-Type: application/vnd.iim\r\nContent-Transfer-Encoding: {coding}"
        ))
    };
    vec![
        ("From", field("From")),
        ("To", field("To")),
        ("Subject", field("Subject")),
        ("Date", field("Date")),
        ("Message-ID", field("Message-ID")),
        ("References", field("References")),
        ("Received", field("Received")),
        ("Content-Type", field("Content-Type")),
        (
            "a boundary",
            format!("{head}Content-Type: multipart/mixed; boundary=\"{text}\"\r\n\r\n"),
        ),
        (
            "a charset",
            format!("{head}Content-Type: text/plain; charset*0=\"{text}\"\r\n\r\n"),
        ),
        ("List-Id", field("List-Id")),
        ("Return-Path", field("Return-Path")),
        ("a field's name", format!("{head}{text}: x\r\n{mixed}")),
        ("no body", format!("{head}{text}")),
        ("a plain part", part("Content-Type: text/plain")),
        ("an html part", part("Content-Type: text/html")),
        ("base64", coded("base64")),
        ("quoted-printable", coded("quoted-printable")),
        ("8bit", coded("8bit")),
        ("a mail within", part("Content-Type: message/rfc822")),
        ("headers within", part("Content-Type: text/rfc822-headers")),
    ]
}

#[test]
fn mails_grow_with_the_size() {
    let mut faults = Faults::default();
    for (at, (place, _)) in mails("").iter().enumerate() {
        let within = |text: &str| mails(text).swap_remove(at).1;
        faults.texts(place, within, |mail| {
            drop(black_box(mail_form::read(mail.as_bytes())))
        });
    }
    faults.none();
}

#[test]
fn mailboxes_grow_with_the_size() {
    let mut faults = Faults::default();
    type Shape = (&'static str, fn(&str) -> String);
    let shapes: [Shape; 4] = [
        ("a mail", |text| text.to_owned()),
        ("an mbox of one line", |text| format!("From {text}")),
        ("mails of nothing", |text| {
            "From \n\n".repeat(text.len() / 7)
        }),
        ("mails of a copy's header", |text| {
            "From a\nIIM: 1\n\nContent\n\n".repeat(text.len() / 25)
        }),
    ];
    let key = CodeKey::of(&Code([1; 16]));
    for (what, shape) in shapes {
        faults.texts(what, shape, |text| {
            let mut search = Search::new(&key, Seconds(1_800_000_000));
            let mut take = |mail: &[u8], place| search.look(mail, place);
            each_in(text.as_bytes(), mail_form::MAX_MAIL, &mut take).unwrap();
            drop(black_box(search.found()));
        });
    }
    faults.none();
}

/// Mails of one structure that is repeated.
fn built(size: usize) -> Vec<(&'static str, String)> {
    let head = "IIM: 1\r\nFrom: a@a.example\r\n";
    let report = "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n";
    let mixed = "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
    let each = |of: &dyn Fn(usize) -> String, length: usize| {
        (0..size / length).map(of).collect::<String>()
    };
    let nested = each(
        &|n| format!("Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n"),
        60,
    );
    let same = each(&|_| format!("{mixed}--b\r\n"), 60);
    let within = each(&|_| "Content-Type: message/rfc822\r\n\r\n".to_owned(), 32);
    let parts = each(
        &|_| "--b\r\nContent-Type: application/vnd.iim\r\n\r\n\r\n".to_owned(),
        44,
    );
    let empty = each(&|_| "--b\r\n\r\n".to_owned(), 7);
    let words = each(
        &|_| "Subject: =?utf-8?b?YWJj?= =?utf-8?q?abc?=\r\n".to_owned(),
        44,
    );
    let received = each(&|n| format!("Received: from a by b; {n}\r\n"), 30);
    let fields = each(&|n| format!("X-{n}: y\r\n"), 10);
    let from = each(&|_| "From: a@b.example\r\n".to_owned(), 19);
    let marks = each(&|_| "IIM: 1\r\n".to_owned(), 8);
    let receivers = each(
        &|n| format!("Final-Recipient: rfc822; a{n}@b.example\r\nStatus: 5.1.1\r\n\r\n"),
        60,
    );
    let ids = each(&|n| format!("Message-ID: <{n}@a>\r\n"), 22);
    let folded = each(&|_| " x\r\n".to_owned(), 4);
    let status = "--b\r\nContent-Type: message/delivery-status\r\n\r\n";
    let returned = "--b\r\nContent-Type: text/rfc822-headers\r\n\r\n";
    vec![
        ("multiparts in multiparts", format!("{head}{nested}")),
        ("multiparts of one boundary", format!("{head}{same}")),
        ("mails in mails", format!("{head}{within}")),
        ("many parts", format!("{head}{mixed}{parts}")),
        ("many empty parts", format!("{head}{mixed}{empty}")),
        ("many subjects", format!("{head}{words}{mixed}")),
        ("many Received", format!("{head}{received}{mixed}")),
        ("many fields", format!("{head}{fields}{mixed}")),
        ("many authors", format!("{from}{marks}{mixed}")),
        (
            "a report of many",
            format!("{report}{status}{receivers}\r\n--b--\r\n"),
        ),
        (
            "a report of many fields",
            format!("{report}{status}{fields}\r\n--b--\r\n"),
        ),
        (
            "a report, folded",
            format!("{report}{status}Status: 5.1.1\r\n{folded}\r\n--b--\r\n"),
        ),
        (
            "a report of many ids",
            format!("{report}{status}Status: 5.1.1\r\n\r\n{returned}{ids}--b--\r\n"),
        ),
        ("a report in multiparts", format!("{report}--b\r\n{nested}")),
        ("a report of mails", format!("{report}--b\r\n{within}")),
        ("a report of parts", format!("{report}{empty}")),
    ]
}

#[test]
fn mails_grow_with_what_is_in_them() {
    let mut faults = Faults::default();
    for (at, (what, _)) in built(1000).iter().enumerate() {
        let make = |size| built(size).swap_remove(at).1;
        faults.measure(&format!("a mail: {what}"), make, |mail| {
            drop(black_box(mail_form::read(mail.as_bytes())));
        });
        faults.measure(&format!("a report: {what}"), make, |mail| {
            drop(black_box(dsn::read(mail.as_bytes())))
        });
    }
    faults.none();
}

/// A report with a text in some place of it.
fn reports(text: &str) -> Vec<(&'static str, String)> {
    let report = "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n";
    let part = |kind: &str, text: &str| format!("--b\r\nContent-Type: {kind}\r\n\r\n{text}\r\n");
    let of = |fields: &str| {
        format!(
            "{report}{}--b--\r\n",
            part("message/delivery-status", fields)
        )
    };
    let group = |field: &str| {
        of(&format!(
            "Final-Recipient: rfc822; a@b.example\r\nAction: failed\r\n{field}: {text}\r\n"
        ))
    };
    let status = "Final-Recipient: rfc822; a@b.example\r\nStatus: 5.1.1\r\n";
    let beside = |kind: &str| {
        format!(
            "{report}{}{}--b--\r\n",
            part("message/delivery-status", status),
            part(kind, text)
        )
    };
    vec![
        ("Diagnostic-Code", group("Diagnostic-Code")),
        ("Status", group("Status")),
        ("Action", group("Action")),
        ("Original-Recipient", group("Original-Recipient")),
        ("Original-Message-ID", group("Original-Message-ID")),
        ("the status", of(text)),
        ("words for a person", beside("text/plain")),
        ("words in html", beside("text/html")),
        ("the returned header", beside("text/rfc822-headers")),
        ("the returned mail", beside("message/rfc822")),
    ]
}

#[test]
fn reports_grow_with_the_size() {
    let mut faults = Faults::default();
    for (at, (place, _)) in reports("").iter().enumerate() {
        let within = |text: &str| reports(text).swap_remove(at).1;
        faults.texts(place, within, |mail| {
            drop(black_box(dsn::read(mail.as_bytes())))
        });
    }
    faults.none();
}

#[test]
fn the_hooks_first_look_grows_with_the_size() {
    let mut faults = Faults::default();
    let sift = |mut file: &File| {
        file.rewind().unwrap();
        filter::deliver(file, |candidate| {
            black_box(candidate.mail());
            Verdict::NotOurs
        })
        .unwrap();
        file.rewind().unwrap();
        let out = tempfile::tempfile().unwrap();
        filter::filter(file, &out, |_| Verdict::Left("left".to_owned())).unwrap();
    };
    let file = |text: &str| {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        file
    };
    for (place, within) in [
        ("a header", "IIM: 1\r\nX: @\r\n\r\n"),
        ("a type", "Content-Type: multipart/report; @\r\n\r\n"),
        ("a status", "IIM-Status: @\r\nIIM: 1\r\n\r\n"),
        ("no end", "From a\n@"),
    ] {
        for piece in PIECES {
            let make = |size| file(&within.replace('@', &much(piece, size)));
            faults.measure(&format!("{place}, {piece:?}"), make, sift);
        }
    }
    faults.none();
}

//! Reports on mails of ours, as mail systems write them: the text has failed, and why; or it goes on waiting; or the
//! report is none of ours.

use std::fmt::Write as _;

use crate::people::{People, deliver, filtered, mail, rows};
use crate::support::post::Mail;

#[test]
fn each_report_comes_to_what_the_table_says() {
    let people = People::friends();
    let mut found = String::new();
    let mut wanted = String::new();
    for [name, code, status, becomes] in rows("bounces") {
        writeln!(wanted, "{name:40} | {code} | {status:30} | {becomes}").unwrap();
        let ours = say(&people, &name);
        let report = fill(&mail(&name), &ours);
        let code = deliver(&people.alice, &report).code.unwrap();
        // What is handled once is handled again: nothing changes by it.
        let out = people.alice.iim_with(&["filter"], &report);
        assert_eq!(out.code, Some(0), "{name}: {}", out.errors());
        let text = out.text();
        let said = text
            .lines()
            .next()
            .and_then(|line| line.strip_prefix("IIM-Status: "));
        assert!(
            out.stdout == filtered(&report, said),
            "{name}: not byte for byte"
        );
        let becomes = state(&people, &name);
        let said = said.unwrap_or("-");
        writeln!(found, "{name:40} | {code} | {said:30} | {becomes}").unwrap();
        assert!(people.post.waiting().is_empty(), "{name} was answered");
    }
    assert!(
        found == wanted,
        "tests/mail/expected.txt says otherwise; what came:\n{found}"
    );
}

/// "A later receipt still makes it delivered": a forged report, or one that was wrong, is undone.
#[test]
fn a_receipt_undoes_a_report() {
    let people = People::friends();
    let ours = say(&people, "shall we climb?");
    let report = fill(&mail("bounce-postfix"), &ours);
    deliver(&people.alice, &report).expect_code(0, "the report");
    assert!(state(&people, "shall we climb?").starts_with("failed"));
    deliver(&people.bob, &ours.bytes).expect_code(0, "the text arrives all the same");
    people.carry();
    assert_eq!(state(&people, "shall we climb?"), "delivered");
    deliver(&people.alice, &report).expect_code(0, "and the report once more");
    assert_eq!(state(&people, "shall we climb?"), "delivered");
}

/// A report in the name of a mail system, about a mail from bob to alice, at bob's friend: not alice's.
#[test]
fn a_report_on_a_mail_of_the_friend_is_not_ours() {
    let people = People::friends();
    let ours = say(&people, "hello");
    let theirs = people.text_of_bob("hello");
    for to in ["bob@example.net", "alice@example.org"] {
        let report = mail("bounce-postfix-headers-only");
        let report = String::from_utf8(report).unwrap();
        let report = report.replace("@ID@", &id(&theirs)).replace("@TO@", to);
        assert_eq!(
            deliver(&people.alice, report.as_bytes()).code,
            Some(1),
            "{to}"
        );
    }
    assert_eq!(state(&people, "hello"), "sent");
    assert!(people.left().is_empty());
    drop(ours);
}

/// Alice says something; the mail that leaves for bob.
fn say(people: &People, text: &str) -> Mail {
    people.alice.ok(&["say", "bob@example.net", text]);
    people.post.take_one()
}

/// The base64 of the part in a mail.
fn part(mail: &Mail) -> String {
    let text = mail.text().replace("\r\n", "\n");
    let (_, part) = text
        .split_once("Content-Type: application/vnd.iim")
        .unwrap();
    let (_, body) = part.split_once("\n\n").unwrap();
    let (body, _) = body.split_once("\n--").unwrap();
    body.trim().to_owned()
}

/// The Message-ID of a mail.
fn id(mail: &Mail) -> String {
    let text = mail.text();
    let line = text.lines().find(|line| line.starts_with("Message-ID: <"));
    let id = line.unwrap().trim_start_matches("Message-ID: <");
    id.trim().trim_end_matches('>').to_owned()
}

/// The report on this mail of ours: `@ID@` is its Message-ID, `@TO@` its receiver, `@PART@` the base64 of the part in it.
fn fill(report: &[u8], ours: &Mail) -> Vec<u8> {
    let report = std::str::from_utf8(report).unwrap();
    report
        .replace("@ID@", &id(ours))
        .replace("@TO@", &ours.to)
        .replace("@PART@", &part(ours))
        .into_bytes()
}

/// What became of a text: its state, and why.
fn state(people: &People, text: &str) -> String {
    let texts = people.alice.texts("bob@example.net");
    let entry = texts
        .iter()
        .find(|entry| entry["text"] == text && entry["direction"] == "out");
    let entry = entry.unwrap_or_else(|| panic!("no text {text:?}"));
    let state = entry["state"].as_str().unwrap();
    match entry["reason"].as_str() {
        Some(reason) => format!("{state}: {reason}"),
        None => state.to_owned(),
    }
}

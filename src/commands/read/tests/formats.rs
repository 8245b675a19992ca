//! Texts as other programs read them, and all that is kept of them.

use super::*;
use crate::account::scene::{entry, keys};
use crate::commands::read::log::as_log;
use crate::commands::read::mbox::as_mail;
use crate::commands::read::more::More;
use crate::protocol::address::Address;
use crate::rules::account::{AcceptPolicy, Policy, Settings};

fn own() -> Settings {
    Settings {
        address: Address::parse("alice@example.org").unwrap(),
        also: Vec::new(),
        name: "Alice\u{1b}[31m".to_owned(),
        networks: Vec::new(),
        window: 86_400,
        policy: Policy {
            accept: AcceptPolicy::Ask,
            auto: Vec::new(),
            refuse: Vec::new(),
        },
        per_day: 0,
        rooms: Vec::new(),
        read_receipts: true,
        fetches: false,
    }
}

fn text(author: Author, words: &str) -> Entry {
    let message = Message {
        text: words.to_owned(),
        ..message(author, Delivery::Delivered)
    };
    Entry::of(message, &[])
}

fn mail(entry: &Entry, place: &Place, answered: Option<&str>) -> String {
    let answered = answered.map(str::to_owned);
    as_mail(&said(entry, place, Vec::new()), &own(), answered).unwrap()
}

#[test]
fn a_text_is_a_mail() {
    let theirs = mail(
        &text(THEIRS, "Grüße\nfrom here"),
        &bob(),
        Some("x@1.0.iim.invalid"),
    );
    let mine = mail(&text(Author::Us, "hello"), &bob(), None);
    for (mail, line) in [
        (&theirs, "From bob@example.net Sat Nov 21 07:00:00 2026"),
        (&theirs, "From: \"bob\" <bob@example.net>"),
        (&theirs, "To: \"Alice\" <alice@example.org>"),
        (&theirs, "Date: Sat, 21 Nov 2026 07:00:00 +0000"),
        (&theirs, "In-Reply-To: <x@1.0.iim.invalid>"),
        (
            &theirs,
            "Message-ID: <07070707070707070707070707070707@1.0.iim.invalid>",
        ),
        (&theirs, "MIME-Version: 1.0"),
        (&mine, "From alice@example.org Sat Nov 21 07:00:00 2026"),
        (&mine, "To: \"bob\" <bob@example.net>"),
        (&mine, "Subject: hello"),
        (
            &mine,
            "Message-ID: <07070707070707070707070707070707@0.0.iim.invalid>",
        ),
        (&mine, "hello"),
    ] {
        assert!(mail.lines().any(|one| one == line), "{line} in {mail}");
    }
    assert!(!mine.contains("In-Reply-To"), "{mine}");
    for mail in [theirs, mine] {
        assert!(mail.ends_with('\n') && mail.ends_with("\n\n"), "{mail:?}");
        assert!(!mail.contains(['\r', '\u{1b}']), "{mail:?}");
    }
}

#[test]
fn no_words_begin_another_mail_or_a_header() {
    let words = "a\n\nFrom mallory@example.com Sat Nov 21 07:00:00 2026\n>From x\n>>From y\nFromage\nIIM: 1";
    let mail = mail(&text(THEIRS, words), &bob(), None);
    let body = mail.split_once("\n\n").unwrap().1;
    let quoted = words.replace("From ", ">From ");
    assert_eq!(body, format!("{quoted}\n\n"));
    assert_eq!(
        mail.lines()
            .filter(|line| line.starts_with("From "))
            .count(),
        1
    );
}

#[test]
fn in_a_group_a_mail_is_to_the_group() {
    let carol = Author::Contact(ContactId::new(3));
    let mail = mail(&text(carol, "hello"), &group(), None);
    for line in [
        "From: \"carol\" <carol@example.net>",
        "To: \"#climbing\":;",
        "List-Id: <01010101010101010101010101010101.iim.invalid>",
        "Message-ID: <07070707070707070707070707070707@3.0.iim.invalid>",
    ] {
        assert!(mail.lines().any(|one| one == line), "{line} in {mail}");
    }
}

#[test]
fn what_was_done_to_a_text_stands_in_its_mail() {
    let back = change(ChangeKind::Retract, THEIRS, "", Delivery::Delivered);
    let edit = change(ChangeKind::Edit, THEIRS, "three", Delivery::Delivered);
    for (change, subject, body) in [
        (back, "(taken back)", "(taken back)"),
        (edit, "three", "three (edited)"),
    ] {
        let entry = Entry::of(message(THEIRS, Delivery::Delivered), &[change]);
        let mail = mail(&entry, &bob(), None);
        assert!(mail.contains(&format!("\nSubject: {subject}\n")), "{mail}");
        assert!(mail.ends_with(&format!("\n\n{body}\n\n")), "{mail}");
    }
}

#[test]
fn a_log_has_a_line_for_each_line_of_a_text() {
    let lines = |author, words: &str, place: &Place, with_all| {
        let entry = text(author, words);
        let lines = as_log(&said(&entry, place, Vec::new()), &own(), with_all);
        let columns = lines
            .iter()
            .map(|line| line.splitn(3, '\t').collect::<Vec<_>>());
        let nicks_and_words = columns.map(|columns| {
            assert_eq!(columns[0].len(), "2026-11-21 07:00:00".len());
            format!("{}|{}", columns[1], columns[2])
        });
        nicks_and_words.collect::<Vec<_>>()
    };
    let carol = Author::Contact(ContactId::new(3));
    for (author, words, place, with_all, expected) in [
        (
            THEIRS,
            "one\n\ntwo\tthree\u{1b}[2J\n",
            bob(),
            false,
            vec!["bob|one", "bob|", "bob|two three"],
        ),
        (THEIRS, "one", bob(), true, vec!["bob|one"]),
        (Author::Us, "one", bob(), false, vec!["Alice|one"]),
        (Author::Us, "one", bob(), true, vec!["→ bob|one"]),
        (carol, "one", group(), false, vec!["carol|one"]),
        (carol, "one", group(), true, vec!["#climbing carol|one"]),
        (Author::Us, "one", group(), true, vec!["→ #climbing|one"]),
    ] {
        assert_eq!(
            lines(author, words, &place, with_all),
            expected,
            "{words:?} {with_all}"
        );
    }
    let nameless = Settings {
        name: String::new(),
        ..own()
    };
    let entry = text(Author::Us, "one");
    let lines = as_log(&said(&entry, &bob(), Vec::new()), &nameless, false);
    assert!(lines[0].contains("\talice@example.org\t"), "{lines:?}");
}

/// What is kept of a text of bob's that was edited twice, once by somebody who may not, and taken back.
fn kept() -> (Entry, Vec<Message>) {
    let later = |id: u8, text: &str, author| Message {
        id: LetterId([id; 16]),
        sent: Millis(1_795_244_400_000 + u64::from(id)),
        ..change(ChangeKind::Edit, author, text, Delivery::Delivered)
    };
    let changes = vec![
        later(10, "third", THEIRS),
        later(9, "second\u{1b}[2J", THEIRS),
        later(11, "not mine", Author::Us),
        change(ChangeKind::Retract, THEIRS, "", Delivery::Delivered),
    ];
    let entry = Entry::of(message(THEIRS, Delivery::Delivered), &changes);
    (entry, changes)
}

#[test]
fn scripts_are_told_all_that_is_kept() {
    let (entry, changes) = kept();
    let mut verified = friend("bob", 1);
    verified.verified = true;
    let place = Place::Friend(Named::default(), Some(Box::new(verified)));
    let mut object = object(&entry, &place);
    More::of(&entry, &place, &own(), changes).add_to(&mut object);
    let texts: Vec<_> = object["wordings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["text"].as_str().unwrap().to_owned())
        .collect();
    assert!(texts[0].starts_with("one\ntwo"), "{texts:?}");
    assert_eq!(texts[1..], ["second", "third"]);
    for (key, expected) in [
        ("arrival", json!("2026-11-21T07:00:00Z")),
        ("own_address", json!("alice@example.org")),
        ("fingerprint", json!(keys(1).ed25519.to_string())),
        ("verified", json!(true)),
        ("text", json!("third")),
    ] {
        assert_eq!(object[key], expected, "{key}");
    }
}

#[test]
fn people_are_shown_what_was_said_before() {
    let (entry, changes) = kept();
    let place = bob();
    let said_now = said(&entry, &place, Vec::new());
    let back = More::of(&entry, &place, &own(), changes.clone()).lines(&said_now);
    let words = |lines: &[String]| {
        lines
            .iter()
            .map(|line| line.split_once(" said: ").unwrap().1.to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(words(&back), ["one\n      two", "second", "third"]);
    let edits = changes[..2].to_vec();
    let entry = Entry::of(message(THEIRS, Delivery::Delivered), &edits);
    let edited = More::of(&entry, &place, &own(), edits).lines(&said(&entry, &place, Vec::new()));
    assert_eq!(words(&edited), ["one\n      two", "second"]);
    let untouched = text(THEIRS, "one");
    let none = More::of(&untouched, &place, &own(), Vec::new()).lines(&said(
        &untouched,
        &place,
        Vec::new(),
    ));
    assert_eq!(none, Vec::<String>::new());
}

#[test]
fn in_a_group_the_key_is_that_of_its_author_there() {
    let mut bobby = friend("bobby", 2);
    bobby.verified = true;
    let mut here = climbing(vec![inside("bob", 2), inside("carol", 3)]);
    here.entry = Some(entry("alice-there", 99));
    let with = |people: Vec<_>| Place::Group(Box::new(Members::with(here.clone(), people)));
    let by = |id| Author::Contact(ContactId::new(id));
    let place = with(vec![bobby.clone()]);
    assert_eq!(
        place.own_address(&own()).as_str(),
        "alice-there@example.net"
    );
    assert_eq!(place.key_of(by(2)), Some((keys(2).ed25519, true)));
    assert_eq!(place.key_of(by(3)), Some((keys(3).ed25519, false)));
    assert_eq!(place.key_of(by(4)), None);
    assert_eq!(place.key_of(Author::Us), None);
    // Whoever has the address of a verified friend and other keys is not verified.
    bobby.standing = crate::rules::contact::Standing::friend(keys(7));
    let place = with(vec![bobby]);
    assert_eq!(place.key_of(by(2)), Some((keys(2).ed25519, false)));
}

//! CHATHISTORY and MARKREAD against the store.

use super::*;
use crate::protocol::hex;

pub(super) const CAPS: &str = "batch draft/chathistory draft/read-marker message-tags server-time";

/// Ten texts with bob, in turns; one with carol between them.
fn talked() -> World {
    let mut world = World::new();
    world.attach(1, "me", CAPS);
    for number in 0..10 {
        let mine = number % 2 == 0;
        world.host.store("bob", mine, &format!("text {number}"));
        if number == 5 {
            world.host.store("carol", false, "aside");
        }
    }
    world
}

/// The texts of a page, after checking its batch.
fn page(world: &mut World, line: &str) -> Vec<String> {
    let got = world.send(1, line);
    let (first, last) = (body(&got[0]), body(got.last().unwrap()));
    let name = first.strip_prefix(":iim.local BATCH +").unwrap();
    let name = name.split(' ').next().unwrap().to_owned();
    assert_eq!(last, format!(":iim.local BATCH -{name}"), "{line}");
    got[1..got.len() - 1]
        .iter()
        .map(|line| {
            assert_eq!(tag(line, "batch"), Some(name.as_str()), "{line}");
            assert!(
                tag(line, "time").is_some() && tag(line, "msgid").is_some(),
                "{line}"
            );
            line.rsplit_once(':').unwrap().1.to_owned()
        })
        .collect()
}

#[test]
fn pages_are_what_was_asked_for() {
    let mut world = talked();
    let bob: Vec<Placed> = world
        .host
        .entries
        .iter()
        .filter(|e| e.entry.message.text != "aside")
        .cloned()
        .collect();
    let id = |n: usize| format!("msgid={}", hex::encode(&bob[n].entry.message.id.0));
    let at = |n: usize| {
        format!(
            "timestamp={}",
            crate::gateway::time::tag(bob[n].entry.message.arrival)
        )
    };
    for by in [&id as &dyn Fn(usize) -> String, &at] {
        let cases: Vec<(String, Vec<usize>)> = vec![
            ("LATEST bob * 20".to_owned(), (0..10).collect()),
            ("LATEST BOB * 5".to_owned(), (5..10).collect()),
            (format!("LATEST bob {} 20", by(4)), (5..10).collect()),
            (format!("LATEST bob {} 2", by(4)), (8..10).collect()),
            (format!("BEFORE bob {} 20", by(6)), (0..6).collect()),
            (format!("BEFORE bob {} 2", by(6)), (4..6).collect()),
            (format!("AFTER bob {} 20", by(3)), (4..10).collect()),
            (format!("AFTER bob {} 3", by(3)), (4..7).collect()),
            (
                format!("BETWEEN bob {} {} 20", by(0), by(9)),
                (1..9).collect(),
            ),
            (
                format!("BETWEEN bob {} {} 20", by(9), by(0)),
                (1..9).collect(),
            ),
            (
                format!("BETWEEN bob {} {} 3", by(0), by(9)),
                (1..4).collect(),
            ),
            (
                format!("BETWEEN bob {} {} 3", by(9), by(0)),
                (6..9).collect(),
            ),
            (format!("AROUND bob {} 1", by(7)), vec![7]),
            (format!("AROUND bob {} 3", by(7)), (6..9).collect()),
            (format!("AROUND bob {} 4", by(0)), (0..4).collect()),
            ("LATEST me * 10".to_owned(), vec![]),
            ("LATEST &friends * 10".to_owned(), vec![]),
        ];
        for (line, want) in cases {
            let want: Vec<String> = want.iter().map(|n| format!("text {n}")).collect();
            assert_eq!(
                page(&mut world, &format!("CHATHISTORY {line}")),
                want,
                "{line}"
            );
        }
    }
}

#[test]
fn a_conversation_is_read_page_by_page() {
    let mut world = World::new();
    world.attach(1, "me", CAPS);
    for number in 0..10_000 {
        world.host.store("bob", false, &format!("text {number}"));
    }
    let mut seen = 0;
    let mut line = "CHATHISTORY LATEST bob * 1000".to_owned();
    loop {
        let got = world.send(1, &line);
        let texts = &got[1..got.len() - 1];
        let Some(first) = texts.first() else { break };
        seen += texts.len();
        assert!(
            first.ends_with(&format!(":text {}", 10_000 - seen)),
            "{first}"
        );
        line = format!(
            "CHATHISTORY BEFORE bob msgid={} 1000",
            tag(first, "msgid").unwrap()
        );
    }
    assert_eq!(seen, 10_000);
    assert!(world.closed.is_empty());
}

#[test]
fn a_page_that_cannot_be_given_says_why() {
    let mut world = talked();
    let zero = "0".repeat(32);
    for (line, want) in [
        (
            "CHATHISTORY",
            "INVALID_PARAMS :Wrong number of parameters".to_owned(),
        ),
        (
            "CHATHISTORY LATEST bob * 1 2",
            "INVALID_PARAMS LATEST :Wrong number of parameters".to_owned(),
        ),
        (
            "CHATHISTORY LATEST bob *",
            "INVALID_PARAMS LATEST :Wrong number of parameters".to_owned(),
        ),
        (
            "CHATHISTORY SOMETIME bob * 1",
            "INVALID_PARAMS SOMETIME :Unknown subcommand".to_owned(),
        ),
        (
            "CHATHISTORY LATEST #x * 1",
            "INVALID_TARGET LATEST #x :No such conversation".to_owned(),
        ),
        (
            "CHATHISTORY LATEST eve * 1",
            "INVALID_TARGET LATEST eve :No such conversation".to_owned(),
        ),
        (
            "CHATHISTORY LATEST bob * x",
            "INVALID_PARAMS LATEST x :Invalid limit".to_owned(),
        ),
        (
            "CHATHISTORY BEFORE bob foo=1 1",
            "INVALID_PARAMS BEFORE foo=1 :Invalid reference".replace("PARAMS", "MSGREFTYPE"),
        ),
        (
            "CHATHISTORY BEFORE bob timestamp=soon 1",
            "INVALID_PARAMS BEFORE timestamp=soon :Invalid timestamp".to_owned(),
        ),
        (
            "CHATHISTORY TARGETS * * 1",
            "INVALID_PARAMS TARGETS * :Invalid timestamp".to_owned(),
        ),
    ] {
        assert_eq!(
            world.send(1, line),
            [format!(":iim.local FAIL CHATHISTORY {want}")],
            "{line}"
        );
    }
    assert_eq!(
        world.send(1, &format!("CHATHISTORY BEFORE bob msgid={zero} 1")),
        [format!(
            ":iim.local FAIL CHATHISTORY MESSAGE_ERROR BEFORE bob msgid={zero} :Messages could not be retrieved"
        )]
    );
}

#[test]
fn conversations_are_listed_by_their_latest_text() {
    let mut world = talked();
    let got = world.send(
        1,
        "CHATHISTORY TARGETS timestamp=2026-01-01T00:00:00.000Z timestamp=2027-01-01T00:00:00.000Z 10",
    );
    assert_eq!(
        bodies(&got),
        [
            ":iim.local BATCH +b1 draft/chathistory-targets",
            ":iim.local CHATHISTORY TARGETS carol 2026-11-21T07:50:05.007Z",
            ":iim.local CHATHISTORY TARGETS bob 2026-11-21T07:50:05.011Z",
            ":iim.local BATCH -b1"
        ]
    );
}

#[test]
fn a_labelled_page_is_one_batch() {
    let mut world = talked();
    world.send(1, "CAP REQ labeled-response");
    let got = world.send(1, "@label=x CHATHISTORY LATEST bob * 2");
    assert_eq!(got.len(), 4);
    assert_eq!(
        (tag(&got[0], "label"), body(&got[0])),
        (Some("x"), ":iim.local BATCH +b1 chathistory bob")
    );
}

#[test]
fn without_batches_a_page_is_plain_lines() {
    let mut world = talked();
    world.attach(2, "plain", "draft/chathistory");
    assert_eq!(
        world.send(2, "CHATHISTORY LATEST bob * 2"),
        [
            ":plain!plain@iim.local PRIVMSG bob :text 8",
            ":bob!bob@example.net PRIVMSG plain :text 9"
        ]
    );
}

#[test]
fn long_texts_end_a_page_early_at_its_far_end() {
    let mut world = World::new();
    world.attach(1, "me", CAPS);
    for number in 0..40 {
        world
            .host
            .store("bob", false, &format!("{number}{}", "x".repeat(60_000)));
    }
    let got = world.send(1, "CHATHISTORY LATEST bob * 40");
    assert!(world.closed.is_empty());
    assert!(
        got.iter().any(|line| line.contains(" :39xx"))
            && !got.iter().any(|line| line.contains(" :0xx"))
    );
    let got = world.send(
        1,
        "CHATHISTORY AFTER bob timestamp=2026-01-01T00:00:00.000Z 40",
    );
    assert!(
        got.iter().any(|line| line.contains(" :0xx"))
            && !got.iter().any(|line| line.contains(" :39xx"))
    );
}

/// "If the client has negotiated `event-playback`, the server SHOULD send additional lines relevant to the chat history,
/// including … `TAGMSG`"; without it they "MUST NOT" be sent.
#[test]
fn what_was_done_to_texts_is_played_back_to_who_asks_for_it() {
    const DOING: &str = "draft/message-redaction draft/message-edit";
    let mut world = World::new();
    world.attach(1, "me", &format!("{CAPS} {DOING}"));
    world.attach(2, "all", &format!("{CAPS} {DOING} draft/event-playback"));
    let texts = ["a", "b", "c", "d"].map(|text| world.text("bob", text));
    world.change(&texts[0], false, (ChangeKind::Edit, "A"));
    let react = world.change(&texts[1], true, (ChangeKind::React, "👍"));
    world.text("bob", "e");
    world.change(&texts[3], false, (ChangeKind::Retract, ""));
    let id = |n: usize| hex::encode(&texts[n].entry.message.id.0);
    let of_react = "msgid=00000000000000000000000000000006";
    assert_eq!(react.row, 6);
    let ask = |world: &mut World, conn, line: &str| -> Vec<String> {
        world.lines.clear();
        let got = world.send(conn, &format!("CHATHISTORY {line}"));
        let inside = got[1..got.len() - 1].iter();
        let short = |line: &String| {
            assert!(
                tag(line, "batch").is_some() && tag(line, "time").is_some(),
                "{line}"
            );
            assert!(tag(line, "msgid").is_some(), "{line}");
            let line = body(line).split_once(' ').unwrap().1;
            line.replace(" me", "")
                .replace(" all", "")
                .replace(" bob", "")
        };
        inside.map(short).collect()
    };
    world.lines.clear();
    let since = "TARGETS timestamp=2026-11-21T07:50:05.007Z timestamp=2030-01-01T00:00:00.000Z 9";
    assert_eq!(
        bodies(&world.send(2, &format!("CHATHISTORY {since}")))[1],
        ":iim.local CHATHISTORY TARGETS bob 2026-11-21T07:50:05.008Z"
    );
    assert_eq!(world.send(1, &format!("CHATHISTORY {since}")).len(), 2);
    let mut ask = |conn, line: &str| ask(&mut world, conn, line);
    assert_eq!(
        ask(1, "LATEST bob * 9"),
        [
            "PRIVMSG :[edited] A",
            "PRIVMSG :b",
            "PRIVMSG :c",
            "PRIVMSG :[taken back] d",
            "PRIVMSG :e"
        ]
    );
    let redact = format!("REDACT {}", id(3));
    let redact = redact.as_str();
    for (line, want) in [
        (
            "LATEST bob * 9",
            &[
                "PRIVMSG :a",
                "PRIVMSG :b",
                "PRIVMSG :c",
                "PRIVMSG :d",
                "EDIT",
                "TAGMSG",
                "PRIVMSG :e",
                redact,
            ][..],
        ),
        // What was done since to what it has, in its place.
        (
            &format!("AFTER bob msgid={} 9", id(3)),
            &["EDIT", "TAGMSG", "PRIVMSG :e", redact],
        ),
        (&format!("AFTER bob msgid={} 2", id(3)), &["EDIT", "TAGMSG"]),
        (&format!("AFTER bob {of_react} 9"), &["PRIVMSG :e", redact]),
        // Backwards: what was done to a text, when it was not known yet.
        (
            &format!("BEFORE bob {of_react} 2"),
            &["PRIVMSG :d", "EDIT", redact],
        ),
        (
            &format!("BEFORE bob msgid={} 2", id(3)),
            &["PRIVMSG :b", "PRIVMSG :c", "TAGMSG"],
        ),
        (
            &format!("BEFORE bob msgid={} 2", id(1)),
            &["PRIVMSG :a", "EDIT"],
        ),
        (
            &format!("AROUND bob msgid={} 4", id(3)),
            &["PRIVMSG :b", "PRIVMSG :c", "PRIVMSG :d", "EDIT"],
        ),
    ] {
        assert_eq!(ask(2, line), want, "{line}");
    }
}

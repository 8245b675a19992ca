//! Texts of several lines, both ways.

use super::*;

#[test]
fn texts_of_several_lines_come_in_a_batch_or_line_by_line() {
    let mut world = World::new();
    world.attach(1, "old", "server-time message-tags");
    world.attach(2, "new", "batch draft/multiline message-tags");
    let long = "word ".repeat(150);
    world.text("bob", &format!("one\n\n{long}"));
    let old = world.got(1);
    assert_eq!(old.len(), 3);
    assert!(tag(&old[0], "msgid").is_some() && tag(&old[1], "msgid").is_none());
    assert!(tag(&old[1], "time").is_some());
    let new = world.got(2);
    assert_eq!(
        body(&new[0]),
        ":bob!bob@example.net BATCH +b1 draft/multiline new"
    );
    assert_eq!(new.len(), 6, "{new:?}");
    assert!(tag(&new[0], "msgid").is_some());
    assert_eq!(body(&new[2]), ":bob!bob@example.net PRIVMSG new :");
    assert!(tag(&new[4], "draft/multiline-concat").is_some());
    assert!(
        new[1..5]
            .iter()
            .all(|line| tag(line, "batch") == Some("b1") && tag(line, "msgid").is_none())
    );
    assert_eq!(body(&new[5]), ":bob!bob@example.net BATCH -b1");
}

#[test]
fn a_multiline_batch_is_one_text() {
    let mut world = World::new();
    world.attach(
        1,
        "me",
        "batch draft/multiline message-tags echo-message labeled-response",
    );
    world.attach(2, "old", "");
    converse(
        &mut world,
        1,
        &[
            (
                "@label=xyz;+draft/reply=00000000000000000000000000000007 BATCH +123 draft/multiline bob",
                &[],
            ),
            ("@batch=123 PRIVMSG bob hello", &[]),
            ("@batch=123 PRIVMSG BOB :how is ", &[]),
            (
                "@batch=123;draft/multiline-concat PRIVMSG bob :everyone?",
                &[],
            ),
        ],
    );
    let echo = world.send(1, "BATCH -123");
    assert_eq!(
        world.host.entries[0].entry.message.text,
        "hello\nhow is everyone?"
    );
    assert_eq!(
        world.host.entries[0].entry.message.reply_to.unwrap().0[15],
        7
    );
    assert_eq!(tag(&echo[0], "label"), Some("xyz"), "{echo:?}");
    assert_eq!(
        body(&echo[0]),
        ":me!me@iim.local BATCH +b1 draft/multiline bob"
    );
    assert!(echo[1..].iter().all(|line| tag(line, "label").is_none()));
    assert_eq!(
        world.got(2),
        [
            ":old!old@iim.local PRIVMSG bob :hello",
            ":old!old@iim.local PRIVMSG bob :how is everyone?"
        ]
    );
}

#[test]
fn a_wrong_multiline_batch_is_refused_once() {
    let invalid = ":iim.local FAIL BATCH MULTILINE_INVALID :Invalid multiline batch";
    let open = "BATCH +1 draft/multiline bob";
    let many = "@batch=1 PRIVMSG bob :x\n".repeat(1001);
    let large = format!("@batch=1 PRIVMSG bob :{}\n", "x".repeat(400)).repeat(164);
    let cases: &[(String, &str)] = &[
        (
            format!("{open}\n@batch=2 PRIVMSG bob :hi\nBATCH -1"),
            invalid,
        ),
        (
            format!(
                "{open}\n@batch=1 PRIVMSG bob :hi\n@batch=1;draft/multiline-concat PRIVMSG bob :\nBATCH -1"
            ),
            invalid,
        ),
        (format!("{open}\n@batch=1 PRIVMSG bob :\nBATCH -1"), invalid),
        (
            format!("{open}\nJOIN &friends\n@batch=1 PRIVMSG bob :x\nBATCH -1"),
            invalid,
        ),
        ("BATCH +1 netsplit a b\nBATCH -1".to_owned(), invalid),
        (
            format!("{open}\n@batch=1 PRIVMSG carol :hi\n@batch=1 PRIVMSG bob :x\nBATCH -1"),
            ":iim.local FAIL BATCH MULTILINE_INVALID_TARGET bob carol :Invalid multiline target",
        ),
        (
            format!("{open}\n{many}BATCH -1"),
            ":iim.local FAIL BATCH MULTILINE_MAX_LINES 1000 :Multiline batch max-lines exceeded",
        ),
        (
            format!("{open}\n{large}BATCH -1"),
            ":iim.local FAIL BATCH MULTILINE_MAX_BYTES 65536 :Multiline batch max-bytes exceeded",
        ),
    ];
    for (lines, want) in cases {
        let mut world = World::new();
        world.attach(1, "me", "batch draft/multiline message-tags");
        let got: Vec<String> = lines.lines().flat_map(|line| world.send(1, line)).collect();
        assert_eq!(got, [*want]);
        assert_eq!(world.host.entries.len(), 0);
    }
}

#[test]
fn a_multiline_batch_of_notices_is_one_notice() {
    let mut world = World::new();
    world.attach(1, "me", "batch message-tags draft/multiline echo-message");
    world.attach(2, "plain", "");
    for line in [
        "BATCH +1 draft/multiline bob",
        "@batch=1 NOTICE bob :one",
        "@batch=1 NOTICE bob :two",
    ] {
        assert_eq!(world.send(1, line), [""; 0], "{line}");
    }
    let echo = world.send(1, "BATCH -1");
    assert_eq!(body(&echo[1]), ":me!me@iim.local NOTICE bob :one");
    assert_eq!(
        world.got(2),
        [
            ":plain!plain@iim.local NOTICE bob :one",
            ":plain!plain@iim.local NOTICE bob :two"
        ]
    );
    assert_eq!(world.host.entries.len(), 1);
    // Not mixed.
    world.send(1, "BATCH +2 draft/multiline bob");
    world.send(1, "@batch=2 NOTICE bob :one");
    let refused = world.send(1, "@batch=2 PRIVMSG bob :two");
    assert!(
        refused[0].contains("FAIL BATCH MULTILINE_INVALID"),
        "{refused:?}"
    );
}

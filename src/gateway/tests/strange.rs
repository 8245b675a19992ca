//! Bad input: too long, not UTF-8, nonsense of all kinds.

use proptest::prelude::*;

use super::*;
use crate::rules::presence_tracker::Shown;

#[test]
fn long_lines_are_refused() {
    let mut world = World::new();
    world.attach(1, "me", "message-tags");
    world.attach(2, "two", "message-tags");
    let refused = [":iim.local 417 me :Input line was too long"];
    assert_eq!(world.send_bad(1, BadLine::TooLong), refused);
    assert_eq!(
        world.send(1, &format!("PING {}", "x".repeat(505)))[0].len(),
        510
    );
    assert_eq!(world.send(1, &format!("PING {}", "x".repeat(506))), refused);
    // "4094 bytes of tag data", with `@` and the space 4096.
    assert_eq!(
        world.send(1, &format!("@+baz={} TAGMSG two", "a".repeat(4089))),
        [""; 0]
    );
    let got = world.got(2);
    assert_eq!(tag(&got[0], "+baz").unwrap().len(), 4089);
    assert_eq!(
        world.send(1, &format!("@+baz={} TAGMSG two", "a".repeat(4090))),
        refused
    );
    assert_eq!(world.got(2), [""; 0]);
}

/// IRCv3 `UTF8ONLY`: "servers MUST respond with FAIL or WARN … INVALID_UTF8".
#[test]
fn bytes_that_are_not_utf8_are_refused() {
    let mut world = World::new();
    world.attach(1, "me", "batch labeled-response message-tags");
    let bad = |text: &str| BadLine::NotUtf8(text.to_owned());
    assert_eq!(
        world.send_bad(1, bad("@label=xyz PRIVMSG bob :hi\u{fffd}")),
        ["@label=xyz :iim.local FAIL PRIVMSG INVALID_UTF8 :Message rejected, it is not UTF-8"]
    );
    assert_eq!(
        world.send_bad(1, bad("\u{fffd}\u{fffd}")),
        [":iim.local FAIL * INVALID_UTF8 :Message rejected, it is not UTF-8"]
    );
    assert_eq!(world.host.entries.len(), 0);
}

#[test]
fn empty_lines_and_unknown_connections_are_nothing() {
    let mut world = World::new();
    world.attach(1, "me", "");
    for line in ["", "   ", ":", "@a", ":src"] {
        assert_eq!(world.send(1, line), [""; 0], "{line:?}");
    }
    world.send(9, "PING a");
    world.leave(9);
    world.gateway.drained(ConnId(9), &mut world.host);
    assert_eq!(world.gateway.attached().len(), 1);
}

#[test]
fn texts_of_friends_cannot_forge_lines() {
    let mut world = World::new();
    world.attach(1, "me", "");
    world.text(
        "bob",
        "a\r\n:iim.local NOTICE me :forged\0\u{1}VERSION\u{1}",
    );
    for line in world.got(1) {
        assert!(
            line.starts_with(":bob!bob@example.net PRIVMSG me :") && !line.contains('\u{1}'),
            "{line:?}"
        );
    }
    world.host.friends[0].name = "b\r\nb :x".to_owned();
    world.host.friends[0].own_name = Some("x\r\nQUIT".to_owned());
    world.event(Event::Contacts(None));
    assert_eq!(world.got(1)[0], ":bob!bob@example.net NICK b__b__x");
}

/// A text of 64 KiB may have as many lines: a friend must not be able to have the user's client closed by it.
#[test]
fn a_text_of_very_many_lines_is_shortened() {
    for caps in [
        "server-time message-tags account-tag",
        "batch draft/multiline",
    ] {
        let mut world = World::new();
        world.attach(1, "me", caps);
        world.stuck.insert(1);
        for _ in 0..3 {
            world.text("bob", &"a\n".repeat(32_768));
        }
        let got = world.got(1);
        assert!(got.len() <= 2 * 1002, "{}", got.len());
        assert!(
            got.iter()
                .any(|line| line.ends_with("[31770 lines more: iim read]")),
            "{:?}",
            got.last()
        );
        assert!(world.closed.is_empty());
        world.send(1, "CHATHISTORY LATEST bob * 1000");
        assert!(world.closed.is_empty());
    }
}

fn a_line() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        Just("bob".to_owned()),
        Just("me".to_owned()),
        Just("&friends".to_owned()),
        Just("iim".to_owned()),
        Just("*".to_owned()),
        Just("+".to_owned()),
        Just("L".to_owned()),
        Just("LATEST".to_owned()),
        Just("BETWEEN".to_owned()),
        Just("TARGETS".to_owned()),
        Just("+1".to_owned()),
        Just("-1".to_owned()),
        Just("draft/multiline".to_owned()),
        Just("5".to_owned()),
        Just("timestamp=2026-11-21T07:50:05.003Z".to_owned()),
        Just("msgid=00000000000000000000000000000001".to_owned()),
        Just(":x y".to_owned()),
        Just("LS".to_owned()),
        Just("REQ".to_owned()),
        Just(":batch draft/multiline message-tags echo-message labeled-response".to_owned()),
        Just("\u{1}ACTION x\u{1}".to_owned()),
        "\\PC{0,12}",
        "[a-z,&#%!@]{0,9}",
    ];
    let command = prop_oneof![
        "PRIVMSG|NOTICE|TAGMSG|BATCH|REDACT|EDIT|CHATHISTORY|MARKREAD|MONITOR|WATCH|WHO|WHOIS|NICK|CAP|MODE|JOIN|PART",
        "TOPIC|AWAY|INVITE|KICK|NAMES|LIST|SETNAME|USER|PASS|AUTHENTICATE|USERHOST|ISON|PING|HELP|VERSION|\\PC{0,9}",
    ];
    let tags = prop_oneof![
        Just(String::new()),
        Just("@batch=1 ".to_owned()),
        Just("@label=x ".to_owned()),
        Just("@+reply=00000000000000000000000000000001;+draft/react=x ".to_owned()),
        Just("@draft/target-msgid=00000000000000000000000000000002;draft/edit-text=x ".to_owned()),
        Just("@+typing=active ".to_owned()),
        "@[a-z+=;\\\\]{0,12} ",
    ];
    (tags, command, proptest::collection::vec(word, 0..5))
        .prop_map(|(tags, command, words)| format!("{tags}{command} {}", words.join(" ")))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 200, ..ProptestConfig::default() })]

    /// No line panics, no line sent is malformed (see [`World::take`]), and others are still served.
    #[test]
    fn no_lines_do_harm(lines in proptest::collection::vec((0_u64..3, a_line()), 1..60)) {
        let mut world = World::new();
        world.attach(1, "me", "");
        world.attach(2, "two", "batch draft/chathistory draft/multiline echo-message labeled-response message-tags server-time");
        world.open(0);
        for (at, (conn, line)) in lines.iter().enumerate() {
            world.send(*conn, line);
            if at % 7 == 0 {
                world.text("bob", line);
                world.host.friends[2].presence = if at % 2 == 0 { Shown::Online } else { Shown::Offline };
                world.host.friends[1].name.clone_from(line);
                world.event(Event::Contacts(None));
            }
            world.tick(100);
        }
        world.attach(3, "last", "");
        prop_assert_eq!(world.send(3, "PING a").len(), 1);
    }
}

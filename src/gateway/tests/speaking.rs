//! PRIVMSG, NOTICE, TAGMSG, echoes, labels, CTCP, multiline.

use super::fake::address;
use super::*;
use crate::gateway::host::Typing;

#[test]
fn texts_go_both_ways_and_show_on_all_devices() {
    let mut world = World::new();
    world.attach(1, "me", "");
    world.attach(
        2,
        "phone",
        "echo-message message-tags server-time account-tag",
    );
    assert_eq!(world.send(1, "PRIVMSG BOB :hello there"), [""; 0]);
    assert_eq!(
        world.got(2),
        [
            "@time=2026-11-21T07:50:05.001Z;account=alice@example.net;iim.local/state=queued;msgid=00000000000000000000000000000001 :phone!phone@iim.local PRIVMSG bob :hello there"
        ]
    );
    let echo = world.send(2, "PRIVMSG bob :hi");
    assert_eq!(bodies(&echo), [":phone!phone@iim.local PRIVMSG bob :hi"]);
    assert_eq!(world.got(1), [":me!me@iim.local PRIVMSG bob :hi"]);
    world.text("bob", "yes?");
    assert_eq!(world.got(1), [":bob!bob@example.net PRIVMSG me :yes?"]);
    let got = world.got(2);
    assert_eq!(tag(&got[0], "account"), Some("bob@example.net"));
    assert_eq!(tag(&got[0], "msgid").unwrap().len(), 32);
    assert_eq!(world.host.entries.len(), 3);
}

#[test]
fn wrong_targets_are_told() {
    let mut world = World::new();
    world.attach(1, "me", "message-tags");
    converse(
        &mut world,
        1,
        &[
            (
                "PRIVMSG",
                &[":iim.local 411 me :No recipient given (PRIVMSG)"],
            ),
            ("PRIVMSG bob", &[":iim.local 412 me :No text to send"]),
            ("PRIVMSG bob :", &[":iim.local 412 me :No text to send"]),
            (
                "PRIVMSG eve :hi",
                &[":iim.local 401 me eve :No such nick/channel"],
            ),
            (
                "PRIVMSG #chan :hi",
                &[":iim.local 403 me #chan :No such channel"],
            ),
            (
                "TAGMSG eve",
                &[":iim.local 401 me eve :No such nick/channel"],
            ),
            (
                "TAGMSG",
                &[":iim.local 461 me TAGMSG :Not enough parameters"],
            ),
            ("NOTICE eve :hi", &[]),
            ("NOTICE #chan :hi", &[]),
            ("NOTICE", &[]),
            (
                "PRIVMSG a,b,c,d,e,f,g,h,i :x",
                &[":iim.local 407 me a,b,c,d,e,f,g,h,i :Too many targets"],
            ),
            ("FOO bar", &[":iim.local 421 me FOO :Unknown command"]),
        ],
    );
    world.host.blocked = Some(address("bob"));
    assert_eq!(
        world.send(1, "PRIVMSG bob :x"),
        [":iim.local 404 me bob :blocked by you"]
    );
    world.attach(2, "two", "standard-replies");
    assert_eq!(
        world.send(2, "PRIVMSG bob :x"),
        [":iim.local FAIL PRIVMSG CANNOT_SEND bob :blocked by you"]
    );
    assert_eq!(world.host.entries.len(), 0);
}

#[test]
fn the_word_of_a_friend_comes_once_an_hour() {
    let mut world = World::new();
    world.attach(1, "me", "");
    assert_eq!(
        world.send(1, "PRIVMSG dave :a"),
        [":iim.local 301 me dave :offline, goes by mail"]
    );
    assert_eq!(world.send(1, "PRIVMSG dave :b"), [""; 0]);
    assert_eq!(
        world.send(1, "PRIVMSG carol :a"),
        [":iim.local 301 me carol :at lunch"]
    );
    world.host.now += 3_600_001;
    assert_eq!(world.send(1, "PRIVMSG dave :c").len(), 1);
    assert_eq!(
        world.host.entries.len(),
        4,
        "the text is taken all the same"
    );
}

/// IRCv3 `labeled-response`: "servers MUST respond with an ACK if there is no other response"; one response bears the
/// label; several are in a batch.
#[test]
fn answers_are_labelled() {
    let caps = "batch labeled-response echo-message message-tags";
    let mut world = World::new();
    world.attach(1, "me", caps);
    world.attach(2, "other", caps);
    let got = world.send(1, "@label=a1 PONG x");
    assert_eq!(got, ["@label=a1 :iim.local ACK"]);
    let got = world.send(1, "@label=a2 PING x");
    assert_eq!(got, ["@label=a2 :iim.local PONG iim.local :x"]);
    let got = world.send(1, "@label=a3 WHOIS bob");
    assert_eq!(body(&got[0]), ":iim.local BATCH +b1 labeled-response");
    assert_eq!(tag(&got[0], "label"), Some("a3"));
    assert!(
        got[1..got.len() - 1]
            .iter()
            .all(|line| tag(line, "batch") == Some("b1")),
        "{got:?}"
    );
    assert_eq!(got.last().unwrap(), ":iim.local BATCH -b1");
    let got = world.send(1, "@label=a4 PRIVMSG bob :hi");
    assert_eq!((got.len(), tag(&got[0], "label")), (1, Some("a4")));
    let got = world.got(2);
    assert_eq!((got.len(), tag(&got[0], "label")), (1, None), "{got:?}");
    // To itself: the echo is labelled, what comes of it is not.
    let got = world.send(1, "@label=a5;+x=y PRIVMSG me :hi");
    assert_eq!(got.len(), 2);
    assert_eq!(
        (tag(&got[0], "label"), tag(&got[1], "label")),
        (Some("a5"), None)
    );
    assert_eq!(tag(&got[0], "msgid"), tag(&got[1], "msgid"));
    assert_eq!(tag(&got[1], "+x"), Some("y"));
}

#[test]
fn own_devices_may_talk_to_each_other() {
    let mut world = World::new();
    world.attach(1, "me", "message-tags");
    world.attach(2, "other", "");
    assert_eq!(world.send(1, "@+x=1;y=2 PRIVMSG OTHER :hi"), [""; 0]);
    assert_eq!(world.got(2), [":me!me@iim.local PRIVMSG other :hi"]);
    world.send(2, "NOTICE me :back");
    let got = world.got(1);
    assert_eq!(body(&got[0]), ":other!other@iim.local NOTICE me :back");
    world.send(1, "@+x=1 TAGMSG other");
    assert_eq!(world.got(2), [""; 0], "no tags, no TAGMSG");
    world.send(2, "CAP REQ message-tags");
    world.got(2);
    world.send(1, "@+x=1;y=2 TAGMSG other");
    let got = world.got(2);
    assert_eq!(body(&got[0]), ":me!me@iim.local TAGMSG other");
    assert_eq!((tag(&got[0], "+x"), tag(&got[0], "y")), (Some("1"), None));
    assert_eq!(world.host.entries.len(), 0);
}

#[test]
fn ctcp_is_answered_here() {
    let mut world = World::new();
    world.attach(1, "me", "");
    world.attach(2, "two", "");
    converse(
        &mut world,
        1,
        &[
            (
                "PRIVMSG bob :\u{1}VERSION\u{1}",
                &[":iim!iim@iim.local NOTICE me :\u{1}VERSION iim 0.1.0\u{1}"],
            ),
            (
                "PRIVMSG bob :\u{1}PING 1 2\u{1}",
                &[":iim!iim@iim.local NOTICE me :\u{1}PING 1 2\u{1}"],
            ),
            ("PRIVMSG bob :\u{1}FINGER\u{1}", &[]),
            (
                "PRIVMSG bob :\u{1}DCC SEND a 1 2\u{1}",
                &[":iim!iim@iim.local NOTICE me :files cannot be sent yet: the offer went nowhere"],
            ),
            ("NOTICE bob :\u{1}VERSION mine\u{1}", &[]),
        ],
    );
    assert_eq!(world.host.entries.len(), 0);
    world.send(1, "PRIVMSG bob :\u{1}ACTION waves\u{1}");
    assert_eq!(world.host.entries[0].entry.message.text, "/me waves");
    assert_eq!(
        world.got(2),
        [":two!two@iim.local PRIVMSG bob :\u{1}ACTION waves\u{1}"]
    );
    world.text("bob", "/me waves back");
    assert_eq!(
        world.got(2),
        [":bob!bob@example.net PRIVMSG two :\u{1}ACTION waves back\u{1}"]
    );
}

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
fn typing_goes_both_ways_and_ends() {
    let mut world = World::new();
    world.attach(1, "me", "message-tags");
    world.attach(2, "old", "");
    world.send(1, "@+typing=active TAGMSG bob");
    world.send(1, "@+typing=done TAGMSG bob");
    assert_eq!(world.host.calls, ["typing bob Active", "typing bob Done"]);
    let typing = |typing| Event::Typing {
        friend: address("bob"),
        typing,
    };
    world.event(typing(Typing::Active));
    let got = world.got(1);
    assert_eq!(
        (tag(&got[0], "+typing"), body(&got[0])),
        (Some("active"), ":bob!bob@example.net TAGMSG me")
    );
    world.tick(5_900);
    assert_eq!(world.got(1), [""; 0]);
    world.tick(200);
    assert_eq!(tag(&world.got(1)[0], "+typing"), Some("done"));
    world.tick(60_000);
    assert_eq!(world.got(1), [""; 0]);
    world.event(typing(Typing::Active));
    world.text("bob", "sent");
    world.got(1);
    world.tick(10_000);
    assert_eq!(world.got(1), [""; 0], "who has sent it no longer writes");
    assert_eq!(world.got(2).len(), 1, "without tags, the text alone");
}

#[test]
fn a_late_text_says_when_it_was_written() {
    let mut world = World::new();
    world.attach(1, "me", "");
    let mut entry = world.host.store("bob", false, "late");
    entry.entry.message.sent = START - 86_400_000;
    world.event(Event::Stored(Box::new(stored(entry))));
    assert_eq!(
        bodies(&world.got(1)),
        [":bob!bob@example.net PRIVMSG me :[written 2026-11-20 07:50 UTC] late"]
    );
}

#[test]
fn replies_are_tags_or_words() {
    let mut world = World::new();
    world.attach(1, "new", "message-tags draft/message-redaction");
    world.attach(2, "old", "");
    // As WeeChat 3.8 is.
    world.attach(3, "tagged", "message-tags");
    let first = world.text("bob", "shall we?");
    world.lines.clear();
    let id = crate::protocol::hex::encode(&first.entry.message.id.0);
    world.send(1, &format!("@+reply={id} PRIVMSG bob :yes"));
    assert_eq!(
        world.host.entries[1].entry.message.reply_to,
        Some(first.entry.message.id)
    );
    assert_eq!(
        world.got(2),
        [":old!old@iim.local PRIVMSG bob :[re \"shall we?\"] yes"]
    );
    let mut entry = world.host.store("bob", false, "fine");
    entry.entry.message.reply_to = Some(first.entry.message.id);
    world.event(Event::Stored(Box::new(stored(entry))));
    let got = world.got(1);
    assert_eq!(
        (tag(&got[0], "+draft/reply"), body(&got[0])),
        (Some(id.as_str()), ":bob!bob@example.net PRIVMSG new :fine")
    );
    let got = world.got(3);
    assert_eq!(
        (tag(&got[1], "+draft/reply"), body(&got[1])),
        (
            Some(id.as_str()),
            ":bob!bob@example.net PRIVMSG tagged :[re \"shall we?\"] fine"
        )
    );
}

#[test]
fn a_notice_stays_a_notice_in_echo_on_other_devices_and_in_history() {
    let mut world = World::new();
    world.attach(1, "me", "echo-message");
    world.attach(2, "phone", "batch draft/chathistory");
    let echo = world.send(1, "NOTICE bob :beep");
    assert_eq!(bodies(&echo), [":me!me@iim.local NOTICE bob :beep"]);
    assert_eq!(world.got(2), [":phone!phone@iim.local NOTICE bob :beep"]);
    let mut entry = world.host.store("bob", false, "boop");
    entry.entry.message.notice = true;
    *world.host.entries.last_mut().unwrap() = entry.clone();
    *world.host.rows.last_mut().unwrap() = stored(entry.clone());
    world.event(Event::Stored(Box::new(stored(entry))));
    assert_eq!(world.got(1), [":bob!bob@example.net NOTICE me :boop"]);
    world.got(2);
    let history = world.send(2, "CHATHISTORY LATEST bob * 10");
    let said: Vec<&str> = bodies(&history[1..3]);
    assert_eq!(
        said,
        [
            ":phone!phone@iim.local NOTICE bob :beep",
            ":bob!bob@example.net NOTICE phone :boop"
        ]
    );
}

/// RFC 2812, section 3.3.2: nothing is answered, but that it has failed.
#[test]
fn a_notice_is_answered_by_nothing_but_its_failure() {
    let mut world = World::new();
    world.attach(1, "me", "standard-replies");
    for line in ["NOTICE dave :x", "NOTICE carol :x", "NOTICE nobody :x"] {
        assert_eq!(world.send(1, line), [""; 0], "{line}");
    }
    let mut entry = world.host.entries[0].clone();
    entry.entry.message.state = crate::rules::message::Delivery::Failed;
    entry.entry.message.reason = Some("dave is not online: a notice goes over IRC only".to_owned());
    world.moved(&entry);
    let told = world.got(1);
    let id = format!("{:032x}", entry.row);
    assert_eq!(
        told[0],
        format!(
            ":iim.local FAIL NOTICE NOT_DELIVERED dave {id} :dave is not online: a notice goes over IRC only"
        )
    );
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

/// IRCv3 message tags: "`CLIENTTAGDENY` … a list of client-only tags that will be blocked", each without its `+`.
#[test]
fn tags_that_reach_no_friend_are_announced() {
    let mut world = World::new();
    let told = world.attached(1, "me", "");
    let token = "CLIENTTAGDENY=*,-typing,-draft/typing,-reply,-draft/reply,-react,-draft/react,-unreact,-draft/unreact";
    let support = |line: &&String| line.contains(" 005 ");
    assert!(told.iter().filter(support).any(|line| line.contains(token)));
}

#[test]
fn client_only_tags_stay_on_the_senders_own_echo() {
    let mut world = World::new();
    world.attach(1, "me", "echo-message message-tags");
    world.attach(2, "other", "message-tags");
    let first = world.text("bob", "shall we?");
    world.got(1);
    world.got(2);
    let id = crate::protocol::hex::encode(&first.entry.message.id.0);
    let line = format!("@+x=a\\sb;+reply={id} PRIVMSG bob :yes");
    let echo = world.send(1, &line);
    assert_eq!(tag(&echo[0], "+x"), Some("a\\sb"));
    assert_eq!(tag(&echo[0], "+reply"), Some(id.as_str()));
    assert_eq!(tag(&echo[0], "+draft/reply"), None, "as it was sent");
    let other = world.got(2);
    assert_eq!(tag(&other[0], "+x"), None);
    let echo = world.send(1, "@+x=y NOTICE bob :yes");
    assert_eq!(tag(&echo[0], "+x"), Some("y"));
}

/// As a client without the drafts that change texts.
#[test]
fn a_reply_is_not_shown_twice_to_a_client_that_sent_it() {
    let mut world = World::new();
    world.attach(1, "me", "echo-message message-tags draft/chathistory");
    let first = world.text("bob", "shall we?");
    world.got(1);
    let id = crate::protocol::hex::encode(&first.entry.message.id.0);
    let echo = world.send(1, &format!("@+reply={id} PRIVMSG bob :yes"));
    assert_eq!(body(&echo[0]), ":me!me@iim.local PRIVMSG bob :yes");
    // It shows such answers, so the friend's come by their tag as well.
    let mut entry = world.host.store("bob", false, "fine");
    entry.entry.message.reply_to = Some(first.entry.message.id);
    world.event(Event::Stored(Box::new(stored(entry))));
    assert_eq!(
        body(&world.got(1)[0]),
        ":bob!bob@example.net PRIVMSG me :fine"
    );
}

/// IRCv3 bot mode: "servers MUST add the tag to any message sent by a bot".
#[test]
fn the_echo_of_a_bot_bears_its_tag() {
    let mut world = World::new();
    world.attach(1, "me", "echo-message message-tags");
    world.send(1, "MODE me +B");
    for line in ["PRIVMSG bob :beep", "NOTICE bob :beep"] {
        let echo = world.send(1, line);
        assert_eq!(tag(&echo[0], "bot"), Some(""), "{line}");
    }
    world.send(1, "MODE me -B");
    let echo = world.send(1, "PRIVMSG bob :hello");
    assert_eq!(tag(&echo[0], "bot"), None);
}

/// senpai 0.4.1 and gamja take message tags and ask for history, but show neither reactions nor what is answered.
#[test]
fn clients_that_show_no_tags_get_reactions_and_replies_in_words() {
    for (caps, said, by_tag) in [
        (
            "message-tags draft/chathistory draft/event-playback",
            None,
            false,
        ),
        ("message-tags draft/message-redaction", None, true),
        ("message-tags draft/chathistory", Some(true), true),
        ("message-tags draft/message-redaction", Some(false), false),
    ] {
        let mut settings = settings(true);
        settings
            .gateway
            .tags
            .extend(said.map(|said| ("me".to_owned(), said)));
        let mut world = World::with(settings);
        let device = crate::gateway::host::DeviceId("me".to_owned());
        world.host.cursors.insert(device, 0);
        world.attach(1, "me", caps);
        let first = world.text("bob", "shall we?");
        world.change(&first, false, (ChangeKind::React, "👍"));
        let mut entry = world.host.store("bob", false, "fine");
        entry.entry.message.reply_to = Some(first.entry.message.id);
        world.event(Event::Stored(Box::new(stored(entry))));
        let got = world.got(1);
        let got = bodies(&got);
        let words = [
            "ACTION reacted 👍 to \"shall we?\"",
            "[re \"shall we?\"] fine",
        ];
        let in_words = words.map(|words| got.iter().any(|line| line.contains(words)));
        assert_eq!(in_words, [!by_tag; 2], "{caps} {said:?}: {got:?}");
        let tagged = got.iter().any(|line| line.contains("TAGMSG"));
        assert_eq!(tagged, by_tag, "{caps} {said:?}: {got:?}");
    }
}

//! PRIVMSG, NOTICE, TAGMSG, echoes, labels, CTCP, multiline.

use super::fake::address;
use super::*;

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

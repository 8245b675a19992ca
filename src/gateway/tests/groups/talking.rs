//! What is said in a group, what is done to it, how far it has come.

use super::*;
use crate::gateway::host::{DeviceId, With};
use crate::gateway::tests::history::CAPS;
use crate::protocol::hex;
use crate::rules::message::Delivery;

fn msgid(entry: &Placed) -> String {
    hex::encode(&entry.entry.message.id.0)
}

#[test]
fn what_is_said_shows_on_all_devices() {
    let mut world = climbing();
    let caps = "message-tags echo-message server-time account-tag labeled-response batch";
    world.attach(1, "me", caps);
    world.attach(2, "old", "");
    let echo = world.send(1, "@label=x PRIVMSG #Climbing :hello");
    assert_eq!(bodies(&echo), [":me!me@iim.local PRIVMSG #climbing :hello"]);
    assert_eq!(tag(&echo[0], "label"), Some("x"));
    assert_eq!(tag(&echo[0], "iim.local/state"), Some("queued"));
    assert!(tag(&echo[0], "msgid").is_some());
    assert_eq!(
        world.got(2),
        [":old!old@iim.local PRIVMSG #climbing :hello"]
    );
    world.said("eve", "hi\nyou");
    let got = world.got(1);
    assert_eq!(body(&got[0]), format!(":{EVE} PRIVMSG #climbing :hi"));
    assert_eq!(tag(&got[0], "account"), None);
    world.got(2);
    world.said("bob", "/me waves");
    let got = world.got(1);
    assert_eq!(
        bodies(&got),
        [":bob!bob@example.net PRIVMSG #climbing :\u{1}ACTION waves\u{1}"]
    );
    assert_eq!(tag(&got[0], "account"), Some("bob@example.net"));
    world.send(1, "PRIVMSG #climbing :\u{1}ACTION nods\u{1}");
    assert_eq!(world.host.entries[3].entry.message.text, "/me nods");
}

/// A client that puts its user's own lines into a query with them knows them in a channel all the same.
#[test]
fn own_lines_in_a_channel_need_no_arrow() {
    let mut settings = settings(true);
    settings.gateway.self_messages = false;
    let mut world = World::with(settings);
    world.host.groups = climbing().host.groups;
    world.attach(1, "me", "");
    world.attach(2, "chat", "");
    world.send(1, "PRIVMSG #climbing :hello");
    assert_eq!(
        world.got(2),
        [":chat!chat@iim.local PRIVMSG #climbing :hello"]
    );
}

#[test]
fn several_lines_and_answers_go_to_groups() {
    let mut world = climbing();
    world.attach(1, "me", "batch draft/multiline message-tags echo-message");
    world.attach(2, "old", "");
    let first = world.said("eve", "shall we?");
    world.lines.clear();
    let id = msgid(&first);
    world.send(
        1,
        &format!("@+draft/reply={id} BATCH +1 draft/multiline #climbing"),
    );
    world.send(1, "@batch=1 PRIVMSG #climbing :yes");
    world.send(1, "@batch=1 PRIVMSG #climbing :let's");
    let echo = world.send(1, "BATCH -1");
    assert_eq!(
        body(&echo[0]),
        ":me!me@iim.local BATCH +b1 draft/multiline #climbing"
    );
    let message = &world.host.entries[1].entry.message;
    assert_eq!(message.text, "yes\nlet's");
    assert_eq!(message.reply_to, Some(first.entry.message.id));
    assert_eq!(
        world.got(2)[0],
        ":old!old@iim.local PRIVMSG #climbing :[re \"shall we?\"] yes"
    );
}

/// "automatic replies MUST NEVER be sent in response to a NOTICE message" (RFC 2812, section 3.3.2).
#[test]
fn notices_ctcp_and_typing_do_not_go_to_groups() {
    let mut world = climbing();
    world.attach(
        1,
        "me",
        "message-tags standard-replies batch draft/multiline",
    );
    world.attach(2, "old", "");
    let why = "A notice cannot go to a group: say it as a text";
    assert_eq!(
        world.send(1, "NOTICE #climbing :beep"),
        [format!(
            ":iim.local FAIL NOTICE CANNOT_SEND #climbing :{why}"
        )]
    );
    assert_eq!(
        world.send(2, "NOTICE #climbing :beep"),
        [format!(":iim.local NOTICE old :{why}")]
    );
    world.send(1, "BATCH +1 draft/multiline #climbing");
    world.send(1, "@batch=1 NOTICE #climbing :beep");
    assert_eq!(
        world.send(1, "BATCH -1"),
        [format!(
            ":iim.local FAIL NOTICE CANNOT_SEND #climbing :{why}"
        )]
    );
    for line in [
        "NOTICE #climbing :\u{1}PING 1\u{1}",
        "@+typing=active TAGMSG #climbing",
    ] {
        assert_eq!(world.send(1, line), [""; 0], "{line}");
    }
    let got = world.send(2, "PRIVMSG #climbing :\u{1}VERSION\u{1}");
    assert_eq!(
        got,
        [":iim!iim@iim.local NOTICE old :\u{1}VERSION iim 0.1.0\u{1}"]
    );
    assert!(world.host.rows.is_empty() && world.host.calls.is_empty());
}

const CHANGING: &str =
    "message-tags echo-message draft/message-redaction draft/message-edit draft/chathistory";

#[test]
fn texts_in_groups_are_changed_and_reacted_to() {
    let mut world = climbing();
    world.attach(1, "me", CHANGING);
    world.attach(2, "old", "");
    world.send(1, "PRIVMSG #climbing :oops");
    let theirs = world.said("eve", "nice day");
    world.lines.clear();
    let (own, id) = (msgid(&world.host.entries[0]), msgid(&theirs));
    let got = world.send(
        1,
        &format!("@+draft/react=👍;+draft/reply={id} TAGMSG #climbing"),
    );
    assert_eq!(bodies(&got), [":me!me@iim.local TAGMSG #climbing"]);
    assert_eq!(world.host.calls, ["react #climbing 👍 true"]);
    assert_eq!(
        world.got(2),
        [":old!old@iim.local PRIVMSG #climbing :\u{1}ACTION reacted 👍 to \"nice day\"\u{1}"]
    );
    let edit = format!("@draft/target-msgid={own};draft/edit-text=better EDIT #climbing");
    assert_eq!(
        bodies(&world.send(1, &edit)),
        [":me!me@iim.local EDIT #climbing"]
    );
    assert_eq!(
        world.got(2),
        [":old!old@iim.local PRIVMSG #climbing :[edited] better"]
    );
    let got = world.send(1, &format!("REDACT #climbing {own} :no"));
    let want = format!(":me!me@iim.local REDACT #climbing {own} :no");
    assert_eq!(bodies(&got), [want]);
    assert_eq!(
        world.send(1, &format!("REDACT #climbing {id}")),
        [format!(
            ":iim.local FAIL REDACT REDACT_FORBIDDEN #climbing {id} :not yours"
        )]
    );
    world.lines.clear();
    world.host.author = Some(who("eve"));
    world.change(&theirs, false, (ChangeKind::Retract, ""));
    let want = format!(":{EVE} REDACT #climbing {id}");
    assert_eq!(bodies(&world.got(1)), [want]);
    assert_eq!(
        world.got(2),
        [format!(
            ":{EVE} PRIVMSG #climbing :\u{1}ACTION took back \"nice day\"\u{1}"
        )]
    );
}

#[test]
fn history_and_markers_are_those_of_queries() {
    let mut world = climbing();
    world.attach(1, "me", CAPS);
    world.attach(2, "two", CAPS);
    let first = world.said("eve", "one");
    world.send(2, "PRIVMSG #climbing :two");
    world.said("bob", "three");
    world.text("bob", "aside");
    world.lines.clear();
    let texts = |got: &[String]| -> Vec<String> {
        let inside = &got[1..got.len() - 1];
        let text = |line: &String| body(line).rsplit_once(" PRIVMSG ").unwrap().1.to_owned();
        inside.iter().map(text).collect()
    };
    let id = msgid(&first);
    for (line, want) in [
        (
            "CHATHISTORY LATEST #climbing * 9".to_owned(),
            vec!["one", "two", "three"],
        ),
        (
            format!("CHATHISTORY AFTER #climbing msgid={id} 1"),
            vec!["two"],
        ),
        (
            format!("CHATHISTORY AROUND #climbing msgid={id} 2"),
            vec!["one", "two"],
        ),
    ] {
        let got = world.send(1, &line);
        let want: Vec<String> = want
            .iter()
            .map(|text| format!("#climbing :{text}"))
            .collect();
        assert_eq!(texts(&got), want, "{line}");
        assert!(body(&got[0]).ends_with(" chathistory #climbing"), "{got:?}");
    }
    let span = "timestamp=2020-01-01T00:00:00.000Z timestamp=2030-01-01T00:00:00.000Z 9";
    let got = world.send(1, &format!("CHATHISTORY TARGETS {span}"));
    let targets: Vec<&str> = got[1..3].iter().map(|line| body(line)).collect();
    assert!(targets[0].contains(" TARGETS #climbing "), "{targets:?}");
    assert!(targets[1].contains(" TARGETS bob "), "{targets:?}");
    let at = "timestamp=2026-11-21T07:50:05.001Z";
    let mark = format!(":iim.local MARKREAD #climbing {at}");
    assert_eq!(
        world.send(1, &format!("MARKREAD #climbing {at}")),
        [mark.as_str()]
    );
    assert_eq!(world.got(2), [mark.as_str()]);
    assert_eq!(world.send(2, "MARKREAD #climbing"), [mark]);
    world.event(Event::Marker {
        with: With::Group(id_of_group()),
        at: START + 2,
    });
    let mark = ":iim.local MARKREAD #climbing timestamp=2026-11-21T07:50:05.002Z";
    assert_eq!(world.got(1), [mark]);
    assert_eq!(
        world.send(1, "CHATHISTORY LATEST #nowhere * 9"),
        [":iim.local FAIL CHATHISTORY INVALID_TARGET LATEST #nowhere :No such conversation"]
    );
}

fn id_of_group() -> ConversationId {
    super::id()
}

#[test]
fn what_a_device_has_missed_is_replayed() {
    let mut world = climbing();
    world.host.cursors.insert(DeviceId("phone".to_owned()), 0);
    world.attach(1, "phone", "");
    world.said("eve", "had");
    world.leave(1);
    let missed = world.said("eve", "missed");
    world.text("bob", "this too");
    world.host.author = Some(who("eve"));
    world.change(&missed, false, (ChangeKind::Edit, "missing"));
    let got = world.attached(2, "phone", "");
    let from = got.iter().rposition(|line| line.contains(" 366 ")).unwrap() + 1;
    assert_eq!(
        got[from..],
        [
            format!(":{EVE} PRIVMSG #climbing :[07:50] missed"),
            ":bob!bob@example.net PRIVMSG phone :[07:50] this too".to_owned(),
            format!(":{EVE} PRIVMSG #climbing :[07:50] [edited] missing"),
        ]
    );
}

#[test]
fn whoever_writes_back_in_a_group_has_read_it() {
    let mut world = climbing();
    world.attach(1, "me", "");
    let text = world.said("eve", "there?");
    world.send(1, "PRIVMSG #climbing :yes");
    let with = With::Group(id());
    let marker = world.host.markers.get(&with);
    assert_eq!(marker, Some(&text.entry.message.arrival));
}

#[test]
fn how_far_copies_have_come_is_told() {
    let mut world = climbing();
    world.attach(1, "me", "message-tags standard-replies");
    world.attach(2, "old", "");
    world.send(1, "PRIVMSG #climbing :hi");
    world.lines.clear();
    let text = world.host.entries[0].clone();
    let copies = |failed| Event::Copies {
        group: id(),
        id: text.entry.message.id,
        state: Delivery::Sent,
        reached: (1, 3),
        failed,
    };
    world.event(copies(None));
    let got = world.got(1);
    assert_eq!(bodies(&got), [":iim.local TAGMSG #climbing"]);
    assert_eq!(tag(&got[0], "iim.local/state"), Some("sent"));
    assert_eq!(tag(&got[0], "iim.local/reached"), Some("1/3"));
    assert_eq!(tag(&got[0], "+reply"), Some(msgid(&text).as_str()));
    assert_eq!(world.got(2), [""; 0]);
    world.event(copies(Some((who("eve"), "the mail bounced".to_owned()))));
    let got = world.got(1);
    let fail = format!(
        ":iim.local FAIL PRIVMSG NOT_DELIVERED #climbing {} :failed for eve: the mail bounced",
        msgid(&text)
    );
    assert_eq!(got[1], fail);
    let word = ":iim!iim@iim.local PRIVMSG &friends :not delivered to eve in #climbing: the mail bounced: \"hi\"";
    assert_eq!(body(&got[2]), word);
    assert_eq!(world.got(2), [word]);
}

#[test]
fn who_hears_it_though_they_are_unwanted_is_said_once() {
    let mut world = climbing();
    world.attach(1, "me", "");
    world.attach(2, "two", "");
    world.host.friends[0].blocked = true;
    world.host.friends[2].visible = false;
    world.event(Event::Contacts(None));
    world.lines.clear();
    let word = ":iim!iim@iim.local PRIVMSG &friends :#climbing is heard by bob, dave, whom you block or hide from; \
                all you say there goes by mail";
    assert_eq!(world.send(1, "PRIVMSG #climbing :hi"), [word]);
    assert_eq!(world.send(1, "PRIVMSG #climbing :hi"), [""; 0]);
    assert_eq!(world.got(2).len(), 2);
    world.send(1, "PART #climbing");
    world.send(1, "JOIN #climbing");
    assert_eq!(world.send(1, "PRIVMSG #climbing :hi"), [""; 0]);
}

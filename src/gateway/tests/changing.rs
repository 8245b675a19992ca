//! Reactions, REDACT, EDIT, and how far a text has come.

use super::*;
use crate::gateway::host::DeviceId;
use crate::protocol::hex;
use crate::rules::message::{Delivery, Via};

fn id(entry: &Placed) -> String {
    hex::encode(&entry.entry.message.id.0)
}

#[test]
fn reactions_are_tags_or_words() {
    let mut world = World::new();
    world.attach(1, "me", "message-tags echo-message draft/chathistory");
    world.attach(2, "old", "message-tags");
    let text = world.text("bob", "nice day");
    world.lines.clear();
    let id = id(&text);
    let got = world.send(1, &format!("@+draft/react=👍;+draft/reply={id} TAGMSG bob"));
    assert_eq!(body(&got[0]), ":me!me@iim.local TAGMSG bob");
    assert_eq!(tag(&got[0], "+draft/react"), Some("👍"));
    assert_eq!(world.host.calls, ["react bob 👍 true"]);
    assert_eq!(
        world.got(2),
        [":old!old@iim.local PRIVMSG bob :\u{1}ACTION reacted 👍 to \"nice day\"\u{1}"]
    );
    world.change(&text, false, (ChangeKind::Unreact, "🎉"));
    let got = world.got(1);
    assert_eq!(body(&got[0]), ":bob!bob@example.net TAGMSG me");
    assert_eq!(tag(&got[0], "+draft/unreact"), Some("🎉"));
    assert_eq!(tag(&got[0], "+draft/reply"), Some(id.as_str()));
    assert_eq!(
        world.got(2),
        [":bob!bob@example.net PRIVMSG old :\u{1}ACTION took 🎉 back from \"nice day\"\u{1}"]
    );
    let unknown = "0".repeat(32);
    assert_eq!(
        world.send(1, &format!("@+draft/react=x;+reply={unknown} TAGMSG bob")),
        [format!(
            ":iim.local FAIL TAGMSG UNKNOWN_MSGID bob {unknown} :No such message"
        )]
    );
    assert_eq!(
        world.send(1, "@+draft/react=x TAGMSG bob"),
        [":iim.local FAIL TAGMSG INVALID_REACTION bob :A reaction needs +draft/reply"]
    );
}

#[test]
fn texts_are_redacted_or_refused() {
    let mut world = World::new();
    world.attach(1, "me", "draft/message-redaction message-tags echo-message");
    world.attach(2, "old", "");
    world.send(1, "PRIVMSG bob :oops");
    let theirs = world.text("bob", "hm");
    world.lines.clear();
    let mine = world.host.entries[0].clone();
    let (id, theirs) = (id(&mine), id(&theirs));
    let got = world.send(1, &format!("REDACT bob {id} :wrong window"));
    let want = format!(":me!me@iim.local REDACT bob {id} :wrong window");
    assert_eq!(bodies(&got), [want]);
    assert_eq!(
        world.got(2),
        [":old!old@iim.local PRIVMSG bob :\u{1}ACTION took back \"oops\": wrong window\u{1}"]
    );
    assert!(world.host.entries[0].entry.retraction.is_some());
    let zero = "0".repeat(32);
    for (line, want) in [
        (
            format!("REDACT bob {theirs}"),
            format!("REDACT REDACT_FORBIDDEN bob {theirs} :not yours"),
        ),
        (
            format!("REDACT bob {zero}"),
            format!("REDACT UNKNOWN_MSGID bob {zero} :No such message"),
        ),
        (
            "REDACT bob nonsense".to_owned(),
            "REDACT UNKNOWN_MSGID bob nonsense :No such message".to_owned(),
        ),
        (
            format!("REDACT #x {id}"),
            "REDACT INVALID_TARGET #x :No such conversation".to_owned(),
        ),
    ] {
        assert_eq!(world.send(1, &line), [format!(":iim.local FAIL {want}")]);
    }
    assert_eq!(
        world.send(1, "REDACT bob"),
        [":iim.local 461 me REDACT :Not enough parameters"]
    );
    let theirs = world.host.entries[1].clone();
    world.change(&theirs, false, (ChangeKind::Retract, ""));
    let want = format!(
        ":bob!bob@example.net REDACT me {}",
        hex::encode(&theirs.entry.message.id.0)
    );
    assert_eq!(bodies(&world.got(1)), [want]);
}

/// The draft of message editing: `@draft/target-msgid=…;draft/edit-text=… EDIT <target>`.
#[test]
fn texts_are_edited() {
    let mut world = World::new();
    world.attach(1, "me", "draft/message-edit message-tags echo-message");
    world.attach(2, "old", "");
    world.send(1, "PRIVMSG bob :anex ample");
    world.lines.clear();
    let id = id(&world.host.entries[0].clone());
    let got = world.send(
        1,
        &format!("@draft/target-msgid={id};draft/edit-text=an\\sexample EDIT bob"),
    );
    assert_eq!(body(&got[0]), ":me!me@iim.local EDIT bob");
    assert_eq!(tag(&got[0], "draft/edit-text"), Some("an\\sexample"));
    assert_eq!(tag(&got[0], "draft/target-msgid"), Some(id.as_str()));
    assert_eq!(world.host.entries[0].entry.wording(), "an example");
    assert_eq!(
        world.got(2),
        [":old!old@iim.local PRIVMSG bob :[edited] an example"]
    );
    assert_eq!(
        world.send(1, &format!("@draft/target-msgid={id} EDIT bob")),
        [":iim.local FAIL EDIT INVALID_EDIT bob :Invalid edit text"]
    );
    assert_eq!(
        world.send(2, "EDIT bob"),
        [":iim.local 421 old EDIT :Unknown command"]
    );
    let theirs = world.text("bob", "fxied");
    world.lines.clear();
    world.change(&theirs, false, (ChangeKind::Edit, "fixed"));
    assert_eq!(body(&world.got(1)[0]), ":bob!bob@example.net EDIT me");
    assert_eq!(
        world.got(2),
        [":bob!bob@example.net PRIVMSG old :[edited] fixed"]
    );
}

#[test]
fn how_far_a_text_has_come_is_told() {
    let mut world = World::new();
    world.attach(1, "me", "message-tags standard-replies");
    world.attach(2, "old", "");
    world.send(1, "PRIVMSG bob :hi");
    world.lines.clear();
    let mut entry = world.host.entries[0].clone();
    let id = id(&entry);
    let message = &mut entry.entry.message;
    (message.state, message.via) = (Delivery::Sent, Some(Via::Mail));
    world.moved(&entry);
    let got = world.got(1);
    assert_eq!(tag(&got[0], "iim.local/state"), Some("sent"));
    assert_eq!(tag(&got[0], "+reply"), Some(id.as_str()));
    let note = format!(":iim.local NOTE PRIVMSG SENT_BY_MAIL bob {id} :The text went by mail");
    assert_eq!(got[1..], [note]);
    assert_eq!(world.got(2), [""; 0]);
    entry.entry.message.state = Delivery::Failed;
    entry.entry.message.reason = Some("no answer".to_owned());
    world.moved(&entry);
    let fail = format!(":iim.local FAIL PRIVMSG NOT_DELIVERED bob {id} :no answer");
    assert_eq!(world.got(1)[1], fail);
    assert_eq!(
        world.got(2),
        [":iim!iim@iim.local PRIVMSG &friends :not delivered to bob: no answer: \"hi\""]
    );
}

fn device(world: &mut World, name: &str) -> DeviceId {
    let device = DeviceId(name.to_owned());
    world.host.cursors.insert(device.clone(), 0);
    device
}

const DOING: &str = "message-tags server-time draft/message-redaction draft/message-edit";

/// A text of bob's and one of the user, seen by the device; then, while it is away, something is done to them.
fn changed_while_away(world: &mut World) -> (Placed, Placed) {
    for name in ["full", "plain"] {
        device(world, name);
    }
    world.attach(1, "full", DOING);
    world.attach(2, "plain", "");
    let theirs = world.text("bob", "at nine");
    world.attach(3, "third", "draft/message-redaction message-tags");
    world.send(3, "PRIVMSG bob :fine");
    let own = world.host.entries[1].clone();
    world.leave(1);
    world.leave(2);
    world.lines.clear();
    (theirs, own)
}

#[test]
fn what_was_done_while_a_device_was_away_is_told_when_it_comes_back() {
    let mut world = World::new();
    let (theirs, own) = changed_while_away(&mut world);
    world.change(&theirs, false, (ChangeKind::Edit, "at ten"));
    world.text("bob", "sorry");
    world.send(
        3,
        &format!("@+draft/react=👍;+draft/reply={} TAGMSG bob", id(&theirs)),
    );
    world.send(3, &format!("REDACT bob {} :not fine", id(&own)));
    world.lines.clear();
    let got = world.attached(4, "full", DOING);
    let from = got.iter().position(|line| line.contains(" 366 ")).unwrap() + 1;
    let got = &got[from..];
    assert_eq!(
        bodies(got),
        [
            ":bob!bob@example.net EDIT full".to_owned(),
            ":bob!bob@example.net PRIVMSG full :sorry".to_owned(),
            ":full!full@iim.local TAGMSG bob".to_owned(),
            format!(":full!full@iim.local REDACT bob {} :not fine", id(&own)),
        ]
    );
    assert_eq!(tag(&got[0], "draft/edit-text"), Some("at\\sten"));
    assert_eq!(
        tag(&got[0], "draft/target-msgid"),
        Some(id(&theirs).as_str())
    );
    assert_eq!(tag(&got[2], "+draft/react"), Some("👍"));
    assert_eq!(tag(&got[2], "+draft/reply"), Some(id(&theirs).as_str()));
    // Each with the time at which it was stored, and an id of its own.
    let mut times: Vec<&str> = got.iter().map(|line| tag(line, "time").unwrap()).collect();
    let sorted = times.clone();
    times.sort_unstable();
    times.dedup();
    assert_eq!(times, sorted);
    assert!(got.iter().all(|line| tag(line, "msgid").is_some()));
    // A device of which nobody knows that it can do so is told in words.
    let got = world.attached(5, "plain", "");
    let from = got.iter().position(|line| line.contains(" 366 ")).unwrap() + 1;
    assert_eq!(
        got[from..],
        [
            ":bob!bob@example.net PRIVMSG plain :[07:50] [edited] at ten",
            ":bob!bob@example.net PRIVMSG plain :[07:50] sorry",
            ":plain!plain@iim.local PRIVMSG bob :\u{1}ACTION [07:50] reacted 👍 to \"at ten\"\u{1}",
            ":plain!plain@iim.local PRIVMSG bob :\u{1}ACTION [07:50] took back \"fine\": not fine\u{1}",
        ]
    );
    // Once.
    world.leave(4);
    world.leave(5);
    for (conn, nick, caps) in [(6, "full", DOING), (7, "plain", "")] {
        let got = world.attached(conn, nick, caps);
        assert!(got.last().unwrap().contains(" 366 "), "{got:?}");
    }
}

/// Texts that a client asks for come as they stand then; what was done to those it had it could not ask for.
#[test]
fn who_asks_for_texts_is_told_what_was_done_to_those_it_had() {
    let caps = format!("{DOING} batch draft/chathistory");
    let mut world = World::new();
    let (theirs, own) = changed_while_away(&mut world);
    world.change(&theirs, false, (ChangeKind::Retract, ""));
    let new = world.text("bob", "new, and wrong");
    world.change(&new, false, (ChangeKind::Edit, "new"));
    world.change(&own, false, (ChangeKind::React, "🎉"));
    let got = world.attached(4, "full", &caps);
    let from = got.iter().position(|line| line.contains(" 366 ")).unwrap() + 1;
    assert_eq!(
        bodies(&got[from..]),
        [
            format!(":bob!bob@example.net REDACT full {}", id(&theirs)),
            ":bob!bob@example.net TAGMSG full".to_owned(),
        ]
    );
    world.text("bob", "live");
    assert_eq!(world.got(4).len(), 1);
    let page = world.send(4, &format!("CHATHISTORY AFTER bob msgid={} 9", id(&own)));
    assert_eq!(
        bodies(&page[1..page.len() - 1]),
        [
            ":bob!bob@example.net PRIVMSG full :[edited] new",
            ":bob!bob@example.net PRIVMSG full :live"
        ]
    );
    // Who can ask for both is told nothing by itself.
    world.leave(4);
    device(&mut world, "other");
    let got = world.attached(5, "other", &format!("{caps} draft/event-playback"));
    assert!(got.last().unwrap().contains(" 366 "), "{got:?}");
    world.text("bob", "live again");
    assert_eq!(world.got(5).len(), 1);
}

/// Much of what a client does not need keeps nothing from it that it does.
#[test]
fn what_is_passed_over_holds_nothing_up() {
    let mut world = World::new();
    device(&mut world, "phone");
    let text = world.text("bob", "new");
    for number in 0..1_000 {
        world
            .host
            .apply(&text, false, (ChangeKind::React, &number.to_string()));
    }
    world.attach(1, "phone", "message-tags draft/chathistory");
    world.text("bob", "live");
    let got = world.got(1);
    assert_eq!(bodies(&got), [":bob!bob@example.net PRIVMSG phone :live"]);
}

/// An event is a hint: what was done is told from the store, in its place.
#[test]
fn news_of_a_change_may_be_late_double_or_lost() {
    let mut world = World::new();
    world.attach(1, "me", "message-tags draft/message-redaction");
    let text = world.text("bob", "1");
    world.got(1);
    let first = world.host.apply(&text, false, (ChangeKind::React, "a"));
    let second = world.host.apply(&text, false, (ChangeKind::React, "b"));
    world.event(Event::Stored(Box::new(second.clone())));
    world.event(Event::Stored(Box::new(first)));
    world.event(Event::Stored(Box::new(second)));
    world.host.apply(&text, false, (ChangeKind::React, "c"));
    world.text("bob", "2");
    let got = world.got(1);
    let signs: Vec<_> = got.iter().map(|line| tag(line, "+draft/react")).collect();
    assert_eq!(signs, [Some("a"), Some("b"), Some("c"), None]);
}

/// What a client does again is only echoed to it.
#[test]
fn what_was_so_already_is_no_news() {
    let mut world = World::new();
    world.attach(1, "me", "draft/message-edit message-tags echo-message");
    world.attach(2, "old", "");
    world.send(1, "PRIVMSG bob :fine");
    world.lines.clear();
    let id = id(&world.host.entries[0]);
    let edit = format!("@draft/target-msgid={id};draft/edit-text=fine EDIT bob");
    assert_eq!(bodies(&world.send(1, &edit)), [":me!me@iim.local EDIT bob"]);
    assert_eq!(world.got(2), [""; 0]);
    assert_eq!(world.host.rows.len(), 1);
}

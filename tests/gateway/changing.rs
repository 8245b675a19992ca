//! What is done to texts, by a friend, by another device or by a command beside the agent: told at once to who is
//! there, and once to who comes back.

use crate::client::{Client, Line, texts};
use crate::filled::{at, id, scene_with};
use crate::scene::{Scene, befriend};

const CAPS: &str = "message-tags server-time echo-message draft/message-redaction draft/message-edit standard-replies";

/// The events among lines: their commands, sources, and what they say.
fn events(lines: &[Line]) -> Vec<String> {
    let tag = |line: &Line, key: &str| line.tag(key).unwrap_or_default().to_owned();
    let words = |line: &Line| match line.command.as_str() {
        "PRIVMSG" if line.nick() != "iim" => Some(line.last().to_owned()),
        "EDIT" => Some(tag(line, "draft/edit-text")),
        "TAGMSG" if line.tag("+draft/react").is_some() => Some(tag(line, "+draft/react")),
        "TAGMSG" if line.tag("+draft/unreact").is_some() => Some(tag(line, "+draft/unreact")),
        "REDACT" => Some(line.last().to_owned()),
        _ => None,
    };
    let short = |line: &Line| {
        Some(format!(
            "{} {}: {}",
            line.command,
            line.nick(),
            words(line)?
        ))
    };
    lines.iter().filter_map(short).collect()
}

/// The id of alice's text to bob.
fn own(scene: &Scene, text: &str) -> String {
    scene.alice.ok(&["say", "bob", text]).trim().to_owned()
}

#[test]
fn what_a_command_does_is_told_to_who_is_there() {
    let scene = Scene::of_friends();
    let mut full = scene.client_with("full", CAPS);
    let mut plain = scene.client("plain");
    let id = own(&scene, "at nine");
    plain.until_said("at nine");
    full.until_said("at nine");
    scene.alice.ok(&["edit", &id, "at ten"]);
    let edit = full.until(|line| line.command == "EDIT");
    assert_eq!(edit.tag("draft/edit-text"), Some("at ten"));
    assert_eq!(edit.tag("draft/target-msgid"), Some(id.as_str()));
    assert_eq!((edit.nick(), edit.param(0)), ("full", "bob"));
    plain.until_said("[edited] at ten");
    scene.alice.ok(&["react", &id, "👍"]);
    let react = full.until(|line| line.tag("+draft/react").is_some());
    assert_eq!(react.tag("+draft/reply"), Some(id.as_str()));
    plain.until_said("reacted 👍 to \"at ten\"");
    scene.alice.ok(&["react", &id, "👍", "--off"]);
    full.until(|line| line.tag("+draft/unreact") == Some("👍"));
    plain.until_said("took 👍 back from");
    scene.alice.ok(&["retract", &id]);
    let redact = full.until(|line| line.command == "REDACT");
    assert_eq!(redact.params, ["bob", &id]);
    plain.until_said("took back \"at ten\"");
    // And nothing twice.
    scene.alice.ok(&["say", "bob", "the end"]);
    for client in [&mut full, &mut plain] {
        let rest = client.until(|line| !events(std::slice::from_ref(line)).is_empty());
        assert_eq!(rest.last(), "the end", "{rest:?}");
    }
}

#[test]
fn what_was_done_while_a_device_was_away_comes_with_the_texts() {
    let mut scene = Scene::of_friends();
    let mut full = scene.client_with("full", CAPS);
    let mut plain = scene.client("plain");
    scene.bob_says("at nine");
    let theirs = full.until_said("at nine").tag("msgid").unwrap().to_owned();
    plain.until_said("at nine");
    let id = own(&scene, "fine");
    full.until_said("fine");
    plain.until_said("fine");
    for client in [&mut full, &mut plain] {
        client.send("QUIT");
        client.rest();
    }
    // By the friend, by another device, by a command.
    scene.bob.ok(&["edit", &theirs, "at ten"]);
    scene.carry();
    let mut other = scene.client_with("other", CAPS);
    other.ask(&format!(
        "@+draft/react=👍;+draft/reply={theirs} TAGMSG bob"
    ));
    scene.bob_says("sorry");
    other.until_said("sorry");
    scene.alice.ok(&["retract", &id]);
    other.until(|line| line.command == "REDACT");
    scene.restart();
    let mut full = Client::connect(scene.port);
    let told = full.register("full", CAPS);
    assert_eq!(
        events(&told),
        [
            "EDIT bob: at ten".to_owned(),
            "TAGMSG full: 👍".to_owned(),
            "PRIVMSG bob: sorry".to_owned(),
            format!("REDACT full: {id}"),
        ]
    );
    let mut plain = Client::connect(scene.port);
    let told = plain.register("plain", "server-time");
    assert_eq!(
        events(&told),
        [
            "PRIVMSG bob: [edited] at ten",
            "PRIVMSG plain: \u{1}ACTION reacted 👍 to \"at ten\"\u{1}",
            "PRIVMSG bob: sorry",
            "PRIVMSG plain: \u{1}ACTION took back \"fine\"\u{1}",
        ]
    );
    for (mut client, nick, caps) in [(full, "full", CAPS), (plain, "plain", "")] {
        client.send("QUIT");
        client.rest();
        let mut client = Client::connect(scene.port);
        let told = client.register(nick, caps);
        assert_eq!(events(&told), [""; 0], "nothing comes twice");
    }
}

/// `replay` bounds what comes again of what was read; nothing that is unread is lost behind it.
#[test]
fn what_is_unread_comes_before_the_bound() {
    let mut scene = scene_with(10);
    let here = format!("127.0.0.1:{}\"]\nopen = true\n", scene.port);
    scene
        .alice
        .configure(&[(&here, &format!("{here}replay = 3\n"))]);
    scene.restart();
    let caps = "draft/read-marker message-tags server-time";
    for name in ["phone", "late"] {
        let mut client = scene.client(name);
        client.send("QUIT");
        client.rest();
    }
    for text in ["a", "b", "c", "d", "e", "f"] {
        scene.bob_says(text);
    }
    // Nothing was read: all of it.
    let mut phone = Client::connect(scene.port);
    let told = phone.register("phone", caps);
    assert_eq!(texts(&told), ["a", "b", "c", "d", "e", "f"]);
    let fourth = told.iter().find(|line| line.last() == "d").unwrap();
    let time = fourth.tag("time").unwrap();
    phone.ask(&format!("MARKREAD bob timestamp={time}"));
    // What was read on one device need not come on another.
    let mut late = Client::connect(scene.port);
    assert_eq!(texts(&late.register("late", caps)), ["d", "e", "f"]);
    late.send("QUIT");
    late.rest();
    let mut late = Client::connect(scene.port);
    assert_eq!(texts(&late.register("late", caps)), [""; 0]);
}

/// "If the client has negotiated `event-playback`, the server SHOULD send additional lines": what was done to texts.
#[test]
fn reactions_are_played_back() {
    let scene = scene_with(10);
    let caps = format!("{CAPS} batch draft/chathistory");
    let mut one = scene.client_with("one", &caps);
    let mut two = scene.client_with("two", &format!("{caps} draft/event-playback"));
    let meant = |n: u64| id(n)["msgid=".len()..].to_owned();
    one.ask(&format!("@+draft/react=👍;+reply={} TAGMSG bob", meant(9)));
    one.ask(&format!("REDACT bob {}", meant(8)));
    two.answers();
    let page = one.ask("CHATHISTORY LATEST bob * 2");
    assert_eq!(
        events(&page),
        ["PRIVMSG one: [taken back] text 8", "PRIVMSG bob: text 9"]
    );
    let redact = format!("REDACT two: {}", meant(8));
    for line in [
        "LATEST bob * 4".to_owned(),
        format!("AFTER bob {} 9", id(7)),
        format!("AFTER bob {} 9", at(7_000)),
    ] {
        let page = two.ask(&format!("CHATHISTORY {line}"));
        let want = [
            "PRIVMSG two: text 8",
            "PRIVMSG bob: text 9",
            "TAGMSG two: 👍",
            &redact,
        ];
        assert_eq!(events(&page), want, "{line}");
        let name = page[0].param(0).strip_prefix('+').unwrap();
        let inside = &page[1..page.len() - 1];
        assert!(inside.iter().all(|line| line.tag("batch") == Some(name)));
    }
    let earlier = two.ask(&format!("CHATHISTORY BEFORE bob {} 1", id(9)));
    assert_eq!(events(&earlier), ["PRIVMSG two: text 8", &redact]);
}

/// A change needs its text: what bob does to a text that alice has not had waits for it.
#[test]
fn a_change_that_came_before_its_text() {
    let scene = Scene::with(crate::scene::OPEN, &[], befriend);
    let mut plain = scene.client("plain");
    let id = scene.bob.ok(&["say", "alice", "frist"]).trim().to_owned();
    let text = scene.hold_mail();
    scene.bob.ok(&["edit", &id, "first"]);
    scene.carry();
    scene.release_mail(text);
    scene.carry();
    plain.until_said("[edited] first");
    scene.bob_says("next");
    let next = plain.until(|line| line.command == "PRIVMSG");
    assert_eq!(next.last(), "next", "told once");
}

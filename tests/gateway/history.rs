//! CHATHISTORY in all its forms against the store, replay to clients that cannot ask, and read markers (IRCv3
//! `draft/chathistory` and `draft/read-marker`).

use crate::client::{Client, Line, commands, texts};
use crate::filled::{at, id, scene_with};
use std::collections::BTreeSet;

const CAPS: &str =
    "draft/chathistory batch message-tags server-time draft/read-marker standard-replies";

/// The texts of a page, after looking at its batch.
#[track_caller]
fn page(client: &mut Client, command: &str) -> Vec<u64> {
    let lines = client.ask(command);
    let (first, last) = (&lines[0], &lines[lines.len() - 1]);
    let name = first.param(0).strip_prefix('+').unwrap();
    assert_eq!(first.param(1), "chathistory", "{command}");
    assert_eq!(first.param(2).to_lowercase(), "bob", "{command}");
    assert_eq!(last.param(0), format!("-{name}"), "{command}");
    let inside = &lines[1..lines.len() - 1];
    for line in inside {
        assert_eq!(line.tag("batch"), Some(name), "{line:?}");
        assert!(
            line.tag("time").is_some() && line.tag("msgid").is_some(),
            "{line:?}"
        );
    }
    let number = |text: &str| text.strip_prefix("text ").unwrap().parse().unwrap();
    texts(inside).into_iter().map(number).collect()
}

fn range(from: u64, to: u64) -> Vec<u64> {
    (from..to).collect()
}

#[test]
fn pages_of_all_forms() {
    let scene = scene_with(1000);
    let mut one = scene.client_with("one", CAPS);
    for (command, texts) in [
        ("LATEST bob * 10".to_owned(), range(990, 1000)),
        ("latest BOB * 3".to_owned(), range(997, 1000)),
        // "LATEST: Request the most recent messages that have been sent, … after" the selector.
        (format!("LATEST bob {} 10", id(995)), range(996, 1000)),
        (format!("LATEST bob {} 3", id(900)), range(997, 1000)),
        (format!("LATEST bob {} 3", at(998_500)), range(999, 1000)),
        // "BEFORE: Request up to limit number of messages before and excluding the given timestamp or msgid."
        (format!("BEFORE bob {} 5", id(10)), range(5, 10)),
        (format!("BEFORE bob {} 5", at(10_000)), range(5, 10)),
        (format!("BEFORE bob {} 5", at(10_001)), range(6, 11)),
        (format!("BEFORE bob {} 5", id(0)), vec![]),
        // "AFTER: Request up to limit number of messages after and excluding the given timestamp or msgid."
        (format!("AFTER bob {} 5", id(10)), range(11, 16)),
        (format!("AFTER bob {} 5", at(9_999)), range(10, 15)),
        (format!("AFTER bob {} 5", id(999)), vec![]),
        // "AROUND: Request a number of messages before and after the timestamp or msgid with the total number of
        // returned messages not exceeding limit."
        (format!("AROUND bob {} 5", id(500)), range(498, 503)),
        (format!("AROUND bob {} 1", id(500)), range(500, 501)),
        (format!("AROUND bob {} 4", at(500_500)), range(499, 503)),
        // "BETWEEN: … up to limit number of messages between the given timestamp or msgid values, … starting from and
        // excluding the first message selector, and ending at and excluding the second", in either order.
        (
            format!("BETWEEN bob {} {} 5", id(10), id(20)),
            range(11, 16),
        ),
        (
            format!("BETWEEN bob {} {} 5", id(20), id(10)),
            range(15, 20),
        ),
        (
            format!("BETWEEN bob {} {} 50", at(10_000), at(20_000)),
            range(11, 20),
        ),
        (
            format!("BETWEEN bob {} {} 50", id(10), at(13_000)),
            range(11, 13),
        ),
    ] {
        assert_eq!(
            page(&mut one, &format!("CHATHISTORY {command}")),
            texts,
            "{command}"
        );
    }
    own_lines(&mut one);
    targets(&mut one);
    wrong(&mut one);
    // Without batches the lines come bare.
    let mut bare = scene.client_with("bare", "draft/chathistory server-time");
    assert_eq!(
        commands(&bare.ask("CHATHISTORY LATEST bob * 2")),
        ["PRIVMSG", "PRIVMSG"]
    );
}

/// What the user wrote comes from the client's own nick, to the friend.
fn own_lines(client: &mut Client) {
    let lines = client.ask(&format!("CHATHISTORY AROUND bob {} 2", id(2)));
    let [theirs, own] = [&lines[1], &lines[2]];
    assert_eq!((theirs.nick(), theirs.param(0)), ("bob", "one"));
    assert_eq!((own.nick(), own.param(0)), ("one", "bob"));
    assert_eq!(own.tag("msgid"), Some(&id(2)["msgid=".len()..]));
    assert_eq!(own.tag("time"), Some(&at(2000)["timestamp=".len()..]));
}

/// "CHATHISTORY TARGETS … the timestamp is the time of the latest message in the channel history or direct message
/// conversation": one whose latest text lies outside the window is not listed.
fn targets(client: &mut Client) {
    let found = client.ask(&format!(
        "CHATHISTORY TARGETS {} {} 10",
        at(10),
        at(3_600_000)
    ));
    assert_eq!(commands(&found), ["BATCH", "CHATHISTORY", "BATCH"]);
    assert_eq!(found[0].param(1), "draft/chathistory-targets");
    assert_eq!(found[1].params[..2], ["TARGETS", "bob"]);
    assert_eq!(found[1].last(), &at(999_000)["timestamp=".len()..]);
    assert!(found[1].tag("batch").is_some());
    let none = client.ask(&format!(
        "CHATHISTORY TARGETS {} {} 10",
        at(3_000_000),
        at(3_600_000)
    ));
    assert_eq!(commands(&none), ["BATCH", "BATCH"]);
    let older = client.ask(&format!(
        "CHATHISTORY TARGETS {} {} 10",
        at(10),
        at(500_000)
    ));
    assert_eq!(commands(&older), ["BATCH", "BATCH"], "the latest is newer");
}

fn wrong(client: &mut Client) {
    for (command, words) in [
        ("", &["INVALID_PARAMS"][..]),
        // "an unknown subcommand, missing parameters, excess parameters, or parameters that cannot be parsed".
        ("LATEST bob *", &["INVALID_PARAMS", "LATEST"]),
        ("LATEST bob * 5 6", &["INVALID_PARAMS", "LATEST"]),
        ("BETWEEN bob * * 5", &["INVALID_MSGREFTYPE", "BETWEEN"]),
        ("NONSENSE bob * 5", &["INVALID_PARAMS", "NONSENSE"]),
        ("LATEST nobody * 5", &["INVALID_TARGET", "LATEST", "nobody"]),
        (
            "LATEST #nowhere * 5",
            &["INVALID_TARGET", "LATEST", "#nowhere"],
        ),
        ("BEFORE bob timestamp=soon 5", &["INVALID_PARAMS", "BEFORE"]),
        ("BEFORE bob msgid=zz 5", &["INVALID_PARAMS", "BEFORE"]),
        ("BEFORE bob row=5 5", &["INVALID_MSGREFTYPE", "BEFORE"]),
        ("LATEST bob * many", &["INVALID_PARAMS", "LATEST"]),
        ("LATEST bob * -1", &["INVALID_PARAMS", "LATEST"]),
        (
            "BEFORE bob msgid=ffffffffffffffffffffffffffffffff 5",
            &["MESSAGE_ERROR", "BEFORE", "bob"],
        ),
    ] {
        let failed = client.ask(&format!("CHATHISTORY {command}"));
        assert_eq!(commands(&failed), ["FAIL"], "{command}: {failed:?}");
        assert_eq!(failed[0].param(0), "CHATHISTORY");
        assert_eq!(failed[0].params[1..=words.len()], *words, "{command}");
    }
    // "The maximum number of messages that can be requested" is 1000: more is cut.
    assert_eq!(page(client, "CHATHISTORY LATEST bob * 100000").len(), 1000);
}

#[test]
fn ten_thousand_texts_page_by_page() {
    const ALL: u64 = 10_000;
    let scene = scene_with(ALL);
    let mut client = scene.client_with("one", CAPS);
    let mut back = page(&mut client, "CHATHISTORY LATEST bob * 500");
    while back[0] > 0 {
        let earlier = page(
            &mut client,
            &format!("CHATHISTORY BEFORE bob {} 500", id(back[0])),
        );
        back.splice(0..0, earlier);
    }
    assert_eq!(back, range(0, ALL));
    let mut on = page(
        &mut client,
        &format!("CHATHISTORY AFTER bob {} 1000", at(0)),
    );
    while let Some(last) = on.last().copied().filter(|last| last + 1 < ALL) {
        let later = page(
            &mut client,
            &format!("CHATHISTORY AFTER bob {} 1000", at(last * 1000)),
        );
        assert!(!later.is_empty(), "after {last}");
        on.extend(later);
    }
    assert_eq!(on, range(1, ALL));
}

/// A client that cannot ask gets what its device has not had: each text once, with its time, over any restart.
#[test]
fn what_a_device_has_missed() {
    let mut scene = scene_with(10);
    let mut first = Client::connect(scene.port);
    assert!(
        texts(&first.register("phone", "")).is_empty(),
        "a new device has missed nothing"
    );
    let mut other = scene.client_with("laptop", "server-time");
    other.ask("PRIVMSG bob :from the laptop");
    first.until_said("from the laptop");
    // The cursor is kept once a second.
    first.send("QUIT");
    first.rest();
    scene.bob_says("while you were away");
    scene.bob_says("and again");
    other.until_said("and again");
    scene.restart();
    let mut phone = Client::connect(scene.port);
    let missed = phone.register("phone", "server-time message-tags");
    assert_eq!(texts(&missed), ["while you were away", "and again"]);
    assert!(
        missed
            .iter()
            .filter(|l| l.command == "PRIVMSG")
            .all(|l| l.tag("time").is_some())
    );
    phone.send("QUIT");
    phone.rest();
    let mut phone = Client::connect(scene.port);
    assert!(
        texts(&phone.register("phone", "")).is_empty(),
        "nothing comes twice"
    );
    scene.restart();
    let mut phone = Client::connect(scene.port);
    assert!(
        texts(&phone.register("phone", "")).is_empty(),
        "nothing comes twice"
    );
    // With chathistory a client pages itself.
    scene.bob_says("once more");
    phone.until_said("once more");
    let mut laptop = Client::connect(scene.port);
    assert!(texts(&laptop.register("laptop", CAPS)).is_empty());
    let page: Vec<Line> = laptop.ask("CHATHISTORY LATEST bob * 3");
    assert_eq!(
        texts(&page),
        ["while you were away", "and again", "once more"]
    );
}

#[test]
fn read_markers_between_devices_and_over_restarts() {
    let mut scene = scene_with(10);
    let mut one = scene.client_with("one", CAPS);
    let mut two = scene.client_with("two", CAPS);
    let mut plain = scene.client("plain");
    let stamp = |second: u64| at(second * 1000);
    // "If there is no known last message read timestamp, the `timestamp` parameter is a literal `*`."
    assert_eq!(one.ask("MARKREAD bob")[0].params, ["bob", "*"]);
    assert_eq!(
        one.ask("MARKREAD #nosuchtarget")[0].params,
        ["#nosuchtarget", "*"]
    );
    assert_eq!(
        one.ask(&format!("MARKREAD BOB {}", stamp(5)))[0].params,
        ["bob", &stamp(5)]
    );
    assert_eq!(two.answers()[0].params, ["bob", &stamp(5)]);
    assert!(plain.answers().is_empty());
    // "The last read timestamp of a target MUST only ever increase. If a client sends an earlier timestamp, … the server
    // SHOULD … reply with the newer stored value".
    assert_eq!(
        two.ask(&format!("MARKREAD bob {}", stamp(3)))[0].params,
        ["bob", &stamp(5)]
    );
    assert!(one.answers().is_empty());
    two.ask(&format!("MARKREAD bob {}", stamp(7)));
    assert_eq!(one.answers()[0].params, ["bob", &stamp(7)]);
    for (place, second) in [("&friends", 1), ("iim", 2)] {
        one.ask(&format!("MARKREAD {place} {}", stamp(second)));
        assert_eq!(two.answers()[0].params, [place, &stamp(second)]);
    }
    for (line, words) in [
        ("MARKREAD", &["MARKREAD", "NEED_MORE_PARAMS"][..]),
        ("MARKREAD bob *", &["MARKREAD", "INVALID_PARAMS", "bob"]),
        (
            "MARKREAD bob timestamp=soon",
            &["MARKREAD", "INVALID_PARAMS", "bob"],
        ),
        (
            "MARKREAD nobody timestamp=2026-01-01T00:00:00.000Z",
            &["MARKREAD", "INVALID_PARAMS", "nobody"],
        ),
    ] {
        let failed = one.ask(line);
        assert_eq!(commands(&failed), ["FAIL"], "{line}");
        assert_eq!(failed[0].params[..words.len()], *words, "{line}");
    }
    scene.restart();
    let mut one = Client::connect(scene.port);
    let told = one.register("one", CAPS);
    // "The server MUST send a MARKREAD command … after JOIN and before RPL_ENDOFNAMES".
    let order: BTreeSet<&str> = commands(&told).into_iter().collect();
    assert!(order.contains("MARKREAD"), "{order:?}");
    let place = |command: &str| told.iter().position(|l| l.command == command).unwrap();
    assert!(place("JOIN") < place("MARKREAD") && place("MARKREAD") < place("366"));
    for (place, second) in [("bob", 7), ("&friends", 1), ("iim", 2)] {
        let held = one.ask(&format!("MARKREAD {place}"));
        assert_eq!(held[0].params, [place, &stamp(second)]);
    }
    let read = scene.alice.ok(&["read", "bob", "--new", "--json"]);
    let new: Vec<&str> = read
        .lines()
        .filter(|line| line.contains("text 9"))
        .collect();
    assert_eq!(new.len(), 1, "what came after the marker is new: {read}");
    assert!(!read.contains("text 4"), "what came before is not: {read}");
}

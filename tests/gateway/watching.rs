//! Being told who comes and goes (IRCv3 MONITOR and `extended-monitor`; WATCH).

use crate::client::{Client, Line, commands, shorts};
use crate::scene::Scene;

#[test]
fn monitor() {
    let scene = Scene::of_friends();
    let mut foo = scene.client("foo");
    // "If any of the targets being added are offline, the server will generate RPL_MONOFFLINE".
    let offline = foo.ask("MONITOR + bar,bob");
    assert_eq!(commands(&offline), ["731"]);
    assert_eq!(offline[0].last(), "bar,bob");
    let mut bar = scene.client("bar");
    let online = foo.answers();
    assert_eq!(commands(&online), ["730"]);
    assert_eq!(online[0].last(), "bar!bar@iim.local");
    // "Outputs for each target in the list being monitored, whether the client is online or offline."
    assert_eq!(commands(&foo.ask("MONITOR S")), ["730", "731"]);
    let list = foo.ask("MONITOR L");
    assert_eq!(commands(&list), ["732", "733"]);
    assert_eq!(list[0].last(), "bar,bob");
    // No numerics for a change of case; else the nick as it was last written.
    bar.ask("NICK BAR");
    assert!(foo.answers().is_empty());
    bar.ask("NICK baz");
    let gone = foo.answers();
    assert_eq!((gone[0].command.as_str(), gone[0].last()), ("731", "BAR"));
    bar.ask("NICK bar");
    assert_eq!(commands(&foo.answers()), ["730"]);
    bar.send("QUIT");
    bar.rest();
    assert_eq!(commands(&foo.answers()), ["731"]);
    assert!(foo.ask("MONITOR - bar").is_empty());
    drop(scene.client("bar"));
    assert!(foo.answers().is_empty());
    // "Clears the list of targets being monitored. No output will be returned for use of this command."
    assert!(foo.ask("MONITOR C").is_empty());
    assert_eq!(commands(&foo.ask("MONITOR L")), ["733"]);
    // "'target' MUST be a valid nick".
    assert!(foo.ask("MONITOR + *!user@127.0.0.1").is_empty());
    full(&mut foo);
}

/// "Indicates to a client that their monitor list is full, so the MONITOR command failed."
fn full(client: &mut Client) {
    let all: Vec<String> = (0..501).map(|n| format!("nick{n}")).collect();
    let mut answers = Vec::new();
    for some in all.chunks(40) {
        answers.extend(client.ask(&format!("MONITOR + {}", some.join(","))));
    }
    let full: Vec<&Line> = answers
        .iter()
        .filter(|line| line.command == "734")
        .collect();
    assert_eq!(full.len(), 1, "{full:?}");
    assert_eq!(full[0].params[1..3], ["500", "nick500"]);
    let list = client.ask("MONITOR L");
    let named: usize = list
        .iter()
        .filter(|l| l.command == "732")
        .map(|l| l.last().split(',').count())
        .sum();
    assert_eq!(named, 500);
    assert!(list.iter().all(|line| line.raw.len() <= 510));
}

/// IRCv3 `extended-monitor` (with `away-notify`, `setname`), and WATCH as older clients have it.
#[test]
fn what_is_told_of_who_is_watched() {
    let scene = Scene::new();
    let mut foo = scene.client_with("foo", "extended-monitor away-notify setname");
    let mut plain = scene.client("plain");
    assert_eq!(shorts(&plain.ask("WATCH +bar"))[0], "605 bar * * 0");
    foo.ask("MONITOR + bar");
    let mut bar = scene.client_with("bar", "setname");
    assert_eq!(commands(&foo.answers()), ["730"]);
    assert!(shorts(&plain.answers())[0].starts_with("600 bar bar iim.local "));
    // "The server confirms this by sending a SETNAME with the new realname".
    assert_eq!(
        shorts(&bar.ask("SETNAME :Bruce Wayne")),
        ["SETNAME Bruce Wayne"]
    );
    let told = foo.answers();
    assert_eq!((told[0].nick(), told[0].last()), ("bar", "Bruce Wayne"));
    assert!(plain.answers().is_empty());
    assert_eq!(plain.ask("WHO bar")[0].last(), "0 Bruce Wayne");
    let failed = bar.ask(&format!("SETNAME :{}", "x".repeat(400)));
    assert_eq!(failed[0].params[..2], ["SETNAME", "INVALID_REALNAME"]);
    bar.ask("AWAY :afk");
    let told = foo.answers();
    let away = told.iter().find(|line| line.command == "AWAY").unwrap();
    assert_eq!((away.nick(), away.last()), ("bar", "afk"));
    bar.send("QUIT");
    bar.rest();
    assert!(plain.answers().iter().any(|line| line.command == "601"));
    assert_eq!(commands(&plain.ask("WATCH S")), ["603", "606", "607"]);
}

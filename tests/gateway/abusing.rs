//! Clients that mean harm or are broken: the agent stays up, its memory bounded, and others are served.

use std::io::Write as _;
use std::time::{Duration, Instant};

use crate::client::{Client, commands, tcp, texts};
use crate::filled::scene_with;
use crate::scene::Scene;
use crate::support::process::until;

/// What the agent may grow by while one client does its worst, in KiB.
const BOUND: u64 = 12 * 1024;

/// The scene does as well as before.
#[track_caller]
fn is_well(scene: &mut Scene, before: u64) {
    scene.agent.assert_alive();
    let now = scene.memory();
    assert!(now < before + BOUND, "{before} KiB, then {now} KiB");
    let mut client = scene.client("well");
    assert!(client.ask("WHO well").len() == 2);
    client.send("QUIT");
    client.rest();
}

#[test]
fn lines_without_an_end() {
    let mut scene = Scene::new();
    scene.client("warm").ask("WHO *");
    let before = scene.memory();
    for tags in [false, true] {
        for first in ["", "NICK a\r\n"] {
            let mut client = Client::connect(scene.port);
            client.bytes(first.as_bytes());
            client.bytes(if tags { b"@" } else { b"PING " });
            let begun = Instant::now();
            while client.try_bytes(&[b'x'; 16 * 1024]) {
                assert!(
                    begun.elapsed() < Duration::from_secs(5),
                    "it is still heard"
                );
            }
        }
    }
    // Long lines that do end are refused, and the client may stay.
    let mut client = scene.client("long");
    for _ in 0..100 {
        client.send(&"x".repeat(20_000));
    }
    let answers = client.answers();
    assert!(answers.len() == 100 && answers.iter().all(|line| line.command == "417"));
    is_well(&mut scene, before);
}

#[test]
fn ten_thousand_commands_at_once() {
    let mut scene = Scene::new();
    let mut client = scene.client("busy");
    let mut other = scene.client("other");
    let before = scene.memory();
    let lines: String = (0..10_000).map(|n| format!("PING {n}\r\n")).collect();
    let wire = tcp(scene.port);
    let mut writer = wire.try_clone().unwrap();
    let sender = std::thread::spawn(move || {
        writer.write_all(b"NICK bulk\r\nUSER u 0 * :r\r\n").unwrap();
        writer.write_all(lines.as_bytes()).unwrap();
    });
    let mut bulk = Client::over(wire);
    let mut next = 0;
    while next < 10_000 {
        let line = bulk.line();
        if line.command == "PONG" {
            assert_eq!(line.last(), next.to_string(), "in order, none lost");
            next += 1;
        }
        if next == 5_000 {
            let asked = Instant::now();
            other.ask("PING meanwhile");
            assert!(
                asked.elapsed() < Duration::from_secs(2),
                "others are served meanwhile"
            );
        }
    }
    sender.join().unwrap();
    client.ask("PRIVMSG other :still here");
    is_well(&mut scene, before);
}

#[test]
fn half_open_connections_and_many_logins() {
    let mut scene = Scene::new();
    let mut there = scene.client("there");
    let before = scene.memory();
    // Who says nothing or half a line makes way for others.
    let mut silent: Vec<_> = (0..200).map(|_| tcp(scene.port)).collect();
    for (at, wire) in silent.iter_mut().enumerate() {
        if at % 2 == 0 {
            let _ = wire.write_all(b"CAP LS 302\r\nNICK hal");
        }
    }
    there.ask("PING still");
    is_well(&mut scene, before);
    drop(silent);
    // A thousand log in at once; as many as there are places for stay.
    let mut crowd: Vec<_> = (0..1000).map(|_| tcp(scene.port)).collect();
    for (at, wire) in crowd.iter_mut().enumerate() {
        let _ = wire.write_all(format!("NICK n{at}\r\nUSER u 0 * :r\r\n").as_bytes());
    }
    there.ask("PING still");
    scene.agent.assert_alive();
    let users = there.ask("LUSERS");
    let clients = users
        .iter()
        .find(|line| line.command == "251")
        .unwrap()
        .last()
        .to_owned();
    let clients: usize = clients.split(' ').nth(5).unwrap().parse().unwrap();
    assert!(clients <= 64, "{clients}");
    drop(crowd);
    let gone = |there: &mut Client| there.ask("WHO *").len() == 2;
    until("the crowd to be gone", 60, || {
        gone(&mut there).then_some(())
    });
    is_well(&mut scene, before + 8 * 1024);
}

#[test]
fn wrong_passwords_are_slowed() {
    let mut scene = Scene::configured("");
    let password = scene.alice.ok(&["-q", "device", "add", "laptop"]);
    let attempt = || {
        let mut client = Client::connect(scene.port);
        client.send("PASS wrong\r\nNICK a\r\nUSER laptop 0 * :r");
        assert_eq!(commands(&client.rest()), ["464", "ERROR"]);
    };
    let before = Instant::now();
    for _ in 0..5 {
        attempt();
    }
    // 0.1 + 0.2 + 0.4 + 0.8 s, from this machine.
    assert!(
        before.elapsed() > Duration::from_millis(1400),
        "{:?}",
        before.elapsed()
    );
    // A right one comes through, and the log names no password.
    let mut client = Client::connect(scene.port);
    client.send(&format!(
        "PASS {}\r\nNICK a\r\nUSER laptop 0 * :r",
        password.trim()
    ));
    client.until(|line| line.command == "001");
    assert!(!scene.agent.log().contains("wrong"));
    scene.agent.assert_alive();
}

#[test]
fn bytes_of_all_kinds() {
    let mut scene = Scene::of_friends();
    let mut client = scene.client_with("odd", "message-tags batch labeled-response");
    let before = scene.memory();
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    for _ in 0..2000 {
        let line: Vec<u8> = (0..40)
            .map(|_| {
                seed ^= seed << 13;
                seed ^= seed >> 7;
                seed ^= seed << 17;
                // QUIT alone would end it.
                match seed.to_le_bytes()[3] {
                    b'q' | b'Q' | b'\r' | b'\n' => b' ',
                    other => other,
                }
            })
            .collect();
        client.bytes(&[&line, &b"\r\n"[..]].concat());
    }
    client.answers();
    for line in [
        "PRIVMSG bob,bob,bob,bob :x",
        "NAMES ,,,,",
        "JOIN ,,,",
        "WHO %%%%%%%%%%%%%%%%,,,,",
        "WHO ********************************************************************************************x",
        "MONITOR + ,,,,",
        "WATCH + - ++ -- +a -a",
        "MODE odd +-+-+-B-B+B",
        "BATCH +",
        "BATCH -",
        "@label= PING x",
        "@label=a;label=b;;;= PING x",
        "@batch=none;+reply=;+draft/react=;+typing= TAGMSG bob",
        "REDACT bob x",
        "EDIT bob",
        "CHATHISTORY BETWEEN bob timestamp=9999-12-31T23:59:59.999Z timestamp=0000-01-01T00:00:00.000Z 99999999999999999999",
        "MARKREAD bob timestamp=9999-12-31T23:59:59.999Z",
        "AWAY :\u{1}\u{2}\u{3}",
        "AWAY",
        "SETNAME :",
        "CAP REQ :- -- =",
        "NOTICE bob :\u{1}VERSION\u{1}",
    ] {
        client.ask(line);
    }
    is_well(&mut scene, before);
}

#[test]
fn names_that_collide() {
    let scene = Scene::of_friends();
    // A friend whose name is a command, the service's, or another's after folding still has a nick of their own.
    for (name, nick) in [
        ("IIM", "IIM_2"),
        ("PRIVMSG", "PRIVMSG"),
        ("&friends", "_friends"),
        ("bob smith", "bob_smith"),
    ] {
        scene.alice.ok(&["rename", "bob@example.net", name]);
        let mut client = scene.client("me");
        let text = format!("to {name}");
        assert_eq!(
            client.short(&format!("PRIVMSG {nick} :{text}")),
            [format!("301 {nick}")],
            "{name}"
        );
        scene.bob_has(&text);
        client.send("QUIT");
        client.rest();
    }
    // A client that has the nick a friend now gets makes way.
    let mut client = scene.client("Robert");
    scene.alice.ok(&["rename", "bob@example.net", "robert"]);
    let made_way = client.until(|line| line.command == "NICK" && line.nick() == "Robert");
    assert_eq!(made_way.param(0), "Robert_2");
    let whois = client.ask("WHOIS robert");
    let card = whois.iter().find(|line| line.command == "311").unwrap();
    assert_eq!(card.params[..3], ["Robert_2", "robert", "bob"]);
}

/// Bounded memory, and nothing lost: it catches up from the store. More waits for it than any socket takes.
#[test]
fn a_client_that_never_reads() {
    const TEXTS: u64 = 60_000;
    let mut scene = scene_with(TEXTS);
    let mut good = scene.client_with("good", "echo-message");
    let before = scene.memory();
    let mut deaf = Client::connect(scene.port);
    deaf.send("CAP REQ :message-tags server-time\r\nNICK deaf\r\nUSER deaf 0 * :r\r\nCAP END");
    // Another asks without reading, as much as it can.
    let mut asker = scene.client("asker");
    asker.bytes(
        "HELP\r\nINFO\r\nMOTD\r\nWHO *\r\nLIST\r\n"
            .repeat(2000)
            .as_bytes(),
    );
    for n in 0..100 {
        good.ask(&format!("PRIVMSG bob :live {n}"));
        let grown = scene.memory().saturating_sub(before);
        assert!(grown < BOUND, "{grown} KiB after {n} texts");
    }
    let mut next = 0;
    while next < TEXTS + 100 {
        let line = deaf.line();
        if line.command == "PRIVMSG" {
            let text = match next.checked_sub(TEXTS) {
                None => format!("text {next}"),
                Some(n) => format!("live {n}"),
            };
            assert_eq!(line.last(), text, "all of them, once, in order");
            next += 1;
        }
    }
    assert!(texts(&deaf.answers()).is_empty());
    drop(asker);
    is_well(&mut scene, before);
}

//! Commands typed to `iim` in a client: they answer, change the roster, and neither a list of processes nor the log shows their words.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::{fs, thread};

use crate::client::{Client, Line, commands};
use crate::scene::Scene;
use crate::support::process::until;

/// Types a command, and reads what `iim` says until a line of it holds this.
#[track_caller]
fn told(client: &mut Client, place: &str, command: &str, part: &str) -> String {
    client.send(&format!("PRIVMSG {place} :{command}"));
    let line = client.until_said(part);
    assert_eq!(line.nick(), "iim", "{line:?}");
    line.last().to_owned()
}

/// What a command causes is told once to the client that typed it too.
#[test]
fn what_a_command_causes_is_said_once() {
    let scene = Scene::of_friends();
    let mut one = scene.client("one");
    let mut two = scene.client("two");
    one.send("PRIVMSG &friends :hide bob");
    let mut told = Vec::new();
    while told.len() < 2 {
        told.push(one.until_said("").last().to_owned());
    }
    told.sort();
    let secret = "your presence has a new secret; nobody needs to be told";
    assert_eq!(told, ["hidden from bob", secret]);
    two.until_said(secret);
    // What comes next is the answer to the next command.
    one.send("PRIVMSG &friends :status");
    assert!(one.until_said("").last().contains("alice@example.org is"));
}

#[test]
fn commands_answer_and_change_the_roster() {
    let scene = Scene::of_friends();
    let mut one = scene.client("one");
    let mut two = scene.client("two");
    told(&mut one, "iim", "help", "commands");
    told(&mut one, "iim", "help rename", "Usage: iim rename");
    told(&mut one, "&friends", "friends", "bob@example.net");
    told(&mut one, "&friends", "iim: friends", "bob@example.net");
    told(
        &mut one,
        "iim",
        "nonsense",
        "there is no command \"nonsense\"",
    );
    told(&mut one, "iim", "rename nobody x", "nobody");
    told(&mut one, "iim", "rename 'bob", "quotation mark");
    for not_here in [
        "setup",
        "agent",
        "deliver",
        "watch",
        "device add x",
        "friends --home /tmp",
    ] {
        told(&mut one, "iim", not_here, "this is for a shell");
    }
    told(&mut one, "iim", "yes", "nothing was asked");
    // `rename`: both clients see a NICK.
    one.send("PRIVMSG iim :rename bob 'Bobby Tables'");
    for client in [&mut one, &mut two] {
        let line = client.until(|line| line.command == "NICK");
        assert_eq!(
            (line.source.as_str(), line.param(0)),
            ("bob!bob@example.net", "Bobby_Tables")
        );
    }
    let alice = &scene.alice;
    alice.until_friend("bob@example.net", "name", "Bobby Tables", 10);
    // A query under the old name is told the new one, and what is said there is not lost.
    let moved = two.ask("PRIVMSG bob :x");
    assert_eq!(
        (moved[0].command.as_str(), moved[0].param(0)),
        ("NICK", "Bobby_Tables")
    );
    one.until_said("x");
    // The friend's nick is a name for commands too.
    one.send("PRIVMSG iim :Hide bobby_tables");
    alice.until_friend("bob@example.net", "visible", "false", 10);
    // The agent looks when the command has told it.
    until("the hidden friend", 60, || {
        let whois = two.ask("WHOIS bobby_tables");
        let hidden = |line: &Line| line.last().contains("not shown where you are");
        whois.iter().any(hidden).then_some(())
    });
    one.send("PRIVMSG iim :block 'Bobby Tables'");
    alice.until_friend("bob@example.net", "blocked", "true", 10);
    two.until_said("not delivered to Bobby_Tables: blocked by you: \"x\"");
    scene.bob_says("dropped");
    one.ask("PRIVMSG iim :unblock 'Bobby Tables'");
    told(&mut one, "iim", "read 'Bobby Tables'", "x");
    // A client hears what it asked for alone.
    let heard = two.answers();
    assert!(!commands(&heard).contains(&"PRIVMSG"), "{heard:?}");
}

/// "as requests, in the control channel": a stranger opens no query; yes takes them.
#[test]
fn a_request_is_accepted_from_a_client() {
    let scene = Scene::new();
    let mut one = scene.client("one");
    scene
        .bob
        .ok(&["add", "alice@example.org", "--note", "it is me"]);
    scene.carry();
    let asked = one.until_said("asks to be your friend");
    assert_eq!((asked.nick(), asked.param(0)), ("iim", "&friends"));
    assert!(asked.last().contains("bob@example.net") && asked.last().contains("it is me"));
    assert_eq!(one.ask("PRIVMSG bob :x")[0].command, "401");
    // Who comes later is asked too.
    let mut late = Client::connect(scene.port);
    let told = late.register("late", "");
    assert!(
        told.iter()
            .any(|line| line.last().contains("asks to be your friend"))
    );
    one.send("PRIVMSG &friends :yes");
    one.until(|line| line.nick() == "iim");
    scene.carry();
    let friend =
        || (scene.alice.of_friend("bob@example.net", "standing") == "friend").then_some(());
    until("bob to be a friend", 60, || {
        scene.carry();
        friend()
    });
    assert!(
        one.short("PRIVMSG bob :welcome")
            .contains(&"301 bob".to_owned())
    );
}

#[test]
fn no_list_of_processes_and_no_log_shows_what_was_typed() {
    const WORD: &str = "Wp2Kq7Zt";
    // No name: those of friends are in the log.
    const SAID: &str = "Jr8Xn4Vd";
    let scene = Scene::of_friends();
    let mut one = scene.client("one");
    let over = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&over);
    let looker = thread::spawn(move || {
        let (mut shown, mut agents) = (Vec::new(), 0_usize);
        while !flag.load(Ordering::Relaxed) {
            for entry in fs::read_dir("/proc").unwrap().flatten() {
                for file in ["cmdline", "environ"] {
                    let bytes = fs::read(entry.path().join(file)).unwrap_or_default();
                    let text = String::from_utf8_lossy(&bytes);
                    agents += usize::from(text.contains("\0agent\0"));
                    if text.contains(WORD) || text.contains(SAID) {
                        shown.push(text.replace('\0', " "));
                    }
                }
            }
        }
        (shown, agents)
    });
    for n in 0..8 {
        told(&mut one, "iim", &format!("rename bob {WORD}{n}"), "");
        told(&mut one, "iim", &format!("rename {WORD}{n} bob"), "");
    }
    one.send(&format!("PRIVMSG iim :say bob {SAID}"));
    told(&mut one, "iim", SAID, "there is no command");
    over.store(true, Ordering::Relaxed);
    let (shown, agents) = looker.join().unwrap();
    assert!(agents > 0, "the looker saw no agent at work");
    assert!(shown.is_empty(), "{shown:?}");
    assert!(!scene.log().contains(SAID), "{}", scene.log());
}

/// `--yes` marks the keys whose number was printed last: where those in force are others by now, it is refused.
#[test]
fn verify_says_yes_to_no_keys_that_came_since() {
    let scene = Scene::of_friends();
    let verified = || {
        scene
            .alice
            .ok(&["friends", "--json"])
            .contains("\"verified\":true")
    };
    scene.alice.ok(&["verify", "bob"]);
    // As if it had been shown before bob's keys changed.
    let database = scene.alice.home.join(".local/share/iim/iim.db");
    let database = rusqlite::Connection::open(database).unwrap();
    let other = "UPDATE roster SET shown = '12345' WHERE shown IS NOT NULL";
    assert_eq!(database.execute(other, []).unwrap(), 1);
    drop(database);
    let refused = scene.alice.iim(&["verify", "bob", "--yes"]);
    refused.expect_code(1, "verify --yes");
    assert!(!verified());
    scene.alice.ok(&["verify", "bob"]);
    assert!(!verified());
    scene.alice.ok(&["verify", "bob", "--yes"]);
    assert!(verified());
}

/// What is marked is what was shown: the command that says yes names the number.
#[test]
fn verify_takes_the_number_that_was_shown() {
    let scene = Scene::of_friends();
    let mut one = scene.client("one");
    let line = told(&mut one, "iim", "verify bob", "if bob sees the same number");
    let yes = line.split_once("number: ").unwrap().1.to_owned();
    told(
        &mut one,
        "iim",
        "verify bob --yes",
        "which number was compared",
    );
    let wrong = format!("{}0", yes.get(..yes.len() - 1).unwrap());
    let other = format!("{}1", yes.get(..yes.len() - 1).unwrap());
    let wrong = if wrong == yes { other } else { wrong };
    told(&mut one, "iim", &wrong, "is not the number of bob");
    assert!(
        !one.ask("WHOIS bob")
            .iter()
            .any(|line| line.command == "330")
    );
    told(&mut one, "iim", &yes, "bob is verified");
    assert!(
        one.ask("WHOIS bob")
            .iter()
            .any(|line| line.command == "330")
    );
}

//! A friend who is online: coming and going, away, typing, changes of what was said (IRCv3 `away-notify`, `+typing`,
//! `draft/message-redaction`, `+draft/react`, `draft/message-edit`).

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::client::{Client, Line, commands};
use crate::network::Network;
use crate::scene::{OPEN, Scene, befriend, set_up};
use crate::support::account::Account;
use crate::support::process::until;

const CAPS: &str = "message-tags batch echo-message server-time away-notify draft/message-redaction \
                    draft/message-edit standard-replies extended-join";

/// Alice and bob are friends on one network that takes lines as fast as they come.
#[track_caller]
pub fn meeting(network: &Network) -> Scene {
    Scene::with(OPEN, &["--network", &network.url()], |dir, people| {
        people.into_iter().for_each(hurry);
        befriend(dir, people);
    })
}

/// Lines are written as fast as they come, and who goes is soon gone.
pub fn hurry(person: &Account) {
    let fast = "\ntls = false\nflood = { burst = 100, per_second = 100 }\n";
    person.configure(&[("\ntls = false\n", fast), ("#grace = 180", "grace = 1")]);
}

/// The tag that names the text which is meant.
fn meant(id: &str) -> String {
    format!("+draft/reply={id}")
}

#[test]
fn a_friend_comes_and_goes() {
    let network = Network::start();
    let scene = meeting(&network);
    let mut plain = scene.client("plain");
    let mut full = scene.client_with("full", CAPS);
    plain.ask("MONITOR + bob");
    let mut agent = scene.bob.agent();
    // Online is +v.
    let came = plain.until(|line| line.command == "JOIN" && line.nick() == "bob");
    assert_eq!(came.source, "bob!bob@example.net");
    assert_eq!(
        plain.until(|l| l.command == "MODE").params,
        ["&friends", "+v", "bob"]
    );
    assert_eq!(
        plain.until(|l| l.command == "730").last(),
        "bob!bob@example.net"
    );
    let joined = full.until(|line| line.command == "JOIN" && line.nick() == "bob");
    assert_eq!(joined.params.len(), 3, "extended-join: {joined:?}");
    assert!(
        plain.ask("NAMES &friends")[0]
            .last()
            .split(' ')
            .any(|name| name == "+bob")
    );
    assert_eq!(plain.ask("ISON bob")[0].last(), "bob");
    // Away is no mode, and the word.
    scene.bob.ok(&["status", "away", "lunch"]);
    assert_eq!(
        plain.until(|l| l.command == "MODE").params,
        ["&friends", "-v", "bob"]
    );
    assert_eq!(full.until(|l| l.command == "AWAY").params, ["lunch"]);
    assert!(plain.ask("WHO bob")[0].param(6).starts_with('G'));
    assert_eq!(
        plain.ask("PRIVMSG bob :there?")[0].params[1..],
        ["bob", "lunch"]
    );
    assert!(plain.ask("PRIVMSG bob :again").is_empty(), "once an hour");
    scene.bob.ok(&["status", "online", ""]);
    full.until(|l| l.command == "AWAY" && l.params.is_empty());
    plain.until(|l| l.command == "MODE" && l.param(1) == "+v");
    // Texts go over IRC then.
    plain.ask("PRIVMSG bob :fast");
    scene
        .bob
        .until_text("alice", "fast", 10, |text| text["via"] == "irc");
    assert!(agent.stop());
    let gone = plain.until(|line| line.command == "QUIT");
    assert_eq!(gone.nick(), "bob");
    assert_eq!(plain.until(|l| l.command == "731").last(), "bob");
    assert!(!plain.ask("NAMES &friends")[0].last().contains("bob"));
}

/// It used to wait for the next change of the status for all.
#[test]
fn a_status_for_one_friend_reaches_them_at_once() {
    let network = Network::start();
    let url = network.url();
    let mut carol = None;
    let scene = Scene::with(OPEN, &["--network", &url], |dir, [alice, bob]| {
        let third = set_up(dir, "carol@example.com", &["--network", &url]);
        [alice, bob, &third].into_iter().for_each(hurry);
        befriend(dir, [alice, bob]);
        befriend(dir, [alice, &third]);
        carol = Some(third);
    });
    let carol = carol.unwrap();
    let _agents = [scene.bob.agent(), carol.agent()];
    let mut alice = scene.client("alices");
    let mut bob = bobs_client(&scene, CAPS);
    until_there(&mut bob, "alice");
    until("carol to see alice", 60, || {
        (carol.of_friend("alice", "presence") == "online").then_some(())
    });
    scene.alice.ok(&["status", "away", "lunch", "--for", "bob"]);
    let away = bob.until(|line| line.command == "AWAY");
    assert_eq!((away.nick(), away.last()), ("alice", "lunch"));
    assert!(bob.ask("WHO alice")[0].param(6).starts_with('G'));
    // From a client as well, and another word.
    alice.send("PRIVMSG &friends :status busy 'a call' --for bob");
    let away = bob.until(|line| line.command == "AWAY");
    assert_eq!(away.last(), "a call");
    alice.send("PRIVMSG &friends :status online '' --for bob");
    bob.until(|line| line.command == "AWAY" && line.params.is_empty());
    // Nobody else is told.
    assert_eq!(carol.of_friend("alice", "presence"), "online");
    assert_eq!(carol.of_friend("alice", "status"), "");
}

#[test]
fn the_reason_of_a_redact_reaches_the_friend() {
    let network = Network::start();
    let scene = meeting(&network);
    let _agent = scene.bob.agent();
    let mut alice = scene.client_with("alices", CAPS);
    let mut bob = bobs_client(&scene, CAPS);
    until_there(&mut bob, "alice");
    until_there(&mut alice, "bob");
    let mut plain = Client::unix(&scene.bob.home.join(".local/share/iim/gateway.sock"));
    plain.register("plain", "");
    alice.send("PRIVMSG bob :at nine");
    let said = bob.until_said("at nine");
    let id = said.tag("msgid").unwrap();
    alice.send(&format!("REDACT bob {id} :wrong day"));
    let taken = bob.until(|line| line.command == "REDACT");
    assert_eq!(taken.params, ["bobs", id, "wrong day"]);
    plain.until_said("took back \"at nine\": wrong day");
}

/// As senpai 0.4.1 and gamja: they take tags and ask for history, and show neither.
#[test]
fn reactions_and_replies_of_a_friend_come_in_words_to_clients_that_show_no_tags() {
    let network = Network::start();
    let scene = meeting(&network);
    let _agent = scene.bob.agent();
    let mut alice = scene.client_with("alices", "message-tags batch draft/chathistory");
    let mut bob = bobs_client(&scene, CAPS);
    until_there(&mut bob, "alice");
    until_there(&mut alice, "bob");
    alice.send("PRIVMSG bob :at nine?");
    let said = bob.until_said("at nine?");
    let id = said.tag("msgid").unwrap();
    bob.send(&format!("@+draft/react=👍;{} TAGMSG alice", meant(id)));
    alice.until_said("reacted 👍 to \"at nine?\"");
    bob.send(&format!("@{} PRIVMSG alice :yes", meant(id)));
    alice.until_said("[re \"at nine?\"] yes");
}

#[test]
fn typing_ends_by_itself() {
    let network = Network::start();
    let scene = meeting(&network);
    let mut full = scene.client_with("full", CAPS);
    let _agent = scene.bob.agent();
    // Bob has a gateway of their own: a client of theirs is writing.
    let mut bob = bobs_client(&scene, "message-tags");
    until_there(&mut bob, "alice");
    until_there(&mut full, "bob");
    let begun = Instant::now();
    bob.send("@+typing=active TAGMSG alice");
    let typing = |line: &Line| line.tag("+typing").map(ToOwned::to_owned);
    let active = full.until(|line| typing(line).is_some());
    assert_eq!(
        (active.nick(), typing(&active).as_deref()),
        ("bob", Some("active"))
    );
    // "the typing notification … SHOULD be assumed to be done after at least 6 seconds".
    let done = full.until(|line| typing(line).is_some());
    assert_eq!(typing(&done).as_deref(), Some("done"));
    let lasted = begun.elapsed();
    assert!(
        (Duration::from_secs(5)..Duration::from_secs(12)).contains(&lasted),
        "{lasted:?}"
    );
}

#[test]
fn a_rotation_says_why_a_network_is_left() {
    let network = Network::start();
    let scene = meeting(&network);
    let mut plain = scene.client("plain");
    until("the network", 60, || {
        let status = scene.alice.ok(&["status"]);
        status.contains("connected").then_some(())
    });
    scene.alice.ok(&["rotate"]);
    let left = plain.until_said(": disconnected").last().to_owned();
    assert!(
        left.ends_with("disconnected (rotation: new nickname)"),
        "{left}"
    );
}

/// Bob's agent has a Unix socket for them.
#[track_caller]
pub fn bobs_client(scene: &Scene, caps: &str) -> Client {
    let socket = scene.bob.home.join(".local/share/iim/gateway.sock");
    until("bob's gateway", 60, || socket.exists().then_some(()));
    let mut client = Client::unix(&socket);
    client.register("bobs", caps);
    client
}

/// Waits until a friend is online to a client.
#[track_caller]
pub fn until_there(client: &mut Client, friend: &str) {
    let name = format!("+{friend}");
    until(&name, 60, || {
        let names = client.ask("NAMES &friends");
        let names = names.iter().find(|line| line.command == "353")?;
        names.last().split(' ').any(|one| one == name).then_some(())
    });
}

#[test]
fn what_was_said_is_changed() {
    let scene = Scene::of_friends();
    let mut full = scene.client_with("full", CAPS);
    let mut plain = scene.client("plain");
    let echo = full.ask("PRIVMSG bob :at nine");
    let id = echo
        .iter()
        .find_map(|line| line.tag("msgid"))
        .unwrap()
        .to_owned();
    scene.bob_has("at nine");
    full.ask(&format!(
        "@draft/target-msgid={id};draft/edit-text=at\\sten EDIT bob"
    ));
    plain.until_said("[edited] at ten");
    full.ask(&format!("@+draft/react=👍;{} TAGMSG bob", meant(&id)));
    plain.until_said("reacted 👍 to");
    full.ask(&format!("@{} PRIVMSG bob :or eleven", meant(&id)));
    let reply = scene.bob_has("or eleven");
    assert_eq!(reply["reply_to"], id.as_str());
    let redacted = full.ask(&format!("REDACT bob {id} :wrong day"));
    let redacted = redacted
        .iter()
        .find(|line| line.command == "REDACT")
        .unwrap();
    assert_eq!(redacted.params, ["bob", &id, "wrong day"]);
    plain.until_said("took back");
    scene.carry();
    // Bob's own text cannot be taken back by alice.
    scene.bob_says("my text");
    let theirs = full.until_said("my text");
    let id = theirs.tag("msgid").unwrap();
    for (line, words) in [
        (
            format!("REDACT bob {id}"),
            ["REDACT", "REDACT_FORBIDDEN", "bob"],
        ),
        (
            format!("REDACT bob {}", "f".repeat(32)),
            ["REDACT", "UNKNOWN_MSGID", "bob"],
        ),
        (
            format!("REDACT nobody {id}"),
            ["REDACT", "INVALID_TARGET", "nobody"],
        ),
    ] {
        let failed = full.ask(&line);
        let failed = failed.iter().find(|line| line.command == "FAIL").unwrap();
        assert_eq!(failed.params[..3], words, "{line}");
    }
    assert_eq!(commands(&full.ask("REDACT bob")), ["461"]);
    // They take it back themselves.
    scene.bob.ok(&["retract", id]);
    scene.carry();
    let taken = full.until(|line| line.command == "REDACT");
    assert_eq!(
        (taken.nick(), taken.param(0), taken.param(1)),
        ("bob", "full", id)
    );
}

/// IRCv3 `netsplit`: "all messages contained in a batch of type netsplit MUST be QUIT".
#[test]
fn friends_who_are_lost_together_leave_in_one_batch() {
    let network = Network::start();
    let names = ["bob", "carol", "dave"];
    let mut others = Vec::new();
    let url = network.url();
    let scene = Scene::with(OPEN, &["--network", &url], |dir, [alice, bob]| {
        hurry(alice);
        hurry(bob);
        befriend(dir, [alice, bob]);
        for address in ["carol@example.com", "dave@example.com"] {
            let other = set_up(dir, address, &["--network", &url]);
            hurry(&other);
            befriend(dir, [alice, &other]);
            others.push(other);
        }
    });
    let mut plain = scene.client("plain");
    let mut full = scene.client_with("full", CAPS);
    let agents: Vec<_> = std::iter::once(&scene.bob)
        .chain(&others)
        .map(Account::agent)
        .collect();
    for client in [&mut plain, &mut full] {
        // In any order.
        for _ in names {
            client.until(|line| line.command == "JOIN");
        }
    }
    // Who is gone is seen by the second.
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    std::thread::sleep(Duration::from_nanos(
        1_000_000_000 - u64::from(now.subsec_nanos()),
    ));
    network.split();
    let open = full.until(|line| line.command == "BATCH");
    assert_eq!(open.param(1), "netsplit");
    let batch = open.param(0).strip_prefix('+').unwrap();
    let mut quit: Vec<Line> = names.map(|_| full.line()).into();
    quit.sort_by(|one, other| one.nick().cmp(other.nick()));
    assert_eq!(commands(&quit), ["QUIT"; 3]);
    for (line, name) in quit.iter().zip(names) {
        assert_eq!((line.nick(), line.tag("batch")), (name, Some(batch)));
    }
    assert_eq!(full.line().short(), format!("BATCH -{batch}"));
    // "Servers MUST NOT send batches to clients that do not have the batch capability".
    let alone: Vec<Line> = names
        .map(|_| plain.until(|line| line.command == "QUIT"))
        .into();
    assert!(alone.iter().all(|line| line.tag("batch").is_none()));
    drop(agents);
}

//! The agent with a gateway as a program: signals, devices, the ways to connect, what other commands say of it.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use std::{fs, thread};

use rustix::process::Signal;
use serde_json::Value;

use crate::client::{Client, commands};
use crate::scene::Scene;
use crate::support::account::Account;
use crate::support::process::{free_port, try_until, until, until_listening};

#[test]
fn sigterm_ends_it_within_five_seconds() {
    let mut scene = Scene::of_friends();
    let mut polite = scene.client("polite");
    // One that does not read, one that has not registered, one half a line.
    let mut deaf = scene.client("deaf");
    deaf.bytes("WHO *\r\n".repeat(2000).as_bytes());
    let _silent = Client::connect(scene.port);
    let mut half = Client::connect(scene.port);
    half.bytes(b"NICK ha");
    let before = Instant::now();
    assert!(scene.agent.stop(), "it ends cleanly");
    assert!(
        before.elapsed() < Duration::from_secs(5),
        "{:?}",
        before.elapsed()
    );
    // "ERROR: … sent from the server to the client to report a fatal error, before terminating the client's connection."
    let rest = polite.rest();
    assert_eq!(commands(&rest), ["ERROR"], "{rest:?}");
    // Who did not read finds it as well, after what the system held for it.
    let last = std::iter::from_fn(|| deaf.raw()).last();
    assert_eq!(last.as_deref(), Some("ERROR :the agent ends"));
}

/// It was known to the agent alone, and without one everybody was *online*.
#[test]
fn status_and_mail_trouble_are_true_without_an_agent() {
    let mut scene = Scene::of_friends();
    let status = |scene: &Scene| -> Value {
        serde_json::from_str(&scene.alice.ok(&["status", "--json"])).unwrap()
    };
    assert_eq!(status(&scene)["status"], "online");
    assert!(scene.agent.stop());
    let sendmail = scene.path("sendmail");
    let works = fs::read_to_string(&sendmail).unwrap();
    fs::write(
        &sendmail,
        "#!/bin/sh\necho 'no route to the relay' >&2\nexit 75\n",
    )
    .unwrap();
    scene.alice.ok(&["say", "bob", "waits"]);
    let now = status(&scene);
    assert_eq!(
        (&now["status"], &now["set"]),
        (&"offline".into(), &"online".into())
    );
    let trouble = now["mail_trouble"].as_str().unwrap();
    assert!(trouble.contains("no route to the relay"), "{trouble}");
    let text = scene.alice.ok(&["status"]);
    assert!(text.contains("alice@example.org is offline"), "{text}");
    assert!(text.contains("mail does not leave: "), "{text}");
    fs::write(&sendmail, works).unwrap();
    scene.alice.ok(&["flush"]);
    assert_eq!(status(&scene)["mail_trouble"], Value::Null);
    scene.bob_has("waits");
}

#[test]
fn sigterm_with_a_silent_client_attached_ends_at_once() {
    let mut scene = Scene::new();
    let mut silent = scene.client("silent");
    let _unregistered = Client::connect(scene.port);
    let before = Instant::now();
    assert!(scene.agent.stop(), "it ends cleanly");
    // It was a second, in which the client's own end was awaited.
    let lasted = before.elapsed();
    assert!(lasted < Duration::from_millis(800), "{lasted:?}");
    assert_eq!(commands(&silent.rest()), ["ERROR"]);
}

#[test]
fn sighup_moves_the_listener() {
    let scene = Scene::new();
    let mut old = scene.client("a");
    let port = free_port();
    scene.alice.configure(&[(
        &format!("127.0.0.1:{}", scene.port),
        &format!("127.0.0.1:{port}"),
    )]);
    scene.agent.signal(Signal::HUP);
    until_listening("the gateway at its new place", port);
    assert!(old.rest().len() <= 1, "its clients are sent away");
    Client::new(port, "b").answers();
    assert!(std::net::TcpStream::connect(("127.0.0.1", scene.port)).is_err());
    // The same configuration again changes nothing for who is there.
    let mut there = Client::new(port, "c");
    scene.agent.signal(Signal::HUP);
    scene.alice.ok(&["status", "away"]);
    there.until(|line| line.command == "306");
    // What cannot be taken leaves the gateway open.
    let good = scene.alice.break_config();
    scene.agent.signal(Signal::HUP);
    there.ask("PING still");
    scene.alice.mend_config(&good);
    assert!(there.ask("WHO c").len() == 2);
}

#[test]
fn devices_come_and_go() {
    let scene = Scene::configured("");
    let add = |name: &str| {
        scene
            .alice
            .ok(&["-q", "device", "add", name])
            .trim()
            .to_owned()
    };
    let (laptop, phone) = (add("laptop"), add("phone"));
    let login = |name: &str, password: &str, nick: &str| {
        let mut client = Client::connect(scene.port);
        client.send(&format!(
            "PASS {password}\r\nNICK {nick}\r\nUSER {name} 0 * :r"
        ));
        client.until(|line| line.command == "366");
        client
    };
    let mut one = login("laptop", &laptop, "one");
    // The password is the same in capitals and without its strokes.
    let mut two = login("phone", &phone.to_uppercase().replace('-', ""), "two");
    let attached = || -> Vec<Value> {
        let status = scene.alice.ok(&["status", "--json"]);
        let status: Value = serde_json::from_str(&status).unwrap();
        status["attached"]
            .as_array()
            .unwrap_or_else(|| panic!("{status}"))
            .clone()
    };
    let until_attached = |names: &[&str]| {
        try_until("those who are attached", 20, || match attached() {
            now if now == names => Ok(()),
            now => Err(format!("{now:?}")),
        });
    };
    until_attached(&["laptop", "phone"]);
    scene.alice.ok(&["device", "remove", "phone"]);
    let rest = two.rest();
    assert_eq!(rest.last().unwrap().command, "ERROR", "{rest:?}");
    one.ask("PING still");
    until_attached(&["laptop"]);
    let mut refused = Client::connect(scene.port);
    refused.send(&format!("PASS {phone}\r\nNICK two\r\nUSER phone 0 * :r"));
    assert_eq!(commands(&refused.rest()), ["464", "ERROR"]);
    let list = scene.alice.ok(&["device", "list", "--json"]);
    let list: Value = serde_json::from_str(&list).unwrap();
    assert_eq!(list.as_array().unwrap().len(), 1);
    assert!(list[0]["seen"].is_string(), "{list}");
}

#[test]
fn doctor_is_content() {
    let scene = Scene::configured("");
    scene.alice.ok(&["device", "add", "laptop"]);
    let over = AtomicBool::new(false);
    let text = thread::scope(|threads| {
        // The mail that it sends to itself has to come back.
        threads.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                scene.carry();
                thread::sleep(Duration::from_millis(20));
            }
        });
        let out = scene.alice.iim(&["doctor"]);
        over.store(true, Ordering::Relaxed);
        out.text() + &out.errors()
    });
    let gateway: Vec<&str> = text
        .lines()
        .filter(|line| line.contains("gateway:"))
        .collect();
    for part in [
        format!("127.0.0.1:{} answers", scene.port),
        "unix answers".to_owned(),
    ] {
        assert!(
            gateway.iter().any(|line| line.contains(&part)),
            "{part}\n{text}"
        );
    }
    assert!(gateway.iter().all(|line| line.starts_with("ok ")), "{text}");
}

#[track_caller]
fn until_logged(scene: &Scene, part: &str) {
    until(part, 60, || scene.agent.log().contains(part).then_some(()));
}

/// What `iim status --json` says of the place with this in its name, once the agent answers.
#[track_caller]
pub fn reason(scene: &Scene, place: &str) -> Option<String> {
    until(place, 60, || {
        let status: Value = serde_json::from_str(&scene.alice.ok(&["status", "--json"])).unwrap();
        let places = status["gateway"].as_array().unwrap();
        let named = |one: &&Value| one["listen"].as_str().unwrap().contains(place);
        let found = places.iter().find(named)?;
        Some(found["reason"].as_str().map(ToOwned::to_owned))
    })
}

/// Presence and delivery do not wait for a port.
#[test]
fn without_its_port_the_agent_runs_says_so_and_tries_again() {
    let mut scene = Scene::of_friends();
    assert!(scene.agent.stop());
    let other = TcpListener::bind(("127.0.0.1", scene.port)).unwrap();
    scene.agent = scene.alice.agent();
    let why = format!(
        "cannot listen on 127.0.0.1:{}: another program does",
        scene.port
    );
    until_logged(
        &scene,
        &format!("ERROR the gateway is not open there: {why}"),
    );
    let told = reason(&scene, "127.0.0.1");
    assert!(
        told.as_ref().is_some_and(|told| told.starts_with(&why)),
        "{told:?}"
    );
    assert_eq!(reason(&scene, "unix"), None);
    let status = scene.alice.ok(&["status"]);
    assert!(
        status.contains(&format!("the gateway is not open: {why}")),
        "{status}"
    );
    let doctor = scene.alice.iim(&["doctor", "--no-mail"]);
    let findings = doctor.text();
    let faults = findings.lines().filter(|line| line.starts_with("fault"));
    let about: Vec<&str> = faults.filter(|line| line.contains("gateway")).collect();
    assert!(about.len() == 1 && about[0].contains(&why), "{findings}");
    let snapshots = "turned back to a snapshot";
    assert!(doctor.text().contains(snapshots), "{}", doctor.text());
    doctor.expect_code(1, "doctor");
    // Its other place is open, and it does its work.
    let mut client = Client::unix(&scene.socket());
    client.register("one", "");
    client.ask("PRIVMSG bob :it goes");
    scene.bob_has("it goes");
    drop(other);
    until("the port", 60, || {
        reason(&scene, "127.0.0.1").is_none().then_some(())
    });
    let _two = scene.client("two");
    let there = client.ask("ISON two");
    let seen = there
        .iter()
        .any(|line| line.command == "303" && line.last() == "two");
    assert!(seen, "nobody was sent away: {there:?}");
}

/// A gateway that cannot be opened at all does not keep the agent from its work either.
#[test]
fn without_its_password_the_agent_runs_and_says_so() {
    let mut scene = Scene::with(
        "password_file = \"gateway-password\"",
        &[],
        |_, [alice, _]| password_file(alice, 0o600),
    );
    assert!(scene.agent.stop());
    password_file(&scene.alice, 0o644);
    scene.agent = scene.alice.agent();
    until_logged(&scene, "ERROR the gateway is not open");
    for place in ["127.0.0.1", "unix"] {
        let why = reason(&scene, place).unwrap();
        assert!(why.contains("gateway-password"), "{why}");
    }
    password_file(&scene.alice, 0o600);
    scene.agent.signal(Signal::HUP);
    until_listening("the gateway", scene.port);
    assert_eq!(reason(&scene, "127.0.0.1"), None);
}

fn password_file(account: &Account, mode: u32) {
    let file = account.write(".config/iim/gateway-password", "a long password\n");
    fs::set_permissions(file, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn one_password_for_all() {
    let scene = Scene::with(
        "password_file = \"gateway-password\"",
        &[],
        |_, [alice, _]| password_file(alice, 0o600),
    );
    let mut client = Client::connect(scene.port);
    client.send("PASS :a long password");
    assert_eq!(commands(&client.register("foo", ""))[0], "001");
    let mut client = Client::connect(scene.port);
    client.send("PASS :a long passworD\r\nNICK bar\r\nUSER username * * :Realname");
    assert_eq!(commands(&client.rest()), ["464", "ERROR"]);
}

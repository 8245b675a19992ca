//! Agent, hooks and commands at the same time, each killed at a random moment, round after round. In the end every
//! text that was taken is there once, on both sides.

use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::Duration;

use iim::account::Account;
use iim::rules::event::Act;

use crate::files::home;
use crate::moments::long;
use crate::scene::{Mail, Scene, now, send};
use crate::support::process::free_port;

/// Mails of bob's in each round.
const MAILS: usize = 4;

#[test]
fn all_killed_at_random() {
    let mut scene = Scene::of_friends();
    let nobody = format!("127.0.0.1:{}", free_port());
    scene.alice.configure(&[("127.0.0.1:6667", &nobody)]);
    for person in scene.people() {
        person.configure(&[("#per_day = 200", "per_day = 0")]);
    }
    scene.keep();
    let rounds = if long() { 60 } else { 12 };
    let mut left = Vec::new();
    let mut killed = 0;
    for round in 0..rounds {
        let mails = say(&scene, round);
        killed += disturb(&scene, &mails, round);
        left.extend(scene.take());
        scene.check_counter(&left, &format!("round {round}"));
        // What the mail system has not got rid of comes again, as often as it takes.
        for mail in &mails {
            let out = scene.alice.iim_with(&["deliver"], &mail.bytes);
            out.expect_code(0, &format!("round {round}: the mail again"));
        }
    }
    eprintln!("{rounds} rounds, {killed} killed");
    assert!(killed >= rounds, "{killed} killed in {rounds} rounds");
    let end = scene.end(left, "in the end");
    let of = |person: usize, direction: &str| -> Vec<String> {
        let texts = end[person]["texts"].as_array().unwrap().iter();
        texts
            .filter(|text| text["direction"] == direction)
            .map(|text| text["text"].as_str().unwrap().to_owned())
            .collect()
    };
    let sorted = |mut texts: Vec<String>| {
        texts.sort();
        texts
    };
    assert_eq!(of(1, "Out").len(), rounds * MAILS);
    assert_eq!(
        of(0, "In"),
        of(1, "Out"),
        "what bob said, as alice reads it"
    );
    assert_eq!(sorted(of(1, "In")), sorted(of(0, "Out")), "what alice said");
    for person in 0..2 {
        for text in end[person]["texts"].as_array().unwrap() {
            let arrived = matches!(text["state"].as_str(), Some("Delivered" | "Read"));
            assert!(arrived, "{text}");
        }
    }
}

/// A few texts of bob's, on their way to alice.
fn say(scene: &Scene, round: usize) -> Vec<Mail> {
    let mut account = Account::open(home(&scene.bob), now()).unwrap();
    for number in 0..MAILS {
        let say = Act::Say {
            to: account.who(&scene.alice.address).unwrap().id,
            text: format!("text {round}.{number}"),
            reply_to: None,
        };
        account.act(say).unwrap();
    }
    send(&mut account)
}

/// Starts an agent, a hook for each mail and some commands, and kills each after a while. How many it hit in time.
fn disturb(scene: &Scene, mails: &[Mail], round: usize) -> usize {
    let mut running = vec![start(scene, &["agent"], b"")];
    let said = format!("word {round}");
    for mail in mails {
        running.push(start(scene, &["deliver"], &mail.bytes));
    }
    for args in [
        &["say", "bob", &said][..],
        &["hide", "bob"],
        &["flush"],
        &["show", "bob"],
        &["friends"],
    ] {
        running.push(start(scene, args, b""));
    }
    let mut killed = 0;
    while !running.is_empty() {
        sleep(Duration::from_millis(rand::random_range(0..30)));
        let mut one = running.swap_remove(rand::random_range(0..running.len()));
        let _ = one.kill();
        killed += usize::from(one.wait().unwrap().code().is_none());
    }
    killed
}

fn start(scene: &Scene, args: &[&str], input: &[u8]) -> Child {
    let mail = scene.path("mail");
    std::fs::write(&mail, input).unwrap();
    let mut command = scene.alice.command("/usr/bin/setpriv");
    command
        .args(["--pdeathsig", "KILL", "--"])
        .arg(&scene.alice.program)
        .args(args)
        .stdin(std::fs::File::open(&mail).unwrap())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.spawn().unwrap()
}

//! `sendmail` programs that misbehave: they hang, die half way, refuse, talk too much, leave a child behind, or say
//! that they have sent what they have not. No command hangs, no text is lost or doubled.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::layer::Layer;
use crate::scene::Scene;
use crate::support::process::Out;
use crate::trips::{TEXT, find};

/// Commands and the hook give up on what hangs after three seconds: Pigeonhole gives the hook ten in all.
const LONGEST: Duration = Duration::from_secs(8);

/// What one says of a mail and what comes of it.
struct Case {
    what: &'static str,
    /// A shell script, called as `SCRIPT SPOOL -i -f FROM -- TO`; `@POST@` is a sendmail that works.
    script: &'static str,
    /// The text's state when the command is over.
    state: &'static str,
    /// What the command says.
    said: &'static str,
}

const CASES: [Case; 8] = [
    Case {
        what: "hangs",
        script: "exec sleep 600",
        state: "Queued",
        said: "stored, but not sent yet",
    },
    Case {
        what: "hangs with a child",
        script: "sleep 600 & wait",
        state: "Queued",
        said: "stored, but not sent yet",
    },
    Case {
        what: "dies half way",
        script: "head -c 100 >/dev/null; kill -9 $$",
        state: "Queued",
        said: "was killed",
    },
    Case {
        what: "says: later",
        script: "cat >/dev/null; echo 'the queue is full' >&2; exit 75",
        state: "Queued",
        said: "exit code 75: the queue is full",
    },
    Case {
        what: "fails without a word",
        script: "exit 1",
        state: "Queued",
        said: "exit code 1",
    },
    Case {
        what: "is not there",
        script: "",
        state: "Queued",
        said: "cannot be run",
    },
    Case {
        what: "prints a million bytes",
        script: "yes | head -c 1000000 >&2; @POST@ \"$@\"",
        state: "Sent",
        said: "",
    },
    Case {
        what: "leaves a child that holds its output",
        script: "sleep 20 & exec @POST@ \"$@\"",
        state: "Sent",
        said: "",
    },
];

/// Puts such a program into alice's configuration.
fn install(scene: &Scene, script: &str) {
    let path = scene.path("misbehaving");
    let script = script.replace("@POST@", &Layer::post().display().to_string());
    if script.is_empty() {
        let _ = fs::remove_file(&path);
    } else {
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let good = Layer::post().display().to_string();
    scene
        .alice
        .configure(&[(&good, &path.display().to_string())]);
}

/// Runs alice's program, which must be over in time.
#[track_caller]
fn in_time(scene: &Scene, args: &[&str], input: &[u8], what: &str) -> Out {
    let begun = Instant::now();
    let out = scene.alice.iim_with(args, input);
    let took = begun.elapsed();
    assert!(took < LONGEST, "{what}: {took:?}");
    out
}

/// Alice's and bob's texts, each as (direction, text, state).
fn texts(end: &Value) -> Vec<Vec<[String; 3]>> {
    let word = |text: &Value, key: &str| text[key].as_str().unwrap().to_owned();
    let line = |text: &Value| ["direction", "text", "state"].map(|key| word(text, key));
    let of = |one: &Value| one["texts"].as_array().unwrap().iter().map(line).collect();
    end.as_array().unwrap().iter().map(of).collect()
}

/// The text is in alice's history as `state`; in the end it has arrived, once.
fn delivered() -> Vec<Vec<[String; 3]>> {
    let line = |direction: &str| vec![[direction, TEXT, "Delivered"].map(str::to_owned)];
    vec![line("Out"), line("In")]
}

#[test]
fn while_a_text_is_said() {
    let mut scene = Scene::of_friends();
    scene.keep();
    for case in CASES {
        scene.begin();
        install(&scene, case.script);
        let what = format!("a sendmail that {}", case.what);
        let out = in_time(&scene, &["say", "bob", TEXT], b"", &what);
        out.expect_code(0, &what);
        assert!(out.errors().contains(case.said), "{what}: {out:?}");
        assert!(out.errors().len() < 1000, "{what}: {out:?}");
        let state = crate::scene::texts(&scene.alice)[0]["state"].clone();
        assert_eq!(state, case.state, "{what}");
        let end = scene.end(scene.take(), &what);
        assert_eq!(texts(&end), delivered(), "{what}");
    }
}

/// The mail is taken, whatever becomes of the answer; the answer leaves later, with all that rode beside it.
#[test]
fn while_an_accept_or_a_text_is_delivered() {
    for trip in ["deliver an accept", "deliver a text"] {
        let (mut scene, call) = (find(trip).prepare)();
        scene.keep();
        in_time(&scene, &["deliver"], &call.input, trip).expect_code(0, trip);
        let expected = scene.end(scene.take(), trip);
        for case in CASES {
            scene.begin();
            install(&scene, case.script);
            let what = format!("{trip}, with a sendmail that {}", case.what);
            in_time(&scene, &["deliver"], &call.input, &what).expect_code(0, &what);
            assert_eq!(scene.end(scene.take(), &what), expected, "{what}");
        }
    }
}

/// Exit code 67: it will never be sent. The sender is told why, and nothing is tried again.
#[test]
fn that_refuses_for_good() {
    let mut scene = Scene::of_friends();
    scene.keep();
    install(
        &scene,
        "cat >/dev/null; echo 'no such user here' >&2; exit 67",
    );
    let out = in_time(&scene, &["say", "bob", TEXT], b"", "refused");
    out.expect_code(0, "refused");
    assert!(out.text().contains("failed: "), "{out:?}");
    let end = scene.end(scene.take(), "refused");
    let failed = vec![["Out", TEXT, "Failed"].map(str::to_owned)];
    assert_eq!(texts(&end), [failed, Vec::new()]);
    let reason = end[0]["texts"][0]["reason"].as_str().unwrap();
    assert!(reason.contains("no such user here"), "{reason}");
}

/// Exit code 0, and nothing was sent: only the missing receipt shows it. The text goes again after a day.
#[test]
fn that_lies() {
    const DAY: u64 = 86_400;
    let mut scene = Scene::of_friends();
    scene.keep();
    install(&scene, "cat >/dev/null");
    in_time(&scene, &["say", "bob", TEXT], b"", "a lie").expect_code(0, "a lie");
    let end = scene.end(scene.take(), "at once");
    let sent = vec![["Out", TEXT, "Sent"].map(str::to_owned)];
    assert_eq!(texts(&end), [sent, Vec::new()]);
    let end = scene.end_after(DAY + 60, scene.take(), "after a day");
    assert_eq!(texts(&end), delivered());
}

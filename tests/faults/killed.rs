//! Killed between any two calls that change something. Afterwards the same is tried again, and all is as if nothing
//! had happened: roster and database agree, each text is there once, no ratchet was used twice.

use std::time::Instant;

use serde_json::Value;

use crate::layer::{CHANGES, Fault, Run};
use crate::moments::moments;
use crate::scene::Scene;
use crate::trips::{Again, Call, TRIPS, Trip, find, said};

#[test]
fn while_a_text_is_delivered() {
    kill("deliver a text", usize::MAX);
}

#[test]
fn while_a_text_is_said() {
    kill("say", usize::MAX);
}

#[test]
fn while_an_accept_is_delivered() {
    kill("deliver an accept", 60);
}

#[test]
fn while_a_friend_is_hidden_from() {
    kill("hide", usize::MAX);
}

#[test]
fn while_another_mail_is_delivered() {
    kill_all(|again| again == Again::Mail);
}

#[test]
fn while_a_mail_is_fetched() {
    kill_all(|again| again == Again::Fetch);
}

#[test]
fn while_another_command_runs() {
    kill_all(|again| matches!(again, Again::Command | Again::Text));
}

fn kill_all(is_meant: fn(Again) -> bool) {
    for trip in TRIPS.iter().filter(|trip| is_meant(trip.again)) {
        kill(trip.name, 12);
    }
}

/// Kills the trip at every instant between two calls, or at `most` of them without `tests/run --long`.
fn kill(name: &str, most: usize) {
    let begun = Instant::now();
    let trip = find(name);
    let (mut scene, call) = (trip.prepare)();
    scene.keep();
    let peace = run(&scene, &call, "count", 0);
    peace.out.expect_code(0, name);
    let expected = scene.end(scene.take(), name);
    let moments = moments(peace.seen, most);
    let (planned, mut killed) = (moments.len(), 0);
    for number in moments {
        killed += usize::from(kill_at(number, &scene, trip, &call, &expected));
    }
    // How many calls there are depends a little on the moment.
    assert!(killed + 5 >= planned, "{name}: {killed} of {planned}");
    let took = begun.elapsed().as_secs_f32();
    let calls = peace.seen;
    eprintln!("{name}: {calls} calls, killed at {killed} of them, {took:.1} s");
}

/// Whether the program came so far.
fn kill_at(number: usize, scene: &Scene, trip: Trip, call: &Call, expected: &Value) -> bool {
    scene.begin();
    let run = run(scene, call, "kill", number);
    let name = trip.name;
    let what = format!("{name}, killed before call {number} ({:?})", run.hit);
    if run.hit.is_none() {
        run.out.expect_code(0, &what);
        return false;
    }
    assert_eq!(run.code(), None, "{what}");
    let left = scene.take();
    scene.check_counter(&left, &what);
    if trip.again == Again::Text && !run.out.stdout.is_empty() {
        assert_eq!(said(scene), 1, "{what}: its id was printed");
    }
    trip.again.run(scene, call, &what);
    assert_eq!(&scene.end(left, &what), expected, "{what}");
    true
}

fn run(scene: &Scene, call: &Call, action: &'static str, at: usize) -> Run {
    let fault = Fault {
        kinds: CHANGES,
        action,
        at,
        fault: 0,
    };
    let (args, input) = (&call.args, &call.input);
    scene.layer.run(&scene.alice, args, input, fault)
}

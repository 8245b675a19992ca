//! One text at a time, from the network to a client, and where its time goes.
//!
//! ```text
//! bench ──▶ agent's socket ──▶ heard ── open ── commit ──▶ committed ──▶ client's socket ──▶ bench
//!       └──────── in ────────┘                           └───────────── out ──────────────┘
//! ```
//!
//! The agent runs with `-v`. When its clients have been told it logs when the turn of each text began, and how long it
//! took to open it and to commit it, by the same clock as the bench's; so what a commit takes, which varies a
//! hundredfold, is known of each text, and in and out are what is left.
//!
//! Between the texts pass, in turns, the lines of a bare relay and of one that makes each line durable first: it too
//! sleeps until the disk is ready, and wakes a client that has slept as long.

use std::io::Write as _;
use std::time::{Duration, SystemTime};

use super::relay::Relay;
use super::{CAPS, Scene};
use crate::figure;
use crate::pairs::median;
use crate::turns::{Turn, turns};

const ROUNDS: usize = 300;
/// After a text the agent seals and commits its receipt; the next text is not to wait for that.
const PAUSE: Duration = Duration::from_millis(5);

pub fn latency() {
    let mut scene = Scene::new(100);
    scene.start(&["-v"]);
    let mut crowd = scene.crowd();
    let (_, mut network) = scene.networks[0].agent();
    let mut client = scene.attach(0, CAPS);
    let mut relay = Relay::start(None);
    let mut keeper = Relay::start(Some(&scene.people.alice.home.join("relay.log")));
    let (mut relayed, mut kept, mut texts) = (Vec::new(), Vec::new(), Vec::new());
    for number in 0..ROUNDS {
        let words = words(number);
        let lines = crowd.text(&words);
        std::thread::sleep(PAUSE);
        match number % 2 {
            0 => relayed.push(relay.pass(&words)),
            _ => kept.push(keeper.pass(&words)),
        }
        std::thread::sleep(PAUSE);
        let sent = SystemTime::now();
        network.write_all(lines.as_bytes()).unwrap();
        let came = client.until(|line| line.ends_with(&words));
        texts.push((sent, came));
    }
    // It is in the log a little later.
    std::thread::sleep(100 * PAUSE);
    let log = scene.agent.as_ref().unwrap().log();
    let turns = turns(&log);
    let texts: Vec<Text> = texts.iter().map(|text| Text::of(*text, &turns)).collect();
    let [relay, keeper] = [relayed, kept].map(|passed| median(passed.into_iter()));
    report(relay, keeper, &texts);
}

fn words(number: usize) -> String {
    format!("text number {number:06}, with sixty bytes as in other measurements")
}

/// One text's time, in parts.
struct Text {
    whole: Duration,
    inward: Duration,
    open: Duration,
    commit: Duration,
    outward: Duration,
}

impl Text {
    /// The turn that began between sending and coming is this text's.
    fn of((sent, came): (SystemTime, SystemTime), turns: &[Turn]) -> Self {
        let turn = turns.iter().find(|turn| (sent..came).contains(&turn.begun));
        let turn = turn.expect("the turn of each text is in the log");
        let whole = came.duration_since(sent).unwrap();
        let inward = turn.begun.duration_since(sent).unwrap();
        Self {
            whole,
            inward,
            open: turn.open,
            commit: turn.commit,
            outward: whole - inward - turn.open - turn.commit,
        }
    }
}

fn report(relay: Duration, keeper: Duration, texts: &[Text]) {
    let of = |part: fn(&Text) -> Duration| median(texts.iter().map(part));
    let beyond = of(|text| text.inward + text.outward);
    for (what, time) in [
        ("relay: a bare relay of the same text, median", relay),
        ("  one that commits it too, beyond its commit", keeper),
        (
            "a text from the network to a client, median",
            of(|text| text.whole),
        ),
        (
            "  in: the agent's socket, until it is heard",
            of(|text| text.inward),
        ),
        ("  open: until it is opened", of(|text| text.open)),
        ("  commit: until it is durable", of(|text| text.commit)),
        (
            "  out: fan-out, until a client has read it",
            of(|text| text.outward),
        ),
        ("  in and out together", beyond),
    ] {
        figure(what, time.as_secs_f64() * 1e6, " µs", None, false);
    }
    for (what, least, limit) in [
        ("ratio of in and out to the relay", relay, Some(1.8)),
        ("  to the relay that commits", keeper, None),
    ] {
        let ratio = beyond.as_secs_f64() / least.as_secs_f64();
        figure(what, ratio, "", limit, false);
    }
}

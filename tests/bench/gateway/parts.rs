//! One text at a time, from the network to a client, and where its time goes.
//!
//! ```text
//! bench ──▶ agent's socket ──▶ heard ── open ──▶ opened ── commit ──▶ committed ──▶ client's socket ──▶ bench
//!       └──────── in ────────┘                                       └───────────── out ──────────────┘
//! ```
//!
//! The agent runs with `-v` and logs when it hears, has opened and has committed each text, by the same clock as the
//! bench's; so what a commit takes, which varies a hundredfold, is known of each text, and in and out are what is
//! left. That the last of these lines is written counts against the gateway. The relay passes its lines between the texts.

use std::io::Write as _;
use std::time::{Duration, SystemTime};

use super::relay::Relay;
use super::{CAPS, Scene};
use crate::figure;
use crate::pairs::median;

const ROUNDS: usize = 300;
/// After a text the agent seals and commits its receipt; the next text is not to wait for that.
const PAUSE: Duration = Duration::from_millis(5);

pub fn latency() {
    let mut scene = Scene::new(100);
    scene.start(&["-v"]);
    let mut crowd = scene.crowd();
    let (_, mut network) = scene.networks[0].agent();
    let mut client = scene.attach(0, CAPS);
    let mut relay = Relay::start();
    let (mut relayed, mut texts) = (Vec::new(), Vec::new());
    for number in 0..ROUNDS {
        let words = format!("text number {number:06}, with sixty bytes as in other measurements");
        let lines = crowd.text(&words);
        std::thread::sleep(PAUSE);
        relayed.push(relay.pass(&words));
        std::thread::sleep(PAUSE);
        let sent = SystemTime::now();
        network.write_all(lines.as_bytes()).unwrap();
        client.until(|line| line.ends_with(&words));
        texts.push((sent, SystemTime::now()));
    }
    let log = scene.agent.as_ref().unwrap().log();
    let steps = steps(&log);
    let texts: Vec<Text> = texts.iter().map(|text| Text::of(*text, &steps)).collect();
    report(median(relayed.into_iter()), &texts);
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
    /// The three steps that were logged between sending and coming are this text's.
    fn of((sent, came): (SystemTime, SystemTime), steps: &[(SystemTime, String)]) -> Self {
        let of_text = |step: &str| {
            let mut during = steps.iter().filter(|(at, _)| (sent..came).contains(at));
            let found = during.find(|(_, name)| name == step);
            found
                .unwrap_or_else(|| panic!("{step} is not in the log"))
                .0
        };
        let between = |a: SystemTime, b: SystemTime| b.duration_since(a).unwrap();
        let (heard, opened, committed) =
            (of_text("heard"), of_text("opened"), of_text("committed"));
        Self {
            whole: between(sent, came),
            inward: between(sent, heard),
            open: between(heard, opened),
            commit: between(opened, committed),
            outward: between(committed, came),
        }
    }
}

/// The steps in the log of the agent: when, and which.
fn steps(log: &str) -> Vec<(SystemTime, String)> {
    let steps = log.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        let (time, level, step) = (words.next()?, words.next()?, words.next()?);
        let time: jiff::Timestamp = time.parse().ok()?;
        (level == "DEBUG").then(|| (SystemTime::from(time), step.to_owned()))
    });
    steps.collect()
}

fn report(relay: Duration, texts: &[Text]) {
    let of = |part: fn(&Text) -> Duration| median(texts.iter().map(part));
    let beyond = of(|text| text.inward + text.outward);
    for (what, time) in [
        ("relay: a bare relay of the same text, median", relay),
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
    let ratio = beyond.as_secs_f64() / relay.as_secs_f64();
    figure(
        "ratio of in and out to the relay",
        ratio,
        "",
        Some(1.8),
        false,
    );
}

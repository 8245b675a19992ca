//! The hook and the commands that send to many.

use std::os::unix::net::UnixListener;
use std::process::Command;
use std::time::{Duration, Instant};

use super::figure;
use super::pairs::{Pair, big, median, pair, peak_memory, small};
use super::people::{People, program};
use super::sink::Sink;
use super::support::account::Place;
use super::support::mails::mail;

const NETWORK: [&str; 2] = ["--network", "test=irc://127.0.0.1:6667"];

/// `iim COMMAND` for somebody who has never set it up: an ordinary mail must not need that.
fn iim(place: &Place, command: &str) -> Command {
    let mut iim = Command::new(program());
    iim.arg(command)
        .env("HOME", place.path())
        .env_remove("IIM_HOME");
    iim
}

/// Both have the environment of whoever measures: with a locale in it `cat` reads that first, and takes longer.
fn cat() -> Command {
    Command::new("/bin/cat")
}

fn mail_of(size: usize) -> Vec<u8> {
    let line = "The quick brown fox jumps over the lazy dog, and then it rests for a while.\n";
    mail("", &line.repeat(size / line.len()))
}

fn report(commands: (&str, &str), pair: &Pair, limit: f64) {
    let microseconds = |time: Duration| time.as_secs_f64() * 1e6;
    figure(commands.0, microseconds(pair.first), " µs", None, false);
    figure(commands.1, microseconds(pair.second), " µs", None, false);
    figure(
        "ratio of the medians, whole processes",
        pair.ratio,
        "",
        Some(limit),
        false,
    );
    println!(
        "{:<52}     {:.3} to {:.3}",
        "  in five parts of the run", pair.spread.0, pair.spread.1
    );
}

pub fn filter_small() {
    let place = Place::new();
    let input = mail_of(10_000);
    let pair = pair(
        2000,
        || small(iim(&place, "filter"), &input, true),
        || small(cat(), &input, true),
    );
    report(("iim filter <mail | …", "cat <mail | …"), &pair, 0.60);
}

pub fn filter_memory() {
    let place = Place::new();
    for (what, size, limit) in [("10 KB", 10_000, Some(1.5)), ("50 MB", 50_000_000, None)] {
        let input = mail_of(size);
        let peak = peak_memory(iim(&place, "filter"), &input);
        figure(
            &format!("iim filter, {what}: most memory"),
            peak,
            " MB",
            limit,
            false,
        );
    }
    let peak = peak_memory(cat(), &mail_of(10_000));
    figure("cat, 10 KB: most memory", peak, " MB", None, false);
}

pub fn filter_big() {
    let place = Place::new();
    let input = mail_of(50_000_000);
    let wall = pair(
        60,
        || big(iim(&place, "filter"), &input).0,
        || big(cat(), &input).0,
    );
    report(
        ("… | iim filter | …, 50 MB", "… | cat | …, 50 MB"),
        &wall,
        0.70,
    );
    let own = pair(
        20,
        || big(iim(&place, "filter"), &input).1,
        || big(cat(), &input).1,
    );
    figure(
        "the same, processor time of the process itself",
        own.ratio,
        "",
        None,
        false,
    );
}

pub fn deliver_foreign() {
    let place = Place::new();
    let input = mail_of(10_000);
    let pair = pair(
        2000,
        || small(iim(&place, "deliver"), &input, false),
        || small(cat(), &input, false),
    );
    report(("iim deliver <mail", "cat <mail >/dev/null"), &pair, 0.60);
}

/// Whole processes: start, open, decide, commit with fsync, the receipt into the outbox, and a word to the agent,
/// in whose place somebody listens who does nothing.
pub fn deliver_text() {
    for friends in [10, 100, 1_000, 10_000] {
        let people = People::new(&NETWORK);
        people.befriend_alice(friends);
        let socket = people.alice.home.join(".local/share/iim/agent.sock");
        let listener = UnixListener::bind(socket).unwrap();
        std::thread::spawn(move || listener.incoming().for_each(drop));
        let mut times = Vec::new();
        for number in 0..40 {
            people.bob.ok(&["say", "alice", &format!("text {number}")]);
            let mail = people.post.take_one();
            let begun = Instant::now();
            let out = people.alice.iim_with(&["deliver"], &mail.bytes);
            times.push(begun.elapsed());
            out.expect_code(0, "a text");
        }
        let milliseconds = median(times.into_iter()).as_secs_f64() * 1e3;
        let limit = (friends == 100).then_some(10.0);
        figure(
            &format!("iim deliver <text, {friends} friends"),
            milliseconds,
            " ms",
            limit,
            false,
        );
    }
}

pub fn rotate_and_flush() {
    let people = People::new(&NETWORK);
    let friends = 1_000;
    people.befriend_alice(friends);
    let sink = Sink::start();
    let sendmail = format!("sendmail = \"{}\"", people.post.sendmail);
    let smtp = format!("smtp = \"smtp://127.0.0.1:{}\"", sink.port);
    people
        .alice
        .configure(&[(&sendmail, &smtp), ("#per_day = 200", "per_day = 0")]);
    let begun = Instant::now();
    people.alice.ok(&["rotate"]);
    let rotated = begun.elapsed();
    let mut flushes = 0;
    while sink.taken() < friends && flushes < 20 {
        people.alice.ok(&["flush"]);
        flushes += 1;
    }
    let took = begun.elapsed().as_secs_f64();
    let taken = sink.taken();
    figure(
        "iim rotate, 1,000 visible friends",
        rotated.as_secs_f64() * 1e3,
        " ms",
        None,
        false,
    );
    #[allow(clippy::cast_precision_loss, reason = "a thousand")]
    let rate = taken as f64 / took;
    figure(
        &format!("iim rotate; iim flush ({flushes} times): {taken} mails"),
        took,
        " s",
        None,
        false,
    );
    figure(
        "mails a second, sealed, committed and sent",
        rate,
        "",
        Some(300.0),
        true,
    );
}

//! The agent: what it costs when nothing happens, and how fast a text is when something does.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::process::Stdio;
use std::time::{Duration, Instant};

use super::figure;
use super::pairs::{median, memory, processor_time};
use super::people::People;
use super::support::net::{Kind, Network};
use super::support::process::{Running, try_until};

/// Seconds of doing nothing that are measured, after as many to settle as a connection takes.
const IDLE: u64 = 60;

pub fn idle() {
    let first = Network::start(Kind::Ngircd, "one");
    let second = Network::start(Kind::Inspircd, "two");
    let people = People::new(&["--network", &first.url(), "--network", &second.url()]);
    people.befriend_alice(100);
    let agent = people.alice.agent();
    until_connected(&people, 2);
    std::thread::sleep(Duration::from_secs(20));
    let before = processor_time(agent.id());
    std::thread::sleep(Duration::from_secs(IDLE));
    let used = processor_time(agent.id()) - before;
    let share = used.as_secs_f64() / Duration::from_secs(IDLE).as_secs_f64() * 100.0;
    figure(
        "iim agent: memory",
        memory(agent.id(), "VmRSS:"),
        " MB",
        Some(12.0),
        false,
    );
    figure(
        &format!("iim agent: processor, over {IDLE} s"),
        share,
        " %",
        Some(0.1),
        false,
    );
}

pub fn latency() {
    let network = Network::start(Kind::RelaxedNgircd, "one");
    let people = People::new(&["--network", &network.url()]);
    let postman = people.post.postman(&[&people.alice, &people.bob]);
    for account in [&people.alice, &people.bob] {
        account.configure(&[
            ("#poll = 15", "poll = 1"),
            (
                "\ntls = false\n",
                "\ntls = false\nflood = { burst = 1000, per_second = 1000.0 }\n",
            ),
        ]);
    }
    let _agents: [Running; 2] = [people.alice.agent(), people.bob.agent()];
    people.alice.until_friend("bob", "presence", "online", 90);
    people.bob.until_friend("alice", "presence", "online", 90);
    let bare = bare_line(&network);
    let (whole, alone) = text(&people);
    drop(postman);
    let milliseconds = |time: Duration| time.as_secs_f64() * 1e3;
    figure(
        "PRIVMSG between two bare clients, median",
        milliseconds(bare),
        " ms",
        None,
        false,
    );
    figure(
        "iim say … until iim watch shows it, median",
        milliseconds(whole),
        " ms",
        None,
        false,
    );
    figure(
        "  of which the command iim say itself",
        milliseconds(alone),
        " ms",
        None,
        false,
    );
    figure(
        "ratio",
        whole.as_secs_f64() / bare.as_secs_f64(),
        "",
        None,
        false,
    );
}

/// The median time from the start of `iim say` until the other's `iim watch` prints the text, and that of
/// `iim say` alone.
fn text(people: &People) -> (Duration, Duration) {
    let mut watch = people
        .bob
        .command(&people.bob.program)
        .args(["watch", "--json"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut events = BufReader::new(watch.stdout.take().unwrap()).lines();
    std::thread::sleep(Duration::from_millis(500));
    let mut times = Vec::new();
    for number in 0..50 {
        let words = format!("text number {number}.");
        let begun = Instant::now();
        people.alice.ok(&["say", "bob", &words]);
        let said = begun.elapsed();
        let shown = events.by_ref().any(|line| line.unwrap().contains(&words));
        assert!(shown, "watch ended");
        times.push((begun.elapsed(), said));
    }
    watch.kill().unwrap();
    watch.wait().unwrap();
    (
        median(times.iter().map(|t| t.0)),
        median(times.iter().map(|t| t.1)),
    )
}

/// The median time of a line from one client to another, with nothing in between but the server.
fn bare_line(network: &Network) -> Duration {
    let (mut one, _) = client(network, "benchone");
    let (_keep, mut two) = client(network, "benchtwo");
    let mut times = Vec::new();
    let mut line = String::new();
    for number in 0..200 {
        let words = format!("text number {number}.");
        let begun = Instant::now();
        one.write_all(format!("PRIVMSG benchtwo :{words}\r\n").as_bytes())
            .unwrap();
        loop {
            line.clear();
            two.read_line(&mut line).unwrap();
            if line.contains(&words) {
                break;
            }
        }
        times.push(begun.elapsed());
    }
    median(times.into_iter())
}

fn client(network: &Network, nick: &str) -> (TcpStream, BufReader<TcpStream>) {
    let mut stream = TcpStream::connect(("127.0.0.1", network.port())).unwrap();
    stream.set_nodelay(true).unwrap();
    let hello = format!("NICK {nick}\r\nUSER {nick} 0 * :{nick}\r\n");
    stream.write_all(hello.as_bytes()).unwrap();
    let mut lines = BufReader::new(stream.try_clone().unwrap());
    let mut line = String::new();
    while !line.contains(" 001 ") {
        line.clear();
        assert!(
            lines.read_line(&mut line).unwrap() > 0,
            "the server hung up"
        );
        if let Some(token) = line.strip_prefix("PING ") {
            stream
                .write_all(format!("PONG {token}").as_bytes())
                .unwrap();
        }
    }
    (stream, lines)
}

/// Waits until alice's agent is on so many networks.
pub fn until_connected(people: &People, count: usize) {
    try_until("the networks to be there", 60, || {
        let status = people.alice.ok(&["status", "--json"]);
        let connected = status.matches("\"connected\"").count();
        if connected == count {
            Ok(())
        } else {
            Err(status)
        }
    });
}

//! The name server falls silent: whoever must look up a name waits, and nobody waits for them.

use std::fs;
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::netns::Host;
use super::post_server::PostServer;
use super::servers::Kind;
use super::world::{World, figures};
use super::{eyes, post_server};
use crate::support::process::{Running, is_root, need, try_until};

/// A look-up hangs. The other network, the commands and the end of the agent do not wait for it.
#[test]
fn name_server_silent() {
    if !is_root("name_server_silent") {
        return;
    }
    let mut world = World::calling(&[Kind::Inspircd, Kind::Ngircd], |server| {
        match server.host.address() {
            _ if server.is("net0") => server.url_at(IRC_NAME),
            address => server.url_at(address),
        }
    });
    let names = NameServer::start(&world);
    world.begin();
    world.until_on_both();
    names.fall_silent();
    let (ours, theirs) = (world.alice.now(), world.bob.now());
    world.servers[0].kill();
    world.servers[0].start_again();
    for (person, from) in [(&world.alice, ours), (&world.bob, theirs)] {
        person
            .eyes()
            .until(from, "the loss", 10, eyes::network("net0", "disconnected"));
    }
    let (mut text, mut command): (f64, f64) = (0.0, 0.0);
    // Longer than the first look-up lasts.
    for number in 0..8 {
        let (said, from, begun) = (format!("number {number}"), world.bob.now(), Instant::now());
        world.alice.say("bob", &said);
        command = command.max(begun.elapsed().as_secs_f64());
        text = text.max(
            world
                .bob
                .eyes()
                .until(from, "the text", 10, eyes::text(&said)),
        );
        sleep(Duration::from_secs(2));
    }
    assert!(command < 2.0, "a command takes {command} s");
    assert_ne!(world.alice.network("net0")["state"], "connected");
    let stopped = Instant::now();
    assert!(world.alice.agent().stop(), "ends in order");
    let ended = stopped.elapsed().as_secs_f64();
    assert!(ended < 5.0, "the end takes {ended} s");
    let from = world.bob.now();
    names.answer_again();
    let back = world
        .bob
        .eyes()
        .until(from, "the network", 120, eyes::network("net0", "connected"));
    world.alice.wake();
    world.until_online();
    world.talk_over_irc("names are known again");
    world.assert_all_once();
    figures(
        "name server silent",
        &format!(
            "the other network carries a text in {text:.1} s, a command takes {command:.2} s, SIGTERM ends the agent \
             in {ended:.1} s; back {back:.0} s after the name server"
        ),
    );
}

/// Without an agent the commands and the hook send mail themselves: a look-up that hangs does not hold them up for
/// longer than they mean to wait.
#[test]
fn name_server_silent_without_an_agent() {
    if !is_root("name_server_silent_without_an_agent") {
        return;
    }
    let world = World::quiet(&[]);
    let server = PostServer::start(&world.land, &world.place);
    server.serve(
        &world.alice.account,
        &world.post.sendmail,
        post_server::NAME,
    );
    let names = NameServer::knowing(&world, &[(post_server::NAME, server.host.address())]);
    world.alice.say("bob", "before");
    world
        .alice
        .until_delivered("bob", "before", Some("mail"), 30);
    names.fall_silent();
    let begun = Instant::now();
    world.alice.say("bob", "while names are unknown");
    let say = begun.elapsed().as_secs_f64();
    world.bob.say("alice", "can you take this?");
    let begun = Instant::now();
    world
        .alice
        .account
        .until_text("bob", "can you take this?", 60, |_| true);
    let hook = begun.elapsed().as_secs_f64();
    names.answer_again();
    // Whoever waited for the name may still hold the letter.
    try_until("`iim flush` to leave none", 90, || {
        let flushed = world.alice.account.iim(&["flush"]);
        match flushed.text().contains(" 0 letters left") {
            true => Ok(()),
            false => Err(flushed.text() + &flushed.errors()),
        }
    });
    world
        .alice
        .until_delivered("bob", "while names are unknown", Some("mail"), 30);
    world
        .bob
        .until_delivered("alice", "can you take this?", Some("mail"), 30);
    world.assert_all_once();
    figures(
        "name server silent, no agent",
        &format!("`iim say` takes {say:.1} s, a mail is taken after {hook:.1} s; nothing is lost"),
    );
    assert!(say < 8.0 && hook < 8.0, "say {say} s, hook {hook} s");
}

/// A name server on a host of its own.
struct NameServer {
    running: Running,
    host: Host,
}

impl NameServer {
    fn start(world: &World) -> Self {
        Self::knowing(world, &[(IRC_NAME, world.servers[0].host.address())])
    }

    /// Knows these names; alice and bob ask it.
    fn knowing(world: &World, names: &[(&str, &str)]) -> Self {
        need(&["python3"]);
        let host = world.land.host("dns");
        let script = world.place.script("dns.py", DNS);
        let mut command = host.daemon("/usr/bin/python3");
        command.arg(script).arg(host.address());
        command.args(
            names
                .iter()
                .map(|(name, address)| format!("{name}={address}")),
        );
        for person in [&world.alice, &world.bob] {
            let resolver = format!("nameserver {}\n", host.address());
            fs::write(person.host.etc().join("resolv.conf"), resolver).unwrap();
        }
        let log = world.place.join("dns.log");
        let running = Running::start("the name server", &mut command, &log);
        try_until("the name server", 20, || match running.log() {
            log if log.contains("ready") => Ok(()),
            log => Err(log),
        });
        Self { running, host }
    }

    /// From now on questions come and are never answered.
    fn fall_silent(&self) {
        self.running.signal(Signal::STOP);
    }

    fn answer_again(&self) {
        self.running.signal(Signal::CONT);
    }
}

impl Drop for NameServer {
    fn drop(&mut self) {
        self.answer_again();
    }
}

const IRC_NAME: &str = "irc.test.invalid";

/// Answers A with what it knows, and everything else with nothing.
const DNS: &str = r#"
import socket, struct, sys

known = dict(pair.split("=") for pair in sys.argv[2:])
listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
listener.bind((sys.argv[1], 53))
print("ready", flush=True)
while True:
    asked, client = listener.recvfrom(512)
    labels, at = [], 12
    while asked[at]:
        labels.append(asked[at + 1:at + 1 + asked[at]].decode())
        at += 1 + asked[at]
    question = asked[12:at + 5]
    address = known.get(".".join(labels).lower()) if question[-4:-2] == b"\0\1" else None
    answer = b"\xc0\x0c\0\1\0\1\0\0\0\1\0\4" + socket.inet_aton(address) if address else b""
    head = asked[:2] + b"\x85\x80\0\1" + struct.pack(">H", bool(answer)) + b"\0\0\0\0"
    listener.sendto(head + question + answer, client)
"#;

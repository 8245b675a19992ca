//! What one event costs with ten friends and with five thousand: it is not to grow with the roster.
//!
//! All rosters stand beside one another, each with its agent, an IRC network on which bob is, and a client at the
//! gateway; every round does each thing once with each. The other friends are nowhere, and looked for. With
//! `--against PROGRAM` every roster stands there twice, made by that program both times: its own agent serves the one,
//! this program's the other, once it has taken over the database.

use std::io::Write as _;
use std::net::TcpStream;
use std::path::Path;
use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};

use super::attached::Attached;
use super::crowd::Crowd;
use super::irc::Network;
use super::pairs::{median, memory, processor_time};
use super::people::{People, against, program};
use super::support::process::{Running, free_port, until_listening};
use super::{figure, table};

/// Friends on each roster.
const SIZES: [usize; 4] = [10, 100, 1_000, 5_000];
const ROUNDS: usize = 25;
const CAPS: &str = "message-tags server-time batch echo-message labeled-response";
/// What follows from an event, receipts and their commits above all, is counted to its processor time.
const SETTLE: Duration = Duration::from_millis(80);
/// Seconds of doing nothing that are measured.
const IDLE: u64 = 10;
/// What five thousand friends may cost, times what ten do.
const LIMIT: f64 = 1.5;

/// What is measured, each by how long somebody waits for it, and by the processor time of the agent.
const EVENTS: [&str; 4] = [
    "PRIVMSG at the gateway, until its echo",
    "iim say beside the agent, until it is on the wire",
    "a text over IRC, until a client shows it",
    "iim deliver <text, until a client shows it",
];

pub fn roster() {
    let mut programs = vec![("this program", program())];
    programs.extend(against().map(|program| ("the one before", program)));
    let mut scenes: Vec<Vec<Scene>> = programs
        .iter()
        .map(|(_, program)| SIZES.map(|size| Scene::new(program, size)).into())
        .collect();
    // Nicks are told to the networks, and databases taken over.
    sleep(Duration::from_secs(5));
    for number in 0..ROUNDS {
        for scene in scenes.iter_mut().flatten() {
            scene.round(number);
        }
    }
    sleep(Duration::from_secs(2));
    for ((who, _), scenes) in programs.iter().zip(&mut scenes) {
        println!("{who}:");
        report(scenes, *who == "this program");
    }
}

fn report(scenes: &mut [Scene], limited: bool) {
    for (scene, friends) in scenes.iter().zip(SIZES) {
        let held = memory(scene.agent.as_ref().unwrap().id(), "VmRSS:");
        figure(
            &format!("  memory, {friends} friends"),
            held,
            " MB",
            None,
            false,
        );
    }
    let mut rows: Vec<(String, [f64; SIZES.len()])> = Vec::new();
    for (at, event) in EVENTS.iter().enumerate() {
        rows.push((
            format!("  {event}"),
            column(scenes, |scene| median(scene.waits[at].iter().copied())),
        ));
        let used = column(scenes, |scene| median(scene.used[at].iter().copied()));
        rows.push(("    processor time of the agent".to_owned(), used));
    }
    rows.push((
        "  a second of the idle agent, processor time".to_owned(),
        idle(scenes),
    ));
    rows.push((
        "  exec iim agent until connect()".to_owned(),
        column(scenes, Scene::start_again),
    ));
    let names = SIZES.map(|size| format!("{size} friends"));
    table(names.each_ref().map(String::as_str), rows.iter().cloned());
    println!(
        "  in ms, medians of {ROUNDS}; and {} friends to {}:",
        SIZES[3], SIZES[0]
    );
    let (start, others) = rows.split_last().unwrap();
    for (name, values) in others {
        let ratio = values[3] / values[0];
        figure(name, ratio, "", limited.then_some(LIMIT), false);
    }
    figure(&start.0, start.1[3], " ms", limited.then_some(300.0), false);
}

fn column(scenes: &mut [Scene], mut of: impl FnMut(&mut Scene) -> Duration) -> [f64; SIZES.len()] {
    let times: Vec<f64> = scenes
        .iter_mut()
        .map(|scene| of(scene).as_secs_f64() * 1e3)
        .collect();
    times.try_into().unwrap()
}

/// The processor time of each agent in a second in which nothing happens.
fn idle(scenes: &mut [Scene]) -> [f64; SIZES.len()] {
    let before: Vec<Duration> = scenes.iter().map(Scene::used).collect();
    sleep(Duration::from_secs(IDLE));
    let used = scenes.iter().zip(before).map(|(scene, before)| {
        let used = scene.used() - before;
        used.as_secs_f64() * 1e3 / Duration::from_secs(IDLE).as_secs_f64()
    });
    used.collect::<Vec<f64>>().try_into().unwrap()
}

/// Alice with so many friends, an agent, and all that happens to it.
struct Scene {
    client: Option<Attached>,
    wire: TcpStream,
    /// Ends before its home is gone.
    agent: Option<Running>,
    people: People,
    network: Network,
    crowd: Crowd,
    port: u16,
    mails: Vec<Vec<u8>>,
    waits: [Vec<Duration>; EVENTS.len()],
    used: [Vec<Duration>; EVENTS.len()],
}

impl Scene {
    fn new(program: &Path, friends: usize) -> Self {
        let network = Network::start("one");
        let old = against();
        let mut people = People::by(
            old.as_deref().unwrap_or(program),
            &["--gateway", "--network", &network.url()],
        );
        people.befriend_alice(friends);
        let port = free_port();
        people.alice.configure(&[
            (
                "#listen = [\"unix\", \"127.0.0.1:6667\"]\n",
                &format!("listen = [\"unix\", \"127.0.0.1:{port}\"]\n"),
            ),
            (
                "\ntls = false\n",
                "\ntls = false\nflood = { burst = 1000, per_second = 1000.0 }\n",
            ),
        ]);
        let mails = (0..ROUNDS).map(|number| {
            people.bob.ok(&["say", "alice", &words("mailed", number)]);
            people.post.take_one().bytes
        });
        let mails = mails.collect();
        let mut crowd = Crowd::of(&people, &network, true);
        program.clone_into(&mut people.alice.program);
        let password = people.alice.ok(&["-q", "device", "add", "laptop"]);
        let agent = people.alice.agent();
        until_listening("the gateway", port);
        crowd.come(&network);
        people.alice.until_friend("bob", "presence", "online", 60);
        let device = ("laptop".to_owned(), password.trim().to_owned());
        Self {
            client: Some(Attached::new(port, &device, CAPS)),
            wire: network.agent().1,
            agent: Some(agent),
            people,
            network,
            crowd,
            port,
            mails,
            waits: Default::default(),
            used: Default::default(),
        }
    }

    /// Each event once.
    fn round(&mut self, number: usize) {
        self.measure(0, |scene| {
            let words = words("typed", number);
            let line = format!("PRIVMSG bob :{words}\r\n");
            scene.client().ask(&line, |line| line.ends_with(&words))
        });
        self.measure(1, |scene| {
            let begun = Instant::now();
            let mut say = scene.people.alice.command(&scene.people.alice.program);
            let words = words("said", number);
            let mut say = say
                .args(["-q", "say", "bob", &words])
                .stdout(Stdio::null())
                .spawn()
                .unwrap();
            scene.answer(1);
            let took = begun.elapsed();
            assert!(say.wait().unwrap().success());
            took
        });
        self.measure(2, |scene| {
            let words = words("heard", number);
            let lines = scene.crowd.text(&words);
            let sent = SystemTime::now();
            scene.wire.write_all(lines.as_bytes()).unwrap();
            let came = scene.client().until(|line| line.ends_with(&words));
            came.duration_since(sent).unwrap()
        });
        self.measure(3, |scene| {
            let mail = scene.mails[number].clone();
            let sent = SystemTime::now();
            let out = scene.people.alice.iim_with(&["deliver"], &mail);
            out.expect_code(0, "a text");
            let words = words("mailed", number);
            let came = scene.client().until(|line| line.ends_with(&words));
            came.duration_since(sent).unwrap()
        });
    }

    fn measure(&mut self, event: usize, happen: impl FnOnce(&mut Self) -> Duration) {
        let before = self.used();
        let wait = happen(self);
        sleep(SETTLE / 2);
        self.answer(0);
        sleep(SETTLE / 2);
        let used = self.used() - before;
        self.waits[event].push(wait);
        self.used[event].push(used);
    }

    /// Bob's side takes what the agent writes, until it has got so many texts, and answers.
    fn answer(&mut self, mut texts: usize) {
        loop {
            let mut lines: Vec<_> = self.network.written.try_iter().collect();
            if lines.is_empty() && texts > 0 {
                let patience = Duration::from_secs(30);
                lines.push(self.network.written.recv_timeout(patience).expect("a text"));
            }
            let (count, answers) = self.crowd.take(lines);
            self.wire.write_all(answers.as_bytes()).unwrap();
            texts = texts.saturating_sub(count);
            if texts == 0 {
                return;
            }
        }
    }

    fn client(&mut self) -> &mut Attached {
        self.client.as_mut().unwrap()
    }

    fn used(&self) -> Duration {
        processor_time(self.agent.as_ref().unwrap().id())
    }

    /// The agent ends; how long one takes to start, in the middle of a few.
    fn start_again(&mut self) -> Duration {
        self.client = None;
        self.agent = None;
        median((0..5).map(|_| super::gateway::start(&self.people.alice, self.port)))
    }
}

fn words(how: &str, number: usize) -> String {
    format!("text number {number:06} is {how}, with sixty bytes as in other measurements")
}

//! What two people feel: a line typed in one IRC client until it stands in the friend's, through two agents and a real
//! server, beside a line between two bare clients of that server.
//!
//! ```text
//! client ──▶ alice's agent ──▶ server ──▶ bob's agent ──▶ client
//!            commit, seal,               open, decide,
//!            commit                      commit
//! ```

mod relay;

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::thread::sleep;
use std::time::{Duration, SystemTime};

use super::attached::Attached;
use super::pairs::median;
use super::people::{People, against, program};
use super::support::net::{Kind, Network};
use super::support::process::{Running, free_port, until_listening};
use super::turns::{Turn, turns};
use super::{figure, table};
use relay::{Relay, Side};

const ROUNDS: usize = 200;
/// After each text a receipt goes back, with its own commits on both sides; the next text is not to wait for that.
const PAUSE: Duration = Duration::from_millis(40);
const CAPS: &str = "message-tags server-time batch account-tag labeled-response";
/// What the version before may have taken, times this.
const LIMIT: f64 = 0.62;

pub fn latency() {
    let server = Network::start(Kind::RelaxedInspircd, "one");
    let mut now = Two::start(&program(), &server.url());
    let mut before = against().map(|program| Two::start(&program, &server.url()));
    let mut bare = Bare::new(&server);
    let (mut bares, mut nows, mut befores) = (Vec::new(), Vec::new(), Vec::new());
    for number in 0..ROUNDS {
        sleep(PAUSE);
        bares.push(bare.pass(&words(number)));
        if let Some(before) = &mut before {
            sleep(PAUSE);
            befores.push(before.pass(&words(number)).took());
        }
        sleep(PAUSE);
        nows.push(now.pass(&words(number)).took());
    }
    drop((now, before));
    let bare = median(bares.into_iter());
    figure(
        "PRIVMSG between two bare clients, median",
        ms(bare),
        " ms",
        None,
        false,
    );
    let now = report("this program", bare, &nows);
    if !befores.is_empty() {
        let before = report("the one before", bare, &befores);
        figure(
            "ratio to the one before",
            ratio(now, before),
            "",
            Some(LIMIT),
            false,
        );
    }
    parts("this program", &program());
    if let Some(program) = against() {
        parts("the one before", &program);
    }
}

fn report(who: &str, bare: Duration, texts: &[Duration]) -> Duration {
    let whole = median(texts.iter().copied());
    figure(
        &format!("{who}: from client to client, median"),
        ms(whole),
        " ms",
        None,
        false,
    );
    figure(
        "  ratio to the bare line",
        ratio(whole, bare),
        "",
        None,
        false,
    );
    whole
}

/// Where a text's time goes: a relay before the server tells when lines leave one agent and reach the other, and the
/// other's log when it heard them, and how long it took to open and to commit.
fn parts(who: &str, program: &std::path::Path) {
    let server = Network::start(Kind::RelaxedInspircd, "one");
    let relay = Relay::start(server.port());
    let mut two = Two::start(program, &format!("one=irc://127.0.0.1:{}", relay.port));
    let passed: Vec<Passed> = (0..ROUNDS)
        .map(|number| {
            sleep(PAUSE);
            two.pass(&words(number))
        })
        .collect();
    // What was heard is in the log a little later.
    sleep(10 * PAUSE);
    let turns = turns(&two.agents[1].log());
    let lines = relay.lines();
    let parts: Vec<Parts> = passed
        .iter()
        .map(|text| Parts::of(text, &lines, &turns))
        .collect();
    let rows = NAMES.iter().enumerate().map(|(at, name)| {
        let part = median(parts.iter().map(|parts| parts.0[at]));
        (format!("  {name}"), [part.as_secs_f64() * 1e6])
    });
    println!("{who}: the parts, medians, with a relay between each agent and the server");
    table(["µs"], rows);
}

/// The parts of one text's time, in the order of [`NAMES`].
struct Parts([Duration; 6]);

const NAMES: [&str; 6] = [
    "send: typed, until sealed lines have left",
    "net: relay, server, relay",
    "in: the other agent's socket, until heard",
    "open: until it is opened",
    "commit: until it is durable",
    "out: until the client has read it",
];

impl Parts {
    fn of(text: &Passed, lines: &[(SystemTime, Side)], turns: &[Turn]) -> Self {
        let first = |side, from: SystemTime| {
            let line = lines.iter().find(|(at, of)| *of == side && *at >= from);
            line.expect("the relay saw each text").0
        };
        let left = first(Side::FromAgent, text.sent);
        let came = first(Side::ToAgent, left);
        let turn = turns
            .iter()
            .find(|turn| (left..text.came).contains(&turn.begun));
        let turn = turn.expect("the turn of each text is in the log");
        let since =
            |at: SystemTime, before: SystemTime| at.duration_since(before).unwrap_or_default();
        let shown = turn.begun + turn.open + turn.commit;
        Self([
            since(left, text.sent),
            since(came, left),
            since(turn.begun, came),
            turn.open,
            turn.commit,
            since(text.came, shown),
        ])
    }
}

fn words(number: usize) -> String {
    format!("text number {number:06}, with sixty bytes as in other measurements")
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn ratio(one: Duration, other: Duration) -> f64 {
    one.as_secs_f64() / other.as_secs_f64()
}

/// When a line was typed, and when the other read it.
struct Passed {
    sent: SystemTime,
    came: SystemTime,
}

impl Passed {
    fn took(&self) -> Duration {
        self.came.duration_since(self.sent).unwrap()
    }
}

/// Two friends online, each with an agent and a client at its gateway.
struct Two {
    clients: [Attached; 2],
    /// Alice's and bob's; they end before their homes are gone.
    agents: [Running; 2],
    _people: People,
}

impl Two {
    fn start(program: &std::path::Path, network: &str) -> Self {
        let people = People::by(program, &["--gateway", "--network", network]);
        let ends = [&people.alice, &people.bob].map(|account| {
            let port = free_port();
            account.configure(&[
                (
                    "#listen = [\"unix\", \"127.0.0.1:6667\"]\n",
                    &format!("listen = [\"unix\", \"127.0.0.1:{port}\"]\n"),
                ),
                (
                    "\ntls = false\n",
                    "\ntls = false\nflood = { burst = 1000, per_second = 1000.0 }\n",
                ),
            ]);
            let password = account.ok(&["-q", "device", "add", "laptop"]);
            (port, ("laptop".to_owned(), password.trim().to_owned()))
        });
        let agents = [people.alice.agent(), people.bob.agent()];
        for (port, _) in &ends {
            until_listening("the gateway", *port);
        }
        let postman = people.post.postman(&[&people.alice, &people.bob]);
        people.alice.until_friend("bob", "presence", "online", 90);
        people.bob.until_friend("alice", "presence", "online", 90);
        drop(postman);
        let clients = ends.map(|(port, device)| Attached::new(port, &device, CAPS));
        Self {
            clients,
            agents,
            _people: people,
        }
    }

    /// Types a line in alice's client until bob's shows it.
    fn pass(&mut self, words: &str) -> Passed {
        let [from, to] = &mut self.clients;
        let line = format!("PRIVMSG bob :{words}\r\n");
        let sent = SystemTime::now();
        from.send(&line);
        let came = to.until(|line| line.ends_with(words));
        Passed { sent, came }
    }
}

/// Two clients of the server with nothing in between.
struct Bare {
    one: TcpStream,
    two: super::reading::Reading,
    _keep: [TcpStream; 2],
}

impl Bare {
    fn new(server: &Network) -> Self {
        let [one, two] = ["bareone", "baretwo"].map(|nick| registered(server, nick));
        Self {
            one: one.try_clone().unwrap(),
            two: super::reading::Reading::new(&two),
            _keep: [one, two],
        }
    }

    fn pass(&mut self, words: &str) -> Duration {
        let line = format!("PRIVMSG baretwo :{words}\r\n");
        let sent = SystemTime::now();
        self.one.write_all(line.as_bytes()).unwrap();
        while !self.two.line().ends_with(words) {}
        self.two.came.duration_since(sent).unwrap()
    }
}

fn registered(server: &Network, nick: &str) -> TcpStream {
    let stream = TcpStream::connect(("127.0.0.1", server.port())).unwrap();
    stream.set_nodelay(true).unwrap();
    let hello = format!("NICK {nick}\r\nUSER {nick} 0 * :{nick}\r\n");
    (&stream).write_all(hello.as_bytes()).unwrap();
    let mut lines = BufReader::with_capacity(1, stream.try_clone().unwrap());
    let mut line = String::new();
    while !line.contains(" 376 ") && !line.contains(" 422 ") {
        line.clear();
        let read = lines.read_line(&mut line).unwrap();
        assert!(read > 0, "the server hung up");
        if let Some(token) = line.strip_prefix("PING ") {
            (&stream)
                .write_all(format!("PONG {token}").as_bytes())
                .unwrap();
        }
    }
    stream
}

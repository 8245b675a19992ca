//! The gateway: a text from the network to a client, bursts, attaching, pages of history, memory and start.

mod burst;
mod parts;
mod relay;

use std::net::TcpStream;
use std::process::Stdio;
use std::time::{Duration, Instant};

use rusqlite::{Connection, params};

use super::attached::Attached;
use super::crowd::Crowd;
use super::database::DATABASE;
use super::figure;
use super::irc::Network;
use super::pairs::{median, memory};
use super::people::People;
use super::support::account::Account;
use super::support::process::{Running, free_port, until_listening};

pub use burst::{from_the_network, from_the_store};
pub use parts::latency;

/// Alice with friends and two networks, and an agent with a gateway for two devices.
struct Scene {
    /// Ends before its home is gone.
    agent: Option<Running>,
    people: People,
    networks: [Network; 2],
    port: u16,
    devices: [(String, String); 2],
}

/// What clients ask for that use all of it.
const CAPS: &str = "message-tags server-time batch account-tag labeled-response draft/chathistory";
/// What clients ask for that cannot ask for history themselves: they get a replay.
const OLD_CAPS: &str = "message-tags server-time";

impl Scene {
    /// Everything but the agent.
    fn new(friends: usize) -> Self {
        let networks = ["one", "two"].map(Network::start);
        let [one, two] = networks.each_ref().map(Network::url);
        let people = People::new(&["--gateway", "--network", &one, "--network", &two]);
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
        let devices = ["laptop", "phone"].map(|name| {
            let password = people.alice.ok(&["-q", "device", "add", name]);
            (name.to_owned(), password.trim().to_owned())
        });
        Self {
            people,
            networks,
            port,
            devices,
            agent: None,
        }
    }

    /// The agent starts; `loud` is `-v` for a log of each step.
    fn start(&mut self, loud: &[&str]) {
        let mut command = self.people.alice.command("/usr/bin/setpriv");
        command.args(["--pdeathsig", "TERM", "--"]);
        command.arg(&self.people.alice.program).args(loud);
        let log = self.people.alice.home.join("agent.log");
        self.agent = Some(Running::start("the agent", command.arg("agent"), &log));
        until_listening("the gateway", self.port);
    }

    /// All friends come to the first network, and are shown.
    fn crowd(&self) -> Crowd {
        let mut crowd = Crowd::of(&self.people, &self.networks[0], false);
        crowd.come(&self.networks[0]);
        let mut shown = self.attach(0, CAPS).shown;
        let deadline = Instant::now() + Duration::from_secs(30);
        while shown < crowd.size() {
            assert!(Instant::now() < deadline, "only {shown} friends are shown");
            std::thread::sleep(Duration::from_millis(200));
            shown = self.attach(0, CAPS).shown;
        }
        crowd
    }

    fn attach(&self, device: usize, caps: &str) -> Attached {
        Attached::new(self.port, &self.devices[device], caps)
    }

    fn memory(&self, key: &str) -> f64 {
        memory(self.agent.as_ref().unwrap().id(), key)
    }

    /// How often the agent, started with `-v`, has committed what it heard.
    fn commits(&self) -> f64 {
        let log = self.agent.as_ref().unwrap().log();
        let commits = log
            .lines()
            .filter(|line| line.contains(" committed status="))
            .count();
        f64::from(u32::try_from(commits).unwrap())
    }

    /// From now on `VmHWM` is the most memory since now.
    fn forget_peak(&self) {
        let pid = self.agent.as_ref().unwrap().id();
        std::fs::write(format!("/proc/{pid}/clear_refs"), "5").unwrap();
    }

    fn database(&self) -> Connection {
        Connection::open(self.people.alice.home.join(DATABASE)).unwrap()
    }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

pub fn attach_memory_start() {
    let mut scene = Scene::new(100);
    let starts = (0..20).map(|_| {
        let took = start(&scene.people.alice, scene.port);
        std::thread::sleep(Duration::from_millis(50));
        took
    });
    let started = median(starts);
    figure(
        "exec iim agent until connect(), median",
        milliseconds(started),
        " ms",
        Some(15.0),
        false,
    );
    scene.start(&[]);
    let crowd = scene.crowd();
    let attaches: Vec<Duration> = (0..100).map(|_| scene.attach(0, CAPS).took).collect();
    figure(
        &format!("connect until {} friends are shown, median", crowd.size()),
        milliseconds(median(attaches.into_iter())),
        " ms",
        Some(2.0),
        false,
    );
    let _attached = [scene.attach(0, CAPS), scene.attach(1, OLD_CAPS)];
    std::thread::sleep(Duration::from_secs(5));
    figure(
        "memory, 100 friends, two networks, two devices",
        scene.memory("VmRSS:"),
        " MB",
        Some(14.0),
        false,
    );
}

/// One start of an agent, until its gateway listens, and its end.
pub fn start(account: &Account, port: u16) -> Duration {
    let mut command = account.command(&account.program);
    command.arg("agent").stderr(Stdio::null());
    let begun = Instant::now();
    let mut child = command.spawn().unwrap();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        std::thread::sleep(Duration::from_micros(100));
    }
    let took = begun.elapsed();
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    assert!(child.wait().unwrap().success());
    took
}

pub fn history() {
    let mut scene = Scene::new(1);
    fill(&scene.database(), 1_000_000, "read");
    scene.start(&[]);
    let mut client = scene.attach(0, CAPS);
    let at = |n: u64| format!("timestamp={}", timestamp(n));
    for (place, command) in [
        (
            "first",
            Box::new(|_| format!("AFTER bob {} 100", at(0))) as Box<dyn Fn(u64) -> String>,
        ),
        (
            "middle",
            Box::new(|n| format!("BEFORE bob {} 100", at(300_000 + n * 7919))),
        ),
        ("last", Box::new(|_| "LATEST bob * 100".to_owned())),
    ] {
        let times = (0..50).map(|n| {
            let mut texts = 0;
            let took = client.ask(&format!("CHATHISTORY {}\r\n", command(n)), |line| {
                texts += usize::from(line.contains(" PRIVMSG "));
                line.contains(" BATCH -")
            });
            assert_eq!(texts, 100, "a whole page");
            took
        });
        figure(
            &format!("CHATHISTORY, {place} page of 100, median"),
            milliseconds(median(times)),
            " ms",
            Some(3.0),
            false,
        );
    }
}

/// Texts with bob, one each second, every third alice's own, put there at once; `state` is `delivered` or `read`.
pub fn fill(database: &Connection, count: u32, state: &str) {
    database
        .execute_batch("PRAGMA synchronous = OFF; PRAGMA cache_size = -200000")
        .unwrap();
    let sql = "INSERT INTO message (conversation, author, id, sent, arrival, text, state, via, attempts, mailed_at,
                   acknowledged_read, notice)
               WITH RECURSIVE n (x) AS (SELECT 0 UNION ALL SELECT x + 1 FROM n WHERE x + 1 < ?1)
               SELECT conversation.id, iif(x % 3 = 2, 0, contact.id),
                   CAST(printf('%016d', x) AS BLOB), ?2 + x * 1000, ?2 + x * 1000, 'text ' || x || ?3, ?4, 'irc',
                   1, 0, 0, 0
               FROM n, contact JOIN conversation ON conversation.contact = contact.id
               WHERE contact.address = 'bob@example.net'";
    let text = " of a long friendship, about sixty bytes";
    database
        .execute(
            sql,
            params![count, i64::try_from(START).unwrap(), text, state],
        )
        .unwrap();
}

/// The time of a text, as IRC has it.
fn timestamp(n: u64) -> String {
    let ms = i64::try_from(START + n * 1000).unwrap();
    jiff::Timestamp::from_millisecond(ms)
        .unwrap()
        .strftime("%Y-%m-%dT%H:%M:%S.%3fZ")
        .to_string()
}

/// 2026-01-01T00:00:00Z, in ms.
const START: u64 = 1_767_225_600_000;

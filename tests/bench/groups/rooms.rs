//! Rooms: what a text to nine others takes beside one to a friend, and what rooms weigh in the agent. Ten agents on a real server.

use std::io::{BufRead as _, BufReader, Lines};
use std::process::{Child, ChildStdout, Stdio};
use std::sync::mpsc::Receiver;
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};

use serde_json::Value;

use crate::attached::Attached;
use crate::figure;
use crate::pairs::{median, memory};
use crate::people::program;
use crate::support::account::{Account, Place};
use crate::support::handshake::befriend;
use crate::support::mails::Way;
use crate::support::net::{Kind, Network};
use crate::support::post::{Post, Postman};
use crate::support::process::{Running, free_port, try_until, until_listening};
use crate::support::proxy::{Part, Proxy};
use crate::support::recipes::install_procmail;

const NAMES: [&str; 10] = [
    "alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi", "ivan", "judy",
];
const CAPS: &str = "message-tags server-time batch account-tag labeled-response";
const ROUNDS: usize = 100;
/// After each text to one a receipt goes back; the next is not to wait for that.
const PAUSE: Duration = Duration::from_millis(60);
/// What a text to nine may take, times that to one.
const RATIO: f64 = 3.0;
/// From one receipt of somebody in a room to their next.
const BETWEEN_RECEIPTS: Duration = Duration::from_secs(11);

/// A line typed in one client until it stands in the ninth other's, how many lines that is, and when all have said that it came.
pub fn text() {
    let ten = Ten::new();
    ten.found("climbing");
    ten.until_in("climbing");
    let mut clients: Vec<Attached> = ten.devices.iter().map(attach).collect();
    for client in &mut clients {
        client.send("JOIN #climbing\r\nPING :joined\r\n");
        client.until(|line| line.contains("PONG") && line.ends_with("joined"));
    }
    let written = ten.wire.listen();
    let (mut one, mut nine) = (Vec::new(), Vec::new());
    for number in 0..ROUNDS {
        sleep(PAUSE);
        one.push(pass(&mut clients[..2], "bob", number));
        sleep(PAUSE);
        nine.push(pass(&mut clients, "#climbing", number));
    }
    let (one, nine) = (median(one.into_iter()), median(nine.into_iter()));
    let milliseconds = |time: Duration| time.as_secs_f64() * 1e3;
    let show = |what: &str, value: f64, unit: &str, limit| figure(what, value, unit, limit, false);
    show(
        "from client to a friend's client, median",
        milliseconds(one),
        " ms",
        None,
    );
    show(
        "from client to the ninth other's in a room, median",
        milliseconds(nine),
        " ms",
        None,
    );
    let ratio = nine.as_secs_f64() / one.as_secs_f64();
    show("  ratio", ratio, "", Some(RATIO));
    #[allow(clippy::cast_precision_loss, reason = "a few")]
    let lines = lines_to_channels(&written) as f64 / ROUNDS as f64;
    show("  lines of the sender for each text", lines, "", Some(1.0));
    let mut watch = Watch::of(&ten.people[0]);
    // Those of the last texts are told.
    sleep(BETWEEN_RECEIPTS);
    let receipts = (0..10).map(|number| {
        sleep(BETWEEN_RECEIPTS);
        let begun = Instant::now();
        pass(&mut clients, "#climbing", ROUNDS + number);
        let said = ten.people[0].texts("#climbing").pop().unwrap();
        watch.until_delivered(&said["id"], 9);
        begun.elapsed()
    });
    let receipts: Vec<Duration> = receipts.collect();
    let worst = receipts.iter().max().unwrap().as_secs_f64();
    let usual = median(receipts.into_iter()).as_secs_f64();
    show(
        "until all nine have said that it came, median",
        usual,
        " s",
        None,
    );
    show("  the longest of ten", worst, " s", Some(4.0));
}

/// The agent with 20 groups of 10, whose rooms it is in with all others, against the same agent before.
pub fn idle() {
    let mut ten = Ten::new();
    sleep(Duration::from_secs(20));
    let without = memory(ten.agents[0].id(), "VmRSS:");
    let names: Vec<String> = (0..20).map(|number| format!("group {number}")).collect();
    for name in &names {
        ten.found(name);
    }
    assert!(ten.agents[0].stop());
    ten.agents[0] = ten.people[0].agent();
    for name in &names {
        ten.until_in(name);
    }
    for name in &names {
        ten.people[0].ok(&["say", &format!("#{name}"), "hello"]);
    }
    sleep(Duration::from_secs(20));
    let with = memory(ten.agents[0].id(), "VmRSS:");
    figure(
        "iim agent: memory without groups",
        without,
        " MB",
        None,
        false,
    );
    let more = with - without;
    figure(
        "  in the rooms of 20 groups of 10: more",
        more,
        " MB",
        Some(4.0),
        false,
    );
}

/// Ten people with agents on one server; alice's lines to it are seen.
struct Ten {
    // Ended in this order.
    agents: Vec<Running>,
    _postman: Postman,
    devices: Vec<Device>,
    people: Vec<Account>,
    wire: Proxy,
    _server: Network,
    _place: Place,
}

/// Where a client attaches, and as what.
struct Device {
    port: u16,
    login: (String, String),
}

impl Ten {
    fn new() -> Self {
        let (place, server) = (Place::new(), Network::start(Kind::RelaxedInspircd, "one"));
        let post = Post::new(&place);
        let wire = Proxy::start(server.port());
        let settle = |name: &&str| settle(&place, &post, &server, name);
        let people: Vec<Account> = NAMES.iter().map(settle).collect();
        // By the second server all know that it is one network.
        let at = |port: u16| format!("\"127.0.0.1:{port}\"");
        let (straight, seen) = (at(server.port()), at(wire.port));
        people[0].configure(&[(&straight, &format!("{seen}, {straight}"))]);
        for other in &people[1..] {
            befriend(&post, Way::Procmail, other, &people[0]);
        }
        let devices: Vec<Device> = people.iter().map(device).collect();
        let agents: Vec<Running> = people.iter().map(Account::agent).collect();
        for device in &devices {
            until_listening("the gateway", device.port);
        }
        let ten = Self {
            agents,
            _postman: post.postman(&people.iter().collect::<Vec<_>>()),
            devices,
            people,
            wire,
            _server: server,
            _place: place,
        };
        for other in &NAMES[1..] {
            ten.people[0].until_friend(other, "presence", "online", 180);
        }
        ten.people[1].until_friend("alice", "presence", "online", 180);
        ten
    }

    /// Alice founds a group, and all come into it, who let the others see them.
    fn found(&self, name: &str) {
        let group = format!("#{name}");
        let mut new = vec!["group", "new", &group];
        new.extend(&NAMES[1..]);
        self.people[0].ok(&new);
        self.people[0].ok(&["group", "show", &group, "--show"]);
        for person in &self.people[1..] {
            try_until("to be asked", 60, || {
                let out = person.iim(&["group", "accept", &group, "--show"]);
                (out.code == Some(0)).then_some(()).ok_or(out.errors())
            });
        }
        try_until("all to be in", 60, || {
            let members = self.shown(0, name)["members"].clone();
            (members == 10).then_some(()).ok_or(members.to_string())
        });
    }

    /// Waits until all see all others in the room.
    fn until_in(&self, name: &str) {
        for (number, person) in self.people.iter().enumerate() {
            try_until("all to be in the room", 400, || {
                let shown = self.shown(number, name);
                match shown["there"].as_array().map(Vec::len) {
                    Some(9) => Ok(()),
                    other => Err(format!("{}: {other:?}", person.name)),
                }
            });
        }
    }

    /// `iim group show --json` of one of the people.
    fn shown(&self, number: usize, name: &str) -> Value {
        let group = format!("#{name}");
        let shown = self.people[number].ok(&["group", "show", &group, "--json"]);
        serde_json::from_str(&shown).unwrap()
    }
}

fn settle(place: &Place, post: &Post, server: &Network, name: &str) -> Account {
    let mut account = Account::new(place, &format!("{name}@example.org"));
    account.program = program();
    install_procmail(&account, "iim.rc", "");
    let url = server.url();
    account.setup(&["--sendmail", &post.sendmail, "--gateway", "--network", &url]);
    account.configure(&[(
        "\ntls = false\n",
        "\ntls = false\nflood = { burst = 1000, per_second = 1000.0 }\n",
    )]);
    account
}

fn device(account: &Account) -> Device {
    let port = free_port();
    account.configure(&[(
        "#listen = [\"unix\", \"127.0.0.1:6667\"]\n",
        &format!("listen = [\"unix\", \"127.0.0.1:{port}\"]\n"),
    )]);
    let password = account.ok(&["-q", "device", "add", "laptop"]);
    let login = ("laptop".to_owned(), password.trim().to_owned());
    Device { port, login }
}

fn attach(device: &Device) -> Attached {
    Attached::new(device.port, &device.login, CAPS)
}

/// Types a line in the first client until all others show it.
fn pass(clients: &mut [Attached], to: &str, number: usize) -> Duration {
    // One line in a room under any host.
    let words = format!("text {number:06} to {to}, in one line");
    let (from, others) = clients.split_first_mut().unwrap();
    let sent = SystemTime::now();
    from.send(&format!("PRIVMSG {to} :{words}\r\n"));
    let shown = others
        .iter_mut()
        .map(|other| other.until(|line| line.ends_with(&words)));
    shown.max().unwrap().duration_since(sent).unwrap()
}

/// How many lines were written to a channel since it was listened.
fn lines_to_channels(written: &Receiver<Part>) -> usize {
    let parts = written.try_iter().filter(|part| part.from_client);
    let lines = |part: Part| {
        String::from_utf8_lossy(&part.bytes)
            .matches("PRIVMSG #")
            .count()
    };
    parts.map(lines).sum()
}

/// `iim watch`.
struct Watch {
    child: Child,
    events: Lines<BufReader<ChildStdout>>,
}

impl Watch {
    fn of(account: &Account) -> Self {
        let mut child = account
            .command(&account.program)
            .args(["watch", "--json"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let events = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, events }
    }

    /// Waits until so many have a text.
    fn until_delivered(&mut self, id: &Value, to: u64) {
        let delivered = |line: String| {
            let event: Value = serde_json::from_str(&line).unwrap();
            event["id"] == *id && event["delivered"].as_u64() == Some(to)
        };
        let found = self.events.by_ref().any(|line| delivered(line.unwrap()));
        assert!(found, "watch ended");
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

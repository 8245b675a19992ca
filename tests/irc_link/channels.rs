//! Channels on real servers: coming in unseen, hearing one another, and how it ends.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use iim::edge::config::{Flood, Network};
use iim::edge::irc::{KICKED, LinkEvent, NOT_SENT, NetworkSettings, Order};

use crate::ircd::{self, Bare, Hybrid, Inspircd, Ircd, Ngircd};
use crate::person::Person;
use crate::plain;

const ROOM: &str = "#k7mq2x9a1b3c";
const KEY: &str = "p0o9i8u7y6t5";

#[tokio::test]
async fn a_channel_on_ngircd() {
    if ircd::available("ngircd") {
        a_stay(&Ngircd::relaxed().start()).await;
    }
}

#[tokio::test]
async fn a_channel_on_inspircd() {
    if ircd::available("inspircd") {
        a_stay(&Inspircd::relaxed().start()).await;
    }
}

#[tokio::test]
async fn a_channel_on_hybrid() {
    if Hybrid::available("a_channel_on_hybrid") {
        a_stay(&Hybrid::relaxed().start()).await;
    }
}

/// Alice and Bob hear one another, and see Carol come under one nick and go under another.
async fn a_stay(server: &Ircd) {
    taken_over(server).await;
    let (mut alice, mut bob) = (member(server, "alice").await, member(server, "bob").await);
    assert_eq!(alice.enters().await, names(&[]));
    bob.link.order(enter(ROOM, "wrong")).unwrap();
    bob.told(shut(475)).await;
    bob.say(1, "not yet");
    bob.told(undeliverable(1, NOT_SENT)).await;
    assert_eq!(bob.enters().await, names(&["alice"]));
    alice.told(came("bob")).await;
    alice.say(1, "hello");
    assert_eq!(bob.hears().await, ("alice".to_owned(), "hello".to_owned()));
    bob.say(2, "hi");
    assert_eq!(alice.hears().await, ("bob".to_owned(), "hi".to_owned()));

    let mut carol = Bare::on(server, "carol");
    carol.says(&format!("JOIN {ROOM} {KEY}\r\nNICK dora"));
    for who in [&mut alice, &mut bob] {
        who.told(came("carol")).await;
        who.told(gone("carol")).await;
        who.told(came("dora")).await;
    }
    carol.says(&format!(
        "NOTICE {ROOM} :a\r\nPRIVMSG {ROOM} :\u{1}VERSION\u{1}\r\nPRIVMSG {ROOM} :heard"
    ));
    assert_eq!(bob.hears().await, ("dora".to_owned(), "heard".to_owned()));
    carol.quits();
    alice.told(gone("dora")).await;
    bob.told(gone("dora")).await;

    alice.link.order(Order::Part(ROOM.into())).unwrap();
    bob.told(gone("alice")).await;
    assert_eq!(alice.enters().await, names(&["bob"]));
    bob.link.order(Order::Leave).unwrap();
    alice.told(gone("bob")).await;
}

/// Whoever had the channel first is its operator: they silence everybody, throw all out, and keep them out.
async fn taken_over(server: &Ircd) {
    let mut mallory = Bare::on(server, "mallory");
    mallory.says(&format!("JOIN {ROOM}\r\nMODE {ROOM} +k {KEY}"));
    mallory.until(&[KEY]);
    let mut amy = member(server, "amy").await;
    assert_eq!(amy.enters().await, names(&["mallory"]));
    mallory.says(&format!("MODE {ROOM} +m"));
    mallory.until(&["+m"]);
    amy.say(1, "can you hear me?");
    amy.told(undeliverable(1, 404)).await;
    amy.told(shut(404)).await;
    amy.link.order(Order::Part(ROOM.into())).unwrap();
    assert_eq!(amy.enters().await, names(&["mallory"]));
    mallory.says(&format!("MODE {ROOM} +b *!*@*\r\nKICK {ROOM} amy :out"));
    amy.told(shut(KICKED)).await;
    amy.link.order(enter(ROOM, KEY)).unwrap();
    amy.told(shut(474)).await;
    mallory.quits();
}

/// Whoever is on the other side has quit.
#[tokio::test]
async fn those_behind_a_split_are_gone() {
    if !ircd::available("ngircd") {
        return;
    }
    let mut far = Ngircd::linked("far.test.invalid", "near.test.invalid", None).start();
    let near = Ngircd::linked("near.test.invalid", "far.test.invalid", Some(far.port)).start();
    let mut looker = Bare::on(&near, "olly");
    while !looker.asks("LINKS").contains("far.test.invalid") {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let (mut alice, mut bob) = (member(&near, "alice").await, member(&far, "bob").await);
    alice.enters().await;
    assert_eq!(bob.enters().await, names(&["alice"]));
    alice.told(came("bob")).await;
    far.kill();
    alice.told(gone("bob")).await;
}

/// What an outsider sees while a member comes in twenty times.
#[tokio::test]
async fn nobody_outside_sees_a_channel_on_ngircd() {
    if ircd::available("ngircd") {
        looked_for(&Ngircd::relaxed().start()).await;
    }
}

#[tokio::test]
async fn nobody_outside_sees_a_channel_on_inspircd() {
    if long() && ircd::available("inspircd") {
        looked_for(&Inspircd::relaxed().start()).await;
    }
}

#[tokio::test]
async fn nobody_outside_sees_a_channel_on_hybrid() {
    let test = "nobody_outside_sees_a_channel_on_hybrid";
    if long() && Hybrid::available(test) {
        looked_for(&Hybrid::relaxed().start()).await;
    }
}

async fn looked_for(server: &Ircd) {
    let mut alice = member(server, "alice").await;
    let outsider = Outsider::on(server);
    let mut eve = Bare::on(server, "eve");
    for n in 0..20 {
        let room = format!("#hidden{n}");
        alice.link.order(enter(&room, KEY)).unwrap();
        alice.until("Entered", entered).await;
        outsider.looks_anew().await;
        let answers = eve.asks(&format!(
            "JOIN {room}\r\nMODE {room}\r\nNAMES {room}\r\nWHO {room}"
        ));
        assert!(answers.contains(" 475 "), "{answers}");
        assert!(
            !answers.contains("alice") && !answers.contains(KEY),
            "{answers}"
        );
        alice.link.order(Order::Part(room)).unwrap();
    }
    let seen = outsider.ends();
    assert_eq!(seen, Vec::<String>::new());
}

/// ngircd takes three lines at once and pauses for a second: a JOIN that is the third would be seen until MODE is read.
#[tokio::test]
async fn nor_where_lines_are_taken_three_by_three() {
    if !ircd::available("ngircd") {
        return;
    }
    let limited = Ngircd {
        nicklen: 30,
        ..Ngircd::default()
    };
    let server = limited.start();
    let flood = Flood {
        burst: 4,
        per_second: 4.0,
    };
    let settings = Network {
        flood,
        ..plain(&server)
    };
    let mut alice = Person::on(settings, "alice").await;
    let mut eve = Bare::on(&server, "eve");
    for n in 0..3 {
        // Their tokens are all there again, and the server has forgotten what they wrote.
        tokio::time::sleep(Duration::from_secs(3)).await;
        let room = format!("#hidden{n}");
        alice.send(n, "eve", &["a", "b"]);
        alice.link.order(enter(&room, KEY)).unwrap();
        alice.until("Entered", entered).await;
        let answers = eve.asks("WHOIS alice");
        assert!(!answers.contains(&room), "{answers}");
    }
}

/// Somebody who looks for channels as fast as the server answers.
struct Outsider {
    done: Arc<AtomicBool>,
    looks: Arc<AtomicUsize>,
    looking: JoinHandle<Vec<String>>,
}

impl Outsider {
    fn on(server: &Ircd) -> Self {
        let mut olly = Bare::on(server, "olly");
        let (done, looks) = (Arc::<AtomicBool>::default(), Arc::<AtomicUsize>::default());
        let (end, count) = (Arc::clone(&done), Arc::clone(&looks));
        let looking = std::thread::spawn(move || {
            let mut seen = Vec::new();
            while !end.load(Ordering::Relaxed) {
                let answers = olly.asks("LIST\r\nNAMES\r\nWHO *\r\nWHOIS alice");
                let lines = answers.lines().filter(|line| line.contains("#hidden"));
                seen.extend(lines.map(ToOwned::to_owned));
                count.fetch_add(1, Ordering::Relaxed);
            }
            seen
        });
        Self {
            done,
            looks,
            looking,
        }
    }

    /// They have looked once more, from the beginning.
    async fn looks_anew(&self) {
        let now = self.looks.load(Ordering::Relaxed);
        while self.looks.load(Ordering::Relaxed) < now + 2 && !self.looking.is_finished() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// What they saw of channels.
    fn ends(self) -> Vec<String> {
        self.done.store(true, Ordering::Relaxed);
        self.looking.join().unwrap()
    }
}

impl Person {
    /// Comes into the room; gives who is there.
    async fn enters(&mut self) -> BTreeSet<String> {
        self.link.order(enter(ROOM, KEY)).unwrap();
        let is = |news: &LinkEvent| match news {
            LinkEvent::Entered { channel, nicks } if channel == ROOM => Some(nicks.clone()),
            _ => None,
        };
        self.until("Entered", is).await
    }

    fn say(&self, ticket: u64, text: &str) {
        self.send(ticket, ROOM, &[text]);
    }

    /// The next line of the room: whose, and what it says.
    async fn hears(&mut self) -> (String, String) {
        let is = |news: &LinkEvent| match news {
            LinkEvent::Heard {
                channel,
                from,
                text,
            } if channel == ROOM => Some((from.clone(), text.clone())),
            _ => None,
        };
        self.until("Heard", is).await
    }
}

/// Somebody whose lines need not wait for tokens.
async fn member(server: &Ircd, nick: &str) -> Person {
    Person::on(hasty(server), nick).await
}

fn hasty(server: &Ircd) -> NetworkSettings {
    let flood = Flood {
        burst: 100,
        per_second: 100.0,
    };
    Network {
        flood,
        ..plain(server)
    }
}

fn entered(news: &LinkEvent) -> Option<()> {
    matches!(news, LinkEvent::Entered { .. }).then_some(())
}

fn enter(channel: &str, key: &str) -> Order {
    Order::Enter {
        channel: channel.to_owned(),
        key: key.to_owned(),
    }
}

fn names(nicks: &[&str]) -> BTreeSet<String> {
    nicks.iter().map(|nick| (*nick).to_owned()).collect()
}

fn came(nick: &str) -> LinkEvent {
    let (channel, nick) = (ROOM.to_owned(), nick.to_owned());
    LinkEvent::Came { channel, nick }
}

fn gone(nick: &str) -> LinkEvent {
    let (channel, nick) = (ROOM.to_owned(), nick.to_owned());
    LinkEvent::Gone { channel, nick }
}

fn shut(numeric: u16) -> LinkEvent {
    let channel = ROOM.to_owned();
    LinkEvent::Shut { channel, numeric }
}

fn undeliverable(ticket: u64, numeric: u16) -> LinkEvent {
    LinkEvent::Undeliverable {
        ticket: Some(ticket),
        nick: ROOM.to_owned(),
        numeric,
    }
}

fn long() -> bool {
    std::env::var_os("IIM_TESTS_LONG").is_some()
}

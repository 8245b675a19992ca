//! The IRC link against real servers: an ngircd that knows nothing of MONITOR, and an InspIRCd with IRCv3.

#![allow(
    missing_docs,
    unreachable_pub,
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::wildcard_enum_match_arm,
    reason = "tests"
)]

#[path = "support/ircd.rs"]
mod ircd;
#[path = "support/port.rs"]
mod port;

use std::collections::BTreeSet;
use std::time::Duration;

use iim::edge::irc::{Flood, Hidden, Link, NetworkSettings, News, Order, Sasl, ServerAddress, Tls};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, timeout_at};

use ircd::{Inspircd, Ircd, Ngircd};

/// A link under test, and what it told and nobody asked for yet.
struct Person {
    link: Link,
    news: mpsc::Receiver<News>,
    told: Vec<News>,
}

impl Person {
    fn new(settings: NetworkSettings) -> Self {
        let (link, news) = Link::spawn(settings, rand::make_rng());
        Self {
            link,
            news,
            told: Vec::new(),
        }
    }

    /// Somebody on the network under this nick.
    async fn on(settings: NetworkSettings, nick: &str) -> Self {
        let mut person = Self::new(settings);
        person.connect(nick);
        person.registered().await;
        person
    }

    fn connect(&self, nick: &str) {
        let nick = nick.to_owned();
        self.link.order(Order::Connect { nick }).unwrap();
    }

    fn watch(&self, nicks: &[&str]) {
        let nicks: BTreeSet<String> = nicks.iter().map(|n| (*n).to_owned()).collect();
        self.link.order(Order::Watch(nicks)).unwrap();
    }

    fn send(&self, ticket: u64, to: &str, texts: &[&str]) {
        self.link
            .order(Order::Send {
                ticket,
                to: to.to_owned(),
                texts: texts.iter().map(|t| (*t).to_owned()).collect(),
            })
            .unwrap();
    }

    /// The next news of which `take` makes something; what it passes over is forgotten but for failures' messages.
    async fn until<T>(&mut self, what: &str, mut take: impl FnMut(&News) -> Option<T>) -> T {
        let end = Instant::now() + Duration::from_secs(60);
        loop {
            let Ok(Some(news)) = timeout_at(end, self.news.recv()).await else {
                panic!("no {what}, but {:#?}", self.told);
            };
            if let Some(got) = take(&news) {
                return got;
            }
            self.told.push(news);
        }
    }

    async fn registered(&mut self) -> News {
        let is = |n: &News| matches!(n, News::Registered { .. }).then(|| n.clone());
        self.until("Registered", is).await
    }

    async fn told(&mut self, wanted: News) {
        let what = format!("{wanted:?}");
        self.until(&what, |n| (*n == wanted).then_some(())).await;
    }

    async fn text(&mut self) -> (String, String) {
        let is = |n: &News| match n {
            News::Message { from, text } => Some((from.clone(), text.clone())),
            _ => None,
        };
        self.until("Message", is).await
    }

    async fn lost(&mut self) -> String {
        let is = |n: &News| match n {
            News::Lost { reason, .. } => Some(reason.clone()),
            _ => None,
        };
        self.until("Lost", is).await
    }

    /// Nothing more is told for a while.
    async fn silence(&mut self, millis: u64, unlike: impl Fn(&News) -> bool) {
        let end = Instant::now() + Duration::from_millis(millis);
        while let Ok(Some(news)) = timeout_at(end, self.news.recv()).await {
            assert!(!unlike(&news), "{news:?}");
        }
    }
}

fn plain(server: &Ircd) -> NetworkSettings {
    let address = ServerAddress {
        host: "127.0.0.1".into(),
        port: server.port,
    };
    NetworkSettings {
        tls: Tls::Off,
        poll: Duration::from_secs(1),
        ..NetworkSettings::new("test", vec![address])
    }
}

fn over_tls(server: &Ircd) -> NetworkSettings {
    let address = ServerAddress {
        host: "localhost".into(),
        port: server.tls_port().unwrap(),
    };
    NetworkSettings {
        tls: Tls::Ca(server.ca().unwrap()),
        ..NetworkSettings::new("test", vec![address])
    }
}

fn up(nick: &str) -> News {
    News::Up { nick: nick.into() }
}

fn down(nick: &str) -> News {
    News::Down { nick: nick.into() }
}

fn seconds_off(server: u64) -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.unwrap().as_secs().abs_diff(server)
}

/// A conversation as it should be on every server.
async fn people_see_and_hear_each_other(settings: &NetworkSettings) {
    let mut alice = Person::new(settings.clone());
    alice.watch(&["bob000000", "Carol"]);
    alice.connect("alice0000");
    alice.registered().await;
    alice.told(down("bob000000")).await;
    alice.told(down("Carol")).await;
    let mut bob = Person::on(settings.clone(), "bob000000").await;
    alice.told(up("bob000000")).await;
    alice.send(7, "bob000000", &["one", "two", ":three"]);
    for text in ["one", "two", ":three"] {
        assert_eq!(bob.text().await, ("alice0000".to_owned(), text.to_owned()));
    }
    alice.told(News::Written { ticket: 7 }).await;
    alice.told(News::Room).await;
    alice.send(8, "nobody000", &["a", "b"]);
    let refused = News::Undeliverable {
        ticket: Some(8),
        nick: "nobody000".into(),
        numeric: 401,
    };
    alice.told(refused).await;
    bob.link.order(Order::Leave).unwrap();
    bob.told(News::Left).await;
    alice.told(down("bob000000")).await;
}

#[tokio::test]
async fn on_ngircd_with_its_defaults() {
    if ircd::available("ngircd") {
        let server = Ngircd::default().start();
        people_see_and_hear_each_other(&plain(&server)).await;
    }
}

#[tokio::test]
async fn on_inspircd_with_its_defaults() {
    if ircd::available("inspircd") {
        let server = Inspircd::default().start();
        people_see_and_hear_each_other(&plain(&server)).await;
    }
}

#[tokio::test]
async fn on_inspircd_without_cap_and_monitor() {
    if ircd::available("inspircd") {
        let server = Inspircd {
            cap: false,
            monitor: None,
            ..Inspircd::default()
        };
        people_see_and_hear_each_other(&plain(&server.start())).await;
    }
}

#[tokio::test]
async fn on_inspircd_over_tls() {
    if ircd::available("inspircd") {
        let server = Inspircd {
            tls: true,
            ..Inspircd::default()
        };
        people_see_and_hear_each_other(&over_tls(&server.start())).await;
    }
}

#[tokio::test]
async fn a_certificate_of_nobody_we_trust_is_refused() {
    if !ircd::available("inspircd") {
        return;
    }
    let server = Inspircd {
        tls: true,
        ..Inspircd::default()
    }
    .start();
    let settings = NetworkSettings {
        tls: Tls::System,
        ..over_tls(&server)
    };
    let mut alice = Person::new(settings);
    alice.connect("alice");
    let reason = alice.lost().await;
    assert!(
        reason.starts_with("TLS: the certificate of localhost")
            && reason.contains("is signed by nobody whom this machine trusts"),
        "{reason}"
    );
}

#[tokio::test]
async fn servers_tell_what_they_are() {
    if !(ircd::available("ngircd") && ircd::available("inspircd")) {
        return;
    }
    let (ng, insp) = (Ngircd::default().start(), Inspircd::default().start());
    let mut alice = Person::new(plain(&ng));
    alice.connect("alice");
    let News::Registered {
        nick,
        server,
        room_prefix,
        linelen,
        network,
        nicklen,
        monitor,
        ..
    } = alice.registered().await
    else {
        unreachable!()
    };
    assert_eq!((nick.as_str(), server), ("alice", ng.address()));
    assert_eq!((linelen, nicklen, monitor), (512, Some(9), None));
    assert_eq!(network.as_deref(), Some("NgNet"));
    assert!(room_prefix >= "alice!~abcdefgh@127.0.0.1".len() && room_prefix < 90);
    let is = |n: &News| match n {
        News::ServerTime { at } => Some(*at),
        _ => None,
    };
    let at = alice.until("ServerTime", is).await;
    assert!(seconds_off(at) <= 60, "{at}");
    let mut bob = Person::new(plain(&insp));
    bob.connect("bob");
    let News::Registered {
        network,
        nicklen,
        monitor,
        server_time,
        ..
    } = bob.registered().await
    else {
        unreachable!()
    };
    assert_eq!((nicklen, monitor), (Some(30), Some(30)));
    assert_eq!(network.as_deref(), Some("InspNet"));
    assert!(seconds_off(server_time.unwrap()) <= 60);
}

#[tokio::test]
async fn a_nick_that_is_taken_or_too_long() {
    if !ircd::available("ngircd") {
        return;
    }
    let server = Ngircd::default().start();
    let _alice = Person::on(plain(&server), "alice").await;
    let mut ghost = Person::new(plain(&server));
    ghost.connect("alice");
    ghost.told(News::NickInUse).await;
    let mut long = Person::new(plain(&server));
    long.connect("abcdefghij");
    let is = |n: &News| matches!(n, News::NickRejected { .. }).then_some(());
    long.until("NickRejected", is).await;
}

#[tokio::test]
async fn a_password_is_asked_for() {
    if !ircd::available("ngircd") {
        return;
    }
    let server = Ngircd {
        password: Some("open".into()),
        ..Ngircd::default()
    }
    .start();
    for (password, enters) in [("open", true), ("shut", false)] {
        let settings = NetworkSettings {
            server_password: Some(Hidden(password.into())),
            ..plain(&server)
        };
        let mut alice = Person::new(settings);
        alice.connect("alice");
        if enters {
            alice.registered().await;
            alice.link.order(Order::Leave).unwrap();
            alice.told(News::Left).await;
        } else {
            let reason = alice.lost().await;
            assert!(reason.to_lowercase().contains("password"), "{reason}");
        }
    }
}

#[tokio::test]
async fn without_the_sasl_asked_for_nobody_registers() {
    if !ircd::available("ngircd") {
        return;
    }
    let server = Ngircd::default().start();
    let settings = NetworkSettings {
        sasl: Some(Sasl::Plain {
            user: "a".into(),
            password: Hidden("b".into()),
        }),
        ..plain(&server)
    };
    let mut alice = Person::new(settings);
    alice.connect("alice");
    let reason = alice.lost().await;
    assert!(reason.contains("SASL"), "{reason}");
}

#[tokio::test]
async fn a_server_that_dies_is_found_again() {
    if !ircd::available("ngircd") {
        return;
    }
    let mut server = Ngircd::default().start();
    let mut alice = Person::on(plain(&server), "alice").await;
    alice.watch(&["alice"]);
    alice.told(up("alice")).await;
    server.kill();
    alice.told(News::WatchReset).await;
    alice.lost().await;
    server.start_again();
    alice.registered().await;
    alice.told(up("alice")).await;
}

#[tokio::test]
async fn the_next_server_is_tried() {
    if !ircd::available("ngircd") {
        return;
    }
    let server = Ngircd::default().start();
    let mut settings = plain(&server);
    let nobody = ServerAddress {
        host: "127.0.0.1".into(),
        port: 1,
    };
    settings.servers.insert(0, nobody);
    let mut alice = Person::new(settings);
    alice.connect("alice");
    let reason = alice.lost().await;
    assert!(reason.contains("refused"), "{reason}");
    alice.registered().await;
}

#[tokio::test]
async fn a_new_nick_is_a_new_person() {
    if !ircd::available("inspircd") {
        return;
    }
    let server = Inspircd::relaxed().start();
    let mut bob = Person::on(plain(&server), "bob").await;
    bob.watch(&["alice", "carol"]);
    let alice = Person::on(plain(&server), "alice").await;
    bob.told(up("alice")).await;
    let idents = who(&server, "alice");
    alice.connect("carol");
    bob.told(down("alice")).await;
    bob.told(up("carol")).await;
    assert_ne!(idents, who(&server, "carol"));
}

/// User name and real name of somebody, from WHOIS.
fn who(server: &Ircd, nick: &str) -> String {
    let lines = ircd::talk(server, "asker", &format!("WHOIS {nick}"), " 318 ");
    let line = lines.lines().find(|line| line.contains(" 311 ")).unwrap();
    line.rsplit(&format!(" {nick} ")).next().unwrap().to_owned()
}

#[tokio::test]
async fn strangers_learn_nothing() {
    if !ircd::available("ngircd") {
        return;
    }
    let server = Ngircd::relaxed().start();
    let mut alice = Person::on(plain(&server), "alice").await;
    let said = "NOTICE alice :a\r\nPRIVMSG alice :\u{1}VERSION\u{1}\r\nPRIVMSG alice :\u{1}PING 1\u{1}\r\n\
                NOTICE alice :\u{1}PING 1\u{1}\r\nPRIVMSG alice :hello\r\nMODE alice\r\nWHOIS alice";
    let lines = ircd::talk(&server, "eve", said, " 318 ");
    assert!(!lines.contains("NOTICE eve"), "{lines}");
    assert!(!lines.contains(":alice"), "{lines}");
    assert_eq!(alice.text().await, ("eve".to_owned(), "hello".to_owned()));
    alice.silence(500, |n| !matches!(n, News::Room)).await;
}

/// InspIRCd kills for 15 lines at once; ngircd slows down.
#[tokio::test]
async fn floods_stay_within_the_servers_limits() {
    if !(ircd::available("ngircd") && ircd::available("inspircd")) {
        return;
    }
    let (ng, insp) = (Ngircd::default().start(), Inspircd::default().start());
    tokio::join!(twenty_texts_at_once(&ng), twenty_texts_at_once(&insp));
}

async fn twenty_texts_at_once(server: &Ircd) {
    let settings = NetworkSettings {
        flood: Flood {
            burst: 4,
            per_second: 2.0,
        },
        ..plain(server)
    };
    let alice = Person::on(settings.clone(), "alice").await;
    let mut bob = Person::on(settings, "bob").await;
    for ticket in 0..20 {
        alice.send(ticket, "bob", &[&format!("text {ticket}")]);
    }
    for ticket in 0..20 {
        assert_eq!(bob.text().await.1, format!("text {ticket}"));
    }
}

/// InspIRCd kills for 4,096 bytes that come at once, as all does that was written while the net was silent.
#[tokio::test]
async fn what_is_written_during_a_gap_is_no_flood() {
    if !(ircd::available("ngircd") && ircd::available("inspircd")) {
        return;
    }
    let (ng, insp) = (Ngircd::default().start(), Inspircd::default().start());
    tokio::join!(long_lines_during_a_gap(&ng), long_lines_during_a_gap(&insp));
}

async fn long_lines_during_a_gap(server: &Ircd) {
    let net = Net::before(server).await;
    let flood = Flood {
        burst: 12,
        per_second: 1.0,
    };
    let behind_it = NetworkSettings {
        flood,
        servers: vec![net.address.clone()],
        ..plain(server)
    };
    let mut alice = Person::on(behind_it, "alice").await;
    let mut bob = Person::on(plain(server), "bob").await;
    // Her tokens are all there again.
    tokio::time::sleep(Duration::from_secs(8)).await;
    net.open.send_replace(false);
    let texts: Vec<String> = (0..12).map(|n| format!("{n:0>400}")).collect();
    let lines: Vec<&str> = texts.iter().map(String::as_str).collect();
    alice.send(1, "bob", &lines);
    tokio::time::sleep(Duration::from_secs(2)).await;
    net.open.send_replace(true);
    for text in &texts {
        tokio::select! {
            (_, heard) = bob.text() => assert_eq!(heard, *text),
            why = alice.lost() => panic!("thrown out: {why}"),
        }
    }
}

/// The net between somebody and a server: while it is not open, what he writes waits on his own machine.
struct Net {
    address: ServerAddress,
    open: watch::Sender<bool>,
}

impl Net {
    async fn before(server: &Ircd) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = ServerAddress {
            host: "127.0.0.1".into(),
            port: listener.local_addr().unwrap().port(),
        };
        let (open, mut is_open) = watch::channel(true);
        let server = server.port;
        tokio::spawn(async move {
            let (mut near, _) = listener.accept().await.unwrap();
            let mut far = TcpStream::connect(("127.0.0.1", server)).await.unwrap();
            let ((mut heard, mut told), (mut replies, mut lines)) = (near.split(), far.split());
            let there = async {
                let mut waiting = [0; 65_536];
                while is_open.wait_for(|open| *open).await.is_ok() {
                    // Whatever has gathered leaves in one piece.
                    heard.readable().await.unwrap();
                    if !*is_open.borrow() {
                        continue;
                    }
                    match heard.read(&mut waiting).await {
                        Ok(count @ 1..) => lines.write_all(&waiting[..count]).await.unwrap(),
                        _ => break,
                    }
                }
            };
            let back = tokio::io::copy(&mut replies, &mut told);
            tokio::join!(there, back).1.unwrap();
        });
        Self { address, open }
    }
}

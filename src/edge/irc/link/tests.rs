//! The task against a small server that the test plays, on loopback, with tokio's paused clock: it runs on to the
//! next thing to do whenever nobody has anything to do.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "tests"
)]

mod against;
mod ways_in;

use super::*;
use crate::edge::config::{self, Network, Proxy, Sasl, Secret};
use crate::edge::irc::events::MANY_EVENTS;
use crate::edge::irc::handle::EVENTS;
use crate::edge::irc::{Link, NOT_SENT};
use crate::edge::tls::Stream;
use rand::SeedableRng as _;
use tokio::io::{
    AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader,
};
use tokio::net::TcpListener;
use tokio::time::timeout;

/// A server that does what the test says.
struct Server(TcpListener);

impl Server {
    async fn new() -> Self {
        Self(TcpListener::bind("127.0.0.1:0").await.unwrap())
    }

    fn address(&self) -> config::Server {
        config::Server {
            host: "127.0.0.1".into(),
            port: self.0.local_addr().unwrap().port(),
        }
    }

    fn settings(&self) -> NetworkSettings {
        Network {
            tls: false,
            ..Network::new("test", vec![self.address()])
        }
    }

    async fn accept(&self) -> Peer {
        Peer::new(self.0.accept().await.unwrap().0)
    }
}

/// A connection as the server sees it.
struct Peer(BufReader<Box<dyn Stream>>);

impl Peer {
    fn new(stream: impl Stream + 'static) -> Self {
        Self(BufReader::new(Box::new(stream)))
    }

    async fn say(&mut self, line: &str) {
        let line = format!("{line}\r\n");
        self.0.get_mut().write_all(line.as_bytes()).await.unwrap();
    }

    /// The next line; empty when the client has gone.
    async fn line(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).await.unwrap_or(0);
        line.trim_end().to_owned()
    }

    /// The next line that begins so.
    async fn until(&mut self, begin: &str) -> String {
        loop {
            let line = self.line().await;
            assert!(!line.is_empty(), "gone before {begin}");
            if line.starts_with(begin) {
                return line;
            }
        }
    }

    /// Lets the client in; gives its USER line.
    async fn greet(&mut self) -> String {
        let nick = self.until("NICK ").await.replace("NICK ", "");
        let user = self.until("USER ").await;
        self.say(&format!(":s 001 {nick} :Welcome")).await;
        self.say(&format!(":s 376 {nick} :End")).await;
        user
    }
}

fn spawn(settings: NetworkSettings, seed: u64) -> (Link, mpsc::Receiver<LinkEvent>) {
    let (poll, rng) = (Duration::from_secs(15), StdRng::seed_from_u64(seed));
    Link::spawn(settings, poll, rng, || Seconds(1_000_000))
}

fn connect_to(link: &Link, nick: &str) {
    let nick = nick.to_owned();
    link.order(Order::Connect(nick)).unwrap();
}

async fn next(news: &mut mpsc::Receiver<LinkEvent>) -> LinkEvent {
    timeout(Duration::from_secs(3600), news.recv())
        .await
        .unwrap()
        .unwrap()
}

/// The next news that is like this one: of the same kind.
async fn until(news: &mut mpsc::Receiver<LinkEvent>, like: &LinkEvent) -> LinkEvent {
    loop {
        let got = next(news).await;
        if std::mem::discriminant(&got) == std::mem::discriminant(like) {
            return got;
        }
    }
}

/// Waits until it is off the network for such a reason; gives the words and the pause.
async fn until_over(news: &mut mpsc::Receiver<LinkEvent>, ends: &[Ended]) -> (String, Duration) {
    loop {
        if let LinkEvent::Over(end, pause) = next(news).await
            && ends.contains(&end.how)
        {
            return (end.words, pause.unwrap_or_default());
        }
    }
}

const LOST: &[Ended] = &[Ended::Unreached, Ended::Refused, Ended::Lost];

#[tokio::test(start_paused = true)]
async fn a_taken_nick_is_tried_again_and_never_another() {
    let server = Server::new().await;
    let (link, mut news) = spawn(server.settings(), 1);
    connect_to(&link, "me");
    let mut users = BTreeSet::new();
    for _ in 0..5 {
        let mut peer = server.accept().await;
        assert_eq!(peer.until("NICK ").await, "NICK me");
        users.insert(peer.until("USER ").await);
        peer.say(":s 433 * me :Nickname is already in use").await;
        until_over(&mut news, &[Ended::NickInUse]).await;
        let told = Instant::now();
        assert_eq!(peer.line().await, "QUIT");
        drop(peer);
        next(&mut news).await;
        let paused = told.elapsed().as_secs();
        assert!((20..=62).contains(&paused), "{paused}");
    }
    assert_eq!(
        users.len(),
        5,
        "another ident and name each time: {users:?}"
    );
    let mut peer = server.accept().await;
    peer.greet().await;
    assert_eq!(peer.until("MODE").await, "MODE me +i");
}

#[tokio::test(start_paused = true)]
async fn another_nick_is_another_person() {
    let server = Server::new().await;
    let (link, mut news) = spawn(server.settings(), 2);
    connect_to(&link, "one");
    let mut peer = server.accept().await;
    let first = peer.greet().await;
    until(&mut news, &LinkEvent::Room).await;
    connect_to(&link, "one");
    connect_to(&link, "two");
    let mut lines = Vec::new();
    loop {
        let line = peer.line().await;
        if line.is_empty() {
            break;
        }
        lines.push(line);
    }
    assert_eq!(lines, ["MODE one +i", "TIME", "QUIT"]);
    let mut peer = server.accept().await;
    let second = peer.greet().await;
    assert_ne!(first, second);
    link.order(Order::Leave).unwrap();
    peer.until("QUIT").await;
    until(&mut news, &LinkEvent::Left).await;
}

#[tokio::test(start_paused = true)]
async fn leaving_works_at_any_time() {
    let (link, mut news) = spawn(Network::new("none", Vec::new()), 3);
    link.order(Order::Leave).unwrap();
    assert_eq!(next(&mut news).await, LinkEvent::Left);
    connect_to(&link, "me");
    let none = End::new(Ended::Unreached, "no server is configured");
    assert_eq!(next(&mut news).await, LinkEvent::Over(none, None));
    // A pause that never ends, yet an order ends it.
    connect_to(&link, "me");
    until_over(&mut news, LOST).await;
    let server = Server::new().await;
    let (link, mut news) = spawn(server.settings(), 4);
    connect_to(&link, "me");
    let mut peer = server.accept().await;
    peer.until("USER").await;
    link.order(Order::Leave).unwrap();
    until(&mut news, &LinkEvent::Left).await;
    drop(link);
    assert_eq!(news.recv().await, None);
}

#[tokio::test(start_paused = true)]
async fn nobody_listens_and_the_pauses_grow() {
    let server = Server::new().await;
    let settings = server.settings();
    drop(server);
    let (link, mut news) = spawn(settings, 5);
    connect_to(&link, "me");
    let mut pauses = Vec::new();
    for _ in 0..12 {
        pauses.push(until_over(&mut news, LOST).await.1.as_secs());
    }
    assert!(
        pauses[0] <= 3 && pauses[11] >= 150 && pauses[11] <= 450,
        "{pauses:?}"
    );
    connect_to(&link, "me");
    let before = Instant::now();
    until_over(&mut news, LOST).await;
    assert!(
        before.elapsed() < Duration::from_secs(5),
        "the order ends the pause"
    );
}

#[tokio::test(start_paused = true)]
async fn a_server_that_never_speaks_is_given_up() {
    let server = Server::new().await;
    let (link, mut news) = spawn(server.settings(), 6);
    connect_to(&link, "me");
    let mut peer = server.accept().await;
    let start = Instant::now();
    until_over(&mut news, LOST).await;
    assert!((119..=121).contains(&start.elapsed().as_secs()));
    peer.until("CAP END").await;
}

#[tokio::test(start_paused = true)]
async fn a_cut_link_is_found_by_pings() {
    let server = Server::new().await;
    let (link, mut news) = spawn(server.settings(), 7);
    connect_to(&link, "me");
    let mut peer = server.accept().await;
    peer.greet().await;
    until(&mut news, &LinkEvent::Room).await;
    let start = Instant::now();
    until_over(&mut news, LOST).await;
    assert!((115..=125).contains(&start.elapsed().as_secs()));
    peer.until("PING :").await;
}

#[tokio::test(start_paused = true)]
async fn what_was_not_written_is_told() {
    let server = Server::new().await;
    let (link, mut news) = spawn(server.settings(), 8);
    let send = |ticket| Order::Send {
        ticket,
        to: "bob".into(),
        texts: vec!["a".into(); 8],
    };
    let not_sent = |ticket| LinkEvent::Undeliverable {
        ticket: Some(ticket),
        nick: "bob".into(),
        numeric: NOT_SENT,
    };
    link.order(send(1)).unwrap();
    assert_eq!(next(&mut news).await, not_sent(1));
    connect_to(&link, "me");
    let mut peer = server.accept().await;
    peer.greet().await;
    until(&mut news, &LinkEvent::Room).await;
    link.order(send(2)).unwrap();
    peer.until("PRIVMSG bob :a").await;
    drop(peer);
    assert_eq!(until(&mut news, &not_sent(2)).await, not_sent(2));
    until_over(&mut news, LOST).await;
}

/// Garbage, endless lines, invalid UTF-8, a flood of lines: and all the while nobody reads the news.
#[tokio::test]
async fn floods_are_held_back() {
    let server = Server::new().await;
    let (link, mut news) = spawn(server.settings(), 9);
    connect_to(&link, "me");
    let mut peer = server.accept().await;
    peer.greet().await;
    let mut filth = vec![b'x'; 1_000_000];
    filth.extend(b"\n\xff\xfe\0\x80 :\xff\r\n\r\n\n:\n@\n \n");
    peer.0.get_mut().write_all(&filth).await.unwrap();
    let flood = b":eve!e@h PRIVMSG me :hello\r\n".repeat(1000);
    let mut sent = 0;
    let flooding = async {
        while sent < 1_000_000 {
            peer.0.get_mut().write_all(&flood).await.unwrap();
            sent += 1000;
        }
    };
    let held = timeout(Duration::from_secs(2), flooding).await.is_err();
    assert!(
        held && sent < 900_000,
        "{sent}: the server must be made to wait"
    );
    link.order(Order::Leave).unwrap();
    // The order is obeyed though nobody reads the news.
    let until_gone = async { while peer.0.get_mut().write_all(&flood).await.is_ok() {} };
    timeout(Duration::from_secs(10), until_gone).await.unwrap();
    let mut told = 0;
    while news.recv().await.unwrap() != LinkEvent::Left {
        told += 1;
    }
    assert!(told < EVENTS + MANY_EVENTS + 400, "{told}");
}

/// A reader that keeps up gets them all.
#[tokio::test]
async fn ten_thousand_lines_come_through_in_order() {
    let server = Server::new().await;
    let (link, mut news) = spawn(server.settings(), 10);
    connect_to(&link, "me");
    let mut peer = server.accept().await;
    peer.greet().await;
    let sending = tokio::spawn(async move {
        for n in 0..10_000 {
            peer.say(&format!(":eve!e@h PRIVMSG me :{n}")).await;
        }
        peer
    });
    let mut n = 0;
    while n < 10_000 {
        if let LinkEvent::Message { text, .. } = next(&mut news).await {
            assert_eq!(text, n.to_string());
            n += 1;
        }
    }
    sending.await.unwrap();
}

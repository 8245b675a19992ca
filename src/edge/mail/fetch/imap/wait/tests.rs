//! Waiting under a clock that goes on by itself where nobody has anything to do.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::future::pending;
use std::pin::pin;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, DuplexStream, duplex};
use tokio::time::sleep;

use super::super::super::hidden::Hidden;
use super::super::super::wire::Wire;
use super::*;

/// The server's end of a connection; notes when it heard what, in seconds since the beginning.
struct Server {
    stream: BufReader<DuplexStream>,
    begun: Instant,
    heard: Vec<(u64, String)>,
}

impl Server {
    /// The next line's tag, and what is asked.
    async fn hears(&mut self) -> (String, String) {
        let mut line = String::new();
        self.stream.read_line(&mut line).await.unwrap();
        let line = line.trim_end();
        let (tag, words) = line.split_once(' ').unwrap_or(("", line));
        let at = self.begun.elapsed().as_secs();
        self.heard.push((at, words.to_owned()));
        (tag.to_owned(), words.to_owned())
    }

    async fn says(&mut self, line: &str) {
        let line = format!("{line}\r\n");
        self.stream
            .get_mut()
            .write_all(line.as_bytes())
            .await
            .unwrap();
    }

    /// Takes an IDLE and says nothing until its end.
    async fn idles(&mut self) {
        let (tag, _) = self.hears().await;
        self.says("+ idling").await;
        self.hears().await;
        self.says(&format!("{tag} OK")).await;
    }
}

fn connected() -> (Session, Server) {
    let (here, there) = duplex(4096);
    let mut session = Session::over(Wire::over(Box::new(here)), Hidden::default());
    session.exists = Some(4);
    let server = Server {
        stream: BufReader::new(there),
        begun: Instant::now(),
        heard: Vec::new(),
    };
    (session, server)
}

fn minutes(n: u64) -> Duration {
    Duration::from_mins(n)
}

fn is_late(waited: Result<(), Stop>) -> bool {
    matches!(waited, Err(Stop::Fault(Fault::Network(why))) if why.contains("in time"))
}

/// Both to their ends, or it fails: the clock goes on by itself.
async fn both<T>(waits: impl Future<Output = T>, plays: impl Future<Output = ()>) -> (T, ()) {
    let both = async { tokio::join!(waits, plays) };
    tokio::time::timeout(minutes(600), both).await.unwrap()
}

fn said(all: &[(u64, &str)]) -> Vec<(u64, String)> {
    let all = all.iter();
    all.map(|(at, what)| (*at, (*what).to_owned())).collect()
}

#[tokio::test(start_paused = true)]
async fn after_five_minutes_without_a_byte_it_idles_anew() {
    let (mut session, mut server) = connected();
    let plays = async {
        server.idles().await;
        server.idles().await;
        server.hears().await;
        server.says("+ idling").await;
        sleep(minutes(1)).await;
        server.says("* 5 EXISTS").await;
        server.hears().await;
        server.says("A3 OK").await;
    };
    let until = pin!(pending());
    let (waited, ()) = both(wait(&mut session, true, minutes(60), until), plays).await;
    assert!(waited.is_ok() && session.news);
    let expected = [
        (0, "IDLE"),
        (300, "DONE"),
        (300, "IDLE"),
        (600, "DONE"),
        (600, "IDLE"),
        (660, "DONE"),
    ];
    assert_eq!(server.heard, said(&expected));
}

#[tokio::test(start_paused = true)]
async fn an_idle_in_which_something_is_said_lasts_25_minutes() {
    let (mut session, mut server) = connected();
    let plays = async {
        server.hears().await;
        server.says("+ idling").await;
        for _ in 0..6 {
            sleep(minutes(4)).await;
            server.says("* OK still here").await;
        }
        server.hears().await;
        server.says("A1 OK").await;
        server.idles().await;
    };
    let until = pin!(pending());
    let (waited, ()) = both(wait(&mut session, true, minutes(27), until), plays).await;
    assert!(waited.is_ok() && !session.news);
    let expected = [(0, "IDLE"), (1500, "DONE"), (1500, "IDLE"), (1620, "DONE")];
    assert_eq!(server.heard, said(&expected));
}

#[tokio::test(start_paused = true)]
async fn whoever_does_not_answer_the_end_of_an_idle_within_30_seconds_is_dead() {
    for last in [None, Some("* OK still here")] {
        let (mut session, mut server) = connected();
        let begun = Instant::now();
        let plays = async {
            server.hears().await;
            server.says("+ idling").await;
            server.hears().await;
            if let Some(last) = last {
                sleep(Duration::from_secs(20)).await;
                server.says(last).await;
            }
            pending::<()>().await;
        };
        let until = pin!(pending());
        let waited = tokio::select! {
            waited = wait(&mut session, true, minutes(60), until) => waited,
            () = plays => panic!("it goes on for ever"),
        };
        assert!(is_late(waited), "{last:?}");
        assert_eq!(begun.elapsed().as_secs(), 330, "{last:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_never_begins_to_idle_is_dead_after_a_minute() {
    let (mut session, _server) = connected();
    let begun = Instant::now();
    let waited = wait(&mut session, true, minutes(60), pin!(pending())).await;
    assert!(is_late(waited));
    assert_eq!(begun.elapsed(), minutes(1));
}

#[tokio::test(start_paused = true)]
async fn whoever_wants_it_to_end_ends_it() {
    let (mut session, mut server) = connected();
    let until = pin!(sleep(minutes(2)));
    let plays = server.idles();
    let (waited, ()) = both(wait(&mut session, true, minutes(60), until), plays).await;
    assert!(waited.is_ok() && !session.news);
    assert_eq!(server.heard, said(&[(0, "IDLE"), (120, "DONE")]));
}

#[tokio::test(start_paused = true)]
async fn where_an_idle_is_refused_it_is_asked_after_a_minute() {
    let (mut session, mut server) = connected();
    let plays = async {
        let (tag, _) = server.hears().await;
        server.says(&format!("{tag} NO not now")).await;
        let (tag, _) = server.hears().await;
        server.says("* 5 EXISTS").await;
        server.says(&format!("{tag} OK")).await;
    };
    let until = pin!(pending());
    let (waited, ()) = both(wait(&mut session, true, minutes(60), until), plays).await;
    assert!(waited.is_ok() && session.news);
    assert_eq!(server.heard, said(&[(0, "IDLE"), (60, "NOOP")]));
}

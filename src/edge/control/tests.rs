//! An agent's socket and its clients, on real sockets.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::expect_used,
    reason = "tests"
)]
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::{fs, thread};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;

struct Place {
    dir: TempDir,
}

impl Place {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        Self { dir }
    }

    fn socket(&self) -> PathBuf {
        self.dir.path().join("run/agent.sock")
    }

    /// The place beside the database.
    fn beside(&self) -> PathBuf {
        self.dir.path().join("agent.sock")
    }

    fn lock(&self) -> PathBuf {
        self.dir.path().join("agent.lock")
    }

    fn sockets(&self) -> Vec<PathBuf> {
        vec![self.dir.path().join("nobody.sock"), self.socket()]
    }

    fn bind(&self) -> Result<Server, ControlError> {
        Server::bind(&[self.socket(), self.beside()], &self.lock(), 7)
    }
}

fn run<T>(future: impl Future<Output = T>) -> T {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().unwrap().block_on(future)
}

/// Runs a blocking client beside the server.
async fn beside<T: Send + 'static>(client: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(client).await.unwrap()
}

/// An agent that answers each request with its name, until it has seen `count`.
async fn answer(server: &mut Server, count: usize) -> Vec<Request> {
    let mut seen = Vec::new();
    while seen.len() < count {
        let (request, responder) = server.next().await.unwrap();
        seen.push(request.clone());
        match request {
            Request::Status => drop(responder),
            Request::Presence
            | Request::Rooms
            | Request::Poke
            | Request::Fetch { .. }
            | Request::Watch => {
                responder.respond(&json!({ "was": request }));
            }
        }
    }
    seen
}

#[test]
fn requests_are_answered_refused_and_poked() {
    run(async {
        let place = Place::new();
        let mut server = place.bind().unwrap();
        let mode = fs::metadata(place.socket()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let sockets = place.sockets();
        let asking = beside(move || {
            poke(&sockets);
            let answered: Value = ask(&sockets, Request::Presence).unwrap();
            (
                answered,
                ask::<Value>(&sockets, Request::Status).unwrap_err(),
                is_there(&sockets),
            )
        });
        let (seen, (answered, refused, there)) = tokio::join!(answer(&mut server, 3), asking);
        assert_eq!(seen, [Request::Poke, Request::Presence, Request::Status]);
        assert_eq!(answered, json!({ "was": { "ask": "presence" } }));
        assert!(matches!(refused, ControlError::Refused(why) if why.contains("no answer")));
        assert!(there);
        drop(server);
        assert!(!place.socket().exists());
    });
}

#[test]
fn without_an_agent_a_poke_is_nothing_and_a_question_an_error() {
    let place = Place::new();
    poke(&place.sockets());
    assert!(matches!(
        ask::<Value>(&place.sockets(), Request::Status),
        Err(ControlError::NoAgent)
    ));
    assert!(matches!(
        subscribe(&place.sockets()),
        Err(ControlError::NoAgent)
    ));
    assert!(!is_there(&place.sockets()));
    let long = vec![place.dir.path().join("x".repeat(200))];
    assert!(matches!(
        ask::<Value>(&long, Request::Status),
        Err(ControlError::LongPath(_))
    ));
}

#[test]
fn an_agent_that_hangs_does_not_hold_up_a_poke() {
    let place = Place::new();
    fs::create_dir(place.dir.path().join("run")).unwrap();
    let _listener = UnixListener::bind(place.socket()).unwrap();
    // The queue of the listener is filled, until nobody gets in any more.
    let mut waiting = Vec::new();
    let (sender, receiver) = std::sync::mpsc::channel();
    let socket = place.socket();
    thread::spawn(move || {
        while let Ok(stream) = UnixStream::connect(&socket) {
            if sender.send(stream).is_err() {
                return;
            }
        }
    });
    while let Ok(stream) = receiver.recv_timeout(std::time::Duration::from_millis(300)) {
        waiting.push(stream);
    }
    poke(&place.sockets());
}

#[test]
fn there_is_one_agent_and_a_dead_socket_is_removed() {
    run(async {
        let place = Place::new();
        let first = place.bind().unwrap();
        assert!(matches!(place.bind(), Err(ControlError::Running)));
        drop(first);
        // A socket that nobody listens on any more, as after SIGKILL.
        drop(UnixListener::bind(place.socket()).unwrap());
        assert!(place.socket().exists());
        drop(place.bind().unwrap());
        // A listener without the lock is an agent all the same.
        let other = UnixListener::bind(place.socket()).unwrap();
        assert!(matches!(place.bind(), Err(ControlError::Running)));
        drop(other);
        fs::remove_file(place.socket()).unwrap();
        fs::write(place.socket(), "mine").unwrap();
        assert!(matches!(place.bind(), Err(ControlError::InTheWay(_))));
        assert_eq!(fs::read(place.socket()).unwrap(), b"mine");
    });
}

/// What `iim status` would find.
async fn is_found(place: &Place) -> bool {
    let sockets = vec![place.socket(), place.beside()];
    beside(move || is_there(&sockets)).await
}

#[test]
fn a_socket_whose_folder_goes_away_comes_back() {
    run(async {
        let place = Place::new();
        let run = place.dir.path().join("run");
        let mut server = place.bind().unwrap();
        assert_eq!(server.look_after(), None, "all is well");
        fs::remove_dir_all(&run).unwrap();
        assert!(!is_found(&place).await);
        assert!(
            is_running(&place.lock()),
            "an agent is running all the same"
        );
        assert_eq!(server.look_after(), Some(place.socket().as_path()));
        assert!(is_found(&place).await);
        drop(server);
        assert!(!place.socket().exists());
        assert!(!is_running(&place.lock()));
    });
}

#[test]
fn an_agent_that_knows_another_version_of_the_database_is_told_from_ours() {
    run(async {
        let place = Place::new();
        assert!(!is_of_another_version(&place.lock(), 7), "nobody runs");
        let server = place.bind().unwrap();
        assert!(!is_of_another_version(&place.lock(), 7));
        assert!(is_of_another_version(&place.lock(), 8));
        // A program of before there was this leaves the file empty.
        fs::write(place.lock(), "").unwrap();
        assert!(is_of_another_version(&place.lock(), 7));
        drop(server);
        assert!(!is_of_another_version(&place.lock(), 8), "it has ended");
    });
}

#[test]
fn where_the_folder_cannot_be_made_the_socket_lies_beside_the_database() {
    run(async {
        let place = Place::new();
        let run = place.dir.path().join("run");
        let mut server = place.bind().unwrap();
        fs::remove_dir_all(&run).unwrap();
        fs::write(&run, "no folder").unwrap();
        assert_eq!(server.look_after(), Some(place.beside().as_path()));
        assert!(is_found(&place).await);
        // The next session has its folder again.
        fs::remove_file(&run).unwrap();
        assert_eq!(server.look_after(), None, "not at every look");
        server.better_at = tokio::time::Instant::now();
        assert_eq!(server.look_after(), Some(place.socket().as_path()));
        assert!(is_found(&place).await && !place.beside().exists());
        drop(server);
        // An agent that starts without the folder is there all the same.
        fs::remove_dir_all(&run).unwrap();
        fs::write(&run, "no folder").unwrap();
        let server = place.bind().unwrap();
        assert!(is_found(&place).await && place.beside().exists());
        drop(server);
    });
}

#[test]
fn whoever_watches_is_not_cut_when_the_socket_moves() {
    run(async {
        let place = Place::new();
        let mut server = place.bind().unwrap();
        let sockets = place.sockets();
        let mut watching = beside(move || subscribe(&sockets).unwrap()).await;
        fs::remove_dir_all(place.dir.path().join("run")).unwrap();
        assert!(server.look_after().is_some());
        assert!(is_found(&place).await);
        server
            .events()
            .tell(&json!({ "event": "text" }).to_string());
        let event = beside(move || watching.next().unwrap().unwrap()).await;
        assert_eq!(event, json!({ "event": "text" }));
    });
}

#[test]
fn watchers_hear_events_in_order() {
    run(async {
        let place = Place::new();
        let server = place.bind().unwrap();
        let events = server.events();
        let sockets = place.sockets();
        let (ready, is_ready) = tokio::sync::oneshot::channel();
        let (read, has_read) = tokio::sync::oneshot::channel();
        let watching = beside(move || {
            let mut heard = subscribe(&sockets).unwrap();
            ready.send(()).unwrap();
            let first: Vec<Value> = heard.by_ref().take(2).map(Result::unwrap).collect();
            read.send(()).unwrap();
            (first, heard.next().is_none())
        });
        let telling = async {
            is_ready.await.unwrap();
            assert_eq!(events.watchers(), 1);
            events.tell(&json!({ "event": "presence", "n": 1 }).to_string());
            events.tell(&json!({ "event": "text", "text": "a\nb" }).to_string());
            has_read.await.unwrap();
            // The end of the agent is the end of the events.
            drop(server);
        };
        let ((), (first, ended)) = tokio::join!(telling, watching);
        assert_eq!(first[0]["n"], 1);
        assert_eq!(first[1]["text"], "a\nb");
        assert!(ended);
    });
}

#[test]
fn a_watcher_that_does_not_read_is_dropped_with_a_word() {
    run(async {
        let place = Place::new();
        let server = place.bind().unwrap();
        let events = server.events();
        let mut stream = tokio::net::UnixStream::connect(place.socket())
            .await
            .unwrap();
        use tokio::io::{AsyncBufReadExt, AsyncWriteExt};
        stream.write_all(b"{\"ask\":\"watch\"}\n").await.unwrap();
        while events.watchers() == 0 {
            tokio::task::yield_now().await;
        }
        for n in 0..5000 {
            events
                .tell(&json!({ "event": "text", "n": n, "padding": "x".repeat(1000) }).to_string());
            if n % 50 == 0 {
                tokio::task::yield_now().await;
            }
        }
        let mut lines = tokio::io::BufReader::new(stream).lines();
        let mut last = String::new();
        while let Some(line) = lines.next_line().await.unwrap() {
            last = line;
        }
        let last: Value = serde_json::from_str(&last).unwrap();
        assert_eq!(last["event"], "dropped");
    });
}

#[test]
fn nonsense_is_refused_and_too_many_clients_are_sent_away() {
    run(async {
        let place = Place::new();
        let _server = place.bind().unwrap();
        let socket = place.socket();
        let answers = beside(move || {
            let say = |what: &[u8]| {
                let mut stream = UnixStream::connect(&socket).unwrap();
                // A line too long is answered before all of it is written.
                drop(stream.write_all(what));
                let mut line = String::new();
                drop(BufReader::new(stream).read_line(&mut line));
                line
            };
            let long = [b"{\"ask\":\"".to_vec(), vec![b'x'; 100_000]].concat();
            let said = [say(b"hello\n"), say(b"{\"ask\":\"dance\"}\n"), say(&long)];
            let held: Vec<_> = (0..40)
                .map(|_| UnixStream::connect(&socket).unwrap())
                .collect();
            let mut sent_away = 0;
            for stream in held {
                stream
                    .set_read_timeout(Some(std::time::Duration::from_millis(20)))
                    .unwrap();
                let read = BufReader::new(stream).read_line(&mut String::new());
                sent_away += usize::from(read.is_ok());
            }
            (said, sent_away)
        });
        let (said, sent_away) = answers.await;
        for answer in &said[..2] {
            assert!(answer.contains("does not understand"), "{answer}");
        }
        assert!(sent_away >= 8, "{sent_away}");
    });
}

#[test]
fn the_sockets_folder_is_the_users_alone_whatever_its_mode_was() {
    let place = Place::new();
    let folder = place.dir.path().join("run");
    for mode in [None, Some(0o755), Some(0o777), Some(0o500)] {
        if let Some(mode) = mode {
            fs::set_permissions(&folder, fs::Permissions::from_mode(mode)).unwrap();
        }
        run(async { drop(place.bind().unwrap()) });
        let found = fs::metadata(&folder).unwrap().permissions().mode();
        assert_eq!(found & 0o777, 0o700, "{mode:?}");
    }
}

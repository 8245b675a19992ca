//! What all connections share, and how one comes in: accepted, given a place, served by a task of its own.

use std::future::poll_fn;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::net::{TcpStream, UnixStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::bind::{Arrival, Stream};
use super::event::{ConnId, Peer};
use super::queue::Wire;
use super::slots::Places;
use super::throttle::{Slowdown, Source};
use super::{connection, writer};

/// What all connections share.
#[derive(Debug)]
pub(super) struct House {
    places: Mutex<Places>,
    slowdown: Mutex<Slowdown>,
    visits: Mutex<JoinSet<()>>,
    origins: Vec<String>,
    ready: mpsc::UnboundedSender<Arc<Wire>>,
    next: AtomicU64,
}

impl House {
    /// With these web pages let in; each connection that has something to tell goes into `ready`.
    pub(super) fn new(origins: &[String], ready: mpsc::UnboundedSender<Arc<Wire>>) -> Self {
        Self {
            places: Mutex::default(),
            slowdown: Mutex::default(),
            visits: Mutex::default(),
            origins: origins.to_vec(),
            ready,
            next: AtomicU64::new(1),
        }
    }

    /// The web pages that may open a WebSocket.
    pub(super) fn origins(&self) -> &[String] {
        &self.origins
    }

    /// It has logged in.
    pub(super) fn admit(&self, conn: ConnId) {
        let source = lock(&self.places).admit(conn);
        if let Some(source) = source {
            lock(&self.slowdown).forgive(source);
        }
    }

    /// It gave a wrong password; gives when it may be heard again.
    pub(super) fn failed(&self, conn: ConnId) -> Option<Instant> {
        let source = lock(&self.places).source(conn)?;
        Some(lock(&self.slowdown).failed(source, Instant::now()))
    }

    /// Whether it owes the answer to a challenge: if it goes without, that was a wrong password.
    pub(super) fn owes(&self, conn: ConnId, owes: bool) {
        lock(&self.places).owes(conn, owes);
    }

    /// Who has gone and owed an answer gave a wrong password.
    fn count_owed(&self) {
        let owed = lock(&self.places).take_owed();
        for source in owed {
            lock(&self.slowdown).failed(source, Instant::now());
        }
    }

    /// When a new connection may be heard.
    pub(super) fn turn(&self, source: Source) -> Option<Instant> {
        let now = Instant::now();
        let turn = lock(&self.slowdown).turn(source, now);
        (turn > now).then_some(turn)
    }

    /// Its task is over.
    pub(super) fn leave(&self, wire: &Arc<Wire>) {
        lock(&self.places).leave(wire.conn());
        self.count_owed();
        wire.end();
    }

    /// Has every connection closed after this last line, those that are not open yet too.
    pub(super) fn close_all(&self, last: &str) {
        lock(&self.places).close_all(last);
    }

    /// All tasks, so that they can be waited for.
    pub(super) fn take_visits(&self) -> JoinSet<()> {
        std::mem::take(&mut *lock(&self.visits))
    }

    /// Gives one that has come a place and a task.
    fn welcome(self: &Arc<Self>, arrival: Arrival) {
        if !is_fit(&arrival.stream) {
            return;
        }
        let conn = ConnId(self.next.fetch_add(1, Ordering::Relaxed));
        let wire = Arc::new(Wire::new(conn, peer(&arrival), self.ready.clone()));
        let entered = lock(&self.places).enter(arrival.source, &wire);
        self.count_owed();
        if !entered {
            tracing::info!(peer = wire.peer().name, "too many connections");
            return;
        }
        let mut visits = lock(&self.visits);
        while visits.try_join_next().is_some() {}
        visits.spawn(connection::serve(arrival, wire, Arc::clone(self)));
    }
}

/// Lets clients in for ever.
pub(super) async fn accept(
    mut next: impl FnMut(&mut Context<'_>) -> Poll<io::Result<Arrival>>,
    house: Arc<House>,
) {
    let mut told = false;
    loop {
        match poll_fn(&mut next).await {
            Ok(arrival) => {
                told = false;
                house.welcome(arrival);
            }
            Err(error) => {
                if !std::mem::replace(&mut told, true) {
                    tracing::warn!(%error, "clients cannot be let in");
                }
                // Out of file descriptors, most likely: some will be given back.
                sleep(PAUSE).await;
            }
        }
    }
}

/// Whether this connection is served at all; sets what its kind needs.
fn is_fit(stream: &Stream) -> bool {
    match stream {
        Stream::Unix(stream) => {
            let ours = is_ours(stream);
            if !ours {
                tracing::warn!("a program of another user came to the gateway's socket");
            }
            writer::bound(stream);
            ours
        }
        Stream::Tcp(stream) => prepare(stream).is_ok(),
    }
}

/// Whether the program at the other end is one of this user.
fn is_ours(stream: &UnixStream) -> bool {
    let us = rustix::process::geteuid().as_raw();
    stream.peer_cred().is_ok_and(|peer| peer.uid() == us)
}

/// Nothing waits to be sent together with more, and a client that vanished is noticed.
fn prepare(stream: &TcpStream) -> io::Result<()> {
    use rustix::net::sockopt;
    writer::bound(stream);
    stream.set_nodelay(true)?;
    sockopt::set_socket_keepalive(stream, true)?;
    sockopt::set_tcp_keepidle(stream, Duration::from_secs(120))?;
    sockopt::set_tcp_keepintvl(stream, Duration::from_secs(30))?;
    Ok(sockopt::set_tcp_keepcnt(stream, 4)?)
}

fn peer(arrival: &Arrival) -> Peer {
    let name = match &arrival.stream {
        Stream::Unix(_) => None,
        Stream::Tcp(stream) => stream.peer_addr().ok(),
    };
    let local = arrival.source.is_local();
    Peer {
        secure: local || arrival.tls.is_some(),
        tls: arrival.tls.is_some(),
        local,
        name: name.map_or("unix".to_owned(), |at| at.ip().to_canonical().to_string()),
    }
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The pause after nobody could be let in.
const PAUSE: Duration = Duration::from_millis(100);

//! The server: one for each home, with bounded clients, bounded lines and bounded patience.

use std::fs::{self, DirBuilder, File, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixListener;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{Semaphore, broadcast, mpsc, oneshot};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, timeout};

use super::{ControlError, LONGEST_REQUEST, Reply, Request, lock};
use crate::edge::socket_file::{SocketError, SocketFile, is_ours};

/// Clients at once; more are sent away.
const CLIENTS: usize = 32;
/// Requests that wait for the agent; more make their clients wait.
const REQUESTS: usize = 64;
/// Events that a watcher may be behind.
const EVENTS: usize = 256;
/// How often a place that is better than ours is tried.
const BETTER: Duration = Duration::from_secs(60);
/// How long a client may take to ask, to be answered, or to read a line.
const PATIENCE: Duration = Duration::from_secs(10);

/// The agent's end of the socket; dropping it removes the socket.
#[derive(Debug)]
pub struct Server {
    /// Where it may listen, the best place first.
    places: Vec<PathBuf>,
    listening: SocketFile,
    /// When a better place is tried again.
    pub(super) better_at: Instant,
    /// Takes a listener in place of the one before.
    next: mpsc::Sender<UnixListener>,
    /// Held locked as long as this agent lives.
    _lock: File,
    accepting: JoinHandle<()>,
    requests: mpsc::Receiver<(Request, Responder)>,
    events: Broadcaster,
}

/// Where the answer to one request goes; dropped unused, the client is told that there is none. To a poke nobody listens.
#[derive(Debug)]
pub struct Responder(oneshot::Sender<String>);

/// Tells events to all watchers.
#[derive(Debug, Clone)]
pub struct Broadcaster(broadcast::Sender<Arc<str>>);

impl Responder {
    /// Answers.
    pub fn respond<T: Serialize>(self, value: &T) {
        if let Ok(line) = serde_json::to_string(&Reply::Ok(value)) {
            // The client may have gone.
            drop(self.0.send(line));
        }
    }
}

impl Broadcaster {
    /// Tells one event, a line of JSON, to whoever watches; never waits.
    pub fn tell(&self, event: &str) {
        // An error says that nobody watches.
        drop(self.0.send(Arc::from(event)));
    }

    /// How many watch.
    pub fn watchers(&self) -> usize {
        self.0.receiver_count()
    }
}

impl Server {
    /// Begins to listen at the first of `places` that can be had; must be called within a tokio runtime.
    ///
    /// `lock` is a file beside the database: who holds it locked is the one agent of the home. A socket left
    /// behind by an agent that died is removed. `form`: the version of the database that it knows.
    /// Errors: [`ControlError::Running`] when there is another agent, and the faults of the file system.
    pub fn bind(places: &[PathBuf], lock: &Path, form: u32) -> Result<Self, ControlError> {
        let lock = lock::take(lock, form)?;
        let (listener, listening) = listen_somewhere(places)?;
        let (sender, requests) = mpsc::channel(REQUESTS);
        let (next, listeners) = mpsc::channel(1);
        let events = Broadcaster(broadcast::channel(EVENTS).0);
        let accepting = tokio::spawn(accept(listener, listeners, sender, events.clone()));
        Ok(Self {
            places: places.to_vec(),
            listening,
            better_at: Instant::now(),
            next,
            _lock: lock,
            accepting,
            requests,
            events,
        })
    }

    /// To be called about once a second: where the socket has gone (the session's folder goes when its user logs out)
    /// there is a new one, at the first place that can be had; and a better place is taken when it is back. Says where
    /// it listens if that has changed.
    pub fn look_after(&mut self) -> Option<&Path> {
        let there = self.listening.is_there();
        let path = self.listening.path();
        let ours = self.places.iter().position(|at| *at == path);
        if there && (ours == Some(0) || Instant::now() < self.better_at) {
            return None;
        }
        self.better_at = Instant::now().checked_add(BETTER)?;
        let places = match ours.filter(|_| there) {
            Some(ours) => self.places.get(..ours)?,
            None => &self.places,
        };
        // What goes wrong now may go right in a minute.
        let (listener, listening) = listen_somewhere(places).ok()?;
        self.next.try_send(listener).ok()?;
        self.listening = listening;
        Some(self.listening.path())
    }

    /// The next request; waits for it. [`Request::Watch`] is seen to here and never comes out.
    pub async fn next(&mut self) -> Option<(Request, Responder)> {
        self.requests.recv().await
    }

    /// The way to tell events.
    pub fn events(&self) -> Broadcaster {
        self.events.clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Listens at the first place that the file system allows.
fn listen_somewhere(places: &[PathBuf]) -> Result<(UnixListener, SocketFile), ControlError> {
    let mut first = None;
    for path in places {
        match listen(path) {
            Err(fault @ (ControlError::Io(..) | ControlError::LongPath(_))) => {
                first = first.or(Some(fault))
            }
            other => return other,
        }
    }
    Err(first.unwrap_or(ControlError::NoAgent))
}

fn listen(path: &Path) -> Result<(UnixListener, SocketFile), ControlError> {
    let fault = ControlError::io(path);
    if let Some(folder) = path.parent() {
        own_folder(folder).map_err(&fault)?;
    }
    let (listener, file) = SocketFile::bind(path).map_err(|why| match why {
        SocketError::Taken => ControlError::Running,
        SocketError::InTheWay => ControlError::InTheWay(path.to_owned()),
        SocketError::Io(why) => fault(why),
    })?;
    Ok((UnixListener::from_std(listener).map_err(fault)?, file))
}

/// The socket's folder is there, and the user's alone, whatever the umask.
fn own_folder(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true).mode(0o700).create(folder)?;
    let meta = fs::metadata(folder)?;
    if meta.uid() != rustix::process::geteuid().as_raw() {
        let why = "its folder belongs to another user";
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, why));
    }
    match meta.mode() & 0o777 {
        0o700 => Ok(()),
        _ => fs::set_permissions(folder, Permissions::from_mode(0o700)),
    }
}

async fn accept(
    mut listener: UnixListener,
    mut listeners: mpsc::Receiver<UnixListener>,
    requests: mpsc::Sender<(Request, Responder)>,
    events: Broadcaster,
) {
    let places = Arc::new(Semaphore::new(CLIENTS));
    // They end with this task.
    let mut clients = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(next) = listeners.recv() => {
                listener = next;
                continue;
            }
        };
        let Ok((stream, _)) = accepted else {
            // Out of file descriptors, most likely: some will be given back.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        if !is_ours(&stream) {
            tracing::warn!("a program of another user came to the agent's socket");
            continue;
        }
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
            // Dropping the stream sends it away.
            continue;
        };
        let (reader, writer) = stream.into_split();
        let client = Client {
            reader: BufReader::new(reader),
            writer,
            requests: requests.clone(),
            events: events.clone(),
        };
        while clients.try_join_next().is_some() {}
        clients.spawn(async move {
            // None when the client went away or was too slow, which is its own affair.
            let _served: Option<()> = client.serve().await;
            drop(place);
        });
    }
}

struct Client {
    reader: BufReader<OwnedReadHalf>,
    writer: OwnedWriteHalf,
    requests: mpsc::Sender<(Request, Responder)>,
    events: Broadcaster,
}

impl Client {
    /// Serves one request; `None` when the client cannot be served any more.
    async fn serve(mut self) -> Option<()> {
        match timeout(PATIENCE, self.request()).await.ok()?? {
            Ok(Request::Watch) => self.watch().await,
            Ok(request @ Request::Poke) => self.ask(request).await.map(drop),
            Ok(
                request @ (Request::Presence
                | Request::Status
                | Request::Rooms
                | Request::Fetch { .. }),
            ) => {
                let answer = timeout(PATIENCE, self.ask(request).await?).await;
                match answer.ok().and_then(Result::ok) {
                    Some(reply) => self.line(&reply).await,
                    None => {
                        self.write(&Reply::Error("the agent has no answer".to_owned()))
                            .await
                    }
                }
            }
            Err(why) => self.write(&Reply::Error(why)).await,
        }
    }

    async fn request(&mut self) -> Option<Result<Request, String>> {
        let mut line = Vec::new();
        let mut limited = (&mut self.reader).take(LONGEST_REQUEST);
        limited.read_until(b'\n', &mut line).await.ok()?;
        if line.is_empty() {
            return None;
        }
        let read = serde_json::from_slice(&line);
        Some(read.map_err(|_| "the agent does not understand this request".to_owned()))
    }

    async fn ask(&self, request: Request) -> Option<oneshot::Receiver<String>> {
        let (sender, receiver) = oneshot::channel();
        let asked = self.requests.send((request, Responder(sender))).await;
        asked.ok().map(|()| receiver)
    }

    /// Passes events on until the client goes, or is too far behind.
    async fn watch(&mut self) -> Option<()> {
        let mut events = self.events.0.subscribe();
        self.write(&Reply::Ok(())).await?;
        loop {
            let event = tokio::select! {
                event = events.recv() => event,
                // A watcher says nothing; what comes is its end.
                gone = self.reader.read_u8() => return gone.ok().map(drop),
            };
            match event {
                Ok(event) => self.line(&event).await?,
                Err(RecvError::Closed) => return None,
                Err(RecvError::Lagged(missed)) => {
                    let last = serde_json::json!({
                        "event": "dropped", "missed": missed, "reason": "too slow to read"
                    });
                    return self.line(&last.to_string()).await;
                }
            }
        }
    }

    async fn write(&mut self, reply: &Reply<()>) -> Option<()> {
        self.line(&serde_json::to_string(reply).ok()?).await
    }

    async fn line(&mut self, text: &str) -> Option<()> {
        let line = format!("{text}\n");
        let written = timeout(PATIENCE, self.writer.write_all(line.as_bytes()));
        written.await.ok()?.ok()
    }
}

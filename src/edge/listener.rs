//! Where the user's own IRC clients connect: bytes into lines and back; what a line means is the gateway's.
//!
//! ```text
//! accept ──▶ server ──▶ connection (a task each) ◀──▶ queue ◀──▶ Listeners ◀──▶ the daemon
//!            slots      TLS, sniff                    inbox      next, send, close
//!            throttle   lines or frames               pending
//! ```
//!
//! Everything is bounded: connections, those of them that have not logged in, the length of a line, the lines that
//! wait to be heard, the bytes that wait to be written, the addresses whose wrong passwords are remembered, and each
//! time that a client may take.

mod accept;
mod address;
mod bind;
mod connection;
pub mod event;
mod framing;
mod lines;
mod plain;
mod queue;
mod server;
mod slots;
mod sniff;
mod throttle;
mod tls;
mod websocket;

use std::net::SocketAddr;
use std::sync::Arc;
use std::task::Context;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::timeout;

use crate::edge::socket_file::SocketFile;

use bind::Listener;
use event::{ConnEvent, ConnId};
use queue::{Parting, Queue};
use server::Server;

pub use address::{Listen, ListenError};
pub use tls::certified;

/// All listeners and their connections. Dropping it ends all connections, and removes the Unix sockets.
#[derive(Debug)]
pub struct Listeners {
    server: Arc<Server>,
    ready: mpsc::UnboundedReceiver<Arc<Queue>>,
    accepting: JoinSet<()>,
    /// Unix sockets, and what lets clients in there.
    files: Vec<(SocketFile, AbortHandle)>,
}

impl Listeners {
    /// Listens nowhere yet. Needs a tokio runtime with I/O and time.
    ///
    /// `origins` are the web pages that may open a WebSocket, each as a browser names it: `https://chat.example`.
    pub fn new(origins: &[String]) -> Self {
        let (sender, ready) = mpsc::unbounded_channel();
        Self {
            server: Arc::new(Server::new(origins, sender)),
            ready,
            accepting: JoinSet::new(),
            files: Vec::new(),
        }
    }

    /// Listens at one address more, and gives it with the port that it has; after an error all is as it was.
    pub fn listen(&mut self, at: &Listen) -> Result<Option<SocketAddr>, ListenError> {
        let (listener, file) = Listener::open(at)?;
        let address = listener.address();
        let server = Arc::clone(&self.server);
        let next = move |cx: &mut Context<'_>| listener.poll_accept(cx);
        let accepting = self.accepting.spawn(accept::accept(next, server));
        self.files.extend(file.map(|file| (file, accepting)));
        Ok(address)
    }

    /// Whether nobody can come in any more at a Unix socket at which it listens: its file is gone.
    pub fn has_lost(&self, at: &Listen) -> bool {
        let there = |(file, _): &(SocketFile, _)| is_at(at, file) && file.is_there();
        matches!(at, Listen::Unix(_)) && !self.files.iter().any(there)
    }

    /// Listens no more at a Unix socket; whoever has come in there stays.
    pub fn give_up(&mut self, at: &Listen) {
        for (_, accepting) in self.files.extract_if(.., |(file, _)| is_at(at, file)) {
            accepting.abort();
        }
    }

    /// Waits for the next that comes in; all clients get their turns. Nothing is lost if this is dropped.
    pub async fn next(&mut self) -> ConnEvent {
        loop {
            let Some(queue) = self.ready.recv().await else {
                // The server holds a sender.
                std::future::pending::<()>().await;
                continue;
            };
            if let Some(event) = queue.next() {
                return event;
            }
        }
    }

    /// Has whole lines written, each with its CR LF; never waits: at once, while nothing waits. Says how many bytes wait
    /// then: if none, all is written, and no [`ConnEvent::Drained`] follows. `None`: it is going or gone.
    ///
    /// A client for which 2 MiB wait is sent away.
    pub fn send(&mut self, conn: ConnId, lines: &[u8]) -> Option<usize> {
        let queue = self.server.slots().queue(conn);
        queue?.send(lines)
    }

    /// Has [`ConnEvent::Drained`] come in this client's turn, when nothing waits for it: it gets more then.
    pub fn call_again(&mut self, conn: ConnId) {
        if let Some(queue) = self.server.slots().queue(conn) {
            queue.call_again();
        }
    }

    /// Has a last line (`ERROR :…`, without CR LF) written after what waits, if that takes no more than two seconds,
    /// and the connection closed. Nothing more is heard of it but [`ConnEvent::Closed`].
    pub fn close(&mut self, conn: ConnId, last: &str) {
        if let Some(queue) = self.server.slots().queue(conn) {
            queue.close(Parting::Asked, last);
        }
    }

    /// It has logged in: it makes way for no stranger, and its address is forgiven its wrong passwords.
    pub fn admitted(&mut self, conn: ConnId) {
        self.server.slots().admit(conn);
    }

    /// It gave a wrong password: it is heard again, and so are others of its address, only after a pause that grows
    /// with each.
    pub fn failed_login(&mut self, conn: ConnId) {
        self.server.slots().failed(conn);
    }

    /// It was told a challenge of SCRAM, and owes the answer, or does so no more. Who goes without one gave a wrong password.
    pub fn owes(&mut self, conn: ConnId, owes: bool) {
        self.server.slots().owes(conn, owes);
    }

    /// Lets nobody in any more, has all closed after this last line, and waits for that, four seconds at most.
    pub async fn shut(mut self, last: &str) {
        self.accepting.shutdown().await;
        self.files.clear();
        self.server.slots().close_all(last);
        let mut tasks = self.server.take_tasks();
        let gone = async { while tasks.join_next().await.is_some() {} };
        // Who is still here then is cut off.
        drop(timeout(SHUT, gone).await);
    }
}

impl Drop for Listeners {
    fn drop(&mut self) {
        // They end when the set is dropped.
        drop(self.server.take_tasks());
    }
}

fn is_at(at: &Listen, file: &SocketFile) -> bool {
    matches!(at, Listen::Unix(path) if file.path() == path)
}

/// How long closing all may take: two seconds for a last line, one for each client's end, and one to spare.
const SHUT: Duration = Duration::from_secs(4);

#[cfg(test)]
mod tests;

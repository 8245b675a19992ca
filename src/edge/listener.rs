//! The gateway's door: listeners, connections, bytes into lines and back; it knows nothing of what a line means.
//!
//! ```text
//! listener ──▶ house ──▶ visit (a task each) ◀──▶ wire ◀──▶ Door ◀──▶ whoever keeps it
//!              places      TLS, greeting          inbox      next, send, close
//!              slowdown    lines or frames        pending
//! ```
//!
//! Everything is bounded: connections, those of them that have not logged in, the length of a line, the lines that
//! wait to be heard, the bytes that wait to be written, the addresses whose wrong passwords are remembered, and each
//! time that a client may take.

mod bind;
mod connection;
pub mod event;
mod framing;
mod lines;
mod queue;
mod server;
mod slots;
mod sniff;
mod socket_file;
mod throttle;
mod tls;
mod websocket;
mod writer;

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::task::Context;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::timeout;

use bind::Listener;
use event::{BadLine, ConnId, Peer};
use queue::Wire;
use server::House;
use socket_file::SocketFile;

pub use bind::{DoorError, Listen};

/// What comes in, in the order in which it came for each connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Knock {
    /// A client is there: its TLS and WebSocket handshakes are done.
    Opened {
        /// Its number.
        conn: ConnId,
        /// Where it has come from.
        peer: Peer,
    },
    /// It said something.
    Line {
        /// The client.
        conn: ConnId,
        /// Without CR LF, never blank.
        line: Result<String, BadLine>,
    },
    /// Everything handed to [`Door::send`] so far has been written to its socket, though not at once.
    Drained {
        /// The client.
        conn: ConnId,
    },
    /// It is gone; nothing comes of it any more. Told once for each that was opened.
    Closed {
        /// The client.
        conn: ConnId,
    },
}

/// How much waits to be written to a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// More may be sent. If no bytes wait they have been written, and no [`Knock::Drained`] follows.
    Free {
        /// Bytes that wait.
        queued: usize,
    },
    /// The lines were taken, but what can wait should: until [`Knock::Drained`].
    Full {
        /// Bytes that wait.
        queued: usize,
    },
    /// The lines were not taken: it is going or gone.
    Gone,
}

/// The open door. Dropping it ends all connections, and removes the Unix sockets.
#[derive(Debug)]
pub struct Door {
    house: Arc<House>,
    ready: mpsc::UnboundedReceiver<Arc<Wire>>,
    inside: HashMap<ConnId, Arc<Wire>>,
    listening: Vec<Listen>,
    accepting: JoinSet<()>,
    /// Unix sockets, and what lets clients in there.
    files: Vec<(SocketFile, AbortHandle)>,
}

impl Door {
    /// A door that listens nowhere yet. Needs a tokio runtime with I/O and time.
    ///
    /// `origins` are the web pages that may open a WebSocket, each as a browser names it: `https://chat.example`.
    #[must_use]
    pub fn shut_yet(origins: &[String]) -> Self {
        let (sender, ready) = mpsc::unbounded_channel();
        Self {
            house: Arc::new(House::new(origins, sender)),
            ready,
            inside: HashMap::new(),
            listening: Vec::new(),
            accepting: JoinSet::new(),
            files: Vec::new(),
        }
    }

    /// Listens at all these places, or at none; for `origins` see [`Door::shut_yet`].
    /// Errors: [`DoorError`] names the place at which nobody can come in.
    pub fn open(listeners: &[Listen], origins: &[String]) -> Result<Self, DoorError> {
        let mut door = Self::shut_yet(origins);
        listeners.iter().try_for_each(|place| door.listen(place))?;
        Ok(door)
    }

    /// Listens at one place more.
    /// Errors: [`DoorError`]; then the door is as it was.
    pub fn listen(&mut self, place: &Listen) -> Result<(), DoorError> {
        let (listener, file) = Listener::open(place)?;
        self.listening.push(listener.at.clone());
        let house = Arc::clone(&self.house);
        let next = move |cx: &mut Context<'_>| listener.poll_accept(cx);
        let accepting = self.accepting.spawn(server::accept(next, house));
        self.files.extend(file.map(|file| (file, accepting)));
        Ok(())
    }

    /// Whether the file of a Unix socket at which it listens is still there.
    #[must_use]
    pub fn is_reached_at(&self, path: &Path) -> bool {
        self.files
            .iter()
            .any(|(file, _)| file.path() == path && file.is_there())
    }

    /// Listens no more at a Unix socket; whoever has come in there stays.
    pub fn give_up(&mut self, path: &Path) {
        let gone = self.files.extract_if(.., |(file, _)| file.path() == path);
        for (_, accepting) in gone {
            accepting.abort();
        }
        self.listening
            .retain(|place| !matches!(place, Listen::Unix(at) if at == path));
    }

    /// Where it listens, in the order given; a port 0 is the one that was chosen.
    #[must_use]
    pub fn listening(&self) -> &[Listen] {
        &self.listening
    }

    /// Waits for the next that comes in; all clients get their turns. Nothing is lost if this is dropped.
    pub async fn next(&mut self) -> Knock {
        loop {
            let Some(wire) = self.ready.recv().await else {
                // The house holds a sender.
                std::future::pending::<()>().await;
                continue;
            };
            let Some(knock) = wire.knock() else { continue };
            match &knock {
                Knock::Opened { conn, .. } => drop(self.inside.insert(*conn, wire)),
                Knock::Closed { conn } => drop(self.inside.remove(conn)),
                Knock::Line { .. } | Knock::Drained { .. } => {}
            }
            return knock;
        }
    }

    /// Has whole lines written, each with its CR LF; never waits: at once, while nothing waits.
    ///
    /// A client for which 2 MiB wait is sent away.
    pub fn send(&mut self, conn: ConnId, lines: &[u8]) -> Room {
        let wire = self.inside.get(&conn);
        wire.map_or(Room::Gone, |wire| wire.send(lines))
    }

    /// Has [`Knock::Drained`] come in this client's turn, when nothing waits for it: it gets more then.
    pub fn call_again(&mut self, conn: ConnId) {
        if let Some(wire) = self.inside.get(&conn) {
            wire.call_again();
        }
    }

    /// Has a last line (`ERROR :…`, without CR LF) written after what waits, if that takes no more than two seconds,
    /// and the connection closed. Nothing more is heard of it but [`Knock::Closed`].
    pub fn close(&mut self, conn: ConnId, last: &str) {
        if let Some(wire) = self.inside.get(&conn) {
            wire.close(last);
        }
    }

    /// It has logged in: it makes way for no stranger, and its address is forgiven its wrong passwords.
    pub fn admitted(&mut self, conn: ConnId) {
        self.house.admit(conn);
    }

    /// It gave a wrong password: it is heard again, and so are others of its address, only after a pause that grows
    /// with each.
    pub fn failed_login(&mut self, conn: ConnId) {
        if let Some(until) = self.house.failed(conn)
            && let Some(wire) = self.inside.get(&conn)
        {
            wire.hold(until);
        }
    }

    /// It was told a challenge of SCRAM, and owes the answer, or does so no more. Who goes without one gave a wrong password.
    pub fn owes(&mut self, conn: ConnId, owes: bool) {
        self.house.owes(conn, owes);
    }

    /// Lets nobody in any more, has all closed after this last line, and waits for that, four seconds at most.
    pub async fn shut(mut self, last: &str) {
        self.accepting.shutdown().await;
        self.files.clear();
        self.house.close_all(last);
        let mut visits = self.house.take_visits();
        let gone = async { while visits.join_next().await.is_some() {} };
        // Who is still here then is cut off.
        drop(timeout(SHUT, gone).await);
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        // They end when the set is dropped.
        drop(self.house.take_visits());
    }
}

/// How long closing all may take: two seconds for a last line, one for each client's end, and one to spare.
const SHUT: Duration = Duration::from_secs(4);

#[cfg(test)]
mod tests;

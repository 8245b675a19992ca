//! What the daemon and a connection's task share: lines in, bytes out, both bounded.
//!
//! ```text
//! task ──received─▶ inbox ┐                  ┌──▶ next ──▶ the daemon
//!                         ├── ready (once) ──┘
//! task ◀──batch── pending ◀── send ──▶ socket, while nothing waits
//! ```
//!
//! A connection stands in the queue of the ready at most once, and gives one event at a time: all are served in
//! turn. While much waits to be written, its lines wait too, and while they wait nothing is read: so a client can
//! make nobody hold more than the bounds below.
//!
//! Not tokio-util's `Framed` and channels: a sink counts no bytes that wait, and its task would have to be woken before a
//! line is written that the socket takes at once.

mod state;

use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, mpsc};
use tokio::time::{Instant, sleep_until};

use super::event::{BadLine, ConnEvent, ConnId, Peer};
use super::framing::Framing;
use super::plain::Plain;
pub(super) use state::Parting;
use state::{Phase, State};

/// One connection.
#[derive(Debug)]
pub(super) struct Queue {
    pub(super) conn: ConnId,
    pub(super) peer: Peer,
    state: Mutex<State>,
    ready: mpsc::UnboundedSender<Arc<Self>>,
    /// Something is to be written.
    outgoing: Notify,
    /// The inbox has room again.
    room: Notify,
    /// It is to be closed.
    parting: Notify,
    /// Its lines are held back until a time.
    held: Notify,
}

impl Queue {
    pub(super) fn new(conn: ConnId, peer: Peer, ready: mpsc::UnboundedSender<Arc<Self>>) -> Self {
        Self {
            conn,
            peer,
            state: Mutex::default(),
            ready,
            outgoing: Notify::new(),
            room: Notify::new(),
            parting: Notify::new(),
            held: Notify::new(),
        }
    }

    // What the daemon does.

    /// The next thing to tell, if there is one.
    pub(super) fn next(self: &Arc<Self>) -> Option<ConnEvent> {
        let mut state = self.lock();
        state.listed = false;
        let next = state.next(self.conn, &self.peer);
        if state.phase == Phase::Over && state.parting.is_none() {
            // What it was answered last is still written, but nothing more.
            state.parting = Some(Parting::Broken);
            self.outgoing.notify_one();
        }
        if state.inbox.len() == INBOX_LOW {
            self.room.notify_one();
        }
        if next.is_some() {
            self.list(&mut state);
        }
        next
    }

    /// Takes whole lines to be written, and says how many bytes wait then; never waits.
    pub(super) fn send(&self, lines: &[u8]) -> Option<usize> {
        let mut state = self.lock();
        if state.parting.is_some() || state.ended {
            return None;
        }
        let is_idle = state.queued() == 0;
        let State {
            framing, pending, ..
        } = &mut *state;
        framing.encode(lines, pending);
        if is_idle {
            state.write_at_once();
        }
        let queued = state.queued();
        if queued > MOST {
            tracing::info!(peer = self.peer.name, "a client reads too slowly");
            state.pending.clear();
            self.part(&mut state, Parting::Broken, TOO_SLOW);
            return None;
        }
        if queued > 0 {
            self.outgoing.notify_one();
        }
        Some(queued)
    }

    /// Says [`ConnEvent::Drained`] in its turn, as soon as nothing waits to be written.
    pub(super) fn call_again(self: &Arc<Self>) {
        let mut state = self.lock();
        state.drained = true;
        self.list(&mut state);
    }

    /// Has it closed after a last line, for this reason.
    pub(super) fn close(&self, why: Parting, last: &str) {
        self.part(&mut self.lock(), why, last);
    }

    /// Hands no line over before this time.
    pub(super) fn hold(&self, until: Instant) {
        self.lock().held_until = Some(until);
        self.held.notify_one();
    }

    // What the server does.

    /// Has it closed because of what it did.
    pub(super) fn break_off(&self, why: &str) {
        tracing::info!(peer = self.peer.name, why, "a client is sent away");
        self.close(Parting::Broken, &format!("ERROR :{why}"));
    }

    // What its task does.

    /// There is a socket that takes bytes without waiting.
    pub(super) fn write_to(&self, plain: Plain) {
        self.lock().plain = Some(plain);
    }

    /// Hands are shaken; from now on it is known.
    pub(super) fn open(self: &Arc<Self>, framing: Framing) {
        let mut state = self.lock();
        state.framing = framing;
        state.phase = Phase::Opening;
        self.list(&mut state);
    }

    /// Hands a line over; waits for room.
    pub(super) async fn received(self: &Arc<Self>, line: Result<String, BadLine>) {
        let mut line = Some(line);
        self.until(&self.room, |state| {
            let room = state.inbox.len() < INBOX;
            room.then(|| {
                state.inbox.extend(line.take());
                self.list(state);
            })
        })
        .await;
    }

    /// Has bytes written as they are: what HTTP and WebSocket answer of themselves.
    pub(super) fn answer(&self, bytes: &[u8]) {
        let mut state = self.lock();
        if state.queued() > MOST {
            return self.part(&mut state, Parting::Broken, TOO_SLOW);
        }
        state.pending.extend_from_slice(bytes);
        self.outgoing.notify_one();
    }

    /// All that is to be written, as soon as there is something; `None` when it was the last.
    pub(super) async fn batch(&self) -> Option<Vec<u8>> {
        self.until(&self.outgoing, |state| {
            if !state.begun.is_empty() {
                return Some(Some(mem::take(&mut state.begun)));
            }
            if !state.pending.is_empty() {
                state.in_flight = state.pending.len();
                return Some(Some(mem::take(&mut state.pending)));
            }
            state.parting.is_some().then_some(None)
        })
        .await
    }

    /// The batch has been written.
    pub(super) fn written(self: &Arc<Self>) {
        let mut state = self.lock();
        state.in_flight = 0;
        state.drained = state.pending.is_empty();
        if state.phase != Phase::Outside {
            self.list(&mut state);
        }
    }

    /// Waits until it is to be closed.
    pub(super) async fn parting(&self) {
        self.until(&self.parting, |state| state.parting.map(drop))
            .await;
    }

    /// Whether and why it is to be closed.
    pub(super) fn why_parting(&self) -> Option<Parting> {
        self.lock().parting
    }

    /// Sees to it that lines held back are handed over in time; never ends.
    pub(super) async fn release(self: &Arc<Self>) {
        loop {
            let until = self.until(&self.held, |state| state.held_until).await;
            tokio::select! {
                () = self.held.notified() => {}
                () = sleep_until(until) => {
                    let mut state = self.lock();
                    state.held_until = state.held_until.filter(|later| *later > until);
                    self.list(&mut state);
                }
            }
        }
    }

    /// Tells a client that does not read why it goes, after a line that was cut off anywhere. A WebSocket cannot go on
    /// after a frame that was cut off, nor TLS after a record.
    pub(super) fn leave_last_word(&self) {
        let state = self.lock();
        if let (Framing::Lines, Some(plain)) = (state.framing, &state.plain) {
            let last = match state.last.as_str() {
                "" => TOO_SLOW,
                last => last,
            };
            plain.leave(format!("\r\n{last}\r\n").as_bytes());
        }
    }

    /// Says nothing more: after the end of a WebSocket no frame may follow (RFC 6455, 5.5.1).
    pub(super) fn mute(&self) {
        self.lock().framing = Framing::None;
    }

    /// The client has ended its side; what it said is still heard, and answered if it reads on.
    pub(super) fn fall_silent(self: &Arc<Self>) {
        let mut state = self.lock();
        state.silent = true;
        self.list(&mut state);
    }

    /// Its task is over.
    pub(super) fn end(self: &Arc<Self>) {
        let mut state = self.lock();
        state.pending = Vec::new();
        state.begun = Vec::new();
        state.in_flight = 0;
        state.plain = None;
        if state.held_until.take().is_some() {
            // Who goes does not get round the pause.
            state.inbox.clear();
        }
        state.silent = true;
        state.ended = true;
        // If nobody has heard of it, nobody has to hear that it went.
        if state.phase != Phase::Outside {
            self.list(&mut state);
        }
    }

    /// Waits for what is made of the state; each change of it is told by `changed`.
    async fn until<T>(
        &self,
        changed: &Notify,
        mut ready: impl FnMut(&mut State) -> Option<T>,
    ) -> T {
        loop {
            let changed = changed.notified();
            let ready = ready(&mut self.lock());
            match ready {
                Some(ready) => return ready,
                None => changed.await,
            }
        }
    }

    fn part(&self, state: &mut State, why: Parting, last: &str) {
        if state.parting.is_some() {
            return;
        }
        state.parting = Some(why);
        last.clone_into(&mut state.last);
        let State {
            framing, pending, ..
        } = state;
        framing.farewell(last, pending);
        self.outgoing.notify_one();
        self.parting.notify_one();
    }

    fn list(self: &Arc<Self>, state: &mut State) {
        if !mem::replace(&mut state.listed, true) {
            // It fails only when the listeners are gone.
            drop(self.ready.send(Arc::clone(self)));
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The last line to a client that does not read what it is sent.
const TOO_SLOW: &str = "ERROR :too slow to read";

/// Lines of one client that wait to be heard; more wait in its socket.
const INBOX: usize = 16;
/// When so few are left, more are read.
const INBOX_LOW: usize = 4;
/// Bytes to be written that nobody exceeds: the client is sent away.
const MOST: usize = 2 * 1024 * 1024;

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A connection that nobody serves.
    pub(in crate::edge::listener) fn queue(conn: u64) -> Arc<Queue> {
        let (ready, _) = mpsc::unbounded_channel();
        let peer = Peer {
            tls: false,
            name: "unix".to_owned(),
        };
        Arc::new(Queue::new(ConnId(conn), peer, ready))
    }
}

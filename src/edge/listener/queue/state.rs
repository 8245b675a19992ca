//! What is known of a connection, and what of it is told next.

use std::collections::VecDeque;
use std::mem;

use tokio::time::Instant;

use crate::edge::listener::event::{BadLine, ConnEvent, ConnId, Peer};
use crate::edge::listener::framing::Framing;
use crate::edge::listener::plain::Plain;

/// What its task and the daemon share.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) phase: Phase,
    pub(super) framing: Framing,
    pub(super) inbox: VecDeque<Result<String, BadLine>>,
    pub(super) pending: Vec<u8>,
    /// Bytes for the task to write before all others, counted as in flight.
    pub(super) begun: Vec<u8>,
    /// Takes bytes at once, if nothing waits.
    pub(super) plain: Option<Plain>,
    /// Bytes that the task is writing.
    pub(super) in_flight: usize,
    /// Everything has been written, and nobody has been told.
    pub(super) drained: bool,
    pub(super) held_until: Option<Instant>,
    pub(super) parting: Option<Parting>,
    /// The line it is closed with.
    pub(super) last: String,
    /// The client says nothing more.
    pub(super) silent: bool,
    /// Its task is over.
    pub(super) ended: bool,
    /// Whether it stands in the queue of the ready.
    pub(super) listed: bool,
}

/// What the daemon has been told.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Nothing: hands are being shaken.
    #[default]
    Outside,
    /// Nothing yet, but it is there.
    Opening,
    /// That it is there.
    Open,
    /// Everything.
    Over,
}

/// Who wants it closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::edge::listener) enum Parting {
    /// The daemon: no more of its lines are wanted.
    Asked,
    /// As [`Parting::Asked`], with all others: nobody is waited for.
    Shut,
    /// Its task: what the client said before still counts.
    Broken,
    /// The server, which needs its slot now.
    PushedOut,
}

impl State {
    /// Writes of what waits as much as the system takes now. A fault is left to the task, which meets it too.
    pub(super) fn write_at_once(&mut self) {
        let Some(plain) = &self.plain else { return };
        if let Ok(written) = plain.try_write(&self.pending) {
            // A line that was begun is ended, whatever happens to those after it.
            self.begun = self.pending.split_off(written);
            self.pending = Vec::new();
            self.in_flight = self.begun.len();
        }
    }

    pub(super) fn queued(&self) -> usize {
        self.pending.len().saturating_add(self.in_flight)
    }

    pub(super) fn next(&mut self, conn: ConnId, peer: &Peer) -> Option<ConnEvent> {
        match self.phase {
            Phase::Outside | Phase::Over => None,
            Phase::Opening => {
                self.phase = Phase::Open;
                let peer = peer.clone();
                Some(ConnEvent::Opened(conn, peer))
            }
            Phase::Open if self.queued() == 0 && mem::take(&mut self.drained) => {
                Some(ConnEvent::Drained(conn))
            }
            Phase::Open if !self.ended && self.must_wait() => None,
            Phase::Open => self.line(conn).or_else(|| self.close(conn)),
        }
    }

    /// Whether no line is handed over for now.
    fn must_wait(&self) -> bool {
        self.queued() >= MUCH || self.held_until.is_some()
    }

    fn close(&mut self, conn: ConnId) -> Option<ConnEvent> {
        let over = self.silent && self.inbox.is_empty();
        over.then(|| {
            self.phase = Phase::Over;
            ConnEvent::Closed(conn)
        })
    }

    fn line(&mut self, conn: ConnId) -> Option<ConnEvent> {
        if let Some(Parting::Asked | Parting::Shut) = self.parting {
            self.inbox.clear();
        }
        let line = self.inbox.pop_front()?;
        Some(ConnEvent::Line(conn, line))
    }
}

/// Bytes to be written, from which on no line of the client is handed over.
const MUCH: usize = 64 * 1024;

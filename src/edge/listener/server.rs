//! What all connections share: their slots, the throttle of wrong passwords, their tasks.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::event::{ConnId, Peer};
use super::queue::Queue;
use super::slots::Slots;
use super::throttle::{Source, Throttle};

/// What all connections share.
#[derive(Debug)]
pub(super) struct Server {
    slots: Mutex<Slots>,
    throttle: Mutex<Throttle>,
    tasks: Mutex<JoinSet<()>>,
    origins: Vec<String>,
    ready: mpsc::UnboundedSender<Arc<Queue>>,
    next: AtomicU64,
}

impl Server {
    /// With these web pages let in; each connection that has something to tell goes into `ready`.
    pub(super) fn new(origins: &[String], ready: mpsc::UnboundedSender<Arc<Queue>>) -> Self {
        Self {
            slots: Mutex::default(),
            throttle: Mutex::default(),
            tasks: Mutex::default(),
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
        let source = lock(&self.slots).admit(conn);
        if let Some(source) = source {
            lock(&self.throttle).forgive(source);
        }
    }

    /// It gave a wrong password; gives when it may be heard again.
    pub(super) fn failed(&self, conn: ConnId) -> Option<Instant> {
        let source = lock(&self.slots).source(conn)?;
        Some(lock(&self.throttle).failed(source, Instant::now()))
    }

    /// Whether it owes the answer to a challenge: if it goes without, that was a wrong password.
    pub(super) fn owes(&self, conn: ConnId, owes: bool) {
        lock(&self.slots).owes(conn, owes);
    }

    /// Who has gone and owed an answer gave a wrong password.
    fn count_owed(&self) {
        let owed = lock(&self.slots).take_owed();
        for source in owed {
            lock(&self.throttle).failed(source, Instant::now());
        }
    }

    /// When a new connection may be heard.
    pub(super) fn turn(&self, source: Source) -> Option<Instant> {
        let now = Instant::now();
        let turn = lock(&self.throttle).turn(source, now);
        (turn > now).then_some(turn)
    }

    /// Its task is over.
    pub(super) fn leave(&self, queue: &Arc<Queue>) {
        lock(&self.slots).leave(queue.conn());
        self.count_owed();
        queue.end();
    }

    /// Has every connection closed after this last line, those that are not open yet too.
    pub(super) fn close_all(&self, last: &str) {
        lock(&self.slots).close_all(last);
    }

    /// All tasks, so that they can be waited for.
    pub(super) fn take_tasks(&self) -> JoinSet<()> {
        std::mem::take(&mut *lock(&self.tasks))
    }

    /// Gives a client that has just connected a slot; `None` if all are taken.
    pub(super) fn enter(&self, source: Source, peer: Peer) -> Option<Arc<Queue>> {
        let conn = ConnId(self.next.fetch_add(1, Ordering::Relaxed));
        let queue = Arc::new(Queue::new(conn, peer, self.ready.clone()));
        let entered = lock(&self.slots).enter(source, &queue);
        self.count_owed();
        entered.then_some(queue)
    }

    /// Runs the task of a connection.
    pub(super) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = lock(&self.tasks);
        while tasks.try_join_next().is_some() {}
        tasks.spawn(task);
    }
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

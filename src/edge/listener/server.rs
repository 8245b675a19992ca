//! What all connections share: their slots, their tasks.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::event::{ConnId, Peer};
use super::queue::Queue;
use super::slots::Slots;
use super::throttle::Source;

/// What all connections share.
#[derive(Debug)]
pub(super) struct Server {
    slots: Mutex<Slots>,
    tasks: Mutex<JoinSet<()>>,
    /// The web pages that may open a WebSocket.
    pub(super) origins: Vec<String>,
    ready: mpsc::UnboundedSender<Arc<Queue>>,
    next: AtomicU64,
}

impl Server {
    /// With these web pages let in; each connection that has something to tell goes into `ready`.
    pub(super) fn new(origins: &[String], ready: mpsc::UnboundedSender<Arc<Queue>>) -> Self {
        Self {
            slots: Mutex::default(),
            tasks: Mutex::default(),
            origins: origins.to_vec(),
            ready,
            next: AtomicU64::new(1),
        }
    }

    /// Who is inside.
    pub(super) fn slots(&self) -> MutexGuard<'_, Slots> {
        lock(&self.slots)
    }

    /// Its task is over.
    pub(super) fn leave(&self, queue: &Arc<Queue>) {
        self.slots().leave(queue.conn);
        queue.end();
    }

    /// All tasks, so that they can be waited for.
    pub(super) fn take_tasks(&self) -> JoinSet<()> {
        std::mem::take(&mut *lock(&self.tasks))
    }

    /// Gives a client that has just connected a slot; `None` if all are taken.
    pub(super) fn enter(&self, source: Source, peer: Peer) -> Option<Arc<Queue>> {
        let conn = ConnId(self.next.fetch_add(1, Ordering::Relaxed));
        let queue = Arc::new(Queue::new(conn, peer, self.ready.clone()));
        let entered = self.slots().enter(source, &queue);
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

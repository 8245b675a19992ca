//! The handle of a network's task: orders in, events out.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rand::rngs::StdRng;
use tokio::sync::mpsc;

use super::link::Task;
use super::{LinkEvent, NetworkSettings, Order, WatchChange};
use crate::protocol::time::Seconds;

/// The handle of a network's task. Dropping it makes the task quit silently and end within a few seconds; the channel
/// of events is closed then, even if some were not read.
#[derive(Debug)]
pub struct Link {
    orders: mpsc::Sender<Order>,
    /// Whom to watch, as far as no order said it yet, for the queue was full.
    unsaid: Mutex<WatchChange>,
}

/// Why an order was not taken; it is forgotten, but for what is watched: that goes with the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OrderError {
    /// The task has too much to do; only when its events are not read.
    #[error("the link's queue of orders is full")]
    Full,
    /// The task has ended.
    #[error("the link has ended")]
    Gone,
}

impl Link {
    /// Starts a network's task, which waits for [`Order::Connect`]; `poll` is how long from one round of ISON to the next,
    /// `wall` the user's clock. Needs a tokio runtime with I/O and time.
    pub fn spawn(
        settings: NetworkSettings,
        poll: Duration,
        rng: StdRng,
        wall: fn() -> Seconds,
    ) -> (Self, mpsc::Receiver<LinkEvent>) {
        let (orders, received) = mpsc::channel(ORDERS);
        let (told, events) = mpsc::channel(EVENTS);
        let task = Task::new(settings, poll, rng, wall, (received, told));
        tokio::spawn(task.run());
        let unsaid = Mutex::default();
        (Self { orders, unsaid }, events)
    }

    /// Gives an order; never waits. If the queue is full, whom to watch is said with the next order.
    pub fn order(&self, order: Order) -> Result<(), OrderError> {
        let mut unsaid = self.unsaid.lock().unwrap_or_else(PoisonError::into_inner);
        let order = match order {
            Order::Watch(change) => {
                unsaid.add(change);
                None
            }
            Order::Connect(_)
            | Order::Leave
            | Order::Send { .. }
            | Order::Enter { .. }
            | Order::Part(_) => Some(order),
        };
        let change = (!unsaid.is_empty()).then(|| Order::Watch(std::mem::take(&mut unsaid)));
        for order in change.into_iter().chain(order) {
            self.orders.try_send(order).map_err(|error| match error {
                mpsc::error::TrySendError::Full(Order::Watch(change)) => {
                    *unsaid = change;
                    OrderError::Full
                }
                mpsc::error::TrySendError::Full(_) => OrderError::Full,
                mpsc::error::TrySendError::Closed(_) => OrderError::Gone,
            })?;
        }
        Ok(())
    }
}

/// Orders that may wait.
const ORDERS: usize = 64;
/// Events that may wait in the channel.
pub(super) const EVENTS: usize = 64;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn whom_to_watch_is_said_though_the_queue_was_full() {
        let change = |more: &[&str], less: &[&str]| {
            let set = |nicks: &[&str]| nicks.iter().map(|nick| (*nick).to_owned()).collect();
            let (more, less) = (set(more), set(less));
            Order::Watch(WatchChange { more, less })
        };
        let (orders, mut received) = mpsc::channel(1);
        let link = Link {
            orders,
            unsaid: Mutex::default(),
        };
        link.order(Order::Leave).unwrap();
        let full = Err(OrderError::Full);
        assert_eq!(link.order(change(&["a", "b"], &["z"])), full);
        assert_eq!(link.order(change(&["c", "z"], &["a"])), full);
        assert_eq!(received.try_recv(), Ok(Order::Leave));
        assert_eq!(
            link.order(Order::Leave),
            full,
            "what was said before goes first"
        );
        let said = change(&["b", "c", "z"], &["a"]);
        assert_eq!(received.try_recv(), Ok(said));
        link.order(Order::Leave).unwrap();
        assert_eq!(received.try_recv(), Ok(Order::Leave));
    }
}

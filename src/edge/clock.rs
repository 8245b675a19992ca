//! The clock, passed in wherever time matters, so that a test can turn it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::protocol::time::{Millis, Seconds};

/// Tells the time since 1970-01-01 00:00 UTC.
pub trait Clock: Send + Sync {
    /// The time now.
    fn now_ms(&self) -> Millis;

    /// The second of now.
    fn now(&self) -> Seconds {
        self.now_ms().seconds()
    }
}

/// The clock of the machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now_ms(&self) -> Millis {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        Millis::default().after(since.unwrap_or_default())
    }
}

/// A clock that stands until it is turned; its clones share one hand.
#[derive(Debug, Clone, Default)]
pub struct TestClock(Arc<AtomicU64>);

impl TestClock {
    /// A clock that shows `seconds`.
    pub fn at(seconds: u64) -> Self {
        Self(Arc::new(AtomicU64::new(seconds.saturating_mul(1000))))
    }

    /// Turns it to `seconds`, forwards or backwards.
    pub fn set(&self, seconds: u64) {
        self.set_ms(seconds.saturating_mul(1000));
    }

    /// Turns it to `ms` milliseconds.
    pub fn set_ms(&self, ms: u64) {
        self.0.store(ms, Ordering::SeqCst);
    }

    /// Turns it forwards by `seconds`.
    pub fn advance(&self, seconds: u64) {
        self.advance_ms(seconds.saturating_mul(1000));
    }

    /// Turns it forwards by `ms` milliseconds.
    pub fn advance_ms(&self, ms: u64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now_ms(&self) -> Millis {
        Millis(self.0.load(Ordering::SeqCst))
    }
}

impl<C: Clock + ?Sized> Clock for Arc<C> {
    fn now_ms(&self) -> Millis {
        (**self).now_ms()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_of_a_test_clock_are_turned_together() {
        let clock = TestClock::at(100);
        let other = clock.clone();
        other.advance(5);
        other.advance_ms(250);
        assert_eq!(
            (clock.now(), clock.now_ms()),
            (Seconds(105), Millis(105_250))
        );
        other.set(7);
        assert_eq!(clock.now(), Seconds(7));
    }

    #[test]
    fn the_system_clock_counts_from_1970() {
        let now = SystemClock.now();
        assert!(now > Seconds(1_700_000_000), "{now}");
    }
}

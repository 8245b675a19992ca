//! The token bucket that keeps us within a server's flood limits. Pure: the time is passed in.

use std::time::Duration;

use crate::edge::config::Flood;

/// Tokens that come back with time, one for each line. Times are since the link's start.
#[derive(Clone, Debug)]
pub(super) struct Bucket {
    burst: f64,
    per_second: f64,
    tokens: f64,
    at: Duration,
}

impl Bucket {
    /// A full bucket. Settings that would never let a line pass are raised to a line at once, and one a minute.
    pub(super) fn new(flood: Flood, now: Duration) -> Self {
        let burst = f64::from(flood.burst.max(1));
        let slowest = 1.0 / 60.0;
        Self {
            burst,
            per_second: Some(flood.per_second)
                .filter(|rate| rate.is_finite())
                .map_or(slowest, |rate| rate.clamp(slowest, 1_000_000.0)),
            tokens: burst,
            at: now,
        }
    }

    /// Accounts for a line, also for one that cannot wait for its token: servers bear more while we register.
    pub(super) fn take(&mut self, now: Duration) {
        self.refill(now);
        self.tokens = (self.tokens - 1.0).max(0.0);
    }

    /// Whether there are tokens for so many lines at once; a full bucket is enough for any number.
    pub(super) fn has(&mut self, lines: u32, now: Duration) -> bool {
        self.refill(now);
        self.tokens >= self.wanted(lines) - ROUNDING
    }

    /// When these tokens will be there.
    pub(super) fn next(&self, lines: u32) -> Duration {
        let missing = ((self.wanted(lines) - self.tokens) / self.per_second).max(0.0);
        let wait = Duration::try_from_secs_f64(missing).unwrap_or(Duration::from_secs(60));
        self.at.saturating_add(wait)
    }

    fn wanted(&self, lines: u32) -> f64 {
        f64::from(lines).min(self.burst)
    }

    fn refill(&mut self, now: Duration) {
        let passed = now.saturating_sub(self.at).as_secs_f64();
        self.tokens = (self.tokens + passed * self.per_second).min(self.burst);
        self.at = self.at.max(now);
    }
}

/// Of a token, what may be lost in rounding.
const ROUNDING: f64 = 1e-6;

#[cfg(test)]
mod tests {
    #![allow(clippy::arithmetic_side_effects, reason = "tests")]

    use super::*;

    fn passes(bucket: &mut Bucket, now: Duration) -> bool {
        let there = bucket.has(1, now);
        if there {
            bucket.take(now);
        }
        there
    }

    /// How many lines leave in each half second.
    fn played(flood: Flood, half_seconds: u32) -> Vec<u32> {
        let mut bucket = Bucket::new(flood, Duration::ZERO);
        (0..half_seconds)
            .map(|n| {
                let now = Duration::from_millis(500) * n;
                (0..100).take_while(|_| passes(&mut bucket, now)).count() as u32
            })
            .collect()
    }

    #[test]
    fn a_burst_then_one_line_every_two_seconds() {
        let want = [4, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1];
        assert_eq!(played(Flood::default(), 13), want);
    }

    #[test]
    fn next_is_when_take_works() {
        let mut bucket = Bucket::new(Flood::default(), Duration::ZERO);
        let mut now = Duration::ZERO;
        for n in 0..50 {
            let next = bucket.next(1);
            assert!(next <= now || !passes(&mut bucket, now), "{n}");
            now = now.max(next);
            assert!(passes(&mut bucket, now), "{n}");
        }
        assert_eq!(now, Duration::from_secs(92));
    }

    #[test]
    fn lines_at_once_wait_until_there_are_tokens_for_all() {
        let mut bucket = Bucket::new(Flood::default(), Duration::ZERO);
        for _ in 0..3 {
            bucket.take(Duration::ZERO);
        }
        assert!(bucket.has(1, Duration::ZERO) && !bucket.has(2, Duration::ZERO));
        assert_eq!(bucket.next(2), Duration::from_secs(2));
        assert!(bucket.has(2, Duration::from_secs(2)));
        assert_eq!(bucket.next(100), Duration::from_secs(6), "a full bucket");
        assert!(bucket.has(100, Duration::from_secs(6)));
    }

    #[test]
    fn lines_that_cannot_wait_leave_no_debt() {
        let mut bucket = Bucket::new(Flood::default(), Duration::ZERO);
        for _ in 0..1000 {
            bucket.take(Duration::ZERO);
        }
        assert!(!passes(&mut bucket, Duration::from_secs(1)));
        assert!(passes(&mut bucket, Duration::from_secs(2)));
    }

    #[test]
    fn senseless_settings_still_let_lines_pass() {
        for per_second in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let flood = Flood {
                burst: 0,
                per_second,
            };
            let total: u32 = played(flood, 121).iter().sum();
            assert_eq!(total, 2, "{per_second}");
        }
    }
}

//! How long to pause before the next try to connect: [the rule](crate::rules::queue::irc), and the rng.

use std::time::Duration;

use rand::RngExt as _;
use rand::rngs::StdRng;

use crate::rules::queue::irc::{Ended, Retries};

/// What has failed on a network, and how long to stay away for it.
#[derive(Clone, Debug, Default)]
pub struct Backoff {
    retries: Retries,
    nick: String,
}

impl Backoff {
    /// The nick that is tried now.
    pub fn under(&mut self, nick: &str) {
        if self.nick != nick {
            nick.clone_into(&mut self.nick);
            self.retries.another_nick();
        }
    }

    /// The pause after a connection that ended so, at `now` by the steady clock, having `held` for so long.
    pub fn after(
        &mut self,
        ended: Ended,
        held: Duration,
        now: Duration,
        rng: &mut StdRng,
    ) -> Duration {
        let pause = self.retries.pause(ended, held, now);
        rng.random_range(pause.least..=pause.most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng as _;

    #[test]
    fn pauses_differ_within_their_bounds() {
        let mut rng = StdRng::seed_from_u64(1);
        let mut first = || {
            let (lost, zero) = (Ended::Lost, Duration::ZERO);
            let pause = Backoff::default().after(lost, zero, zero, &mut rng);
            pause.as_millis()
        };
        let pauses: Vec<u128> = (0..50).map(|_| first()).collect();
        assert!(pauses.iter().all(|ms| (1000..=3000).contains(ms)));
        assert!(pauses.iter().any(|ms| *ms < 1500) && pauses.iter().any(|ms| *ms > 2500));
    }

    #[test]
    fn a_thousand_failures_do_no_harm() {
        let (mut rng, mut backoff) = (StdRng::seed_from_u64(1), Backoff::default());
        for _ in 0..1000 {
            let out = Ended::ThrownOut;
            let pause = backoff.after(out, Duration::ZERO, Duration::MAX, &mut rng);
            assert!(pause <= Duration::from_secs(100_000));
        }
    }
}

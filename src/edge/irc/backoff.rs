//! How long to pause before the next try to connect.

use std::time::Duration;

use rand::RngExt as _;
use rand::rngs::StdRng;

/// Pauses that double from 2 s to 5 min, each with ± 50 % of jitter, so that clients do not come back in step.
#[derive(Clone, Debug, Default)]
pub struct Backoff {
    failures: u32,
}

impl Backoff {
    /// The pause after one more failure.
    pub fn next(&mut self, dice: &mut StdRng) -> Duration {
        let doubled = FIRST.saturating_mul(2_u32.saturating_pow(self.failures));
        self.failures = self.failures.saturating_add(1);
        jitter(doubled.min(LONGEST), dice)
    }

    /// The connection held: the next loss starts from the shortest pause.
    pub fn reset(&mut self) {
        self.failures = 0;
    }
}

/// The pause while somebody holds our nick: 20 to 60 s.
pub fn nick_in_use(dice: &mut StdRng) -> Duration {
    Duration::from_millis(dice.random_range(20_000..=60_000))
}

/// The pause when a server does not take our nick: nothing but a change of its settings will help.
pub fn nick_rejected(dice: &mut StdRng) -> Duration {
    jitter(LONGEST, dice)
}

fn jitter(pause: Duration, dice: &mut StdRng) -> Duration {
    pause.mul_f64(dice.random_range(0.5..=1.5))
}

const FIRST: Duration = Duration::from_secs(2);
const LONGEST: Duration = Duration::from_secs(300);

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng as _;

    #[test]
    fn pauses_double_up_to_five_minutes() {
        let want = [2, 4, 8, 16, 32, 64, 128, 256, 300, 300];
        for seed in 0..50 {
            let (mut dice, mut backoff) = (StdRng::seed_from_u64(seed), Backoff::default());
            for (n, middle) in want.map(f64::from).into_iter().enumerate() {
                let pause = backoff.next(&mut dice).as_secs_f64();
                assert!(
                    (middle * 0.5..=middle * 1.5).contains(&pause),
                    "{n}: {pause}"
                );
            }
            backoff.reset();
            assert!(backoff.next(&mut dice) <= Duration::from_secs(3));
        }
    }

    #[test]
    fn a_thousand_failures_do_no_harm() {
        let (mut dice, mut backoff) = (StdRng::seed_from_u64(1), Backoff::default());
        for _ in 0..1000 {
            assert!(backoff.next(&mut dice) <= Duration::from_secs(450));
        }
    }
}

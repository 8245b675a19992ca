//! When lines leave in a room of our own accord, and how much of others is kept or tried.

use std::time::Duration;

use crate::protocol::time::MINUTE;
use crate::rules::decision::Rng;

/// When lines leave in a room of our own accord, and how much of others is kept or tried.
#[derive(Debug, Clone, Copy)]
pub struct Pace;

impl Pace {
    /// Trials to open what one nick says, in a second.
    pub const MOST_TRIALS: u32 = 50;
    /// Lines of one nick that wait for its `there`.
    pub const MOST_HELD: usize = 8;
    /// Bytes of all that wait.
    pub const MOST_HELD_BYTES: usize = 64 * 1024;
    /// For how long they wait.
    pub const HELD: Duration = Duration::from_secs(20);
    /// From one `there` to the next.
    pub const BETWEEN_THERES: Duration = Duration::from_secs(20);
    /// From one `got` to the next.
    pub const BETWEEN_GOTS: Duration = Duration::from_secs(10);
    /// Whoever has not acknowledged what was said in so long may not open it.
    pub const UNHEARD: Duration = Duration::from_secs(30);
    /// Whoever has not named our coming so long after we said it, and they were proved, may not have heard it.
    pub const UNNAMED: Duration = Duration::from_mins(2);
    /// How often it is said anew for one nick, and how often its coming is named anew.
    pub const MOST_ANEW: u32 = 3;
    /// For so long whoever was proved is new: what others say is for them.
    pub const NEW: Duration = MINUTE;
    /// From one `there` for those to the next.
    pub const BETWEEN_RENEWALS: Duration = Duration::from_mins(10);

    /// How long after somebody came we say that we are there: 2 to 20 seconds.
    pub fn there(rng: &mut dyn Rng) -> Duration {
        drawn(Duration::from_secs(2), Duration::from_secs(18), rng)
    }

    /// How long after something came it is told, among so many others: 1 to 2 seconds, and a fifth of one for each.
    pub fn got(others: usize, rng: &mut dyn Rng) -> Duration {
        let others = u32::try_from(others).unwrap_or(u32::MAX);
        let more = Duration::from_millis(200).saturating_mul(others);
        let second = Duration::from_secs(1);
        drawn(second, second.saturating_add(more), rng)
    }

    /// How long after our presence the connection of the rooms begins, and after it was left: 10 to 60 seconds.
    pub fn pause(rng: &mut dyn Rng) -> Duration {
        drawn(Duration::from_secs(10), Duration::from_secs(50), rng)
    }

    /// When in a window its room is entered: in the first quarter of an hour.
    pub fn enter(rng: &mut dyn Rng) -> Duration {
        drawn(Duration::ZERO, Duration::from_mins(15), rng)
    }

    /// When the room of the window before is left: in minute 16 to 17, when whoever came last is proved to be in the new one.
    pub fn part(rng: &mut dyn Rng) -> Duration {
        drawn(Duration::from_mins(16), MINUTE, rng)
    }
}

fn drawn(least: Duration, more: Duration, rng: &mut dyn Rng) -> Duration {
    let mut dice = [0; 2];
    rng.fill(&mut dice);
    let share = f64::from(u16::from_be_bytes(dice)) / f64::from(u16::MAX);
    least.saturating_add(more.mul_f64(share))
}

/// Nicks of one member that are proved at once.
pub const MOST_NICKS: usize = 4;

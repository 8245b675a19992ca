//! Pauses before an IRC network is tried again, by what the last connection came to.
//!
//! | the connection | pauses |
//! |---|---|
//! | was lost, or nobody listens | 2 s, doubling to 5 min, half as long to half as long again |
//! | was refused by the server | 2 s, doubling to an hour |
//! | nick in use, or the server gave us another | 20 to 60 s for ten minutes; then 5, 10, 20, 40, 60 min, then hourly |
//! | nick not taken | 5, 10, 20, 40, 60 min, then hourly |
//! | thrown out: a ban, a KILL, an ERROR soon after joining | an hour, doubling to a day |
//!
//! But for the first, in which no server has said a word against us, that makes fewer than sixty connections a day. What
//! a server does to us again and again may well begin a minute after each joining, so a minute's stay forgives only what
//! the server had no part in; all is forgiven after an hour's.

use std::time::Duration;

/// What a connection came to, as far as the pause after it depends on that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// There was none, or it broke.
    Lost,
    /// The server did not let us in: a wrong password, too many connections.
    Refused,
    /// Somebody holds our nick.
    NickInUse,
    /// The server takes no such nick.
    NickRejected,
    /// The server gave us another nick.
    Renamed,
    /// The server does not want us: a ban, a KILL, an ERROR soon after joining.
    ThrownOut,
}

/// How long to stay away: anything between the two, so that clients do not come back in step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pause {
    /// At least so long.
    pub least: Duration,
    /// At most so long.
    pub most: Duration,
}

/// What has failed on a network, and how often.
#[derive(Debug, Clone, Default)]
pub struct Retries {
    lost: u32,
    refused: u32,
    rejected: u32,
    thrown_out: u32,
    nick: NickTrouble,
}

/// Our nick was in use, or was taken from us.
#[derive(Debug, Clone, Default)]
struct NickTrouble {
    since: Option<u64>,
    late: u32,
    /// The server gave us another: that is no ghost of ours, which goes by itself.
    renamed: bool,
}

impl Retries {
    /// The pause after a connection that ended so, `held` seconds after we had joined (0: we had not). `now` is in
    /// seconds, by a clock that never goes back.
    pub fn pause(&mut self, ended: Ended, held: u64, now: u64) -> Pause {
        self.forgive(ended, held);
        match ended {
            Ended::Lost => {
                let middle = doubled(SHORTEST, count(&mut self.lost), LONGEST_LOST);
                Pause::between(middle, (5, 15))
            }
            Ended::Refused => {
                let least = doubled(SHORTEST, count(&mut self.refused), HOUR);
                Pause::between(least, (10, 15))
            }
            Ended::ThrownOut => {
                let least = doubled(HOUR, count(&mut self.thrown_out), DAY);
                Pause::between(least, (10, 11))
            }
            Ended::NickRejected => late(count(&mut self.rejected)),
            Ended::NickInUse => self.nick.pause(now),
            Ended::Renamed => {
                self.nick.renamed = true;
                self.nick.pause(now)
            }
        }
    }

    /// Another nick is tried: whoever holds the old one does not matter any more.
    pub fn another_nick(&mut self) {
        if !self.nick.renamed {
            self.nick = NickTrouble::default();
        }
    }

    fn forgive(&mut self, ended: Ended, held: u64) {
        if held >= HOUR {
            *self = Self::default();
        } else if held >= MINUTE && ended == Ended::Lost {
            self.lost = 0;
            self.refused = 0;
            self.rejected = 0;
            self.another_nick();
        }
    }
}

impl NickTrouble {
    fn pause(&mut self, now: u64) -> Pause {
        let since = *self.since.get_or_insert(now);
        if now < since.saturating_add(GHOST) {
            return Pause {
                least: Duration::from_secs(20),
                most: Duration::from_secs(60),
            };
        }
        late(count(&mut self.late))
    }
}

impl Pause {
    /// So many seconds, times these tenths.
    fn between(seconds: u64, (least, most): (u64, u64)) -> Self {
        let tenths =
            |tenths: u64| Duration::from_millis(seconds.saturating_mul(tenths).saturating_mul(100));
        Self {
            least: tenths(least),
            most: tenths(most),
        }
    }
}

/// How often it has failed before; now once more.
fn count(failures: &mut u32) -> u32 {
    let before = *failures;
    *failures = failures.saturating_add(1);
    before
}

fn doubled(first: u64, times: u32, most: u64) -> u64 {
    first.saturating_mul(2_u64.saturating_pow(times)).min(most)
}

/// The pause after so many others of its kind.
fn late(before: u32) -> Pause {
    let place = usize::try_from(before).unwrap_or(usize::MAX);
    let minutes = LATE.get(place).copied().unwrap_or(60);
    Pause::between(minutes.saturating_mul(MINUTE), (10, 12))
}

const MINUTE: u64 = 60;
const HOUR: u64 = 3600;
const DAY: u64 = 86_400;
/// The first pause, in seconds.
const SHORTEST: u64 = 2;
/// The longest where no server has said anything, in seconds.
const LONGEST_LOST: u64 = 300;
/// How long the ghost of a cut link of ours may hold our nick, in seconds.
const GHOST: u64 = 600;
/// Pauses after that, in minutes; then hourly.
const LATE: [u64; 4] = [5, 10, 20, 40];

#[cfg(test)]
mod tests {
    #![allow(
        clippy::arithmetic_side_effects,
        clippy::indexing_slicing,
        reason = "tests"
    )]

    use super::*;

    /// How many connections a day has that all end so, each having held for so long, with the shortest pauses.
    fn connections_of_a_day(ends: &[(Ended, u64)]) -> usize {
        let (mut retries, mut now) = (Retries::default(), 0);
        for (number, (ended, held)) in ends.iter().cycle().enumerate() {
            if now >= DAY {
                return number;
            }
            now += held;
            now += retries.pause(*ended, *held, now).least.as_secs();
        }
        unreachable!()
    }

    #[test]
    fn a_server_that_is_against_us_sees_us_fewer_than_sixty_times_a_day() {
        use Ended::{Lost, NickInUse, NickRejected, Refused, Renamed, ThrownOut};
        for ends in [
            &[(NickInUse, 0)][..],
            &[(NickRejected, 0)],
            &[(Refused, 0)],
            &[(Renamed, 0)],
            &[(Renamed, 62)],
            &[(Renamed, 62), (NickInUse, 0)],
            &[(Renamed, 62), (Lost, 300), (NickInUse, 0)],
            &[(ThrownOut, 0)],
            &[(ThrownOut, 1)],
            &[(ThrownOut, 62)],
            &[(ThrownOut, 3500)],
            &[(ThrownOut, 3700)],
        ] {
            let connections = connections_of_a_day(ends);
            assert!(connections < 60, "{ends:?}: {connections}");
        }
    }

    fn pauses(ended: Ended, held: u64, times: usize) -> Vec<u64> {
        let (mut retries, mut now) = (Retries::default(), 0);
        let mut pauses = Vec::new();
        for _ in 0..times {
            let pause = retries.pause(ended, held, now);
            assert!(pause.least <= pause.most);
            pauses.push(pause.least.as_secs());
            now += pause.least.as_secs();
        }
        pauses
    }

    #[test]
    fn pauses_grow_as_the_table_says() {
        let lost = [1, 2, 4, 8, 16, 32, 64, 128, 150, 150];
        assert_eq!(pauses(Ended::Lost, 0, 10), lost);
        let refused = [2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 3600, 3600];
        assert_eq!(pauses(Ended::Refused, 0, 13), refused);
        let rejected = [5, 10, 20, 40, 60, 60].map(|minutes| minutes * MINUTE);
        assert_eq!(pauses(Ended::NickRejected, 0, 6), rejected);
        let out = [1, 2, 4, 8, 16, 24, 24].map(|hours| hours * HOUR);
        assert_eq!(pauses(Ended::ThrownOut, 62, 7), out);
        let in_use = pauses(Ended::NickInUse, 0, 36);
        assert_eq!(in_use[..30], [20; 30], "ten minutes, as for a ghost");
        assert_eq!(in_use[30..], rejected);
    }

    #[test]
    fn a_link_that_was_well_for_a_minute_is_tried_again_at_once() {
        let mut retries = Retries::default();
        for _ in 0..9 {
            retries.pause(Ended::Lost, 0, 0);
            retries.pause(Ended::NickInUse, 0, 0);
        }
        let again = retries.pause(Ended::Lost, 60, 5000);
        assert_eq!(again.most, Duration::from_secs(3));
        let ghost = retries.pause(Ended::NickInUse, 0, 6000);
        assert_eq!(ghost.most, Duration::from_secs(60), "another ghost");
    }

    #[test]
    fn what_the_server_does_to_us_is_forgiven_after_an_hour_alone() {
        for (held, hours) in [(62, 2), (3599, 2), (3600, 1)] {
            let mut retries = Retries::default();
            retries.pause(Ended::ThrownOut, 1, 0);
            let again = retries.pause(Ended::ThrownOut, held, 9000);
            assert_eq!(again.least, Duration::from_secs(hours * HOUR), "{held}");
        }
    }

    #[test]
    fn another_nick_is_held_by_nobody() {
        for (first, renamed) in [(Ended::NickInUse, false), (Ended::Renamed, true)] {
            let mut retries = Retries::default();
            retries.pause(first, 0, 0);
            retries.another_nick();
            let next = retries.pause(Ended::NickInUse, 0, 700);
            assert_eq!(next.least >= Duration::from_secs(300), renamed, "{first:?}");
        }
    }
}

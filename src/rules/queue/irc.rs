//! Pauses before an IRC network is tried again, by what the last connection came to.
//!
//! | the connection | pauses |
//! |---|---|
//! | nobody listens | 2 s, doubling to 5 min, half as long to half as long again |
//! | was made, and lost | the same, anew after a minute's stay |
//! | was refused by the server | 2 s, doubling to an hour |
//! | nick in use, or the server gave us another | 20 to 60 s for ten minutes; then 5, 10, 20, 40, 60 min, then hourly |
//! | nick not taken | 5, 10, 20, 40, 60 min, then hourly |
//! | thrown out: a ban, a KILL, an ERROR soon after joining | an hour, doubling to a day |
//!
//! What a server does to us again and again may well begin a minute after each joining, so a minute's stay forgives only
//! what the server had no part in; all is forgiven after an hour's. Whatever the ends, and in whatever order: where a
//! connection was made at all, the pauses grow from the seventeenth on if they come faster than one in 45 minutes, so that no
//! server sees sixty in a day. A link that was lost after a long stay is tried again at once.

use std::time::Duration;

use super::doubled;
use crate::protocol::time::{DAY, HOUR, MINUTE};

/// What a connection came to, as far as the pause after it depends on that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// There was none: nobody listens, or there is no net.
    Unreached,
    /// It was made, and broke.
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
    /// The nick that is tried now.
    under: String,
    lost: u32,
    refused: u32,
    rejected: u32,
    thrown_out: u32,
    nick: NickTrouble,
    /// Until when the connections made so far have paid, whatever became of them: each pays for 45 minutes (the "generic cell
    /// rate algorithm").
    paid: Duration,
}

/// Our nick was in use, or was taken from us.
#[derive(Debug, Clone, Default)]
struct NickTrouble {
    since: Option<Duration>,
    late: u32,
    /// The server gave us another: that is no ghost of ours, which goes by itself.
    renamed: bool,
}

impl Retries {
    /// The pause after a connection that ended so, `held` after we had joined (0: we had not). `now` is by a
    /// clock that never goes back.
    pub fn pause(&mut self, ended: Ended, held: Duration, now: Duration) -> Pause {
        self.forgive(ended, held);
        let pause = self.pause_of_kind(ended, now);
        match ended == Ended::Unreached {
            true => pause,
            false => pause.or_longer(self.pay(now)),
        }
    }

    fn pause_of_kind(&mut self, ended: Ended, now: Duration) -> Pause {
        match ended {
            Ended::Unreached | Ended::Lost => {
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

    /// The nick that is tried now: whoever holds another one does not matter any more.
    pub fn under(&mut self, nick: &str) {
        if self.under != nick {
            nick.clone_into(&mut self.under);
            self.forgive_nick();
        }
    }

    fn forgive_nick(&mut self) {
        if !self.nick.renamed {
            self.nick = NickTrouble::default();
        }
    }

    fn forgive(&mut self, ended: Ended, held: Duration) {
        if held >= HOUR {
            *self = Self {
                under: std::mem::take(&mut self.under),
                paid: self.paid,
                ..Self::default()
            };
        } else if held >= MINUTE && ended == Ended::Lost {
            self.lost = 0;
            self.refused = 0;
            self.rejected = 0;
            self.forgive_nick();
        }
    }
}

impl NickTrouble {
    fn pause(&mut self, now: Duration) -> Pause {
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

impl Retries {
    /// One more connection was made; so long the next must wait at least.
    fn pay(&mut self, now: Duration) -> Pause {
        let most = now.saturating_add(EACH.saturating_mul(MOST + 1));
        self.paid = self.paid.max(now).saturating_add(EACH).min(most);
        let ahead = self.paid.saturating_sub(now);
        let ahead_of_time = ahead.as_secs().checked_div(EACH.as_secs());
        let beyond = ahead_of_time.and_then(|made| made.checked_sub(FREE));
        let grown = beyond.map_or(Duration::ZERO, |beyond| {
            let times = u32::try_from(beyond).unwrap_or(u32::MAX);
            doubled(MINUTE, times, EACH)
        });
        let needed = ahead.saturating_sub(EACH.saturating_mul(MOST));
        Pause::between(grown.max(needed), (10, 12))
    }
}

impl Pause {
    fn or_longer(self, other: Self) -> Self {
        Self {
            least: self.least.max(other.least),
            most: self.most.max(other.most),
        }
    }

    fn between(span: Duration, (least, most): (u32, u32)) -> Self {
        let tenths = |tenths| span.saturating_mul(tenths).checked_div(10).unwrap_or(span);
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

/// The pause after so many others of its kind.
fn late(before: u32) -> Pause {
    let place = usize::try_from(before).unwrap_or(usize::MAX);
    let pause = LATE.get(place).map(|minutes| Duration::from_mins(*minutes));
    Pause::between(pause.unwrap_or(HOUR), (10, 12))
}

const SHORTEST: Duration = Duration::from_secs(2);
/// The longest where no server has said anything.
const LONGEST_LOST: Duration = Duration::from_mins(5);
/// For how long each connection that was made pays.
const EACH: Duration = Duration::from_mins(45);
/// How many of those may be ahead of their time before the pauses grow.
const FREE: u64 = 16;
/// How many at most: with one more, and those of a day (32), they are fewer than sixty.
const MOST: u32 = 24;
/// How long the ghost of a cut link of ours may hold our nick.
const GHOST: Duration = Duration::from_mins(10);
/// Pauses after that, in minutes; then hourly.
const LATE: [u64; 4] = [5, 10, 20, 40];

#[cfg(test)]
mod tests;

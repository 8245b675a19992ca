//! When a kept copy leaves once more.
//!
//! ```text
//! who sees us changes ── 5 to 45 minutes ──▶ due, but not within an hour of the last
//! not taken ── an hour, then 2, 4 … 24 ──▶ tried again
//! taken ─┬─ seen in the mailbox ── 30 days ──▶ due
//!        ├─ not seen, where one was before: 3 days, then 6, 12, 24, 30 ──▶ due
//!        └─ reported lost: a day, then 2, 4 … 30 ──▶ due
//! ```

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::protocol::time::{DAY, Seconds, days};
use crate::rules::queue::doubled;

/// A copy that is on its way, or the last that the mail system has taken, as the store keeps it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Last {
    /// A hash of what was in it, and of the key.
    pub of: String,
    /// A hash of the key, which tells whether that is still in force.
    #[serde(default)]
    pub under: String,
    /// How often who sees us had changed.
    #[serde(default)]
    pub changes: u64,
    /// When it says that it was made.
    pub at: Seconds,
    /// When it left.
    #[serde(default)]
    pub left: Seconds,
    /// Its Message-ID.
    #[serde(default)]
    pub id: String,
    /// The hash of its part, in hexadecimal.
    #[serde(default)]
    pub part: String,
    /// When it came into the mailbox.
    #[serde(default)]
    pub seen: Option<Seconds>,
    /// Any copy ever came in: here it is seen which do.
    #[serde(default)]
    pub ever_seen: bool,
    /// Why it will never arrive, as a mail system has reported.
    #[serde(default)]
    pub lost: Option<String>,
    /// So many before it in a row were not seen, or lost.
    #[serde(default)]
    pub in_vain: u32,
}

/// How it is with a copy that has left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It came into the mailbox.
    Seen,
    /// It may still come in, as others did.
    Coming,
    /// It did not, and others did.
    NotSeen,
    /// Nobody sees here whether one comes in.
    Unknown,
    /// A mail system has reported that it will never arrive.
    Lost,
}

impl Last {
    /// How it is with it.
    pub fn fate(&self, now: Seconds) -> Fate {
        match (self.seen, &self.lost) {
            (Some(_), _) => Fate::Seen,
            (None, Some(_)) => Fate::Lost,
            (None, None) if !self.ever_seen => Fate::Unknown,
            (None, None) if now.is_within(COMES_WITHIN, self.left) => Fate::Coming,
            (None, None) => Fate::NotSeen,
        }
    }

    /// Whether another one leaves, though nobody has changed.
    pub fn is_due_again(&self, now: Seconds) -> bool {
        let pause = match self.fate(now) {
            Fate::Seen | Fate::Unknown => LASTS,
            Fate::Coming | Fate::NotSeen => doubled(COMES_WITHIN, self.in_vain, LASTS),
            Fate::Lost => doubled(DAY, self.in_vain, LASTS),
        };
        !now.is_within(pause, self.left)
    }

    /// Whether it was made after that one; one that a clock has made which was far ahead is none to be after.
    pub fn is_after(&self, other: &Self) -> bool {
        self.at > other.at || is_ahead(other.at, self.left)
    }

    /// What the next has of it.
    pub fn next_in_vain(&self, now: Seconds) -> u32 {
        match self.fate(now) {
            Fate::Seen | Fate::Unknown => 0,
            // One that leaves for another reason has had no time to come.
            Fate::Coming | Fate::NotSeen | Fate::Lost => {
                let is_over = self.is_due_again(now);
                self.in_vain.saturating_add(u32::from(is_over))
            }
        }
    }
}

/// Whether this is further ahead than clocks differ.
pub fn is_ahead(made: Seconds, now: Seconds) -> bool {
    made > now.after(CLOCKS_DIFFER)
}

/// A copy that was seen leaves again after that, though it has come: somebody may have deleted it.
const LASTS: Duration = days(30);
/// A copy comes in within that, or is not seen.
const COMES_WITHIN: Duration = days(3);
/// How far the clock may have been ahead that a copy was made by.
pub const CLOCKS_DIFFER: Duration = days(1);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::protocol::time::{HOUR, MINUTE};

    const NOW: Seconds = Seconds(1_795_244_400);

    fn last(seen: bool, ever_seen: bool, lost: bool, in_vain: u32) -> Last {
        Last {
            left: NOW,
            seen: seen.then_some(NOW),
            ever_seen,
            lost: lost.then(|| "full".to_owned()),
            in_vain,
            ..Last::default()
        }
    }

    #[test]
    fn one_leaves_again_after_a_month_and_sooner_only_if_it_has_not_come() {
        for (last, after) in [
            (last(true, true, false, 0), 30),
            (last(true, true, true, 0), 30),
            (last(false, false, false, 0), 30),
            (last(false, true, false, 0), 3),
            (last(false, true, false, 1), 6),
            (last(false, true, false, 9), 30),
            (last(false, false, true, 0), 1),
            (last(false, true, true, 2), 4),
            (last(false, true, true, 40), 30),
        ] {
            let due = NOW.after(DAY.saturating_mul(after));
            assert!(!last.is_due_again(due.before(MINUTE)), "{last:?}");
            assert!(last.is_due_again(due), "{last:?}");
            assert!(last.is_due_again(NOW.before(DAY)), "by a clock of then");
        }
    }

    #[test]
    fn only_what_had_its_time_was_in_vain() {
        let waits = last(false, true, false, 1);
        assert_eq!(waits.next_in_vain(NOW.after(HOUR)), 1);
        assert_eq!(waits.next_in_vain(NOW.after(days(6))), 2);
        assert_eq!(
            last(true, true, false, 3).next_in_vain(NOW.after(days(30))),
            0
        );
    }

    #[test]
    fn what_was_kept_by_an_earlier_version_is_due() {
        let last: Last = serde_json::from_str("{\"of\": \"x\", \"at\": 1795244400}").unwrap();
        assert!(last.is_due_again(NOW));
    }

    #[test]
    fn one_that_has_just_left_is_on_its_way() {
        let one = last(false, true, false, 0);
        assert_eq!(one.fate(NOW.after(days(2))), Fate::Coming);
        assert_eq!(one.fate(NOW.after(days(3))), Fate::NotSeen);
        assert_eq!(last(false, false, false, 0).fate(NOW), Fate::Unknown);
    }
}

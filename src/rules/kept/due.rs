//! When a kept copy leaves once more.
//!
//! ```text
//! who sees us changes ── 5 to 45 minutes ──▶ due, but not within an hour of the last
//! taken ─┬─ seen in the mailbox ── 30 days ──▶ due
//!        ├─ not seen, where one was before: 3 days, then 6, 12, 24, 30 ──▶ due
//!        └─ reported lost: a day, then 2, 4 … 30 ──▶ due
//! ```

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::protocol::time::{DAY, HOUR, Seconds, days};
use crate::rules::contact::Contact;
use crate::rules::queue::doubled;

/// The last copy that the mail system has taken, as the store keeps it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Last {
    /// A hash of what was in it, and of the key.
    pub of: String,
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
    /// It did not yet, and others did.
    NotSeen,
    /// Nobody sees here whether one comes in.
    Unknown,
    /// A mail system has reported that it will never arrive.
    Lost,
}

impl Last {
    /// How it is with it.
    pub fn fate(&self) -> Fate {
        match (self.seen, &self.lost) {
            (Some(_), _) => Fate::Seen,
            (None, Some(_)) => Fate::Lost,
            (None, None) if self.ever_seen => Fate::NotSeen,
            (None, None) => Fate::Unknown,
        }
    }

    /// Whether another one leaves, though nobody has changed.
    pub fn is_due_again(&self, now: Seconds) -> bool {
        let pause = match self.fate() {
            Fate::Seen | Fate::Unknown => LASTS,
            Fate::NotSeen => doubled(COMES_WITHIN, self.in_vain, LASTS),
            Fate::Lost => doubled(DAY, self.in_vain, LASTS),
        };
        !now.is_within(pause, self.left)
    }

    /// What the next has of it.
    pub fn next_in_vain(&self, now: Seconds) -> u32 {
        match self.fate() {
            Fate::Seen | Fate::Unknown => 0,
            // One that leaves for another reason has had no time to come.
            Fate::NotSeen | Fate::Lost => {
                let is_over = self.is_due_again(now);
                self.in_vain.saturating_add(u32::from(is_over))
            }
        }
    }
}

/// What a copy waits for that leaves by itself, as the store keeps it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waits {
    /// When it leaves at the soonest, for who sees us has changed.
    pub changed: Option<Seconds>,
    /// How often that has changed since.
    pub changes: u64,
    /// When it was last tried.
    pub tried: Option<Seconds>,
    /// Why it has not left.
    pub why: Option<String>,
}

impl Waits {
    /// Who sees us has changed. When a copy of that leaves does not tell when that was; `random` says by how much.
    pub fn change(&mut self, random: [u8; 2], now: Seconds) {
        self.changes = self.changes.saturating_add(1);
        if self.changed.is_none_or(|at| at > now.after(LATEST)) {
            let spread =
                u64::from(u16::from_be_bytes(random)).saturating_mul(SPREAD.as_secs()) >> 16;
            self.changed = Some(now.after(SOONEST).after(Duration::from_secs(spread)));
        }
    }

    /// Whether it is to leave now.
    pub fn is_due(&self, last: &Last, now: Seconds) -> bool {
        let has_come = |at: Seconds| at <= now || at > now.after(LATEST);
        let recently = |at: Option<Seconds>| at.is_some_and(|at| now.is_within(HOUR, at));
        let is_due = self.changed.is_some_and(has_come) || last.is_due_again(now);
        is_due && !recently(self.tried) && !recently(Some(last.left))
    }
}

/// Whether somebody sees us from now on who did not, or the other way round: what a copy of before would have wrong.
pub fn is_seen_otherwise(before: Option<&Contact>, after: &Contact) -> bool {
    match before {
        Some(before) => (before.visible, before.blocked) != (after.visible, after.blocked),
        // Who is not in a copy sees nothing of us; but is asked again, and heard.
        None => after.blocked,
    }
}

/// A copy that was seen leaves again after that, though it has come: somebody may have deleted it.
const LASTS: Duration = days(30);
/// A copy comes in within that, or is not seen.
const COMES_WITHIN: Duration = days(3);
/// So long after a change a copy of it leaves, and up to so much later.
const SOONEST: Duration = Duration::from_mins(5);
const SPREAD: Duration = Duration::from_mins(40);
/// One that is further ahead was put down by another clock.
const LATEST: Duration = HOUR;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::protocol::time::MINUTE;

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
    fn however_often_who_sees_us_changes_a_copy_leaves_within_the_hour_and_once() {
        for random in [[0; 2], [128, 0], [255; 2]] {
            let last = Last {
                left: NOW.before(days(1)),
                ..last(true, true, false, 0)
            };
            let mut waits = Waits::default();
            assert!(!waits.is_due(&last, NOW));
            let mut left = Vec::new();
            let mut kept = last;
            for minute in 0..600 {
                let now = NOW.after(MINUTE.saturating_mul(minute));
                waits.change(random, now);
                waits.change(random, now);
                if waits.is_due(&kept, now) {
                    left.push(minute);
                    (waits, kept.left) = (Waits::default(), now);
                }
            }
            assert!(
                left.first().is_some_and(|first| (5..60).contains(first)),
                "{left:?}"
            );
            let gaps = left
                .windows(2)
                .map(|two| two.last().unwrap() - two.first().unwrap());
            assert!(gaps.clone().all(|gap| (60..=65).contains(&gap)), "{left:?}");
        }
    }

    #[test]
    fn one_that_was_tried_waits_an_hour_and_none_waits_for_a_clock_that_was_ahead() {
        let last = Last {
            left: NOW.before(days(1)),
            ..last(true, true, false, 0)
        };
        let mut waits = Waits::default();
        waits.change([0; 2], NOW);
        let now = NOW.after(MINUTE.saturating_mul(10));
        assert!(waits.is_due(&last, now));
        waits.tried = Some(now);
        assert!(!waits.is_due(&last, now.after(MINUTE.saturating_mul(59))));
        assert!(waits.is_due(&last, now.after(HOUR)));
        let back = NOW.before(days(300));
        assert!(waits.is_due(
            &Last {
                left: back.before(days(1)),
                ..last
            },
            back
        ));
    }
}

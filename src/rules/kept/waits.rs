//! What a kept copy waits for that leaves by itself: a change of who sees us, one that was not taken.

use std::mem;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::due::Last;
use super::is_kept;
use crate::protocol::time::{DAY, HOUR, Seconds};
use crate::rules::contact::Contact;
use crate::rules::queue::doubled;

/// What a copy waits for that leaves by itself, as the store keeps it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waits {
    /// When it leaves at the soonest, for who sees us has changed, or one was not taken.
    pub changed: Option<Seconds>,
    /// How often who sees us has changed; it never begins anew.
    pub changes: u64,
    /// When it was last tried.
    pub tried: Option<Seconds>,
    /// How often, since one was taken.
    #[serde(default)]
    pub tries: u32,
    /// Why it has not left.
    pub why: Option<String>,
    /// It leaves though it is like the last: the user has said so.
    #[serde(default)]
    pub again: bool,
    /// Those that are handed over, and of which nobody knows yet whether they are taken.
    #[serde(default)]
    pub leaving: Vec<Last>,
}

impl Waits {
    /// Who sees us has changed. When a copy of that leaves does not tell when that was; `random` says by how much.
    pub fn change(&mut self, random: [u8; 2], now: Seconds) {
        self.changes = self.changes.saturating_add(1);
        self.tries = self.tries.min(1);
        if self.changed.is_none_or(|at| at > now.after(LATEST)) {
            let spread =
                u64::from(u16::from_be_bytes(random)).saturating_mul(SPREAD.as_secs()) >> 16;
            self.changed = Some(now.after(SOONEST).after(Duration::from_secs(spread)));
        }
    }

    /// Nothing that has left is of use any more: one leaves as soon as it may.
    pub fn change_at_once(&mut self, now: Seconds) {
        self.changes = self.changes.saturating_add(1);
        self.tries = self.tries.min(1);
        self.changed = Some(now);
    }

    /// One is about to be handed over: until it is taken, it waits.
    pub fn begin(&mut self, one: Last, again: bool, now: Seconds) {
        self.attempt(now);
        self.again = self.again || again;
        let over = self.leaving.len().saturating_sub(MOST_LEAVING);
        self.leaving.drain(..over);
        self.leaving.push(one);
    }

    fn attempt(&mut self, now: Seconds) {
        self.changed.get_or_insert(now);
        (self.tried, self.tries) = (Some(now), self.tries.saturating_add(1));
    }

    /// It could not even be handed over.
    pub fn stays(&mut self, why: String, now: Seconds) {
        self.attempt(now);
        self.why = Some(why);
    }

    /// That with this part was not taken, or `unseen`: nobody knows.
    pub fn failed(&mut self, part: &str, unseen: bool, why: String, now: Seconds) {
        (self.tried, self.why) = (Some(now), Some(why));
        self.leaving.retain(|other| unseen || other.part != part);
    }

    /// One was taken; of those before it nothing matters any more. Whoever has changed while it left waits for the next.
    pub fn taken(&mut self, one: &Last) {
        self.leaving.retain(|other| other.is_after(one));
        match self.changes == one.changes {
            true => self.settle(),
            false => (self.why, self.tries) = (None, 0),
        }
    }

    /// None is needed.
    pub fn settle(&mut self) {
        let (changes, leaving) = (self.changes, mem::take(&mut self.leaving));
        *self = Self {
            changes,
            leaving,
            ..Self::default()
        };
    }

    /// Whether it is to leave by itself now.
    pub fn is_due(&self, last: Option<&Last>, now: Seconds) -> bool {
        let has_come = |at: Seconds| at <= now || at > now.after(LATEST);
        let recently = |pause, at: Seconds| now.is_within(pause, at);
        let pause = doubled(HOUR, self.tries.saturating_sub(1), DAY);
        let is_due =
            self.changed.is_some_and(has_come) || last.is_some_and(|last| last.is_due_again(now));
        is_due
            && !self.tried.is_some_and(|at| recently(pause, at))
            && !last.is_some_and(|last| recently(HOUR, last.left))
    }
}

/// Whether somebody sees us from now on who did not, or the other way round: what a copy of before would have wrong. Nothing is
/// wrong of who was in none: what is said of whoever asks shows in no mail.
pub fn is_seen_otherwise(before: Option<&Contact>, after: &Contact) -> bool {
    match before.filter(|before| is_kept(before)) {
        Some(before) => (before.visible, before.blocked) != (after.visible, after.blocked),
        // Who is not in a copy sees nothing of us; but is asked again, and heard.
        None => after.blocked,
    }
}

/// So long after a change a copy of it leaves, and up to so much later.
const SOONEST: Duration = Duration::from_mins(5);
const SPREAD: Duration = Duration::from_mins(40);
/// One that is further ahead was put down by another clock.
const LATEST: Duration = HOUR;
/// So many of which nobody knows whether they are taken are known again, and the next.
const MOST_LEAVING: usize = 7;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::protocol::time::{MINUTE, days};

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
    fn however_often_who_sees_us_changes_a_copy_leaves_within_the_hour_and_once() {
        for random in [[0; 2], [128, 0], [255; 2]] {
            let last = Last {
                left: NOW.before(days(1)),
                ..last(true, true, false, 0)
            };
            let mut waits = Waits::default();
            assert!(!waits.is_due(Some(&last), NOW));
            let mut left = Vec::new();
            let mut kept = last;
            for minute in 0..600 {
                let now = NOW.after(MINUTE.saturating_mul(minute));
                waits.change(random, now);
                waits.change(random, now);
                if waits.is_due(Some(&kept), now) {
                    left.push(minute);
                    waits.settle();
                    kept.left = now;
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
        assert!(waits.is_due(Some(&last), now));
        waits.tried = Some(now);
        assert!(!waits.is_due(Some(&last), now.after(MINUTE.saturating_mul(59))));
        assert!(waits.is_due(Some(&last), now.after(HOUR)));
        let back = NOW.before(days(300));
        let last = Last {
            left: back.before(days(1)),
            ..last
        };
        assert!(waits.is_due(Some(&last), back));
    }

    #[test]
    fn one_that_is_not_taken_is_tried_ever_later_and_a_day_later_at_most() {
        let mut waits = Waits::default();
        assert!(!waits.is_due(None, NOW), "nobody has asked for one");
        let mut now = NOW;
        for hours in [1, 2, 4, 8, 16, 24, 24] {
            waits.begin(Last::default(), false, now);
            waits.failed("", true, "full".to_owned(), now);
            let due = now.after(HOUR.saturating_mul(hours));
            assert!(!waits.is_due(None, due.before(MINUTE)), "{hours}");
            assert!(waits.is_due(None, due), "{hours}");
            now = due;
        }
        // What changes then is worth another try within the hour.
        waits.begin(Last::default(), false, now);
        waits.change([0; 2], now);
        assert!(waits.is_due(None, now.after(HOUR)));
    }

    #[test]
    fn what_changed_while_one_left_waits_for_the_next_in_whatever_order_they_are_taken() {
        let made = |at: u64, waits: &Waits| Last {
            at: Seconds(at),
            part: at.to_string(),
            changes: waits.changes,
            ..Last::default()
        };
        let mut waits = Waits::default();
        waits.change([0; 2], NOW);
        let (first, second) = (made(1, &waits), made(2, &waits));
        waits.begin(first.clone(), false, NOW);
        waits.begin(second.clone(), false, NOW);
        waits.taken(&second);
        assert_eq!((waits.changed, waits.leaving.len()), (None, 0));
        waits.change([0; 2], NOW);
        waits.taken(&first);
        assert!(waits.changed.is_some(), "it is in neither");
        assert!(second.is_after(&first) && !first.is_after(&second));
    }

    #[test]
    fn not_too_many_are_remembered_that_nobody_knows_of() {
        let mut waits = Waits::default();
        for n in 0..20_u64 {
            let one = Last {
                part: n.to_string(),
                ..Last::default()
            };
            waits.begin(one, false, NOW);
        }
        assert_eq!(waits.leaving.len(), 8);
        assert_eq!(waits.leaving.last().unwrap().part, "19");
        waits.failed("19", false, "no".to_owned(), NOW);
        assert_eq!(waits.leaving.len(), 7);
    }
}

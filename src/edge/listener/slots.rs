//! Who is inside: a bound for all, and a smaller one for those who have not logged in; and whose wrong passwords count.
//!
//! Too many strangers: the one that has waited longest goes, of the address with the most of them. So a flood from
//! one address pushes out its own.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use tokio::time::Instant;

use super::event::ConnId;
use super::queue::{Parting, Queue};
use super::throttle::{Source, Throttle};

/// The connections that have a slot.
#[derive(Debug, Default)]
pub(super) struct Slots {
    all: BTreeMap<ConnId, Slot>,
    /// Wrong passwords; who went and owed an answer gave one.
    throttle: Throttle,
}

#[derive(Debug)]
struct Slot {
    source: Source,
    /// Whether it has logged in.
    known: bool,
    /// Whether it was told a challenge of SCRAM, and has not answered.
    owes: bool,
    queue: Arc<Queue>,
}

impl Slots {
    /// Gives a new connection a slot, if need be that of another; false if all are taken.
    pub(super) fn enter(&mut self, source: Source, queue: &Arc<Queue>) -> bool {
        let strangers = self.all.values().filter(|slot| !slot.known).count();
        let full = self.all.len() >= ALL;
        if full && strangers == 0 {
            return false;
        }
        if full || strangers >= STRANGERS {
            self.push_out();
        }
        let slot = Slot {
            source,
            known: false,
            owes: false,
            queue: Arc::clone(queue),
        };
        self.all.insert(queue.conn, slot);
        true
    }

    /// The queue of one that has a slot.
    pub(super) fn queue(&self, conn: ConnId) -> Option<Arc<Queue>> {
        self.all.get(&conn).map(|slot| Arc::clone(&slot.queue))
    }

    /// It has logged in.
    pub(super) fn admit(&mut self, conn: ConnId) {
        if let Some(slot) = self.all.get_mut(&conn) {
            slot.known = true;
            self.throttle.forgive(slot.source);
        }
    }

    /// It gave a wrong password, and is heard again only after a pause.
    pub(super) fn failed(&mut self, conn: ConnId) {
        if let Some(slot) = self.all.get(&conn) {
            let until = self.throttle.failed(slot.source, Instant::now());
            slot.queue.hold(until);
        }
    }

    /// When a new connection may be heard, if not now.
    pub(super) fn turn(&mut self, source: Source) -> Option<Instant> {
        let now = Instant::now();
        Some(self.throttle.turn(source, now)).filter(|turn| *turn > now)
    }

    /// Whether it owes the answer to a challenge: if it goes without, that was a wrong password.
    pub(super) fn owes(&mut self, conn: ConnId, owes: bool) {
        if let Some(slot) = self.all.get_mut(&conn) {
            slot.owes = owes;
        }
    }

    /// Gives its slot back.
    pub(super) fn leave(&mut self, conn: ConnId) {
        if let Some(slot) = self.all.remove(&conn) {
            self.count_owed(&slot);
        }
    }

    fn count_owed(&mut self, slot: &Slot) {
        if slot.owes {
            self.throttle.failed(slot.source, Instant::now());
        }
    }

    /// Has them all closed after this last line.
    pub(super) fn close_all(&self, last: &str) {
        for slot in self.all.values() {
            slot.queue.close(Parting::Shut, last);
        }
    }

    fn push_out(&mut self) {
        let strangers = || self.all.iter().filter(|(_, slot)| !slot.known);
        let mut crowds: HashMap<Source, usize> = HashMap::new();
        for (_, slot) in strangers() {
            let crowd = crowds.entry(slot.source).or_default();
            *crowd = crowd.saturating_add(1);
        }
        let most = crowds.values().max().copied();
        let oldest = strangers().find(|(_, slot)| crowds.get(&slot.source).copied() == most);
        if let Some(conn) = oldest.map(|(conn, _)| *conn)
            && let Some(slot) = self.all.remove(&conn)
        {
            self.count_owed(&slot);
            let last = "ERROR :too many have not logged in";
            slot.queue.close(Parting::PushedOut, last);
        }
    }
}

/// Connections at once.
const ALL: usize = 64;
/// Of them, those that have not logged in.
const STRANGERS: usize = 16;

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::arithmetic_side_effects,
        clippy::wildcard_enum_match_arm,
        reason = "tests"
    )]

    use super::*;
    use crate::edge::listener::queue::tests::queue;

    fn from(last: u8) -> Source {
        Source::of([192, 0, 2, last].into())
    }

    fn conns(slots: &Slots) -> Vec<u64> {
        slots.all.keys().map(|conn| conn.0).collect()
    }

    #[test]
    fn the_oldest_stranger_goes() {
        let mut slots = Slots::default();
        for n in 0..=STRANGERS as u64 {
            assert!(slots.enter(from(1), &queue(n)), "{n}");
        }
        assert_eq!(conns(&slots), (1..=STRANGERS as u64).collect::<Vec<_>>());
    }

    #[test]
    fn a_flood_of_one_address_pushes_out_its_own() {
        let mut slots = Slots::default();
        slots.enter(from(1), &queue(0));
        for n in 1..1000 {
            slots.enter(from(2), &queue(n));
        }
        assert!(conns(&slots).contains(&0));
        assert_eq!(slots.all.len(), STRANGERS);
    }

    #[test]
    fn who_has_logged_in_stays_and_the_last_slot_is_the_last() {
        let mut slots = Slots::default();
        for n in 0..ALL as u64 {
            assert!(slots.enter(from(1), &queue(n)), "{n}");
            slots.admit(ConnId(n));
        }
        assert!(!slots.enter(from(1), &queue(1000)));
        slots.leave(ConnId(5));
        assert!(slots.enter(from(1), &queue(1001)));
        // A stranger in the last slot makes way for the next.
        assert!(slots.enter(from(1), &queue(1002)));
        assert_eq!(slots.all.len(), ALL);
        assert!(!conns(&slots).contains(&1001));
    }
}

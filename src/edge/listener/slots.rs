//! Who is inside: a bound for all, and a smaller one for those who have not logged in.
//!
//! Too many strangers: the one that has waited longest goes, of the address with the most of them. So a flood from
//! one address pushes out its own.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::event::ConnId;
use super::queue::Wire;
use super::throttle::Source;

/// The connections that have a place.
#[derive(Debug, Default)]
pub(super) struct Places {
    all: BTreeMap<ConnId, Place>,
    /// Where those came from that went and owed an answer.
    owed: Vec<Source>,
}

#[derive(Debug)]
struct Place {
    source: Source,
    /// Whether it has logged in.
    known: bool,
    /// Whether it was told a challenge of SCRAM, and has not answered.
    owes: bool,
    wire: Arc<Wire>,
}

impl Places {
    /// Gives a new connection a place, if need be that of another; false if all are taken.
    pub(super) fn enter(&mut self, source: Source, wire: &Arc<Wire>) -> bool {
        let strangers = self.all.values().filter(|place| !place.known).count();
        let full = self.all.len() >= ALL;
        if full && strangers == 0 {
            return false;
        }
        if full || strangers >= STRANGERS {
            self.push_out();
        }
        let place = Place {
            source,
            known: false,
            owes: false,
            wire: Arc::clone(wire),
        };
        self.all.insert(wire.conn(), place);
        true
    }

    /// It has logged in; gives where it came from.
    pub(super) fn admit(&mut self, conn: ConnId) -> Option<Source> {
        let place = self.all.get_mut(&conn)?;
        place.known = true;
        Some(place.source)
    }

    /// Where a connection came from.
    pub(super) fn source(&self, conn: ConnId) -> Option<Source> {
        self.all.get(&conn).map(|place| place.source)
    }

    /// Whether it owes the answer to a challenge.
    pub(super) fn owes(&mut self, conn: ConnId, owes: bool) {
        if let Some(place) = self.all.get_mut(&conn) {
            place.owes = owes;
        }
    }

    /// Gives its place back.
    pub(super) fn leave(&mut self, conn: ConnId) {
        if let Some(place) = self.all.remove(&conn) {
            self.note_owed(&place);
        }
    }

    /// Where those came from that went and owed an answer, each once for each time.
    pub(super) fn take_owed(&mut self) -> Vec<Source> {
        std::mem::take(&mut self.owed)
    }

    fn note_owed(&mut self, place: &Place) {
        if place.owes {
            self.owed.push(place.source);
        }
    }

    /// Has them all closed after this last line.
    pub(super) fn close_all(&self, last: &str) {
        for place in self.all.values() {
            place.wire.shut(last);
        }
    }

    fn push_out(&mut self) {
        let strangers = || self.all.iter().filter(|(_, place)| !place.known);
        let mut crowds: HashMap<Source, usize> = HashMap::new();
        for (_, place) in strangers() {
            let crowd = crowds.entry(place.source).or_default();
            *crowd = crowd.saturating_add(1);
        }
        let most = crowds.values().max().copied();
        let oldest = strangers().find(|(_, place)| crowds.get(&place.source).copied() == most);
        if let Some(conn) = oldest.map(|(conn, _)| *conn)
            && let Some(place) = self.all.remove(&conn)
        {
            self.note_owed(&place);
            place.wire.push_out("ERROR :too many have not logged in");
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
    use crate::edge::listener::queue::tests::wire;

    fn from(last: u8) -> Source {
        Source::of([192, 0, 2, last].into())
    }

    fn conns(places: &Places) -> Vec<u64> {
        places.all.keys().map(|conn| conn.0).collect()
    }

    #[test]
    fn the_oldest_stranger_goes() {
        let mut places = Places::default();
        for n in 0..=STRANGERS as u64 {
            assert!(places.enter(from(1), &wire(n)), "{n}");
        }
        assert_eq!(conns(&places), (1..=STRANGERS as u64).collect::<Vec<_>>());
    }

    #[test]
    fn a_flood_of_one_address_pushes_out_its_own() {
        let mut places = Places::default();
        places.enter(from(1), &wire(0));
        for n in 1..1000 {
            places.enter(from(2), &wire(n));
        }
        assert!(conns(&places).contains(&0));
        assert_eq!(places.all.len(), STRANGERS);
    }

    #[test]
    fn who_has_logged_in_stays_and_the_last_place_is_the_last() {
        let mut places = Places::default();
        for n in 0..ALL as u64 {
            assert!(places.enter(from(1), &wire(n)), "{n}");
            assert_eq!(places.admit(ConnId(n)), Some(from(1)));
        }
        assert!(!places.enter(from(1), &wire(1000)));
        places.leave(ConnId(5));
        assert!(places.enter(from(1), &wire(1001)));
        // A stranger in the last place makes way for the next.
        assert!(places.enter(from(1), &wire(1002)));
        assert_eq!(places.all.len(), ALL);
        assert!(!conns(&places).contains(&1001));
    }
}

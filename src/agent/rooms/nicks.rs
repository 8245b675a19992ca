//! The nicks in a channel: when each came, and how much was tried to be opened of it.

use std::collections::BTreeMap;

use crate::protocol::time::Seconds;
use crate::rules::group::room::pace::Pace;

/// The nicks, in lower case.
#[derive(Default)]
pub(super) struct Nicks(BTreeMap<String, Nick>);

struct Nick {
    came: Seconds,
    /// The second, and how often in it.
    tried: (Seconds, u32),
}

impl Nicks {
    pub(super) fn came(&mut self, nick: &str, came: Seconds) {
        let tried = (came, 0);
        self.0.insert(nick.to_owned(), Nick { came, tried });
    }

    pub(super) fn gone(&mut self, nick: &str) {
        self.0.remove(nick);
    }

    /// When a nick came that is there.
    pub(super) fn since(&self, nick: &str) -> Option<Seconds> {
        self.0.get(nick).map(|nick| nick.came)
    }

    /// Counts what is tried to be opened of a nick that is there: so much in a second.
    pub(super) fn may_try(&mut self, nick: &str, now: Seconds) -> bool {
        let Some(nick) = self.0.get_mut(nick) else {
            return false;
        };
        let (second, tried) = nick.tried;
        nick.tried = match second == now {
            true => (now, tried.saturating_add(1)),
            false => (now, 1),
        };
        nick.tried.1 <= Pace::MOST_TRIALS
    }
}

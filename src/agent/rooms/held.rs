//! Lines of nicks that have not proved themselves yet: held for a while, and not too many.

use std::collections::VecDeque;

use crate::protocol::time::Seconds;
use crate::rules::group::room::pace::Pace;

/// The lines, the oldest first.
#[derive(Default)]
pub(super) struct HeldLines(VecDeque<Held>);

struct Held {
    at: Seconds,
    nick: String,
    sealed: Vec<u8>,
}

impl HeldLines {
    /// Holds what a nick said.
    pub(super) fn hold(&mut self, nick: &str, sealed: Vec<u8>, now: Seconds) {
        self.forget_old(now);
        let of_nick = |held: &&Held| held.nick == nick;
        if self.0.iter().filter(of_nick).count() >= Pace::MOST_HELD {
            return;
        }
        self.0.push_back(Held {
            at: now,
            nick: nick.to_owned(),
            sealed,
        });
        while self.0.iter().map(|one| one.sealed.len()).sum::<usize>() > Pace::MOST_HELD_BYTES {
            self.0.pop_front();
        }
    }

    /// What a nick said of late, in order; nothing of it is held any more.
    pub(super) fn take(&mut self, nick: &str, now: Seconds) -> Vec<Vec<u8>> {
        self.forget_old(now);
        let all = std::mem::take(&mut self.0);
        let (taken, kept): (VecDeque<_>, VecDeque<_>) =
            all.into_iter().partition(|held| held.nick == nick);
        self.0 = kept;
        taken.into_iter().map(|held| held.sealed).collect()
    }

    fn forget_old(&mut self, now: Seconds) {
        self.0.retain(|held| now.is_within(Pace::HELD, held.at));
    }
}

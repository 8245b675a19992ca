//! What we wrote that the server may not have read yet. Pure: the time is passed in.
//!
//! Servers throw out whoever has too many bytes waiting there, whatever the pace was: after a gap in the net all that
//! was written meanwhile comes at once. A PONG shows that everything before its PING was read.

use std::time::Duration;

/// Bytes under way. Times are since the link's start.
#[derive(Debug, Default)]
pub(super) struct InFlight {
    /// Before the PING that is not answered yet, and when that was written.
    before: Option<(usize, Duration)>,
    /// Since that PING, or since the last answer.
    since: usize,
    /// A PONG has come, and nothing was written since its PING.
    all_read: bool,
}

impl InFlight {
    /// So many bytes were written.
    pub(super) fn wrote(&mut self, bytes: usize) {
        self.since = self.since.saturating_add(bytes);
        self.all_read = false;
    }

    /// The server has read everything, as it has answered.
    pub(super) fn all_read(&self) -> bool {
        self.all_read
    }

    /// Whether a line of so many bytes may be written: no more than two of the longest are under way.
    pub(super) fn fits(&self, bytes: usize, linelen: usize) -> bool {
        let total = self.total().saturating_add(bytes);
        total <= linelen.saturating_mul(2)
    }

    /// A PING is to be written: half of the room is used up, and none is under way.
    pub(super) fn wants_ping(&self, linelen: usize) -> bool {
        self.before.is_none() && self.total() > linelen
    }

    fn total(&self) -> usize {
        let before = self.before.map_or(0, |(bytes, _)| bytes);
        before.saturating_add(self.since)
    }

    /// Notes a PING, and says whether it is to be written: one at a time is enough.
    pub(super) fn ping(&mut self, now: Duration) -> bool {
        let free = self.before.is_none();
        if free {
            self.before = Some((std::mem::take(&mut self.since), now));
            self.all_read = false;
        }
        free
    }

    /// The PING was answered.
    pub(super) fn pong(&mut self) {
        self.before = None;
        self.all_read = self.since == 0;
    }

    /// Nobody listened until now: an answer could not be heard.
    pub(super) fn deaf(&mut self, now: Duration) {
        if let Some((_, at)) = &mut self.before {
            *at = now;
        }
    }

    /// Since when a PING is under way.
    pub(super) fn asked(&self) -> Option<Duration> {
        self.before.map(|(_, at)| at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pong_frees_what_came_before_its_ping() {
        let mut unread = InFlight::default();
        unread.wrote(512);
        assert!(unread.fits(512, 512) && !unread.fits(513, 512) && !unread.wants_ping(512));
        unread.wrote(1);
        assert!(unread.fits(511, 512) && !unread.fits(512, 512) && unread.wants_ping(512));
        assert!(unread.ping(Duration::ZERO));
        assert!(!unread.fits(512, 512) && !unread.wants_ping(512));
        unread.wrote(400);
        assert!(!unread.ping(Duration::from_secs(1)), "one at a time");
        unread.pong();
        assert!(unread.fits(512, 512), "400 are left");
        unread.wrote(113);
        assert!(unread.wants_ping(512));
    }

    #[test]
    fn all_is_read_when_nothing_follows_the_ping_that_is_answered() {
        let mut unread = InFlight::default();
        assert!(!unread.all_read(), "who has not asked does not know");
        unread.ping(Duration::ZERO);
        assert!(!unread.all_read());
        unread.pong();
        assert!(unread.all_read());
        unread.wrote(1);
        assert!(!unread.all_read());
        unread.ping(Duration::ZERO);
        unread.wrote(1);
        unread.pong();
        assert!(!unread.all_read(), "one line came behind the PING");
    }

    #[test]
    fn an_answer_that_stays_out_is_noticed() {
        let at = Duration::from_secs;
        let mut unread = InFlight::default();
        assert_eq!(unread.asked(), None);
        unread.ping(at(1));
        unread.ping(at(2));
        assert_eq!(unread.asked(), Some(at(1)));
        unread.deaf(at(60));
        assert_eq!(unread.asked(), Some(at(60)));
        unread.pong();
        assert_eq!(unread.asked(), None);
    }
}

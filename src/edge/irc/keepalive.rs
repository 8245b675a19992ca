//! Whether the server at the other end still lives: what was heard of it, and when it is to be asked.

use std::time::Duration;

use super::now::Now;

/// Signs of life of one connection. Times are since the link's start.
#[derive(Debug)]
pub(super) struct Keepalive {
    heard: Duration,
    pinged: Option<Duration>,
    /// The last look at both clocks.
    looked: Now,
}

/// What is to be done about the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing yet.
    Wait,
    /// It is to be pinged now.
    Ping,
    /// It fell silent.
    Lost,
}

impl Keepalive {
    /// A connection that was just made.
    pub(super) fn begin(now: Now) -> Self {
        Self {
            heard: now.steady,
            pinged: None,
            looked: now,
        }
    }

    /// A line came; or nobody listened, which is no silence of the server's.
    pub(super) fn heard(&mut self, now: Duration) {
        self.heard = now;
        self.pinged = None;
    }

    /// Looks at both clocks. Nobody is pinged who has not let us in (`registering`).
    pub(super) fn look(&mut self, registering: bool, now: Now) -> Verdict {
        let jumped = self.jumped(now);
        let now = now.steady;
        if now >= self.lost_at(registering) {
            return Verdict::Lost;
        }
        if registering || self.pinged.is_some() || !(jumped || now >= self.due(registering)) {
            return Verdict::Wait;
        }
        self.pinged = Some(now);
        Verdict::Ping
    }

    /// When [`Keepalive::look`] has something to say, if both clocks go on together.
    pub(super) fn due(&self, registering: bool) -> Duration {
        if registering || self.pinged.is_some() {
            self.lost_at(registering)
        } else {
            self.heard.saturating_add(SILENT)
        }
    }

    fn lost_at(&self, registering: bool) -> Duration {
        match self.pinged {
            Some(at) => at.saturating_add(UNANSWERED),
            None if registering => self.heard.saturating_add(SILENT.saturating_add(UNANSWERED)),
            None => Duration::MAX,
        }
    }

    /// Whether one clock went on without the other since the last look: the machine slept, or the clock was set.
    fn jumped(&mut self, now: Now) -> bool {
        let before = std::mem::replace(&mut self.looked, now);
        let passed = now.steady.saturating_sub(before.steady);
        now.wall.apart(before.wall.after(passed)) > JUMP
    }
}

/// A server silent for so long is pinged.
const SILENT: Duration = Duration::from_secs(60);
/// One that does not answer that for so long is lost.
pub(super) const UNANSWERED: Duration = Duration::from_secs(60);
/// The least between the clocks that is a jump.
const JUMP: Duration = Duration::from_mins(2);

//! Whether the server at the other end still lives: what was heard of it, and when it is to be asked.

use std::time::Duration;

use super::Now;

/// Signs of life of one connection. Times are since the link's start.
#[derive(Debug)]
pub(super) struct Keepalive {
    heard: Duration,
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
    /// It is gone, for this reason.
    Lost(&'static str),
}

impl Keepalive {
    /// A connection that was just made.
    pub(super) fn begin(now: Now) -> Self {
        Self {
            heard: now.steady,
            looked: now,
        }
    }

    /// A line came; or nobody listened, which is no silence of the server's.
    pub(super) fn heard(&mut self, now: Duration) {
        self.heard = now;
    }

    /// Looks at both clocks; a PING may be under way since `asked`. Nobody is pinged who has not let us in
    /// (`registering`).
    pub(super) fn look(&mut self, registering: bool, asked: Option<Duration>, now: Now) -> Verdict {
        let jumped = self.jumped(now);
        let is_due = now.steady >= self.due(registering, asked);
        match (is_due, asked) {
            (true, Some(at)) if self.heard > at => Verdict::Lost("the server does not answer"),
            (true, Some(_)) => Verdict::Lost("the server fell silent"),
            (true, None) if registering => Verdict::Lost("the server fell silent"),
            (true, None) => Verdict::Ping,
            (false, None) if jumped && !registering => Verdict::Ping,
            (false, _) => Verdict::Wait,
        }
    }

    /// When [`Keepalive::look`] has something to say, if both clocks go on together.
    pub(super) fn due(&self, registering: bool, asked: Option<Duration>) -> Duration {
        match asked {
            Some(at) => at.saturating_add(UNANSWERED),
            None if registering => self.heard.saturating_add(SILENT.saturating_add(UNANSWERED)),
            None => self.heard.saturating_add(SILENT),
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
const UNANSWERED: Duration = Duration::from_secs(60);
/// The least between the clocks that is a jump.
const JUMP: Duration = Duration::from_mins(2);

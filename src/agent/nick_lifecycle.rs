//! Where we are on one network: under which nick, and when we leave it for the next.
//!
//! ```text
//!            registered                 the wanted nick changes
//!  joining ─────────────▶ there(nick) ───────────────────────────▶ leaving(at) ──┐
//!     ▲                                                                          │ QUIT
//!     └──────────────────────── the pause is over ◀── away(until) ◀──────────────┘
//! ```
//!
//! A nick is never changed with NICK: whoever watches would link the two. A time that lies further ahead than any
//! pause was set by a clock that ran ahead, and is over.

use std::time::Duration;

use crate::protocol::letter::Secret;
use crate::protocol::nick;
use crate::protocol::time::Seconds;
use crate::rules::account::AccountState;

/// What decides the nick we should have: it changes with the secret, the window and invisibility.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Identity {
    /// Derived from the secret of this epoch for this window.
    Derived {
        /// The epoch.
        epoch: u64,
        /// The window's number.
        window: u64,
    },
    /// A random nick, for watching only.
    Invisible,
}

/// Where we are on one network.
#[derive(Debug, Clone)]
pub(super) struct Stay {
    /// The identity whose nick we have or are about to take.
    pub(super) identity: Option<Identity>,
    /// The nick asked for.
    pub(super) nick: String,
    phase: Phase,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Connected, or connecting, under the nick.
    There,
    /// To be left at this time.
    Leaving(Seconds),
    /// Left until this time.
    Away(Seconds),
}

/// What a stay wants done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// Nothing.
    Stay,
    /// Leave the network, for this reason.
    Leave(&'static str),
    /// Connect under this nick.
    Join(String),
}

impl Stay {
    pub(super) fn new() -> Self {
        Self {
            identity: None,
            nick: String::new(),
            phase: Phase::Away(Seconds(0)),
        }
    }

    /// Decides the next move. `told` says that nobody online has still to be told of a new secret.
    pub(super) fn next(
        &mut self,
        wanted: Identity,
        nick: impl FnOnce() -> String,
        pressure: Pressure,
        now: Seconds,
        chance: &mut dyn FnMut(Duration) -> Duration,
    ) -> Step {
        match self.phase {
            Phase::Away(until) if now >= until || until > now.after(LONGEST_PAUSE) => {
                self.identity = Some(wanted);
                self.nick = nick();
                self.phase = Phase::There;
                Step::Join(self.nick.clone())
            }
            Phase::Away(_) => Step::Stay,
            Phase::There if self.identity == Some(wanted) => Step::Stay,
            Phase::There => {
                self.phase = Phase::Leaving(self.leave_at(wanted, pressure, now, chance));
                Step::Stay
            }
            Phase::Leaving(_) if self.identity == Some(wanted) => {
                self.phase = Phase::There;
                Step::Stay
            }
            Phase::Leaving(at) => self.leave(at, wanted, pressure, now, chance),
        }
    }

    fn leave(
        &mut self,
        at: Seconds,
        wanted: Identity,
        pressure: Pressure,
        now: Seconds,
        chance: &mut dyn FnMut(Duration) -> Duration,
    ) -> Step {
        // Somebody may have been hidden from since: then there is less time.
        let rotated = rotated(self.identity, wanted);
        let at = match pressure.leave_by {
            Some(by) if rotated => at.min(by),
            _ => at,
        };
        if now < at && at <= now.after(WINDOW_SPREAD) && !(pressure.all_told && rotated) {
            self.phase = Phase::Leaving(at);
            return Step::Stay;
        }
        self.phase = Phase::Away(now.after(PAUSE.0).after(chance(PAUSE.1)));
        Step::Leave(why(self.identity, wanted))
    }

    /// For a new secret by the time the account says; for a new window at a random moment of its first quarter of
    /// an hour, or at once if that is over (the machine slept); to become invisible or visible, at once.
    fn leave_at(
        &self,
        wanted: Identity,
        pressure: Pressure,
        now: Seconds,
        chance: &mut dyn FnMut(Duration) -> Duration,
    ) -> Seconds {
        match (self.identity, wanted) {
            (Some(Identity::Derived { epoch: old, .. }), Identity::Derived { epoch: new, .. }) => {
                if old == new {
                    let left = WINDOW_SPREAD.saturating_sub(pressure.into_window);
                    now.after(chance(left))
                } else {
                    let latest = now.after(WINDOW_SPREAD);
                    let by = pressure.leave_by.filter(|by| *by > now && *by <= latest);
                    by.unwrap_or(now)
                }
            }
            _ => now,
        }
    }

    /// The link says that we are gone from the network and will not be back by ourselves.
    pub(super) fn is_there(&self) -> bool {
        matches!(self.phase, Phase::There | Phase::Leaving(_))
    }

    /// Whether this nick is the one derived from the present secret (friends look for us under it).
    pub(super) fn is_derived(&self) -> bool {
        matches!(self.identity, Some(Identity::Derived { .. })) && self.is_there()
    }
}

/// How pressing it is to leave.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Pressure {
    /// By when a nick of the secret before must be left.
    pub(super) leave_by: Option<Seconds>,
    /// Everybody online knows the new secret.
    pub(super) all_told: bool,
    /// For how long the window of now has lasted.
    pub(super) into_window: Duration,
}

fn rotated(from: Option<Identity>, to: Identity) -> bool {
    match (from, to) {
        (Some(Identity::Derived { epoch: old, .. }), Identity::Derived { epoch: new, .. }) => {
            old != new
        }
        _ => false,
    }
}

/// Why one identity is left for another, as the user is told it.
fn why(from: Option<Identity>, to: Identity) -> &'static str {
    match (from, to) {
        (_, Identity::Invisible) => "invisible: another nickname",
        (Some(Identity::Derived { .. }), Identity::Derived { .. }) if rotated(from, to) => ROTATED,
        (Some(Identity::Derived { .. }), Identity::Derived { .. }) => WINDOW_OVER,
        (Some(Identity::Invisible) | None, Identity::Derived { .. }) => {
            "visible again: new nickname"
        }
    }
}

/// The identity that the account should have now.
pub(super) fn wanted(account: &AccountState, window_length: u32, now: Seconds) -> Identity {
    if account.invisible {
        return Identity::Invisible;
    }
    let window = nick::window_at(&account.secret, window_length, now).0;
    Identity::Derived {
        epoch: account.epoch,
        window,
    }
}

/// Our nick on a network.
pub(super) fn our_nick(secret: &Secret, network: &str, window_length: u32, now: Seconds) -> String {
    nick::derive(secret, network, nick::window_at(secret, window_length, now)).to_string()
}

const ROTATED: &str = "rotation: new nickname";
const WINDOW_OVER: &str = "the time of the old nickname is over";

/// A pause before connecting anew: at least the first, up to the second more.
const PAUSE: (Duration, Duration) = (Duration::from_secs(10), Duration::from_secs(80));
const LONGEST_PAUSE: Duration = Duration::from_secs(90);
/// The first part of a window in which we move.
const WINDOW_SPREAD: Duration = Duration::from_mins(15);

#[cfg(test)]
mod tests {
    #![allow(clippy::arithmetic_side_effects, reason = "tests")]

    use super::*;

    const OLD: Identity = Identity::Derived {
        epoch: 1,
        window: 5,
    };
    const NEW: Identity = Identity::Derived {
        epoch: 2,
        window: 5,
    };
    const NEXT: Identity = Identity::Derived {
        epoch: 1,
        window: 6,
    };

    fn joined() -> Stay {
        let mut stay = Stay::new();
        let moved = step(&mut stay, OLD, Pressure::default(), 100);
        assert_eq!(moved, Step::Join("nick".into()));
        stay
    }

    fn step(stay: &mut Stay, wanted: Identity, pressure: Pressure, now: u64) -> Step {
        stay.next(
            wanted,
            || "nick".into(),
            pressure,
            Seconds(now),
            &mut |most| most / 2,
        )
    }

    #[test]
    fn a_new_window_is_taken_in_its_first_quarter_of_an_hour() {
        let mut stay = joined();
        assert_eq!(step(&mut stay, NEXT, Pressure::default(), 1000), Step::Stay);
        assert_eq!(step(&mut stay, NEXT, Pressure::default(), 1449), Step::Stay);
        assert_eq!(
            step(&mut stay, NEXT, Pressure::default(), 1450),
            Step::Leave(WINDOW_OVER)
        );
        assert_eq!(step(&mut stay, NEXT, Pressure::default(), 1499), Step::Stay);
        assert_eq!(
            step(&mut stay, NEXT, Pressure::default(), 1500),
            Step::Join("nick".into())
        );
    }

    #[test]
    fn a_window_that_began_while_the_machine_slept_is_taken_at_once() {
        let late = |into_window| Pressure {
            into_window: Duration::from_secs(into_window),
            ..Pressure::default()
        };
        for (into_window, wait) in [(0, 450), (300, 300), (900, 0), (40_000, 0)] {
            let mut stay = joined();
            assert_eq!(step(&mut stay, NEXT, late(into_window), 1000), Step::Stay);
            if wait > 0 {
                let early = step(&mut stay, NEXT, late(into_window), 999 + wait);
                assert_eq!(early, Step::Stay, "{into_window}");
            }
            let moved = step(&mut stay, NEXT, late(into_window), 1000 + wait);
            assert_eq!(moved, Step::Leave(WINDOW_OVER), "{into_window}");
        }
    }

    #[test]
    fn a_rotation_waits_until_all_are_told_but_no_longer_than_allowed() {
        let waiting = Pressure {
            leave_by: Some(Seconds(1600)),
            all_told: false,
            ..Pressure::default()
        };
        let told = Pressure {
            leave_by: Some(Seconds(1600)),
            all_told: true,
            ..Pressure::default()
        };
        let mut stay = joined();
        assert_eq!(step(&mut stay, NEW, waiting, 1000), Step::Stay);
        assert_eq!(step(&mut stay, NEW, waiting, 1001), Step::Stay);
        assert_eq!(step(&mut stay, NEW, told, 1002), Step::Leave(ROTATED));
        let mut stay = joined();
        assert_eq!(step(&mut stay, NEW, waiting, 1000), Step::Stay);
        assert_eq!(step(&mut stay, NEW, waiting, 1600), Step::Leave(ROTATED));
    }

    #[test]
    fn a_hide_hurries_a_rotation_under_way() {
        let mut stay = joined();
        let slow = Pressure {
            leave_by: Some(Seconds(1600)),
            all_told: false,
            ..Pressure::default()
        };
        assert_eq!(step(&mut stay, NEW, slow, 1000), Step::Stay);
        let fast = Pressure {
            leave_by: Some(Seconds(1025)),
            all_told: false,
            ..Pressure::default()
        };
        let newer = Identity::Derived {
            epoch: 3,
            window: 5,
        };
        assert_eq!(step(&mut stay, newer, fast, 1005), Step::Stay);
        assert_eq!(step(&mut stay, newer, fast, 1025), Step::Leave(ROTATED));
    }

    /// A day: by how much the clock goes back.
    const DAY: u64 = 86_400;

    #[test]
    fn a_clock_that_goes_back_does_not_keep_us_away() {
        let mut stay = joined();
        let told = Pressure {
            leave_by: Some(Seconds(DAY + 600)),
            all_told: true,
            ..Pressure::default()
        };
        assert_eq!(step(&mut stay, NEW, told, DAY), Step::Stay);
        assert_eq!(step(&mut stay, NEW, told, DAY + 1), Step::Leave(ROTATED));
        assert_eq!(
            step(&mut stay, OLD, told, 100),
            Step::Join("nick".into()),
            "a day before"
        );
    }

    #[test]
    fn a_clock_that_goes_back_does_not_keep_us_under_a_nick() {
        let mut stay = joined();
        let slow = Pressure {
            leave_by: Some(Seconds(DAY + 600)),
            all_told: false,
            ..Pressure::default()
        };
        assert_eq!(step(&mut stay, NEW, slow, DAY), Step::Stay);
        assert_eq!(step(&mut stay, NEW, slow, 100), Step::Leave(ROTATED));
        let mut stay = joined();
        assert_eq!(step(&mut stay, NEW, slow, 100), Step::Stay);
        assert_eq!(step(&mut stay, NEW, slow, 101), Step::Leave(ROTATED));
    }

    #[test]
    fn invisible_leaves_at_once() {
        let mut stay = joined();
        assert_eq!(
            step(&mut stay, Identity::Invisible, Pressure::default(), 1000),
            Step::Stay
        );
        assert_eq!(
            step(&mut stay, Identity::Invisible, Pressure::default(), 1001),
            Step::Leave("invisible: another nickname")
        );
        assert!(!stay.is_there());
        let back = step(&mut stay, Identity::Invisible, Pressure::default(), 1200);
        assert!(matches!(back, Step::Join(_)), "{back:?}");
        assert_eq!(step(&mut stay, OLD, Pressure::default(), 1300), Step::Stay);
        assert_eq!(
            step(&mut stay, OLD, Pressure::default(), 1301),
            Step::Leave("visible again: new nickname")
        );
    }
}

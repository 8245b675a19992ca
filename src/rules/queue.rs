//! When a letter leaves, by which way, how often again, within which budget, with what riding along.
//!
//! ```text
//!  posted ─▶ waits ─▶ chosen ─▶ sealed, claimed ─▶ handed over ─▶ its row ends
//!              ▲      │         │                  │
//!              │      │ share   │ no session,      │ not now, refused for our sake, nobody saw the end
//!              └──────┴─────────┴──────────────────┘
//!
//!                order   way                                       over IRC for   again
//!  handshake     first   mail                                                     after 3, 10, 30 days (timers)
//!  texts         first   IRC while they are reached, else mail     30 s           by mail; after a day, two; fails after five
//!  `here`        second  IRC, to one nick                          60 s           never
//!  receipts      third   as the text came; read ones as texts      600 s          never: a text that comes again is answered again
//!  presence      last    IRC (what is new, one line), then mail    60 s           when they do not hold it
//! ```
//!
//! | which letters a round takes | [`choice`] | | what a refusal is about | [`verdict`] |
//! |---|---|---|---|---|
//! | the day's mails | [`budget`] | | the way out as a whole | [`route`] |
//! | tries, pauses, claims | [`retry`] | | an IRC network | [`irc`] |
//! | what rides along | [`piggyback`] | | which announcements leave | [`by_mail`](super::announce::by_mail) |

pub mod budget;
pub mod choice;
pub mod irc;
pub mod piggyback;
pub mod retry;
pub mod route;
pub mod verdict;

use std::time::Duration;

use super::decision::Rng;
use crate::protocol::letter::{Body, Here};
use crate::protocol::time::HOUR;

/// Which letters of those that are due leave first; the number is that of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// Handshake, texts and what changes them.
    Text = 0,
    /// `here`.
    Here = 1,
    /// Receipts.
    Receipt = 2,
    /// Presence.
    Presence = 3,
}

impl Priority {
    /// From the first to the last.
    pub const ALL: [Self; 4] = [Self::Text, Self::Here, Self::Receipt, Self::Presence];

    /// That of a letter.
    pub fn of(body: &Body) -> Self {
        match body {
            Body::Request(_)
            | Body::Accept(_)
            | Body::Confirm(_)
            | Body::Text(_)
            | Body::Edit(_)
            | Body::Retract(_)
            | Body::React(_)
            | Body::Bid(_)
            | Body::Told(_)
            | Body::Said(_) => Self::Text,
            Body::Here(_) | Body::There(_) => Self::Here,
            Body::Receipt(_) | Body::Got(_) | Body::Gather(_) => Self::Receipt,
            Body::Presence(_) | Body::Typing(_) | Body::Unknown { .. } => Self::Presence,
        }
    }

    /// The store's number.
    pub fn number(self) -> i64 {
        self as i64
    }
}

/// Whether a `here` takes the place of a letter that waits for the same friend on that network. One that echoes says all that
/// others would. One with no echo leaves those that echo where they are: a friend who waits for an echo is not told otherwise.
pub fn takes_the_place(new: &Here, old: &Body) -> bool {
    let echoes = matches!(old, Body::Here(here) if here.echo.is_some());
    new.echo.is_some() || !echoes
}

/// No letter waits longer on purpose.
pub const LATEST: Duration = Duration::from_hours(6);

/// How much later leaves what must not show when its cause was seen: 1 to 6 hours.
pub(super) fn much_later(rng: &mut dyn Rng) -> Duration {
    let mut dice = [0; 2];
    rng.fill(&mut dice);
    let share = f64::from(u16::from_le_bytes(dice)) / f64::from(u16::MAX);
    HOUR.saturating_add(LATEST.saturating_sub(HOUR).mul_f64(share))
}

/// A pause that doubles so many times, up to the longest.
pub fn doubled(first: Duration, times: u32, longest: Duration) -> Duration {
    first
        .saturating_mul(2_u32.saturating_pow(times))
        .min(longest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::letter::{LetterId, Status};

    #[test]
    fn a_here_takes_the_place_of_one_that_says_no_more() {
        let here = |echo: bool| Here {
            nick: "bob".to_owned(),
            network: "libera".to_owned(),
            status: Status::Online,
            status_text: None,
            capabilities: Vec::new(),
            echo: echo.then_some(LetterId([1; 16])),
        };
        for (new, old, expected) in [
            (false, false, true),
            (true, false, true),
            (true, true, true),
            (false, true, false),
        ] {
            let found = takes_the_place(&here(new), &Body::Here(here(old)));
            assert_eq!(found, expected, "{new} {old}");
        }
    }
}

//! The words for what the rules tell apart, as scripts, files and people read them; numbers, times and spans.

pub(super) mod times;

use std::time::Duration;

use super::contact::Standing;
use super::conversation::Author;
use super::handshake::Handshake;
use super::message::{ChangeKind, Delivery, Via};
use super::networks::How;
use super::presence_tracker::Shown;
use crate::protocol::letter::{Status, Typing};
use crate::protocol::time::{DAY, MINUTE};
pub use times::{rfc3339, rfc3339_ms, timestamp};

/// How far it has come with somebody.
pub fn standing(standing: &Standing) -> &'static str {
    match standing {
        Standing::Stranger => "stranger",
        Standing::Asked(_) => "asked",
        Standing::Handshake(Handshake::Asking(_)) => "asking",
        Standing::Handshake(Handshake::Confirming(_)) => "confirming",
        Standing::Friend(_) => "friend",
    }
}

/// Whose a text is.
pub fn direction(author: Author) -> &'static str {
    match author {
        Author::Us => "out",
        Author::Contact(_) => "in",
    }
}

/// What has a word for each of its variants, and can be read from it.
pub trait Word: Sized {
    /// Whose word it is, if anybody's.
    fn of(word: &str) -> Option<Self>;
}

/// The word for each variant, and the variant of each word.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident: $of:ident { $($variant:ident = $word:literal),+ }) => {
        $(#[$doc])*
        pub fn $name(of: $of) -> &'static str {
            match of {
                $($of::$variant => $word),+
            }
        }

        impl Word for $of {
            fn of(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }
    };
}

words! {
    /// How far a text has come.
    state: Delivery {
        Queued = "queued", Sent = "sent", Failed = "failed", Delivered = "delivered", Read = "read"
    }
}
words! {
    /// How a text went or came.
    via: Via { Mail = "mail", Irc = "irc" }
}
words! {
    /// What was done to a text.
    change: ChangeKind { Edit = "edit", Retract = "retract", React = "react", Unreact = "unreact" }
}
words! {
    /// Whether somebody is writing (as IRCv3 `+typing` has it).
    typing: Typing { Active = "active", Paused = "paused", Done = "done" }
}
words! {
    /// How a network came to stand beside those of the configuration.
    joined: How { Asked = "asked", Followed = "followed", Left = "left" }
}
words! {
    /// What somebody says of themselves.
    status: Status { Online = "online", Away = "away", Busy = "busy" }
}

/// What is seen of a friend.
pub fn presence(shown: Shown) -> &'static str {
    match shown {
        Shown::Online => status(Status::Online),
        Shown::Away => status(Status::Away),
        Shown::Busy => status(Status::Busy),
        Shown::Offline => "offline",
        Shown::Unverified => "unverified",
    }
}

/// What a rotation means.
pub fn rotated(to_tell: usize, per_day: u32) -> String {
    match to_tell {
        0 => "your presence has a new secret; nobody needs to be told".to_owned(),
        _ => format!(
            "your presence has a new secret; telling {} takes about {} (the agent does it, or `iim flush`)",
            counted(to_tell, "friend"),
            span(telling(to_tell, per_day))
        ),
    }
}

/// How long telling so many friends takes by mail: announcements leave after a minute, spread over
/// another, and take at most half of the provider's budget (the specification, "Announcing").
pub fn telling(count: usize, per_day: u32) -> Duration {
    let Some(before) = u64::try_from(count).unwrap_or(u64::MAX).checked_sub(1) else {
        return Duration::ZERO;
    };
    if per_day == 0 {
        return MINUTE;
    }
    let half = u64::from(per_day / 2).max(1);
    let days = before.checked_div(half).unwrap_or(0);
    Duration::from_secs(days.saturating_mul(DAY.as_secs()).saturating_add(120))
}

/// A span of time in words, rounded up: `45 seconds`, `3 hours`, `2 days`.
pub fn span(span: Duration) -> String {
    let seconds = span.as_secs();
    let (count, unit) = match seconds {
        0..=119 => (seconds, "second"),
        120..=7_199 => (seconds.div_ceil(60), "minute"),
        7_200..=172_799 => (seconds.div_ceil(3_600), "hour"),
        _ => (seconds.div_ceil(86_400), "day"),
    };
    counted(count, unit)
}

/// A number with its noun: `1 friend`, `2 friends`.
pub fn counted(count: impl TryInto<u64>, noun: &str) -> String {
    let count = count.try_into().unwrap_or(u64::MAX);
    let s = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{s}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::time::Millis;

    #[test]
    fn telling_takes_half_of_the_budget() {
        for (count, per_day, seconds) in [
            (0, 200, 0),
            (1, 200, 120),
            (100, 200, 120),
            (101, 200, 86_520),
            (1_000, 200, 9 * 86_400 + 120),
            (1_000, 0, 60),
            (3, 1, 2 * 86_400 + 120),
        ] {
            assert_eq!(
                telling(count, per_day).as_secs(),
                seconds,
                "{count} at {per_day}"
            );
        }
    }

    #[test]
    fn times_are_written_as_rfc_3339() {
        for (ms, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (1_795_244_400_000, "2026-11-21T07:00:00Z"),
            (1_795_244_400_250, "2026-11-21T07:00:00.25Z"),
        ] {
            assert_eq!(rfc3339_ms(Millis(ms)), text);
        }
        assert!(rfc3339_ms(Millis::MAX).starts_with("9999-"));
    }

    #[test]
    fn spans_are_rounded_up() {
        for (seconds, text) in [
            (0, "0 seconds"),
            (1, "1 second"),
            (119, "119 seconds"),
            (121, "3 minutes"),
            (7_200, "2 hours"),
            (172_800, "2 days"),
            (2_592_000, "30 days"),
        ] {
            assert_eq!(span(Duration::from_secs(seconds)), text);
        }
    }
}

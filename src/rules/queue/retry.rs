//! How often what has not left, or brought no answer, goes again; and how long nobody else touches what is leaving.
//!
//! ```text
//!  waiting ─▶ not sealed ────────────────────────────┬▶ waits: a minute, an hour, the back-off
//!     │                                              └▶ over
//!     └─▶ sealed, claimed ─▶ taken, refused ──────────▶ over
//!                          ├▶ nobody saw the end ─────▶ stays claimed
//!                          └▶ not now, not begun ─────▶ waits: the back-off, the rest of the way out
//! ```

use std::time::Duration;

use super::doubled;
use super::route::{Handed, RouteState, pause};
use crate::protocol::letter::LetterId;
use crate::protocol::time::{DAY, HOUR, MINUTE, MONTH, Seconds, days};

/// What becomes of a row of the outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowEnd {
    /// It is struck off.
    Over,
    /// It waits, unclaimed, until then, after so many failures.
    Waits(Seconds, u32),
    /// It stays claimed: no copy leaves before the claim is over.
    Claimed,
}

/// Why a letter was not sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unsealed {
    /// There is nothing to send any more.
    Over,
    /// It cannot leave this way now.
    Cannot,
    /// There is no session to seal it in.
    NoSession,
    /// It can never be sealed, because.
    Never(String),
    /// It could not be sealed now, because; the user is told, and it is tried again.
    NotNow(String),
}

/// What becomes of a letter that was to leave by mail and was not sealed, after so many failures.
pub fn unsealed(why: &Unsealed, attempts: u32, now: Seconds) -> RowEnd {
    match why {
        Unsealed::Over | Unsealed::Never(_) => RowEnd::Over,
        Unsealed::Cannot => RowEnd::Waits(now.after(MINUTE), attempts),
        Unsealed::NoSession => RowEnd::Waits(now.after(HOUR), attempts),
        Unsealed::NotNow(_) => failed(attempts, now),
    }
}

/// What becomes of a letter that was handed over, after so many failures before; `route` is as it stands after that.
pub fn handed_over(
    end: &Handed,
    letter: LetterId,
    attempts: u32,
    route: &RouteState,
    now: Seconds,
) -> RowEnd {
    let rests = route.rests(&route.of, now).map(|(until, _)| until);
    let tried = attempts.saturating_add(1);
    match end {
        Handed::Taken | Handed::Refused(_) => RowEnd::Over,
        Handed::Unseen(_) => RowEnd::Claimed,
        Handed::Later(_) => failed(attempts, now),
        Handed::Perhaps(_) => RowEnd::Waits(now.after(pause(route.times(letter))), tried),
        // It does not rest where another mail was taken.
        Handed::OfUs(_) => rests.map_or(failed(attempts, now), |rest| RowEnd::Waits(rest, tried)),
        // It was sealed all the same: what rode beside it rides again.
        Handed::Unsent => RowEnd::Waits(rests.unwrap_or(now), attempts.max(1)),
    }
}

fn failed(attempts: u32, now: Seconds) -> RowEnd {
    let attempts = attempts.saturating_add(1);
    RowEnd::Waits(now.after(back_off(attempts)), attempts)
}

/// How long a letter waits after it could not be handed over so many times.
pub fn back_off(attempts: u32) -> Duration {
    doubled(BACK_OFF, attempts, HOUR)
}

/// How long an announcement waits after it did not reach a mailbox so many times in a row: an hour, doubled up
/// to a day.
pub fn untold_pause(times: u32) -> Duration {
    doubled(HOUR, times.saturating_sub(1), DAY)
}

/// When the next timer of a text that left by mail fires: a day, two days, five days after the first time, but no sooner
/// after the last try than that. So no try is passed over where a timer fires late: the machine was off, or its clock
/// has jumped.
pub fn next_try(mailed_at: Seconds, attempts: u8, now: Seconds) -> Seconds {
    let (after, pause) = match attempts {
        0 | 1 => (DAY, LONGEST_TRY),
        2 => (days(2), LONGEST_TRY),
        TRIES.. => (LONGEST_TEXT, days(3)),
    };
    later(mailed_at, after, pause, now)
}

/// The next time at which an unanswered request or accept of that age is repeated (days 1, 3 and 9),
/// the user is told (day 30), or nothing more happens; no sooner after the last time than that, however late it was.
pub fn next_repeat(at: Seconds, repeats: u8, now: Seconds) -> Option<Seconds> {
    let (after, pause) = match repeats {
        0 => (DAY, DAY),
        1 => (days(3), days(2)),
        2 => (days(9), days(6)),
        REPEATS => (days(30), days(21)),
        _ => return None,
    };
    Some(later(at, after, pause, now))
}

fn later(begun: Seconds, after: Duration, pause: Duration, now: Seconds) -> Seconds {
    begun.after(after).max(now.after(pause))
}

/// How often a text is tried by mail; after that it waits for its end.
pub const TRIES: u8 = 3;
/// How often a request or an accept is repeated before the user is told.
pub const REPEATS: u8 = 3;

/// How long a mail is claimed by whoever hands it over: longer than a server may take to answer after the
/// final dot (RFC 5321, section 4.5.3.2.6). If nobody saw the end, no copy leaves before.
pub const MAIL_CLAIM: Duration = Duration::from_mins(15);
/// How long a row is claimed by whoever is writing it to IRC; of a text that is in no row, when it goes again if nobody saw
/// it leave.
pub const IRC_CLAIM: Duration = MINUTE;
/// How long a receipt is waited for after the last piece was written to IRC; an error of the server that comes
/// within it is about that letter.
pub const IRC_PATIENCE: Duration = Duration::from_secs(30);
/// How long a presence or a `here` is worth sending over IRC.
pub const PRESENCE_LASTS: Duration = MINUTE;
/// How long a receipt over IRC is worth sending: after that the mail copy is on its way.
pub const RECEIPT_LASTS: Duration = Duration::from_mins(10);

// What waits longer than these was posted, put off or claimed by a clock that ran ahead.

/// A letter, for its next try; a text that went over IRC, for its receipt.
pub const LONGEST_PAUSE: Duration = Duration::from_hours(2);
/// A text that left by mail, for its next try.
pub const LONGEST_TRY: Duration = DAY;
/// A text that left by mail, for its end.
pub const LONGEST_TEXT: Duration = days(5);
/// A handshake.
pub const LONGEST_HANDSHAKE: Duration = MONTH;

/// How long commands and hooks send what they caused themselves, where no agent runs: Pigeonhole gives a hook ten seconds in all.
pub const AT_ONCE: Duration = Duration::from_secs(3);
/// How long a round of mails may take but for answers after the final dot. With those: less than a claim.
pub const LONGEST_ROUND: Duration = Duration::from_secs(50);
/// RFC 5321, section 4.5.3.2.6: "DATA Termination: 10 minutes."
pub const AFTER_DOT: Duration = Duration::from_secs(600);
/// While answers take long, how often it is looked for what else is due.
pub const LOOK_AGAIN: Duration = Duration::from_secs(2);
/// While so many answers take long, nothing more is handed over.
pub const MOST_SLOW: usize = 8;
/// The longest time between two looks at what is due by mail.
pub const LONGEST_WAIT: Duration = Duration::from_secs(60);

const BACK_OFF: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests;

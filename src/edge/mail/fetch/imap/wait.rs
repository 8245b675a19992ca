//! Waiting for news: IDLE (RFC 2177), else quiet and a NOOP.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use tokio::time::Instant;

use super::super::wire::after;
use super::response::{Response, Status};
use super::session::{SMALL, Session, Stop, ended, out_of_step};
use crate::rules::fetch::mailbox::Fault;

/// So long an IDLE hears no byte before it is begun anew: only so is a dead link found.
const QUIET: Duration = Duration::from_secs(5 * 60);
/// So long one IDLE lasts: "clients using IDLE are advised to terminate the IDLE and re-issue it at least every 29
/// minutes" (RFC 2177, section 3).
const LONGEST_IDLE: Duration = Duration::from_secs(25 * 60);
/// So long the end of an IDLE may take.
const END: Duration = Duration::from_secs(30);
/// So long nothing is asked where an IDLE was refused, or ended by itself.
const WITHOUT_IDLE: Duration = Duration::from_secs(60);

/// Untagged answers that may still come after the end of an IDLE.
const MOST: usize = 4096;

/// Whoever may end the waiting.
pub(super) type Until<'a> = Pin<&'a mut (dyn Future<Output = ()> + Send)>;

/// Why listening has ended.
enum Heard {
    /// Mails came.
    News,
    /// The time is over.
    Quiet,
    /// It is to end.
    Ended,
    /// The server said what does not belong there: its answer to a command, perhaps.
    Said(Response),
}

/// Waits until mails come, the time is over, or `until` says so.
pub(super) async fn wait(
    session: &mut Session,
    has_idle: bool,
    limit: Duration,
    mut until: Until<'_>,
) -> Result<(), Stop> {
    let mut end = after(limit);
    let mut idled = if has_idle {
        Idled::Again
    } else {
        Idled::Refused
    };
    while idled == Idled::Again {
        idled = idle(session, end, until.as_mut()).await?;
        if idled == Idled::Refused {
            end = end.min(after(WITHOUT_IDLE));
        }
    }
    match idled {
        Idled::Enough => Ok(()),
        Idled::Again | Idled::Refused => quiet(session, end, until).await,
    }
}

/// Without IDLE: whatever comes is heard, and at the end it is asked.
async fn quiet(session: &mut Session, end: Instant, mut until: Until<'_>) -> Result<(), Stop> {
    loop {
        match listen(session, end, until.as_mut()).await? {
            None => {}
            Some(Heard::News | Heard::Ended) => return Ok(()),
            Some(Heard::Quiet) => return session.order("NOOP").await.map(drop),
            Some(Heard::Said(_)) => return Err(out_of_step().into()),
        }
    }
}

/// What came of one IDLE.
#[derive(PartialEq, Eq)]
enum Idled {
    /// Nothing: it may begin anew.
    Again,
    /// What was waited for.
    Enough,
    /// The server does not want it, or not for long.
    Refused,
}

async fn idle(session: &mut Session, end: Instant, mut until: Until<'_>) -> Result<Idled, Stop> {
    if session.news {
        return Ok(Idled::Enough);
    }
    let tag = session.begin("IDLE").await?;
    loop {
        let response = session.next(SMALL).await?;
        if response == Response::Continue {
            break;
        } else if let Response::Tagged(told, status) = response {
            return refused(&tag, &told, status);
        }
    }
    let over = end.min(after(LONGEST_IDLE));
    let heard = loop {
        let quiet = after(QUIET).min(over);
        if let Some(heard) = listen(session, quiet, until.as_mut()).await? {
            break heard;
        }
    };
    let idled = match heard {
        Heard::News | Heard::Ended => Idled::Enough,
        Heard::Quiet if Instant::now() >= end => Idled::Enough,
        Heard::Quiet => Idled::Again,
        Heard::Said(Response::Tagged(told, status)) => return refused(&tag, &told, status),
        Heard::Said(_) => return Err(out_of_step().into()),
    };
    done(session, &tag).await?;
    Ok(idled)
}

/// The server ends an IDLE by itself.
fn refused(tag: &str, told: &str, status: Status) -> Result<Idled, Stop> {
    match ended(tag, told, status) {
        Ok(_) | Err(Stop::Refused(_)) => Ok(Idled::Refused),
        Err(fault) => Err(fault),
    }
}

/// Ends an IDLE.
async fn done(session: &mut Session, tag: &str) -> Result<(), Stop> {
    session.wire.end_within(END);
    session.wire.write(b"DONE\r\n").await?;
    for _ in 0..MOST {
        let response = session.next(SMALL).await?;
        if let Response::Tagged(told, status) = response {
            return ended(tag, &told, status).map(drop);
        }
    }
    Err(out_of_step().into())
}

/// The next that is said; `None` if the listening goes on.
async fn listen(
    session: &mut Session,
    end: Instant,
    until: Until<'_>,
) -> Result<Option<Heard>, Fault> {
    if session.news {
        return Ok(Some(Heard::News));
    }
    // Also where the server never stops.
    if Instant::now() >= end {
        return Ok(Some(Heard::Quiet));
    }
    let something = tokio::select! {
        biased;
        something = session.wire.something_until(end) => something?,
        () = until => return Ok(Some(Heard::Ended)),
    };
    if !something {
        return Ok(Some(Heard::Quiet));
    }
    session.wire.begin_step();
    let response = session.next(SMALL).await?;
    let is_untagged = !matches!(response, Response::Tagged(..) | Response::Continue);
    Ok((!is_untagged).then_some(Heard::Said(response)))
}

#[cfg(test)]
mod tests;

//! `iim deliver` and `iim filter`: what becomes of a mail that may concern us.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::output::stderr;
use crate::edge::clock::SystemClock;
use crate::edge::home::Home;
use crate::edge::mail::incoming::{Candidate, Kind, Verdict};
use crate::edge::store::StoreError;
use crate::turn::{Arrived, Station, TurnError, settle};

/// Handles one mail that may concern us, for the account whose home is given (or found in the environment).
///
/// Nothing is lost by it: on any doubt the verdict is trouble, and the mail stays where it was.
#[must_use]
pub fn handle(home: Option<PathBuf>, candidate: Candidate) -> Verdict {
    match hear(home, &candidate) {
        Ok(verdict) => verdict,
        Err(fault) => {
            complain(&fault);
            Verdict::trouble()
        }
    }
}

fn hear(home: Option<PathBuf>, candidate: &Candidate) -> Result<Verdict, TurnError> {
    let home = Home::locate(home.as_deref())?;
    let mut station = Station::open_quietly(home, Arc::new(SystemClock))?;
    let arrived = match heard(&mut station, candidate) {
        // A backup was put back in this moment: nothing of what was heard is in it.
        Err(TurnError::Store(StoreError::Replaced)) => heard(&mut station, candidate)?,
        other => other?,
    };
    if arrived.done {
        // What was heard is committed: that an answer could not leave now changes nothing of it.
        if let Err(fault) = settle(&mut station, PATIENCE) {
            complain(&fault);
        }
    }
    Ok(verdict(&station, candidate.kind, &arrived))
}

fn heard(station: &mut Station, candidate: &Candidate) -> Result<Arrived, TurnError> {
    match candidate.kind {
        Kind::Ours => station.hear_mail(candidate.mail()),
        Kind::Report => station.hear_report(candidate.mail()),
    }
}

fn verdict(station: &Station, kind: Kind, arrived: &Arrived) -> Verdict {
    match (kind, arrived.done, station.config.mail.keep) {
        (_, true, false) => Verdict::handled(arrived.status.clone()),
        (_, true, true) | (Kind::Ours, false, _) => Verdict::left(arrived.status.clone()),
        (Kind::Report, false, _) => Verdict::not_ours(),
    }
}

/// How long the hook may take to send what its turn caused, with no agent running: Pigeonhole gives it ten
/// seconds in all.
const PATIENCE: Duration = Duration::from_secs(3);

/// For the mail system's log, where a fault of the hook is looked for.
fn complain(fault: &TurnError) {
    stderr(&format!("iim: {fault}"));
}

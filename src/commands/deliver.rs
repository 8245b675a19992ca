//! `iim deliver` and `iim filter`: what becomes of a mail that may concern us.

use std::path::PathBuf;
use std::sync::Arc;

use super::output::stderr;
use crate::account::mail::send_now;
use crate::account::{Account, AccountError, Arrived};
use crate::edge::clock::SystemClock;
use crate::edge::home::Home;
use crate::edge::mail::hook::filter::{Candidate, Kind, Verdict};
use crate::edge::store::StoreError;
use crate::protocol::dsn;
use crate::protocol::mail_form::{By, read_by};

/// Handles one mail that may concern us, for the account whose home is given (or found in the environment).
///
/// Nothing is lost by it: on any doubt the verdict is trouble, and the mail stays where it was.
pub fn handle(home: Option<PathBuf>, candidate: &Candidate) -> Verdict {
    if !candidate.whole {
        return too_large(home, candidate);
    }
    or_trouble(hear(home, candidate))
}

fn or_trouble(heard: Result<Verdict, AccountError>) -> Verdict {
    heard.unwrap_or_else(|fault| {
        complain(&fault);
        Verdict::Trouble
    })
}

/// A mail with our marker that is larger than any of ours is left and counted; that it cannot be counted keeps no mail
/// back, which will not be read the next time either.
fn too_large(home: Option<PathBuf>, candidate: &Candidate) -> Verdict {
    let counted = open(home).and_then(|mut account| account.leave_too_large(candidate.mail()));
    if let Err(fault) = counted {
        complain(&fault);
    }
    Verdict::Left("too large".to_owned())
}

/// Handles one mail that a person says is ours, whatever its header says.
pub fn handle_anyway(home: Option<PathBuf>, mail: &[u8]) -> Verdict {
    or_trouble(open(home).and_then(|mut account| {
        let arrived = heard(&mut account, |account| account.hear_mail_by(mail, By::Hand))?;
        send_answers(&mut account, arrived.as_ref());
        let Some(arrived) = arrived else {
            return Ok(Verdict::NotOurs);
        };
        stderr(&format!("iim: {}", arrived.status));
        Ok(match arrived.done {
            true => Verdict::Handled(arrived.status),
            false => Verdict::Left(arrived.status),
        })
    }))
}

fn open(home: Option<PathBuf>) -> Result<Account, AccountError> {
    let home = Home::locate(home.as_deref())?;
    Account::open_quietly(home, Arc::new(SystemClock))
}

fn hear(home: Option<PathBuf>, candidate: &Candidate) -> Result<Verdict, AccountError> {
    let mail = candidate.mail();
    if is_report(candidate.kind) && dsn::read(mail).is_err() {
        return Ok(Verdict::NotOurs);
    }
    // A person's mail may have such a title: it must not depend on whether the account opens.
    if candidate.kind == Kind::Titled
        && read_by(mail, By::Subject).is_err_and(|fault| !fault.has_our_part())
    {
        return Ok(Verdict::NotOurs);
    }
    let mut account = open(home)?;
    let arrived = heard(&mut account, |account| match candidate.kind {
        Kind::Marked => account.hear_mail_by(mail, By::Marker),
        Kind::Titled => account.hear_mail_by(mail, By::Subject),
        Kind::Report | Kind::Bounce | Kind::Unreturnable => account.hear_report(mail).map(Some),
    })?;
    send_answers(&mut account, arrived.as_ref());
    Ok(arrived.map_or(Verdict::NotOurs, |arrived| {
        verdict(&account, candidate.kind, &arrived)
    }))
}

fn is_report(kind: Kind) -> bool {
    match kind {
        Kind::Report | Kind::Bounce | Kind::Unreturnable => true,
        Kind::Marked | Kind::Titled => false,
    }
}

/// What was heard is committed: that an answer could not leave now changes nothing of it.
fn send_answers(account: &mut Account, arrived: Option<&Arrived>) {
    if arrived.is_some_and(|arrived| arrived.done)
        && let Err(fault) = send_now(account)
    {
        complain(&fault);
    }
}

/// A backup may be put back in this moment: nothing of what was heard is in it, so it is heard once more.
fn heard(
    account: &mut Account,
    mut hear: impl FnMut(&mut Account) -> Result<Option<Arrived>, AccountError>,
) -> Result<Option<Arrived>, AccountError> {
    match hear(account) {
        Err(AccountError::Store(StoreError::Replaced)) => hear(account),
        heard => heard,
    }
}

fn verdict(account: &Account, kind: Kind, arrived: &Arrived) -> Verdict {
    // A person may have written a report in words, whatever it says: it is never dropped.
    let in_words = is_report(kind) && kind != Kind::Report;
    let stays = arrived.stays || account.config.mail.keep || in_words;
    match (arrived.done, stays) {
        (true, false) => Verdict::Handled(arrived.status.clone()),
        (false, _) if is_report(kind) => Verdict::NotOurs,
        (true, true) | (false, _) => Verdict::Left(arrived.status.clone()),
    }
}

/// For the mail system's log, where a fault of the hook is looked for.
fn complain(fault: &AccountError) {
    stderr(&format!("iim: {fault}"));
}

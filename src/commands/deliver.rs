//! `iim deliver` and `iim filter`: what becomes of a mail that may concern us.

use std::path::PathBuf;
use std::sync::Arc;

use super::output::stderr;
use crate::account::mail::send_now;
use crate::account::{Account, AccountError, Arrived, concerns_us, hear_again, hear_candidate};
use crate::edge::clock::SystemClock;
use crate::edge::home::Home;
use crate::edge::mail::hook::filter::{Candidate, Verdict};
use crate::protocol::mail_form::By;
use crate::rules::refusal::Refusal;

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
        match matches!(fault, AccountError::Refused(Refusal::MovedOut(_))) {
            // It waits in the mailbox for where the account lives now.
            true => Verdict::Left("left for where the account lives now".to_owned()),
            false => Verdict::Trouble,
        }
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
        let arrived = hear_again(&mut account, |account| account.hear_mail_by(mail, By::Hand))?;
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
    if !concerns_us(candidate) {
        return Ok(Verdict::NotOurs);
    }
    let mut account = open(home)?;
    let (verdict, arrived) = hear_candidate(&mut account, candidate)?;
    send_answers(&mut account, arrived.as_ref());
    Ok(verdict)
}

/// What was heard is committed: that an answer could not leave now changes nothing of it.
fn send_answers(account: &mut Account, arrived: Option<&Arrived>) {
    if arrived.is_some_and(|arrived| arrived.done)
        && let Err(fault) = send_now(account)
    {
        complain(&fault);
    }
}

/// For the mail system's log, where a fault of the hook is looked for.
fn complain(fault: &AccountError) {
    stderr(&format!("iim: {fault}"));
}

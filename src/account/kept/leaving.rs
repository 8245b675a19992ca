//! Copies that leave by themselves, from the agent and from `iim flush`; and how it stands with them.

use super::copies::{last, put_waits, waits};
use super::{When, back_up};
use crate::account::code::kept_key;
use crate::account::send::mail::{open, route};
use crate::account::{Account, AccountError};
use crate::edge::mail::MailSender;
use crate::edge::seal::stream::CodeKey;
use crate::protocol::time::Seconds;
use crate::rules::conversation::ContactId;
use crate::rules::kept::due::{Fate, Last};
use crate::rules::queue::budget::Class;
use crate::rules::queue::retry::AFTER_DOT;
use crate::rules::view::View as _;

/// Mails the copy that waits, if one does and its time has come. What goes wrong is kept, to be told, and tried again in an hour; what
/// was wrong the last time is given as long as it waits.
pub fn send_copy(account: &mut Account) -> Result<Option<String>, AccountError> {
    let Some(key) = is_waiting(account)? else {
        return Ok(standing(account)?.why);
    };
    if route::rests(account)?.is_some() {
        return Ok(None);
    }
    match open(account, AFTER_DOT) {
        Ok(mut sender) => send_waiting(account, &key, &mut sender),
        Err(fault) => has_failed(account, &fault).map(Some),
    }
}

/// The same by this way.
pub fn send_waiting(
    account: &mut Account,
    key: &CodeKey,
    sender: &mut dyn MailSender,
) -> Result<Option<String>, AccountError> {
    match back_up(account, key, When::Due, sender) {
        Ok(_) => Ok(None),
        Err(fault) => has_failed(account, &fault).map(Some),
    }
}

fn has_failed(account: &Account, fault: &AccountError) -> Result<String, AccountError> {
    let (why, now) = (fault.to_string(), account.now());
    account.store.transact(|tx| {
        let mut waits = waits(tx)?;
        (waits.tried, waits.why) = (Some(now), Some(why.clone()));
        put_waits(tx, &waits)
    })?;
    Ok(why)
}

/// The key for a copy that is to leave by itself now: where copies have left, and a mail of today's is left.
pub fn is_waiting(account: &Account) -> Result<Option<CodeKey>, AccountError> {
    let (now, per_day) = (account.now(), account.settings.per_day);
    account.look(|tx| {
        let Some(last) = last(tx)? else {
            return Ok(None);
        };
        if !waits(tx)?.is_due(&last, now) || tx.account()?.moved_out.is_some() {
            return Ok(None);
        }
        let mut day = tx.budget().day(per_day, now)?;
        match day.take(Class::Text, ContactId::default()) {
            true => kept_key(tx),
            false => Ok(None),
        }
    })
}

/// How it stands with kept copies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// There is a recovery code.
    pub has_code: bool,
    /// When the last copy was made, and how it is with it.
    pub last: Option<(Seconds, Fate)>,
    /// Who sees us has changed since: one leaves at that time at the soonest.
    pub next: Option<Seconds>,
    /// Why one that is to leave has not.
    pub why: Option<String>,
    /// Why the last will never arrive.
    pub lost: Option<String>,
}

/// How it stands with kept copies.
pub fn standing(account: &Account) -> Result<Standing, AccountError> {
    account.look(|tx| {
        let (last, waits) = (last(tx)?, waits(tx)?);
        // Where an account was made of a copy, none has left since.
        let has_left = |last: &Last| (!last.of.is_empty()).then_some((last.at, last.fate()));
        Ok(Standing {
            has_code: kept_key(tx)?.is_some(),
            next: waits.changed,
            why: waits.why,
            lost: last.as_ref().and_then(|last| last.lost.clone()),
            last: last.as_ref().and_then(has_left),
        })
    })
}

//! Copies that leave by themselves, from the agent and from `iim flush`; and how it stands with them.

use super::codes::hash_of_key;
use super::copies::{last, waits};
use super::{When, back_up, stays};
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

/// Mails the copy that waits, if one does and its time has come. What goes wrong is kept, to be told, and tried again in an hour, then
/// ever later; what was wrong the last time is given as long as it waits.
pub fn send_copy(account: &mut Account) -> Result<Option<String>, AccountError> {
    let Some(key) = is_waiting(account)? else {
        return Ok(standing(account)?.why);
    };
    if route::rests(account)?.is_some() {
        return Ok(None);
    }
    match open(account, AFTER_DOT) {
        Ok(mut sender) => send_waiting(account, &key, &mut sender),
        Err(fault) => stays(account, &fault).map(Some),
    }
}

/// The same by this way.
pub fn send_waiting(
    account: &mut Account,
    key: &CodeKey,
    sender: &mut dyn MailSender,
) -> Result<Option<String>, AccountError> {
    let done = back_up(account, key, When::Waiting, sender);
    Ok(done.err().map(|fault| fault.to_string()))
}

/// The key for a copy that is to leave by itself now: where copies have left or were tried, and a mail of today's is left.
pub fn is_waiting(account: &Account) -> Result<Option<CodeKey>, AccountError> {
    let (now, per_day) = (account.now(), account.settings.per_day);
    account.look(|tx| {
        let is_due = waits(tx)?.is_due(last(tx)?.as_ref(), now);
        if !is_due || tx.account()?.moved_out.is_some() {
            return Ok(None);
        }
        let mut day = tx.budget().day(per_day, now)?;
        match day.take(Class::Copy, ContactId::default()) {
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
    /// When that came in.
    pub came: Option<Seconds>,
    /// It opens with a code of before alone.
    pub older_code: bool,
    /// Who sees us has changed since, or one was not taken: the next leaves at that time at the soonest.
    pub next: Option<Seconds>,
    /// Why one that is to leave has not.
    pub why: Option<String>,
    /// Why the last will never arrive.
    pub lost: Option<String>,
}

/// How it stands with kept copies.
pub fn standing(account: &Account) -> Result<Standing, AccountError> {
    let now = account.now();
    account.look(|tx| {
        let (last, waits, key) = (last(tx)?, waits(tx)?, kept_key(tx)?);
        // Where an account was made of a copy, none has left since.
        let last = last.filter(|last| !last.of.is_empty());
        let under = key.as_ref().map(hash_of_key);
        let is_other = |last: &Last| !last.under.is_empty() && Some(&last.under) != under.as_ref();
        Ok(Standing {
            has_code: key.is_some(),
            last: last.as_ref().map(|last| (last.at, last.fate(now))),
            came: last.as_ref().and_then(|last| last.seen),
            older_code: key.is_some() && last.as_ref().is_some_and(is_other),
            // Without a code none leaves.
            next: waits.changed.filter(|_| key.is_some()),
            why: waits.why.filter(|_| key.is_some()),
            lost: last.and_then(|last| last.lost),
        })
    })
}

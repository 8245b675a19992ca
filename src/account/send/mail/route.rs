//! How the way out for mail stands, and what the user was told of it, kept between rounds.

use crate::account::{Account, AccountError};
use crate::edge::config::{Mail, MailOut};
use crate::edge::store::Transaction;
use crate::protocol::time::Seconds;
use crate::rules::queue::route::{RouteState, Told};

/// Until when nothing is sent, because all that is ours is refused, and why.
pub fn rests(account: &Account) -> Result<Option<(Seconds, String)>, AccountError> {
    let state = account.look_once(state)?;
    let rests = state.rests(&name(&account.config.mail), account.now());
    Ok(rests.map(|(until, why)| (until, why.to_owned())))
}

/// The way out rests no longer: the user has mended it.
pub fn end_rest(account: &mut Account) -> Result<(), AccountError> {
    account
        .store
        .transact(|tx| put_state(tx, &RouteState::default()))
}

/// Why what waits has not left, when it was last tried by whomever; `None`: it did leave.
pub fn trouble(account: &Account) -> Result<Option<String>, AccountError> {
    let kept = account.look_once(|tx| Ok(tx.meta_get(TROUBLE)?))?;
    Ok(kept.filter(|trouble| !trouble.is_empty()))
}

/// Keeps the trouble of a round, in which so many mails left, for `iim status`, which may have no agent to ask. A round in which
/// nothing was tried says nothing.
pub(super) fn keep_trouble(
    account: &mut Account,
    sent: usize,
    found: Option<&str>,
) -> Result<(), AccountError> {
    let found = found.unwrap_or_default();
    if found.is_empty() && sent == 0 || trouble(account)?.unwrap_or_default() == found {
        return Ok(());
    }
    account
        .store
        .transact(|tx| Ok(tx.meta_set(TROUBLE, found)?))
}

/// Whether the trouble of a round (or that there is none) is news to the user: what was told within a day is not.
pub fn is_news(account: &mut Account, trouble: Option<&str>) -> Result<bool, AccountError> {
    let now = account.now();
    account.store.transact(|tx| {
        let told: Option<Told> = tx.meta_json(TOLD)?;
        let Some(trouble) = trouble else {
            if told.is_some() {
                tx.meta_set(TOLD, "")?;
            }
            return Ok(false);
        };
        if told.is_some_and(|told| told.covers(trouble, now)) {
            return Ok(false);
        }
        let trouble = trouble.to_owned();
        tx.meta_set_json(TOLD, &Told { trouble, at: now })?;
        Ok(true)
    })
}

/// How the way out stands. What cannot be read says nothing: mail goes out.
pub(super) fn state(tx: &Transaction<'_>) -> Result<RouteState, AccountError> {
    Ok(tx.meta_json(ROUTE)?.unwrap_or_default())
}

pub(super) fn put_state(tx: &Transaction<'_>, state: &RouteState) -> Result<(), AccountError> {
    Ok(tx.meta_set_json(ROUTE, state)?)
}

/// What tells one way out from another: a rest of one that the user has changed is over.
pub(super) fn name(mail: &Mail) -> String {
    match &mail.out {
        MailOut::Sendmail(words) => words.join(" "),
        MailOut::Smtp(server) => {
            let (url, user) = (&server.url, server.url.user.as_deref().unwrap_or(""));
            format!("{user}@{}:{}", url.server.host, url.server.port)
        }
    }
}

/// Under these keys the store keeps how the way out stands, the trouble of the last round, and that which was told.
const ROUTE: &str = "route";
const TROUBLE: &str = "mail_trouble";
const TOLD: &str = "trouble_told";

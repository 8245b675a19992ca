//! Rotation: a new presence secret, and who is told.

use super::account::AccountState;
use super::decision::Decision;
use super::effect::{Effect, Notice};
use super::outgoing::{Form, Route};
use super::person::{Announce, Healing, Person, Standing};
use super::refusal::Refusal;
use super::time::{DAY, HOUR};
use super::{announce, delivery, handshake};
use crate::protocol::address::Address;
use crate::protocol::letter::{OneTimeKeys, Secret};

/// How soon the agent must have left the old nick.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Haste {
    /// Somebody is to see us no longer: 20 s.
    Hide,
    /// A change for its own sake: ten minutes, so that those online are told over IRC.
    Rotate,
}

/// The user (or cron) asks for a rotation.
pub(super) fn asked_for(decision: &mut Decision<'_>, if_older: Option<u64>) -> Result<(), Refusal> {
    let age = decision
        .now()
        .saturating_sub(decision.account()?.rotated_at);
    if if_older.is_some_and(|limit| age < limit) {
        return Ok(());
    }
    rotate(decision, &[], Haste::Rotate)
}

/// Makes a new secret. Those in `hidden_now` are the ones it hides from: they alone get no decoy for it.
pub(super) fn rotate(
    decision: &mut Decision<'_>,
    hidden_now: &[Address],
    haste: Haste,
) -> Result<(), Refusal> {
    let mut account = decision.account()?;
    renew(decision, &mut account, haste);
    let epoch = account.epoch;
    decision.put_account(account);
    let mut to_tell: usize = 0;
    for mut person in decision.people()? {
        if hidden_now.contains(&person.address) {
            continue;
        }
        announce::set_due(decision, &mut person)?;
        let hides = haste == Haste::Hide;
        person.announce = person.announce.map(|due| Announce { hides, ..due });
        if person.announce.is_some() {
            to_tell = to_tell.saturating_add(usize::from(person.visible));
            decision.put(person);
        }
    }
    decision.tell(Notice::Rotated { epoch, to_tell });
    Ok(())
}

/// A rotation that is under way has no more time than one that hides.
pub(super) fn hurry(decision: &mut Decision<'_>) -> Result<(), Refusal> {
    let mut account = decision.account()?;
    let soon = decision.now().saturating_add(HIDE_WITHIN);
    if account.leave_by.is_some_and(|at| at > soon) {
        account.leave_by = Some(soon);
        decision.put_account(account);
    }
    Ok(())
}

fn renew(decision: &mut Decision<'_>, account: &mut AccountState, haste: Haste) {
    let now = decision.now();
    let patience = match haste {
        Haste::Hide => HIDE_WITHIN,
        Haste::Rotate => 600,
    };
    let leave_by = now.saturating_add(patience);
    account.epoch = now.max(account.epoch.saturating_add(1));
    account.secret = Secret(decision.random());
    account.decoy = Secret(decision.random());
    account.rotated_at = now;
    account.leave_by = Some(
        account
            .leave_by
            .filter(|at| *at > now)
            .map_or(leave_by, |at| at.min(leave_by)),
    );
}

/// The data came from a backup: each friend is asked anew under our known key, and so is whoever may have become one
/// since; no old session is sealed with, and the presence gets a new secret. Who was asked within the hour is not asked again
/// if nothing was put back since: an answer is on its way or in, and there would be no other.
pub(super) fn restored(decision: &mut Decision<'_>) -> Result<(), Refusal> {
    let noticed = decision.account()?.restored;
    for mut person in decision.people()? {
        let asked_at = person.healing.as_ref().map_or(0, |healing| healing.at);
        let asked_or_healed = asked_at.max(person.healed_at);
        if !noticed && !decision.is_past(asked_or_healed, HOUR) {
            continue;
        }
        for key in person.sealing_keys() {
            decision.cause(Effect::RetireSessions(person.address.clone(), key));
        }
        person.theirs = OneTimeKeys::default();
        match person.standing {
            Standing::Friend(_) if !person.blocked => {
                ask_anew(decision, &mut person, Again::Soon)?;
                delivery::restored(decision, &person.address)?;
            }
            Standing::Asked(_) | Standing::Confirming(_) if !person.blocked => {
                handshake::ask_back(decision, &mut person)?;
            }
            Standing::Friend(_)
            | Standing::Asked(_)
            | Standing::Confirming(_)
            | Standing::Stranger
            | Standing::Asking(_) => {}
        }
        decision.put(person);
    }
    let mut account = decision.account()?;
    account.restored = false;
    account.epoch = account
        .epoch
        .max(decision.now().saturating_add(CLOCKS_DIFFER));
    decision.put_account(account);
    rotate(decision, &[], Haste::Rotate)
}

/// No session is left to seal with: the friend is asked anew, after 1, 3, 9 and then every 27 days; what waits goes
/// when he has answered, and its writer is told if he does not.
pub(super) fn no_session(decision: &mut Decision<'_>, friend: &Address) -> Result<(), Refusal> {
    let Some(mut person) = decision.person(friend)? else {
        return Ok(());
    };
    delivery::cannot_leave(decision, friend)?;
    let recently = |healing: &Healing| !decision.is_past(healing.at, patience(healing));
    if person.keys().is_some() && !person.healing.as_ref().is_some_and(recently) {
        ask_anew(decision, &mut person, Again::Later)?;
        decision.put(person);
    }
    Ok(())
}

/// How long an answer to a healing request is waited for: whoever never answers is asked ever more seldom.
fn patience(healing: &Healing) -> u64 {
    match healing.soon {
        true => 2 * HOUR,
        false => DAY.saturating_mul(3_u64.pow(u32::from(healing.unanswered.min(3)))),
    }
}

/// When a friend who does not answer the request that heals is asked the next time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Again {
    /// Once his side would answer another one, which it does once an hour.
    Soon,
    /// After a day, then ever more seldom.
    Later,
}

/// The signed request that heals lost sessions with a friend. One that had to come soon after another is that one, sent later:
/// whichever of the two he answers, his accept fits.
pub(super) fn ask_anew(
    decision: &mut Decision<'_>,
    person: &mut Person,
    again: Again,
) -> Result<(), Refusal> {
    let before = person.healing.take().filter(|one| one.accept.is_none());
    let unanswered = before
        .as_ref()
        .map_or(0, |one| one.unanswered.saturating_add(1));
    // So soon after the last a friend's side answers no request that heals.
    let within = |one: &Healing| again == Again::Soon && !decision.is_past(one.at, HOUR);
    let repeated = before.filter(|one| one.soon || within(one));
    let request = repeated
        .as_ref()
        .map_or_else(|| decision.fresh_id(), |one| one.request);
    let body = handshake::request_body(decision, person, None, OneTimeKeys::default())?;
    let letter = decision.letter(person, request, body);
    let unanswered = repeated.as_ref().map_or(unanswered, |one| one.unanswered);
    person.healing = Some(Healing {
        request,
        sent: letter.sent,
        at: decision.now(),
        one_time_keys: repeated.map(|one| one.one_time_keys).unwrap_or_default(),
        accept: None,
        unanswered,
        soon: again == Again::Soon,
    });
    decision.post(person, letter, Form::Open { token: None }, Route::Mail);
    Ok(())
}

/// How far the clock may have been ahead of now when what a backup does not know was rotated, in seconds: the epochs
/// of then must not be higher than those to come.
const CLOCKS_DIFFER: u64 = DAY;
/// How soon the agent must have left the old nick when somebody is to see us no longer, in seconds.
const HIDE_WITHIN: u64 = 20;

#[cfg(test)]
mod tests;

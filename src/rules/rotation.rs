//! Rotation: a new presence secret, and who is told.

use super::case::Case;
use super::effect::{Effect, Notice};
use super::handshake;
use super::outgoing::{Form, Route};
use super::person::{Healing, Person, Standing};
use super::refusal::Refusal;
use super::{account::Account, announcing};
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
pub(super) fn asked_for(case: &mut Case<'_>, if_older: Option<u64>) -> Result<(), Refusal> {
    let age = case.now().saturating_sub(case.account()?.rotated_at);
    if if_older.is_some_and(|limit| age < limit) {
        return Ok(());
    }
    rotate(case, &[], Haste::Rotate)
}

/// Makes a new secret. Those in `hidden_now` are the ones it hides from: they alone get no decoy for it.
pub(super) fn rotate(
    case: &mut Case<'_>,
    hidden_now: &[Address],
    haste: Haste,
) -> Result<(), Refusal> {
    let mut account = case.account()?;
    renew(case, &mut account, haste);
    let epoch = account.epoch;
    case.put_account(account);
    let mut to_tell: usize = 0;
    for mut person in case.people()? {
        if hidden_now.contains(&person.address) {
            continue;
        }
        announcing::set_due(case, &mut person)?;
        if person.announce.is_some() {
            to_tell = to_tell.saturating_add(usize::from(person.visible));
            case.put(person);
        }
    }
    case.tell(Notice::Rotated { epoch, to_tell });
    Ok(())
}

fn renew(case: &mut Case<'_>, account: &mut Account, haste: Haste) {
    let now = case.now();
    let patience = match haste {
        Haste::Hide => 20,
        Haste::Rotate => 600,
    };
    let leave_by = now.saturating_add(patience);
    account.epoch = now.max(account.epoch.saturating_add(1));
    account.secret = Secret(case.random());
    account.decoy = Secret(case.random());
    account.rotated_at = now;
    account.leave_by = Some(
        account
            .leave_by
            .filter(|at| *at > now)
            .map_or(leave_by, |at| at.min(leave_by)),
    );
}

/// The data came from a backup: each friend is asked anew under our known key, no old session is sealed with,
/// and the presence gets a new secret.
pub(super) fn restored(case: &mut Case<'_>) -> Result<(), Refusal> {
    for mut person in case.people()? {
        for key in person.sealing_keys() {
            case.cause(Effect::RetireSessions(key));
        }
        person.theirs = OneTimeKeys::default();
        match person.standing {
            Standing::Friend(_) if !person.blocked => ask_anew(case, &mut person)?,
            Standing::Confirming(_) if !person.blocked => {
                handshake::ask_back(case, &mut person)?;
            }
            Standing::Friend(_)
            | Standing::Confirming(_)
            | Standing::Stranger
            | Standing::Asked(_)
            | Standing::Asking(_) => {}
        }
        case.put(person);
    }
    let mut account = case.account()?;
    account.restored = false;
    case.put_account(account);
    rotate(case, &[], Haste::Rotate)
}

/// No session is left to seal with: the friend is asked anew, once a day; what waits goes when he has answered.
pub(super) fn no_session(case: &mut Case<'_>, friend: &Address) -> Result<(), Refusal> {
    let Some(mut person) = case.person(friend)? else {
        return Ok(());
    };
    let recently = |at: u64| case.now() < at.saturating_add(handshake::DAY);
    if person.keys().is_some()
        && !person
            .healing
            .as_ref()
            .is_some_and(|healing| recently(healing.at))
    {
        ask_anew(case, &mut person)?;
        case.put(person);
    }
    Ok(())
}

/// The signed request that heals lost sessions with a friend.
pub(super) fn ask_anew(case: &mut Case<'_>, person: &mut Person) -> Result<(), Refusal> {
    let request = case.fresh_id();
    let body = handshake::request_body(case, person, None, OneTimeKeys::default())?;
    let letter = case.letter(person, request, body);
    person.healing = Some(Healing {
        request,
        sent: letter.sent,
        at: case.now(),
        one_time_keys: OneTimeKeys::default(),
        accept: None,
    });
    case.post(person, letter, Form::Open { token: None }, Route::Mail);
    Ok(())
}

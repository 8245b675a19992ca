//! Rotation: a new presence secret, and who is told.

use std::time::Duration;

use super::account::AccountState;
use super::announce;
use super::contact::Announce;
use super::decision::Decision;
use super::effect::Notice;
use super::refusal::Refusal;
use crate::protocol::address::Address;
use crate::protocol::letter::Secret;

/// How soon the agent must have left the old nick.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Haste {
    /// Somebody is to see us no longer: 20 s.
    Hide,
    /// A change for its own sake: ten minutes, so that those online are told over IRC.
    Rotate,
}

/// The user (or cron) asks for a rotation.
pub(super) fn asked_for(
    decision: &mut Decision<'_>,
    if_older: Option<Duration>,
) -> Result<(), Refusal> {
    let age = decision.now().since(decision.account()?.rotated_at);
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
        let hides = haste == Haste::Hide;
        announce::set_due(decision, &mut person);
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
    let soon = decision.now().after(HIDE_WITHIN);
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
        Haste::Rotate => Duration::from_mins(10),
    };
    let leave_by = now.after(patience);
    account.epoch = now.0.max(account.epoch.saturating_add(1));
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

const HIDE_WITHIN: Duration = Duration::from_secs(20);

#[cfg(test)]
mod tests;

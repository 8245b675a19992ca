//! What was lost: a backup was put back, or no session with a friend is left.

use std::time::Duration;

use super::contact::{Contact, Standing};
use super::decision::Decision;
use super::effect::Effect;
use super::friend::{Friend, Healing};
use super::handshake::{Handshake, letters};
use super::healing::{Again, ask_anew};
use super::refusal::Refusal;
use super::rotation::{Haste, rotate};
use super::{delivery, group};
use crate::protocol::letter::OneTimeKeys;
use crate::protocol::time::{DAY, HOUR, Seconds};

/// The data came from a backup: each friend is asked anew under our known key, and so is whoever may have become one
/// since; no old session is sealed with, and the presence gets a new secret. Who was asked within the hour is not asked again
/// if nothing was put back since: an answer is on its way or in, and there would be no other.
pub(super) fn restored(decision: &mut Decision<'_>) -> Result<(), Refusal> {
    let noticed = decision.account()?.restored;
    let mut spared = Vec::new();
    for mut person in decision.people()? {
        let asked_or_healed = person.friend().map_or(Seconds(0), |friend| {
            let healing = friend.healing.as_ref();
            healing.map_or(friend.healed_at, |one| one.at.max(friend.healed_at))
        });
        if !noticed && !decision.is_past(asked_or_healed, HOUR) {
            spared.push(person.id);
            continue;
        }
        if let Some(friend) = person.friend_mut() {
            friend.theirs = OneTimeKeys::default();
        }
        match person.standing {
            Standing::Friend(_) if !person.blocked => {
                ask_anew(decision, &mut person, Again::Soon, None)?;
                delivery::restored(decision, &person)?;
            }
            Standing::Asked(_) | Standing::Handshake(Handshake::Confirming(_))
                if !person.blocked =>
            {
                letters::ask_back(decision, &mut person)?;
            }
            Standing::Friend(_)
            | Standing::Asked(_)
            | Standing::Handshake(_)
            | Standing::Stranger => {}
        }
        decision.put(person);
    }
    // With whomever: members of groups of before are written to as well.
    decision.cause(Effect::RetireAllSessions(spared));
    group::restored(decision)?;
    let mut account = decision.account()?;
    account.restored = false;
    account.epoch = account.epoch.max(decision.now().after(CLOCKS_DIFFER).0);
    decision.put_account(account);
    rotate(decision, &[], Haste::Rotate)
}

/// No session is left to seal with: the friend is asked anew, after 1, 3, 9 and then every 27 days; what waits goes
/// when they have answered, and its writer is told if they do not.
pub(super) fn no_session(decision: &mut Decision<'_>, mut person: Contact) -> Result<(), Refusal> {
    delivery::cannot_leave(decision, &person)?;
    let recently = |healing: &Healing| !decision.is_past(healing.at, patience(healing));
    let asked = |one: &Friend| one.healing.as_ref().is_some_and(recently);
    if person.friend().is_some_and(|friend| !asked(friend)) {
        ask_anew(decision, &mut person, Again::Later, None)?;
        decision.put(person);
    }
    Ok(())
}

/// How long an answer to a healing request is waited for: whoever never answers is asked ever more seldom.
fn patience(healing: &Healing) -> Duration {
    match healing.soon {
        true => Duration::from_hours(2),
        false => DAY.saturating_mul(3_u32.pow(u32::from(healing.unanswered.min(3)))),
    }
}

/// How far the clock may have been ahead of now when what a backup does not know was rotated: the epochs
/// of then must not be higher than those to come.
const CLOCKS_DIFFER: Duration = DAY;

#[cfg(test)]
mod tests;

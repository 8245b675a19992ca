//! What was lost: a backup was put back, or no session with a friend is left.

use super::contact::Standing;
use super::decision::Decision;
use super::delivery;
use super::effect::Effect;
use super::friend::Healing;
use super::handshake::letters;
use super::healing::{Again, ask_anew};
use super::refusal::Refusal;
use super::rotation::{Haste, rotate};
use super::time::{DAY, HOUR};
use crate::protocol::address::Address;
use crate::protocol::letter::OneTimeKeys;

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
                letters::ask_back(decision, &mut person)?;
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

/// How far the clock may have been ahead of now when what a backup does not know was rotated, in seconds: the epochs
/// of then must not be higher than those to come.
const CLOCKS_DIFFER: u64 = DAY;

#[cfg(test)]
mod tests;

//! Who may see us: hide, show, block, unblock, remove.

use super::account::AccountState;
use super::contact::{Contact, Standing};
use super::decision::Decision;
use super::effect::Effect;
use super::handshake::letters::bury_requests;
use super::refusal::Refusal;
use super::{announce, delivery, names, rotation};
use crate::protocol::address::Address;

/// Takes away the sight of our presence: a new secret, if one of them was sent the present one.
pub(super) fn hide(decision: &mut Decision<'_>, people: &[Address]) -> Result<(), Refusal> {
    withdraw(decision, people, Contact::is_told)
}

/// The same for those who leave the roster now. What they were sent is forgotten with them, and under one epoch the secret
/// never changes: should they come back, a decoy of this epoch would stand in the way of its real secret.
pub(super) fn part(decision: &mut Decision<'_>, people: &[Address]) -> Result<(), Refusal> {
    withdraw(decision, people, |person, account| {
        person.is_told(account) || person.is_decoyed(account)
    })
}

/// A new secret, if one of them `has` something of the present epoch that forbids the old.
fn withdraw(
    decision: &mut Decision<'_>,
    people: &[Address],
    has: impl Fn(&Contact, &AccountState) -> bool,
) -> Result<(), Refusal> {
    let account = decision.account()?;
    let mut knew = false;
    for address in people {
        let mut person = decision.known_at(address)?;
        knew |= has(&person, &account);
        person.visible = false;
        person.announce = None;
        decision.put(person);
    }
    if knew {
        rotation::rotate(decision, people, rotation::Haste::Hide)
    } else {
        // The nick of the secret before, which they may know, may not be left yet.
        rotation::hurry(decision)
    }
}

pub(super) fn show(decision: &mut Decision<'_>, friends: &[Address]) -> Result<(), Refusal> {
    let account = decision.account()?;
    let mut decoyed = false;
    for address in friends {
        let mut person = decision.known_at(address)?;
        if person.blocked {
            return Err(Refusal::Blocked(person.name));
        }
        person.visible = true;
        decoyed |= person.is_decoyed(&account);
        announce::set_due_unless_shown(decision, &mut person)?;
        decision.put(person);
    }
    // Under one epoch the secret never changes: whoever holds a decoy is told a new epoch.
    match decoyed {
        true => rotation::rotate(decision, &[], rotation::Haste::Rotate),
        false => Ok(()),
    }
}

/// Takes and drops whatever these people send; a stranger can be blocked as well.
pub(super) fn block(decision: &mut Decision<'_>, people: &[Address]) -> Result<(), Refusal> {
    for address in people {
        if decision.settings.is_ours(address) {
            return Err(Refusal::Ourselves(address.clone()));
        }
        if decision.person_at(address)?.is_none() {
            let name = names::chosen(decision, None, address, "")?;
            let person = decision.new_contact(address, name)?;
            decision.put(person);
        }
    }
    hide(decision, people)?;
    for address in people {
        let mut person = decision.known_at(address)?;
        person.blocked = true;
        end_conversation(decision, &person)?;
        if person.asks() || matches!(person.standing, Standing::Asked(_)) {
            person.standing = Standing::Stranger;
        }
        decision.put(person);
    }
    Ok(())
}

/// What waits for somebody does not leave any more; its texts have failed.
fn end_conversation(decision: &mut Decision<'_>, person: &Contact) -> Result<(), Refusal> {
    decision.cause(Effect::CancelAll(person.id));
    for message in decision.view.unfinished(person.conversation)? {
        delivery::fail(decision, person.id, message, "blocked by you");
    }
    Ok(())
}

/// Ends a block; a friend stays hidden, a stranger is forgotten.
pub(super) fn unblock(decision: &mut Decision<'_>, people: &[Address]) -> Result<(), Refusal> {
    for address in people {
        let mut person = decision.known_at(address)?;
        if !person.blocked {
            continue;
        }
        person.blocked = false;
        person.visible = false;
        match person.standing {
            Standing::Stranger => decision.forget(person.id),
            Standing::Asked(_) | Standing::Handshake(_) | Standing::Friend(_) => {
                decision.put(person);
            }
        }
    }
    Ok(())
}

pub(super) fn remove(decision: &mut Decision<'_>, people: &[Address]) -> Result<(), Refusal> {
    part(decision, people)?;
    for address in people {
        let person = decision.known_at(address)?;
        bury_requests(decision, &person);
        end_conversation(decision, &person)?;
        decision.forget(person.id);
    }
    Ok(())
}

#[cfg(test)]
mod tests;

//! Who may see us: hide, show, block, unblock, remove.

use super::decision::Case;
use super::effect::{Effect, Notice};
use super::handshake::{bury_requests, known};
use super::message::{Delivery, Direction};
use super::person::{Person, Standing};
use super::refusal::Refusal;
use super::{announce, names, rotation};
use crate::protocol::address::Address;

/// Takes away the sight of our presence.
pub(super) fn hide(case: &mut Case<'_>, friends: &[Address]) -> Result<(), Refusal> {
    for address in friends {
        known(case, address)?;
    }
    take_away(case, friends)
}

/// Makes people invisible-to, and rotates if one of them was sent the present secret.
pub(super) fn take_away(case: &mut Case<'_>, people: &[Address]) -> Result<(), Refusal> {
    let account = case.account()?;
    let mut knew = false;
    for address in people {
        let mut person = known(case, address)?;
        knew = knew
            || person
                .shown
                .as_ref()
                .is_some_and(|shown| shown.real && shown.epoch == account.epoch);
        person.visible = false;
        person.announce = None;
        case.put(person);
    }
    if knew {
        rotation::rotate(case, people, rotation::Haste::Hide)
    } else {
        // The nick of the secret before, which they may know, may not be left yet.
        rotation::hurry(case)
    }
}

/// Gives the sight of our presence.
pub(super) fn show(case: &mut Case<'_>, friends: &[Address]) -> Result<(), Refusal> {
    let account = case.account()?;
    let mut decoyed = false;
    for address in friends {
        let mut person = known(case, address)?;
        if person.blocked {
            return Err(Refusal::Blocked(person.name));
        }
        person.visible = true;
        decoyed = decoyed
            || person
                .shown
                .as_ref()
                .is_some_and(|shown| !shown.real && shown.epoch == account.epoch);
        announce::set_due_unless_shown(case, &mut person)?;
        case.put(person);
    }
    // Under one epoch the secret never changes: whoever holds a decoy is told a new epoch.
    if decoyed {
        rotation::rotate(case, &[], rotation::Haste::Rotate)
    } else {
        Ok(())
    }
}

/// Takes and drops whatever these people send; a stranger can be blocked as well.
pub(super) fn block(case: &mut Case<'_>, people: &[Address]) -> Result<(), Refusal> {
    for address in people {
        if case.settings.is_ours(address) {
            return Err(Refusal::Ourselves(address.clone()));
        }
        if case.person(address)?.is_none() {
            let name = names::chosen(case, None, address, "")?;
            let person = Person::new(address.clone(), name, case.now());
            case.put(person);
        }
    }
    take_away(case, people)?;
    for address in people {
        let person = known(case, address)?;
        block_one(case, person)?;
    }
    Ok(())
}

fn block_one(case: &mut Case<'_>, mut person: Person) -> Result<(), Refusal> {
    person.blocked = true;
    end_conversation(case, &person)?;
    match person.standing {
        Standing::Asked(_) | Standing::Asking(_) => person.standing = Standing::Stranger,
        Standing::Stranger | Standing::Confirming(_) | Standing::Friend(_) => {}
    }
    case.put(person);
    Ok(())
}

/// What waits for somebody does not leave any more; its texts have failed.
fn end_conversation(case: &mut Case<'_>, person: &Person) -> Result<(), Refusal> {
    case.cause(Effect::CancelAll(person.address.clone()));
    for mut message in case.view.unfinished(&person.address)? {
        if message.direction == Direction::In {
            continue;
        }
        message.state = Delivery::Failed;
        message.reason = Some("blocked by you".to_owned());
        message.due = None;
        case.tell(Notice::State {
            friend: message.friend.clone(),
            id: message.id,
            state: message.state,
            via: message.via,
            reason: message.reason.clone(),
        });
        case.cause(Effect::Message(Box::new(message)));
    }
    Ok(())
}

/// Ends a block; a friend stays hidden, a stranger is forgotten.
pub(super) fn unblock(case: &mut Case<'_>, people: &[Address]) -> Result<(), Refusal> {
    for address in people {
        let mut person = known(case, address)?;
        if !person.blocked {
            continue;
        }
        person.blocked = false;
        person.visible = false;
        match person.standing {
            Standing::Stranger => case.forget(address),
            Standing::Asked(_)
            | Standing::Asking(_)
            | Standing::Confirming(_)
            | Standing::Friend(_) => {
                case.put(person);
            }
        }
    }
    Ok(())
}

/// Takes people off the roster.
pub(super) fn remove(case: &mut Case<'_>, people: &[Address]) -> Result<(), Refusal> {
    for address in people {
        known(case, address)?;
    }
    take_away(case, people)?;
    for address in people {
        let person = known(case, address)?;
        bury_requests(case, &person);
        end_conversation(case, &person)?;
        case.forget(address);
    }
    Ok(())
}

#[cfg(test)]
mod tests;

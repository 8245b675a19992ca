//! The user's side of the handshake: asking somebody to be a friend, saying yes to who asks, or no.

use super::contact::{Contact, Standing};
use super::decision::Decision;
use super::effect::Effect;
use super::event::Adding;
use super::handshake::letters::{self, ask_back, bury_requests, plain_request, post_request};
use super::handshake::{Asked, Handshake};
use super::refusal::Refusal;
use super::{names, owner, reinstalled, visibility};
use crate::protocol::address::Address;

/// Asks somebody to be a friend; to somebody who asks already this is the yes.
pub(super) fn add(decision: &mut Decision<'_>, adding: Adding) -> Result<(), Refusal> {
    check_adding(decision, &adding)?;
    let Some(person) = decision.person_at(&adding.address)? else {
        return ask(decision, adding);
    };
    if person.blocked {
        return Err(Refusal::Blocked(person.name));
    }
    match person.standing {
        Standing::Friend(_) => Err(Refusal::AlreadyFriend(person.name)),
        Standing::Asked(_) => Err(Refusal::AlreadyAsked(person.name)),
        Standing::Handshake(Handshake::Confirming(_)) => ask_as_well(decision, person),
        Standing::Handshake(Handshake::Asking(_)) => {
            accept(decision, &adding.address, adding.name, adding.hidden)
        }
        Standing::Stranger => ask(decision, adding),
    }
}

pub(super) fn check_adding(decision: &Decision<'_>, adding: &Adding) -> Result<(), Refusal> {
    if decision.settings.is_ours(&adding.address) {
        return Err(Refusal::Ourselves(adding.address.clone()));
    }
    let length = adding.note.as_ref().map_or(0, String::len);
    if length > 1024 {
        return Err(Refusal::NoteLong(length));
    }
    let expires = adding.invite.as_ref().and_then(|invite| invite.expires);
    match expires.is_some_and(|at| at <= decision.now()) {
        true => Err(Refusal::InviteExpired),
        false => Ok(()),
    }
}

/// Asks somebody who is nobody to us yet.
pub(super) fn ask(decision: &mut Decision<'_>, adding: Adding) -> Result<(), Refusal> {
    let name = names::chosen(decision, adding.name.clone(), &adding.address, "")?;
    let mut person = decision.new_contact(&adding.address, name)?;
    person.visible = !adding.hidden;
    let asked = request_of(decision, &mut person, &adding);
    post_request(decision, &person, &asked)?;
    person.standing = Standing::Asked(asked);
    decision.put(person);
    Ok(())
}

/// A request of ours as of now, with all that the user said.
pub(super) fn request_of(
    decision: &mut Decision<'_>,
    person: &mut Contact,
    adding: &Adding,
) -> Asked {
    Asked {
        note: adding.note.clone(),
        pinned: adding.invite.as_ref().map(|invite| invite.keys),
        token: adding.invite.as_ref().map(|invite| invite.token),
        verified: adding.verified && adding.invite.is_some(),
        ..plain_request(decision, person)
    }
}

/// Somebody to whom an accept is on its way is asked as well: it may be that they know us under keys we have lost.
fn ask_as_well(decision: &mut Decision<'_>, mut person: Contact) -> Result<(), Refusal> {
    if person.asked().is_none() {
        ask_back(decision, &mut person)?;
        decision.put(person);
    }
    Ok(())
}

/// The user says yes: an accept for each key that asks.
pub(super) fn accept(
    decision: &mut Decision<'_>,
    address: &Address,
    name: Option<String>,
    hidden: bool,
) -> Result<(), Refusal> {
    let mut person = decision.known_at(address)?;
    names::rename(decision, &mut person, name.as_deref())?;
    let first = person.friend().is_none();
    match person.handshake().cloned() {
        Some(Handshake::Asking(asking)) => {
            if first {
                person.visible = !hidden;
            }
            let asking = owner::unowned(decision, &person, asking)?;
            if let Some(answered) = reinstalled::answered(&person, &asking) {
                return reinstalled::take(decision, person, answered);
            }
            letters::accept(decision, &mut person, &asking)?;
            decision.put(person);
            Ok(())
        }
        Some(Handshake::Confirming(_)) if first => Ok(()),
        Some(Handshake::Confirming(_)) | None => Err(Refusal::NoRequest(person.name)),
    }
}

/// The user says no: silence, and the request's repeats are dropped.
pub(super) fn refuse(decision: &mut Decision<'_>, address: &Address) -> Result<(), Refusal> {
    let mut person = decision.known_at(address)?;
    bury_requests(decision, &person);
    match &mut person.standing {
        Standing::Handshake(Handshake::Asking(_)) => decision.forget(person.id),
        Standing::Handshake(Handshake::Confirming(_)) => {
            visibility::part(decision, std::slice::from_ref(address))?;
            decision.cause(Effect::CancelAll(person.id));
            decision.forget(person.id);
        }
        Standing::Friend(friend) if friend.new_keys.is_some() => {
            reinstalled::refuse(friend);
            friend.new_keys = None;
            person.pinned = None;
            decision.put(person);
        }
        Standing::Friend(_) | Standing::Stranger | Standing::Asked(_) => {
            return Err(Refusal::NoRequest(person.name));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;

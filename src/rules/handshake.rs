//! The user's side of the handshake: asking, accepting, refusing; and the letters that carry it.

use super::decision::Case;
use super::effect::Effect;
use super::outgoing::{Form, Route};
use super::person::{Accepted, Asked, Asking, Confirming, NewKeys, Person, Standing};
use super::refusal::Refusal;
use super::view::Tombstone;
use super::{names, owner, reinstalled, visibility};
use crate::protocol::address::Address;
use crate::protocol::letter::{
    Accept, Body, Letter, LetterId, OneTimeKeys, PublicKey, Request, Signature,
};
use crate::protocol::link;

/// What the user says when he asks somebody.
pub(super) struct Adding {
    pub(super) address: Address,
    pub(super) invite: Option<link::Invite>,
    pub(super) name: Option<String>,
    pub(super) note: Option<String>,
    pub(super) hidden: bool,
    pub(super) verified: bool,
}

/// Asks somebody to be a friend; to somebody who asks already this is the yes.
pub(super) fn add(case: &mut Case<'_>, adding: Adding) -> Result<(), Refusal> {
    check_adding(case, &adding)?;
    let Some(person) = case.person(&adding.address)? else {
        return ask(case, adding);
    };
    if person.blocked {
        return Err(Refusal::Blocked(person.name));
    }
    match person.standing {
        Standing::Friend(_) => Err(Refusal::AlreadyFriend(person.name)),
        Standing::Asked(_) => Err(Refusal::AlreadyAsked(person.name)),
        Standing::Confirming(_) => ask_as_well(case, person),
        Standing::Asking(_) => accept(case, &adding.address, adding.name, adding.hidden),
        Standing::Stranger => ask(case, adding),
    }
}

pub(super) fn check_adding(case: &Case<'_>, adding: &Adding) -> Result<(), Refusal> {
    if case.settings.is_ours(&adding.address) {
        return Err(Refusal::Ourselves(adding.address.clone()));
    }
    if let Some(length) = adding
        .note
        .as_ref()
        .map(String::len)
        .filter(|length| *length > 1024)
    {
        return Err(Refusal::NoteLong(length));
    }
    let expires = adding.invite.as_ref().and_then(|invite| invite.expires);
    match expires {
        Some(at) if at <= case.now() => Err(Refusal::InviteExpired),
        Some(_) | None => Ok(()),
    }
}

/// Asks somebody who is nobody to us yet.
pub(super) fn ask(case: &mut Case<'_>, adding: Adding) -> Result<(), Refusal> {
    let name = names::chosen(case, adding.name.clone(), &adding.address, "")?;
    let mut person = Person::new(adding.address.clone(), name, case.now());
    person.visible = !adding.hidden;
    let asked = request_of(case, &mut person, &adding);
    post_request(case, &person, &asked)?;
    person.standing = Standing::Asked(asked);
    case.put(person);
    Ok(())
}

/// A request of ours as of now, with all that the user said.
pub(super) fn request_of(case: &mut Case<'_>, person: &mut Person, adding: &Adding) -> Asked {
    Asked {
        note: adding.note.clone(),
        pinned: adding.invite.as_ref().map(|invite| invite.keys),
        token: adding.invite.as_ref().map(|invite| invite.token),
        verified: adding.verified && adding.invite.is_some(),
        ..plain_request(case, person)
    }
}

/// A request of ours as of now, with nothing beside it.
fn plain_request(case: &mut Case<'_>, person: &mut Person) -> Asked {
    let sent = case.now_ms.max(person.last_sent.saturating_add(1));
    person.last_sent = sent;
    Asked {
        request: case.fresh_id(),
        sent,
        at: case.now(),
        repeats: 0,
        next_at: Some(case.now().saturating_add(DAY)),
        note: None,
        pinned: None,
        token: None,
        verified: false,
        one_time_keys: OneTimeKeys::default(),
    }
}

/// We ask somebody to whom an accept is on its way, as if the requests had crossed, which spares both sides the
/// question; or whom we have asked before, later now: if he has answered since a backup of ours was made, he takes it
/// for the request of a friend whose sessions are lost.
pub(super) fn ask_back(case: &mut Case<'_>, person: &mut Person) -> Result<(), Refusal> {
    let asked = match person.asked().cloned() {
        Some(before) => Asked {
            sent: case.next_sent(person),
            ..before
        },
        None => plain_request(case, person),
    };
    match &mut person.standing {
        Standing::Asked(one) => *one = asked.clone(),
        Standing::Confirming(confirming) => confirming.asked = Some(asked.clone()),
        Standing::Stranger | Standing::Asking(_) | Standing::Friend(_) => return Ok(()),
    }
    post_request(case, person, &asked)
}

/// Somebody to whom an accept is on its way is asked as well: it may be that he knows us under keys we have lost.
fn ask_as_well(case: &mut Case<'_>, mut person: Person) -> Result<(), Refusal> {
    if person.asked().is_none() {
        ask_back(case, &mut person)?;
        case.put(person);
    }
    Ok(())
}

/// Puts our request into the outbox; a repeat is the same letter again.
pub(super) fn post_request(
    case: &mut Case<'_>,
    person: &Person,
    asked: &Asked,
) -> Result<(), Refusal> {
    let body = request_body(case, person, asked.note.clone(), asked.one_time_keys)?;
    let letter = plain(asked.request, asked.sent, body);
    case.post(
        person,
        letter,
        Form::Open { token: asked.token },
        Route::Mail,
    );
    Ok(())
}

/// The body of a request of ours.
pub(super) fn request_body(
    case: &Case<'_>,
    person: &Person,
    note: Option<String>,
    one_time_keys: OneTimeKeys,
) -> Result<Body, Refusal> {
    Ok(Body::Request(Request {
        from: person.our_address(case.settings).clone(),
        to: person.address.clone(),
        name: case.settings.name.clone(),
        note,
        keys: case.account()?.keys,
        one_time_keys,
    }))
}

/// A letter with nothing beside its body.
pub(super) fn plain(id: LetterId, sent: u64, body: Body) -> Letter {
    Letter {
        id,
        sent,
        body,
        holds: None,
        presence: None,
        one_time_keys: None,
        irc: None,
    }
}

/// The user says yes: an accept for each key that asks.
pub(super) fn accept(
    case: &mut Case<'_>,
    address: &Address,
    name: Option<String>,
    hidden: bool,
) -> Result<(), Refusal> {
    let mut person = known(case, address)?;
    if let Some(name) = name {
        person.name = names::renamed(case, &person, &name)?;
    }
    match (person.standing.clone(), person.new_keys.clone()) {
        (Standing::Asking(asking), _) => {
            person.visible = !hidden;
            accept_all(case, person, asking)
        }
        (Standing::Friend(_), Some(NewKeys::Asking(asking))) => {
            accept_new_keys(case, person, asking)
        }
        (Standing::Confirming(_), _) => Ok(()),
        _ => Err(Refusal::NoRequest(person.name)),
    }
}

fn accept_all(case: &mut Case<'_>, mut person: Person, asking: Vec<Asking>) -> Result<(), Refusal> {
    let mut accepted = Vec::new();
    for one in &owner::unowned(case, &person, asking)? {
        accepted.push(post_accept(case, &mut person, one)?);
    }
    person.standing = Standing::Confirming(Confirming {
        accepted,
        asked: None,
    });
    case.put(person);
    Ok(())
}

fn accept_new_keys(
    case: &mut Case<'_>,
    mut person: Person,
    asking: Vec<Asking>,
) -> Result<(), Refusal> {
    let asking = owner::unowned(case, &person, asking)?;
    if let Some(answered) = reinstalled::answered(&person, &asking) {
        return reinstalled::take(case, person, answered);
    }
    let mut accepted = Vec::new();
    for one in &asking {
        accepted.push(post_accept(case, &mut person, one)?);
    }
    person.new_keys = Some(NewKeys::Confirming(accepted));
    case.put(person);
    Ok(())
}

/// Makes an accept for one key that asks, and puts it into the outbox.
pub(super) fn post_accept(
    case: &mut Case<'_>,
    person: &mut Person,
    asking: &Asking,
) -> Result<Accepted, Refusal> {
    let accept = case.fresh_id();
    let accepted = Accepted {
        accept,
        request: asking.request,
        request_sent: asking.sent,
        ahead: asking.ahead.clone(),
        again: 0,
        at: case.now(),
        repeats: 0,
        next_at: Some(case.now().saturating_add(DAY)),
        keys: asking.keys,
        theirs: asking.one_time_keys,
        ours: OneTimeKeys::default(),
        sessions: Vec::new(),
    };
    repeat_accept(case, person, &accepted)?;
    Ok(accepted)
}

/// Puts an accept into the outbox, for the first time or again.
pub(super) fn repeat_accept(
    case: &mut Case<'_>,
    person: &mut Person,
    accepted: &Accepted,
) -> Result<(), Refusal> {
    let body = accept_body(case, person, accepted.keys.curve25519, accepted.request)?;
    let letter = case.letter(person, accepted.accept, body);
    case.post(
        person,
        letter,
        Form::Key(accepted.keys.curve25519),
        Route::Mail,
    );
    Ok(())
}

/// The body of an accept; signature and one-time keys are put in when it leaves.
pub(super) fn accept_body(
    case: &Case<'_>,
    person: &Person,
    key: PublicKey,
    request: LetterId,
) -> Result<Body, Refusal> {
    Ok(Body::Accept(Accept {
        from: person.our_address_to(&key, case.settings).clone(),
        to: person.address.clone(),
        request,
        keys: case.account()?.keys,
        one_time_keys: OneTimeKeys::default(),
        signature: Signature([0; 64]),
    }))
}

/// The user says no: silence, and the request's repeats are dropped.
pub(super) fn refuse(case: &mut Case<'_>, address: &Address) -> Result<(), Refusal> {
    let mut person = known(case, address)?;
    bury_requests(case, &person);
    match person.standing.clone() {
        Standing::Asking(_) => case.forget(address),
        Standing::Confirming(_) => {
            visibility::take_away(case, std::slice::from_ref(address))?;
            case.cause(Effect::CancelAll(address.clone()));
            case.forget(address);
        }
        Standing::Friend(_) if person.new_keys.is_some() => {
            reinstalled::refuse(&mut person);
            person.new_keys = None;
            person.pinned = None;
            case.put(person);
        }
        Standing::Friend(_) | Standing::Stranger | Standing::Asked(_) => {
            return Err(Refusal::NoRequest(person.name));
        }
    }
    Ok(())
}

/// Remembers every pending request of somebody, so that its repeats are dropped.
pub(super) fn bury_requests(case: &mut Case<'_>, person: &Person) {
    let until = case.now().saturating_add(MONTH);
    let pending = match (&person.standing, &person.new_keys) {
        (Standing::Asking(asking), _) | (_, Some(NewKeys::Asking(asking))) => {
            asking.iter().map(|one| one.request).collect()
        }
        _ => person
            .accepted()
            .iter()
            .map(|one| one.request)
            .collect::<Vec<_>>(),
    };
    for request in pending {
        let tombstone = Tombstone::Request(person.address.clone(), request);
        case.cause(Effect::Remember(tombstone, until));
    }
}

/// The person at an address, who must be on the roster.
pub(super) fn known(case: &Case<'_>, address: &Address) -> Result<Person, Refusal> {
    case.person(address)?
        .ok_or_else(|| Refusal::Nobody(address.to_string()))
}

/// The next time at which an unanswered request or accept of that age is repeated (days 1, 3 and 9),
/// the user is told (day 30), or nothing more happens; no sooner after the last time than that, however late it was.
pub(super) fn next_repeat(at: u64, repeats: u8, now: u64) -> Option<u64> {
    let (after, pause) = match repeats {
        0 => (DAY, DAY),
        1 => (3 * DAY, 2 * DAY),
        2 => (9 * DAY, 6 * DAY),
        3 => (MONTH, 21 * DAY),
        _ => return None,
    };
    let soonest = now.saturating_add(pause);
    Some(at.saturating_add(after).max(soonest))
}

/// How often a repeated request is answered again, and a repeated accept confirmed again.
pub(super) const MOST_AGAIN: u8 = 3;
/// A day, in seconds.
pub(super) const DAY: u64 = 86_400;
/// How long what is over is remembered, in seconds.
pub(super) const MONTH: u64 = 30 * DAY;

#[cfg(test)]
mod tests;

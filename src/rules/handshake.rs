//! The user's side of the handshake: asking, accepting, refusing; and the letters that carry it.

use super::decision::Decision;
use super::effect::Effect;
use super::outgoing::{Form, Route};
use super::person::{Accepted, Asked, Asking, Confirming, NewKeys, Person, Standing};
use super::refusal::Refusal;
use super::time::{DAY, MONTH};
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
pub(super) fn add(decision: &mut Decision<'_>, adding: Adding) -> Result<(), Refusal> {
    check_adding(decision, &adding)?;
    let Some(person) = decision.person(&adding.address)? else {
        return ask(decision, adding);
    };
    if person.blocked {
        return Err(Refusal::Blocked(person.name));
    }
    match person.standing {
        Standing::Friend(_) => Err(Refusal::AlreadyFriend(person.name)),
        Standing::Asked(_) => Err(Refusal::AlreadyAsked(person.name)),
        Standing::Confirming(_) => ask_as_well(decision, person),
        Standing::Asking(_) => accept(decision, &adding.address, adding.name, adding.hidden),
        Standing::Stranger => ask(decision, adding),
    }
}

pub(super) fn check_adding(decision: &Decision<'_>, adding: &Adding) -> Result<(), Refusal> {
    if decision.settings.is_ours(&adding.address) {
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
        Some(at) if at <= decision.now() => Err(Refusal::InviteExpired),
        Some(_) | None => Ok(()),
    }
}

/// Asks somebody who is nobody to us yet.
pub(super) fn ask(decision: &mut Decision<'_>, adding: Adding) -> Result<(), Refusal> {
    let name = names::chosen(decision, adding.name.clone(), &adding.address, "")?;
    let mut person = Person::new(adding.address.clone(), name, decision.now());
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
    person: &mut Person,
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

/// A request of ours as of now, with nothing beside it.
fn plain_request(decision: &mut Decision<'_>, person: &mut Person) -> Asked {
    let sent = decision.now_ms.max(person.last_sent.saturating_add(1));
    person.last_sent = sent;
    Asked {
        request: decision.fresh_id(),
        sent,
        at: decision.now(),
        repeats: 0,
        next_at: Some(decision.now().saturating_add(DAY)),
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
pub(super) fn ask_back(decision: &mut Decision<'_>, person: &mut Person) -> Result<(), Refusal> {
    let asked = match person.asked().cloned() {
        Some(before) => Asked {
            sent: decision.next_sent(person),
            ..before
        },
        None => plain_request(decision, person),
    };
    match &mut person.standing {
        Standing::Asked(one) => *one = asked.clone(),
        Standing::Confirming(confirming) => confirming.asked = Some(asked.clone()),
        Standing::Stranger | Standing::Asking(_) | Standing::Friend(_) => return Ok(()),
    }
    post_request(decision, person, &asked)
}

/// Somebody to whom an accept is on its way is asked as well: it may be that he knows us under keys we have lost.
fn ask_as_well(decision: &mut Decision<'_>, mut person: Person) -> Result<(), Refusal> {
    if person.asked().is_none() {
        ask_back(decision, &mut person)?;
        decision.put(person);
    }
    Ok(())
}

/// Puts our request into the outbox; a repeat is the same letter again.
pub(super) fn post_request(
    decision: &mut Decision<'_>,
    person: &Person,
    asked: &Asked,
) -> Result<(), Refusal> {
    let body = request_body(decision, person, asked.note.clone(), asked.one_time_keys)?;
    let letter = plain(asked.request, asked.sent, body);
    decision.post(
        person,
        letter,
        Form::Open { token: asked.token },
        Route::Mail,
    );
    Ok(())
}

/// The body of a request of ours.
pub(super) fn request_body(
    decision: &Decision<'_>,
    person: &Person,
    note: Option<String>,
    one_time_keys: OneTimeKeys,
) -> Result<Body, Refusal> {
    Ok(Body::Request(Request {
        from: person.our_address(decision.settings).clone(),
        to: person.address.clone(),
        name: decision.settings.name.clone(),
        note,
        keys: decision.account()?.keys,
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
    decision: &mut Decision<'_>,
    address: &Address,
    name: Option<String>,
    hidden: bool,
) -> Result<(), Refusal> {
    let mut person = known(decision, address)?;
    if let Some(name) = name {
        person.name = names::renamed(decision, &person, &name)?;
    }
    match (person.standing.clone(), person.new_keys.clone()) {
        (Standing::Asking(asking), _) => {
            person.visible = !hidden;
            accept_all(decision, person, asking)
        }
        (Standing::Friend(_), Some(NewKeys::Asking(asking))) => {
            accept_new_keys(decision, person, asking)
        }
        (Standing::Confirming(_), _) => Ok(()),
        _ => Err(Refusal::NoRequest(person.name)),
    }
}

fn accept_all(
    decision: &mut Decision<'_>,
    mut person: Person,
    asking: Vec<Asking>,
) -> Result<(), Refusal> {
    let mut accepted = Vec::new();
    for one in &owner::unowned(decision, &person, asking)? {
        accepted.push(post_accept(decision, &mut person, one)?);
    }
    person.standing = Standing::Confirming(Confirming {
        accepted,
        asked: None,
    });
    decision.put(person);
    Ok(())
}

fn accept_new_keys(
    decision: &mut Decision<'_>,
    mut person: Person,
    asking: Vec<Asking>,
) -> Result<(), Refusal> {
    let asking = owner::unowned(decision, &person, asking)?;
    if let Some(answered) = reinstalled::answered(&person, &asking) {
        return reinstalled::take(decision, person, answered);
    }
    let mut accepted = Vec::new();
    for one in &asking {
        accepted.push(post_accept(decision, &mut person, one)?);
    }
    person.new_keys = Some(NewKeys::Confirming(accepted));
    decision.put(person);
    Ok(())
}

/// Makes an accept for one key that asks, and puts it into the outbox.
pub(super) fn post_accept(
    decision: &mut Decision<'_>,
    person: &mut Person,
    asking: &Asking,
) -> Result<Accepted, Refusal> {
    let accept = decision.fresh_id();
    let accepted = Accepted {
        accept,
        request: asking.request,
        request_sent: asking.sent,
        ahead: asking.ahead.clone(),
        again: 0,
        at: decision.now(),
        repeats: 0,
        next_at: Some(decision.now().saturating_add(DAY)),
        keys: asking.keys,
        theirs: asking.one_time_keys,
        ours: OneTimeKeys::default(),
        sessions: Vec::new(),
    };
    repeat_accept(decision, person, &accepted)?;
    Ok(accepted)
}

/// Puts an accept into the outbox, for the first time or again.
pub(super) fn repeat_accept(
    decision: &mut Decision<'_>,
    person: &mut Person,
    accepted: &Accepted,
) -> Result<(), Refusal> {
    let body = accept_body(decision, person, accepted.keys.curve25519, accepted.request)?;
    let letter = decision.letter(person, accepted.accept, body);
    decision.post(
        person,
        letter,
        Form::Key(accepted.keys.curve25519),
        Route::Mail,
    );
    Ok(())
}

/// The body of an accept; signature and one-time keys are put in when it leaves.
pub(super) fn accept_body(
    decision: &Decision<'_>,
    person: &Person,
    key: PublicKey,
    request: LetterId,
) -> Result<Body, Refusal> {
    Ok(Body::Accept(Accept {
        from: person.our_address_to(&key, decision.settings).clone(),
        to: person.address.clone(),
        request,
        keys: decision.account()?.keys,
        one_time_keys: OneTimeKeys::default(),
        signature: Signature([0; 64]),
    }))
}

/// The user says no: silence, and the request's repeats are dropped.
pub(super) fn refuse(decision: &mut Decision<'_>, address: &Address) -> Result<(), Refusal> {
    let mut person = known(decision, address)?;
    bury_requests(decision, &person);
    match person.standing.clone() {
        Standing::Asking(_) => decision.forget(address),
        Standing::Confirming(_) => {
            visibility::take_away(decision, std::slice::from_ref(address))?;
            decision.cause(Effect::CancelAll(address.clone()));
            decision.forget(address);
        }
        Standing::Friend(_) if person.new_keys.is_some() => {
            reinstalled::refuse(&mut person);
            person.new_keys = None;
            person.pinned = None;
            decision.put(person);
        }
        Standing::Friend(_) | Standing::Stranger | Standing::Asked(_) => {
            return Err(Refusal::NoRequest(person.name));
        }
    }
    Ok(())
}

/// Remembers every pending request of somebody, so that its repeats are dropped.
pub(super) fn bury_requests(decision: &mut Decision<'_>, person: &Person) {
    let until = decision.now().saturating_add(MONTH);
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
        decision.cause(Effect::Remember(tombstone, until));
    }
}

/// The person at an address, who must be on the roster.
pub(super) fn known(decision: &Decision<'_>, address: &Address) -> Result<Person, Refusal> {
    decision
        .person(address)?
        .ok_or_else(|| Refusal::Nobody(address.to_string()))
}

/// How often a repeated request is answered again, and a repeated accept confirmed again.
pub(super) const MOST_AGAIN: u8 = 3;

#[cfg(test)]
mod tests;

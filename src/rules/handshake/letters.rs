//! The letters of the handshake: requests and accepts, when they are repeated, and what is remembered of them.

use crate::protocol::letter::{
    Accept, Body, Letter, LetterId, OneTimeKeys, PublicKey, Request, Signature,
};
use crate::protocol::time::{DAY, MONTH};
use crate::rules::contact::{Contact, Standing};
use crate::rules::decision::Decision;
use crate::rules::effect::Effect;
use crate::rules::handshake::{Accepted, Asked, Asking, Handshake};
use crate::rules::outgoing::{Form, Route};
use crate::rules::refusal::Refusal;
use crate::rules::view::Tombstone;

/// A request of ours as of now, with nothing beside it.
pub(in crate::rules) fn plain_request(decision: &mut Decision<'_>, person: &mut Contact) -> Asked {
    Asked {
        request: decision.fresh_id(),
        sent: decision.next_sent(person),
        at: decision.now(),
        repeats: 0,
        next_at: Some(decision.now().after(DAY)),
        note: None,
        pinned: None,
        token: None,
        verified: false,
        one_time_keys: OneTimeKeys::default(),
    }
}

/// We ask somebody to whom an accept is on its way, as if the requests had crossed, which spares both sides the
/// question; or whom we have asked before, later now: if they have answered since a backup of ours was made, they take it
/// for the request of a friend whose sessions are lost.
pub(in crate::rules) fn ask_back(
    decision: &mut Decision<'_>,
    person: &mut Contact,
) -> Result<(), Refusal> {
    let asked = match person.asked().cloned() {
        Some(before) => Asked {
            sent: decision.next_sent(person),
            ..before
        },
        None => plain_request(decision, person),
    };
    match &mut person.standing {
        Standing::Asked(one) => *one = asked.clone(),
        Standing::Handshake(Handshake::Confirming(confirming)) => {
            confirming.asked = Some(asked.clone());
        }
        Standing::Stranger | Standing::Handshake(Handshake::Asking(_)) | Standing::Friend(_) => {
            return Ok(());
        }
    }
    post_request(decision, person, &asked)
}

/// Puts our request into the outbox; a repeat is the same letter again.
pub(in crate::rules) fn post_request(
    decision: &mut Decision<'_>,
    person: &Contact,
    asked: &Asked,
) -> Result<(), Refusal> {
    let body = request_body(decision, person, asked.note.clone(), asked.one_time_keys)?;
    let letter = Letter::bare(asked.request, asked.sent, body);
    decision.post(
        person,
        letter,
        Form::Open { token: asked.token },
        Route::Mail,
    );
    Ok(())
}

/// The body of a request of ours.
pub(in crate::rules) fn request_body(
    decision: &Decision<'_>,
    person: &Contact,
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

/// Makes an accept for one key that asks, and puts it into the outbox.
pub(in crate::rules) fn post_accept(
    decision: &mut Decision<'_>,
    person: &mut Contact,
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
        next_at: Some(decision.now().after(DAY)),
        keys: asking.keys,
        theirs: asking.one_time_keys,
        ours: OneTimeKeys::default(),
        sessions: Vec::new(),
    };
    repeat_accept(decision, person, &accepted)?;
    Ok(accepted)
}

/// Yes to all keys that ask: one of them is to be proved.
pub(in crate::rules) fn accept(
    decision: &mut Decision<'_>,
    person: &mut Contact,
    asking: &[Asking],
) -> Result<(), Refusal> {
    let accepted = post_accepts(decision, person, asking)?;
    person.set_handshake(Handshake::accepted(accepted));
    Ok(())
}

/// An accept for each key that asks, put into the outbox.
pub(in crate::rules) fn post_accepts(
    decision: &mut Decision<'_>,
    person: &mut Contact,
    asking: &[Asking],
) -> Result<Vec<Accepted>, Refusal> {
    let accept = |one| post_accept(decision, person, one);
    asking.iter().map(accept).collect()
}

/// Puts an accept into the outbox, for the first time or again.
pub(in crate::rules) fn repeat_accept(
    decision: &mut Decision<'_>,
    person: &mut Contact,
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
pub(in crate::rules) fn accept_body(
    decision: &Decision<'_>,
    person: &Contact,
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

/// Remembers every pending request of somebody, so that its repeats are dropped.
pub(in crate::rules) fn bury_requests(decision: &mut Decision<'_>, person: &Contact) {
    let asking = person.requests().iter().map(|one| one.request);
    let accepted = person.accepted().iter().map(|one| one.request);
    bury(decision, person, asking.chain(accepted));
}

/// Remembers these requests of somebody.
pub(in crate::rules) fn bury(
    decision: &mut Decision<'_>,
    person: &Contact,
    requests: impl Iterator<Item = LetterId>,
) {
    let until = decision.now().after(MONTH);
    for request in requests {
        let tombstone = Tombstone::Request(person.id, request);
        decision.cause(Effect::Remember(tombstone, until));
    }
}

/// How often a repeated request is answered again, and a repeated accept confirmed again.
pub(in crate::rules) const MOST_AGAIN: u8 = 3;

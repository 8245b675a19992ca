//! Hearing an accept: the answer to a request of ours.

use super::contact::Contact;
use super::decision::Decision;
use super::effect::Effect;
use super::event::{Heard, Seal};
use super::handshake::Asked;
use super::handshake::letters::MOST_AGAIN;
use super::in_force::{Proved, begin, drop_others, post_confirm, take_keys};
use super::refusal::Refusal;
use super::verdict::Taken;
use super::view::Tombstone;
use super::{announce, delivery, owner, reinstalled, sealed};
use crate::protocol::letter::{Accept, Body};
use crate::protocol::shell;
use crate::protocol::time::{HOUR, MONTH, Millis};

/// Hears an accept. It counts only if it answers a request of ours.
pub(super) fn hear(
    decision: &mut Decision<'_>,
    heard: &Heard,
    seal: &Seal,
    accept: &Accept,
    person: Contact,
) -> Result<Taken, Refusal> {
    if let Some(no) = ill_formed(decision, heard, seal, accept, &person) {
        return Ok(no);
    }
    let asked = person
        .asked()
        .filter(|asked| asked.request == accept.request)
        .cloned();
    if let Some(asked) = asked {
        return answers_request(decision, heard, seal, accept, person, &asked);
    }
    let Some(friend) = person.friend() else {
        return Ok(Taken::Left("nobody asked for this accept"));
    };
    if friend.keys != accept.keys {
        return reinstalled::hear(decision, heard, seal, accept, person);
    }
    let healing = friend.healing.as_ref();
    let heals = healing.is_some_and(|healing| healing.request == accept.request);
    let confirmed = friend.confirmed.map(|(accept, _)| accept);
    match (confirmed == Some(heard.letter.id), heals) {
        (true, _) => again(decision, heard, seal, person),
        (false, true) => healed(decision, heard, seal, accept, person),
        (false, false) => Ok(Taken::Dropped("this accept answers nothing of ours")),
    }
}

fn ill_formed(
    decision: &Decision<'_>,
    heard: &Heard,
    seal: &Seal,
    accept: &Accept,
    person: &Contact,
) -> Option<Taken> {
    if !seal.accept_signed || accept.keys.curve25519 != seal.key {
        return Some(Taken::Left("its keys are not signed"));
    }
    if accept.from != heard.from {
        return Some(Taken::Left("the From of the mail is not who accepts"));
    }
    let is_ours = person.may_mean_us_by(&accept.to, decision.settings);
    (!is_ours).then_some(Taken::Left("it answers somebody else"))
}

fn answers_request(
    decision: &mut Decision<'_>,
    heard: &Heard,
    seal: &Seal,
    accept: &Accept,
    mut person: Contact,
    asked: &Asked,
) -> Result<Taken, Refusal> {
    if person.is_pinned_otherwise(&accept.keys) {
        return Ok(Taken::Left("its keys are not those of the invite link"));
    }
    if seal.used.is_some() && seal.used != asked.one_time_keys.mail {
        return Ok(Taken::Left(
            "it was not sealed with the one-time key of our request",
        ));
    }
    owner::tell_if_two(decision, &person, &accept.keys)?;
    drop_others(decision, &person, person.accepted(), accept.keys.curve25519);
    let crossed = person.accepted().iter().find(|one| one.keys == accept.keys);
    let ahead = crossed.map_or(Vec::new(), |crossed| crossed.ahead.clone());
    let made = crossed.map_or(Millis(0), |crossed| crossed.request_sent);
    let proved = Proved {
        keys: accept.keys,
        theirs: accept.one_time_keys,
        ours: asked.one_time_keys,
        // What they asked before they accepted is no request of a friend whose sessions are lost.
        asked: made.max(heard.letter.sent.min(decision.now_ms)),
        ahead: &ahead,
    };
    take_keys(decision, &mut person, &proved);
    person.know_us_by(accept.keys.curve25519, &accept.to);
    confirm(decision, &mut person, heard);
    sealed::beside(decision, heard, seal, &mut person)?;
    begin(decision, &mut person, false)?;
    decision.put(person);
    Ok(Taken::Yes)
}

/// Answers an accept with its confirm; a repeated accept gets the same one.
fn confirm(decision: &mut Decision<'_>, person: &mut Contact, heard: &Heard) {
    let accept = heard.letter.id;
    let Some(friend) = person.friend_mut() else {
        return;
    };
    let id = match friend.confirmed {
        Some((confirmed, id)) if confirmed == accept => id,
        Some(_) | None => {
            friend.confirmed_again = 0;
            decision.fresh_id()
        }
    };
    friend.confirmed = Some((accept, id));
    if heard.answerable.to_known() {
        post_confirm(decision, person, accept, id);
    }
}

fn again(
    decision: &mut Decision<'_>,
    heard: &Heard,
    seal: &Seal,
    mut person: Contact,
) -> Result<Taken, Refusal> {
    // Whoever sent it can seal it anew as often as they like, and each confirm is a mail.
    let confirmed = Tombstone::Request(person.id, heard.letter.id);
    let tombstone = decision.view.tombstone(&confirmed, decision.now())?;
    let again = person.friend_mut().map(|one| &mut one.confirmed_again);
    if let Some(again) = again.filter(|again| **again < MOST_AGAIN && !tombstone) {
        *again = again.saturating_add(1);
        confirm(decision, &mut person, heard);
        decision.cause(Effect::Remember(confirmed, decision.now().after(HOUR)));
    }
    sealed::beside(decision, heard, seal, &mut person)?;
    decision.put(person);
    Ok(Taken::Yes)
}

/// A friend answers the request that heals: what waits for them is sealed in the new session.
fn healed(
    decision: &mut Decision<'_>,
    heard: &Heard,
    seal: &Seal,
    accept: &Accept,
    mut person: Contact,
) -> Result<Taken, Refusal> {
    if let Some(friend) = person.friend_mut() {
        friend.healed_at = decision.now();
        let healing = friend.healing.take();
        friend.ours = healing.map_or(friend.ours, |healing| healing.one_time_keys);
        friend.theirs = accept.one_time_keys;
    }
    confirm(decision, &mut person, heard);
    sealed::beside(decision, heard, seal, &mut person)?;
    announce::healed(decision, &mut person);
    delivery::resume(decision, &mut person)?;
    decision.put(person);
    Ok(Taken::Yes)
}

/// An accept that echoes a request of ours, but comes from another address: an alias, a forwarding.
pub(super) fn from_elsewhere(decision: &mut Decision<'_>, heard: &Heard) -> Result<Taken, Refusal> {
    let Body::Accept(accept) = &heard.letter.body else {
        return Ok(Taken::Left("it comes from nobody on the roster"));
    };
    if accept.from != heard.from || !decision.settings.is_ours(&accept.to) {
        return Ok(Taken::Left("it comes from nobody on the roster"));
    }
    let elsewhere = Taken::Left("it answers our request from another address");
    let Some(person) = decision.view.asked_by(accept.request)? else {
        return Ok(elsewhere);
    };
    if person.blocked {
        return Ok(elsewhere);
    }
    // Told once for each request of ours: the same mail may come again and again.
    let told = Tombstone::AnsweredElsewhere(person.id, accept.request);
    if !decision.view.tombstone(&told, decision.now())? {
        decision.cause(Effect::Remember(told, decision.now().after(MONTH)));
        let text = format!(
            "you asked {}, {} answers: {}",
            person.address,
            heard.from,
            shell::hint("add", &[heard.from.as_str()])
        );
        decision.word(person.id, text);
    }
    Ok(elsewhere)
}

#[cfg(test)]
mod tests;

//! Time passes: repeats of the handshake, expiry of requests, timers of texts.

use super::contact::Contact;
use super::decision::Decision;
use super::handshake::{Accepted, Asked, Asking, Handshake, letters};
use super::queue::retry::{REPEATS, next_repeat};
use super::refusal::Refusal;
use super::{announce, delivery, request};
use crate::protocol::time::{DAY, MONTH, Seconds};

/// Does what is due.
pub(super) fn tick(decision: &mut Decision<'_>) -> Result<(), Refusal> {
    announce::settings_changed(decision)?;
    for person in decision.view.handshakes_due(decision.now())? {
        let address = person.address.clone();
        if let Some(person) = decision.person_at(&address)? {
            handshake_due(decision, person)?;
        }
    }
    for message in decision.view.messages_due(decision.now())? {
        match delivery::overdue(decision, message) {
            // Something of this friend's alone cannot be read.
            Err(Refusal::Unreadable(fault)) if !fault.whole => {}
            done => done?,
        }
    }
    Ok(())
}

fn handshake_due(decision: &mut Decision<'_>, mut person: Contact) -> Result<(), Refusal> {
    if person.blocked {
        return Ok(());
    }
    if let Some(mut asked) = person.asked().cloned() {
        asked_due(decision, &person, &mut asked)?;
        if let Some(one) = person.asked_mut() {
            *one = asked;
        }
    }
    match person.handshake().cloned() {
        None => {}
        Some(Handshake::Asking(asking)) => match (young(decision, asking), person.friend_mut()) {
            (left, None) if left.is_empty() => {
                decision.forget(person.id);
                return Ok(());
            }
            (left, Some(friend)) if left.is_empty() => friend.new_keys = None,
            (left, _) => person.set_handshake(Handshake::Asking(left)),
        },
        Some(Handshake::Confirming(mut confirming)) => {
            accepted_due(decision, &mut person, &mut confirming.accepted)?;
            person.set_handshake(Handshake::Confirming(confirming));
        }
    }
    decision.put(person);
    Ok(())
}

fn young(decision: &Decision<'_>, asking: Vec<Asking>) -> Vec<Asking> {
    asking
        .into_iter()
        .filter(|one| !request::too_old(one, decision.now()))
        .collect()
}

fn asked_due(
    decision: &mut Decision<'_>,
    person: &Contact,
    asked: &mut Asked,
) -> Result<(), Refusal> {
    if asked.next_at.is_none_or(|at| at > decision.now()) {
        return Ok(());
    }
    if asked.repeats < REPEATS {
        letters::post_request(decision, person, asked)?;
    } else {
        let text = format!("{} has not answered your request for 30 days", person.name);
        decision.word(person.id, text);
    }
    asked.repeats = asked.repeats.saturating_add(1);
    asked.next_at = next_repeat(asked.at, asked.repeats, decision.now());
    Ok(())
}

fn accepted_due(
    decision: &mut Decision<'_>,
    person: &mut Contact,
    accepted: &mut [Accepted],
) -> Result<(), Refusal> {
    for one in accepted {
        if one.next_at.is_none_or(|at| at > decision.now()) {
            continue;
        }
        if one.repeats < REPEATS {
            letters::repeat_accept(decision, person, one)?;
        } else {
            let text = format!(
                "{} has not completed the handshake for 30 days",
                person.name
            );
            decision.word(person.id, text);
        }
        one.repeats = one.repeats.saturating_add(1);
        one.next_at = next_repeat(one.at, one.repeats, decision.now());
    }
    Ok(())
}

/// The earliest time at which a person's handshake wants something.
pub fn next_handshake(person: &Contact) -> Option<Seconds> {
    let pending = person.requests();
    let expiry = pending.iter().map(|one| one.at.after(MONTH));
    let repeats = person.accepted().iter().filter_map(|one| one.next_at);
    let asked = person.asked().and_then(|asked| asked.next_at);
    expiry.chain(repeats).chain(asked).min()
}

/// Whether the clock seems to be behind: what a friend's clock wrote lies days ahead of it. Then what lies ahead may be
/// right, and it is the clock that is not.
pub fn is_behind(people: &[Contact], now: Seconds) -> bool {
    let told = people
        .iter()
        .filter_map(|person| person.friend()?.presence.as_ref());
    let latest = told.map(|held| held.sent.seconds()).max();
    latest.is_some_and(|sent| sent > now.after(DAY))
}

/// A handshake whose timers a clock had set that ran ahead, as if that had been done now.
pub fn from_now(person: &Contact, now: Seconds) -> Contact {
    let mut person = person.clone();
    if let Some(asked) = person.asked_mut() {
        asked_now(asked, now);
    }
    match person.handshake_mut() {
        None => {}
        Some(Handshake::Asking(asking)) => asking_now(asking, now),
        Some(Handshake::Confirming(confirming)) => accepted_now(&mut confirming.accepted, now),
    }
    person
}

fn asked_now(asked: &mut Asked, now: Seconds) {
    asked.at = asked.at.min(now);
    if asked.next_at.is_some() {
        asked.next_at = next_repeat(asked.at, asked.repeats, now);
    }
}

fn asking_now(asking: &mut [Asking], now: Seconds) {
    for one in asking {
        one.at = one.at.min(now);
    }
}

fn accepted_now(accepted: &mut [Accepted], now: Seconds) {
    for one in accepted {
        one.at = one.at.min(now);
        if one.next_at.is_some() {
            one.next_at = next_repeat(one.at, one.repeats, now);
        }
    }
}

#[cfg(test)]
mod tests;

//! Time passes: repeats of the handshake, expiry of requests, timers of texts.

use super::contact::Contact;
use super::decision::Decision;
use super::handshake::{Accepted, Asked, Handshake, letters};
use super::queue::retry::{REPEATS, next_repeat};
use super::refusal::Refusal;
use super::{announce, delivery, group, request};
use crate::protocol::time::{DAY, MONTH, Seconds};

pub(super) fn tick(decision: &mut Decision<'_>) -> Result<(), Refusal> {
    announce::settings_changed(decision)?;
    for person in decision.view.handshakes_due(decision.now())? {
        if let Some(person) = decision.person(person.id)? {
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
    group::timers::tick(decision)
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
        Some(Handshake::Asking(mut asking)) => {
            asking.retain(|one| !request::too_old(one, decision.now()));
            match (asking.is_empty(), person.friend_mut()) {
                (false, _) => person.set_handshake(Handshake::Asking(asking)),
                (true, Some(friend)) => friend.new_keys = None,
                (true, None) => {
                    decision.forget(person.id);
                    return Ok(());
                }
            }
        }
        Some(Handshake::Confirming(mut confirming)) => {
            for one in &mut confirming.accepted {
                accepted_due(decision, &mut person, one)?;
            }
            person.set_handshake(Handshake::Confirming(confirming));
        }
    }
    decision.put(person);
    Ok(())
}

fn asked_due(
    decision: &mut Decision<'_>,
    person: &Contact,
    asked: &mut Asked,
) -> Result<(), Refusal> {
    let missing = "has not answered your request";
    let next = (asked.at, &mut asked.repeats, &mut asked.next_at);
    match repeat_is_due(decision, person, missing, next) {
        true => letters::post_request(decision, person, asked),
        false => Ok(()),
    }
}

fn accepted_due(
    decision: &mut Decision<'_>,
    person: &mut Contact,
    accepted: &mut Accepted,
) -> Result<(), Refusal> {
    let missing = "has not completed the handshake";
    let next = (accepted.at, &mut accepted.repeats, &mut accepted.next_at);
    match repeat_is_due(decision, person, missing, next) {
        true => letters::repeat_accept(decision, person, accepted),
        false => Ok(()),
    }
}

/// Whether a repeat leaves now. After the last the user is told instead what is missing.
fn repeat_is_due(
    decision: &mut Decision<'_>,
    person: &Contact,
    missing: &str,
    (at, repeats, next_at): (Seconds, &mut u8, &mut Option<Seconds>),
) -> bool {
    if next_at.is_none_or(|at| at > decision.now()) {
        return false;
    }
    let again = *repeats < REPEATS;
    if !again {
        let text = format!("{} {missing} for 30 days", person.name);
        decision.word(person.id, text);
    }
    *repeats = repeats.saturating_add(1);
    *next_at = next_repeat(at, *repeats, decision.now());
    again
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
    let anew = |at: &mut Seconds, repeats: u8, next_at: &mut Option<Seconds>| {
        *at = now.min(*at);
        *next_at = next_at.and_then(|_| next_repeat(*at, repeats, now));
    };
    if let Some(one) = person.asked_mut() {
        anew(&mut one.at, one.repeats, &mut one.next_at);
    }
    for one in person.accepted_mut() {
        anew(&mut one.at, one.repeats, &mut one.next_at);
    }
    if let Some(Handshake::Asking(asking)) = person.handshake_mut() {
        asking.iter_mut().for_each(|one| one.at = one.at.min(now));
    }
    person
}

#[cfg(test)]
mod tests;

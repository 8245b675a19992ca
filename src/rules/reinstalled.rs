//! A friend who has lost everything answers our healing request with other keys: the user is shown that they have changed,
//! as if the friend had asked.
//!
//! ```text
//!  our healing request ──▶ a new account: to it we are a stranger who asks ── its user says yes ──▶ accept, other keys
//!  shown as key changed ◀── the old keys stay in force ◀──────────────────────────────────────────────────┘
//!  our user says yes ──▶ the new keys come into force, for the accept proves both mailboxes; confirm
//! ```

use super::contact::Contact;
use super::decision::Decision;
use super::effect::Notice;
use super::event::{Heard, Seal};
use super::friend::Friend;
use super::handshake::{Accepted, Asking, Confirming, Handshake};
use super::refusal::Refusal;
use super::request::{MOST_KEYS, NOT_THE_LINKS};
use super::verdict::Taken;
use super::view::Tombstone;
use super::{in_force, owner};
use crate::protocol::letter::{Accept, Keys, LetterId};
use crate::protocol::shell;
use crate::protocol::time::Millis;

/// Hears a friend's accept under other keys than those in force.
pub(super) fn hear(
    decision: &mut Decision<'_>,
    heard: &Heard,
    seal: &Seal,
    accept: &Accept,
    mut person: Contact,
) -> Result<Taken, Refusal> {
    let healing = person.friend().and_then(|one| one.healing.as_ref());
    let Some(healing) = healing.filter(|one| one.request == accept.request) else {
        return Ok(Taken::Left("nobody asked for this accept"));
    };
    if seal.used.is_some() && seal.used != healing.one_time_keys.mail {
        return Ok(Taken::Left(
            "it was not sealed with the one-time key of our request",
        ));
    }
    if person.is_pinned_otherwise(&accept.keys) {
        return Ok(Taken::Left(NOT_THE_LINKS));
    }
    let unwanted = person.friend().and_then(|one| one.unwanted);
    if unwanted == Some(accept.keys.curve25519) {
        return Ok(Taken::Dropped("it has been refused"));
    }
    if let Some(no) = owner::leave(decision, &person, &accept.keys)? {
        return Ok(no);
    }
    if is_second(&person, &accept.keys) {
        return second(decision, accept, &person);
    }
    let asking = match person.friend_mut().and_then(|one| one.new_keys.take()) {
        None => Vec::new(),
        Some(Handshake::Asking(asking)) => asking,
        Some(Handshake::Confirming(Confirming { accepted, .. })) => {
            in_force::drop_others(decision, &person, &accepted, accept.keys.curve25519);
            let yes = accepted.iter().find(|one| one.keys == accept.keys);
            if let Some(Accepted { ahead, .. }) = yes {
                let asking = as_asking(decision, heard, accept, &person, ahead.clone());
                return take(decision, person, &asking).map(|()| Taken::Yes);
            }
            // A yes to yet other keys, which nobody has proved: the accept comes from the mailbox, and is asked about.
            Vec::new()
        }
    };
    show(decision, heard, accept, person, asking);
    Ok(Taken::Yes)
}

/// Whether another accept waits for the user, under other keys: a yes means those that came first, and no others. Where a
/// later request has taken that accept's place, its keys are among those that ask.
fn is_second(person: &Contact, keys: &Keys) -> bool {
    let asking = person.requests();
    let waits = person.friend().is_some_and(|one| one.answered.is_some());
    match answered(person, asking) {
        Some(first) => first.keys != *keys,
        None => waits && !asking.is_empty() && asking.iter().all(|one| one.keys != *keys),
    }
}

/// Told once for each request of ours.
fn second(
    decision: &mut Decision<'_>,
    accept: &Accept,
    person: &Contact,
) -> Result<Taken, Refusal> {
    let told = Tombstone::AnsweredElsewhere(person.id, accept.request);
    owner::tell_once(decision, told, person, || {
        format!(
            "{} has answered under two different keys: somebody else may read their mail; a yes takes the first; once those are in force, compare the number: {}",
            person.address,
            shell::hint("verify", &[person.address.as_str()])
        )
    })?;
    Ok(Taken::Left("an accept under other keys waits for the user"))
}

/// The accept waits for the user, among requests under other keys; it comes from the mailbox, and so has a place there.
fn show(
    decision: &mut Decision<'_>,
    heard: &Heard,
    accept: &Accept,
    mut person: Contact,
    mut asking: Vec<Asking>,
) {
    let before = asking.iter().find(|one| one.keys == accept.keys);
    let (at, new) = (before.map(|one| one.at), before.is_none());
    let ahead = before.map(|one| one.ahead.clone()).unwrap_or_default();
    asking.retain(|one| one.keys != accept.keys);
    asking.truncate(MOST_KEYS.saturating_sub(1));
    let shown = as_asking(decision, heard, accept, &person, ahead);
    asking.push(Asking {
        at: at.unwrap_or(shown.at),
        ..shown
    });
    if new {
        decision.tell(Notice::Request {
            friend: person.id,
            name: person.name.clone(),
            note: String::new(),
            key_changed: true,
        });
    }
    if let Some(friend) = person.friend_mut() {
        friend.answered = Some(heard.letter.id);
        friend.new_keys = Some(Handshake::Asking(asking));
    }
    decision.put(person);
}

/// An accept as what waits for the user, or waited.
fn as_asking(
    decision: &Decision<'_>,
    heard: &Heard,
    accept: &Accept,
    person: &Contact,
    ahead: Vec<(LetterId, Millis)>,
) -> Asking {
    Asking {
        request: heard.letter.id,
        sent: heard.letter.sent.min(decision.now_ms),
        at: decision.now(),
        keys: accept.keys,
        one_time_keys: accept.one_time_keys,
        name: person.name.clone(),
        note: String::new(),
        ahead,
    }
}

/// Which of the keys that wait for the user came with an accept of the friend's.
pub(super) fn answered<'a>(person: &Contact, asking: &'a [Asking]) -> Option<&'a Asking> {
    let accept = person.friend()?.answered?;
    asking.iter().find(|one| one.request == accept)
}

/// The user says no: our own requests will bring an accept with these keys again and again, and it says nothing new.
pub(super) fn refuse(friend: &mut Friend) {
    if let (Some(Handshake::Asking(asking)), Some(accept)) = (&friend.new_keys, friend.answered) {
        let theirs = asking.iter().find(|one| one.request == accept);
        friend.unwanted = theirs.map(|one| one.keys.curve25519).or(friend.unwanted);
    }
    friend.answered = None;
}

/// The user says yes: the keys of the accept come into force.
pub(super) fn take(
    decision: &mut Decision<'_>,
    mut person: Contact,
    asking: &Asking,
) -> Result<(), Refusal> {
    in_force::switch_to(decision, &mut person, asking)?;
    in_force::confirm_accept(decision, &mut person, asking.request);
    decision.put(person);
    Ok(())
}

//! Hearing a letter: who may say what.

use super::contact::Contact;
use super::decision::Decision;
use super::event::{Came, Heard, Proof, Seal};
use super::handshake::Accepted;
use super::message::{Change, ChangeKind};
use super::refusal::Refusal;
use super::request::Asks;
use super::sealed::beside;
use super::verdict::Taken;
use super::{answer, delivery, group, in_force, owner, policy, presence, request};
use crate::protocol::letter::{Body, Edit, React, Retract};

pub(super) fn hear(decision: &mut Decision<'_>, heard: &Heard) -> Result<Taken, Refusal> {
    match (&heard.proof, heard.letter.body.as_request()) {
        (Proof::Signed { bytes, invite }, Some(request)) if heard.via == Came::Mail => {
            let asks = Asks {
                heard,
                request,
                bytes,
                invite: invite.as_ref(),
            };
            request::hear(decision, &asks)
        }
        (Proof::Signed { .. }, _) => Ok(Taken::Left(
            "only a request may come unsealed, and only by mail",
        )),
        (Proof::Sealed(seal), _) => sealed(decision, heard, seal),
    }
}

fn sealed(decision: &mut Decision<'_>, heard: &Heard, seal: &Seal) -> Result<Taken, Refusal> {
    let person = decision.person_at(&heard.from)?;
    if group::heard::is_of_group(&heard.letter.body) && !is_friend(person.as_ref(), seal) {
        return from_member(decision, heard, seal, person.as_ref());
    }
    let Some(person) = person else {
        return answer::from_elsewhere(decision, heard);
    };
    if person.blocked {
        return Ok(Taken::Dropped("blocked"));
    }
    if let Body::Request(_) = &heard.letter.body {
        return Ok(Taken::Left("a request comes signed, not sealed"));
    }
    let Some(person) = counted(decision, person, seal) else {
        return Ok(Taken::Left("this person opened too many sessions today"));
    };
    if let Body::Accept(accept) = &heard.letter.body {
        return answer::hear(decision, heard, seal, accept, person);
    }
    match proved(decision, person, seal)? {
        Ok(person) => {
            let (who, came_for) = (person.id, !person.came_for.is_empty());
            let asks = came_for && is_unanswered(&heard.letter.body);
            let taken = from_friend(decision, heard, seal, person)?;
            if asks {
                group::came::ask(decision, who)?;
            }
            Ok(taken)
        }
        Err(no) => Ok(no),
    }
}

/// Whether they are a friend who is heard, under the key of the session or keys that it proves. Whoever is about to become one
/// may have sessions as a member of a group, too.
fn is_friend(person: Option<&Contact>, seal: &Seal) -> bool {
    let Some(person) = person.filter(|person| !person.blocked) else {
        return false;
    };
    let is_in_force = (person.keys()).is_some_and(|keys| keys.curve25519 == seal.key);
    let proves = |one: &Accepted| one.keys.curve25519 == seal.key && in_session_of(one, seal);
    is_in_force || person.accepted().iter().any(proves)
}

/// Of a member of a group who is no friend.
fn from_member(
    decision: &mut Decision<'_>,
    heard: &Heard,
    seal: &Seal,
    person: Option<&Contact>,
) -> Result<Taken, Refusal> {
    let Some(contact) = decision.view.id_at(&heard.from)? else {
        return Ok(Taken::Left("it comes from nobody in a group"));
    };
    let sender = group::sender::Sender {
        contact,
        key: seal.key,
        blocked: person.is_some_and(|person| person.blocked),
        friend: false,
    };
    group::heard::from_member(decision, heard, sender, u32::from(seal.used.is_some()))
}

/// Counts a new session; more than ten a day are refused.
fn counted(decision: &Decision<'_>, mut person: Contact, seal: &Seal) -> Option<Contact> {
    let news =
        u32::from(seal.used.is_some()).saturating_add(u32::from(seal.irc.flatten().is_some()));
    let (day, so_far) = policy::today(person.new_sessions, decision.now());
    if news > 0 {
        person.new_sessions = (day, so_far.saturating_add(news));
    }
    (news == 0 || so_far < MOST_SESSIONS).then_some(person)
}

/// The friend, once their letter has proved what was still open; or why it proves nothing.
fn proved(
    decision: &mut Decision<'_>,
    mut person: Contact,
    seal: &Seal,
) -> Result<Result<Contact, Taken>, Refusal> {
    let in_force = person.keys();
    if in_force.is_some_and(|keys| keys.curve25519 == seal.key) {
        return Ok(Ok(person));
    }
    let mut accepted = person.accepted().iter();
    let accepted = accepted.find(|one| one.keys.curve25519 == seal.key);
    let Some(accepted) = accepted.cloned() else {
        return Ok(Err(Taken::Left("its key is not this person's")));
    };
    if !in_session_of(&accepted, seal) {
        return Ok(Err(Taken::Left(
            "its session was not opened with the keys of our accept",
        )));
    }
    if let Some(no) = owner::leave(decision, &person, &accepted.keys)? {
        return Ok(Err(no));
    }
    in_force::prove(decision, &mut person, &accepted)?;
    Ok(Ok(person))
}

/// Whether a letter brings no answer of its own: then a question may follow.
const fn is_unanswered(body: &Body) -> bool {
    matches!(
        body,
        Body::Confirm(_) | Body::Presence(_) | Body::Receipt(_) | Body::Typing(_)
    )
}

/// Whether only somebody who has read this accept can have sealed the letter. A key alone shows nothing: they may be
/// known under another address too, with sessions of its own.
fn in_session_of(accepted: &Accepted, seal: &Seal) -> bool {
    let ours = [accepted.ours.mail, accepted.ours.irc];
    match seal.used {
        Some(_) => ours.contains(&seal.used),
        None => accepted.sessions.contains(&seal.session),
    }
}

fn from_friend(
    decision: &mut Decision<'_>,
    heard: &Heard,
    seal: &Seal,
    mut person: Contact,
) -> Result<Taken, Refusal> {
    beside(decision, heard, seal, &mut person)?;
    let mut change = |of, kind, wording: &str| {
        let change = Change { of, kind };
        delivery::hear_change(decision, &mut person, heard, change, wording)
    };
    match &heard.letter.body {
        // What these say has been heard before, in `sealed`.
        Body::Request(_) | Body::Accept(_) | Body::Confirm(_) => {}
        // Of rooms alone, where it does not come in an Olm session.
        Body::There(_) => {}
        Body::Presence(told) => presence::take(decision, &mut person, told, heard.letter.sent),
        Body::Here(here) => presence::hear(decision, &mut person, heard, here),
        Body::Text(text) => delivery::hear_text(decision, &mut person, heard, text)?,
        Body::Receipt(receipt) => delivery::hear_receipt(decision, &person, receipt)?,
        Body::Edit(Edit { of, text }) => change(*of, ChangeKind::Edit, text)?,
        Body::Retract(Retract { of, why }) => {
            change(*of, ChangeKind::Retract, why.as_deref().unwrap_or_default())?;
        }
        Body::React(React { to, emoji, on }) => match on {
            true => change(*to, ChangeKind::React, emoji)?,
            false => change(*to, ChangeKind::Unreact, emoji)?,
        },
        Body::Typing(typing) => delivery::hear_typing(decision, &person, heard, *typing),
        Body::Told(_) | Body::Said(_) | Body::Got(_) | Body::Bid(_) | Body::Gather(_) => {
            decision.put(person);
            let person = decision.known_at(&heard.from)?;
            group::heard::from_friend(decision, heard, &person, seal.key)?;
            return Ok(Taken::Yes);
        }
        Body::Unknown { kind, .. } => delivery::hear_unknown(decision, &person, heard, *kind)?,
    }
    decision.put(person);
    Ok(Taken::Yes)
}

/// New sessions that one person may open in a day (each mail may open one for mail and one for IRC).
const MOST_SESSIONS: u32 = 20;

#[cfg(test)]
mod tests;

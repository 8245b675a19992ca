//! An invite link pins the keys it names, whatever waits from its address: anybody can forge a request.
//!
//! ```text
//! standing            pinned keys among those that ask     not among them
//! asking              accept to them alone                 ask
//! confirming          their accept alone stays             ask
//! asked               ask again, with the link's token
//! friend (new keys)   accept to them alone                 refuse: other keys are in force
//! friend under them   verify, if face to face
//! ```
//!
//! A link whose keys are in force with somebody else is refused: one key is one person's.
//!
//! All other keys that ask or were accepted at that address are dropped, and the user is told.

use super::contact::{Contact, Pinned, Standing};
use super::decision::Decision;
use super::effect::Effect;
use super::event::Adding;
use super::handshake::{Accepted, Asked, Asking, Confirming, Handshake, letters};
use super::refusal::Refusal;
use super::{asking, group, in_force, names, owner, rotation};
use crate::protocol::letter::{Keys, LetterId};
use crate::protocol::link;

pub(super) fn add(decision: &mut Decision<'_>, adding: Adding) -> Result<(), Refusal> {
    let link = adding.invite.clone();
    let done = add_friend(decision, adding);
    match link
        .as_ref()
        .and_then(|link| Some((link, link.group.as_ref()?.id)))
    {
        Some((link, into)) => group::came::follow(decision, link, into, done),
        None => done,
    }
}

fn add_friend(decision: &mut Decision<'_>, adding: Adding) -> Result<(), Refusal> {
    if let Some(link) = &adding.invite {
        owner::check(decision, &adding.address, &link.keys)?;
    }
    let person = decision.person_at(&adding.address)?;
    match (person, adding.invite.clone()) {
        (Some(person), Some(link)) if !person.blocked => {
            asking::check_adding(decision, &adding)?;
            let betrayed = betrayed(decision, &person, &link.keys)?;
            by_link(decision, adding, &link, person)?;
            match betrayed {
                true => rotation::rotate(decision, &[], rotation::Haste::Hide),
                false => Ok(()),
            }
        }
        (Some(_) | None, _) => asking::add(decision, adding),
    }
}

/// Whether others than the holder of these keys may have read our present secret in an accept.
fn betrayed(decision: &Decision<'_>, person: &Contact, keys: &Keys) -> Result<bool, Refusal> {
    let told = person.is_told(&decision.account()?);
    Ok(told && person.accepted().iter().any(|one| one.keys != *keys))
}

fn by_link(
    decision: &mut Decision<'_>,
    adding: Adding,
    link: &link::Invite,
    mut person: Contact,
) -> Result<(), Refusal> {
    let pinned = Pinned {
        keys: link.keys,
        verified: adding.verified,
    };
    match person.standing.clone() {
        Standing::Stranger => asking::ask(decision, adding),
        Standing::Asked(asked) => asked_already(decision, link, pinned, person, asked),
        Standing::Handshake(handshake) => {
            if let Handshake::Asking(_) = handshake {
                person.visible = !adding.hidden;
            }
            names::rename(decision, &mut person, adding.name.as_deref())?;
            let confirming = leave_only(decision, &mut person, pinned, handshake)?;
            accepted_or_asked(decision, person, confirming, &adding)
        }
        Standing::Friend(friend) if friend.keys == link.keys => {
            friend_already(decision, pinned, person)
        }
        Standing::Friend(_) => other_keys(decision, pinned, person),
    }
}

/// Asked without the link, or by another: the same request goes once more, with this link's token.
fn asked_already(
    decision: &mut Decision<'_>,
    link: &link::Invite,
    pinned: Pinned,
    mut person: Contact,
    asked: Asked,
) -> Result<(), Refusal> {
    let same = asked.pinned == Some(pinned.keys);
    let verified = pinned.verified || (same && asked.verified);
    if same && asked.token == Some(link.token) && asked.verified == verified {
        return Err(Refusal::AlreadyAsked(person.name));
    }
    let asked = Asked {
        pinned: Some(pinned.keys),
        token: Some(link.token),
        verified,
        ..asked
    };
    letters::post_request(decision, &person, &asked)?;
    person.standing = Standing::Asked(asked);
    decision.put(person);
    Ok(())
}

/// With the pinned keys accepted nothing need be asked; else the holder of the link's keys is asked.
fn accepted_or_asked(
    decision: &mut Decision<'_>,
    mut person: Contact,
    Confirming { accepted, asked }: Confirming,
    adding: &Adding,
) -> Result<(), Refusal> {
    if accepted.is_empty() {
        person.pinned = None;
        person.announce = None;
        let asked = asking::request_of(decision, &mut person, adding);
        letters::post_request(decision, &person, &asked)?;
        person.standing = Standing::Asked(asked);
    } else {
        let leads_on = adding.invite.as_ref().filter(|link| link.group.is_some());
        let asked = match (asked, leads_on) {
            (None, Some(_)) => Some(asking::request_of(decision, &mut person, adding)),
            (asked, _) => asked,
        };
        let asked = asked.map(|asked| Asked {
            pinned: person.pinned.map(|pinned| pinned.keys),
            verified: adding.verified,
            token: leads_on.map(|link| link.token).or(asked.token),
            ..asked
        });
        // That the link into a group was followed they learn by a request alone.
        if let Some(asked) = asked.as_ref().filter(|_| leads_on.is_some()) {
            letters::post_request(decision, &person, asked)?;
        }
        person.set_handshake(Handshake::Confirming(Confirming { accepted, asked }));
    }
    decision.put(person);
    Ok(())
}

/// A friend under the link's own keys: other keys that came are dropped.
fn friend_already(
    decision: &mut Decision<'_>,
    pinned: Pinned,
    mut person: Contact,
) -> Result<(), Refusal> {
    let new_keys = person.friend_mut().and_then(|one| one.new_keys.take());
    if new_keys.is_none() && (person.verified || !pinned.verified) {
        return Err(Refusal::AlreadyFriend(person.name));
    }
    if let Some(handshake) = new_keys {
        leave_only(decision, &mut person, pinned, handshake)?;
    }
    person.pinned = None;
    person.verified |= pinned.verified;
    decision.put(person);
    Ok(())
}

/// A friend under other keys than the link's: it says which of those that came since are theirs.
fn other_keys(
    decision: &mut Decision<'_>,
    pinned: Pinned,
    mut person: Contact,
) -> Result<(), Refusal> {
    let new_keys = person.friend_mut().and_then(|one| one.new_keys.take());
    let Some(handshake) = new_keys else {
        return Err(Refusal::OtherKeys(person.name));
    };
    let confirming = leave_only(decision, &mut person, pinned, handshake)?;
    if confirming.accepted.is_empty() {
        return Err(Refusal::OtherKeys(person.name));
    }
    person.set_handshake(Handshake::Confirming(confirming));
    decision.put(person);
    Ok(())
}

/// Pins, and leaves of a handshake only what came under the pinned keys, which is accepted.
fn leave_only(
    decision: &mut Decision<'_>,
    person: &mut Contact,
    pinned: Pinned,
    handshake: Handshake,
) -> Result<Confirming, Refusal> {
    person.pinned = Some(pinned);
    match handshake {
        Handshake::Asking(asking) => {
            let asking = only(decision, person, pinned, asking);
            let accepted = letters::post_accepts(decision, person, &asking)?;
            let asked = None;
            Ok(Confirming { accepted, asked })
        }
        Handshake::Confirming(Confirming { accepted, asked }) => {
            let accepted = only_accepted(decision, person, pinned, accepted);
            Ok(Confirming { accepted, asked })
        }
    }
}

fn only(
    decision: &mut Decision<'_>,
    person: &Contact,
    pinned: Pinned,
    asking: Vec<Asking>,
) -> Vec<Asking> {
    let (kept, others): (Vec<_>, Vec<_>) =
        asking.into_iter().partition(|one| one.keys == pinned.keys);
    drop_requests(decision, person, others.iter().map(|one| one.request));
    kept
}

fn only_accepted(
    decision: &mut Decision<'_>,
    person: &Contact,
    pinned: Pinned,
    accepted: Vec<Accepted>,
) -> Vec<Accepted> {
    in_force::drop_others(decision, person, &accepted, pinned.keys.curve25519);
    let (kept, others): (Vec<_>, Vec<_>) = accepted
        .into_iter()
        .partition(|one| one.keys == pinned.keys);
    for other in &others {
        decision.cause(Effect::Cancel(person.id, other.accept));
    }
    drop_requests(decision, person, others.iter().map(|one| one.request));
    kept
}

fn drop_requests(
    decision: &mut Decision<'_>,
    person: &Contact,
    requests: impl ExactSizeIterator<Item = LetterId>,
) {
    let any = requests.len() > 0;
    letters::bury(decision, person, requests);
    if any {
        let text = format!(
            "{}: dropped what came under other keys than those of the invite link; somebody may have forged it",
            person.address
        );
        decision.word(person.id, text);
    }
}

#[cfg(test)]
mod tests;

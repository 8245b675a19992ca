//! Whose a key is: one key is one person's, and comes into force with nobody else.
//!
//! Public keys stand in invites and open requests, so that anybody can pass another's off as their own, in a request or in a
//! link. What somebody has merely asked with, and what a link names, proves nothing, and keeps nobody's keys from their owner:
//! only keys in force have one. Two addresses may share one only if we asked both, and from both came an answer.

use super::contact::Contact;
use super::decision::Decision;
use super::effect::Effect;
use super::handshake::Asking;
use super::refusal::Refusal;
use super::verdict::Taken;
use super::view::Tombstone;
use crate::protocol::address::Address;
use crate::protocol::letter::Keys;
use crate::protocol::shell;
use crate::protocol::time::MONTH;

/// Whose a key is that came from somebody's address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Owner {
    /// It is ours.
    Ourselves,
    /// It is in force with this friend, at another address.
    Friend(Box<Contact>),
}

/// Whose one of these keys is, if not of the person at this address.
pub(super) fn of(
    decision: &Decision<'_>,
    at: &Address,
    keys: &Keys,
) -> Result<Option<Owner>, Refusal> {
    let ours = decision.account()?.keys;
    if ours.curve25519 == keys.curve25519 || ours.ed25519 == keys.ed25519 {
        return Ok(Some(Owner::Ourselves));
    }
    let friends = decision.friends_of_keys(keys)?;
    if friends.iter().any(|friend| friend.address == *at) {
        return Ok(None);
    }
    let first = friends.into_iter().next();
    Ok(first.map(|friend| Owner::Friend(Box::new(friend))))
}

/// Refuses to the user what would bring keys into force that have an owner.
pub(super) fn check(decision: &Decision<'_>, at: &Address, keys: &Keys) -> Result<(), Refusal> {
    match of(decision, at, keys)? {
        None => Ok(()),
        Some(Owner::Ourselves) => Err(Refusal::OwnKeys(at.clone())),
        Some(Owner::Friend(other)) => Err(Refusal::KeysOfAnother(at.clone(), other.name)),
    }
}

/// The keys that ask and have no owner; the others have got one since they came. If all have one, that is refused.
pub(super) fn unowned(
    decision: &Decision<'_>,
    person: &Contact,
    asking: Vec<Asking>,
) -> Result<Vec<Asking>, Refusal> {
    let mut kept = Vec::new();
    let mut refused = None;
    for one in asking {
        match check(decision, &person.address, &one.keys) {
            Ok(()) => kept.push(one),
            Err(Refusal::Unreadable(fault)) => return Err(fault.into()),
            Err(refusal) => refused = Some(refusal),
        }
    }
    match refused {
        Some(refusal) if kept.is_empty() => Err(refusal),
        Some(_) | None => Ok(kept),
    }
}

/// Why a letter of somebody's is left that would bring keys into force which have an owner; the user is told once.
pub(super) fn leave(
    decision: &mut Decision<'_>,
    person: &Contact,
    keys: &Keys,
) -> Result<Option<Taken>, Refusal> {
    let other = match of(decision, &person.address, keys)? {
        None => return Ok(None),
        Some(Owner::Ourselves) => return Ok(Some(Taken::Left("its keys are our own"))),
        Some(Owner::Friend(other)) => *other,
    };
    let told = Tombstone::KeyOfAnother(person.id);
    tell_once(decision, told, person, || {
        format!(
            "{} has the keys of {}, and what came was left in the mailbox: one key is one person's; if {} has that address now: {}",
            person.address,
            other.name,
            other.name,
            shell::hint("remove", &[&other.name])
        )
    })?;
    Ok(Some(Taken::Left("its keys are those of somebody else")))
}

/// An accept that answers our own request proves a mailbox beside the key: its owner has two addresses, and writes to us from
/// the one that we asked from now on. The user is told that the two are one person.
pub(super) fn tell_if_two(
    decision: &mut Decision<'_>,
    person: &Contact,
    keys: &Keys,
) -> Result<(), Refusal> {
    if let Some(Owner::Friend(other)) = of(decision, &person.address, keys)? {
        let text = format!(
            "{} and {} have the same keys, and so are one person with two addresses",
            person.address, other.address
        );
        decision.word(person.id, text);
    }
    Ok(())
}

/// Tells the user one line about somebody, unless that is remembered as told; for a month it will be.
pub(super) fn tell_once(
    decision: &mut Decision<'_>,
    told: Tombstone,
    about: &Contact,
    text: impl FnOnce() -> String,
) -> Result<(), Refusal> {
    if !decision.view.tombstone(&told, decision.now())? {
        decision.word(about.id, text());
        decision.cause(Effect::Remember(told, decision.now().after(MONTH)));
    }
    Ok(())
}

#[cfg(test)]
mod tests;

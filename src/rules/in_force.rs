//! Keys come into force: those of a new friend, or new ones in the place of the old.

use super::contact::{Contact, Standing};
use super::decision::Decision;
use super::effect::{Effect, Notice};
use super::friend::Healings;
use super::handshake::{Accepted, Asking};
use super::outgoing::{Form, Route};
use super::refusal::Refusal;
use super::{announce, delivery};
use crate::protocol::letter::{Body, Confirm, Keys, LetterId, OneTimeKeys, PublicKey};

/// A letter in the session of our accept: both mailboxes are proved.
pub(super) fn prove(
    decision: &mut Decision<'_>,
    mut person: Contact,
    accepted: &Accepted,
) -> Result<Contact, Refusal> {
    drop_others(
        decision,
        &person,
        person.accepted(),
        accepted.keys.curve25519,
    );
    take_keys(&mut person, accepted);
    person.verified = person.is_verified_by_link(&accepted.keys);
    person.pinned = None;
    person.standing = Standing::Friend(accepted.keys);
    let address = person.address.clone();
    befriended(decision, person)?;
    decision
        .person(&address)?
        .ok_or_else(|| Refusal::Nobody(address.to_string()))
}

/// New keys are proved: the old sessions end, the friend is no longer verified (but for a link scanned face to face), and is told our presence anew.
pub(super) fn switch_keys(
    decision: &mut Decision<'_>,
    mut person: Contact,
    accepted: &Accepted,
) -> Result<Contact, Refusal> {
    drop_others(
        decision,
        &person,
        person.accepted(),
        accepted.keys.curve25519,
    );
    if let Some(Keys { curve25519, .. }) = person.keys().copied() {
        end_sessions(decision, &person, curve25519);
    }
    take_keys(&mut person, accepted);
    in_force(decision, person, accepted.keys)
}

/// The keys of an accept under other keys, which the user has said yes to: it came from the mailbox that our request went to.
pub(super) fn switch_to(
    decision: &mut Decision<'_>,
    mut person: Contact,
    asking: &Asking,
) -> Result<Contact, Refusal> {
    if let Some(Keys { curve25519, .. }) = person.keys().copied() {
        end_sessions(decision, &person, curve25519);
    }
    person.ours = OneTimeKeys::default();
    person.theirs = asking.one_time_keys;
    person.last_request = asking.sent;
    person.healings = Healings::after(&asking.ahead);
    person.answer_irc = true;
    in_force(decision, person, asking.keys)
}

fn take_keys(person: &mut Contact, accepted: &Accepted) {
    person.ours = accepted.ours;
    person.theirs = OneTimeKeys::default();
    person.last_request = accepted.request_sent;
    person.healings = Healings::after(&accepted.ahead);
}

fn in_force(
    decision: &mut Decision<'_>,
    mut person: Contact,
    keys: Keys,
) -> Result<Contact, Refusal> {
    person.new_keys = None;
    person.answered = None;
    person.unwanted = None;
    person.verified = person.is_verified_by_link(&keys);
    person.pinned = None;
    person.healing = None;
    person.standing = Standing::Friend(keys);
    delivery::resume(decision, &mut person)?;
    announce::set_due(decision, &mut person)?;
    decision.tell(Notice::Friend {
        friend: person.address.clone(),
    });
    Ok(person)
}

/// A friendship begins: what waited goes, and he is told our presence if the accept did not.
pub(super) fn befriended(decision: &mut Decision<'_>, mut person: Contact) -> Result<(), Refusal> {
    decision.tell(Notice::Friend {
        friend: person.address.clone(),
    });
    delivery::resume(decision, &mut person)?;
    announce::set_due_unless_shown(decision, &mut person)?;
    decision.put(person);
    Ok(())
}

/// Sessions with keys that lost the race end.
pub(super) fn drop_others(
    decision: &mut Decision<'_>,
    person: &Contact,
    accepted: &[Accepted],
    kept: PublicKey,
) {
    for one in accepted.iter().filter(|one| one.keys.curve25519 != kept) {
        end_sessions(decision, person, one.keys.curve25519);
    }
}

fn end_sessions(decision: &mut Decision<'_>, person: &Contact, key: PublicKey) {
    decision.cause(Effect::DropSessions(person.address.clone(), key));
}

/// Answers an accept whose keys the user has said yes to.
pub(super) fn confirm_accept(decision: &mut Decision<'_>, person: &mut Contact, accept: LetterId) {
    let id = decision.fresh_id();
    person.confirmed = Some((accept, id));
    person.confirmed_again = 0;
    post_confirm(decision, person, accept, id);
}

pub(super) fn post_confirm(
    decision: &mut Decision<'_>,
    person: &mut Contact,
    accept: LetterId,
    id: LetterId,
) {
    let letter = decision.letter(person, id, Body::Confirm(Confirm { accept }));
    decision.post(person, letter, BY_FRIENDS_KEY, Route::Mail);
}

const BY_FRIENDS_KEY: Form = Form::Friend {
    fresh: false,
    open_irc: false,
};

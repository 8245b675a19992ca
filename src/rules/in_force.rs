//! Keys come into force: those of a new friend, or new ones in the place of the old.

use super::contact::{Contact, Standing};
use super::decision::Decision;
use super::effect::{Effect, Notice};
use super::friend::{Friend, Healings};
use super::handshake::{Accepted, Asking};
use super::outgoing::{Form, Route};
use super::refusal::Refusal;
use super::{announce, delivery};
use crate::protocol::letter::{Body, Confirm, Keys, LetterId, OneTimeKeys, PublicKey};
use crate::protocol::time::Millis;

/// Keys that were proved, with what goes with them.
pub(super) struct Proved<'a> {
    pub(super) keys: Keys,
    pub(super) theirs: OneTimeKeys,
    pub(super) ours: OneTimeKeys,
    /// When the last request under them was made.
    pub(super) asked: Millis,
    /// Requests under them that were sent in our future.
    pub(super) ahead: &'a [(LetterId, Millis)],
}

/// A letter in the session of our accept: both mailboxes are proved, of a new friend or for a friend's new keys.
pub(super) fn prove(
    decision: &mut Decision<'_>,
    person: &mut Contact,
    accepted: &Accepted,
) -> Result<(), Refusal> {
    let of_friend = person.friend().is_some();
    let proved = Proved {
        keys: accepted.keys,
        theirs: OneTimeKeys::default(),
        ours: accepted.ours,
        asked: accepted.request_sent,
        ahead: &accepted.ahead,
    };
    drop_others(decision, person, person.accepted(), proved.keys.curve25519);
    take_keys(decision, person, &proved);
    begin(decision, person, of_friend)
}

/// The keys of an accept under other keys, which the user has said yes to: it came from the mailbox that our request went to.
pub(super) fn switch_to(
    decision: &mut Decision<'_>,
    person: &mut Contact,
    asking: &Asking,
) -> Result<(), Refusal> {
    let proved = Proved {
        keys: asking.keys,
        theirs: asking.one_time_keys,
        ours: OneTimeKeys::default(),
        asked: asking.sent,
        ahead: &asking.ahead,
    };
    take_keys(decision, person, &proved);
    if let Some(friend) = person.friend_mut() {
        friend.answer_irc = true;
    }
    begin(decision, person, true)
}

/// These are the keys of a friend from now on. The sessions under others end, and the friend is verified no longer, but by a
/// link scanned face to face.
pub(super) fn take_keys(decision: &mut Decision<'_>, person: &mut Contact, proved: &Proved<'_>) {
    if let Some(Keys { curve25519, .. }) = person.keys().copied() {
        end_sessions(decision, person, curve25519);
    }
    person.verified = person.is_verified_by_link(&proved.keys);
    person.pinned = None;
    let before = person.friend().cloned();
    person.standing = Standing::Friend(Box::new(Friend {
        keys: proved.keys,
        new_keys: None,
        answered: None,
        unwanted: None,
        theirs: proved.theirs,
        ours: proved.ours,
        last_request: proved.asked,
        healings: Healings::after(proved.ahead),
        healing: None,
        ..before.unwrap_or_else(|| Friend::new(proved.keys))
    }));
}

/// What waited goes, and they are told our presence: `anew`, or if the accept did not tell it.
pub(super) fn begin(
    decision: &mut Decision<'_>,
    person: &mut Contact,
    anew: bool,
) -> Result<(), Refusal> {
    decision.tell(Notice::Friend { friend: person.id });
    delivery::resume(decision, person)?;
    if anew {
        announce::set_due(decision, person);
        return Ok(());
    }
    announce::set_due_unless_shown(decision, person)
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
    decision.cause(Effect::DropSessions(person.id, key));
}

/// Answers an accept whose keys the user has said yes to.
pub(super) fn confirm_accept(decision: &mut Decision<'_>, person: &mut Contact, accept: LetterId) {
    let id = decision.fresh_id();
    if let Some(friend) = person.friend_mut() {
        (friend.confirmed, friend.confirmed_again) = (Some((accept, id)), 0);
    }
    post_confirm(decision, person, accept, id);
}

pub(super) fn post_confirm(
    decision: &mut Decision<'_>,
    person: &mut Contact,
    accept: LetterId,
    id: LetterId,
) {
    let letter = decision.letter(person, id, Body::Confirm(Confirm { accept }));
    // With a member of a group there are sessions that prove nothing: this one is theirs as a friend.
    let fresh = decision
        .view
        .groups_with(person.id)
        .is_ok_and(|groups| !groups.is_empty());
    let form = Form::Friend {
        fresh,
        open_irc: false,
    };
    decision.post(person, letter, form, Route::Mail);
}

//! Hearing a request: what anybody at all may cause by one.

mod asks;
mod vouched;

pub(super) use asks::Asks;
use vouched::{came_by, came_for, invited, is_vouched};

use super::account::AcceptPolicy;
use super::contact::{Contact, Standing};
use super::decision::Decision;
use super::effect::{Effect, Notice};
use super::handshake::letters::{self, MOST_AGAIN};
use super::handshake::{Accepted, Asking, Confirming, Handshake};
use super::invites::Use;
use super::outgoing::{Form, Route};
use super::owner::Owner;
use super::refusal::Refusal;
use super::verdict::Taken;
use super::view::Tombstone;
use super::{group, healing, names, owner, policy};
use crate::protocol::letter::{Keys, OneTimeKeys, Request};
use crate::protocol::time::{DAY, HOUR, MONTH, Millis, Seconds};

/// Hears a request. The signature has been checked; who signed may still be anybody.
pub(super) fn hear(decision: &mut Decision<'_>, asks: &Asks<'_>) -> Result<Taken, Refusal> {
    let request = asks.request;
    if request.from != asks.heard.from {
        return Ok(Taken::Left("the From of the mail is not who asks"));
    }
    let person = decision.person_at(&request.from)?;
    let is_ours = |to| match &person {
        Some(person) => person.may_mean_us_by(to, decision.settings),
        None => decision.settings.is_ours(to),
    };
    if !is_ours(&request.to) {
        return Ok(Taken::Left("it asks somebody else"));
    }
    if decision.settings.is_ours(&request.from) {
        return Ok(Taken::Left("it comes from our own address"));
    }
    if asks.bytes.len() > LARGEST {
        return Ok(Taken::Left("the request is too large"));
    }
    if request.one_time_keys.mail.is_none() {
        return Ok(Taken::Left("it names no key to answer it with"));
    }
    if let Some(id) = decision.view.id_at(&request.from)? {
        let buried = Tombstone::Request(id, asks.heard.letter.id);
        if decision.view.tombstone(&buried, decision.now())? {
            return Ok(Taken::Dropped("it has been refused"));
        }
    }
    let who = (person.as_ref(), &request.from);
    if let Some(why) = policy::keeps_out(&decision.settings.policy, who) {
        return Ok(Taken::Dropped(why));
    }
    if let Some(no) = names_anothers_key(decision, asks)? {
        return Ok(no);
    }
    match person {
        None => from_stranger(decision, asks),
        Some(person) => from_known(decision, asks, person),
    }
}

/// Public keys stand in invites and open requests: anybody can write one into a request of their own. Whose key it is is
/// told once.
fn names_anothers_key(
    decision: &mut Decision<'_>,
    asks: &Asks<'_>,
) -> Result<Option<Taken>, Refusal> {
    let Request { from, keys, .. } = asks.request;
    let other = match owner::of(decision, from, keys)? {
        None => return Ok(None),
        Some(Owner::Ourselves) => return Ok(Some(Taken::Left("it names a key of our own"))),
        Some(Owner::Friend(other)) => *other,
    };
    // Once for each key: anybody can write any address into a request.
    owner::tell_once(decision, Tombstone::KeyOfAnother(other.id), &other, || {
        format!(
            "a request from {from} names the key of {} and was left in the mailbox: it is forged, or {} has another address now",
            other.name, other.name
        )
    })?;
    Ok(Some(Taken::Left("it names the key of somebody else")))
}

fn from_known(
    decision: &mut Decision<'_>,
    asks: &Asks<'_>,
    mut person: Contact,
) -> Result<Taken, Refusal> {
    let key = asks.request.keys.curve25519;
    if last_of(&person, &asks.request.keys).is_none_or(|last| asks.made_at(decision) > last) {
        person.know_us_by(key, &asks.request.to);
    }
    let handshake = match &mut person.standing {
        Standing::Stranger => return from_stranger(decision, asks),
        Standing::Asked(asked) => Handshake::Confirming(Confirming {
            accepted: Vec::new(),
            asked: Some(asked.clone()),
        }),
        Standing::Handshake(handshake) => handshake.clone(),
        Standing::Friend(friend) if friend.keys == asks.request.keys => {
            return heal_invited(decision, asks, person);
        }
        // Other keys: the old ones stay in force until the user accepts and the new are proved.
        Standing::Friend(_) if decision.settings.policy.accept == AcceptPolicy::Nobody => {
            return Ok(Taken::Left("requests are not taken"));
        }
        Standing::Friend(friend) => friend.new_keys.take().unwrap_or_else(|| {
            // An accept that waited is gone.
            friend.answered = None;
            Handshake::Asking(Vec::new())
        }),
    };
    if person.is_pinned_otherwise(&asks.request.keys) {
        return Ok(Taken::Left(NOT_THE_LINKS));
    }
    match handshake {
        Handshake::Asking(asking) => asks_again(decision, asks, person, asking),
        Handshake::Confirming(confirming) => {
            if person.friend().is_none() && came_by(decision, asks, &mut person)?.is_some() {
                decision.put(person.clone());
            }
            accepted_one_more(decision, asks, person, confirming)
        }
    }
}

/// A stranger asks: they are shown to the user, or accepted at once if somebody vouches for them.
fn from_stranger(decision: &mut Decision<'_>, asks: &Asks<'_>) -> Result<Taken, Refusal> {
    if asks.request.from.could_run() {
        return Ok(Taken::Left("its address could run in a shell"));
    }
    let used = invited(decision, asks)?;
    let vouched = is_vouched(decision, asks, used);
    match decision.settings.policy.accept {
        AcceptPolicy::Ask => {}
        AcceptPolicy::Known if vouched => {}
        AcceptPolicy::Known => return Ok(Taken::Left("requests without an invite are not taken")),
        AcceptPolicy::Nobody => return Ok(Taken::Left("requests are not taken")),
    }
    let automatic = vouched && policy::may_accept(decision, asks.heard)?;
    if !automatic && decision.view.pending_requests()? >= MOST_PENDING {
        return Ok(Taken::Left("too many requests are pending"));
    }
    let from = &asks.request.from;
    let name = names::chosen(decision, None, from, &asks.request.name)?;
    let mut person = decision.new_contact(from, name)?;
    person.know_us_by(asks.request.keys.curve25519, &asks.request.to);
    came_for(decision, asks, &mut person, used)?;
    let asking = asks.asking(decision);
    if automatic {
        return accept_at_once(decision, person, vec![asking]);
    }
    tell(decision, asks, &person);
    person.set_handshake(Handshake::Asking(vec![asking]));
    decision.put(person);
    Ok(Taken::Yes)
}

fn accept_at_once(
    decision: &mut Decision<'_>,
    mut person: Contact,
    asking: Vec<Asking>,
) -> Result<Taken, Refusal> {
    policy::count_accept(decision, person.id)?;
    let asking = owner::unowned(decision, &person, asking)?;
    letters::accept(decision, &mut person, &asking)?;
    decision.put(person);
    Ok(Taken::Yes)
}

fn asks_again(
    decision: &mut Decision<'_>,
    asks: &Asks<'_>,
    mut person: Contact,
    mut asking: Vec<Asking>,
) -> Result<Taken, Refusal> {
    let new = !asking.iter().any(|one| one.keys == asks.request.keys);
    if let Some(no) = remember(decision, asks, &mut asking)? {
        return Ok(no);
    }
    // An invite does not spare the question for new keys.
    let first = person.friend().is_none();
    let used = match first {
        true => came_by(decision, asks, &mut person)?,
        false => None,
    };
    if first && is_vouched(decision, asks, used) && policy::may_accept(decision, asks.heard)? {
        return accept_at_once(decision, person, asking);
    }
    if new {
        tell(decision, asks, &person);
    }
    person.set_handshake(Handshake::Asking(asking));
    decision.put(person);
    Ok(Taken::Yes)
}

/// Adds a request to those pending of one address; a later one of the same key takes the earlier one's place.
fn remember(
    decision: &Decision<'_>,
    asks: &Asks<'_>,
    asking: &mut Vec<Asking>,
) -> Result<Option<Taken>, Refusal> {
    let latest = asks.asking(decision);
    if let Some(one) = asking.iter_mut().find(|one| one.keys == latest.keys) {
        if !asks.note(decision, &mut one.ahead) {
            return Ok(Some(Taken::Dropped(healing::TOO_MANY)));
        }
        if latest.sent > one.sent {
            *one = Asking {
                at: one.at,
                ahead: std::mem::take(&mut one.ahead),
                ..latest
            };
        }
        return Ok(None);
    }
    if asking.len() >= MOST_KEYS {
        return Ok(Some(Taken::Left("too many keys ask from this address")));
    }
    if decision.view.pending_requests()? >= MOST_PENDING {
        return Ok(Some(Taken::Left("too many requests are pending")));
    }
    asking.push(latest);
    Ok(None)
}

/// The user has said yes to this address, or has asked it: each key gets an accept, three at most.
fn accepted_one_more(
    decision: &mut Decision<'_>,
    asks: &Asks<'_>,
    mut person: Contact,
    mut confirming: Confirming,
) -> Result<Taken, Refusal> {
    let before = confirming.accepted.clone();
    let taken = accept_key(decision, asks, &mut person, &mut confirming.accepted)?;
    if taken == Taken::Yes || confirming.accepted != before {
        person.set_handshake(Handshake::Confirming(confirming));
        decision.put(person);
    }
    Ok(taken)
}

/// An accept for the key of a request: again, if it has one, or one more.
fn accept_key(
    decision: &mut Decision<'_>,
    asks: &Asks<'_>,
    person: &mut Contact,
    accepted: &mut Vec<Accepted>,
) -> Result<Taken, Refusal> {
    if !asks.heard.answerable.to_anybody() {
        return Ok(Taken::Left("it may not be answered"));
    }
    let key = |one: &&mut Accepted| one.keys == asks.request.keys;
    if let Some(same) = accepted.iter_mut().find(key) {
        return answer_again(decision, asks, person, same);
    }
    if accepted.len() >= MOST_KEYS {
        return Ok(Taken::Left("too many keys ask from this address"));
    }
    let asking = asks.asking(decision);
    accepted.push(letters::post_accept(decision, person, &asking)?);
    Ok(Taken::Yes)
}

/// A repeated request gets the same accept again: at most once an hour, and no oftener than an honest one is repeated,
/// for anybody can replay it. A later one of the same key gets an accept of its own: whoever made it has forgotten the
/// one before. Beyond the same number that happens once a day at most.
fn answer_again(
    decision: &mut Decision<'_>,
    asks: &Asks<'_>,
    person: &mut Contact,
    accepted: &mut Accepted,
) -> Result<Taken, Refusal> {
    let often = accepted.again >= MOST_AGAIN;
    let again = accepted.again.saturating_add(1).min(MOST_AGAIN);
    if !asks.note(decision, &mut accepted.ahead) {
        return Ok(Taken::Dropped(healing::TOO_MANY));
    }
    let later = asks.made_at(decision) > accepted.request_sent;
    if later && asks.heard.letter.id != accepted.request {
        if often && !decision.is_past(accepted.at, DAY) {
            return Ok(Taken::Dropped("others have been answered within the day"));
        }
        *accepted = Accepted {
            again,
            ahead: std::mem::take(&mut accepted.ahead),
            ..letters::post_accept(decision, person, &asks.asking(decision))?
        };
        return Ok(Taken::Yes);
    }
    accepted.request_sent = accepted.request_sent.max(asks.made_at(decision));
    let answered = Tombstone::Request(person.id, accepted.accept);
    if decision.view.tombstone(&answered, decision.now())? {
        return Ok(Taken::Dropped("it has been answered within the hour"));
    }
    if often {
        return Ok(Taken::Dropped("it has been answered often enough"));
    }
    accepted.again = again;
    letters::repeat_accept(decision, person, accepted)?;
    decision.cause(Effect::Remember(answered, decision.now().after(HOUR)));
    Ok(Taken::Yes)
}

/// A friend's request may prove an invite that leads into a group; the first time that counts, whether anything is healed by it
/// or not.
fn heal_invited(
    decision: &mut Decision<'_>,
    asks: &Asks<'_>,
    mut person: Contact,
) -> Result<Taken, Refusal> {
    let used = came_by(decision, asks, &mut person)?;
    let taken = heal(decision, asks, person.clone())?;
    if matches!(taken, Taken::Dropped(_)) && used == Some(Use::First) {
        let who = person.id;
        decision.put(person);
        group::came::ask(decision, who)?;
    }
    Ok(taken)
}

/// A friend's sessions are lost: their signed request, later than the last, is accepted at once.
fn heal(
    decision: &mut Decision<'_>,
    asks: &Asks<'_>,
    mut person: Contact,
) -> Result<Taken, Refusal> {
    let (id, sent) = (asks.heard.letter.id, asks.heard.letter.sent);
    let Some(friend) = person.friend_mut() else {
        return Ok(Taken::Left("it heals no friendship"));
    };
    let last = &mut friend.last_request;
    if let Err(why) = friend.healings.take(last, id, sent, decision.now_ms) {
        return Ok(Taken::Dropped(why));
    }
    if !asks.heard.answerable.to_known() {
        return Ok(Taken::Left("it may not be answered"));
    }
    friend.theirs = asks.request.one_time_keys;
    friend.ours = OneTimeKeys::default();
    let key = asks.request.keys.curve25519;
    let body = letters::accept_body(decision, &person, key, asks.heard.letter.id)?;
    let id = decision.fresh_id();
    let letter = decision.letter(&mut person, id, body);
    decision.cause(Effect::RetireSessions(person.id, key));
    decision.post(
        &person,
        letter,
        Form::Friend {
            fresh: true,
            open_irc: true,
        },
        Route::Mail,
    );
    decision.put(person);
    Ok(Taken::Yes)
}

/// When the last request that was taken of these keys was made.
fn last_of(person: &Contact, keys: &Keys) -> Option<Millis> {
    let waiting = person.requests().iter().filter(|one| one.keys == *keys);
    let accepted = person.accepted().iter().filter(|one| one.keys == *keys);
    let in_force = person.friend().filter(|friend| friend.keys == *keys);
    waiting
        .map(|one| one.sent)
        .chain(accepted.map(|one| one.request_sent))
        .chain(in_force.map(|friend| friend.last_request))
        .max()
}

fn tell(decision: &mut Decision<'_>, asks: &Asks<'_>, person: &Contact) {
    decision.tell(Notice::Request {
        friend: person.id,
        name: person.name.clone(),
        note: asks.request.note.clone().unwrap_or_default(),
        key_changed: person.friend().is_some(),
    });
}

pub(super) fn too_old(asking: &Asking, now: Seconds) -> bool {
    now >= asking.at.after(MONTH)
}

/// Why a key that no link names is left.
pub(super) const NOT_THE_LINKS: &str = "its keys are not those of the invite link";
/// Different keys that may ask from one address.
pub(super) const MOST_KEYS: usize = 3;
const MOST_PENDING: usize = 200;
/// A request's letter, in bytes.
const LARGEST: usize = 4096;

#[cfg(test)]
mod tests;

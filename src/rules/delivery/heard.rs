//! Texts and changes of texts from friends: shown once, acknowledged each time.

use super::PLAIN;
use super::kept::{Place, keep_change, keep_text, place_of};
use crate::protocol::letter::{Body, LetterId, Receipt, ReceiptState, Text, Typing};
use crate::protocol::time::{Millis, Seconds};
use crate::rules::contact::Contact;
use crate::rules::conversation::{Author, ContactId};
use crate::rules::decision::Decision;
use crate::rules::effect::{Effect, Notice};
use crate::rules::event::{Answer, Came, Heard};
use crate::rules::message::{Change, ChangeKind, Delivery, Message, Via};
use crate::rules::outgoing::{Outgoing, Route};
use crate::rules::queue::budget::receipts_leave;
use crate::rules::queue::retry::RECEIPT_LASTS;
use crate::rules::refusal::Refusal;
use crate::rules::view::Unreadable;

pub(in crate::rules) fn hear_text(
    decision: &mut Decision<'_>,
    person: &mut Contact,
    heard: &Heard,
    text: &Text,
) -> Result<(), Refusal> {
    if !is_known(decision, person, heard)? {
        let mut message = incoming_message(decision, person, heard, &text.text);
        (message.notice, message.reply_to) = (text.notice, text.reply_to);
        keep_text(decision, message)?;
    }
    acknowledge(decision, person, heard)
}

/// A friend's change of a text: kept once, acknowledged each time; told if anything looks different now. What they
/// may not change, and what goes beyond the bounds, is neither kept nor acknowledged: their side learns that it failed.
pub(in crate::rules) fn hear_change(
    decision: &mut Decision<'_>,
    person: &mut Contact,
    heard: &Heard,
    change: Change,
    wording: &str,
) -> Result<(), Refusal> {
    if !is_known(decision, person, heard)? {
        let mut row = incoming_message(decision, person, heard, wording);
        (row.sent, row.change) = (heard.letter.sent, Some(change));
        if !keep_change(decision, place(decision, person, change)?, row)? {
            return Ok(());
        }
    }
    acknowledge(decision, person, heard)
}

fn place(decision: &Decision<'_>, person: &Contact, change: Change) -> Result<Place, Refusal> {
    let with = person.conversation;
    let theirs = decision.view.message(with, theirs_of(person), change.of)?;
    let ours = decision.view.message(with, Author::Us, change.of)?;
    let of = match change.kind {
        ChangeKind::Edit | ChangeKind::Retract if theirs.is_none() && ours.is_some() => {
            return Ok(Place::Refused);
        }
        ChangeKind::Edit | ChangeKind::Retract => theirs,
        ChangeKind::React | ChangeKind::Unreact => ours.or(theirs),
    };
    place_of(decision, of, with, change, theirs_of(person))
}

const fn theirs_of(person: &Contact) -> Author {
    Author::Contact(person.id)
}

/// A friend is writing. It is kept nowhere, and by mail it would say nothing.
pub(in crate::rules) fn hear_typing(
    decision: &mut Decision<'_>,
    person: &Contact,
    heard: &Heard,
    typing: Typing,
) {
    if let Came::Irc { .. } = heard.via {
        decision.tell(Notice::Typing {
            friend: person.id,
            typing,
        });
    }
}

/// A letter of a later version: kept and shown as such, answered with nothing.
pub(in crate::rules) fn hear_unknown(
    decision: &mut Decision<'_>,
    person: &Contact,
    heard: &Heard,
    kind: u64,
) -> Result<(), Refusal> {
    if !is_known(decision, person, heard)? {
        let mut message = incoming_message(decision, person, heard, "");
        message.unknown_kind = Some(kind);
        keep_text(decision, message)?;
    }
    Ok(())
}

/// Whether it came before.
fn is_known(decision: &Decision<'_>, person: &Contact, heard: &Heard) -> Result<bool, Unreadable> {
    let theirs = Author::Contact(person.id);
    let (with, id) = (person.conversation, heard.letter.id);
    Ok(decision.view.message(with, theirs, id)?.is_some())
}

fn incoming_message(
    decision: &Decision<'_>,
    person: &Contact,
    heard: &Heard,
    text: &str,
) -> Message {
    Message {
        conversation: person.conversation,
        author: Author::Contact(person.id),
        id: heard.letter.id,
        sent: heard.letter.sent.min(decision.now_ms),
        arrival: decision.now_ms,
        text: text.to_owned(),
        reply_to: None,
        unknown_kind: None,
        change: None,
        state: Delivery::Delivered,
        via: Some(way_of(&heard.via)),
        reason: None,
        attempts: 0,
        mailed_at: Seconds(0),
        due: None,
        acknowledged_read: false,
        notice: false,
        in_group: None,
    }
}

pub(in crate::rules) fn way_of(came: &Came) -> Via {
    match came {
        Came::Mail => Via::Mail,
        Came::Irc { .. } | Came::Room => Via::Irc,
    }
}

/// A receipt goes back the way the text came. Over IRC only the visible are answered: a hidden friend's mail
/// copy is acknowledged, as if we had been away.
fn acknowledge(
    decision: &mut Decision<'_>,
    person: &mut Contact,
    heard: &Heard,
) -> Result<(), Refusal> {
    let (to, of) = (person.id, heard.letter.id);
    match heard.via {
        Came::Mail if heard.answerable.to_known() => delivered(decision, person, of, &Route::Mail),
        Came::Irc { .. } if decision.answers_later => {
            decision.owed = Some(Answer { to, of });
            Ok(())
        }
        Came::Irc { .. } => over_irc(decision, person, of),
        // What is said in rooms goes another way.
        Came::Mail | Came::Room => Ok(()),
    }
}

/// The receipt that a text over IRC is still owed; whom we have hidden from, blocked or parted with meanwhile gets none.
pub(in crate::rules) fn answer(
    decision: &mut Decision<'_>,
    mut person: Contact,
    of: LetterId,
) -> Result<(), Refusal> {
    if !person.blocked && person.friend().is_some() {
        over_irc(decision, &mut person, of)?;
        decision.put(person);
    }
    Ok(())
}

fn over_irc(
    decision: &mut Decision<'_>,
    person: &mut Contact,
    of: LetterId,
) -> Result<(), Refusal> {
    match person.visible && !decision.account()?.invisible {
        true => delivered(decision, person, of, &Route::Irc),
        false => Ok(()),
    }
}

fn delivered(
    decision: &mut Decision<'_>,
    person: &mut Contact,
    of: LetterId,
    route: &Route,
) -> Result<(), Refusal> {
    receipts(decision, person, vec![of], ReceiptState::Delivered, route)
}

/// Puts receipts into the outbox, eight texts in each; those that wait are filled up first. By mail the first leave at
/// once, and those of the next ten minutes together: whoever counts them learns nothing, and they cost few mails.
fn receipts(
    decision: &mut Decision<'_>,
    person: &mut Contact,
    mut ids: Vec<LetterId>,
    state: ReceiptState,
    route: &Route,
) -> Result<(), Refusal> {
    for waiting in decision.view.receipts_waiting(person.id)? {
        fill_up(decision, waiting, &mut ids, state, route);
    }
    let last = person
        .friend()
        .map_or(Seconds(0), |friend| friend.receipts_at);
    let leave = receipts_leave(last, decision.now());
    let noted = *route == Route::Mail && !ids.is_empty();
    if let Some(friend) = person.friend_mut().filter(|_| noted) {
        friend.receipts_at = leave;
    }
    for ids in ids.chunks(IN_ONE_RECEIPT) {
        let letter_id = decision.fresh_id();
        let ids = ids.to_vec();
        let letter = decision.letter(person, letter_id, Body::Receipt(Receipt { state, ids }));
        let lasts = Some(RECEIPT_LASTS).filter(|_| *route == Route::Irc);
        if *route == Route::Mail && decision.settings.per_day > 0 {
            let gathered = Outgoing::by_mail(person.id, letter, PLAIN, leave);
            decision.cause(Effect::Post(Box::new(gathered)));
        } else {
            decision.post_at(person, letter, PLAIN, route.clone(), lasts);
        }
    }
    Ok(())
}

/// A receipt that waits takes along what it has room for.
fn fill_up(
    decision: &mut Decision<'_>,
    mut waiting: Outgoing,
    ids: &mut Vec<LetterId>,
    state: ReceiptState,
    route: &Route,
) {
    let same_way = waiting.route == *route;
    let Body::Receipt(receipt) = &mut waiting.letter.body else {
        return;
    };
    if !same_way || receipt.state != state {
        return;
    }
    ids.retain(|id| !receipt.ids.contains(id));
    let room = IN_ONE_RECEIPT
        .saturating_sub(receipt.ids.len())
        .min(ids.len());
    if room > 0 {
        receipt.ids.extend(ids.drain(..room));
        decision.cause(Effect::Post(Box::new(waiting)));
    }
}

/// The user has seen the texts that came up to a time: marked, and said to those friends to whom it may be said.
pub(in crate::rules) fn seen(
    decision: &mut Decision<'_>,
    friend: Option<ContactId>,
    up_to: Millis,
) -> Result<(), Refusal> {
    let people = match friend {
        Some(id) => decision.person(id)?.into_iter().collect(),
        None => decision.people()?,
    };
    for mut person in people {
        let mut unread = decision.view.unread(person.conversation)?;
        unread.retain(|text| text.arrival <= up_to);
        if friend.is_some() || !unread.is_empty() {
            mark(decision, &person, &unread, up_to)?;
        }
        if unread.is_empty() {
            continue;
        }
        let tells = decision.settings.read_receipts
            && person.visible
            && !person.blocked
            && person.keys().is_some();
        if tells {
            let texts = unread.iter().filter(|text| text.unknown_kind.is_none());
            let ids = texts.map(|text| text.id).collect();
            receipts(decision, &mut person, ids, ReceiptState::Read, &Route::Any)?;
        }
        for mut message in unread {
            (message.state, message.acknowledged_read) = (Delivery::Read, tells);
            decision.cause(Effect::Message(Box::new(message)));
        }
        if tells {
            decision.put(person);
        }
    }
    Ok(())
}

/// Moves the marker of a conversation on: to that time, but no further than now and what was read.
fn mark(
    decision: &mut Decision<'_>,
    person: &Contact,
    read: &[Message],
    up_to: Millis,
) -> Result<(), Refusal> {
    let latest = read.iter().map(|text| text.arrival).max();
    let up_to = up_to.min(latest.unwrap_or_default().max(decision.now_ms));
    let held = decision.view.marker(person.conversation)?;
    if held.is_none_or(|held| held < up_to) {
        decision.cause(Effect::Marker(person.conversation, up_to));
        let friend = person.id;
        decision.tell(Notice::Seen { friend, up_to });
    }
    Ok(())
}

const IN_ONE_RECEIPT: usize = 8;

#[cfg(test)]
mod tests;

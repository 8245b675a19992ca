//! Texts: from "stored" to "delivered", "read" or "failed, because".

mod acts;
mod heard;
mod kept;
mod left;
mod written;

pub(super) use acts::{
    MOST_CHANGES, check_emoji, check_text, edit, react, retract, say, send_notice,
};
pub(super) use heard::{answer, hear_change, hear_text, hear_typing, hear_unknown, seen, way_of};
pub(super) use kept::{keep_change, keep_text, place_in_group};
pub(super) use left::{bounced, left};
pub(super) use written::body_of;

use super::contact::Contact;
use super::conversation::{Author, ContactId};
use super::decision::Decision;
use super::effect::{Effect, Notice};
use super::healing;
use super::message::{Delivery, Message, Via};
use super::outgoing::{Form, PLAIN, Route};
use super::queue::choice::route_of_text;
use super::queue::retry::next_try;
use super::refusal::Refusal;
use crate::protocol::letter::{Receipt, ReceiptState};
use crate::protocol::time::{DAY, Seconds};

/// Texts that wait for a friend go (again): the friendship has begun, or its sessions are new.
pub(super) fn resume(decision: &mut Decision<'_>, person: &mut Contact) -> Result<(), Refusal> {
    for message in decision.view.unfinished(person.conversation)? {
        let waits = !message.notice
            && (message.state == Delivery::Queued || message.via == Some(Via::Mail));
        if waits {
            post_again(decision, person, &message)?;
        }
    }
    Ok(())
}

fn post_again(
    decision: &mut Decision<'_>,
    person: &Contact,
    message: &Message,
) -> Result<(), Refusal> {
    let route = route_of_text(person.visible, message.attempts);
    let letter = written::letter(decision, person, message)?;
    decision.post(person, letter, PLAIN, route);
    Ok(())
}

/// A friend's receipt: reaches only what we sent to them.
pub(super) fn hear_receipt(
    decision: &mut Decision<'_>,
    person: &Contact,
    receipt: &Receipt,
) -> Result<(), Refusal> {
    let state = match receipt.state {
        ReceiptState::Delivered => Delivery::Delivered,
        ReceiptState::Read => Delivery::Read,
    };
    for id in &receipt.ids {
        let message = decision
            .view
            .message(person.conversation, Author::Us, *id)?;
        if let Some(mut message) = message.filter(|message| message.state < state) {
            decision.cause(Effect::Cancel(person.id, *id));
            (message.due, message.reason) = (None, None);
            advance(decision, person.id, message, state);
        }
    }
    Ok(())
}

fn advance(decision: &mut Decision<'_>, to: ContactId, mut message: Message, state: Delivery) {
    message.state = state;
    decision.tell(Notice::State {
        friend: to,
        id: message.id,
        state,
        via: message.via,
        reason: message.reason.clone(),
    });
    decision.cause(Effect::Message(Box::new(message)));
}

pub(super) fn overdue(decision: &mut Decision<'_>, mut message: Message) -> Result<(), Refusal> {
    let to = decision.view.contact_in(message.conversation)?;
    let Some(mut person) = decision.person(to)? else {
        fail(decision, to, message, "not on the roster any more");
        return Ok(());
    };
    if message.notice {
        decision.cause(Effect::Cancel(person.id, message.id));
        fail(decision, to, message, UNHEARD);
        return Ok(());
    }
    match (message.via, message.attempts) {
        // It was to leave at once, and nobody saw it leave.
        (None, _) => {
            post_again(decision, &person, &message)?;
            message.due = None;
            decision.cause(Effect::Message(Box::new(message)));
            Ok(())
        }
        (Some(Via::Irc), _) => by_mail(decision, to, message),
        (Some(Via::Mail), 0 | 1) => {
            let form = Form::Friend {
                fresh: person.friend().is_some_and(|one| one.theirs.mail.is_some()),
                open_irc: false,
            };
            let letter = written::letter(decision, &person, &message)?;
            decision.post(&person, letter, form, Route::Mail);
            wait_on(decision, message, 2);
            Ok(())
        }
        (Some(Via::Mail), 2) => {
            if heals_now(decision, &person) {
                healing::ask_anew(decision, &mut person, healing::Again::Later, None)?;
                decision.put(person);
            }
            wait_on(decision, message, 3);
            Ok(())
        }
        (Some(Via::Mail), _) => {
            decision.cause(Effect::Cancel(person.id, message.id));
            fail(decision, to, message, "no answer for five days");
            Ok(())
        }
    }
}

fn wait_on(decision: &mut Decision<'_>, mut message: Message, attempts: u8) {
    message.attempts = attempts;
    message.due = Some(next_try(message.mailed_at, attempts, decision.now()));
    decision.cause(Effect::Message(Box::new(message)));
}

/// The data came from a backup: nobody knows what became of the texts that were under way. They go again when the
/// friend, who is asked anew, has answered; their time begins anew too.
pub(super) fn restored(decision: &mut Decision<'_>, person: &Contact) -> Result<(), Refusal> {
    begin_waiting(decision, person, |text| text.state == Delivery::Sent)
}

/// There is no session in which the texts that wait could be sealed: their time runs all the same.
pub(super) fn cannot_leave(decision: &mut Decision<'_>, person: &Contact) -> Result<(), Refusal> {
    begin_waiting(decision, person, |text| {
        text.state == Delivery::Queued && text.due.is_none()
    })
}

/// Those of the unfinished texts of a conversation wait for them to be reached again, by mail, from now on; a notice does not.
fn begin_waiting(
    decision: &mut Decision<'_>,
    person: &Contact,
    which: impl Fn(&Message) -> bool,
) -> Result<(), Refusal> {
    for mut message in decision.view.unfinished(person.conversation)? {
        if !which(&message) {
            continue;
        }
        if message.notice {
            fail(decision, person.id, message, UNHEARD);
        } else {
            (message.via, message.mailed_at) = (Some(Via::Mail), decision.now());
            wait_on(decision, message, 3);
        }
    }
    Ok(())
}

/// Several overdue texts ask one friend anew once a day, not once each.
fn heals_now(decision: &Decision<'_>, person: &Contact) -> bool {
    person.friend().is_some_and(|friend| {
        let healing = friend.healing.as_ref();
        healing.is_none_or(|healing| decision.is_past(healing.at, DAY))
    })
}

/// IRC did not bring it: a notice goes no other way. The same letter of another text goes by mail, and tries to open the IRC session anew, once a day.
fn by_mail(
    decision: &mut Decision<'_>,
    to: ContactId,
    mut message: Message,
) -> Result<(), Refusal> {
    if message.notice {
        fail(decision, to, message, UNHEARD);
        return Ok(());
    }
    let Some(mut person) = decision.person(to)? else {
        return Ok(());
    };
    let opened_at = person.friend().map_or(Seconds(0), |one| one.opened_irc_at);
    let open_irc = person.visible && decision.is_past(opened_at, DAY);
    if let Some(friend) = person.friend_mut().filter(|_| open_irc) {
        friend.opened_irc_at = decision.now();
    }
    let letter = written::letter(decision, &person, &message)?;
    let form = Form::Friend {
        fresh: false,
        open_irc,
    };
    decision.post(&person, letter, form, Route::Mail);
    decision.put(person);
    (message.due, message.via) = (None, None);
    advance(decision, to, message, Delivery::Queued);
    Ok(())
}

pub(super) fn fail(
    decision: &mut Decision<'_>,
    to: ContactId,
    mut message: Message,
    reason: impl Into<String>,
) {
    (message.due, message.reason) = (None, Some(reason.into()));
    advance(decision, to, message, Delivery::Failed);
}

/// Why a notice failed that was on its way.
const UNHEARD: &str = "not heard over IRC: a notice goes no other way";

#[cfg(test)]
mod tests;

//! What becomes of a letter that left, or could not; and of a mail on which is reported.

use super::{PLAIN, advance, by_mail, fail};
use crate::protocol::letter::{Body, Letter, LetterId, ReceiptState};
use crate::protocol::time::Seconds;
use crate::rules::announce;
use crate::rules::contact::Contact;
use crate::rules::conversation::{Author, ContactId};
use crate::rules::decision::Decision;
use crate::rules::effect::Effect;
use crate::rules::event::{Bounce, Departure, Left};
use crate::rules::group;
use crate::rules::message::{Delivery, Message, Via};
use crate::rules::outgoing::Route;
use crate::rules::queue::retry::{IRC_PATIENCE, next_try};
use crate::rules::refusal::Refusal;

pub(in crate::rules) fn left(
    decision: &mut Decision<'_>,
    departure: &Departure,
    person: Contact,
) -> Result<(), Refusal> {
    let alone = matches!(departure.letter.body, Body::Presence(_));
    match departure.how {
        Left::Delayed if departure.announced => announce_again(decision, person.clone()),
        Left::Refused(_) if alone => untold(decision, person.clone()),
        // It may have been the letter that was refused, not who is written to: alone it is tried soon.
        Left::Refused(_) if departure.announced => announce_again(decision, person.clone()),
        Left::Delayed | Left::Refused(_) | Left::Mailed | Left::Written | Left::Unreachable => {}
    }
    let found = decision
        .view
        .message(person.conversation, Author::Us, departure.letter.id)?;
    match (found, &departure.how) {
        (Some(message), how) if message.state < Delivery::Failed => {
            text_left(decision, person.id, message, how)
        }
        (Some(message), how) => {
            note_way(decision, message, how);
            Ok(())
        }
        (None, Left::Refused(reason)) => {
            not_deliverable(decision, &person, &departure.letter.body, reason);
            Ok(())
        }
        (None, Left::Unreachable) => {
            read_by_mail(decision, &person, &departure.letter);
            Ok(())
        }
        (None, Left::Mailed | Left::Written | Left::Delayed) => Ok(()),
    }
}

/// The receipt was faster than the word that the text has left: how it went is noted all the same.
fn note_way(decision: &mut Decision<'_>, mut message: Message, how: &Left) {
    let via = match how {
        Left::Mailed => Via::Mail,
        Left::Written => Via::Irc,
        Left::Unreachable | Left::Delayed | Left::Refused(_) => return,
    };
    if message.via.is_none() {
        message.via = Some(via);
        decision.cause(Effect::Message(Box::new(message)));
    }
}

/// IRC does not take a receipt for what was read: it goes by mail. What else goes over IRC alone is worth nothing
/// later: the copy by mail of a text is acknowledged anew.
fn read_by_mail(decision: &mut Decision<'_>, person: &Contact, letter: &Letter) {
    let Body::Receipt(receipt) = &letter.body else {
        return;
    };
    if person.visible && receipt.state == ReceiptState::Read {
        decision.post(person, letter.clone(), PLAIN, Route::Mail);
    }
}

/// A presence that rode beside a letter has not left after all.
fn announce_again(decision: &mut Decision<'_>, mut person: Contact) {
    if person.announce.is_none() {
        match person.untold_times {
            0 => announce::set_due(decision, &mut person),
            _ => announce::untold(decision, &mut person),
        }
        decision.put(person);
    }
}

fn untold(decision: &mut Decision<'_>, mut person: Contact) {
    announce::untold(decision, &mut person);
    decision.put(person);
}

fn text_left(
    decision: &mut Decision<'_>,
    to: ContactId,
    mut message: Message,
    how: &Left,
) -> Result<(), Refusal> {
    let now = decision.now();
    match how {
        Left::Mailed => {
            if message.mailed_at == Seconds(0) {
                (message.mailed_at, message.due) = (now, None);
            }
            message.attempts = message.attempts.max(1);
            let next = next_try(message.mailed_at, message.attempts, now);
            message.due = message.due.or(Some(next));
            message.via = Some(Via::Mail);
            advance(decision, to, message, Delivery::Sent);
        }
        Left::Written => {
            message.due = Some(now.after(IRC_PATIENCE));
            message.via = Some(Via::Irc);
            advance(decision, to, message, Delivery::Sent);
        }
        Left::Unreachable => by_mail(decision, to, message)?,
        Left::Delayed => {}
        Left::Refused(reason) => fail(decision, to, message, reason),
    }
    Ok(())
}

fn not_deliverable(decision: &mut Decision<'_>, to: &Contact, body: &Body, reason: &str) {
    let what = match body {
        Body::Request(_) => "the request",
        Body::Accept(_) | Body::Confirm(_) => "the answer",
        Body::Presence(_) | Body::Here(_) => "the announcement",
        Body::Text(_) | Body::Unknown { .. } => "the text",
        Body::Edit(_) | Body::Retract(_) | Body::React(_) => "the change of a text",
        Body::Typing(_) => "the word on typing",
        Body::Receipt(_) | Body::Got(_) => "the receipt",
        Body::Bid(_) => "the question whether they come into a group",
        Body::Told(_) | Body::Said(_) | Body::Gather(_) | Body::There(_) => {
            "what was said in a group"
        }
    };
    decision.word(
        to.id,
        format!("{what} to {} could not be sent: {reason}", to.address),
    );
}

/// The mail system reports on a mail of ours. What will never arrive has failed; a delay changes nothing. Anybody can
/// forge a report: its words are shown only beside a text that failed.
pub(in crate::rules) fn bounced(
    decision: &mut Decision<'_>,
    bounce: &Bounce,
) -> Result<(), Refusal> {
    if bounce.permanent {
        group::left::bounced(decision, bounce.letter, &bounce.reason)?;
    }
    let person = decision.person(bounce.friend)?;
    let Some(person) = person.filter(|person| !person.blocked) else {
        return Ok(());
    };
    if !bounce.permanent {
        return Ok(());
    }
    decision.cause(Effect::Cancel(person.id, bounce.letter));
    let found = decision
        .view
        .message(person.conversation, Author::Us, bounce.letter)?;
    match found {
        Some(message) if message.state < Delivery::Failed => {
            fail(decision, person.id, message, &bounce.reason);
        }
        Some(_) => {}
        None if is_handshake(&person, bounce.letter) => {
            let text = format!("a mail to {} came back", person.address);
            decision.word(person.id, text);
        }
        None => {}
    }
    let shown = person.shown.as_ref();
    let last = shown.is_some_and(|shown| shown.by_mail && shown.epoch == bounce.announced);
    let holds = person.friend().map_or(0, |friend| friend.holds);
    if last && holds < bounce.announced {
        untold(decision, person);
    }
    Ok(())
}

/// Whether a letter asks for a friendship or grants one: the user waits for what becomes of it.
fn is_handshake(person: &Contact, letter: LetterId) -> bool {
    let asked = person.asked().is_some_and(|asked| asked.request == letter);
    asked || person.accepted().iter().any(|one| one.accept == letter)
}

#[cfg(test)]
mod tests;

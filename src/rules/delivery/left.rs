//! What becomes of a letter that left, or could not; and of a mail on which is reported.

use super::{IRC_PATIENCE, PLAIN, advance, by_mail, fail, next_timer};
use crate::protocol::address::Address;
use crate::protocol::letter::{Body, LetterId, ReceiptState};
use crate::rules::announce;
use crate::rules::decision::Case;
use crate::rules::effect::Effect;
use crate::rules::event::{Bounce, Departure, Left};
use crate::rules::message::{Delivery, Direction, Message, Via};
use crate::rules::outgoing::Route;
use crate::rules::person::Person;
use crate::rules::refusal::Refusal;

/// A letter of ours has left, or could not.
pub(in crate::rules) fn left(case: &mut Case<'_>, departure: &Departure) -> Result<(), Refusal> {
    let alone = matches!(departure.letter.body, Body::Presence(_));
    match departure.how {
        Left::Delayed if departure.announced => announce_again(case, &departure.to)?,
        Left::Refused(_) if alone => untold(case, &departure.to)?,
        // It may have been the letter that was refused, not who is written to: alone it is tried soon.
        Left::Refused(_) if departure.announced => announce_again(case, &departure.to)?,
        Left::Delayed | Left::Refused(_) | Left::Mailed | Left::Written | Left::Unreachable => {}
    }
    let found = case
        .view
        .message(&departure.to, Direction::Out, departure.letter.id)?;
    match (found, &departure.how) {
        (Some(message), how) if message.state < Delivery::Failed => text_left(case, message, how),
        (Some(message), how) => {
            note_way(case, message, how);
            Ok(())
        }
        (None, Left::Refused(reason)) => {
            not_deliverable(case, &departure.to, &departure.letter.body, reason);
            Ok(())
        }
        (None, Left::Unreachable) => read_by_mail(case, departure),
        (None, Left::Mailed | Left::Written | Left::Delayed) => Ok(()),
    }
}

/// The receipt was faster than the word that the text has left: how it went is noted all the same.
fn note_way(case: &mut Case<'_>, message: Message, how: &Left) {
    let via = match how {
        Left::Mailed => Via::Mail,
        Left::Written => Via::Irc,
        Left::Unreachable | Left::Delayed | Left::Refused(_) => return,
    };
    if message.via.is_none() {
        case.cause(Effect::Message(Box::new(Message {
            via: Some(via),
            ..message
        })));
    }
}

/// IRC does not take a receipt for what was read: it goes by mail. What else goes over IRC alone is worth nothing
/// later: the copy by mail of a text is acknowledged anew.
fn read_by_mail(case: &mut Case<'_>, departure: &Departure) -> Result<(), Refusal> {
    let Body::Receipt(receipt) = &departure.letter.body else {
        return Ok(());
    };
    let person = case.person(&departure.to)?;
    if let Some(person) =
        person.filter(|person| person.visible && receipt.state == ReceiptState::Read)
    {
        case.post(&person, departure.letter.clone(), PLAIN, Route::Mail);
    }
    Ok(())
}

/// A presence that rode beside a letter has not left after all.
fn announce_again(case: &mut Case<'_>, to: &Address) -> Result<(), Refusal> {
    if let Some(mut person) = case.person(to)?.filter(|person| person.announce.is_none()) {
        match person.untold_times {
            0 => announce::set_due(case, &mut person)?,
            _ => announce::untold(case, &mut person)?,
        }
        case.put(person);
    }
    Ok(())
}

/// What was announced has not reached a mailbox: it stays untold, and is tried again.
fn untold(case: &mut Case<'_>, to: &Address) -> Result<(), Refusal> {
    if let Some(mut person) = case.person(to)? {
        announce::untold(case, &mut person)?;
        case.put(person);
    }
    Ok(())
}

fn text_left(case: &mut Case<'_>, message: Message, how: &Left) -> Result<(), Refusal> {
    let now = case.now();
    match how {
        Left::Mailed => {
            let first = message.mailed_at == 0;
            let mailed_at = if first { now } else { message.mailed_at };
            let attempts = message.attempts.max(1);
            let due = message
                .due
                .filter(|_| !first)
                .or(Some(next_timer(mailed_at, attempts, now)));
            advance(
                case,
                Message {
                    mailed_at,
                    attempts,
                    due,
                    via: Some(Via::Mail),
                    ..message
                },
                Delivery::Sent,
            );
        }
        Left::Written => {
            let due = Some(now.saturating_add(IRC_PATIENCE));
            advance(
                case,
                Message {
                    due,
                    via: Some(Via::Irc),
                    ..message
                },
                Delivery::Sent,
            );
        }
        Left::Unreachable => by_mail(case, message)?,
        Left::Delayed => {}
        Left::Refused(reason) => fail(case, message, reason.clone()),
    }
    Ok(())
}

fn not_deliverable(case: &mut Case<'_>, to: &Address, body: &Body, reason: &str) {
    let what = match body {
        Body::Request(_) => "the request",
        Body::Accept(_) | Body::Confirm(_) => "the answer",
        Body::Presence(_) | Body::Here(_) => "the announcement",
        Body::Text(_) | Body::Unknown { .. } => "the text",
        Body::Edit(_) | Body::Retract(_) | Body::React(_) => "the change of a text",
        Body::Typing(_) => "the word on typing",
        Body::Receipt(_) => "the receipt",
    };
    case.word(to, format!("{what} to {to} could not be sent: {reason}"));
}

/// The mail system reports on a mail of ours. What will never arrive has failed; a delay changes nothing. Anybody can
/// forge a report: its words are shown only beside a text that failed.
pub(in crate::rules) fn bounced(case: &mut Case<'_>, bounce: &Bounce) -> Result<(), Refusal> {
    let Some(person) = case
        .person(&bounce.friend)?
        .filter(|person| !person.blocked)
    else {
        return Ok(());
    };
    if !bounce.permanent {
        return Ok(());
    }
    case.cause(Effect::Cancel(bounce.friend.clone(), bounce.letter));
    let found = case
        .view
        .message(&bounce.friend, Direction::Out, bounce.letter)?;
    match found {
        Some(message) if message.state < Delivery::Failed => {
            fail(case, message, bounce.reason.clone());
        }
        Some(_) => {}
        None if is_handshake(&person, bounce.letter) => {
            let text = format!("a mail to {} came back", bounce.friend);
            case.word(&bounce.friend, text);
        }
        None => {}
    }
    let shown = person.shown.as_ref();
    let last = shown.is_some_and(|shown| shown.by_mail && shown.epoch == bounce.announced);
    if last && person.holds < bounce.announced {
        untold(case, &bounce.friend)?;
    }
    Ok(())
}

/// Whether a letter asks for a friendship or grants one: the user waits for what becomes of it.
fn is_handshake(person: &Person, letter: LetterId) -> bool {
    let asked = person.asked().is_some_and(|asked| asked.request == letter);
    asked || person.accepted().iter().any(|one| one.accept == letter)
}

#[cfg(test)]
mod tests;

//! Texts: from "stored" to "delivered", "read" or "failed, because".

use super::case::Case;
use super::effect::{Effect, Notice};
use super::event::{Bounce, Came, Departure, Heard, Left};
use super::handshake::{DAY, known};
use super::message::{Delivery, Direction, Message, Via};
use super::outgoing::{Form, Outgoing, Route};
use super::person::{Person, Standing};
use super::refusal::Refusal;
use super::{announcing, rotation};
use crate::protocol::address::Address;
use crate::protocol::letter::{Body, Letter, LetterId, Receipt, ReceiptState, Text};

/// The user says something: stored, and put into the outbox if the friendship has come that far.
pub(super) fn say(
    case: &mut Case<'_>,
    to: &Address,
    text: String,
    reply_to: Option<LetterId>,
) -> Result<(), Refusal> {
    if text.is_empty() {
        return Err(Refusal::TextEmpty);
    }
    if text.len() > LONGEST {
        return Err(Refusal::TextLong(text.len()));
    }
    let mut person = known(case, to)?;
    if person.blocked {
        return Err(Refusal::Blocked(person.name));
    }
    if let Standing::Asking(_) | Standing::Stranger = person.standing {
        return Err(Refusal::AnswerFirst(person.name));
    }
    let id = case.fresh_id();
    let body = Body::Text(Text {
        text: text.clone(),
        reply_to,
    });
    let letter = case.letter(&mut person, id, body);
    let message = outgoing_message(case, &person, &letter, text, reply_to);
    if person.keys().is_some() {
        let route = if person.visible {
            Route::Any
        } else {
            Route::Mail
        };
        case.post(&person, letter, PLAIN, route);
    }
    case.cause(Effect::Message(Box::new(message)));
    case.put(person);
    Ok(())
}

fn outgoing_message(
    case: &Case<'_>,
    person: &Person,
    letter: &Letter,
    text: String,
    reply_to: Option<LetterId>,
) -> Message {
    Message {
        friend: person.address.clone(),
        direction: Direction::Out,
        id: letter.id,
        sent: letter.sent,
        arrival: case.now_ms,
        text,
        reply_to,
        unknown_kind: None,
        state: Delivery::Queued,
        via: None,
        reason: None,
        attempts: 0,
        mailed_at: 0,
        due: None,
        acknowledged_read: false,
    }
}

/// Texts that wait for a friend go (again): the friendship has begun, or its sessions are new.
pub(super) fn resume(case: &mut Case<'_>, person: &mut Person) -> Result<(), Refusal> {
    for message in case.view.unfinished(&person.address)? {
        let waits = message.direction == Direction::Out
            && (message.state == Delivery::Queued || message.via == Some(Via::Mail));
        if waits {
            let route = if person.visible && message.attempts == 0 {
                Route::Any
            } else {
                Route::Mail
            };
            case.post(person, again(&message), PLAIN, route);
        }
    }
    Ok(())
}

/// The letter of a text of ours, with the id and `sent` it always had.
fn again(message: &Message) -> Letter {
    let body = Body::Text(Text {
        text: message.text.clone(),
        reply_to: message.reply_to,
    });
    super::handshake::plain(message.id, message.sent, body)
}

/// A friend's text: shown once, acknowledged each time.
pub(super) fn hear_text(
    case: &mut Case<'_>,
    person: &mut Person,
    heard: &Heard,
    text: &Text,
) -> Result<(), Refusal> {
    let known = case
        .view
        .message(&person.address, Direction::In, heard.letter.id)?;
    if known.is_none() {
        let message = incoming_message(case, person, heard, text.text.clone(), text.reply_to, None);
        case.tell(Notice::Text {
            message: Box::new(message.clone()),
        });
        case.cause(Effect::Message(Box::new(message)));
    }
    acknowledge(case, person, heard)
}

/// A letter of a later version: kept and shown as such, answered with nothing.
pub(super) fn hear_unknown(
    case: &mut Case<'_>,
    person: &Person,
    heard: &Heard,
    kind: u64,
) -> Result<(), Refusal> {
    if case
        .view
        .message(&person.address, Direction::In, heard.letter.id)?
        .is_none()
    {
        let message = incoming_message(case, person, heard, String::new(), None, Some(kind));
        case.tell(Notice::Text {
            message: Box::new(message.clone()),
        });
        case.cause(Effect::Message(Box::new(message)));
    }
    Ok(())
}

fn incoming_message(
    case: &Case<'_>,
    person: &Person,
    heard: &Heard,
    text: String,
    reply_to: Option<LetterId>,
    unknown_kind: Option<u64>,
) -> Message {
    Message {
        friend: person.address.clone(),
        direction: Direction::In,
        id: heard.letter.id,
        sent: heard.letter.sent.min(case.now_ms),
        arrival: case.now_ms,
        text,
        reply_to,
        unknown_kind,
        state: Delivery::Delivered,
        via: Some(via(&heard.via)),
        reason: None,
        attempts: 0,
        mailed_at: 0,
        due: None,
        acknowledged_read: false,
    }
}

fn via(came: &Came) -> Via {
    match came {
        Came::Mail => Via::Mail,
        Came::Irc { .. } => Via::Irc,
    }
}

/// A receipt goes back the way the text came. Over IRC only the visible are answered: a hidden friend's mail
/// copy is acknowledged, as if we had been away.
fn acknowledge(case: &mut Case<'_>, person: &mut Person, heard: &Heard) -> Result<(), Refusal> {
    let route = match heard.via {
        Came::Mail if heard.answerable => Route::Mail,
        Came::Irc { .. } if person.visible && !case.account()?.invisible => Route::Irc,
        Came::Mail | Came::Irc { .. } => return Ok(()),
    };
    let ids = vec![heard.letter.id];
    receipts(case, person, ids, ReceiptState::Delivered, &route)
}

/// Puts receipts into the outbox, eight texts in each; those that wait are filled up first.
fn receipts(
    case: &mut Case<'_>,
    person: &mut Person,
    mut ids: Vec<LetterId>,
    state: ReceiptState,
    route: &Route,
) -> Result<(), Refusal> {
    for waiting in case.view.waiting(&person.address)? {
        fill_up(case, waiting, &mut ids, state, route);
    }
    for ids in ids.chunks(IN_ONE_RECEIPT) {
        let letter_id = case.fresh_id();
        let ids = ids.to_vec();
        let letter = case.letter(person, letter_id, Body::Receipt(Receipt { state, ids }));
        let lasts = Some(RECEIPT_LASTS).filter(|_| *route == Route::Irc);
        case.post_at(person, letter, PLAIN, route.clone(), lasts);
    }
    Ok(())
}

/// A receipt that waits takes along what it has room for.
fn fill_up(
    case: &mut Case<'_>,
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
        case.cause(Effect::Post(Box::new(waiting)));
    }
}

/// A friend's receipt: reaches only what we sent to him.
pub(super) fn hear_receipt(
    case: &mut Case<'_>,
    person: &Person,
    receipt: &Receipt,
) -> Result<(), Refusal> {
    let state = match receipt.state {
        ReceiptState::Delivered => Delivery::Delivered,
        ReceiptState::Read => Delivery::Read,
    };
    for id in &receipt.ids {
        let message = case.view.message(&person.address, Direction::Out, *id)?;
        if let Some(message) = message.filter(|message| message.state < state) {
            case.cause(Effect::Cancel(person.address.clone(), *id));
            advance(
                case,
                Message {
                    due: None,
                    reason: None,
                    ..message
                },
                state,
            );
        }
    }
    Ok(())
}

fn advance(case: &mut Case<'_>, message: Message, state: Delivery) {
    let message = Message { state, ..message };
    case.tell(Notice::State {
        friend: message.friend.clone(),
        id: message.id,
        state,
        via: message.via,
        reason: message.reason.clone(),
    });
    case.cause(Effect::Message(Box::new(message)));
}

/// The user has seen texts: marked, and said to those friends to whom it may be said.
pub(super) fn seen(case: &mut Case<'_>, friend: Option<&Address>) -> Result<(), Refusal> {
    let people = match friend {
        Some(address) => case.person(address)?.into_iter().collect(),
        None => case.people()?,
    };
    for mut person in people {
        let unread = case.view.unread(&person.address)?;
        if unread.is_empty() {
            continue;
        }
        let tells = case.settings.read_receipts
            && person.visible
            && !person.blocked
            && person.keys().is_some();
        if tells {
            let texts = unread.iter().filter(|text| text.unknown_kind.is_none());
            let ids = texts.map(|text| text.id).collect();
            receipts(case, &mut person, ids, ReceiptState::Read, &Route::Any)?;
        }
        for message in unread {
            let read = Message {
                state: Delivery::Read,
                acknowledged_read: tells,
                ..message
            };
            case.cause(Effect::Message(Box::new(read)));
        }
        if tells {
            case.put(person);
        }
    }
    Ok(())
}

/// A letter of ours has left, or could not.
pub(super) fn left(case: &mut Case<'_>, departure: &Departure) -> Result<(), Refusal> {
    if departure.announced && matches!(departure.how, Left::Delayed | Left::Refused(_)) {
        announce_again(case, &departure.to)?;
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
        announcing::set_due(case, &mut person)?;
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
                .or(Some(next_timer(mailed_at, attempts)));
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

/// When the next timer of a text that left by mail fires: a day, two days, five days after the first time.
fn next_timer(mailed_at: u64, attempts: u8) -> u64 {
    let after = match attempts {
        0 | 1 => DAY,
        2 => 2 * DAY,
        _ => 5 * DAY,
    };
    mailed_at.saturating_add(after)
}

/// A timer of a text has fired.
pub(super) fn overdue(case: &mut Case<'_>, message: Message) -> Result<(), Refusal> {
    let Some(mut person) = case.person(&message.friend)? else {
        fail(case, message, "not on the roster any more".to_owned());
        return Ok(());
    };
    match (message.via, message.attempts) {
        (Some(Via::Irc) | None, _) => by_mail(case, message),
        (Some(Via::Mail), 0 | 1) => {
            let form = Form::Friend {
                fresh: person.theirs.mail.is_some(),
                open_irc: false,
            };
            case.post(&person, again(&message), form, Route::Mail);
            wait_on(case, message, 2);
            Ok(())
        }
        (Some(Via::Mail), 2) => {
            if heals_now(case, &person) {
                rotation::ask_anew(case, &mut person)?;
                case.put(person);
            }
            wait_on(case, message, 3);
            Ok(())
        }
        (Some(Via::Mail), _) => {
            case.cause(Effect::Cancel(message.friend.clone(), message.id));
            fail(case, message, "no answer for five days".to_owned());
            Ok(())
        }
    }
}

fn wait_on(case: &mut Case<'_>, message: Message, attempts: u8) {
    let due = Some(next_timer(message.mailed_at, attempts));
    case.cause(Effect::Message(Box::new(Message {
        attempts,
        due,
        ..message
    })));
}

/// Several overdue texts ask one friend anew once a day, not once each.
fn heals_now(case: &Case<'_>, person: &Person) -> bool {
    let recently = |at: u64| case.now() < at.saturating_add(DAY);
    !person
        .healing
        .as_ref()
        .is_some_and(|healing| recently(healing.at))
}

/// IRC did not bring it: the same letter goes by mail, and tries to open the IRC session anew, once a day.
fn by_mail(case: &mut Case<'_>, message: Message) -> Result<(), Refusal> {
    let Some(mut person) = case.person(&message.friend)? else {
        return Ok(());
    };
    let open_irc = person.visible && case.now() >= person.opened_irc_at.saturating_add(DAY);
    if open_irc {
        person.opened_irc_at = case.now();
    }
    case.post(
        &person,
        again(&message),
        Form::Friend {
            fresh: false,
            open_irc,
        },
        Route::Mail,
    );
    case.put(person);
    advance(
        case,
        Message {
            due: None,
            via: None,
            ..message
        },
        Delivery::Queued,
    );
    Ok(())
}

fn fail(case: &mut Case<'_>, message: Message, reason: String) {
    advance(
        case,
        Message {
            due: None,
            reason: Some(reason),
            ..message
        },
        Delivery::Failed,
    );
}

/// The mail system reports on a mail of ours. What will never arrive has failed; a delay changes nothing.
pub(super) fn bounced(case: &mut Case<'_>, bounce: &Bounce) -> Result<(), Refusal> {
    if !bounce.permanent {
        return Ok(());
    }
    case.cause(Effect::Cancel(bounce.friend.clone(), bounce.letter));
    match case
        .view
        .message(&bounce.friend, Direction::Out, bounce.letter)?
    {
        Some(message) if message.state < Delivery::Failed => {
            fail(case, message, bounce.reason.clone());
        }
        Some(_) => {}
        None => {
            let text = format!(
                "a mail to {} could not be delivered: {}",
                bounce.friend, bounce.reason
            );
            case.word(&bounce.friend, text);
        }
    }
    Ok(())
}

fn not_deliverable(case: &mut Case<'_>, to: &Address, body: &Body, reason: &str) {
    let what = match body {
        Body::Request(_) => "the request",
        Body::Accept(_) | Body::Confirm(_) => "the answer",
        Body::Presence(_) | Body::Here(_) => "the announcement",
        Body::Text(_) | Body::Unknown { .. } => "the text",
        Body::Receipt(_) => "the receipt",
    };
    case.word(to, format!("{what} to {to} could not be sent: {reason}"));
}

const PLAIN: Form = Form::Friend {
    fresh: false,
    open_irc: false,
};
/// How many texts one receipt names.
const IN_ONE_RECEIPT: usize = 8;
/// A text, in bytes.
const LONGEST: usize = 65_536;
/// How long a receipt is waited for after the last piece was written, in seconds.
const IRC_PATIENCE: u64 = 30;
/// How long a receipt over IRC is worth sending, in seconds: after that the mail copy is on its way.
const RECEIPT_LASTS: u64 = 600;

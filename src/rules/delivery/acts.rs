//! What the user says, and what they do to what was said: stored first, then on its way.

use super::{PLAIN, fail, written};
use crate::protocol::clean;
use crate::protocol::codec::{MAX_EMOJI, MAX_NOTE, MAX_TEXT};
use crate::protocol::letter::LetterId;
use crate::protocol::time::Seconds;
use crate::rules::contact::Contact;
use crate::rules::conversation::{Author, ContactId};
use crate::rules::decision::Decision;
use crate::rules::effect::Effect;
use crate::rules::entry::Entry;
use crate::rules::event::NewNotice;
use crate::rules::in_words::CORRECTED;
use crate::rules::message::{Change, ChangeKind, Delivery, Message};
use crate::rules::outgoing::Route;
use crate::rules::queue::choice::route_of_text;
use crate::rules::queue::retry::IRC_PATIENCE;
use crate::rules::refusal::Refusal;

/// The user says something: stored, and put into the outbox if the friendship has come that far.
pub(in crate::rules) fn say(
    decision: &mut Decision<'_>,
    to: ContactId,
    text: String,
    reply_to: Option<LetterId>,
) -> Result<(), Refusal> {
    check_text(&text, MAX_TEXT)?;
    let mut person = writable(decision, to)?;
    let mut message = outgoing(decision, &mut person, text);
    message.reply_to = reply_to;
    write(decision, person, message)
}

/// The user sends what nothing is to answer by itself: over IRC or not at all (RFC 2812, section 3.3.2).
pub(in crate::rules) fn send_notice(
    decision: &mut Decision<'_>,
    new: NewNotice,
) -> Result<(), Refusal> {
    check_text(&new.text, MAX_TEXT)?;
    let mut person = writable(decision, new.to)?;
    let mut message = outgoing(decision, &mut person, new.text);
    (message.notice, message.reply_to) = (true, new.reply_to);
    if !new.reached || !person.visible || person.keys().is_none() {
        let reason = format!("{} is not online: a notice goes over IRC only", person.name);
        fail(decision, person.id, message, reason);
    } else {
        let letter = written::letter(decision, &person, &message)?;
        decision.post_at(&person, letter, PLAIN, Route::Irc, Some(IRC_PATIENCE));
        message.due = Some(decision.now().after(IRC_PATIENCE));
        decision.cause(Effect::Message(Box::new(message)));
    }
    decision.put(person);
    Ok(())
}

/// The user gives a text of theirs another wording.
pub(in crate::rules) fn edit(
    decision: &mut Decision<'_>,
    to: ContactId,
    of: LetterId,
    text: String,
) -> Result<(), Refusal> {
    // A friend's side that does not know edits gets it in words, which have to fit as well.
    check_text(&text, MAX_TEXT.saturating_sub(CORRECTED.len()))?;
    let person = writable(decision, to)?;
    let entry = entry(decision, &person, Author::Us, of)?.ok_or(Refusal::NotYours)?;
    may_change(decision, &person, &entry, ChangeKind::Edit)?;
    if entry.wording() == text {
        return Ok(());
    }
    change(decision, person, of, ChangeKind::Edit, text)
}

/// The user takes a text of theirs back.
pub(in crate::rules) fn retract(
    decision: &mut Decision<'_>,
    to: ContactId,
    of: LetterId,
    why: Option<String>,
) -> Result<(), Refusal> {
    let person = writable(decision, to)?;
    let entry = entry(decision, &person, Author::Us, of)?.ok_or(Refusal::NotYours)?;
    may_change(decision, &person, &entry, ChangeKind::Retract)?;
    let why = clean::line(&why.unwrap_or_default(), MAX_NOTE);
    change(decision, person, of, ChangeKind::Retract, why)
}

/// The user sets a sign to a text, or takes it off.
pub(in crate::rules) fn react(
    decision: &mut Decision<'_>,
    to: ContactId,
    of: LetterId,
    emoji: String,
    on: bool,
) -> Result<(), Refusal> {
    check_emoji(&emoji)?;
    let person = writable(decision, to)?;
    let entry = match entry(decision, &person, Author::Contact(person.id), of)? {
        Some(theirs) => theirs,
        None => entry(decision, &person, Author::Us, of)?.ok_or(Refusal::NoSuchText)?,
    };
    let kind = match on {
        true => ChangeKind::React,
        false => ChangeKind::Unreact,
    };
    may_change(decision, &person, &entry, kind)?;
    let mut ours = entry.reactions.iter().filter(|one| one.is_ours());
    if ours.any(|one| one.text == emoji) == on {
        return Ok(());
    }
    change(decision, person, of, kind, emoji)
}

pub(in crate::rules) fn check_emoji(emoji: &str) -> Result<(), Refusal> {
    match emoji.is_empty() || clean::line(emoji, MAX_EMOJI) != emoji {
        true => Err(Refusal::EmojiForm(emoji.to_owned())),
        false => Ok(()),
    }
}

pub(in crate::rules) fn check_text(text: &str, most: usize) -> Result<(), Refusal> {
    match text.len() {
        0 => Err(Refusal::TextEmpty),
        length if length > most => Err(Refusal::TextLong { length, most }),
        _ => Ok(()),
    }
}

/// Somebody to whom the user may write.
fn writable(decision: &Decision<'_>, to: ContactId) -> Result<Contact, Refusal> {
    let person = decision.known(to)?;
    if person.blocked {
        return Err(Refusal::Blocked(person.name));
    }
    match person.may_be_written_to() {
        true => Ok(person),
        false => Err(Refusal::AnswerFirst(person.name)),
    }
}

fn entry(
    decision: &Decision<'_>,
    person: &Contact,
    by: Author,
    of: LetterId,
) -> Result<Option<Entry>, Refusal> {
    let found = decision.view.message(person.conversation, by, of)?;
    let Some(text) = found.filter(|row| row.change.is_none() && row.unknown_kind.is_none()) else {
        return Ok(None);
    };
    let changes = decision.view.changes(person.conversation, of)?;
    Ok(Some(Entry::of(text, &changes)))
}

/// Whether a text can still be changed. One that failed may never have come: in words, the change would tell of it.
fn may_change(
    decision: &Decision<'_>,
    person: &Contact,
    entry: &Entry,
    kind: ChangeKind,
) -> Result<(), Refusal> {
    let Message { id, state, .. } = &entry.message;
    if entry.retraction.is_some() {
        return Err(Refusal::TakenBack);
    }
    if *state == Delivery::Failed && !person.understands(kind.letter()) {
        return Err(Refusal::TextFailed(person.name.clone()));
    }
    let changes = decision.view.changes(person.conversation, *id)?;
    let ours = changes.iter().filter(|one| one.is_ours());
    if kind != ChangeKind::Retract && ours.count() >= MOST_CHANGES {
        return Err(Refusal::ChangedOften);
    }
    Ok(())
}

fn change(
    decision: &mut Decision<'_>,
    mut person: Contact,
    of: LetterId,
    kind: ChangeKind,
    text: String,
) -> Result<(), Refusal> {
    let mut message = outgoing(decision, &mut person, text);
    message.change = Some(Change { of, kind });
    write(decision, person, message)
}

fn write(decision: &mut Decision<'_>, person: Contact, message: Message) -> Result<(), Refusal> {
    if person.keys().is_some() {
        let letter = written::letter(decision, &person, &message)?;
        let route = route_of_text(person.visible, 0);
        decision.post(&person, letter, PLAIN, route);
    }
    decision.cause(Effect::Message(Box::new(message)));
    decision.put(person);
    Ok(())
}

/// A text of this moment that answers none and changes none.
fn outgoing(decision: &mut Decision<'_>, person: &mut Contact, text: String) -> Message {
    Message {
        conversation: person.conversation,
        author: Author::Us,
        id: decision.fresh_id(),
        sent: decision.next_sent(person),
        arrival: decision.now_ms,
        text,
        reply_to: None,
        unknown_kind: None,
        change: None,
        state: Delivery::Queued,
        via: None,
        reason: None,
        attempts: 0,
        mailed_at: Seconds(0),
        due: None,
        acknowledged_read: false,
        notice: false,
        in_group: None,
    }
}

/// How often one side may change one text or react to it; taking it back is always possible.
pub(in crate::rules) const MOST_CHANGES: usize = 64;

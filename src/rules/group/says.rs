//! The user says something in a group, or does something to what was said: stored with a copy for each member, then on its way.

use super::copy::{Copy, together};
use super::reach::is_reached;
use super::restored::begin_anew;
use super::state::{Group, Member};
use super::{due, letter, said};
use crate::protocol::clean;
use crate::protocol::codec::{MAX_NOTE, MAX_TEXT};
use crate::protocol::letter::LetterId;
use crate::protocol::time::{Millis, Seconds};
use crate::rules::conversation::{Author, ConversationId};
use crate::rules::decision::Decision;
use crate::rules::delivery::{MOST_CHANGES, check_emoji, check_text};
use crate::rules::effect::{Effect, Notice};
use crate::rules::entry::Entry;
use crate::rules::message::{Change, ChangeKind, Delivery, Message};
use crate::rules::outgoing::Route;
use crate::rules::queue::retry::LONGEST_TEXT;
use crate::rules::refusal::Refusal;

pub(super) fn say(
    decision: &mut Decision<'_>,
    to: ConversationId,
    text: String,
    reply_to: Option<LetterId>,
) -> Result<(), Refusal> {
    check_text(&text, MAX_TEXT)?;
    let answered = match reply_to {
        Some(id) => Some(latest_of(decision, to, id)?.ok_or(Refusal::NoSuchText)?),
        None => None,
    };
    let whose = answered.map(|text| text.author);
    write(decision, to, text, |message| {
        message.reply_to = reply_to;
        whose
    })
}

/// Of several texts under one id the one that came last.
fn latest_of(
    decision: &Decision<'_>,
    group: ConversationId,
    id: LetterId,
) -> Result<Option<Message>, Refusal> {
    let texts = decision.view.texts_of(group, id)?;
    Ok(texts.into_iter().max_by_key(|text| text.arrival))
}

pub(super) fn edit(
    decision: &mut Decision<'_>,
    to: ConversationId,
    of: LetterId,
    text: String,
) -> Result<(), Refusal> {
    check_text(&text, MAX_TEXT)?;
    let entry = own(decision, to, of)?;
    may_change(&entry, ChangeKind::Edit)?;
    match entry.wording() == text {
        true => Ok(()),
        false => change(decision, to, of, ChangeKind::Edit, text, None),
    }
}

pub(super) fn retract(
    decision: &mut Decision<'_>,
    to: ConversationId,
    of: LetterId,
    why: Option<String>,
) -> Result<(), Refusal> {
    let entry = own(decision, to, of)?;
    may_change(&entry, ChangeKind::Retract)?;
    let why = clean::line(&why.unwrap_or_default(), MAX_NOTE);
    change(decision, to, of, ChangeKind::Retract, why, None)
}

pub(super) fn react(
    decision: &mut Decision<'_>,
    to: ConversationId,
    of: LetterId,
    emoji: String,
    on: bool,
) -> Result<(), Refusal> {
    check_emoji(&emoji)?;
    let text = latest_of(decision, to, of)?.filter(|text| text.unknown_kind.is_none());
    let entry = entry(decision, text.ok_or(Refusal::NoSuchText)?)?;
    let kind = match on {
        true => ChangeKind::React,
        false => ChangeKind::Unreact,
    };
    may_change(&entry, kind)?;
    let mut ours = entry.reactions.iter().filter(|one| one.is_ours());
    if ours.any(|one| one.text == emoji) == on {
        return Ok(());
    }
    let whose = Some(entry.message.author).filter(|author| *author != Author::Us);
    change(decision, to, of, kind, emoji, whose)
}

/// A text of the user's.
fn own(decision: &Decision<'_>, group: ConversationId, of: LetterId) -> Result<Entry, Refusal> {
    let found = decision.view.message(group, Author::Us, of)?;
    let is_text = |row: &Message| row.change.is_none() && row.unknown_kind.is_none();
    entry(decision, found.filter(is_text).ok_or(Refusal::NotYours)?)
}

fn entry(decision: &Decision<'_>, text: Message) -> Result<Entry, Refusal> {
    let changes = decision.view.changes(text.conversation, text.id)?;
    Ok(Entry::of(text, &changes))
}

fn may_change(entry: &Entry, kind: ChangeKind) -> Result<(), Refusal> {
    if entry.retraction.is_some() {
        return Err(Refusal::TakenBack);
    }
    let ours = entry.changes().filter(|one| one.is_ours()).count();
    match kind != ChangeKind::Retract && ours >= MOST_CHANGES {
        true => Err(Refusal::ChangedOften),
        false => Ok(()),
    }
}

fn change(
    decision: &mut Decision<'_>,
    to: ConversationId,
    of: LetterId,
    kind: ChangeKind,
    text: String,
    whose: Option<Author>,
) -> Result<(), Refusal> {
    write(decision, to, text, |message| {
        message.change = Some(Change { of, kind });
        whose
    })
}

/// Stores something said, with a copy for each member.
fn write(
    decision: &mut Decision<'_>,
    to: ConversationId,
    text: String,
    what: impl FnOnce(&mut Message) -> Option<Author>,
) -> Result<(), Refusal> {
    let Some(mut group) = decision.group(to)? else {
        return Err(Refusal::NoGroup(String::new()));
    };
    if !group.is_in() {
        return Err(Refusal::NotIn(group.name));
    }
    if group.others().next().is_none() {
        return Err(Refusal::NobodyElse(group.name));
    }
    if decision.account()?.restored {
        begin_anew(&mut group, decision.now());
    }
    let mut message = message(decision, &mut group, text);
    let whose = what(&mut message);
    letter::number(&mut group, &mut message, whose);
    copies(decision, &mut group, &mut message)?;
    decision.cause(Effect::Message(Box::new(message)));
    decision.put_group(group);
    Ok(())
}

/// Something said at this moment, after all that was said in the group.
fn message(decision: &mut Decision<'_>, group: &mut Group, text: String) -> Message {
    let sent = decision
        .now_ms
        .max(group.last_sent.next())
        .max(group.latest.next());
    group.last_sent = sent;
    Message {
        conversation: group.conversation,
        author: Author::Us,
        id: decision.fresh_id(),
        sent,
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

/// A copy for everybody who is in. Who is reached over IRC gets it there first, unless somebody is in from whom we hide; what
/// did not come so leaves by mail with what was gathered.
fn copies(
    decision: &mut Decision<'_>,
    group: &mut Group,
    message: &mut Message,
) -> Result<(), Refusal> {
    let (now, mut copies) = (decision.now(), Vec::new());
    for member in group.others() {
        let copy = copy(group, message, member, now);
        copies.push(match is_reached(decision, group, member)? {
            true => copy,
            false => Copy {
                state: Delivery::Failed,
                due: None,
                reason: Some(said::OTHER_KEYS.to_owned()),
                ..copy
            },
        });
    }
    message.state = together(&copies);
    for copy in &copies {
        decision.cause(Effect::Copy(Box::new(copy.clone())));
        match copy.state {
            Delivery::Failed => said::tell(decision, message, &copies, Some(copy)),
            Delivery::Queued | Delivery::Sent | Delivery::Delivered | Delivery::Read => {}
        }
    }
    leave(decision, group, &copies)
}

/// Copies are on their way to those whom they reach.
fn leave(decision: &mut Decision<'_>, group: &mut Group, copies: &[Copy]) -> Result<(), Refusal> {
    let leave = due::gathering(decision);
    let by_irc = !due::is_watched(decision.view, group)? && leave > decision.now();
    for copy in copies.iter().filter(|copy| !copy.is_over()) {
        let Some(member) = group.member(copy.to) else {
            continue;
        };
        if by_irc && due::is_seen_by(decision, group, member)? {
            due::post(decision, group, copy.to, Route::Irc, Some(leave))?;
        }
        due::by(decision, group, copy.to, leave)?;
    }
    Ok(())
}

fn copy(group: &Group, message: &Message, member: &Member, now: Seconds) -> Copy {
    Copy {
        conversation: group.conversation,
        of: message.id,
        to: member.id,
        contact: member.contact,
        number: group.number,
        state: Delivery::Queued,
        via: None,
        within: None,
        attempts: 0,
        mailed_at: Seconds(0),
        due: Some(now.after(LONGEST_TEXT)),
        reason: None,
    }
}

/// The user has seen what came up to a time. Nobody is told: there are no read receipts in groups.
pub(super) fn seen(
    decision: &mut Decision<'_>,
    group: ConversationId,
    up_to: Millis,
) -> Result<(), Refusal> {
    let mut unread = decision.view.unread(group)?;
    unread.retain(|text| text.arrival <= up_to);
    let latest = unread.iter().map(|text| text.arrival).max();
    let up_to = up_to.min(latest.unwrap_or_default().max(decision.now_ms));
    let held = decision.view.marker(group)?;
    if held.is_none_or(|held| held < up_to) {
        decision.cause(Effect::Marker(group, up_to));
        decision.tell(Notice::SeenIn { group, up_to });
    }
    for mut message in unread {
        message.state = Delivery::Read;
        decision.cause(Effect::Message(Box::new(message)));
    }
    Ok(())
}

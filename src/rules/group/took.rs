//! Something that a member said: taken once, by its number, and acknowledged.

use super::state::{Group, Member};
use super::{due, heads};
use crate::protocol::codec::said_hash;
use crate::protocol::group::MemberId;
use crate::protocol::group::letters::{GotOf, SaidHash};
use crate::protocol::letter::{Body, Edit, Letter, LetterId, React, Retract, Said};
use crate::protocol::time::{MINUTE, Seconds};
use crate::rules::conversation::{Author, ConversationId};
use crate::rules::decision::Decision;
use crate::rules::delivery;
use crate::rules::event::Came;
use crate::rules::message::{Change, ChangeKind, Delivery, InGroup, Message};
use crate::rules::outgoing::Route;
use crate::rules::refusal::Refusal;
use crate::rules::view::Unreadable;

pub(super) fn hear(
    decision: &mut Decision<'_>,
    mut group: Group,
    from: MemberId,
    via: &Came,
    letter: &Letter,
    said: &Said,
) -> Result<(), Refusal> {
    heads::shown(decision, &mut group, from, &said.heads)?;
    let Some(mut member) = group.member(from).cloned() else {
        return Ok(());
    };
    if due::is_blocked(decision.view, &member)? {
        return Ok(());
    }
    let hash = said_hash(group.id, from, letter, said);
    let mut got = begun(&member, said);
    let number = said.number;
    if !got.has(number) {
        if !has_room(&got, number) {
            return Ok(());
        }
        take(decision, &group, &member, via, letter, said, hash)?;
        put(&mut got, number);
        got.hash = hash_of(
            decision,
            &group,
            &member,
            got.up_to,
            (number, hash),
            got.hash,
        )?;
        if letter.sent <= decision.now_ms.after(AHEAD) {
            group.latest = group.latest.max(letter.sent);
        }
    } else if told_otherwise(decision, &group, &member, number, hash)?
        && member.differs(decision.now())
    {
        let text = format!(
            "what {} said in {} was told differently to others",
            name(decision, &member)?,
            group.name
        );
        decision.word(member.contact, text);
    }
    member.got = Some(got);
    member.got_due = true;
    if let Some(place) = group.member_mut(from) {
        *place = member;
    }
    acknowledge(decision, &mut group, from, via)?;
    decision.put_group(group);
    Ok(())
}

/// What came of them so far, where the first that was said to us may be later than their first, and they may have begun anew.
fn begun(member: &Member, said: &Said) -> GotOf {
    // In a room nobody says what is still to come to whom: of who is new some of what was before may.
    let unsaid = match &member.got {
        Some(_) => 1,
        None => said.number.saturating_sub(ON_THE_WAY).max(1),
    };
    let first = said.since.unwrap_or(unsaid).min(said.number);
    let mut got = member.got.clone().unwrap_or(GotOf {
        author: member.id,
        up_to: first.saturating_sub(1),
        hash: SaidHash::default(),
        beyond: Vec::new(),
    });
    let anew = said.before == SaidHash::default() && said.number > 1;
    let from = if anew { said.number } else { first };
    if from > got.up_to.saturating_add(1) {
        skip(&mut got, from.saturating_sub(1));
    }
    got
}

/// Numbers up to this one are not waited for.
fn skip(got: &mut GotOf, up_to: u64) {
    let before = got.clone();
    (got.up_to, got.hash) = (up_to, SaidHash::default());
    got.beyond.clear();
    for number in (up_to.saturating_add(1)..).take(MOST_BEYOND) {
        if before.has(number) {
            put(got, number);
        }
    }
}

fn has_room(got: &GotOf, number: u64) -> bool {
    let beyond = number.saturating_sub(got.up_to).saturating_sub(1);
    usize::try_from(beyond).is_ok_and(|beyond| beyond <= MOST_BEYOND)
}

/// Notes that a number came.
fn put(got: &mut GotOf, number: u64) {
    let mut numbers: Vec<u64> = (got.up_to.saturating_add(2)..)
        .take(MOST_BEYOND)
        .filter(|number| got.has(*number))
        .collect();
    numbers.push(number);
    numbers.sort_unstable();
    for number in &numbers {
        if *number == got.up_to.saturating_add(1) {
            got.up_to = *number;
        }
    }
    got.beyond.clear();
    for number in numbers.into_iter().filter(|number| *number > got.up_to) {
        let bit = number.saturating_sub(got.up_to).saturating_sub(2);
        let (Ok(byte), bit) = (usize::try_from(bit >> 3), bit & 7) else {
            continue;
        };
        if got.beyond.len() <= byte {
            got.beyond.resize(byte.saturating_add(1), 0);
        }
        if let Some(place) = got.beyond.get_mut(byte) {
            *place |= 1 << bit;
        }
    }
}

/// What stands for the last in a row: it may be that which came now, or one that came before it.
fn hash_of(
    decision: &Decision<'_>,
    group: &Group,
    member: &Member,
    up_to: u64,
    (number, hash): (u64, SaidHash),
    before: SaidHash,
) -> Result<SaidHash, Unreadable> {
    if up_to == number {
        return Ok(hash);
    }
    if up_to < number {
        return Ok(before);
    }
    let author = Author::Contact(member.contact);
    let held = decision.view.said(group.conversation, author, up_to)?;
    let place = held.and_then(|row| row.in_group);
    Ok(place.map_or_else(SaidHash::default, |place| place.hash))
}

fn told_otherwise(
    decision: &Decision<'_>,
    group: &Group,
    member: &Member,
    number: u64,
    hash: SaidHash,
) -> Result<bool, Unreadable> {
    let author = Author::Contact(member.contact);
    let held = decision.view.said(group.conversation, author, number)?;
    let place = held.and_then(|row| row.in_group);
    Ok(place.is_some_and(|place| place.hash != hash))
}

/// Keeps what was said, and tells it.
fn take(
    decision: &mut Decision<'_>,
    group: &Group,
    member: &Member,
    via: &Came,
    letter: &Letter,
    said: &Said,
    hash: SaidHash,
) -> Result<(), Refusal> {
    let author = Author::Contact(member.contact);
    let with = group.conversation;
    if decision.view.message(with, author, letter.id)?.is_some() {
        return Ok(());
    }
    let whose = said.whose.and_then(|whose| author_of(group, whose));
    let mut row = row(decision, with, author, letter, via);
    row.in_group = Some(InGroup {
        number: said.number,
        hash,
        before: said.before,
        whose,
        named: said.whose,
    });
    keep(decision, row, &said.body.body, author, whose)
}

fn keep(
    decision: &mut Decision<'_>,
    mut row: Message,
    body: &Body,
    author: Author,
    whose: Option<Author>,
) -> Result<(), Refusal> {
    match body {
        Body::Text(text) => {
            row.text.clone_from(&text.text);
            (row.notice, row.reply_to) = (text.notice, text.reply_to);
            delivery::keep_text(decision, row)
        }
        Body::Edit(Edit { of, text }) => {
            changed(decision, row, *of, ChangeKind::Edit, text, author)
        }
        Body::Retract(Retract { of, why }) => {
            let why = why.as_deref().unwrap_or_default();
            changed(decision, row, *of, ChangeKind::Retract, why, author)
        }
        Body::React(React { to, emoji, on }) => {
            let kind = match on {
                true => ChangeKind::React,
                false => ChangeKind::Unreact,
            };
            changed(decision, row, *to, kind, emoji, whose.unwrap_or(author))
        }
        // What else may be said is of a later version.
        Body::Unknown { kind, .. } => {
            row.unknown_kind = Some(*kind);
            delivery::keep_text(decision, row)
        }
        Body::Request(_)
        | Body::Accept(_)
        | Body::Confirm(_)
        | Body::Presence(_)
        | Body::Here(_)
        | Body::Receipt(_)
        | Body::Typing(_)
        | Body::Told(_)
        | Body::Said(_)
        | Body::Got(_)
        | Body::Bid(_)
        | Body::There(_)
        | Body::Gather(_) => Ok(()),
    }
}

fn changed(
    decision: &mut Decision<'_>,
    mut row: Message,
    of: LetterId,
    kind: ChangeKind,
    wording: &str,
    whose: Author,
) -> Result<(), Refusal> {
    let change = Change { of, kind };
    row.text = wording.to_owned();
    row.change = Some(change);
    let text = decision.view.message(row.conversation, whose, of)?;
    let place = delivery::place_in_group(decision, text, row.conversation, change, row.author)?;
    delivery::keep_change(decision, place, row).map(drop)
}

fn row(
    decision: &Decision<'_>,
    conversation: ConversationId,
    author: Author,
    letter: &Letter,
    via: &Came,
) -> Message {
    Message {
        conversation,
        author,
        id: letter.id,
        sent: letter.sent,
        arrival: decision.now_ms,
        text: String::new(),
        reply_to: None,
        unknown_kind: None,
        change: None,
        state: Delivery::Delivered,
        via: Some(delivery::way_of(via)),
        reason: None,
        attempts: 0,
        mailed_at: Seconds(0),
        due: None,
        acknowledged_read: false,
        notice: false,
        in_group: None,
    }
}

/// Whose texts are a member's.
fn author_of(group: &Group, whose: MemberId) -> Option<Author> {
    match whose == group.us {
        true => Some(Author::Us),
        false => group.member(whose).map(|one| Author::Contact(one.contact)),
    }
}

/// What came over IRC is acknowledged there; else by mail, with what came in ten minutes or six hours.
fn acknowledge(
    decision: &mut Decision<'_>,
    group: &mut Group,
    from: MemberId,
    via: &Came,
) -> Result<(), Refusal> {
    match (via, group.member(from)) {
        (Came::Irc { .. }, Some(member)) => {
            let seen = due::is_seen_by(decision, group, member)?;
            if seen && !due::is_watched(decision.view, group)? {
                let until = decision.now().after(MINUTE);
                due::post(decision, group, from, Route::Irc, Some(until))?;
            }
            Ok(())
        }
        (Came::Mail, Some(member)) => {
            let seen = due::is_seen_by(decision, group, member)?;
            let leave = due::receipt_to(decision, group, seen);
            Ok(due::by(decision, group, from, leave)?)
        }
        // Mostly it is told in the room before that.
        (Came::Room, Some(_)) => {
            let later = decision.now().after(due::RECEIPT);
            due::by(decision, group, from, later)
        }
        (_, None) => Ok(()),
    }
}

/// What somebody in a group is called.
pub(super) fn name(decision: &Decision<'_>, member: &Member) -> Result<String, Unreadable> {
    let person = decision.person(member.contact)?;
    Ok(person.map_or_else(|| member.name.clone(), |person| person.name))
}

/// So many of somebody's may be on their way, beside a room.
const ON_THE_WAY: u64 = 128;
/// How many beyond those in a row are remembered.
const MOST_BEYOND: usize = 256;
/// A time that is further ahead is a clock's fault.
const AHEAD: std::time::Duration = MINUTE;

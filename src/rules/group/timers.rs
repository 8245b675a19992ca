//! Time passes in groups: what was gathered leaves, what brought no answer goes again or fails.

use super::copy::Copy;
use super::sign::entry;
use super::state::Group;
use super::{bid, due, recovered, room, said};
use crate::protocol::group::{Entry, MemberId};
use crate::protocol::time::{DAY, Seconds, days};
use crate::rules::conversation::ConversationId;
use crate::rules::decision::Decision;
use crate::rules::effect::Effect;
use crate::rules::message::{Delivery, Via};
use crate::rules::queue::retry::TRIES;
use crate::rules::refusal::Refusal;

/// How long after a new prekey was made it is looked whether all groups have it: a tick comes far sooner.
const RENEWS: std::time::Duration = days(2);

pub(in crate::rules) fn tick(decision: &mut Decision<'_>) -> Result<(), Refusal> {
    let now = decision.now();
    for copy in decision.view.copies_due(now)? {
        alone(overdue(decision, copy))?;
    }
    for group in decision.view.groups_due(now)? {
        if let Some(group) = decision.group(group.conversation)? {
            alone(leave(decision, group))?;
        }
    }
    // Whose copies go again leave now.
    renew(decision)?;
    let again: Vec<ConversationId> = decision.changed_groups();
    for conversation in again {
        if let Some(group) = decision.group(conversation)? {
            alone(leave(decision, group))?;
        }
    }
    Ok(())
}

/// What was said and is gathered leaves now; that something came is told when it would be: it says when the user was there.
pub(in crate::rules) fn flush(decision: &mut Decision<'_>) -> Result<(), Refusal> {
    for group in decision.view.groups()? {
        alone(flush_one(decision, group))?;
    }
    Ok(())
}

fn flush_one(decision: &mut Decision<'_>, mut group: Group) -> Result<(), Refusal> {
    let now = decision.now();
    let gathering: Vec<MemberId> = (group.others())
        .filter(|member| member.due.is_some_and(|due| due > now))
        .map(|member| member.id)
        .collect();
    for id in gathering {
        let copies = decision.view.copies_to(group.conversation, id)?;
        if copies.iter().any(|copy| copy.state == Delivery::Queued) {
            due::by(decision, &mut group, id, now)?;
            decision.put_group(group.clone());
        }
    }
    Ok(())
}

/// What of one group alone cannot be read holds up no other.
fn alone(done: Result<(), Refusal>) -> Result<(), Refusal> {
    match done {
        Err(Refusal::Unreadable(fault)) if !fault.whole => Ok(()),
        done => done,
    }
}

/// The user has another prekey: all members are told, with what leaves next.
fn renew(decision: &mut Decision<'_>) -> Result<(), Refusal> {
    let Some((prekey, made)) = decision.account()?.prekey else {
        return Ok(());
    };
    if !decision.now().is_within(RENEWS, made) {
        return Ok(());
    }
    for group in decision.view.groups()? {
        let old = |entry: &Entry| entry.value.prekey != prekey;
        if !group.is_in() || !group.entry.as_ref().is_some_and(old) {
            continue;
        }
        let mut group = decision.group(group.conversation)?.unwrap_or(group);
        let Some(last) = group.entry.as_ref().map(|entry| entry.value.clone()) else {
            continue;
        };
        let (id, counter) = (Some(group.id), group.next_counter());
        let entry = entry(decision, last.address, id, last.ended, counter)?;
        group.entry = Some(entry);
        let leave = decision.now().after(DAY);
        for member in group.members.iter_mut().filter(|member| member.is_in) {
            member.entry_due = true;
            member.hurry(leave);
        }
        decision.put_group(group);
    }
    Ok(())
}

/// What is to be told to members, and is due.
fn leave(decision: &mut Decision<'_>, mut group: Group) -> Result<(), Refusal> {
    let now = decision.now();
    let mut leave = Vec::new();
    for member in &mut group.members {
        if let Some((_, times)) = member.again.filter(|(at, _)| *at <= now) {
            member.again = due::told_again(now, times.saturating_add(1));
            member.owe_acts();
            member.due = Some(now);
        }
        leave.extend(member.due.filter(|due| *due <= now).map(|_| member.id));
    }
    for id in leave {
        due::by(decision, &mut group, id, now)?;
    }
    let asks = group.recovers.as_ref().and_then(|it| it.again);
    if let Some((_, times)) = asks.filter(|(at, _)| *at <= now) {
        recovered::ask(decision, &mut group, times.saturating_add(1))?;
    }
    bid::again(decision, &mut group)?;
    room::tick(decision, &mut group)?;
    decision.put_group(group);
    Ok(())
}

/// No answer came in time: over IRC after half a minute, by mail after a day, two, and at last five.
fn overdue(decision: &mut Decision<'_>, mut copy: Copy) -> Result<(), Refusal> {
    let Some(mut group) = decision.group(copy.conversation)? else {
        return Ok(());
    };
    let tried = copy.via == Some(Via::Mail) && copy.attempts >= TRIES;
    if tried || copy.state == Delivery::Queued {
        let why = match copy.mailed_at > Seconds(0) {
            true => "no answer for five days",
            false => "it could not be sent for five days",
        };
        return said::fail(decision, copy, why);
    }
    let now = decision.now();
    let by_mail = copy.via == Some(Via::Mail);
    let Some(member) = group.member_mut(copy.to).filter(|member| member.is_in) else {
        return said::fail(decision, copy, "not in the group any more");
    };
    member.fresh |= by_mail;
    if by_mail {
        // The key of the rooms may have been lost with it.
        (member.room, member.key_due) = (None, true);
    }
    if by_mail && member.heads.is_empty() {
        // Perhaps the book has not come to them, and they are not in, as they see it.
        member.owe_acts();
    }
    member.hurry(now);
    copy.again(said::ends(&copy, now));
    decision.cause(Effect::Copy(Box::new(copy)));
    decision.put_group(group);
    Ok(())
}

//! What is said in a room, by the user and by others, and what has come of that.

use std::time::Duration;

use super::closed::closed;
use super::fit::best;
use super::turn::RoomTurn;
use crate::protocol::codec::encode;
use crate::protocol::group::MemberId;
use crate::protocol::group::letters::{Got, GotOf};
use crate::protocol::group::room::{Coming, RoomKeyName};
use crate::protocol::letter::{Body, Letter, LetterId};
use crate::protocol::time::Seconds;
use crate::rules::conversation::Author;
use crate::rules::decision::Decision;
use crate::rules::effect::Effect;
use crate::rules::event::Came;
use crate::rules::group::reach::is_reached;
use crate::rules::group::state::Group;
use crate::rules::group::{due, got, letter, said as copies, took};
use crate::rules::message::{Delivery, Via};
use crate::rules::queue::retry::IRC_PATIENCE;
use crate::rules::refusal::Refusal;

/// Something happens in a room of a group that the user is in.
pub(in crate::rules) fn take_turn(
    decision: &mut Decision<'_>,
    turn: RoomTurn,
) -> Result<(), Refusal> {
    let (RoomTurn::Heard { group, .. } | RoomTurn::Say { group, .. } | RoomTurn::Got { group, .. }) =
        &turn;
    let Some(group) = decision.group(*group)?.filter(Group::is_in) else {
        return Ok(());
    };
    match turn {
        RoomTurn::Heard { from, letter, .. } => heard(decision, group, from, &letter),
        RoomTurn::Say { key, .. } | RoomTurn::Got { key, .. }
            if !is_open(decision, &group, key)? =>
        {
            Ok(())
        }
        RoomTurn::Say { there, .. } => say(decision, &group, &there),
        RoomTurn::Got { there, opened, .. } => tell_got(decision, group, &there, opened),
    }
}

/// Whether the user may say something in the room of a key now: the agent may not have left it yet.
fn is_open(decision: &Decision<'_>, group: &Group, key: RoomKeyName) -> Result<bool, Refusal> {
    let now = decision.now();
    let counts = best(group, now).is_some_and(|kept| kept.name() == key);
    Ok(counts && closed(decision.view, decision.settings, group, now)?.is_none())
}

/// What somebody says in a room is heard of who is in, and not blocked.
fn heard(
    decision: &mut Decision<'_>,
    group: Group,
    from: MemberId,
    letter: &Letter,
) -> Result<(), Refusal> {
    let Some(member) = group.member(from).filter(|member| member.is_in) else {
        return Ok(());
    };
    if due::is_blocked(decision.view, member)? || !is_reached(decision, &group, member)? {
        return Ok(());
    }
    if let Body::Said(said) = &letter.body {
        return took::hear(decision, group, from, &Came::Room, letter, said);
    }
    if let Body::Got(got) = &letter.body {
        return got::hear(decision, group, from, got);
    }
    Ok(())
}

/// What was said just now leaves for all who are there at once; what of it is not acknowledged in half a minute leaves as a
/// copy. Mail that was quicker keeps nothing out of the room. What was said before does not come again: its copies are on their way.
fn say(decision: &mut Decision<'_>, group: &Group, there: &[MemberId]) -> Result<(), Refusal> {
    let mut said: Vec<LetterId> = Vec::new();
    let mut changed = Vec::new();
    for id in there {
        for mut copy in decision.view.copies_to(group.conversation, *id)? {
            if copy.is_over() || copy.via == Some(Via::Irc) {
                continue;
            }
            let message = decision
                .view
                .message(group.conversation, Author::Us, copy.of)?;
            let Some(message) = message else { continue };
            // Of two texts in a moment the second counts as having come after it.
            let (now, then) = (decision.now_ms, message.arrival);
            if !now.is_within(FRESH, then) && !then.is_within(FRESH, now) {
                continue;
            }
            if !said.contains(&copy.of) {
                let Some(letter) = letter::in_room(group, &message) else {
                    continue;
                };
                if encode(&letter).len() > MOST_TEXT {
                    continue;
                }
                said.push(copy.of);
                decision.cause(Effect::InRoom(Box::new(letter)));
            }
            copy.via = Some(Via::Irc);
            if copy.mailed_at == Seconds(0) {
                copy.state = Delivery::Sent;
                copy.due = Some(decision.now().after(IRC_PATIENCE));
            }
            changed.push(copy);
        }
    }
    copies::put(decision, changed)
}

/// What has come of those who are there is told to all of them at once, and not by mail any more.
fn tell_got(
    decision: &mut Decision<'_>,
    mut group: Group,
    there: &[MemberId],
    opened: Vec<Coming>,
) -> Result<(), Refusal> {
    let mut all = Vec::new();
    for member in &mut group.members {
        if there.contains(&member.id) && std::mem::take(&mut member.got_due) {
            all.extend(member.got.clone());
        }
    }
    let (first, rest) = all.split_at(all.len().min(MOST_GOTS));
    if !first.is_empty() || !opened.is_empty() {
        in_room(decision, &group, first.to_vec(), opened);
    }
    for of in rest.chunks(MOST_GOTS) {
        in_room(decision, &group, of.to_vec(), Vec::new());
    }
    if !all.is_empty() {
        decision.put_group(group);
    }
    Ok(())
}

fn in_room(decision: &mut Decision<'_>, group: &Group, of: Vec<GotOf>, opened: Vec<Coming>) {
    let body = Body::Got(Got {
        group: None,
        of,
        heads: group.shown_heads(),
        opened,
    });
    let letter = Letter::bare(decision.fresh_id(), decision.now_ms, body);
    decision.cause(Effect::InRoom(Box::new(letter)));
}

/// So many authors are named in one line: as long as it can be, it is about that of a long text.
const MOST_GOTS: usize = 16;

/// The longest letter that goes through a room, in bytes: about eight lines.
const MOST_TEXT: usize = 2_048;
/// What was said longer ago leaves as copies alone: well before a line that nobody acknowledged is to go as one.
const FRESH: Duration = Duration::from_secs(20);

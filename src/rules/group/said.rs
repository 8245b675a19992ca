//! What the user said in a group: how far it has come with each member, and with all.

use super::copy::{Copy, together};
use crate::protocol::group::MemberId;
use crate::protocol::letter::LetterId;
use crate::protocol::time::{DAY, Seconds};
use crate::rules::conversation::{Author, ConversationId};
use crate::rules::decision::Decision;
use crate::rules::effect::{Effect, Notice};
use crate::rules::message::{Delivery, Message};
use crate::rules::queue::retry::LONGEST_TEXT;
use crate::rules::refusal::Refusal;

/// Why nothing goes to a member who is not the one known at their address.
pub(super) const OTHER_KEYS: &str = "their keys are not those of whoever has that address";

/// A copy has not come, and will not.
pub(super) fn fail(
    decision: &mut Decision<'_>,
    mut copy: Copy,
    why: impl Into<String>,
) -> Result<(), Refusal> {
    (copy.state, copy.due) = (Delivery::Failed, None);
    copy.reason = Some(why.into());
    put(decision, vec![copy])
}

/// When a copy that goes again has failed if nothing takes it.
pub(super) fn ends(copy: &Copy, now: Seconds) -> Seconds {
    let first = match copy.mailed_at > Seconds(0) {
        true => copy.mailed_at,
        false => now,
    };
    first.after(LONGEST_TEXT).max(now.after(DAY))
}

/// It is reported that a copy will never arrive. Anybody can forge a report: until its time is over the member may still say that
/// it came.
pub(super) fn reported(
    decision: &mut Decision<'_>,
    mut copy: Copy,
    why: &str,
) -> Result<(), Refusal> {
    copy.state = Delivery::Failed;
    copy.due = Some(copy.mailed_at.after(LONGEST_TEXT));
    copy.reason = Some(why.to_owned());
    put(decision, vec![copy])
}

/// Nothing reaches a member any more: what was on its way to them has failed.
pub(super) fn fail_all(
    decision: &mut Decision<'_>,
    group: ConversationId,
    to: MemberId,
    why: &str,
) -> Result<(), Refusal> {
    for copy in decision.view.copies_to(group, to)? {
        fail(decision, copy, why)?;
    }
    Ok(())
}

/// Copies of something that was said have changed: what that comes to for all of it is told.
pub(super) fn put(decision: &mut Decision<'_>, changed: Vec<Copy>) -> Result<(), Refusal> {
    let mut said: Vec<(ConversationId, LetterId)> = Vec::new();
    for copy in &changed {
        let what = (copy.conversation, copy.of);
        if !said.contains(&what) {
            said.push(what);
        }
    }
    for (group, of) in said {
        let is_of = |copy: &&Copy| copy.conversation == group && copy.of == of;
        let these: Vec<&Copy> = changed.iter().filter(is_of).collect();
        come_further(decision, group, of, &these)?;
    }
    for copy in changed {
        decision.cause(Effect::Copy(Box::new(copy)));
    }
    Ok(())
}

fn come_further(
    decision: &mut Decision<'_>,
    group: ConversationId,
    of: LetterId,
    changed: &[&Copy],
) -> Result<(), Refusal> {
    let mut copies = decision.copies_of(group, of)?;
    let before = delivered(&copies);
    for copy in &mut copies {
        if let Some(new) = changed.iter().find(|new| new.to == copy.to) {
            *copy = (**new).clone();
        }
    }
    let state = together(&copies);
    let Some(mut message) = decision.view.message(group, Author::Us, of)? else {
        return Ok(());
    };
    let failed = changed.iter().find(|copy| copy.state == Delivery::Failed);
    let news = message.state != state || before != delivered(&copies) || failed.is_some();
    if !news {
        return Ok(());
    }
    let is_further = message.state != state;
    message.state = state;
    tell(decision, &message, &copies, failed.copied());
    if is_further {
        message.via = changed.iter().find_map(|copy| copy.via).or(message.via);
        decision.cause(Effect::Message(Box::new(message)));
    }
    Ok(())
}

/// Tells how far something has come, and with whom it failed now.
pub(super) fn tell(
    decision: &mut Decision<'_>,
    message: &Message,
    copies: &[Copy],
    failed: Option<&Copy>,
) {
    decision.tell(Notice::Copies {
        group: message.conversation,
        id: message.id,
        state: message.state,
        delivered: delivered(copies),
        of: copies.len(),
        failed: failed.map(|copy| (copy.contact, copy.reason.clone().unwrap_or_default())),
    });
}

fn delivered(copies: &[Copy]) -> usize {
    let is_there = |copy: &&Copy| copy.state == Delivery::Delivered;
    copies.iter().filter(is_there).count()
}

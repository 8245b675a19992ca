//! What the user said in a group: how far it has come with each member, and with all.

use super::copy::{Copy, together};
use crate::protocol::letter::LetterId;
use crate::rules::conversation::{Author, ConversationId};
use crate::rules::decision::Decision;
use crate::rules::effect::{Effect, Notice};
use crate::rules::message::Delivery;
use crate::rules::refusal::Refusal;

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
    let mut copies = decision.view.copies_of(group, of)?;
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
    decision.tell(Notice::Copies {
        group,
        id: of,
        state,
        delivered: delivered(&copies),
        of: copies.len(),
        failed: failed.map(|copy| (copy.contact, copy.reason.clone().unwrap_or_default())),
    });
    if message.state != state {
        message.state = state;
        message.via = changed.iter().find_map(|copy| copy.via).or(message.via);
        decision.cause(Effect::Message(Box::new(message)));
    }
    Ok(())
}

fn delivered(copies: &[Copy]) -> usize {
    let is_there = |copy: &&Copy| copy.state == Delivery::Delivered;
    copies.iter().filter(is_there).count()
}

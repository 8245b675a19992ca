//! A member says how much of what the user said has come.

use super::heads;
use super::said;
use super::state::Group;
use crate::protocol::group::MemberId;
use crate::protocol::group::letters::{Got, SaidHash};
use crate::protocol::time::Seconds;
use crate::rules::conversation::Author;
use crate::rules::decision::Decision;
use crate::rules::message::Delivery;
use crate::rules::refusal::Refusal;

pub(super) fn hear(
    decision: &mut Decision<'_>,
    mut group: Group,
    from: MemberId,
    got: &Got,
) -> Result<(), Refusal> {
    heads::shown(decision, &mut group, from, &got.heads)?;
    if let Some(of) = got.of.iter().find(|of| of.author == group.us) {
        let mut here = decision.view.copies_to(group.conversation, from)?;
        // What they were told not to wait for counts as come at their side, and need not have.
        let told = group.member(from).map_or(u64::MAX, |it| it.since_told);
        let mut failed = decision.view.copies_failed(group.conversation, from)?;
        failed.retain(|copy| copy.number >= told && copy.mailed_at > Seconds(0));
        here.extend(failed);
        here.retain(|copy| of.has(copy.number));
        for copy in &mut here {
            (copy.state, copy.due, copy.reason) = (Delivery::Delivered, None, None);
        }
        if !here.is_empty() {
            said::put(decision, here)?;
        }
        let said = decision
            .view
            .said(group.conversation, Author::Us, of.up_to)?;
        let ours = said.and_then(|row| row.in_group).map(|place| place.hash);
        let differs = of.hash != SaidHash::default() && ours.is_some_and(|ours| ours != of.hash);
        if let Some(member) = group.member_mut(from) {
            // What opened is no reason for another session.
            member.fresh = false;
            if differs {
                let contact = member.contact;
                let text = format!(
                    "in {} what you said has come differently to them",
                    group.name
                );
                decision.word(contact, text);
            }
        }
    }
    decision.put_group(group);
    Ok(())
}

//! A member says how much of what the user said has come.

use super::heads;
use super::said;
use super::state::Group;
use super::took;
use crate::protocol::group::MemberId;
use crate::protocol::group::letters::{Got, GotOf, SaidHash};
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
    let before = group.clone();
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
        if let Some(member) = group.member_mut(from) {
            // What opened is no reason for another session.
            member.fresh = false;
        }
    }
    for of in &got.of {
        compare(decision, &mut group, from, of)?;
    }
    if group != before {
        decision.put_group(group);
    }
    Ok(())
}

/// What came to a member under a number, and to the user in other words, is told once; who of the two, or its author, is to blame
/// cannot be known.
fn compare(
    decision: &mut Decision<'_>,
    group: &mut Group,
    from: MemberId,
    of: &GotOf,
) -> Result<(), Refusal> {
    let (author, name) = match group.member(of.author) {
        Some(member) => (
            Author::Contact(member.contact),
            took::name(decision, member)?,
        ),
        None if of.author == group.us => (Author::Us, "you".to_owned()),
        None => return Ok(()),
    };
    let here = decision.view.said(group.conversation, author, of.up_to)?;
    let ours = here.and_then(|row| row.in_group).map(|place| place.hash);
    if of.hash == SaidHash::default() || ours.is_none_or(|ours| ours == of.hash) {
        return Ok(());
    }
    let text = format!(
        "in {} what {name} said came differently to them",
        group.name
    );
    if let Some(member) = group.member_mut(from)
        && member.differs(decision.now())
    {
        decision.word(member.contact, text);
    }
    Ok(())
}

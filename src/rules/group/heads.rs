//! The heads that letters show: who lacks what we hold is sent it.

use super::book::Book;
use super::due;
use super::state::Group;
use crate::protocol::group::{Head, MemberId};
use crate::protocol::time::{DAY, HOUR};
use crate::rules::decision::Decision;
use crate::rules::refusal::Refusal;

/// The heads that a member showed: who shows less than we hold is sent what they lack, once an hour at most; who shows nothing that
/// we hold, and did so before, once a day. So whoever writes to us and does not know that we are out learns it, but for whom we
/// block.
pub(super) fn shown(
    decision: &mut Decision<'_>,
    group: &mut Group,
    from: MemberId,
    heads: &[Head],
) -> Result<(), Refusal> {
    let ours = group.shown_heads();
    let now = decision.now();
    let (conversation, is_in) = (group.conversation, group.is_in());
    let blocked = match group.member(from) {
        Some(member) => decision
            .person(member.contact)?
            .is_some_and(|it| it.blocked),
        None => false,
    };
    let Some(member) = group.member_mut(from) else {
        return Ok(());
    };
    member.heads = heads.to_vec();
    member.again = None;
    let same = heads.len() == ours.len() && heads.iter().all(|head| ours.contains(head));
    if same || !member.is_in || (blocked && !is_in) || now.is_within(HOUR, member.repaired_at) {
        return Ok(());
    }
    let Some(book) = Book::restored(decision.view.acts(conversation)?.0) else {
        return Ok(());
    };
    let held = book.named(heads);
    let again = held.is_empty() && member.showed_nothing;
    if book.lacking(&held).is_empty() || (again && now.is_within(DAY, member.repaired_at)) {
        return Ok(());
    }
    (member.repaired_at, member.showed_nothing) = (now, held.is_empty());
    (member.acts_due, member.repairs) = (true, member.repairs || !member.acts_due);
    member.told.clear();
    // The key of the rooms was told with them.
    member.room = None;
    due::by(decision, group, from, now)?;
    Ok(())
}

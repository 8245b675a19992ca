//! Which key counts: of those whose members are all in, the one of the latest book.

use super::kept::KeptKey;
use crate::protocol::group::MemberId;
use crate::protocol::group::room::MAX_WINDOWS;
use crate::protocol::time::Seconds;
use crate::rules::group::state::Group;

/// The key that counts: of those that are fit the one with the deepest heads, then the highest name.
pub(super) fn best(group: &Group, now: Seconds) -> Option<&KeptKey> {
    let fit = group
        .rooms
        .keys
        .iter()
        .filter(|kept| is_fit(kept, group, now));
    fit.max_by_key(|kept| (kept.depth, kept.name()))
}

/// Whether the room of it is that of the group as it is: all whom it was made for are in, its maker is an admin.
pub(super) fn is_fit(kept: &KeptKey, group: &Group, now: Seconds) -> bool {
    let made = &kept.key.made.value;
    let is_in = |id: &MemberId| match *id == group.us {
        true => group.is_in(),
        false => group.member(*id).is_some_and(|member| member.is_in),
    };
    is_admin(group, made.maker)
        && kept.members.iter().all(is_in)
        && is_of_now(made.first, made.window_at(now))
        // A clock that ran ahead has carried it beyond the others.
        && kept.key.window <= made.window_at(now).saturating_add(1)
        && kept.now(now).is_some()
}

/// Whether it is for exactly those who are in.
pub(super) fn is_exact(kept: &KeptKey, group: &Group) -> bool {
    kept.members.len() == group.count()
}

/// A first window neither beyond the next one nor so far back that the key has ended.
pub(super) fn is_of_now(first: u64, window: u64) -> bool {
    let longest = u64::try_from(MAX_WINDOWS).unwrap_or(0);
    first <= window.saturating_add(1) && window.saturating_sub(first) < longest
}

fn is_admin(group: &Group, id: MemberId) -> bool {
    match id == group.us {
        true => group.admin,
        false => group
            .member(id)
            .is_some_and(|it| it.is_in && it.rank.is_some()),
    }
}

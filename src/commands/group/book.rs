//! Who has vouched for whom, as a group's book says.

use crate::account::Members;
use crate::protocol::group::{Act, MemberId, What};
use crate::rules::group::state::Member;

/// How somebody came into a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Came {
    /// They founded it.
    Founded,
    /// This member took them in, last.
    By(MemberId),
}

/// How a member came in, if the acts show it.
pub(super) fn came(acts: &[Act], member: &Member) -> Option<Came> {
    let keys = &member.entry.value.keys;
    let mut came = None;
    for act in acts {
        came = match &act.value.what {
            What::Found(_) if act.value.author == member.id => Some(Came::Founded),
            What::Add(entry)
                if MemberId::of(entry.value.keys.ed25519) == member.id
                    || entry.value.keys == *keys =>
            {
                Some(Came::By(act.value.author))
            }
            What::Found(_)
            | What::Add(_)
            | What::Remove(_)
            | What::Leave
            | What::Admin(..)
            | What::Title(_)
            | What::Rooms(_)
            | What::Renew(..) => came,
        };
    }
    came
}

/// What somebody in a group is called, by their id in it.
pub(super) fn called(members: &Members, id: MemberId) -> String {
    if id == members.group.us {
        return "you".to_owned();
    }
    let member = members.group.member(id);
    member.map_or_else(|| id.to_string(), |member| members.named(member).name)
}

//! Links into a group: invites that lead on.
//!
//! ```text
//!   an admin                                             whoever has the link
//!   makes it: an invite, for this group                  follows it: yes, to this group, from this person, once
//!   its use is counted: they came for the group ◀──────  request, with the invite's proof
//!      ⋮  accept, confirm; a friend's is a request that heals
//!   they are a friend who knows groups: question ──────▶ answered unasked
//!   the act that takes them in ◀───────────────────────  entry
//! ```
//!
//! Whoever has not followed a link is asked as ever, and whoever comes by one that does not lead into a group is a friend and no more.

use super::state::{ASKED, Group};
use crate::protocol::group::GroupId;
use crate::protocol::time::{HOUR, Seconds};
use crate::rules::contact::Contact;
use crate::rules::conversation::ContactId;
use crate::rules::decision::Decision;
use crate::rules::invites::{self, Use};
use crate::rules::refusal::Refusal;
use crate::rules::view::Unreadable;

/// An admin makes an invite whose link leads into a group.
pub(super) fn make(
    decision: &mut Decision<'_>,
    group: &mut Group,
    uses: u32,
    expires_at: Seconds,
) -> Result<(), Refusal> {
    let mut links = Vec::new();
    for id in &group.links {
        links.extend(decision.view.invite(*id)?.map(|_| *id));
    }
    links.push(invites::make(decision, uses, expires_at));
    group.links = links;
    Ok(())
}

/// Somebody has used an invite: if it leads into a group, they came for that. Once for each use; again if they were asked, and
/// have not answered.
pub(in crate::rules) fn used(
    decision: &Decision<'_>,
    person: &mut Contact,
    invite: [u8; 8],
    how: Use,
) -> Result<(), Unreadable> {
    let groups = decision.view.groups()?;
    let Some(group) = groups.iter().find(|group| group.links.contains(&invite)) else {
        return Ok(());
    };
    let now = decision.now();
    let is_asked =
        |(who, at): &(ContactId, Seconds)| *who == person.id && !now.is_within(HOUR, *at);
    if how == Use::First || group.asked.iter().any(is_asked) {
        note(&mut person.came_for, group.id, now);
    }
    Ok(())
}

/// Whether the user has followed a link of this person's into this group, and not come in by it; from now on they have.
pub(super) fn follows(
    decision: &mut Decision<'_>,
    whose: ContactId,
    into: GroupId,
) -> Result<bool, Refusal> {
    let mut person = decision.known(whose)?;
    let now = decision.now();
    let is_this = |(group, at): &(GroupId, Seconds)| *group == into && now.is_within(ASKED, *at);
    let follows = person.follows_into.iter().any(is_this);
    person.follows_into.retain(|(group, _)| *group != into);
    if follows {
        decision.put(person);
    }
    Ok(follows)
}

/// Notes a group, of which there are a few.
pub(super) fn note(groups: &mut Vec<(GroupId, Seconds)>, group: GroupId, now: Seconds) {
    groups.retain(|(one, at)| *one != group && now.is_within(ASKED, *at));
    groups.push((group, now));
}

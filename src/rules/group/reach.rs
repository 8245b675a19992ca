//! Whom letters of a group go to, and from whom they are heard.

use super::state::{Group, Member};
use crate::rules::contact::Contact;
use crate::rules::decision::Decision;
use crate::rules::view::Unreadable;

/// To whom letters for a member go, and from whom theirs are heard.
pub(super) enum Reach {
    /// To a friend, under the keys in force.
    Friend(Box<Contact>),
    /// To somebody who is no friend, or blocked.
    Stranger,
    /// Nobody: their address is ours, a friend's who has other keys, or somebody else's in the group; or nothing can be sent
    /// there.
    Nobody,
}

/// An entry says what its signer likes of their address: whoever is vouched for under another's address is nobody.
pub(super) fn reach(
    decision: &Decision<'_>,
    group: &Group,
    member: &Member,
) -> Result<Reach, Unreadable> {
    let address = &member.entry.value.address;
    let theirs = |other: &&Member| other.contact == member.contact;
    let shared = group
        .others()
        .filter(theirs)
        .any(|other| other.id != member.id);
    if shared || address.could_run() || decision.settings.is_ours(address) {
        return Ok(Reach::Nobody);
    }
    let Some(person) = decision.person(member.contact)? else {
        return Ok(Reach::Stranger);
    };
    Ok(match person.keys() {
        Some(keys) if *keys != member.entry.value.keys => Reach::Nobody,
        Some(_) if !person.blocked => Reach::Friend(Box::new(person)),
        Some(_) | None => Reach::Stranger,
    })
}

/// Whether letters of a member are heard, and reach them.
pub(super) fn is_reached(
    decision: &Decision<'_>,
    group: &Group,
    member: &Member,
) -> Result<bool, Unreadable> {
    Ok(!matches!(reach(decision, group, member)?, Reach::Nobody))
}

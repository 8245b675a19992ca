//! Whom letters of a group go to, and from whom they are heard.

use super::state::{Group, Member};
use crate::rules::account::Settings;
use crate::rules::contact::Contact;
use crate::rules::decision::Decision;
use crate::rules::view::Unreadable;

/// To whom letters for a member go, and from whom theirs are heard.
pub(super) enum Reach {
    /// To a friend, under the keys in force.
    Friend(Box<Contact>),
    /// To somebody who is no friend, or blocked.
    Stranger,
    /// Nobody: their address is ours, a friend's who has other keys, or somebody's who was in the group before them; or nothing
    /// can be sent there.
    Nobody,
}

/// An entry says what its signer likes of their address: whoever is vouched for under another's address is nobody.
pub(super) fn reach(
    decision: &Decision<'_>,
    group: &Group,
    member: &Member,
) -> Result<Reach, Unreadable> {
    let person = decision.person(member.contact)?;
    Ok(reach_of(decision.settings, person, group, member))
}

/// The same, with whoever of that address is on the roster.
pub(super) fn reach_of(
    settings: &Settings,
    person: Option<Contact>,
    group: &Group,
    member: &Member,
) -> Reach {
    let entry = &member.entry.value;
    if entry.address.could_run() || settings.is_ours(&entry.address) {
        return Reach::Nobody;
    }
    if let Some(person) = person
        && let Some(keys) = person.keys()
    {
        return match *keys == entry.keys {
            true if person.blocked => Reach::Stranger,
            true => Reach::Friend(Box::new(person)),
            false => Reach::Nobody,
        };
    }
    // Those who are out count, too: what they said is theirs.
    let before = |other: &&Member| {
        other.contact == member.contact && other.id != member.id && other.first < member.first
    };
    match group.members.iter().any(|other| before(&other)) {
        true => Reach::Nobody,
        false => Reach::Stranger,
    }
}

/// Whether letters of a member are heard, and reach them.
pub(super) fn is_reached(
    decision: &Decision<'_>,
    group: &Group,
    member: &Member,
) -> Result<bool, Unreadable> {
    Ok(!matches!(reach(decision, group, member)?, Reach::Nobody))
}

//! The letter of something that the user said in a group, made anew from its row for each copy.

use super::state::Group;
use crate::protocol::codec::{said_hash, spoken};
use crate::protocol::group::MemberId;
use crate::protocol::group::letters::SaidHash;
use crate::protocol::letter::{Body, Letter, Said};
use crate::rules::conversation::Author;
use crate::rules::delivery::body_of;
use crate::rules::message::{InGroup, Message};

/// The letter for a member to whom nothing with a number below `since` is still to come.
pub(super) fn said(group: &Group, message: &Message, since: u64) -> Option<Letter> {
    let said = Said {
        group: Some(group.id),
        since: Some(since),
        heads: group.shown_heads(),
        ..bare(group, message)?
    };
    Some(Letter::bare(message.id, message.sent, Body::Said(said)))
}

/// The letter for all who are in the group's room.
pub(super) fn in_room(group: &Group, message: &Message) -> Option<Letter> {
    let said = Said {
        heads: group.shown_heads(),
        ..bare(group, message)?
    };
    Some(Letter::bare(message.id, message.sent, Body::Said(said)))
}

/// Gives something that the user says its place after all that they have said in the group. Whom it names it names for good: each
/// copy says the same.
pub(super) fn number(group: &mut Group, message: &mut Message, whose: Option<Author>) {
    group.number = group.number.saturating_add(1);
    let before = message.in_group.and_then(|place| named(group, &place));
    let mut place = InGroup {
        number: group.number,
        hash: group.hash,
        before: group.hash,
        whose,
        named: before.or_else(|| whose.and_then(|whose| member_of(group, whose))),
    };
    message.in_group = Some(place);
    place.hash = hash(group, message);
    message.in_group = Some(place);
    group.hash = place.hash;
}

/// What stands for something that the user said.
fn hash(group: &Group, message: &Message) -> SaidHash {
    let Some(said) = bare(group, message) else {
        return SaidHash::default();
    };
    let letter = Letter::bare(message.id, message.sent, Body::Said(said.clone()));
    said_hash(group.id, group.us, &letter, &said)
}

/// What every copy has.
fn bare(group: &Group, message: &Message) -> Option<Said> {
    let place = message.in_group?;
    Some(Said {
        group: None,
        number: place.number,
        before: place.before,
        body: spoken(body_of(message)),
        whose: named(group, &place),
        heads: Vec::new(),
        since: None,
    })
}

/// Whom it names: as it was said, or, of what was said before that was kept, as it seems now.
fn named(group: &Group, place: &InGroup) -> Option<MemberId> {
    let seems = || place.whose.and_then(|whose| member_of(group, whose));
    place.named.or_else(seems)
}

/// Who an author is in a group.
pub(super) fn member_of(group: &Group, author: Author) -> Option<MemberId> {
    match author {
        Author::Us => Some(group.us),
        Author::Contact(contact) => {
            let mut members = group.members.iter();
            let found = members.find(|member| member.contact == contact && member.is_in);
            found
                .or_else(|| {
                    group
                        .members
                        .iter()
                        .find(|member| member.contact == contact)
                })
                .map(|member| member.id)
        }
    }
}

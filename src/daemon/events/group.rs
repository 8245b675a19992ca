//! What happens in groups, for watchers and hooks: with the names that the user knows.

use super::said::{change_of, text};
use crate::account::{Account, AccountError, Members, Named};
use crate::agent::Occupants;
use crate::edge::control::event::{Event, Who};
use crate::protocol::clean::one_line;
use crate::rules::conversation::{Author, ContactId, ConversationId};
use crate::rules::effect::{GroupNews, Notice};
use crate::rules::message::Message;
use crate::rules::words;

/// Which group a notice is about, if it is about one.
pub(super) fn of(notice: &Notice) -> Option<ConversationId> {
    let in_group = |message: &Message| message.in_group.map(|_| message.conversation);
    match notice {
        Notice::Text { message } => in_group(message),
        Notice::Change { change, .. } => in_group(change),
        Notice::Group { group, .. }
        | Notice::Copies { group, .. }
        | Notice::SeenIn { group, .. } => Some(*group),
        Notice::Request { .. }
        | Notice::Friend { .. }
        | Notice::Typing { .. }
        | Notice::State { .. }
        | Notice::Seen { .. }
        | Notice::Rotated { .. }
        | Notice::Status { .. }
        | Notice::Here { .. }
        | Notice::Presence { .. }
        | Notice::Word { .. } => None,
    }
}

/// What it is for watchers and hooks: none of what is said in a group that the user has muted.
pub(super) fn event(
    account: &Account,
    group: ConversationId,
    notice: &Notice,
) -> Result<Option<Event>, AccountError> {
    let members = account.members_in(group)?;
    Ok(members.and_then(|members| told(&members, notice)))
}

pub(super) fn told(members: &Members, notice: &Notice) -> Option<Event> {
    let group = one_line(&members.group.name);
    let by = |author: Author| who(members.author(author).unwrap_or_default());
    match notice {
        Notice::Text { message } if !members.group.muted => {
            Some(text(message, by(message.author), Some(group)))
        }
        Notice::Change { change, of } if !members.group.muted => {
            change_of(change, of, by(change.author), Some(group))
        }
        Notice::Group { by, what, .. } => Some(news(members, group, *by, what)),
        Notice::Copies {
            id,
            state,
            delivered,
            of,
            failed,
            ..
        } => {
            let (friend, reason) = failed.as_ref().map_or((None, None), |(friend, why)| {
                (Some(members.who(*friend)), Some(one_line(why)))
            });
            Some(Event::State {
                who: who(friend.unwrap_or_default()),
                group: Some(group),
                id: id.to_string(),
                state: words::state(*state).to_owned(),
                via: None,
                reason,
                delivered: Some(*delivered),
                of: Some(*of),
            })
        }
        Notice::Text { .. }
        | Notice::Change { .. }
        | Notice::Request { .. }
        | Notice::Friend { .. }
        | Notice::Typing { .. }
        | Notice::State { .. }
        | Notice::Seen { .. }
        | Notice::Rotated { .. }
        | Notice::Status { .. }
        | Notice::Here { .. }
        | Notice::Presence { .. }
        | Notice::SeenIn { .. }
        | Notice::Word { .. } => None,
    }
}

/// Who is in the room of a group.
pub(super) fn there(
    account: &Account,
    group: ConversationId,
    there: &Occupants,
) -> Result<Option<Event>, AccountError> {
    let members = account.members_in(group)?;
    Ok(members.map(|members| in_room(&members, there)))
}

pub(super) fn in_room(members: &Members, occupants: &Occupants) -> Event {
    let others = members.group.others();
    let there = others.filter(|one| occupants.others.contains(&one.id));
    Event::Room {
        group: one_line(&members.group.name),
        inside: occupants.us,
        there: there.map(|one| who(members.named(one))).collect(),
    }
}

fn news(members: &Members, group: String, by: Option<ContactId>, what: &GroupNews) -> Event {
    let by = by.map(|by| who(members.who(by)));
    let of_group = |state: &str, by| Event::Group {
        group: group.clone(),
        state: state.to_owned(),
        title: one_line(&members.group.title.name),
        topic: one_line(&members.group.title.topic),
        by,
    };
    let of_member = |id: &ContactId, state: &str, by| Event::Member {
        who: who(members.who(*id)),
        group: group.clone(),
        state: state.to_owned(),
        by,
    };
    match what {
        GroupNews::Asked => of_group("asked", by),
        GroupNews::Joined => of_group("in", by),
        GroupNews::Out => of_group("out", by),
        GroupNews::Titled(_) => of_group("titled", by),
        GroupNews::Added(id) => of_member(id, "in", by),
        GroupNews::Left(id) => of_member(id, "left", by),
        GroupNews::Removed(id) => of_member(id, "removed", by),
        GroupNews::Admin(Some(id), on) => of_member(id, admin(*on), by),
        GroupNews::Admin(None, on) => of_group(admin(*on), by),
    }
}

const fn admin(on: bool) -> &'static str {
    if on { "admin" } else { "no admin" }
}

fn who(named: Named) -> Who {
    Who {
        friend: named.name,
        address: named.address,
    }
}

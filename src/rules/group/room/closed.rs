//! Why there is no room of a group for the user now.

use super::fit::best;
use crate::protocol::group::MemberId;
use crate::protocol::letter::Network;
use crate::protocol::time::Seconds;
use crate::rules::account::Settings;
use crate::rules::contact::Contact;
use crate::rules::group::due::must_not_see;
use crate::rules::group::reach::{Reach, reach_of};
use crate::rules::group::state::{Group, Member};
use crate::rules::view::{Unreadable, View};

/// What keeps the user out of a group's room, or everybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Closed {
    /// The user is not in the group.
    Out,
    /// The group has rooms on no network.
    Nowhere,
    /// None of the user's networks is for rooms.
    Off,
    /// The user is invisible.
    Invisible,
    /// These are in, who must not learn when the user is there: the user hides from them, blocks them, or has never shown
    /// themselves to them.
    Watched(Vec<MemberId>),
    /// Somebody is in who is no friend that sees the user, and the user has not said that they may; or has said that nobody may.
    NotShown,
    /// There is no key for those who are in, or it was not made for the user.
    NoKey,
}

/// What keeps the user out, if anything does. Whether they are on one of the group's networks is another question.
pub fn closed(
    view: &dyn View,
    settings: &Settings,
    group: &Group,
    now: Seconds,
) -> Result<Option<Closed>, Unreadable> {
    if !group.is_in() {
        return Ok(Some(Closed::Out));
    }
    if group.rooms.networks.is_empty() {
        return Ok(Some(Closed::Nowhere));
    }
    if settings.rooms.is_empty() {
        return Ok(Some(Closed::Off));
    }
    if view.account()?.invisible {
        return Ok(Some(Closed::Invisible));
    }
    let (mut watched, mut strangers) = (Vec::new(), false);
    for member in group.others() {
        if must_not_see(view, member)? {
            watched.push(member.id);
        }
        let person = view.contact(member.contact)?;
        strangers |= !sees_us(settings, person, group, member);
    }
    if !watched.is_empty() {
        return Ok(Some(Closed::Watched(watched)));
    }
    if !group.rooms.shown.unwrap_or(!strangers) {
        return Ok(Some(Closed::NotShown));
    }
    let key = best(group, now).filter(|kept| kept.members.contains(&group.us));
    Ok(match key.and_then(|kept| kept.now(now)) {
        Some(_) => None,
        None => Some(Closed::NoKey),
    })
}

/// Whether a member is a friend who sees the user.
fn sees_us(settings: &Settings, person: Option<Contact>, group: &Group, member: &Member) -> bool {
    match reach_of(settings, person, group, member) {
        Reach::Friend(person) => person.visible,
        Reach::Stranger | Reach::Nobody => false,
    }
}

/// The networks of a group that the user shares and joins rooms on, as the user calls them: as far as it shows in their
/// servers.
pub fn shared<'a>(settings: &'a Settings, group: &Group) -> Vec<&'a Network> {
    let is_of_group = |ours: &&Network| {
        let mut networks = group.rooms.networks.iter();
        networks.any(|theirs| ours.shares_server(theirs))
    };
    settings.rooms.iter().filter(is_of_group).collect()
}

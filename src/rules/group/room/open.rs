//! The rooms in which the user may be now.

use super::closed::closed;
use super::fit::best;
use crate::protocol::group::room::{RoomKey, RoomKeyName};
use crate::protocol::group::{GroupId, Head, MemberId};
use crate::protocol::letter::{Network, PublicKey};
use crate::protocol::time::Seconds;
use crate::rules::account::Settings;
use crate::rules::conversation::{ContactId, ConversationId};
use crate::rules::group::reach::{Reach, reach_of};
use crate::rules::group::state::Group;
use crate::rules::view::{Unreadable, View};

/// A room in which the user may be now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenRoom {
    /// Of which group.
    pub conversation: ConversationId,
    /// Its id for everybody.
    pub group: GroupId,
    /// Who the user is in it.
    pub us: MemberId,
    /// The key, in the window of now.
    pub key: RoomKey,
    /// On which networks it is.
    pub networks: Vec<Network>,
    /// Who else may speak there: their signing keys, and who has their address.
    pub members: Vec<(MemberId, PublicKey, ContactId)>,
    /// The heads of the user's book.
    pub heads: Vec<Head>,
}

impl OpenRoom {
    /// The name of its key.
    pub fn name(&self) -> RoomKeyName {
        self.key.made.value.name
    }
}

/// The room of a group in which the user may be now, if there is one: not while somebody is in who must not learn when the
/// user is there, or who may only if the user says so.
pub fn open(
    view: &dyn View,
    settings: &Settings,
    group: &Group,
    now: Seconds,
) -> Result<Option<OpenRoom>, Unreadable> {
    if closed(view, settings, group, now)?.is_some() {
        return Ok(None);
    }
    let Some(key) = best(group, now).and_then(|kept| kept.now(now)) else {
        return Ok(None);
    };
    let mut members = Vec::new();
    for member in group.others() {
        let person = view.contact(member.contact)?;
        if !matches!(reach_of(settings, person, group, member), Reach::Nobody) {
            let key = member.entry.value.keys.ed25519;
            members.push((member.id, key, member.contact));
        }
    }
    Ok(Some(OpenRoom {
        conversation: group.conversation,
        group: group.id,
        us: group.us,
        key,
        networks: group.rooms.networks.clone(),
        members,
        heads: group.shown_heads(),
    }))
}

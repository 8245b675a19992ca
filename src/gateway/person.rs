//! Who is who in groups: friends by the nicks that they have anyway, others by those that they have among strangers.

use std::collections::BTreeMap;

use crate::gateway::contacts::Contacts;
use crate::gateway::groups::Groups;
use crate::gateway::host::Member;
use crate::gateway::strangers::Strangers;
use crate::protocol::group::MemberId;

/// Somebody in a group, as lines show them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Person {
    pub(super) nick: String,
    /// `nick!user@host`.
    pub(super) source: String,
    pub(super) real_name: String,
    pub(super) account: Option<String>,
    /// On the roster, under these keys.
    pub(super) is_friend: bool,
}

impl Person {
    /// A member, by the nick that they have on the roster or among strangers.
    pub(super) fn of(member: &Member, contacts: &Contacts, strangers: &Strangers) -> Option<Self> {
        if let Some(contact) = contacts.who(member) {
            return Some(Self {
                nick: contact.nick.clone(),
                source: contact.source.clone(),
                real_name: contact.real_name(),
                account: contact.account().map(ToOwned::to_owned),
                is_friend: true,
            });
        }
        let stranger = strangers.get(member.id)?;
        Some(Self {
            nick: stranger.nick.clone(),
            source: stranger.source(),
            real_name: stranger.real_name.clone(),
            account: None,
            is_friend: false,
        })
    }
}

/// Everybody who is or was in a group, as they are called now.
pub(super) fn everybody(
    groups: &Groups,
    contacts: &Contacts,
    strangers: &Strangers,
) -> BTreeMap<MemberId, Person> {
    let members = groups.all().flat_map(|channel| &channel.group.members);
    let person = |member: &Member| Some((member.id, Person::of(member, contacts, strangers)?));
    members.filter_map(person).collect()
}

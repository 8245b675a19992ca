//! Groups, as whoever runs the gateway tells of them.

use crate::protocol::address::Address;
use crate::protocol::group::{MemberId, Title};
use crate::protocol::time::Seconds;
use crate::rules::conversation::{ContactId, ConversationId};
use crate::rules::effect::GroupNews;

use super::question::Question;

/// A group that the user is in, or may come into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The conversation in it.
    pub id: ConversationId,
    /// What the user calls it: what its channel's name is made from.
    pub name: String,
    /// What its admins call it.
    pub title: Title,
    /// How far the user is in it.
    pub standing: Standing,
    /// Since when.
    pub since: Seconds,
    /// Who the user is in it.
    pub us: MemberId,
    /// The user is an admin.
    pub admin: bool,
    /// The user is in the group's room now.
    pub there: bool,
    /// What is asked of the user before there is a room for them.
    pub question: Option<Question>,
    /// Everybody else who is or was in it.
    pub members: Vec<Member>,
}

/// How far the user is in a group; one that they are out of is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// This friend asks whether the user wants to come in.
    Asked(ContactId),
    /// The user has said yes, and is not in yet.
    Agreed,
    /// The user is in.
    In,
}

/// Somebody else who is or was in a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Who they are in all groups.
    pub id: MemberId,
    /// Who has their address: the author of their texts.
    pub contact: ContactId,
    /// What they are called in the group, if they are nobody on the roster.
    pub name: String,
    /// Their address.
    pub address: Address,
    /// The fingerprint of their key, as [`Friend::fingerprint`](super::Friend::fingerprint) has it: who shows another than
    /// the friend of that address has is somebody else.
    pub fingerprint: String,
    /// They are in.
    pub is_in: bool,
    /// They are an admin.
    pub admin: bool,
    /// They are in the group's room now.
    pub there: bool,
}

/// What has happened to a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct News {
    /// By whom; `None`: by the user.
    pub by: Option<ContactId>,
    /// What.
    pub what: GroupNews,
}

impl Group {
    /// The user is in.
    pub fn is_in(&self) -> bool {
        self.standing == Standing::In
    }

    /// Somebody who is or was in it.
    pub fn member(&self, id: MemberId) -> Option<&Member> {
        self.members.iter().find(|member| member.id == id)
    }

    /// Whose texts are a contact's: who is in first.
    pub fn author(&self, contact: ContactId) -> Option<&Member> {
        let theirs = |member: &&Member| member.contact == contact;
        let is_in = |member: &&Member| member.is_in && theirs(member);
        let mut members = self.members.iter();
        members.clone().find(is_in).or_else(|| members.find(theirs))
    }

    /// Who else is in.
    pub fn others(&self) -> impl Iterator<Item = &Member> {
        self.members.iter().filter(|member| member.is_in)
    }
}

//! Groups of the host in memory.

use super::{Fake, address};
use crate::gateway::host::{Event, Group, Member, News, Standing};
use crate::protocol::group::{MemberId, Title};
use crate::protocol::time::Seconds;
use crate::rules::conversation::ConversationId;
use crate::rules::effect::GroupNews;
use crate::rules::event::GroupAct;
use crate::rules::fake_state::{contact, conversation};

/// A group that the user has founded, with these others in it: who is named with an `@` is an admin, with a `+` there, and
/// who is on the roster of [`Fake::new`] is that friend.
pub(in crate::gateway::tests) fn group(name: &str, members: &[&str]) -> Group {
    Group {
        id: conversation(&name.replace(|c: char| !c.is_ascii_alphanumeric(), "_")),
        name: name.to_owned(),
        title: Title {
            name: name.to_owned(),
            topic: "on Sundays".to_owned(),
        },
        standing: Standing::In,
        since: Seconds(1_000),
        us: id("us"),
        admin: true,
        there: false,
        question: None,
        members: members.iter().map(|name| member(name)).collect(),
    }
}

pub(in crate::gateway::tests) fn member(name: &str) -> Member {
    let (name, admin) = match name.strip_prefix('@') {
        Some(name) => (name, true),
        None => (name, false),
    };
    let (name, there) = match name.strip_prefix('+') {
        Some(name) => (name, true),
        None => (name, false),
    };
    let local = name.replace(|c: char| !c.is_ascii_alphanumeric(), "_");
    let is_friend = ["bob", "carol", "dave"].contains(&name);
    let key = if is_friend { "abcd" } else { name };
    Member {
        id: id(name),
        contact: contact(&local),
        name: name.to_owned(),
        address: address(&local),
        fingerprint: key.to_owned(),
        is_in: true,
        admin,
        there,
    }
}

fn id(name: &str) -> MemberId {
    let mut id = [0; 8];
    let bytes = name.bytes().enumerate();
    bytes.for_each(|(at, byte)| id[at % 8] ^= byte.rotate_left(u32::try_from(at).unwrap()));
    MemberId(id)
}

impl Fake {
    pub(in crate::gateway::tests) fn group_mut(&mut self, id: ConversationId) -> &mut Group {
        let mut groups = self.groups.iter_mut();
        groups.find(|group| group.id == id).unwrap()
    }

    fn tell(&mut self, group: ConversationId, what: GroupNews) {
        let news = News { by: None, what };
        self.told.push(Event::Group(group, vec![news]));
    }

    pub(super) fn act_in_group(&mut self, act: GroupAct) -> Result<(), String> {
        if let Some(reason) = &self.refusal {
            return Err(reason.clone());
        }
        match act.clone() {
            GroupAct::Accept(group) => self.group_mut(group).standing = Standing::Agreed,
            GroupAct::Leave(group) => {
                self.groups.retain(|one| one.id != group);
                self.tell(group, GroupNews::Out);
            }
            GroupAct::Remove(group, id) => {
                let contact = self.member_mut(group, id).contact;
                self.member_mut(group, id).is_in = false;
                self.tell(group, GroupNews::Removed(contact));
            }
            GroupAct::Admin(group, id, on) => {
                self.member_mut(group, id).admin = on;
                let contact = self.member_mut(group, id).contact;
                self.tell(group, GroupNews::Admin(Some(contact), on));
            }
            GroupAct::Rename(group, name) => self.group_mut(group).name = name,
            GroupAct::Title(group, title) => {
                self.group_mut(group).title = title.clone();
                self.tell(group, GroupNews::Titled(title));
            }
            GroupAct::New { .. }
            | GroupAct::Add(..)
            | GroupAct::Refuse(_)
            | GroupAct::Mute(..)
            | GroupAct::Rooms(..)
            | GroupAct::NewKey(_)
            | GroupAct::Shown(..)
            | GroupAct::Say { .. }
            | GroupAct::Edit { .. }
            | GroupAct::Retract { .. }
            | GroupAct::React { .. }
            | GroupAct::Link { .. }
            | GroupAct::Seen(..) => self.calls.push(format!("{act:?}")),
        }
        Ok(())
    }

    fn member_mut(&mut self, group: ConversationId, id: MemberId) -> &mut Member {
        let mut members = self.group_mut(group).members.iter_mut();
        members.find(|member| member.id == id).unwrap()
    }
}

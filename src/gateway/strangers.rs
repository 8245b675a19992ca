//! Members of groups who are nobody on the roster: each under a nick made from what they are called there, which they keep.

use std::collections::{BTreeMap, BTreeSet};

use crate::gateway::contacts::{Contacts, LONGEST_NAME};
use crate::gateway::groups::Groups;
use crate::gateway::host::Member;
use crate::gateway::nick;
use crate::protocol::address::Address;
use crate::protocol::clean;
use crate::protocol::group::MemberId;

/// All of them, by who they are and by nick.
#[derive(Debug, Default)]
pub(super) struct Strangers {
    all: BTreeMap<MemberId, Stranger>,
    by_nick: BTreeMap<String, MemberId>,
    /// Nicks that clients of the user have had, folded: never a stranger's.
    own: BTreeSet<String>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stranger {
    pub(super) id: MemberId,
    pub(super) nick: String,
    pub(super) user: String,
    pub(super) host: String,
    /// What they are called in the group where they were met first.
    pub(super) real_name: String,
    pub(super) address: Address,
}

impl Strangers {
    /// Who has this nick.
    pub(super) fn named(&self, nick: &str) -> Option<&Stranger> {
        self.get(*self.by_nick.get(&nick::fold(nick))?)
    }

    /// Who this is.
    pub(super) fn get(&self, id: MemberId) -> Option<&Stranger> {
        self.all.get(&id)
    }

    /// A client of the user has this nick: from the next [`Strangers::follow`] on it is no stranger's. Says whether it is
    /// one's now.
    pub(super) fn give_way(&mut self, nick: &str) -> bool {
        let folded = nick::fold(nick);
        let is_taken = self.by_nick.contains_key(&folded);
        if self.own.len() >= MOST_OWN {
            self.own.clear();
        }
        self.own.insert(folded);
        is_taken
    }

    /// Gives a nick to each who is or was in one of these groups and is nobody on the roster. Whoever has one keeps it,
    /// unless a friend or a client has it now; who came earlier has the first choice.
    pub(super) fn follow(&mut self, groups: &Groups, contacts: &Contacts) {
        let members = groups.all().flat_map(|channel| &channel.group.members);
        let mut members: Vec<&Member> = members
            .filter(|member| contacts.who(member).is_none())
            .collect();
        members.sort_by_key(|member| (member.contact, member.id));
        let had = std::mem::take(&mut self.all);
        self.by_nick.clear();
        for member in &members {
            let kept = had.get(&member.id);
            if let Some(kept) = kept.filter(|kept| !self.is_taken(contacts, &kept.nick)) {
                self.put(member, kept.nick.clone());
            }
        }
        for member in members {
            if !self.all.contains_key(&member.id) {
                let name = clean::line(&member.name, LONGEST_NAME);
                let nick = nick::of_name(&name, |nick| self.is_taken(contacts, nick));
                self.put(member, nick);
            }
        }
    }

    fn is_taken(&self, contacts: &Contacts, nick: &str) -> bool {
        let folded = nick::fold(nick);
        contacts.named(&folded).is_some()
            || self.own.contains(&folded)
            || self.by_nick.contains_key(&folded)
    }

    fn put(&mut self, member: &Member, nick: String) {
        if self.all.contains_key(&member.id) {
            return;
        }
        self.by_nick.insert(nick::fold(&nick), member.id);
        let stranger = Stranger::new(member, nick);
        self.all.insert(member.id, stranger);
    }
}

impl Stranger {
    fn new(member: &Member, nick: String) -> Self {
        let address = member.address.clone();
        Self {
            id: member.id,
            nick,
            user: nick::ident(address.local(), nick::LONGEST_USER),
            host: nick::ident(address.domain(), nick::LONGEST_HOST),
            real_name: clean::line(&member.name, LONGEST_NAME),
            address,
        }
    }

    /// `nick!user@host`.
    pub(super) fn source(&self) -> String {
        format!("{}!{}@{}", self.nick, self.user, self.host)
    }
}

/// Nicks of clients that are remembered.
const MOST_OWN: usize = 100;

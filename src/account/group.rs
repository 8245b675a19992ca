//! Groups as they are shown: what each is called, and what each of its members is called.

#[cfg(test)]
pub(crate) mod scene;

use std::collections::BTreeMap;

use super::AccountError;
use crate::edge::store::Transaction;
use crate::protocol::clean::one_line;
use crate::rules::contact::Contact;
use crate::rules::conversation::{Author, ContactId, ConversationId};
use crate::rules::group::state::{Group, Member, Standing};
use crate::rules::view::View as _;

/// With whom a conversation is, as acts name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum To {
    /// With somebody.
    Friend(ContactId),
    /// With a group.
    Group(ConversationId),
}

/// A group, and who of those in it is on the roster.
#[derive(Debug, Clone)]
pub struct Members {
    /// The group.
    pub group: Group,
    known: BTreeMap<ContactId, Contact>,
}

/// What somebody is called, and where their mail goes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Named {
    /// The name on the roster, else the one that they have in the group, else the address; cleaned.
    pub name: String,
    /// The address; empty if it is not known.
    pub address: String,
}

/// A group's name as people read and type it: cleaned, with a `#` in front.
pub fn hashed(group: &Group) -> String {
    format!("#{}", one_line(&group.name))
}

impl Members {
    /// Looks up who of a group is on the roster, by the address or, where nobody has that, by the keys.
    pub(super) fn read(tx: &Transaction<'_>, group: Group) -> Result<Self, AccountError> {
        let asks = match group.standing {
            Standing::Asked { by, .. } | Standing::Agreed { by, .. } => Some(by),
            Standing::In | Standing::Out => None,
        };
        let mut known = BTreeMap::new();
        for id in group.asked.iter().map(|(id, _)| *id).chain(asks) {
            known.extend(tx.contact(id)?.map(|person| (id, person)));
        }
        for member in &group.members {
            let found = match tx.contact(member.contact)? {
                Some(person) => Some(person),
                None => tx.friends_of_keys(&member.entry.value.keys)?.pop(),
            };
            known.extend(found.map(|person| (member.contact, person)));
        }
        Ok(Self { group, known })
    }

    /// With these people on the roster, by the contact of their entry.
    #[cfg(test)]
    pub fn with(group: Group, people: impl IntoIterator<Item = Contact>) -> Self {
        let known = people.into_iter().map(|person| (person.id, person));
        Self {
            group,
            known: known.collect(),
        }
    }

    /// Who somebody is on the roster, if they are on it.
    pub fn on_roster(&self, id: ContactId) -> Option<&Contact> {
        self.known.get(&id)
    }

    /// What a member is called: by the name on the roster, if they have the keys of whom it is.
    pub fn named(&self, member: &Member) -> Named {
        let address = member.entry.value.address.to_string();
        let person = self.known.get(&member.contact);
        let name = match person.filter(|_| !self.has_other_keys(member)) {
            Some(person) => one_line(&person.name),
            None => one_line(&member.name),
        };
        called(name, address)
    }

    /// The same of somebody who is or was in it, or was asked, or asks.
    pub fn who(&self, id: ContactId) -> Named {
        let theirs = |member: &&Member| member.contact == id;
        let members = || self.group.members.iter();
        let inside = members().filter(|member| member.is_in).find(theirs);
        match (
            inside.or_else(|| members().find(theirs)),
            self.known.get(&id),
        ) {
            (Some(member), _) => self.named(member),
            (None, Some(person)) => called(one_line(&person.name), person.address.to_string()),
            (None, None) => Named::default(),
        }
    }

    /// The same of whoever wrote something; of the user nothing.
    pub fn author(&self, author: Author) -> Option<Named> {
        author.contact().map(|id| self.who(id))
    }

    /// Those in it from whom the user hides, and those whom the user blocks: they read what is said in it, too.
    pub fn unwanted(&self) -> Vec<&Contact> {
        let people = self.group.others();
        let mut people: Vec<&Contact> = people
            .filter_map(|one| self.on_roster(one.contact))
            .collect();
        people.retain(|person| is_unwanted(person));
        people.sort_by_key(|person| person.id);
        people.dedup_by_key(|person| person.id);
        people
    }

    /// A member has other keys than the friend whose address they have.
    pub fn has_other_keys(&self, member: &Member) -> bool {
        let person = self.on_roster(member.contact);
        let in_force = person.and_then(Contact::keys);
        in_force.is_some_and(|keys| *keys != member.entry.value.keys)
    }
}

/// Whether the user hides from somebody, or blocks them.
pub fn is_unwanted(person: &Contact) -> bool {
    person.blocked || !person.visible
}

fn called(name: String, address: String) -> Named {
    let name = if name.is_empty() {
        address.clone()
    } else {
        name
    };
    Named { name, address }
}

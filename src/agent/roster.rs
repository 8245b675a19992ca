//! The roster as the agent has read it: who is on it, and to whom something is to be announced.

use std::collections::{BTreeMap, BTreeSet};

use crate::rules::announce::is_waited_for;
use crate::rules::contact::Contact;
use crate::rules::conversation::ContactId;

/// Everybody on the roster.
#[derive(Debug, Default)]
pub struct Roster {
    people: BTreeMap<ContactId, Contact>,
    /// Those who see us, and to whom an announcement is due.
    announcing: BTreeSet<ContactId>,
}

impl Roster {
    /// Somebody is as given now, or is not on it any more; gives what was known before.
    pub(super) fn set(&mut self, id: ContactId, now: Option<Contact>) -> Option<Contact> {
        match now.as_ref().filter(|one| is_waited_for(one)) {
            Some(_) => self.announcing.insert(id),
            None => self.announcing.remove(&id),
        };
        match now {
            Some(person) => self.people.insert(id, person),
            None => self.people.remove(&id),
        }
    }

    /// Somebody on it.
    pub fn get(&self, id: ContactId) -> Option<&Contact> {
        self.people.get(&id)
    }

    /// All.
    pub fn people(&self) -> impl Iterator<Item = &Contact> {
        self.people.values()
    }

    /// The ids of all.
    pub(super) fn ids(&self) -> BTreeSet<ContactId> {
        self.people.keys().copied().collect()
    }

    /// Those of `some` who see us, and to whom an announcement is due.
    pub(super) fn announcing_among(
        &self,
        some: impl ExactSizeIterator<Item = ContactId>,
        is_one: impl Fn(ContactId) -> bool,
    ) -> Vec<&Contact> {
        let of = |id| self.get(id).filter(|_| is_one(id));
        // Either may be everybody, mostly neither is.
        match some.len() < self.announcing.len() {
            true => {
                let some = some.filter(|one| self.announcing.contains(one));
                some.filter_map(of).collect()
            }
            false => self.announcing.iter().copied().filter_map(of).collect(),
        }
    }
}

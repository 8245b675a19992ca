//! The roster as the agent has read it: who is on it, under which names, and to whom something is to be announced.

use std::collections::{BTreeMap, BTreeSet};

use crate::protocol::address::Address;
use crate::rules::announce::is_waited_for;
use crate::rules::contact::Contact;
use crate::rules::conversation::ContactId;

/// The names that people have on the roster.
pub type Names = BTreeMap<Address, String>;

/// Everybody on the roster.
#[derive(Debug, Default)]
pub(super) struct Roster {
    people: BTreeMap<Address, Contact>,
    addresses: BTreeMap<ContactId, Address>,
    names: Names,
    /// Those who see us, and to whom an announcement is due.
    announcing: BTreeSet<Address>,
}

impl Roster {
    /// Somebody is as given now, or nobody of this address is there any more; gives what was known before.
    pub(super) fn set(&mut self, address: &Address, now: Option<Contact>) -> Option<Contact> {
        match now.as_ref().filter(|one| is_waited_for(one)) {
            Some(_) => self.announcing.insert(address.clone()),
            None => self.announcing.remove(address),
        };
        let Some(person) = now else {
            self.names.remove(address);
            let gone = self.people.remove(address)?;
            self.addresses.remove(&gone.id);
            return Some(gone);
        };
        if self.names.get(address) != Some(&person.name) {
            self.names.insert(address.clone(), person.name.clone());
        }
        self.addresses.insert(person.id, address.clone());
        self.people.insert(address.clone(), person)
    }

    /// Whoever has this address.
    pub(super) fn get(&self, address: &Address) -> Option<&Contact> {
        self.people.get(address)
    }

    /// The address of somebody on it.
    pub(super) fn address_of(&self, id: ContactId) -> Option<&Address> {
        self.addresses.get(&id)
    }

    /// All, by address.
    pub(super) fn people(&self) -> impl Iterator<Item = &Contact> {
        self.people.values()
    }

    /// All addresses.
    pub(super) fn addresses(&self) -> Vec<Address> {
        self.people.keys().cloned().collect()
    }

    /// Their names.
    pub(super) fn names(&self) -> &Names {
        &self.names
    }

    /// Those of `some` who see us, and to whom an announcement is due.
    pub(super) fn announcing_among<'a>(
        &'a self,
        some: impl ExactSizeIterator<Item = &'a Address>,
        is_one: impl Fn(&Address) -> bool,
    ) -> Vec<&'a Contact> {
        let of = |address: &Address| self.people.get(address);
        // Either may be everybody, mostly neither is.
        match some.len() < self.announcing.len() {
            true => {
                let some = some.filter(|one| self.announcing.contains(*one) && is_one(one));
                some.filter_map(of).collect()
            }
            false => {
                let due = self.announcing.iter().filter(|one| is_one(one));
                due.filter_map(of).collect()
            }
        }
    }
}

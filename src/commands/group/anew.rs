//! Who of an old group is asked into one that is founded anew.

use crate::account::{Members, Named};
use crate::rules::contact::Contact;

/// Everybody else who is in a group, by whether they can be asked into another.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Anew {
    /// Friends under the keys that they have in it, whose programs know groups.
    pub(super) friends: Vec<Contact>,
    /// Everybody else.
    pub(super) others: Vec<Named>,
}

impl Anew {
    /// Of a group that the user is or was in.
    pub(super) fn of(members: &Members) -> Self {
        let mut anew = Self::default();
        for member in members.group.others() {
            let person = members.on_roster(member.contact);
            let person = person.filter(|_| !members.has_other_keys(member));
            match person.filter(|person| may_be_asked(person)) {
                Some(person) => anew.friends.push(person.clone()),
                None => anew.others.push(members.named(member)),
            }
        }
        anew
    }
}

fn may_be_asked(person: &Contact) -> bool {
    person.friend().is_some() && !person.blocked && person.knows_groups()
}

//! What the user is told of a group before they say whether they come in: who of those they know is in it.

use crate::account::{Members, is_unwanted};
use crate::protocol::clean::one_line;
use crate::protocol::group::MemberId;
use crate::rules::contact::Contact;
use crate::rules::words::counted;

/// Who is in a group into which the user is asked.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Inside {
    /// Friends, by name.
    pub(super) friends: Vec<String>,
    /// From whom the user hides.
    pub(super) hidden: Vec<String>,
    /// Whom the user blocks.
    pub(super) blocked: Vec<String>,
    /// Of those who are not on the roster no more than this is known.
    pub(super) strangers: usize,
}

impl Inside {
    /// Of the ids that the question names.
    pub(super) fn of(members: &Members, people: &[Contact]) -> Self {
        let mut inside = Self::default();
        for member in &members.group.told_members {
            let same = |person: &&Contact| {
                let keys = person.keys();
                keys.is_some_and(|keys| MemberId::of(keys.ed25519) == *member)
            };
            match people.iter().find(same) {
                Some(person) => inside.put(person),
                None => inside.strangers = inside.strangers.saturating_add(1),
            }
        }
        inside
    }

    fn put(&mut self, person: &Contact) {
        let name = one_line(&person.name);
        match (is_unwanted(person), person.blocked, person.friend()) {
            (true, true, _) => self.blocked.push(name),
            (true, false, _) => self.hidden.push(name),
            (false, _, Some(_)) => self.friends.push(name),
            (false, _, None) => self.strangers = self.strangers.saturating_add(1),
        }
    }

    /// For a person, in one line.
    pub(super) fn line(&self) -> String {
        let mut parts = Vec::new();
        for (names, what) in [
            (&self.friends, ""),
            (&self.hidden, " (hidden)"),
            (&self.blocked, " (blocked)"),
        ] {
            parts.extend(names.iter().map(|name| format!("{name}{what}")));
        }
        if self.strangers > 0 {
            let word = counted(self.strangers, "person");
            let word = if self.strangers == 1 {
                word
            } else {
                format!("{} people", self.strangers)
            };
            parts.push(format!("{word} not on your roster"));
        }
        match parts.is_empty() {
            true => "who is in is not known".to_owned(),
            false => format!("in: {}", parts.join(", ")),
        }
    }
}

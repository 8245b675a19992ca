//! Where a text stands, by whom it is, and to whom it has come.

use std::collections::{BTreeMap, btree_map};

use crate::account::{Account, Members, Named, hashed};
use crate::protocol::address::Address;
use crate::protocol::clean::one_line;
use crate::protocol::letter::PublicKey;
use crate::rules::account::Settings;
use crate::rules::contact::Contact;
use crate::rules::conversation::{Author, ConversationId};
use crate::rules::entry::Entry;
use crate::rules::group::copy::Copy;
use crate::rules::message::Delivery;

/// With whom a conversation is; who has left the roster is called by the address.
pub(in crate::commands) enum Place {
    Friend(Named, Option<Box<Contact>>),
    Group(Box<Members>),
}

/// Those of the conversations that have come up so far, each read once.
#[derive(Default)]
pub(in crate::commands) struct Places(BTreeMap<ConversationId, Place>);

impl Places {
    pub(in crate::commands) fn of(
        &mut self,
        account: &Account,
        with: ConversationId,
    ) -> anyhow::Result<&Place> {
        Ok(match self.0.entry(with) {
            btree_map::Entry::Occupied(one) => one.into_mut(),
            btree_map::Entry::Vacant(free) => free.insert(Place::read(account, with)?),
        })
    }
}

impl Place {
    pub(in crate::commands) fn read(
        account: &Account,
        with: ConversationId,
    ) -> anyhow::Result<Self> {
        if let Some(members) = account.members_in(with)? {
            return Ok(Self::Group(Box::new(members)));
        }
        let person = account.contact_in(with)?;
        let named = person.as_ref().map(|one| Named {
            name: one_line(&one.name),
            address: one.address.to_string(),
        });
        Ok(Self::Friend(
            named.unwrap_or_default(),
            person.map(Box::new),
        ))
    }

    /// What people read before what the user wrote in it.
    pub(in crate::commands) fn name(&self) -> String {
        match self {
            Self::Friend(friend, _) => friend.name.clone(),
            Self::Group(members) => hashed(&members.group),
        }
    }

    /// Who wrote a text, or did something to one; of the user nothing.
    pub(in crate::commands) fn by(&self, author: Author) -> Option<Named> {
        match self {
            Self::Friend(friend, _) => author.contact().map(|_| friend.clone()),
            Self::Group(members) => members.author(author),
        }
    }

    pub(in crate::commands) fn group(&self) -> Option<&Members> {
        match self {
            Self::Friend(..) => None,
            Self::Group(members) => Some(members),
        }
    }

    /// By which address of the user's the others know them.
    pub(in crate::commands) fn own_address<'a>(&'a self, settings: &'a Settings) -> &'a Address {
        let ours = match self {
            Self::Friend(_, person) => person.as_ref().map(|one| one.our_address(settings)),
            Self::Group(members) => {
                let entry = members.group.entry.as_ref();
                entry.map(|signed| &signed.value.address)
            }
        };
        ours.unwrap_or(&settings.address)
    }

    /// The key that whoever wrote a text has now, and whether the user has verified it; of the user nothing.
    pub(in crate::commands) fn key_of(&self, author: Author) -> Option<(PublicKey, bool)> {
        let id = author.contact()?;
        let members = match self {
            Self::Friend(_, person) => {
                let person = person.as_ref()?;
                return Some((person.fingerprint()?, person.verified));
            }
            Self::Group(members) => members,
        };
        let theirs = members.group.members.iter();
        let member = theirs
            .filter(|one| one.contact == id)
            .max_by_key(|one| one.is_in)?;
        let person = members.on_roster(id);
        let verified = person.is_some_and(|one| one.verified) && !members.has_other_keys(member);
        Some((member.entry.value.keys.ed25519, verified))
    }
}

/// A text, where it stands and, of what the user said in a group, everybody's copies.
pub(super) struct Said<'a> {
    pub(super) entry: &'a Entry,
    pub(super) place: &'a Place,
    pub(super) copies: Vec<Copy>,
}

impl<'a> Said<'a> {
    pub(super) fn read(
        account: &Account,
        entry: &'a Entry,
        place: &'a Place,
    ) -> anyhow::Result<Self> {
        let message = &entry.message;
        let copies = match place {
            Place::Group(members) if message.is_ours() => {
                let mut copies = account.copies(message.conversation, message.id)?;
                copies.sort_by_cached_key(|copy| members.who(copy.contact).name);
                copies
            }
            Place::Group(_) | Place::Friend(..) => Vec::new(),
        };
        Ok(Self {
            entry,
            place,
            copies,
        })
    }
}

/// Somebody's side has it.
pub(super) fn has_come(copy: &Copy) -> bool {
    copy.state >= Delivery::Delivered
}

/// It does not come to them.
pub(super) fn has_failed(copy: &Copy) -> bool {
    copy.state == Delivery::Failed
}

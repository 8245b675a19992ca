//! Where a text stands, by whom it is, and to whom it has come.

use crate::account::{Account, Members, Named, hashed};
use crate::protocol::clean::one_line;
use crate::rules::conversation::{Author, ConversationId};
use crate::rules::entry::Entry;
use crate::rules::group::copy::Copy;
use crate::rules::message::Delivery;

/// With whom a conversation is; who has left the roster is called by the address.
pub(super) enum Place {
    Friend(Named),
    Group(Box<Members>),
}

impl Place {
    pub(super) fn read(account: &Account, with: ConversationId) -> anyhow::Result<Self> {
        if let Some(members) = account.members_in(with)? {
            return Ok(Self::Group(Box::new(members)));
        }
        let person = account.contact_in(with)?;
        let named = person.map(|one| Named {
            name: one_line(&one.name),
            address: one.address.to_string(),
        });
        Ok(Self::Friend(named.unwrap_or_default()))
    }

    /// What people read before what the user wrote in it.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Friend(friend) => friend.name.clone(),
            Self::Group(members) => hashed(&members.group),
        }
    }

    /// Who wrote a text, or did something to one; of the user nothing.
    pub(super) fn by(&self, author: Author) -> Option<Named> {
        match self {
            Self::Friend(friend) => author.contact().map(|_| friend.clone()),
            Self::Group(members) => members.author(author),
        }
    }

    pub(super) fn group(&self) -> Option<&Members> {
        match self {
            Self::Friend(_) => None,
            Self::Group(members) => Some(members),
        }
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
            Place::Group(_) | Place::Friend(_) => Vec::new(),
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

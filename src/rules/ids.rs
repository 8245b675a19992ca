//! Who and which conversation: numbers that are given once, whatever address somebody has.

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[derive(serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(i64);

        impl $name {
            /// That of a row's number, as the store gives it.
            pub const fn new(number: i64) -> Self {
                Self(number)
            }

            /// Its number in the store.
            pub const fn number(self) -> i64 {
                self.0
            }
        }
    };
}

id! {
    /// Somebody who is or was on the roster, in this account alone. It is given once: the address is what a contact has, not
    /// what they are, and whoever is added again has the id that they had while anything of theirs is there.
    ContactId
}

id! {
    /// A conversation, with a contact or with a group, in this account alone.
    ConversationId
}

/// A contact and the conversation with them: each has a number of its own, and both are given at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ids {
    /// The contact.
    pub contact: ContactId,
    /// The conversation.
    pub conversation: ConversationId,
}

impl Ids {
    /// Those of these numbers in the store.
    pub const fn new(contact: i64, conversation: i64) -> Self {
        Self {
            contact: ContactId(contact),
            conversation: ConversationId(conversation),
        }
    }
}

/// Who wrote a text, or did something to one.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub enum Author {
    /// The user.
    Us,
    /// A contact.
    Contact(ContactId),
}

impl Author {
    /// Who it is, if it is not the user.
    pub const fn contact(self) -> Option<ContactId> {
        match self {
            Self::Us => None,
            Self::Contact(id) => Some(id),
        }
    }
}

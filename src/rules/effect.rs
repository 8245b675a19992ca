//! What a decision causes: rows that change, and what the people watching are told.

use super::account::AccountState;
use super::contact::Contact;
use super::conversation::{ContactId, ConversationId};
use super::group::copy::Copy;
use super::group::state::Group;
use super::group::waiting::WaitingAct;
use super::message::{Delivery, Message, Via};
use super::outgoing::Outgoing;
use super::view::{Invite, Tombstone};
use crate::protocol::group::{Act, Title};
use crate::protocol::letter::{Here, Letter, LetterId, PublicKey, Status, Typing};
use crate::protocol::time::{Millis, Seconds};

/// One effect. All but [`Effect::Tell`], [`Effect::Ephemeral`] and [`Effect::InRoom`] are committed together; each is safe to repeat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// The account is now this.
    Account(Box<AccountState>),
    /// This person is now this (new or changed).
    Contact(Box<Contact>),
    /// This person leaves the roster, with their conversation's outbox and sessions; texts stay readable.
    Forget(ContactId),
    /// All sessions with this person under this Curve25519 key end.
    DropSessions(ContactId, PublicKey),
    /// Sessions with this person under this key no longer seal (what they open is still taken).
    RetireSessions(ContactId, PublicKey),
    /// The same of all sessions that there are, but for those with these people.
    RetireAllSessions(Vec<ContactId>),
    /// This text is now this (new or changed).
    Message(Box<Message>),
    /// The user has read this conversation up to this time.
    Marker(ConversationId, Millis),
    /// This letter waits in the outbox (replaces one with the same id that waits).
    Post(Box<Outgoing>),
    /// This letter leaves over IRC in this very moment, to whom the event names, or never; it waits nowhere.
    Ephemeral(Box<Letter>),
    /// This letter leaves in a group's room in this very moment, or never; it waits nowhere.
    InRoom(Box<Letter>),
    /// This letter to them leaves the outbox unsent.
    Cancel(ContactId, LetterId),
    /// Every letter to them leaves the outbox unsent.
    CancelAll(ContactId),
    /// This invite is now this (new or changed).
    Invite(Box<Invite>),
    /// This invite ends.
    Revoke([u8; 8]),
    /// Remembered until this time.
    Remember(Tombstone, Seconds),
    /// This group is now this (new or changed).
    Group(Box<Group>),
    /// These acts are taken into a group's book, in their order, and those wait for what they build on.
    Acts(ConversationId, Vec<Act>, Vec<WaitingAct>),
    /// This copy is now this (new or changed).
    Copy(Box<Copy>),
    /// Said to hooks, watchers and the log, after the commit.
    Tell(Notice),
}

impl Effect {
    /// The text that is put down.
    pub(super) fn message_mut(&mut self) -> Option<&mut Message> {
        if let Self::Message(message) = self {
            Some(message)
        } else {
            None
        }
    }

    /// The letter that leaves in this very moment or never.
    pub fn ephemeral(&self) -> Option<&Letter> {
        if let Self::Ephemeral(letter) = self {
            Some(letter)
        } else {
            None
        }
    }
}

/// What happened, for people and their programs.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Notice {
    /// Somebody asks to be a friend (or a friend's keys changed).
    Request {
        /// Who.
        friend: ContactId,
        /// The name they give themselves (of the roster, for a known friend).
        name: String,
        /// Their word.
        note: String,
        /// The keys are new for a known friend.
        key_changed: bool,
    },
    /// The handshake is complete.
    Friend {
        /// With whom.
        friend: ContactId,
    },
    /// A text came.
    Text {
        /// Which.
        message: Box<Message>,
    },
    /// A text is changed by a friend, and looks different now.
    Change {
        /// The row that does it.
        change: Box<Message>,
        /// The text.
        of: Box<Message>,
    },
    /// A friend is writing, or has stopped.
    Typing {
        /// Who.
        friend: ContactId,
        /// Which of the two.
        typing: Typing,
    },
    /// A text of ours, or a change of one, has come further, or failed.
    State {
        /// To whom.
        friend: ContactId,
        /// Which.
        id: LetterId,
        /// How far.
        state: Delivery,
        /// How.
        via: Option<Via>,
        /// Why it failed.
        reason: Option<String>,
    },
    /// The user has read further: for their other devices.
    Seen {
        /// In the conversation with whom.
        friend: ContactId,
        /// Up to when.
        up_to: Millis,
    },
    /// Our presence has a new secret.
    Rotated {
        /// Its number.
        epoch: u64,
        /// How many people are to be told.
        to_tell: usize,
    },
    /// A friend told a new status.
    Status {
        /// Who.
        friend: ContactId,
        /// Which.
        status: Status,
        /// Their word to it.
        text: String,
    },
    /// A `here` came from a friend: for the agent's memory of who is online.
    Here {
        /// Whose.
        friend: ContactId,
        /// The network it came over, as we list it.
        network: String,
        /// Its id, to be echoed.
        id: LetterId,
        /// What it says.
        here: Here,
    },
    /// A friend's presence changed, so other nicks are to be watched.
    Presence {
        /// Whose.
        friend: ContactId,
    },
    /// Something happened to a group.
    Group {
        /// The conversation in it.
        group: ConversationId,
        /// By whom; `None`: by the user.
        by: Option<ContactId>,
        /// What.
        what: GroupNews,
    },
    /// What the user said in a group has come further.
    Copies {
        /// The conversation in it.
        group: ConversationId,
        /// Which text or change.
        id: LetterId,
        /// How far, with all.
        state: Delivery,
        /// With how many it is.
        delivered: usize,
        /// To how many it was said.
        of: usize,
        /// With whom it failed now, and why.
        failed: Option<(ContactId, String)>,
    },
    /// The user has read further in a group: for their other devices.
    SeenIn {
        /// The conversation in it.
        group: ConversationId,
        /// Up to when.
        up_to: Millis,
    },
    /// Something the user should know, in words.
    Word {
        /// About whom, if about one person.
        friend: Option<ContactId>,
        /// One line.
        text: String,
    },
}

/// What happened to a group.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum GroupNews {
    /// The user is asked to come in.
    Asked,
    /// The user is in.
    Joined,
    /// The user is out: went, or was put out.
    Out,
    /// It has another title.
    Titled(Title),
    /// Somebody came in.
    Added(ContactId),
    /// Somebody went.
    Left(ContactId),
    /// Somebody was put out.
    Removed(ContactId),
    /// Somebody is an admin, or is one no longer; `None`: the user.
    Admin(Option<ContactId>, bool),
}

impl Notice {
    /// Whom it is about, if it is about one person.
    pub fn about(&self) -> Option<ContactId> {
        match self {
            Self::Request { friend, .. }
            | Self::Friend { friend }
            | Self::Typing { friend, .. }
            | Self::State { friend, .. }
            | Self::Seen { friend, .. }
            | Self::Status { friend, .. }
            | Self::Here { friend, .. }
            | Self::Presence { friend } => Some(*friend),
            Self::Text { message }
            | Self::Change {
                change: message, ..
            } => message.author.contact(),
            Self::Word { friend, .. } => *friend,
            Self::Group { by, .. } => *by,
            Self::Rotated { .. } | Self::Copies { .. } | Self::SeenIn { .. } => None,
        }
    }
}

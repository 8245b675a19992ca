//! What watchers and hooks are told, as JSON: one object an event.

use serde::{Deserialize, Serialize};

/// Something that happened. Members are named as in `iim friends --json` and `iim read --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "lowercase")]
#[expect(missing_docs, reason = "members say no more than their names")]
pub enum Event {
    /// Somebody asks to be a friend, or has new keys.
    Request {
        #[serde(flatten)]
        who: Who,
        note: String,
        /// They were a friend before, under other keys.
        key_changed: bool,
    },
    /// Somebody is a friend now.
    Friend {
        #[serde(flatten)]
        who: Who,
    },
    /// A text was stored.
    Text(Box<Text>),
    /// A text has another wording.
    Edit {
        #[serde(flatten)]
        change: Change,
        text: String,
    },
    /// A text was taken back, perhaps with a reason.
    Retract {
        #[serde(flatten)]
        change: Change,
        why: Option<String>,
    },
    /// A sign was set to a text, or taken off.
    React {
        #[serde(flatten)]
        change: Change,
        emoji: String,
        on: bool,
    },
    /// A friend is writing (`active`, `paused`), or no longer (`done`).
    Typing {
        #[serde(flatten)]
        who: Who,
        state: String,
    },
    /// A text has come further, or failed; in a group, with how many it is now, and with whom it failed, if with anybody.
    State {
        #[serde(flatten)]
        who: Who,
        #[serde(default)]
        group: Option<String>,
        id: String,
        state: String,
        via: Option<String>,
        reason: Option<String>,
        #[serde(default)]
        delivered: Option<usize>,
        #[serde(default)]
        of: Option<usize>,
    },
    /// The user in a group: `asked` to come in, `in`, `out`, `admin` or `no admin`; or it has another title (`titled`).
    Group {
        group: String,
        state: String,
        title: String,
        topic: String,
        /// Who has told it; of what the user did nobody.
        by: Option<Who>,
    },
    /// Somebody else in a group: `in`, `left`, `removed`, `admin` or `no admin`.
    Member {
        #[serde(flatten)]
        who: Who,
        group: String,
        state: String,
        /// Who has told it; of what the user did nobody.
        by: Option<Who>,
    },
    /// Whether the user is in the room of a group now, and who else is.
    Room {
        group: String,
        #[serde(default)]
        inside: bool,
        there: Vec<Who>,
    },
    /// The user's presence has a new secret, and so many friends are to be told.
    Rotated { epoch: u64, to_tell: usize },
    /// Something to be said to the user, perhaps about a friend.
    Word {
        friend: Option<String>,
        text: String,
    },
    /// What is seen of a friend has changed.
    Presence {
        #[serde(flatten)]
        who: Who,
        presence: String,
        status: Option<String>,
    },
    /// A mailbox that the agent fetches from, `watched` or in `trouble`; the reason is why, or what else is wrong.
    Mailbox {
        #[serde(default)]
        name: String,
        state: String,
        reason: Option<String>,
    },
    /// A network of ours; the reason is the server, if it is connected.
    Network {
        network: String,
        state: String,
        reason: Option<String>,
    },
}

/// Whom an event is about: the name on the roster or the address, and the address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "members say no more than their names")]
pub struct Who {
    pub friend: String,
    pub address: String,
}

/// A text, in or out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "members say no more than their names")]
pub struct Text {
    #[serde(flatten)]
    pub who: Who,
    /// In which group it was said, if in one.
    #[serde(default)]
    pub group: Option<String>,
    pub id: String,
    pub direction: String,
    pub sent: String,
    pub arrival: String,
    pub text: String,
    pub state: String,
    pub via: Option<String>,
    pub reason: Option<String>,
    /// It is of a kind that this version does not know.
    pub newer: bool,
    pub reply_to: Option<String>,
    pub notice: bool,
}

/// What every change of a text has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "members say no more than their names")]
pub struct Change {
    #[serde(flatten)]
    pub who: Who,
    /// In which group it is, if in one.
    #[serde(default)]
    pub group: Option<String>,
    pub id: String,
    /// The id of the text.
    pub of: String,
    pub direction: String,
    pub sent: String,
    pub arrival: String,
    pub via: Option<String>,
    /// What was done, for people.
    pub words: String,
}

impl Event {
    /// Which of the user's hooks it is for.
    pub fn hook(&self) -> Option<&'static str> {
        match self {
            Self::Presence { .. } => Some("presence"),
            Self::Text(_) => Some("text"),
            Self::Request { .. } => Some("request"),
            Self::Group { .. } | Self::Member { .. } => Some("group"),
            Self::Room { .. } => Some("room"),
            Self::Edit { .. } | Self::Retract { .. } | Self::React { .. } => Some("change"),
            Self::Friend { .. }
            | Self::Typing { .. }
            | Self::State { .. }
            | Self::Rotated { .. }
            | Self::Word { .. }
            | Self::Mailbox { .. }
            | Self::Network { .. } => None,
        }
    }
}

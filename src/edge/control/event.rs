//! What watchers and hooks are told, as JSON: one object an event.

use serde::{Deserialize, Serialize};

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "lowercase")]
pub enum Event {
    /// Somebody asks to be a friend, or has new keys.
    Request {
        /// Who.
        #[serde(flatten)]
        who: Who,
        /// What they write to it.
        note: String,
        /// They were a friend before, under other keys.
        key_changed: bool,
    },
    /// Somebody is a friend now.
    Friend {
        /// Who.
        #[serde(flatten)]
        who: Who,
    },
    /// A text was stored.
    Text(Box<Text>),
    /// A text has another wording.
    Edit {
        /// Of which text.
        #[serde(flatten)]
        change: Change,
        /// The new wording.
        text: String,
    },
    /// A text was taken back.
    Retract {
        /// Which.
        #[serde(flatten)]
        change: Change,
        /// The reason, if one was given.
        why: Option<String>,
    },
    /// A sign was set to a text, or taken off.
    React {
        /// To which text.
        #[serde(flatten)]
        change: Change,
        /// The sign.
        emoji: String,
        /// It was set.
        on: bool,
    },
    /// A friend is writing, or no longer.
    Typing {
        /// Who.
        #[serde(flatten)]
        who: Who,
        /// `active`, `paused` or `done`.
        state: String,
    },
    /// A text has come further, or failed.
    State {
        /// With whom.
        #[serde(flatten)]
        who: Who,
        /// The text's.
        id: String,
        /// How far.
        state: String,
        /// `irc` or `mail`.
        via: Option<String>,
        /// Why it failed.
        reason: Option<String>,
    },
    /// The user's presence has a new secret.
    Rotated {
        /// Its number.
        epoch: u64,
        /// How many friends are to be told.
        to_tell: usize,
    },
    /// Something to be said to the user.
    Word {
        /// About whom.
        friend: Option<String>,
        /// What.
        text: String,
    },
    /// What is seen of a friend has changed.
    Presence {
        /// Of whom.
        #[serde(flatten)]
        who: Who,
        /// To what.
        presence: String,
        /// Their word.
        status: Option<String>,
    },
    /// A network of ours.
    Network {
        /// Its name.
        network: String,
        /// How it is.
        state: String,
        /// The server, or why.
        reason: Option<String>,
    },
}

/// Whom an event is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Who {
    /// The name on the roster, or the address.
    pub friend: String,
    /// The address.
    pub address: String,
}

/// A text, in or out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "named as in `iim read --json`")]
pub struct Text {
    #[serde(flatten)]
    pub who: Who,
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
#[expect(missing_docs, reason = "named as in `iim read --json`")]
pub struct Change {
    #[serde(flatten)]
    pub who: Who,
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
    #[must_use]
    pub fn hook(&self) -> Option<&'static str> {
        match self {
            Self::Presence { .. } => Some("presence"),
            Self::Text(_) => Some("text"),
            Self::Request { .. } => Some("request"),
            Self::Edit { .. } | Self::Retract { .. } | Self::React { .. } => Some("change"),
            Self::Friend { .. }
            | Self::Typing { .. }
            | Self::State { .. }
            | Self::Rotated { .. }
            | Self::Word { .. }
            | Self::Network { .. } => None,
        }
    }
}

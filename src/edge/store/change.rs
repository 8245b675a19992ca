//! What transactions changed, for whoever keeps it in memory: another program's commit is followed by reading that alone.
//!
//! ```text
//!  change:  … 40 {contacts: bob} ── 41 {texts} ── 42 {account, contacts: all} ──▶
//!                   ▲ who has seen 40 reads 41 and 42; who has seen none that is still there reads everything again
//! ```
//!
//! Every transaction that changed anything leaves one row, within itself; so the newest number also counts them.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::rules::conversation::ContactId;

/// What has changed since a number.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Changes {
    /// The number of the last change: what to ask with the next time.
    #[serde(skip)]
    pub last: u64,
    /// Who came, left or is another than before.
    #[serde(skip_serializing_if = "Contacts::are_none")]
    pub contacts: Contacts,
    /// The user's own side.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub account: bool,
    /// Texts and what was done to them, their states, or how far the user has read.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub texts: bool,
    /// Groups: who is in them, what is due in them, or their books.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub groups: bool,
    /// Letters that wait: there are more, or they leave sooner, or not at all. One that has left is no change.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub outbox: bool,
    /// The user's clients were added, removed or given passwords.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub devices: bool,
    /// What the agent is to tell.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub notices: bool,
}

/// Which contacts have changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Contacts {
    /// These; one who is not on the roster now has left it.
    Only(BTreeSet<ContactId>),
    /// Perhaps everybody.
    All,
}

impl Changes {
    pub(super) fn everything(last: u64) -> Self {
        Self {
            last,
            contacts: Contacts::All,
            account: true,
            texts: true,
            groups: true,
            outbox: true,
            devices: true,
            notices: true,
        }
    }

    /// Adds what has changed later.
    pub fn add(&mut self, later: Self) {
        let Self {
            last,
            contacts,
            account,
            texts,
            groups,
            outbox,
            devices,
            notices,
        } = later;
        self.last = last;
        self.contacts.add(contacts);
        self.account |= account;
        self.texts |= texts;
        self.groups |= groups;
        self.outbox |= outbox;
        self.devices |= devices;
        self.notices |= notices;
    }
}

impl Contacts {
    fn add(&mut self, others: Self) {
        match (&mut *self, others) {
            (Self::Only(these), Self::Only(those)) => these.extend(those),
            (_, Self::All) => *self = Self::All,
            (Self::All, Self::Only(_)) => {}
        }
    }

    /// Nobody has changed.
    pub fn are_none(&self) -> bool {
        matches!(self, Self::Only(these) if these.is_empty())
    }
}

impl Default for Contacts {
    fn default() -> Self {
        Self::Only(BTreeSet::new())
    }
}

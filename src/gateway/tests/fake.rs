//! A host in memory: a store of texts, a roster, and a list of what it was asked to do.

mod groups;
mod host;

use crate::protocol::time::{Millis, Seconds};
use std::collections::{BTreeMap, BTreeSet};

pub(super) use groups::{group, member};

use super::START;
use crate::gateway::host::{DeviceId, Event, Friend, Group, Question, With};
use crate::protocol::address::Address;
use crate::protocol::letter::LetterId;
use crate::rules::conversation::{Author, ContactId, ConversationId, Done, Placed, Stored, What};
use crate::rules::entry::Entry;
use crate::rules::fake_state::{contact, conversation, said};
use crate::rules::message::{Change, ChangeKind, Delivery, Message};
use crate::rules::presence_tracker::Shown;

#[derive(Default)]
pub(super) struct Fake {
    pub(super) now: Millis,
    pub(super) friends: Vec<Friend>,
    /// Texts as they stand now.
    pub(super) entries: Vec<Placed>,
    /// Texts as they were, and what was done to them.
    pub(super) rows: Vec<Stored>,
    /// Rows that the user has read elsewhere.
    pub(super) read: BTreeSet<u64>,
    pub(super) place_markers: BTreeMap<String, Millis>,
    pub(super) away: Option<String>,
    pub(super) passwords: BTreeMap<String, String>,
    /// Devices that open clients are, and the cursors of all.
    pub(super) cursors: BTreeMap<DeviceId, u64>,
    pub(super) markers: BTreeMap<With, Millis>,
    pub(super) groups: Vec<Group>,
    pub(super) hidden: BTreeSet<(DeviceId, ConversationId)>,
    /// By whom in a group what is stored next is.
    pub(super) author: Option<ContactId>,
    /// What is told after the call.
    pub(super) told: Vec<Event>,
    /// Why nothing can be done in groups.
    pub(super) refusal: Option<String>,
    /// Calls that change something.
    pub(super) calls: Vec<String>,
    pub(super) blocked: Option<Address>,
    pub(super) questions: Vec<Question>,
    /// How often the store was read.
    pub(super) reads: usize,
}

pub(super) fn address(name: &str) -> Address {
    Address::parse(&format!("{name}@example.net")).unwrap()
}

/// Where carol is said to be.
pub(super) const ELSEWHERE: &str =
    "carol is on oftc (irc.oftc.net:6697), where you are not: `iim network join oftc`";

pub(super) fn friend(name: &str, presence: Shown, since: Seconds) -> Friend {
    let is_away = presence == Shown::Away;
    Friend {
        id: contact(&name.to_ascii_lowercase()),
        conversation: conversation(&name.to_ascii_lowercase()),
        address: address(&name.to_ascii_lowercase()),
        name: name.to_owned(),
        own_name: Some(format!("Mr {name}")),
        standing: "friend",
        visible: true,
        blocked: false,
        verified: name == "bob",
        presence,
        word: if is_away { "at lunch" } else { "" }.to_owned(),
        networks: vec!["libera".to_owned()],
        elsewhere: (name == "carol").then(|| ELSEWHERE.to_owned()),
        fingerprint: Some("abcd".to_owned()),
        since,
    }
}

impl Fake {
    pub(super) fn new() -> Self {
        Self {
            now: START,
            friends: vec![
                friend("bob", Shown::Online, Seconds(1)),
                friend("carol", Shown::Away, Seconds(2)),
                friend("dave", Shown::Offline, Seconds(3)),
            ],
            passwords: BTreeMap::from([("phone".to_owned(), "secret".to_owned())]),
            ..Self::default()
        }
    }

    pub(super) fn store(&mut self, friend: &str, mine: bool, text: &str) -> Placed {
        self.store_in(conversation(friend), mine, text)
    }

    pub(super) fn store_in(&mut self, with: ConversationId, mine: bool, text: &str) -> Placed {
        let (row, id) = self.next_row();
        let message = self.message(with, mine, id, text);
        let entry = Placed {
            row,
            entry: Entry::of(message, &[]),
        };
        self.entries.push(entry.clone());
        self.rows.push(stored(entry.clone()));
        entry
    }

    fn message(&self, with: ConversationId, mine: bool, id: LetterId, text: &str) -> Message {
        let (author, state) = match mine {
            true => (Author::Us, Delivery::Queued),
            false => (
                Author::Contact(self.author.or(self.with(with).map(|one| one.id)).unwrap()),
                Delivery::Delivered,
            ),
        };
        Message {
            conversation: with,
            author,
            id,
            sent: self.now,
            arrival: self.now,
            text: text.to_owned(),
            ..said("bob", 0, state)
        }
    }

    fn next_row(&mut self) -> (u64, LetterId) {
        self.now += 1;
        let row = self.rows.len() as u64 + 1;
        let mut id = [0; 16];
        id[8..].copy_from_slice(&row.to_be_bytes());
        (row, LetterId(id))
    }

    /// Something is done to a text, and stored.
    pub(super) fn apply(
        &mut self,
        of: &Placed,
        mine: bool,
        (kind, words): (ChangeKind, &str),
    ) -> Stored {
        let (row, id) = self.next_row();
        let about = &of.entry.message;
        let change = Message {
            change: Some(Change { of: about.id, kind }),
            ..self.message(about.conversation, mine, id, words)
        };
        let text = self.entries.iter_mut().find(|e| e.row == of.row).unwrap();
        match kind {
            ChangeKind::Edit => text.entry.edit = Some(change.clone()),
            ChangeKind::Retract => text.entry.retraction = Some(change.clone()),
            ChangeKind::React | ChangeKind::Unreact => {}
        }
        let done = Done {
            kind,
            change,
            text: text.entry.clone(),
            text_row: of.row,
        };
        let stored = Stored {
            row,
            before: row - 1,
            what: What::Change(Box::new(done)),
        };
        self.rows.push(stored.clone());
        stored
    }

    fn known(&self, id: ContactId) -> &Friend {
        self.friends.iter().find(|one| one.id == id).unwrap()
    }

    fn with(&self, conversation: ConversationId) -> Option<&Friend> {
        let mut friends = self.friends.iter();
        friends.find(|one| one.conversation == conversation)
    }

    /// The conversation that this is.
    fn conversation(&self, with: With) -> ConversationId {
        match with {
            With::Friend(friend) => self.known(friend).conversation,
            With::Group(group) => group,
        }
    }

    fn is_read(&self, stored: &Stored) -> bool {
        let mine = stored.message().is_some_and(Message::is_ours);
        mine || self.read.contains(&stored.row)
    }
}

/// A text in the row it was stored in.
pub(super) fn stored(entry: Placed) -> Stored {
    Stored {
        before: entry.row - 1,
        ..Stored::alone(entry)
    }
}

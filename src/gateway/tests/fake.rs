//! A host in memory: a store of texts, a roster, and a list of what it was asked to do.

use crate::protocol::time::{Millis, Seconds};
use std::collections::{BTreeMap, BTreeSet};

use super::START;
use crate::gateway::host::{
    Asker, DeviceId, Friend, Host, Marked, Me, Query, Question, Refused, Typing,
};
use crate::protocol::address::Address;
use crate::protocol::letter::LetterId;
use crate::protocol::scram::ScramKeys;
use crate::rules::conversation::{
    Author, ContactId, ConversationId, Done, Page, Place, Placed, Stored, What,
};
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
    pub(super) markers: BTreeMap<ContactId, Millis>,
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

    fn store_in(&mut self, with: ConversationId, mine: bool, text: &str) -> Placed {
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
                Author::Contact(self.with(with).unwrap().id),
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

    fn is_read(&self, stored: &Stored) -> bool {
        let mine = stored.message().is_some_and(Message::is_ours);
        mine || self.read.contains(&stored.row)
    }
}

impl Host for Fake {
    fn now(&self) -> Millis {
        self.now
    }

    fn me(&self) -> Me {
        Me {
            address: address("alice"),
            away: self.away.clone(),
        }
    }

    fn friends(&self) -> Vec<Friend> {
        self.friends.clone()
    }

    fn login(&mut self, device: &str, password: &str) -> Option<DeviceId> {
        let known = self
            .passwords
            .get(device)
            .is_some_and(|known| known == password);
        known.then(|| DeviceId(device.to_owned()))
    }

    fn scram(&mut self, device: &str) -> Option<(ScramKeys, String)> {
        let password = self.passwords.get(device);
        let password = password.map_or("a password that nobody has", String::as_str);
        Some((ScramKeys::of(password, [7; 16], 4096), "ours".to_owned()))
    }

    fn proved(&mut self, device: &str) -> Option<DeviceId> {
        let known = self.passwords.contains_key(device);
        known.then(|| DeviceId(device.to_owned()))
    }

    fn guest(&mut self, device: &str) -> Option<DeviceId> {
        let device = DeviceId(device.to_owned());
        self.cursors.contains_key(&device).then_some(device)
    }

    fn say(
        &mut self,
        friend: ContactId,
        text: &str,
        reply_to: Option<LetterId>,
        notice: bool,
    ) -> Result<Stored, String> {
        let friend = self.known(friend);
        if self.blocked.as_ref() == Some(&friend.address) {
            return Err("blocked by you".to_owned());
        }
        let mut entry = self.store_in(friend.conversation, true, text);
        entry.entry.message.reply_to = reply_to;
        entry.entry.message.notice = notice;
        *self.entries.last_mut().unwrap() = entry.clone();
        *self.rows.last_mut().unwrap() = stored(entry.clone());
        Ok(stored(entry))
    }

    fn change(
        &mut self,
        (friend, id): (ContactId, LetterId),
        kind: ChangeKind,
        words: &str,
    ) -> Result<Option<Stored>, Refused> {
        let found = self.find(friend, id).ok_or(Refused::Unknown)?;
        let reacts = matches!(kind, ChangeKind::React | ChangeKind::Unreact);
        if !reacts && !found.entry.message.is_ours() {
            return Err(Refused::Forbidden("not yours".to_owned()));
        }
        if reacts {
            let (who, on) = (&self.known(friend).address, kind == ChangeKind::React);
            let call = format!("react {} {words} {on}", who.local());
            self.calls.push(call);
        }
        let same = kind == ChangeKind::Edit && found.entry.wording() == words;
        Ok((!same).then(|| self.apply(&found, true, (kind, words))))
    }

    fn typing(&mut self, friend: ContactId, typing: Typing) {
        let of = self.known(friend).name.clone();
        self.calls.push(format!("typing {of} {typing:?}"));
    }

    fn read(&mut self, what: Query) -> Result<Vec<Stored>, String> {
        self.reads += usize::from(!matches!(what, Query::DoneAfter(..)));
        let rows = self.rows.iter();
        Ok(match what {
            Query::Texts(friend, page) => {
                let texts: Vec<Stored> = self.entries.iter().cloned().map(stored).collect();
                cut(&texts, self.known(friend).conversation, page)
            }
            Query::All(friend, page) => cut(&self.rows, self.known(friend).conversation, page),
            Query::DoneAfter(_, id, row) => {
                let about =
                    |one: &&Stored| matches!(&one.what, What::Change(done) if done.of() == id);
                let later = rows.filter(about).filter(|one| one.row > row);
                later.cloned().collect()
            }
            Query::Rest(rest, limit) => {
                let left = rows.filter(|one| {
                    one.row > rest.after && (one.row > rest.read_after || !self.is_read(one))
                });
                left.take(limit).cloned().collect()
            }
            Query::Changes(after, until, limit) => {
                let found = rows.filter(|one| {
                    one.row > after && one.row <= until && matches!(one.what, What::Change(_))
                });
                found.take(limit).cloned().collect()
            }
        })
    }

    fn find(&mut self, friend: ContactId, id: LetterId) -> Option<Placed> {
        let with = self.known(friend).conversation;
        let mut all = self.entries.iter();
        all.find(|one| one.entry.message.id == id && one.entry.message.conversation == with)
            .cloned()
    }

    fn place(&mut self, _: ContactId, id: LetterId) -> Option<Place> {
        let named = |one: &&Stored| one.message().is_some_and(|message| message.id == id);
        self.rows.iter().find(named)?.place()
    }

    fn newest(&mut self) -> u64 {
        self.rows.len() as u64
    }

    fn read_floor(&mut self, after: u64, most: u64) -> u64 {
        let rows: Vec<&Stored> = self.rows.iter().filter(|one| one.row > after).collect();
        let unread = rows.iter().filter(|one| !self.is_read(one)).count();
        let room = usize::try_from(most).unwrap().saturating_sub(unread);
        let mut read = rows.iter().rev().filter(|one| self.is_read(one));
        read.nth(room).map_or(after, |one| one.row)
    }

    fn targets(
        &mut self,
        (from, to): (Millis, Millis),
        changes: bool,
        limit: usize,
    ) -> Result<Vec<(ContactId, Millis)>, String> {
        let mut latest = BTreeMap::new();
        for stored in &self.rows {
            let message = stored.message().unwrap();
            if let Some(friend) = self.with(message.conversation)
                && (changes || matches!(stored.what, What::Text(_)))
            {
                latest.insert(friend.id, message.arrival);
            }
        }
        latest.retain(|_, at| *at > from && *at < to);
        let mut all: Vec<_> = latest.into_iter().collect();
        all.sort_by_key(|(_, at)| *at);
        all.truncate(limit);
        Ok(all)
    }

    fn cursor(&mut self, device: &DeviceId) -> u64 {
        self.cursors.get(device).copied().unwrap_or(0)
    }

    fn set_cursor(&mut self, device: &DeviceId, row: u64) {
        let kept = self.cursors.entry(device.clone()).or_default();
        *kept = row.max(*kept);
    }

    fn marker(&mut self, of: Marked<'_>) -> Option<Millis> {
        match of {
            Marked::Friend(friend) => self.markers.get(&friend).copied(),
            Marked::Place(place) => self.place_markers.get(place).copied(),
        }
    }

    fn set_marker(&mut self, of: Marked<'_>, at: Millis) -> Result<Millis, String> {
        let kept = match of {
            Marked::Friend(friend) => self.markers.entry(friend).or_default(),
            Marked::Place(place) => self.place_markers.entry(place.to_owned()).or_default(),
        };
        *kept = at.max(*kept);
        Ok(*kept)
    }

    fn status(&mut self, away: Option<&str>) -> Result<(), String> {
        self.away = away.map(ToOwned::to_owned);
        self.calls.push(format!("status {away:?}"));
        Ok(())
    }

    fn questions(&self) -> Vec<Question> {
        self.questions.clone()
    }

    fn command(&mut self, words: &str, _: &Asker) -> Option<Vec<String>> {
        self.calls.push(words.to_owned());
        Some(vec![format!("did {words}")])
    }
}

/// A text in the row it was stored in.
pub(super) fn stored(entry: Placed) -> Stored {
    Stored {
        before: entry.row - 1,
        ..Stored::alone(entry)
    }
}

fn cut(rows: &[Stored], with: ConversationId, page: Page) -> Vec<Stored> {
    let of = |one: &&Stored| one.message().unwrap().conversation == with;
    let inside = |one: &&Stored| {
        let place = one.place().unwrap();
        page.after.is_none_or(|after| place > after)
            && page.before.is_none_or(|before| place < before)
    };
    let rows = rows.iter().filter(of);
    let mut all: Vec<Stored> = rows.filter(inside).cloned().collect();
    if page.newest {
        all.drain(..all.len().saturating_sub(page.limit));
    } else {
        all.truncate(page.limit);
    }
    all
}

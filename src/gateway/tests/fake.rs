//! A host in memory: a store of texts, a roster, and a list of what it was asked to do.

use std::collections::{BTreeMap, BTreeSet};

use super::START;
use crate::gateway::host::{
    Answer, Asker, Change, DeviceId, Done, Entry, Friend, Host, Me, Page, Place, Question, Refused,
    Rest, Stored, Typing, What,
};
use crate::protocol::address::Address;
use crate::protocol::letter::LetterId;
use crate::protocol::scram::ScramKeys;
use crate::rules::message::Delivery;
use crate::rules::presence_tracker::Shown;

pub(super) struct Fake {
    pub(super) now: u64,
    pub(super) friends: Vec<Friend>,
    /// Texts as they stand now.
    pub(super) entries: Vec<Entry>,
    /// Texts as they were, and what was done to them.
    pub(super) rows: Vec<Stored>,
    /// Rows that the user has read elsewhere.
    pub(super) read: BTreeSet<u64>,
    pub(super) place_markers: BTreeMap<String, u64>,
    pub(super) away: Option<String>,
    pub(super) passwords: BTreeMap<String, String>,
    /// Devices that open clients are, and the cursors of all.
    pub(super) cursors: BTreeMap<DeviceId, u64>,
    pub(super) markers: BTreeMap<Address, u64>,
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

pub(super) fn friend(name: &str, presence: Shown, since: u64) -> Friend {
    Friend {
        address: address(&name.to_ascii_lowercase()),
        name: name.to_owned(),
        own_name: Some(format!("Mr {name}")),
        standing: "friend",
        visible: true,
        blocked: false,
        verified: name == "bob",
        presence,
        word: if presence == Shown::Away {
            "at lunch".to_owned()
        } else {
            String::new()
        },
        networks: vec!["libera".to_owned()],
        fingerprint: Some("abcd".to_owned()),
        since,
        heard: Some(START),
    }
}

impl Fake {
    pub(super) fn new() -> Self {
        Self {
            now: START,
            friends: vec![
                friend("bob", Shown::Online, 1),
                friend("carol", Shown::Away, 2),
                friend("dave", Shown::Offline, 3),
            ],
            entries: Vec::new(),
            rows: Vec::new(),
            read: BTreeSet::new(),
            place_markers: BTreeMap::new(),
            away: None,
            passwords: BTreeMap::from([("phone".to_owned(), "secret".to_owned())]),
            cursors: BTreeMap::new(),
            markers: BTreeMap::new(),
            calls: Vec::new(),
            blocked: None,
            questions: Vec::new(),
            reads: 0,
        }
    }

    pub(super) fn store(&mut self, friend: &str, mine: bool, text: &str) -> Entry {
        let (row, id) = self.next_row();
        let entry = Entry {
            row,
            friend: address(friend),
            mine,
            id,
            sent: self.now,
            arrival: self.now,
            text: text.to_owned(),
            reply_to: None,
            notice: false,
            state: if mine {
                Delivery::Queued
            } else {
                Delivery::Delivered
            },
            via: None,
            reason: None,
            edited: false,
            retracted: false,
        };
        self.entries.push(entry.clone());
        self.rows.push(stored(entry.clone()));
        entry
    }

    fn next_row(&mut self) -> (u64, LetterId) {
        self.now += 1;
        let row = self.rows.len() as u64 + 1;
        let mut id = [0; 16];
        id[8..].copy_from_slice(&row.to_be_bytes());
        (row, LetterId(id))
    }

    /// Something is done to a text, and stored.
    pub(super) fn change(&mut self, of: &Entry, mine: bool, done: Done) -> Stored {
        let (row, id) = self.next_row();
        let text = self.entries.iter_mut().find(|e| e.row == of.row).unwrap();
        match &done {
            Done::Edited(words) => {
                words.clone_into(&mut text.text);
                text.edited = true;
            }
            Done::Retracted(_) => text.retracted = true,
            Done::Reacted(_) | Done::Unreacted(_) => {}
        }
        let change = Change {
            friend: of.friend.clone(),
            mine,
            id: Some(id),
            of: of.id,
            of_row: of.row,
            quoted: text.text.clone(),
            arrival: self.now,
            done,
        };
        let stored = Stored {
            row,
            before: row - 1,
            what: What::Change(Box::new(change)),
        };
        self.rows.push(stored.clone());
        stored
    }

    fn is_read(&self, stored: &Stored) -> bool {
        let mine = match &stored.what {
            What::Text(entry) => entry.mine,
            What::Change(change) => change.mine,
            What::Nothing => false,
        };
        mine || self.read.contains(&stored.row)
    }

    fn own(&mut self, friend: &Address, id: LetterId) -> Result<Entry, Refused> {
        match self.find(friend, id) {
            None => Err(Refused::Unknown),
            Some(entry) if !entry.mine => Err(Refused::Forbidden("not yours".to_owned())),
            Some(entry) => Ok(entry),
        }
    }
}

impl Host for Fake {
    fn now_ms(&self) -> u64 {
        self.now
    }

    fn me(&self) -> Me {
        Me {
            address: address("alice"),
            name: "Alice".to_owned(),
            away: self.away.clone(),
            fingerprint: "ffff".to_owned(),
            networks: vec![("libera".to_owned(), true)],
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

    fn scram(&mut self, device: &str) -> (ScramKeys, String) {
        let password = self.passwords.get(device);
        let password = password.map_or("a password that nobody has", String::as_str);
        (ScramKeys::of(password, [7; 16], 4096), "ours".to_owned())
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
        friend: &Address,
        text: &str,
        reply_to: Option<LetterId>,
    ) -> Result<Stored, String> {
        if self.blocked.as_ref() == Some(friend) {
            return Err("blocked by you".to_owned());
        }
        let mut entry = self.store(friend.local(), true, text);
        entry.reply_to = reply_to;
        *self.entries.last_mut().unwrap() = entry.clone();
        *self.rows.last_mut().unwrap() = stored(entry.clone());
        Ok(stored(entry))
    }

    fn notice(
        &mut self,
        friend: &Address,
        text: &str,
        reply_to: Option<LetterId>,
    ) -> Result<Stored, String> {
        let mut stored = self.say(friend, text, reply_to)?;
        let last = self.entries.last_mut().unwrap();
        last.notice = true;
        stored.what = What::Text(Box::new(last.clone()));
        *self.rows.last_mut().unwrap() = stored.clone();
        Ok(stored)
    }

    fn edit(
        &mut self,
        friend: &Address,
        id: LetterId,
        text: &str,
    ) -> Result<Option<Stored>, Refused> {
        let entry = self.own(friend, id)?;
        let same = entry.text == text;
        Ok((!same).then(|| self.change(&entry, true, Done::Edited(text.to_owned()))))
    }

    fn retract(
        &mut self,
        friend: &Address,
        id: LetterId,
        why: Option<&str>,
    ) -> Result<Option<Stored>, Refused> {
        let entry = self.own(friend, id)?;
        let done = Done::Retracted(why.map(ToOwned::to_owned));
        Ok(Some(self.change(&entry, true, done)))
    }

    fn react(
        &mut self,
        friend: &Address,
        id: LetterId,
        reaction: &str,
        on: bool,
    ) -> Result<Option<Stored>, Refused> {
        let entry = self.find(friend, id).ok_or(Refused::Unknown)?;
        self.calls
            .push(format!("react {} {reaction} {on}", friend.local()));
        let done = match on {
            true => Done::Reacted(reaction.to_owned()),
            false => Done::Unreacted(reaction.to_owned()),
        };
        Ok(Some(self.change(&entry, true, done)))
    }

    fn typing(&mut self, friend: &Address, typing: Typing) {
        self.calls
            .push(format!("typing {} {typing:?}", friend.local()));
    }

    fn history(&mut self, friend: &Address, page: Page) -> Result<Vec<Entry>, String> {
        self.reads += 1;
        let texts: Vec<Stored> = self.entries.iter().cloned().map(stored).collect();
        let found = cut(&texts, friend, page).into_iter();
        Ok(found
            .filter_map(|one| match one.what {
                What::Text(entry) => Some(*entry),
                What::Change(_) | What::Nothing => None,
            })
            .collect())
    }

    fn full_history(&mut self, friend: &Address, page: Page) -> Result<Vec<Stored>, String> {
        self.reads += 1;
        Ok(cut(&self.rows, friend, page))
    }

    fn done_after(&mut self, _: &Address, id: LetterId, row: u64) -> Result<Vec<Stored>, String> {
        let about = |one: &&Stored| matches!(&one.what, What::Change(change) if change.of == id);
        let later = self.rows.iter().filter(about);
        Ok(later.filter(|one| one.row > row).cloned().collect())
    }

    fn find(&mut self, friend: &Address, id: LetterId) -> Option<Entry> {
        let mut all = self.entries.iter();
        all.find(|e| e.id == id && e.friend == *friend).cloned()
    }

    fn place(&mut self, _: &Address, id: LetterId) -> Option<Place> {
        let named = |what: &What| match what {
            What::Text(entry) => entry.id == id,
            What::Change(change) => change.id == Some(id),
            What::Nothing => false,
        };
        self.rows.iter().find(|one| named(&one.what))?.place()
    }

    fn rest(&mut self, rest: Rest, limit: usize) -> Result<Vec<Stored>, String> {
        self.reads += 1;
        let rows = self.rows.iter();
        let left = rows.filter(|one| {
            one.row > rest.after && (one.row > rest.read_after || !self.is_read(one))
        });
        Ok(left.take(limit).cloned().collect())
    }

    fn changes(&mut self, after: u64, until: u64, limit: usize) -> Result<Vec<Stored>, String> {
        self.reads += 1;
        let rows = self.rows.iter();
        let found = rows.filter(|one| {
            one.row > after && one.row <= until && matches!(one.what, What::Change(_))
        });
        Ok(found.take(limit).cloned().collect())
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
        (from, to): (u64, u64),
        changes: bool,
        limit: usize,
    ) -> Result<Vec<(Address, u64)>, String> {
        let mut latest = BTreeMap::new();
        for stored in &self.rows {
            let (friend, at) = match &stored.what {
                What::Text(entry) => (&entry.friend, entry.arrival),
                What::Change(change) if changes => (&change.friend, change.arrival),
                What::Change(_) | What::Nothing => continue,
            };
            latest.insert(friend.clone(), at);
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

    fn marker(&mut self, friend: &Address) -> Option<u64> {
        self.markers.get(friend).copied()
    }

    fn set_marker(&mut self, friend: &Address, at: u64) -> Result<u64, String> {
        let kept = self.markers.entry(friend.clone()).or_default();
        *kept = at.max(*kept);
        Ok(*kept)
    }

    fn place_marker(&mut self, place: &str) -> Option<u64> {
        self.place_markers.get(place).copied()
    }

    fn set_place_marker(&mut self, place: &str, at: u64) -> Result<u64, String> {
        let kept = self.place_markers.entry(place.to_owned()).or_default();
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

    fn command(&mut self, words: &str, _: &Asker) -> Option<Answer> {
        self.calls.push(words.to_owned());
        let question = words.starts_with("remove").then(|| Question {
            text: "remove bob for good?".to_owned(),
            yes: format!("{words} --yes"),
            no: None,
        });
        Some(Answer {
            lines: if question.is_some() {
                Vec::new()
            } else {
                vec![format!("did {words}")]
            },
            question,
        })
    }
}

/// A text in the row it was stored in.
pub(super) fn stored(entry: Entry) -> Stored {
    Stored {
        before: entry.row - 1,
        ..Stored::alone(entry)
    }
}

fn cut(rows: &[Stored], friend: &Address, page: Page) -> Vec<Stored> {
    let of = |what: &What| match what {
        What::Text(entry) => entry.friend == *friend,
        What::Change(change) => change.friend == *friend,
        What::Nothing => false,
    };
    let inside = |one: &&Stored| {
        let place = one.place().unwrap();
        page.after.is_none_or(|after| place > after)
            && page.before.is_none_or(|before| place < before)
    };
    let rows = rows.iter().filter(|one| of(&one.what));
    let mut all: Vec<Stored> = rows.filter(inside).cloned().collect();
    if page.newest {
        all.drain(..all.len().saturating_sub(page.limit));
    } else {
        all.truncate(page.limit);
    }
    all
}

//! A host in memory: a store of texts, a roster, and a list of what it was asked to do.

use std::collections::BTreeMap;

use super::START;
use crate::edge::gateway::host::{
    Answer, Asker, DeviceId, Entry, Friend, Host, Me, Page, Question, Refused, Typing,
};
use crate::protocol::address::Address;
use crate::protocol::letter::LetterId;
use crate::rules::message::Delivery;
use crate::rules::watch::Shown;

pub(super) struct Fake {
    pub(super) now: u64,
    pub(super) friends: Vec<Friend>,
    pub(super) entries: Vec<Entry>,
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
        self.now += 1;
        let row = self.entries.len() as u64 + 1;
        let mut id = [0; 16];
        id[8..].copy_from_slice(&row.to_be_bytes());
        let entry = Entry {
            row,
            before: row - 1,
            friend: address(friend),
            mine,
            id: LetterId(id),
            sent: self.now,
            arrival: self.now,
            text: text.to_owned(),
            reply_to: None,
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
        entry
    }

    fn own(&mut self, friend: &Address, id: LetterId) -> Result<&mut Entry, Refused> {
        let entry = self
            .entries
            .iter_mut()
            .find(|e| e.id == id && e.friend == *friend);
        match entry {
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

    fn guest(&mut self, device: &str) -> Option<DeviceId> {
        let device = DeviceId(device.to_owned());
        self.cursors.contains_key(&device).then_some(device)
    }

    fn say(
        &mut self,
        friend: &Address,
        text: &str,
        reply_to: Option<LetterId>,
    ) -> Result<Entry, String> {
        if self.blocked.as_ref() == Some(friend) {
            return Err("blocked by you".to_owned());
        }
        let mut entry = self.store(friend.local(), true, text);
        entry.reply_to = reply_to;
        *self.entries.last_mut().unwrap() = entry.clone();
        Ok(entry)
    }

    fn edit(&mut self, friend: &Address, id: LetterId, text: &str) -> Result<(), Refused> {
        let entry = self.own(friend, id)?;
        text.clone_into(&mut entry.text);
        entry.edited = true;
        Ok(())
    }

    fn retract(&mut self, friend: &Address, id: LetterId) -> Result<(), Refused> {
        self.own(friend, id)?.retracted = true;
        Ok(())
    }

    fn react(
        &mut self,
        friend: &Address,
        id: LetterId,
        reaction: &str,
        on: bool,
    ) -> Result<(), Refused> {
        self.find(friend, id).ok_or(Refused::Unknown)?;
        self.calls
            .push(format!("react {} {reaction} {on}", friend.local()));
        Ok(())
    }

    fn typing(&mut self, friend: &Address, typing: Typing) {
        self.calls
            .push(format!("typing {} {typing:?}", friend.local()));
    }

    fn history(&mut self, friend: &Address, page: Page) -> Result<Vec<Entry>, String> {
        self.reads += 1;
        let inside = |entry: &&Entry| {
            entry.friend == *friend
                && page.after.is_none_or(|after| entry.place() > after)
                && page.before.is_none_or(|before| entry.place() < before)
        };
        let mut all: Vec<Entry> = self.entries.iter().filter(inside).cloned().collect();
        if page.newest {
            all.drain(..all.len().saturating_sub(page.limit));
        } else {
            all.truncate(page.limit);
        }
        Ok(all)
    }

    fn find(&mut self, friend: &Address, id: LetterId) -> Option<Entry> {
        let mut all = self.entries.iter();
        all.find(|e| e.id == id && e.friend == *friend).cloned()
    }

    fn after(&mut self, row: u64, limit: usize) -> Result<Vec<Entry>, String> {
        self.reads += 1;
        let all = self.entries.iter().filter(|e| e.row > row);
        Ok(all.take(limit).cloned().collect())
    }

    fn newest_but(&mut self, count: u64) -> u64 {
        (self.entries.len() as u64).saturating_sub(count)
    }

    fn targets(&mut self, from: u64, to: u64, limit: usize) -> Result<Vec<(Address, u64)>, String> {
        let mut latest = BTreeMap::new();
        for entry in self
            .entries
            .iter()
            .filter(|e| e.arrival > from && e.arrival < to)
        {
            latest.insert(entry.friend.clone(), entry.arrival);
        }
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

//! What the gateway asks, answered from memory.

use std::collections::{BTreeMap, BTreeSet};

use super::{Fake, address, stored};
use crate::gateway::host::{
    Asker, DeviceId, Friend, Group, Host, Marked, Me, Query, Question, Refused, Typing, With,
};
use crate::protocol::group::MemberId;
use crate::protocol::letter::LetterId;
use crate::protocol::scram::ScramKeys;
use crate::protocol::time::Millis;
use crate::rules::conversation::{ContactId, ConversationId, Page, Place, Placed, Stored, What};
use crate::rules::event::GroupAct;
use crate::rules::message::ChangeKind;

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

    fn groups(&self) -> Vec<Group> {
        self.groups.clone()
    }

    fn in_group(&mut self, act: GroupAct) -> Result<(), String> {
        self.act_in_group(act)
    }

    fn voucher(&mut self, group: ConversationId, _: MemberId) -> Option<MemberId> {
        self.group(group).map(|group| group.us)
    }

    fn hidden(&mut self, device: &DeviceId) -> BTreeSet<ConversationId> {
        let hidden = self.hidden.iter().filter(|(on, _)| on == device);
        hidden.map(|(_, group)| *group).collect()
    }

    fn hide(&mut self, device: &DeviceId, group: ConversationId, hidden: bool) {
        let key = (device.clone(), group);
        match hidden {
            true => drop(self.hidden.insert(key)),
            false => drop(self.hidden.remove(&key)),
        }
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
        with: With,
        text: &str,
        reply_to: Option<LetterId>,
        notice: bool,
    ) -> Result<Stored, String> {
        let conversation = self.conversation(with);
        let friend = self.with(conversation).map(|friend| &friend.address);
        if friend.is_some() && self.blocked.as_ref() == friend {
            return Err("blocked by you".to_owned());
        }
        let mut entry = self.store_in(conversation, true, text);
        entry.entry.message.reply_to = reply_to;
        entry.entry.message.notice = notice;
        *self.entries.last_mut().unwrap() = entry.clone();
        *self.rows.last_mut().unwrap() = stored(entry.clone());
        Ok(stored(entry))
    }

    fn change(
        &mut self,
        (with, id): (With, LetterId),
        kind: ChangeKind,
        words: &str,
    ) -> Result<Option<Stored>, Refused> {
        let found = self.find(with, id).ok_or(Refused::Unknown)?;
        let reacts = matches!(kind, ChangeKind::React | ChangeKind::Unreact);
        if !reacts && !found.entry.message.is_ours() {
            return Err(Refused::Forbidden("not yours".to_owned()));
        }
        if reacts {
            let on = kind == ChangeKind::React;
            let who = match with {
                With::Friend(friend) => self.known(friend).address.local().to_owned(),
                With::Group(group) => format!("#{}", self.group(group).unwrap().name),
            };
            self.calls.push(format!("react {who} {words} {on}"));
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
            Query::Texts(with, page) => {
                let texts: Vec<Stored> = self.entries.iter().cloned().map(stored).collect();
                cut(&texts, self.conversation(with), page)
            }
            Query::All(with, page) => cut(&self.rows, self.conversation(with), page),
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

    fn find(&mut self, with: With, id: LetterId) -> Option<Placed> {
        let with = self.conversation(with);
        let mut all = self.entries.iter();
        all.find(|one| one.entry.message.id == id && one.entry.message.conversation == with)
            .cloned()
    }

    fn place(&mut self, _: With, id: LetterId) -> Option<Place> {
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
    ) -> Result<Vec<(With, Millis)>, String> {
        let mut latest = BTreeMap::new();
        for stored in &self.rows {
            let message = stored.message().unwrap();
            let friend = self.with(message.conversation);
            let group = With::Group(message.conversation);
            let with = friend.map_or(group, |friend| With::Friend(friend.id));
            if changes || matches!(stored.what, What::Text(_)) {
                latest.insert(with, message.arrival);
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
            Marked::With(with) => self.markers.get(&with).copied(),
            Marked::Place(place) => self.place_markers.get(place).copied(),
        }
    }

    fn set_marker(&mut self, of: Marked<'_>, at: Millis) -> Result<Millis, String> {
        let kept = match of {
            Marked::With(with) => self.markers.entry(with).or_default(),
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

//! What people do, and what that makes true.

use iim::protocol::letter::Status;
use iim::protocol::time::Millis;
use iim::rules::effect::Notice;
use iim::rules::event::{Act, Adding, NewStatus};
use iim::rules::message::Delivery;

use crate::truth::{Hiding, MALLORY, Text};
use crate::world::World;

impl World {
    pub(crate) fn say(&mut self, from: usize, to: usize) {
        let words = format!("{} from {from} to {to}", self.truth.texts.len());
        let said = Act::Say {
            to: self.known(from, to).contact,
            text: words.clone(),
            reply_to: None,
        };
        let lives = (self.people[from].lives, self.people[to].lives);
        if let Ok(outcome) = self.act(from, said)
            && let Some(id) = outcome.id
        {
            self.truth.texts.push(Text {
                from,
                to,
                id,
                words,
                at_ms: self.now,
                lives,
                rolled_back: false,
                told: [false; 2],
                shown_at: None,
            });
        }
    }

    pub(crate) fn add(&mut self, who: usize, whom: usize) {
        let adding = Act::Add(Adding {
            address: self.address(whom),
            invite: None,
            name: None,
            note: None,
            hidden: false,
            verified: false,
        });
        self.truth.consent.insert((who, whom));
        drop(self.act(who, adding));
        self.look_whom_he_shows(who);
    }

    pub(crate) fn accept(&mut self, who: usize, whom: usize) {
        let address = self.address(whom);
        let asked = self.people[who].find(&address);
        let waits = asked.is_some_and(|person| person.asks() || person.has_new_keys());
        if !waits {
            return;
        }
        self.truth.consent.insert((who, whom));
        let accepting = Act::Accept {
            address: self.address(whom),
            name: None,
            hidden: false,
        };
        drop(self.act(who, accepting));
        self.look_whom_he_shows(who);
    }

    pub(crate) fn refuse(&mut self, who: usize, whom: usize) {
        let address = self.address(whom);
        drop(self.act(who, Act::Refuse(address)));
        self.look_whom_he_shows(who);
    }

    pub(crate) fn hide(&mut self, who: usize, from: usize) {
        let address = self.address(from);
        if self.act(who, Act::Hide(vec![address])).is_ok() {
            self.hides(who, from);
        }
    }

    pub(crate) fn hides(&mut self, who: usize, from: usize) {
        if who != MALLORY {
            let since_ms = self.now;
            let hiding = Hiding { since_ms };
            self.truth.hidden.entry((who, from)).or_insert(hiding);
        }
    }

    pub(crate) fn show(&mut self, who: usize, to: usize) {
        let address = self.address(to);
        if self.act(who, Act::Show(vec![address])).is_ok() {
            self.truth.shows(who, to);
        }
    }

    pub(crate) fn block(&mut self, who: usize, whom: usize) {
        let address = self.address(whom);
        if self.act(who, Act::Block(vec![address])).is_ok() {
            self.hides(who, whom);
            self.truth.part(who, whom);
        }
    }

    pub(crate) fn unblock(&mut self, who: usize, whom: usize) {
        let address = self.address(whom);
        if self.act(who, Act::Unblock(vec![address])).is_ok() && self.still_friends(who, whom) {
            self.truth.parted.remove(&(who, whom));
            self.truth.parted.remove(&(whom, who));
        }
    }

    pub(crate) fn still_friends(&mut self, one: usize, two: usize) -> bool {
        [(one, two), (two, one)].into_iter().all(|(who, whom)| {
            let (address, keys) = (self.address(whom), self.people[whom].keys.last().copied());
            let found = self.people[who].find(&address);
            found.is_some_and(|person| !person.blocked && person.keys().copied() == keys)
        })
    }

    pub(crate) fn remove(&mut self, who: usize, whom: usize) {
        let address = self.address(whom);
        if self.act(who, Act::Remove(vec![address])).is_ok() {
            self.hides(who, whom);
            self.truth.part(who, whom);
        }
    }

    pub(crate) fn status(&mut self, who: usize) {
        let status = match self.chance.below(5) {
            0 => NewStatus::Invisible,
            1 => NewStatus::Shown(Status::Away),
            2 => NewStatus::Shown(Status::Busy),
            _ => NewStatus::Shown(Status::Online),
        };
        let text = format!("word {}", self.chance.below(100));
        let act = Act::Status {
            status: Some(status),
            text: Some(text),
            friends: Vec::new(),
            ways: None,
        };
        drop(self.act(who, act));
    }

    /// Reads what a friend wrote; whom one is hidden from learns nothing of it.
    pub(crate) fn read(&mut self, who: usize, of: usize) {
        let known = self.known(who, of);
        if self.truth.hidden.contains_key(&(who, of)) {
            let all = self.people[who]
                .account
                .history(Some(known.conversation), false)
                .unwrap();
            let unread = all
                .iter()
                .filter(|message| !message.is_ours() && message.state == Delivery::Delivered);
            // An id alone says nothing: a hostile friend may write under one that another uses.
            let seen: Vec<_> = unread.map(|message| (who, of, message.id)).collect();
            self.truth.seen_hidden.extend(seen);
        }
        let (friend, up_to) = (Some(known.contact), Millis::MAX);
        drop(self.act(who, Act::Seen { friend, up_to }));
    }

    /// What the program holds for this person's wish, after an act that may change several things.
    pub(crate) fn look_whom_he_shows(&mut self, who: usize) {
        for other in 0..self.people.len() {
            let address = self.address(other);
            let shown = self.people[who]
                .find(&address)
                .is_some_and(|person| person.visible && !person.blocked);
            if shown {
                self.truth.shows(who, other);
            }
        }
    }

    // roster.toml

    /// Opens the roster in an editor.
    pub(crate) fn open_editor(&mut self, who: usize) {
        let text = std::fs::read_to_string(self.people[who].home.roster());
        self.people[who].editor = text.ok();
    }

    /// Saves it, perhaps long after it was opened: with one person hidden, or a note changed.
    pub(crate) fn save_editor(&mut self, who: usize) {
        let Some(text) = self.people[who].editor.take() else {
            return;
        };
        let other = (who + 1 + self.chance.index(3)) % 4;
        let address = self.address(other);
        let hide = self.chance.once_in(2);
        let (from, to) = match hide {
            true => ("visible = true", "visible = false"),
            false => ("note = \"\"", "note = \"a note\""),
        };
        let Some(edited) = edit(&text, address.as_str(), from, to) else {
            return;
        };
        std::fs::write(self.people[who].home.roster(), edited).unwrap();
        let before = self.people[who].find(&address).map(|person| person.visible);
        let notices = self.people[who].account.take_edits().unwrap();
        self.truth.acts += 1;
        let said = notices
            .iter()
            .any(|notice| matches!(notice, Notice::Word { .. }));
        self.note(who, notices);
        let after = self.people[who].find(&address).map(|person| person.visible);
        if hide && !said && after == Some(true) {
            let words = format!("{who} hid {other} in roster.toml, and it was not obeyed");
            self.truth.breaks(crate::promises::HIDDEN, words);
        }
        if before == Some(true) && after == Some(false) {
            self.hides(who, other);
        }
        self.settle(who);
    }

    // Accounts.

    pub(crate) fn back_up(&mut self, who: usize) {
        if self.people[who].backups.len() < 3 {
            self.people[who].back_up(self.now);
        }
    }

    /// Goes back to a backup: what was said and heard since is forgotten on this side.
    pub(crate) fn restore(&mut self, who: usize) {
        let lives = self.people[who].lives;
        self.people[who]
            .backups
            .retain(|backup| backup.life == lives);
        let Some(backup) = self.people[who].backups.first().cloned() else {
            return;
        };
        // Nobody restores a backup within the second: an epoch is a time in seconds.
        self.pass(60);
        if self.people[who].agent.is_some() {
            self.irc.crash(who, false);
        }
        self.people[who].restore(&backup);
        self.goes_back(who, backup.at_ms);
        self.settle(who);
    }

    /// Somebody has on their side what was there then.
    pub(crate) fn goes_back(&mut self, who: usize, at_ms: u64) {
        for text in &mut self.truth.texts {
            let said = text.from == who && text.at_ms + 1000 >= at_ms;
            let heard = text.to == who && text.shown_at.is_some_and(|at| at + 1000 >= at_ms);
            text.rolled_back |= said || heard;
        }
        for said in &mut self.truth.said {
            said.rolled_back |= said.from == who && said.at_ms + 1000 >= at_ms;
            if let Some(hearer) = said.to.get_mut(&who) {
                hearer.rolled_back |= hearer.shown_at.is_some_and(|at| at + 1000 >= at_ms);
            }
        }
        for other in 0..self.people.len() {
            self.recall(who, other);
        }
        self.forget_yes(who);
    }

    /// What somebody wants of another after they went back to a backup.
    fn recall(&mut self, who: usize, other: usize) {
        let address = self.address(other);
        let found = self.people[who].find(&address);
        match &found {
            Some(person) if person.visible && !person.blocked => {
                self.truth.hidden.remove(&(who, other));
            }
            Some(_) => self.hides(who, other),
            None => {}
        }
        if other != who && !self.still_friends(who, other) {
            self.truth.part(who, other);
        }
    }

    /// Loses everything and begins with new keys.
    pub(crate) fn reinstall(&mut self, who: usize) {
        if self.people[who].agent.is_some() {
            self.irc.crash(who, false);
        }
        let dir = self.dir.path().to_owned();
        self.people[who].reinstall(&dir);
        // Setup looks into the mailbox.
        self.fetch_once(who);
        for other in 0..self.people.len() {
            self.truth.hidden.remove(&(who, other));
            if other != who {
                self.truth.part(who, other);
            }
        }
    }
}

/// The text with one line of one person's table changed.
fn edit(text: &str, address: &str, from: &str, to: &str) -> Option<String> {
    let at = text.find(&format!("address = \"{address}\""))?;
    let end = text[at..]
        .find("[[friend]]")
        .map_or(text.len(), |end| at + end);
    let found = text[at..end].find(from)?;
    let mut edited = text.to_owned();
    edited.replace_range(at + found..at + found + from.len(), to);
    Some(edited)
}

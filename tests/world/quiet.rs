//! The promises that hold once all is quiet.

use iim::protocol::time::days;
use iim::rules::message::Delivery;

use crate::promises::{FIND, LOOPS, ONCE};
use crate::truth::MALLORY;
use crate::world::World;

impl World {
    /// Every text was shown once, in order, or its sender was told.
    pub(crate) fn check_texts(&mut self) {
        for text in self.truth.texts.clone() {
            if text.from == MALLORY || text.to == MALLORY {
                continue;
            }
            self.check_one_text(&text);
        }
        for from in 0..MALLORY {
            for to in (0..MALLORY).filter(|to| *to != from) {
                self.check_order(from, to);
            }
        }
    }

    fn check_one_text(&mut self, text: &crate::truth::Text) {
        let (from, to) = (self.address(text.from), self.address(text.to));
        let heard = self.people[text.to].heard(&from);
        let times = heard.iter().filter(|heard| heard.id == text.id).count();
        let case = format!("{:?} of {} to {}", text.words, text.from, text.to);
        if times > 1 {
            self.truth
                .breaks(ONCE, format!("{case} is shown {times} times"));
        }
        let lives = (self.people[text.from].lives, self.people[text.to].lives);
        if text.rolled_back || lives != text.lives {
            return;
        }
        let state = self.people[text.from].state(&to, text.id);
        let lost = self.post.lost.get(&(to.clone(), from.clone())).copied();
        let friend = self.people[text.from].is_friend(&to);
        match state {
            // It waits for a friendship, and the sender sees that it does.
            Some((Delivery::Queued, _)) if !friend && times == 0 => {}
            Some((Delivery::Delivered | Delivery::Read, _)) if times == 1 => {}
            Some((Delivery::Failed, why)) if !why.is_empty() && times == 0 => {}
            // Shown and failed together: only where every receipt may have been lost, or none was owed.
            Some((Delivery::Failed, why))
                if !why.is_empty()
                    && (lost.is_some()
                        || self.truth.lines_lost
                        || self.truth.parted.contains(&(text.from, text.to))) => {}
            other => {
                let waits = self.waiting(text.from);
                let (one, two) = (
                    self.people[text.from].find(&to),
                    self.people[text.to].find(&from),
                );
                let waits = format!("{waits}\n  {one:?}\n  {two:?}");
                let words = format!("{case} is {other:?}, shown {times} times; waiting: {waits}");
                self.truth.breaks(ONCE, words);
            }
        }
    }

    /// What waits in somebody's outbox, for people to read.
    pub(crate) fn waiting(&mut self, who: usize) -> String {
        let now = self.people[who].account.now();
        let store = self.people[who].disk.open();
        let far = now.after(days(100));
        let all = store.read(|account| account.outbox().due(far, None, 100));
        self.people[who].disk.put_aside(store);
        let all: Vec<String> = all
            .unwrap()
            .into_iter()
            .map(|waiting| {
                let out = waiting.outgoing;
                let due = out.due.0 as i64 - now.0 as i64;
                format!("{:?} {:?} in {due} s {:?}", out.to, out.letter.id, out.form)
            })
            .collect();
        let account = self.people[who].account.state().unwrap();
        format!("restored {} {}", account.restored, all.join("; "))
    }

    fn check_order(&mut self, from: usize, to: usize) {
        let wrong =
            |one: &usize| self.truth.wrong_clock.contains(one) || self.people[*one].lives > 0;
        if wrong(&from) || wrong(&to) {
            return;
        }
        let sender = self.address(from);
        let heard = self.people[to].heard(&sender);
        let numbers: Vec<usize> = heard
            .iter()
            .filter_map(|heard| self.truth.texts.iter().position(|text| text.id == heard.id))
            .filter(|at| !self.truth.texts[*at].rolled_back)
            .collect();
        if numbers.windows(2).any(|pair| pair[0] > pair[1]) {
            let words = format!("{to} reads the texts of {from} in another order: {numbers:?}");
            self.truth.breaks(ONCE, words);
        }
    }

    /// Every friend who may see another does.
    pub(crate) fn check_sight(&mut self) {
        for one in 0..MALLORY {
            for two in (0..MALLORY).filter(|two| *two != one) {
                if self.could_talk(one, two) {
                    self.check_sees(two, one);
                }
            }
        }
    }

    pub(crate) fn check_sees(&mut self, who: usize, whom: usize) {
        let (address, other) = (self.address(who), self.address(whom));
        let shown = self.people[whom]
            .find(&address)
            .is_some_and(|person| person.visible);
        let secret = self.people[whom].account.state().unwrap().secret;
        let held = self.people[who]
            .find(&other)
            .and_then(|person| person.presence().cloned());
        let held = held.and_then(|held| held.secret);
        if shown && held != Some(secret) {
            let (one, two) = (
                self.people[whom].find(&address),
                self.people[who].find(&other),
            );
            let words = format!(
                "{who} may see {whom}, and has not the secret of now\n  {one:?}\n  {two:?}"
            );
            self.truth.breaks(FIND, words);
        }
    }

    /// Both are friends of each other under the keys of now, and nothing stands between them but faults.
    pub(crate) fn could_talk(&mut self, one: usize, two: usize) -> bool {
        [(one, two), (two, one)].into_iter().all(|(who, whom)| {
            let address = self.address(whom);
            let keys = self.people[whom].account.state().unwrap().keys;
            let found = self.people[who].find(&address);
            found.is_some_and(|person| !person.blocked && person.keys() == Some(&keys))
        }) && !self.truth.parted.contains(&(one, two))
    }

    /// With nobody doing anything, no mail is sent any more.
    pub(crate) fn check_silence(&mut self, since_s: u64) {
        for who in 0..MALLORY {
            let address = self.address(who);
            let all = self.post.count.get(&address).cloned().unwrap_or_default();
            let late = all.iter().filter(|at| **at > since_s).count();
            let asking = self.handshakes_of(who);
            if late > asking {
                let words = format!("{who} still sends {late} mails though nobody does anything");
                self.truth.breaks(LOOPS, words);
            }
        }
    }

    /// Requests and accepts that wait for an answer: they are repeated, three times.
    fn handshakes_of(&mut self, who: usize) -> usize {
        let people = self.people[who].account.people().unwrap();
        let waiting = people.iter().map(|person| {
            let heals = person.friend().and_then(|friend| friend.healing.as_ref());
            let asked = person.asked().iter().count();
            person.accepted().len() + asked + heals.iter().count()
        });
        waiting.sum()
    }

    /// All letters together are bounded by what people did, and by the days that passed.
    pub(crate) fn check_amount(&mut self, days: u64) {
        let acts = self.truth.acts;
        // Of what is said in a group each of the others has a copy, which may go again twice.
        let texts = (self.truth.texts.len() + 3 * self.truth.said.len()) as u64;
        let people = self.people.len() as u64;
        for who in 0..MALLORY {
            let address = self.address(who);
            let mails = self.post.count.get(&address).map_or(0, Vec::len) as u64;
            let most = 8 * (acts + texts) + 3 * days * people + 50;
            if mails > most {
                let words = format!("{who} sent {mails} mails for {acts} acts in {days} days");
                self.truth.breaks(LOOPS, words);
            }
        }
    }
}

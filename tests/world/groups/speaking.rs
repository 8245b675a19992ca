//! At last, in good weather, all members say something: then they hold the same book, and each has heard the others.

use std::collections::BTreeSet;

use iim::edge::seal::verify;
use iim::protocol::group::Act;
use iim::rules::group::book::Book;
use iim::rules::group::state::Standing;
use iim::rules::view::View as _;

use crate::groups::promises::AGREE;
use crate::promises::WEDGE;
use crate::truth::MALLORY;
use crate::world::World;

impl World {
    /// All who are in say something in each group, twice: then they hold the same book, and each has heard the other.
    pub(crate) fn speak_in_groups(&mut self) {
        if self.truth.talks.is_empty() {
            return;
        }
        self.all_say_something();
        self.pass(4 * HOUR);
        self.cron_alone(DAY);
        let last = self.all_say_something();
        self.pass(4 * HOUR);
        self.cron_alone(6 * DAY);
        for at in 0..self.truth.talks.len() {
            self.check_agreement(at);
        }
        self.check_heard(last);
        self.check_texts_of_groups();
        self.check_what_is_read();
        self.check_groups();
    }

    /// The first of what was said now.
    fn all_say_something(&mut self) -> usize {
        let first = self.truth.said.len();
        for at in 0..self.truth.talks.len() {
            for who in 0..4 {
                if self.is_in(who, at) {
                    self.say_in(who, at);
                }
            }
        }
        first
    }

    /// No agent runs for so many seconds.
    fn cron_alone(&mut self, seconds: u64) {
        for who in 0..4 {
            self.stop_agent(who);
        }
        self.pass(seconds);
        for who in 0..4 {
            self.start_agent(who);
        }
    }

    /// Those who are in by all acts that honest people hold, and know it.
    pub(crate) fn truly_in(&self, at: usize) -> (BTreeSet<usize>, Option<Book>) {
        let books = (0..MALLORY).filter_map(|who| Some((who, self.acts_of(who, at)?)));
        let books: Vec<(usize, Vec<Act>)> = books.collect();
        let Some(mut book) = books
            .iter()
            .find_map(|(_, acts)| Book::restored(acts.clone()))
        else {
            return (BTreeSet::new(), None);
        };
        let holds = |key, bytes: &[u8], signature: &_| verify(&key, bytes, signature);
        for (_, acts) in &books {
            book.take(acts.clone(), &holds);
        }
        let roster = book.roster();
        let members = roster.members.keys().filter_map(|id| self.whose(*id));
        let same = members.filter(|(who, life)| *life == self.people[*who].lives);
        let mut all: BTreeSet<usize> = same.map(|(who, _)| who).collect();
        let withdrew = &self.truth.talks[at].withdrew;
        all.retain(|who| *who != MALLORY && !withdrew.contains(who));
        all.retain(|who| !self.waits_in_vain(*who, at));
        (all, Some(book))
    }

    /// Whether somebody said yes to whoever asked, and has parted with them since: from nobody else they take the book.
    fn waits_in_vain(&self, who: usize, at: usize) -> bool {
        let standing = self.group(who, at).map(|group| group.standing);
        let Some(Standing::Agreed { by, .. }) = standing else {
            return false;
        };
        let account = &self.people[who].account;
        let by = account.look(|tx| Ok(tx.contact(by)?)).unwrap();
        by.is_none_or(|by| by.blocked || by.friend().is_none())
    }

    pub(crate) fn acts_of(&self, who: usize, at: usize) -> Option<Vec<Act>> {
        let group = self.group(who, at)?;
        let account = &self.people[who].account;
        let (acts, _) = account.look(|tx| Ok(tx.acts(group.conversation)?)).unwrap();
        Some(acts)
    }

    fn check_agreement(&mut self, at: usize) {
        let (all, Some(book)) = self.truly_in(at) else {
            return;
        };
        self.check_outsiders(at);
        self.check_void(at, &book);
        // Whoever is alone hears nothing new of anybody.
        let roster = book.roster();
        for who in all.iter().copied().filter(|_| all.len() > 1) {
            let Some(group) = self.group(who, at) else {
                continue;
            };
            let mut shown: BTreeSet<_> = group.others().map(|it| (it.id, it.rank)).collect();
            let ours = roster.members.get(&group.us);
            shown.extend(ours.map(|it| (group.us, it.rank)).filter(|_| group.is_in()));
            let held: BTreeSet<_> = roster
                .members
                .iter()
                .map(|(id, it)| (*id, it.rank))
                .collect();
            let title = roster.title.as_ref() == Some(&group.title);
            if group.heads != book.heads() || shown != held || !title {
                let (has, all) = (
                    self.acts_of(who, at).map_or(0, |acts| acts.len()),
                    book.count(),
                );
                let words = format!(
                    "{who} holds {has} of {all} acts, and sees {shown:?} instead of {held:?}\n  {}",
                    (0..4)
                        .map(|who| self.about(who, at))
                        .collect::<Vec<_>>()
                        .join("\n  ")
                );
                self.truth.breaks(AGREE, words);
            }
        }
    }

    /// What was said since has reached all who are in.
    fn check_heard(&mut self, first: usize) {
        let since = self.truth.said.split_off(first);
        self.truth.said.extend(since.iter().cloned());
        for said in since {
            let (all, _) = self.truly_in(said.group);
            let hearers = all.iter().filter(|who| **who != said.from);
            for whom in hearers.copied().collect::<Vec<_>>() {
                if !all.contains(&said.from) || !self.could_hear(whom, said.from) {
                    continue;
                }
                if self.times_shown(whom, &said) == 0 {
                    let here = self.group(said.from, said.group).unwrap();
                    let words = format!(
                        "{:?} does not reach {whom} any more: {:?}\n  {}\n  {}",
                        said.wordings[0],
                        self.copies(said.from, here.conversation, said.id),
                        self.about(said.from, said.group),
                        self.about(whom, said.group)
                    );
                    self.truth.breaks(WEDGE, words);
                }
            }
        }
    }

    /// Neither blocks the other, and neither knows the other's address under other keys.
    fn could_hear(&mut self, one: usize, two: usize) -> bool {
        [(one, two), (two, one)].into_iter().all(|(who, whom)| {
            let address = self.address(whom);
            let keys = *self.people[whom].keys.last().unwrap();
            let found = self.people[who].find(&address);
            found.is_none_or(|it| !it.blocked && it.keys().is_none_or(|it| *it == keys))
        })
    }
}

const HOUR: u64 = 3600;
const DAY: u64 = 86_400;

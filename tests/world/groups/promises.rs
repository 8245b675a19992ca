//! The promises of groups: those that hold at every moment, and those that hold once all is quiet.
//!
//! 1. *members agree*: all who are in hold the same book, and see the same people, admins and name
//!    (see `speaking.rs`)
//! 2. *who is out hears nothing*, and *says nothing*   3. *exactly once, or told*, for each member
//! 4. *no forgery*: nobody is shown as author, member or admin who did not sign it
//! 5. *hidden stays hidden* (see `truth.rs`)   6. *bounded*   7. *no wedge*: a text reaches all who are in (see `speaking.rs`)

use iim::protocol::group::MemberId;
use iim::rules::entry::entries;
use iim::rules::group::copy::together;
use iim::rules::group::state::Group;
use iim::rules::message::Delivery;
use iim::rules::view::View as _;

use crate::groups::truth::{Hearer, Said};
use crate::promises::{BOUNDED, FORGERY, ONCE};
use crate::truth::MALLORY;
use crate::world::World;

pub(crate) const OUT: &str = "who is out hears nothing";
pub(crate) const AGREE: &str = "members agree";

impl World {
    // At every moment.

    pub(crate) fn check_groups(&mut self) {
        for at in 0..self.truth.talks.len() {
            for who in 0..MALLORY {
                if let Some(group) = self.group(who, at) {
                    self.check_members(who, at, &group);
                    self.check_waiting_copies(who, &group);
                    self.check_bounds_of_group(who, &group);
                }
            }
        }
    }

    /// Whoever is shown as a member said yes, and whoever is shown as an admin was made one.
    fn check_members(&mut self, who: usize, at: usize, group: &Group) {
        for member in group.others() {
            let whose = self.whose(member.id).map(|(whose, _)| whose);
            let talk = &self.truth.talks[at];
            let is_known = whose.map_or(talk.puppets.contains(&member.id), |whose| {
                talk.agreed.contains(&whose)
            });
            if !is_known {
                let words = format!("{who} is shown {whose:?} in a group, who never said yes");
                self.truth.breaks(FORGERY, words);
            }
            let talk = &self.truth.talks[at];
            let is_promoted = whose.map_or(talk.puppets.contains(&member.id), |whose| {
                talk.promoted.contains(&whose)
            });
            if member.rank.is_some() && !is_promoted {
                let words = format!("{who} is shown {whose:?} as an admin, whom nobody made one");
                self.truth.breaks(FORGERY, words);
            }
        }
        let talk = &self.truth.talks[at];
        let is_ours = talk.agreed.contains(&who) && (!group.admin || talk.promoted.contains(&who));
        if group.is_in() && !is_ours {
            let words = format!("{who} is in a group, or its admin, and nobody wanted it");
            self.truth.breaks(FORGERY, words);
        }
    }

    /// Nothing waits for who is out.
    fn check_waiting_copies(&mut self, who: usize, group: &Group) {
        let out = group
            .members
            .iter()
            .filter(|it| !it.is_in || !group.is_in());
        let out: Vec<MemberId> = out.map(|it| it.id).collect();
        let account = &self.people[who].account;
        let waiting = account.look(|tx| {
            let of = |id: &MemberId| tx.copies_to(group.conversation, *id).map(|all| all.len());
            Ok(out.iter().map(of).sum::<Result<usize, _>>()?)
        });
        let waiting = waiting.unwrap();
        if waiting > 0 {
            let words = format!("{waiting} copies of {who} wait for members who are out");
            self.truth.breaks(OUT, words);
        }
    }

    fn check_bounds_of_group(&mut self, who: usize, group: &Group) {
        let account = &self.people[who].account;
        let (acts, waiting) = account.look(|tx| Ok(tx.acts(group.conversation)?)).unwrap();
        let (acts, waiting, members) = (acts.len(), waiting.len(), group.members.len());
        if acts > 512 + 128 || waiting > 64 || group.count() > 50 || members > 512 {
            let words = format!("{who} holds {acts} acts, {waiting} that wait, {members} members");
            self.truth.breaks(BOUNDED, words);
        }
    }

    // Once all is quiet.

    /// Every text of a group was shown once to everybody to whom it was said, or its author was told for whom it failed.
    pub(crate) fn check_texts_of_groups(&mut self) {
        for said in self.truth.said.clone() {
            let is_same = !said.rolled_back && said.life == self.people[said.from].lives;
            if said.from == MALLORY || !is_same {
                continue;
            }
            for (whom, hearer) in &said.to {
                let same = hearer.life == self.people[*whom].lives && !hearer.rolled_back;
                if *whom != MALLORY {
                    self.check_copy(&said, *whom, hearer, same);
                }
            }
        }
    }

    fn check_copy(&mut self, said: &Said, whom: usize, hearer: &Hearer, same: bool) {
        let times = self.times_shown(whom, said);
        let here = self.group(said.from, said.group).unwrap().conversation;
        let copies = self.copies(said.from, here, said.id);
        let is_theirs = |id| self.whose(id) == Some((whom, hearer.life));
        let copy = copies.iter().find(|copy| is_theirs(copy.to));
        let message = self.people[said.from].account.text(here, said.id).unwrap();
        let is_over = message
            .as_ref()
            .is_some_and(|it| it.state >= Delivery::Failed);
        if copies.is_empty() && is_over {
            // They are swept once all of them are over and old, by the author's clock.
            return;
        }
        if message.is_none_or(|it| it.state != together(&copies)) {
            let words = format!(
                "{:?} is not as far as its copies: {copies:?}",
                said.wordings[0]
            );
            self.truth.breaks(ONCE, words);
        }
        let state = copy.map(|copy| (copy.state, copy.reason.clone().unwrap_or_default()));
        let (from, to) = (self.address(said.from), self.address(whom));
        let lost = self.post.lost.contains_key(&(to, from));
        let parted = self.truth.parted.contains(&(said.from, whom));
        let fine = match &state {
            Some((Delivery::Delivered, _)) => times == 1 || !same,
            Some((Delivery::Failed, why)) => {
                let told = !why.is_empty() && hearer.failed.is_some();
                let acknowledged = lost || parted || self.truth.lines_lost || !same;
                told && (times == 0
                    || (times == 1 && acknowledged)
                    || times == 1 && why.starts_with("not in"))
            }
            Some((Delivery::Queued | Delivery::Sent | Delivery::Read, _)) | None => false,
        };
        if !fine {
            let waits = self.waiting(said.from);
            let words = format!(
                "{:?} of {} to {whom} is {state:?}, told {:?}, shown {times} times; waiting: {waits}\n  {:?}\n  {:?}",
                said.wordings[0],
                said.from,
                hearer.failed,
                self.about(said.from, said.group),
                self.about(whom, said.group),
            );
            self.truth.breaks(ONCE, words);
        }
    }

    /// How somebody stands in a group, for people to read.
    pub(super) fn about(&self, who: usize, group: usize) -> String {
        let Some(group) = self.group(who, group) else {
            return format!("{who} knows no such group");
        };
        let others = group.members.iter().map(|it| {
            let (who, due, again) = (self.whose(it.id), it.due, it.again);
            let (is_in, heads, told) = (it.is_in, &it.heads, it.told.len());
            format!("{who:?} in {is_in} due {due:?} again {again:?} heads {heads:?} told {told}")
        });
        let others: Vec<String> = others.collect();
        let (standing, heads) = (group.standing, group.shown_heads());
        format!("{who} is {standing:?}, {heads:?}: {}", others.join("; "))
    }

    pub(super) fn times_shown(&mut self, whom: usize, said: &Said) -> usize {
        let Some(group) = self.group(whom, said.group) else {
            return 0;
        };
        let account = &mut self.people[whom].account;
        let all = account.history(Some(group.conversation), false).unwrap();
        let from = self.people[whom]
            .ids(&self.people[said.from].address)
            .contact;
        let is_it = |id, author: Option<_>| id == said.id && author == Some(from);
        let shown = all.iter().filter(|row| is_it(row.id, row.author.contact()));
        shown.count()
    }

    /// What people read in their groups is what its authors made of it.
    pub(crate) fn check_what_is_read(&mut self) {
        for who in 0..MALLORY {
            for at in 0..self.truth.talks.len() {
                let Some(group) = self.group(who, at) else {
                    continue;
                };
                let account = &mut self.people[who].account;
                let all = account.history(Some(group.conversation), false).unwrap();
                for entry in entries(all) {
                    self.check_entry(who, at, &entry);
                }
            }
        }
    }

    fn check_entry(&mut self, who: usize, at: usize, entry: &iim::rules::entry::Entry) {
        let id = entry.message.id;
        let address = |author: iim::rules::conversation::Author| match author.contact() {
            Some(contact) => {
                let one = self.people[who].account.whoever(contact).unwrap();
                one.and_then(|one| self.index(&one.address))
            }
            None => Some(who),
        };
        let from = address(entry.message.author);
        let signs: Vec<_> = entry
            .reactions
            .iter()
            .map(|one| address(one.author))
            .collect();
        let mine = |said: &&Said| (said.group, Some(said.from), said.id) == (at, from, id);
        let said = self.truth.said.iter().find(mine);
        if let Some(said) = said
            && from != Some(MALLORY)
            && (!said.wordings.iter().any(|one| one == entry.wording())
                || (entry.retraction.is_some() && !said.retracted))
        {
            let words = format!(
                "{who} reads {:?} of {from:?}, who said {said:?}",
                entry.wording()
            );
            self.truth.breaks(FORGERY, words);
        }
        let signs = signs.into_iter().flatten().filter(|who| *who != MALLORY);
        let given = &self.truth.talks[at].signs;
        let forged: Vec<_> = signs.filter(|who| !given.contains(&(*who, id))).collect();
        if !forged.is_empty() {
            let words = format!("{who} is shown signs of {forged:?}, who gave none");
            self.truth.breaks(FORGERY, words);
        }
    }
}

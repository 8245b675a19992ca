//! Groups of the people of a world, some of them strangers to one another: what they do in them.
//!
//! ```text
//!  a seed ─▶ no group (half of the worlds)
//!         └▶ some pairs stay strangers; one or two found a group and ask whom they know in good weather
//!            ─▶ of each step's acts two of five are in a group: said, changed, asked, accepted, gone, put out, …
//! ```

mod boast;
mod ends;
pub(crate) mod promises;
mod speaking;
pub(crate) mod truth;

use iim::account::{AccountError, Outcome};
use iim::protocol::group::{GroupId, MemberId, Title};
use iim::protocol::time::Millis;
use iim::rules::conversation::ConversationId;
use iim::rules::event::{Act, GroupAct};
use iim::rules::group::state::{Group, Standing};
use iim::rules::view::View;

use crate::chance::Chance;
use crate::groups::truth::{Said, Talk};
use crate::play::Play;
use crate::promises::FIND;
use crate::truth::MALLORY;
use crate::world::World;

/// Whether the world of this seed has groups: drawn beside all else, so that a world without is as it was.
pub(crate) fn has_groups(seed: u64) -> bool {
    Chance::new(seed ^ 0x6772_6f75_7073).once_in(2)
}

impl World {
    /// Who stay strangers to each other where there are groups: never those of the first founder.
    pub(crate) fn draw_strangers(&mut self) -> Vec<(usize, usize)> {
        let founder = self.chance.index(4);
        let pairs = (0..4).flat_map(|one| (one + 1..4).map(move |two| (one, two)));
        let pairs: Vec<_> = pairs
            .filter(|(one, two)| *one != founder && *two != founder)
            .collect();
        pairs
            .into_iter()
            .filter(|_| self.chance.once_in(2))
            .collect()
    }

    /// One or two groups in good weather, with whomever their founders know.
    pub(crate) fn found_groups(&mut self) {
        for _ in 0..self.chance.between(1, 2) {
            let friends = |world: &mut Self, who: usize| {
                let all = (0..4).filter(|other| *other != who);
                all.filter(|other| world.still_friends(who, *other)).count()
            };
            let most = (0..4).map(|who| friends(self, who)).max();
            let able: Vec<usize> = (0..4)
                .filter(|who| Some(friends(self, *who)) == most)
                .collect();
            let founder = *self.chance.pick(&able).unwrap();
            self.found_group(founder);
            self.pass(300);
            let group = self.truth.talks.len() - 1;
            let asked: Vec<usize> = (0..4).filter(|who| self.is_asked(*who, group)).collect();
            for who in &asked {
                self.accept_group(*who, group);
            }
            self.pass(900);
            for who in asked {
                if !self.group(who, group).is_some_and(|it| it.is_in()) {
                    let words = format!("{who} said yes in good weather, and is in no group");
                    self.truth.breaks(FIND, words);
                }
            }
        }
    }

    /// A group as somebody keeps it.
    pub(crate) fn group(&self, who: usize, group: usize) -> Option<Group> {
        let id = self.truth.talks.get(group)?.id;
        self.group_of(who, id)
    }

    pub(crate) fn group_of(&self, who: usize, id: GroupId) -> Option<Group> {
        let account = &self.people[who].account;
        account.look(|tx| Ok(tx.group_of(id)?)).unwrap()
    }

    pub(crate) fn is_in(&self, who: usize, group: usize) -> bool {
        self.group(who, group).is_some_and(|it| it.is_in())
    }

    fn is_asked(&self, who: usize, group: usize) -> bool {
        let standing = self.group(who, group).map(|it| it.standing);
        matches!(standing, Some(Standing::Asked { .. }))
    }

    /// Who has a member's id, and in which of their lives.
    pub(crate) fn whose(&self, id: MemberId) -> Option<(usize, u32)> {
        let mut all = self.people.iter().enumerate();
        all.find_map(|(who, one)| {
            let mut keys = one.keys.iter();
            let life = keys.position(|keys| MemberId::of(keys.ed25519) == id)?;
            Some((who, life as u32))
        })
    }

    /// The id by which somebody is a member now.
    pub(crate) fn member_id(&self, who: usize) -> MemberId {
        let keys = self.people[who].keys.last().unwrap();
        MemberId::of(keys.ed25519)
    }

    pub(crate) fn group_act(
        &mut self,
        who: usize,
        group: usize,
        act: impl FnOnce(ConversationId) -> GroupAct,
    ) -> Option<Result<Outcome, AccountError>> {
        let here = self.group(who, group)?.conversation;
        self.truth.rooms.acted(who, group, self.now);
        Some(self.act(who, Act::Group(act(here))))
    }

    // What people do.

    pub(crate) fn found_group(&mut self, who: usize) {
        let name = format!("group {}", self.truth.talks.len());
        let friends: Vec<usize> = (0..4)
            .filter(|other| *other != who && self.still_friends(who, *other))
            .collect();
        let asked = friends
            .iter()
            .map(|other| self.known(who, *other).contact)
            .collect();
        let before = self.groups(who);
        let act = GroupAct::New { name, who: asked };
        drop(self.act(who, Act::Group(act)));
        let mut new = self.groups(who);
        new.retain(|group| !before.iter().any(|old| old.id == group.id));
        if let Some(group) = new.pop() {
            self.truth.talks.push(Talk::founded(group.id, who));
        }
    }

    pub(crate) fn groups(&self, who: usize) -> Vec<Group> {
        let account = &self.people[who].account;
        account.look(|tx| Ok(View::groups(tx)?)).unwrap()
    }

    pub(crate) fn ask_into(&mut self, who: usize, whom: usize, group: usize) {
        if who == whom {
            return;
        }
        let contact = self.known(who, whom).contact;
        drop(self.group_act(who, group, |here| GroupAct::Add(here, vec![contact])));
    }

    pub(crate) fn accept_group(&mut self, who: usize, group: usize) {
        if self.is_asked(who, group) {
            self.truth.talks[group].agreed.insert(who);
            self.truth.talks[group].withdrew.remove(&who);
            drop(self.group_act(who, group, GroupAct::Accept));
        }
    }

    fn refuse_group(&mut self, who: usize, group: usize) {
        if !self.is_in(who, group) {
            self.truth.talks[group].withdrew.insert(who);
        }
        drop(self.group_act(who, group, GroupAct::Refuse));
    }

    /// Whoever goes back to a backup of before they said yes has not said it: the others may not know it.
    pub(crate) fn forget_yes(&mut self, who: usize) {
        for at in 0..self.truth.talks.len() {
            let knows = self.group(who, at).is_some_and(|group| {
                !group.heads.is_empty() || matches!(group.standing, Standing::Agreed { .. })
            });
            if !knows {
                self.truth.talks[at].withdrew.insert(who);
            }
        }
    }

    pub(crate) fn put_out(&mut self, who: usize, whom: usize, group: usize) {
        let whom = self.member_id(whom);
        drop(self.group_act(who, group, |here| GroupAct::Remove(here, whom)));
    }

    pub(crate) fn make_admin(&mut self, who: usize, whom: usize, group: usize, on: bool) {
        let id = self.member_id(whom);
        if on && self.group(who, group).is_some_and(|it| it.admin) {
            self.truth.talks[group].promoted.insert(whom);
        }
        drop(self.group_act(who, group, |here| GroupAct::Admin(here, id, on)));
    }

    pub(crate) fn retitle(&mut self, who: usize, group: usize) {
        let name = format!("name {}", self.chance.below(1000));
        let title = Title {
            name: name.clone(),
            topic: String::new(),
        };
        if self.group(who, group).is_some_and(|it| it.admin) {
            self.truth.talks[group].names.insert(name);
        }
        drop(self.group_act(who, group, |here| GroupAct::Title(here, title)));
    }

    pub(crate) fn say_in(&mut self, who: usize, group: usize) -> Option<usize> {
        let words = format!("{} of {who} in {group}", self.truth.said.len());
        let (text, reply_to) = (words.clone(), self.some_text(group));
        let reply_to = reply_to.filter(|_| self.chance.once_in(4));
        let outcome = self.group_act(who, group, |to| GroupAct::Say { to, text, reply_to });
        let id = outcome?.ok()?.id?;
        let here = self.group(who, group)?;
        let to = self.hearers(who, &here, id);
        let was_watched = self.watched_by(who, &here, 0).is_some();
        let (at_ms, life) = (self.now, self.people[who].lives);
        self.truth.said.push(Said {
            group,
            from: who,
            id,
            at_ms,
            life,
            wordings: vec![words],
            retracted: false,
            was_watched,
            rolled_back: false,
            to,
        });
        Some(self.truth.said.len() - 1)
    }

    fn some_text(&mut self, group: usize) -> Option<iim::protocol::letter::LetterId> {
        let all = self.truth.said.iter().filter(|said| said.group == group);
        let all: Vec<_> = all.map(|said| said.id).collect();
        self.chance.pick(&all).copied()
    }

    /// Something is done to a text: changed or taken back by its author, given a sign by anybody.
    fn change_in(&mut self, who: usize, group: usize) {
        let is_near = |said: &&Said| said.group == group;
        let near = self.truth.said.iter().filter(is_near).count();
        let Some(nth) = near.checked_sub(1 + self.chance.index(near.min(6))) else {
            return;
        };
        let all = self.truth.said.iter().enumerate();
        let mut all = all.filter(|(_, said)| said.group == group);
        let (at, said) = all.nth(nth).map(|(at, said)| (at, said.clone())).unwrap();
        let of = said.id;
        match self.chance.below(4) {
            0 => {
                let text = format!("{at} of {who} in {group}, anew {}", said.wordings.len());
                let wording = text.clone();
                let done = self.group_act(who, group, |to| GroupAct::Edit { to, of, text });
                if matches!(done, Some(Ok(_))) {
                    self.truth.said[at].wordings.push(wording);
                }
            }
            1 if self.chance.once_in(2) => {
                let why = None;
                let done = self.group_act(who, group, |to| GroupAct::Retract { to, of, why });
                self.truth.said[at].retracted |= matches!(done, Some(Ok(_)));
            }
            _ => {
                let (emoji, on) = ("👍".to_owned(), !self.chance.once_in(3));
                self.truth.talks[group].signs.insert((who, of));
                drop(self.group_act(who, group, |to| GroupAct::React { to, of, emoji, on }));
            }
        }
    }
}

impl Play {
    /// One act of somebody in a group.
    pub(crate) fn step_in_group(&mut self, one: usize) -> &'static str {
        let world = &mut self.world;
        let count = world.truth.talks.len();
        if count == 0 || (count < 3 && world.chance.once_in(40)) {
            return (world.found_group(one), "founds a group").1;
        }
        let group = world.chance.index(count);
        let two = (one + 1 + world.chance.index(3)) % 4;
        match world.chance.below(100) {
            0..=49 => (world.say_in(one, group), "says in a group").1,
            50..=63 => (world.change_in(one, group), "changes a text of a group").1,
            64..=68 => {
                drop(world.group_act(one, group, |here| GroupAct::Seen(here, Millis::MAX)));
                "reads a group"
            }
            69..=76 => (world.ask_into(one, two, group), "asks into a group").1,
            77..=84 => {
                let asked: Vec<usize> = (0..4).filter(|who| world.is_asked(*who, group)).collect();
                let who = world.chance.pick(&asked).copied().unwrap_or(one);
                if world.chance.once_in(3) {
                    // The question comes again, and crosses the answer.
                    world.ask_into(two, who, group);
                }
                (world.accept_group(who, group), "comes in").1
            }
            85 => (world.refuse_group(one, group), "stays out").1,
            86..=87 => (drop(world.group_act(one, group, GroupAct::Leave)), "goes").1,
            88..=90 => {
                world.put_out(one, two, group);
                if world.chance.once_in(2) {
                    world.retitle(one, group);
                }
                if two == MALLORY {
                    world.boast(one, group);
                }
                "puts out"
            }
            91..=95 => {
                let on = !world.chance.once_in(3);
                (world.make_admin(one, two, group, on), "makes admin").1
            }
            96 => (world.retitle(one, group), "names a group").1,
            97 => (world.cross(group), "names it, an admin no longer").1,
            98 => {
                let name = format!("my name {}", world.chance.below(1000));
                drop(world.group_act(one, group, |here| GroupAct::Rename(here, name)));
                "names a group for themselves"
            }
            _ => {
                let on = world.chance.once_in(2);
                drop(world.group_act(one, group, |here| GroupAct::Mute(here, on)));
                "mutes a group"
            }
        }
    }
}

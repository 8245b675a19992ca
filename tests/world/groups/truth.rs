//! What is true of the groups of a world: who agreed to be in one, who was made an admin, who said what to whom. And what
//! people are told of that, which must be true.

use std::collections::{BTreeMap, BTreeSet};

use iim::protocol::address::Address;
use iim::protocol::group::{GroupId, MemberId};
use iim::protocol::letter::LetterId;
use iim::rules::conversation::{ContactId, ConversationId};
use iim::rules::group::copy::Copy;
use iim::rules::group::state::Group;
use iim::rules::message::{Delivery, Message, Via};
use iim::rules::view::View as _;

use crate::groups::promises::OUT;
use crate::promises::{FORGERY, HIDDEN, ONCE};
use crate::truth::{By, MALLORY};
use crate::world::World;

/// A group.
#[derive(Debug, Clone)]
pub(crate) struct Talk {
    pub(crate) id: GroupId,
    pub(crate) founder: usize,
    /// Who said yes to being in it, ever.
    pub(crate) agreed: BTreeSet<usize>,
    /// Who said yes, and then did not want to come in, or went back to a backup of before: the others may not know it.
    pub(crate) withdrew: BTreeSet<usize>,
    /// Who founded it, or was made an admin by one, ever.
    pub(crate) promoted: BTreeSet<usize>,
    /// What admins called it.
    pub(crate) names: BTreeSet<String>,
    /// Who gave a sign to which text.
    pub(crate) signs: BTreeSet<(usize, LetterId)>,
    /// People whom Mallory made up, and took in as an admin.
    pub(crate) puppets: BTreeSet<MemberId>,
}

impl Talk {
    pub(crate) fn founded(id: GroupId, by: usize) -> Self {
        Self {
            id,
            founder: by,
            agreed: BTreeSet::from([by]),
            withdrew: BTreeSet::new(),
            promoted: BTreeSet::from([by]),
            names: BTreeSet::new(),
            signs: BTreeSet::new(),
            puppets: BTreeSet::new(),
        }
    }
}

/// A text that somebody said in a group.
#[derive(Debug, Clone)]
pub(crate) struct Said {
    pub(crate) group: usize,
    pub(crate) from: usize,
    pub(crate) id: LetterId,
    pub(crate) at_ms: u64,
    /// The author's life when it was said.
    pub(crate) life: u32,
    /// The first, and what its author made of it.
    pub(crate) wordings: Vec<String>,
    pub(crate) retracted: bool,
    /// Its author hid from a member when they said it.
    pub(crate) was_watched: bool,
    /// Its author went back to an older state since.
    pub(crate) rolled_back: bool,
    /// Those who were in, as its author knew it.
    pub(crate) to: BTreeMap<usize, Hearer>,
}

impl Said {
    /// Who of these, to whom it came, are out and say so since; what had failed for the others has come after all.
    fn said_late(&mut self, delivered: &[(usize, u32)], out: &[(usize, u32)]) -> Option<usize> {
        for one in delivered {
            let Some(hearer) = self.to.get_mut(&one.0) else {
                continue;
            };
            let failed = hearer.failed.as_deref();
            if !out.contains(one) {
                hearer.failed = None;
            } else if failed.is_some_and(|why| why.starts_with("not in")) {
                return Some(one.0);
            }
        }
        None
    }
}

/// Somebody to whom a text was said.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hearer {
    /// Their life by the entry that the author knew.
    pub(crate) life: u32,
    /// Told by the program that took it, and by the agent.
    told: [bool; 2],
    pub(crate) shown_at: Option<u64>,
    /// They went back to an older state since they had it.
    pub(crate) rolled_back: bool,
    /// The author was told that it failed, and why.
    pub(crate) failed: Option<String>,
}

impl World {
    /// To whom a text goes: everybody who is in for its author, and nobody else.
    pub(super) fn hearers(
        &mut self,
        who: usize,
        group: &Group,
        id: LetterId,
    ) -> BTreeMap<usize, Hearer> {
        let copies = self.copies(who, group.conversation, id);
        let members: BTreeSet<_> = group.others().map(|member| member.id).collect();
        let to: BTreeSet<_> = copies.iter().map(|copy| copy.to).collect();
        if to != members {
            let words = format!("{who} said something to {to:?}, and knew {members:?}");
            self.truth.breaks(OUT, words);
        }
        let hearer = |copy: &Copy| {
            let (who, life) = self.whose(copy.to)?;
            let failed = (copy.state == Delivery::Failed).then(|| copy.reason.clone());
            let failed = failed.map(Option::unwrap_or_default);
            let hearer = Hearer {
                life,
                failed,
                ..Hearer::default()
            };
            Some((who, hearer))
        };
        copies.iter().filter_map(hearer).collect()
    }

    pub(crate) fn copies(&self, who: usize, group: ConversationId, of: LetterId) -> Vec<Copy> {
        let account = &self.people[who].account;
        account.look(|tx| Ok(tx.copies_of(group, of)?)).unwrap()
    }

    /// Which group a conversation of somebody is in.
    fn talk_of(&self, who: usize, conversation: ConversationId) -> Option<(usize, Group)> {
        let account = &self.people[who].account;
        let group = account.look(|tx| Ok(tx.group(conversation)?)).unwrap()?;
        let at = self.truth.talks.iter().position(|it| it.id == group.id)?;
        Some((at, group))
    }

    /// No text of a group is shown that its author did not say, to somebody to whom they did not say it, or twice.
    pub(crate) fn check_text_of_group(
        &mut self,
        who: usize,
        author: &Address,
        message: &Message,
        by: By,
    ) {
        let Some((at, group)) = self.talk_of(who, message.conversation) else {
            return;
        };
        let from = self.index(author);
        if from == Some(MALLORY) || who == MALLORY {
            return;
        }
        let (id, life, now) = (message.id, self.people[who].lives, self.now);
        let is_it = |said: &&mut Said| {
            (said.group, Some(said.from), said.id) == (at, from, id)
                && said.wordings.first() == Some(&message.text)
        };
        let case = format!("{who} was shown {:?} of {author}", message.text);
        let Some(said) = self.truth.said.iter_mut().find(is_it) else {
            return self
                .truth
                .breaks(FORGERY, format!("{case}, who never said it"));
        };
        let (author, was_watched) = (said.from, said.was_watched);
        let Some(hearer) = said.to.get_mut(&who) else {
            return self
                .truth
                .breaks(OUT, format!("{case}, who knew them to be out"));
        };
        let again = hearer.told[by as usize] && !hearer.rolled_back && hearer.life == life;
        hearer.told[by as usize] = true;
        hearer.shown_at = hearer.shown_at.or(Some(now));
        if again {
            self.truth.breaks(ONCE, format!("{case} twice"));
        }
        if message.via == Some(Via::Irc) {
            self.check_over_irc(author, &group, &case);
            if was_watched {
                let case = format!("{case} over IRC, who hid from a member when they said it");
                self.truth.breaks(HIDDEN, case);
            }
        }
    }

    /// What came over IRC was said where its author hides from nobody, or hid a moment ago.
    fn check_over_irc(&mut self, author: usize, group: &Group, case: &str) {
        let members: Vec<usize> = self
            .group_of(author, group.id)
            .into_iter()
            .flat_map(|group| group.others().map(|it| it.id).collect::<Vec<_>>())
            .filter_map(|id| self.whose(id))
            .map(|(who, _)| who)
            .collect();
        for other in members {
            if self.hides_as_friend(author, other, LATE) {
                let words = format!("{case} over IRC, while {author} hides from {other}");
                self.truth.breaks(HIDDEN, words);
            }
        }
    }

    /// From whom of a group somebody hides since so many ms, as their program knows.
    pub(crate) fn watched_by(&mut self, who: usize, group: &Group, since: u64) -> Option<usize> {
        let others = group.others().filter_map(|member| self.whose(member.id));
        let others: Vec<usize> = others.map(|(other, _)| other).collect();
        let mut others = others.into_iter();
        others.find(|other| self.hides_as_friend(who, *other, since))
    }

    /// Somebody hides from a friend since so many ms, and their program knows it.
    fn hides_as_friend(&mut self, who: usize, from: usize, since: u64) -> bool {
        let hiding = self.truth.hidden.get(&(who, from));
        if hiding.is_none_or(|hiding| self.now < hiding.since_ms + since) {
            return false;
        }
        let address = self.address(from);
        let found = self.people[who].find(&address);
        found.is_some_and(|it| it.keys().is_some() && (it.blocked || !it.visible))
    }

    /// A line of somebody's that carries a letter of a group goes where they hide from no member.
    pub(crate) fn check_line_of_group(&mut self, who: usize, network: &str, to: &str) {
        let hides = self.truth.hidden.keys().any(|(one, _)| *one == who);
        if self.truth.talks.is_empty() || !hides || who == MALLORY {
            return;
        }
        let mut nicks = self.irc.nicks().iter().rev();
        let theirs =
            nicks.find(|had| had.network == network && had.nick == to && had.until_ms.is_none());
        let Some(whom) = theirs.map(|had| had.person) else {
            return;
        };
        let shared = self.shared(who, whom);
        if shared.is_empty()
            || !shared
                .iter()
                .all(|group| self.watched_by(who, group, 0).is_some())
        {
            return;
        }
        if self.writes_of_groups(who, whom) {
            let words =
                format!("{who} writes a line of a group to {whom}, with a hidden one in it");
            self.truth.breaks(HIDDEN, words);
        }
    }

    /// The groups in which somebody is with another.
    pub(crate) fn shared(&self, who: usize, whom: usize) -> Vec<Group> {
        let mut groups = self.groups(who);
        groups.retain(|group| {
            let mut others = group.others().filter_map(|it| self.whose(it.id));
            group.is_in() && others.any(|(other, _)| other == whom)
        });
        groups
    }

    /// Whether a letter of a group has just been sealed for IRC.
    fn writes_of_groups(&mut self, who: usize, whom: usize) -> bool {
        use iim::rules::outgoing::{Form, Route};
        let contact = self.known(who, whom).contact;
        let account = &self.people[who].account;
        let now = account.now();
        let all = account.look(|tx| Ok(tx.outbox().of(contact)?)).unwrap();
        all.iter().any(|waiting| {
            let out = &waiting.outgoing;
            let sealed_now =
                waiting.claimed_until >= now.after(iim::rules::queue::retry::IRC_CLAIM);
            matches!(out.form, Form::Member { .. }) && out.route == Route::Irc && sealed_now
        })
    }

    /// What somebody is told of how far a text has come.
    pub(crate) fn check_copies(
        &mut self,
        who: usize,
        conversation: ConversationId,
        id: LetterId,
        failed: Option<&(ContactId, String)>,
    ) {
        let Some((at, group)) = self.talk_of(who, conversation) else {
            return;
        };
        let failed = failed.and_then(|(contact, why)| {
            let one = self.people[who].account.whoever(*contact).unwrap()?;
            Some((self.index(&one.address)?, why.clone()))
        });
        let copies = self.copies(who, conversation, id);
        let delivered = copies.iter().filter(|it| it.state == Delivery::Delivered);
        let delivered: Vec<&Copy> = delivered.collect();
        let out = delivered.iter().filter(|it| {
            let member = group.member(it.to);
            member.is_some_and(|member| !member.is_in)
        });
        let out: Vec<_> = out.filter_map(|it| self.whose(it.to)).collect();
        let delivered = delivered.into_iter().filter_map(|it| self.whose(it.to));
        let delivered: Vec<_> = delivered.collect();
        let is_it = |said: &&mut Said| (said.group, said.from, said.id) == (at, who, id);
        let Some(said) = self.truth.said.iter_mut().find(is_it) else {
            return;
        };
        if let Some((whom, why)) = failed
            && let Some(hearer) = said.to.get_mut(&whom)
        {
            hearer.failed = Some(why);
        }
        if let Some(whom) = said.said_late(&delivered, &out) {
            let words = format!("{who} was told that something came to {whom}, who is out");
            self.truth.breaks(SILENT, words);
            return;
        }
        let unshown = |(whom, _): &&(usize, u32)| {
            let hearer = said.to.get(whom);
            *whom != MALLORY && hearer.is_none_or(|it| it.shown_at.is_none() && !it.rolled_back)
        };
        if let Some((whom, _)) = delivered.iter().find(unshown)
            && who != MALLORY
            && !said.rolled_back
        {
            let (words, now) = (&said.wordings, self.now);
            let words = format!(
                "{who} was told at {now} that {words:?} came to {whom}, and it did not: {copies:?}"
            );
            self.truth.breaks(FORGERY, words);
        }
    }
}

pub(crate) const SILENT: &str = "who is out says nothing";

/// A line may be under way for so long, in ms.
const LATE: u64 = 90_000;

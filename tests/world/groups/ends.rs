//! What those do who do not know that they are out, or admins no longer; and that nobody tells those who are out what the others
//! do. Judged by the acts that people hold and what is before each: no roster says what is void.

use std::collections::{BTreeMap, BTreeSet};

use iim::protocol::group::{Act, ActId, MemberId, What};
use iim::rules::group::book::Book;
use iim::rules::group::state::Standing;

use crate::groups::promises::OUT;
use crate::truth::MALLORY;
use crate::world::World;

pub(crate) const VOID: &str = "what is void does nothing";

impl World {
    /// The founder takes an admin's office from them, while they give the group another name; or makes one.
    pub(crate) fn cross(&mut self, group: usize) {
        let founder = self.truth.talks[group].founder;
        let others = |world: &Self, admin: bool| -> Vec<usize> {
            let is = |who: &usize| {
                let here = world.group(*who, group);
                *who != founder && here.is_some_and(|it| it.is_in() && it.admin == admin)
            };
            (0..4).filter(is).collect()
        };
        let (admins, rest) = (others(self, true), others(self, false));
        if let Some(who) = self.chance.pick(&admins).copied() {
            self.make_admin(founder, who, group, false);
            self.retitle(who, group);
        } else if let Some(who) = self.chance.pick(&rest).copied() {
            self.make_admin(founder, who, group, true);
        }
    }

    /// What an admin did beside their one end, which is by the founder, has named the group for nobody, and taken nobody in.
    pub(super) fn check_void(&mut self, at: usize, book: &Book) {
        let acts: Vec<Act> = book.lacking(&[]).into_iter().cloned().collect();
        let Some(founding) = acts.first() else { return };
        let (founder, pasts) = (founding.value.author, pasts(&acts));
        if acts.iter().any(|act| ends(act) == Some(founder)) {
            return;
        }
        let is_void = |act: &&Act| {
            let mut all = acts
                .iter()
                .filter(|end| ends(end) == Some(act.value.author));
            let (end, another) = (all.next(), all.next());
            end.filter(|_| another.is_none()).is_some_and(|end| {
                let is_before = |one: &Act, other: &Act| pasts[&other.id()].contains(&one.id());
                end.value.author == founder && !is_before(end, act) && !is_before(act, end)
            })
        };
        let roster = book.roster();
        let names = |act: &&Act| match &act.value.what {
            What::Found(founding) => roster.title.as_ref() == Some(&founding.title),
            What::Title(title) => roster.title.as_ref() == Some(title),
            _ => false,
        };
        if acts.iter().filter(names).all(|act| is_void(&act)) {
            let words = format!(
                "the group {at} is called {:?} by nobody who may",
                roster.title
            );
            self.truth.breaks(VOID, words);
        }
        for id in roster.members.keys() {
            let mut adds = acts.iter().filter(|act| adds(act, *id)).peekable();
            if adds.peek().is_some() && adds.all(|act| is_void(&act)) {
                let words = format!(
                    "{:?} is in {at}, whom nobody took in who might",
                    self.whose(*id)
                );
                self.truth.breaks(VOID, words);
            }
        }
    }

    /// Nobody who is out holds an act of somebody who knew it.
    pub(super) fn check_outsiders(&mut self, at: usize) {
        for who in 0..MALLORY {
            let here = self.group(who, at);
            let Some(group) = here.filter(|it| it.standing == Standing::Out) else {
                continue;
            };
            let acts = self.acts_of(who, at).unwrap_or_default();
            let pasts = pasts(&acts);
            let told = acts.iter().find(|act| {
                let past = &pasts[&act.id()];
                let (before, rest): (Vec<Act>, Vec<Act>) = acts
                    .iter()
                    .cloned()
                    .partition(|one| past.contains(&one.id()));
                let was_in = before.iter().any(|one| takes_in(one, group.us));
                let is_new = !rest.iter().any(|one| takes_in(one, group.us));
                let is_out = |book: Book| !book.roster().members.contains_key(&group.us);
                was_in && is_new && Book::restored(before).is_some_and(is_out)
            });
            if let Some(act) = told {
                let (by, what) = (self.whose(act.value.author), &act.value.what);
                let words =
                    format!("{who} is out of {at}, and was told of an act of {by:?}: {what:?}");
                self.truth.breaks(OUT, words);
            }
        }
    }
}

/// All acts before each; each stands after those that it builds on.
fn pasts(acts: &[Act]) -> BTreeMap<ActId, BTreeSet<ActId>> {
    let mut pasts: BTreeMap<ActId, BTreeSet<ActId>> = BTreeMap::new();
    for act in acts {
        let mut past = BTreeSet::new();
        for parent in &act.value.parents {
            past.insert(*parent);
            past.extend(pasts.get(parent).into_iter().flatten());
        }
        pasts.insert(act.id(), past);
    }
    pasts
}

/// Whom an act ends, as a member or as an admin.
fn ends(act: &Act) -> Option<MemberId> {
    match &act.value.what {
        What::Remove(who) | What::Admin(who, false) => Some(*who),
        What::Leave => Some(act.value.author),
        _ => None,
    }
}

fn adds(act: &Act, who: MemberId) -> bool {
    matches!(&act.value.what, What::Add(entry) if MemberId::of(entry.value.keys.ed25519) == who)
}

fn takes_in(act: &Act, who: MemberId) -> bool {
    adds(act, who) || (matches!(act.value.what, What::Found(_)) && act.value.author == who)
}

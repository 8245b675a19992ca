//! What those do who do not know that they are out, or admins no longer; and that nobody tells those who are out what the others
//! do. Judged by the acts that people hold and what is before each: no roster says what is void.

use std::collections::{BTreeMap, BTreeSet};

use iim::protocol::group::{Act, ActId, MemberId, Title, What};
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

    /// In a new group, in good weather: the founder puts an admin out, who puts out another, who gives the group a name; none of
    /// them knows of the others.
    pub(crate) fn cross_at_last(&mut self) {
        let friends = |world: &mut Self, who: usize| {
            let others = (0..4).filter(|other| *other != who);
            let others = others.filter(|other| world.still_friends(who, *other));
            others.count()
        };
        let Some(founder) = (0..MALLORY).find(|who| friends(self, *who) > 1) else {
            return;
        };
        let group = self.truth.talks.len();
        self.found_group(founder);
        self.pass(5 * MINUTE);
        for who in 0..4 {
            self.accept_group(who, group);
        }
        self.pass(15 * MINUTE);
        let others = (0..4).filter(|who| *who != founder && self.is_in(*who, group));
        let others: Vec<usize> = others.collect();
        let [below, .., above] = others[..] else {
            return;
        };
        for who in [above, below] {
            self.make_admin(founder, who, group, true);
        }
        self.pass(30 * MINUTE);
        self.put_out(founder, above, group);
        self.put_out(above, below, group);
        self.retitle(below, group);
        self.pass(30 * MINUTE);
        if let (_, Some(book)) = self.truly_in(group) {
            self.check_void(group, &book);
        }
    }

    /// What an admin did beside their one end, which is by the founder, has named the group for nobody, and taken nobody in; and
    /// if they put somebody out, what that one did beside it stands.
    pub(super) fn check_void(&mut self, at: usize, book: &Book) {
        let acts: Vec<Act> = book.lacking(&[]).into_iter().cloned().collect();
        let Some(acts) = Acts::of(&acts) else { return };
        if acts.ends(acts.founder).next().is_some() {
            return;
        }
        let roster = book.roster();
        let names =
            |act: &&Act| title(act).is_some_and(|title| roster.title.as_ref() == Some(title));
        if acts.all.iter().filter(names).all(|act| acts.is_void(act)) {
            let words = format!(
                "the group {at} is called {:?} by nobody who may",
                roster.title
            );
            self.truth.breaks(VOID, words);
        }
        if let Some(last) = acts.last_title().filter(|act| acts.stands(act))
            && roster.title.as_ref() != title(last)
        {
            let words = format!(
                "the group {at} is called {:?}, and no longer {:?}, which nobody has voided who might",
                roster.title,
                title(last)
            );
            self.truth.breaks(VOID, words);
        }
        for id in roster.members.keys() {
            let mut adds = acts.all.iter().filter(|act| adds(act, *id)).peekable();
            if adds.peek().is_some() && adds.all(|act| acts.is_void(act)) {
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

/// The acts of a book, and what is before each.
struct Acts<'a> {
    all: &'a [Act],
    pasts: BTreeMap<ActId, BTreeSet<ActId>>,
    founder: MemberId,
}

impl<'a> Acts<'a> {
    fn of(all: &'a [Act]) -> Option<Self> {
        let (founder, pasts) = (all.first()?.value.author, pasts(all));
        Some(Self {
            all,
            pasts,
            founder,
        })
    }

    fn is_before(&self, one: &Act, other: &Act) -> bool {
        self.pasts[&other.id()].contains(&one.id())
    }

    fn is_beside(&self, one: &Act, other: &Act) -> bool {
        one.id() != other.id() && !self.is_before(one, other) && !self.is_before(other, one)
    }

    fn ends(&self, who: MemberId) -> impl Iterator<Item = &'a Act> {
        self.all.iter().filter(move |act| ends(act) == Some(who))
    }

    /// Whether it is beside the one end of its author, which is by the founder.
    fn is_void(&self, act: &Act) -> bool {
        let mut all = self.ends(act.value.author);
        let (end, another) = (all.next(), all.next());
        let end = end.filter(|_| another.is_none());
        end.is_some_and(|end| end.value.author == self.founder && self.is_beside(end, act))
    }

    /// The title that was given by somebody who knew all others.
    fn last_title(&self) -> Option<&'a Act> {
        let titles: Vec<&Act> = self.all.iter().filter(|act| title(act).is_some()).collect();
        let knows_all = |last: &&&Act| {
            let mut others = titles.iter().filter(|act| act.id() != last.id());
            others.all(|act| self.is_before(act, last))
        };
        titles.iter().find(knows_all).copied()
    }

    /// Whether it is by the founder, or by whom the founder took in and made an admin, and nobody has ended that one but later, or
    /// by what is void.
    fn stands(&self, act: &Act) -> bool {
        let author = act.value.author;
        let by_founder = |does: &dyn Fn(&Act) -> bool| {
            let mut theirs = self
                .all
                .iter()
                .filter(|one| one.value.author == self.founder);
            theirs.any(|one| does(one) && self.is_before(one, act))
        };
        let is_admin = author == self.founder
            || (by_founder(&|one| adds(one, author))
                && by_founder(&|one| one.value.what == What::Admin(author, true)));
        let is_nothing =
            |end: &Act| self.is_before(act, end) || (self.is_beside(act, end) && self.is_void(end));
        is_admin && self.ends(author).all(is_nothing)
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

/// What an act calls the group.
fn title(act: &Act) -> Option<&Title> {
    match &act.value.what {
        What::Found(founding) => Some(&founding.title),
        What::Title(title) => Some(title),
        _ => None,
    }
}

fn adds(act: &Act, who: MemberId) -> bool {
    matches!(&act.value.what, What::Add(entry) if MemberId::of(entry.value.keys.ed25519) == who)
}

fn takes_in(act: &Act, who: MemberId) -> bool {
    adds(act, who) || (matches!(act.value.what, What::Found(_)) && act.value.author == who)
}

const MINUTE: u64 = 60;

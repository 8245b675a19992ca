//! From a book to its roster: a function of the set of acts, whatever the order in which they came.
//!
//! The acts are read in the order of depth and id. What a person did beside the act that ended them (they were put out, went,
//! or were an admin no longer), neither before it nor after it, is void: a removed admin gains nothing by acts that pretend
//! to be old. What is void may have ended somebody, so the acts are read again until nothing changes. A removal is never
//! wholly void: whoever was put out by somebody who could when they did it is out at the end unless an add has seen it, but if
//! the removal is beside its author's own end, it voids nothing, nor does it hold off an add: they are in until all is read.

use std::collections::{BTreeMap, BTreeSet};

use super::node::Node;
use super::roster::{Member, Rank, Roster};
use crate::protocol::group::{Entry, Founding, MemberId, Title, What};
use crate::protocol::letter::{Network, PublicKey};

/// What the acts come to; they are given by place.
pub(super) fn fold<'b>(acts: &[&'b Node]) -> State<'b> {
    fold_counted(acts).0
}

/// The same, and how many acts were read for it.
pub(super) fn fold_counted<'b>(acts: &[&'b Node]) -> (State<'b>, usize) {
    let mut void = Void::new();
    let mut round = 0_usize;
    loop {
        let (state, ends) = read(acts, &void);
        let mut found = voided(acts, &ends);
        if round >= ROUNDS {
            // It does not come to rest by itself: now it only grows, and there are so many acts.
            found.extend(&void);
        }
        round = round.saturating_add(1);
        if found == void {
            return (state, acts.len().saturating_mul(round));
        }
        void = found;
    }
}

/// Readings after which what is void only grows. Books by chance take three; one that is made for it takes more.
const ROUNDS: usize = 12;

/// The bits of acts that are void.
type Void = BTreeSet<usize>;

/// Who was ended, and by which act.
type Ends<'b> = Vec<(MemberId, &'b Node)>;

/// How things stand after some acts.
#[derive(Default)]
pub(super) struct State<'b> {
    members: BTreeMap<MemberId, Standing<'b>>,
    title: Option<&'b Title>,
    rooms: &'b [Network],
    /// Whose each key is that was ever in force.
    keys: BTreeMap<PublicKey, MemberId>,
    /// The removals and leaves of each, as far as they were read.
    ended: BTreeMap<MemberId, Vec<End<'b>>>,
    /// Members whom somebody removed who, as things turned out, could not: at the end they are out all the same.
    late: BTreeSet<MemberId>,
}

/// What removes somebody, or by which they go.
struct End<'b> {
    node: &'b Node,
    /// Whether it is by somebody who, as things turned out, could not.
    is_late: bool,
}

impl End<'_> {
    fn is_before(&self, node: &Node) -> bool {
        node.past.has(self.node.bit)
    }
}

/// Somebody who is in.
struct Standing<'b> {
    entry: &'b Entry,
    by: &'b Node,
    rank: Option<Rank>,
}

/// What an act does at its place.
enum Effect {
    None,
    Done,
    /// It ended somebody.
    Ended(MemberId),
}

fn read<'b>(acts: &[&'b Node], void: &Void) -> (State<'b>, Ends<'b>) {
    let mut state = State::default();
    let mut ends = Vec::new();
    for node in acts {
        if let Effect::Ended(who) = state.take(node, void.contains(&node.bit)) {
            ends.push((who, *node));
        }
    }
    for who in std::mem::take(&mut state.late) {
        state.members.remove(&who);
    }
    (state, ends)
}

/// What those who were ended did beside that.
fn voided(acts: &[&Node], ends: &Ends<'_>) -> Void {
    let mut of: BTreeMap<MemberId, Vec<&Node>> = BTreeMap::new();
    for (who, end) in ends {
        of.entry(*who).or_default().push(end);
    }
    let is_void = |node: &&&Node| {
        let own = of.get(&node.act.value.author).into_iter().flatten();
        may_be_void(&node.act.value.what) && own.into_iter().any(|end| node.is_beside(end))
    };
    acts.iter().filter(is_void).map(|node| node.bit).collect()
}

const fn may_be_void(what: &What) -> bool {
    match what {
        What::Add(_) | What::Remove(_) | What::Admin(..) | What::Title(_) | What::Rooms(_) => true,
        What::Found(_) | What::Leave | What::Renew(..) => false,
    }
}

impl<'b> State<'b> {
    /// Whether an act that has all these in its past has an effect.
    pub(super) fn allows(mut self, node: &'b Node) -> bool {
        match self.take(node, false) {
            Effect::Done | Effect::Ended(_) => true,
            Effect::None => false,
        }
    }

    /// The key with which a member signs.
    pub(super) fn key_of(&self, who: MemberId) -> Option<PublicKey> {
        let member = self.members.get(&who)?;
        Some(member.entry.value.keys.ed25519)
    }

    /// Whether somebody is in.
    pub(super) fn is_member(&self, who: MemberId) -> bool {
        self.members.contains_key(&who)
    }

    /// The act that ended the last membership of whoever has this key, of those that were read.
    pub(super) fn last_end(&self, key: PublicKey) -> Option<&'b Node> {
        let ends = self.ended.get(&self.whose(key)?)?;
        let ends = ends.iter().map(|end| end.node);
        ends.max_by_key(|node| node.place())
    }

    pub(super) fn roster(&self) -> Roster {
        let member = |(who, it): (&MemberId, &Standing<'_>)| {
            let member = Member {
                entry: it.entry.clone(),
                by: it.by.id,
                rank: it.rank,
            };
            (*who, member)
        };
        Roster {
            members: self.members.iter().map(member).collect(),
            title: self.title.cloned(),
            rooms: self.rooms.to_vec(),
        }
    }

    fn take(&mut self, node: &'b Node, is_void: bool) -> Effect {
        let author = node.act.value.author;
        match &node.act.value.what {
            What::Found(founding) => self.found(node, author, founding),
            What::Remove(who) => self.remove(node, author, *who, is_void),
            What::Leave => self.leave(node, author),
            What::Renew(entry, _) => self.renew(author, entry),
            What::Add(_) | What::Admin(..) | What::Title(_) | What::Rooms(_)
                if is_void || !self.is_admin(author) =>
            {
                Effect::None
            }
            What::Add(entry) => self.add(node, entry),
            What::Admin(who, true) => self.promote(node, *who),
            What::Admin(who, false) => self.demote(author, *who),
            What::Title(title) => {
                self.title = Some(title);
                Effect::Done
            }
            What::Rooms(networks) => {
                self.rooms = networks;
                Effect::Done
            }
        }
    }

    fn found(&mut self, node: &'b Node, author: MemberId, founding: &'b Founding) -> Effect {
        let Founding { entry, title, .. } = founding;
        self.title = Some(title);
        self.keys.insert(entry.value.keys.ed25519, author);
        let rank = Some(Rank(node.place()));
        let founder = Standing {
            entry,
            by: node,
            rank,
        };
        self.members.insert(author, founder);
        Effect::Done
    }

    fn add(&mut self, node: &'b Node, entry: &'b Entry) -> Effect {
        let key = entry.value.keys.ed25519;
        let Some(who) = self.whose(key) else {
            return Effect::None;
        };
        let staying = self.members.len().saturating_sub(self.late.len());
        let ends = self.ended.get(&who).map_or(&[][..], Vec::as_slice);
        let mut unseen = ends.iter().filter(|end| !end.is_before(node)).peekable();
        let is_late = unseen.peek().is_some();
        let is_held_off = unseen.any(|end| !end.is_late);
        if staying >= MAX_MEMBERS || is_held_off || self.is_in(who, node) {
            return Effect::None;
        }
        if is_late {
            self.late.insert(who);
        } else {
            self.late.remove(&who);
        }
        self.keys.insert(key, who);
        let member = Standing {
            entry,
            by: node,
            rank: None,
        };
        self.members.insert(who, member);
        Effect::Done
    }

    /// Whether somebody is in, for all that an add has seen: it has seen no end of theirs that had not been seen when they were
    /// taken in.
    fn is_in(&self, who: MemberId, add: &Node) -> bool {
        let mut ends = self.ended.get(&who).into_iter().flatten();
        let is_new = |end: &End<'_>, by| end.is_before(add) && !end.is_before(by);
        let member = self.members.get(&who);
        member.is_some_and(|it| !ends.any(|end| is_new(end, it.by)))
    }

    fn remove(&mut self, node: &'b Node, author: MemberId, who: MemberId, is_void: bool) -> Effect {
        let is_in = self.members.contains_key(&who);
        // Whoever is out stands below every admin.
        let could = self.is_above(author, who) || (!is_in && self.is_admin(author));
        let is_late = is_void || !could;
        self.end(who, node, is_late);
        if !is_in {
            return Effect::None;
        }
        if is_late {
            self.late.insert(who);
            return Effect::None;
        }
        self.late.remove(&who);
        self.members.remove(&who);
        Effect::Ended(who)
    }

    fn leave(&mut self, node: &'b Node, author: MemberId) -> Effect {
        self.end(author, node, false);
        self.late.remove(&author);
        match self.members.remove(&author) {
            Some(_) => Effect::Ended(author),
            None => Effect::None,
        }
    }

    fn end(&mut self, who: MemberId, node: &'b Node, is_late: bool) {
        let ends = self.ended.entry(who).or_default();
        ends.push(End { node, is_late });
    }

    fn promote(&mut self, node: &Node, who: MemberId) -> Effect {
        match self.members.get_mut(&who) {
            Some(member) if member.rank.is_none() => {
                member.rank = Some(Rank(node.place()));
                Effect::Done
            }
            Some(_) | None => Effect::None,
        }
    }

    fn demote(&mut self, author: MemberId, who: MemberId) -> Effect {
        if !self.is_admin(who) || !self.is_above(author, who) {
            return Effect::None;
        }
        if let Some(member) = self.members.get_mut(&who) {
            member.rank = None;
        }
        Effect::Ended(who)
    }

    fn renew(&mut self, author: MemberId, entry: &'b Entry) -> Effect {
        let key = entry.value.keys.ed25519;
        let is_free = !self.keys.contains_key(&key) && self.whose(key).is_some();
        match self.members.get_mut(&author) {
            Some(member) if is_free => {
                member.entry = entry;
                self.keys.insert(key, author);
                Effect::Done
            }
            Some(_) | None => Effect::None,
        }
    }

    /// Whose a key is, or would be; `None` if somebody else is known by that name, with another key.
    pub(super) fn whose(&self, key: PublicKey) -> Option<MemberId> {
        if let Some(who) = self.keys.get(&key) {
            return Some(*who);
        }
        let who = MemberId::of(key);
        let is_taken = self.keys.values().any(|known| *known == who);
        (!is_taken).then_some(who)
    }

    fn is_admin(&self, who: MemberId) -> bool {
        self.members.get(&who).is_some_and(|it| it.rank.is_some())
    }

    fn is_above(&self, one: MemberId, other: MemberId) -> bool {
        match (self.members.get(&one), self.members.get(&other)) {
            (Some(one), Some(other)) => Rank::is_above(one.rank, other.rank),
            _ => false,
        }
    }
}

/// People in a group.
const MAX_MEMBERS: usize = 50;

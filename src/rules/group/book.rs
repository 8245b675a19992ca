//! The book of a group: the acts that one member holds.
//!
//! ```text
//! comes ──▶ a parent is missing: waits            (the caller keeps a few)
//!       ──▶ forged, misnumbered, without effect where it was done: refused
//!       ──▶ one more of an author of whom there are 128: refused, unless an act of somebody else builds on it
//!       ──▶ one more than 512: refused, unless it is the founder's, or an act of the founder builds on it
//!       ──▶ in the book, for good
//! ```
//!
//! Whether an act is taken depends on the acts in its past alone, so all who are sent the same acts hold the same. What could part
//! them are the bounds on who floods: one gives way as soon as somebody else has built on what another refused, the other to the
//! founder, who can so bring all together again.

mod take;

use std::collections::{BTreeMap, BTreeSet};

use super::fold::{State, fold};
use super::node::Node;
use super::past::Past;
use super::roster::Roster;
use crate::protocol::codec::{MAX_ACTS_OF_ONE, MAX_PARENTS};
use crate::protocol::group::{Act, ActId, Entry, GroupId, MemberId, What};
use crate::protocol::letter::{PublicKey, Signature};

pub use take::MAX_ACTS;

/// The acts of a group.
#[derive(Debug, Clone)]
pub struct Book {
    group: GroupId,
    /// In the order in which they came; an act's number here is its bit.
    nodes: Vec<Node>,
    bits: BTreeMap<ActId, usize>,
}

/// Whether a signature of a key over bytes holds (Ed25519).
pub type Verify<'v> = &'v dyn Fn(PublicKey, &[u8], &Signature) -> bool;

/// Why an act is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It comes before acts that it builds on.
    #[error("it builds on an act that has not come")]
    Waits,
    /// Its signature, or one within it, does not hold.
    #[error("a signature in it does not hold")]
    Forged,
    /// It is of another group, or founds one.
    #[error("it is of another group")]
    Foreign,
    /// It names parents, depth, its author's act before or its number otherwise than the book has them.
    #[error("its place in the book is not what it says")]
    Misplaced,
    /// Its author has done too much.
    #[error("its author has done too much")]
    Surplus,
    /// Its author could not do that, as things stood for them.
    #[error("it had no effect where it was done")]
    Idle,
    /// Those that came with it, and before it, took too long to be judged: it may come again.
    #[error("too much came with it to be judged at once")]
    Enough,
    /// There are 512 acts, and none of the founder's builds on it.
    #[error("the book is full")]
    Full,
}

impl Refused {
    /// Whether it may still be taken, with another act that is built on it.
    pub const fn is_too_many(self) -> bool {
        match self {
            Self::Surplus | Self::Full => true,
            Self::Waits
            | Self::Forged
            | Self::Foreign
            | Self::Misplaced
            | Self::Idle
            | Self::Enough => false,
        }
    }
}

impl Book {
    /// A book that begins with a founding act.
    pub fn found(act: Act, verify: Verify<'_>) -> Result<Self, Refused> {
        let deed = &act.value;
        let What::Found(founding) = &deed.what else {
            return Err(Refused::Foreign);
        };
        let person = &founding.entry.value;
        let key = person.keys.ed25519;
        let stands_first = deed.parents.is_empty()
            && (deed.depth, deed.before, deed.number) == (0, None, 1)
            && person.ended.is_none();
        if !stands_first || deed.group.is_some() || person.group.is_some() {
            return Err(Refused::Misplaced);
        }
        if deed.author != MemberId::of(key) || !is_agreed(&founding.entry, verify) {
            return Err(Refused::Forged);
        }
        if !verify(key, &act.signed_bytes(), &act.signature) {
            return Err(Refused::Forged);
        }
        Ok(Self::begun(act))
    }

    /// The same book again, from the acts that were taken into it, in the order in which they came. They are believed: nothing
    /// is judged or verified anew. `None` if the first founds nothing, or another is of another group, comes twice or before
    /// an act that it builds on.
    pub fn restored(acts: Vec<Act>) -> Option<Self> {
        let mut acts = acts.into_iter();
        let founding = acts.next()?;
        matches!(founding.value.what, What::Found(_)).then_some(())?;
        let mut book = Self::begun(founding);
        for act in acts {
            let id = act.id();
            let is_new = act.value.group == Some(book.group) && !book.holds(id);
            is_new.then(|| book.append(act, id))??;
        }
        Some(book)
    }

    fn begun(founding: Act) -> Self {
        let id = founding.id();
        let mut book = Self {
            group: GroupId::of(id),
            nodes: Vec::new(),
            bits: BTreeMap::new(),
        };
        book.put(founding, id, Past::default());
        book
    }

    /// Which group it is of.
    pub const fn group(&self) -> GroupId {
        self.group
    }

    /// Who is in, by all acts.
    pub fn roster(&self) -> Roster {
        fold(&self.in_order(|_| true)).roster()
    }

    /// Who was in by these acts and those before them; `None` if one of them is not here.
    pub fn roster_at(&self, heads: &[ActId]) -> Option<Roster> {
        let known: Option<Vec<&Node>> = heads.iter().map(|id| self.node(*id)).collect();
        let past = self.past_of(known?.into_iter());
        Some(fold(&self.in_order(|node| past.has(node.bit))).roster())
    }

    /// The acts that nothing is built on: at most the eight of the greatest place, which stand for the book in letters and are
    /// the parents of the next act.
    pub fn heads(&self) -> Vec<ActId> {
        let parents = self.nodes.iter().flat_map(|node| &node.act.value.parents);
        let built_on: BTreeSet<_> = parents.collect();
        let mut heads = self.in_order(|node| !built_on.contains(&node.id));
        heads.reverse();
        heads.truncate(MAX_PARENTS);
        heads.iter().map(|node| node.id).collect()
    }

    /// The acts that somebody who shows these heads lacks, so that each stands after those it builds on. Heads that are not
    /// known stand for nothing. Acts of the founder stand as early as they can: from these on a full book takes what is before.
    pub fn lacking(&self, heads: &[ActId]) -> Vec<&Act> {
        let known = heads.iter().filter_map(|id| self.node(*id));
        let held = self.past_of(known);
        let mut lacking = self.in_order(|node| !held.has(node.bit));
        let founders = self.in_order(|node| self.is_founder(node.act.value.author));
        lacking.sort_by_cached_key(|node| {
            let by = founders.iter().position(|it| node.is_up_to(it));
            by.unwrap_or(usize::MAX)
        });
        lacking.into_iter().map(|node| &node.act).collect()
    }

    /// Whether an act is in it.
    pub fn holds(&self, id: ActId) -> bool {
        self.bits.contains_key(&id)
    }

    /// How many acts there are: at most 512, those that the founder has seen of what others hold, and 128 of the founder.
    pub fn count(&self) -> usize {
        self.nodes.len()
    }

    /// What is before an act, if that is what it says itself.
    fn placed(&self, act: &Act) -> Result<Past, Refused> {
        let deed = &act.value;
        let distinct: BTreeSet<_> = deed.parents.iter().collect();
        if distinct.is_empty() || distinct.len() < deed.parents.len() {
            return Err(Refused::Misplaced);
        }
        let parents = self.parents(act).ok_or(Refused::Waits)?;
        let deepest = parents.iter().map(|parent| parent.act.value.depth).max();
        let past = self.past_of(parents.into_iter());
        let own = |node: &&Node| node.act.value.author == deed.author && past.has(node.bit);
        let last = (self.nodes.iter().filter(own)).max_by_key(|it| (it.number(), it.place()));
        let number = last.map_or(0, Node::number).saturating_add(1);
        let is_so = deepest.map(|it| it.saturating_add(1)) == Some(deed.depth)
            && deed.before == last.map(|last| last.id)
            && deed.number == number
            && number <= self.last_number(act);
        is_so.then_some(past).ok_or(Refused::Misplaced)
    }

    /// The greatest number that an act may have: whoever has no more left may still go, and the founder put them out.
    fn last_number(&self, act: &Act) -> u64 {
        match &act.value.what {
            _ if self.is_founder(act.value.author) => MAX_ACTS_OF_ONE,
            What::Leave => MOST_NUMBERS.saturating_add(1),
            What::Found(_)
            | What::Add(_)
            | What::Remove(_)
            | What::Admin(..)
            | What::Title(_)
            | What::Rooms(_)
            | What::Renew(..) => MOST_NUMBERS,
        }
    }

    fn is_founder(&self, who: MemberId) -> bool {
        let founding = self.nodes.first();
        founding.is_some_and(|node| node.act.value.author == who)
    }

    /// Whether all signatures hold, and whoever is taken in agreed to it as things stood.
    fn check(&self, node: &Node, state: &State<'_>, verify: Verify<'_>) -> Result<(), Refused> {
        let Node { act, .. } = node;
        let key = state.key_of(act.value.author).ok_or(Refused::Idle)?;
        let holds = verify(key, &act.signed_bytes(), &act.signature);
        let agreed = match &act.value.what {
            What::Add(entry) => {
                let new = entry.value.keys.ed25519;
                if entry.value.ended != state.last_end(new).map(|end| end.id) {
                    return Err(Refused::Idle);
                }
                self.is_for_this(entry, verify)
            }
            What::Renew(entry, signature) => {
                let said = renewed_bytes(self.group, act.value.author, entry);
                let new = entry.value.keys.ed25519;
                self.is_for_this(entry, verify) && verify(new, &said, signature)
            }
            What::Found(_)
            | What::Remove(_)
            | What::Leave
            | What::Admin(..)
            | What::Title(_)
            | What::Rooms(_) => true,
        };
        (holds && agreed).then_some(()).ok_or(Refused::Forged)
    }

    fn is_for_this(&self, entry: &Entry, verify: Verify<'_>) -> bool {
        entry.value.group == Some(self.group) && is_agreed(entry, verify)
    }

    /// Puts an act behind the others, if all are there that it builds on.
    fn append(&mut self, act: Act, id: ActId) -> Option<()> {
        let past = self.past_of(self.parents(&act)?.into_iter());
        self.put(act, id, past);
        Some(())
    }

    fn put(&mut self, act: Act, id: ActId, past: Past) {
        let bit = self.count();
        self.bits.insert(id, bit);
        self.nodes.push(Node { act, id, bit, past });
    }

    fn node(&self, id: ActId) -> Option<&Node> {
        self.nodes.get(*self.bits.get(&id)?)
    }

    /// What an act builds on.
    fn parents(&self, act: &Act) -> Option<Vec<&Node>> {
        let parents = act.value.parents.iter();
        parents.map(|id| self.node(*id)).collect()
    }

    /// These and all before them.
    fn past_of<'b>(&self, nodes: impl Iterator<Item = &'b Node>) -> Past {
        let mut past = Past::default();
        for node in nodes {
            past.join(&node.past);
            past.put(node.bit);
        }
        past
    }

    /// Some of the acts, by place.
    fn in_order(&self, which: impl Fn(&Node) -> bool) -> Vec<&Node> {
        let mut nodes: Vec<_> = self.nodes.iter().filter(|node| which(node)).collect();
        nodes.sort_by_key(|node| node.place());
        nodes
    }
}

/// What new keys sign, beside the entry, when they take the place of a member's: nobody renews to the keys of another.
pub fn renewed_bytes(group: GroupId, who: MemberId, entry: &Entry) -> Vec<u8> {
    [b"iim1 renew", &group.0[..], &who.0, &entry.bytes].concat()
}

/// Whether an entry is signed by the keys in it.
fn is_agreed(entry: &Entry, verify: Verify<'_>) -> bool {
    let key = entry.value.keys.ed25519;
    verify(key, &entry.signed_bytes(), &entry.signature)
}

/// Where the numbers of an author end who is not the founder; one more is for going.
const MOST_NUMBERS: u64 = 64;

mod draft;
mod open;
#[cfg(test)]
mod tests;

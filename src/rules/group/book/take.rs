//! What is taken into a book, and how much.

use std::collections::BTreeMap;

use super::{Book, Refused, Verify};
use crate::protocol::group::{Act, ActId, What};
use crate::rules::group::fold::fold;
use crate::rules::group::node::Node;

impl Book {
    /// Takes what it can of acts that came together, in any order; gives back what was not taken, and why.
    pub fn take(&mut self, mut acts: Vec<Act>, verify: Verify<'_>) -> Vec<(Act, Refused)> {
        acts.sort_by_key(|act| act.value.depth);
        let mut left = Vec::new();
        for act in acts {
            if let Err(why) = self.admit(&act, verify, Bound::Holds) {
                left.push((act, why));
            }
        }
        let by_id: Left<'_> = left.iter().map(|it| (it.0.id(), it)).collect();
        let waiting = left.iter().filter(|(_, why)| *why == Refused::Waits);
        for (act, _) in waiting {
            self.take_vouched(act, &by_id, verify);
        }
        left.retain(|(act, _)| !self.holds(act.id()));
        left
    }

    /// Takes an act with those before it that were too many, if all of those are of others than its author.
    fn take_vouched(&mut self, act: &Act, left: &Left<'_>, verify: Verify<'_>) {
        let before = before(act, left);
        let author = act.value.author;
        let mut surplus = before.iter().filter(|(_, why)| *why == Refused::Surplus);
        if before.is_empty() || surplus.any(|(one, _)| one.value.author == author) {
            return;
        }
        let count = self.count();
        let mut admits = |act, rule| self.admit(act, verify, rule).is_ok();
        let all = before.iter().all(|(act, _)| admits(act, Bound::Lifted));
        if !all || !admits(act, Bound::Holds) {
            self.shorten(count);
        }
    }

    fn admit(&mut self, act: &Act, verify: Verify<'_>, bound: Bound) -> Result<(), Refused> {
        let id = act.id();
        if self.holds(id) {
            return Ok(());
        }
        if self.count() >= MAX_ACTS && !self.is_founder(act.value.author) {
            return Err(Refused::Full);
        }
        if act.value.group != Some(self.group) || matches!(act.value.what, What::Found(_)) {
            return Err(Refused::Foreign);
        }
        let past = self.placed(act)?;
        if matches!(bound, Bound::Holds) && self.is_surplus(act) {
            return Err(Refused::Surplus);
        }
        let node = Node {
            act: act.clone(),
            id,
            bit: self.count(),
            past,
        };
        let state = fold(&self.in_order(|it| node.past.has(it.bit)));
        self.check(&node, &state, verify)?;
        if !state.allows(&node) {
            return Err(Refused::Idle);
        }
        let Node { act, past, .. } = node;
        self.put(act, id, past);
        Ok(())
    }

    fn is_surplus(&self, act: &Act) -> bool {
        let author = act.value.author;
        let own = self.nodes.iter().filter(|it| it.act.value.author == author);
        own.count() >= MOST_OF_ONE
    }
}

/// Whether it is looked at how much somebody has done.
#[derive(Clone, Copy)]
enum Bound {
    Holds,
    /// Somebody else has built on it.
    Lifted,
}

/// What was not taken, and why.
type Left<'a> = BTreeMap<ActId, &'a (Act, Refused)>;

/// What of `left` an act builds on, the deepest last.
fn before<'a>(act: &Act, left: &Left<'a>) -> Vec<&'a (Act, Refused)> {
    let mut found = BTreeMap::new();
    let mut next = act.value.parents.clone();
    while let Some(id) = next.pop() {
        if let Some(it) = left.get(&id)
            && found.insert((it.0.value.depth, id), *it).is_none()
        {
            next.extend(&it.0.value.parents);
        }
    }
    found.into_values().collect()
}

/// Acts of a book: after so many a group is founded anew, by its founder, who can still put out whoever has filled it.
pub const MAX_ACTS: usize = 512;
/// Acts of one author: twice that, as two devices may each not have known of the other.
const MOST_OF_ONE: usize = 128;

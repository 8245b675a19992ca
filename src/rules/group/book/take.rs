//! What is taken into a book, and how much.

use super::{Book, Refused, Verify};
use crate::protocol::group::{Act, What};
use crate::rules::group::fold::fold_counted;
use crate::rules::group::node::Node;

impl Book {
    /// Takes what it can of acts that came together, in any order; gives back what was not taken, and why. What was too many is
    /// taken if it is given again together with acts that are built on it and lift that.
    pub fn take(&mut self, acts: Vec<Act>, verify: Verify<'_>) -> Vec<(Act, Refused)> {
        self.take_within(acts, verify, MOST_READ)
    }

    /// The same, where no more is judged once so many acts have been read.
    pub(super) fn take_within(
        &mut self,
        mut acts: Vec<Act>,
        verify: Verify<'_>,
        most: usize,
    ) -> Vec<(Act, Refused)> {
        acts.sort_by_key(|act| act.value.depth);
        let mut left = Vec::new();
        let mut room = most;
        for act in acts {
            if let Err(why) = self.admit(&act, verify, Bounds::Hold, &mut room) {
                left.push((act, why));
            }
        }
        let is_some = |is: fn(Refused) -> bool| left.iter().any(|(_, why)| is(*why));
        if is_some(|why| why == Refused::Waits) && is_some(Refused::is_too_many) {
            self.take_vouched(&left, verify, &mut room);
        }
        left.retain(|(act, _)| !self.holds(act.id()));
        left
    }

    /// Takes each act that is not too many itself together with those before it that are. All are judged once, in a copy.
    fn take_vouched(&mut self, left: &[(Act, Refused)], verify: Verify<'_>, room: &mut usize) {
        let mut all = self.clone();
        for (act, _) in left {
            // Why not is known already.
            let _refused = all.admit(act, verify, Bounds::Lifted, room);
        }
        let new: Vec<_> = all.nodes.iter().skip(self.count()).collect();
        for node in &new {
            let is_before = |it: &&&Node| node.past.has(it.bit) && !self.holds(it.id);
            let before: Vec<_> = new.iter().filter(is_before).copied().collect();
            if self.holds(node.id) || self.is_within(&node.act, &before).is_err() {
                continue;
            }
            for Node { act, id, .. } in before.into_iter().chain([*node]) {
                self.append(act.clone(), *id);
            }
        }
    }

    /// `room`: how many acts may still be read.
    fn admit(
        &mut self,
        act: &Act,
        verify: Verify<'_>,
        bounds: Bounds,
        room: &mut usize,
    ) -> Result<(), Refused> {
        let id = act.id();
        if self.holds(id) {
            return Ok(());
        }
        if act.value.group != Some(self.group) || matches!(act.value.what, What::Found(_)) {
            return Err(Refused::Foreign);
        }
        let past = self.placed(act)?;
        match bounds {
            Bounds::Hold => self.is_within(act, &[])?,
            Bounds::Lifted => (),
        }
        if *room == 0 {
            return Err(Refused::Enough);
        }
        let node = Node {
            act: act.clone(),
            id,
            bit: self.count(),
            past,
        };
        let (state, read) = fold_counted(&self.in_order(|it| node.past.has(it.bit)));
        *room = room.saturating_sub(read);
        self.check(&node, &state, verify)?;
        if !state.allows(&node) {
            return Err(Refused::Idle);
        }
        let Node { act, past, .. } = node;
        self.put(act, id, past);
        Ok(())
    }

    /// Whether there is room for an act, and for those before it that are not there.
    pub(super) fn is_within(&self, act: &Act, before: &[&Node]) -> Result<(), Refused> {
        let author = act.value.author;
        let count = self.count().saturating_add(before.len());
        let most = match self.is_founder(author) {
            true if before.is_empty() => usize::MAX,
            true => MOST_SEEN,
            false => MAX_ACTS,
        };
        if count >= most {
            return Err(Refused::Full);
        }
        let all = self.nodes.iter().chain(before.iter().copied());
        let own = all.filter(|it| it.act.value.author == author).count();
        (own < MOST_OF_ONE).then_some(()).ok_or(Refused::Surplus)
    }
}

/// Whether it is looked at how many there are.
#[derive(Clone, Copy)]
enum Bounds {
    Hold,
    Lifted,
}

/// Acts of a book: after so many a group is founded anew, by its founder, who can still put out whoever has filled it.
pub const MAX_ACTS: usize = 512;
/// The same where the founder's acts are built on others than fill it here. A founder who is honest holds 512 and their own 128,
/// so that nobody comes to so many.
const MOST_SEEN: usize = 2_048;
/// Acts that are read to judge those of one letter: each takes readings of all that is before it, two or three of a book by chance, but
/// of one that is made for it so many that a letter could take minutes.
const MOST_READ: usize = 1 << 20;
/// Acts of one author: twice as many as the numbers of one, as two devices may each not have known of the other.
const MOST_OF_ONE: usize = 128;

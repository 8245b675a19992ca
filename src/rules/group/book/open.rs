//! What of a book somebody may be told who is out.

use super::Book;
use crate::protocol::group::{MemberId, What};
use crate::rules::group::fold::{State, fold};
use crate::rules::group::node::Node;

impl Book {
    /// The book without what was done where they were known to be out, and what is built on that: by which they are out is in
    /// it, and what others do who have not heard of it.
    pub fn open_to(&self, who: MemberId) -> Self {
        let whole = fold(&self.in_order(|_| true));
        let takes_in = |node: &&Node| takes_in(&whole, node, who);
        let took_in: Vec<&Node> = self.nodes.iter().filter(takes_in).collect();
        let knows = |node: &Node| {
            let has_come = took_in.iter().all(|it| node.past.has(it.bit));
            let is_in = || fold(&self.in_order(|it| node.past.has(it.bit))).is_member(who);
            has_come && !took_in.is_empty() && !is_in()
        };
        let mut nodes = self.nodes.iter();
        let founding = nodes.next().map(|node| node.act.clone());
        let mut open = founding.map_or_else(|| self.clone(), Self::begun);
        for node in nodes {
            let is_there = |id| open.holds(id);
            if node.act.value.parents.iter().copied().all(is_there) && !knows(node) {
                // What it builds on is there.
                let _put = open.append(node.act.clone(), node.id);
            }
        }
        open
    }
}

/// Whether an act takes somebody in, whatever came of it.
fn takes_in(whole: &State<'_>, node: &Node, who: MemberId) -> bool {
    match &node.act.value.what {
        What::Found(_) => node.act.value.author == who,
        What::Add(entry) => whole.whose(entry.value.keys.ed25519) == Some(who),
        What::Remove(_)
        | What::Leave
        | What::Admin(..)
        | What::Title(_)
        | What::Rooms(_)
        | What::Renew(..) => false,
    }
}

//! The next act of somebody who knows all that is in a book.

use super::Book;
use crate::protocol::group::{ActId, Deed, Head, MemberId, What};
use crate::protocol::letter::PublicKey;
use crate::protocol::time::Seconds;
use crate::rules::group::fold::fold;
use crate::rules::group::node::Node;

impl Book {
    /// What somebody does next, to be signed: built on all that is here.
    pub fn next(&self, author: MemberId, what: What, time: Seconds) -> Deed {
        let parents = self.heads();
        let known = || parents.iter().filter_map(|id| self.node(*id));
        let past = self.past_of(known());
        let deepest = known().map(|node| node.act.value.depth).max();
        let own = |node: &&Node| node.act.value.author == author && past.has(node.bit);
        let last = (self.nodes.iter().filter(own)).max_by_key(|it| (it.number(), it.place()));
        Deed {
            group: Some(self.group()),
            author,
            depth: deepest.map_or(0, |depth| depth.saturating_add(1)),
            time,
            what,
            before: last.map(|last| last.id),
            number: last.map_or(0, Node::number).saturating_add(1),
            parents,
        }
    }

    /// The acts that these heads stand for, as letters show them; what is not known is passed over.
    pub fn named(&self, heads: &[Head]) -> Vec<ActId> {
        let is_shown = |node: &&Node| heads.contains(&node.id.head());
        let shown = self.nodes.iter().filter(is_shown);
        shown.map(|node| node.id).collect()
    }

    /// How deep an act is; the deepest, if it is not here.
    pub fn depth_of(&self, id: ActId) -> u64 {
        let node = self.node(id);
        node.map_or(u64::MAX, |node| node.act.value.depth)
    }

    /// The act that ended the last membership of whoever has this key, which their next entry names.
    pub fn last_end(&self, key: PublicKey) -> Option<ActId> {
        let acts = self.in_order(|_| true);
        let state = fold(&acts);
        state.last_end(key).map(|end| end.id)
    }
}

//! An act in a book, and what is before it.

use super::past::Past;
use super::roster::Place;
use crate::protocol::group::{Act, ActId};

/// An act in a book.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) act: Act,
    pub(super) id: ActId,
    pub(super) bit: usize,
    /// All acts before it.
    pub(super) past: Past,
}

impl Node {
    pub(super) const fn place(&self) -> Place {
        (self.act.value.depth, self.id)
    }

    /// Whether two acts did not know of one another.
    pub(super) fn is_beside(&self, other: &Self) -> bool {
        self.bit != other.bit && !self.past.has(other.bit) && !other.past.has(self.bit)
    }

    /// Whether it is another, or before that.
    pub(super) fn is_up_to(&self, other: &Self) -> bool {
        self.bit == other.bit || other.past.has(self.bit)
    }

    pub(super) const fn number(&self) -> u64 {
        self.act.value.number
    }
}

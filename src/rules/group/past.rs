//! A set of acts, each known by the number it has in its book.

/// The set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Past(Vec<u64>);

impl Past {
    pub(super) fn has(&self, bit: usize) -> bool {
        let word = self.0.get(bit / WORD).copied().unwrap_or_default();
        word & mask(bit) != 0
    }

    pub(super) fn put(&mut self, bit: usize) {
        let at = bit / WORD;
        if self.0.len() <= at {
            self.0.resize(at.saturating_add(1), 0);
        }
        if let Some(word) = self.0.get_mut(at) {
            *word |= mask(bit);
        }
    }

    /// Puts in all that is in another.
    pub(super) fn join(&mut self, other: &Self) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        for (own, theirs) in self.0.iter_mut().zip(&other.0) {
            *own |= theirs;
        }
    }
}

/// Bits of a word.
const WORD: usize = 64;

fn mask(bit: usize) -> u64 {
    1_u64.rotate_left(u32::try_from(bit % WORD).unwrap_or_default())
}

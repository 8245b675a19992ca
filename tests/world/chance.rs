//! The rng of the simulation: every choice comes from one seed.

use std::sync::{Arc, Mutex};

use iim::rules::decision::Rng;

/// Pseudo-random numbers of one seed (SplitMix64, Steele et al., OOPSLA 2014): the same every time.
#[derive(Debug, Clone)]
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x5DEE_CE66)
    }

    /// Other rng that are rolled without moving these.
    pub(crate) fn branch(&mut self) -> Self {
        Self(self.next())
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number from 0 to `most` - 1 (0 if `most` is 0).
    pub(crate) fn below(&mut self, most: u64) -> u64 {
        self.next().checked_rem(most).unwrap_or(0)
    }

    pub(crate) fn index(&mut self, most: usize) -> usize {
        self.below(most as u64) as usize
    }

    pub(crate) fn between(&mut self, least: u64, most: u64) -> u64 {
        least + self.below(most - least + 1)
    }

    /// True once in so many times; never if 0.
    pub(crate) fn once_in(&mut self, most: u64) -> bool {
        most > 0 && self.below(most) == 0
    }

    pub(crate) fn percent(&mut self, chance: u64) -> bool {
        self.below(100) < chance
    }

    pub(crate) fn pick<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        all.get(self.index(all.len()))
    }
}

/// Rng for an account or an agent: clones roll the same ones.
#[derive(Debug, Clone)]
pub(crate) struct SharedRng(Arc<Mutex<Chance>>);

impl SharedRng {
    pub(crate) fn new(chance: Chance) -> Self {
        Self(Arc::new(Mutex::new(chance)))
    }
}

impl Rng for SharedRng {
    fn fill(&mut self, buffer: &mut [u8]) {
        let mut chance = self.0.lock().unwrap();
        for chunk in buffer.chunks_mut(8) {
            let bytes = chance.next().to_le_bytes();
            chunk.copy_from_slice(&bytes[..chunk.len()]);
        }
    }
}

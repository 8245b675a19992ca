//! Which of the calls of a run are disturbed.

/// All numbers from 1 to a little over `count`, in order; without `tests/run --long` at most `most` of them, taken at
/// random, so that many runs try them all.
pub fn moments(count: usize, most: usize) -> Vec<usize> {
    let all = 1..=count + 3;
    if long() || most >= count {
        return all.collect();
    }
    let mut chosen = std::collections::BTreeSet::new();
    while chosen.len() < most {
        chosen.insert(rand::random_range(1..=count));
    }
    chosen.into_iter().collect()
}

/// Whether there is time for all of them.
pub fn long() -> bool {
    std::env::var_os("IIM_TESTS_LONG").is_some()
}

//! The two clocks of a link.

use std::time::Duration;

/// Both clocks: since the link's start, and seconds since 1970.
#[derive(Clone, Copy, Debug)]
pub struct Now {
    /// Never goes back; stands still while the machine sleeps.
    pub steady: Duration,
    /// The user's clock.
    pub wall: u64,
}

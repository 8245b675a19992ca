//! The two clocks of a link.

use std::time::Duration;

use crate::protocol::time::Seconds;

/// Both clocks: since the link's start, and the user's.
#[derive(Clone, Copy, Debug)]
pub struct Now {
    /// Never goes back; stands still while the machine sleeps.
    pub steady: Duration,
    /// The user's clock.
    pub wall: Seconds,
}

//! When something is next to be done.

use super::desk::Desk;
use super::error::Result;

impl Desk<'_> {
    /// The earliest timer of all: of a handshake, a text, a letter in the outbox, an announcement by mail. It may
    /// lie in the past: then something is due now, or waits for what no clock brings (a budget, a friend's coming).
    ///
    /// # Errors
    /// What the store meets.
    pub fn next_timers(&self) -> Result<Option<u64>> {
        let timers = [
            self.next_of_people()?,
            self.next_of_texts()?,
            self.next_outbox_due()?,
        ];
        Ok(timers.into_iter().flatten().min())
    }
}

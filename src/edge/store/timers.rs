//! When something is next to be done.

use super::desk::Desk;
use super::error::Result;

impl Desk<'_> {
    /// The earliest timer of all that fire at `since` or later: of a handshake, a text, a letter in the outbox, an
    /// announcement by mail. What has fired before and is still there waits for what no clock brings (a budget, a
    /// friend's coming).
    ///
    /// # Errors
    /// What the store meets.
    pub fn next_timers(&self, since: u64) -> Result<Option<u64>> {
        let timers = [
            self.next_of_people(since)?,
            self.next_of_texts(since)?,
            self.next_outbox_due(since)?,
        ];
        Ok(timers.into_iter().flatten().min())
    }
}

//! What the agent asks every second, read again only when somebody has committed.

use super::roster_line::{DIRTY, STAMP};
use crate::edge::store::{Store, StoreError, Version};
use crate::protocol::time::Seconds;

/// What one look at the database showed.
#[derive(Debug)]
pub(super) struct Cache {
    pub(super) version: Version,
    /// What told the roster file from others when it was last taken or written.
    pub(super) roster_stamp: Option<String>,
    /// The roster file has to be rendered.
    pub(super) roster_dirty: bool,
    /// No letter waits.
    pub(super) outbox_is_empty: bool,
    /// The earliest timer since a time, once asked for.
    pub(super) next_timer: Option<(Seconds, Option<Seconds>)>,
}

impl Cache {
    pub(super) fn read(store: &Store, version: Version) -> Result<Self, StoreError> {
        let ([roster_stamp, dirty], outbox_is_empty) =
            store.read_once(|tx| tx.polled([STAMP, DIRTY]))?;
        Ok(Self {
            version,
            roster_stamp,
            roster_dirty: dirty.as_deref() == Some("1"),
            outbox_is_empty,
            next_timer: None,
        })
    }
}

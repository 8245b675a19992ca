//! Which rows of the store a client has been sent, and which are still to come.

use std::collections::BTreeSet;

/// Which rows of the store a client has been sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Position {
    /// The highest row sent.
    pub(super) sent: u64,
    /// The highest row known to have been written to the socket.
    pub(super) written: u64,
    /// The row that the store keeps for the device.
    pub(super) kept: u64,
    /// The store has, or may have, more than was sent; it is read when what was sent is written.
    pub(super) behind: bool,
    /// Rows up to this one are a replay of what came before the client did.
    pub(super) replay_to: u64,
    /// Of the replay, what was read elsewhere or written by the user only above this row.
    pub(super) read_after: u64,
    /// The client asks for texts itself: of the replay only what was done to texts up to this row, which it has had.
    pub(super) only_changes_of: Option<u64>,
    /// Rows that the client has said itself while it was behind: it knows them.
    pub(super) own: BTreeSet<u64>,
}

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

impl Position {
    /// For a client that asks for everything itself: it is sent what is new from now on.
    pub(super) fn from_now(had: u64, newest: u64) -> Self {
        Self {
            sent: newest,
            written: had,
            kept: had,
            replay_to: newest,
            ..Self::default()
        }
    }

    /// For a client whose device has had the rows up to one, but of what was read or its own only those above another.
    pub(super) fn since(had: u64, read_after: u64, newest: u64) -> Self {
        Self {
            sent: had,
            read_after,
            behind: had < newest,
            ..Self::from_now(had, newest)
        }
    }

    /// For a client that asks for texts, but cannot ask what was done to those that it had.
    pub(super) fn changes_since(had: u64, newest: u64) -> Self {
        Self {
            only_changes_of: Some(had),
            ..Self::since(had, 0, newest)
        }
    }

    /// Rows up to this one have been sent, or are not to be; `at_once`: nothing waits to be written.
    pub(super) fn advance(&mut self, row: u64, at_once: bool) {
        self.sent = self.sent.max(row);
        if at_once {
            self.written = self.sent;
        }
    }
}

//! What happens in a room.

use crate::protocol::group::MemberId;
use crate::protocol::group::room::{Coming, RoomKeyName};
use crate::protocol::letter::Letter;
use crate::rules::ids::ConversationId;

/// What happens in a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RoomTurn {
    /// A member's line was opened there.
    Heard {
        /// Of which group.
        group: ConversationId,
        /// Whose it is.
        from: MemberId,
        /// What it says.
        letter: Box<Letter>,
    },
    /// What the user has just said leaves there, for those who are there.
    Say {
        /// Of which group.
        group: ConversationId,
        /// Under which key the room is.
        key: RoomKeyName,
        /// Who is there.
        there: Vec<MemberId>,
    },
    /// It is told there what has come of those who are there.
    Got {
        /// Of which group.
        group: ConversationId,
        /// Under which key the room is.
        key: RoomKeyName,
        /// Who is there.
        there: Vec<MemberId>,
        /// The comings that were opened there.
        opened: Vec<Coming>,
    },
}

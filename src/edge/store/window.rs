//! Windows on a conversation: which rows are in one, and which are shown at all.

use super::tables::int;
use crate::protocol::time::Millis;
use crate::rules::conversation::{ConversationId, Page, Place};

/// Which rows are texts to be shown: no changes, and no tombstones.
macro_rules! is_text {
    ($row:literal) => {
        concat!(
            $row,
            ".change IS NULL AND (",
            $row,
            ".text <> '' OR ",
            $row,
            ".unknown_kind IS NOT NULL)"
        )
    };
}

/// Which rows are in a window on a conversation; values as [`window`] gives them.
macro_rules! in_window {
    () => {
        "conversation = ?1 AND (arrival, row) > (?2, ?3) AND (arrival, row) < (?4, ?5)"
    };
}

/// Which rows are handed to devices: all but tombstones.
macro_rules! is_handed {
    ($row:literal) => {
        concat!(
            "(",
            $row,
            ".change IS NOT NULL OR ",
            $row,
            ".text <> '' OR ",
            $row,
            ".unknown_kind IS NOT NULL)"
        )
    };
}

pub(super) use in_window;
pub(super) use is_handed;
pub(super) use is_text;

pub(super) fn window(
    conversation: ConversationId,
    page: &Page,
) -> (ConversationId, Millis, i64, Millis, i64) {
    let after = page.after.unwrap_or(START);
    let before = page.before.unwrap_or(END);
    (
        conversation,
        after.arrival,
        int(after.row),
        before.arrival,
        int(before.row),
    )
}

pub(super) fn count(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// Before all texts; their rows begin at 1.
const START: Place = Place {
    arrival: Millis(0),
    row: 0,
};
const END: Place = Place {
    arrival: Millis::MAX,
    row: u64::MAX,
};

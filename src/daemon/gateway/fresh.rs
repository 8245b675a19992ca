//! Whether a row that was just stored can be told by itself.

use crate::rules::conversation::Stored;

/// Where a row that was just stored stands to the newest that clients were told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fresh {
    /// They were told.
    Known,
    /// They were told of all before it.
    Next,
    /// There are others before it that they were not told of.
    BehindOthers,
}

impl Fresh {
    pub(super) fn of(stored: &Stored, told: u64) -> Self {
        match (stored.row <= told, stored.before <= told) {
            (true, _) => Self::Known,
            (false, true) => Self::Next,
            (false, false) => Self::BehindOthers,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::conversation::What;

    #[test]
    fn a_row_is_told_by_itself_only_if_it_is_the_next() {
        // Rows 5 and 9 are handed to clients, those between are not.
        let nine = Stored {
            row: 9,
            before: 5,
            what: What::Nothing,
        };
        for (told, fresh) in [
            (4, Fresh::BehindOthers),
            (5, Fresh::Next),
            (8, Fresh::Next),
            (9, Fresh::Known),
            (12, Fresh::Known),
        ] {
            assert_eq!(Fresh::of(&nine, told), fresh, "{told}");
        }
    }
}

//! Places that a clock which ran ahead gave to texts: lowered once the clock is right.
//!
//! ```text
//!   arrival:   1  2  3 ─────────────────▶ 901 902      the clock ran ahead when two were stored
//!              1  2  3  10 11 ◀────────── lowered      it is 10 now
//! ```

use crate::protocol::time::Millis;
use rusqlite::params;

use super::error::Result;
use super::tables::Texts;

/// Steps from conversation to conversation, and looks at the end of each alone.
pub(super) const AHEAD: &str = "WITH RECURSIVE one (conversation) AS (
        SELECT min(conversation) FROM message
        UNION ALL
        SELECT (SELECT min(conversation) FROM message WHERE conversation > one.conversation)
        FROM one WHERE one.conversation IS NOT NULL
    )
    SELECT 1 AS found FROM one WHERE conversation IS NOT NULL
        AND (SELECT max(arrival) FROM message WHERE message.conversation = one.conversation) > ?1 LIMIT 1";
const LOWER: &str = "WITH ahead (row, n) AS (
        SELECT row, row_number() OVER (ORDER BY arrival, row) FROM message WHERE arrival > ?1
    )
    UPDATE message SET arrival = ?2 + ahead.n FROM ahead WHERE ahead.row = message.row";
/// Where the lowered begin: so that they end at now, but after what is there already.
const BASE: &str = "SELECT max(coalesce((SELECT max(arrival) FROM message WHERE arrival <= ?1), 0),
        ?1 - (SELECT count(*) FROM message WHERE arrival > ?1)) AS base";

impl Texts<'_> {
    /// Whether a text has a place after this time.
    pub fn has_places_after(&self, time: Millis) -> Result<bool> {
        self.exists(AHEAD, params![time])
    }

    /// Texts whose place is above now come to now, in their order, and what was read up to such a place with them.
    pub fn lower_places(&self, now: Millis) -> Result<()> {
        self.note(|changes| changes.texts = true);
        let base = self.value(BASE, params![now])?.unwrap_or(now);
        let lowered = self.run(LOWER, params![now, base])?;
        let end = Millis(base.0.saturating_add(u64::try_from(lowered).unwrap_or(0)));
        for marks in [
            "UPDATE read_marker SET up_to = ?1 WHERE up_to > ?1",
            "UPDATE place_marker SET up_to = ?1 WHERE up_to > ?1",
        ] {
            self.run(marks, params![end])?;
        }
        Ok(())
    }
}

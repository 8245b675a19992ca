//! What devices are handed: texts and what was done to them, in the one order in which they were stored.
//!
//! ```text
//!  row  1 text ── 2 text ── 3 edit of 1 ── 4 text ── 5 reaction to 2 ──▶
//!                    ▲ the cursor of a device: it is still to be handed 3, 4, 5
//! ```
//!
//! Each comes as it stood when it was stored: a text with what had come before it, a change for itself. So whoever was
//! away reads the same as who was there, and nothing twice.

use rusqlite::{Row, params};

use super::error::Result;
use super::message::message;
use super::tables::{Texts, int, uint, uint_or_none};
use super::window::{in_window, is_handed, window};
use crate::protocol::letter::LetterId;
use crate::rules::conversation::{ConversationId, Done, Page, Place, Rest, Stored, What};
use crate::rules::entry::Entry;
use crate::rules::message::{Change, ChangeKind, Message};

struct Found {
    row: u64,
    before: u64,
    message: Message,
    /// Something that changes it was stored before it.
    changed: bool,
}

impl Found {
    fn place(&self) -> Place {
        let (arrival, row) = (self.message.arrival, self.row);
        Place { arrival, row }
    }
}

macro_rules! select {
    ($which:expr, $rest:literal) => {
        concat!(
            "SELECT *,
                 (SELECT other.row FROM message AS other WHERE other.row < message.row AND ",
            is_handed!("other"),
            " ORDER BY other.row DESC LIMIT 1) AS before_row,
                 EXISTS (SELECT 1 FROM message AS other
                         WHERE other.conversation = message.conversation AND other.about = message.id
                             AND other.row < message.row) AS changed
             FROM message WHERE ",
            is_handed!("message"),
            " AND ",
            $which,
            " ",
            $rest
        )
    };
}

pub(super) const REST: &str = select!(
    "row > ?1 AND (row > ?2 OR (author <> 0 AND state = 'delivered'))",
    "ORDER BY row"
);
pub(super) const LAST: &str = select!("TRUE", "ORDER BY row DESC LIMIT 1");
pub(super) const CHANGES_BETWEEN: &str = select!(
    "about IS NOT NULL AND row > ?1 AND row <= ?2",
    "ORDER BY row"
);
pub(super) const OLDEST: &str = select!(in_window!(), "ORDER BY arrival, row");
pub(super) const NEWEST: &str = select!(in_window!(), "ORDER BY arrival DESC, row DESC");
pub(super) const BY_ID: &str = select!("conversation = ?1 AND id = ?2", "ORDER BY author LIMIT 1");
pub(super) const CHANGES_AFTER: &str = select!(
    "conversation = ?1 AND about = ?2 AND row > ?3",
    "ORDER BY sent, id"
);
/// The text that a change is about; an edit or a retraction is about its writer's.
pub(super) const ABOUT: &str =
    "SELECT * FROM message WHERE conversation = ?1 AND id = ?2 AND about IS NULL AND +row < ?3 AND (?4 IS NULL OR author = ?4)
     ORDER BY author LIMIT 1";
pub(super) const CHANGES_BEFORE: &str =
    "SELECT * FROM message WHERE conversation = ?1 AND about = ?2 AND row < ?3 ORDER BY sent, id";
const COUNT_UNREAD: &str = concat!(
    "SELECT count(*) AS count FROM (SELECT 1 FROM message
     WHERE row > ?1 AND author <> 0 AND state = 'delivered' AND ",
    is_handed!("message"),
    " LIMIT ?2)"
);
const READ_BUT: &str = concat!(
    "SELECT row FROM message WHERE row > ?1 AND NOT (author <> 0 AND state = 'delivered') AND ",
    is_handed!("message"),
    " ORDER BY row DESC LIMIT 1 OFFSET ?2"
);

impl Texts<'_> {
    /// At most `limit` of what is still to be handed, whoever's, by row.
    pub fn rest(&self, rest: Rest, limit: usize) -> Result<Vec<Stored>> {
        let values = params![int(rest.after), int(rest.read_after)];
        self.stored(self.some_readable(limit, REST, values, found)?)
    }

    /// The last that devices are handed.
    pub fn last(&self) -> Result<Option<Stored>> {
        Ok(self.stored(self.some_readable(1, LAST, [], found)?)?.pop())
    }

    /// Only the changes above one row, up to another.
    pub fn changes_between(&self, after: u64, until: u64, limit: usize) -> Result<Vec<Stored>> {
        let values = params![int(after), int(until)];
        self.stored(self.some_readable(limit, CHANGES_BETWEEN, values, found)?)
    }

    /// The newest row of all.
    pub fn newest_row(&self) -> Result<u64> {
        let row = self.number("SELECT max(row) FROM message", [])?;
        Ok(row.unwrap_or(0))
    }

    /// For [`Rest::read_after`]: what leaves, above `after`, at most `most` rows, but everything that is unread.
    pub fn read_floor(&self, after: u64, most: u64) -> Result<u64> {
        let unread = self.number(COUNT_UNREAD, params![int(after), int(most)])?;
        let room = most.saturating_sub(unread.unwrap_or(0));
        let row = self.number(READ_BUT, params![int(after), int(room)])?;
        Ok(row.unwrap_or(after))
    }

    /// The text or change of an id in a conversation; of two, in and out, the user's own.
    pub fn stored_as(&self, with: ConversationId, id: LetterId) -> Result<Option<Stored>> {
        let values = params![with, id.0];
        let row = self.some_readable(1, BY_ID, values, found)?;
        Ok(self.stored(row)?.pop())
    }

    /// A page of texts and changes, oldest first; what shows nothing is not among them and does not count.
    pub fn page_of_all(&self, with: ConversationId, page: &Page) -> Result<Vec<Stored>> {
        let sql = if page.newest { NEWEST } else { OLDEST };
        let (mut rest, mut all) = (*page, Vec::new());
        while rest.limit > 0 {
            let rows = self.some_readable(rest.limit, sql, window(with, &rest), found)?;
            let Some(edge) = rows.last().map(Found::place) else {
                break;
            };
            let is_last = rows.len() < rest.limit;
            let shown = self.stored(rows)?.into_iter();
            all.extend(shown.filter(|one| one.what != What::Nothing));
            if is_last {
                break;
            }
            rest.limit = page.limit.saturating_sub(all.len());
            match page.newest {
                true => rest.before = Some(edge),
                false => rest.after = Some(edge),
            }
        }
        if page.newest {
            all.reverse();
        }
        Ok(all)
    }

    /// What was done to a text of a conversation after this row, the earliest written first.
    pub fn done_after(
        &self,
        with: ConversationId,
        text: LetterId,
        row: u64,
    ) -> Result<Vec<Stored>> {
        let values = params![with, text.0, int(row)];
        self.stored(self.readable(CHANGES_AFTER, values, found)?)
    }

    fn stored(&self, rows: Vec<Found>) -> Result<Vec<Stored>> {
        rows.into_iter().map(|row| self.store_of(row)).collect()
    }

    fn store_of(&self, found: Found) -> Result<Stored> {
        let (row, before) = (found.row, found.before);
        let what = match found.message.change {
            None => What::Text(Box::new(self.text_of(found)?)),
            Some(change) => self.done(found, change)?,
        };
        Ok(Stored { row, before, what })
    }

    fn text_of(&self, found: Found) -> Result<Entry> {
        let changes = match found.changed {
            true => self.changes_before(&found, found.message.id)?,
            false => Vec::new(),
        };
        Ok(Entry::of(found.message, &changes))
    }

    fn done(&self, found: Found, change: Change) -> Result<What> {
        let Some((text_row, text)) = self.about(&found, change)? else {
            return Ok(What::Nothing);
        };
        let earlier = self.changes_before(&found, change.of)?;
        let message = found.message;
        Ok(match Entry::changed(text, &earlier, &message) {
            Some(text) => What::Change(Box::new(Done {
                kind: change.kind,
                change: message,
                text,
                text_row,
            })),
            None => What::Nothing,
        })
    }

    fn about(&self, found: &Found, change: Change) -> Result<Option<(u64, Message)>> {
        let author = match change.kind {
            ChangeKind::React | ChangeKind::Unreact => None,
            ChangeKind::Edit | ChangeKind::Retract => Some(found.message.author),
        };
        let values = params![
            found.message.conversation,
            change.of.0,
            int(found.row),
            author
        ];
        let about = |row: &Row| Ok((uint(row, "row")?, message(row)?));
        Ok(self.some_readable(1, ABOUT, values, about)?.pop())
    }

    fn changes_before(&self, found: &Found, of: LetterId) -> Result<Vec<Message>> {
        let values = params![found.message.conversation, of.0, int(found.row)];
        self.readable(CHANGES_BEFORE, values, message)
    }
}

fn found(row: &Row) -> Result<Found> {
    Ok(Found {
        row: uint(row, "row")?,
        before: uint_or_none(row, "before_row")?.unwrap_or(0),
        message: message(row)?,
        changed: row.get("changed")?,
    })
}

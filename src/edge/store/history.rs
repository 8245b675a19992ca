//! Pages of texts, in the order in which they came: for clients that were away or scroll back.
//!
//! ```text
//!                 after                                  before
//!  ── text ── text ──┤ text ── text ── … ── text ── text ├── text ──▶  (arrival, row)
//!                      the oldest `limit`   or the newest
//! ```
//!
//! A row's number is never given again while the text it had could be missed, and rises with every text; `arrival`
//! rises with it within a conversation, whatever the clock shows.

use crate::protocol::time::Millis;
use rusqlite::{Row, params};

use super::error::Result;
use super::message::message;
use super::tables::{Texts, int, uint};
use super::window::{count, in_window, is_handed, is_text, window};
use crate::protocol::letter::LetterId;
use crate::rules::conversation::{ContactId, ConversationId, Page, Placed};
use crate::rules::entry::Entry;
use crate::rules::message::Message;

/// A row as it is read: whether anything changes the text is only known then.
struct Found {
    row: u64,
    message: Message,
    changed: bool,
}

macro_rules! select {
    ($which:expr, $rest:literal) => {
        concat!(
            "SELECT *,
                 EXISTS (SELECT 1 FROM message AS other
                         WHERE other.conversation = message.conversation AND other.about = message.id) AS changed
             FROM message WHERE ",
            is_text!("message"),
            " AND ",
            $which,
            " ",
            $rest
        )
    };
}

pub(super) const OLDEST: &str = select!(in_window!(), "ORDER BY arrival, row");
pub(super) const NEWEST: &str = select!(in_window!(), "ORDER BY arrival DESC, row DESC");
pub(super) const BY_ID: &str = select!("conversation = ?1 AND id = ?2", "ORDER BY author LIMIT 1");
/// Steps from conversation to conversation, and looks at the end of each conversation alone.
macro_rules! targets {
    ($is_meant:expr) => {
        concat!(
            "WITH RECURSIVE one (conversation) AS (
                SELECT min(conversation) FROM message
                UNION ALL
                SELECT (SELECT min(conversation) FROM message WHERE conversation > one.conversation)
                FROM one WHERE one.conversation IS NOT NULL
            ), latest (conversation, at) AS (
                SELECT conversation, (SELECT arrival FROM message
                                WHERE message.conversation = one.conversation AND arrival > ?1 AND ",
            $is_meant,
            "                   ORDER BY arrival DESC LIMIT 1)
                FROM one WHERE conversation IS NOT NULL
            )
            SELECT contact, latest.conversation AS conversation, at
            FROM latest CROSS JOIN conversation ON conversation.id = latest.conversation
            WHERE at < ?2 AND (?4 OR contact IS NOT NULL) ORDER BY at, contact, latest.conversation LIMIT ?3"
        )
    };
}

pub(super) const TARGETS: &str = targets!(is_text!("message"));
pub(super) const TARGETS_OF_ALL: &str = targets!(is_handed!("message"));

impl Texts<'_> {
    /// A page of the conversation with a friend, oldest first.
    pub fn page(&self, with: ConversationId, page: &Page) -> Result<Vec<Placed>> {
        let sql = if page.newest { NEWEST } else { OLDEST };
        let values = window(with, page);
        let mut rows = self.some_readable(page.limit, sql, values, found)?;
        if page.newest {
            rows.reverse();
        }
        self.placed(rows)
    }

    /// The text of an id in a conversation; of two, in and out, the user's own.
    pub fn entry(&self, with: ConversationId, id: LetterId) -> Result<Option<Placed>> {
        let values = params![with, id.0];
        let row = self.some_readable(1, BY_ID, values, found)?;
        Ok(self.placed(row)?.pop())
    }

    /// With which contacts the latest text came strictly between two times, and when it did; by that time, at most `limit`,
    /// the earliest. With `changes`, what was done to a text counts as well.
    pub fn conversations(
        &self,
        after: Millis,
        before: Millis,
        changes: bool,
        limit: usize,
    ) -> Result<Vec<(ContactId, Millis)>> {
        let values = params![after, before, count(limit), false];
        let sql = if changes { TARGETS_OF_ALL } else { TARGETS };
        self.rows(sql, values, |row| Ok((row.get("contact")?, row.get("at")?)))
    }

    /// The same of all conversations, those in groups among them.
    pub fn latest(
        &self,
        after: Millis,
        before: Millis,
        changes: bool,
        limit: usize,
    ) -> Result<Vec<(ConversationId, Millis)>> {
        let values = params![after, before, count(limit), true];
        let sql = if changes { TARGETS_OF_ALL } else { TARGETS };
        self.rows(sql, values, |row| {
            Ok((row.get("conversation")?, row.get("at")?))
        })
    }

    /// How many texts there are above a row.
    pub fn count_after(&self, row: u64) -> Result<u64> {
        let sql = concat!(
            "SELECT count(*) AS count FROM message WHERE row > ?1 AND ",
            is_text!("message")
        );
        Ok(self.number(sql, params![int(row)])?.unwrap_or(0))
    }

    fn placed(&self, rows: Vec<Found>) -> Result<Vec<Placed>> {
        let mut placed = Vec::with_capacity(rows.len());
        for found in rows {
            let changes = match found.changed {
                true => self.changes_of(found.message.conversation, found.message.id)?,
                false => Vec::new(),
            };
            placed.push(Placed {
                row: found.row,
                entry: Entry::of(found.message, &changes),
            });
        }
        Ok(placed)
    }

    /// Up to when the user has read what is no conversation with a friend.
    pub fn place_marker(&self, place: &str) -> Result<Option<Millis>> {
        let sql = "SELECT up_to FROM place_marker WHERE place = ?1";
        self.value(sql, [place])
    }

    /// Keeps such a marker; it never falls. Of places that nobody has marked before, no more than [`MOST_PLACES`] are kept.
    pub fn put_place_marker(&self, place: &str, up_to: Millis) -> Result<()> {
        self.note(|changes| changes.texts = true);
        let sql = "INSERT INTO place_marker (place, up_to) SELECT ?1, ?2
                   WHERE (SELECT count(*) FROM place_marker) < ?3 OR ?1 IN (SELECT place FROM place_marker)
                   ON CONFLICT (place) DO UPDATE SET up_to = max(up_to, excluded.up_to)";
        self.execute(sql, params![place, up_to, MOST_PLACES])
    }

    pub(super) fn put_marker(&self, of: ConversationId, up_to: Millis) -> Result<()> {
        self.note(|changes| changes.texts = true);
        let sql = "INSERT INTO read_marker (conversation, up_to) VALUES (?1, ?2)
                   ON CONFLICT (conversation) DO UPDATE SET up_to = max(up_to, excluded.up_to)";
        self.execute(sql, params![of, up_to])
    }
}

/// The control channel, the service, and the nicks that clients of the user have had.
pub(super) const MOST_PLACES: i64 = 1000;

fn found(row: &Row) -> Result<Found> {
    Ok(Found {
        row: uint(row, "row")?,
        message: message(row)?,
        changed: row.get("changed")?,
    })
}

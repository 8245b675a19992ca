//! Texts and changes of texts, in and out, each in its conversation.

use std::collections::BTreeSet;

use rusqlite::{Row, params};

use super::error::{Result, StoreError};
use super::tables::{Texts, int, uint_or_none, word};
use crate::protocol::group::MemberId;
use crate::protocol::group::letters::SaidHash;
use crate::protocol::letter::LetterId;
use crate::rules::conversation::{Author, ContactId, ConversationId};
use crate::rules::entry::{Entry, entries};
use crate::rules::message::{Change, InGroup, Message};
use crate::rules::words;

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT conversation, author, id, sent, arrival, text, reply_to, unknown_kind, state, via, reason,
                 attempts, mailed_at, due, acknowledged_read, change, about, notice, number, hash, before_hash, whose, named
             FROM message ",
            $rest
        )
    };
}

pub(super) const BY_ID: &str = select!("WHERE conversation = ?1 AND id = ?2 AND author = ?3");
pub(super) const TEXTS: &str = select!("WHERE conversation = ?1 AND id = ?2 AND about IS NULL");
/// Of two under one number the first that came.
pub(super) const SAID: &str =
    select!("WHERE conversation = ?1 AND author = ?2 AND number = ?3 ORDER BY row LIMIT 1");
pub(super) const UNFINISHED: &str = select!(
    "WHERE conversation = ?1 AND author = 0 AND state IN ('queued', 'sent') ORDER BY sent, arrival, row"
);
pub(super) const UNREAD: &str = select!(
    "WHERE conversation = ?1 AND author <> 0 AND state = 'delivered' ORDER BY sent, arrival, row"
);
pub(super) const CHANGES: &str =
    select!("WHERE conversation = ?1 AND about = ?2 ORDER BY sent, id");
pub(super) const WAITING_CHANGES: &str = "SELECT count(*) AS n FROM message AS changes
     WHERE conversation = ?1 AND about IS NOT NULL AND author <> 0 AND +arrival > ?2 AND NOT EXISTS
         (SELECT 1 FROM message AS text WHERE text.conversation = changes.conversation
              AND text.id = changes.about AND text.about IS NULL)";
/// Looks into one conversation after the other.
pub(super) const BY_ID_ALONE: &str =
    "SELECT DISTINCT conversation.id AS conversation, contact, message.id FROM conversation
     CROSS JOIN message ON message.conversation = conversation.id
     WHERE (?3 OR contact IS NOT NULL) AND message.id >= ?1 AND message.id <= ?2 AND about IS NULL
     ORDER BY message.id LIMIT 2";
pub(super) const DUE: &str = select!("WHERE due IS NOT NULL AND due <= ?1 ORDER BY due, row");
pub(super) const OF_CONVERSATION: &str =
    select!("WHERE conversation = ?1 ORDER BY sent, arrival, row");
const NEW: &str = select!("WHERE author <> 0 AND state = 'delivered' ORDER BY sent, arrival, row");
const ALL: &str = select!("ORDER BY sent, arrival, row");

impl Texts<'_> {
    pub(super) fn find(
        &self,
        with: ConversationId,
        by: Author,
        id: LetterId,
    ) -> Result<Option<Message>> {
        let values = params![with, id.0, by];
        Ok(self.some_readable(1, BY_ID, values, message)?.pop())
    }

    /// What somebody said in a group under a number.
    pub(super) fn said(
        &self,
        group: ConversationId,
        by: Author,
        number: u64,
    ) -> Result<Option<Message>> {
        self.row(SAID, params![group, by, int(number)], message)
    }

    pub(super) fn unread(&self, with: ConversationId) -> Result<Vec<Message>> {
        self.readable(UNREAD, [with], message)
    }

    /// All that changes a friend's or our texts of this id, the earliest first: what [`Entry::of`] needs of a text.
    pub fn changes_of(&self, with: ConversationId, of: LetterId) -> Result<Vec<Message>> {
        self.readable(CHANGES, params![with, of.0], message)
    }

    /// With which contact, and under which id, there are texts whose id lies in a span: at most two, enough to know whether
    /// there is one and no other.
    pub fn between(&self, first: LetterId, last: LetterId) -> Result<Vec<(ContactId, LetterId)>> {
        self.rows(BY_ID_ALONE, params![first.0, last.0, false], |row| {
            Ok((row.get("contact")?, LetterId(row.get("id")?)))
        })
    }

    /// The same in all conversations, those in groups among them.
    pub fn named(
        &self,
        first: LetterId,
        last: LetterId,
    ) -> Result<Vec<(ConversationId, LetterId)>> {
        self.rows(BY_ID_ALONE, params![first.0, last.0, true], |row| {
            Ok((row.get("conversation")?, LetterId(row.get("id")?)))
        })
    }

    /// The texts with one friend or with all as they are to be shown now, in the senders' order; or of them only
    /// those that are new, or that have changed since they were seen.
    pub fn entries(&self, with: Option<ConversationId>, only_new: bool) -> Result<Vec<Entry>> {
        let mut rows = self.history(with, only_new)?;
        if only_new {
            // The rest of what they belong to as well: the text, and all that changes it.
            let concerned: BTreeSet<_> = rows.iter().map(Message::about).collect();
            rows.clear();
            for (with, id) in concerned {
                rows.extend(self.readable(TEXTS, params![with, id.0], message)?);
                rows.extend(self.changes_of(with, id)?);
            }
        }
        Ok(entries(rows))
    }

    /// The texts with one friend or with all and the changes of them, each a row of its own; or of them only those from a
    /// friend that the user has not seen; in the order in which they were sent, then came.
    pub fn history(&self, with: Option<ConversationId>, only_new: bool) -> Result<Vec<Message>> {
        match (with, only_new) {
            (Some(with), true) => self.unread(with),
            (Some(with), false) => self.readable(OF_CONVERSATION, [with], message),
            (None, true) => self.readable(NEW, [], message),
            (None, false) => self.readable(ALL, [], message),
        }
    }

    /// How many rows that is.
    pub fn count(&self, with: Option<ConversationId>, only_new: bool) -> Result<usize> {
        let sql = "SELECT count(*) FROM message WHERE (?1 IS NULL OR conversation = ?1)
                       AND (NOT ?2 OR author <> 0 AND state = 'delivered')";
        self.count_of(sql, params![with, only_new])
    }

    /// Keeps a text. A new one comes after all of its conversation, whatever the clock shows, and never before or with
    /// the one stored before it, unless the clock was set back by a day: who reads on from a text misses none. Fails for a
    /// conversation that is not there.
    pub(super) fn put(&self, message: &Message) -> Result<()> {
        self.note(|changes| changes.texts = true);
        let sql = "INSERT INTO message (conversation, author, id, sent, arrival, text, reply_to, unknown_kind, state,
                       via, reason, attempts, mailed_at, due, acknowledged_read, change, about, notice,
                       number, hash, before_hash, whose, named)
                   VALUES ((SELECT id FROM conversation WHERE id = ?1), ?2, ?3, ?4,
                       max(?5, coalesce((SELECT arrival + 1 FROM message
                                         WHERE row = (SELECT max(row) FROM message) AND arrival < ?5 + 86400000), 0),
                           coalesce((SELECT max(arrival) + 1 FROM message WHERE conversation = ?1), 0)),
                       ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23)
                   ON CONFLICT (conversation, id, author) DO UPDATE SET sent = excluded.sent,
                       text = excluded.text, reply_to = excluded.reply_to,
                       unknown_kind = excluded.unknown_kind, state = excluded.state, via = excluded.via,
                       reason = excluded.reason, attempts = excluded.attempts, mailed_at = excluded.mailed_at,
                       due = excluded.due, acknowledged_read = excluded.acknowledged_read,
                       change = excluded.change, about = excluded.about, notice = excluded.notice,
                       number = excluded.number, hash = excluded.hash, before_hash = excluded.before_hash,
                       whose = excluded.whose, named = excluded.named";
        let place = message.in_group;
        let values = params![
            message.conversation,
            message.author,
            message.id.0,
            message.sent,
            message.arrival,
            message.text,
            message.reply_to.map(|id| id.0),
            message.unknown_kind.map(int),
            words::state(message.state),
            message.via.map(words::via),
            message.reason,
            message.attempts,
            message.mailed_at,
            message.due,
            message.acknowledged_read,
            message.change.map(|change| words::change(change.kind)),
            message.change.map(|change| change.of.0),
            message.notice,
            place.map(|place| int(place.number)),
            place.map(|place| place.hash.0),
            place.map(|place| place.before.0),
            place.and_then(|place| place.whose),
            place.and_then(|place| place.named).map(|named| named.0),
        ];
        self.execute(sql, values)
    }
}

pub(super) fn message(row: &Row) -> Result<Message> {
    let reply_to: Option<[u8; 16]> = row.get("reply_to")?;
    let state = word(row, "state")?;
    Ok(Message {
        conversation: row.get("conversation")?,
        author: row.get("author")?,
        id: LetterId(row.get("id")?),
        sent: row.get("sent")?,
        arrival: row.get("arrival")?,
        text: row.get("text")?,
        reply_to: reply_to.map(LetterId),
        unknown_kind: uint_or_none(row, "unknown_kind")?,
        state: state.ok_or_else(|| StoreError::Row("a text without a state".into()))?,
        via: word(row, "via")?,
        reason: row.get("reason")?,
        attempts: row.get("attempts")?,
        mailed_at: row.get("mailed_at")?,
        due: row.get("due")?,
        acknowledged_read: row.get("acknowledged_read")?,
        change: change(row)?,
        notice: row.get("notice")?,
        in_group: in_group(row)?,
    })
}

fn in_group(row: &Row) -> Result<Option<InGroup>> {
    let (hash, before): (Option<[u8; 16]>, Option<[u8; 16]>) =
        (row.get("hash")?, row.get("before_hash")?);
    let (number, whose) = (uint_or_none(row, "number")?, row.get("whose")?);
    let named: Option<[u8; 8]> = row.get("named")?;
    let place = number.zip(hash.zip(before));
    Ok(place.map(|(number, (hash, before))| InGroup {
        number,
        hash: SaidHash(hash),
        before: SaidHash(before),
        whose,
        named: named.map(MemberId),
    }))
}

fn change(row: &Row) -> Result<Option<Change>> {
    let kind = word(row, "change")?;
    let about: Option<[u8; 16]> = row.get("about")?;
    Ok(kind.zip(about).map(|(kind, about)| Change {
        of: LetterId(about),
        kind,
    }))
}

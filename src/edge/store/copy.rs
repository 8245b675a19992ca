//! How far what the user said in groups has come with each member.

use rusqlite::{Row, params};

use super::error::{Result, StoreError};
use super::tables::{Copies, int, uint, word};
use crate::protocol::group::MemberId;
use crate::protocol::letter::LetterId;
use crate::rules::conversation::ConversationId;
use crate::rules::group::copy::Copy;
use crate::rules::words;

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT conversation, of, mid, contact, number, state, via, within, attempts, mailed_at, due, reason
             FROM said_to ",
            $rest
        )
    };
}

pub(super) const OF: &str = select!("WHERE conversation = ?1 AND of = ?2 ORDER BY mid");
pub(super) const TO: &str =
    select!("WHERE conversation = ?1 AND mid = ?2 AND state IN ('queued', 'sent') ORDER BY number");
pub(super) const FAILED: &str =
    select!("WHERE conversation = ?1 AND mid = ?2 AND state = 'failed' ORDER BY number");
pub(super) const WITHIN: &str = select!("WHERE within = ?1 ORDER BY conversation, number");
pub(super) const DUE: &str =
    select!("WHERE due IS NOT NULL AND due <= ?1 AND state IN ('queued', 'sent') ORDER BY due");

const PUT: &str = "INSERT INTO said_to (conversation, of, mid, contact, number, state, via, within, attempts, mailed_at, due, reason)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
     ON CONFLICT (conversation, of, mid) DO UPDATE SET contact = excluded.contact, number = excluded.number,
         state = excluded.state, via = excluded.via, within = excluded.within, attempts = excluded.attempts,
         mailed_at = excluded.mailed_at, due = excluded.due, reason = excluded.reason";

impl Copies<'_> {
    pub(super) fn of(&self, group: ConversationId, of: LetterId) -> Result<Vec<Copy>> {
        self.readable(OF, params![group, of.0], copy)
    }

    pub(super) fn to(&self, group: ConversationId, to: MemberId) -> Result<Vec<Copy>> {
        self.readable(TO, params![group, to.0], copy)
    }

    pub(super) fn failed(&self, group: ConversationId, to: MemberId) -> Result<Vec<Copy>> {
        self.readable(FAILED, params![group, to.0], copy)
    }

    pub(super) fn put(&self, copy: &Copy) -> Result<()> {
        self.note(|changes| changes.texts = true);
        let values = params![
            copy.conversation,
            copy.of.0,
            copy.to.0,
            copy.contact,
            int(copy.number),
            words::state(copy.state),
            copy.via.map(words::via),
            copy.within.map(|id| id.0),
            copy.attempts,
            copy.mailed_at,
            copy.due,
            copy.reason,
        ];
        self.execute(PUT, values)
    }
}

pub(super) fn copy(row: &Row) -> Result<Copy> {
    let within: Option<[u8; 16]> = row.get("within")?;
    let state = word(row, "state")?;
    Ok(Copy {
        conversation: row.get("conversation")?,
        of: LetterId(row.get("of")?),
        to: MemberId(row.get("mid")?),
        contact: row.get("contact")?,
        number: uint(row, "number")?,
        state: state.ok_or_else(|| StoreError::Row("a copy without a state".into()))?,
        via: word(row, "via")?,
        within: within.map(LetterId),
        attempts: row.get("attempts")?,
        mailed_at: row.get("mailed_at")?,
        due: row.get("due")?,
        reason: row.get("reason")?,
    })
}

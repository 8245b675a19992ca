//! Texts, in and out, each under its friend.

use rusqlite::{Row, params};

use super::desk::{Desk, address, int, uint, uint_or_none};
use super::error::{Result, StoreError};
use super::session::{from_label, label};
use crate::protocol::address::Address;
use crate::protocol::letter::LetterId;
use crate::rules::message::{Delivery, Direction, Message};

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT friend, direction, id, sent, arrival, text, reply_to, unknown_kind, state, via, reason,
                 attempts, mailed_at, due, acknowledged_read FROM message ",
            $rest
        )
    };
}

pub(super) const BY_ID: &str = select!("WHERE friend = ?1 AND direction = ?2 AND id = ?3");
pub(super) const UNFINISHED: &str = select!(
    "WHERE friend = ?1 AND direction = 'out' AND state IN ('queued', 'sent') ORDER BY sent, arrival, row"
);
pub(super) const UNREAD: &str = select!(
    "WHERE friend = ?1 AND direction = 'in' AND state = 'delivered' ORDER BY sent, arrival, row"
);
pub(super) const DUE: &str = select!("WHERE due IS NOT NULL AND due <= ?1 ORDER BY due, row");
pub(super) const OF_FRIEND: &str = select!("WHERE friend = ?1 ORDER BY sent, arrival, row");
const NEW: &str =
    select!("WHERE direction = 'in' AND state = 'delivered' ORDER BY sent, arrival, row");
const ALL: &str = select!("ORDER BY sent, arrival, row");

impl Desk<'_> {
    pub(super) fn find_message(
        &self,
        friend: &Address,
        direction: Direction,
        id: LetterId,
    ) -> Result<Option<Message>> {
        let values = params![friend.as_str(), direction_label(direction), id.0];
        self.row(BY_ID, values, message)
    }

    pub(super) fn unfinished_to(&self, friend: &Address) -> Result<Vec<Message>> {
        self.rows(UNFINISHED, params![friend.as_str()], message)
    }

    pub(super) fn unread_from(&self, friend: &Address) -> Result<Vec<Message>> {
        self.rows(UNREAD, params![friend.as_str()], message)
    }

    pub(super) fn texts_due(&self, now: u64) -> Result<Vec<Message>> {
        self.rows(DUE, params![int(now)], message)
    }

    /// The texts with one friend or with all, or of them only those from a friend that the user has not seen;
    /// in the order in which they were sent, then came.
    ///
    /// # Errors
    /// What the store meets.
    pub fn history(&self, friend: Option<&Address>, only_new: bool) -> Result<Vec<Message>> {
        match (friend, only_new) {
            (Some(friend), true) => self.unread_from(friend),
            (Some(friend), false) => self.rows(OF_FRIEND, params![friend.as_str()], message),
            (None, true) => self.rows(NEW, [], message),
            (None, false) => self.rows(ALL, [], message),
        }
    }

    pub(super) fn put_message(&self, message: &Message) -> Result<()> {
        let sql = "INSERT INTO message (friend, direction, id, sent, arrival, text, reply_to, unknown_kind, state,
                       via, reason, attempts, mailed_at, due, acknowledged_read)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)
                   ON CONFLICT (friend, direction, id) DO UPDATE SET sent = excluded.sent,
                       arrival = excluded.arrival, text = excluded.text, reply_to = excluded.reply_to,
                       unknown_kind = excluded.unknown_kind, state = excluded.state, via = excluded.via,
                       reason = excluded.reason, attempts = excluded.attempts, mailed_at = excluded.mailed_at,
                       due = excluded.due, acknowledged_read = excluded.acknowledged_read";
        let values = params![
            message.friend.as_str(),
            direction_label(message.direction),
            message.id.0,
            int(message.sent),
            int(message.arrival),
            message.text,
            message.reply_to.map(|id| id.0),
            message.unknown_kind.map(int),
            state_label(message.state),
            message.via.map(label),
            message.reason,
            message.attempts,
            int(message.mailed_at),
            message.due.map(int),
            message.acknowledged_read,
        ];
        self.run(sql, values).map(drop)
    }

    /// The earliest timer of a text.
    pub(super) fn next_of_texts(&self) -> Result<Option<u64>> {
        let sql = "SELECT min(due) AS at FROM message WHERE due IS NOT NULL";
        Ok(self.row(sql, [], |row| uint_or_none(row, "at"))?.flatten())
    }
}

fn message(row: &Row) -> Result<Message> {
    let via: Option<String> = row.get("via")?;
    let reply_to: Option<[u8; 16]> = row.get("reply_to")?;
    Ok(Message {
        friend: address(row, "friend")?,
        direction: direction(&row.get::<_, String>("direction")?)?,
        id: LetterId(row.get("id")?),
        sent: uint(row, "sent")?,
        arrival: uint(row, "arrival")?,
        text: row.get("text")?,
        reply_to: reply_to.map(LetterId),
        unknown_kind: uint_or_none(row, "unknown_kind")?,
        state: state(&row.get::<_, String>("state")?)?,
        via: via.map(|via| from_label(&via)).transpose()?,
        reason: row.get("reason")?,
        attempts: row.get("attempts")?,
        mailed_at: uint(row, "mailed_at")?,
        due: uint_or_none(row, "due")?,
        acknowledged_read: row.get("acknowledged_read")?,
    })
}

fn direction_label(direction: Direction) -> &'static str {
    match direction {
        Direction::In => "in",
        Direction::Out => "out",
    }
}

fn direction(label: &str) -> Result<Direction> {
    match label {
        "in" => Ok(Direction::In),
        "out" => Ok(Direction::Out),
        _ => Err(StoreError::Corrupt("an unknown direction".into())),
    }
}

fn state_label(state: Delivery) -> &'static str {
    match state {
        Delivery::Queued => "queued",
        Delivery::Sent => "sent",
        Delivery::Failed => "failed",
        Delivery::Delivered => "delivered",
        Delivery::Read => "read",
    }
}

fn state(label: &str) -> Result<Delivery> {
    match label {
        "queued" => Ok(Delivery::Queued),
        "sent" => Ok(Delivery::Sent),
        "failed" => Ok(Delivery::Failed),
        "delivered" => Ok(Delivery::Delivered),
        "read" => Ok(Delivery::Read),
        _ => Err(StoreError::Corrupt("an unknown state of a text".into())),
    }
}

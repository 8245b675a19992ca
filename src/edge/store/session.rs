//! Olm sessions, by the other side's Curve25519 key and the transport.

use std::fmt;

use rusqlite::{Row, params};

use super::desk::{Desk, int, uint};
use super::error::{Result, StoreError};
use crate::protocol::letter::PublicKey;
pub use crate::rules::message::Via as Transport;

/// A session as it is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionRow {
    /// Olm's name for it, the same on both sides.
    pub session_id: String,
    /// The ratchet; a secret.
    pub pickle: String,
    /// We opened it.
    pub ours: bool,
    /// When it last opened a letter of his, in seconds; 0 = never.
    pub opened_at: u64,
    /// When it was made, in seconds.
    pub created_at: u64,
    /// It no longer makes pre-key messages.
    pub ready: bool,
    /// It opens, but no longer seals.
    pub retired: bool,
}

/// A session as it was before a letter overtook more than it keeps keys for. It opens, and never seals.
#[derive(Clone, PartialEq, Eq)]
pub struct Overtaken {
    /// Olm's name for the session.
    pub session_id: String,
    /// The chain in question: the other side's ratchet key.
    pub chain: [u8; 32],
    /// The ratchet; a secret.
    pub pickle: String,
}

/// How many sessions are kept for each friend and transport.
const KEPT: i64 = 2;

/// How many ratchets are kept for each friend for what was overtaken.
const KEPT_OVERTAKEN: i64 = 4;
/// How long, in seconds: longer than a text is tried.
pub(super) const OVERTAKEN: u64 = 7 * 86_400;

/// The one to seal with comes first: not retired, the last that opened a letter of his, before that one of ours.
pub(super) const IN_ORDER: &str =
    "SELECT session_id, pickle, ours, opened_at, created_at, ready, retired
     FROM session WHERE peer = ?1 AND transport = ?2
     ORDER BY retired, opened_at DESC, ours DESC, created_at DESC, row DESC";

const MOVED_ON: &str = "UPDATE session SET pickle = ?4, ours = ?5, opened_at = ?6, created_at = ?7, ready = ?8, retired = ?9
     WHERE peer = ?1 AND transport = ?2 AND session_id = ?3";
const NEW: &str = "INSERT INTO session (peer, transport, session_id, pickle, ours, opened_at, created_at, ready, retired)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";

/// All but the one just put and the newest of the others. Not the one that opened last: when both sides open a
/// session at the same time, each must keep its own beside the other's, for the other seals with it.
const SURPLUS: &str = "DELETE FROM session WHERE row IN (
         SELECT row FROM session WHERE peer = ?1 AND transport = ?2
         ORDER BY session_id = ?3 DESC, retired, row DESC
         LIMIT -1 OFFSET ?4)";

impl Desk<'_> {
    /// The sessions with a key on a transport; the one to seal with (if it is not retired) first.
    ///
    /// # Errors
    /// What the store meets, here and below.
    pub fn sessions(&self, peer: &PublicKey, transport: Transport) -> Result<Vec<SessionRow>> {
        self.rows(IN_ORDER, params![peer.0, label(transport)], session)
    }

    /// Keeps a session, new or moved on. Of more than two, a new one and the newest of the others stay.
    ///
    /// # Errors
    /// What the store meets.
    pub fn put_session(
        &self,
        peer: &PublicKey,
        transport: Transport,
        session: &SessionRow,
    ) -> Result<()> {
        let values = params![
            peer.0,
            label(transport),
            session.session_id,
            session.pickle,
            session.ours,
            int(session.opened_at),
            int(session.created_at),
            session.ready,
            session.retired,
        ];
        if self.run(MOVED_ON, values)? > 0 {
            return Ok(());
        }
        self.run(NEW, values)?;
        self.run(
            SURPLUS,
            params![peer.0, label(transport), session.session_id, KEPT],
        )
        .map(drop)
    }

    /// Keeps a ratchet for mails as it was before it forgot keys of a chain: those letters are still to come. The first
    /// of a chain opens all of them.
    ///
    /// # Errors
    /// What the store meets.
    pub fn put_overtaken(&self, peer: &PublicKey, before: &Overtaken, now: u64) -> Result<()> {
        let sql = "INSERT OR IGNORE INTO overtaken (peer, session_id, chain, pickle, at)
                   VALUES (?1, ?2, ?3, ?4, ?5)";
        let Overtaken {
            session_id,
            chain,
            pickle,
        } = before;
        self.run(sql, params![peer.0, session_id, chain, pickle, int(now)])?;
        let surplus = "DELETE FROM overtaken WHERE row IN (
             SELECT row FROM overtaken WHERE peer = ?1 ORDER BY row DESC LIMIT -1 OFFSET ?2)";
        self.run(surplus, params![peer.0, KEPT_OVERTAKEN]).map(drop)
    }

    /// Ratchets that open mails that were overtaken.
    ///
    /// # Errors
    /// What the store meets.
    pub fn overtaken(&self, peer: &PublicKey) -> Result<Vec<Overtaken>> {
        let sql = "SELECT session_id, chain, pickle FROM overtaken WHERE peer = ?1";
        self.rows(sql, params![peer.0], |row| {
            Ok(Overtaken {
                session_id: row.get("session_id")?,
                chain: row.get("chain")?,
                pickle: row.get("pickle")?,
            })
        })
    }

    /// A session no longer seals: it cannot, or it is damaged.
    ///
    /// # Errors
    /// What the store meets.
    pub fn retire_session(
        &self,
        peer: &PublicKey,
        transport: Transport,
        session_id: &str,
    ) -> Result<()> {
        let sql = "UPDATE session SET retired = 1
                   WHERE peer = ?1 AND transport = ?2 AND session_id = ?3";
        self.run(sql, params![peer.0, label(transport), session_id])
            .map(drop)
    }

    pub(super) fn drop_sessions(&self, peer: &PublicKey) -> Result<()> {
        self.run("DELETE FROM overtaken WHERE peer = ?1", params![peer.0])?;
        self.run("DELETE FROM session WHERE peer = ?1", params![peer.0])
            .map(drop)
    }

    pub(super) fn retire_sessions(&self, peer: &PublicKey) -> Result<()> {
        self.run(
            "UPDATE session SET retired = 1 WHERE peer = ?1",
            params![peer.0],
        )
        .map(drop)
    }
}

fn session(row: &Row) -> Result<SessionRow> {
    Ok(SessionRow {
        session_id: row.get("session_id")?,
        pickle: row.get("pickle")?,
        ours: row.get("ours")?,
        opened_at: uint(row, "opened_at")?,
        created_at: uint(row, "created_at")?,
        ready: row.get("ready")?,
        retired: row.get("retired")?,
    })
}

/// A transport as it stands in the tables.
pub(super) fn label(transport: Transport) -> &'static str {
    match transport {
        Transport::Mail => "mail",
        Transport::Irc => "irc",
    }
}

/// A transport as it is read from the tables.
pub(super) fn from_label(label: &str) -> Result<Transport> {
    match label {
        "mail" => Ok(Transport::Mail),
        "irc" => Ok(Transport::Irc),
        _ => Err(StoreError::Corrupt("an unknown transport".into())),
    }
}

impl fmt::Debug for SessionRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            session_id,
            pickle: _,
            ours,
            opened_at,
            created_at,
            ready,
            retired,
        } = self;
        f.debug_struct("SessionRow")
            .field("session_id", session_id)
            .field("ours", ours)
            .field("opened_at", opened_at)
            .field("created_at", created_at)
            .field("ready", ready)
            .field("retired", retired)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Overtaken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            session_id,
            chain: _,
            pickle: _,
        } = self;
        f.debug_struct("Overtaken")
            .field("session_id", session_id)
            .finish_non_exhaustive()
    }
}

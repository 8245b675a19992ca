//! Who was on the roster: their sessions by mail open for a while what they still send, and seal nothing.

use rusqlite::params;

use super::error::Result;
use super::session::{Overtaken, SessionRow, overtaken, session};
use super::transaction::{Transaction, int};
use crate::protocol::address::Address;
use crate::protocol::letter::PublicKey;
use crate::rules::person::Person;

/// Somebody who was removed, by the id and a key that they had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removed {
    friend: i64,
    /// A Curve25519 key that they were known by.
    pub key: PublicKey,
}

/// For how long after the removal, or after the last mail of theirs that was opened since, in seconds.
pub(super) const KEPT: u64 = 30 * 86_400;

pub(super) const IS_BACK: &str = "DELETE FROM removed WHERE peer = ?1";

impl Transaction<'_> {
    /// Whoever was removed from this address, by each of their keys.
    pub fn removed(&self, address: &Address, now: u64) -> Result<Vec<Removed>> {
        let sql = "SELECT friend, peer FROM removed WHERE address = ?1 AND until > ?2
                   ORDER BY friend DESC, peer";
        self.rows(sql, params![address.as_str(), int(now)], |row| {
            Ok(Removed {
                friend: row.get("friend")?,
                key: PublicKey(row.get("peer")?),
            })
        })
    }

    /// Their sessions by mail.
    pub fn sessions_of_removed(&self, removed: &Removed) -> Result<Vec<SessionRow>> {
        let sql = "SELECT session_id, pickle, ours, opened_at, created_at, ready, retired
                   FROM session WHERE friend = ?1 AND peer = ?2 ORDER BY opened_at DESC, row DESC";
        self.rows(sql, params![removed.friend, removed.key.0], session)
    }

    /// Ratchets that open mails of theirs that were overtaken.
    pub fn overtaken_of_removed(&self, removed: &Removed) -> Result<Vec<Overtaken>> {
        let sql = "SELECT session_id, chain, pickle FROM overtaken WHERE friend = ?1 AND peer = ?2";
        self.rows(sql, params![removed.friend, removed.key.0], overtaken)
    }

    /// A mail of theirs was opened: the session has moved, and they are remembered for a while longer.
    pub fn removed_opened(&self, removed: &Removed, moved: &SessionRow, now: u64) -> Result<()> {
        let (friend, key) = (removed.friend, removed.key.0);
        let sql = "UPDATE session SET pickle = ?4, opened_at = ?5, retired = 1
                   WHERE friend = ?1 AND peer = ?2 AND session_id = ?3";
        let SessionRow {
            session_id, pickle, ..
        } = moved;
        self.run(
            sql,
            params![friend, key, session_id, pickle.as_str(), int(now)],
        )?;
        let longer = "UPDATE removed SET until = max(until, ?3) WHERE friend = ?1 AND peer = ?2";
        let until = int(now.saturating_add(KEPT));
        self.run(longer, params![friend, key, until]).map(drop)
    }

    /// Somebody is about to leave the roster: what stays of their sessions.
    pub(super) fn keep_removed(&self, person: &Person) -> Result<()> {
        let address = person.address.as_str();
        let until = int(self.now().saturating_add(KEPT));
        for key in person.sealing_keys() {
            let sql = "INSERT OR IGNORE INTO removed (friend, peer, address, until)
                       SELECT id, ?2, ?1, ?3 FROM friend WHERE address = ?1";
            self.run(sql, params![address, key.0, until])?;
        }
        for gone in [
            "DELETE FROM session WHERE friend = (SELECT id FROM friend WHERE address = ?1)
                 AND (transport = 'irc' OR peer NOT IN (SELECT peer FROM removed WHERE removed.friend = session.friend))",
            "DELETE FROM overtaken WHERE friend = (SELECT id FROM friend WHERE address = ?1)
                 AND peer NOT IN (SELECT peer FROM removed WHERE removed.friend = overtaken.friend)",
        ] {
            self.run(gone, params![address])?;
        }
        Ok(())
    }

    /// Somebody with this key is a friend: whoever had it was not removed, and what they send is heard.
    pub(super) fn is_back(&self, key: &PublicKey) -> Result<()> {
        self.run(IS_BACK, params![key.0]).map(drop)
    }

    /// Forgets whoever was removed long enough ago, and the sessions with them.
    pub(super) fn sweep_removed(&self, now: u64) -> Result<()> {
        self.run("DELETE FROM removed WHERE until <= ?1", params![int(now)])?;
        for nobodys in [
            "DELETE FROM session WHERE friend NOT IN (SELECT id FROM friend)
                 AND NOT EXISTS (SELECT 1 FROM removed WHERE removed.friend = session.friend AND removed.peer = session.peer)",
            "DELETE FROM overtaken WHERE friend NOT IN (SELECT id FROM friend)
                 AND NOT EXISTS (SELECT 1 FROM removed WHERE removed.friend = overtaken.friend AND removed.peer = overtaken.peer)",
        ] {
            self.run(nobodys, params![])?;
        }
        Ok(())
    }
}

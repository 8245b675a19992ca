//! Who was on the roster: their sessions by mail open for a while what they still send, and seal nothing.

use std::time::Duration;

use rusqlite::params;

use super::error::Result;
use super::session::{Peer, SessionRow};
use super::tables::Sessions;
use crate::protocol::address::Address;
use crate::protocol::letter::PublicKey;
use crate::protocol::time::{MONTH, Seconds};
use crate::rules::contact::Contact;

/// For how long after the removal, or after the last mail of theirs that was opened since.
pub(super) const KEPT: Duration = MONTH;

pub(super) const IS_BACK: &str = "DELETE FROM removed WHERE peer = ?1";

impl Sessions<'_> {
    /// Whoever was removed from this address, by each of their keys.
    pub fn removed(&self, address: &Address, now: Seconds) -> Result<Vec<Peer>> {
        let sql = "SELECT contact, peer FROM removed
                   WHERE contact = (SELECT id FROM contact WHERE address = ?1) AND until > ?2 ORDER BY peer";
        self.rows(sql, params![address.as_str(), now], |row| {
            Ok(Peer {
                contact: row.get("contact")?,
                key: PublicKey(row.get("peer")?),
                former: true,
            })
        })
    }

    /// A mail of theirs was opened: the session has moved, and they are remembered for a while longer.
    pub fn removed_opened(&self, theirs: &Peer, moved: &SessionRow, now: Seconds) -> Result<()> {
        let (contact, key) = (theirs.contact, theirs.key.0);
        let sql = "UPDATE session SET pickle = ?4, opened_at = ?5, retired = 1
                   WHERE contact = ?1 AND peer = ?2 AND session_id = ?3 AND former = 1";
        let pickle = moved.pickle.as_str();
        self.run(sql, params![contact, key, moved.session_id, pickle, now])?;
        let longer = "UPDATE removed SET until = max(until, ?3) WHERE contact = ?1 AND peer = ?2";
        let until = now.after(KEPT);
        self.execute(longer, params![contact, key, until])
    }

    /// Somebody is about to leave the roster: what stays of their sessions is apart from those that they may have again.
    pub(super) fn keep_removed(&self, person: &Contact) -> Result<()> {
        let contact = person.id;
        let until = self.now().after(KEPT);
        for key in person.sealing_keys() {
            // Whom somebody else on the roster is as well was not removed.
            let sql = "INSERT INTO removed (contact, peer, until) SELECT ?1, ?2, ?3
                       WHERE NOT EXISTS (SELECT 1 FROM roster WHERE curve25519 = ?2 AND contact <> ?1)
                       ON CONFLICT (contact, peer) DO UPDATE SET until = max(until, excluded.until)";
            self.run(sql, params![contact, key.0, until])?;
        }
        for sql in [
            "DELETE FROM session WHERE contact = ?1 AND former = 0 AND (transport = 'irc' OR peer NOT IN
                 (SELECT peer FROM removed WHERE removed.contact = session.contact))",
            "DELETE FROM overtaken WHERE contact = ?1 AND former = 0 AND peer NOT IN
                 (SELECT peer FROM removed WHERE removed.contact = overtaken.contact)",
            "UPDATE OR REPLACE session SET former = 1 WHERE contact = ?1",
            "UPDATE OR REPLACE overtaken SET former = 1 WHERE contact = ?1",
        ] {
            self.run(sql, params![contact])?;
        }
        Ok(())
    }

    /// Somebody with this key is a friend: whoever had it was not removed, and what they send is heard.
    pub(super) fn is_back(&self, key: &PublicKey) -> Result<()> {
        self.execute(IS_BACK, params![key.0])
    }

    /// Forgets whoever was removed long enough ago, and the sessions with them.
    pub(super) fn sweep_removed(&self, now: Seconds) -> Result<()> {
        self.run("DELETE FROM removed WHERE until <= ?1", params![now])?;
        for nobodys in [
            "DELETE FROM session WHERE former = 1 AND NOT EXISTS
                 (SELECT 1 FROM removed WHERE removed.contact = session.contact AND removed.peer = session.peer)",
            "DELETE FROM overtaken WHERE former = 1 AND NOT EXISTS
                 (SELECT 1 FROM removed WHERE removed.contact = overtaken.contact AND removed.peer = overtaken.peer)",
        ] {
            self.run(nobodys, params![])?;
        }
        Ok(())
    }
}

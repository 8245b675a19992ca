//! Olm sessions, by the person, the Curve25519 key of theirs and the transport.

use std::time::Duration;

use rusqlite::{Row, params};
use zeroize::Zeroizing;

use super::error::Result;
use super::tables::Sessions;
use crate::protocol::debug::redacted_debug;
use crate::protocol::letter::PublicKey;
use crate::protocol::time::{Seconds, days};
use crate::rules::contact::Contact;
use crate::rules::conversation::ContactId;
pub use crate::rules::message::Via as Transport;
use crate::rules::words;

/// With whom a session is: somebody on the roster or in a group, and the key that they are known by. A key alone names nobody, for anybody
/// can write somebody else's into a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer {
    /// Who.
    pub contact: ContactId,
    /// By which Curve25519 key.
    pub key: PublicKey,
    /// They were removed: what they still send is opened, and nothing is sealed.
    pub former: bool,
}

impl Peer {
    /// A person, by one of their keys.
    pub fn of(person: &Contact, key: PublicKey) -> Self {
        Self {
            contact: person.id,
            key,
            former: false,
        }
    }
}

/// A session as it is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionRow {
    /// Olm's name for it, the same on both sides.
    pub session_id: String,
    /// The ratchet; a secret.
    pub pickle: Zeroizing<String>,
    /// We opened it.
    pub ours: bool,
    /// When it last opened a letter of theirs; 0 = never.
    pub opened_at: Seconds,
    /// When it was made.
    pub created_at: Seconds,
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
    pub pickle: Zeroizing<String>,
}

/// How many sessions are kept of those that have opened a letter, and as many of those that have not, for each friend, key
/// and transport.
const KEPT: i64 = 2;

/// How many ratchets are kept for each friend for what was overtaken.
const KEPT_OVERTAKEN: i64 = 4;
/// How long: longer than a text is tried.
pub(super) const OVERTAKEN_FOR: Duration = days(7);

/// The one to seal with comes first: not retired, the last that opened a letter of theirs, before that one of ours.
pub(super) const IN_ORDER: &str =
    "SELECT session_id, pickle, ours, opened_at, created_at, ready, retired
     FROM session WHERE contact = ?1 AND former = ?4 AND peer = ?2 AND transport = ?3
     ORDER BY retired, opened_at DESC, ours DESC, created_at DESC, row DESC";

pub(super) const OVERTAKEN: &str = "SELECT session_id, chain, pickle FROM overtaken
     WHERE contact = ?1 AND former = ?3 AND peer = ?2";

/// Whether somebody is on the roster, or is or was in a group.
macro_rules! is_known {
    () => {
        "(EXISTS (SELECT 1 FROM roster WHERE contact = ?1) OR EXISTS (SELECT 1 FROM grp_member WHERE contact = ?1))"
    };
}

/// One that is not the first letter's: of those that have opened one, and of those that have not, there are as many as before.
const MOVED_ON: &str = "UPDATE session SET pickle = ?5, ours = ?6, opened_at = ?7, created_at = ?8, ready = ?9, retired = ?10
     WHERE contact = ?1 AND former = 0 AND peer = ?2 AND transport = ?3 AND session_id = ?4
         AND (opened_at > 0) = (?7 > 0)";
const CHANGED: &str = "UPDATE session SET pickle = ?5, ours = ?6, opened_at = ?7, created_at = ?8, ready = ?9, retired = ?10
     WHERE contact = ?1 AND former = 0 AND peer = ?2 AND transport = ?3 AND session_id = ?4";
pub(super) const NEW: &str = concat!(
    "INSERT INTO session (contact, former, peer, transport, session_id, pickle, ours, opened_at, created_at, ready, retired)
     SELECT ?1, 0, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10 WHERE ", is_known!());

/// All but the one just put and the newest of the others that have opened a letter, or have not, as it has. Anybody can make
/// us open a session to a key: it must not push out one in which a letter was opened. Of those it is not the one that
/// opened last which stays: when both sides open a session at the same time, each must keep its own beside the other's, for
/// the other seals with it.
const SURPLUS: &str = "DELETE FROM session WHERE row IN (
         SELECT row FROM session
         WHERE contact = ?1 AND former = 0 AND peer = ?2 AND transport = ?3
             AND (opened_at > 0) = ?5
         ORDER BY session_id = ?4 DESC, retired, row DESC
         LIMIT -1 OFFSET ?6)";

impl Sessions<'_> {
    /// The sessions with somebody on a transport; the one to seal with (if it is not retired) first.
    pub fn of(&self, peer: &Peer, transport: Transport) -> Result<Vec<SessionRow>> {
        let way = words::via(transport);
        let values = params![peer.contact, peer.key.0, way, peer.former];
        self.rows(IN_ORDER, values, session)
    }

    /// Keeps a session with somebody on the roster or in a group, new or moved on. Of more than two that have opened a letter this one and
    /// the newest of the others stay, and so of those that have not.
    pub fn put(&self, peer: &Peer, transport: Transport, session: &SessionRow) -> Result<()> {
        let (contact, key) = (peer.contact, peer.key.0);
        let values = params![
            contact,
            key,
            words::via(transport),
            session.session_id,
            session.pickle.as_str(),
            session.ours,
            session.opened_at,
            session.created_at,
            session.ready,
            session.retired,
        ];
        if self.run(MOVED_ON, values)? > 0 {
            return Ok(());
        }
        if self.run(CHANGED, values)? == 0 {
            self.run(NEW, values)?;
        }
        let opened = session.opened_at > Seconds(0);
        let (transport, name) = (words::via(transport), &session.session_id);
        let surplus = params![contact, key, transport, name, opened, KEPT];
        self.execute(SURPLUS, surplus)
    }

    /// Keeps a ratchet for mails as it was before it forgot keys of a chain: those letters are still to come. The first
    /// of a chain opens all of them.
    pub fn put_overtaken(&self, peer: &Peer, before: &Overtaken, now: Seconds) -> Result<()> {
        let sql = concat!(
            "INSERT OR IGNORE INTO overtaken (contact, former, peer, session_id, chain, pickle, at)
                   SELECT ?1, 0, ?2, ?3, ?4, ?5, ?6 WHERE ",
            is_known!()
        );
        let Overtaken {
            session_id,
            chain,
            pickle,
        } = before;
        let (contact, key) = (peer.contact, peer.key.0);
        let values = params![contact, key, session_id, chain, pickle.as_str(), now];
        self.run(sql, values)?;
        let surplus = "DELETE FROM overtaken WHERE row IN (
             SELECT row FROM overtaken WHERE contact = ?1 AND former = 0 AND peer = ?2
             ORDER BY row DESC LIMIT -1 OFFSET ?3)";
        self.execute(surplus, params![contact, key, KEPT_OVERTAKEN])
    }

    /// Ratchets that open mails that were overtaken.
    pub fn overtaken(&self, peer: &Peer) -> Result<Vec<Overtaken>> {
        let values = params![peer.contact, peer.key.0, peer.former];
        self.rows(OVERTAKEN, values, overtaken)
    }

    /// A session no longer seals: it cannot, or it is damaged.
    pub fn retire(&self, peer: &Peer, transport: Transport, session_id: &str) -> Result<()> {
        let sql = "UPDATE session SET retired = 1
                   WHERE contact = ?1 AND former = 0 AND peer = ?2 AND transport = ?3
                       AND session_id = ?4";
        let way = words::via(transport);
        self.execute(sql, params![peer.contact, peer.key.0, way, session_id])
    }

    pub(super) fn drop_sessions(&self, contact: ContactId, key: &PublicKey) -> Result<()> {
        let overtaken = "DELETE FROM overtaken WHERE contact = ?1 AND former = 0 AND peer = ?2";
        self.run(overtaken, params![contact, key.0])?;
        let sessions = "DELETE FROM session WHERE contact = ?1 AND former = 0 AND peer = ?2";
        self.execute(sessions, params![contact, key.0])
    }

    pub(super) fn retire_sessions(&self, contact: ContactId, key: &PublicKey) -> Result<()> {
        let sql = "UPDATE session SET retired = 1
                   WHERE contact = ?1 AND former = 0 AND peer = ?2";
        self.execute(sql, params![contact, key.0])
    }

    /// With whomever, on the roster or not.
    pub(super) fn retire_all_sessions(&self, but: &[ContactId]) -> Result<()> {
        let sealing = "SELECT DISTINCT contact FROM session WHERE retired = 0";
        let contacts = self.rows(sealing, (), |row| Ok(row.get("contact")?))?;
        for contact in contacts.into_iter().filter(|one| !but.contains(one)) {
            let sql = "UPDATE session SET retired = 1 WHERE contact = ?1";
            self.run(sql, [contact])?;
        }
        Ok(())
    }
}

fn overtaken(row: &Row) -> Result<Overtaken> {
    Ok(Overtaken {
        session_id: row.get("session_id")?,
        chain: row.get("chain")?,
        pickle: secret(row)?,
    })
}

fn session(row: &Row) -> Result<SessionRow> {
    Ok(SessionRow {
        session_id: row.get("session_id")?,
        pickle: secret(row)?,
        ours: row.get("ours")?,
        opened_at: row.get("opened_at")?,
        created_at: row.get("created_at")?,
        ready: row.get("ready")?,
        retired: row.get("retired")?,
    })
}

pub(super) fn secret(row: &Row) -> Result<Zeroizing<String>> {
    Ok(Zeroizing::new(row.get("pickle")?))
}

redacted_debug! {
    SessionRow { session_id, pickle: hidden, ours, opened_at, created_at, ready, retired }
}

redacted_debug! { Overtaken { session_id, chain: hidden, pickle: hidden } }

//! People.

use rusqlite::{Row, params};

use super::error::Result;
use super::tables::{Roster, address, from_json, json};
use crate::protocol::address::Address;
use crate::protocol::letter::PublicKey;
use crate::protocol::time::Seconds;
use crate::rules::contact::{Announce, Contact};
use crate::rules::conversation::ContactId;
use crate::rules::timers::next_handshake;
use crate::rules::words;

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT roster.contact, address, state,
                 (SELECT id FROM conversation WHERE conversation.contact = roster.contact) AS conversation
             FROM roster CROSS JOIN contact ON contact.id = roster.contact ",
            $rest
        )
    };
}

pub(super) const BY_ID: &str = select!("WHERE roster.contact = ?1");
pub(super) const BY_ADDRESS: &str =
    select!("WHERE roster.contact = (SELECT id FROM contact WHERE address = ?1)");
pub(super) const BY_NAME: &str = select!("WHERE name_folded = ?1");
pub(super) const DUE: &str =
    select!("WHERE next_at IS NOT NULL AND next_at <= ?1 ORDER BY next_at");
pub(super) const ASKED: &str =
    select!("WHERE standing IN ('asked', 'confirming') ORDER BY name_folded");
pub(super) const OF_KEY: &str = select!(
    "WHERE roster.contact IN (SELECT contact FROM session WHERE peer = ?1 AND former = 0)
     ORDER BY standing <> 'friend', roster.contact LIMIT 4"
);
pub(super) const OF_KEYS: &str =
    select!("WHERE curve25519 = ?1 OR ed25519 = ?2 ORDER BY name_folded");
pub(super) const ASKED_BY: &str = select!("WHERE request = ?1");
pub(super) const PENDING: &str = "SELECT sum(pending) FROM roster WHERE pending > 0";
pub(super) const ANNOUNCING: &str = select!(
    "WHERE announce_mail_at IS NOT NULL AND announce_since <= ?1
     ORDER BY max(since * 1000, coalesce(
         (SELECT sent FROM message WHERE message.conversation =
              (SELECT id FROM conversation WHERE conversation.contact = roster.contact)
          ORDER BY arrival DESC LIMIT 1), 0)) DESC, name_folded"
);
pub(super) const ALL: &str = select!("ORDER BY name_folded");
const ANNOUNCED_AHEAD: &str = select!("WHERE announce_mail_at IS NOT NULL AND announce_since > ?1");
const HANDSHAKES_AHEAD: &str = select!("WHERE next_at IS NOT NULL AND next_at > ?1");

const PUT: &str = "INSERT INTO roster (contact, name, name_folded, since, standing, visible, blocked, verified, pending,
         next_at, announce_since, announce_mail_at, state, curve25519, ed25519, request)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)
     ON CONFLICT (contact) DO UPDATE SET name = ?2, name_folded = ?3, since = ?4, standing = ?5, visible = ?6, blocked = ?7,
         verified = ?8, pending = ?9, next_at = ?10, announce_since = ?11, announce_mail_at = ?12, state = ?13,
         curve25519 = ?14, ed25519 = ?15, request = ?16";

/// Where nothing has changed that is searched for, as with most letters, no index is written.
const MOVED_ON: &str = "UPDATE roster SET state = ?13 WHERE contact = ?1
         AND (name, name_folded, since, standing, visible, blocked, verified, pending, next_at, announce_since,
             announce_mail_at, curve25519, ed25519, request) IS (?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?14, ?15, ?16)";

/// Who leaves nothing behind: no place on the roster or in a group, no text, no letter, and nothing that is
/// remembered.
const NOBODY: &str = "DELETE FROM contact WHERE id NOT IN (SELECT contact FROM roster)
     AND NOT EXISTS (SELECT 1 FROM conversation JOIN message ON message.conversation = conversation.id
                     WHERE conversation.contact = contact.id)
     AND id NOT IN (SELECT receiver FROM outbox) AND id NOT IN (SELECT receiver FROM mail_id)
     AND id NOT IN (SELECT contact FROM tombstone) AND id NOT IN (SELECT contact FROM removed)
     AND id NOT IN (SELECT contact FROM grp_member)
     AND id NOT IN (SELECT contact FROM said_to WHERE state IN ('queued', 'sent'))
     AND id NOT IN (SELECT author FROM message
                    WHERE message.conversation IN (SELECT id FROM conversation WHERE gid IS NOT NULL))";

impl Roster<'_> {
    /// Forgets whoever has left nothing behind.
    pub(super) fn sweep_contacts(&self) -> Result<()> {
        self.execute(NOBODY, [])
    }

    pub(super) fn find(&self, id: ContactId) -> Result<Option<Contact>> {
        self.kept(|kept| kept.id == id, || self.row(BY_ID, [id], person))
    }

    pub(super) fn find_at(&self, address: &Address) -> Result<Option<Contact>> {
        let read = || self.row(BY_ADDRESS, params![address.as_str()], person);
        self.kept(|kept| kept.address == *address, read)
    }

    /// The contact that was read last, if it is this one.
    fn kept(
        &self,
        is_meant: impl FnOnce(&Contact) -> bool,
        read: impl FnOnce() -> Result<Option<Contact>>,
    ) -> Result<Option<Contact>> {
        if let Some(kept) = self
            .kept
            .borrow()
            .contact
            .as_ref()
            .filter(|kept| is_meant(kept))
        {
            return Ok(Some(kept.clone()));
        }
        let found = read()?;
        self.kept.borrow_mut().contact.clone_from(&found);
        Ok(found)
    }

    /// Everybody to whom a request of ours is on its way.
    pub fn asked(&self) -> Result<Vec<Contact>> {
        self.readable(ASKED, [], person)
    }

    /// Those with whom we have sessions under this key; few, for each has proved it.
    pub fn of_key(&self, key: &PublicKey) -> Result<Vec<Contact>> {
        self.readable(OF_KEY, params![key.0], person)
    }

    /// People to whom an announcement is due, whatever the time of its mail: those of the latest acquaintance
    /// or text first.
    pub fn announce_due(&self, now: Seconds) -> Result<Vec<Contact>> {
        self.readable(ANNOUNCING, params![now], person)
    }

    /// People to whom an announcement became due at a time that is still to come.
    pub(super) fn announced_ahead(&self, now: Seconds) -> Result<Vec<Contact>> {
        self.readable(ANNOUNCED_AHEAD, params![now], person)
    }

    /// People whose handshake's next timer is set for later than this time.
    pub(super) fn handshakes_ahead(&self, time: Seconds) -> Result<Vec<Contact>> {
        self.readable(HANDSHAKES_AHEAD, params![time], person)
    }

    /// How many on the roster, how many letters in the outbox, rows of mailboxes, groups and acts are damaged and cannot be read.
    pub fn damaged_rows(&self) -> Result<usize> {
        let people = self.rows(ALL, [], |row| Ok(person(row).is_err()))?;
        let damaged = people.into_iter().filter(|damaged| *damaged).count();
        let others = [
            self.outbox().damaged()?,
            self.mailboxes().damaged()?,
            self.groups().damaged()?,
        ];
        Ok(others.into_iter().fold(damaged, usize::saturating_add))
    }

    /// The safety number that the user was last shown of a person.
    pub fn shown_number(&self, id: ContactId) -> Result<Option<String>> {
        self.value("SELECT shown FROM roster WHERE contact = ?1", [id])
    }

    /// The user was shown this safety number of a person; it goes with them.
    pub fn set_shown_number(&self, id: ContactId, number: &str) -> Result<()> {
        let sql = "UPDATE roster SET shown = ?2 WHERE contact = ?1";
        self.execute(sql, params![id, number])
    }

    pub(super) fn put(&self, person: &Contact) -> Result<()> {
        if self.kept.borrow().contact.as_ref() == Some(person) {
            return Ok(());
        }
        let announce = |time: fn(&Announce) -> Seconds| person.announce.as_ref().map(time);
        let values = params![
            person.id,
            person.name,
            person.name.to_lowercase(),
            person.since,
            words::standing(&person.standing),
            person.visible,
            person.blocked,
            person.verified,
            i64::try_from(person.requests().len()).unwrap_or(i64::MAX),
            timer(person),
            announce(|announce| announce.since),
            announce(|announce| announce.mail_at),
            json(person)?,
            person.keys().map(|keys| keys.curve25519.0),
            person.keys().map(|keys| keys.ed25519.0),
            person.asked().map(|asked| asked.request.0),
        ];
        self.note_contact(person.id);
        self.kept.borrow_mut().contact = None;
        if self.run(MOVED_ON, values)? == 0 {
            self.run(PUT, values)?;
            if let Some(keys) = person.keys() {
                self.sessions().is_back(&keys.curve25519)?;
            }
        }
        self.kept.borrow_mut().contact = Some(person.clone());
        Ok(())
    }

    pub(super) fn forget(&self, id: ContactId) -> Result<()> {
        if let Some(person) = self.find(id)? {
            self.sessions().keep_removed(&person)?;
            self.note_contact(id);
        }
        self.kept.borrow_mut().contact = None;
        self.outbox().cancel_all(id)?;
        self.execute("DELETE FROM roster WHERE contact = ?1", [id])
    }
}

/// Ids and address are those of the contact, whatever the rest was kept with.
pub(super) fn person(row: &Row) -> Result<Contact> {
    Ok(Contact {
        id: row.get("contact")?,
        conversation: row.get("conversation")?,
        address: address(row, "address")?,
        ..from_json(row, "state", "a person")?
    })
}

/// When the handshake next wants something; nothing of a blocked person's.
fn timer(person: &Contact) -> Option<Seconds> {
    next_handshake(person).filter(|_| !person.blocked)
}

//! One transaction: what may be read in it, and the effects put down.

use std::ops::Deref;

use rusqlite::{Connection, params};

use super::budget::Budget;
use super::change::{Changes, Contacts};
use super::dedup::Dedup;
use super::device::Devices;
use super::error::{Result, StoreError};
use super::friend::Roster;
use super::invite::Invites;
use super::message::Texts;
use super::notice::Notices;
use super::outbox::Outbox;
use super::session::Sessions;
use super::tables::{Tables, int, json, uint, uint_or_none};
use crate::protocol::address::Address;
use crate::protocol::letter::{Keys, LetterId};
use crate::rules::account::AccountState;
use crate::rules::contact::Contact;
use crate::rules::effect::Effect;
use crate::rules::message::{Direction, Message};
use crate::rules::outgoing::Outgoing;
use crate::rules::view::{Invite, Tombstone, Unreadable, View};

/// The state inside of one transaction: its parts, and what is asked of several.
pub struct Transaction<'a>(Tables<'a>);

impl<'a> Deref for Transaction<'a> {
    type Target = Tables<'a>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<'a> Transaction<'a> {
    pub(super) fn new(connection: &'a Connection) -> Self {
        Self(Tables::new(connection))
    }

    /// Who is on the roster, and the texts of its file.
    pub fn roster(&self) -> Roster<'_> {
        Roster(&self.0)
    }

    /// Texts and what was done to them.
    pub fn texts(&self) -> Texts<'_> {
        Texts(&self.0)
    }

    /// The letters that wait.
    pub fn outbox(&self) -> Outbox<'_> {
        Outbox(&self.0)
    }

    /// Olm sessions.
    pub fn sessions(&self) -> Sessions<'_> {
        Sessions(&self.0)
    }

    /// What is remembered for a while.
    pub fn dedup(&self) -> Dedup<'_> {
        Dedup(&self.0)
    }

    /// Mails that were counted.
    pub fn budget(&self) -> Budget<'_> {
        Budget(&self.0)
    }

    /// The user's own IRC clients.
    pub fn devices(&self) -> Devices<'_> {
        Devices(&self.0)
    }

    /// What the agent is to tell.
    pub fn notices(&self) -> Notices<'_> {
        Notices(&self.0)
    }

    /// Says what time it is, for [`View::waiting`]: claims that have run out by then count as none.
    /// Applying an effect says it too. Before either, any claim counts.
    pub fn at(&self, now: u64) {
        self.set_now(now);
    }

    /// Puts down one effect; [`Effect::Tell`] and [`Effect::Ephemeral`] leave nothing here.
    pub fn apply(&self, effect: &Effect, now: u64) -> Result<()> {
        self.at(now);
        match effect {
            Effect::Account(account) => self.put_account(account),
            Effect::Contact(person) => self.roster().put(person),
            Effect::Forget(address) => self.roster().forget(address),
            Effect::DropSessions(whose, key) => self.sessions().drop_sessions(whose, key),
            Effect::RetireSessions(whose, key) => self.sessions().retire_sessions(whose, key),
            Effect::Message(message) => self.texts().put(message),
            Effect::Marker(friend, up_to) => self.texts().put_marker(friend, *up_to),
            Effect::Post(outgoing) => self.outbox().post(outgoing, now),
            Effect::Cancel(to, letter) => self.outbox().cancel(to, *letter),
            Effect::CancelAll(to) => self.outbox().cancel_all(to),
            Effect::Invite(invite) => Invites(&self.0).put(invite),
            Effect::Revoke(id) => Invites(&self.0).revoke(*id),
            Effect::Remember(tombstone, until) => self.dedup().remember(tombstone, *until),
            Effect::Tell(_) | Effect::Ephemeral(_) => Ok(()),
        }
    }

    /// The earliest timer of all that fire at `since` or later. What has fired before and is still there waits for
    /// what no clock brings (a budget, a friend's coming).
    pub fn next_timers(&self, since: u64) -> Result<Option<u64>> {
        let at = self.row(NEXT, params![int(since)], |row| uint_or_none(row, "at"))?;
        Ok(at.flatten())
    }

    /// Does something of which all is kept or, on an error, nothing: the rest of the turn stays as it is.
    pub fn apart<T, E: From<StoreError>>(
        &self,
        work: impl FnOnce() -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        self.run("SAVEPOINT apart", [])?;
        let done = work();
        if done.is_err() {
            self.run("ROLLBACK TO apart", [])?;
        }
        self.run("RELEASE apart", [])?;
        done
    }

    /// What was changed after the change of this number, by whomever; 0 asks for everything, and so does a number that is
    /// none any more. A database that was put in the place of another has numbers of its own.
    pub fn changes_since(&self, number: u64) -> Result<Changes> {
        let mut rows = self.rows(SINCE, params![int(number)], |row| {
            let read = serde_json::from_str(row.get_ref("what")?.as_str().unwrap_or_default());
            let number = uint(row, "number")?;
            let read = read.unwrap_or_else(|_| Changes::everything(number));
            Ok(Changes {
                last: number,
                ..read
            })
        })?;
        let known = rows.first().is_some_and(|first| first.last == number);
        if !known {
            let last = self.row(LAST, [], |row| uint(row, "number"))?;
            return Ok(Changes::everything(last.unwrap_or(0)));
        }
        rows.drain(..1);
        let mut all = Changes {
            last: number,
            ..Changes::default()
        };
        rows.into_iter().for_each(|later| all.add(later));
        Ok(all)
    }

    /// Leaves the row that says what was changed here.
    pub(super) fn leave_changes(&self) -> Result<()> {
        let mut changes = self.take_changes();
        if matches!(&changes.contacts, Contacts::Only(these) if these.len() > MOST) {
            changes.contacts = Contacts::All;
        }
        let sql = "INSERT INTO change (number, what) VALUES ((SELECT coalesce(max(number), 0) + 1 FROM change), ?1)";
        self.run(sql, params![json(&changes)?])?;
        let number = self.last_row();
        if number.checked_rem(SWEEP) == Some(0) {
            let sql = "DELETE FROM change WHERE number <= ?1";
            self.run(sql, params![number.saturating_sub(KEPT)])?;
        }
        Ok(())
    }
}

impl View for Transaction<'_> {
    fn account(&self) -> std::result::Result<AccountState, Unreadable> {
        let missing = || Unreadable {
            why: "there is no account: run iim setup".into(),
            whole: true,
        };
        self.find_account()?.ok_or_else(missing)
    }

    fn person(&self, address: &Address) -> std::result::Result<Option<Contact>, Unreadable> {
        Ok(self.roster().find(address)?)
    }

    fn people(&self) -> std::result::Result<Vec<Contact>, Unreadable> {
        Ok(self.roster().everybody()?)
    }

    fn friends_of_keys(&self, keys: &Keys) -> std::result::Result<Vec<Contact>, Unreadable> {
        Ok(self.roster().find_of_keys(keys)?)
    }

    fn asked_by(&self, request: LetterId) -> std::result::Result<Option<Contact>, Unreadable> {
        Ok(self.roster().find_asked(request)?)
    }

    fn person_named(&self, name: &str) -> std::result::Result<Option<Contact>, Unreadable> {
        Ok(self.roster().find_named(name)?)
    }

    fn pending_requests(&self) -> std::result::Result<usize, Unreadable> {
        Ok(self.roster().count_pending()?)
    }

    fn handshakes_due(&self, now: u64) -> std::result::Result<Vec<Contact>, Unreadable> {
        Ok(self.roster().due(now)?)
    }

    fn message(
        &self,
        friend: &Address,
        direction: Direction,
        id: LetterId,
    ) -> std::result::Result<Option<Message>, Unreadable> {
        Ok(self.texts().find(friend, direction, id)?)
    }

    fn changes(
        &self,
        friend: &Address,
        of: LetterId,
    ) -> std::result::Result<Vec<Message>, Unreadable> {
        Ok(self.texts().changes_of(friend, of)?)
    }

    fn changes_waiting(
        &self,
        friend: &Address,
        since: u64,
    ) -> std::result::Result<usize, Unreadable> {
        Ok(self.texts().count_waiting_changes(friend, since)?)
    }

    fn unfinished(&self, friend: &Address) -> std::result::Result<Vec<Message>, Unreadable> {
        Ok(self.texts().unfinished_to(friend)?)
    }

    fn messages_due(&self, now: u64) -> std::result::Result<Vec<Message>, Unreadable> {
        Ok(self.texts().due(now)?)
    }

    fn unread(&self, friend: &Address) -> std::result::Result<Vec<Message>, Unreadable> {
        Ok(self.texts().unread_from(friend)?)
    }

    fn marker(&self, friend: &Address) -> std::result::Result<Option<u64>, Unreadable> {
        Ok(self.texts().marker(friend)?)
    }

    fn receipts_waiting(&self, friend: &Address) -> std::result::Result<Vec<Outgoing>, Unreadable> {
        Ok(self.outbox().receipts(friend)?)
    }

    fn invite(&self, id: [u8; 8]) -> std::result::Result<Option<Invite>, Unreadable> {
        Ok(Invites(&self.0).find(id)?)
    }

    fn invites(&self) -> std::result::Result<Vec<Invite>, Unreadable> {
        Ok(Invites(&self.0).all()?)
    }

    fn tombstone(&self, key: &Tombstone, now: u64) -> std::result::Result<bool, Unreadable> {
        Ok(self.dedup().remembers(key, now)?)
    }
}

const SINCE: &str = "SELECT number, what FROM change WHERE number >= ?1 ORDER BY number";
const LAST: &str = "SELECT max(number) AS number FROM change";

/// Of more than so many contacts nobody names each.
const MOST: usize = 256;
/// So many rows stay, and no more than [`SWEEP`] beyond them.
const KEPT: i64 = 4096;
/// How seldom old rows are deleted.
const SWEEP: i64 = 256;

/// Of a handshake, an announcement by mail, a text, and a letter in the outbox (its time, or the end of its claim if
/// that is later). One statement, for it is asked after every change.
const NEXT: &str = "SELECT min(at) AS at FROM (
     SELECT min(next_at) AS at FROM roster WHERE next_at IS NOT NULL AND next_at >= ?1 UNION ALL
     SELECT min(announce_mail_at) FROM roster WHERE announce_mail_at IS NOT NULL AND announce_mail_at >= ?1 UNION ALL
     SELECT min(due) FROM message WHERE due IS NOT NULL AND due >= ?1 UNION ALL
     SELECT min(max(due, claimed_until)) FROM outbox WHERE max(due, claimed_until) >= ?1)";

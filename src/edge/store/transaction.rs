//! The desk of one turn: what may be read, and the effects put down.

use std::cell::{Cell, RefCell};
use std::sync::Once;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Params, Row};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::change::{Changes, Contacts};
use super::error::{Result, StoreError};
use crate::protocol::address::Address;
use crate::protocol::letter::{Keys, LetterId};
use crate::rules::account::AccountState;
use crate::rules::effect::Effect;
use crate::rules::message::{Direction, Message};
use crate::rules::outgoing::Outgoing;
use crate::rules::person::Person;
use crate::rules::view::{Invite, Tombstone, Unreadable, View};

/// The state inside one turn.
pub struct Transaction<'a> {
    connection: &'a Connection,
    now: Cell<u64>,
    pub(super) changed: RefCell<Changes>,
}

impl<'a> Transaction<'a> {
    pub(super) fn new(connection: &'a Connection) -> Self {
        Self {
            connection,
            now: Cell::new(0),
            changed: RefCell::default(),
        }
    }

    /// Says what time it is, for [`View::waiting`]: claims that have run out by then count as none.
    /// Applying an effect says it too. Before either, any claim counts.
    pub fn at(&self, now: u64) {
        self.now.set(now);
    }

    pub(super) fn now(&self) -> u64 {
        self.now.get()
    }

    /// Puts down one effect; [`Effect::Tell`] and [`Effect::Ephemeral`] leave nothing here.
    pub fn apply(&self, effect: &Effect, now: u64) -> Result<()> {
        self.at(now);
        match effect {
            Effect::Account(account) => self.put_account(account),
            Effect::Person(person) => self.put_person(person),
            Effect::Forget(address) => self.forget(address),
            Effect::DropSessions(whose, key) => self.drop_sessions(whose, key),
            Effect::RetireSessions(whose, key) => self.retire_sessions(whose, key),
            Effect::Message(message) => self.put_message(message),
            Effect::Marker(friend, up_to) => self.put_marker(friend, *up_to),
            Effect::Post(outgoing) => self.post(outgoing, now),
            Effect::Cancel(to, letter) => self.cancel(to, *letter),
            Effect::CancelAll(to) => self.cancel_all(to),
            Effect::Invite(invite) => self.put_invite(invite),
            Effect::Revoke(id) => self.revoke(*id),
            Effect::Remember(tombstone, until) => self.remember(tombstone, *until),
            Effect::Tell(_) | Effect::Ephemeral(_) => Ok(()),
        }
    }

    /// Notes what is changed, for [`Transaction::changes_since`].
    pub(super) fn note(&self, change: impl FnOnce(&mut Changes)) {
        change(&mut self.changed.borrow_mut());
    }

    pub(super) fn note_contact(&self, address: &Address) {
        self.note(|changes| match &mut changes.contacts {
            Contacts::Only(these) => drop(these.insert(address.clone())),
            Contacts::All => {}
        });
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

    /// Runs a statement that gives no rows; returns how many rows it changed.
    pub(super) fn run(&self, sql: &str, values: impl Params) -> Result<usize> {
        Ok(self.connection.prepare_cached(sql)?.execute(values)?)
    }

    /// The row that was put in last.
    pub(super) fn last_row(&self) -> i64 {
        self.connection.last_insert_rowid()
    }

    /// All rows of a query, each read by `read`.
    pub(super) fn rows<T>(
        &self,
        sql: &str,
        values: impl Params,
        read: impl Fn(&Row) -> Result<T>,
    ) -> Result<Vec<T>> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query(values)?;
        let mut all = Vec::new();
        while let Some(row) = rows.next()? {
            all.push(read(row)?);
        }
        Ok(all)
    }

    /// Of rows that are several people's all that can be read: one that is damaged holds up nobody else's.
    pub(super) fn readable<T>(
        &self,
        sql: &str,
        values: impl Params,
        read: impl Fn(&Row) -> Result<T>,
    ) -> Result<Vec<T>> {
        self.some_readable(usize::MAX, sql, values, read)
    }

    /// The same, and at most so many.
    pub(super) fn some_readable<T>(
        &self,
        limit: usize,
        sql: &str,
        values: impl Params,
        read: impl Fn(&Row) -> Result<T>,
    ) -> Result<Vec<T>> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query(values)?;
        let mut all = Vec::new();
        while all.len() < limit
            && let Some(row) = rows.next()?
        {
            match read(row) {
                Ok(one) => all.push(one),
                // It is met again and again: doctor counts them.
                Err(StoreError::Row(why)) => {
                    SAID.call_once(|| tracing::error!("passed over: {why} (iim doctor)"));
                }
                Err(fault) => return Err(fault),
            }
        }
        Ok(all)
    }

    /// The first row of a query, if there is one.
    pub(super) fn row<T>(
        &self,
        sql: &str,
        values: impl Params,
        read: impl FnOnce(&Row) -> Result<T>,
    ) -> Result<Option<T>> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query(values)?;
        rows.next()?.map(read).transpose()
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

    fn person(&self, address: &Address) -> std::result::Result<Option<Person>, Unreadable> {
        Ok(self.find_person(address)?)
    }

    fn people(&self) -> std::result::Result<Vec<Person>, Unreadable> {
        Ok(self.everybody()?)
    }

    fn friends_of_keys(&self, keys: &Keys) -> std::result::Result<Vec<Person>, Unreadable> {
        Ok(self.find_of_keys(keys)?)
    }

    fn asked_by(&self, request: LetterId) -> std::result::Result<Option<Person>, Unreadable> {
        Ok(self.find_asked(request)?)
    }

    fn person_named(&self, name: &str) -> std::result::Result<Option<Person>, Unreadable> {
        Ok(self.find_named(name)?)
    }

    fn pending_requests(&self) -> std::result::Result<usize, Unreadable> {
        Ok(self.count_pending()?)
    }

    fn handshakes_due(&self, now: u64) -> std::result::Result<Vec<Person>, Unreadable> {
        Ok(self.people_due(now)?)
    }

    fn message(
        &self,
        friend: &Address,
        direction: Direction,
        id: LetterId,
    ) -> std::result::Result<Option<Message>, Unreadable> {
        Ok(self.find_message(friend, direction, id)?)
    }

    fn changes(
        &self,
        friend: &Address,
        of: LetterId,
    ) -> std::result::Result<Vec<Message>, Unreadable> {
        Ok(self.changes_of(friend, of)?)
    }

    fn changes_waiting(
        &self,
        friend: &Address,
        since: u64,
    ) -> std::result::Result<usize, Unreadable> {
        Ok(self.count_waiting_changes(friend, since)?)
    }

    fn unfinished(&self, friend: &Address) -> std::result::Result<Vec<Message>, Unreadable> {
        Ok(self.unfinished_to(friend)?)
    }

    fn messages_due(&self, now: u64) -> std::result::Result<Vec<Message>, Unreadable> {
        Ok(self.texts_due(now)?)
    }

    fn unread(&self, friend: &Address) -> std::result::Result<Vec<Message>, Unreadable> {
        Ok(self.unread_from(friend)?)
    }

    fn marker(&self, friend: &Address) -> std::result::Result<Option<u64>, Unreadable> {
        Ok(self.find_marker(friend)?)
    }

    fn receipts_waiting(&self, friend: &Address) -> std::result::Result<Vec<Outgoing>, Unreadable> {
        Ok(self.unclaimed_receipts(friend)?)
    }

    fn invite(&self, id: [u8; 8]) -> std::result::Result<Option<Invite>, Unreadable> {
        Ok(self.find_invite(id)?)
    }

    fn invites(&self) -> std::result::Result<Vec<Invite>, Unreadable> {
        Ok(self.all_invites()?)
    }

    fn tombstone(&self, key: &Tombstone, now: u64) -> std::result::Result<bool, Unreadable> {
        Ok(self.remembers(key, now)?)
    }
}

/// That a row is damaged has been said.
static SAID: Once = Once::new();

/// A time or a count as SQLite keeps it; what a stranger made too large is cut to the largest.
pub(super) fn int(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// Reads a time or a count.
pub(super) fn uint(row: &Row, column: &str) -> Result<u64> {
    let n: i64 = row.get(column)?;
    Ok(u64::try_from(n).unwrap_or(0))
}

/// Reads a time or a count that may be absent.
pub(super) fn uint_or_none(row: &Row, column: &str) -> Result<Option<u64>> {
    let n: Option<i64> = row.get(column)?;
    Ok(n.map(|n| u64::try_from(n).unwrap_or(0)))
}

/// Reads an address.
pub(super) fn address(row: &Row, column: &str) -> Result<Address> {
    let text: String = row.get(column)?;
    Address::kept(&text).map_err(|_| StoreError::Row(format!("{column} is no address")))
}

/// Reads an address that may be absent.
pub(super) fn address_or_none(row: &Row, column: &str) -> Result<Option<Address>> {
    match row.get_ref(column)? {
        ValueRef::Null => Ok(None),
        ValueRef::Integer(_) | ValueRef::Real(_) | ValueRef::Text(_) | ValueRef::Blob(_) => {
            address(row, column).map(Some)
        }
    }
}

/// Nested state as JSON.
pub(super) fn json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|_| StoreError::Other("a value cannot be written".into()))
}

/// Nested state from JSON; the error says where, never what.
pub(super) fn from_json<T: DeserializeOwned>(text: &str, what: &str) -> Result<T> {
    let place = |e: &serde_json::Error| format!("{what}, column {}", e.column());
    serde_json::from_str(text).map_err(|error| StoreError::Row(place(&error)))
}

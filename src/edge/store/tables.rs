//! The tables inside of one transaction: statements, rows, and what every part of the store asks for.

use std::cell::{Cell, RefCell};
use std::sync::Once;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Params, Row, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::change::{Changes, Contacts};
use super::error::{Result, StoreError};
use crate::protocol::address::Address;

/// The tables, inside of a transaction.
pub struct Tables<'a> {
    connection: &'a Connection,
    now: Cell<u64>,
    changed: RefCell<Changes>,
}

/// A part of the store: some tables, and what is asked of them.
macro_rules! part {
    ($(#[$doc:meta])* $vis:vis $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy)]
        $vis struct $name<'a>(pub(super) &'a $crate::edge::store::tables::Tables<'a>);

        impl<'a> std::ops::Deref for $name<'a> {
            type Target = $crate::edge::store::tables::Tables<'a>;

            fn deref(&self) -> &Self::Target {
                self.0
            }
        }
    };
}
pub(super) use part;

/// A conversation and the contact with whom it is, by their ids; 0 where there is none.
pub(super) struct Pair {
    pub(super) conversation: i64,
    pub(super) contact: i64,
}

impl<'a> Tables<'a> {
    pub(super) fn new(connection: &'a Connection) -> Self {
        Self {
            connection,
            now: Cell::new(0),
            changed: RefCell::default(),
        }
    }

    pub(super) fn now(&self) -> u64 {
        self.now.get()
    }

    pub(super) fn set_now(&self, now: u64) {
        self.now.set(now);
    }

    /// What was noted, once.
    pub(super) fn take_changes(&self) -> Changes {
        self.changed.take()
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

    /// Runs a statement that gives no rows; returns how many rows it changed.
    pub(super) fn run(&self, sql: &str, values: impl Params) -> Result<usize> {
        Ok(self.connection.prepare_cached(sql)?.execute(values)?)
    }

    /// Runs a statement, whatever it changes.
    pub(super) fn execute(&self, sql: &str, values: impl Params) -> Result<()> {
        self.run(sql, values).map(drop)
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

    /// The first of them, if there is one.
    pub(super) fn readable_row<T>(
        &self,
        sql: &str,
        values: impl Params,
        read: impl Fn(&Row) -> Result<T>,
    ) -> Result<Option<T>> {
        Ok(self.some_readable(1, sql, values, read)?.pop())
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

    /// The id of the contact at this address; 0 for nobody.
    pub(super) fn contact(&self, address: &Address) -> Result<i64> {
        let sql = "SELECT id FROM contact WHERE address = ?1";
        let id = self.row(sql, params![address.as_str()], |row| Ok(row.get("id")?))?;
        Ok(id.unwrap_or(0))
    }

    /// The same; who is new gets an id, and a conversation with the user.
    pub(super) fn contact_made(&self, address: &Address) -> Result<i64> {
        let known = self.contact(address)?;
        if known != 0 {
            return Ok(known);
        }
        let (contact, conversation) = (
            "INSERT INTO contact (address) VALUES (?1)",
            "INSERT INTO conversation (contact) VALUES (?1)",
        );
        self.run(contact, params![address.as_str()])?;
        let id = self.last_row();
        self.run(conversation, params![id])?;
        Ok(id)
    }

    /// The conversation with somebody.
    pub(super) fn conversation(&self, friend: &Address) -> Result<Pair> {
        let sql = "SELECT contact.id AS contact, conversation.id AS conversation
                   FROM contact CROSS JOIN conversation ON conversation.contact = contact.id WHERE address = ?1";
        let found = self.row(sql, params![friend.as_str()], |row| {
            Ok(Pair {
                conversation: row.get("conversation")?,
                contact: row.get("contact")?,
            })
        })?;
        Ok(found.unwrap_or(Pair {
            conversation: 0,
            contact: 0,
        }))
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

//! The tables inside of one transaction: statements, rows, and what every part of the store asks for.

use std::cell::{Cell, RefCell};
use std::ops::Deref;
use std::sync::Once;

use rusqlite::types::{FromSql, FromSqlResult, ToSqlOutput, ValueRef};
use rusqlite::{Connection, Params, Row, ToSql};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::change::{Changes, Contacts};
use super::error::{Result, StoreError};
use crate::protocol::address::Address;
use crate::protocol::time::{Millis, Seconds};
use crate::rules::account::AccountState;
use crate::rules::contact::Contact;
use crate::rules::conversation::{Author, ContactId, ConversationId, Ids};
use crate::rules::words::Word;

/// The state inside of one transaction: its parts, and what is asked of several.
pub struct Transaction<'a> {
    connection: &'a Connection,
    now: Cell<Seconds>,
    changed: RefCell<Changes>,
    pub(super) kept: RefCell<Kept>,
}

/// What was read or put last, as it stands inside of the transaction: most are about one contact, and ask several times.
#[derive(Default)]
pub(super) struct Kept {
    pub(super) account: Option<AccountState>,
    pub(super) contact: Option<Contact>,
}

/// The parts of the store, each some tables and what is asked of them, and by which name a transaction gives each.
macro_rules! parts {
    ($($(#[$doc:meta])* $name:ident: $part:ident;)+) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy)]
            pub struct $part<'a>(&'a Transaction<'a>);

            impl<'a> Deref for $part<'a> {
                type Target = Transaction<'a>;

                fn deref(&self) -> &Self::Target {
                    self.0
                }
            }
        )+

        impl Transaction<'_> {
            $(
                $(#[$doc])*
                pub fn $name(&self) -> $part<'_> {
                    $part(self)
                }
            )+
        }
    };
}

parts! {
    /// Who is on the roster, and the texts of its file.
    roster: Roster;
    /// Texts and what was done to them, by conversation.
    texts: Texts;
    /// Groups, who is in them, and their books.
    groups: Groups;
    /// How far what was said in groups has come with each.
    copies: Copies;
    /// The letters that wait.
    outbox: Outbox;
    /// Olm sessions.
    sessions: Sessions;
    /// What is remembered for a while.
    dedup: Dedup;
    /// Mails that were counted.
    budget: Budget;
    /// The user's own IRC clients.
    devices: Devices;
    /// What the agent is to tell.
    notices: Notices;
    /// Invites that the user gave out.
    given_out: Invites;
    /// Mailboxes that are fetched from.
    mailboxes: Mailboxes;
    /// Networks beside those of the configuration.
    joined: JoinedNetworks;
}

impl<'a> Transaction<'a> {
    pub(super) fn new(connection: &'a Connection) -> Self {
        Self {
            connection,
            now: Cell::default(),
            changed: RefCell::default(),
            kept: RefCell::default(),
        }
    }

    pub(super) fn now(&self) -> Seconds {
        self.now.get()
    }

    /// Says what time it is, for [`View::receipts_waiting`]: claims that have run out by then count as none.
    /// Applying an effect says it too. Before either, any claim counts.
    pub fn at(&self, now: Seconds) {
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

    pub(super) fn note_contact(&self, id: ContactId) {
        self.note(|changes| match &mut changes.contacts {
            Contacts::Only(these) => drop(these.insert(id)),
            Contacts::All => {}
        });
    }

    /// Runs a statement that gives no rows; returns how many rows it changed.
    pub(super) fn run(&self, sql: &str, values: impl Params) -> Result<usize> {
        Ok(self.connection.prepare_cached(sql)?.execute(values)?)
    }

    pub(super) fn execute(&self, sql: &str, values: impl Params) -> Result<()> {
        self.run(sql, values).map(drop)
    }

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
        statement.query_and_then(values, read)?.collect()
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

    /// Whether a query has any row.
    pub(super) fn exists(&self, sql: &str, values: impl Params) -> Result<bool> {
        Ok(self.row(sql, values, |_| Ok(()))?.is_some())
    }

    /// The first value of a query, if there is one.
    pub(super) fn value<T: FromSql>(&self, sql: &str, values: impl Params) -> Result<Option<T>> {
        let value = self.row(sql, values, |row| Ok(row.get(0)?))?;
        Ok(value.flatten())
    }

    /// The first value of a query as a time or a count.
    pub(super) fn number(&self, sql: &str, values: impl Params) -> Result<Option<u64>> {
        Ok(self.value(sql, values)?.map(unsigned))
    }

    pub(super) fn count_of(&self, sql: &str, values: impl Params) -> Result<usize> {
        let count = self.number(sql, values)?.unwrap_or(0);
        Ok(usize::try_from(count).unwrap_or(usize::MAX))
    }

    /// The address of somebody who is or was on the roster.
    pub fn address_of(&self, id: ContactId) -> Result<Option<Address>> {
        self.row("SELECT address FROM contact WHERE id = ?1", [id], |row| {
            address(row, "address")
        })
    }

    /// The ids of whoever is or was at an address.
    pub fn find_ids(&self, address: &Address) -> Result<Option<Ids>> {
        if let Some(kept) =
            (self.kept.borrow().contact.as_ref()).filter(|one| one.address == *address)
        {
            return Ok(Some(Ids {
                contact: kept.id,
                conversation: kept.conversation,
            }));
        }
        let sql = "SELECT contact.id, conversation.id FROM contact
                   CROSS JOIN conversation ON conversation.contact = contact.id WHERE address = ?1";
        self.row(sql, [address.as_str()], |row| {
            Ok(Ids::new(row.get(0)?, row.get(1)?))
        })
    }

    /// The same; who is new gets an id, and a conversation with the user.
    pub(super) fn ids_made(&self, address: &Address) -> Result<Ids> {
        if let Some(known) = self.find_ids(address)? {
            return Ok(known);
        }
        let sql = "INSERT INTO contact (address) VALUES (?1)";
        self.run(sql, [address.as_str()])?;
        let contact = self.last_row();
        self.run("INSERT INTO conversation (contact) VALUES (?1)", [contact])?;
        Ok(Ids::new(contact, self.last_row()))
    }

    /// Only the contact's.
    pub(super) fn find_id(&self, address: &Address) -> Result<Option<ContactId>> {
        Ok(self.find_ids(address)?.map(|ids| ids.contact))
    }
}

/// That a row is damaged has been said.
static SAID: Once = Once::new();

/// Ids and times as SQLite keeps them: what makes a number of each, and each of a number.
macro_rules! column {
    ($($kept:ident: $number:expr, $of:expr;)+) => {
        $(
            impl ToSql for $kept {
                fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                    Ok($number(*self).into())
                }
            }

            impl FromSql for $kept {
                fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                    i64::column_result(value).map($of)
                }
            }
        )+
    };
}

// The author 0 is the user: no contact has that number.
column! {
    ContactId: ContactId::number, Self::new;
    ConversationId: ConversationId::number, Self::new;
    Author: |by: Author| by.contact().map_or(0, ContactId::number),
        |n| match n {
            0 => Self::Us,
            _ => Self::Contact(ContactId::new(n)),
        };
    Seconds: |at: Seconds| int(at.0), |n| Self(unsigned(n));
    Millis: |at: Millis| int(at.0), |n| Self(unsigned(n));
}

/// A time or a count as SQLite keeps it; what a stranger made too large is cut to the largest.
pub(super) fn int(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

pub(super) fn uint(row: &Row, column: &str) -> Result<u64> {
    Ok(unsigned(row.get(column)?))
}

/// Reads a time or a count that may be absent.
pub(super) fn uint_or_none(row: &Row, column: &str) -> Result<Option<u64>> {
    let n: Option<i64> = row.get(column)?;
    Ok(n.map(unsigned))
}

fn unsigned(n: i64) -> u64 {
    u64::try_from(n).unwrap_or(0)
}

pub(super) fn address(row: &Row, column: &str) -> Result<Address> {
    let text: String = row.get(column)?;
    Address::kept(&text).map_err(|_| StoreError::Row(format!("{column} is no address")))
}

/// Reads a word, which may be absent.
pub(super) fn word<T: Word>(row: &Row, column: &str) -> Result<Option<T>> {
    let unknown = || StoreError::Row(format!("an unknown {column}"));
    let word: Option<String> = row.get(column)?;
    word.map(|word| T::of(&word).ok_or_else(unknown))
        .transpose()
}

pub(super) fn json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|_| StoreError::Other("a value cannot be written".into()))
}

/// Nested state from a column of JSON; the error says where, never what.
pub(super) fn from_json<T: DeserializeOwned>(row: &Row, column: &str, what: &str) -> Result<T> {
    let text = (row.get_ref(column)?.as_str()).map_err(rusqlite::Error::from)?;
    let place = |e: &serde_json::Error| format!("{what}, column {}", e.column());
    serde_json::from_str(text).map_err(|error| StoreError::Row(place(&error)))
}

//! An account's database, of this version of the program or of the one before: what the bench has to know of its tables
//! stands here, and is found by the names of columns.

use iim::protocol::letter::Secret;
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use super::support::account::Account;

/// The database of an account that no program has open.
pub struct Database(Connection);

/// A friend's presence, as the account knows it.
#[derive(Clone, Copy)]
pub struct Known {
    pub secret: Secret,
    pub window: u32,
}

/// One row: its table, and each column with its value.
type Row = (&'static str, Vec<(String, Value)>);

impl Database {
    pub fn of(account: &Account) -> Self {
        Self(Connection::open(account.home.join(DATABASE)).unwrap())
    }

    /// The epoch of the presence that the account tells.
    pub fn epoch(&self) -> u64 {
        let state: String = self
            .0
            .query_row("SELECT state FROM account", [], |row| row.get(0))
            .unwrap();
        let state: serde_json::Value = serde_json::from_str(&state).unwrap();
        state["epoch"].as_u64().expect("an epoch")
    }

    /// The account's sessions for IRC.
    pub fn irc_pickles(&self) -> Vec<String> {
        let sql = "SELECT pickle FROM session WHERE transport = 'irc'";
        let mut statement = self.0.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    }

    /// How many people there are.
    pub fn people(&self) -> usize {
        let table = match self.columns("roster").is_empty() {
            true => "friend",
            false => "roster",
        };
        let sql = format!("SELECT count(*) FROM {table}");
        let count: i64 = self.0.query_row(&sql, [], |row| row.get(0)).unwrap();
        usize::try_from(count).unwrap()
    }

    /// Its mailbox was never looked at.
    pub fn forget_mailboxes(&self) {
        self.0.execute("DELETE FROM mailbox", []).unwrap();
    }

    /// What is known of this friend's presence.
    pub fn known(&self, address: &str) -> Known {
        let rows = self.rows_of(address);
        let texts = rows
            .iter()
            .flat_map(|(_, row)| row)
            .filter_map(|(_, value)| match value {
                Value::Text(text) => serde_json::from_str(text).ok(),
                _ => None,
            });
        let mut known = texts.filter_map(|state: serde_json::Value| presence(&state));
        known.next().expect("a presence")
    }

    /// Copies of a friend under other addresses, names, keys and presence secrets, numbered.
    pub fn copy(&mut self, address: &str, name: &str, numbers: std::ops::Range<usize>) {
        let rows = self.rows_of(address);
        let peer = rows
            .iter()
            .flat_map(|(_, row)| row)
            .find_map(|(column, value)| match value {
                Value::Blob(peer) if column == "peer" => Some(peer.clone()),
                _ => None,
            });
        let peer = peer.expect("a session");
        let secret = self.known(address).secret;
        let transaction = self.0.transaction().unwrap();
        for number in numbers {
            let own_key = numbered(&peer, number);
            let replaced = [
                (address.to_owned(), format!("friend{number}@bench.example")),
                (format!("\"{name}\""), format!("\"friend{number}\"")),
                (hex(&peer), hex(&own_key)),
                (hex(&secret.0), hex(&numbered(&secret.0, number))),
            ];
            let replace = |text: &str| match text == name {
                true => format!("friend{number}"),
                false => {
                    let one = |text: String, (old, new): &(String, String)| text.replace(old, new);
                    replaced.iter().fold(text.to_owned(), one)
                }
            };
            let mut owner: Option<i64> = None;
            for (table, row) in &rows {
                let value = |(column, value): &(String, Value)| match (column.as_str(), value) {
                    ("id" | "row", _) => Value::Null,
                    ("friend" | "contact", Value::Integer(_)) => owner.unwrap().into(),
                    (_, Value::Text(text)) => replace(text).into(),
                    (_, Value::Blob(blob)) if *blob == peer => own_key.clone().into(),
                    (_, value) => value.clone(),
                };
                let columns: Vec<&str> = row.iter().map(|(column, _)| column.as_str()).collect();
                let marks = vec!["?"; columns.len()].join(", ");
                let sql = format!(
                    "INSERT INTO {table} ({}) VALUES ({marks})",
                    columns.join(", ")
                );
                let mut insert = transaction.prepare_cached(&sql).unwrap();
                insert
                    .execute(params_from_iter(row.iter().map(value)))
                    .unwrap();
                owner = owner.or_else(|| Some(transaction.last_insert_rowid()));
            }
        }
        transaction.commit().unwrap();
    }

    /// What the tables hold of a friend; the first row is that which gives the id.
    fn rows_of(&self, address: &str) -> Vec<Row> {
        let mut rows: Vec<Row> = Vec::new();
        let mut owner = Value::Null;
        for table in ["contact", "friend", "roster", "conversation", "session"] {
            let columns = self.columns(table);
            let has = |name: &str| columns.iter().any(|column| column == name);
            let (column, value) = match rows.is_empty() {
                true if has("address") => ("address", Value::from(address.to_owned())),
                false if has("contact") => ("contact", owner.clone()),
                false if has("friend") => ("friend", owner.clone()),
                _ => continue,
            };
            let sql = format!(
                "SELECT {} FROM {table} WHERE {column} = ?1",
                columns.join(", ")
            );
            let mut statement = self.0.prepare(&sql).unwrap();
            let found = statement.query_map([value], |row| {
                let value = |(at, name): (usize, &String)| Ok((name.clone(), row.get(at)?));
                columns.iter().enumerate().map(value).collect()
            });
            let found: Vec<Row> = found.unwrap().map(|row| (table, row.unwrap())).collect();
            if rows.is_empty() {
                let (_, row) = found.first().expect("the friend is there");
                owner = row
                    .iter()
                    .find(|(column, _)| column == "id")
                    .unwrap()
                    .1
                    .clone();
            }
            rows.extend(found);
        }
        rows
    }

    fn columns(&self, table: &str) -> Vec<String> {
        let mut statement = self
            .0
            .prepare("SELECT name FROM pragma_table_info(?1)")
            .unwrap();
        let names = statement.query_map([table], |row| row.get(0)).unwrap();
        names.map(Result::unwrap).collect()
    }
}

/// The presence secret of a numbered copy.
pub fn numbered<B: AsRef<[u8]>>(of: &B, number: usize) -> Vec<u8> {
    let mut bytes = of.as_ref().to_vec();
    bytes[..8].copy_from_slice(&(number as u64).to_be_bytes());
    bytes
}

/// The object with a secret and a window, wherever it stands in a state.
fn presence(state: &serde_json::Value) -> Option<Known> {
    match state {
        serde_json::Value::Object(object) => {
            let both = object.get("secret").zip(object.get("window"));
            both.and_then(|(secret, window)| {
                let secret = serde_json::from_value(secret.clone()).ok()?;
                Some(Known {
                    secret,
                    window: window.as_u64()?.try_into().ok()?,
                })
            })
            .or_else(|| object.values().find_map(presence))
        }
        serde_json::Value::Array(all) => all.iter().find_map(presence),
        _ => None,
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

/// The database under an account's home.
pub const DATABASE: &str = ".local/share/iim/iim.db";

//! The networks that the user joined beside those of the configuration, or left.

use rusqlite::{Row, params};

use super::error::{Result, StoreError};
use super::tables::{JoinedNetworks, from_json, json, word};
use crate::protocol::letter::Network;
use crate::rules::networks::Joined;
use crate::rules::words;

const ALL: &str =
    "SELECT name, servers, tls, how, since, met FROM joined_network ORDER BY since, rowid";

impl JoinedNetworks<'_> {
    /// All, in the order in which they came. One whose row is damaged is passed over.
    pub fn all(&self) -> Result<Vec<Joined>> {
        self.readable(ALL, [], joined)
    }

    /// Puts one down as it is now, in the place of another of its name.
    pub fn put(&self, one: &Joined) -> Result<()> {
        self.note(|changes| changes.account = true);
        let sql = "INSERT INTO joined_network (name, servers, tls, how, since, met) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                   ON CONFLICT (name) DO UPDATE SET servers = excluded.servers, tls = excluded.tls,
                       how = excluded.how, since = excluded.since, met = excluded.met";
        let (network, how) = (&one.network, words::joined(one.how));
        let servers = json(&network.servers)?;
        let values = params![network.name, servers, one.tls, how, one.since, one.met];
        self.execute(sql, values)
    }

    /// Forgets the one of this name.
    pub fn forget(&self, name: &str) -> Result<()> {
        self.note(|changes| changes.account = true);
        self.execute("DELETE FROM joined_network WHERE name = ?1", [name])
    }
}

fn joined(row: &Row) -> Result<Joined> {
    let how = word(row, "how")?.ok_or_else(|| StoreError::Row("no how".to_owned()))?;
    Ok(Joined {
        network: Network {
            name: row.get("name")?,
            servers: from_json(row, "servers", "a joined network")?,
        },
        tls: row.get("tls")?,
        how,
        since: row.get("since")?,
        met: row.get("met")?,
    })
}

//! What programs other than the agent caused, kept until the agent tells it to watchers and hooks.

use rusqlite::params;
use serde_json::{Value, json as value};

use super::error::Result;
use super::tables::{Notices, from_json, json};
use crate::protocol::address::Address;
use crate::rules::conversation::{Author, Ids};
use crate::rules::effect::Notice;

impl Notices<'_> {
    /// Leaves a notice for the agent. Of those that nobody takes the last thousand stay.
    pub fn leave(&self, notice: &Notice) -> Result<()> {
        self.note(|changes| changes.notices = true);
        self.run(
            "INSERT INTO notice (text) VALUES (?1)",
            params![json(notice)?],
        )?;
        let sql = "DELETE FROM notice WHERE row <= (SELECT max(row) FROM notice) - 1000";
        self.execute(sql, [])
    }

    /// The notices that were left, oldest first.
    pub fn all(&self) -> Result<Vec<Notice>> {
        self.readable("SELECT text FROM notice ORDER BY row", [], |row| {
            from_json(row, "text", "a notice").or_else(|fault| {
                let mut before: Value = from_json(row, "text", "a notice")?;
                self.name_by_id(&mut before)?;
                serde_json::from_value(before).map_err(|_| fault)
            })
        })
    }

    /// A version before named people by address, and said of a text with whom it was and which way it went.
    fn name_by_id(&self, part: &mut Value) -> Result<()> {
        let Some(fields) = part.as_object_mut() else {
            return Ok(());
        };
        let address = fields.get("friend").and_then(Value::as_str);
        if let Some(address) = address.and_then(|address| Address::kept(address).ok()) {
            let ids = self.find_ids(&address)?.unwrap_or(Ids::new(0, 0));
            let author = match fields.get("direction").and_then(Value::as_str) {
                Some("Out") => Author::Us,
                Some(_) | None => Author::Contact(ids.contact),
            };
            fields.insert("friend".into(), value!(ids.contact));
            fields.insert("conversation".into(), value!(ids.conversation));
            fields.insert("author".into(), value!(author));
        }
        let mut parts = fields.values_mut();
        parts.try_for_each(|part| self.name_by_id(part))
    }

    /// Forgets the notices that were left.
    pub fn forget(&self) -> Result<()> {
        self.execute("DELETE FROM notice", [])
    }
}

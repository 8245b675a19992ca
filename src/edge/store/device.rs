//! The user's own IRC clients: their passwords as hashes, and how far each has been handed texts.

use std::fmt;

use rusqlite::{Row, params};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::error::{Result, StoreError};
use super::tables::{Devices, int, uint};
use crate::protocol::debug::redacted_debug;
use crate::protocol::scram::ScramKeys;
use crate::protocol::time::Seconds;

/// A device's name: 1 to 32 of `a`–`z`, `0`–`9`, `-` and `_`; capitals are small ones.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeviceName(String);

impl DeviceName {
    /// Reads a name.
    pub fn parse(text: &str) -> std::result::Result<Self, &'static str> {
        let allowed =
            |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
        let text = text.to_ascii_lowercase();
        match (1..=32).contains(&text.len()) && text.chars().all(allowed) {
            true => Ok(Self(text)),
            false => Err("a device's name is 1 to 32 of the characters a-z 0-9 - _"),
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DeviceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One of the user's clients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// Its name.
    pub name: DeviceName,
    /// When it was made.
    pub created: Seconds,
    /// When it was last attached.
    pub seen: Option<Seconds>,
    /// The highest row it has been handed.
    pub cursor: u64,
    /// Whether it has a password of its own.
    pub has_password: bool,
    /// What tells it from another that was made under its name.
    pub mark: DeviceMark,
}

/// Of when a device was made and of what is kept of its password: one that is removed and made again has another.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct DeviceMark([u8; 32]);

redacted_debug! { DeviceMark }

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT name, created, seen, cursor, length(password) AS length, password FROM device ",
            $rest
        )
    };
}

const ALL: &str = select!("ORDER BY name");
const NAMED: &str = select!("WHERE name = ?1");
const PASSWORD: &str = "SELECT password FROM device WHERE name = ?1";
const SCRAM: &str = "SELECT scram_salt, scram_iterations, scram_stored, scram_server FROM device WHERE name = ?1 AND length(scram_salt) = 16";

impl Devices<'_> {
    /// Adds a device that has been handed everything there is; false if there is one of this name.
    pub fn add(&self, name: &DeviceName, password: Option<&str>, now: Seconds) -> Result<bool> {
        self.note(|changes| changes.devices = true);
        let sql = "INSERT INTO device (name, password, created, seen, cursor)
                   VALUES (?1, ?2, ?3, NULL, (SELECT coalesce(max(row), 0) FROM message))
                   ON CONFLICT (name) DO NOTHING";
        let hash = password.map_or_else(Vec::new, |password| hash(password).to_vec());
        Ok(self.run(sql, params![name.as_str(), hash, now])? == 1)
    }

    /// Removes a device; false if there is none of this name.
    pub fn remove(&self, name: &DeviceName) -> Result<bool> {
        self.note(|changes| changes.devices = true);
        let sql = "DELETE FROM device WHERE name = ?1";
        Ok(self.run(sql, params![name.as_str()])? == 1)
    }

    /// All devices, by name.
    pub fn all(&self) -> Result<Vec<Device>> {
        self.rows(ALL, [], device)
    }

    /// The device of a name.
    pub fn named(&self, name: &DeviceName) -> Result<Option<Device>> {
        self.row(NAMED, params![name.as_str()], device)
    }

    /// Whether this is the password of the device of this name. It takes as long whether there is such a device or
    /// not, and wherever the password differs.
    pub fn is_password(&self, name: &DeviceName, password: &str) -> Result<bool> {
        let kept: Option<Vec<u8>> = self.value(PASSWORD, params![name.as_str()])?;
        let kept = kept.and_then(|kept| <[u8; 32]>::try_from(kept).ok());
        let same = hash(password).ct_eq(&kept.unwrap_or_default());
        Ok(bool::from(same) && kept.is_some())
    }

    /// Keeps what SCRAM needs of a device's password.
    pub fn set_scram(&self, name: &DeviceName, keys: &ScramKeys) -> Result<()> {
        self.note(|changes| changes.devices = true);
        let sql = "UPDATE device SET scram_salt = ?2, scram_iterations = ?3, scram_stored = ?4, scram_server = ?5
                   WHERE name = ?1";
        let ScramKeys {
            salt,
            iterations,
            stored,
            server,
        } = keys;
        let values = params![name.as_str(), salt, iterations, stored, server];
        self.execute(sql, values)
    }

    /// What SCRAM needs of a device's password; nothing of one that was made before there was SCRAM.
    pub fn scram(&self, name: &DeviceName) -> Result<Option<ScramKeys>> {
        self.row(SCRAM, params![name.as_str()], |row| {
            Ok(ScramKeys {
                salt: row.get("scram_salt")?,
                iterations: row.get("scram_iterations")?,
                stored: row.get("scram_stored")?,
                server: row.get("scram_server")?,
            })
        })
    }

    /// A device is attached, or was until now.
    pub fn seen(&self, name: &DeviceName, now: Seconds) -> Result<()> {
        let sql = "UPDATE device SET seen = ?2 WHERE name = ?1";
        self.execute(sql, params![name.as_str(), now])
    }

    /// A device has been handed all texts up to this row; the cursor never falls.
    pub fn set_cursor(&self, name: &DeviceName, row: u64) -> Result<()> {
        let sql = "UPDATE device SET cursor = ?2 WHERE name = ?1 AND cursor < ?2";
        self.execute(sql, params![name.as_str(), int(row)])
    }
}

fn device(row: &Row) -> Result<Device> {
    let name: String = row.get("name")?;
    let damaged = |what: &str| StoreError::Row(what.to_owned());
    let (created, password): (Seconds, Vec<u8>) = (row.get("created")?, row.get("password")?);
    let mark = Sha256::new().chain_update(created.0.to_be_bytes());
    Ok(Device {
        name: DeviceName::parse(&name).map_err(damaged)?,
        created,
        seen: row.get("seen")?,
        cursor: uint(row, "cursor")?,
        has_password: uint(row, "length")? > 0,
        mark: DeviceMark(mark.chain_update(password).finalize().into()),
    })
}

/// A password of 128 random bits cannot be guessed, so no slow hash is needed. It is the same however it was typed:
/// in capitals, without the strokes between its groups.
fn hash(password: &str) -> [u8; 32] {
    let typed = password.chars().filter(|c| *c != '-' && *c != ' ');
    let plain: String = typed.map(|c| c.to_ascii_lowercase()).collect();
    Sha256::digest(plain.as_bytes()).into()
}

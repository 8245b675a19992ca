//! The roster's text, read: every value with the line on which it stands.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::Deserialize as _;
use serde::de::IntoDeserializer as _;
use toml::de::{DeTable, DeValue};
use toml::{Spanned, Value};

use super::{RosterError, VERSION};
use crate::edge::config::place;
use crate::protocol::address::Address;

/// A roster as it was read.
#[derive(Debug, Clone, PartialEq)]
pub struct RosterText {
    /// The revision that its first line names.
    pub revision: u64,
    /// The friends, in their order.
    pub(super) friends: Vec<Entry>,
    /// All else, by its name (`me.epoch`).
    pub(super) others: BTreeMap<String, Field>,
}

/// One `[[friend]]`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    pub(super) address: Address,
    pub(super) line: usize,
    pub(super) fields: BTreeMap<String, Field>,
}

/// A value and its line.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Field {
    pub(super) value: Value,
    pub(super) line: usize,
}

/// Reads a roster.
/// Errors: [`RosterError`] if it is no TOML, is of a newer version, names no revision, lists somebody twice, or if what may
/// be edited is not of its kind.
pub fn read(text: &str) -> Result<RosterText, RosterError> {
    let places = Places::of(text);
    let root = DeTable::parse(text)
        .map_err(|error| places.error(error.span().unwrap_or(0..0), error.message().to_owned()))?;
    let root = root.get_ref();
    check_version(root, &places)?;
    let mut roster = RosterText {
        revision: number(root, "revision", &places)?,
        friends: Vec::new(),
        others: BTreeMap::new(),
    };
    for (key, value) in root {
        match key.get_ref().as_ref() {
            "revision" | "version" => {}
            "friend" => roster.friends = friends(value, &places)?,
            name => match value.get_ref().as_table() {
                Some(table) => roster.others.extend(table.iter().map(|(key, value)| {
                    (format!("{name}.{}", key.get_ref()), field(value, &places))
                })),
                None => drop(roster.others.insert(name.to_owned(), field(value, &places))),
            },
        }
    }
    Ok(roster)
}

fn check_version(root: &DeTable, places: &Places) -> Result<(), RosterError> {
    match number(root, "version", places)? {
        VERSION => Ok(()),
        found => {
            let at = root.get("version").map_or(0..0, Spanned::span);
            let forms = format!("(form {found}; this program knows {VERSION})");
            Err(places.error(at, format!("written by another version of iim {forms}")))
        }
    }
}

fn number(root: &DeTable, key: &str, places: &Places) -> Result<u64, RosterError> {
    let missing = || places.error(0..0, format!("{key} = … is missing"));
    let value = root.get(key).ok_or_else(missing)?;
    let number = value.get_ref().as_integer();
    let decimal = number.filter(|number| number.radix() == 10);
    let number = decimal.and_then(|number| number.as_str().parse().ok());
    number.ok_or_else(|| places.error(value.span(), format!("{key} must be a whole number")))
}

fn friends(value: &Spanned<DeValue>, places: &Places) -> Result<Vec<Entry>, RosterError> {
    let wrong = |at| places.error(at, "friends are written as [[friend]]".to_owned());
    let Some(array) = value.get_ref().as_array() else {
        return Err(wrong(value.span()));
    };
    let mut entries: Vec<Entry> = Vec::with_capacity(array.len());
    let mut lines: BTreeMap<Address, usize> = BTreeMap::new();
    for element in array {
        let Some(table) = element.get_ref().as_table() else {
            return Err(wrong(element.span()));
        };
        let (entry, at) = friend(table, element.span(), places)?;
        if let Some(first) = lines.insert(entry.address.clone(), entry.line) {
            let message = format!("{} is listed twice, first in line {first}", entry.address);
            return Err(places.error(at, message));
        }
        entries.push(entry);
    }
    Ok(entries)
}

/// One friend, and where their address stands.
fn friend(
    table: &DeTable,
    at: Range<usize>,
    places: &Places,
) -> Result<(Entry, Range<usize>), RosterError> {
    let missing = || places.error(at, "a friend without an address".to_owned());
    let address = table.get("address").ok_or_else(missing)?;
    let text = address.get_ref().as_str().unwrap_or_default();
    let parsed =
        Address::kept(text).map_err(|error| places.error(address.span(), error.to_string()))?;
    let mut fields = BTreeMap::new();
    for (key, value) in table {
        let key = key.get_ref().as_ref();
        fields.insert(key.to_owned(), editable(key, value, places)?);
    }
    let entry = Entry {
        address: parsed,
        line: places.line(address.span().start),
        fields,
    };
    Ok((entry, address.span()))
}

/// A field of a friend; one that may be edited must be of its kind.
fn editable(key: &str, value: &Spanned<DeValue>, places: &Places) -> Result<Field, RosterError> {
    let field = field(value, places);
    let kind = match (key, &field.value) {
        ("name" | "note", value) if !value.is_str() => "a text in quotes",
        ("visible" | "blocked", value) if !value.is_bool() => "true or false",
        _ => return Ok(field),
    };
    Err(places.error(value.span(), format!("{key} must be {kind}")))
}

fn field(value: &Spanned<DeValue>, places: &Places) -> Field {
    let line = places.line(value.span().start);
    // A number that is too large is like none of ours, which are whole.
    let value = Value::deserialize(value.clone().into_deserializer());
    let value = value.unwrap_or(Value::Float(f64::INFINITY));
    Field { value, line }
}

/// Where the lines of a text begin, to name places in it.
struct Places<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Places<'a> {
    fn of(text: &'a str) -> Self {
        let after = |(at, _): (usize, &str)| at.saturating_add(1);
        let starts = text.match_indices('\n').map(after);
        let starts = std::iter::once(0).chain(starts).collect();
        Self { text, starts }
    }

    /// The line of a byte, from 1.
    fn line(&self, at: usize) -> usize {
        self.starts.partition_point(|start| *start <= at)
    }

    fn error(&self, at: Range<usize>, message: String) -> RosterError {
        let (line, column) = place(self.text, at.start);
        RosterError {
            line,
            column,
            message,
        }
    }
}

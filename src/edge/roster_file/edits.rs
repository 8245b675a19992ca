//! What a hand changed between two texts of one revision.

use std::collections::{BTreeMap, BTreeSet};

use toml::Value;

use super::Edit;
use super::read::{Entry, Field, RosterText};
use crate::protocol::address::Address;
use crate::protocol::shell;
use crate::rules::event::Act;

/// What differs in `edited` from `base`, the text of the revision that it names: friend by friend in the order of
/// `base`, then what is new, then the rest.
pub fn edits(base: &RosterText, edited: &RosterText) -> Vec<Edit> {
    let now: BTreeMap<&Address, &Entry> = edited
        .friends
        .iter()
        .map(|entry| (&entry.address, entry))
        .collect();
    let mut edits = Vec::new();
    for before in &base.friends {
        match now.get(&before.address) {
            Some(after) => of_friend(before, after, &mut edits),
            None => edits.push(Edit::Missing(before.address.clone())),
        }
    }
    let known: BTreeSet<&Address> = base.friends.iter().map(|entry| &entry.address).collect();
    for entry in edited
        .friends
        .iter()
        .filter(|entry| !known.contains(&entry.address))
    {
        let address = &entry.address;
        let add = shell::iim("add", &[address.as_str()]);
        edits.push(Edit::Unknown(
            format!("{address} is not on the roster: {add}"),
            entry.line,
        ));
    }
    of_fields("", &base.others, &edited.others, 1, &mut edits, |_, _| None);
    edits
}

fn of_friend(before: &Entry, after: &Entry, edits: &mut Vec<Edit>) {
    let address = &after.address;
    let prefix = format!("{address}: ");
    let take = |key: &str, value: &Value| act(address, key, value);
    of_fields(
        &prefix,
        &before.fields,
        &after.fields,
        after.line,
        edits,
        take,
    );
}

/// The act that a changed field means, if it may be edited.
fn act(address: &Address, key: &str, value: &Value) -> Option<Act> {
    let address = address.clone();
    match (key, value) {
        ("name", Value::String(name)) => Some(Act::Rename(address, name.clone())),
        ("note", Value::String(note)) => Some(Act::Note(address, note.clone())),
        ("visible", Value::Boolean(true)) => Some(Act::Show(vec![address])),
        ("visible", Value::Boolean(false)) => Some(Act::Hide(vec![address])),
        ("blocked", Value::Boolean(true)) => Some(Act::Block(vec![address])),
        ("blocked", Value::Boolean(false)) => Some(Act::Unblock(vec![address])),
        _ => None,
    }
}

fn of_fields(
    prefix: &str,
    before: &BTreeMap<String, Field>,
    after: &BTreeMap<String, Field>,
    line: usize,
    edits: &mut Vec<Edit>,
    take: impl Fn(&str, &Value) -> Option<Act>,
) {
    for (key, field) in after {
        let unknown = |what: &str| Edit::Unknown(format!("{prefix}{key} {what}"), field.line);
        match before.get(key) {
            Some(same) if is_same(&same.value, &field.value) => {}
            Some(_) => edits.push(match take(key, &field.value) {
                Some(act) => Edit::Act(act),
                None => unknown("is not changed by editing"),
            }),
            None => edits.push(unknown("is nothing that iim knows")),
        }
    }
    for key in before.keys().filter(|key| !after.contains_key(*key)) {
        edits.push(Edit::Unknown(format!("{prefix}{key} was taken out"), line));
    }
}

/// What is not a number is the same as itself, too.
fn is_same(one: &Value, other: &Value) -> bool {
    one == other || format!("{one:?}") == format!("{other:?}")
}

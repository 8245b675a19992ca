//! What a hand changed between two texts of one revision.

use std::collections::BTreeMap;

use toml::Value;

use super::Edit;
use super::read::{Entry, Field, RosterText};
use crate::protocol::address::Address;
use crate::protocol::shell;
use crate::rules::event::Act;

/// What differs in `edited` from `base`, the text of the revision that it names: friend by friend in the order of
/// `base`, then what is new, then the rest.
pub fn edits(base: &RosterText, edited: &RosterText) -> Vec<Edit> {
    let (known, now) = (by_address(base), by_address(edited));
    let mut edits = Vec::new();
    for Entry {
        address, fields, ..
    } in &base.friends
    {
        let Some(after) = now.get(address) else {
            edits.push(Edit::Missing(address.clone()));
            continue;
        };
        let prefix = format!("{address}: ");
        let take = |key: &str, value: &Value| act(address, key, value);
        of_fields(&prefix, fields, &after.fields, after.line, &mut edits, take);
    }
    for Entry { address, line, .. } in &edited.friends {
        if !known.contains_key(address) {
            let add = shell::iim("add", &[address.as_str()]);
            let what = format!("{address} is not on the roster: {add}");
            edits.push(Edit::Unknown(what, *line));
        }
    }
    of_fields("", &base.others, &edited.others, 1, &mut edits, |_, _| None);
    edits
}

fn by_address(text: &RosterText) -> BTreeMap<&Address, &Entry> {
    let friends = text.friends.iter();
    friends.map(|entry| (&entry.address, entry)).collect()
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

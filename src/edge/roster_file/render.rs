//! The roster's text.

use std::fmt::{Display, Write as _};

use super::VERSION;
use crate::protocol::letter::Network;
use crate::protocol::{clean, hex};
use crate::rules::account::AccountState;
use crate::rules::contact::Contact;
use crate::rules::words;

const HEADER: &str = "\
# Your roster, written by iim. In each [[friend]] you may edit name, visible, blocked and note and save:
#   visible = false   hides you from this friend (like iim hide), true shows you
#   blocked = true    blocks this person (like iim block), false unblocks
# iim takes such edits as commands. Anything else that you change is put back: friends come by iim add and go by
# iim remove. Comments of your own are not kept; a note is. Leave the first line as it is.
";

/// Renders the roster: line 1 names its revision, no line holds a secret, and no character from others is written
/// that a terminal would obey (it is escaped, so that reading gives it back).
pub fn render(
    revision: u64,
    account: &AccountState,
    networks: &[Network],
    people: &[Contact],
) -> String {
    let mut text = String::with_capacity(people.len().saturating_mul(512));
    pair(&mut text, "revision", revision);
    pair(&mut text, "version", VERSION);
    text.push('\n');
    text.push_str(HEADER);
    text.push_str("\n[me]\n");
    let fingerprint = hex::encode(&account.keys.ed25519.0);
    pair(&mut text, "fingerprint", quoted(&fingerprint));
    pair(&mut text, "epoch", account.epoch);
    pair(&mut text, "networks", names(networks));
    for person in people {
        friend(&mut text, account, person);
    }
    text
}

fn friend(text: &mut String, account: &AccountState, person: &Contact) {
    text.push_str("\n[[friend]]\n");
    pair(text, "name", quoted(&person.name));
    pair(text, "address", quoted(person.address.as_str()));
    pair(text, "standing", quoted(words::standing(&person.standing)));
    pair(text, "visible", person.visible);
    pair(text, "blocked", person.blocked);
    pair(text, "verified", person.verified);
    pair(text, "note", quoted(&person.note));
    let fingerprint = person.keys().map(|keys| hex::encode(&keys.ed25519.0));
    let fingerprint = fingerprint.unwrap_or_default();
    pair(text, "fingerprint", quoted(&fingerprint));
    if person.has_new_keys() {
        pair(text, "key_changed", true);
    }
    pair(text, "told", person.is_told(account));
    revealed(text, person);
}

/// What this person revealed to us, but for the secret.
fn revealed(text: &mut String, person: &Contact) {
    let Some(told) = person.presence() else {
        return;
    };
    if let Some(epoch) = told.epoch {
        // TOML's numbers end where i64 does; what a friend made larger is cut.
        pair(text, "epoch", epoch.min(i64::MAX.unsigned_abs()));
    }
    if let Some(networks) = &told.networks {
        pair(text, "networks", names(networks));
    }
    if let Some(ways) = &told.ways {
        pair(text, "ways", list(ways.iter().map(String::as_str)));
    }
}

fn pair(text: &mut String, key: &str, value: impl Display) {
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{key} = {value}");
}

fn names(networks: &[Network]) -> String {
    list(networks.iter().map(|network| network.name.as_str()))
}

fn list<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    format!("[{}]", texts.map(quoted).collect::<Vec<_>>().join(", "))
}

/// A basic string of TOML, in which whatever does not show as itself is escaped.
fn quoted(text: &str) -> String {
    // What is clean as a whole may hold joiners where they show (emoji, Indic scripts).
    let whole = clean::line(text, text.len()) == text;
    let mut quoted = String::with_capacity(text.len().saturating_add(2));
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            c if clean::shows(c) || whole => quoted.push(c),
            c => {
                let _ = write!(quoted, "\\U{:08X}", u32::from(c));
            }
        }
    }
    quoted.push('"');
    quoted
}

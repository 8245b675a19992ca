//! Names on the roster: the user's own, one for each person.

use super::case::Case;
use super::person::Person;
use super::refusal::Refusal;
use crate::protocol::address::Address;
use crate::protocol::clean;

/// The name of somebody new: the one the user chose, else one made of what the person calls himself or of the
/// address, with a number if it is taken.
pub(super) fn chosen(
    case: &Case<'_>,
    name: Option<String>,
    address: &Address,
    calls_himself: &str,
) -> Result<String, Refusal> {
    match name {
        Some(name) => free(case, &well_formed(&name)?, address),
        None => made(case, address, calls_himself),
    }
}

/// Another name for somebody.
pub(super) fn renamed(case: &Case<'_>, person: &Person, name: &str) -> Result<String, Refusal> {
    free(case, &well_formed(name)?, &person.address)
}

fn free(case: &Case<'_>, name: &str, address: &Address) -> Result<String, Refusal> {
    match case.view.person_named(name)? {
        Some(other) if other.address != *address => Err(Refusal::NameTaken(name.to_owned())),
        Some(_) | None => Ok(name.to_owned()),
    }
}

fn well_formed(name: &str) -> Result<String, Refusal> {
    let clean = clean::line(name, 64);
    let fits = !clean.is_empty() && clean == name && !name.contains('@') && name.trim() == name;
    if fits {
        Ok(clean)
    } else {
        Err(Refusal::NameForm(name.to_owned()))
    }
}

fn made(case: &Case<'_>, address: &Address, calls_himself: &str) -> Result<String, Refusal> {
    let cleaned: String = clean::line(calls_himself, 48)
        .replace('@', " ")
        .trim()
        .to_owned();
    let base = if cleaned.is_empty() {
        clean::line(address.local(), 48)
    } else {
        cleaned
    };
    if free(case, &base, address).is_ok() {
        return Ok(base);
    }
    let mut number: u32 = 2;
    loop {
        let name = format!("{base} {number}");
        match free(case, &name, address) {
            Err(Refusal::NameTaken(_)) => number = number.saturating_add(1),
            other => return other,
        }
    }
}

//! Names on the roster: the user's own, one for each person.

use super::contact::Contact;
use super::decision::Decision;
use super::refusal::Refusal;
use crate::protocol::address::Address;
use crate::protocol::clean;

/// The name of somebody new: the one the user chose, else one made of what the person calls themselves or of the
/// address, with a number if it is taken.
pub(super) fn chosen(
    decision: &Decision<'_>,
    name: Option<String>,
    address: &Address,
    calls_themselves: &str,
) -> Result<String, Refusal> {
    match name {
        Some(name) => free(decision, &well_formed(&name)?, address),
        None => made(decision, address, calls_themselves),
    }
}

/// Another name for somebody, if one is given.
pub(super) fn rename(
    decision: &Decision<'_>,
    person: &mut Contact,
    name: Option<&str>,
) -> Result<(), Refusal> {
    if let Some(name) = name {
        person.name = free(decision, &well_formed(name)?, &person.address)?;
    }
    Ok(())
}

fn free(decision: &Decision<'_>, name: &str, address: &Address) -> Result<String, Refusal> {
    match decision.view.person_named(name)? {
        Some(other) if other.address != *address => Err(Refusal::NameTaken(name.to_owned())),
        Some(_) | None => Ok(name.to_owned()),
    }
}

fn well_formed(name: &str) -> Result<String, Refusal> {
    let clean = clean::line(name, 64);
    match !clean.is_empty() && clean == name && !name.contains('@') && name.trim() == name {
        true => Ok(clean),
        false => Err(Refusal::NameForm(name.to_owned())),
    }
}

fn made(
    decision: &Decision<'_>,
    address: &Address,
    calls_themselves: &str,
) -> Result<String, Refusal> {
    let own = clean::line(calls_themselves, 48).replace('@', " ");
    let local = clean::line(address.local(), 48);
    // Of an address of an earlier version nothing may show before the @.
    let domain = clean::line(address.domain(), 48);
    let mut bases = [own.trim(), &local, &domain].into_iter();
    let base = bases.find(|base| !base.is_empty()).unwrap_or_default();
    if free(decision, base, address).is_ok() {
        return Ok(base.to_owned());
    }
    let mut number: u32 = 2;
    loop {
        let name = format!("{base} {number}");
        match free(decision, &name, address) {
            Err(Refusal::NameTaken(_)) => number = number.saturating_add(1),
            other => return other,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing, clippy::string_slice, reason = "tests")]
    use super::*;
    use crate::rules::fake_state::{Counting, FakeState, address};

    /// The name for somebody at an address, chosen or made of what they call themselves.
    fn name(fake: &FakeState, chosen: Option<&str>, local: &str, own: &str) -> String {
        let mut rng = Counting(0);
        let decision = fake.decision(&mut rng);
        match crate::rules::names::chosen(
            &decision,
            chosen.map(str::to_owned),
            &address(local),
            own,
        ) {
            Ok(name) => name,
            Err(Refusal::NameTaken(name)) => format!("taken: {name}"),
            Err(refusal) => format!("{refusal:?}"),
        }
    }

    #[test]
    fn a_chosen_name_keeps_to_the_form() {
        let fake = FakeState::with(&["bob"]);
        let long = "x".repeat(64);
        for fine in ["Bobby", "Bob Builder", "ǅemal", "b", &long] {
            assert_eq!(name(&fake, Some(fine), "dave", ""), fine, "{fine:?}");
        }
        let longer = "x".repeat(65);
        for bad in [
            "",
            " ",
            "\u{3164}",
            "\u{2800}",
            "Bo\u{34F}b",
            "a@b",
            "@",
            " Bob",
            "Bob ",
            "B\nob",
            "B\u{7}ob",
            &longer,
        ] {
            let refused = format!("NameForm({bad:?})");
            assert_eq!(name(&fake, Some(bad), "dave", ""), refused, "{bad:?}");
        }
    }

    #[test]
    fn a_chosen_name_is_nobody_elses() {
        let fake = FakeState::with(&["bob", "carol"]);
        assert_eq!(name(&fake, Some("bob"), "dave", ""), "taken: bob");
        assert_eq!(name(&fake, Some("Bob"), "dave", ""), "taken: Bob");
        assert_eq!(name(&fake, Some("bob"), "bob", ""), "bob", "their own");
        assert_eq!(name(&fake, Some("bob 2"), "dave", ""), "bob 2");
    }

    #[test]
    fn another_name_is_as_one_chosen_at_first() {
        let fake = FakeState::with(&["bob", "carol"]);
        let mut rng = Counting(0);
        let decision = fake.decision(&mut rng);
        for (to, expected) in [
            ("Bobby", Ok("Bobby".to_owned())),
            ("BOB", Ok("BOB".to_owned())),
            ("Carol", Err(Refusal::NameTaken("Carol".into()))),
            ("b@b", Err(Refusal::NameForm("b@b".into()))),
        ] {
            let mut bob = fake.people[0].clone();
            let renamed = rename(&decision, &mut bob, Some(to)).map(|()| bob.name);
            assert_eq!(renamed, expected, "{to}");
        }
    }

    #[test]
    fn a_name_is_made_of_what_somebody_calls_themselves_or_of_the_address() {
        let fake = FakeState::with(&["bob", "bob 2", "eve"]);
        let long = "y".repeat(60);
        for (local, own, expected) in [
            ("dave", "Dave", "Dave"),
            ("dave", "", "dave"),
            ("dave", "@", "dave"),
            ("dave", "\u{3164}\u{115F}\u{2800}\u{FE0F}\u{200D}", "dave"),
            ("dave", "Da\u{3164}ve\u{E0041}", "Dave"),
            ("dave", " Dave ", "Dave"),
            ("dave", "d@ve", "d ve"),
            ("dave", "@dave", "dave"),
            ("dave", &long, &long[..48]),
            ("dave", "Bob", "Bob 3"),
            ("dave", "eve", "eve 2"),
            // On the roster already: no number for themselves.
            ("bob", "Bob", "Bob"),
        ] {
            assert_eq!(name(&fake, None, local, own), expected, "{own:?}");
        }
    }
}

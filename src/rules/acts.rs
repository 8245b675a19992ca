//! Acts of the user that concern one entry of the roster, or our status.

use super::decision::Decision;
use super::event::NewStatus;
use super::refusal::Refusal;
use super::{announce, names};
use crate::protocol::address::Address;
use crate::protocol::clean;
use crate::protocol::letter::Keys;

pub(super) fn rename(
    decision: &mut Decision<'_>,
    address: &Address,
    name: &str,
) -> Result<(), Refusal> {
    let mut person = decision.known_at(address)?;
    names::rename(decision, &mut person, Some(name))?;
    decision.put(person);
    Ok(())
}

pub(super) fn note(
    decision: &mut Decision<'_>,
    address: &Address,
    note: String,
) -> Result<(), Refusal> {
    let mut person = decision.known_at(address)?;
    person.note = note;
    decision.put(person);
    Ok(())
}

/// The safety number was compared: the one of the keys that the user saw, which may be in force no longer.
pub(super) fn verify(
    decision: &mut Decision<'_>,
    address: &Address,
    shown: &Keys,
) -> Result<(), Refusal> {
    let mut person = decision.known_at(address)?;
    match person.keys() {
        Some(keys) if keys == shown => {}
        Some(_) => return Err(Refusal::KeysChanged(person.name)),
        None => return Err(Refusal::NoKeys(person.name)),
    }
    person.verified = true;
    decision.put(person);
    Ok(())
}

pub(super) fn status(
    decision: &mut Decision<'_>,
    status: Option<NewStatus>,
    text: Option<String>,
    friends: &[Address],
    ways: Option<Vec<String>>,
) -> Result<(), Refusal> {
    let text = text.map(|text| clean::line(&text, 256));
    for way in ways.iter().flatten() {
        check_way(way, ways.as_ref().map_or(0, Vec::len))?;
    }
    if friends.is_empty() {
        return for_all(decision, status, text, ways);
    }
    for address in friends {
        for_one(decision, address, status, text.as_ref(), ways.as_ref())?;
    }
    Ok(())
}

fn for_all(
    decision: &mut Decision<'_>,
    status: Option<NewStatus>,
    text: Option<String>,
    ways: Option<Vec<String>>,
) -> Result<(), Refusal> {
    let mut account = decision.account()?;
    match status {
        Some(NewStatus::Shown(shown)) => {
            account.status = shown;
            account.invisible = false;
        }
        Some(NewStatus::Invisible) => account.invisible = true,
        None => {}
    }
    account.status_text = text
        .or_else(|| status.map(|_| String::new()))
        .unwrap_or(account.status_text);
    decision.put_account(account);
    if let Some(ways) = &ways {
        for person in decision.people()? {
            for_one(decision, &person.address, None, None, Some(ways))?;
        }
    }
    Ok(())
}

fn for_one(
    decision: &mut Decision<'_>,
    address: &Address,
    status: Option<NewStatus>,
    text: Option<&String>,
    ways: Option<&Vec<String>>,
) -> Result<(), Refusal> {
    let mut person = decision.known_at(address)?;
    let own = decision.account()?;
    let (before, words) = person
        .status_for
        .clone()
        .unwrap_or((own.status, own.status_text));
    match status {
        Some(NewStatus::Shown(shown)) => {
            person.status_for = Some((shown, text.cloned().unwrap_or_default()))
        }
        Some(NewStatus::Invisible) => {
            return Err(Refusal::InvisibleForOne(person.name));
        }
        None if text.is_some() => {
            person.status_for = Some((before, text.cloned().unwrap_or(words)))
        }
        None => {}
    }
    if let Some(ways) = ways.filter(|ways| **ways != person.ways) {
        person.ways.clone_from(ways);
        announce::set_due(decision, &mut person);
    }
    decision.put(person);
    Ok(())
}

fn check_way(way: &str, count: usize) -> Result<(), Refusal> {
    let known = ["mailto:", "tel:", "xmpp:", "https:"]
        .iter()
        .any(|scheme| way.starts_with(scheme));
    let fits = way.len() <= 256 && count <= 16 && way.chars().all(|c| c.is_ascii_graphic());
    if known && fits {
        Ok(())
    } else {
        Err(Refusal::WayForm(way.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
    use super::*;
    use crate::protocol::letter::Status;
    use crate::rules::contact::{Contact, Standing};
    use crate::rules::fake_state::{Counting, FakeState, address, keys};

    /// Bob after a change of our status for them alone.
    fn for_bob(
        fake: &FakeState,
        status: Option<Status>,
        text: Option<&str>,
        ways: Option<Vec<String>>,
    ) -> Result<Contact, Refusal> {
        let mut rng = Counting(0);
        let mut decision = fake.decision(&mut rng);
        let status = status.map(NewStatus::Shown);
        let text = text.map(str::to_owned);
        crate::rules::acts::status(&mut decision, status, text, &[address("bob")], ways)?;
        Ok(decision.person_at(&address("bob"))?.unwrap())
    }

    #[test]
    fn only_the_keys_whose_number_was_shown_are_verified() {
        let mut fake = FakeState::with(&["bob", "carol"]);
        fake.people[0].standing = Standing::friend(keys(10));
        let mut rng = Counting(0);
        let mut decision = fake.decision(&mut rng);
        for (who, shown, expected) in [
            ("bob", 11, Err(Refusal::KeysChanged("bob".to_owned()))),
            ("carol", 10, Err(Refusal::NoKeys("carol".to_owned()))),
            ("bob", 10, Ok(())),
        ] {
            let done = verify(&mut decision, &address(who), &keys(shown));
            assert_eq!(done, expected, "{who} {shown}");
            let verified = decision.person_at(&address(who)).unwrap().unwrap().verified;
            assert_eq!(verified, expected.is_ok(), "{who} {shown}");
        }
    }

    #[test]
    fn a_status_for_one_is_kept_until_it_is_changed() {
        let lunch = || Some((Status::Away, "lunch".to_owned()));
        let bare = |status| Some((status, String::new()));
        let said = |status, text: &str| Some((status, text.to_owned()));
        for (before, status, text, after) in [
            (None, Some(Status::Away), Some("lunch"), lunch()),
            (None, Some(Status::Away), None, bare(Status::Away)),
            (None, None, Some("hello"), said(Status::Online, "hello")),
            (None, None, None, None),
            (
                lunch(),
                None,
                Some("back at 2"),
                said(Status::Away, "back at 2"),
            ),
            (lunch(), None, Some(""), bare(Status::Away)),
            (lunch(), Some(Status::Busy), None, bare(Status::Busy)),
            (lunch(), None, None, lunch()),
        ] {
            let mut fake = FakeState::with(&["bob"]);
            fake.people[0].status_for = before.clone();
            let ways = Some(vec!["tel:1".to_owned()]);
            let bob = for_bob(&fake, status, text, ways).unwrap();
            assert_eq!(bob.status_for, after, "{before:?}, {status:?}, {text:?}");
            assert_eq!(bob.ways, ["tel:1"]);
        }
    }

    #[test]
    fn ways_keep_to_the_form() {
        let of = |size: usize| format!("tel:{}", "1".repeat(size - 4));
        let fake = FakeState::with(&["bob"]);
        let with = |ways: &[String]| for_bob(&fake, None, None, Some(ways.to_vec()));
        for fine in ["mailto:b@b", "tel:1", "xmpp:b@b", "https://b", &of(256)] {
            let bob = with(&[fine.to_owned()]).unwrap();
            assert_eq!(bob.ways, [fine], "{fine}");
        }
        for bad in [
            "",
            "http://b",
            "tel",
            "tel:1 2",
            "tel:é",
            "tel:1\n",
            &of(257),
        ] {
            let refused = Refusal::WayForm(bad.to_owned());
            assert_eq!(with(&[bad.to_owned()]), Err(refused), "{bad:?}");
        }
        let many = vec!["tel:1".to_owned(); 17];
        assert_eq!(with(&many), Err(Refusal::WayForm("tel:1".into())));
        assert_eq!(with(&many[1..]).unwrap().ways.len(), 16);
    }
}

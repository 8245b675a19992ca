//! The user and their contacts, and what those ask, as the gateway is told of them.

use crate::agent::Seen;
use crate::gateway::host::{Friend, Question};
use crate::protocol::address::Address;
use crate::protocol::letter::Status;
use crate::protocol::{clean, shell};
use crate::rules::contact::Contact;
use crate::rules::words;

/// The user's word, if they are not simply online.
pub(super) fn away(status: Status, text: &str, invisible: bool) -> Option<String> {
    let word = match (invisible, status) {
        (true, _) => "invisible",
        (false, Status::Away) => "away",
        (false, Status::Busy) => "busy",
        (false, Status::Online) => return None,
    };
    let text = text.trim();
    Some(if text.is_empty() { word } else { text }.to_owned())
}

pub(super) fn friend(person: &Contact, seen: Seen) -> Friend {
    let requests = person.requests();
    Friend {
        id: person.id,
        conversation: person.conversation,
        address: person.address.clone(),
        name: person.name.clone(),
        own_name: requests.first().map(|asking| asking.name.clone()),
        standing: words::standing(&person.standing),
        visible: person.visible,
        blocked: person.blocked,
        verified: person.verified,
        presence: seen.shown,
        word: seen.text,
        networks: person.networks(),
        elsewhere: seen.elsewhere,
        fingerprint: person.fingerprint().map(|key| key.to_string()),
        since: person.since,
    }
}

/// What somebody on the roster asks of the user, if they do.
pub(super) fn open_question(person: &Contact) -> Option<Question> {
    let asking = person.requests().first()?;
    let (address, key_changed) = (&person.address, person.has_new_keys());
    let asked = question(address, &asking.name, &asking.note, key_changed);
    Some(asked)
}

/// What somebody asks of the user, in words.
pub(super) fn question(friend: &Address, name: &str, note: &str, key_changed: bool) -> Question {
    let who = shell::word(friend.as_str());
    let name = clean::line(name, 64);
    let who_asks = match name.is_empty() {
        true => friend.to_string(),
        false => format!("{name} <{friend}>"),
    };
    let note = match clean::line(note, 1024) {
        note if note.is_empty() => note,
        note => format!(": {note}"),
    };
    let text = match key_changed {
        true => format!(
            "{who_asks} has new keys; take them only if you hear so from them by another way{note}"
        ),
        false => format!("{who_asks} asks to be your friend{note}."),
    };
    Question {
        text,
        yes: format!("accept {who}"),
        no: format!("refuse {who}"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn who_has_no_name_that_shows_is_called_by_the_address() {
        let bob = Address::parse("bob@example.net").unwrap();
        for (name, said) in [
            ("Bob", "Bob <bob@example.net> asks to be your friend."),
            ("", "bob@example.net asks to be your friend."),
            (
                "\u{3164}\u{2800}",
                "bob@example.net asks to be your friend.",
            ),
        ] {
            assert_eq!(question(&bob, name, "", false).text, said, "{name:?}");
        }
    }

    #[test]
    fn a_hostile_address_is_quoted_in_the_answers_offered() {
        let address = Address::parse("x||a&&touch${!z}@evil.example").unwrap();
        let asked = question(&address, "x", "", false);
        assert_eq!(asked.yes, "accept 'x||a&&touch${'\\!'z}@evil.example'");
        let words = shell_words::split(&asked.yes).unwrap();
        assert_eq!(
            words,
            ["accept", address.as_str()],
            "as the agent reads it back"
        );
    }
}

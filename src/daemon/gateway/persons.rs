//! The user and his friends, as the face is told of them.

use crate::agent::Seen;
use crate::gateway::host::Friend;
use crate::protocol::letter::Status;
use crate::rules::person::{Person, Standing};
use crate::rules::presence_tracker::Shown;
use crate::rules::words;

/// The user's word, if he is not simply online.
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

/// Whether the user may write to somebody.
pub(super) fn is_written_to(person: &Person) -> bool {
    match person.standing {
        Standing::Asked(_) | Standing::Confirming(_) | Standing::Friend(_) => true,
        Standing::Stranger | Standing::Asking(_) => false,
    }
}

pub(super) fn friend(person: &Person, seen: Option<&Seen>) -> Friend {
    let requests = person.requests();
    Friend {
        address: person.address.clone(),
        name: person.name.clone(),
        own_name: requests.first().map(|asking| asking.name.clone()),
        standing: words::standing(&person.standing),
        visible: person.visible,
        blocked: person.blocked,
        verified: person.verified,
        presence: seen.map_or(Shown::Offline, |seen| seen.shown),
        word: seen.map_or_else(String::new, |seen| seen.text.clone()),
        networks: person.networks(),
        fingerprint: person.fingerprint().map(|key| key.to_string()),
        since: person.since,
        heard: None,
    }
}

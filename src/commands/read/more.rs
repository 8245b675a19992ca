//! What `--all` tells of a text beside what is shown of each: what was written before it was edited or taken back, and
//! whose it is by address and key.

use serde_json::{Value, json};

use super::place::{Place, Said};
use crate::account::Account;
use crate::commands::output::local_ms;
use crate::protocol::clean;
use crate::protocol::letter::PublicKey;
use crate::rules::account::Settings;
use crate::rules::entry::Entry;
use crate::rules::message::{ChangeKind, Message};
use crate::rules::words::{self, rfc3339_ms};

/// All that is kept of a text.
pub(super) struct More {
    /// When it came or was stored.
    arrival: String,
    own_address: String,
    /// The key that whoever wrote it has now, and whether it is verified; of the user none.
    key: Option<(PublicKey, bool)>,
    /// All that it said, the first first: the text as it was sent, and its edits.
    wordings: Vec<Message>,
}

impl More {
    pub(super) fn read(account: &Account, entry: &Entry, place: &Place) -> anyhow::Result<Self> {
        let message = &entry.message;
        let (with, id) = (message.conversation, message.id);
        let changes = account.look(|tx| Ok(tx.texts().changes_of(with, id)?))?;
        Ok(Self::of(entry, place, account.settings(), changes))
    }

    /// Of a text with all that changes it.
    pub(super) fn of(entry: &Entry, place: &Place, ours: &Settings, changes: Vec<Message>) -> Self {
        let message = &entry.message;
        Self {
            arrival: rfc3339_ms(message.arrival),
            own_address: place.own_address(ours).to_string(),
            key: place.key_of(message.author),
            wordings: wordings(message, changes),
        }
    }

    /// Adds it to the object that scripts read.
    pub(super) fn add_to(&self, object: &mut Value) {
        let Some(object) = object.as_object_mut() else {
            return;
        };
        let wordings: Vec<Value> = self.wordings.iter().map(wording_json).collect();
        let (fingerprint, verified) = self.key.unzip();
        let more = [
            ("arrival", json!(self.arrival)),
            ("own_address", json!(self.own_address)),
            ("fingerprint", json!(fingerprint.map(|key| key.to_string()))),
            ("verified", json!(verified)),
            ("wordings", json!(wordings)),
        ];
        object.extend(more.map(|(key, value)| (key.to_owned(), value)));
    }

    /// The lines below that of a text that was edited or taken back.
    pub(super) fn lines(&self, said: &Said<'_>) -> Vec<String> {
        let entry = said.entry;
        let back = entry.retraction.is_some();
        let now = entry.edit.as_ref().unwrap_or(&entry.message).id;
        let former = self.wordings.iter().filter(|one| back || one.id != now);
        let line = |one: &Message| {
            let words = clean::text(&one.text).replace('\n', "\n      ");
            format!("    {} said: {words}", local_ms(one.written()))
        };
        former.map(line).collect()
    }
}

fn wordings(message: &Message, mut changes: Vec<Message>) -> Vec<Message> {
    let is_edit = |one: &Message| {
        one.change
            .is_some_and(|change| change.kind == ChangeKind::Edit)
    };
    changes.retain(|one| is_edit(one) && one.author == message.author);
    changes.sort_by_key(Message::rank);
    let first = (message.change.is_none() && message.unknown_kind.is_none()).then_some(message);
    first.cloned().into_iter().chain(changes).collect()
}

fn wording_json(wording: &Message) -> Value {
    json!({
        "id": wording.id.to_string(),
        "sent": rfc3339_ms(wording.written()),
        "arrival": rfc3339_ms(wording.arrival),
        "text": clean::text(&wording.text),
        "state": words::state(wording.state),
    })
}

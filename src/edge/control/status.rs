//! What the agent answers: who is online, and how it and its networks are.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};

use crate::protocol::clean::one_line;

/// The friends whose presence the agent knows, by address.
pub type Presences = BTreeMap<String, Presence>;

/// How a friend was last seen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Presence {
    /// `online`, `away`, `busy`, `offline` or `unverified`.
    #[serde(deserialize_with = "cleaned")]
    pub presence: String,
    /// Their word to their status.
    #[serde(deserialize_with = "cleaned_if")]
    pub status: Option<String>,
    /// The networks on which they are proved to be.
    pub networks: Vec<String>,
}

/// The rooms of groups in which the user may be, by the group's id.
pub type Rooms = BTreeMap<String, Room>;

/// How the room of a group is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Room {
    /// The user's networks on which it is.
    pub networks: Vec<RoomNetwork>,
    /// The ids of the others who are there now.
    pub there: Vec<String>,
}

/// How the user stands in a room on a network.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RoomNetwork {
    /// The network's name.
    #[serde(deserialize_with = "cleaned")]
    pub name: String,
    /// `in`, `joining` or `closed`.
    #[serde(deserialize_with = "cleaned")]
    pub state: String,
    /// Until when the network lets nobody in, in seconds since 1970.
    pub until: Option<u64>,
}

/// How the agent is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Status {
    /// Its networks.
    pub networks: Vec<NetworkStatus>,
    /// The user's own clients that are connected: each connection's device.
    pub attached: Vec<String>,
    /// Where the gateway listens, or should.
    pub gateway: Vec<ListenerStatus>,
    /// What keeps it from sending mail.
    #[serde(deserialize_with = "cleaned_if")]
    pub mail_trouble: Option<String>,
    /// The mailboxes that it fetches from.
    pub mailboxes: Vec<Mailbox>,
}

/// How a mailbox is that the agent fetches from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Mailbox {
    /// What it is called.
    #[serde(deserialize_with = "cleaned")]
    pub name: String,
    /// By what it is known, whatever it is called: `user@host/folder`.
    pub key: String,
    /// Since when it is watched, in seconds since 1970.
    pub since: Option<u64>,
    /// Why not, or what else is wrong.
    #[serde(deserialize_with = "cleaned_if")]
    pub trouble: Option<String>,
    /// How often all was read.
    pub rounds: u64,
    /// How often a try ended in such trouble that nothing is watched.
    pub tries: u64,
    /// How many letters came by it since the agent began.
    pub letters: u64,
}

/// How it stands on a network.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct NetworkStatus {
    /// Its name.
    #[serde(deserialize_with = "cleaned")]
    pub name: String,
    /// `connected`, `connecting`, `trouble`, `nick taken`, `away`; `off` when no agent runs.
    #[serde(deserialize_with = "cleaned")]
    pub state: String,
    /// The server, when connected.
    #[serde(deserialize_with = "cleaned_if")]
    pub server: Option<String>,
    /// What is wrong.
    #[serde(deserialize_with = "cleaned_if")]
    pub reason: Option<String>,
    /// What its servers call it, if they are proved to be its servers.
    #[serde(deserialize_with = "cleaned_if")]
    pub called: Option<String>,
}

/// An address where the gateway listens, or should.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListenerStatus {
    /// As the configuration names it.
    #[serde(deserialize_with = "cleaned")]
    pub listen: String,
    /// Why nobody can come in there.
    #[serde(deserialize_with = "cleaned_if")]
    pub reason: Option<String>,
}

/// Whatever an agent says may reach a terminal.
fn cleaned<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    Ok(one_line(&String::deserialize(from)?))
}

fn cleaned_if<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    let text = Option::<String>::deserialize(from)?.map(|text| one_line(&text));
    Ok(text.filter(|text| !text.is_empty()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn an_answer_is_cleaned_and_what_is_missing_is_nothing() {
        let seen = r#"{"presence": "online", "status": "at\u001b[2J work", "later": 7}"#;
        let seen: Presence = serde_json::from_str(seen).unwrap();
        assert_eq!(seen.status.as_deref(), Some("at work"));
        let status: Status = serde_json::from_str(r#"{"networks": [{"name": "a"}]}"#).unwrap();
        assert_eq!(status.networks.first().unwrap().name, "a");
        assert_eq!(status.mail_trouble, None);
    }
}

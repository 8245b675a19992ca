//! What the agent remembers of who is online, asked over its socket; without an agent all is unknown.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::edge::control;
use crate::edge::control::Request;
use crate::edge::home::Home;
use crate::protocol::address::Address;
use crate::protocol::letter::Network;
use crate::rules::person::{Person, Standing};

use crate::protocol::clean::one_line;

/// The agent's memory.
#[derive(Debug, Default)]
pub(crate) struct Presences {
    /// Whether an agent runs and answers.
    pub(crate) agent: bool,
    /// An agent runs that does not answer: its socket has gone, and comes back within a minute.
    pub(crate) deaf: bool,
    friends: BTreeMap<Address, Seen>,
    networks: Vec<NetworkState>,
    /// The user's own clients that are connected: each connection's device.
    pub(crate) attached: Vec<String>,
    /// Where the gateway listens.
    pub(crate) gateway: Vec<Place>,
    /// What keeps the agent from sending mail.
    pub(crate) mail_trouble: Option<String>,
}

/// How a friend was last seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    /// `online`, `away`, `busy`, `offline`, `unverified` or `unknown`.
    pub(crate) presence: String,
    /// His word to his status.
    pub(crate) status: Option<String>,
}

/// A network of ours and how the agent stands on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NetworkState {
    /// Its name.
    pub(crate) name: String,
    /// `connected`, `connecting`, `trouble`, `nick taken`, `away`; `off` when no agent runs.
    pub(crate) state: String,
    /// The server, when connected.
    pub(crate) server: Option<String>,
    /// What is wrong.
    pub(crate) reason: Option<String>,
}

/// A place where the gateway listens, or should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// As the configuration names it.
    pub(crate) listen: String,
    /// Why nobody can come in there.
    pub(crate) reason: Option<String>,
}

impl Presences {
    /// Asks the agent of this home. One that does not answer counts as none.
    pub(crate) fn ask(home: &Home) -> Self {
        let Ok(friends) = control::ask(home.sockets(), Request::Presence) else {
            return Self {
                deaf: control::is_running(&home.agent_lock()),
                ..Self::default()
            };
        };
        let status = control::ask(home.sockets(), Request::Status).unwrap_or_default();
        Self {
            agent: true,
            deaf: false,
            friends: friends_in(&friends),
            networks: networks_in(&status),
            attached: attached_in(&status),
            gateway: places_in(&status),
            mail_trouble: text(&status, "mail_trouble").map(one_line),
        }
    }
}

/// The agent's answer: an array of objects `address`, `presence`, `status`; or one object of them by address.
fn friends_in(answer: &Value) -> BTreeMap<Address, Seen> {
    let answer = answer.get("friends").unwrap_or(answer);
    let each: Vec<(Option<&str>, &Value)> = match answer {
        Value::Array(all) => all.iter().map(|one| (text(one, "address"), one)).collect(),
        Value::Object(all) => all
            .iter()
            .map(|(key, one)| (Some(key.as_str()), one))
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    };
    each.into_iter()
        .filter_map(|(address, one)| Some((Address::parse(address?).ok()?, seen(one)?)))
        .collect()
}

fn seen(one: &Value) -> Option<Seen> {
    let presence = one.as_str().or_else(|| text(one, "presence"))?;
    let status = text(one, "status").map(one_line);
    Some(Seen {
        presence: one_line(presence),
        status: status.filter(|status| !status.is_empty()),
    })
}

/// The agent's answer: an object whose `networks` is an array of objects `name`, `state`.
fn networks_in(answer: &Value) -> Vec<NetworkState> {
    let networks = answer.get("networks").and_then(Value::as_array);
    let state = |one: &Value| {
        Some(NetworkState {
            name: one_line(text(one, "name")?),
            state: one_line(text(one, "state")?),
            server: text(one, "server").map(one_line),
            reason: text(one, "reason").map(one_line),
        })
    };
    networks.into_iter().flatten().filter_map(state).collect()
}

/// The agent's answer: an object whose `attached` is an array of device names, one for each connection.
fn attached_in(answer: &Value) -> Vec<String> {
    let attached = answer.get("attached").and_then(Value::as_array);
    let name = |one: &Value| one.as_str().map(one_line);
    attached.into_iter().flatten().filter_map(name).collect()
}

/// The agent's answer: an object whose `gateway` is an array of objects `listen`, `reason`.
fn places_in(answer: &Value) -> Vec<Place> {
    let places = answer.get("gateway").and_then(Value::as_array);
    let place = |one: &Value| {
        Some(Place {
            listen: one_line(text(one, "listen")?),
            reason: text(one, "reason").map(one_line),
        })
    };
    places.into_iter().flatten().filter_map(place).collect()
}

fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key).and_then(Value::as_str)
}

impl Presences {
    /// How this person was last seen.
    pub(crate) fn of(&self, person: &Person) -> Seen {
        let told = person.presence.as_ref();
        let status = told.and_then(|held| held.presence.status_text.clone());
        let seen = self.friends.get(&person.address).cloned();
        let without = match (&person.standing, self.agent) {
            (Standing::Friend(_), true) => "offline",
            _ => "unknown",
        };
        seen.unwrap_or_else(|| Seen {
            presence: without.to_owned(),
            status: status
                .map(|text| one_line(&text))
                .filter(|text| !text.is_empty()),
        })
    }

    /// Our networks; without an agent each is `off`.
    pub(crate) fn networks(&self, ours: &[Network]) -> Vec<NetworkState> {
        let state = |network: &Network| {
            let known = self.networks.iter().find(|n| n.name == network.name);
            known.cloned().unwrap_or_else(|| NetworkState {
                name: network.name.clone(),
                state: "off".to_owned(),
                server: None,
                reason: None,
            })
        };
        ours.iter().map(state).collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use serde_json::json;

    use super::*;

    #[test]
    fn the_agents_answers_are_read() {
        let array = json!([
            {"address": "bob@example.net", "presence": "online", "status": "at\u{1b}[2J work"},
            {"address": "eve@example.net", "presence": "offline", "status": null},
            {"address": "no address", "presence": "online"},
            7,
        ]);
        let object =
            json!({"bob@example.net": {"presence": "online"}, "eve@example.net": "offline"});
        for answer in [array.clone(), json!({"friends": array}), object] {
            let friends = friends_in(&answer);
            let words: Vec<&str> = friends.values().map(|s| s.presence.as_str()).collect();
            assert_eq!(words, ["online", "offline"], "{answer}");
        }
        let bob = Address::parse("bob@example.net").unwrap();
        let status = friends_in(&array)[&bob].status.clone();
        assert_eq!(status.as_deref(), Some("at work"));
        assert!(friends_in(&Value::Null).is_empty());
    }

    #[test]
    fn without_an_agent_every_network_is_off() {
        let ours = [Network {
            name: "a".to_owned(),
            servers: vec!["h:1".to_owned()],
        }];
        let states = Presences::default().networks(&ours);
        assert_eq!(
            (states[0].name.as_str(), states[0].state.as_str()),
            ("a", "off")
        );
        let told = networks_in(&json!({"networks": [{"name": "a", "state": "connected"}]}));
        let presences = Presences {
            agent: true,
            networks: told,
            ..Presences::default()
        };
        assert_eq!(presences.networks(&ours)[0].state, "connected");
    }
}

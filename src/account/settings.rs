//! What the user configured, as the rules read it.

use crate::edge::config::{self, Config};
use crate::protocol::letter::Network;
use crate::rules::account::Settings;

pub(super) fn settings(config: &Config) -> Settings {
    Settings {
        address: config.address.clone(),
        also: config.also.clone(),
        name: config.name.clone(),
        networks: config.networks.iter().map(network).collect(),
        window: config.presence.window,
        policy: config.accept.clone(),
        per_day: config.mail.per_day.unwrap_or(0),
        rooms: rooms(config).collect(),
        read_receipts: config.read_receipts,
        fetches: !config.mail.fetch.is_empty(),
    }
}

/// The networks on which rooms of groups are joined: not where services would tell who we are.
fn rooms(config: &Config) -> impl Iterator<Item = Network> {
    let allowed = |network: &&config::Network| network.groups && network.sasl.is_none();
    let networks = config.networks.iter().filter(|_| config.rooms);
    networks.filter(allowed).map(network)
}

fn network(network: &config::Network) -> Network {
    Network {
        name: network.name.clone(),
        servers: network.servers.iter().map(ToString::to_string).collect(),
    }
}

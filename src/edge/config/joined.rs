//! Networks that stand beside those of `config.toml`: which the user has joined by a command, or which were joined for a
//! friend.

use super::values::{NetworkUrl, Proxy, Server};
use super::{Config, MOST_NETWORKS, Network};
use crate::rules::networks::{How, Joined, Known};

/// Why a network cannot be joined or left.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JoinError {
    /// There are as many as there may be.
    #[error("you are on {MOST_NETWORKS} networks, and more than that is not possible")]
    Full,
    /// Another has its name.
    #[error("you have another network of the name {0}: {1}")]
    Named(String, String),
    /// It is there already.
    #[error("you are on it already: {1} is of your network {0}")]
    There(String, String),
    /// It would be reached without TLS.
    #[error("{0} would be reached without TLS: everybody on the way reads which nicknames talk")]
    Plain(Server),
    /// Some are reached by a proxy, some are not.
    #[error(
        "your networks in config.toml are not all reached by the same proxy, so it is not known how this one is to be"
    )]
    Ways,
    /// No network of the user's has this name.
    #[error("you have no network {0}")]
    Missing(String),
    /// It stands in the file, which is never written.
    #[error("{0} stands in config.toml")]
    InFile(String),
    /// What was kept of it makes no sense.
    #[error("{0}")]
    Wrong(String),
}

impl JoinError {
    /// What the user can try, in one line.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Full => Some("`iim network list` shows them, `iim network leave` makes room"),
            Self::Named(..) => {
                Some("give it a name of its own: `iim network join NAME=ircs://HOST`")
            }
            Self::Plain(_) => Some("name it with ircs://, or give --insecure if that is meant"),
            Self::Ways => Some("name it in config.toml, in a section [[network]] of its own"),
            Self::InFile(_) => Some(
                "take its section [[network]] out of that file; a running agent reads it again at SIGHUP",
            ),
            Self::Missing(_) => Some("`iim network list` shows all"),
            Self::There(..) | Self::Wrong(_) => None,
        }
    }
}

impl NetworkUrl {
    /// A well-known network is called by its own name, if no other was given.
    #[must_use]
    pub fn well_named(self) -> Self {
        let server = self.server.to_string();
        match Known::of(&[server]) {
            Some(known) if self.name == self.server.host => Self {
                name: known.name.to_owned(),
                ..self
            },
            _ => self,
        }
    }
}

impl Config {
    /// The networks that were joined stand beside those of the file from here on, as far as they can.
    pub fn take_joined(&mut self, joined: &[Joined]) {
        self.networks.retain(|network| !network.joined);
        let names: Vec<String> = self.networks.iter().map(|one| one.name.clone()).collect();
        self.presence.watch.retain(|name| names.contains(name));
        for one in joined.iter().filter(|one| one.how != How::Left) {
            if let Ok(network) = self.joining(one) {
                // It is there so that friends are seen.
                self.presence.watch.push(network.name.clone());
                self.networks.push(network);
            }
        }
    }

    /// A network as it stands once it is joined.
    /// Errors: [`JoinError`], if it cannot stand beside those that there are.
    pub fn joining(&self, one: &Joined) -> Result<Network, JoinError> {
        let servers = one.network.servers.iter();
        let servers = servers.map(|server| Server::parse(server, None));
        let servers: Vec<Server> = servers
            .collect::<Result<_, _>>()
            .map_err(JoinError::Wrong)?;
        for network in &self.networks {
            if let Some(same) = network.servers.iter().find(|one| servers.contains(one)) {
                return Err(JoinError::There(network.name.clone(), same.to_string()));
            }
            if network.name == one.network.name {
                let theirs = network.servers.first().map(Server::to_string);
                return Err(JoinError::Named(
                    network.name.clone(),
                    theirs.unwrap_or_default(),
                ));
            }
        }
        if self.networks.len() >= MOST_NETWORKS {
            return Err(JoinError::Full);
        }
        let is_here = servers.iter().all(Server::is_loopback);
        let proxy = if is_here { None } else { self.way()? };
        Ok(Network {
            tls: one.tls,
            insecure: !one.tls,
            proxy,
            joined: true,
            ..Network::new(&one.network.name, servers)
        })
    }

    /// The proxy by which the networks of the file are reached: whoever hides behind one is not shown by another network.
    fn way(&self) -> Result<Option<Proxy>, JoinError> {
        let far = |network: &&Network| {
            !network.joined && !network.servers.iter().all(Server::is_loopback)
        };
        let mut ways = self
            .networks
            .iter()
            .filter(far)
            .map(|network| &network.proxy);
        let first = ways.next().cloned().flatten();
        match ways.all(|way| *way == first) {
            true => Ok(first),
            false => Err(JoinError::Ways),
        }
    }
}

#[cfg(test)]
mod tests;

//! Networks that stand beside those of `config.toml`: which the user has joined by a command, or which were joined for a
//! friend.

use super::values::{NetworkUrl, Proxy, Server};
use super::{Config, MOST_NETWORKS, Network};
use crate::rules::networks::{Called, How, Joined, Known, Ours};

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
    /// It has the name of a well-known network, and its server is none of that.
    #[error("{0} is a well-known network, and {1} is no server of it")]
    Pretended(String, Server),
    /// It was to be joined for a friend, where the user may hide where they connect from.
    #[error("{0}; it is joined only if you say so")]
    Unasked(String),
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
            Self::Named(..) | Self::Pretended(..) => {
                Some("give it a name of its own: `iim network join NAME=ircs://HOST`")
            }
            Self::Plain(_) => Some("name it with ircs://, or give --insecure if that is meant"),
            Self::Ways => Some("name it in config.toml, in a section [[network]] of its own"),
            Self::Unasked(_) => Some("`iim network join` joins it: its servers learn your host"),
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

impl Network {
    /// As friends' networks are matched with it, of what its servers call it; `None`: they have not said yet. They are believed where
    /// a certificate proves them to be those that the user has written down: where a friend led the user to, anybody may be.
    pub fn ours(&self, called: Option<Option<&str>>) -> Ours {
        let servers: Vec<String> = self.servers.iter().map(Server::to_string).collect();
        let called = match called {
            _ if !self.tls || self.joined => Called::Nothing,
            None if Known::of(&servers).is_none() => Called::Unknown,
            None | Some(None) => Called::Nothing,
            Some(Some(name)) => Called::By(name.to_ascii_lowercase()),
        };
        Ours {
            name: self.name.clone(),
            servers,
            called,
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
        let known = Known::of(&one.network.servers);
        for network in &self.networks {
            let first = || network.servers.first().map(Server::to_string);
            if known.is_some() && known == Known::of(&network.ours(None).servers) {
                let server = first().unwrap_or_default();
                return Err(JoinError::There(network.name.clone(), server));
            }
            if let Some(same) = network.servers.iter().find(|one| servers.contains(one)) {
                return Err(JoinError::There(network.name.clone(), same.to_string()));
            }
            if network.name == one.network.name {
                let server = first().unwrap_or_default();
                return Err(JoinError::Named(network.name.clone(), server));
            }
        }
        if let (Some(named), Some(server)) = (Known::named(&one.network.name), servers.first())
            && known != Some(named)
        {
            return Err(JoinError::Pretended(named.name.to_owned(), server.clone()));
        }
        if self.networks.len() >= MOST_NETWORKS {
            return Err(JoinError::Full);
        }
        if one.how == How::Followed
            && let Some(why) = self.unasked()
        {
            return Err(JoinError::Unasked(why));
        }
        let is_here = servers.iter().all(Server::is_loopback);
        let proxy = if is_here { None } else { self.way()? };
        Ok(Network {
            tls: one.tls,
            insecure: !one.tls,
            proxy,
            groups: self.of_file().all(|network| network.groups),
            joined: true,
            ..Network::new(&one.network.name, servers)
        })
    }

    /// The networks of the file.
    fn of_file(&self) -> impl Iterator<Item = &Network> {
        self.networks.iter().filter(|network| !network.joined)
    }

    /// Those that are not on this machine.
    fn far(&self) -> impl Iterator<Item = &Network> {
        let is_far = |network: &&Network| !network.servers.iter().all(Server::is_loopback);
        self.of_file().filter(is_far)
    }

    /// The proxy by which the networks of the file are reached: whoever hides behind one is not shown by another network.
    fn way(&self) -> Result<Option<Proxy>, JoinError> {
        let mut ways = self.far().map(|network| &network.proxy);
        let first = ways.next().cloned().flatten();
        match ways.all(|way| *way == first) {
            true => Ok(first),
            false => Err(JoinError::Ways),
        }
    }

    /// What may hide from the networks of the file where the user connects from, beside a proxy: another network is not hidden from.
    pub fn hides(&self) -> Option<String> {
        if self.of_file().next().is_some() && self.far().next().is_none() {
            return Some("the networks of config.toml are all on this machine".to_owned());
        }
        // An account's cloak, a bouncer.
        let logs_in = |network: &&Network| {
            let by_password = network.sasl.is_some() || network.server_password.is_some();
            by_password || network.client_cert.is_some()
        };
        let network = self.far().find(logs_in)?;
        let name = &network.name;
        Some(format!(
            "you log in to {name}, which may hide your host there"
        ))
    }

    /// Why no network is joined without a word of the user's.
    fn unasked(&self) -> Option<String> {
        match self.of_file().next() {
            None => Some("config.toml names no network".to_owned()),
            Some(_) => self.hides(),
        }
    }
}

#[cfg(test)]
mod tests;

//! From the configuration of a network to the settings of its link.

use std::time::Duration;

use crate::edge::config::{self, Password, PasswordError};
use crate::edge::irc::{Flood, Hidden, NetworkSettings, Proxy, Sasl, ServerAddress, Tls};

/// The settings of a link; passwords are had from their programs or files.
pub(crate) fn of(network: &config::Network, poll: u64) -> Result<NetworkSettings, PasswordError> {
    let servers = network.servers.iter().map(server).collect();
    Ok(NetworkSettings {
        tls: tls(network),
        client_certificate: network.client_cert.clone().map(|file| (file.clone(), file)),
        server_password: network.server_password.as_ref().map(hidden).transpose()?,
        sasl: network.sasl.as_ref().map(sasl).transpose()?,
        proxy: network.proxy.as_ref().map(|proxy| Proxy {
            address: server(&proxy.0),
            login: None,
        }),
        flood: Flood {
            burst: network.flood.burst,
            per_second: network.flood.per_second,
        },
        poll: Duration::from_secs(poll),
        ..NetworkSettings::new(&network.name, servers)
    })
}

fn server(server: &config::Server) -> ServerAddress {
    ServerAddress {
        host: server.host.clone(),
        port: server.port,
    }
}

fn tls(network: &config::Network) -> Tls {
    match (&network.ca, network.tls) {
        (_, false) => Tls::Off,
        (Some(ca), true) => Tls::Ca(ca.clone()),
        (None, true) => Tls::System,
    }
}

fn hidden(password: &Password) -> Result<Hidden, PasswordError> {
    Ok(Hidden(password.read()?.expose().to_owned()))
}

fn sasl(sasl: &config::Sasl) -> Result<Sasl, PasswordError> {
    Ok(match sasl {
        config::Sasl::Plain { user, password } => Sasl::Plain {
            user: user.clone(),
            password: hidden(password)?,
        },
        config::Sasl::External { user } => Sasl::External {
            user: user.clone().unwrap_or_default(),
        },
    })
}

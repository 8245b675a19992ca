//! An IRC network, as letters name it.

use serde::{Deserialize, Serialize};

/// An IRC network as its user lists it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Network {
    /// The name, ASCII lower case, 1 to 64 bytes; part of the nickname's derivation.
    pub name: String,
    /// One to four `host:port`.
    pub servers: Vec<String>,
}

impl Network {
    /// Whether one of its servers is the other's, too.
    pub fn shares_server(&self, other: &Self) -> bool {
        let mut servers = self.servers.iter();
        servers.any(|server| other.has_server(server))
    }

    /// Whether it has a server, whatever the case.
    pub fn has_server(&self, server: &str) -> bool {
        let mut servers = self.servers.iter();
        servers.any(|one| one.eq_ignore_ascii_case(server))
    }
}

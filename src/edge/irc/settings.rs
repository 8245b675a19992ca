//! What the user configured for a network, as values that need no more checks but those of connecting.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// All that a link needs to know of its network.
#[derive(Clone, Debug)]
pub struct NetworkSettings {
    /// The network's name in config.toml; for logs only.
    pub name: String,
    /// Its servers, tried in turn.
    pub servers: Vec<ServerAddress>,
    /// Whether and with which authorities the connection is encrypted.
    pub tls: Tls,
    /// Our certificate and its key, two PEM files, shown to a server that asks (SASL EXTERNAL, CertFP).
    pub client_certificate: Option<(PathBuf, PathBuf)>,
    /// What PASS says.
    pub server_password: Option<Hidden>,
    /// How we log in. If set and not possible, the link does not go on without it: an account's cloak may be all
    /// that hides our host.
    pub sasl: Option<Sasl>,
    /// A SOCKS5 proxy; host names are then resolved by it alone.
    pub proxy: Option<Proxy>,
    /// The server's patience.
    pub flood: Flood,
    /// Seconds between two rounds of ISON.
    pub poll: Duration,
    /// A link silent for so long is pinged.
    pub ping: Duration,
    /// A link silent for so long after that is lost.
    pub ping_timeout: Duration,
    /// Bytes of a line including CR LF where the server names no LINELEN.
    pub linelen_default: usize,
}

impl NetworkSettings {
    /// The usual settings for a network: TLS with the system's authorities, default limits.
    pub fn new(name: &str, servers: Vec<ServerAddress>) -> Self {
        Self {
            name: name.to_owned(),
            servers,
            tls: Tls::System,
            client_certificate: None,
            server_password: None,
            sasl: None,
            proxy: None,
            flood: Flood::default(),
            poll: Duration::from_secs(15),
            ping: Duration::from_secs(60),
            ping_timeout: Duration::from_secs(60),
            linelen_default: 512,
        }
    }
}

/// A server or proxy: a host name or IP address (IPv6 without brackets), and a TCP port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerAddress {
    /// The host.
    pub host: String,
    /// The port.
    pub port: u16,
}

impl fmt::Display for ServerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port } = self;
        if host.contains(':') {
            write!(f, "[{host}]:{port}")
        } else {
            write!(f, "{host}:{port}")
        }
    }
}

/// Whether and with which authorities a connection is encrypted. The name in the certificate is checked always.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tls {
    /// Plain text: for loopback, or where the user says so.
    Off,
    /// The system's certificate authorities.
    System,
    /// The authorities in this PEM file, and no others.
    Ca(PathBuf),
}

/// How we log in to the network's services (RFC 4422).
#[derive(Clone, Debug)]
pub enum Sasl {
    /// By name and password (RFC 4616).
    Plain {
        /// The account.
        user: String,
        /// Its password.
        password: Hidden,
    },
    /// By the client certificate.
    External {
        /// The account, or empty: the one that the certificate belongs to.
        user: String,
    },
}

/// A SOCKS5 proxy (RFC 1928).
#[derive(Clone, Debug)]
pub struct Proxy {
    /// Where it listens.
    pub address: ServerAddress,
    /// User and password (RFC 1929). Tor keeps streams with different ones apart.
    pub login: Option<(String, Hidden)>,
}

/// How many lines a server takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Flood {
    /// Lines at once after a rest.
    pub burst: u32,
    /// Lines a second after that.
    pub per_second: f64,
}

impl Default for Flood {
    fn default() -> Self {
        Self {
            burst: 4,
            per_second: 0.5,
        }
    }
}

/// A text that never prints.
#[derive(Clone, PartialEq, Eq)]
pub struct Hidden(pub String);

impl Hidden {
    /// The text, for the line that carries it.
    pub(super) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(_) = self;
        f.write_str("Hidden")
    }
}

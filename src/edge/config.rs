//! The user's configuration, `config.toml`: read, checked and typed; never written after `iim setup`.

mod fetch;
mod file;
mod gateway;
mod joined;
mod load;
mod mail;
mod mail_login;
mod mail_url;
mod secret;
mod template;
mod values;

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use crate::protocol::address::Address;
use crate::rules::account::Policy;

pub use fetch::{Fetch, Then};
pub use gateway::{Certificate, Gateway, Listen, Login};
pub use joined::JoinError;
pub use load::place;
pub use mail::{Mail, MailOut, Smtp};
pub use mail_login::MailLogin;
pub use mail_url::{FetchUrl, Protocol, Security, SmtpUrl};
pub use secret::{Password, PasswordError, Secret};
pub use template::Setup;
pub use values::{NetworkUrl, Proxy, Server};

/// The whole configuration, free of contradictions.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Our own mail address.
    pub address: Address,
    /// Our other addresses, at most 16: requests to them are taken, and whoever asks one knows us by it.
    pub also: Vec<Address>,
    /// The name that a request carries, at most 64 bytes; the address's local part when none is given.
    pub name: String,
    /// The IRC networks, at most eight, in the order of our preference.
    pub networks: Vec<Network>,
    /// How mail leaves, and how it comes.
    pub mail: Mail,
    /// How presence is watched and shown.
    pub presence: Presence,
    /// Who may become a friend without a question.
    pub accept: Policy,
    /// `[receipts] read`: whether we tell that we have read a text.
    pub read_receipts: bool,
    /// `[groups] rooms`: whether groups have rooms on IRC.
    pub rooms: bool,
    /// The programs to run when something happens, by the name of the event: words, run without a shell.
    pub hooks: BTreeMap<&'static str, Vec<String>>,
    /// Where the user's own IRC clients connect; `None`: nowhere.
    pub gateway: Option<Gateway>,
}

/// One IRC network that we are on; `P` is where its passwords are to be had, or the passwords themselves.
#[derive(Debug, Clone, PartialEq)]
pub struct Network<P = Password> {
    /// Its name, lower-case ASCII, 1 to 64 bytes, different from all others.
    pub name: String,
    /// One to four servers, in order.
    pub servers: Vec<Server>,
    /// Whether to use TLS from the first byte.
    pub tls: bool,
    /// A PEM file with the certificate authority to trust instead of the system's.
    pub ca: Option<PathBuf>,
    /// What is sent as PASS.
    pub server_password: Option<P>,
    /// How to log in to services.
    pub sasl: Option<Sasl<P>>,
    /// A PEM file with our certificate and its key, shown to a server that asks.
    pub client_cert: Option<PathBuf>,
    /// Whether the user allows a connection without TLS.
    pub insecure: bool,
    /// A SOCKS5 proxy.
    pub proxy: Option<Proxy>,
    /// How fast lines may be sent.
    pub flood: Flood,
    /// Whether rooms of groups are joined there, by a connection of their own.
    pub groups: bool,
    /// Whether it stands beside those of the file: the user has joined it by a command, or it was joined for a friend.
    pub joined: bool,
}

/// A login by SASL (RFC 4422). Where it is not possible, nobody goes on without it: an account's cloak may be all that
/// hides our host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sasl<P = Password> {
    /// Account name and password (RFC 4616).
    Plain {
        /// The account.
        user: String,
        /// Its password, or where that is to be had.
        password: P,
    },
    /// The client certificate says who we are; the account, when that is not enough.
    External(Option<String>),
}

/// The token bucket of what we send.
#[derive(Debug, Clone, Copy, PartialEq, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Flood {
    /// Lines that may leave at once.
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

/// How presence is watched and shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presence {
    /// The names of the networks on which friends are watched.
    pub watch: Vec<String>,
    /// Between two questions where the server does not tell by itself.
    pub poll: Duration,
    /// Seconds for which one nickname holds, 1 h to 30 d.
    pub window: u32,
    /// After how long a friend who vanished is shown as gone.
    pub grace: Duration,
    /// What is done about friends who are on none of our networks.
    pub follow: Follow,
}

/// What is done about friends who are on none of our networks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Follow {
    /// The user is told where they are.
    #[default]
    Ask,
    /// As well; and a well-known public network is joined for a friend who may see us.
    Known,
    /// Nothing is said of it.
    Never,
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// There is no such file.
    #[error("{} is missing", .0.display())]
    Missing(PathBuf),
    /// The file cannot be read.
    #[error("cannot read {path}: {1}", path = .0.display())]
    Read(PathBuf, #[source] io::Error),
    /// Something in it is wrong; line and column (in characters) count from 1.
    #[error("{path}:{1}:{2}: {3}", path = .0.display())]
    Wrong(PathBuf, usize, usize, String),
}

impl ConfigError {
    /// What the user can try, in one line.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Missing(_) => Some("run iim setup"),
            Self::Read(..) => None,
            Self::Wrong(..) => Some("the file that iim setup writes explains every key"),
        }
    }
}

impl Config {
    /// Files that are named, and are not there.
    pub fn missing_files(&self) -> Vec<PathBuf> {
        let mut named = self.clone();
        let files = named.files().into_iter().map(|file| file.clone());
        files.filter(|file| !file.exists()).collect()
    }

    /// All files that are named.
    fn files(&mut self) -> Vec<&mut PathBuf> {
        let mut files = Vec::new();
        for network in &mut self.networks {
            files.extend(network.ca.as_mut());
            files.extend(network.client_cert.as_mut());
            files.extend(network.server_password.as_mut().and_then(Password::file));
            if let Some(Sasl::Plain { password, .. }) = &mut network.sasl {
                files.extend(password.file());
            }
        }
        files.extend(self.mail.files());
        files.extend(self.gateway.iter_mut().flat_map(Gateway::files));
        files
    }
}

impl<P> Network<P> {
    /// A network of which nothing but its servers is said: over TLS, as the system's authorities say.
    pub fn new(name: &str, servers: Vec<Server>) -> Self {
        Self {
            name: name.to_owned(),
            servers,
            tls: true,
            ca: None,
            server_password: None,
            sasl: None,
            client_cert: None,
            insecure: false,
            proxy: None,
            flood: Flood::default(),
            groups: true,
            joined: false,
        }
    }
}

impl Network {
    /// The network with its passwords, had from their programs or files, which may take ten seconds each.
    pub fn open(&self) -> Result<Network<Secret>, PasswordError> {
        let sasl = match &self.sasl {
            Some(Sasl::Plain { user, password }) => Some(Sasl::Plain {
                user: user.clone(),
                password: password.read()?,
            }),
            Some(Sasl::External(user)) => Some(Sasl::External(user.clone())),
            None => None,
        };
        let server_password = self.server_password.as_ref();
        Ok(Network {
            server_password: server_password.map(Password::read).transpose()?,
            sasl,
            tls: self.tls,
            ca: self.ca.clone(),
            client_cert: self.client_cert.clone(),
            insecure: self.insecure,
            proxy: self.proxy.clone(),
            flood: self.flood,
            ..Network::new(&self.name, self.servers.clone())
        })
    }
}

/// IRC networks, all together.
const MOST_NETWORKS: usize = 8;

#[cfg(test)]
mod tests;

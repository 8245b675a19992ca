//! `[gateway]`: where the user's own IRC clients connect, and who is let in.
//!
//! ```text
//! unix                 gateway.sock beside the agent's socket          unix:PATH    another
//! 127.0.0.1:6667       TCP in clear text, on this machine alone        tls://0.0.0.0:6697     with TLS, anywhere
//! ws://127.0.0.1:8067  WebSocket, on this machine alone                wss://0.0.0.0:8097     with TLS, anywhere
//! ```

use std::collections::BTreeMap;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use serde::Deserialize;

use super::secret::{Password, password};
use super::values::{Broken, Words};

/// The gateway for the user's own IRC clients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gateway {
    /// Where it listens: one to sixteen places, each once.
    pub listen: Vec<Listen>,
    /// The certificate and its key, in PEM files; there if any listener speaks TLS.
    pub certificate: Option<Certificate>,
    /// Who is let in.
    pub login: Login,
    /// How many texts at most a client that has no `draft/chathistory` is handed when it comes back: all that is
    /// unread, however much that is, then the newest of the rest. `None`: all that its device has not had.
    pub replay: Option<u64>,
    /// Whether clients that do not say so show lines of the user that they have not sent as the user's; else these come as if
    /// from the friend, with an arrow in front.
    pub self_messages: bool,
    /// Whether the client of a device, named in small letters, shows reactions and what a text answers by their tags; of
    /// others it is guessed.
    pub tags: BTreeMap<String, bool>,
    /// The web pages that may connect, as browsers write them in `Origin` (`https://chat.example.org`).
    pub origins: Vec<String>,
}

/// A certificate chain and the key of its first certificate; both may stand in one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// The chain.
    pub chain: PathBuf,
    /// The key.
    pub key: PathBuf,
}

/// Who is let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Login {
    /// The devices of `iim device`, each with its password.
    Devices,
    /// Those, and whoever knows this one password, under any device name.
    Password(Password),
    /// Everybody who reaches a listener; all of them are on this machine.
    Open,
}

/// One place where clients connect.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Listen {
    /// A Unix socket, mode 0600; without a path `gateway.sock` beside the agent's.
    Unix(Option<PathBuf>),
    /// A TCP port.
    Tcp {
        /// Its address; loopback if there is no TLS.
        at: SocketAddr,
        /// TLS from the first byte.
        tls: bool,
        /// Clients are expected to speak WebSocket (IRCv3 `websocket`).
        web: bool,
    },
}

/// What a section `[gateway]` with nothing in it says.
impl Default for Gateway {
    fn default() -> Self {
        let at = SocketAddr::from((Ipv4Addr::LOCALHOST, PORT));
        let (tls, web) = (false, false);
        Self {
            listen: vec![Listen::Unix(None), Listen::Tcp { at, tls, web }],
            certificate: None,
            login: Login::Devices,
            replay: None,
            self_messages: true,
            tags: BTreeMap::new(),
            origins: Vec::new(),
        }
    }
}

impl Gateway {
    /// All files that are named.
    pub(super) fn files(&mut self) -> Vec<&mut PathBuf> {
        let sockets = self.listen.iter_mut().filter_map(|one| match one {
            Listen::Unix(path) => path.as_mut(),
            Listen::Tcp { .. } => None,
        });
        let certificate = self.certificate.iter_mut();
        let certificate = certificate.flat_map(|files| [&mut files.chain, &mut files.key]);
        let password = match &mut self.login {
            Login::Password(password) => password.file(),
            Login::Devices | Login::Open => None,
        };
        sockets.chain(certificate).chain(password).collect()
    }
}

impl Listen {
    /// Whether only programs on this machine reach it.
    pub fn is_local(&self) -> bool {
        match self {
            Self::Unix(_) => true,
            Self::Tcp { at, .. } => at.ip().is_loopback(),
        }
    }
}

impl TryFrom<String> for Listen {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text == "unix" {
            return Ok(Self::Unix(None));
        }
        if let Some(path) = text.strip_prefix("unix:") {
            let path = Some(path).filter(|path| !path.is_empty()).ok_or(FORMS)?;
            return Ok(Self::Unix(Some(path.into())));
        }
        let (tls, web, rest) = match text.split_once("://") {
            None => (false, false, text.as_str()),
            Some(("tls", rest)) => (true, false, rest),
            Some(("ws", rest)) => (false, true, rest),
            Some(("wss", rest)) => (true, true, rest),
            Some(_) => return Err(FORMS.to_owned()),
        };
        let at = socket_address(rest.trim_end_matches('/')).ok_or(FORMS)?;
        if !tls && !at.ip().is_loopback() {
            let with = if web { "wss" } else { "tls" };
            let mend = format!("write {with}://{at}, and name a certificate");
            return Err(format!("{at} would be reached without TLS: {mend}"));
        }
        Ok(Self::Tcp { at, tls, web })
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(None) => f.write_str("unix"),
            Self::Unix(Some(path)) => write!(f, "unix:{}", path.display()),
            Self::Tcp { at, tls, web } => match (tls, web) {
                (false, false) => write!(f, "{at}"),
                (true, false) => write!(f, "tls://{at}"),
                (false, true) => write!(f, "ws://{at}"),
                (true, true) => write!(f, "wss://{at}"),
            },
        }
    }
}

/// An address and a port other than 0; `localhost` is 127.0.0.1.
fn socket_address(text: &str) -> Option<SocketAddr> {
    let at = match text.strip_prefix("localhost:") {
        Some(port) => SocketAddr::from((Ipv4Addr::LOCALHOST, port.parse::<u16>().ok()?)),
        None => text.parse().ok()?,
    };
    (at.port() != 0).then_some(at)
}

/// Said without the text that is wrong: it may hold what its writer should not have put there.
const FORMS: &str = "a listener is written \"unix\", \"unix:PATH\", \"127.0.0.1:6667\", \"tls://0.0.0.0:6697\", \
                     \"ws://127.0.0.1:8067\" or \"wss://0.0.0.0:8097\", with an address and no host name";

/// `[gateway]` as it is written.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct GatewayTable {
    listen: Option<Vec<toml::Spanned<Listen>>>,
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
    open: Option<toml::Spanned<bool>>,
    password_command: Option<Words>,
    password_file: Option<PathBuf>,
    replay: Option<u64>,
    self_messages: Option<bool>,
    tags: BTreeMap<String, bool>,
    origins: Vec<Origin>,
}

/// Reads `[gateway]`; without the section there is none.
pub(super) fn gateway(
    table: Option<toml::Spanned<GatewayTable>>,
) -> Result<Option<Gateway>, Broken> {
    let Some(table) = table else { return Ok(None) };
    let at = Some(table.span().start);
    let table = table.into_inner();
    let here = |what| (at, what);
    let listen = listeners(table.listen, at)?;
    let certificate = certificate(table.certificate, table.key, &listen).map_err(here)?;
    let one = password(table.password_command, table.password_file).map_err(here)?;
    let tags = table.tags.into_iter();
    let tags = tags.map(|(device, shown)| (device.to_ascii_lowercase(), shown));
    Ok(Some(Gateway {
        login: login(table.open, one, &listen)?,
        listen,
        certificate,
        replay: table.replay,
        self_messages: table.self_messages.unwrap_or(true),
        tags: tags.collect(),
        origins: table.origins.into_iter().map(|origin| origin.0).collect(),
    }))
}

fn listeners(
    given: Option<Vec<toml::Spanned<Listen>>>,
    table: Option<usize>,
) -> Result<Vec<Listen>, Broken> {
    let Some(given) = given else {
        return Ok(Gateway::default().listen);
    };
    if !(1..=MOST_LISTENERS).contains(&given.len()) {
        let most = format!("listen names one to {MOST_LISTENERS} places");
        return Err((table, format!("{most}; leave [gateway] out for none")));
    }
    let mut listen: Vec<Listen> = Vec::new();
    for one in given {
        let at = one.span().start;
        let one = one.into_inner();
        if listen.iter().any(|other| same_place(other, &one)) {
            return Err((Some(at), format!("listen names {one} twice")));
        }
        listen.push(one);
    }
    Ok(listen)
}

fn same_place(one: &Listen, other: &Listen) -> bool {
    match (one, other) {
        (Listen::Unix(one), Listen::Unix(other)) => one == other,
        (Listen::Tcp { at: one, .. }, Listen::Tcp { at: other, .. }) => one == other,
        (Listen::Unix(_), Listen::Tcp { .. }) | (Listen::Tcp { .. }, Listen::Unix(_)) => false,
    }
}

fn certificate(
    chain: Option<PathBuf>,
    key: Option<PathBuf>,
    listen: &[Listen],
) -> Result<Option<Certificate>, String> {
    match (chain, key) {
        (Some(chain), key) => {
            let key = key.unwrap_or_else(|| chain.clone());
            Ok(Some(Certificate { chain, key }))
        }
        (None, Some(_)) => Err("key goes with certificate".to_owned()),
        (None, None) => {
            let needs = |one: &&Listen| matches!(one, Listen::Tcp { tls: true, .. });
            let why = |one| format!("{one} needs certificate (and key, if that is another file)");
            listen
                .iter()
                .find(needs)
                .map_or(Ok(None), |one| Err(why(one)))
        }
    }
}

fn login(
    open: Option<toml::Spanned<bool>>,
    one: Option<Password>,
    listen: &[Listen],
) -> Result<Login, Broken> {
    let Some(open) = open.filter(|open| *open.get_ref()) else {
        return Ok(one.map_or(Login::Devices, Login::Password));
    };
    let at = Some(open.span().start);
    if one.is_some() {
        let what = "open asks for no password: leave one of them out";
        return Err((at, what.to_owned()));
    }
    match listen.iter().find(|one| !one.is_local()) {
        Some(far) => Err((at, format!("open would let in everybody who reaches {far}"))),
        None => Ok(Login::Open),
    }
}

/// Scheme, host and perhaps port of a web page (RFC 6454, section 6.2), lower case.
#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Origin(String);

impl TryFrom<String> for Origin {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, &'static str> {
        let wrong = "an origin is written https://chat.example.org or http://127.0.0.1:9000, without a path";
        let text = text.trim_end_matches('/').to_ascii_lowercase();
        let host = text
            .strip_prefix("https://")
            .or(text.strip_prefix("http://"));
        let host = host.ok_or(wrong)?;
        let allowed = |c: char| c.is_ascii_alphanumeric() || ".-_:[]".contains(c);
        match !host.is_empty() && host.chars().all(allowed) {
            true => Ok(Self(text)),
            false => Err(wrong),
        }
    }
}

/// The port of IRC in clear text.
const PORT: u16 = 6667;
const MOST_LISTENERS: usize = 16;

#[cfg(test)]
mod tests;

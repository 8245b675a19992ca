//! The values in `config.toml` that have a grammar: each is checked where it is read.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use serde::Deserialize;

use crate::protocol::address::Address;

/// A rule broken, and the byte where the value stands, if it stands anywhere.
pub(super) type Broken = (Option<usize>, String);

/// A host and a port, `host:port`; an IPv6 address stands in brackets.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Server {
    /// Host name or address, lower case, without brackets.
    pub host: String,
    /// The port, not 0.
    pub port: u16,
}

impl Server {
    /// Whether the host is this machine itself.
    pub fn is_loopback(&self) -> bool {
        let address = self.host.parse();
        self.host == "localhost" || address.is_ok_and(|ip: IpAddr| ip.is_loopback())
    }

    /// Whether the host is this machine, or an address or a name inside of a local network: what whoever names it to us
    /// means by that need not be what we reach under it.
    pub fn is_local(&self) -> bool {
        let name = self.host.trim_end_matches('.');
        match self.host.parse() {
            Ok(IpAddr::V4(ip)) => is_local_v4(ip),
            Ok(IpAddr::V6(ip)) => {
                let inner = ip.to_ipv4_mapped().or(ip.to_ipv4());
                let [first, second, third, ..] = ip.segments();
                // Unique local (RFC 4193), link-local (RFC 4291) and site-local (RFC 3879).
                let is_local = first & 0xfe00 == 0xfc00 || first & 0xff80 == 0xfe80;
                // An IPv4 address of any kind, behind who translates it (RFC 6052, RFC 8215) or wraps it up (RFC 3056).
                let is_translated = (first, second) == (0x64, 0xff9b) && third <= 1;
                let is_inside = is_local || is_translated || first == 0x2002;
                is_inside || ip.is_multicast() || inner.is_some_and(is_local_v4)
            }
            Err(_) => {
                let last = name.rsplit('.').next().unwrap_or(name);
                // A number is an address in one of the forms of old, such as 127.1 or 0x7f000001.
                let is_number = last.starts_with(|c: char| c.is_ascii_digit());
                !name.contains('.')
                    || is_number
                    || LOCAL_ENDS.contains(&last)
                    || name.ends_with(".home.arpa")
                    || name == "fritz.box"
                    || name.ends_with(".fritz.box")
            }
        }
    }

    pub(super) fn parse(text: &str, port: Option<u16>) -> Result<Self, String> {
        let wrong = || format!("{text:?} is not of the form host:port");
        let (host, given) = match text.strip_prefix('[').and_then(|t| t.split_once(']')) {
            Some((host, "")) => (host, None),
            Some((host, rest)) => (host, Some(rest.strip_prefix(':').ok_or_else(wrong)?)),
            None => match text.rsplit_once(':') {
                Some((host, _)) if host.contains(':') => return Err(wrong()),
                Some((host, port)) => (host, Some(port)),
                None => (text, None),
            },
        };
        // The root, at which every name ends.
        let host = host.strip_suffix('.').unwrap_or(host);
        let given = given.map(|p| p.parse().map_err(|_| wrong())).transpose()?;
        let port = given.or(port).filter(|p| *p != 0).ok_or_else(wrong)?;
        let allowed = |c: char| c.is_ascii_alphanumeric() || ".-_:".contains(c);
        if host.is_empty() || host.len() > 253 || !host.chars().all(allowed) {
            return Err(wrong());
        }
        let host = host.to_ascii_lowercase();
        Ok(Self { host, port })
    }
}

fn is_local_v4(ip: Ipv4Addr) -> bool {
    let [first, second, third, _] = ip.octets();
    // "This network" (RFC 1122), the addresses that providers share (RFC 6598), those for protocols (RFC 6890) and for
    // measurements (RFC 2544), multicast, and those of which no use is known (RFC 1112).
    let is_shared = first == 0 || (first == 100 && second & 0xc0 == 64);
    let is_special = (first, second, third) == (192, 0, 0) || (first == 198 && second & 0xfe == 18);
    let is_inside = ip.is_loopback() || ip.is_private() || ip.is_link_local();
    is_inside || is_shared || is_special || first >= 224
}

/// Last labels of names that mean something in a local network alone, or that no server of the internet has (RFC 6761, RFC 7686,
/// RFC 9476).
const LOCAL_ENDS: [&str; 14] = [
    "onion",
    "i2p",
    "alt",
    "test",
    "invalid",
    "intranet",
    "corp",
    "private",
    "local",
    "localhost",
    "localdomain",
    "internal",
    "lan",
    "home",
];

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port } = self;
        match host.contains(':') {
            true => write!(f, "[{host}]:{port}"),
            false => write!(f, "{host}:{port}"),
        }
    }
}

impl TryFrom<String> for Server {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text, None)
    }
}

/// A SOCKS5 proxy, `socks5://host:port` (RFC 1928); names are resolved by the proxy.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Proxy(
    /// Where it listens.
    pub Server,
);

impl TryFrom<String> for Proxy {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        // Without the text: who writes a login into it would find it in the log.
        let wrong = || "a proxy is written socks5://host:port, without a login".to_owned();
        let rest = text
            .strip_prefix("socks5://")
            .or(text.strip_prefix("socks5h://"));
        Server::parse(rest.ok_or_else(wrong)?, Some(1080))
            .map(Self)
            .map_err(|_| wrong())
    }
}

/// A network as `iim setup --network` takes it: `[NAME=]ircs://HOST[:PORT]`; the name is the host's by default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkUrl {
    /// The network's name.
    pub name: String,
    /// Its server; the default port is 6697 with TLS, 6667 without.
    pub server: Server,
    /// Whether the scheme was `ircs`.
    pub tls: bool,
}

impl FromStr for NetworkUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let with_name = text.split_once('=').map(|(name, url)| (Some(name), url));
        let (name, url) = with_name.unwrap_or((None, text));
        let wrong = || format!("{text:?} is not of the form [NAME=]ircs://HOST[:PORT]");
        let url = url.trim_end_matches('/');
        let (scheme, rest) = url.split_once("://").ok_or_else(wrong)?;
        let (tls, port) = match scheme {
            "ircs" => (true, 6697),
            "irc" => (false, 6667),
            _ => return Err(wrong()),
        };
        let server = Server::parse(rest, Some(port))?;
        let name = network_name(name.unwrap_or(&server.host))?;
        Ok(Self { name, server, tls })
    }
}

/// A network's name: ASCII without spaces, 1 to 64 bytes, folded to lower case.
pub(super) fn network_name(name: &str) -> Result<String, String> {
    let is_plain = name.chars().all(|c| c.is_ascii_graphic());
    let rule = "1 to 64 ASCII characters without spaces";
    match is_plain && (1..=64).contains(&name.len()) {
        true => Ok(name.to_ascii_lowercase()),
        false => Err(format!("{name:?} is no name for a network: {rule}")),
    }
}

/// An address with `*` standing for any characters, compared like addresses.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Glob(pub(super) String);

impl TryFrom<String> for Glob {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let wrong = || format!("{text:?} is not of the form name@domain or *@domain");
        let (local, domain) = text.trim().rsplit_once('@').ok_or_else(wrong)?;
        let domain: Option<Vec<String>> = domain.split('.').map(folded).collect();
        let domain = domain.ok_or_else(wrong)?.join(".");
        // With letters in the place of the stars it must be an address; so no pattern can name what no address is.
        let pattern = format!("{}@{domain}", local.to_ascii_lowercase());
        match Address::parse(&pattern.replace('*', "x")) {
            Ok(_) if pattern.len() <= LONGEST_PATTERN => Ok(Self(pattern)),
            Ok(_) | Err(_) => Err(wrong()),
        }
    }
}

/// A part of a domain as addresses have it, an A-label (RFC 5890); one with a star is ASCII.
fn folded(label: &str) -> Option<String> {
    if label.contains('*') {
        return label.is_ascii().then(|| label.to_ascii_lowercase());
    }
    let address = Address::parse(&format!("x@{label}")).ok()?;
    Some(address.domain().to_owned())
}

/// Bytes of the longest address (RFC 5321), and a star.
const LONGEST_PATTERN: usize = 255;

/// A span of time: seconds as a number, or a number with `s`, `m`, `h` or `d` behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "RawSpan")]
pub(super) struct Span(pub(super) Duration);

#[derive(Deserialize)]
#[serde(
    untagged,
    expecting = "a span of time as \"30s\", \"15m\", \"1h\" or \"30d\""
)]
enum RawSpan {
    Number(u64),
    Text(String),
}

impl TryFrom<RawSpan> for Span {
    type Error = String;

    fn try_from(raw: RawSpan) -> Result<Self, String> {
        match raw {
            RawSpan::Number(count) => Ok(Self(Duration::from_secs(count))),
            RawSpan::Text(text) => span(&text).map(Self).ok_or_else(|| {
                format!("{text:?} is no span of time such as \"30s\", \"15m\", \"1h\" or \"30d\"")
            }),
        }
    }
}

fn span(text: &str) -> Option<Duration> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit: u64 = match text.get(digits.len()..)? {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return None,
    };
    let count = digits.trim().parse::<u64>().ok()?;
    count.checked_mul(unit).map(Duration::from_secs)
}

/// A span of time, if it is given and within what is allowed.
pub(super) fn within(
    given: Option<toml::Spanned<Span>>,
    usual: Duration,
    key: &str,
    allowed: RangeInclusive<Duration>,
) -> Result<Duration, Broken> {
    let Some(given) = given else { return Ok(usual) };
    let value = given.get_ref().0;
    if allowed.contains(&value) {
        return Ok(value);
    }
    let [value, least, most] = [value, *allowed.start(), *allowed.end()].map(|span| span.as_secs());
    let what = format!("{key} is {value} seconds, and must be {least} to {most}");
    Err((Some(given.span().start), what))
}

/// What a key is that is on unless it is set.
pub(super) fn yes() -> bool {
    true
}

/// A program and its arguments: one text, split as a shell splits words, or a list of words.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "RawWords")]
pub(super) struct Words(pub(super) Vec<String>);

#[derive(Deserialize)]
#[serde(untagged, expecting = "a program and its arguments")]
enum RawWords {
    Text(String),
    List(Vec<String>),
}

impl TryFrom<RawWords> for Words {
    type Error = String;

    fn try_from(raw: RawWords) -> Result<Self, String> {
        let words = match raw {
            // Without the text: it may hold what its writer should not have put there.
            RawWords::Text(text) => shell_words::split(&text)
                .map_err(|_| "the command has an open quotation mark".to_owned())?,
            RawWords::List(words) => words,
        };
        match words.first() {
            Some(program) if !program.is_empty() => Ok(Self(words)),
            _ => Err("no program is named".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests;

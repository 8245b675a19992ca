//! A provider's own file about its servers (Thunderbird's autoconfig, "config-v1.1.xml"), as far as it matters here.
//!
//! ```text
//! clientConfig > emailProvider > incomingServer type="imap|pop3", outgoingServer type="smtp"
//!                                  > hostname, port, socketType, username, authentication
//! ```
//!
//! It comes from outside: read once from front to end, at most 64 KiB, 16 levels, and without a DOCTYPE or entities, of which
//! small files make large ones. A server without TLS, or with a login that we do not have, is passed over.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::Servers;
use crate::edge::config::{FetchUrl, Protocol, Security, Server, SmtpUrl};
use crate::protocol::address::Address;

/// The longest file that is read, in bytes.
pub const LONGEST: usize = 64 * 1024;
/// Levels of elements.
const DEEPEST: usize = 16;
/// Of one value, in bytes.
const LONGEST_VALUE: usize = 512;

/// The servers that the file names for an address: the first of each kind that we can use, IMAP rather than POP3.
/// `None`: it is no such file, or names none.
pub fn servers(file: &[u8], address: &Address) -> Option<Servers> {
    let file = Some(file).filter(|file| file.len() <= LONGEST)?;
    let text = std::str::from_utf8(file).ok()?;
    let all = read(text)?;
    let first = |scheme| {
        let mut of = all.iter().filter(|server| server.scheme == scheme);
        of.find_map(|server| server.checked(address))
    };
    let incoming = |scheme, protocol| {
        let (server, security, user) = first(scheme)?;
        Some(FetchUrl {
            protocol,
            server,
            security,
            user: Some(user),
        })
    };
    let fetch = incoming("imap", Protocol::Imap).or_else(|| incoming("pop3", Protocol::Pop3))?;
    let (server, security, user) = first("smtp")?;
    let smtp = SmtpUrl {
        server,
        security,
        user: Some(user),
    };
    Some(Servers { fetch, smtp })
}

/// A server as it is described.
#[derive(Debug, Default)]
struct Described {
    scheme: &'static str,
    hostname: String,
    port: String,
    socket: String,
    username: Option<String>,
    authentication: Vec<String>,
}

impl Described {
    /// The server, how it is protected, and who logs in, if all of that is of use.
    fn checked(&self, address: &Address) -> Option<(Server, Security, String)> {
        let security = match self.socket.as_str() {
            "SSL" => Security::Tls,
            "STARTTLS" => Security::StartTls,
            _ => return None,
        };
        let known = |way: &String| KNOWN.contains(&way.as_str());
        if !self.authentication.is_empty() && !self.authentication.iter().any(known) {
            return None;
        }
        let user = match &self.username {
            Some(user) => filled_in(user, address),
            None => address.to_string(),
        };
        if user.is_empty() || user.contains(char::is_control) {
            return None;
        }
        let host = filled_in(&self.hostname, address);
        let server = Server::try_from(format!("{host}:{}", self.port)).ok()?;
        Some((server, security, user))
    }

    /// A value of this name; of other names nothing is known.
    fn take(&mut self, name: &[u8], value: String) {
        match name {
            b"hostname" => self.hostname = value,
            b"port" => self.port = value,
            b"socketType" => self.socket = value,
            b"username" => self.username = Some(value),
            b"authentication" => self.authentication.push(value),
            _ => {}
        }
    }
}

/// The ways to log in that we have.
const KNOWN: [&str; 3] = ["password-cleartext", "plain", "OAuth2"];

fn filled_in(text: &str, address: &Address) -> String {
    text.replace("%EMAILADDRESS%", address.as_str())
        .replace("%EMAILLOCALPART%", address.local())
        .replace("%EMAILDOMAIN%", address.domain())
}

/// All servers that are described, in the file's order; `None`: this is no such file.
fn read(text: &str) -> Option<Vec<Described>> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().trim_text(true);
    let mut found: Vec<Described> = Vec::new();
    // The names of the elements that are open.
    let mut path: Vec<Vec<u8>> = Vec::new();
    let mut value = String::new();
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) => {
                begin(&start, &path, &mut found);
                path.push(start.name().as_ref().to_vec());
                value.clear();
                if path.len() > DEEPEST {
                    return None;
                }
            }
            Event::Text(text) => {
                let piece = text.decode().ok()?;
                if value.len().saturating_add(piece.len()) <= LONGEST_VALUE {
                    value.push_str(piece.trim());
                }
            }
            Event::End(_) => {
                let name = path.pop()?;
                if is_server(&path)
                    && let Some(server) = found.last_mut()
                {
                    server.take(&name, std::mem::take(&mut value));
                }
                value.clear();
            }
            // Entities may stand in names for people. In a value that counts they leave it wrong, so that it is passed over.
            Event::GeneralRef(_) => value.push('&'),
            Event::DocType(_) => return None,
            Event::Eof => return path.is_empty().then_some(found),
            Event::Empty(_)
            | Event::CData(_)
            | Event::Comment(_)
            | Event::Decl(_)
            | Event::PI(_) => {}
        }
    }
}

/// A server begins, perhaps.
fn begin(start: &BytesStart<'_>, path: &[Vec<u8>], found: &mut Vec<Described>) {
    if !matches!(path, [one, two] if one == b"clientConfig" && two == b"emailProvider") {
        return;
    }
    let kind = start.try_get_attribute("type").ok().flatten();
    let kind = kind.map(|kind| kind.value.into_owned()).unwrap_or_default();
    let scheme = match (start.name().as_ref(), kind.as_slice()) {
        (b"incomingServer", b"imap") => "imap",
        (b"incomingServer", b"pop3") => "pop3",
        (b"outgoingServer", b"smtp") => "smtp",
        (b"incomingServer" | b"outgoingServer", _) => "",
        _ => return,
    };
    found.push(Described {
        scheme,
        ..Described::default()
    });
}

/// Whether these open elements end in a server, so that what has just ended was a value of it.
fn is_server(path: &[Vec<u8>]) -> bool {
    let server = |name: &[u8]| name == b"incomingServer" || name == b"outgoingServer";
    matches!(path, [one, two, three]
        if one == b"clientConfig" && two == b"emailProvider" && server(three))
}

#[cfg(test)]
mod tests;

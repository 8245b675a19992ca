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
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use std::time::{Duration, Instant};

    use super::*;

    fn address() -> Address {
        Address::parse("bob.b@example.org").unwrap()
    }

    fn server(kind: &str, class: &str, host: &str, port: &str, socket: &str, more: &str) -> String {
        format!(
            "<{class} type=\"{kind}\"><hostname>{host}</hostname><port> {port} </port>\
             <socketType>{socket}</socketType>{more}</{class}>"
        )
    }

    fn file(servers: &[String]) -> String {
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- a comment -->\n<clientConfig version=\"1.1\">\n\
             <emailProvider id=\"example.org\"><domain>example.org</domain>\
             <displayName>Bob &amp; Sons</displayName>{}</emailProvider>\
             <webMail><loginPage url=\"https://example.org\"/></webMail></clientConfig>\n",
            servers.concat()
        )
    }

    fn found(servers_of: &[String]) -> Option<(String, String)> {
        let servers = servers(file(servers_of).as_bytes(), &address())?;
        Some((servers.fetch.to_string(), servers.smtp.to_string()))
    }

    const USER: &str =
        "<authentication>password-cleartext</authentication><username>%EMAILADDRESS%</username>";

    #[test]
    fn the_first_server_of_each_kind_that_can_be_used_is_taken() {
        let smtp = server(
            "smtp",
            "outgoingServer",
            "smtp.example.org",
            "465",
            "SSL",
            USER,
        );
        let imap = server(
            "imap",
            "incomingServer",
            "imap.example.org",
            "993",
            "SSL",
            USER,
        );
        let pop3 = server(
            "pop3",
            "incomingServer",
            "pop.example.org",
            "995",
            "SSL",
            "",
        );
        let clear = server(
            "imap",
            "incomingServer",
            "clear.example.org",
            "143",
            "plain",
            USER,
        );
        let local = "<username>%EMAILLOCALPART%</username>";
        let start = server(
            "imap",
            "incomingServer",
            "mail.%EMAILDOMAIN%",
            "143",
            "STARTTLS",
            local,
        );
        let md5 = "<authentication>password-encrypted</authentication>";
        let crypt = server(
            "imap",
            "incomingServer",
            "crypt.example.org",
            "993",
            "SSL",
            md5,
        );
        let exchange = server(
            "exchange",
            "incomingServer",
            "ex.example.org",
            "443",
            "SSL",
            USER,
        );
        let sent = "smtps://bob.b%40example.org@smtp.example.org:465";
        for (servers, fetch) in [
            (
                vec![&imap, &pop3, &smtp],
                "imaps://bob.b%40example.org@imap.example.org:993",
            ),
            (
                vec![&pop3, &imap, &smtp],
                "imaps://bob.b%40example.org@imap.example.org:993",
            ),
            (
                vec![&pop3, &smtp],
                "pop3s://bob.b%40example.org@pop.example.org:995",
            ),
            (
                vec![&exchange, &clear, &crypt, &start, &imap, &smtp],
                "imap://bob.b@mail.example.org:143?tls=required",
            ),
        ] {
            let servers: Vec<String> = servers.into_iter().cloned().collect();
            assert_eq!(found(&servers), Some((fetch.to_owned(), sent.to_owned())));
        }
        for none in [
            vec![&clear, &smtp],
            vec![&imap],
            vec![&smtp],
            vec![],
            vec![&exchange, &smtp],
        ] {
            let none: Vec<String> = none.into_iter().cloned().collect();
            assert_eq!(found(&none), None);
        }
    }

    #[test]
    fn hostile_values_name_no_server() {
        let smtp = server(
            "smtp",
            "outgoingServer",
            "smtp.example.org",
            "465",
            "SSL",
            USER,
        );
        for (host, port) in [
            ("", "993"),
            ("imap.example.org\r\nX: y", "993"),
            ("evil.example/@imap.example.org", "993"),
            ("imap&amp;.example.org", "993"),
            ("imap.example.org", "0"),
            ("imap.example.org", "99999"),
            ("imap.example.org", "993?tls=no"),
            ("imap.example.org", ""),
            (&"a".repeat(600), "993"),
        ] {
            let imap = server("imap", "incomingServer", host, port, "SSL", USER);
            assert_eq!(found(&[imap, smtp.clone()]), None, "{host:?} {port:?}");
        }
        let user = "<username>a:hunter2\u{1}</username>";
        let imap = server(
            "imap",
            "incomingServer",
            "imap.example.org",
            "993",
            "SSL",
            user,
        );
        assert_eq!(found(&[imap, smtp]), None);
    }

    #[test]
    fn hostile_files_are_no_files_and_cost_little() {
        let smtp = server(
            "smtp",
            "outgoingServer",
            "smtp.example.org",
            "465",
            "SSL",
            USER,
        );
        let imap = server(
            "imap",
            "incomingServer",
            "imap.example.org",
            "993",
            "SSL",
            USER,
        );
        let good = file(&[imap, smtp]);
        assert!(servers(good.as_bytes(), &address()).is_some());
        let entities = good.replacen(
            "<clientConfig",
            "<!DOCTYPE x [<!ENTITY a \"imap\"><!ENTITY b \"&a;&a;&a;&a;\">]><clientConfig",
            1,
        );
        let deep = "<a>".repeat(LONGEST / 3);
        let unclosed = good.replace("</clientConfig>", "");
        let endless = format!("{good}{}", " ".repeat(LONGEST));
        let attributes = format!("<clientConfig {}>", "a=\"b\" ".repeat(9000));
        let comments = "<!--".repeat(LONGEST / 4);
        for (what, hostile) in [
            ("entities", entities),
            ("deep", deep),
            ("unclosed", unclosed),
            ("endless", endless),
            ("attributes", attributes),
            ("comments", comments),
            ("nothing", String::new()),
            (
                "a page",
                "<html><body>not found<br></body></html>".to_owned(),
            ),
            (
                "crossed",
                "<clientConfig><emailProvider></clientConfig></emailProvider>".to_owned(),
            ),
        ] {
            let begun = Instant::now();
            assert_eq!(servers(hostile.as_bytes(), &address()), None, "{what}");
            assert!(begun.elapsed() < Duration::from_secs(2), "{what}");
        }
        assert_eq!(servers(&[0xff; 100], &address()), None);
    }
}

//! The addresses of mail servers, as `smtp` and `[mail.fetch] server` name them (after RFC 3986).
//!
//! ```text
//! scheme "://" [user "@"] host [":" port] ["?tls=required"]      a user that holds an "@" is written with %40
//!
//! smtps, imaps, pop3s              TLS from the first byte (RFC 8314, section 3)
//! smtp, imap, pop3 ?tls=required   STARTTLS, and nothing is sent without it
//! smtp, imap, pop3                 no TLS: on this machine only
//! ```

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

use super::values::Server;
use crate::protocol::link::{percent_decoded, percent_encoded};

/// How a connection to a mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte (RFC 8314, section 3).
    Tls,
    /// STARTTLS (RFC 3207, RFC 9051), STLS (RFC 2595); and nothing is sent without it.
    StartTls,
    /// None: on this machine only.
    Plain,
}

/// A server that takes mail: `smtps://[user@]host[:465]`, `smtp://[user@]host[:587]?tls=required`,
/// `smtp://127.0.0.1[:25]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct SmtpUrl {
    /// Host and port.
    pub server: Server,
    /// How the connection is protected.
    pub security: Security,
    /// Who logs in, if anybody.
    pub user: Option<String>,
}

/// By what mail is fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// IMAP (RFC 3501, RFC 9051).
    Imap,
    /// POP3 (RFC 1939).
    Pop3,
}

/// A server that has our mailbox: `imaps://[user@]host[:993]`, `imap://[user@]host[:143]?tls=required`,
/// `pop3s://[user@]host[:995]`, `pop3://[user@]host[:110]?tls=required`; on this machine `imap://127.0.0.1`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct FetchUrl {
    /// What it speaks.
    pub protocol: Protocol,
    /// Host and port.
    pub server: Server,
    /// How the connection is protected.
    pub security: Security,
    /// Who logs in; the account's address where none is named.
    pub user: Option<String>,
}

impl TryFrom<String> for SmtpUrl {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl TryFrom<String> for FetchUrl {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl FromStr for SmtpUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let ((), server, security, user) = parse(text, &[SMTP]).map_err(|what| {
            what.unwrap_or_else(|| "an SMTP server is written smtps://user@host:465, smtp://host:587?tls=required or smtp://127.0.0.1:25".to_owned())
        })?;
        Ok(Self {
            server,
            security,
            user,
        })
    }
}

impl FromStr for FetchUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (protocol, server, security, user) = parse(text, &[IMAP, POP3]).map_err(|what| {
            what.unwrap_or_else(|| "a mailbox's server is written imaps://user@host:993, imap://user@host:143?tls=required, pop3s://user@host:995 or pop3://user@host:110?tls=required".to_owned())
        })?;
        Ok(Self {
            protocol,
            server,
            security,
            user,
        })
    }
}

impl fmt::Display for SmtpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(f, SMTP.0, &self.server, self.security, self.user.as_deref())
    }
}

impl fmt::Display for FetchUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, ..) = match self.protocol {
            Protocol::Imap => IMAP,
            Protocol::Pop3 => POP3,
        };
        write(f, scheme, &self.server, self.security, self.user.as_deref())
    }
}

fn write(
    f: &mut fmt::Formatter<'_>,
    scheme: &str,
    server: &Server,
    security: Security,
    user: Option<&str>,
) -> fmt::Result {
    let (tls, query) = match security {
        Security::Tls => ("s", ""),
        Security::StartTls => ("", "?tls=required"),
        Security::Plain => ("", ""),
    };
    let user = user.map_or_else(String::new, |user| format!("{}@", percent_encoded(user)));
    write!(f, "{scheme}{tls}://{user}{server}{query}")
}

/// The scheme of a protocol without TLS, its own mark, and its ports: with TLS, with STARTTLS, without.
type Scheme<P> = (&'static str, P, [u16; 3]);

const SMTP: Scheme<()> = ("smtp", (), [465, 587, 25]);
const IMAP: Scheme<Protocol> = ("imap", Protocol::Imap, [993, 143, 143]);
const POP3: Scheme<Protocol> = ("pop3", Protocol::Pop3, [995, 110, 110]);

/// The parts of an address; `Err(None)`: it is of another form altogether. No fault repeats what was written: it may hold a
/// password.
fn parse<P: Copy>(
    text: &str,
    schemes: &[Scheme<P>],
) -> Result<(P, Server, Security, Option<String>), Option<String>> {
    let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
    let (rest, query) = match rest.split_once('?') {
        Some((rest, query)) => (rest, Some(query)),
        None => (rest, None),
    };
    let rest = rest.trim_end_matches('/');
    let (user, host) = match rest.rsplit_once('@') {
        Some((name, host)) => (Some(user(name)?), host),
        None => (None, rest),
    };
    let known = |(name, ..): &&Scheme<P>| scheme.strip_suffix('s').unwrap_or(scheme) == *name;
    let (name, protocol, [tls, start_tls, plain]) =
        schemes.iter().find(known).copied().ok_or(None)?;
    let (security, port) = match (scheme.ends_with('s'), query) {
        (true, None | Some("tls=required")) => (Security::Tls, tls),
        (false, Some("tls=required")) => (Security::StartTls, start_tls),
        (false, None) => (Security::Plain, plain),
        _ => return Err(None),
    };
    let server = Server::parse(host, Some(port))
        .map_err(|_| "the server in its address is not of the form host:port".to_owned())?;
    if security == Security::Plain && !server.is_loopback() {
        let mend = format!("write {name}://{server}?tls=required, or {name}s://");
        return Err(Some(format!(
            "{server} would be reached without TLS: {mend}"
        )));
    }
    Ok((protocol, server, security, user))
}

fn user(text: &str) -> Result<String, String> {
    if text.contains(':') {
        return Err("a password does not belong into the address of the server: use password_command or password_file".to_owned());
    }
    let is_user = |user: &String| !user.is_empty() && !user.chars().any(char::is_control);
    let user = percent_decoded(text).filter(is_user);
    user.ok_or_else(|| "the user in the address of the server is malformed".to_owned())
}

#[cfg(test)]
mod tests {
    //! Tables of cases: what the grammar takes, and what it refuses.
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn servers_that_take_mail() {
        use Security::{Plain, StartTls, Tls};
        for (text, server, security, user) in [
            (
                "smtps://bob@mail.example.net",
                "mail.example.net:465",
                Tls,
                Some("bob"),
            ),
            (
                "smtps://bob%40example.net@mail.example.net:4650",
                "mail.example.net:4650",
                Tls,
                Some("bob@example.net"),
            ),
            (
                "smtp://mail.example.net:587?tls=required",
                "mail.example.net:587",
                StartTls,
                None,
            ),
            (
                "smtp://mail.example.net?tls=required",
                "mail.example.net:587",
                StartTls,
                None,
            ),
            ("smtp://127.0.0.1:2525", "127.0.0.1:2525", Plain, None),
            ("smtp://localhost", "localhost:25", Plain, None),
        ] {
            let read: SmtpUrl = text.parse().unwrap();
            assert_eq!(read.server.to_string(), server, "{text}");
            assert_eq!(
                (read.security, read.user.as_deref()),
                (security, user),
                "{text}"
            );
        }
        for text in [
            "smtp://mail.example.net:587",
            "smtp://mail.example.net:587?tls=maybe",
            "smtps://bob:hunter2@mail.example.net",
            "smtps://%zz@mail.example.net",
            "smtps://@mail.example.net",
            "mail.example.net",
            "",
        ] {
            let fault = text.parse::<SmtpUrl>().unwrap_err();
            assert!(!fault.contains("hunter2"), "{fault}");
        }
    }

    #[test]
    fn servers_with_a_mailbox() {
        use Protocol::{Imap, Pop3};
        use Security::{Plain, StartTls, Tls};
        for (text, protocol, server, security, user) in [
            (
                "imaps://mail.example.net",
                Imap,
                "mail.example.net:993",
                Tls,
                None,
            ),
            (
                "imaps://bob%40example.net@mail.example.net:9930/",
                Imap,
                "mail.example.net:9930",
                Tls,
                Some("bob@example.net"),
            ),
            (
                "imap://bob@mail.example.net?tls=required",
                Imap,
                "mail.example.net:143",
                StartTls,
                Some("bob"),
            ),
            ("imap://[::1]:1143", Imap, "[::1]:1143", Plain, None),
            (
                "pop3s://bob@mail.example.net",
                Pop3,
                "mail.example.net:995",
                Tls,
                Some("bob"),
            ),
            (
                "pop3://mail.example.net?tls=required",
                Pop3,
                "mail.example.net:110",
                StartTls,
                None,
            ),
            ("pop3://localhost", Pop3, "localhost:110", Plain, None),
        ] {
            let read: FetchUrl = text.parse().unwrap();
            assert_eq!(
                (read.protocol, read.server.to_string().as_str()),
                (protocol, server),
                "{text}"
            );
            assert_eq!(
                (read.security, read.user.as_deref()),
                (security, user),
                "{text}"
            );
        }
        for (text, why) in [
            (
                "imap://mail.example.net",
                "imap://mail.example.net:143?tls=required, or imaps://",
            ),
            ("pop3://mail.example.net:110", "pop3s://"),
            ("imaps://bob:hunter2@mail.example.net", "password_command"),
            (
                "imaps://bob%40example.net:hunter2@mail.example.net",
                "password_command",
            ),
            ("imaps://%0d%0a@mail.example.net", "malformed"),
            ("imaps://mail.example.net:hunter2", "host:port"),
            ("imap://mail.example.net?tls=no", "imaps://user@host:993"),
            ("smtps://mail.example.net", "imaps://user@host:993"),
            ("imapss://mail.example.net", "imaps://user@host:993"),
            ("s://mail.example.net", "imaps://user@host:993"),
            ("mail.example.net", "imaps://user@host:993"),
            ("", "imaps://user@host:993"),
        ] {
            let fault = text.parse::<FetchUrl>().unwrap_err();
            assert!(
                fault.contains(why) && !fault.contains("hunter2"),
                "{text}: {fault}"
            );
        }
    }
}

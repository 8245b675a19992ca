//! One file from a web server (RFC 9110, RFC 9112): over TLS alone, small, in a few seconds, or not at all.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::pki_types::ServerName;

use crate::edge::tls::{self, dial};

/// How long a file may take, all redirections included.
const PATIENCE: Duration = Duration::from_secs(5);
/// The most that is read of an answer, in bytes: its header, and what is told of one as a file.
const LONGEST: usize = 16 * 1024 + super::autoconfig::LONGEST;
/// Redirections that are followed.
const MOST_MOVES: usize = 3;
/// Fields of a header.
const MOST_FIELDS: usize = 64;

/// An address on the web, `https://host[:port]/path`; nothing else is gone to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Url {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) path: String,
}

impl Url {
    /// Reads one that a server sends us to.
    fn read(text: &str) -> Option<Self> {
        let rest = text.strip_prefix("https://")?;
        let (place, path) = match rest.find(['/', '?', '#']) {
            Some(at) => rest.split_at_checked(at)?,
            None => (rest, "/"),
        };
        let (host, port) = match place.rsplit_once(':') {
            Some((host, port)) => (host, port.parse().ok()?),
            None => (place, 443),
        };
        let is_host = |c: char| c.is_ascii_alphanumeric() || ".-".contains(c);
        let path = path.split('#').next().unwrap_or_default();
        let path = match path.starts_with('/') {
            true => path.to_owned(),
            false => format!("/{path}"),
        };
        let is_path = path.chars().all(|c| c.is_ascii_graphic());
        (!host.is_empty() && host.chars().all(is_host) && is_path).then(|| Self {
            host: host.to_ascii_lowercase(),
            port,
            path,
        })
    }

    /// Where this sends us: an address, or a path on the same server.
    fn moved(&self, location: &str) -> Option<Self> {
        match location.starts_with('/') && !location.starts_with("//") {
            true => Self::read(&format!("https://{}:{}{location}", self.host, self.port)),
            false => Self::read(location),
        }
    }

    fn request(&self) -> String {
        let Self { host, port, path } = self;
        let port = match port {
            443 => String::new(),
            port => format!(":{port}"),
        };
        format!(
            "GET {path} HTTP/1.1\r\nHost: {host}{port}\r\nUser-Agent: iim\r\nAccept: application/xml, text/xml\r\n\
             Connection: close\r\n\r\n"
        )
    }
}

/// The file at this address; `None`: there is none that can be had.
pub(super) async fn get(url: Url, ca: Option<&Path>) -> Option<Vec<u8>> {
    timeout(PATIENCE, follow(url, ca)).await.ok().flatten()
}

async fn follow(mut url: Url, ca: Option<&Path>) -> Option<Vec<u8>> {
    let tls = Arc::new(tls::client_config(true, ca).ok()?.with_no_client_auth());
    for _ in 0..=MOST_MOVES {
        let answer = ask(&url, Arc::clone(&tls)).await.ok()?;
        match read(&answer)? {
            Answer::File(file) => return Some(file),
            Answer::Moved(location) => url = url.moved(&location)?,
        }
    }
    None
}

async fn ask(url: &Url, tls: Arc<ClientConfig>) -> io::Result<Vec<u8>> {
    let tcp = dial::connect(&url.host, url.port).await?;
    let name = ServerName::try_from(url.host.clone()).map_err(io::Error::other)?;
    let mut stream = TlsConnector::from(tls).connect(name, tcp).await?;
    stream.write_all(url.request().as_bytes()).await?;
    stream.flush().await?;
    let mut answer = Vec::new();
    let most = u64::try_from(LONGEST).unwrap_or(u64::MAX).saturating_add(1);
    match stream.take(most).read_to_end(&mut answer).await {
        // Many servers end the connection without TLS saying so: whether it was all, its length says.
        Err(fault) if fault.kind() != io::ErrorKind::UnexpectedEof => Err(fault),
        _ if answer.len() > LONGEST => Err(io::Error::other("too long")),
        _ => Ok(answer),
    }
}

/// What a web server answered.
#[derive(Debug, PartialEq, Eq)]
enum Answer {
    File(Vec<u8>),
    Moved(String),
}

/// Reads a whole answer; `None`: it has no file for us, or is not whole.
fn read(answer: &[u8]) -> Option<Answer> {
    let mut fields = [httparse::EMPTY_HEADER; MOST_FIELDS];
    let mut response = httparse::Response::new(&mut fields);
    let httparse::Status::Complete(begin) = response.parse(answer).ok()? else {
        return None;
    };
    let field = |name: &str| {
        let named = |field: &&httparse::Header<'_>| field.name.eq_ignore_ascii_case(name);
        let value = response.headers.iter().find(named)?.value;
        std::str::from_utf8(value).ok()
    };
    match response.code? {
        200 => {}
        301 | 302 | 303 | 307 | 308 => {
            return field("Location").map(|to| Answer::Moved(to.to_owned()));
        }
        _ => return None,
    }
    let body = answer.get(begin..)?;
    if field("Content-Encoding").is_some_and(|coding| !coding.eq_ignore_ascii_case("identity")) {
        return None;
    }
    let whole = match (field("Transfer-Encoding"), field("Content-Length")) {
        (Some(coding), _) if coding.eq_ignore_ascii_case("chunked") => chunks(body)?,
        (Some(_), _) => return None,
        (None, Some(length)) => body.get(..length.trim().parse().ok()?)?.to_vec(),
        (None, None) => body.to_vec(),
    };
    Some(Answer::File(whole))
}

/// What stands in chunks (RFC 9112, section 7.1).
fn chunks(mut body: &[u8]) -> Option<Vec<u8>> {
    let mut whole = Vec::new();
    loop {
        let httparse::Status::Complete((begin, length)) = httparse::parse_chunk_size(body).ok()?
        else {
            return None;
        };
        if length == 0 {
            return Some(whole);
        }
        let rest = body.get(begin..)?;
        let length = usize::try_from(length).ok()?;
        whole.extend_from_slice(rest.get(..length)?);
        body = rest.get(length..)?.strip_prefix(b"\r\n")?;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn answers_are_read_whole_or_not_at_all() {
        let file = |text: &str| Some(Answer::File(text.as_bytes().to_vec()));
        let ok = "HTTP/1.1 200 OK\r\n";
        for (answer, read_as) in [
            (format!("{ok}\r\n<a/>"), file("<a/>")),
            (
                format!("{ok}content-length: 4\r\n\r\n<a/>more"),
                file("<a/>"),
            ),
            (format!("{ok}Content-Length: 5\r\n\r\n<a/>"), None),
            (format!("{ok}Content-Length: -1\r\n\r\n<a/>"), None),
            (
                format!("{ok}Transfer-Encoding: chunked\r\n\r\n2\r\n<a\r\n2\r\n/>\r\n0\r\n\r\n"),
                file("<a/>"),
            ),
            (
                format!("{ok}Transfer-Encoding: chunked\r\n\r\n2\r\n<a\r\n"),
                None,
            ),
            (
                format!("{ok}Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n<a"),
                None,
            ),
            (format!("{ok}Transfer-Encoding: gzip\r\n\r\n<a/>"), None),
            (format!("{ok}Content-Encoding: gzip\r\n\r\n<a/>"), None),
            ("HTTP/1.1 404 Not Found\r\n\r\n<a/>".to_owned(), None),
            (
                "HTTP/1.1 302 Found\r\nLocation: /b\r\n\r\n".to_owned(),
                Some(Answer::Moved("/b".to_owned())),
            ),
            ("HTTP/1.1 302 Found\r\n\r\n".to_owned(), None),
            (format!("{ok}{}\r\n", "a: b\r\n".repeat(200)), None),
            (format!("{ok}Content-Length: 4"), None),
            ("220 mail.example.org".to_owned(), None),
            (String::new(), None),
        ] {
            assert_eq!(read(answer.as_bytes()), read_as, "{answer:?}");
        }
    }

    #[test]
    fn only_addresses_with_tls_are_gone_to() {
        let from = Url::read("https://a.example:8443/x").unwrap();
        for (location, host, port, path) in [
            ("/y?z", "a.example", 8443, "/y?z"),
            (
                "https://B.example/mail/config-v1.1.xml",
                "b.example",
                443,
                "/mail/config-v1.1.xml",
            ),
            ("https://b.example", "b.example", 443, "/"),
            ("https://b.example:444?q#f", "b.example", 444, "/?q"),
        ] {
            let moved = from.moved(location).unwrap();
            assert_eq!(
                (moved.host.as_str(), moved.port, moved.path.as_str()),
                (host, port, path)
            );
        }
        for location in [
            "http://b.example/",
            "//b.example/",
            "https:///x",
            "https://me@b.example/",
            "https://b.example/a b",
            "https://b.example/\r\nX: y",
            "https://b.example:0x1/",
            "ftp://b.example/",
            "",
        ] {
            assert_eq!(from.moved(location), None, "{location:?}");
        }
    }
}

//! The first bytes of a client at a TCP port: an IRC client, a WebSocket, or something that must not be heard.
//!
//! ```text
//! "GET " ──▶ a WebSocket's request, up to its empty line
//! a line that is one of HTTP, TLS where there is none, no line at all ──▶ refused
//! anything else ──▶ IRC
//! ```
//!
//! A web page can make a browser send a request with a body of its choice to any port. As its first line is one of
//! HTTP, nothing of it is taken for IRC.

use tokio::io::{AsyncRead, AsyncReadExt as _};

use super::websocket::{self, Answer};

/// Who has come.
#[derive(Debug)]
pub(super) enum Sniffed {
    /// An IRC client, and what it has said so far.
    Irc(Vec<u8>),
    /// Something else, and what to answer.
    Other(Answer),
    /// Nobody any more.
    Gone,
}

/// Reads until it is clear who has come.
pub(super) async fn sniff(reader: &mut (impl AsyncRead + Unpin), origins: &[String]) -> Sniffed {
    let mut said = Vec::new();
    loop {
        match reader.read_buf(&mut said).await {
            Ok(0) | Err(_) => return Sniffed::Gone,
            Ok(_) => {}
        }
        if let Some(sniffed) = understand(&said, origins) {
            return sniffed;
        }
    }
}

/// What these bytes are; `None` if more are needed.
fn understand(said: &[u8], origins: &[String]) -> Option<Sniffed> {
    if said.first() == Some(&TLS_HANDSHAKE) {
        return Some(refused("TLS is not spoken at this port"));
    }
    if said.starts_with(b"GET ") {
        return request(said, origins).map(Sniffed::Other);
    }
    let line = match said.iter().position(|byte| *byte == b'\n') {
        Some(end) => said.get(..end)?,
        None if said.len() > FIRST_LINE => said,
        None => return None,
    };
    if is_http(line) {
        let why = "an HTTP request";
        return Some(Sniffed::Other(websocket::refused("400 Bad Request", why)));
    }
    if line.len() > FIRST_LINE {
        return Some(refused("the first line is too long"));
    }
    Some(Sniffed::Irc(said.to_vec()))
}

/// Something that speaks no HTTP.
fn refused(why: &'static str) -> Sniffed {
    let answer = format!("ERROR :{why}\r\n").into_bytes();
    Sniffed::Other(Answer::Refused(why, answer))
}

fn request(said: &[u8], origins: &[String]) -> Option<Answer> {
    let end = said.windows(4).position(|bytes| bytes == b"\r\n\r\n");
    match end.map(|end| end.saturating_add(4)) {
        // Nobody may talk before the answer.
        Some(end) if end == said.len() => Some(websocket::answer(said, origins)),
        Some(_) => {
            let why = "bytes after the request";
            Some(websocket::refused("400 Bad Request", why))
        }
        None if said.len() > HEAD => {
            let status = "431 Request Header Fields Too Large";
            Some(websocket::refused(status, "a request without an end"))
        }
        None => None,
    }
}

/// Whether a line opens a request: by its end, whatever the method; by the method, if the end is not there yet.
fn is_http(line: &[u8]) -> bool {
    let version = line.windows(6).any(|bytes| bytes == b" HTTP/");
    let begins = |method: &str| {
        let rest = line.strip_prefix(method.as_bytes());
        rest.is_some_and(|rest| rest.starts_with(b" "))
    };
    version || METHODS.split(' ').any(begins)
}

const METHODS: &str = "POST HEAD PUT DELETE CONNECT OPTIONS TRACE PATCH";
/// The first byte of TLS (RFC 8446, 5.1).
const TLS_HANDSHAKE: u8 = 22;
/// The longest first line of an IRC client, in bytes.
const FIRST_LINE: usize = 512;
/// The longest head of a WebSocket's request, in bytes.
const HEAD: usize = 8 * 1024;

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::arithmetic_side_effects,
        clippy::wildcard_enum_match_arm,
        reason = "tests"
    )]

    use super::*;

    fn kind(said: &[u8]) -> &'static str {
        match understand(said, &[]) {
            None => "more",
            Some(Sniffed::Irc(_)) => "irc",
            Some(Sniffed::Other(Answer::Welcome(..))) => "websocket",
            Some(Sniffed::Other(Answer::Refused(_, said))) => match said.starts_with(b"HTTP/") {
                true => "refused",
                false => "wrong",
            },
            Some(Sniffed::Gone) => "gone",
        }
    }

    #[test]
    fn http_is_never_taken_for_irc() {
        let long = "a".repeat(9000);
        for (said, expected) in [
            ("NICK a\r\nUSER a\r\n".to_owned(), "irc"),
            ("\r\nNICK a\r\n".to_owned(), "irc"),
            ("CAP LS 302\n".to_owned(), "irc"),
            ("NICK".to_owned(), "more"),
            ("G".to_owned(), "more"),
            ("POST / HTTP/1.1\r\n\r\nNICK a\r\n".to_owned(), "refused"),
            ("NICK / HTTP/1.1\r\n\r\n".to_owned(), "refused"),
            ("OPTIONS /\r\nNICK a\r\n".to_owned(), "refused"),
            ("PRI * HTTP/2.0\r\n\r\n".to_owned(), "refused"),
            (format!("POST /{long}"), "refused"),
            (format!("NICK /{long}"), "wrong"),
            (format!("NICK /{long} HTTP/1.1\r\nUSER a\r\n"), "refused"),
            (format!("GET /{long}"), "refused"),
            ("GET / HTTP/1.1\r\nHost: a\r\n".to_owned(), "more"),
            ("GET / HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(), "refused"),
            ("GET / HTTP/1.1\r\n\r\nNICK a\r\n".to_owned(), "refused"),
            ("\u{16}\u{3}\u{1}".to_owned(), "wrong"),
        ] {
            assert_eq!(kind(said.as_bytes()), expected, "{:.60}", said);
        }
    }
}

//! The WebSocket side of a client: who may open one, and messages into lines (RFC 6455, IRCv3 websocket).
//!
//! A browser says in `Origin` which page opens the connection. The gateway has no pages of its own, so every page is
//! a stranger's unless the user named it: else any page that the user tasks could talk as the user, also one whose
//! name was turned to point at this machine. A program that is no browser sends no `Origin`, and logs in as any client.

use std::io::{self, Read, Write};

use tungstenite::Message;
use tungstenite::handshake::machine::TryParse as _;
use tungstenite::handshake::server::{Request, create_response, write_response};
use tungstenite::http::{HeaderMap, HeaderValue};
use tungstenite::protocol::{Role, WebSocketConfig, WebSocketContext};

use super::framing::Framing;
use super::lines::{Lines, Received};
use crate::protocol::irc_line::{LONGEST_BODY, LONGEST_TAGS};

/// The answer to a request: whom to let in, and the bytes that say so, or only the bytes of a refusal.
#[derive(Debug)]
pub(super) enum Answer {
    /// A WebSocket: how it wants its lines, and the response.
    Welcome(Framing, Vec<u8>),
    /// Nothing for us: why, for the log, and the response.
    Refused(&'static str, Vec<u8>),
}

/// Answers the head of an HTTP request, up to its empty line.
pub(super) fn answer(head: &[u8], origins: &[String]) -> Answer {
    let bad = || refused("400 Bad Request", "not a WebSocket's request");
    let Ok(Some((_, request))) = Request::try_parse(head) else {
        return bad();
    };
    if !may_come_from(request.headers(), origins) {
        return refused(
            "403 Forbidden",
            "a web page that is not in the list of origins",
        );
    }
    let Ok(mut response) = create_response(&request) else {
        return bad();
    };
    let chosen = subprotocol(request.headers());
    if let Some((name, _)) = chosen {
        let name = HeaderValue::from_static(name);
        response.headers_mut().insert(SUBPROTOCOL, name);
    }
    let mut bytes = Vec::new();
    if write_response(&mut bytes, &response).is_err() {
        return bad();
    }
    Answer::Welcome(chosen.map_or(Framing::Text, |(_, framing)| framing), bytes)
}

/// Refuses an HTTP request.
pub(super) fn refused(status: &str, why: &'static str) -> Answer {
    let response = format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    Answer::Refused(why, response.into_bytes())
}

fn may_come_from(headers: &HeaderMap, origins: &[String]) -> bool {
    let mut said = headers.get_all("Origin").iter();
    let Some(origin) = said.next() else {
        return true;
    };
    let listed = |origin: &str| {
        let same = |known: &String| known.trim_end_matches('/').eq_ignore_ascii_case(origin);
        // "null" is what any page can make itself be (a frame with `sandbox`).
        origin != "null" && origins.iter().any(same)
    };
    said.next().is_none() && origin.to_str().is_ok_and(listed)
}

/// The first that the client names and we know ("respecting the client's order of preference").
fn subprotocol(headers: &HeaderMap) -> Option<(&'static str, Framing)> {
    let values = headers.get_all(SUBPROTOCOL).iter();
    let mut named = values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','));
    named.find_map(|name| {
        let known = KNOWN.iter().find(|(known, _)| *known == name.trim());
        known.copied()
    })
}

/// Bytes of a client into lines: as they are, or from frames.
#[derive(Default)]
pub(super) struct Decoder {
    /// `None`: no frames.
    context: Option<WebSocketContext>,
    pipe: Pipe,
    lines: Lines,
}

impl Decoder {
    pub(super) fn of_frames() -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(1024)
            .write_buffer_size(0)
            .max_write_buffer_size(MESSAGE)
            .max_message_size(Some(MESSAGE))
            .max_frame_size(Some(MESSAGE));
        Self {
            context: Some(WebSocketContext::new(Role::Server, Some(config))),
            ..Self::default()
        }
    }

    /// Takes what has come; read all of it before the next.
    pub(super) fn feed(&mut self, bytes: &[u8]) {
        match self.context {
            Some(_) => self.pipe.incoming.extend_from_slice(bytes),
            None => self.lines.feed(bytes),
        }
    }

    /// The next of what has come.
    pub(super) fn next(&mut self) -> Option<Received> {
        loop {
            if let Some(received) = self.lines.next() {
                return Some(received);
            }
            let read = self.context.as_mut()?.read(&mut self.pipe);
            if !self.pipe.outgoing.is_empty() {
                self.take(read.as_ref().ok());
                return Some(Received::Answer(std::mem::take(&mut self.pipe.outgoing)));
            }
            match read {
                Ok(message) => self.take(Some(&message)),
                Err(tungstenite::Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => {
                    return None;
                }
                Err(tungstenite::Error::ConnectionClosed | tungstenite::Error::AlreadyClosed) => {
                    return Some(Received::Over(None));
                }
                Err(error) => return Some(Received::Over(Some(error.to_string()))),
            }
        }
    }

    fn take(&mut self, message: Option<&Message>) {
        let line: &[u8] = match message {
            Some(Message::Text(text)) => text.as_bytes(),
            Some(Message::Binary(bytes)) => bytes,
            Some(Message::Ping(_) | Message::Pong(_) | Message::Close(_) | Message::Frame(_))
            | None => return,
        };
        self.lines.feed(line);
        self.lines.finish();
    }
}

/// Where the frames come from and their answers go: memory.
#[derive(Debug, Default)]
struct Pipe {
    incoming: Vec<u8>,
    outgoing: Vec<u8>,
}

impl Read for Pipe {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        if self.incoming.is_empty() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let read = self.incoming.as_slice().read(to)?;
        self.incoming.drain(..read);
        Ok(read)
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.outgoing.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

const SUBPROTOCOL: &str = "Sec-WebSocket-Protocol";
const KNOWN: [(&str, Framing); 2] = [
    ("text.ircv3.net", Framing::Text),
    ("binary.ircv3.net", Framing::Binary),
];
/// The longest message, in bytes; what is longer than a line is told as such up to here.
const MESSAGE: usize = 4 * (LONGEST_TAGS + LONGEST_BODY);

#[cfg(test)]
mod tests;

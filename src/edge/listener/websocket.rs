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
use super::lines::{Lines, Received, TAGS, TEXT};

/// The answer to a request: whom to let in, and the bytes that say so, or only the bytes of a refusal.
#[derive(Debug)]
pub(super) enum Answer {
    /// A WebSocket.
    Welcome {
        /// How it wants its lines.
        framing: Framing,
        /// The response.
        response: Vec<u8>,
    },
    /// Nothing for us.
    Refused {
        /// For the log.
        why: &'static str,
        /// The response.
        response: Vec<u8>,
    },
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
    Answer::Welcome {
        framing: chosen.map_or(Framing::Text, |(_, framing)| framing),
        response: bytes,
    }
}

/// Refuses an HTTP request.
pub(super) fn refused(status: &str, why: &'static str) -> Answer {
    let response = format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    Answer::Refused {
        why,
        response: response.into_bytes(),
    }
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

/// Frames of a client into lines.
pub(super) struct Frames {
    context: WebSocketContext,
    pipe: Pipe,
    lines: Lines,
}

/// What the frames held.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Framed {
    /// What a line gives.
    Received(Received),
    /// Bytes that the protocol wants answered.
    Answer(Vec<u8>),
    /// The WebSocket is over; why, if it was not the client's wish.
    Over(Option<String>),
}

impl Frames {
    pub(super) fn new() -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(1024)
            .write_buffer_size(0)
            .max_write_buffer_size(MESSAGE)
            .max_message_size(Some(MESSAGE))
            .max_frame_size(Some(MESSAGE));
        Self {
            context: WebSocketContext::new(Role::Server, Some(config)),
            pipe: Pipe::default(),
            lines: Lines::default(),
        }
    }

    /// Takes what has come; read all frames of it before the next.
    pub(super) fn feed(&mut self, bytes: &[u8]) {
        self.pipe.incoming.extend_from_slice(bytes);
    }

    /// The next of what has come.
    pub(super) fn next(&mut self) -> Option<Framed> {
        loop {
            if let Some(heard) = self.lines.next() {
                return Some(Framed::Received(heard));
            }
            let read = self.context.read(&mut self.pipe);
            if !self.pipe.outgoing.is_empty() {
                self.take(read.as_ref().ok());
                return Some(Framed::Answer(std::mem::take(&mut self.pipe.outgoing)));
            }
            match read {
                Ok(message) => self.take(Some(&message)),
                Err(tungstenite::Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => {
                    return None;
                }
                Err(tungstenite::Error::ConnectionClosed | tungstenite::Error::AlreadyClosed) => {
                    return Some(Framed::Over(None));
                }
                Err(error) => return Some(Framed::Over(Some(error.to_string()))),
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
const MESSAGE: usize = 4 * (TAGS + TEXT);

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
    use crate::edge::listener::event::BadLine;

    fn request(headers: &str) -> String {
        format!(
            "GET / HTTP/1.1\r\nHost: evil.example:6667\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{headers}\r\n"
        )
    }

    /// The status line, what is said of the subprotocol, and how it speaks.
    fn ask(request: &str, origins: &[&str]) -> (String, Option<String>, Option<Framing>) {
        let origins: Vec<String> = origins.iter().map(|&origin| origin.to_owned()).collect();
        let (response, framing) = match answer(request.as_bytes(), &origins) {
            Answer::Welcome { framing, response } => (response, Some(framing)),
            Answer::Refused { response, .. } => (response, None),
        };
        let response = String::from_utf8(response).unwrap().to_lowercase();
        let (status, headers) = response.split_once("\r\n").unwrap();
        let chosen = headers
            .lines()
            .find_map(|header| header.strip_prefix("sec-websocket-protocol: "));
        (status.to_owned(), chosen.map(str::to_owned), framing)
    }

    #[test]
    fn the_subprotocol_is_the_first_of_the_clients_that_is_known() {
        let text = Some(Framing::Text);
        let binary = Some(Framing::Binary);
        for (named, chosen, framing) in [
            ("", None, text),
            ("Sec-WebSocket-Protocol: soap\r\n", None, text),
            (
                "Sec-WebSocket-Protocol: text.ircv3.net\r\n",
                Some("text.ircv3.net"),
                text,
            ),
            (
                "Sec-WebSocket-Protocol: binary.ircv3.net\r\n",
                Some("binary.ircv3.net"),
                binary,
            ),
            (
                "Sec-WebSocket-Protocol: a, binary.ircv3.net,text.ircv3.net\r\n",
                Some("binary.ircv3.net"),
                binary,
            ),
            (
                "Sec-WebSocket-Protocol: text.ircv3.net\r\nSec-WebSocket-Protocol: binary.ircv3.net\r\n",
                Some("text.ircv3.net"),
                text,
            ),
        ] {
            let answer = ask(&request(named), &[]);
            assert_eq!(answer.0, "http/1.1 101 switching protocols", "{named}");
            assert_eq!(
                (answer.1.as_deref(), answer.2),
                (chosen, framing),
                "{named}"
            );
        }
    }

    #[test]
    fn the_key_is_answered_as_in_the_rfc() {
        let Answer::Welcome { response, .. } = answer(request("").as_bytes(), &[]) else {
            panic!("refused");
        };
        let response = String::from_utf8(response).unwrap();
        // RFC 6455, 1.3.
        assert!(
            response.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
            "{response}"
        );
    }

    #[test]
    fn a_page_that_is_not_listed_is_refused() {
        let chat = "https://chat.example";
        for (origin, listed, welcome) in [
            ("", &[][..], true),
            ("Origin: https://chat.example\r\n", &[chat][..], true),
            (
                "Origin: HTTPS://CHAT.example\r\n",
                &["https://chat.example/"],
                true,
            ),
            ("Origin: https://chat.example\r\n", &[], false),
            // A name that points at this machine (DNS rebinding): Host and Origin agree.
            ("Origin: http://evil.example:6667\r\n", &[chat], false),
            ("Origin: http://chat.example\r\n", &[chat], false),
            (
                "Origin: https://chat.example.evil.example\r\n",
                &[chat],
                false,
            ),
            ("Origin: null\r\n", &["null", chat], false),
            ("Origin: \r\n", &[chat], false),
            (
                "Origin: https://chat.example\r\nOrigin: https://evil.example\r\n",
                &[chat],
                false,
            ),
        ] {
            let (status, _, framing) = ask(&request(origin), listed);
            assert_eq!(framing.is_some(), welcome, "{origin} {listed:?}: {status}");
            assert_eq!(status.contains(" 403 "), !welcome, "{origin}: {status}");
        }
    }

    #[test]
    fn what_is_no_websockets_request_is_refused() {
        for head in [
            "GET / HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(),
            request("").replace("13", "8"),
            request("").replace("dGhl", ""),
            request("").replace("HTTP/1.1", "HTTP/1.0"),
            "GET\r\n\r\n".to_owned(),
        ] {
            assert_eq!(ask(&head, &[]).0, "http/1.1 400 bad request", "{head}");
        }
    }

    /// A frame as a client sends it, masked with zeros.
    fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
        let mut frame = vec![first];
        match payload.len() {
            short @ 0..126 => frame.push(0x80 | short as u8),
            long => frame.extend([0xfe, (long >> 8) as u8, long as u8]),
        }
        frame.extend([0; 4]);
        frame.extend(payload);
        frame
    }

    fn line(text: &str) -> Framed {
        Framed::Received(Received::Line(Ok(text.to_owned())))
    }

    fn read(bytes: &[u8], piece: usize) -> Vec<Framed> {
        let mut frames = Frames::new();
        let mut all = Vec::new();
        for piece in bytes.chunks(piece) {
            frames.feed(piece);
            while let Some(framed) = frames.next() {
                let over = matches!(framed, Framed::Over(_));
                all.push(framed);
                if over {
                    return all;
                }
            }
        }
        all
    }

    #[test]
    fn a_message_is_a_line() {
        let long = "x".repeat(600);
        let cases = [
            (frame(0x81, b"NICK a"), vec![line("NICK a")]),
            (frame(0x82, b"NICK a"), vec![line("NICK a")]),
            (frame(0x81, b"NICK a\r\n"), vec![line("NICK a")]),
            (frame(0x81, b""), vec![]),
            (
                [frame(0x01, b"NI"), frame(0x80, b"CK a")].concat(),
                vec![line("NICK a")],
            ),
            (
                frame(0x81, long.as_bytes()),
                vec![Framed::Received(Received::Line(Err(BadLine::TooLong)))],
            ),
            (
                frame(0x82, b"\xff"),
                vec![Framed::Received(Received::Line(Err(BadLine::NotUtf8(
                    "\u{fffd}".to_owned(),
                ))))],
            ),
            (
                frame(0x89, b"hi"),
                vec![Framed::Answer(b"\x8a\x02hi".to_vec())],
            ),
            (
                [frame(0x89, b"hi"), frame(0x81, b"PING a")].concat(),
                vec![Framed::Answer(b"\x8a\x02hi".to_vec()), line("PING a")],
            ),
            (
                frame(0x88, &[0x03, 0xe8]),
                vec![
                    Framed::Answer(b"\x88\x02\x03\xe8".to_vec()),
                    Framed::Over(None),
                ],
            ),
        ];
        for (bytes, expected) in cases {
            for piece in [1, 5, 4096] {
                assert_eq!(read(&bytes, piece), expected, "{bytes:?} by {piece}");
            }
        }
    }

    #[test]
    fn what_breaks_the_protocol_is_over() {
        let unmasked = b"\x81\x02hi".to_vec();
        let not_utf8 = frame(0x81, b"\xff");
        let huge = [&[0x81, 0xff, 0, 0, 0, 1, 0, 0, 0, 0][..], &[0; 4]].concat();
        for bytes in [unmasked, not_utf8, huge, vec![0xff; 20]] {
            let last = read(&bytes, 4096).pop();
            assert!(
                matches!(last, Some(Framed::Over(Some(_)))),
                "{bytes:?}: {last:?}"
            );
        }
    }
}

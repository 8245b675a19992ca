//! Who may open a WebSocket, and its messages as lines.
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
        Answer::Welcome(framing, response) => (response, Some(framing)),
        Answer::Refused(_, response) => (response, None),
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
    let Answer::Welcome(_, response) = answer(request("").as_bytes(), &[]) else {
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

fn line(text: &str) -> Received {
    Received::Line(Ok(text.to_owned()))
}

fn read(bytes: &[u8], piece: usize) -> Vec<Received> {
    let mut frames = Decoder::of_frames();
    let mut all = Vec::new();
    for piece in bytes.chunks(piece) {
        frames.feed(piece);
        while let Some(framed) = frames.next() {
            let over = matches!(framed, Received::Over(_));
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
            vec![Received::Line(Err(BadLine::TooLong))],
        ),
        (
            frame(0x82, b"\xff"),
            vec![Received::Line(Err(BadLine::NotUtf8("\u{fffd}".to_owned())))],
        ),
        (
            frame(0x89, b"hi"),
            vec![Received::Answer(b"\x8a\x02hi".to_vec())],
        ),
        (
            [frame(0x89, b"hi"), frame(0x81, b"PING a")].concat(),
            vec![Received::Answer(b"\x8a\x02hi".to_vec()), line("PING a")],
        ),
        (
            frame(0x88, &[0x03, 0xe8]),
            vec![
                Received::Answer(b"\x88\x02\x03\xe8".to_vec()),
                Received::Over(None),
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
            matches!(last, Some(Received::Over(Some(_)))),
            "{bytes:?}: {last:?}"
        );
    }
}

//! How lines are put into bytes for one client: as they are, or each in a frame of a WebSocket.

use tungstenite::protocol::frame::coding::{CloseCode, Data, OpCode};
use tungstenite::protocol::frame::{CloseFrame, Frame, FrameHeader};

/// What a client reads.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    /// Not known yet: nothing is said.
    #[default]
    None,
    /// Lines, each with CR LF.
    Lines,
    /// A WebSocket message of text for each line, without CR LF (IRCv3 websocket, `text.ircv3.net`).
    Text,
    /// The same as bytes (`binary.ircv3.net`).
    Binary,
}

impl Framing {
    /// Appends whole lines, each with its CR LF.
    pub(super) fn encode(self, lines: &[u8], to: &mut Vec<u8>) {
        match self {
            Self::None => {}
            Self::Lines => to.extend_from_slice(lines),
            Self::Text => frames(lines, Data::Text, to),
            Self::Binary => frames(lines, Data::Binary, to),
        }
    }

    /// Appends the last line, and the end of the WebSocket.
    pub(super) fn farewell(self, last: &str, to: &mut Vec<u8>) {
        self.encode(format!("{last}\r\n").as_bytes(), to);
        if matches!(self, Self::Text | Self::Binary) {
            let end = CloseFrame {
                code: CloseCode::Normal,
                reason: "".into(),
            };
            write(Frame::close(Some(end)), to);
        }
    }
}

fn frames(lines: &[u8], data: Data, to: &mut Vec<u8>) {
    let lines = lines.split(|byte| *byte == b'\n');
    for line in lines.map(|line| line.strip_suffix(b"\r").unwrap_or(line)) {
        if line.is_empty() {
            continue;
        }
        // A browser ends a connection that gives it text which is not UTF-8 (RFC 6455, 8.1).
        let readable = String::from_utf8_lossy(line);
        let line = match data {
            Data::Text => readable.as_bytes(),
            Data::Binary | Data::Continue | Data::Reserved(_) => line,
        };
        let header = FrameHeader {
            opcode: OpCode::Data(data),
            ..FrameHeader::default()
        };
        // Writing to memory does not fail.
        drop(header.format(u64::try_from(line.len()).unwrap_or(u64::MAX), to));
        to.extend_from_slice(line);
    }
}

fn write(frame: Frame, to: &mut Vec<u8>) {
    // Writing to memory does not fail.
    drop(frame.format(to));
}

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

    #[test]
    fn each_line_is_a_message_without_its_end() {
        let encode = |framing: Framing, lines: &[u8]| {
            let mut bytes = Vec::new();
            framing.encode(lines, &mut bytes);
            bytes
        };
        let two = b"PING a\r\nPONG b\r\n";
        assert_eq!(encode(Framing::None, two), b"");
        assert_eq!(encode(Framing::Lines, two), two);
        assert_eq!(encode(Framing::Text, two), b"\x81\x06PING a\x81\x06PONG b");
        assert_eq!(
            encode(Framing::Binary, two),
            b"\x82\x06PING a\x82\x06PONG b"
        );
        assert_eq!(encode(Framing::Binary, b"\xff\r\n"), b"\x82\x01\xff");
        assert_eq!(
            encode(Framing::Text, b"\xff\r\n"),
            "\u{fffd}"
                .as_bytes()
                .iter()
                .fold(vec![0x81, 3], |mut all, byte| {
                    all.push(*byte);
                    all
                })
        );
    }

    #[test]
    fn a_long_line_has_its_length_in_two_bytes() {
        let mut bytes = Vec::new();
        Framing::Text.encode(&[b'x'; 300], &mut bytes);
        assert_eq!(&bytes[..4], b"\x81\x7e\x01\x2c");
        assert_eq!(bytes.len(), 304);
    }

    #[test]
    fn the_last_line_ends_a_websocket() {
        let mut bytes = Vec::new();
        Framing::Text.farewell("ERROR :bye", &mut bytes);
        assert_eq!(bytes, b"\x81\x0aERROR :bye\x88\x02\x03\xe8");
    }
}

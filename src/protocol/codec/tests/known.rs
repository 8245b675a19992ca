//! Known bytes both ways, and every bound.

use super::*;
use crate::protocol::time::Millis;

/// Letter 0101…, sent 1, of a kind with a body; `more` follows.
fn bytes(fields: u8, kind: u8, rest: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0xA0 | fields, 0, 0x50];
    bytes.extend([1; 16]);
    bytes.extend([1, 1, 2, kind, 3]);
    bytes.extend(rest);
    bytes
}

fn text(text: &str) -> Letter {
    Letter {
        id: LetterId([1; 16]),
        sent: Millis(1),
        body: Body::Text(Text {
            text: text.to_owned(),
            reply_to: None,
            notice: false,
        }),
        holds: None,
        presence: None,
        one_time_keys: None,
        irc: None,
    }
}

#[test]
fn known_bytes_both_ways() {
    let known = bytes(4, 6, &[0xA1, 1, 0x62, b'h', b'i']);
    assert_eq!(encode(&text("hi")), known);
    assert_eq!(decode(&known), Ok(text("hi")));
    let empty = bytes(5, 4, &[0xA0, 4, 0]);
    let letter = Letter {
        body: crate::protocol::letter::empty(),
        holds: Some(0),
        ..text("")
    };
    assert_eq!(encode(&letter), empty);
    assert_eq!(decode(&empty), Ok(letter));
}

#[test]
fn known_bytes_of_what_is_about_a_text_both_ways() {
    let of = LetterId([2; 16]);
    let about = |more: &[u8], fields: u8| {
        let mut body = vec![0xA0 | fields, 1, 0x50];
        body.extend([2; 16]);
        body.extend(more);
        body
    };
    let edit = Edit {
        of,
        text: "hi".into(),
    };
    let react = |on| {
        Body::React(React {
            to: of,
            emoji: "👍".into(),
            on,
        })
    };
    let thumb = [2, 0x64, 0xF0, 0x9F, 0x91, 0x8D, 3];
    for (kind, body, known) in [
        (11, Body::Edit(edit), about(&[2, 0x62, b'h', b'i'], 2)),
        (12, Body::Retract(Retract { of, why: None }), about(&[], 1)),
        (13, react(true), about(&[&thumb[..], &[1]].concat(), 3)),
        (13, react(false), about(&[&thumb[..], &[0]].concat(), 3)),
        (14, Body::Typing(Typing::Active), vec![0xA1, 1, 1]),
        (14, Body::Typing(Typing::Paused), vec![0xA1, 1, 2]),
        (14, Body::Typing(Typing::Done), vec![0xA1, 1, 3]),
    ] {
        let letter = Letter { body, ..text("") };
        assert_eq!(encode(&letter), bytes(4, kind, &known), "{letter:?}");
        assert_eq!(decode(&bytes(4, kind, &known)), Ok(letter));
    }
}

#[test]
fn bounds_of_what_is_about_a_text() {
    let of = LetterId([2; 16]);
    let edit = |length: usize| {
        let text = "a".repeat(length);
        Body::Edit(Edit { of, text })
    };
    let react = |length: usize| {
        let emoji = "a".repeat(length);
        let on = true;
        Body::React(React { to: of, emoji, on })
    };
    for (body, allowed) in [
        (edit(0), false),
        (edit(1), true),
        (edit(MAX_TEXT), true),
        (edit(MAX_TEXT + 1), false),
        (react(0), false),
        (react(1), true),
        (react(MAX_EMOJI), true),
        (react(MAX_EMOJI + 1), false),
    ] {
        let letter = Letter { body, ..text("") };
        assert_eq!(decode(&encode(&letter)).is_ok(), allowed, "{letter:?}");
    }
    for (kind, body) in [(14, [0xA1, 1, 0]), (14, [0xA1, 1, 4])] {
        let error = Err(CodecError::Value("typing"));
        assert_eq!(decode(&bytes(4, kind, &body)), error, "{body:?}");
    }
    for (kind, missing) in [
        (11, "text's id"),
        (12, "text's id"),
        (13, "text's id"),
        (14, "typing"),
    ] {
        let error = Err(CodecError::Missing(missing));
        assert_eq!(decode(&bytes(4, kind, &[0xA0])), error, "{kind}");
    }
}

#[test]
fn fields_of_a_later_version_are_passed_over() {
    let later = bytes(
        5,
        6,
        &[0xA2, 1, 0x62, b'h', b'i', 9, 0xF6, 0x18, 99, 0x81, 0xC1, 0],
    );
    assert_eq!(decode(&later), Ok(text("hi")));
}

#[test]
fn a_kind_of_a_later_version_is_kept() {
    let later = bytes(4, 8, &[0x82, 1, 0x61, b'x']);
    let letter = decode(&later).unwrap();
    assert_eq!(
        letter.body,
        Body::Unknown {
            kind: 8,
            raw: vec![0x82, 1, 0x61, b'x']
        }
    );
    assert_eq!(encode(&letter), later);
}

#[test]
fn what_is_not_allowed_is_refused() {
    let size = |field, is| CodecError::Size(field, is);
    let type_of = |field, wanted| CodecError::Type(field, wanted);
    let mut deep = vec![0x81; 40];
    deep.push(0);
    for (rest, error) in [
        (&[0xA1, 1, 0x60][..], size("text", 0)),
        (&[0xA1, 1, 0x42, 1, 1], type_of("text", "tstr")),
        (&[0xA1, 1, 0x62, 0xFF, 0xFF], CodecError::Malformed),
        (&[0xA1, 1, 0x63, b'h', b'i'], CodecError::Malformed),
        (&[0xA1, 1, 0x7F, 0x61, b'h', 0xFF], CodecError::Indefinite),
        (&[0xBF, 1, 0x61, b'h', 0xFF], CodecError::Indefinite),
        (&[0xA0], CodecError::Missing("text")),
        (&[0x81, 1], type_of("body", "map")),
        (
            &[0xA2, 1, 0x61, b'h', 1, 0x61, b'h'],
            CodecError::KeyOrder("body"),
        ),
        (&[0xA2, 2, 0, 1, 0x61, b'h'], CodecError::KeyOrder("body")),
        (&[0xA1, 0x61, b'a', 1], type_of("key", "uint")),
        (&[0xA2, 1, 0x61, b'h', 2, 0x41, 1], size("reply to", 1)),
        (&[0xA1, 1, 0x61, b'h', 0], CodecError::Trailing(1)),
        (&deep, CodecError::Deep),
    ] {
        assert_eq!(decode(&bytes(4, 6, rest)), Err(error), "{rest:02x?}");
    }
}

#[test]
fn bounds_of_bodies_are_checked() {
    let refused = |letter: &Letter| decode(&encode(letter)).unwrap_err();
    let presence = |presence| Letter {
        body: Body::Presence(presence),
        ..text("")
    };
    let network = |name: &str, server: &str| Network {
        name: name.into(),
        servers: vec![server.into()],
    };
    for (name, server) in [
        ("", "h:1"),
        ("Libera", "h:1"),
        ("a b", "h:1"),
        ("ok", "host"),
        ("ok", "host:0"),
        ("ok", "host:65536"),
        ("ok", ":6697"),
        ("ok", "ho st:1"),
    ] {
        let letter = presence(Presence {
            networks: Some(vec![network(name, server)]),
            ..Presence::default()
        });
        assert!(decode(&encode(&letter)).is_err(), "{name:?} {server:?}");
    }
    for presence_of in [
        Presence {
            window: Some(3_599),
            ..Presence::default()
        },
        Presence {
            window: Some(2_592_001),
            ..Presence::default()
        },
        Presence {
            networks: Some(vec![network("ok", "h:1"); 9]),
            ..Presence::default()
        },
        Presence {
            ways: Some(vec!["tel:1".into(); 17]),
            ..Presence::default()
        },
        Presence {
            epoch: Some(1 << 63),
            ..Presence::default()
        },
    ] {
        assert!(
            decode(&encode(&presence(presence_of.clone()))).is_err(),
            "{presence_of:?}"
        );
    }
    let receipt = |count| Letter {
        body: Body::Receipt(Receipt {
            state: ReceiptState::Read,
            ids: vec![LetterId([0; 16]); count],
        }),
        ..text("")
    };
    for count in [0, 9] {
        let error = CodecError::Size("ids", count);
        assert_eq!(refused(&receipt(count)), error);
    }
    assert_eq!(
        decode(&encode(&text(&"a".repeat(MAX_TEXT)))),
        Ok(text(&"a".repeat(MAX_TEXT)))
    );
    assert_eq!(
        refused(&text(&"a".repeat(MAX_TEXT + 1))),
        CodecError::Size("text", MAX_TEXT + 1)
    );
}

#[test]
fn an_address_must_come_folded() {
    let keys = Keys {
        curve25519: PublicKey([2; 32]),
        ed25519: PublicKey([3; 32]),
    };
    let request = Letter {
        body: Body::Request(Request {
            from: Address::parse("alice@example.org").unwrap(),
            to: Address::parse("bob@example.net").unwrap(),
            name: "Alice".into(),
            note: None,
            keys,
            one_time_keys: OneTimeKeys::default(),
        }),
        ..text("")
    };
    let mut bytes = encode(&request);
    let at = bytes.windows(5).position(|w| w == b"alice").unwrap();
    bytes[at] = b'A';
    assert_eq!(decode(&bytes), Err(CodecError::Value("from")));
}

#[test]
fn signed_bytes_are_known() {
    assert_eq!(request_signed_bytes(b"x"), b"iim1 requestx");
    let accept = Accept {
        from: Address::parse("b@example.net").unwrap(),
        to: Address::parse("a@example.org").unwrap(),
        request: LetterId([5; 16]),
        keys: Keys {
            curve25519: PublicKey([2; 32]),
            ed25519: PublicKey([3; 32]),
        },
        one_time_keys: OneTimeKeys::default(),
        signature: Signature([0; 64]),
    };
    let mut known = vec![0x88, 0x69];
    known.extend(b"iim1 keys");
    known.extend([2, 0x50]);
    known.extend([4; 16]);
    known.push(0x50);
    known.extend([5; 16]);
    known.push(0x6D);
    known.extend(b"b@example.net");
    known.push(0x6D);
    known.extend(b"a@example.org");
    known.extend([0x58, 32]);
    known.extend([2; 32]);
    known.extend([0x58, 32]);
    known.extend([3; 32]);
    assert_eq!(accept_signed_bytes(LetterId([4; 16]), &accept), known);
}

#[test]
fn letters_have_at_most_so_many_bytes() {
    for (size, fits) in [(131_072, true), (131_073, false), (131_074, false)] {
        let too_large = CodecError::Size("letter", size);
        let bytes = vec![0; size];
        let faults = [
            decode(&bytes).unwrap_err(),
            decode_first(&bytes).unwrap_err(),
        ];
        for fault in faults {
            assert_eq!(fault != too_large, fits, "{size}: {fault}");
        }
    }
    assert_eq!(MAX_TEXT, 65_536);
}

#[test]
fn a_server_is_a_host_and_a_port() {
    let long = |size: usize| format!("{}:6697", "h".repeat(size));
    for fine in ["h:1", "irc.example.net:6697", "::1:65535", &long(253)] {
        assert!(Network::is_server(fine), "{fine}");
    }
    for bad in [
        "",
        "h",
        "h:",
        ":1",
        "h:0",
        "h:65536",
        "h:+80",
        "h:8 0",
        "h h:1",
        "é:1",
        "h:a",
        &long(254),
    ] {
        assert!(!Network::is_server(bad), "{bad}");
    }
}

//! What letters print, and what they do not.

use super::*;

#[test]
fn debug_shows_neither_texts_nor_secrets_nor_nicks() {
    let text = Body::Text(Text {
        text: "between us".into(),
        reply_to: None,
        notice: false,
    });
    let here = Body::Here(Here {
        nick: "rtl111va7".into(),
        network: "libera".into(),
        status: Status::Online,
        status_text: None,
        capabilities: Vec::new(),
        echo: None,
    });
    let presence = Body::Presence(Presence {
        secret: Some(Secret([222; 32])),
        ..Presence::default()
    });
    let unknown = Body::Unknown {
        kind: 9,
        raw: vec![222; 3],
    };
    let all = format!("{text:?} {here:?} {presence:?} {unknown:?}");
    for hidden in ["between", "rtl111va7", "222", "dede"] {
        assert!(!all.contains(hidden), "{hidden} in {all}");
    }
    for shown in ["10 bytes", "libera", "Secret(…)", "Unknown(9, 3 bytes)"] {
        assert!(all.contains(shown), "no {shown} in {all}");
    }
    assert_eq!(format!("{:?}", PublicKey([11; 32])), "0b".repeat(32));
}

#[test]
fn debug_shows_neither_words_nor_signs() {
    let of = LetterId([1; 16]);
    let edit = Body::Edit(Edit {
        of,
        text: "between us".into(),
    });
    let react = Body::React(React {
        to: of,
        emoji: "👍".into(),
        on: true,
    });
    let retract = Body::Retract(Retract {
        of,
        why: Some("between you and me".into()),
    });
    let all = format!("{edit:?} {react:?} {retract:?}");
    assert!(!all.contains("between") && !all.contains('👍'), "{all}");
    assert!(all.contains("10 bytes") && all.contains("4 bytes"), "{all}");
}

#[test]
fn ids_and_keys_are_written_as_hex() {
    let id = LetterId([0xA0; 16]);
    assert_eq!(format!("{id}"), "a0".repeat(16));
    assert_eq!(format!("{id:?}"), "a0".repeat(16));
    assert_eq!(format!("{}", PublicKey([11; 32])), "0b".repeat(32));
    let signature = Signature([0xC3; 64]);
    assert_eq!(
        format!("{signature:?}"),
        "c3".repeat(8),
        "enough to compare"
    );
}

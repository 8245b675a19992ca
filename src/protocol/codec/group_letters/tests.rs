//! Any letter of a group, written and read back; what stands for something said; and what the store keeps.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "tests"
)]

mod bounds;
mod rooms;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use rooms::{room_key, there};

use super::*;
use crate::protocol::codec::group::tests::{act, entry, group, member, number};
use crate::protocol::codec::tests::id;
use crate::protocol::codec::{decode, encode};
use crate::protocol::group::Head;
use crate::protocol::letter::{Edit, LetterId, OneTimeKeys, Presence, React, Retract, Text};
use crate::protocol::time::Millis;

fn hash() -> impl Strategy<Value = SaidHash> {
    any::<[u8; 16]>().prop_map(SaidHash)
}

fn heads() -> impl Strategy<Value = Vec<Head>> {
    vec(any::<[u8; 16]>().prop_map(Head), 0..=8)
}

fn ordinal() -> impl Strategy<Value = u64> {
    1..=i64::MAX as u64
}

fn told() -> impl Strategy<Value = Told> {
    let group = any::<[u8; 16]>().prop_map(GroupId);
    let room = option::of(room_key());
    (group, vec(act(), 0..5), room, heads(), vec(entry(), 0..5)).prop_map(
        |(group, acts, room, heads, entries)| Told {
            group,
            acts,
            room,
            heads,
            entries,
        },
    )
}

/// All that may be said, a kind of a later version too.
fn sayable() -> impl Strategy<Value = Body> {
    let text = ("\\PC{1,300}", option::of(id()), any::<bool>());
    let later = prop_oneof![8..=10_u64, 21..99_u64];
    prop_oneof![
        text.prop_map(|(text, reply_to, notice)| Body::Text(Text {
            text,
            reply_to,
            notice,
        })),
        (id(), "\\PC{1,300}").prop_map(|(of, text)| Body::Edit(Edit { of, text })),
        (id(), option::of("\\PC{1,60}")).prop_map(|(of, why)| Body::Retract(Retract { of, why })),
        (id(), "\\PC{1,16}", any::<bool>()).prop_map(|(to, emoji, on)| Body::React(React {
            to,
            emoji,
            on
        })),
        (later, vec(any::<u8>(), 0..60)).prop_map(|(kind, raw)| {
            let raw = bytes(&raw);
            Body::Unknown { kind, raw }
        }),
    ]
}

fn said() -> impl Strategy<Value = Said> {
    let place = (group(), ordinal(), hash(), option::of(ordinal()));
    let what = (sayable(), option::of(member()), heads());
    (place, what).prop_map(|(place, (body, whose, heads))| {
        let (group, number, before, since) = place;
        Said {
            group,
            number,
            before,
            body: spoken(body),
            whose,
            heads,
            since,
        }
    })
}

fn got() -> impl Strategy<Value = Got> {
    let beyond = vec(any::<u8>(), 0..=32);
    let of = (member(), number(), hash(), beyond).prop_map(|(author, up_to, hash, beyond)| GotOf {
        author,
        up_to,
        hash,
        beyond,
    });
    let opened = vec(any::<[u8; 8]>().prop_map(Coming), 0..=50);
    (group(), vec(of, 1..=50), heads(), opened).prop_map(|(group, of, heads, opened)| Got {
        group,
        of,
        heads,
        opened,
    })
}

fn bid() -> impl Strategy<Value = Bid> {
    let group = || any::<[u8; 16]>().prop_map(GroupId);
    prop_oneof![
        (
            group(),
            "[a-zäöü ]{1,30}",
            vec(member(), 1..=50),
            option::of(any::<[u8; 32]>().prop_map(crate::protocol::group::ActId))
        )
            .prop_map(|(group, name, members, ended)| {
                Bid::Ask {
                    group,
                    name,
                    members,
                    ended,
                }
            }),
        (group(), entry()).prop_map(|(group, entry)| Bid::Answer { group, entry }),
    ]
}

fn gather() -> impl Strategy<Value = Gather> {
    vec(vec(any::<u8>(), 0..40), 0..=64).prop_map(|letters| Gather { letters })
}

/// What any letter of a group says.
pub(crate) fn group_body() -> impl Strategy<Value = Body> {
    prop_oneof![
        told().prop_map(Body::Told),
        said().prop_map(Body::Said),
        got().prop_map(Body::Got),
        bid().prop_map(Body::Bid),
        there().prop_map(Body::There),
        gather().prop_map(Body::Gather),
    ]
}

fn with(body: Body) -> Letter {
    Letter::bare(LetterId([1; 16]), Millis(5), body)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_letter_of_a_group_reads_back(body in group_body()) {
        let letter = with(body);
        prop_assert_eq!(decode(&encode(&letter)), Ok(letter));
    }

    #[test]
    fn any_letter_of_a_group_is_kept_in_the_store(body in group_body()) {
        let kept = serde_json::to_string(&body).unwrap();
        prop_assert_eq!(serde_json::from_str::<Body>(&kept).unwrap(), body);
    }

    #[test]
    fn any_entry_is_kept_in_the_store(entry in entry()) {
        let kept = serde_json::to_string(&entry).unwrap();
        prop_assert_eq!(serde_json::from_str::<Entry>(&kept).unwrap(), entry);
    }
}

fn hello() -> Said {
    Said {
        group: Some(GroupId([2; 16])),
        number: 7,
        before: SaidHash([3; 16]),
        body: spoken(text("hello")),
        whose: None,
        heads: vec![Head([4; 16])],
        since: Some(5),
    }
}

fn text(words: &str) -> Body {
    Body::Text(Text {
        text: words.into(),
        reply_to: None,
        notice: false,
    })
}

#[test]
fn the_store_keeps_them_as_the_hexadecimal_text_of_their_cbor() {
    let kept = serde_json::to_string(&Gather {
        letters: vec![vec![0xAB]],
    });
    assert_eq!(kept.unwrap(), r#""a1018141ab""#);
}

#[test]
fn what_the_store_should_not_hold_is_an_error() {
    let group = "02".repeat(16);
    for (what, kept) in [
        ("nothing", String::new()),
        ("no hexadecimal", "zz".to_owned()),
        ("cut short", "a10181".to_owned()),
        ("something after the end", "a1018000".to_owned()),
        ("another type", "80".to_owned()),
        ("a field that is missing", format!("a10150{group}")),
    ] {
        let kept = format!("\"{kept}\"");
        assert!(serde_json::from_str::<Told>(&kept).is_err(), "{what}");
        assert!(serde_json::from_str::<Said>(&kept).is_err(), "{what}");
        assert!(serde_json::from_str::<Got>(&kept).is_err(), "{what}");
        assert!(serde_json::from_str::<Bid>(&kept).is_err(), "{what}");
        assert!(serde_json::from_str::<Entry>(&kept).is_err(), "{what}");
        assert!(serde_json::from_str::<Gather>(&kept).is_err(), "{what}");
    }
}

/// Of each part that is hashed, the same letter with another one.
fn others() -> Vec<(&'static str, SaidHash)> {
    let (group, author) = (GroupId([2; 16]), MemberId([8; 8]));
    let letter = |said: &Said| with(Body::Said(said.clone()));
    let of = |said: Said| said_hash(group, author, &letter(&said), &said);
    let said = hello();
    let unknown = |kind, raw: &[u8]| {
        let raw = bytes(raw);
        spoken(Body::Unknown { kind, raw })
    };
    let id = Letter {
        id: LetterId([9; 16]),
        ..letter(&said)
    };
    let sent = Letter {
        sent: Millis(6),
        ..letter(&said)
    };
    let other = hello;
    vec![
        ("none", of(hello())),
        (
            "group",
            said_hash(GroupId([9; 16]), author, &letter(&said), &said),
        ),
        (
            "author",
            said_hash(group, MemberId([9; 8]), &letter(&said), &said),
        ),
        ("id", said_hash(group, author, &id, &said)),
        ("sent", said_hash(group, author, &sent, &said)),
        (
            "number",
            of(Said {
                number: 8,
                ..other()
            }),
        ),
        (
            "hash before",
            of(Said {
                before: SaidHash::default(),
                ..other()
            }),
        ),
        (
            "body",
            of(Said {
                body: spoken(text("hallo")),
                ..other()
            }),
        ),
        (
            "kind",
            of(Said {
                body: unknown(21, b"x"),
                ..other()
            }),
        ),
        (
            "another kind",
            of(Said {
                body: unknown(22, b"x"),
                ..other()
            }),
        ),
        (
            "another body",
            of(Said {
                body: unknown(22, b"y"),
                ..other()
            }),
        ),
        (
            "whose text",
            of(Said {
                whose: Some(author),
                ..other()
            }),
        ),
        (
            "whose text it is",
            of(Said {
                whose: Some(MemberId([9; 8])),
                ..other()
            }),
        ),
    ]
}

#[test]
fn the_hash_of_something_said_is_another_with_each_part() {
    let all = others();
    for (at, (what, hash)) in all.iter().enumerate() {
        for (other, same) in all.iter().skip(at + 1) {
            assert_ne!(hash, same, "{what} and {other}");
        }
    }
}

#[test]
fn the_hash_of_something_said_is_the_same_in_every_copy() {
    let (group, author, said) = (GroupId([2; 16]), MemberId([8; 8]), hello());
    let hash = |said: &Said, letter: &Letter| said_hash(group, author, letter, said);
    let letter = with(Body::Said(said.clone()));
    let first = hash(&said, &letter);
    for (what, copy) in [
        (
            "heads",
            Said {
                heads: vec![],
                ..hello()
            },
        ),
        (
            "since",
            Said {
                since: None,
                ..hello()
            },
        ),
        (
            "group left out",
            Said {
                group: None,
                ..hello()
            },
        ),
    ] {
        let letter = with(Body::Said(copy.clone()));
        assert_eq!(hash(&copy, &letter), first, "{what}");
    }
    let beside = Letter {
        holds: Some(3),
        presence: Some(Presence::default()),
        one_time_keys: Some(OneTimeKeys::default()),
        irc: Some(vec![1]),
        ..letter
    };
    assert_eq!(hash(&said, &beside), first, "what stands beside the body");
}

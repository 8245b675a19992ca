//! Every bound of the letters of a group.

use super::*;
use crate::protocol::address::Address;
use crate::protocol::codec::group::{encode_deed, encode_person};
use crate::protocol::codec::tests::body;
use crate::protocol::group::Head;
use crate::protocol::group::{ActId, Deed, Person, Signed, What};
use crate::protocol::letter::{Keys, PublicKey, Signature};
use crate::protocol::time::Seconds;

const GROUP_ID: GroupId = GroupId([2; 16]);
const AUTHOR: MemberId = MemberId([8; 8]);
const LARGEST: u64 = i64::MAX as u64;

fn told(acts: usize, heads: usize, entries: usize) -> Body {
    let entry = |tag| {
        let person = Person {
            address: Address::parse("alice@example.org").unwrap(),
            name: "Alice".into(),
            keys: Keys {
                curve25519: PublicKey([5; 32]),
                ed25519: PublicKey([6; 32]),
            },
            prekey: PublicKey([7; 32]),
            counter: tag,
            group: Some(GROUP_ID),
            ended: None,
        };
        Signed {
            bytes: encode_person(&person),
            value: person,
            signature: Signature([9; 64]),
        }
    };
    let deed = Deed {
        group: Some(GROUP_ID),
        author: AUTHOR,
        parents: vec![ActId([3; 32])],
        depth: 1,
        time: Seconds(1_800_000_000),
        what: What::Leave,
        before: None,
        number: 1,
    };
    let act = Signed {
        bytes: encode_deed(&deed),
        value: deed,
        signature: Signature([9; 64]),
    };
    Body::Told(Told {
        group: GROUP_ID,
        acts: vec![act; acts],
        room: None,
        heads: vec![Head([4; 16]); heads],
        entries: (0..).map(entry).take(entries).collect(),
    })
}

fn said(number: u64, heads: usize, since: Option<u64>) -> Body {
    Body::Said(Said {
        number,
        heads: vec![Head([4; 16]); heads],
        since,
        ..hello()
    })
}

fn got(of: usize, up_to: u64, beyond: usize, heads: usize) -> Body {
    let one = GotOf {
        author: AUTHOR,
        up_to,
        hash: SaidHash([3; 16]),
        beyond: vec![0xFF; beyond],
    };
    Body::Got(Got {
        group: Some(GROUP_ID),
        of: vec![one; of],
        heads: vec![Head([4; 16]); heads],
        opened: Vec::new(),
    })
}

fn ask(name: usize, members: usize) -> Body {
    Body::Bid(Bid::Ask {
        group: GROUP_ID,
        name: "n".repeat(name),
        members: vec![AUTHOR; members],
        ended: None,
    })
}

fn gather(letters: usize) -> Body {
    Body::Gather(Gather {
        letters: vec![vec![0xA0]; letters],
    })
}

#[test]
fn the_bounds_hold() {
    let size = CodecError::Size;
    let value = CodecError::Value;
    for (good, bad, error) in [
        (told(128, 8, 50), told(129, 8, 50), size("acts", 129)),
        (told(0, 0, 0), told(0, 9, 0), size("heads", 9)),
        (told(1, 1, 50), told(1, 1, 51), size("entries", 51)),
        (said(1, 8, None), said(0, 8, None), value("number")),
        (
            said(LARGEST, 0, None),
            said(LARGEST + 1, 0, None),
            value("number"),
        ),
        (said(1, 8, None), said(1, 9, None), size("heads", 9)),
        (
            said(1, 0, Some(1)),
            said(1, 0, Some(0)),
            value("first number"),
        ),
        (
            said(9, 0, Some(LARGEST)),
            said(9, 0, Some(LARGEST + 1)),
            value("first number"),
        ),
        (got(1, 0, 0, 0), got(0, 0, 0, 0), size("of whom", 0)),
        (got(50, 7, 32, 8), got(51, 7, 32, 8), size("of whom", 51)),
        (
            got(1, LARGEST, 1, 0),
            got(1, LARGEST + 1, 1, 0),
            value("of whom"),
        ),
        (got(1, 7, 32, 0), got(1, 7, 33, 0), size("of whom", 33)),
        (got(1, 7, 1, 8), got(1, 7, 1, 9), size("heads", 9)),
        (ask(1, 1), ask(0, 1), size("name", 0)),
        (ask(64, 50), ask(65, 50), size("name", 65)),
        (ask(1, 1), ask(1, 0), size("members", 0)),
        (ask(1, 50), ask(1, 51), size("members", 51)),
        (gather(0), gather(65), size("letters", 65)),
        (gather(64), gather(65), size("letters", 65)),
    ] {
        let (good, bad) = (with(good), with(bad));
        assert_eq!(decode(&encode(&good)).as_ref(), Ok(&good), "{error}");
        assert_eq!(decode(&encode(&bad)), Err(error));
    }
}

/// A letter of a kind whose body is these bytes.
fn read(kind: u64, raw: Vec<u8>) -> Result<Letter, CodecError> {
    decode(&encode(&with(Body::Unknown { kind, raw })))
}

/// A map of so many fields, which are these bytes.
fn map(fields: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let put = |map: Map, (key, value): &(u8, Vec<u8>)| map.put((*key).into(), value);
    fields.iter().fold(Map::default(), put).finish()
}

/// The fields of a letter of each kind, all of them needed but for those that the second list names.
fn fields(kind: u64) -> (Vec<(u8, Vec<u8>)>, Vec<u8>) {
    let group = bytes(&[2; 16]);
    let heads = array([bytes(&[4; 16])]);
    let member = bytes(&[8; 8]);
    match kind {
        15 => (
            vec![(1, group), (2, array([])), (4, heads), (5, array([]))],
            vec![],
        ),
        16 => {
            let text = map(&[(1, crate::protocol::cbor::text("hi"))]);
            let said = vec![(2, uint(7)), (3, bytes(&[3; 16])), (4, uint(6)), (5, text)];
            let rest = vec![(6, member), (7, heads), (8, uint(1))];
            ([vec![(1, group)], said, rest].concat(), vec![1, 6, 8])
        }
        17 => {
            let of = array([array([member, uint(7), bytes(&[3; 16])])]);
            (vec![(1, group), (2, of), (3, heads)], vec![1])
        }
        18 => {
            let name = crate::protocol::cbor::text("Climbing");
            (
                vec![(1, group), (2, uint(1)), (3, name), (4, array([member]))],
                vec![],
            )
        }
        _ => (vec![(1, array([]))], vec![]),
    }
}

#[test]
fn what_is_needed_is_missed() {
    for kind in [15, 16, 17, 18, 20] {
        let (all, optional) = fields(kind);
        assert!(read(kind, map(&all)).is_ok(), "{kind}");
        for (key, _) in &all {
            let rest: Vec<_> = all.iter().filter(|(one, _)| one != key).cloned().collect();
            let came = read(kind, map(&rest));
            if optional.contains(key) {
                assert!(came.is_ok(), "{kind} without {key}");
            } else {
                assert!(
                    matches!(came, Err(CodecError::Missing(_))),
                    "{kind} without {key}"
                );
            }
        }
    }
}

#[test]
fn what_is_of_another_type_or_size_is_refused() {
    let nonsense = [
        uint(1 << 63),
        bytes(&[1; 15]),
        bytes(&[1; 7]),
        map(&[]),
        array([uint(1)]),
    ];
    for kind in [15, 16, 17, 18, 20] {
        let (all, _) = fields(kind);
        for at in 0..all.len() {
            for wrong in &nonsense {
                let mut fields = all.clone();
                wrong.clone_into(&mut fields.get_mut(at).unwrap().1);
                let (key, _) = &all[at];
                assert!(
                    read(kind, map(&fields)).is_err(),
                    "{kind}, {key}: {wrong:02x?}"
                );
            }
        }
        assert!(read(kind, array([])).is_err(), "{kind}");
    }
}

#[test]
fn fields_of_a_later_version_are_passed_over() {
    for kind in [15, 16, 17, 18, 20] {
        let (mut all, _) = fields(kind);
        let plain = read(kind, map(&all));
        all.push((99, uint(1)));
        assert_eq!(read(kind, map(&all)), plain, "{kind}");
    }
}

#[test]
fn what_came_beyond_is_absent_or_has_a_byte() {
    let got = |of: &[Vec<u8>]| {
        let of = array([array(of.iter().cloned())]);
        read(17, map(&[(2, of), (3, array([]))]))
    };
    let three = [bytes(&[8; 8]), uint(7), bytes(&[3; 16])];
    let with = |more: &[Vec<u8>]| got(&[&three, more].concat());
    assert!(with(&[]).is_ok());
    assert!(with(&[bytes(&[0])]).is_ok());
    let empty = CodecError::Size("what came beyond", 0);
    assert_eq!(with(&[bytes(&[])]), Err(empty));
    let five = with(&[bytes(&[1]), bytes(&[1])]);
    assert_eq!(five, Err(CodecError::Size("of whom", 5)));
    assert_eq!(got(&three[..2]), Err(CodecError::Size("of whom", 2)));
}

#[test]
fn a_bid_is_a_question_or_an_answer() {
    let entry = {
        let Body::Told(told) = told(0, 0, 1) else {
            panic!()
        };
        (ENTRY.write)(&told.entries[0])
    };
    let bid = |which: u64, more: &[(u8, Vec<u8>)]| {
        let fields = [(1, bytes(&[2; 16])), (2, uint(which))];
        read(18, map(&[&fields, more].concat()))
    };
    assert!(bid(2, &[(5, entry.clone())]).is_ok());
    for which in [0, 3] {
        let came = bid(which, &[(5, entry.clone())]);
        assert_eq!(came, Err(CodecError::Value("bid")), "{which}");
    }
    assert_eq!(bid(2, &[]), Err(CodecError::Missing("entry")));
    let question = bid(1, &[(5, entry)]);
    assert_eq!(question, Err(CodecError::Missing("name")));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn only_what_may_be_said_is_read_in_something_said(body in body()) {
        let may = body.may_be_said();
        let said = Said { body: spoken(body), ..hello() };
        let letter = with(Body::Said(said));
        let expected = if may { Ok(letter.clone()) } else { Err(CodecError::Value("body")) };
        prop_assert_eq!(decode(&encode(&letter)), expected);
    }
}

//! Any act and any entry, written and read back; and the bounds.
#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "tests")]

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::*;
use crate::protocol::address::Address;
use crate::protocol::group::Signed;
use crate::protocol::letter::{Keys, PublicKey, Signature};

fn signature() -> impl Strategy<Value = Signature> {
    any::<[u8; 32]>().prop_map(|half| {
        let mut both = [0; 64];
        both[..32].copy_from_slice(&half);
        Signature(both)
    })
}

fn act_id() -> impl Strategy<Value = ActId> {
    any::<[u8; 32]>().prop_map(ActId)
}

pub(crate) fn member() -> impl Strategy<Value = MemberId> {
    any::<[u8; 8]>().prop_map(MemberId)
}

pub(crate) fn group() -> impl Strategy<Value = Option<GroupId>> {
    option::of(any::<[u8; 16]>().prop_map(GroupId))
}

pub(crate) fn number() -> impl Strategy<Value = u64> {
    0..=i64::MAX as u64
}

fn title() -> impl Strategy<Value = Title> {
    ("[a-zäöü ]{1,30}", "[a-z ]{0,300}").prop_map(|(name, topic)| Title { name, topic })
}

pub(crate) fn entry() -> impl Strategy<Value = Entry> {
    let key = || any::<[u8; 32]>().prop_map(PublicKey);
    let who = ("[a-z]{1,9}@[a-z]{1,9}\\.[a-z]{2,5}", "[a-zäöü ]{0,30}");
    let keys = (key(), key(), key());
    let rest = (number(), group(), option::of(act_id()));
    (who, keys, rest, signature()).prop_map(|(who, keys, rest, signature)| {
        let (curve25519, ed25519, prekey) = keys;
        let value = Person {
            address: Address::parse(&who.0).unwrap(),
            name: who.1,
            keys: Keys {
                curve25519,
                ed25519,
            },
            prekey,
            counter: rest.0,
            group: rest.1,
            ended: rest.2,
        };
        Signed {
            bytes: encode_person(&value),
            value,
            signature,
        }
    })
}

fn what() -> impl Strategy<Value = What> {
    let network = ("[a-z0-9.-]{1,64}", vec("[a-z]{1,20}:6697", 1..=4));
    let network = network.prop_map(|(name, servers)| Network { name, servers });
    prop_oneof![
        (entry(), title(), any::<[u8; 16]>())
            .prop_map(|(entry, title, salt)| What::Found(Founding { entry, title, salt })),
        entry().prop_map(What::Add),
        member().prop_map(What::Remove),
        Just(What::Leave),
        (member(), any::<bool>()).prop_map(|(who, on)| What::Admin(who, on)),
        title().prop_map(What::Title),
        vec(network, 0..=2).prop_map(What::Rooms),
        (entry(), signature()).prop_map(|(entry, signature)| What::Renew(entry, signature)),
    ]
}

pub(crate) fn act() -> impl Strategy<Value = Act> {
    let place = (
        vec(act_id(), 0..=8),
        number(),
        option::of(act_id()),
        1..=64_u64,
    );
    let said = (group(), member(), number().prop_map(Seconds), what());
    (place, said, signature()).prop_filter_map(
        "an act of 1,024 bytes",
        |(place, said, signature)| {
            let (parents, depth, before, number) = place;
            let (group, author, time, what) = said;
            let value = Deed {
                group,
                author,
                parents,
                depth,
                time,
                what,
                before,
                number,
            };
            let bytes = encode_deed(&value);
            (bytes.len() <= MAX_ACT).then_some(Signed {
                value,
                bytes,
                signature,
            })
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_act_reads_back(act in act()) {
        let bytes = encode_act(&act);
        prop_assert_eq!(decode_act(&bytes), Ok(act));
    }

    #[test]
    fn any_entry_reads_back(entry in entry()) {
        let bytes = encode_entry(&entry);
        prop_assert_eq!(decode_entry(&bytes), Ok(entry));
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in vec(any::<u8>(), 0..400)) {
        let _ = decode_act(&bytes);
        let _ = decode_entry(&bytes);
    }

    #[test]
    fn any_change_of_an_act_is_read_or_refused(act in act(), at in any::<prop::sample::Index>(), to in any::<u8>()) {
        let mut bytes = encode_act(&act);
        *at.get_mut(&mut bytes) = to;
        let _ = decode_act(&bytes);
    }
}

/// An act with this number and this done.
fn with(number: u64, what: What) -> Act {
    let value = Deed {
        group: Some(GroupId([1; 16])),
        author: MemberId([2; 8]),
        parents: vec![ActId([3; 32])],
        depth: 1,
        time: Seconds(1_800_000_000),
        what,
        before: None,
        number,
    };
    Signed {
        bytes: encode_deed(&value),
        value,
        signature: Signature([4; 64]),
    }
}

#[test]
fn the_bounds_hold() {
    let named = |name: usize, topic: usize| {
        with(
            1,
            What::Title(Title {
                name: "n".repeat(name),
                topic: "t".repeat(topic),
            }),
        )
    };
    let network = |n: usize| Network {
        name: format!("net{n}"),
        servers: vec!["irc.example:6697".to_owned()],
    };
    let rooms = |count: usize| with(1, What::Rooms((0..count).map(network).collect()));
    for (what, good, bad) in [
        ("a number", with(128, What::Leave), with(129, What::Leave)),
        (
            "the first number",
            with(1, What::Leave),
            with(0, What::Leave),
        ),
        ("a name", named(64, 0), named(65, 0)),
        ("no name", named(1, 0), named(0, 0)),
        ("a topic", named(1, 300), named(1, 301)),
        ("networks", rooms(2), rooms(3)),
    ] {
        assert_eq!(decode_act(&encode_act(&good)), Ok(good), "{what}");
        assert!(decode_act(&encode_act(&bad)).is_err(), "{what}");
    }
    let mut parents = with(1, What::Leave);
    parents.value.parents = vec![ActId([3; 32]); 9];
    parents.bytes = encode_deed(&parents.value);
    assert!(decode_act(&encode_act(&parents)).is_err(), "nine parents");
    let mut long = with(1, What::Leave);
    long.bytes = vec![0; MAX_ACT + 1];
    assert!(decode_act(&encode_act(&long)).is_err(), "a long deed");
    let mut more = with(1, What::Leave);
    more.bytes.push(0);
    assert!(
        decode_act(&encode_act(&more)).is_err(),
        "something after the deed"
    );
}

//! Any letter at all, written and read back.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "tests"
)]

mod known;

use crate::protocol::time::Millis;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::group_letters::tests::group_body;
use super::*;
use crate::protocol::address::Address;
use crate::protocol::letter::{
    Body, Confirm, Edit, Here, Keys, Network, OneTimeKeys, Presence, PublicKey, React, Receipt,
    ReceiptState, Request, Retract, Secret, Signature, Status, Text, Typing,
};

fn address() -> impl Strategy<Value = Address> {
    "[a-z][a-z0-9.+]{0,10}[a-z]@[a-z]{1,9}\\.[a-z]{2,5}"
        .prop_filter_map("an address", |text| Address::parse(&text).ok())
}

pub(super) fn id() -> impl Strategy<Value = LetterId> {
    any::<[u8; 16]>().prop_map(LetterId)
}

fn number() -> impl Strategy<Value = u64> {
    0..=i64::MAX as u64
}

fn keys() -> impl Strategy<Value = Keys> {
    (any::<[u8; 32]>(), any::<[u8; 32]>()).prop_map(|(c, e)| Keys {
        curve25519: PublicKey(c),
        ed25519: PublicKey(e),
    })
}

fn one_time_keys() -> impl Strategy<Value = OneTimeKeys> {
    let key = || option::of(any::<[u8; 32]>().prop_map(PublicKey));
    (key(), key()).prop_map(|(mail, irc)| OneTimeKeys { mail, irc })
}

fn status() -> impl Strategy<Value = Status> {
    prop_oneof![Just(Status::Online), Just(Status::Away), Just(Status::Busy)]
}

fn network() -> impl Strategy<Value = Network> {
    let server = ("[a-z0-9.:\\[\\]]{1,20}", 1..=65535_u16);
    let servers = vec(
        server.prop_map(|(host, port)| format!("{host}:{port}")),
        1..=4,
    );
    ("[a-z0-9.-]{1,64}", servers).prop_map(|(name, servers)| Network { name, servers })
}

fn presence() -> impl Strategy<Value = Presence> {
    (
        option::of(number()),
        option::of(any::<[u8; 32]>().prop_map(Secret)),
        option::of(WINDOW),
        option::of(vec(network(), 0..=8)),
        option::of(status()),
        option::of("\\PC{0,99}"),
        option::of(vec(number(), 0..9)),
        option::of(vec("\\PC{1,50}", 0..=16)),
    )
        .prop_map(
            |(epoch, secret, window, networks, status, status_text, capabilities, ways)| Presence {
                epoch,
                secret,
                window,
                networks,
                status,
                status_text,
                capabilities,
                ways,
            },
        )
}

fn request() -> impl Strategy<Value = Request> {
    let words = ("[a-zäöü ]{0,30}", option::of("\\PC{0,200}"));
    (address(), address(), words, keys(), one_time_keys()).prop_map(
        |(from, to, (name, note), keys, one_time_keys)| Request {
            from,
            to,
            name,
            note,
            keys,
            one_time_keys,
        },
    )
}

fn accept() -> impl Strategy<Value = Accept> {
    (
        address(),
        address(),
        id(),
        keys(),
        one_time_keys(),
        any::<[u8; 64]>(),
    )
        .prop_map(
            |(from, to, request, keys, one_time_keys, signature)| Accept {
                from,
                to,
                request,
                keys,
                one_time_keys,
                signature: Signature(signature),
            },
        )
}

fn here() -> impl Strategy<Value = Here> {
    (
        "[a-z][a-z0-9]{8}",
        "[a-z0-9.-]{1,64}",
        status(),
        option::of("\\PC{0,40}"),
        vec(number(), 0..5),
        option::of(id()),
    )
        .prop_map(
            |(nick, network, status, status_text, capabilities, echo)| Here {
                nick,
                network,
                status,
                status_text,
                capabilities,
                echo,
            },
        )
}

pub(super) fn body() -> impl Strategy<Value = Body> {
    let state = prop_oneof![Just(ReceiptState::Delivered), Just(ReceiptState::Read)];
    let typing = prop_oneof![
        Just(Typing::Active),
        Just(Typing::Paused),
        Just(Typing::Done)
    ];
    prop_oneof![
        request().prop_map(Body::Request),
        accept().prop_map(Body::Accept),
        id().prop_map(|accept| Body::Confirm(Confirm { accept })),
        presence().prop_map(Body::Presence),
        here().prop_map(Body::Here),
        ("\\PC{1,300}", option::of(id()), any::<bool>()).prop_map(|(text, reply_to, notice)| {
            Body::Text(Text {
                text,
                reply_to,
                notice,
            })
        }),
        (state, vec(id(), 1..=8)).prop_map(|(state, ids)| Body::Receipt(Receipt { state, ids })),
        (id(), "\\PC{1,300}").prop_map(|(of, text)| Body::Edit(Edit { of, text })),
        (id(), option::of("\\PC{1,60}")).prop_map(|(of, why)| Body::Retract(Retract { of, why })),
        (id(), "\\PC{1,16}", any::<bool>()).prop_map(|(to, emoji, on)| Body::React(React {
            to,
            emoji,
            on
        })),
        typing.prop_map(Body::Typing),
        group_body(),
        (prop_oneof![8..=10_u64, 21..99_u64], "\\PC{0,60}").prop_map(|(kind, words)| {
            let raw = cbor::text(&words);
            Body::Unknown { kind, raw }
        }),
    ]
}

fn letter() -> impl Strategy<Value = Letter> {
    (
        id(),
        number(),
        body(),
        option::of(number()),
        option::of(presence()),
        option::of(one_time_keys()),
        option::of(vec(any::<u8>(), 0..400)),
    )
        .prop_map(
            |(id, sent, body, holds, presence, one_time_keys, irc)| Letter {
                id,
                sent: Millis(sent),
                body,
                holds,
                presence,
                one_time_keys,
                irc,
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read(letter in letter()) {
        prop_assert_eq!(decode(&encode(&letter)), Ok(letter));
    }

    #[test]
    fn no_bytes_panic(bytes in vec(any::<u8>(), 0..200)) {
        let _ = decode(&bytes);
    }

    #[test]
    fn no_damage_panics(letter in letter(), at in any::<prop::sample::Index>(), byte: u8) {
        let mut bytes = encode(&letter);
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(letter) = decode(&bytes) {
            prop_assert_eq!(decode(&encode(&letter)), Ok(letter));
        }
        prop_assert!(decode(&bytes[..at]).is_err());
    }
}

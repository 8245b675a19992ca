//! Invite links: what is read is written in one form, which reads as the same; any invite can be written.
#![no_main]

use iim::protocol::address::Address;
use iim::protocol::group::GroupId;
use iim::protocol::letter::{Keys, PublicKey};
use iim::protocol::link::{IntoGroup, Invite, Token};
use iim::protocol::time::Seconds;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Ok(invite) = Invite::parse(text)
    {
        round(&invite);
        // Parameters may stand in any order, so only a written link is compared letter by letter; a group's name may be written
        // with the digits of its encoding in either case.
        let written = invite.to_link();
        if invite.group.is_none()
            && text.len() == written.len()
            && text.starts_with(written.split('?').next().unwrap_or_default())
        {
            let sorted = |link: &str| {
                let mut pairs: Vec<_> = link.split(['?', '&']).skip(1).map(str::to_owned).collect();
                pairs.sort();
                pairs
            };
            assert_eq!(sorted(text), sorted(&written), "two forms of one length");
        }
    }
    if let Some(invite) = made_of(bytes) {
        round(&invite);
    }
});

fn round(invite: &Invite) {
    let link = invite.to_link();
    assert!(
        link.bytes().all(|c| c.is_ascii_graphic()),
        "a link is one printable word"
    );
    let (address, query) = link["iim:".len()..].split_once('?').expect("a query");
    let unreserved = |c: u8| c.is_ascii_alphanumeric() || b"-._~".contains(&c);
    assert!(
        address.bytes().all(|c| unreserved(c) || c == b'%'),
        "RFC 3986, section 2.3"
    );
    assert!(query.bytes().all(|c| unreserved(c) || b"%=&".contains(&c)));
    assert_eq!(Invite::parse(&link).as_ref(), Ok(invite));
    let debug = format!("{invite:?}");
    assert!(
        debug.contains("Token(…)"),
        "a token prints only within a link"
    );
}

/// An invite with these bytes as keys, token, end and address, and into a group with the token's for an id and the address for a
/// name; nobody has a key of low order.
fn made_of(bytes: &[u8]) -> Option<Invite> {
    let (curve25519, rest) = bytes.split_first_chunk()?;
    let (ed25519, rest) = rest.split_first_chunk()?;
    let (token, rest) = rest.split_first_chunk()?;
    let (expires, rest) = rest.split_first_chunk()?;
    let curve25519 = Some(PublicKey(*curve25519)).filter(|key| !key.is_low_order())?;
    let address = Address::parse(std::str::from_utf8(rest).ok()?).ok()?;
    let group = IntoGroup {
        id: GroupId(*token),
        name: address.as_str().chars().take(16).collect(),
    };
    Some(Invite {
        address,
        keys: Keys {
            curve25519,
            ed25519: PublicKey(*ed25519),
        },
        token: Token(*token),
        // Times end where a signed number of 64 bits does.
        expires: i64::from_be_bytes(*expires).try_into().ok().map(Seconds),
        group: Some(Box::new(group)).filter(|_| token[0] % 2 == 1),
    })
}

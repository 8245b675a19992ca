//! A group for tests, and people in it.
#![allow(clippy::unwrap_used, reason = "tests")]

use crate::protocol::address::Address;
use crate::protocol::group::letters::SaidHash;
use crate::protocol::group::{ActId, Entry, GroupId, MemberId, Person, Signed, Title};
use crate::protocol::letter::{Keys, LetterId, PublicKey, Signature};
use crate::protocol::time::{Millis, Seconds};
use crate::rules::contact::{Contact, Standing};
use crate::rules::conversation::{ContactId, ConversationId, Ids};
use crate::rules::group::copy::Copy;
use crate::rules::group::state::{self, Group, Member};
use crate::rules::message::Delivery;

/// The conversation in it.
pub(crate) const HERE: ConversationId = ConversationId::new(9);

/// Keys of which each byte is this one.
pub(crate) fn keys(byte: u8) -> Keys {
    Keys {
        curve25519: PublicKey([byte; 32]),
        ed25519: PublicKey([byte; 32]),
    }
}

/// At `example.net`.
pub(crate) fn address(name: &str) -> Address {
    Address::parse(&format!("{name}@example.net")).unwrap()
}

/// What somebody signs.
pub(crate) fn entry(name: &str, byte: u8) -> Entry {
    Signed {
        value: Person {
            address: address(name),
            name: name.to_owned(),
            keys: keys(byte),
            prekey: PublicKey([byte; 32]),
            counter: 1,
            group: None,
            ended: None,
        },
        bytes: Vec::new(),
        signature: Signature([0; 64]),
    }
}

/// Whoever has these keys and this address.
pub(crate) fn inside(name: &str, byte: u8) -> Member {
    Member {
        id: MemberId::of(PublicKey([byte; 32])),
        contact: ContactId::new(byte.into()),
        name: name.to_owned(),
        entry: entry(name, byte),
        first: (1, ActId([0; 32])),
        is_in: true,
        rank: None,
        heads: Vec::new(),
        told: Vec::new(),
        acts_due: false,
        repairs: false,
        entry_due: false,
        heads_due: false,
        key_due: false,
        room: None,
        within: None,
        repaired_at: Seconds(0),
        showed_nothing: false,
        again: None,
        got: None,
        got_due: false,
        differs_at: Seconds(0),
        fresh: false,
        due: None,
        since_told: 0,
        new_sessions: (0, 0),
    }
}

/// The user is in it as an admin, and so are these.
pub(crate) fn climbing(members: Vec<Member>) -> Group {
    Group {
        conversation: HERE,
        id: GroupId([1; 16]),
        name: "climbing".to_owned(),
        title: Title {
            name: "Climbing".to_owned(),
            topic: String::new(),
        },
        standing: state::Standing::In,
        since: Seconds(0),
        us: MemberId::of(PublicKey([99; 32])),
        heads: Vec::new(),
        members,
        asked: Vec::new(),
        unsure: Vec::new(),
        question: None,
        told_members: Vec::new(),
        links: Vec::new(),
        admin: true,
        entry: None,
        number: 0,
        hash: SaidHash::default(),
        last_sent: Millis(0),
        latest: Millis(0),
        muted: false,
        rooms: Default::default(),
        recovers: None,
    }
}

/// Somebody on the roster.
pub(crate) fn friend(name: &str, byte: u8) -> Contact {
    let ids = Ids::new(byte.into(), byte.into());
    let mut person = Contact::new(ids, address(name), name.to_owned(), Seconds(0));
    person.standing = Standing::friend(keys(byte));
    person.visible = true;
    person
}

/// Somebody's copy of the text with the id 1.
pub(crate) fn copy(to: u8, state: Delivery, reason: Option<&str>) -> Copy {
    Copy {
        conversation: HERE,
        of: LetterId([1; 16]),
        to: MemberId::of(PublicKey([to; 32])),
        contact: ContactId::new(to.into()),
        number: 1,
        state,
        via: None,
        within: None,
        attempts: 0,
        mailed_at: Seconds(0),
        due: None,
        reason: reason.map(str::to_owned),
    }
}

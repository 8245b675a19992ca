//! Times, names, keys, letters and dice for the tests.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::wildcard_enum_match_arm,
    reason = "tests"
)]

use crate::protocol::address::Address;
use crate::protocol::letter::{Keys, LetterId, PublicKey, Signature};
use crate::protocol::time::Seconds;
use crate::rules::contact::{Contact, Standing};
use crate::rules::conversation::{Author, ContactId, ConversationId, Ids};
use crate::rules::decision::{Rng, Signer};
use crate::rules::effect::Effect;
use crate::rules::message::{Delivery, Message};
use crate::rules::outgoing::Outgoing;
use crate::rules::view::Unreadable;

/// Noon of a day in the tests.
pub(in crate::rules) const NOW: Seconds = Seconds(20_000 * 86_400 + 43_200);

pub(in crate::rules) fn address(name: &str) -> Address {
    Address::parse(&format!("{name}@example.net")).unwrap()
}

pub(in crate::rules) fn id(byte: u8) -> LetterId {
    LetterId([byte; 16])
}

pub(in crate::rules) fn keys(byte: u8) -> Keys {
    Keys {
        curve25519: PublicKey([byte; 32]),
        ed25519: PublicKey([byte; 32]),
    }
}

/// How far apart a contact's number and that of the conversation with them are.
pub(in crate::rules) const APART: i64 = 1_000_003;

/// Those of whoever is at an address.
pub(crate) fn ids(address: &Address) -> Ids {
    let number = |sum: i64, byte: u8| (sum * 31 + i64::from(byte)) % APART;
    let number = address.as_str().bytes().fold(1, number);
    Ids::new(number, number + APART)
}

pub(crate) fn contact(name: &str) -> ContactId {
    ids(&address(name)).contact
}

pub(crate) fn conversation(name: &str) -> ConversationId {
    ids(&address(name)).conversation
}

/// Somebody of that name, at the address that goes with it.
pub(in crate::rules) fn nobody(name: &str) -> Contact {
    let address = address(&name.replace(' ', "-"));
    Contact::new(ids(&address), address, name.to_owned(), NOW)
}

pub(in crate::rules) fn friend(name: &str) -> Contact {
    let mut person = nobody(name);
    person.standing = Standing::friend(keys(10));
    person
}

pub(crate) fn said(to: &str, number: u8, state: Delivery) -> Message {
    Message {
        conversation: conversation(to),
        author: Author::Us,
        id: id(number),
        sent: (NOW - 100).millis(),
        arrival: (NOW - 100).millis(),
        text: "hello".into(),
        reply_to: None,
        unknown_kind: None,
        change: None,
        state,
        via: None,
        reason: None,
        attempts: 0,
        mailed_at: Seconds(0),
        due: None,
        acknowledged_read: false,
        notice: false,
        in_group: None,
    }
}

pub(in crate::rules) fn posts(effects: &[Effect]) -> Vec<Outgoing> {
    let post = |effect: &Effect| match effect {
        Effect::Post(post) => Some((**post).clone()),
        _ => None,
    };
    effects.iter().filter_map(post).collect()
}

pub(in crate::rules) fn messages(effects: &[Effect]) -> Vec<Message> {
    let message = |effect: &Effect| match effect {
        Effect::Message(message) => Some((**message).clone()),
        _ => None,
    };
    effects.iter().filter_map(message).collect()
}

/// What each throw of the rng gives is told by its number.
pub(in crate::rules) struct Counting(pub(in crate::rules) u8);

impl Rng for Counting {
    fn fill(&mut self, buffer: &mut [u8]) {
        self.0 = self.0.wrapping_add(1);
        buffer.fill(self.0);
    }
}

/// Every signature is good.
pub(in crate::rules) struct Sealing;

impl Signer for Sealing {
    fn sign(&self, _: &[u8]) -> Result<Signature, Unreadable> {
        Ok(Signature([7; 64]))
    }

    fn verify(&self, _: PublicKey, _: &[u8], _: &Signature) -> bool {
        true
    }
}

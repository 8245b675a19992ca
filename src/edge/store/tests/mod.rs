//! The store, seen from outside.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::expect_used,
    clippy::arithmetic_side_effects,
    clippy::string_slice,
    clippy::wildcard_enum_match_arm,
    reason = "tests"
)]

mod account;
mod changes;
mod contacts;
mod copies;
mod devices;
mod file;
mod groups;
mod handed;
mod history;
mod in_groups;
mod joined;
mod mailboxes;
mod memory;
mod outbox;
mod people;
mod plans;
mod sessions;
mod texts;
mod turns;
mod version_10;
mod version_5;
mod version_6;
mod written;

use rusqlite::params;
use serde_json::json;

use super::*;
use crate::protocol::address::Address;
use crate::protocol::letter::{
    Body, Keys, Letter, LetterId, OneTimeKeys, PublicKey, Receipt, ReceiptState, Secret, Status,
    Text, empty,
};
use crate::protocol::time::{Millis, Seconds};
use crate::rules::account::AccountState;
use crate::rules::contact::{Contact, Standing};
use crate::rules::conversation::Author;
use crate::rules::effect::{Effect, Notice};
use crate::rules::fake_state::{contact, conversation, ids};
use crate::rules::friend::Friend;
use crate::rules::handshake::Asking;
use crate::rules::message::{Change, ChangeKind, Delivery, Message};
use crate::rules::outgoing::{Form, Outgoing, Route};
use crate::rules::view::{Unreadable, View};

const NOW: Seconds = Seconds(1_767_225_600);

fn store() -> Store {
    Store::in_memory().unwrap()
}

/// One turn that must come through.
fn transact<T>(store: &Store, work: impl FnOnce(&Transaction) -> Result<T>) -> T {
    store.transact(work).unwrap()
}

/// What the rules are told.
fn view<T>(store: &Store, ask: impl FnOnce(&dyn View) -> std::result::Result<T, Unreadable>) -> T {
    store.read(|tx| ask(tx)).unwrap()
}

fn apply(store: &Store, effects: &[Effect]) {
    let put_down = |tx: &Transaction<'_>, effect: &Effect| {
        if let Some(address) = concerned(effect) {
            know(tx, &address)?;
        }
        match effect {
            Effect::Contact(person) => {
                tx.apply(&Effect::Contact(Box::new(there(tx, person)?)), NOW)
            }
            effect => tx.apply(effect, NOW),
        }
    };
    transact(store, |tx| {
        effects.iter().try_for_each(|effect| put_down(tx, effect))
    });
}

/// Gives whoever has none yet the ids that the tests know them by.
fn know(tx: &Transaction<'_>, address: &Address) -> Result<()> {
    if tx.find_id(address)?.is_some() {
        return Ok(());
    }
    let ids = ids(address);
    let sql = "INSERT INTO contact (id, address) VALUES (?1, ?2)";
    tx.run(sql, params![ids.contact, address.as_str()])?;
    let sql = "INSERT INTO conversation (id, contact) VALUES (?1, ?2)";
    tx.execute(sql, params![ids.conversation, ids.contact])
}

/// Somebody with the ids that they have there.
fn there(tx: &Transaction<'_>, person: &Contact) -> Result<Contact> {
    let ids = tx.ids_made(&person.address)?;
    Ok(Contact {
        id: ids.contact,
        conversation: ids.conversation,
        ..person.clone()
    })
}

fn concerned(effect: &Effect) -> Option<Address> {
    match effect {
        Effect::Contact(person) => Some(person.address.clone()),
        Effect::Message(message) => {
            let mut all = ["bob", "carol", "dave", "eve"].into_iter();
            all.find(|name| conversation(name) == message.conversation)
                .map(address)
        }
        _ => None,
    }
}

/// Which way a text goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    In,
    Out,
}

impl Direction {
    /// Who writes in the conversation with a friend.
    fn author(self, friend: &str) -> Author {
        match self {
            Self::In => Author::Contact(ids(&address(friend)).contact),
            Self::Out => Author::Us,
        }
    }

    fn of(message: &Message) -> Self {
        match message.author {
            Author::Us => Self::Out,
            Author::Contact(_) => Self::In,
        }
    }
}

/// What a view could not read.
fn other(error: Unreadable) -> StoreError {
    StoreError::Other(error.to_string())
}

/// How many mails are counted after a time.
fn spent(tx: &Transaction, since: Seconds) -> Result<u64> {
    let sql = "SELECT sum(count) FROM budget WHERE at > ?1";
    Ok(tx.number(sql, [tables::int(since.0)])?.unwrap_or(0))
}

fn address(local: &str) -> Address {
    Address::parse(&format!("{local}@example.net")).unwrap()
}

fn id(n: u8) -> LetterId {
    LetterId([n; 16])
}

fn key(n: u8) -> PublicKey {
    PublicKey([n; 32])
}

fn keys(n: u8) -> Keys {
    Keys {
        curve25519: key(n),
        ed25519: key(n + 100),
    }
}

fn person(name: &str) -> Contact {
    let address = address(&name.to_lowercase());
    Contact::new(ids(&address), address, name.into(), NOW)
}

fn asking(n: u8, at: Seconds) -> Asking {
    Asking {
        request: id(n),
        sent: at.millis(),
        at,
        keys: keys(n),
        one_time_keys: OneTimeKeys {
            mail: Some(key(n)),
            irc: None,
        },
        name: "Somebody".into(),
        note: String::new(),
        ahead: Vec::new(),
    }
}

fn text(friend: &str, direction: Direction, n: u8, sent: u64) -> Message {
    Message {
        conversation: conversation(friend),
        author: direction.author(friend),
        id: id(n),
        sent: Millis(sent),
        arrival: Millis(sent + 5),
        text: format!("text {n}"),
        reply_to: None,
        unknown_kind: None,
        change: None,
        state: if direction == Direction::In {
            Delivery::Delivered
        } else {
            Delivery::Queued
        },
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

fn letter(n: u8, body: Body) -> Letter {
    Letter {
        id: id(n),
        sent: NOW.millis(),
        body,
        holds: None,
        presence: None,
        one_time_keys: None,
        irc: None,
    }
}

fn says(n: u8) -> Letter {
    letter(
        n,
        Body::Text(Text {
            text: format!("text {n}"),
            reply_to: None,
            notice: false,
        }),
    )
}

fn outgoing(to: &str, letter: Letter) -> Outgoing {
    Outgoing {
        to: contact(to),
        letter,
        form: Form::Friend {
            fresh: false,
            open_irc: false,
        },
        route: Route::Any,
        due: NOW,
        expires: None,
        attempts: 0,
    }
}

fn post(outgoing: Outgoing) -> Effect {
    Effect::Post(Box::new(outgoing))
}

fn account() -> AccountState {
    AccountState {
        keys: keys(1),
        epoch: NOW.0,
        secret: Secret([2; 32]),
        decoy: Secret([3; 32]),
        rotated_at: NOW,
        leave_by: Some(NOW + 20),
        status: Status::Away,
        status_text: "lunch".into(),
        invisible: false,
        restored: false,
        moved_out: None,
        announced: (Vec::new(), 86_400),
        automatic: (0, 0),
        prekey: Some((key(7), NOW)),
    }
}

/// A contact as a program of version 6 wrote them, with what was a friend's in everybody's row.
fn as_of_then(contact: &Contact) -> String {
    let mut state = serde_json::to_value(contact).unwrap();
    let nobodys = serde_json::to_value(Friend::new(keys(0))).unwrap();
    let mut friend = nobodys.as_object().unwrap().clone();
    state["standing"] = match &contact.standing {
        Standing::Friend(one) => {
            friend = serde_json::to_value(one)
                .unwrap()
                .as_object()
                .unwrap()
                .clone();
            json!({ "Friend": friend["keys"] })
        }
        Standing::Handshake(handshake) => json!(handshake),
        Standing::Stranger | Standing::Asked(_) => state["standing"].clone(),
    };
    friend.remove("keys");
    let accepted = friend["new_keys"].pointer("/Confirming/accepted").cloned();
    if let Some(accepted) = accepted {
        friend["new_keys"] = json!({ "Confirming": accepted });
    }
    state.as_object_mut().unwrap().extend(friend);
    state.to_string()
}

//! Letters to CBOR.

use crate::protocol::cbor::{Map, array, bytes, text, uint};
use crate::protocol::letter::{
    Accept, Body, Confirm, Edit, Here, Keys, Letter, Network, OneTimeKeys, Presence, React,
    Receipt, ReceiptState, Request, Retract, Status, Text, Typing,
};

/// The number of an accept, which its signature covers too.
pub(super) const ACCEPT: u64 = 2;

/// What marks a text that nothing answers by itself.
pub(super) const NOTICE: u64 = 1;

pub(super) fn letter(letter: &Letter) -> Vec<u8> {
    Map::default()
        .put(0, &bytes(&letter.id.0))
        .put(1, &uint(letter.sent))
        .put(2, &uint(letter.body.kind()))
        .put(3, &body(&letter.body))
        .maybe(4, letter.holds.map(uint))
        .maybe(5, letter.presence.as_ref().map(presence))
        .maybe(6, letter.one_time_keys.as_ref().map(one_time_keys))
        .maybe(7, letter.irc.as_deref().map(bytes))
        .finish()
}

impl Body {
    /// The number that stands for the body's kind on every transport.
    pub fn kind(&self) -> u64 {
        match self {
            Body::Request(_) => 1,
            Body::Accept(_) => ACCEPT,
            Body::Confirm(_) => 3,
            Body::Presence(_) => 4,
            Body::Here(_) => 5,
            Body::Text(_) => 6,
            Body::Receipt(_) => 7,
            Body::Edit(_) => 11,
            Body::Retract(_) => 12,
            Body::React(_) => 13,
            Body::Typing(_) => 14,
            Body::Unknown { kind, .. } => *kind,
        }
    }
}

fn body(body: &Body) -> Vec<u8> {
    match body {
        Body::Request(body) => request(body),
        Body::Accept(body) => accept(body),
        Body::Confirm(Confirm { accept }) => Map::default().put(1, &bytes(&accept.0)).finish(),
        Body::Presence(body) => presence(body),
        Body::Here(body) => here(body),
        Body::Text(body) => words(body),
        Body::Receipt(body) => receipt(body),
        Body::Edit(body) => edit(body),
        Body::Retract(Retract { of, why }) => Map::default()
            .put(1, &bytes(&of.0))
            .maybe(2, why.as_deref().map(text))
            .finish(),
        Body::React(body) => react(body),
        Body::Typing(body) => typing(*body),
        Body::Unknown { raw, .. } => raw.clone(),
    }
}

fn request(request: &Request) -> Vec<u8> {
    Map::default()
        .put(1, &text(request.from.as_str()))
        .put(2, &text(request.to.as_str()))
        .put(3, &text(&request.name))
        .maybe(4, request.note.as_deref().map(text))
        .put(5, &keys(&request.keys))
        .put(6, &one_time_keys(&request.one_time_keys))
        .finish()
}

fn accept(accept: &Accept) -> Vec<u8> {
    Map::default()
        .put(1, &text(accept.from.as_str()))
        .put(2, &text(accept.to.as_str()))
        .put(3, &bytes(&accept.request.0))
        .put(4, &keys(&accept.keys))
        .put(5, &one_time_keys(&accept.one_time_keys))
        .put(6, &bytes(&accept.signature.0))
        .finish()
}

pub(super) fn presence(presence: &Presence) -> Vec<u8> {
    let Presence {
        epoch,
        secret,
        window,
        networks,
        status,
        status_text,
        capabilities,
        ways,
    } = presence;
    Map::default()
        .maybe(1, epoch.map(uint))
        .maybe(2, secret.map(|secret| bytes(&secret.0)))
        .maybe(3, window.map(|window| uint(window.into())))
        .maybe(
            4,
            networks.as_ref().map(|all| array(all.iter().map(network))),
        )
        .maybe(5, status.map(status_number))
        .maybe(6, status_text.as_deref().map(text))
        .maybe(7, capabilities.as_deref().map(numbers))
        .maybe(8, ways.as_ref().map(|all| texts(all)))
        .finish()
}

fn here(here: &Here) -> Vec<u8> {
    Map::default()
        .put(1, &text(&here.nick))
        .put(2, &text(&here.network))
        .put(3, &status_number(here.status))
        .maybe(4, here.status_text.as_deref().map(text))
        .put(5, &numbers(&here.capabilities))
        .maybe(6, here.echo.map(|id| bytes(&id.0)))
        .finish()
}

fn words(words: &Text) -> Vec<u8> {
    Map::default()
        .put(1, &text(&words.text))
        .maybe(2, words.reply_to.map(|id| bytes(&id.0)))
        .maybe(3, words.notice.then(|| uint(NOTICE)))
        .finish()
}

fn receipt(receipt: &Receipt) -> Vec<u8> {
    let state = match receipt.state {
        ReceiptState::Delivered => 1,
        ReceiptState::Read => 2,
    };
    Map::default()
        .put(1, &uint(state))
        .put(2, &array(receipt.ids.iter().map(|id| bytes(&id.0))))
        .finish()
}

fn edit(edit: &Edit) -> Vec<u8> {
    Map::default()
        .put(1, &bytes(&edit.of.0))
        .put(2, &text(&edit.text))
        .finish()
}

fn react(react: &React) -> Vec<u8> {
    Map::default()
        .put(1, &bytes(&react.to.0))
        .put(2, &text(&react.emoji))
        .put(3, &uint(react.on.into()))
        .finish()
}

fn typing(typing: Typing) -> Vec<u8> {
    let state = match typing {
        Typing::Active => 1,
        Typing::Paused => 2,
        Typing::Done => 3,
    };
    Map::default().put(1, &uint(state)).finish()
}

fn keys(keys: &Keys) -> Vec<u8> {
    Map::default()
        .put(1, &bytes(&keys.curve25519.0))
        .put(2, &bytes(&keys.ed25519.0))
        .finish()
}

fn one_time_keys(keys: &OneTimeKeys) -> Vec<u8> {
    Map::default()
        .maybe(1, keys.mail.map(|key| bytes(&key.0)))
        .maybe(2, keys.irc.map(|key| bytes(&key.0)))
        .finish()
}

fn network(network: &Network) -> Vec<u8> {
    array([text(&network.name), texts(&network.servers)])
}

fn status_number(status: Status) -> Vec<u8> {
    uint(match status {
        Status::Online => 0,
        Status::Away => 1,
        Status::Busy => 2,
    })
}

fn numbers(numbers: &[u64]) -> Vec<u8> {
    array(numbers.iter().copied().map(uint))
}

fn texts(all: &[String]) -> Vec<u8> {
    array(all.iter().map(|one| text(one)))
}

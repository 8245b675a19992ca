//! Letters from CBOR, every bound checked.

use super::error::CodecError;
use super::limits::{
    MAX_EMOJI, MAX_NAME, MAX_NETWORKS, MAX_NOTE, MAX_RECEIPT, MAX_TEXT, MAX_WAYS, WINDOW,
};
use super::write::NOTICE;
use crate::protocol::address::Address;
use crate::protocol::cbor::Item;
use crate::protocol::letter::{
    Accept, Body, Confirm, Edit, Here, Keys, Letter, LetterId, Network, OneTimeKeys, Presence,
    PublicKey, React, Receipt, ReceiptState, Request, Retract, Secret, Signature, Status, Text,
    Typing,
};

/// The most capabilities in one list.
const MAX_CAPABILITIES: usize = 64;
/// The most bytes of a sealed part within a letter: the empty letter needs 300.
const MAX_IRC: usize = 4096;

pub(super) fn letter(item: Item<'_>) -> Result<Letter, CodecError> {
    let fields = item.fields()?;
    let kind = fields.need(2, "kind")?.uint63()?;
    Ok(Letter {
        id: id(fields.need(0, "id")?)?,
        sent: fields.need(1, "sent")?.uint63()?,
        body: body(kind, fields.need(3, "body")?)?,
        holds: fields.may(4, "holds").map(Item::uint63).transpose()?,
        presence: fields.may(5, "presence").map(presence).transpose()?,
        one_time_keys: fields
            .may(6, "one-time keys")
            .map(one_time_keys)
            .transpose()?,
        irc: fields.may(7, "irc").map(irc).transpose()?,
    })
}

fn body(kind: u64, item: Item<'_>) -> Result<Body, CodecError> {
    Ok(match kind {
        1 => Body::Request(request(item)?),
        2 => Body::Accept(accept(item)?),
        3 => Body::Confirm(Confirm {
            accept: id(item.fields()?.need(1, "accept's id")?)?,
        }),
        4 => Body::Presence(presence(item)?),
        5 => Body::Here(here(item)?),
        6 => Body::Text(words(item)?),
        7 => Body::Receipt(receipt(item)?),
        11 => Body::Edit(edit(item)?),
        12 => Body::Retract(retract(item)?),
        13 => Body::React(react(item)?),
        14 => Body::Typing(typing(item)?),
        kind => Body::Unknown {
            kind,
            raw: item.raw().to_vec(),
        },
    })
}

fn request(item: Item<'_>) -> Result<Request, CodecError> {
    let fields = item.fields()?;
    Ok(Request {
        from: address(fields.need(1, "from")?)?,
        to: address(fields.need(2, "to")?)?,
        name: fields.need(3, "name")?.text(0, MAX_NAME)?.to_owned(),
        note: fields.may(4, "note").map(note).transpose()?,
        keys: keys(fields.need(5, "keys")?)?,
        one_time_keys: one_time_keys(fields.need(6, "one-time keys")?)?,
    })
}

fn accept(item: Item<'_>) -> Result<Accept, CodecError> {
    let fields = item.fields()?;
    Ok(Accept {
        from: address(fields.need(1, "from")?)?,
        to: address(fields.need(2, "to")?)?,
        request: id(fields.need(3, "request's id")?)?,
        keys: keys(fields.need(4, "keys")?)?,
        one_time_keys: one_time_keys(fields.need(5, "one-time keys")?)?,
        signature: Signature(fields.need(6, "signature")?.fixed()?),
    })
}

pub(super) fn presence(item: Item<'_>) -> Result<Presence, CodecError> {
    let fields = item.fields()?;
    Ok(Presence {
        epoch: fields.may(1, "epoch").map(Item::uint63).transpose()?,
        secret: fields
            .may(2, "secret")
            .map(|item| item.fixed().map(Secret))
            .transpose()?,
        window: fields.may(3, "window").map(window).transpose()?,
        networks: fields.may(4, "networks").map(networks).transpose()?,
        status: fields.may(5, "status").map(status).transpose()?,
        status_text: fields.may(6, "status text").map(note).transpose()?,
        capabilities: fields
            .may(7, "capabilities")
            .map(capabilities)
            .transpose()?,
        ways: fields.may(8, "ways").map(ways).transpose()?,
    })
}

fn here(item: Item<'_>) -> Result<Here, CodecError> {
    let fields = item.fields()?;
    Ok(Here {
        nick: fields.need(1, "nick")?.text(1, 64)?.to_owned(),
        network: network_name(fields.need(2, "network")?)?,
        status: status(fields.need(3, "status")?)?,
        status_text: fields.may(4, "status text").map(note).transpose()?,
        capabilities: capabilities(fields.need(5, "capabilities")?)?,
        echo: fields.may(6, "echo").map(id).transpose()?,
    })
}

fn words(item: Item<'_>) -> Result<Text, CodecError> {
    let fields = item.fields()?;
    Ok(Text {
        text: fields.need(1, "text")?.text(1, MAX_TEXT)?.to_owned(),
        reply_to: fields.may(2, "reply to").map(id).transpose()?,
        notice: fields.may(3, "mark").map(Item::uint63).transpose()? == Some(NOTICE),
    })
}

fn receipt(item: Item<'_>) -> Result<Receipt, CodecError> {
    let fields = item.fields()?;
    let state = fields.need(1, "state")?;
    let ids = fields.need(2, "ids")?.array(1, MAX_RECEIPT)?;
    Ok(Receipt {
        state: match state.uint()? {
            1 => ReceiptState::Delivered,
            2 => ReceiptState::Read,
            _ => return Err(state.bad()),
        },
        ids: ids.into_iter().map(id).collect::<Result<_, _>>()?,
    })
}

fn edit(item: Item<'_>) -> Result<Edit, CodecError> {
    let fields = item.fields()?;
    Ok(Edit {
        of: id(fields.need(1, "text's id")?)?,
        text: fields.need(2, "text")?.text(1, MAX_TEXT)?.to_owned(),
    })
}

fn retract(item: Item<'_>) -> Result<Retract, CodecError> {
    let fields = item.fields()?;
    let why = fields.may(2, "reason").map(|why| why.text(1, MAX_NOTE));
    Ok(Retract {
        of: id(fields.need(1, "text's id")?)?,
        why: why.transpose()?.map(str::to_owned),
    })
}

fn react(item: Item<'_>) -> Result<React, CodecError> {
    let fields = item.fields()?;
    let on = fields.need(3, "on")?;
    Ok(React {
        to: id(fields.need(1, "text's id")?)?,
        emoji: fields.need(2, "emoji")?.text(1, MAX_EMOJI)?.to_owned(),
        on: match on.uint()? {
            0 => false,
            1 => true,
            _ => return Err(on.bad()),
        },
    })
}

fn typing(item: Item<'_>) -> Result<Typing, CodecError> {
    let state = item.fields()?.need(1, "typing")?;
    match state.uint()? {
        1 => Ok(Typing::Active),
        2 => Ok(Typing::Paused),
        3 => Ok(Typing::Done),
        _ => Err(state.bad()),
    }
}

fn id(item: Item<'_>) -> Result<LetterId, CodecError> {
    item.fixed().map(LetterId)
}

fn key(item: Item<'_>) -> Result<PublicKey, CodecError> {
    item.fixed().map(PublicKey)
}

/// A Curve25519 key; one with which nothing is secret is refused, for nothing could be sealed to it.
fn curve_key(item: Item<'_>) -> Result<PublicKey, CodecError> {
    let key = key(item)?;
    match key.is_low_order() {
        true => Err(item.bad()),
        false => Ok(key),
    }
}

/// An address must come folded: what is signed is then what is read.
fn address(item: Item<'_>) -> Result<Address, CodecError> {
    let text = item.text(3, 254)?;
    match Address::parse(text) {
        Ok(address) if address.as_str() == text => Ok(address),
        Ok(_) | Err(_) => Err(item.bad()),
    }
}

fn keys(item: Item<'_>) -> Result<Keys, CodecError> {
    let fields = item.fields()?;
    Ok(Keys {
        curve25519: curve_key(fields.need(1, "curve25519")?)?,
        ed25519: key(fields.need(2, "ed25519")?)?,
    })
}

fn one_time_keys(item: Item<'_>) -> Result<OneTimeKeys, CodecError> {
    let fields = item.fields()?;
    Ok(OneTimeKeys {
        mail: fields
            .may(1, "one-time key for mail")
            .map(curve_key)
            .transpose()?,
        irc: fields
            .may(2, "one-time key for irc")
            .map(curve_key)
            .transpose()?,
    })
}

fn irc(item: Item<'_>) -> Result<Vec<u8>, CodecError> {
    item.bytes(MAX_IRC).map(<[u8]>::to_vec)
}

fn note(item: Item<'_>) -> Result<String, CodecError> {
    item.text(0, MAX_NOTE).map(str::to_owned)
}

fn window(item: Item<'_>) -> Result<u32, CodecError> {
    u32::try_from(item.uint()?)
        .ok()
        .filter(|window| WINDOW.contains(window))
        .ok_or(item.bad())
}

fn status(item: Item<'_>) -> Result<Status, CodecError> {
    match item.uint()? {
        0 => Ok(Status::Online),
        1 => Ok(Status::Away),
        2 => Ok(Status::Busy),
        _ => Err(item.bad()),
    }
}

fn capabilities(item: Item<'_>) -> Result<Vec<u64>, CodecError> {
    item.array(0, MAX_CAPABILITIES)?
        .into_iter()
        .map(Item::uint63)
        .collect()
}

fn ways(item: Item<'_>) -> Result<Vec<String>, CodecError> {
    let ways = item.array(0, MAX_WAYS)?.into_iter();
    ways.map(|way| way.text(1, MAX_NOTE).map(str::to_owned))
        .collect()
}

fn networks(item: Item<'_>) -> Result<Vec<Network>, CodecError> {
    let networks = item.array(0, MAX_NETWORKS)?.into_iter();
    networks.map(network).collect()
}

fn network(item: Item<'_>) -> Result<Network, CodecError> {
    let items = item.array(2, 2)?;
    let [name, servers] = items.as_slice() else {
        return Err(item.bad());
    };
    let servers = servers.array(1, 4)?.into_iter();
    Ok(Network {
        name: network_name(*name)?,
        servers: servers.map(server).collect::<Result<_, _>>()?,
    })
}

fn network_name(item: Item<'_>) -> Result<String, CodecError> {
    let name = item.text(1, 64)?;
    if !Network::is_name(name) {
        return Err(item.bad());
    }
    Ok(name.to_owned())
}

fn server(item: Item<'_>) -> Result<String, CodecError> {
    let server = item.text(3, 260)?;
    if !Network::is_server(server) {
        return Err(item.bad());
    }
    Ok(server.to_owned())
}

impl Network {
    /// Whether a text may name a network: 1 to 64 printable ASCII characters, no space, no upper case.
    pub fn is_name(name: &str) -> bool {
        let allowed = |c: u8| c.is_ascii_graphic() && !c.is_ascii_uppercase();
        (1..=64).contains(&name.len()) && name.bytes().all(allowed)
    }

    /// Whether a text is `host:port`, in printable ASCII, the port 1 to 65535.
    pub fn is_server(server: &str) -> bool {
        let Some((host, port)) = server.rsplit_once(':') else {
            return false;
        };
        let digits = !port.is_empty() && port.bytes().all(|c| c.is_ascii_digit());
        (1..=253).contains(&host.len())
            && host.bytes().all(|c| c.is_ascii_graphic())
            && digits
            && port.parse::<u16>().is_ok_and(|port| port > 0)
    }
}

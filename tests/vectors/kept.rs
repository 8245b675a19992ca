//! Kept copies: what is in one, and that it opens under its code alone.

use iim::edge::seal::kept::{open_copy, seal_copy};
use iim::edge::seal::stream::CodeKey;
use iim::protocol::address::Address;
use iim::protocol::code::Code;
use iim::protocol::codec::{decode_kept, encode_kept};
use iim::protocol::kept::{Kept, KeptGroup, KeptPerson};
use iim::protocol::part::{self, Part};
use serde_json::{Value, json};

use super::check::{Came, same, value_and_again};
use super::file::Vector;
use super::render::{self, hex, keys, object};

pub(crate) fn kept(vector: &Vector) -> Came {
    let kept = decode_kept(&vector.hex()).map_err(|e| render::codec_error(&e).to_owned())?;
    value_and_again(vector, shown(&kept), &encode_kept(&kept))
}

pub(crate) fn copy(vector: &Vector) -> Came {
    let key = CodeKey::of(&Code::read(vector.field("code")).unwrap());
    let address = Address::parse(vector.field("address")).unwrap();
    let part = part::decode(&vector.hex()).map_err(|e| render::part_error(&e).to_owned())?;
    let Part::Copy(copy) = part else {
        return Err("no copy".to_owned());
    };
    let opened = open_copy(&key, &address, &copy).map_err(|_| "sealed".to_owned())?;
    let kept = decode_kept(&opened).map_err(|e| render::codec_error(&e).to_owned())?;
    same("value", shown(&kept), vector.json("value"))?;
    same("nonce", hex(&copy.nonce), vector.field("nonce"))?;
    let again = seal_copy(&key, copy.nonce, &address, &encode_kept(&kept)).unwrap();
    let again = part::encode(&Part::Copy(again));
    same("sealed again", hex(&again), hex(&vector.hex()))
}

fn shown(kept: &Kept) -> Value {
    let groups = kept.groups.as_ref();
    object([
        ("made", Some(kept.made.0.into())),
        ("address", Some(kept.address.as_str().into())),
        ("name", Some(kept.name.as_str().into())),
        ("secrets", Some(hex(kept.secrets.0.as_slice()).into())),
        ("epoch", Some(kept.epoch.into())),
        ("people", Some(kept.people.iter().map(person).collect())),
        ("config", Some(kept.config.as_str().into())),
        ("groups", groups.map(|all| all.iter().map(group).collect())),
        ("flags", kept.flags.map(Value::from)),
    ])
}

fn person(person: &KeptPerson) -> Value {
    let address = |one: &Address| Value::from(one.as_str());
    object([
        ("address", Some(address(&person.address))),
        ("name", Some(person.name.as_str().into())),
        ("keys", person.keys.as_ref().map(keys)),
        ("flags", Some(person.flags.into())),
        ("note", person.note.as_deref().map(Value::from)),
        ("ways", person.ways.clone().map(Value::from)),
        ("last_request", person.last_request.map(|at| at.0.into())),
        ("knows_us_by", person.knows_us_by.as_ref().map(address)),
        ("pinned", person.pinned.as_ref().map(keys)),
        ("token", person.token.map(|token| hex(&token.0).into())),
    ])
}

fn group(group: &KeptGroup) -> Value {
    let friends = group.friends.iter().map(Address::as_str);
    json!({
        "group": hex(&group.id.0),
        "name": group.name,
        "friends": friends.collect::<Vec<_>>(),
        "flags": group.flags,
    })
}

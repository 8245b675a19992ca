//! The letters of a group, as the JSON that vectors are compared with.

use iim::protocol::codec::encode_room_key;
use iim::protocol::codec::group::{encode_act, encode_entry};
use iim::protocol::group::letters::{Bid, Gather, Got, GotOf, Told};
use iim::protocol::group::{GroupId, Head};
use iim::protocol::letter::{Said, There};
use serde_json::{Value, json};

use super::render::{body, hex, object, status};

pub(crate) fn told(told: &Told) -> Value {
    let acts = list(&told.acts, |act| hex(&encode_act(act)));
    let entries = list(&told.entries, |entry| hex(&encode_entry(entry)));
    object([
        ("group", Some(group(told.group))),
        ("acts", Some(acts)),
        (
            "room",
            told.room
                .as_ref()
                .map(|key| hex(&encode_room_key(key)).into()),
        ),
        ("heads", Some(heads(&told.heads))),
        ("entries", Some(entries)),
    ])
}

pub(crate) fn said(said: &Said) -> Value {
    object([
        ("group", said.group.map(group)),
        ("number", Some(said.number.into())),
        ("before", Some(hex(&said.before.0).into())),
        ("kind", Some(said.body.body.kind().into())),
        ("body", Some(body(&said.body.body))),
        ("whose", said.whose.map(|whose| hex(&whose.0).into())),
        ("heads", Some(heads(&said.heads))),
        ("since", said.since.map(Into::into)),
    ])
}

pub(crate) fn got(got: &Got) -> Value {
    object([
        ("group", got.group.map(group)),
        ("of", Some(got.of.iter().map(got_of).collect())),
        ("heads", Some(heads(&got.heads))),
        (
            "opened",
            (!got.opened.is_empty()).then(|| got.opened.iter().map(|it| hex(&it.0)).collect()),
        ),
    ])
}

pub(crate) fn there(there: &There) -> Value {
    json!({
        "status": status(there.status),
        "heads": heads(&there.heads),
        "member": hex(&there.member.0),
        "session": hex(&there.session),
        "signature": hex(&there.signature.0),
        "coming": hex(&there.coming.0),
    })
}

fn got_of(got: &GotOf) -> Value {
    let first = got.up_to.saturating_add(1);
    let beyond = (0..=256).map(|more| first.saturating_add(more));
    let beyond: Vec<_> = beyond.filter(|number| got.has(*number)).collect();
    object([
        ("author", Some(hex(&got.author.0).into())),
        ("up_to", Some(got.up_to.into())),
        ("hash", Some(hex(&got.hash.0).into())),
        ("beyond", (!got.beyond.is_empty()).then(|| beyond.into())),
    ])
}

pub(crate) fn bid(bid: &Bid) -> Value {
    match bid {
        Bid::Ask {
            group: asked,
            name,
            members,
            ended,
        } => {
            let mut value = json!({
                "group": group(*asked),
                "bid": 1,
                "name": name,
                "members": list(members, |member| hex(&member.0)),
            });
            if let Some(ended) = ended {
                value["ended"] = hex(&ended.0).into();
            }
            value
        }
        Bid::Answer {
            group: asked,
            entry,
        } => json!({
            "group": group(*asked),
            "bid": 2,
            "entry": hex(&encode_entry(entry)),
        }),
    }
}

pub(crate) fn gather(gather: &Gather) -> Value {
    json!({"letters": list(&gather.letters, |letter| hex(letter))})
}

fn group(group: GroupId) -> Value {
    hex(&group.0).into()
}

fn heads(heads: &[Head]) -> Value {
    list(heads, |head| hex(&head.0))
}

fn list<T>(all: &[T], text: impl Fn(&T) -> String) -> Value {
    all.iter().map(text).collect()
}

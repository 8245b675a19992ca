//! What was read, as the JSON that vectors are compared with.

use iim::protocol::dsn::{Action, Report};
use iim::protocol::letter::{
    Body, Keys, Letter, Network, OneTimeKeys, Presence, ReceiptState, Status, Typing,
};
use iim::protocol::link::{IntoGroup, Invite};
use iim::protocol::mail_form::{Answerable, DefinedMail};
use iim::protocol::part::Part;
use iim::protocol::{codec, part};
use serde_json::{Map, Value, json};

use super::group_letters;

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// An object without the fields that are absent.
pub(crate) fn object<const N: usize>(fields: [(&str, Option<Value>); N]) -> Value {
    let fields = fields
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(fields.collect::<Map<_, _>>())
}

pub(crate) fn letter(letter: &Letter) -> Value {
    object([
        ("id", Some(hex(&letter.id.0).into())),
        ("sent", Some(letter.sent.0.into())),
        ("kind", Some(letter.body.kind().into())),
        ("body", Some(body(&letter.body))),
        ("holds", letter.holds.map(Into::into)),
        ("presence", letter.presence.as_ref().map(presence)),
        (
            "one_time_keys",
            letter.one_time_keys.as_ref().map(one_time_keys),
        ),
        ("irc", letter.irc.as_deref().map(|irc| hex(irc).into())),
    ])
}

pub(crate) fn body(body: &Body) -> Value {
    match body {
        Body::Request(request) => object([
            ("from", Some(request.from.as_str().into())),
            ("to", Some(request.to.as_str().into())),
            ("name", Some(request.name.as_str().into())),
            ("note", request.note.as_deref().map(Into::into)),
            ("keys", Some(keys(&request.keys))),
            ("one_time_keys", Some(one_time_keys(&request.one_time_keys))),
        ]),
        Body::Accept(accept) => json!({
            "from": accept.from.as_str(),
            "to": accept.to.as_str(),
            "request": hex(&accept.request.0),
            "keys": keys(&accept.keys),
            "one_time_keys": one_time_keys(&accept.one_time_keys),
            "signature": hex(&accept.signature.0),
        }),
        Body::Confirm(confirm) => json!({"accept": hex(&confirm.accept.0)}),
        Body::Presence(body) => presence(body),
        Body::Here(here) => object([
            ("nick", Some(here.nick.as_str().into())),
            ("network", Some(here.network.as_str().into())),
            ("status", Some(status(here.status))),
            ("status_text", here.status_text.as_deref().map(Into::into)),
            ("capabilities", Some(here.capabilities.clone().into())),
            ("echo", here.echo.map(|id| hex(&id.0).into())),
        ]),
        Body::Text(text) => object([
            ("text", Some(text.text.as_str().into())),
            ("reply_to", text.reply_to.map(|id| hex(&id.0).into())),
            ("notice", text.notice.then_some(true.into())),
        ]),
        Body::Receipt(receipt) => json!({
            "state": match receipt.state {
                ReceiptState::Delivered => 1,
                ReceiptState::Read => 2,
            },
            "ids": receipt.ids.iter().map(|id| hex(&id.0)).collect::<Vec<_>>(),
        }),
        Body::Edit(edit) => json!({"of": hex(&edit.of.0), "text": edit.text}),
        Body::Retract(retract) => object([
            ("of", Some(hex(&retract.of.0).into())),
            ("why", retract.why.as_deref().map(Into::into)),
        ]),
        Body::React(react) => {
            json!({"to": hex(&react.to.0), "emoji": react.emoji, "on": react.on})
        }
        Body::Typing(typing) => json!({"state": match typing {
            Typing::Active => 1,
            Typing::Paused => 2,
            Typing::Done => 3,
        }}),
        Body::Told(told) => group_letters::told(told),
        Body::Said(said) => group_letters::said(said),
        Body::Got(got) => group_letters::got(got),
        Body::Bid(bid) => group_letters::bid(bid),
        Body::There(there) => group_letters::there(there),
        Body::Gather(gather) => group_letters::gather(gather),
        Body::Unknown { raw, .. } => json!({"raw": hex(raw)}),
    }
}

fn presence(presence: &Presence) -> Value {
    object([
        ("epoch", presence.epoch.map(Into::into)),
        (
            "secret",
            presence.secret.map(|secret| hex(&secret.0).into()),
        ),
        ("window", presence.window.map(Into::into)),
        (
            "networks",
            presence
                .networks
                .as_ref()
                .map(|all| all.iter().map(network).collect()),
        ),
        ("status", presence.status.map(status)),
        (
            "status_text",
            presence.status_text.as_deref().map(Into::into),
        ),
        (
            "capabilities",
            presence.capabilities.clone().map(Into::into),
        ),
        ("ways", presence.ways.clone().map(Into::into)),
    ])
}

pub(crate) fn network(network: &Network) -> Value {
    json!({"name": network.name, "servers": network.servers})
}

pub(crate) fn status(status: Status) -> Value {
    match status {
        Status::Online => 0.into(),
        Status::Away => 1.into(),
        Status::Busy => 2.into(),
    }
}

pub(crate) fn keys(keys: &Keys) -> Value {
    json!({"curve25519": hex(&keys.curve25519.0), "ed25519": hex(&keys.ed25519.0)})
}

fn one_time_keys(keys: &OneTimeKeys) -> Value {
    object([
        ("mail", keys.mail.map(|key| hex(&key.0).into())),
        ("irc", keys.irc.map(|key| hex(&key.0).into())),
    ])
}

pub(crate) fn part(part: &Part) -> Value {
    match part {
        Part::Open(open) => {
            let invite = open.invite.as_ref();
            json!({"open": object([
                ("letter", Some(hex(&open.letter).into())),
                ("signature", Some(hex(&open.signature.0).into())),
                ("invite", invite.map(|proof| json!({"id": hex(&proof.id), "hmac": hex(&proof.hmac)}))),
            ])})
        }
        Part::Sealed(sealed) => {
            json!({"sealed": {"prekey": sealed.prekey, "ciphertext": hex(&sealed.ciphertext)}})
        }
        Part::Probe(token) => json!({"probe": hex(token)}),
        Part::Copy(copy) => {
            json!({"copy": {"nonce": hex(&copy.nonce), "sealed": hex(&copy.sealed)}})
        }
    }
}

pub(crate) fn invite(invite: &Invite) -> Value {
    object([
        ("address", Some(invite.address.as_str().into())),
        ("curve25519", Some(hex(&invite.keys.curve25519.0).into())),
        ("ed25519", Some(hex(&invite.keys.ed25519.0).into())),
        ("token", Some(hex(&invite.token.0).into())),
        ("expires", invite.expires.map(|at| at.0.into())),
        ("group", invite.group.as_deref().map(into_group)),
    ])
}

fn into_group(group: &IntoGroup) -> Value {
    json!({"id": hex(&group.id.0), "name": group.name})
}

pub(crate) fn mail(mail: &DefinedMail) -> Value {
    json!({
        "from": mail.from.as_str(),
        "others": mail.others.iter().map(|other| other.as_str()).collect::<Vec<_>>(),
        "stays": mail.may_be_a_persons,
        "to": mail.to.iter().map(|to| to.as_str()).collect::<Vec<_>>(),
        "message_id": mail.message_id,
        "auto_submitted": mail.auto_submitted,
        "received": mail.received,
        "answerable": answerable(mail.answerable),
        "date": mail.date,
        "part": hex(&part::encode(&mail.part)),
    })
}

fn answerable(whom: Answerable) -> &'static str {
    match whom {
        Answerable::Anybody => "anybody",
        Answerable::Known => "known",
        Answerable::Nobody => "nobody",
    }
}

pub(crate) fn report(report: &Report) -> Value {
    let action = match report.action {
        Action::Failed => "failed",
        Action::Delayed => "delayed",
        Action::Delivered => "delivered",
        Action::Relayed => "relayed",
        Action::Expanded => "expanded",
    };
    json!({
        "ids": report.original_message_ids,
        "returned": report.returned.iter().map(|hash| hex(hash)).collect::<Vec<_>>(),
        "recipient": report.recipient.as_ref().map(|to| to.as_str()),
        "action": action,
        "status": report.status,
        "permanent": report.permanent,
        "reason": report.reason,
    })
}

/// The one word under which the specification knows an error of the letters' codec.
pub(crate) fn codec_error(error: &codec::CodecError) -> &'static str {
    use codec::CodecError as E;
    match error {
        E::Malformed => "malformed",
        E::Indefinite => "indefinite",
        E::Deep => "deep",
        E::Trailing(_) => "trailing",
        E::KeyOrder(_) => "key-order",
        E::Missing(_) => "missing",
        E::Type { .. } => "type",
        E::Size { .. } => "size",
        E::Value(_) => "value",
    }
}

pub(crate) fn part_error(error: &part::PartError) -> &'static str {
    match error {
        part::PartError::Newer(_) => "newer",
        part::PartError::TooLarge(_) => "too-large",
        part::PartError::Broken(error) => codec_error(error),
    }
}

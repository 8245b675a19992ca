//! One check for each folder of vectors.

use iim::protocol::address::Address;
use iim::protocol::candidate::Kind;
use iim::protocol::dsn::DsnError;
use iim::protocol::group::{GroupId, MemberId};
use iim::protocol::irc_form::{Assembler, PiecesError};
use iim::protocol::letter::{Body, Keys, PublicKey, Secret};
use iim::protocol::link::{Invite, LinkError};
use iim::protocol::mail_form::{By, MailError};
use iim::protocol::part::{InviteProof, Sealed};
use iim::protocol::time::Seconds;
use iim::protocol::{
    candidate, codec, dsn, irc_form, mail_form, nick as nicknames, padding, part, safety as numbers,
};
use serde_json::Value;

use super::file::{Vector, array, unhex};
use super::render;
use super::render::hex;

/// What came of an input: nothing to say, or the word of the error.
pub(crate) type Came = Result<(), String>;

pub(crate) fn same(what: &str, came: impl Into<Value>, expected: impl Into<Value>) -> Came {
    let (came, expected) = (came.into(), expected.into());
    if came == expected {
        return Ok(());
    }
    Err(format!("{what} is {came} and not {expected}"))
}

/// What is read is the vector's value, and written again it is the input, unless the vector says otherwise.
pub(crate) fn value_and_again(vector: &Vector, value: Value, again: &[u8]) -> Came {
    same("value", value, vector.json("value"))?;
    match vector.may("again") {
        Some("differs") => Ok(()),
        _ => same("written again", hex(again), hex(&vector.hex())),
    }
}

pub(crate) fn letter(vector: &Vector) -> Came {
    let letter = codec::decode(&vector.hex()).map_err(|e| render::codec_error(&e).to_owned())?;
    value_and_again(vector, render::letter(&letter), &codec::encode(&letter))
}

pub(crate) fn part(vector: &Vector) -> Came {
    let part = part::decode(&vector.hex()).map_err(|e| render::part_error(&e).to_owned())?;
    value_and_again(vector, render::part(&part), &part::encode(&part))
}

pub(crate) fn padded(vector: &Vector) -> Came {
    let letter =
        padding::decode_padded(&vector.hex()).map_err(|e| render::codec_error(&e).to_owned())?;
    value_and_again(
        vector,
        render::letter(&letter),
        &padding::pad(codec::encode(&letter)),
    )
}

pub(crate) fn signed(vector: &Vector) -> Came {
    let letter = codec::decode(&vector.hex()).map_err(|e| e.to_string())?;
    let signed = if let Body::Accept(accept) = &letter.body {
        codec::accept_signed_bytes(letter.id, accept)
    } else {
        codec::request_signed_bytes(&vector.hex())
    };
    same("signed", hex(&signed), vector.field("signed"))
}

/// What stands for something said.
pub(crate) fn said(vector: &Vector) -> Came {
    let letter = codec::decode(&vector.hex()).map_err(|e| e.to_string())?;
    let Body::Said(said) = &letter.body else {
        return Err("nothing is said".to_owned());
    };
    let (group, author) = (vector.field("group"), vector.field("author"));
    let (group, author) = (GroupId(array(group)), MemberId(array(author)));
    let hash = codec::said_hash(group, author, &letter, said);
    same("hash", hex(&hash.0), vector.field("hash"))
}

pub(crate) fn nick(vector: &Vector) -> Came {
    let secret = Secret(array(vector.field("secret")));
    let (network, time) = (vector.field("network"), vector.number("time"));
    let length = u32::try_from(vector.number("window_length")).unwrap();
    same(
        "offset",
        nicknames::offset(&secret, length).as_secs(),
        vector.number("offset"),
    )?;
    let window = nicknames::window_at(&secret, length, Seconds(time));
    same("window", window.0, vector.number("window"))?;
    let nicks = nicknames::neighbours(&secret, network, length, Seconds(time));
    let nicks: Vec<_> = nicks.iter().map(ToString::to_string).collect();
    same("nicks", nicks, vector.json("nicks"))
}

pub(crate) fn safety(vector: &Vector) -> Came {
    let sides = vector.json("sides");
    let side = |at: usize| {
        let field = |name: &str| sides[at][name].as_str().unwrap();
        let keys = Keys {
            curve25519: PublicKey(array(field("curve25519"))),
            ed25519: PublicKey(array(field("ed25519"))),
        };
        (Address::parse(field("address")).unwrap(), keys)
    };
    let (a, b) = (side(0), side(1));
    let number = numbers::safety_number((&a.0, &a.1), (&b.0, &b.1));
    same("number", number, vector.field("number"))
}

pub(crate) fn link(vector: &Vector) -> Came {
    let text = vector.text().trim_end();
    let invite = Invite::parse(text).map_err(|error| {
        match error {
            LinkError::Scheme => "scheme",
            LinkError::Newer(_) => "newer",
            LinkError::Missing(_) => "missing",
            LinkError::Twice(_) => "twice",
            LinkError::Value(_) => "value",
            LinkError::Address(_) => "address",
            LinkError::TooLong => "too-long",
        }
        .to_owned()
    })?;
    same("value", render::invite(&invite), vector.json("value"))?;
    if vector.may("again").is_none() {
        same("written again", invite.to_link(), text)?;
    }
    match vector.may("letter") {
        Some(letter) => proof(vector, &invite, &unhex(letter)),
        None => Ok(()),
    }
}

fn proof(vector: &Vector, invite: &Invite, letter: &[u8]) -> Came {
    let (id, hmac) = (invite.token.id(), invite.token.proof(letter));
    same("id", hex(&id), vector.field("id"))?;
    same("proof", hex(&hmac), vector.field("proof"))?;
    same(
        "checked",
        invite.token.check(letter, &InviteProof { id, hmac }),
        true,
    )
}

/// Lines `time nick text`, and the letters that come of them.
pub(crate) fn irc(vector: &Vector) -> Came {
    let mut assembler = Assembler::default();
    let hear = |line: &str| {
        let mut words = line.splitn(3, ' ');
        let time = Seconds(words.next().unwrap().parse().unwrap());
        let nick = words.next().unwrap();
        assembler.hear(nick, words.next().unwrap_or_default(), time)
    };
    let letters = vector.text().lines().filter_map(hear);
    let letters: Vec<_> = letters.map(|sealed| hex(&sealed.encode())).collect();
    same("letters", letters, vector.json("letters"))
}

pub(crate) fn frame(vector: &Vector) -> Came {
    let sealed = Sealed::decode(&vector.hex()).map_err(|e| e.to_string())?;
    let room = usize::try_from(vector.number("room")).unwrap();
    let lines = irc_form::pieces(&sealed, vector.field("tag"), room).map_err(|error| {
        match error {
            PiecesError::TooLong(_) => "too-long",
            PiecesError::PreKey => "pre-key",
            PiecesError::Tag => "tag",
        }
        .to_owned()
    })?;
    same("lines", lines, vector.json("lines"))
}

pub(crate) fn mail(vector: &Vector) -> Came {
    let raw = vector.mail();
    let by = match candidate_of(&raw) {
        Some(Kind::Titled) => By::Subject,
        _ => By::Marker,
    };
    same("kind", kind(&raw), vector.field("kind"))?;
    let mail = mail_form::read_by(&raw, by).map_err(|error| {
        match &error {
            MailError::NoMarker => "no-marker",
            MailError::Newer(_) => "newer",
            MailError::Marker(_) => "marker",
            MailError::MailTooLarge(_) => "mail-too-large",
            MailError::HeaderTooLarge => "header-too-large",
            MailError::PartTooLarge(_) => "part-too-large",
            MailError::From(_) => "from",
            MailError::FromAddress(_) => "from-address",
            MailError::NotMixed => "not-mixed",
            MailError::NoPart => "no-part",
            MailError::ManyParts(_) => "many-parts",
            MailError::Base64 => "base64",
            MailError::Part(error) => render::codec_error(error),
            MailError::Parser => "parser",
        }
        .to_owned()
    })?;
    same("value", render::mail(&mail), vector.json("value"))
}

/// Why a mail may concern us, in a word.
fn kind(raw: &[u8]) -> &'static str {
    match candidate_of(raw) {
        Some(Kind::Marked) => "marked",
        Some(Kind::Report) => "report",
        Some(Kind::Titled) => "titled",
        Some(Kind::Bounce) => "bounce",
        Some(Kind::Unreturnable) => "unreturnable",
        None => "none",
    }
}

fn candidate_of(raw: &[u8]) -> Option<Kind> {
    let text = String::from_utf8_lossy(raw).replace("\r\n", "\n");
    let (section, _) = text.split_once("\n\n").unwrap_or((&text, ""));
    candidate::kind(section.as_bytes())
}

/// A sealed mail as it is written, to the last byte.
pub(crate) fn written(vector: &Vector) -> Came {
    let part = part::decode(&unhex(vector.field("part"))).unwrap();
    let address = |name: &str| Address::parse(vector.field(name)).unwrap();
    let envelope = mail_form::Envelope {
        from: &address("from"),
        from_name: vector.field("name"),
        to: &address("to"),
        message_id: vector.field("message_id"),
        date: Seconds(vector.number("date")),
    };
    let mail = String::from_utf8(mail_form::write_sealed(&envelope, &part)).unwrap();
    same("the mail", mail, String::from_utf8(vector.mail()).unwrap())
}

pub(crate) fn report(vector: &Vector) -> Came {
    let reports = dsn::read(&vector.mail()).map_err(|error| {
        match error {
            DsnError::NotAReport => "not-a-report",
            DsnError::NoStatus => "no-status",
            DsnError::TooLarge(_) => "too-large",
            DsnError::Parser => "parser",
        }
        .to_owned()
    })?;
    let reports: Vec<_> = reports.iter().map(render::report).collect();
    same("reports", reports, vector.json("value"))
}

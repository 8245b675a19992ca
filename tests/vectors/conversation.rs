//! The vectors of a conversation: accounts and sessions made by libolm, what comes to them, and what is read in it.

use iim::edge::seal;
use iim::edge::seal::{Keyring, Ratchet};
use iim::protocol::codec::{accept_signed_bytes, decode, request_signed_bytes};
use iim::protocol::irc_form::Assembler;
use iim::protocol::letter::{Body, Letter, PublicKey, Secret, Signature};
use iim::protocol::padding::decode_padded;
use iim::protocol::part::{Open, Part, Sealed};
use iim::protocol::time::Seconds;
use iim::protocol::{mail_form, nick};
use serde_json::Value;
use vodozemac::olm::{Account, Session};

use super::check::{Came, same};
use super::file::{Vector, array};
use super::render;

/// The key under which libolm's pickles are kept.
const KEY: &[u8] = b"iim";

pub(crate) fn step(vector: &Vector) -> Came {
    let letter = match part(vector)? {
        Part::Open(open) => signed_letter(vector, &open)?,
        Part::Sealed(sealed) => sealed_letter(vector, &sealed)?,
        Part::Probe(_) | Part::Copy(_) => return Err("no letter".into()),
    };
    nicks(vector, &letter)?;
    same("value", render::letter(&letter), vector.json("value"))
}

/// The part that the mail or the lines carry.
fn part(vector: &Vector) -> Result<Part, String> {
    if vector.field("way") == "mail" {
        let mail = mail_form::read(&vector.mail()).map_err(|e| e.to_string())?;
        return Ok(mail.part);
    }
    let mut assembler = Assembler::default();
    let heard = vector.text().lines().find_map(|line| {
        let mut words = line.splitn(3, ' ');
        let time = Seconds(words.next()?.parse().ok()?);
        assembler.hear(words.next()?, words.next()?, time)
    });
    heard.map(Part::Sealed).ok_or("no frame".into())
}

fn signed_letter(vector: &Vector, open: &Open) -> Result<Letter, String> {
    signed(vector, &request_signed_bytes(&open.letter), &open.signature)?;
    decode(&open.letter).map_err(|e| e.to_string())
}

fn sealed_letter(vector: &Vector, sealed: &Sealed) -> Result<Letter, String> {
    let plain = opened(vector, "mail", sealed)
        .filter(|_| vector.field("way") == "mail")
        .or_else(|| opened(vector, "irc", sealed).filter(|_| vector.field("way") == "irc"))
        .ok_or("it does not open")?;
    let letter = decode_padded(&plain).map_err(|e| e.to_string())?;
    if let Body::Accept(accept) = &letter.body {
        signed(
            vector,
            &accept_signed_bytes(letter.id, accept),
            &accept.signature,
        )?;
    }
    let opens = letter.irc.as_deref().map(|irc| {
        let irc = Sealed::decode(irc).expect("a sealed part");
        let plain = opened(vector, "irc", &irc).expect("field 7 opens");
        decode_padded(&plain).expect("an empty letter");
        "yes"
    });
    same("irc opens", opens, vector.may("irc_opens"))?;
    Ok(letter)
}

/// Opens with the sessions of that way, or, by a pre-key message, with the account.
fn opened(vector: &Vector, way: &str, sealed: &Sealed) -> Option<Vec<u8>> {
    if sealed.prekey {
        let mut keyring = keyring(vector.field("account"));
        let identity = seal::inspect_prekey(&sealed.ciphertext).ok()?.identity;
        let accepted = keyring.accept_session(&identity, &sealed.ciphertext);
        return accepted.ok().map(|(_, plain)| plain);
    }
    let sessions = vector.json("sessions");
    let kept = sessions[way].as_array().unwrap();
    let open = |pickle: &Value| ratchet(pickle.as_str().unwrap()).open(sealed).ok();
    kept.iter().find_map(open)
}

fn keyring(pickle: &str) -> Keyring {
    let account = Account::from_libolm_pickle(pickle, KEY).unwrap();
    Keyring::from_pickle(&serde_json::to_string(&account.pickle()).unwrap()).unwrap()
}

fn ratchet(pickle: &str) -> Ratchet {
    let session = Session::from_libolm_pickle(pickle, KEY).unwrap();
    Ratchet::from_pickle(&serde_json::to_string(&session.pickle()).unwrap()).unwrap()
}

fn signed(vector: &Vector, bytes: &[u8], signature: &Signature) -> Came {
    let key = PublicKey(array(vector.field("signed_by")));
    same("the signature", seal::verify(&key, bytes, signature), true)
}

/// A secret that was told leads to the nick that the vector names.
fn nicks(vector: &Vector, letter: &Letter) -> Came {
    let told = if let Body::Presence(presence) = &letter.body {
        Some(presence)
    } else {
        letter.presence.as_ref()
    };
    let Some(secret) = told.and_then(|presence| presence.secret) else {
        return same("a nick", vector.may("nick"), Value::Null);
    };
    let named = vector.json("nick");
    let derived = |secret: &Secret| {
        let window = nick::window_at(secret, 86_400, Seconds(vector.number("time")));
        nick::derive(secret, "libera", window).to_string()
    };
    same("the secret", render::hex(&secret.0), named[0].clone())?;
    same("the nick", derived(&secret), named[1].clone())
}

//! The vectors of rooms: keys, parts, and what is heard in a channel.

use std::collections::{BTreeMap, BTreeSet};

use iim::edge::seal::room::{Hearer, unwrap};
use iim::edge::seal::verify;
use iim::protocol::codec::{decode_room_key, encode, encode_room_key, there_signed_bytes};
use iim::protocol::group::MemberId;
use iim::protocol::group::room::{Coming, RoomKey, RoomPart};
use iim::protocol::irc_form::Assembler;
use iim::protocol::letter::{Body, Letter, PublicKey, There};
use iim::protocol::padding::{decode_padded_bare, pad};
use iim::protocol::time::Seconds;
use serde_json::{Value, json};

use super::check::{Came, same, value_and_again};
use super::file::{Vector, array, unhex};
use super::render::{self, hex};

/// A key, whether its secret and its signature hold, and where its room is.
pub(crate) fn key(vector: &Vector) -> Came {
    let key = decode_room_key(&vector.hex()).map_err(|e| render::codec_error(&e).to_owned())?;
    let (made, signed_by) = (&key.made, PublicKey(array(vector.field("signed_by"))));
    if !made.value.holds(key.window, &key.secret) {
        return Err("print".to_owned());
    }
    if !verify(&signed_by, &made.signed_bytes(), &made.signature) {
        return Err("forged".to_owned());
    }
    value_and_again(vector, told(&key), &encode_room_key(&key))?;
    let window = made.value.window_at(Seconds(vector.number("time")));
    let then = key.in_window(window);
    let then = then.map(|key| place(&key, vector.field("network")));
    same("then", then, vector.json("then"))
}

fn told(key: &RoomKey) -> Value {
    let made = &key.made.value;
    json!({
        "group": hex(&made.group.0),
        "maker": hex(&made.maker.0),
        "name": hex(&made.name.0),
        "offset": made.offset,
        "heads": made.heads.iter().map(|head| hex(&head.0)).collect::<Vec<_>>(),
        "first": made.first,
        "prints": made.prints.iter().map(|print| hex(print)).collect::<Vec<_>>(),
        "window": key.window,
        "secret": hex(&key.secret.0),
    })
}

fn place(key: &RoomKey, network: &str) -> Value {
    let place = key.place(network);
    json!({
        "window": key.window,
        "secret": hex(&key.secret.0),
        "channel": place.channel,
        "key": place.key,
        "wrap": hex(&key.wrap(network).0),
    })
}

pub(crate) fn part(vector: &Vector) -> Came {
    let part = RoomPart::decode(&vector.hex()).map_err(|e| render::part_error(&e).to_owned())?;
    let value = match &part {
        RoomPart::There(sealed) => json!({"there": hex(sealed)}),
        RoomPart::Said(sealed) => json!({"said": hex(sealed)}),
    };
    value_and_again(vector, value, &part.encode())
}

pub(crate) fn bare(vector: &Vector) -> Came {
    let letter = decode_padded_bare(&vector.hex());
    let letter = letter.map_err(|e| render::codec_error(&e).to_owned())?;
    value_and_again(vector, render::letter(&letter), &pad(encode(&letter)))
}

/// All that is heard in a room.
pub(crate) fn talk(vector: &Vector) -> Came {
    let mut room = Room::of(vector);
    for line in vector.text().lines() {
        let mut words = line.splitn(3, ' ');
        let time = Seconds(words.next().unwrap().parse().unwrap());
        let nick = words.next().unwrap();
        if let Some(nick) = nick.strip_prefix('+') {
            room.nicks.insert(nick.to_owned());
        } else if let Some(nick) = nick.strip_prefix('-') {
            room.gone(nick);
        } else {
            room.hear(nick, words.next().unwrap(), time);
        }
    }
    let there = room.proved.values().filter(|one| one.is_there);
    let there: BTreeSet<String> = there.map(|one| hex(&one.member.0)).collect();
    let value = json!({"heard": room.heard, "there": there});
    same("value", value, vector.json("value"))
}

/// As much of a room as the specification asks of whoever hears it.
struct Room {
    key: RoomKey,
    network: String,
    members: BTreeMap<MemberId, PublicKey>,
    coming: Coming,
    assembler: Assembler,
    nicks: BTreeSet<String>,
    proved: BTreeMap<String, Proved>,
    held: Vec<(Seconds, String, Vec<u8>)>,
    over: BTreeSet<String>,
    heard: Vec<Value>,
}

struct Proved {
    member: MemberId,
    hearer: Hearer,
    is_there: bool,
}

impl Room {
    fn of(vector: &Vector) -> Self {
        let member = |one: &Value| {
            let field = |name: &str| one[name].as_str().unwrap();
            let key = PublicKey(array(field("ed25519")));
            (MemberId(array(field("mid"))), key)
        };
        let members = vector.json("members");
        Self {
            key: decode_room_key(&unhex(vector.field("room"))).unwrap(),
            network: vector.field("network").to_owned(),
            members: members.as_array().unwrap().iter().map(member).collect(),
            coming: Coming(array(vector.field("coming"))),
            assembler: Assembler::default(),
            nicks: BTreeSet::new(),
            proved: BTreeMap::new(),
            held: Vec::new(),
            over: BTreeSet::new(),
            heard: Vec::new(),
        }
    }

    fn gone(&mut self, nick: &str) {
        self.nicks.remove(nick);
        self.held.retain(|held| held.1 != nick);
        self.over
            .extend(self.proved.remove(nick).map(|one| one.hearer.id()));
    }

    fn hear(&mut self, nick: &str, text: &str, now: Seconds) {
        if !self.nicks.contains(nick) {
            return;
        }
        let part = self.assembler.part(nick, text, now);
        let part = part.and_then(|part| RoomPart::decode(&part).ok());
        self.held.retain(|held| now.0 - held.0.0 < 20);
        match part {
            Some(RoomPart::There(sealed)) => {
                let _ = self.prove(nick, &sealed);
            }
            Some(RoomPart::Said(sealed)) if self.proved.contains_key(nick) => {
                let _ = self.open(nick, &sealed);
            }
            Some(RoomPart::Said(sealed)) if self.waiting(nick) < 8 => {
                self.held.push((now, nick.to_owned(), sealed));
            }
            Some(RoomPart::Said(_)) | None => {}
        }
    }

    fn waiting(&self, nick: &str) -> usize {
        self.held.iter().filter(|held| held.1 == nick).count()
    }

    fn prove(&mut self, nick: &str, sealed: &[u8]) -> Option<()> {
        let there = self.opened_there(nick, sealed)?;
        let hearer = Hearer::new(&there.session).ok()?;
        let proved = || self.proved.values();
        let is_used = self.over.contains(&hearer.id())
            || proved().any(|one| one.hearer.id() == hearer.id())
            || proved().filter(|one| one.member == there.member).count() >= 4;
        if is_used || self.proved.contains_key(nick) {
            return None;
        }
        let proved = Proved {
            member: there.member,
            hearer,
            is_there: false,
        };
        self.proved.insert(nick.to_owned(), proved);
        let held = std::mem::take(&mut self.held).into_iter();
        let (of_nick, rest): (Vec<_>, Vec<_>) = held.partition(|held| held.1 == nick);
        self.held = rest;
        for (_, _, sealed) in of_nick {
            let _ = self.open(nick, &sealed);
        }
        Some(())
    }

    fn opened_there(&self, nick: &str, sealed: &[u8]) -> Option<There> {
        let channel = self.key.place(&self.network).channel;
        let beside = [&self.network, channel.as_str(), nick].join("\0");
        let opened = unwrap(&self.key.wrap(&self.network), beside.as_bytes(), sealed).ok()?;
        let Body::There(there) = decode_padded_bare(&opened).ok()?.body else {
            return None;
        };
        let at = (self.network.as_str(), channel.as_str(), nick);
        let signed = there_signed_bytes(self.key.made.value.group, at, &there);
        let key = self.members.get(&there.member)?;
        verify(key, &signed, &there.signature).then_some(there)
    }

    fn open(&mut self, nick: &str, sealed: &[u8]) -> Option<()> {
        let proved = self.proved.get_mut(nick)?;
        let letter: Letter = decode_padded_bare(&proved.hearer.open(sealed).ok()?).ok()?;
        if let Body::Got(got) = &letter.body {
            proved.is_there |= got.opened.contains(&self.coming);
        } else if !matches!(letter.body, Body::Said(_)) {
            return None;
        }
        let heard = json!({"from": hex(&proved.member.0), "letter": render::letter(&letter)});
        self.heard.push(heard);
        Some(())
    }
}

//! Acts and entries of a group's book in CBOR.

use super::error::CodecError;
use super::limits::{
    MAX_ACT, MAX_ACTS_OF_ONE, MAX_ENTRY, MAX_NAME, MAX_PARENTS, MAX_ROOM_NETWORKS, MAX_TOPIC,
};
use super::table::{
    ADDRESS, CURVE_KEY, FLAG, Form, KEYS, NETWORK, NUMBER, SIGNATURE, fixed, list, map, words,
};
use crate::protocol::cbor::{Item, array, bytes, uint};
use crate::protocol::group::{
    Act, ActId, Deed, Entry, Founding, GroupId, Head, MemberId, Person, Title, What,
};
use crate::protocol::letter::Network;
use crate::protocol::time::Seconds;

/// Reads an act, all of the bytes.
pub fn decode_act(bytes: &[u8]) -> Result<Act, CodecError> {
    (ACT.read)(Item::whole("act", bytes)?)
}

/// Writes an act.
pub fn encode_act(act: &Act) -> Vec<u8> {
    (ACT.write)(act)
}

/// Reads an entry, all of the bytes.
pub fn decode_entry(bytes: &[u8]) -> Result<Entry, CodecError> {
    (ENTRY.read)(Item::whole("entry", bytes)?)
}

/// Writes an entry.
pub fn encode_entry(entry: &Entry) -> Vec<u8> {
    (ENTRY.write)(entry)
}

/// Writes a deed, to be signed.
pub fn encode_deed(deed: &Deed) -> Vec<u8> {
    (DEED.write)(deed)
}

/// Writes what an entry says, to be signed.
pub fn encode_person(person: &Person) -> Vec<u8> {
    (PERSON.write)(person)
}

/// An array of two: the bytes that are signed, and the signature.
macro_rules! signed {
    ($form:ident: $of:ident, $name:literal, $max:expr) => {
        pub(super) const $form: Form<crate::protocol::group::Signed<$of>> = Form {
            read: |item| {
                let items = item.array(2, 2)?;
                let [said, signature] = items.as_slice() else {
                    return Err(item.bad());
                };
                let said = said.bytes($max)?;
                Ok(crate::protocol::group::Signed {
                    value: ($of::FORM.read)(Item::whole($name, said)?)?,
                    bytes: said.to_vec(),
                    signature: (SIGNATURE.read)(*signature)?,
                })
            },
            write: |signed| array([bytes(&signed.bytes), (SIGNATURE.write)(&signed.signature)]),
        };
    };
}

pub(super) use signed;

signed!(ACT: Deed, "deed", MAX_ACT);
signed!(ENTRY: Person, "entry", MAX_ENTRY);

impl Deed {
    const FORM: Form<Self> = DEED;
}

impl Person {
    const FORM: Form<Self> = PERSON;
}

map!(DEED: Deed {
    may 0 "group" group: GROUP,
    need 1 "author" author: MEMBER,
    need 2 "parents" parents: list!(ACT_ID, 0, MAX_PARENTS),
    need 3 "depth" depth: NUMBER,
    need 4 "time" time: TIME,
    need 5 "what is done" what: WHAT,
    may 6 "act before" before: ACT_ID,
    need 7 "number" number: ORDINAL,
});

map!(PERSON: Person {
    need 1 "address" address: ADDRESS,
    need 2 "name" name: words!(0, MAX_NAME),
    need 3 "keys" keys: KEYS,
    need 4 "prekey" prekey: CURVE_KEY,
    need 5 "counter" counter: NUMBER,
    may 6 "group" group: GROUP,
    may 7 "end" ended: ACT_ID,
});

/// An array that begins with the number of what is done.
const WHAT: Form<What> = Form {
    read: |item| {
        let items = item.array(1, 5)?;
        let (number, more) = items.split_first().ok_or(item.bad())?;
        match (number.uint()?, more) {
            (0, [entry, name, topic, salt]) => Ok(What::Found(Founding {
                entry: (ENTRY.read)(*entry)?,
                title: title(*name, *topic)?,
                salt: salt.fixed()?,
            })),
            (1, [entry]) => (ENTRY.read)(*entry).map(What::Add),
            (2, [who]) => (MEMBER.read)(*who).map(What::Remove),
            (3, []) => Ok(What::Leave),
            (4, [who, on]) => Ok(What::Admin((MEMBER.read)(*who)?, (FLAG.read)(*on)?)),
            (5, [name, topic]) => title(*name, *topic).map(What::Title),
            (6, [networks]) => (ROOMS.read)(*networks).map(What::Rooms),
            (8, [entry, signature]) => {
                let signature = (SIGNATURE.read)(*signature)?;
                Ok(What::Renew((ENTRY.read)(*entry)?, signature))
            }
            _ => Err(item.bad()),
        }
    },
    write: |what| {
        let (number, more): (u64, Vec<Vec<u8>>) = match what {
            What::Found(Founding { entry, title, salt }) => {
                let [name, topic] = title_items(title);
                (0, vec![(ENTRY.write)(entry), name, topic, bytes(salt)])
            }
            What::Add(entry) => (1, vec![(ENTRY.write)(entry)]),
            What::Remove(who) => (2, vec![(MEMBER.write)(who)]),
            What::Leave => (3, vec![]),
            What::Admin(who, on) => (4, vec![(MEMBER.write)(who), (FLAG.write)(on)]),
            What::Title(title) => (5, title_items(title).to_vec()),
            What::Rooms(networks) => (6, vec![(ROOMS.write)(networks)]),
            What::Renew(entry, signature) => {
                (8, vec![(ENTRY.write)(entry), (SIGNATURE.write)(signature)])
            }
        };
        array([uint(number)].into_iter().chain(more))
    },
};

fn title(name: Item<'_>, topic: Item<'_>) -> Result<Title, CodecError> {
    Ok(Title {
        name: (NAME.read)(name)?,
        topic: (TOPIC.read)(topic)?,
    })
}

fn title_items(title: &Title) -> [Vec<u8>; 2] {
    [(NAME.write)(&title.name), (TOPIC.write)(&title.topic)]
}

pub(super) const NAME: Form<String> = words!(1, MAX_NAME);
const TOPIC: Form<String> = words!(0, MAX_TOPIC);
const ROOMS: Form<Vec<Network>> = list!(NETWORK, 0, MAX_ROOM_NETWORKS);
pub(super) const HEADS: Form<Vec<Head>> = list!(fixed!(Head), 0, MAX_PARENTS);
pub(super) const GROUP: Form<GroupId> = fixed!(GroupId);
pub(super) const MEMBER: Form<MemberId> = fixed!(MemberId);
pub(super) const ACT_ID: Form<ActId> = fixed!(ActId);

const TIME: Form<Seconds> = Form {
    read: |item| (NUMBER.read)(item).map(Seconds),
    write: |time| (NUMBER.write)(&time.0),
};

/// How many acts of one author.
const ORDINAL: Form<u64> = Form {
    read: |item| match item.uint()? {
        number @ 1..=MAX_ACTS_OF_ONE => Ok(number),
        _ => Err(item.bad()),
    },
    write: |number| uint(*number),
};

#[cfg(test)]
pub(super) mod tests;

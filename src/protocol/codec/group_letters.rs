//! The letters of a group in CBOR.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::error::CodecError;
use super::group::{ACT, ACT_ID, ENTRY, GROUP, HEADS, MEMBER, NAME};
use super::group_room::{ROOM_KEY, THERE};
use super::limits::{MAX_ACTS_TOLD, MAX_BEYOND, MAX_GATHERED, MAX_LETTER, MAX_MEMBERS};
use super::table::{Form, ID, NUMBER, fixed, list, map};
use crate::protocol::cbor::{Item, Map, array, bytes, uint};
use crate::protocol::group::letters::{Bid, Gather, Got, GotOf, SaidHash, Told};
use crate::protocol::group::room::{Coming, RoomKey};
use crate::protocol::group::{Entry, GroupId, MemberId};
use crate::protocol::hash::sha256;
use crate::protocol::hex;
use crate::protocol::letter::{Body, Letter, Said, Spoken, There};

map!(TOLD: Told {
    need 1 "group" group: GROUP,
    need 2 "acts" acts: list!(ACT, 0, MAX_ACTS_TOLD),
    may 3 "room key" room: ROOM_KEY,
    need 4 "heads" heads: HEADS,
    need 5 "entries" entries: list!(ENTRY, 0, MAX_MEMBERS),
});

/// What the body is depends on the kind.
pub(super) const SAID: Form<Said> = Form {
    read: |item| {
        let fields = item.fields()?;
        let kind = NUMBER.need(&fields, 4, "kind")?;
        let body = fields.need(5, "body")?;
        Ok(Said {
            group: GROUP.may(&fields, 1, "group")?,
            number: ORDINAL.need(&fields, 2, "number")?,
            before: SAID_HASH.need(&fields, 3, "hash before")?,
            body: match Body::read(kind, body)? {
                said if said.may_be_said() => Box::new(Spoken {
                    body: said,
                    bytes: body.raw().to_vec(),
                }),
                _ => return Err(body.bad()),
            },
            whose: MEMBER.may(&fields, 6, "whose text")?,
            heads: HEADS.need(&fields, 7, "heads")?,
            since: ORDINAL.may(&fields, 8, "first number")?,
        })
    },
    write: |said| {
        Map::default()
            .may(1, &said.group, &GROUP)
            .need(2, &said.number, &ORDINAL)
            .need(3, &said.before, &SAID_HASH)
            .need(4, &said.body.body.kind(), &NUMBER)
            .put(5, &said.body.bytes)
            .may(6, &said.whose, &MEMBER)
            .need(7, &said.heads, &HEADS)
            .may(8, &said.since, &ORDINAL)
            .finish()
    },
};

/// Comings are named in rooms alone, and what names none leaves them out; there need be nothing else to say.
pub(super) const GOT: Form<Got> = Form {
    read: |item| {
        let fields = item.fields()?;
        let opened = COMINGS.may(&fields, 4, "comings")?;
        let least = usize::from(opened.is_none());
        let of = fields.need(2, "of whom")?.array(least, MAX_MEMBERS)?;
        Ok(Got {
            group: GROUP.may(&fields, 1, "group")?,
            of: of.into_iter().map(GOT_OF.read).collect::<Result<_, _>>()?,
            heads: HEADS.need(&fields, 3, "heads")?,
            opened: opened.unwrap_or_default(),
        })
    },
    write: |got| {
        let opened = Some(got.opened.clone()).filter(|opened| !opened.is_empty());
        Map::default()
            .may(1, &got.group, &GROUP)
            .put(2, &array(got.of.iter().map(GOT_OF.write)))
            .need(3, &got.heads, &HEADS)
            .may(4, &opened, &COMINGS)
            .finish()
    },
};

const COMINGS: Form<Vec<Coming>> = list!(fixed!(Coming), 1, MAX_MEMBERS);

/// An array of three, and of four where something came beyond.
const GOT_OF: Form<GotOf> = Form {
    read: |item| {
        let items = item.array(3, 4)?;
        let [author, up_to, hash, beyond @ ..] = items.as_slice() else {
            return Err(item.bad());
        };
        let beyond = match beyond.first() {
            None => Vec::new(),
            Some(bits) => match bits.bytes(MAX_BEYOND)? {
                [] => return Err(CodecError::Size("what came beyond", 0)),
                bits => bits.to_vec(),
            },
        };
        Ok(GotOf {
            author: (MEMBER.read)(*author)?,
            up_to: (NUMBER.read)(*up_to)?,
            hash: (SAID_HASH.read)(*hash)?,
            beyond,
        })
    },
    write: |got| {
        let three = [
            (MEMBER.write)(&got.author),
            (NUMBER.write)(&got.up_to),
            (SAID_HASH.write)(&got.hash),
        ];
        let beyond = Some(bytes(&got.beyond)).filter(|_| !got.beyond.is_empty());
        array(three.into_iter().chain(beyond))
    },
};

/// A question or an answer, by its second field.
pub(super) const BID: Form<Bid> = Form {
    read: |item| {
        let fields = item.fields()?;
        let group = GROUP.need(&fields, 1, "group")?;
        let which = fields.need(2, "bid")?;
        match which.uint()? {
            1 => Ok(Bid::Ask {
                group,
                name: NAME.need(&fields, 3, "name")?,
                members: MEMBERS.need(&fields, 4, "members")?,
                ended: ACT_ID.may(&fields, 6, "end")?,
            }),
            2 => Ok(Bid::Answer {
                group,
                entry: ENTRY.need(&fields, 5, "entry")?,
            }),
            _ => Err(which.bad()),
        }
    },
    write: |bid| match bid {
        Bid::Ask {
            group,
            name,
            members,
            ended,
        } => Map::default()
            .need(1, group, &GROUP)
            .put(2, &uint(1))
            .need(3, name, &NAME)
            .need(4, members, &MEMBERS)
            .may(6, ended, &ACT_ID)
            .finish(),
        Bid::Answer { group, entry } => Map::default()
            .need(1, group, &GROUP)
            .put(2, &uint(2))
            .need(5, entry, &ENTRY)
            .finish(),
    },
};

map!(GATHER: Gather {
    need 1 "letters" letters: list!(WHOLE, 0, MAX_GATHERED),
});

const MEMBERS: Form<Vec<MemberId>> = list!(MEMBER, 1, MAX_MEMBERS);
const SAID_HASH: Form<SaidHash> = fixed!(SaidHash);

/// A number of something said.
const ORDINAL: Form<u64> = Form {
    read: |item| match (NUMBER.read)(item)? {
        0 => Err(item.bad()),
        number => Ok(number),
    },
    write: |number| uint(*number),
};

/// A letter as its bytes.
const WHOLE: Form<Vec<u8>> = Form {
    read: |item| item.bytes(MAX_LETTER).map(<[u8]>::to_vec),
    write: |letter| bytes(letter),
};

/// What is said, as this version writes it.
pub fn spoken(body: Body) -> Box<Spoken> {
    let bytes = body.write();
    Box::new(Spoken { body, bytes })
}

/// What stands for something said: of the group, its author, its id and time, its number, what was before and what it says;
/// not of heads or the way that it went, which differ from copy to copy.
pub fn said_hash(group: GroupId, author: MemberId, letter: &Letter, said: &Said) -> SaidHash {
    let items = [
        (GROUP.write)(&group),
        (MEMBER.write)(&author),
        (ID.write)(&letter.id),
        uint(letter.sent.0),
        uint(said.number),
        (SAID_HASH.write)(&said.before),
        uint(said.body.body.kind()),
        said.body.bytes.clone(),
    ];
    let whose = said.whose.map(|whose| (MEMBER.write)(&whose));
    let whole = sha256(&[b"iim1 said", &array(items.into_iter().chain(whose))]);
    let ([first, _], _) = whole.as_chunks::<16>() else {
        return SaidHash::default();
    };
    SaidHash(*first)
}

/// In the store they stand as the hexadecimal text of their CBOR.
macro_rules! kept_as_cbor {
    ($($of:ident $form:ident,)+) => {
        $(
            impl Serialize for $of {
                fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                    hex::serialize(&($form.write)(self), to)
                }
            }

            impl<'de> Deserialize<'de> for $of {
                fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                    let kept: Vec<u8> = hex::deserialize(from)?;
                    let item = Item::whole(stringify!($of), &kept).map_err(D::Error::custom)?;
                    ($form.read)(item).map_err(D::Error::custom)
                }
            }
        )+
    };
}

kept_as_cbor! {
    Told TOLD,
    Said SAID,
    Got GOT,
    Bid BID,
    Gather GATHER,
    Entry ENTRY,
    There THERE,
    RoomKey ROOM_KEY,
}

#[cfg(test)]
pub(super) mod tests;

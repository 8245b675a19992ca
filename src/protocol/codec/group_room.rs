//! The keys of a group's rooms, and who is there, in CBOR.

use super::error::CodecError;
use super::group::{ACT_ID, GROUP, HEADS, MEMBER, signed};
use super::limits::{MAX_PARENTS, MAX_ROOM_KEY, MAX_ROOM_SESSION};
use super::table::{Form, NUMBER, SIGNATURE, STATUS, fixed, list, map};
use crate::protocol::cbor::{Item, Map, array, bytes, uint};
use crate::protocol::group::GroupId;
use crate::protocol::group::room::{Coming, MAX_WINDOWS, RoomKey, RoomKeyMade, RoomKeyName};
use crate::protocol::letter::{Secret, There};

/// Reads a key as a letter tells it, all of the bytes.
pub fn decode_room_key(bytes: &[u8]) -> Result<RoomKey, CodecError> {
    (ROOM_KEY.read)(Item::whole("room key", bytes)?)
}

/// Writes a key as a letter tells it.
pub fn encode_room_key(key: &RoomKey) -> Vec<u8> {
    (ROOM_KEY.write)(key)
}

/// Writes what is signed of a key.
pub fn encode_room_key_made(made: &RoomKeyMade) -> Vec<u8> {
    (MADE.write)(made)
}

/// What the signature of a `there` is made over: `iim1 there`, the group, the network, the channel and the nick in which it is
/// said, the last three ended by a zero byte each, and the body without the signature.
pub fn there_signed_bytes(
    group: GroupId,
    (network, channel, nick): (&str, &str, &str),
    there: &There,
) -> Vec<u8> {
    let mut said = [b"iim1 there", group.0.as_slice()].concat();
    for word in [network, channel, nick] {
        said.extend_from_slice(word.as_bytes());
        said.push(0);
    }
    let body = begun(there).need(7, &there.coming, &COMING).finish();
    said.extend_from_slice(&body);
    said
}

map!(MADE: RoomKeyMade {
    need 0 "group" group: GROUP,
    need 1 "maker" maker: MEMBER,
    need 2 "name" name: fixed!(RoomKeyName),
    need 3 "offset" offset: OFFSET,
    need 4 "heads" heads: list!(ACT_ID, 1, MAX_PARENTS),
    need 5 "first window" first: NUMBER,
    need 6 "windows" prints: list!(PRINT, 1, MAX_WINDOWS),
});

signed!(SIGNED: RoomKeyMade, "room key", MAX_ROOM_KEY);

impl RoomKeyMade {
    const FORM: Form<Self> = MADE;
}

/// An array of four: what is signed, the signature, the window, its secret.
pub(super) const ROOM_KEY: Form<RoomKey> = Form {
    read: |item| {
        let items = item.array(4, 4)?;
        let [said, signature, window, secret] = items.as_slice() else {
            return Err(item.bad());
        };
        let signed = array([said.raw().to_vec(), signature.raw().to_vec()]);
        Ok(RoomKey {
            made: (SIGNED.read)(Item::whole("room key", &signed)?)?,
            window: (NUMBER.read)(*window)?,
            secret: secret.fixed().map(Secret)?,
        })
    },
    write: |key| {
        array([
            bytes(&key.made.bytes),
            (SIGNATURE.write)(&key.made.signature),
            uint(key.window),
            bytes(&key.secret.0),
        ])
    },
};

pub(super) const THERE: Form<There> = Form {
    read: |item| {
        let fields = item.fields()?;
        Ok(There {
            status: STATUS.need(&fields, 2, "status")?,
            heads: HEADS.need(&fields, 3, "heads")?,
            member: MEMBER.need(&fields, 4, "member")?,
            session: SESSION.need(&fields, 5, "session")?,
            signature: SIGNATURE.need(&fields, 6, "signature")?,
            coming: COMING.need(&fields, 7, "coming")?,
        })
    },
    write: |there| {
        begun(there)
            .need(6, &there.signature, &SIGNATURE)
            .need(7, &there.coming, &COMING)
            .finish()
    },
};

/// What stands before the signature.
fn begun(there: &There) -> Map {
    Map::default()
        .need(2, &there.status, &STATUS)
        .need(3, &there.heads, &HEADS)
        .need(4, &there.member, &MEMBER)
        .need(5, &there.session, &SESSION)
}

const COMING: Form<Coming> = fixed!(Coming);

const PRINT: Form<[u8; 8]> = Form {
    read: |item| item.fixed(),
    write: |print| bytes(print),
};

/// Seconds of a day.
const OFFSET: Form<u32> = Form {
    read: |item| match item.uint()? {
        offset @ 0..86_400 => u32::try_from(offset).map_err(|_| item.bad()),
        _ => Err(item.bad()),
    },
    write: |offset| uint((*offset).into()),
};

const SESSION: Form<Vec<u8>> = Form {
    read: |item| match item.bytes(MAX_ROOM_SESSION)? {
        [] => Err(CodecError::Size("session", 0)),
        session => Ok(session.to_vec()),
    },
    write: |session| bytes(session),
};

//! Any key of a group's rooms, and whoever is there.

use proptest::collection::vec;
use proptest::prelude::*;

use super::heads;
use crate::protocol::codec::encode_room_key_made;
use crate::protocol::codec::group::tests::{member, number};
use crate::protocol::group::room::{Coming, RoomKey, RoomKeyMade, RoomKeyName};
use crate::protocol::group::{ActId, GroupId, Signed};
use crate::protocol::letter::{Secret, Signature, Status, There};

pub(super) fn room_key() -> impl Strategy<Value = RoomKey> {
    let who = (any::<[u8; 16]>(), member(), any::<[u8; 8]>());
    let heads = vec(any::<[u8; 32]>().prop_map(ActId), 1..=8);
    let windows = (number(), vec(any::<[u8; 8]>(), 1..=40));
    let rest = (any::<[u8; 64]>(), number(), any::<[u8; 32]>());
    (who, 0..86_400_u32, heads, windows, rest).prop_map(
        |((group, maker, name), offset, heads, (first, prints), (signature, window, secret))| {
            let value = RoomKeyMade {
                group: GroupId(group),
                maker,
                name: RoomKeyName(name),
                offset,
                heads,
                first,
                prints,
            };
            RoomKey {
                made: Signed {
                    bytes: encode_room_key_made(&value),
                    value,
                    signature: Signature(signature),
                },
                window,
                secret: Secret(secret),
            }
        },
    )
}

pub(super) fn there() -> impl Strategy<Value = There> {
    let session = vec(any::<u8>(), 1..=256);
    let bytes = (any::<[u8; 64]>(), any::<[u8; 8]>());
    (heads(), member(), session, bytes).prop_map(|(heads, member, session, (signature, coming))| {
        There {
            status: Status::Away,
            heads,
            member,
            session,
            signature: Signature(signature),
            coming: Coming(coming),
        }
    })
}

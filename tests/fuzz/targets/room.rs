//! What goes through a group's room: keys, parts, and the letters in them; whoever is in a room hears what anybody says there.
#![no_main]

use iim::edge::seal::room::{Hearer, unwrap};
use iim::protocol::codec::{
    decode_room_key, encode, encode_room_key, encode_room_key_made, there_signed_bytes,
};
use iim::protocol::group::GroupId;
use iim::protocol::group::room::{MAX_WINDOWS, RoomKey, RoomPart};
use iim::protocol::letter::{Body, Letter, Secret};
use iim::protocol::padding::{decode_padded_bare, pad};
use iim::protocol::part;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(key) = decode_room_key(bytes) {
        as_key(bytes, &key);
    }
    if let Ok(room) = RoomPart::decode(bytes) {
        as_part(bytes, &room);
    }
    if let Ok(letter) = decode_padded_bare(bytes) {
        as_letter(bytes, letter);
    }
});

fn as_key(bytes: &[u8], key: &RoomKey) {
    let written = encode_room_key(key);
    assert_eq!(decode_room_key(&written).as_ref(), Ok(key));
    shortest(bytes, &written);
    let made = &key.made;
    assert!(made.signed_bytes().ends_with(&made.bytes) && made.bytes.len() <= 1024);
    shortest(&made.bytes, &encode_room_key_made(&made.value));
    let prints = &made.value.prints;
    assert!((1..=MAX_WINDOWS).contains(&prints.len()) && made.value.offset < 86_400);
    let first = made.value.first;
    let last = first.saturating_add(prints.len() as u64);
    for window in [0, first, key.window, key.window.saturating_add(1), last, u64::MAX] {
        let begins = made.value.begins(window);
        assert!(made.value.window_at(begins) <= window.max(1));
        if let Some(then) = key.in_window(window) {
            assert!(then.window == window && (first..last).contains(&window));
            assert!(made.value.holds(window, &then.secret) && window >= key.window);
            let place = then.place("libera");
            assert!(place.channel.len() == 13 && place.key.len() == 12);
        }
    }
}

fn as_part(bytes: &[u8], room: &RoomPart) {
    let written = room.encode();
    assert_eq!(RoomPart::decode(&written).as_ref(), Ok(room));
    shortest(bytes, &written);
    assert!(part::decode(bytes).is_err(), "it is of rooms alone");
    match room {
        RoomPart::There(sealed) => {
            assert!(unwrap(&Secret([7; 32]), b"here", sealed).is_err());
        }
        // What nobody sealed opens for nobody.
        RoomPart::Said(sealed) => {
            if let Ok(mut hearer) = Hearer::new(sealed) {
                assert!(hearer.open(sealed).is_err());
            }
        }
    }
}

fn as_letter(bytes: &[u8], letter: Letter) {
    assert_eq!(letter, Letter::bare(letter.id, letter.sent, letter.body.clone()));
    let with = |byte: u8| decode_padded_bare(&[bytes, &[byte]].concat());
    assert_eq!(with(0).as_ref(), Ok(&letter), "one more zero byte is padding");
    assert!(with(1).is_err(), "padding is nothing but zero bytes");
    let padded = pad(encode(&letter));
    assert_eq!(decode_padded_bare(&padded).as_ref(), Ok(&letter));
    if let Body::There(there) = letter.body {
        let _ = Hearer::new(&there.session);
        let at = ("libera", "#room", "nick");
        let signed = there_signed_bytes(GroupId([1; 16]), at, &there);
        let mut forged = there;
        forged.signature.0[0] ^= 1;
        assert_eq!(signed, there_signed_bytes(GroupId([1; 16]), at, &forged));
        forged.coming.0[0] ^= 1;
        assert_ne!(signed, there_signed_bytes(GroupId([1; 16]), at, &forged));
    }
}

/// There is one shortest form: whatever else is read is longer (later versions' fields, longer numbers).
fn shortest(bytes: &[u8], written: &[u8]) {
    assert!(written.len() <= bytes.len(), "longer than what was read");
    assert!(
        written.len() < bytes.len() || written == bytes,
        "two forms of one length"
    );
}

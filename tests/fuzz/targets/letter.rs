//! Letters and parts as bytes: what is read is written again, and the shortest form of it is the only one.
#![no_main]

use iim::protocol::codec::{decode, encode};
use iim::protocol::group::letters::{Gather, Got};
use iim::protocol::letter::{Body, Letter};
use iim::protocol::padding::{decode_padded, pad};
use iim::protocol::part;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(letter) = decode(bytes) {
        as_letter(bytes, &letter);
    }
    if let Ok(letter) = decode_padded(bytes) {
        assert!(letter.holds.is_some(), "a sealed letter says what it holds");
        let with = |byte: u8| decode_padded(&[bytes, &[byte]].concat());
        assert_eq!(with(0), Ok(letter), "one more zero byte is padding");
        assert!(with(1).is_err(), "padding is nothing but zero bytes");
    }
    if let Ok(read) = part::decode(bytes) {
        let written = part::encode(&read);
        assert_eq!(part::decode(&written).as_ref(), Ok(&read));
        shortest(bytes, &written);
        if let part::Part::Open(open) = &read {
            assert!(open.letter.len() <= part::MAX_OPEN);
        }
    }
});

fn as_letter(bytes: &[u8], letter: &Letter) {
    let written = encode(letter);
    assert_eq!(decode(&written).as_ref(), Ok(letter));
    shortest(bytes, &written);
    if letter.holds.is_some() {
        let padded = pad(written.clone());
        assert!(padded.len() % 64 == 0 || padded.len() > 512);
        assert_eq!(decode_padded(&padded).as_ref(), Ok(letter));
    } else {
        assert!(decode_padded(&written).is_err());
    }
    in_group(&letter.body);
}

fn in_group(body: &Body) {
    if let Body::Gather(Gather { letters }) = body {
        for bytes in letters {
            if let Ok(letter) = decode(bytes) {
                as_letter(bytes, &letter);
            }
        }
    }
    if let Body::Got(Got { of, .. }) = body {
        for got in of {
            assert_eq!(got.has(got.up_to), got.up_to > 0);
            let beyond = (1..1000).filter_map(|more| got.up_to.checked_add(more));
            let beyond: Vec<_> = beyond.filter(|number| got.has(*number)).collect();
            assert!(beyond.len() <= 256 && beyond.first() != Some(&(got.up_to + 1)));
        }
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

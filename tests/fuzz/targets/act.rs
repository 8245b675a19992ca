//! Acts of a group's book and entries as bytes: what was signed is kept as it came, and what it says has one shortest form.
#![no_main]

use iim::protocol::codec::group::{
    decode_act, decode_entry, encode_act, encode_deed, encode_entry, encode_person,
};
use iim::protocol::group::{Act, Entry, Founding, Signed, What};
use iim::rules::group::book::Book;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(act) = decode_act(bytes) {
        as_act(bytes, &act);
    }
    if let Ok(entry) = decode_entry(bytes) {
        as_entry(bytes, &entry);
    }
});

fn as_act(bytes: &[u8], act: &Act) {
    let written = encode_act(act);
    assert_eq!(decode_act(&written).as_ref(), Ok(act));
    shortest(bytes, &written);
    assert!(act.signed_bytes().ends_with(&act.bytes) && act.bytes.len() <= 1024);
    let deed = encode_deed(&act.value);
    shortest(&act.bytes, &deed);
    let again = Signed {
        bytes: deed,
        ..act.clone()
    };
    assert_eq!(decode_act(&encode_act(&again)), Ok(again));
    match &act.value.what {
        What::Found(Founding { entry, .. }) => {
            as_entry(&encode_entry(entry), entry);
            founds(act);
        }
        What::Add(entry) | What::Renew(entry, _) => as_entry(&encode_entry(entry), entry),
        What::Remove(_) | What::Leave | What::Admin(..) | What::Title(_) | What::Rooms(_) => {
            assert!(Book::found(act.clone(), &|_, _, _| true).is_err());
        }
    }
}

fn as_entry(bytes: &[u8], entry: &Entry) {
    let written = encode_entry(entry);
    assert_eq!(decode_entry(&written).as_ref(), Ok(entry));
    shortest(bytes, &written);
    assert!(entry.signed_bytes().ends_with(&entry.bytes) && entry.bytes.len() <= 512);
    let person = encode_person(&entry.value);
    shortest(&entry.bytes, &person);
    let again = Signed {
        bytes: person,
        ..entry.clone()
    };
    assert_eq!(decode_entry(&encode_entry(&again)), Ok(again));
}

/// Whoever founds a group is alone in it, and its admin, if every signature is good.
fn founds(act: &Act) {
    let Ok(book) = Book::found(act.clone(), &|_, _, _| true) else {
        return;
    };
    let roster = book.roster();
    let who: Vec<_> = roster.members.keys().collect();
    assert_eq!(who, [&act.value.author]);
    assert!(roster.members.values().all(|member| member.rank.is_some()));
    assert_eq!(book.heads(), [act.id()]);
}

/// There is one shortest form: whatever else is read is longer (later versions' fields, longer numbers).
fn shortest(bytes: &[u8], written: &[u8]) {
    assert!(written.len() <= bytes.len(), "longer than what was read");
    assert!(
        written.len() < bytes.len() || written == bytes,
        "two forms of one length"
    );
}

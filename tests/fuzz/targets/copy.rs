//! Kept copies: what is under the seal, the parts that carry it, and the mailboxes in which they lie.
#![no_main]

use iim::account::kept::Search;
use iim::edge::mail::stored::{Where, each_in};
use iim::edge::seal::kept::{open_copy, seal_copy};
use iim::edge::seal::stream::CodeKey;
use iim::protocol::address::Address;
use iim::protocol::code::Code;
use iim::protocol::codec::{decode_kept, encode_kept};
use iim::protocol::part::{self, Part};
use iim::protocol::time::Seconds;
use libfuzzer_sys::fuzz_target;

const LARGEST: usize = 1000;

fuzz_target!(|bytes: &[u8]| {
    let key = CodeKey::of(&Code([7; 16]));
    let address = Address::parse("alice@example.org").expect("an address");
    if let Ok(kept) = decode_kept(bytes) {
        let written = encode_kept(&kept);
        assert!(decode_kept(&written).as_ref() == Ok(&kept), "read as it was written");
        let with = |byte: u8| decode_kept(&[bytes, &[byte]].concat());
        assert!(with(0) == Ok(kept) && with(1).is_err(), "padding is zero bytes alone");
        let copy = seal_copy(&key, [1; 24], &address, &written).expect("sealed");
        let opened = open_copy(&key, &address, &copy).expect("opens");
        assert_eq!(opened.as_slice(), written.as_slice());
    }
    if let Ok(Part::Copy(copy)) = part::decode(bytes) {
        assert!(copy.sealed.len() <= part::MAX_COPY_PART);
        assert!(open_copy(&key, &address, &copy).is_err(), "nobody has the key");
    }
    in_a_mailbox(bytes, &key);
});

/// What is in it is in one of the mails, in order and once, but for those that are too large.
fn in_a_mailbox(bytes: &[u8], key: &CodeKey) {
    let mut search = Search::new(key, Seconds(1_800_000_000));
    let (mut taken, mut from) = (0, 0);
    let mut take = |mail: &[u8], place| {
        assert!(!mail.is_empty() && mail.len() <= LARGEST);
        let is_mbox = bytes.starts_with(b"From ");
        assert_eq!(place == Where::Mailbox, is_mbox);
        assert!(!is_mbox || mail.starts_with(b"From "));
        let at = bytes[from..].windows(mail.len()).position(|at| at == mail);
        from += at.expect("it is there") + mail.len();
        taken += mail.len();
        search.look(mail, place);
    };
    each_in(bytes, LARGEST, &mut take).expect("memory");
    assert!(taken <= bytes.len());
    assert!(bytes.len() > LARGEST || taken == bytes.len(), "nothing is lost");
    assert!(search.found().is_none());
}

//! Answers as servers write them, malformed ones, large ones, and streams cut anywhere.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::too_many_lines,
    reason = "tests"
)]

use std::num::NonZeroU32;

use proptest::prelude::*;

use super::*;
use crate::edge::mail::fetch::imap::response::{Fetch, Kind, Status};

const BOUNDS: Bounds = Bounds {
    kept: 1000,
    read: 2000,
};

/// All answers in a stream that is fed in pieces of this size, until it breaks.
fn fed(stream: &[u8], size: usize) -> Result<Vec<Response>, Malformed> {
    let (mut assembler, mut all) = (Assembler::default(), Vec::new());
    for mut piece in stream.chunks(size.max(1)) {
        while !piece.is_empty() {
            let (read, response) = assembler.feed(piece, BOUNDS)?;
            assert!(read > 0);
            all.extend(response);
            piece = &piece[read..];
            assert!(assembler.text.len() <= LONGEST && assembler.kept <= BOUNDS.kept);
        }
    }
    Ok(all)
}

fn one(text: &str) -> Response {
    let all = fed(text.as_bytes(), 7).unwrap();
    assert_eq!(all.len(), 1, "{text:?}: {all:?}");
    all[0].clone()
}

fn status(kind: Kind, code: &str, words: &str) -> Status {
    let (code, words) = (code.to_owned(), words.to_owned());
    Status { kind, code, words }
}

fn uid(n: u32) -> Option<NonZeroU32> {
    NonZeroU32::new(n)
}

#[test]
fn answers_are_read_as_servers_write_them() {
    let header = |section: &[u8]| Fetch {
        uid: uid(7),
        size: Some(99),
        header: Some(Some(section.to_vec())),
        whole: None,
    };
    let whole = |whole: Option<&[u8]>| Fetch {
        uid: uid(7),
        whole: Some(whole.map(<[u8]>::to_vec)),
        ..Fetch::default()
    };
    let list = |name: &str| Response::List(vec!["\\junk".to_owned()], Some(name.into()));
    for (text, response) in [
        (
            "A1 OK\r\n",
            Response::Tagged("A1".into(), status(Kind::Ok, "", "")),
        ),
        (
            "A1 ok [read-only] Done {5}\r\n",
            Response::Tagged("A1".into(), status(Kind::Ok, "READ-ONLY", "Done {5}")),
        ),
        (
            "A1 NO [AUTHENTICATIONFAILED]\n",
            Response::Tagged("A1".into(), status(Kind::No, "AUTHENTICATIONFAILED", "")),
        ),
        ("* OK\r\n", Response::Status(status(Kind::Ok, "", ""))),
        (
            "* BYE [x y] off {3}\r\n",
            Response::Status(status(Kind::Bye, "X Y", "off {3}")),
        ),
        (
            "* OK [half\r\n",
            Response::Status(status(Kind::Ok, "", "[half")),
        ),
        ("+\r\n", Response::Continue),
        ("+ go {9}\r\n", Response::Continue),
        ("* 23 EXISTS\r\n", Response::Exists(23)),
        ("* 3 expunge\r\n", Response::Expunged),
        ("* 3 RECENT\r\n", Response::Other),
        ("* FLAGS (\\Seen {3}\r\na b)\r\n", Response::Other),
        ("* VANISHED 1:9\r\n", Response::Other),
        ("*\r\n", Response::Other),
        ("* 99999999999 EXISTS\r\n", Response::Other),
        (
            "* CAPABILITY imap4rev1  IDLE \r\n",
            Response::Capability(vec!["IMAP4REV1".into(), "IDLE".into()]),
        ),
        ("* LIST (\\Junk) \"/\" \"a \\\"b\\\\\"\r\n", list("a \"b\\")),
        ("* LIST (\\Junk) NIL Spam\r\n", list("Spam")),
        ("* LIST (\\Junk) \"/\" {4}\r\nSpam\r\n", list("Spam")),
        (
            "* LIST (\\Junk \"/\" Spam\r\n",
            Response::List(Vec::new(), None),
        ),
        (
            "* STATUS \"a b\" (MESSAGES 5 X (1 2) UIDNEXT 7)\r\n",
            Response::StatusOf(Some([Some(5), Some(7), None])),
        ),
        ("* STATUS a (UIDNEXT x)\r\n", Response::StatusOf(None)),
        ("* SEARCH\r\n", Response::Search(Ok(None))),
        ("* SEARCH 12 7 9 \r\n", Response::Search(Ok(uid(7)))),
        (
            "* SEARCH 12 x\r\n",
            Response::Search(Err(Malformed::NotImap)),
        ),
        ("* SEARCH 0\r\n", Response::Search(Err(Malformed::NotImap))),
        (
            "* ESEARCH (TAG \"A5\") UID MIN 7\r\n",
            Response::Esearch(Ok((Some("A5".into()), uid(7)))),
        ),
        (
            "* ESEARCH (TAG \"A5\") UID\r\n",
            Response::Esearch(Ok((Some("A5".into()), None))),
        ),
        (
            "* ESEARCH UID COUNT 3 MIN 0\r\n",
            Response::Esearch(Err(Malformed::NotImap)),
        ),
        (
            "* 5 FETCH (UID 7 RFC822.SIZE 99 BODY[HEADER.FIELDS (IIM \"X-IIM\")] {6}\r\na:b\r\n\n)\r\n",
            Response::Fetch(Ok(header(b"a:b\r\n\n"))),
        ),
        (
            "* 5 FETCH (RFC822.SIZE 99 FLAGS (\\Seen (a {2}\r\n)) \"x)\")) UID 7 BODY[HEADER.FIELDS (IIM)] \"\")\r\n",
            Response::Fetch(Ok(header(b""))),
        ),
        (
            "* 5 FETCH (UID 7 BODY[] {3}\r\nabc)\r\n",
            Response::Fetch(Ok(whole(Some(b"abc")))),
        ),
        (
            "* 5 FETCH (BODY[]<0> ~{3}\r\nabc UID 7)\r\n",
            Response::Fetch(Ok(whole(Some(b"abc")))),
        ),
        (
            "* 5 FETCH (UID 7 BODY[] {0}\r\n)\r\n",
            Response::Fetch(Ok(whole(Some(b"")))),
        ),
        (
            "* 5 FETCH (UID 7 BODY[] NIL)\r\n",
            Response::Fetch(Ok(whole(None))),
        ),
        (
            "* 5 FETCH (UID 7 BODY[] abc)\r\n",
            Response::Fetch(Err(Malformed::NotImap)),
        ),
        (
            "* 5 FETCH (UID 0)\r\n",
            Response::Fetch(Err(Malformed::NotImap)),
        ),
        (
            "* 5 FETCH (UID 7 BODY[] {3}\r\nabc\r\n",
            Response::Fetch(Err(Malformed::NotImap)),
        ),
        (
            "* 5 FETCH (UID 7 BODY[] \"{3}\r\nabc)\r\n",
            Response::Fetch(Err(Malformed::NotImap)),
        ),
        (
            "* 5 FETCH UID 7\r\n",
            Response::Fetch(Err(Malformed::NotImap)),
        ),
    ] {
        assert_eq!(one(text), response, "{text:?}");
    }
}

#[test]
fn what_is_no_imap_or_too_long_ends_the_reading() {
    let endless = "x".repeat(LONGEST + 1);
    let many = format!(
        "* 1 FETCH (BODY[] {}",
        "{700}\r\n"
            .repeat(3)
            .replace('\n', &format!("\n{}", "y".repeat(700)))
    );
    for (text, fault) in [
        ("HTTP/1.1 400 Bad Request\r\n", Malformed::NotImap),
        ("\r\n", Malformed::NotImap),
        ("A1 BYE\r\n", Malformed::NotImap),
        ("A1 OKAY\r\n", Malformed::NotImap),
        (
            "* 1 FETCH (BODY[] {2147483648}\r\n",
            Malformed::Literal(2_147_483_648),
        ),
        (
            "* 1 FETCH (BODY[] {99999999999999999999999}\r\n",
            Malformed::Literal(u64::MAX),
        ),
        (many.as_str(), Malformed::Literal(700)),
        (endless.as_str(), Malformed::Line),
    ] {
        let short = text.get(..40).unwrap_or(text);
        for size in [1, 1000, 100_000] {
            assert_eq!(fed(text.as_bytes(), size), Err(fault), "{short:?}");
        }
    }
}

#[test]
fn of_a_large_literal_the_beginning_is_kept_and_what_follows_is_read() {
    let long = "h".repeat(1900);
    let text = format!("* 1 FETCH (UID 7 BODY[HEADER] {{1900}}\r\n{long})\r\nA1 OK\r\n");
    let all = fed(text.as_bytes(), 64).unwrap();
    let Response::Fetch(Ok(fetch)) = &all[0] else {
        panic!("{:?}", all[0]);
    };
    assert_eq!(fetch.header.as_ref().unwrap().as_ref().unwrap().len(), 1000);
    assert!(matches!(&all[1], Response::Tagged(..)));
}

#[test]
fn half_a_million_numbers_in_a_line_are_not_kept() {
    let numbers = |order: &mut dyn Iterator<Item = u32>| {
        let words: Vec<_> = order.map(|n| n.to_string()).collect();
        format!("* search {}\r\n", words.join(" "))
    };
    for (order, lowest) in [
        (numbers(&mut (5..500_000)), Ok(uid(5))),
        (numbers(&mut (5..500_000).rev()), Ok(uid(5))),
        (numbers(&mut (0..500_000)), Err(Malformed::NotImap)),
        (
            numbers(&mut (5..500_000)).replace(" 444444 ", " bad "),
            Err(Malformed::NotImap),
        ),
        (
            format!("* SEARCH 1 {}\r\n", "9".repeat(50_000)),
            Err(Malformed::NotImap),
        ),
    ] {
        for size in [1, 4096, usize::MAX] {
            let size = size.min(order.len());
            assert_eq!(
                fed(order.as_bytes(), size).unwrap(),
                [Response::Search(lowest)]
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn how_a_stream_is_cut_does_not_matter(
        parts in proptest::collection::vec(prop_oneof![
            Just("* 5 FETCH (UID 7 BODY[] {3}\r\nabc)\r\n".to_owned()),
            Just("* SEARCH 4 5 ".to_owned()), Just("* 5 FETCH (".to_owned()), Just("\"{2}\r\n".to_owned()),
            Just("{12}\r\n".to_owned()), Just(")\r\n".to_owned()), Just("* LIST (".to_owned()), Just("A1 OK [A] b\r\n".to_owned()),
            "[ -~\r\n]{0,20}",
        ], 0..12),
        size in 1..50_usize,
    ) {
        let stream = parts.concat();
        prop_assert_eq!(fed(stream.as_bytes(), size), fed(stream.as_bytes(), usize::MAX));
    }
}

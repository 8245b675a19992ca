//! Lines as servers write them, and streams cut anywhere.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "tests"
)]

use proptest::prelude::*;

use super::*;

/// The lines, and how much of the stream was theirs; fed in pieces of this size.
fn lines(stream: &[u8], size: usize, most: usize) -> Option<(Vec<u8>, usize)> {
    let (mut lines, mut read) = (Lines::keeping(most), 0_usize);
    for piece in stream.chunks(size.max(1)) {
        let (taken, whole) = lines.feed(piece);
        read = read.saturating_add(taken);
        if whole {
            return Some((lines.kept(), read));
        }
    }
    None
}

#[test]
fn lines_end_with_a_dot_alone_and_lose_one_that_stands_first() {
    for (stream, text, rest) in [
        (
            "a\r\n..b\r\n...\r\n.\r\n+OK\r\n",
            "a\r\n.b\r\n..\r\n",
            "+OK\r\n",
        ),
        (".\r\n", "", ""),
        ("a.\n.\nb", "a.\n", "b"),
        (".a\r\n.\r\n", "a\r\n", ""),
        (".\ra\r\n.\r\n", "\ra\r\n", ""),
        ("a\r.\r\n.\r\n", "a\r.\r\n", ""),
    ] {
        for size in 1..8 {
            let (kept, read) = lines(stream.as_bytes(), size, 100).unwrap();
            assert_eq!(String::from_utf8(kept).unwrap(), text, "{stream:?}");
            assert_eq!(&stream[read..], rest, "{stream:?}");
        }
    }
    assert_eq!(lines(b"a\r\n.b\r\n. \r\n", 3, 100), None);
    let long = [vec![b'x'; 200_000], b"\r\n.\r\n".to_vec()].concat();
    let (kept, read) = lines(&long, 1000, 64).unwrap();
    assert_eq!((kept.len(), read), (64, long.len()));
}

#[test]
fn a_line_says_yes_or_no_or_nothing_that_counts() {
    for (line, said) in [
        ("+OK", Some((true, ""))),
        ("+ok  2 messages", Some((true, "2 messages"))),
        ("-ERR [AUTH] no", Some((false, "[AUTH] no"))),
        ("+OKAY", None),
        ("OK", None),
        ("* OK IMAP", None),
        ("+ ", None),
        ("", None),
    ] {
        let said = said.map(|(yes, words)| (yes, words.to_owned()));
        assert_eq!(status(line.as_bytes()), said, "{line:?}");
    }
    assert_eq!(numbered("5 abc"), Some((5, "abc")));
    assert_eq!(numbered("x abc"), None);
    let mut line = Line::default();
    assert_eq!(line.feed(b"+OK a"), Some((5, None)));
    assert_eq!(line.feed(b"b\r\nrest"), Some((3, Some(b"+OK ab".to_vec()))));
    assert_eq!(line.feed(&[b'x'; LONGEST]), Some((LONGEST, None)));
    assert_eq!(line.feed(b"x"), None);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn how_a_stream_is_cut_does_not_matter(stream in "[.a\r\n]{0,60}", size in 1..9_usize) {
        prop_assert_eq!(lines(stream.as_bytes(), size, 20), lines(stream.as_bytes(), 100, 20));
    }

    #[test]
    fn what_is_stuffed_comes_back(text in "[.ab]{0,5}(\r\n[.ab]{0,5}){0,9}\r\n") {
        let stuffed = format!("\r\n{text}").replace("\r\n.", "\r\n..");
        let stream = format!("{}.\r\n", &stuffed[2..]);
        let (kept, read) = lines(stream.as_bytes(), 7, 1000).unwrap();
        prop_assert_eq!((String::from_utf8(kept).unwrap(), read), (text, stream.len()));
    }
}

//! What a POP3 server says, however it is cut; and that a text as it is sent comes back.
#![no_main]

use iim::edge::mail::fetch::pop3::response::{Line, Lines, numbered, status};
use libfuzzer_sys::fuzz_target;

const MOST: usize = 64;

fuzz_target!(|bytes: &[u8]| {
    let Some((&size, stream)) = bytes.split_first() else {
        return;
    };
    let size = usize::from(size).max(1);
    assert_eq!(lines(stream, MOST, size), lines(stream, MOST, usize::MAX));
    assert_eq!(line(stream, size), line(stream, usize::MAX));
    if let Some(line) = line(stream, usize::MAX) {
        assert!(!line.contains(&b'\n'));
        if let Some((_, words)) = status(&line) {
            numbered(&words);
        }
    }
    // RFC 1939, section 3: a dot more where a line begins with one, and a dot alone at the end.
    let mut sent = Vec::new();
    for line in stream.split_inclusive(|byte| *byte == b'\n') {
        if line.first() == Some(&b'.') {
            sent.push(b'.');
        }
        sent.extend_from_slice(line);
    }
    if stream.last() == Some(&b'\n') {
        sent.extend_from_slice(b".\r\n+OK\r\n");
        let (kept, read) = lines(&sent, usize::MAX, size).expect("it has an end");
        assert_eq!((kept.as_slice(), read), (stream, sent.len() - 5));
    }
});

/// The lines, and how much of the stream was theirs.
fn lines(stream: &[u8], most: usize, size: usize) -> Option<(Vec<u8>, usize)> {
    let (mut lines, mut read) = (Lines::keeping(most), 0);
    for piece in stream.chunks(size) {
        let (taken, whole) = lines.feed(piece);
        read += taken;
        if whole {
            let kept = lines.kept();
            assert!(kept.len() <= most);
            return Some((kept, read));
        }
    }
    None
}

fn line(stream: &[u8], size: usize) -> Option<Vec<u8>> {
    let mut line = Line::default();
    stream
        .chunks(size)
        .find_map(|piece| line.feed(piece).and_then(|(_, whole)| whole))
}

//! What an IMAP server says, however it is cut; and names of folders as they go over the line.
#![no_main]

use iim::edge::mail::fetch::imap::assembler::{Assembler, Bounds};
use iim::edge::mail::fetch::imap::name;
use iim::edge::mail::fetch::imap::response::{Malformed, Response};
use libfuzzer_sys::fuzz_target;

const BOUNDS: Bounds = Bounds {
    kept: 64,
    read: 512,
};

fuzz_target!(|bytes: &[u8]| {
    let Some((&size, stream)) = bytes.split_first() else {
        return;
    };
    let whole = fed(stream, usize::MAX);
    let cut = fed(stream, usize::from(size).max(1));
    assert_eq!(whole, cut, "the answers depend on how the stream is cut");
    for response in &whole.0 {
        read(response, stream);
    }
    if let Some(decoded) = name::decode(stream) {
        let written = name::encode(&decoded);
        assert!(written.chars().all(|c| matches!(c, ' '..='~')));
        assert_eq!(name::decode(written.as_bytes()), Some(decoded));
    }
});

/// All answers, and the fault that ended the reading, if one did.
fn fed(stream: &[u8], size: usize) -> (Vec<Response>, Option<Malformed>) {
    let (mut assembler, mut all) = (Assembler::default(), Vec::new());
    for mut piece in stream.chunks(size) {
        while !piece.is_empty() {
            match assembler.feed(piece, BOUNDS) {
                Ok((read, response)) => {
                    assert!(read > 0, "it stands still");
                    all.extend(response);
                    piece = &piece[read..];
                }
                Err(fault) => return (all, Some(fault)),
            }
        }
    }
    (all, None)
}

fn read(response: &Response, stream: &[u8]) {
    match response {
        Response::Tagged(tag, _) => {
            assert!(tag.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        }
        Response::Fetch(Ok(fetch)) => {
            for part in [&fetch.header, &fetch.whole].into_iter().flatten().flatten() {
                assert!(part.len() <= stream.len(), "more is kept than was said");
            }
        }
        _ => {}
    }
}

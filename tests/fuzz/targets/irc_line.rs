//! Lines from an IRC server, however the stream is cut; and that what we write is one line, whatever is in it.
#![no_main]

use iim::edge::irc::line::{Line, Lines, write};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((&size, stream)) = bytes.split_first() else {
        return;
    };
    let whole = fed([stream].into_iter());
    let cut = fed(stream.chunks(usize::from(size).max(1)));
    assert_eq!(whole, cut, "the lines depend on how the stream is cut");
    for line in &whole {
        read(line);
    }
    written(stream);
});

fn fed<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Vec<Line> {
    let (mut lines, mut got) = (Lines::default(), Vec::new());
    for piece in pieces {
        lines.feed(piece, |line| got.push(line.clone()));
    }
    got
}

fn read(line: &Line) {
    assert!(!line.command.is_empty() && !line.command.contains(' '));
    assert!(line.numeric() <= 999);
    let words = line.words();
    assert!(words.chars().count() <= 200 && !words.contains(char::is_control));
    let last = line.params.len().saturating_sub(1);
    for (i, param) in line.params.iter().enumerate() {
        assert!(!param.contains('\n'), "a line holds no line end");
        assert!(
            i == last || !param.is_empty() && !param.contains(' '),
            "only the last holds spaces"
        );
    }
    // Written again, if it can be, it is the same.
    let middle: Vec<&str> = std::iter::once(line.command.as_str())
        .chain(line.params.iter().take(last).map(String::as_str))
        .collect();
    let trailing = line.params.last().map(String::as_str);
    if let Ok(text) = write(&middle, trailing, usize::MAX)
        && !line.command.starts_with('@')
    {
        let again = one(text.as_bytes());
        assert_eq!(
            (&again.command, &again.params),
            (&line.command, &line.params)
        );
    }
}

/// The words of the input as a message of ours: refused, or exactly one line that says just that.
fn written(stream: &[u8]) {
    let text = String::from_utf8_lossy(stream);
    let (to, said) = text.split_once('|').unwrap_or(("bob", &text));
    for limit in [64, 512] {
        let Ok(line) = write(&["PRIVMSG", to], Some(said), limit) else {
            continue;
        };
        assert!(line.len() <= limit && line.ends_with("\r\n"));
        assert!(!line.trim_end_matches("\r\n").contains(['\r', '\n', '\0']));
        let read = one(line.as_bytes());
        assert_eq!(read.command, "PRIVMSG");
        assert_eq!(read.params, [to.to_owned(), said.to_owned()]);
        assert_eq!((read.source, read.tags.is_empty()), (None, true));
    }
}

fn one(text: &[u8]) -> Line {
    let mut lines = fed([text].into_iter());
    assert_eq!(lines.len(), 1, "{:?}", String::from_utf8_lossy(text));
    lines.remove(0)
}

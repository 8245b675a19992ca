//! A list of people as files and other programs have it: whom each line names.
//!
//! ```text
//! bob@example.net                    an address
//! Bob <bob@example.net>              a name and an address, as mails have them, and `notmuch address`
//! bob@example.net ⇥ Bob [⇥ …]        as abook and khard answer a mail program
//! iim:…                              an invite link, which may have a name behind it in the same way
//! # …                                nobody, as an empty line
//! ```

use std::fs::File;
use std::io::{self, Read};

use anyhow::{Context as _, bail};

use super::arguments::{Listed, listed};
use super::explain::{Said, hinted};
use super::output::Output;
use crate::protocol::clean::one_line;
use crate::rules::words::counted;

/// Whom a line of a list names, or why it names nobody.
pub(crate) struct Line {
    /// From 1.
    pub(crate) number: usize,
    pub(crate) whom: Result<Listed, String>,
}

/// How many lines there are, and how many of them failed.
pub(crate) struct Tally {
    all: usize,
    failed: usize,
}

impl Tally {
    pub(crate) fn of(lines: &[Line]) -> Self {
        let all = lines.len();
        Self { all, failed: 0 }
    }

    /// Says why one failed.
    pub(crate) fn failed(&mut self, output: &Output, number: usize, why: &str) {
        self.failed = self.failed.saturating_add(1);
        output.error(&format!("iim: line {number}: {}", one_line(why)));
    }

    /// Fails if any line did.
    pub(crate) fn end(self, output: &Output) -> anyhow::Result<()> {
        if self.failed == 0 {
            return Ok(());
        }
        let (failed, all) = (self.failed, counted(self.all, "line"));
        output.error(&format!("iim: {failed} of {all} failed"));
        Err(Said.into())
    }
}

/// Reads a file, or stdin for `-`.
/// Errors: it cannot be read, or is longer than [`LONGEST`].
pub(crate) fn read(output: &Output, file: &str) -> anyhow::Result<Vec<Line>> {
    if output.is_typed() {
        bail!("a list is for a shell");
    }
    let whole = match file {
        "-" => whole(io::stdin().lock()),
        file => File::open(file).and_then(whole),
    };
    let whole = whole.with_context(|| format!("cannot read {file}"))?;
    if whole.len() > LONGEST {
        let what = format!("this list has more than {LONGEST} bytes");
        return Err(hinted(what, "split it into several"));
    }
    Ok(lines(&whole))
}

fn whole(from: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let most = u64::try_from(LONGEST).unwrap_or(u64::MAX).saturating_add(1);
    from.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn lines(whole: &[u8]) -> Vec<Line> {
    let whole = whole.strip_prefix(BYTE_ORDER_MARK).unwrap_or(whole);
    let numbered = (1..).zip(whole.split(|byte| *byte == b'\n'));
    let named = numbered.filter_map(|(number, line)| {
        let whom = match std::str::from_utf8(line) {
            _ if line.len() > LONGEST_LINE => Err(format!("longer than {LONGEST_LINE} bytes")),
            Err(_) => Err("not UTF-8".to_owned()),
            Ok(line) if line.trim().is_empty() || line.starts_with('#') => return None,
            Ok(line) => listed(line),
        };
        Some(Line { number, whom })
    });
    named.collect()
}

/// Bytes of a list: some ten thousand people.
const LONGEST: usize = 1 << 20;
/// Bytes of one line of it.
const LONGEST_LINE: usize = 4096;
/// With which some programs begin a file in UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::commands::arguments::Target;

    fn named(list: &[u8]) -> Vec<String> {
        let lines = lines(list).into_iter().map(|line| {
            let whom = line.whom.map(|listed| {
                let address = match listed.target {
                    Target::Address(address) => address,
                    Target::Link(invite) => invite.address,
                };
                format!("{address} {:?}", listed.name)
            });
            format!("{} {}", line.number, whom.unwrap_or_else(|why| why))
        });
        lines.collect()
    }

    #[test]
    fn each_line_stands_for_itself() {
        let long = format!("{} <a@b.example>", "x".repeat(5000));
        let list = [
            b"\xef\xbb\xbfbob@example.net\r\n\n# bob\n  \nnobody\n".as_slice(),
            b"Carol <carol@example.com>\n\xff@example.org\n",
            long.as_bytes(),
            b"\ndave@example.org\tDave\tnotes",
        ];
        assert_eq!(
            named(&list.concat()),
            [
                "1 bob@example.net None",
                "5 not a mail address: it needs the form name@domain",
                "6 carol@example.com Some(\"Carol\")",
                "7 not UTF-8",
                "8 longer than 4096 bytes",
                "9 dave@example.org Some(\"Dave\")",
            ]
        );
    }

    #[test]
    fn a_list_is_read_to_a_bound() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("list");
        for (bytes, fits) in [(LONGEST, true), (LONGEST + 1, false)] {
            std::fs::write(&file, vec![b'\n'; bytes]).unwrap();
            let read = read(&Output::default(), file.to_str().unwrap());
            assert_eq!(read.is_ok(), fits, "{bytes}");
        }
        assert!(read(&Output::default(), "/nonexistent/list").is_err());
    }
}

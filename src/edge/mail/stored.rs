//! Mails as they lie in files: one in a file, many in an mbox (RFC 4155), a file each in a Maildir. Whoever wrote them is
//! unknown: each is read up to the size of the largest that is ours, and what is larger is passed over.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

/// A mail is in a mailbox, or alone in a file that somebody has named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Where {
    /// One of many.
    Mailbox,
    /// Alone.
    Alone,
}

/// What of a folder could not be read, and was passed over.
#[derive(Debug, Default)]
pub struct PassedOver {
    /// The first.
    pub first: Option<(PathBuf, io::Error)>,
    /// How many.
    pub count: usize,
}

impl PassedOver {
    fn note(&mut self, path: &Path, fault: io::Error) {
        self.count = self.count.saturating_add(1);
        self.first.get_or_insert_with(|| (path.to_owned(), fault));
    }
}

/// Takes each mail in a file, an mbox, a Maildir or a folder of mails; of a Maildir what is in `cur` and `new`. Files of a folder
/// that are gone meanwhile are none.
/// Errors: those of the file system with what is named, and [`io::ErrorKind::FileTooLarge`] for a file with one mail that is larger
/// than is taken; one file of a folder holds up no other.
pub fn each(
    path: &Path,
    most: usize,
    take: &mut dyn FnMut(&[u8], Where),
) -> io::Result<PassedOver> {
    let mut passed = PassedOver::default();
    if !fs::metadata(path)?.is_dir() {
        each_in(File::open(path)?, most, take)?;
        return Ok(passed);
    }
    let is_maildir = ["cur", "new"].iter().all(|name| path.join(name).is_dir());
    let folders: Vec<PathBuf> = match is_maildir {
        true => ["cur", "new"].map(|name| path.join(name)).into(),
        false => vec![path.to_owned()],
    };
    for folder in folders {
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(fault) => {
                passed.note(&folder, fault);
                continue;
            }
        };
        for entry in entries {
            let path = entry.as_ref().map_or(folder.clone(), fs::DirEntry::path);
            match entry.and_then(|_| whole(&path, most)) {
                Ok(Some(mail)) => take(&mail, Where::Mailbox),
                Ok(None) => {}
                Err(fault) if fault.kind() == io::ErrorKind::NotFound => {}
                Err(fault) => passed.note(&path, fault),
            }
        }
    }
    Ok(passed)
}

/// A file of a folder; nothing of one that is larger, or no file.
fn whole(path: &Path, most: usize) -> io::Result<Option<Vec<u8>>> {
    let meta = fs::metadata(path)?;
    let size = usize::try_from(meta.len()).unwrap_or(usize::MAX);
    if !meta.is_file() || size > most {
        return Ok(None);
    }
    let mut mail = Vec::with_capacity(size);
    let bound = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    File::open(path)?.take(bound).read_to_end(&mut mail)?;
    Ok(Some(mail).filter(|mail| mail.len() <= most))
}

/// The same of a stream: an mbox if it begins with a line `From `, else one mail.
pub fn each_in(from: impl Read, most: usize, take: &mut dyn FnMut(&[u8], Where)) -> io::Result<()> {
    let mut from = BufReader::with_capacity(PIECE, from);
    let is_mbox = from.fill_buf()?.starts_with(FROM);
    let place = match is_mbox {
        true => Where::Mailbox,
        false => Where::Alone,
    };
    let mut mail = Gathered {
        bytes: Vec::new(),
        most,
        over: false,
    };
    let mut line = Vec::new();
    // A line may come in pieces; a mail begins after an empty one.
    let (mut begins, mut after_empty) = (true, true);
    loop {
        line.clear();
        let bound = u64::try_from(PIECE).unwrap_or(u64::MAX);
        if (&mut from).take(bound).read_until(b'\n', &mut line)? == 0 {
            break;
        }
        if is_mbox && begins && after_empty && line.starts_with(FROM) {
            mail.end(place, take);
        }
        after_empty = begins && matches!(line.as_slice(), b"\n" | b"\r\n");
        begins = line.ends_with(b"\n");
        mail.add(&line);
    }
    let is_too_large = mail.over && place == Where::Alone;
    mail.end(place, take);
    match is_too_large {
        true => Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            "larger than any mail of iim's",
        )),
        false => Ok(()),
    }
}

/// A mail as far as it was read.
struct Gathered {
    bytes: Vec<u8>,
    most: usize,
    /// It is larger than is taken.
    over: bool,
}

impl Gathered {
    fn add(&mut self, line: &[u8]) {
        self.over |= self.bytes.len().saturating_add(line.len()) > self.most;
        match self.over {
            true => self.bytes.clear(),
            false => self.bytes.extend_from_slice(line),
        }
    }

    fn end(&mut self, place: Where, take: &mut dyn FnMut(&[u8], Where)) {
        if !self.over && !self.bytes.is_empty() {
            take(&self.bytes, place);
        }
        (self.over, self.bytes) = (false, Vec::new());
    }
}

/// With this a mail begins in an mbox.
const FROM: &[u8] = b"From ";
/// What is read at once, and the longest piece of a line.
const PIECE: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn of(bytes: &[u8], most: usize) -> Vec<(String, Where)> {
        let mut all = Vec::new();
        let mut take = |mail: &[u8], place| {
            all.push((String::from_utf8_lossy(mail).into_owned(), place));
        };
        let done = each_in(bytes, most, &mut take);
        let too_large = done.map_err(|fault| fault.kind());
        assert!(matches!(
            too_large,
            Ok(()) | Err(io::ErrorKind::FileTooLarge)
        ));
        assert!(too_large.is_ok() || all.is_empty());
        all
    }

    #[test]
    fn an_mbox_is_taken_apart_where_mails_begin() {
        let mbox = "From a\nS: 1\n\nbody\nFrom here on\n>From x\n\nFrom b\r\nS: 2\r\n\r\nbody\r\n\r\nFrom c\nS: 3\n";
        let mails = of(mbox.as_bytes(), 1000);
        let begins: Vec<&str> = mails.iter().filter_map(|(mail, _)| mail.get(..6)).collect();
        assert_eq!(begins, ["From a", "From b", "From c"]);
        assert!(mails.iter().all(|(_, place)| *place == Where::Mailbox));
        assert!(mails.first().unwrap().0.contains("From here on"));
    }

    #[test]
    fn one_that_is_too_large_is_passed_over_and_the_next_is_not() {
        let large = "x".repeat(3_000_000);
        let lines = format!("From b\n\n{}", "y\n".repeat(600_000));
        let mbox = format!("From a\n\n{large}\n\n{lines}\nFrom c\n\nz\n");
        let mails = of(mbox.as_bytes(), 1 << 20);
        assert_eq!(mails, [("From c\n\nz\n".to_owned(), Where::Mailbox)]);
        assert_eq!(of(large.as_bytes(), 1 << 20), []);
        let fault = each_in(large.as_bytes(), 1 << 20, &mut |_, _| {}).unwrap_err();
        assert_eq!(fault.kind(), io::ErrorKind::FileTooLarge);
    }

    #[test]
    fn what_begins_otherwise_is_one_mail() {
        let mail = "S: 1\n\nFrom a\n\nFrom b\n";
        assert_eq!(of(mail.as_bytes(), 100), [(mail.to_owned(), Where::Alone)]);
        assert_eq!(of(b"", 100), []);
    }

    #[test]
    fn one_that_cannot_be_read_holds_up_no_other() {
        let dir = tempfile::tempdir().unwrap();
        for folder in ["cur", "new"] {
            fs::create_dir(dir.path().join(folder)).unwrap();
        }
        // A link to itself cannot be opened, by root either.
        for name in ["new/0", "new/2"] {
            std::os::unix::fs::symlink(dir.path().join(name), dir.path().join(name)).unwrap();
        }
        for name in ["cur/1", "new/1", "new/3"] {
            fs::write(dir.path().join(name), "a").unwrap();
        }
        let mut taken = 0;
        let passed = each(dir.path(), 4, &mut |_, _| taken += 1).unwrap();
        assert_eq!((taken, passed.count), (3, 2));
        let (path, _) = passed.first.unwrap();
        assert!(path.starts_with(dir.path().join("new")), "{path:?}");
    }

    #[test]
    fn of_a_maildir_what_is_there_and_a_file_is_taken() {
        let dir = tempfile::tempdir().unwrap();
        for folder in ["cur", "new", "tmp", "cur/odd"] {
            fs::create_dir(dir.path().join(folder)).unwrap();
        }
        for (name, text) in [
            ("cur/1:2,S", "a"),
            ("new/2", "b"),
            ("tmp/3", "c"),
            ("new/4", "too large"),
        ] {
            fs::write(dir.path().join(name), text).unwrap();
        }
        std::os::unix::fs::symlink("nowhere", dir.path().join("new/5")).unwrap();
        let mut all = Vec::new();
        each(dir.path(), 4, &mut |mail, _| all.push(mail.to_vec())).unwrap();
        all.sort();
        assert_eq!(all, [b"a", b"b"]);
        all.clear();
        each(&dir.path().join("new"), 4, &mut |mail, _| {
            all.push(mail.to_vec())
        })
        .unwrap();
        assert_eq!(all, [b"b"]);
        assert!(each(&dir.path().join("none"), 4, &mut |_, _| {}).is_err());
    }
}

//! An account in one file, on its way to another machine or laid by.
//!
//! ```text
//! "iim archive 1 sealed\n" or "iim archive 1 plain\n"     what follows is a stream under the recovery code, or as it is
//! one line of JSON: who, when, config.toml, how long the database is
//! the database (SQLite)
//! SHA-256 of the line and the database
//! ```

use std::io::{self, BufReader, Read, Write};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::stream::{CodeKey, NONCE, SealedReader, SealedWriter};
use crate::protocol::address::Address;
use crate::protocol::debug::redacted_debug;
use crate::protocol::time::Seconds;

/// What an archive says of itself.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The version of the program that made it.
    pub version: String,
    /// When.
    pub made: Seconds,
    /// Whose account it is.
    pub address: Address,
    /// The account left its place with it.
    pub moved: bool,
    /// Bytes of the database.
    pub size: u64,
    /// The text of `config.toml`.
    pub config: String,
}

redacted_debug! { Head { version, made, address, moved, size, config: hidden } }

/// Why an archive cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// It does not begin as one.
    #[error("this is no archive of iim")]
    NoArchive,
    /// A newer program made it.
    #[error("this archive was made by a newer version of iim")]
    Newer,
    /// It ends too early, or something follows its end, or it is not as it was written, or its parts do not agree.
    #[error("the archive is damaged, or not whole\nhint: copy it again from where it was made")]
    Damaged,
    /// It is not sealed, and was to be.
    #[error(
        "this archive is not sealed: whoever had it in hand may have changed it\nhint: if it came straight from your other machine, say --plain"
    )]
    Plain,
    /// Another code, or not as it was written.
    #[error(
        "the archive does not open with this code\nhint: the code was shown when the first archive or kept copy was made"
    )]
    Sealed,
    /// It cannot be read, or what comes of it not be written.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Writes an archive, sealed under a key (with random bytes) or plain. It is whole once this is done.
pub fn write(
    to: &mut dyn Write,
    key: Option<(&CodeKey, [u8; NONCE])>,
    head: &Head,
    database: &mut dyn Read,
) -> io::Result<()> {
    match key {
        Some((key, nonce)) => {
            to.write_all(SEALED)?;
            let mut sealed = SealedWriter::begin(key, nonce, to)?;
            write_inside(&mut sealed, head, database)?;
            sealed.finish()?.flush()
        }
        None => {
            to.write_all(PLAIN)?;
            write_inside(to, head, database)?;
            to.flush()
        }
    }
}

fn write_inside(to: &mut dyn Write, head: &Head, database: &mut dyn Read) -> io::Result<()> {
    let mut line = serde_json::to_vec(head)?;
    line.push(b'\n');
    let mut hash = Sha256::new();
    hash.update(&line);
    to.write_all(&line)?;
    let copied = copy(&mut database.take(head.size), to, &mut hash)?;
    if copied != head.size {
        return Err(io::Error::from(io::ErrorKind::UnexpectedEof));
    }
    to.write_all(&hash.finalize())
}

/// An archive whose head was read.
pub struct Archive<'a> {
    /// What it says of itself.
    pub head: Head,
    from: Box<dyn Read + 'a>,
    hash: Sha256,
}

impl<'a> Archive<'a> {
    /// Reads the beginning; `key` is asked for if it is sealed, and then nothing in it can be another's than the holder's of the
    /// code. A `plain` one is whose it was last: it is taken where it is asked for alone.
    pub fn open<E: From<ArchiveError>>(
        mut from: impl Read + 'a,
        plain: bool,
        key: impl FnOnce() -> Result<CodeKey, E>,
    ) -> Result<Self, E> {
        let mut from: Box<dyn Read + 'a> = match first_line(&mut from)?.as_slice() {
            PLAIN if plain => Box::new(BufReader::new(from)),
            PLAIN => return Err(ArchiveError::Plain.into()),
            SEALED => {
                let mut opened = SealedReader::begin(&key()?, from).map_err(of_io)?;
                // The first piece says whether it is this code.
                opened.next().map_err(|_| ArchiveError::Sealed)?;
                Box::new(BufReader::new(opened))
            }
            other if other.starts_with(ANY) => return Err(ArchiveError::Newer.into()),
            _ => return Err(ArchiveError::NoArchive.into()),
        };
        let first = line(&mut from, MOST_HEAD)?;
        let head = serde_json::from_slice(&first).map_err(|_| ArchiveError::Damaged)?;
        let mut hash = Sha256::new();
        hash.update(&first);
        Ok(Self { head, from, hash })
    }

    /// Writes the database into a file. What was written counts for nothing on an error.
    pub fn unpack(mut self, to: &mut dyn Write) -> Result<(), ArchiveError> {
        let mut database = (&mut self.from).take(self.head.size);
        let copied = copy(&mut database, to, &mut self.hash).map_err(of_io)?;
        let mut rest = Vec::new();
        let mut end = self.from.take(u64::from(u8::MAX));
        end.read_to_end(&mut rest).map_err(of_io)?;
        match copied == self.head.size && rest.as_slice() == self.hash.finalize().as_slice() {
            true => Ok(()),
            false => Err(ArchiveError::Damaged),
        }
    }
}

fn copy(from: &mut dyn Read, to: &mut dyn Write, hash: &mut Sha256) -> io::Result<u64> {
    let mut buffer = vec![0; 64 * 1024];
    let mut copied = 0_u64;
    loop {
        let count = match from.read(&mut buffer) {
            Err(fault) if fault.kind() == io::ErrorKind::Interrupted => continue,
            done => done?,
        };
        let Some(bytes) = buffer.get(..count).filter(|bytes| !bytes.is_empty()) else {
            return Ok(copied);
        };
        hash.update(bytes);
        to.write_all(bytes)?;
        copied = copied.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
    }
}

fn first_line(from: &mut dyn Read) -> Result<Vec<u8>, ArchiveError> {
    match line(from, u64::from(u8::MAX)) {
        Err(ArchiveError::Damaged) => Err(ArchiveError::NoArchive),
        done => done,
    }
}

/// A line with its end, byte by byte: what follows is not touched.
fn line(from: &mut dyn Read, most: u64) -> Result<Vec<u8>, ArchiveError> {
    let mut line = Vec::new();
    for _ in 0..most {
        let mut byte = [0];
        from.read_exact(&mut byte).map_err(of_io)?;
        line.extend(byte);
        if byte == *b"\n" {
            return Ok(line);
        }
    }
    Err(ArchiveError::Damaged)
}

fn of_io(fault: io::Error) -> ArchiveError {
    let kinds = [io::ErrorKind::UnexpectedEof, io::ErrorKind::InvalidData];
    match kinds.contains(&fault.kind()) {
        true => ArchiveError::Damaged,
        false => ArchiveError::Io(fault),
    }
}

const ANY: &[u8] = b"iim archive ";
const SEALED: &[u8] = b"iim archive 1 sealed\n";
const PLAIN: &[u8] = b"iim archive 1 plain\n";
/// The longest head: with a `config.toml` of a quarter as much, each byte of which is escaped.
const MOST_HEAD: u64 = 4 * 1024 * 1024;

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::indexing_slicing,
        clippy::panic,
        reason = "tests"
    )]
    use super::*;
    use crate::protocol::code::Code;

    fn head(size: usize) -> Head {
        Head {
            version: "0.1.0".to_owned(),
            made: Seconds(1_800_000_000),
            address: Address::parse("alice@example.org").unwrap(),
            moved: true,
            size: size as u64,
            config: "address = \"alice@example.org\"\n".to_owned(),
        }
    }

    fn key() -> CodeKey {
        CodeKey::of(&Code([1; 16]))
    }

    fn written(sealed: bool, database: &[u8]) -> Vec<u8> {
        let key = key();
        let key = sealed.then_some((&key, [9; NONCE]));
        let mut bytes = Vec::new();
        let head = head(database.len());
        write(&mut bytes, key, &head, &mut { database }).unwrap();
        bytes
    }

    fn read(archive: &[u8]) -> Result<(Head, Vec<u8>), ArchiveError> {
        let archive = Archive::open(archive, true, || Ok::<_, ArchiveError>(key()))?;
        let (head, mut database) = (archive.head.clone(), Vec::new());
        archive.unpack(&mut database)?;
        Ok((head, database))
    }

    #[test]
    fn an_archive_is_read_as_it_was_written() {
        for sealed in [true, false] {
            for length in [0, 1, 200_000] {
                let database = vec![5; length];
                let found = read(&written(sealed, &database)).unwrap();
                assert_eq!(found, (head(length), database));
            }
        }
    }

    #[test]
    fn of_one_that_is_cut_or_changed_nothing_counts() {
        for sealed in [true, false] {
            let whole = written(sealed, &[5; 3_000]);
            for cut in 0..whole.len() {
                assert!(read(&whole[..cut]).is_err(), "{cut}");
            }
            assert!(read(&[&whole[..], b"x"].concat()).is_err());
            for place in 0..whole.len() {
                let mut changed = whole.clone();
                changed[place] ^= 0x20;
                assert!(read(&changed).is_err(), "{place}");
            }
        }
    }

    #[test]
    fn what_is_no_archive_is_said() {
        let says = |bytes: &[u8]| read(bytes).unwrap_err().to_string();
        assert_eq!(says(b""), "this is no archive of iim");
        assert_eq!(says(&[7; 5_000]), "this is no archive of iim");
        assert!(says(b"iim archive 2 sealed\nxx").contains("newer"));
        let (whole, other) = (written(true, b"x"), CodeKey::of(&Code([2; 16])));
        let opened = Archive::open(&whole[..], true, || Ok::<_, ArchiveError>(other));
        assert!(matches!(opened, Err(ArchiveError::Sealed)));
        let plain = written(false, b"x");
        let opened = Archive::open(&plain[..], false, || Ok::<_, ArchiveError>(key()));
        assert!(matches!(opened, Err(ArchiveError::Plain)));
    }

    #[test]
    fn a_database_that_ends_early_is_no_archive() {
        let mut bytes = Vec::new();
        let fault = write(&mut bytes, None, &head(10), &mut &b"short"[..]).unwrap_err();
        assert_eq!(fault.kind(), io::ErrorKind::UnexpectedEof);
        assert!(read(&bytes).is_err());
    }

    #[test]
    fn what_a_person_would_not_show_does_not_print() {
        let shown = format!("{:?}", head(1));
        assert!(!shown.contains("address ="), "{shown}");
    }
}

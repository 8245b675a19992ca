//! A record: a file of what was said that only grows, each line a JSON object that holds the SHA-256 of the line before.
//!
//! ```text
//! {"before":null,"key":"…","line":1,"made":"…","of":"alice@example.org","what":"record"}
//! {"before":"…","line":2,"signature":"…","signed":"…","what":"head"}
//! {"before":"…","line":3,"row":17,"text":"…","what":"text",…}        ┐ written together, and flushed
//! {"before":"…","line":4,"signature":"…","signed":"…","what":"head"}  ┘ to the disk
//! ```
//!
//! A head is signed by the record's key over `before`, `line` and `signed`, and so over all lines before it. What lies behind the last
//! head was never finished: a run was killed. It is cut off, and written anew from the account.

mod line;
mod scan;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::io::{self, BufReader, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;
use serde_json::{Map, Value};

use crate::protocol::letter::Signature;
pub use line::{Place, begun};
pub use scan::{Expected, Fault, Scan, scan};

/// A file that is written to; nobody else does meanwhile.
pub struct Record {
    file: File,
    end: Place,
}

/// Why nothing is written to a file.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// It cannot be read or written.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// Another run writes to it.
    #[error("another run writes to this record")]
    Busy,
    /// What stands before its last head is not what was written.
    #[error("this is not the record that was written here: {0}")]
    Changed(Fault),
    /// A head that was signed is not in it any more.
    #[error("this record ends before line {0}, which was signed: lines are missing")]
    Shorter(u64),
}

impl Record {
    /// Locks a file and looks through all of it; calls `said` with each line before the last head.
    /// Errors: [`RecordError`]. Nothing is changed then.
    pub fn open(
        path: &Path,
        expected: &Expected<'_>,
        said: impl FnMut(&Map<String, Value>),
    ) -> Result<Self, RecordError> {
        let file = File::options().read(true).write(true).open(path)?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(Errno::WOULDBLOCK) => return Err(RecordError::Busy),
            Err(fault) => return Err(io::Error::from(fault).into()),
        }
        let found = scan(BufReader::new(&file), expected, said)?;
        let known = expected.known.map_or(0, |known| known.line);
        match (found.head, found.fault) {
            // What is behind all that is known to be signed was begun and not finished.
            (Some(end), None | Some(Fault::Open(_))) if end.line < known => {
                Err(RecordError::Shorter(known))
            }
            (Some(end), fault) if end.line >= known && !fault.as_ref().is_some_and(is_anothers) => {
                Ok(Self { file, end })
            }
            (_, fault) => Err(RecordError::Changed(fault.unwrap_or(Fault::NoRecord))),
        }
    }

    /// Writes lines and a head behind the last head, in place of whatever lies there, and waits for the disk. Gives the place of the head.
    /// Errors: Those of the file system; the next run does it anew.
    pub fn append(
        &mut self,
        lines: Vec<Map<String, Value>>,
        signed: &str,
        sign: impl FnOnce(&[u8]) -> Signature,
    ) -> io::Result<Place> {
        let mut end = self.end.clone();
        let mut bytes = Vec::new();
        for line in lines {
            end.push(line, &mut bytes);
        }
        end.push_head(signed, sign, &mut bytes);
        self.file.set_len(self.end.offset)?;
        self.file.seek(SeekFrom::Start(self.end.offset))?;
        self.file.write_all(&bytes)?;
        self.file.sync_all()?;
        self.end = end.clone();
        Ok(end)
    }
}

/// Whether it is no record of ours, or not what we have signed, whatever its end looks like.
fn is_anothers(fault: &Fault) -> bool {
    match fault {
        Fault::NoRecord | Fault::OtherKey(_) | Fault::NotKnown(_) => true,
        Fault::Garbage(_) | Fault::Chain(_) | Fault::Signature(_) | Fault::Open(_) => false,
    }
}

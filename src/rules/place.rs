//! Whether a database is where it always was, or was put back from a backup.
//!
//! ```text
//!  in the database     a stamp of the file that holds it, and how often we have sealed
//!  outside of it       the file as it is, and the counter of sealings: what it holds, and whether it was copied itself
//! ```
//!
//! A ratchet of a database that was put back must not be used again: it has been used since. Whatever is in doubt counts as
//! put back, which costs each friend's side two mails and is safe.

use std::fmt;
use std::str::FromStr;

/// What tells one file from another, however it was copied; a file that is moved or renamed keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stamp {
    /// The file system says when a file was made.
    Born {
        /// The inode.
        inode: u64,
        /// When the file was made, in nanoseconds since 1970.
        at: i128,
    },
    /// It does not: another file may come to have the same.
    Unborn {
        /// The device, which may be numbered anew when the file system is mounted anew.
        device: u64,
        /// The inode.
        inode: u64,
    },
}

/// The counter of sealings outside of the database, as it is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// There is none for this place.
    Missing,
    /// It is as we last wrote it.
    Kept(u64),
    /// Something else wrote it: it comes from a backup too.
    Copied(u64),
    /// It was written before it was last seen that a backup had been put back, by a program that keeps its counter elsewhere:
    /// what it shows is known.
    Known(u64),
}

/// A database and what lies around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// The stamp that stands in the database; an older program left none.
    pub kept: Option<Stamp>,
    /// The stamp of the file; a database in memory has none.
    pub file: Option<Stamp>,
    /// How often was sealed, says the database.
    pub sealings: u64,
    /// How often was sealed, says the counter.
    pub counter: Count,
}

impl Found {
    /// Whether this database was put back from a backup.
    pub fn was_put_back(&self) -> bool {
        let behind = match self.counter {
            Count::Missing | Count::Known(_) => false,
            Count::Kept(count) => self.sealings < count,
            Count::Copied(_) => true,
        };
        behind || self.file.is_some_and(|file| self.is_another(file))
    }

    /// The highest number of sealings that either knows of.
    pub fn highest(&self) -> u64 {
        match self.counter {
            Count::Missing => self.sealings,
            Count::Kept(count) | Count::Copied(count) | Count::Known(count) => {
                self.sealings.max(count)
            }
        }
    }

    fn is_another(&self, file: Stamp) -> bool {
        let agrees = self.counter == Count::Kept(self.sealings);
        match self.kept {
            // An older program was here last.
            None => !agrees,
            Some(kept) if kept == file => false,
            // A device may be numbered anew, and a newer system may know more of the same file.
            Some(kept) => {
                !agrees || kept.inode() != file.inode() || (kept.is_born() && file.is_born())
            }
        }
    }
}

impl Stamp {
    /// Whether it has the time at which the file was made: if not, a copy may go unnoticed.
    #[must_use]
    pub fn is_born(self) -> bool {
        matches!(self, Self::Born { .. })
    }

    fn inode(self) -> u64 {
        match self {
            Self::Born { inode, .. } | Self::Unborn { inode, .. } => inode,
        }
    }
}

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Born { inode, at } => write!(f, "born {inode} {at}"),
            Self::Unborn { device, inode } => write!(f, "unborn {device} {inode}"),
        }
    }
}

impl FromStr for Stamp {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut words = text.split(' ');
        let (Some(kind), Some(one), Some(other), None) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            return Err(());
        };
        let one = one.parse().map_err(drop)?;
        match kind {
            "born" => Ok(Self::Born {
                inode: one,
                at: other.parse().map_err(drop)?,
            }),
            "unborn" => Ok(Self::Unborn {
                device: one,
                inode: other.parse().map_err(drop)?,
            }),
            _ => Err(()),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::panic,
        clippy::indexing_slicing,
        reason = "tests"
    )]
    use super::*;
    use crate::rules::place::Count::{Copied, Kept, Known, Missing};

    const HERE: Stamp = Stamp::Born { inode: 7, at: 100 };
    const DEVICE: Stamp = Stamp::Unborn {
        device: 1,
        inode: 7,
    };
    /// What stands in the database, what the file has, the counter (the database says 9), and what follows.
    const CASES: &str = "\
in place                                | here   | here    | kept 9   | in place
a crash before the counter              | here   | here    | kept 8   | in place
renamed                                 | here   | here    | missing  | in place
written over by a backup                | here   | here    | kept 10  | put back
behind, before that was seen            | here   | here    | known 10 | in place
copied again, before that was seen      | here   | copy    | known 9  | put back
both written over                       | here   | here    | copied 9 | put back
put back, same path                     | here   | copy    | kept 10  | put back
put back before anything was sealed     | here   | copy    | kept 9   | put back
another path or machine                 | here   | copy    | missing  | put back
a whole home                            | here   | copy    | copied 9 | put back
the inode came again                    | here   | reused  | kept 9   | put back
of an older version, in place           | none   | here    | kept 9   | in place
of an older version, no counter         | none   | here    | missing  | put back
of an older version, ahead              | none   | here    | kept 8   | put back
of an older version, behind             | none   | here    | kept 10  | put back
no time of birth, in place              | device | device  | kept 9   | in place
no time of birth, copied                | device | other   | kept 9   | put back
mounted anew                            | device | mounted | kept 9   | in place
on another machine                      | device | mounted | missing  | put back
a newer system                          | device | here    | kept 9   | in place
moved to where it has no time of birth  | here   | other   | kept 9   | put back
in memory                               | none   | none    | kept 9   | in place
in memory, behind                       | none   | none    | kept 10  | put back";

    fn stamp(name: &str) -> Option<Stamp> {
        match name {
            "here" => Some(HERE),
            "copy" => Some(Stamp::Born { inode: 8, at: 200 }),
            "reused" => Some(Stamp::Born { inode: 7, at: 200 }),
            "device" => Some(DEVICE),
            "mounted" => Some(Stamp::Unborn {
                device: 2,
                inode: 7,
            }),
            "other" => Some(Stamp::Unborn {
                device: 1,
                inode: 8,
            }),
            _ => None,
        }
    }

    fn count(text: &str) -> Count {
        match text.split_once(' ') {
            Some(("kept", number)) => Kept(number.parse().unwrap()),
            Some(("known", number)) => Known(number.parse().unwrap()),
            Some((_, number)) => Copied(number.parse().unwrap()),
            None => Missing,
        }
    }

    #[test]
    fn a_database_is_in_place_or_was_put_back() {
        for line in CASES.lines() {
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            let [case, kept, file, counter, verdict] = cells[..] else {
                panic!("{line}")
            };
            let found = Found {
                kept: stamp(kept),
                file: stamp(file),
                sealings: 9,
                counter: count(counter),
            };
            assert_eq!(found.was_put_back(), verdict == "put back", "{case}");
        }
    }

    #[test]
    fn a_stamp_is_read_as_it_was_written() {
        for stamp in [
            HERE,
            DEVICE,
            Stamp::Born {
                inode: u64::MAX,
                at: -5,
            },
        ] {
            assert_eq!(stamp.to_string().parse(), Ok(stamp));
        }
        for text in [
            "",
            "born",
            "born 1",
            "born 1 2 3",
            "born x 2",
            "born  1 2",
            "made 1 2",
        ] {
            assert_eq!(text.parse::<Stamp>(), Err(()), "{text}");
        }
    }
}

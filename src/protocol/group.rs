//! The book of a group: the signed acts that say who is in, and the entries with which people agree to be.
//!
//! ```text
//! act   = a deed as its bytes, signed by its author; its id is the SHA-256 of those bytes
//! deed  = group, author, parents, depth, time, what is done, the author's act before, its number
//! entry = address, name, keys, prekey, counter, group, the end before; signed by its own keys
//! ```

pub mod letters;
pub mod room;

use std::fmt;

use serde::{Deserialize, Serialize};

use super::address::Address;
use super::debug::written_as_hex;
use super::hash::{hash8, sha256};
use super::letter::{Keys, Network, PublicKey, Signature};
use super::time::Seconds;

/// A group: the first 16 bytes of the SHA-256 of its founding deed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GroupId(#[serde(with = "super::hex")] pub [u8; 16]);

/// A member of a group: the first 8 bytes of the SHA-256 of the Ed25519 key that their first entry names.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MemberId(#[serde(with = "super::hex")] pub [u8; 8]);

/// An act: the SHA-256 of its deed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ActId(#[serde(with = "super::hex")] pub [u8; 32]);

/// An act that nothing is built on, as letters name it: the first 16 bytes of its id.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Head(#[serde(with = "super::hex")] pub [u8; 16]);

/// A value as the bytes that its author signed.
#[derive(Clone, PartialEq, Eq)]
pub struct Signed<T> {
    /// What the bytes say.
    pub value: T,
    /// CBOR, as it came.
    pub bytes: Vec<u8>,
    /// Ed25519, over the bytes with a word before them.
    pub signature: Signature,
}

/// A signed deed.
pub type Act = Signed<Deed>;

/// A signed agreement to be in a group.
pub type Entry = Signed<Person>;

/// What somebody does in a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deed {
    /// The group; the founding deed alone names none.
    pub group: Option<GroupId>,
    /// Who does it.
    pub author: MemberId,
    /// The acts that the author knew and nobody had built on, at most 8.
    pub parents: Vec<ActId>,
    /// One more than the greatest depth of the parents; 0 for the founding deed.
    pub depth: u64,
    /// When, by the author's clock: for people to read.
    pub time: Seconds,
    /// What is done.
    pub what: What,
    /// The author's own act before, if this is not their first.
    pub before: Option<ActId>,
    /// How many acts of the author this makes, from 1 to 64.
    pub number: u64,
}

/// What is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// The group is founded. (0)
    Found(Founding),
    /// Somebody is taken in. (1)
    Add(Entry),
    /// Somebody is put out. (2)
    Remove(MemberId),
    /// The author goes. (3)
    Leave,
    /// Somebody is made an admin, or is one no longer. (4)
    Admin(MemberId, bool),
    /// The group has another title. (5)
    Title(Title),
    /// The networks on which its rooms are. (6)
    Rooms(Vec<Network>),
    /// The author has other keys. (8)
    Renew(Entry, Signature),
}

/// How a group begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Founding {
    /// The founder's own.
    pub entry: Entry,
    /// What it is called.
    pub title: Title,
    /// Random, so that two groups of one founder never have the same id.
    pub salt: [u8; 16],
}

/// What a group is called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Title {
    /// 1 to 64 bytes.
    pub name: String,
    /// At most 300 bytes.
    pub topic: String,
}

/// Who somebody is in a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Where their mail goes.
    pub address: Address,
    /// What they call themselves, at most 64 bytes.
    pub name: String,
    /// The keys in force.
    pub keys: Keys,
    /// Opens a session with them at any time (Curve25519).
    pub prekey: PublicKey,
    /// Of two entries of one person the one with the higher counts.
    pub counter: u64,
    /// The group; in the founder's first entry none.
    pub group: Option<GroupId>,
    /// The act that ended their last membership; whoever was never in names none.
    pub ended: Option<ActId>,
}

impl Act {
    /// What other acts name it by.
    pub fn id(&self) -> ActId {
        ActId(sha256(&[&self.bytes]))
    }

    /// What the signature is made over.
    pub fn signed_bytes(&self) -> Vec<u8> {
        [b"iim1 act", self.bytes.as_slice()].concat()
    }
}

impl Entry {
    /// What the signature is made over.
    pub fn signed_bytes(&self) -> Vec<u8> {
        [b"iim1 member", self.bytes.as_slice()].concat()
    }
}

impl ActId {
    /// As letters name it among the heads of a book.
    pub fn head(self) -> Head {
        let ([first, _], _) = self.0.as_chunks::<16>() else {
            return Head([0; 16]);
        };
        Head(*first)
    }
}

impl GroupId {
    /// The group that an act founds.
    pub fn of(founding: ActId) -> Self {
        Self(founding.head().0)
    }
}

impl MemberId {
    /// Whose key it is.
    pub fn of(key: PublicKey) -> Self {
        Self(hash8(&key.0))
    }
}

impl<T: fmt::Debug> fmt::Debug for Signed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { value, .. } = self;
        value.fmt(f)
    }
}

written_as_hex! { GroupId, MemberId, ActId, Head }

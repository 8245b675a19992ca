//! A kept copy: who the user is and whom they know, as it lies sealed in their own mailbox. Nothing in it opens or seals what
//! was said: no session, no presence secret, no one-time key, no text.

use zeroize::Zeroizing;

use super::address::Address;
use super::debug::redacted_debug;
use super::group::GroupId;
use super::letter::Keys;
use super::link::Token;
use super::time::{Millis, Seconds};

/// Who the user is, and whom they know.
#[derive(Clone, PartialEq, Eq)]
pub struct Kept {
    /// When it was made.
    pub made: Seconds,
    /// The user's address.
    pub address: Address,
    /// The name that they give themselves.
    pub name: String,
    /// What their keys are made of.
    pub secrets: IdentitySecrets,
    /// The number of the presence secret.
    pub epoch: u64,
    /// Who is on the roster, by address.
    pub people: Vec<KeptPerson>,
    /// The text of `config.toml`.
    pub config: String,
    /// The groups that they are in; none: there is none.
    pub groups: Option<Vec<KeptGroup>>,
    /// What is true of the user: [`INVISIBLE`]; none: nothing of it.
    pub flags: Option<u64>,
}

/// The secret halves of the account's long-term keys: of the Ed25519 key (RFC 8032, section 5.1.5), then of the Curve25519 key.
#[derive(Clone, PartialEq, Eq)]
pub struct IdentitySecrets(pub Zeroizing<[u8; 64]>);

/// Somebody on the roster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptPerson {
    /// The mail address.
    pub address: Address,
    /// The name that the user gave.
    pub name: String,
    /// The keys in force, of a friend.
    pub keys: Option<Keys>,
    /// What else is true: a sum of [`VISIBLE`] and the like.
    pub flags: u64,
    /// The user's note.
    pub note: Option<String>,
    /// Other ways to reach the user, told to this friend.
    pub ways: Option<Vec<String>>,
    /// `sent` of the last request that was taken from their key.
    pub last_request: Option<Millis>,
    /// By which address of the user's they know the user, if by another than the main one.
    pub knows_us_by: Option<Address>,
    /// The only keys that may prove them, of somebody who was asked: those of an invite link, or that the user said yes to.
    pub pinned: Option<Keys>,
    /// The token of the invite link by which they were asked.
    pub token: Option<Token>,
}

/// A group that the user is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptGroup {
    /// Which it is.
    pub id: GroupId,
    /// What the user calls it.
    pub name: String,
    /// Friends who are in it, and have its book.
    pub friends: Vec<Address>,
    /// What the user has said of it: a sum of [`MUTED`] and [`NO_ROOMS`].
    pub flags: u64,
}

redacted_debug! { IdentitySecrets }
redacted_debug! { Kept { made, address, name, secrets: hidden, epoch, people: count, config: hidden, groups, flags } }

/// They may see the user.
pub const VISIBLE: u64 = 1;
/// Their letters are dropped.
pub const BLOCKED: u64 = 2;
/// The safety number was compared.
pub const VERIFIED: u64 = 4;
/// They were told a presence, real or not.
pub const TOLD: u64 = 8;
/// The user has asked them, or said yes, and there is no proof of them yet.
pub const ASKED: u64 = 16;

/// Nobody sees the user.
pub const INVISIBLE: u64 = 1;

/// The user is not told of what is said in a group.
pub const MUTED: u64 = 1;
/// The user is not seen in the rooms of a group.
pub const NO_ROOMS: u64 = 2;

/// How many friends are named of a group, at most.
pub const MOST_FRIENDS: usize = 3;

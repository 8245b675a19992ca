//! A letter: one meaning to convey, the same on every transport.

mod id;
mod network;

use crate::protocol::time::Millis;
use serde::{Deserialize, Serialize};

use super::address::Address;
use crate::protocol::debug::redacted_debug;
use crate::protocol::group::letters::{Bid, Gather, Got, SaidHash, Told};
use crate::protocol::group::room::Coming;
use crate::protocol::group::{GroupId, Head, MemberId};
pub use id::{Keys, LetterId, OneTimeKeys, PublicKey, Secret, Signature};
pub use network::Network;

/// A letter, as it is signed or sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// The message's identity on every transport.
    pub id: LetterId,
    /// Milliseconds since 1970, rising from letter to letter for one receiver.
    pub sent: Millis,
    /// What it says.
    pub body: Body,
    /// The epoch of the receiver's presence that the sender holds (0 = none); present when sealed.
    pub holds: Option<u64>,
    /// A presence told beside the body.
    pub presence: Option<Presence>,
    /// The next one-time keys for the receiver.
    pub one_time_keys: Option<OneTimeKeys>,
    /// A sealed part that opens the IRC session, or answers such an opening.
    #[serde(with = "super::hex::option")]
    pub irc: Option<Vec<u8>>,
}

impl Letter {
    /// A letter with nothing beside its body.
    pub const fn bare(id: LetterId, sent: Millis, body: Body) -> Self {
        Self {
            id,
            sent,
            body,
            holds: None,
            presence: None,
            one_time_keys: None,
            irc: None,
        }
    }
}

/// What a letter says.
// Its Debug, which tells nothing of that, is written with the table of kinds in codec/form.rs.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Body {
    /// "I would like to be your friend." (kind 1)
    Request(Request),
    /// "Yes." (kind 2)
    Accept(Accept),
    /// Completes the handshake. (kind 3)
    Confirm(Confirm),
    /// Where the sender's presence is; with no field at all, the empty letter. (kind 4)
    Presence(Presence),
    /// "The one at this nick is me." (kind 5)
    Here(Here),
    /// What a person wrote. (kind 6)
    Text(Text),
    /// Delivered or read. (kind 7)
    Receipt(Receipt),
    /// Another wording of a text. (kind 11)
    Edit(Edit),
    /// Takes a text back. (kind 12)
    Retract(Retract),
    /// A sign set to a text, or taken off. (kind 13)
    React(React),
    /// The sender is writing. (kind 14)
    Typing(Typing),
    /// Acts of a group's book. (kind 15)
    Told(Told),
    /// Something said in a group. (kind 16)
    Said(Said),
    /// How much of that has come. (kind 17)
    Got(Got),
    /// Whether somebody wants to come into a group, and the answer. (kind 18)
    Bid(Bid),
    /// Who is in a group's room, and how they seal there. (kind 19)
    There(There),
    /// Several letters of groups in one mail. (kind 20)
    Gather(Gather),
    /// A kind of a later version, kept as it came.
    Unknown {
        /// Its number.
        kind: u64,
        /// The body's CBOR, whole.
        #[serde(with = "super::hex")]
        raw: Vec<u8>,
    },
}

impl Body {
    /// Whether it may be said in a group: a text, what is done to one, or what a later version says.
    pub const fn may_be_said(&self) -> bool {
        match self {
            Self::Text(_)
            | Self::Edit(_)
            | Self::Retract(_)
            | Self::React(_)
            | Self::Unknown { .. } => true,
            Self::Request(_)
            | Self::Accept(_)
            | Self::Confirm(_)
            | Self::Presence(_)
            | Self::Here(_)
            | Self::Receipt(_)
            | Self::Typing(_)
            | Self::Told(_)
            | Self::Said(_)
            | Self::Got(_)
            | Self::Bid(_)
            | Self::There(_)
            | Self::Gather(_) => false,
        }
    }

    /// The request, if it is one.
    pub fn as_request(&self) -> Option<&Request> {
        if let Self::Request(request) = self {
            Some(request)
        } else {
            None
        }
    }

    /// The accept, if it is one.
    pub fn as_accept(&self) -> Option<&Accept> {
        if let Self::Accept(accept) = self {
            Some(accept)
        } else {
            None
        }
    }
}

/// A request for friendship: open, signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Who asks.
    pub from: Address,
    /// Who is asked.
    pub to: Address,
    /// The name the asker goes by, at most 64 bytes.
    pub name: String,
    /// A word to the asked, at most 1 KiB.
    pub note: Option<String>,
    /// The asker's keys.
    pub keys: Keys,
    /// One-time keys for the accept: one by mail, one for the IRC session.
    pub one_time_keys: OneTimeKeys,
}

/// The answer to a request, sealed to its keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accept {
    /// Who accepts.
    pub from: Address,
    /// Who asked.
    pub to: Address,
    /// The request's id.
    pub request: LetterId,
    /// The accepter's keys.
    pub keys: Keys,
    /// One-time keys for the asker.
    pub one_time_keys: OneTimeKeys,
    /// Ed25519 over [`crate::protocol::codec::accept_signed_bytes`].
    pub signature: Signature,
}

/// Completes the handshake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirm {
    /// The accept's id.
    pub accept: LetterId,
}

/// What a friend should know of the sender's presence; absent fields are unchanged.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presence {
    /// The secret's number: higher is newer.
    pub epoch: Option<u64>,
    /// The secret.
    pub secret: Option<Secret>,
    /// How long one nickname holds, in seconds, 3,600 to 2,592,000.
    pub window: Option<u32>,
    /// The networks on which the sender is, at most eight.
    pub networks: Option<Vec<Network>>,
    /// The sender's status.
    pub status: Option<Status>,
    /// A word to the status.
    pub status_text: Option<String>,
    /// What the sender's side can handle.
    pub capabilities: Option<Vec<u64>>,
    /// Other ways to reach the sender (URIs), at most 16.
    pub ways: Option<Vec<String>>,
}

/// How somebody wants to be found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Status {
    /// There. (0)
    #[default]
    Online,
    /// Not at the keyboard. (1)
    Away,
    /// Not to be disturbed. (2)
    Busy,
}

/// The proof that the one at a nick is the friend.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Here {
    /// The sender's own nick.
    pub nick: String,
    /// The network, as the sender lists it.
    pub network: String,
    /// The sender's status.
    pub status: Status,
    /// A word to the status.
    pub status_text: Option<String>,
    /// What the sender's side can handle.
    pub capabilities: Vec<u64>,
    /// The id of the `here` that this one echoes.
    pub echo: Option<LetterId>,
}

/// What a person wrote.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// 1 byte to 64 KiB of UTF-8.
    pub text: String,
    /// The text that this one answers.
    pub reply_to: Option<LetterId>,
    /// Nothing may answer it by itself (RFC 2812, section 3.3.2).
    #[serde(default)]
    pub notice: bool,
}

/// Says of up to eight texts how far they have come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Delivered or read.
    pub state: ReceiptState,
    /// Their ids, 1 to 8.
    pub ids: Vec<LetterId>,
}

/// How far a text has come at its receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ReceiptState {
    /// Stored by the receiver's side. (1)
    Delivered,
    /// Seen by the person. (2)
    Read,
}

/// Another wording of a text of the sender's.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edit {
    /// Which text.
    pub of: LetterId,
    /// 1 byte to 64 KiB of UTF-8, in place of what it said.
    pub text: String,
}

/// Takes back a text of the sender's.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retract {
    /// Which text.
    pub of: LetterId,
    /// Why: 1 byte to 1 KiB.
    #[serde(default)]
    pub why: Option<String>,
}

/// A small sign set to a text of either side, or taken off it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct React {
    /// Which text.
    pub to: LetterId,
    /// 1 to 64 bytes of UTF-8, mostly one emoji.
    pub emoji: String,
    /// Set (1), or taken off (0).
    pub on: bool,
}

/// Whether the sender is writing; worth nothing a few seconds later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Typing {
    /// They are. (1)
    Active,
    /// They were, and have not sent it. (2)
    Paused,
    /// They have given it up, or sent it. (3)
    Done,
}

/// Something said in a group. (kind 16)
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// In which; in its room it is left out.
    pub group: Option<GroupId>,
    /// The how manieth of this author here, from 1.
    pub number: u64,
    /// The hash of the author's one before; zeros where there is none.
    pub before: SaidHash,
    /// A text, or what is done to one.
    pub body: Box<Spoken>,
    /// Whose text the body names; absent: the author's own.
    pub whose: Option<MemberId>,
    /// The heads of the sender's book, at most 8.
    pub heads: Vec<Head>,
    /// The first number that was said to this receiver; in a room it is left out.
    pub since: Option<u64>,
}

/// "I am in this room, and what I say in it is sealed with this session." (kind 19)
#[derive(Clone, PartialEq, Eq)]
pub struct There {
    /// The sender's status.
    pub status: Status,
    /// The heads of the sender's book, at most 8.
    pub heads: Vec<Head>,
    /// Who it is.
    pub member: MemberId,
    /// The sender's Megolm session as it stands now (a `SessionKey`), 1 to 256 bytes.
    pub session: Vec<u8>,
    /// Ed25519 over [`crate::protocol::codec::there_signed_bytes`].
    pub signature: Signature,
    /// Names this coming into the channel.
    pub coming: Coming,
}

/// What is said in a group, with its bytes as they came: what stands for it is made of these, so that what a later version
/// adds makes no difference to whoever passes it over.
#[derive(Clone, PartialEq, Eq)]
pub struct Spoken {
    /// A text, or what is done to one.
    pub body: Body,
    /// Its CBOR.
    pub bytes: Vec<u8>,
}

/// The empty letter's body: opens or answers an IRC session and says nothing.
pub fn empty() -> Body {
    Body::Presence(Presence::default())
}

redacted_debug! {
    Presence { epoch, secret, window, networks, status, status_text, capabilities, ways }
}

// The nick is a bearer token and stays hidden.
redacted_debug! { Here { nick: hidden, network, status, status_text, capabilities, echo } }

// What people write to each other is in no log.
redacted_debug! { Text { text: length, reply_to, notice } }
redacted_debug! { Edit { of, text: length } }
redacted_debug! { Retract { of, why: hidden } }
redacted_debug! { There { status, heads, member, session: hidden, signature, coming: hidden } }
redacted_debug! { Spoken { body, bytes: length } }
redacted_debug! { React { to, emoji: length, on } }

#[cfg(test)]
mod tests;

//! What may happen: a letter heard, a report on a mail, an act of the user, time passing.

use super::conversation::ContactId;
pub use super::group::room::turn::RoomTurn;
pub use super::group_act::GroupAct;
use crate::protocol::address::Address;
use crate::protocol::letter::{Keys, Letter, LetterId, PublicKey, Status, Typing};
use crate::protocol::link;
use crate::protocol::mail_form::Answerable;
use crate::protocol::part::InviteProof;
use crate::protocol::time::{Millis, Seconds};
use std::time::Duration;

/// One event; each is one turn.
#[derive(Debug, Clone)]
pub enum Event {
    /// A letter was heard and opened.
    Letter(Box<Heard>),
    /// The same ahead of its receipt over IRC, which [`Event::Answer`] decides: whoever waits for a text need not wait for that.
    LetterAhead(Box<Heard>),
    /// A text that was heard ahead of its receipt is to be answered over IRC.
    Answer(Answer),
    /// A mail of ours was reported on (RFC 3464).
    Report(Bounce),
    /// The user did something.
    User(Act),
    /// The agent wants to greet somebody at a nick.
    Greet(Greeting),
    /// Somebody's nick is there, and greetings bring no proof of them.
    Unproved(ContactId),
    /// Somebody online is to be told our status over IRC.
    TellStatus(ContactId),
    /// Somebody online, to whom an announcement is due, is to be told over IRC first.
    Announce(ContactId),
    /// The user is writing to somebody online, or has stopped.
    Typing(ContactId, Typing),
    /// The user sends a text that nothing answers by itself.
    Notice(NewNotice),
    /// A letter to a friend cannot be sealed: no session with them is left.
    NoSession(ContactId),
    /// A letter of ours has left, or could not.
    Left(Box<Departure>),
    /// Something happens in the room of a group.
    Room(RoomTurn),
    /// Time has passed: timers, repeats, expiry.
    Tick,
    /// The user wants all that is gathered to leave now.
    Flush,
}

/// A text over IRC whose receipt is still owed. If that is lost meanwhile, the text comes again by its timer, as where a
/// network loses a receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer {
    /// Whose text.
    pub to: ContactId,
    /// Which.
    pub of: LetterId,
}

/// A text of the user that goes over IRC or not at all.
#[derive(Debug, Clone)]
pub struct NewNotice {
    /// To whom.
    pub to: ContactId,
    /// What: 1 byte to 64 KiB.
    pub text: String,
    /// The text it answers.
    pub reply_to: Option<LetterId>,
    /// They are online, and reached over IRC.
    pub reached: bool,
}

/// A letter that came and was opened, with what its protection proves.
#[derive(Debug, Clone)]
pub struct Heard {
    /// The letter.
    pub letter: Letter,
    /// What vouches for it.
    pub proof: Proof,
    /// From whom it claims to be: the outer From, or whose nick it came from.
    pub from: Address,
    /// How it came.
    pub via: Came,
    /// Whom its mail lets a program answer (RFC 3834).
    pub answerable: Answerable,
}

/// What vouches for a letter.
#[derive(Debug, Clone)]
pub enum Proof {
    /// A valid signature by the key the request itself names; perhaps an invite.
    Signed {
        /// The bytes that were signed and that an invite's proof covers.
        bytes: Vec<u8>,
        /// The proof of an invite.
        invite: Option<InviteProof>,
    },
    /// An Olm session.
    Sealed(Seal),
}

/// What the session of a sealed letter proves.
#[derive(Debug, Clone)]
pub struct Seal {
    /// The Curve25519 key of the other side.
    pub key: PublicKey,
    /// The session's name.
    pub session: String,
    /// The one-time key of ours that a new session used up.
    pub used: Option<PublicKey>,
    /// For an accept: its signature by the Ed25519 key it names is valid.
    pub accept_signed: bool,
    /// The letter's own opening of (or answer in) an IRC session was opened as well;
    /// `Some(used)` names our one-time key, if that session is new.
    pub irc: Option<Option<PublicKey>>,
}

/// How a letter came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Came {
    /// By mail.
    Mail,
    /// Over IRC.
    Irc {
        /// The network's name, as we list it.
        network: String,
        /// The nick that sent it.
        nick: String,
    },
    /// In the room of a group.
    Room,
}

/// A report on a mail of ours.
#[derive(Debug, Clone)]
pub struct Bounce {
    /// To whom the mail went.
    pub friend: ContactId,
    /// The letter it carried.
    pub letter: LetterId,
    /// The epoch of the presence that it announced; 0 for none.
    pub announced: u64,
    /// It will never arrive.
    pub permanent: bool,
    /// Why, in one line.
    pub reason: String,
}

/// A `here` that the agent wants to send.
#[derive(Debug, Clone)]
pub struct Greeting {
    /// To whom.
    pub friend: ContactId,
    /// On which network, as we list it.
    pub network: String,
    /// To which nick.
    pub nick: String,
    /// Our own nick there.
    pub our_nick: String,
    /// The id of this `here`: chosen by the agent, which remembers it.
    pub id: LetterId,
    /// The id of the `here` that it echoes.
    pub echo: Option<LetterId>,
}

/// What became of a letter that was to leave.
#[derive(Debug, Clone)]
pub struct Departure {
    /// To whom.
    pub to: ContactId,
    /// Which letter.
    pub letter: Letter,
    /// A presence rode beside it.
    pub announced: bool,
    /// How it ended.
    pub how: Left,
}

/// How leaving ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Left {
    /// The mail system took it.
    Mailed,
    /// The last piece was written to the IRC server.
    Written,
    /// The nick is not there, or does not take it.
    Unreachable,
    /// The mail system did not take it now; it stays in the outbox.
    Delayed,
    /// The mail system refuses it for good.
    Refused(String),
}

/// An act of the user. What is done to texts names by id with whom they are. What is done to entries of the roster names
/// these by address, as the user and the roster file do: it may be somebody who is not there, and a refusal says who.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Asks somebody to be a friend.
    Add(Adding),
    /// Answers a request with yes.
    Accept {
        /// Whose.
        address: Address,
        /// The name they get on the roster.
        name: Option<String>,
        /// They shall not see us.
        hidden: bool,
    },
    /// Answers a request with silence.
    Refuse(Address),
    /// Takes away the sight of our presence.
    Hide(Vec<Address>),
    /// Gives it.
    Show(Vec<Address>),
    /// Takes and drops whatever they send.
    Block(Vec<Address>),
    /// Ends that; leaves us hidden from them.
    Unblock(Vec<Address>),
    /// Off the roster.
    Remove(Vec<Address>),
    /// Another name on the roster.
    Rename(Address, String),
    /// Another note on the roster.
    Note(Address, String),
    /// A new presence secret.
    Rotate {
        /// Only if the present one is older than this many seconds.
        if_older: Option<Duration>,
    },
    /// Our status.
    Status {
        /// Which; unchanged if none.
        status: Option<NewStatus>,
        /// A word to it; unchanged if none.
        text: Option<String>,
        /// For these friends alone (empty = for all).
        friends: Vec<Address>,
        /// Other ways to be reached, for these friends.
        ways: Option<Vec<String>>,
    },
    /// Sends a text.
    Say {
        /// To whom.
        to: ContactId,
        /// What: 1 byte to 64 KiB.
        text: String,
        /// The text it answers.
        reply_to: Option<LetterId>,
    },
    /// Gives a text that the user sent another wording.
    Edit {
        /// To whom it was sent.
        to: ContactId,
        /// Which text.
        of: LetterId,
        /// What it says from now on: 1 byte to a little less than 64 KiB.
        text: String,
    },
    /// Takes back a text that the user sent.
    Retract {
        /// To whom it was sent.
        to: ContactId,
        /// Which text.
        of: LetterId,
        /// Why, if the user says so: at most 1 KiB.
        why: Option<String>,
    },
    /// Sets a sign to a text of either side, or takes it off.
    React {
        /// With whom the conversation is.
        to: ContactId,
        /// Which text.
        of: LetterId,
        /// The sign: 1 to 64 bytes.
        emoji: String,
        /// Set or taken off.
        on: bool,
    },
    /// The user has seen the texts of a friend.
    Seen {
        /// Of this one; of all, if none.
        friend: Option<ContactId>,
        /// Those that came up to then.
        up_to: Millis,
    },
    /// Makes an invite.
    Invite {
        /// For how many addresses.
        uses: u32,
        /// When it ends.
        expires_at: Seconds,
    },
    /// Ends an invite.
    Revoke([u8; 8]),
    /// The safety number was compared: the one of these keys of theirs, which the user saw.
    Verify(Address, Keys),
    /// The data came from a backup.
    Restored,
    /// Something in or about a group.
    Group(GroupAct),
}

impl Act {
    /// With whom the conversation is that it belongs to, if it belongs to one.
    pub fn addressee(&self) -> Option<ContactId> {
        match self {
            Self::Say { to, .. }
            | Self::Edit { to, .. }
            | Self::Retract { to, .. }
            | Self::React { to, .. } => Some(*to),
            Self::Seen { friend, .. } => *friend,
            Self::Add(_)
            | Self::Accept { .. }
            | Self::Refuse(_)
            | Self::Hide(_)
            | Self::Show(_)
            | Self::Block(_)
            | Self::Unblock(_)
            | Self::Remove(_)
            | Self::Rename(..)
            | Self::Note(..)
            | Self::Rotate { .. }
            | Self::Status { .. }
            | Self::Invite { .. }
            | Self::Revoke(_)
            | Self::Verify(..)
            | Self::Restored
            | Self::Group(_) => None,
        }
    }
}

/// Whom the user asks to be a friend, and what they say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adding {
    /// Whom.
    pub address: Address,
    /// The link they gave us.
    pub invite: Option<link::Invite>,
    /// The name they get on the roster.
    pub name: Option<String>,
    /// A word to them.
    pub note: Option<String>,
    /// They shall not see us.
    pub hidden: bool,
    /// The link was scanned face to face.
    pub verified: bool,
}

/// A status as the user sets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NewStatus {
    /// Visible to the visible, with this status.
    Shown(Status),
    /// Under no derived nick.
    Invisible,
}

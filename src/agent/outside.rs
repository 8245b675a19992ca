//! What an agent reaches, and what it tells.

use crate::edge::config::{self, Config};
use crate::edge::irc::Order;
use crate::protocol::address::Address;
use crate::protocol::group::{GroupId, MemberId};
use crate::protocol::time::Seconds;
use crate::rules::contact::Contact;
use crate::rules::conversation::{ContactId, ConversationId, Stored};
use crate::rules::effect::Notice;
use crate::rules::presence_tracker::Shown;
use std::collections::BTreeSet;
use std::time::Duration;

/// What an agent reaches outside of itself. Nothing here waits.
pub trait Outside {
    /// Starts a link for a network, which waits for its first order.
    /// Errors: In one line, when the link cannot be set up (a password cannot be had).
    fn open(&mut self, network: &config::Network, poll: Duration) -> Result<(), String>;

    /// Ends a link; it quits.
    fn close(&mut self, network: &str);

    /// Gives a link an order.
    fn order(&mut self, network: &str, order: Order);

    /// A friend is reached over IRC from now on, whose texts are left to the agent; or no more.
    fn reached(&mut self, friend: ContactId, is_reached: bool);

    /// Something may be due by mail.
    fn mail_is_due(&mut self);

    /// Something happened that watchers, hooks and the log are told.
    fn tell(&mut self, happened: Happened<'_>);

    /// A turn of the agent has stored a text that was heard, or what was done to one: told before the turn's notices.
    fn stored(&mut self, stored: Box<Stored>);

    /// The configuration was read again.
    fn configured(&mut self, config: &Config);
}

/// What happened, for watchers, hooks and the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Happened<'a> {
    /// A turn says so; about whom, if it is about one person: whoever is not on the roster is nobody, at the address they had.
    Notice(&'a Notice, Option<&'a Contact>),
    /// What the user sees of a friend has changed.
    Presence {
        /// Of whom.
        friend: &'a Contact,
        /// To what.
        shown: Shown,
        /// Their word.
        text: &'a str,
    },
    /// Others are in the room of a group than before, or the user is in it or no more.
    There {
        /// The conversation in it.
        group: ConversationId,
        /// Who is there now.
        there: &'a Occupants,
    },
    /// A link has changed.
    Network {
        /// The network's name.
        name: &'a str,
        /// `connected`, `disconnected` or `trouble`.
        state: &'static str,
        /// The server, or why.
        reason: Option<&'a str>,
    },
    /// Somebody on the roster is another than before, has come or left it.
    Contact(ContactId),
    /// So may be everybody.
    Contacts,
    /// The user's own side was read again.
    Account,
    /// Another program has changed groups: who is in them, what they are called.
    Groups,
    /// Another program has stored texts, or what was done to them.
    Texts,
}

/// Who is in the room of a group, on whichever network.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Occupants {
    /// The user is.
    pub us: bool,
    /// Who else is proved to be.
    pub others: BTreeSet<MemberId>,
}

/// How the user stands in the room of a group on one of their networks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomSeen {
    /// Of which group.
    pub group: GroupId,
    /// The conversation in it.
    pub conversation: ConversationId,
    /// The network, as the user calls it.
    pub network: String,
    /// How.
    pub state: RoomState,
}

/// How far the user is in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoomState {
    /// In its channel.
    In,
    /// On the way into it.
    Joining,
    /// The network lets nobody in until then; `None`: the channel is closed until the next window or key.
    Closed(Option<Seconds>),
}

/// What the user sees of a friend, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Of whom.
    pub friend: Address,
    /// Whether they are there.
    pub shown: Shown,
    /// Their word.
    pub text: String,
    /// The networks on which they are proved to be.
    pub networks: Vec<String>,
    /// In words: they are met on none of ours.
    pub elsewhere: Option<String>,
}

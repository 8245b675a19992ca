//! IRC: one [`Link`] for each network, a task that stays connected by itself for months.
//!
//! ```text
//! agent --Order--> link ---bytes---> server        link: tasks, sockets, sleeping
//! agent <-LinkEvent- link <--bytes--- server        session: all that is decided, pure, clock and rng passed in
//!
//! handle        the handle of the task
//! link          the task: connect, drive a session, pause, connect again
//!   connect     TCP, SOCKS5, TLS
//!   pipe        the connection's bytes
//!   events      what waits to be read
//!   session     one connection from the first line to the last; no I/O
//!     line          bytes <-> lines
//!     end           how it ended: what the server's last words mean
//!     registration  CAP, SASL, NICK, USER until 001
//!     isupport      what the server offers (005)
//!     watch         who of the watched nicks is there: MONITOR, ISON
//!     channels      which channels we are in, and who is in them
//!     send_queue    texts that wait, were written, or cannot be delivered
//!     write_buffer  bytes on their way to the socket
//!     flood         the token bucket
//!     in_flight     what the server may not have read yet
//!     server_time   the server's clock
//! ```
//!
//! What holds always: user mode +i at once; fresh random ident and real name for every connection; QUIT without text;
//! never NICK once registered; no answer to anybody's PRIVMSG, NOTICE or CTCP: a PONG to the server is all that
//! anything from outside can cause. Queues are bounded: with the agent or the server slow, the link stops reading.
//!
//! [`Session`] and what it takes are public, so that a simulation can drive them with a clock of its own.
//!
//! The agent pulls: after [`LinkEvent::Room`] it may order one [`Order::Send`] that leaves at once; what it orders beyond
//! that waits in a short queue.

mod channels;
mod connect;
mod end;
mod events;
mod flood;
mod handle;
mod in_flight;
mod isupport;
mod keepalive;
pub mod line;
mod link;
mod pipe;
mod redact;
mod registration;
mod send_queue;
mod server_time;
mod session;
mod watch;
mod write_buffer;

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use crate::edge::config::{Network, Secret};
use crate::protocol::time::Seconds;

pub use end::End;
pub use handle::{Link, OrderError};
pub use line::{Line, LineError, Lines};
pub use registration::Persona;
pub use session::Session;

/// A network as configured, with its passwords.
pub type NetworkSettings = Network<Secret>;

/// The two clocks of a link: since its start, and the user's.
#[derive(Clone, Copy, Debug)]
pub struct Now {
    /// Never goes back; stands still while the machine sleeps.
    pub steady: Duration,
    /// The user's clock.
    pub wall: Seconds,
}

/// What the agent wants of a link. The key of a channel does not print.
#[derive(Clone, PartialEq, Eq)]
pub enum Order {
    /// Be on the network under this nick, from now on and after every loss; under another nick: quit first, silently,
    /// and connect anew. Under this nick already: nothing. During a pause: try now.
    Connect(String),
    /// Leave the network with a QUIT that says nothing, and stay away; answered with [`LinkEvent::Left`].
    Leave,
    /// Which nicks to watch beside those that are, and which no more.
    Watch(WatchChange),
    /// Write these texts to a nick, or into a channel that we are in, as PRIVMSG lines, in this order, through the bucket.
    Send {
        /// Names this order in [`LinkEvent::Written`] and [`LinkEvent::Undeliverable`].
        ticket: u64,
        /// The nick, or the channel.
        to: String,
        /// What stands after `PRIVMSG nick :`, a line each.
        texts: Vec<String>,
    },
    /// Join a channel with its key and make it secret, all in one write; answered with [`LinkEvent::Entered`] or
    /// [`LinkEvent::Shut`], and with nothing if we are in it or on our way.
    Enter {
        /// `#` and a–z, 0–9.
        channel: String,
        /// Letters and digits, too.
        key: String,
    },
    /// Leave a channel, silently; what still waits for it is [`LinkEvent::Undeliverable`].
    Part(String),
}

impl fmt::Debug for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect(nick) => f.debug_tuple("Connect").field(nick).finish(),
            Self::Leave => f.write_str("Leave"),
            Self::Watch(change) => f.debug_tuple("Watch").field(change).finish(),
            Self::Send { ticket, to, texts } => {
                let mut shown = f.debug_struct("Send");
                shown.field("ticket", ticket).field("to", to);
                shown.field("texts", texts).finish()
            }
            Self::Enter { channel, key: _ } => f.debug_tuple("Enter").field(channel).finish(),
            Self::Part(channel) => f.debug_tuple("Part").field(channel).finish(),
        }
    }
}

/// How the set of watched nicks changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WatchChange {
    /// They are watched from now on.
    pub more: BTreeSet<String>,
    /// They are not any more.
    pub less: BTreeSet<String>,
}

impl WatchChange {
    /// Nothing changes.
    pub fn is_empty(&self) -> bool {
        self.more.is_empty() && self.less.is_empty()
    }

    /// Changes further.
    pub fn add(&mut self, later: Self) {
        self.more.retain(|nick| !later.less.contains(nick));
        self.less.retain(|nick| !later.more.contains(nick));
        self.more.extend(later.more);
        self.less.extend(later.less);
    }

    /// Changes a set.
    pub fn apply(&self, nicks: &mut BTreeSet<String>) {
        nicks.retain(|nick| !self.less.contains(nick));
        nicks.extend(self.more.iter().cloned());
    }
}

/// How we are on a network, as its server says at the end of its greeting.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Registered {
    /// Our nick as the server's 001 says: the one ordered, but perhaps for its case.
    pub nick: String,
    /// `host:port`.
    pub server: String,
    /// Bytes of `nick!user@host` as others see us, at most: an upper bound for working out the room in a line.
    pub room_prefix: usize,
    /// Bytes of a line including CR LF: 512, or ISUPPORT LINELEN.
    pub linelen: usize,
    /// ISUPPORT NETWORK.
    pub network: Option<String>,
    /// ISUPPORT NICKLEN, bytes.
    pub nicklen: Option<usize>,
}

/// What a link has to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkEvent {
    /// A connection is being tried, to this `host:port`.
    Connecting(String),
    /// We are on the network (the server's greeting is over).
    Registered(Registered),
    /// The server's clock: right behind [`LinkEvent::Registered`] if it has `server-time`, else from its answer to TIME.
    ServerTime(Seconds),
    /// The connection, or the try to connect, is over. The link tries again by itself, under the same nick, after this
    /// pause ([`crate::rules::queue::irc`] says how long for each end); `None` only if no server is configured.
    Over(End, Option<Duration>),
    /// We left as ordered.
    Left,
    /// A watched nick is there, given as it stands in the watched set.
    Up(String),
    /// A watched nick is not there, given likewise.
    Down(String),
    /// Somebody wrote to our nick: PRIVMSG only, never CTCP, never NOTICE, never to a channel.
    Message {
        /// The sender's nick as the server wrote it.
        from: String,
        /// The text, with invalid UTF-8 replaced.
        text: String,
    },
    /// A line could leave now and none of ours waits: the next letter, please. Told once until something is sent.
    Room,
    /// The last line of the order with this ticket is handed to the system.
    Written(u64),
    /// The server, or the link itself, could not deliver.
    Undeliverable {
        /// The order that it was, as far as that can be told. Servers name only the nick.
        ticket: Option<u64>,
        /// The nick that could not be reached, or the channel.
        nick: String,
        /// The server's numeric (401, 439, 707, …), or [`NOT_SENT`].
        numeric: u16,
    },
    /// We are in a channel, and with us these nicks.
    Entered {
        /// As it was ordered; so in all that follow.
        channel: String,
        /// Without the signs of their ranks, and without our own; 1,024 at most.
        nicks: BTreeSet<String>,
    },
    /// Somebody else came into a channel that we are in.
    Came {
        /// The channel.
        channel: String,
        /// Their nick.
        nick: String,
    },
    /// Somebody else is not in it any more: by PART, KICK, QUIT, KILL, or under another nick, which then [came](Self::Came).
    Gone {
        /// The channel.
        channel: String,
        /// Their nick.
        nick: String,
    },
    /// We are not in a channel any more, or cannot come in, or our words are refused there (then [`Order::Part`] still
    /// leaves it). Nothing more is told of it.
    Shut {
        /// The channel.
        channel: String,
        /// The server's numeric (403, 404, 442, 471, 473, 474, 475, …), [`KICKED`], or [`NOT_SENT`].
        numeric: u16,
    },
    /// Somebody who is with us in a channel wrote into it: PRIVMSG only, never CTCP, never NOTICE.
    Heard {
        /// The channel.
        channel: String,
        /// The sender's nick, as in [`Entered`](Self::Entered) or [`Came`](Self::Came).
        from: String,
        /// The text, with invalid UTF-8 replaced.
        text: String,
    },
}

impl LinkEvent {
    /// The lines of an order never left.
    fn not_sent(ticket: u64, nick: String) -> Self {
        Self::Undeliverable {
            ticket: Some(ticket),
            nick,
            numeric: NOT_SENT,
        }
    }

    /// The lines to enter a channel never left.
    fn not_entered(channel: String) -> Self {
        Self::Shut {
            channel,
            numeric: NOT_SENT,
        }
    }
}

/// Stands for a numeric where the line never left: not connected, lost before it was written, too much waiting, or
/// not a valid line.
pub const NOT_SENT: u16 = 0;
/// Stands for a numeric where somebody put us out of a channel.
pub const KICKED: u16 = 1;

//! What the gateway asks of whoever runs it, and what it is told.
//!
//! ```text
//!            lines                       asks
//!  client ─────────▶ Gateway ───────────────────────▶ Host    (the daemon: rules, store, networks)
//!         ◀─────────         ◀───────────────────────
//!            lines                    answers, Events
//! ```
//!
//! The gateway decides nothing about friendship, sending or keeping: each such thing is one call of [`Host`].
//!
//! **Rows.** Each stored text, and each change of one (an edit, a retraction, a reaction), has a row, unique and rising
//! in the order in which they were stored, for all conversations together; `arrival` rises from row to row of a conversation.
//! A client is sent them in the order of their rows, each once. [`Stored::before`] is what makes that safe: a client that was
//! sent row *n* takes what is stored at once if its `before` is *n*; else it reads the store from *n* on
//! ([`Query::Rest`]). So events may come late, twice, out of order or not at all, and still nothing is lost or doubled:
//! an event is a hint, the store is the truth.

mod groups;
mod question;

use crate::protocol::time::{Millis, Seconds};
use std::collections::BTreeSet;

pub use groups::{Group, Member, News, Standing};
pub use question::Question;

use crate::edge::listener::event::ConnId;
use crate::protocol::address::Address;
use crate::protocol::group::MemberId;
use crate::protocol::letter::LetterId;
pub use crate::protocol::letter::Typing;
use crate::protocol::scram::ScramKeys;
use crate::rules::conversation::{ContactId, ConversationId, Page, Place, Placed, Rest, Stored};
use crate::rules::event::GroupAct;
use crate::rules::message::{ChangeKind, Delivery};
use crate::rules::presence_tracker::Shown;

/// What the gateway asks of whoever runs it. Nothing here waits for a network: what is sent is stored and returns.
///
/// No method may call back into the gateway. What a call changes for clients besides the asking one is told by the
/// gateway itself where this says so, and by [`Event`] where it does not.
pub trait Host {
    /// The time.
    fn now(&self) -> Millis;

    /// The user themselves, as they stand now.
    fn me(&self) -> Me;

    /// Everybody whom the user may write to: the standings friend, asked and confirming; never strangers, never who
    /// only asks. In any order. Called once for each [`Event::Contacts`], not for each text.
    fn friends(&self) -> Vec<Friend>;

    /// One of [`Host::friends`].
    fn friend(&self, id: ContactId) -> Option<Friend> {
        let mut friends = self.friends().into_iter();
        friends.find(|friend| friend.id == id)
    }

    /// The groups that the user is in, or may come into. In any order.
    fn groups(&self) -> Vec<Group>;

    /// One of [`Host::groups`].
    fn group(&self, id: ConversationId) -> Option<Group> {
        let mut groups = self.groups().into_iter();
        groups.find(|group| group.id == id)
    }

    /// Does something in or about a group, other than [`Host::say`] and [`Host::change`] do. What is different then is told
    /// by [`Event::Group`].
    /// Errors: A line for the user: why not. Then nothing has changed.
    fn in_group(&mut self, act: GroupAct) -> Result<(), String>;

    /// Who took a member into a group: the user or another member; `None` if it is not known, as of the founder.
    fn voucher(&mut self, group: ConversationId, member: MemberId) -> Option<MemberId>;

    /// The groups that this device does not show, though the user is in.
    fn hidden(&mut self, device: &DeviceId) -> BTreeSet<ConversationId>;

    /// Whether this device shows a group, until it is told otherwise or the user comes into the group anew.
    fn hide(&mut self, device: &DeviceId, group: ConversationId, hidden: bool);

    /// The device that this name and password belong to; compared in constant time. The password is never logged.
    fn login(&mut self, device: &str, password: &str) -> Option<DeviceId>;

    /// What SCRAM needs of this device's password, and a fresh nonce: printable, without a comma. For a device that
    /// nobody can log in as, keys that fit no password. `None`: nobody can log in now.
    fn scram(&mut self, device: &str) -> Option<(ScramKeys, String)>;

    /// The device of this name, which a client has proved to be by SCRAM.
    fn proved(&mut self, device: &str) -> Option<DeviceId>;

    /// With `open`, the device that a client of this user name is without a password; `None`: none, so no cursor is
    /// kept for it and it gets no replay. Never called without an open gateway.
    fn guest(&mut self, device: &str) -> Option<DeviceId>;

    /// Stores a text to a friend or in a group, durably, and sends it by the usual routes; `re`: the text it replies to. With
    /// `notice`, to a friend alone, nothing answers it by itself: it goes over IRC or not at all; if it cannot, it is stored
    /// as failed, and [`Event::State`] says why. The gateway shows what is stored to all devices itself, here and below; telling it as
    /// [`Event::Stored`] too does no harm.
    /// Errors: A line for the user: why it was not taken (blocked, too long, the store fails). Then nothing was stored.
    fn say(
        &mut self,
        to: With,
        text: &str,
        re: Option<LetterId>,
        notice: bool,
    ) -> Result<Stored, String>;

    /// Changes a text: replaces one of the user's own, asks the friend's side to hide it (`words`: why, or nothing), or
    /// puts a reaction of the user to a text of either side or takes it away; `None`: it was so already.
    /// Errors: [`Refused`]; then nothing has changed.
    fn change(
        &mut self,
        of: (With, LetterId),
        kind: ChangeKind,
        words: &str,
    ) -> Result<Option<Stored>, Refused>;

    /// The user is writing, or no longer. Best effort: dropped where the friend is not online, does not know it or may
    /// not see the user; the rate is the host's to bound.
    fn typing(&mut self, friend: ContactId, typing: Typing);

    /// Reads of the store, in the order of rows, without [`Nothing`](crate::rules::conversation::What::Nothing).
    /// Errors: A line for the log, if the store cannot be read; a client that is behind is tried again later.
    fn read(&mut self, what: Query) -> Result<Vec<Stored>, String>;

    /// One text of a conversation.
    fn find(&mut self, with: With, id: LetterId) -> Option<Placed>;

    /// Where a text, or a change of one, stands in a conversation.
    fn place(&mut self, with: With, id: LetterId) -> Option<Place>;

    /// The newest row.
    fn newest(&mut self) -> u64;

    /// For [`Rest::read_after`]: what leaves at most `most` rows above `after`, but everything that is unread.
    fn read_floor(&mut self, after: u64, most: u64) -> u64;

    /// The friends and groups whose latest text has an `arrival` strictly between the two times (ms), each with that; sorted by it,
    /// oldest first, at most `limit`. With `changes`, what was done to a text counts
    /// as well.
    fn targets(
        &mut self,
        between: (Millis, Millis),
        changes: bool,
        limit: usize,
    ) -> Result<Vec<(With, Millis)>, String>;

    /// The highest row that this device has had; for a new device, the newest row at the time it was added.
    fn cursor(&mut self, device: &DeviceId) -> u64;

    /// Keeps the cursor. It never falls: a lower row than the kept one changes nothing.
    fn set_cursor(&mut self, device: &DeviceId, row: u64);

    /// Up to when the user has read this; `None`: not at all.
    fn marker(&mut self, of: Marked<'_>) -> Option<Millis>;

    /// The user has read everything that arrived up to `at` (never later than now). The marker never falls.
    /// Returns the marker that holds now. Tells a friend only if the configuration says `[receipts] read`. The
    /// gateway tells all devices.
    fn set_marker(&mut self, of: Marked<'_>, at: Millis) -> Result<Millis, String>;

    /// Sets the user's status for all friends: away with a word, or online with `None`. The gateway tells all devices.
    fn status(&mut self, away: Option<&str>) -> Result<(), String>;

    /// What waits for the user's yes or no: requests, changed keys; the oldest first. Each is announced once by
    /// [`Event::Question`] when it comes up.
    fn questions(&self) -> Vec<Question>;

    /// Runs a line typed to `iim` as the command line would; never empty, never a control character. What the command
    /// changes is told by [`Event`] as if it had been run elsewhere.
    ///
    /// What takes time answers later, by [`crate::gateway::Gateway::answered`]; `None` until then.
    fn command(&mut self, words: &str, to: &Asker) -> Option<Vec<String>>;
}

/// What is read of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Query {
    /// A page of the texts of one conversation, as they stand now.
    Texts(With, Page),
    /// A page of the texts of one conversation and of what was done to them, each as it stood when it was stored.
    All(With, Page),
    /// What was done to a text after a row.
    DoneAfter(With, LetterId, u64),
    /// What a device is still to be sent, of all conversations; at most so much.
    Rest(Rest, usize),
    /// Changes whose row is above the first and not above the second; at most so many.
    Changes(u64, u64, usize),
}

/// With whom a conversation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum With {
    /// With a friend.
    Friend(ContactId),
    /// In a group.
    Group(ConversationId),
}

/// What is read up to a marker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Marked<'a> {
    /// A conversation.
    With(With),
    /// What is none, by its name: the control channel, the service, a client of the user.
    Place(&'a str),
}

/// A device that has logged in: its name, as the user gave it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeviceId(pub String);

/// The user themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Me {
    /// Their address.
    pub address: Address,
    /// Their word if they are away, busy or invisible; `None`: online. Never empty.
    pub away: Option<String>,
}

/// Somebody whom the user may write to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Friend {
    /// Who they are in this account.
    pub id: ContactId,
    /// The conversation with them.
    pub conversation: ConversationId,
    /// Their address.
    pub address: Address,
    /// The name the user gave them: what their nick is made from.
    pub name: String,
    /// The name they give themselves, if it is known.
    pub own_name: Option<String>,
    /// The word of the roster for how far it has come: `friend`, `asked`, `confirming`.
    pub standing: &'static str,
    /// They may see the user.
    pub visible: bool,
    /// Their letters are dropped.
    pub blocked: bool,
    /// The safety number was compared.
    pub verified: bool,
    /// What the user sees of them; without the sight of anybody, `Offline`.
    pub presence: Shown,
    /// Their own word; may be empty.
    pub word: String,
    /// The networks they may be met on, by name.
    pub networks: Vec<String>,
    /// In words: they are met on none of the user's.
    pub elsewhere: Option<String>,
    /// The fingerprint of their key.
    pub fingerprint: Option<String>,
    /// Since when they are on the roster.
    pub since: Seconds,
}

/// Why a text cannot be changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// There is no such text in this conversation.
    Unknown,
    /// It is not the user's own, or not of a kind that can be changed.
    Forbidden(String),
    /// Anything else, as a line for the user: too long, the store fails.
    Failed(String),
}

/// Who typed a command, and where the answer goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asker {
    /// The client.
    pub conn: ConnId,
    /// Where it typed: the control channel, or its own nick for a query.
    pub place: String,
}

/// What has happened, wherever it was caused: in the network, by a command, by the hook, by a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A text or a change of one was stored, in or out.
    Stored(Box<Stored>),
    /// There may be texts in the store, or changes of some, of which nothing was told.
    Texts,
    /// A text of the user to a friend has come further, or failed.
    State(ContactId, LetterId),
    /// What the user said in a group has come further.
    Copies {
        /// In which.
        group: ConversationId,
        /// Which text or change.
        id: LetterId,
        /// How far, with all.
        state: Delivery,
        /// With how many it is, and to how many it was said.
        reached: (usize, usize),
        /// With whom it failed now, and why.
        failed: Option<(ContactId, String)>,
    },
    /// A friend is writing, or no longer.
    Typing {
        /// Who.
        friend: ContactId,
        /// Whether.
        typing: Typing,
    },
    /// The roster or somebody's presence has changed: of these, or with `None` perhaps of all. Many changes that have one
    /// cause (a network lost) are told once, so that clients get them as one batch.
    Contacts(Option<BTreeSet<ContactId>>),
    /// Something has happened to a group: that which is told, in its order, or perhaps more.
    Group(ConversationId, Vec<News>),
    /// All groups may be other than before.
    Groups,
    /// The user's own status has changed.
    Status,
    /// The user has read further, elsewhere.
    Marker {
        /// In which conversation.
        with: With,
        /// Up to when.
        at: Millis,
    },
    /// Somebody unknown asks to be a friend, or keys have changed: announced by `iim`; from now on it is among
    /// [`Host::questions`] until it is answered, wherever that is done.
    Question(Question),
    /// A line from `iim`: a network up or down, a rotation, a failure with its reason.
    Notice(String),
}

/// The most texts of one page of history (005 `CHATHISTORY`).
pub const MOST_HISTORY: usize = 1000;

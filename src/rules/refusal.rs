//! Why the rules say no.

use super::view::Unreadable;
use super::words::times::rfc3339;
use crate::protocol::address::Address;
use crate::protocol::shell;
use crate::protocol::time::Seconds;

/// A no to the user, with a hint where there is something to try.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Nobody of that name or address is on the roster.
    #[error("nobody on the roster is called {0:?}\nhint: `iim friends` lists the names")]
    Nobody(String),
    /// The account lives on another machine now.
    #[error(
        "this account left for another machine on {day}\nhint: `iim return` if it never arrived there; `iim read`, `friends` and `export` work here",
        day = rfc3339(*.0)
    )]
    MovedOut(Seconds),
    /// The account is here.
    #[error("this account has not left for another machine")]
    NotMovedOut,
    /// The address is our own.
    #[error("{0} is your own address")]
    Ourselves(Address),
    /// Already on the roster as a friend.
    #[error("{0} is a friend already")]
    AlreadyFriend(String),
    /// A friend, but under other keys than an invite link names.
    #[error(
        "{0} is a friend under other keys than this link names, and nothing came under the link's\nhint: ask {0} by another way which are right"
    )]
    OtherKeys(String),
    /// The keys that an address comes with are in force with somebody else on the roster.
    #[error(
        "the keys that came with {0} are those of {1}: one key is one person's\nhint: if {1} has that address now, {mend} first; else somebody has put {1}'s keys there",
        mend = shell::hint("remove", &[.1])
    )]
    KeysOfAnother(Address, String),
    /// The keys that an address comes with are our own.
    #[error("the keys that came with {0} are your own")]
    OwnKeys(Address),
    /// Already asked.
    #[error(
        "{0} has been asked already\nhint: the request is repeated by itself after 1, 3 and 9 days"
    )]
    AlreadyAsked(String),
    /// There is no request to answer.
    #[error("{0} has no request that waits for you")]
    NoRequest(String),
    /// Blocked people are neither asked nor written to.
    #[error("{0} is blocked\nhint: {mend}", mend = shell::hint("unblock", &[.0]))]
    Blocked(String),
    /// The name is in use.
    #[error("the name {0:?} is taken on your roster\nhint: give another with --name")]
    NameTaken(String),
    /// The name cannot be used.
    #[error("{0:?} cannot be a name: use 1 to 64 bytes without control characters or an @")]
    NameForm(String),
    /// Not yet a friend: they ask and wait for the answer.
    #[error("{0} has asked you and waits for an answer\nhint: {yes} first", yes = shell::hint("accept", &[.0]))]
    AnswerFirst(String),
    /// The invite has expired.
    #[error("this invite has expired\nhint: ask for a new one")]
    InviteExpired,
    /// No such invite.
    #[error("there is no such invite\nhint: `iim invite --list` shows them")]
    NoInvite,
    /// A text must hold something.
    #[error("an empty text is not sent")]
    TextEmpty,
    /// A text is at most 64 KiB, an edit a little less.
    #[error("this text has {length} bytes, more than the {most} that one message may hold")]
    TextLong {
        /// Its bytes.
        length: usize,
        /// How many it may have.
        most: usize,
    },
    /// Only what the user wrote can be edited or taken back.
    #[error("you did not write that text\nhint: `iim read --ids` shows the ids")]
    NotYours,
    /// No text has this id.
    #[error("no text has this id\nhint: `iim read --ids` shows the ids")]
    NoSuchText,
    /// Several texts have ids that begin so.
    #[error("more than one text has an id that begins so\nhint: give more of it")]
    Ambiguous,
    /// What was taken back stays as it is.
    #[error("that text was taken back")]
    TakenBack,
    /// A text that failed, to somebody who would be told of it in words.
    #[error("that text failed, so there is nothing at {0}'s side to change\nhint: say it anew")]
    TextFailed(String),
    /// One text has been changed too often.
    #[error("that text has been changed too often\nhint: say something new")]
    ChangedOften,
    /// A sign is short and visible.
    #[error("{0:?} cannot be a reaction: use 1 to 64 bytes, mostly one emoji")]
    EmojiForm(String),
    /// A way to be reached must be a URI of a known scheme.
    #[error(
        "{0:?} is no way to be reached: use mailto:, tel:, xmpp: or https:, at most 256 bytes, at most 16 of them"
    )]
    WayForm(String),
    /// Invisible is for everybody at once; one friend is hidden from.
    #[error("nobody can be invisible for one friend alone\nhint: {mend}", mend = shell::hint("hide", &[.0]))]
    InvisibleForOne(String),
    /// The note is too long.
    #[error("this note has {0} bytes, more than the 1024 that a request may carry")]
    NoteLong(usize),
    /// Not a friend whose safety number could be compared.
    #[error("{0} is not a friend yet, so there are no keys to compare")]
    NoKeys(String),
    /// The keys have changed since the user saw their number.
    #[error(
        "the keys of {0} have changed since that number was shown, so nothing is verified\nhint: {mend} shows the number of now",
        mend = shell::hint("verify", &[.0])
    )]
    KeysChanged(String),
    /// No group of this name.
    #[error("no group is called {0:?}\nhint: `iim group list` shows them")]
    NoGroup(String),
    /// A group of this name is there.
    #[error("a group called {0:?} is there already\nhint: give another name")]
    GroupTaken(String),
    /// The name or topic of a group cannot be used.
    #[error(
        "{0:?} cannot be the name or topic of a group: a name is 1 to 64 bytes on one line, a topic 300 at most"
    )]
    GroupForm(String),
    /// Its book takes no more.
    #[error(
        "{0} has had all the acts that a group can have\nhint: found it anew: {mend}",
        mend = shell::hint("group new NAME --from", &[.0])
    )]
    BookFull(String),
    /// The user is in the group.
    #[error("you are in {0} already")]
    AlreadyIn(String),
    /// The user is not in the group, or not yet.
    #[error("you are not in {0}")]
    NotIn(String),
    /// Nothing was asked that could be answered.
    #[error("{0} does not wait for your answer")]
    NotAsked(String),
    /// Only an admin may do that.
    #[error("only an admin of {0} may do that")]
    NotAdmin(String),
    /// Only who stands above somebody may do that.
    #[error(
        "{0} has been an admin for longer than you, and only who stands above somebody may do that"
    )]
    StandsAbove(String),
    /// Nobody of that name is in the group.
    #[error("{0} is not in {1}")]
    NotMember(String, String),
    /// They are in already.
    #[error("{0} is in {1} already")]
    InAlready(String, String),
    /// Only a friend can be asked to come into a group.
    #[error("{0} is not your friend, and only friends can be asked to come into a group")]
    NotFriend(String),
    /// Their program does not know groups.
    #[error("the program of {0} does not know groups, or has not told that it does")]
    KnowsNoGroups(String),
    /// There are as many as there may be.
    #[error("{0} has as many members as a group may have, which is {most}", most = crate::protocol::codec::MAX_MEMBERS)]
    GroupFull(String),
    /// The last admin makes another before they go.
    #[error("you are the only admin of {0}\nhint: make somebody else an admin first")]
    LastAdmin(String),
    /// Nobody would hear it.
    #[error("nobody else is in {0} yet")]
    NobodyElse(String),
    /// The book takes no more.
    #[error("{0} cannot be changed: {1}")]
    Book(String, String),
    /// So many groups are kept.
    #[error("{0} groups are kept, which is the most, those that you went from among them")]
    ManyKept(usize),
    /// The user has so many groups.
    #[error("you are in as many groups as you may be, which is {0}")]
    ManyGroups(usize),
    /// A group has rooms on so many networks.
    #[error("a group has its rooms on at most {0} networks")]
    ManyRooms(usize),
    /// The state could not be read.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
}

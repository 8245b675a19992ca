//! A group as one member keeps it: what the book comes to, and how far each of the others is with us.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::room::kept::Rooms;
use super::roster::Rank;
use crate::protocol::group::letters::{GotOf, SaidHash};
use crate::protocol::group::room::RoomKeyName;
use crate::protocol::group::{ActId, Entry, GroupId, Head, MemberId, Title};
use crate::protocol::letter::{LetterId, PublicKey};
use crate::protocol::time::{DAY, Millis, Seconds, days};
use crate::rules::ids::{ContactId, ConversationId};

/// A group that the user is or was in, or is asked to come into.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// The conversation in it.
    #[serde(skip)]
    pub conversation: ConversationId,
    /// Which it is, for all its members.
    pub id: GroupId,
    /// What the user calls it, without a `#`: unique among the user's groups.
    pub name: String,
    /// What its admins call it.
    pub title: Title,
    /// How far the user is in it.
    pub standing: Standing,
    /// Since when.
    pub since: Seconds,
    /// Who the user is in it.
    pub us: MemberId,
    /// The acts that nothing is built on.
    pub heads: Vec<ActId>,
    /// Everybody who is or was in it, but the user.
    pub members: Vec<Member>,
    /// Whom the user has asked to come in, and when.
    pub asked: Vec<(ContactId, Seconds)>,
    /// The questions and answers of the user that went over IRC, where nobody acknowledges them.
    #[serde(default)]
    pub unsure: Vec<Unsure>,
    /// The letter that asked the user last whether they come in.
    #[serde(default)]
    pub question: Option<LetterId>,
    /// Who is in, as the question says to which the user has not come in yet.
    #[serde(default)]
    pub told_members: Vec<MemberId>,
    /// The invites whose links lead into it.
    #[serde(default)]
    pub links: Vec<[u8; 8]>,
    /// The user is an admin.
    pub admin: bool,
    /// What the user signed last, with its counter; none: never anything.
    pub entry: Option<Entry>,
    /// The number of the last that the user said; 0 = nothing yet.
    pub number: u64,
    /// Its hash.
    pub hash: SaidHash,
    /// When that was.
    pub last_sent: Millis,
    /// The latest time that a letter of the others shows, so that answers stand after what they answer.
    pub latest: Millis,
    /// The user is not told of what is said.
    pub muted: bool,
    /// Its rooms.
    #[serde(default)]
    pub rooms: Rooms,
    /// Its book was lost, and is asked for.
    #[serde(default)]
    pub recovers: Option<Recovers>,
}

/// A question into the group, or the user's answer to one, of which nobody knows whether it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unsure {
    /// To whom.
    pub to: ContactId,
    /// In which letter.
    pub letter: LetterId,
    /// When it goes again if it has brought nothing.
    pub at: Seconds,
}

/// Of whom a book that was lost is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recovers {
    /// Friends who had it.
    pub from: Vec<ContactId>,
    /// When they are asked again, after so many times.
    pub again: Option<(Seconds, u8)>,
}

/// How far the user is in a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Standing {
    /// This friend asks whether the user wants to come in.
    Asked {
        /// Who.
        by: ContactId,
        /// The act that ended the user's last membership, as they know it.
        ended: Option<ActId>,
    },
    /// The user has said yes to them, and the book has not come.
    Agreed {
        /// To whom.
        by: ContactId,
        /// The act that ended the user's last membership, as they know it.
        ended: Option<ActId>,
    },
    /// The user is in.
    In,
    /// The user was put out, or went.
    Out,
}

/// Somebody else who is or was in a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Who they are in it.
    pub id: MemberId,
    /// Who has the address of their entry.
    pub contact: ContactId,
    /// What they are called in it, unless they are on the roster.
    pub name: String,
    /// What they signed last.
    pub entry: Entry,
    /// Where the act stands that first took them in: of two under one address, the earlier is known by it.
    pub first: (u64, ActId),
    /// They are in.
    pub is_in: bool,
    /// How high they stand, if they are an admin.
    pub rank: Option<Rank>,
    /// The heads that their last letter showed; none: nothing has come of them.
    pub heads: Vec<Head>,
    /// The heads of our book when it was last told to them.
    pub told: Vec<ActId>,
    /// Acts are to be told to them.
    pub acts_due: bool,
    /// Only because their letters show less than the user holds.
    #[serde(default)]
    pub repairs: bool,
    /// The user's latest entry, newer than that in the book, is to be told to them.
    pub entry_due: bool,
    /// They are to see our heads, though there is nothing to tell.
    pub heads_due: bool,
    /// The key of the rooms is to be told to them.
    #[serde(default)]
    pub key_due: bool,
    /// The last key of the rooms that they were told, or have told.
    #[serde(default)]
    pub room: Option<RoomKeyName>,
    /// The letter in which acts, heads or what came of them left last: it may be sealed again.
    pub within: Option<LetterId>,
    /// When they were last told what their heads showed that they lack.
    pub repaired_at: Seconds,
    /// Then their heads showed nothing that the user holds.
    #[serde(default)]
    pub showed_nothing: bool,
    /// They were taken in by us, and nothing of them has come: told again then, after so many times.
    pub again: Option<(Seconds, u8)>,
    /// What came of what they said.
    pub got: Option<GotOf>,
    /// That is to be told to them.
    pub got_due: bool,
    /// When the user was last told that what came of or to them differs from what came to others.
    #[serde(default)]
    pub differs_at: Seconds,
    /// The next letter to them opens a new session: those of before brought no answer.
    pub fresh: bool,
    /// When what is to be told to them leaves by mail; none: there is nothing.
    pub due: Option<Seconds>,
    /// Below this number they wait for nothing of the user's: they were told so.
    pub since_told: u64,
    /// New sessions that they opened: the day (days since 1970) and how many in it.
    pub new_sessions: (u64, u32),
}

impl Group {
    /// One of which no more is known than its name.
    pub fn unknown(
        (id, conversation): (GroupId, ConversationId),
        us: MemberId,
        (name, title): (String, Title),
        now: Seconds,
    ) -> Self {
        Self {
            conversation,
            id,
            name,
            title,
            standing: Standing::Out,
            since: now,
            us,
            heads: Vec::new(),
            members: Vec::new(),
            asked: Vec::new(),
            unsure: Vec::new(),
            question: None,
            told_members: Vec::new(),
            links: Vec::new(),
            admin: false,
            entry: None,
            number: 0,
            hash: SaidHash::default(),
            last_sent: Millis(0),
            latest: Millis(0),
            muted: false,
            rooms: Rooms::default(),
            recovers: None,
        }
    }

    /// Somebody who is or was in it.
    pub fn member(&self, id: MemberId) -> Option<&Member> {
        self.members.iter().find(|member| member.id == id)
    }

    /// The same, to be changed.
    pub fn member_mut(&mut self, id: MemberId) -> Option<&mut Member> {
        self.members.iter_mut().find(|member| member.id == id)
    }

    /// Whose session is under this key, of those who have that address.
    pub fn known_by(&self, contact: ContactId, key: PublicKey) -> Option<MemberId> {
        let same = |it: &&Member| it.contact == contact && it.key() == key;
        let found = self.members.iter().filter(same);
        let found = found.min_by_key(|member| (!member.is_in, member.first));
        found.map(|member| member.id)
    }

    /// Who else is in.
    pub fn others(&self) -> impl Iterator<Item = &Member> {
        self.members.iter().filter(|member| member.is_in)
    }

    /// How many are in, with the user.
    pub fn count(&self) -> usize {
        let us = usize::from(self.standing == Standing::In);
        self.others().count().saturating_add(us)
    }

    /// Whether the user is in.
    pub fn is_in(&self) -> bool {
        self.standing == Standing::In
    }

    /// Whether nothing need be kept of it: the user was never in, and nobody asks any more.
    pub fn is_over(&self, now: Seconds) -> bool {
        let kept = match self.standing {
            Standing::Asked { .. } | Standing::Out => ASKED,
            // The book may still be on its way.
            Standing::Agreed { .. } => ASKED.saturating_mul(2),
            Standing::In => return false,
        };
        self.heads.is_empty() && self.since.after(kept) <= now
    }

    /// The heads, as letters show them.
    pub fn shown_heads(&self) -> Vec<Head> {
        self.heads.iter().map(|id| id.head()).collect()
    }

    /// The counter of the user's next entry.
    pub fn next_counter(&self) -> u64 {
        let last = self.entry.as_ref().map(|entry| entry.value.counter);
        last.map_or(0, |last| last.saturating_add(1))
    }

    /// The next time at which something of it is due.
    pub fn next_at(&self) -> Option<Seconds> {
        let again = |member: &Member| member.again.map(|(at, _)| at);
        let times = self.members.iter().flat_map(|it| [it.due, again(it)]);
        let asks = self.recovers.as_ref().and_then(|it| it.again);
        let times = times.chain(self.rooms.times()).flatten();
        let unsure = self.unsure.iter().map(|one| one.at);
        times.chain(unsure).chain(asks.map(|(at, _)| at)).min()
    }
}

impl Member {
    /// The Curve25519 key under which sessions with them are.
    pub fn key(&self) -> PublicKey {
        self.entry.value.keys.curve25519
    }

    /// All acts that they are not known to hold are to be told to them.
    pub fn owe_acts(&mut self) {
        (self.acts_due, self.repairs) = (true, false);
        self.told.clear();
    }

    /// What came of or to them differs from what came to others; says whether the user is to be told: once a day.
    pub fn differs(&mut self, now: Seconds) -> bool {
        let is_told = self.differs_at > Seconds(0) && now.is_within(DAY, self.differs_at);
        if !is_told {
            self.differs_at = now;
        }
        !is_told
    }

    /// What is to be told to them leaves by then.
    pub fn hurry(&mut self, by: Seconds) {
        self.due = Some(self.due.map_or(by, |due| due.min(by)));
    }
}

/// How long a question waits for its answer.
pub(super) const ASKED: Duration = days(30);

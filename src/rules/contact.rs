//! Somebody on the roster, and how far the friendship has come.
//!
//! ```text
//!              user adds                    accept echoing our request
//!  stranger ─────────────▶ asked ──────────────────────────────────────▶ friend ── other keys come: a handshake
//!     │                      │ their request (crossing): accept            ▲ ▲      for those, the old ones hold
//!     │ request              ▼                                             │ └───────────────┘
//!     └──────▶ asking ────▶ confirming ─────────────────────────────────────┘
//!               user, invite    a letter sealed in the accept's session
//!               or auto: accept
//! ```

use serde::{Deserialize, Serialize};

use super::account::AccountState;
use super::conversation::{ContactId, ConversationId, Ids};
use super::friend::Friend;
use super::handshake::{Accepted, Asked, Asking, Handshake};
use crate::protocol::address::Address;
use crate::protocol::clean::one_line;
use crate::protocol::group::GroupId;
use crate::protocol::letter::{Keys, Presence, PublicKey, Secret, Status};
use crate::protocol::time::{Millis, Seconds};

/// A person on the roster: one id, one address, one name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// Who they are in this account.
    #[serde(skip)]
    pub id: ContactId,
    /// The conversation with them.
    #[serde(skip)]
    pub conversation: ConversationId,
    /// The mail address: what they have, not what they are.
    pub address: Address,
    /// The name the user gave; unique on the roster.
    pub name: String,
    /// By which address of ours those who hold these Curve25519 keys know us; of others it is the main one.
    #[serde(default)]
    pub knows_us_by: Vec<(PublicKey, Address)>,
    /// The user's own note.
    pub note: String,
    /// Since when this person is on the roster.
    pub since: Seconds,
    /// How far the friendship has come.
    pub standing: Standing,
    /// This friend may see me.
    pub visible: bool,
    /// Letters are taken and dropped.
    pub blocked: bool,
    /// The safety number was compared.
    pub verified: bool,
    /// An invite link named the keys; until they are proved no others are accepted.
    #[serde(default)]
    pub pinned: Option<Pinned>,
    /// The presence this person was last sent.
    pub shown: Option<Shown>,
    /// An announcement of our presence is due.
    pub announce: Option<Announce>,
    /// What they were last announced did not reach their mailbox: not tried again before then.
    #[serde(default)]
    pub untold_until: Seconds,
    /// How often in a row that happened.
    #[serde(default)]
    pub untold_times: u32,
    /// `sent` of our last letter to them.
    pub last_sent: Millis,
    /// New sessions their pre-key messages made: the day (days since 1970) and how many in it.
    pub new_sessions: (u64, u32),
    /// A status for this friend alone.
    pub status_for: Option<(Status, String)>,
    /// Other ways to reach me, told to this friend.
    pub ways: Vec<String>,
    /// Groups of theirs into which the user has followed a link, and when: their question is answered unasked, once.
    #[serde(default)]
    pub follows_into: Vec<(GroupId, Seconds)>,
    /// Groups of the user's into which they have followed a link, and when: they are asked once they can be.
    #[serde(default)]
    pub came_for: Vec<(GroupId, Seconds)>,
}

/// How far a friendship has come; each state holds only what is true in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Standing {
    /// Nobody to us; on the roster only when blocked.
    Stranger,
    /// We asked.
    Asked(Asked),
    /// They asked; what came of it is not proved.
    Handshake(Handshake),
    /// Both mailboxes are proved.
    Friend(Box<Friend>),
}

impl Standing {
    /// A friend under these keys, of whom nothing else is known yet.
    pub fn friend(keys: Keys) -> Self {
        Self::Friend(Box::new(Friend::new(keys)))
    }
}

/// The keys that an invite link names for somebody who asked us, or whose keys changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pinned {
    /// The keys.
    pub keys: Keys,
    /// The link was scanned face to face.
    pub verified: bool,
}

/// The presence somebody was last sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// Its epoch.
    pub epoch: u64,
    /// Its secret, real or decoy.
    pub secret: Secret,
    /// Whether it is the real one.
    pub real: bool,
    /// When it left.
    pub at: Seconds,
    /// By mail (repair waits an hour) or over IRC (60 s).
    pub by_mail: bool,
}

/// An announcement of our presence that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announce {
    /// Since when.
    pub since: Seconds,
    /// When it was sent over IRC; a mail follows if nothing shows that it came.
    pub over_irc: Option<Seconds>,
    /// The earliest time at which it leaves by mail when the agent spreads.
    pub mail_at: Seconds,
    /// Sends again what was lost; a hidden friend gets what they were sent, nothing newer.
    pub repair: bool,
    /// The secret was changed to hide from somebody: told before anything else is announced.
    #[serde(default)]
    pub hides: bool,
}

impl Contact {
    /// Somebody new on the roster: nobody yet, unseen, unseeing.
    pub fn new(ids: Ids, address: Address, name: String, now: Seconds) -> Self {
        Self {
            id: ids.contact,
            conversation: ids.conversation,
            address,
            name,
            knows_us_by: Vec::new(),
            note: String::new(),
            since: now,
            standing: Standing::Stranger,
            visible: true,
            blocked: false,
            verified: false,
            pinned: None,
            shown: None,
            announce: None,
            untold_until: Seconds(0),
            untold_times: 0,
            last_sent: Millis(0),
            new_sessions: (0, 0),
            status_for: None,
            ways: Vec::new(),
            follows_into: Vec::new(),
            came_for: Vec::new(),
        }
    }

    /// What is true of a friend, if they are one.
    pub fn friend(&self) -> Option<&Friend> {
        match &self.standing {
            Standing::Friend(friend) => Some(friend),
            Standing::Stranger | Standing::Asked(_) | Standing::Handshake(_) => None,
        }
    }

    /// The same, to be changed.
    pub fn friend_mut(&mut self) -> Option<&mut Friend> {
        match &mut self.standing {
            Standing::Friend(friend) => Some(friend),
            Standing::Stranger | Standing::Asked(_) | Standing::Handshake(_) => None,
        }
    }

    /// The handshake under way: of this friendship, or for a friend's new keys.
    pub fn handshake(&self) -> Option<&Handshake> {
        match &self.standing {
            Standing::Handshake(handshake) => Some(handshake),
            Standing::Friend(friend) => friend.new_keys.as_ref(),
            Standing::Stranger | Standing::Asked(_) => None,
        }
    }

    /// The same, to be changed.
    pub fn handshake_mut(&mut self) -> Option<&mut Handshake> {
        match &mut self.standing {
            Standing::Handshake(handshake) => Some(handshake),
            Standing::Friend(friend) => friend.new_keys.as_mut(),
            Standing::Stranger | Standing::Asked(_) => None,
        }
    }

    /// The handshake of this friendship is this now; that for new keys, of a friend.
    pub fn set_handshake(&mut self, handshake: Handshake) {
        match &mut self.standing {
            Standing::Friend(friend) => friend.new_keys = Some(handshake),
            Standing::Stranger | Standing::Asked(_) | Standing::Handshake(_) => {
                self.standing = Standing::Handshake(handshake);
            }
        }
    }

    /// Whether they ask to be a friend, and the user has not answered.
    pub fn asks(&self) -> bool {
        matches!(self.standing, Standing::Handshake(Handshake::Asking(_)))
    }

    /// Whether the user may write to them, now or once they answer.
    pub fn may_be_written_to(&self) -> bool {
        match &self.standing {
            Standing::Stranger => false,
            Standing::Handshake(_) => !self.asks(),
            Standing::Asked(_) | Standing::Friend(_) => true,
        }
    }

    /// Whether other keys than those in force have come for a friend.
    pub fn has_new_keys(&self) -> bool {
        self.friend()
            .is_some_and(|friend| friend.new_keys.is_some())
    }

    /// The keys in force, of a friend.
    pub fn keys(&self) -> Option<&Keys> {
        self.friend().map(|friend| &friend.keys)
    }

    /// Their presence, as a friend told it.
    pub fn presence(&self) -> Option<&Presence> {
        let held = self.friend()?.presence.as_ref();
        held.map(|held| &held.presence)
    }

    /// Whether one of these keys is in force with this person.
    pub fn shares(&self, keys: &Keys) -> bool {
        self.keys()
            .is_some_and(|ours| ours.curve25519 == keys.curve25519 || ours.ed25519 == keys.ed25519)
    }

    /// Whether this person's side has told that it knows a kind of letter; who has told nothing knows none.
    pub fn understands(&self, kind: u64) -> bool {
        let known = self.presence().and_then(|told| told.capabilities.as_ref());
        known.is_some_and(|kinds| kinds.contains(&kind))
    }

    /// Accepts of ours that nobody has proved to hold, of this friendship or for new keys.
    pub fn accepted(&self) -> &[Accepted] {
        match self.handshake() {
            Some(Handshake::Confirming(confirming)) => &confirming.accepted,
            Some(Handshake::Asking(_)) | None => &[],
        }
    }

    /// The same, to be changed.
    pub fn accepted_mut(&mut self) -> &mut [Accepted] {
        match self.handshake_mut() {
            Some(Handshake::Confirming(confirming)) => &mut confirming.accepted,
            Some(Handshake::Asking(_)) | None => &mut [],
        }
    }

    /// Our request that waits for an answer.
    pub fn asked(&self) -> Option<&Asked> {
        match &self.standing {
            Standing::Asked(asked) => Some(asked),
            Standing::Handshake(Handshake::Confirming(confirming)) => confirming.asked.as_ref(),
            Standing::Stranger
            | Standing::Handshake(Handshake::Asking(_))
            | Standing::Friend(_) => None,
        }
    }

    /// The same, to be changed.
    pub fn asked_mut(&mut self) -> Option<&mut Asked> {
        match &mut self.standing {
            Standing::Asked(asked) => Some(asked),
            Standing::Handshake(Handshake::Confirming(confirming)) => confirming.asked.as_mut(),
            Standing::Stranger
            | Standing::Handshake(Handshake::Asking(_))
            | Standing::Friend(_) => None,
        }
    }

    /// Whether an invite link named other keys than these.
    pub fn is_pinned_otherwise(&self, keys: &Keys) -> bool {
        let asked = self.asked().and_then(|asked| asked.pinned);
        let pinned = asked.or(self.pinned.map(|pinned| pinned.keys));
        pinned.is_some_and(|pinned| pinned != *keys)
    }

    /// Whether a link scanned face to face named these keys.
    pub fn is_verified_by_link(&self, keys: &Keys) -> bool {
        let asked = self.asked().filter(|asked| asked.verified);
        let asked = asked.and_then(|asked| asked.pinned);
        let pinned = self.pinned.filter(|pinned| pinned.verified);
        asked.or(pinned.map(|pinned| pinned.keys)) == Some(*keys)
    }

    /// Whether this person can be asked into a group.
    pub fn knows_groups(&self) -> bool {
        self.understands(BID)
    }

    /// Requests of this person that wait for the user's answer.
    pub fn requests(&self) -> &[Asking] {
        match self.handshake() {
            Some(Handshake::Asking(asking)) => asking,
            Some(Handshake::Confirming(_)) | None => &[],
        }
    }

    /// The key in force, else the one that asks or is being confirmed.
    pub fn fingerprint(&self) -> Option<PublicKey> {
        let pinned = || self.asked().and_then(|asked| asked.pinned);
        let accepted = self.accepted().first().map(|accepted| accepted.keys);
        let asking = self.requests().first().map(|asking| asking.keys);
        let keys = self.keys().copied().or(accepted).or(asking);
        keys.or_else(pinned).map(|keys| keys.ed25519)
    }

    /// The names of their networks, as they told them.
    pub fn networks(&self) -> Vec<String> {
        let networks = self.presence().and_then(|told| told.networks.as_ref());
        let names = networks.into_iter().flatten();
        names.map(|network| one_line(&network.name)).collect()
    }

    /// Whether this person has been sent our present secret.
    pub fn is_told(&self, account: &AccountState) -> bool {
        let current = |shown: &Shown| shown.real && shown.epoch == account.epoch;
        self.shown.as_ref().is_some_and(current)
    }

    /// Whether this person has been sent a decoy of the present epoch.
    pub fn is_decoyed(&self, account: &AccountState) -> bool {
        let current = |shown: &Shown| !shown.real && shown.epoch == account.epoch;
        self.shown.as_ref().is_some_and(current)
    }

    /// The one-time keys of ours that this person was told, and has not used.
    pub fn one_time_keys_out(&self) -> Vec<PublicKey> {
        let asked = self.asked().map(|asked| asked.one_time_keys);
        let friend = self.friend();
        let healing = friend.and_then(|friend| friend.healing.as_ref());
        let healing = healing.map(|healing| healing.one_time_keys);
        let accepted = self.accepted().iter().map(|accepted| accepted.ours);
        let ours = friend.map(|friend| friend.ours).into_iter();
        ours.chain(asked)
            .chain(healing)
            .chain(accepted)
            .flat_map(|keys| [keys.mail, keys.irc])
            .flatten()
            .collect()
    }

    /// The Curve25519 keys whose sealed letters may be opened.
    pub fn sealing_keys(&self) -> Vec<PublicKey> {
        let accepted = self
            .accepted()
            .iter()
            .map(|accepted| accepted.keys.curve25519);
        self.keys()
            .map(|keys| keys.curve25519)
            .into_iter()
            .chain(accepted)
            .collect()
    }
}

/// The kind of letter that asks somebody into a group.
const BID: u64 = 18;

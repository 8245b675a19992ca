//! Somebody on the roster, and how far the friendship has come.
//!
//! ```text
//!              user adds                    accept echoing our request
//!  stranger ─────────────▶ asked ──────────────────────────────────────▶ friend
//!     │                      │ their request (crossing): accept            ▲
//!     │ request              ▼                                             │
//!     └──────▶ asking ────▶ confirming ─────────────────────────────────────┘
//!               user, invite    a letter sealed in the accept's session
//!               or auto: accept
//! ```

use serde::{Deserialize, Serialize};

use super::account::AccountState;
use super::friend::{Healing, Healings, Held};
use super::handshake::{Accepted, Asked, Asking, Confirming, NewKeys};
use crate::protocol::address::Address;
use crate::protocol::clean::one_line;
use crate::protocol::letter::{Keys, LetterId, OneTimeKeys, PublicKey, Secret, Status};

/// A person on the roster: one address, one name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// The mail address: the identity.
    pub address: Address,
    /// The name the user gave; unique on the roster.
    pub name: String,
    /// By which address of ours those who hold these Curve25519 keys know us; of others it is the main one.
    #[serde(default)]
    pub knows_us_by: Vec<(PublicKey, Address)>,
    /// The user's own note.
    pub note: String,
    /// Since when this person is on the roster, in seconds.
    pub since: u64,
    /// How far the friendship has come.
    pub standing: Standing,
    /// This friend may see me.
    pub visible: bool,
    /// Letters are taken and dropped.
    pub blocked: bool,
    /// The safety number was compared.
    pub verified: bool,
    /// New keys of a known friend: they wait for the user, the old ones stay in force.
    pub new_keys: Option<NewKeys>,
    /// An invite link named the keys; until they are proved no others are accepted.
    #[serde(default)]
    pub pinned: Option<Pinned>,
    /// The presence this person was last sent.
    pub shown: Option<Shown>,
    /// An announcement of our presence is due.
    pub announce: Option<Announce>,
    /// What they were last announced did not reach their mailbox: not tried again before then, in seconds.
    #[serde(default)]
    pub untold_until: u64,
    /// How often in a row that happened.
    #[serde(default)]
    pub untold_times: u32,
    /// When receipts by mail last left, or are about to: until ten minutes later more are gathered. In seconds.
    #[serde(default)]
    pub receipts_at: u64,
    /// When an announcement was last repaired, in seconds.
    pub repaired_at: u64,
    /// The epoch of ours that their letters said they hold.
    pub holds: u64,
    /// Their presence: the highest (epoch, sent) that came.
    pub presence: Option<Held>,
    /// `sent` of our last letter to them, in ms.
    pub last_sent: u64,
    /// When the last request was taken from their key, in ms: min(sent, arrival).
    pub last_request: u64,
    /// Their healing requests that were answered.
    #[serde(default)]
    pub healings: Healings,
    /// Their accept under other keys, which answered our healing request: it waits among the new keys, under this id.
    #[serde(default)]
    pub answered: Option<LetterId>,
    /// The key of such an accept that the user has refused.
    #[serde(default)]
    pub unwanted: Option<PublicKey>,
    /// Our own signed request under known keys, which heals lost sessions.
    pub healing: Option<Healing>,
    /// When such a request was last answered, in seconds.
    #[serde(default)]
    pub healed_at: u64,
    /// The accept we last confirmed and the id of that confirm: a repeated accept gets the same one.
    pub confirmed: Option<(LetterId, LetterId)>,
    /// How often that one was repeated and confirmed again.
    #[serde(default)]
    pub confirmed_again: u8,
    /// Their unused one-time keys that we hold.
    pub theirs: OneTimeKeys,
    /// Our unused one-time keys that they hold.
    pub ours: OneTimeKeys,
    /// The next letter by mail answers their opening of an IRC session.
    pub answer_irc: bool,
    /// When we last put an opening of an IRC session into a mail, in seconds.
    pub opened_irc_at: u64,
    /// Our greetings over IRC bring no proof of them though their nick is there: the next letter by mail opens an IRC session.
    #[serde(default)]
    pub reopen_irc: bool,
    /// When an IRC session with them was last opened or answered in a mail of theirs, in seconds.
    #[serde(default)]
    pub irc_renewed_at: u64,
    /// New sessions their pre-key messages made: the day (days since 1970) and how many in it.
    pub new_sessions: (u64, u32),
    /// A status for this friend alone.
    pub status_for: Option<(Status, String)>,
    /// Other ways to reach me, told to this friend.
    pub ways: Vec<String>,
}

/// How far a friendship has come; each state holds only what is true in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Standing {
    /// Nobody to us; on the roster only when blocked.
    Stranger,
    /// We asked.
    Asked(Asked),
    /// They asked, with one to three different keys; the user has not answered.
    Asking(Vec<Asking>),
    /// We accepted; nobody has proved to hold both the keys and the mailbox.
    Confirming(Confirming),
    /// Both mailboxes are proved.
    Friend(Keys),
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
    /// When it left, in seconds.
    pub at: u64,
    /// By mail (repair waits an hour) or over IRC (60 s).
    pub by_mail: bool,
}

/// An announcement of our presence that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announce {
    /// Since when, in seconds.
    pub since: u64,
    /// When it was sent over IRC; a mail follows if nothing shows that it came.
    pub over_irc: Option<u64>,
    /// The earliest time at which it leaves by mail when the agent spreads, in seconds.
    pub mail_at: u64,
    /// Sends again what was lost; a hidden friend gets what they were sent, nothing newer.
    pub repair: bool,
    /// The secret was changed to hide from somebody: told before anything else is announced.
    #[serde(default)]
    pub hides: bool,
}

impl Contact {
    /// Somebody new on the roster: nobody yet, unseen, unseeing.
    pub fn new(address: Address, name: String, now: u64) -> Self {
        Self {
            address,
            name,
            knows_us_by: Vec::new(),
            note: String::new(),
            since: now,
            standing: Standing::Stranger,
            visible: true,
            blocked: false,
            verified: false,
            new_keys: None,
            pinned: None,
            shown: None,
            announce: None,
            untold_until: 0,
            untold_times: 0,
            receipts_at: 0,
            repaired_at: 0,
            holds: 0,
            presence: None,
            last_sent: 0,
            last_request: 0,
            healings: Healings::default(),
            answered: None,
            unwanted: None,
            healing: None,
            healed_at: 0,
            confirmed: None,
            confirmed_again: 0,
            theirs: OneTimeKeys::default(),
            ours: OneTimeKeys::default(),
            answer_irc: false,
            opened_irc_at: 0,
            reopen_irc: false,
            irc_renewed_at: 0,
            new_sessions: (0, 0),
            status_for: None,
            ways: Vec::new(),
        }
    }

    /// The keys in force, of a friend.
    pub fn keys(&self) -> Option<&Keys> {
        match &self.standing {
            Standing::Friend(keys) => Some(keys),
            Standing::Stranger
            | Standing::Asked(_)
            | Standing::Asking(_)
            | Standing::Confirming(_) => None,
        }
    }

    /// Whether one of these keys is in force with this person.
    pub fn shares(&self, keys: &Keys) -> bool {
        self.keys()
            .is_some_and(|ours| ours.curve25519 == keys.curve25519 || ours.ed25519 == keys.ed25519)
    }

    /// Whether this person's side has told that it knows a kind of letter; who has told nothing knows none.
    pub fn understands(&self, kind: u64) -> bool {
        let told = self.presence.as_ref();
        let known = told.and_then(|held| held.presence.capabilities.as_ref());
        known.is_some_and(|kinds| kinds.contains(&kind))
    }

    /// Accepts of ours that nobody has proved to hold, of this person's standing or for new keys.
    pub fn accepted(&self) -> &[Accepted] {
        match (&self.standing, &self.new_keys) {
            (Standing::Confirming(confirming), _) => &confirming.accepted,
            (_, Some(NewKeys::Confirming(accepted))) => accepted,
            _ => &[],
        }
    }

    /// Our request that waits for an answer.
    pub fn asked(&self) -> Option<&Asked> {
        match &self.standing {
            Standing::Asked(asked) => Some(asked),
            Standing::Confirming(confirming) => confirming.asked.as_ref(),
            Standing::Stranger | Standing::Asking(_) | Standing::Friend(_) => None,
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

    /// Requests of this person that wait for the user's answer.
    pub fn requests(&self) -> &[Asking] {
        match (&self.standing, &self.new_keys) {
            (Standing::Asking(asking), _) | (_, Some(NewKeys::Asking(asking))) => asking,
            _ => &[],
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
        let held = self.presence.as_ref();
        let networks = held.and_then(|held| held.presence.networks.as_ref());
        let names = networks.into_iter().flatten();
        names.map(|network| one_line(&network.name)).collect()
    }

    /// Whether this person has been sent our present secret.
    pub fn is_told(&self, account: &AccountState) -> bool {
        let current = |shown: &Shown| shown.real && shown.epoch == account.epoch;
        self.shown.as_ref().is_some_and(current)
    }

    /// The one-time keys of ours that this person was told, and has not used.
    pub fn one_time_keys_out(&self) -> Vec<PublicKey> {
        let asked = self.asked().map(|asked| asked.one_time_keys);
        let healing = self.healing.as_ref().map(|healing| healing.one_time_keys);
        let accepted = self.accepted().iter().map(|accepted| accepted.ours);
        let all = std::iter::once(self.ours).chain(asked).chain(healing);
        all.chain(accepted)
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

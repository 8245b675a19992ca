//! Friends as clients see them: each under a nick made from the name the user gave, and what has changed of them.

use std::collections::{BTreeMap, HashMap};

use crate::gateway::host::{Friend, Member};
use crate::gateway::nick;
use crate::protocol::clean;
use crate::protocol::time::Seconds;
use crate::rules::conversation::{ContactId, ConversationId};
use crate::rules::presence_tracker::Shown;

/// All friends, by nick, by id and by conversation.
#[derive(Debug, Default)]
pub(super) struct Contacts {
    by_nick: BTreeMap<String, Contact>,
    nicks: HashMap<ContactId, String>,
    conversations: HashMap<ConversationId, ContactId>,
}

/// A friend with the nick they are shown under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Contact {
    pub(super) nick: String,
    pub(super) user: String,
    pub(super) host: String,
    /// `nick!user@host`.
    pub(super) source: String,
    pub(super) friend: Friend,
}

/// A friend who is not as before: as they were, if they were there, and as they are, if they still are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ContactChange {
    pub(super) old: Option<Contact>,
    pub(super) new: Option<Contact>,
}

impl Contacts {
    /// Gives each friend a nick. Who has been on the roster longer has the first choice, so that a newcomer never
    /// takes a nick from anybody.
    pub(super) fn new(mut friends: Vec<Friend>) -> Self {
        friends.sort_by(|a, b| (a.since, &a.address).cmp(&(b.since, &b.address)));
        let mut people = Self::default();
        for friend in friends {
            let nick = nick::of_name(&friend.name, |nick| people.by_nick.contains_key(nick));
            let folded = nick::fold(&nick);
            people.nicks.insert(friend.id, folded.clone());
            people.conversations.insert(friend.conversation, friend.id);
            people.by_nick.insert(folded, Contact::new(nick, friend));
        }
        people
    }

    /// Who has this nick.
    pub(super) fn named(&self, nick: &str) -> Option<&Contact> {
        self.by_nick.get(&nick::fold(nick))
    }

    /// With whom this conversation is.
    pub(super) fn of(&self, conversation: ConversationId) -> Option<&Contact> {
        self.get(*self.conversations.get(&conversation)?)
    }

    /// Who this is.
    pub(super) fn get(&self, id: ContactId) -> Option<&Contact> {
        self.by_nick.get(self.nicks.get(&id)?)
    }

    /// Who a member of a group is on the roster, under the same keys.
    pub(super) fn who(&self, member: &Member) -> Option<&Contact> {
        self.get(member.contact)
            .filter(|contact| contact.is(member))
    }

    /// All, by nick.
    pub(super) fn all(&self) -> impl Iterator<Item = &Contact> {
        self.by_nick.values()
    }

    /// Somebody is as given now; what is different is added to `changes`. Says whether that was all: who has come, has
    /// left, has another name or other keys may give others another nick as well.
    pub(super) fn update(
        &mut self,
        id: ContactId,
        now: Option<Friend>,
        changes: &mut Vec<ContactChange>,
    ) -> bool {
        let nick = self.nicks.get(&id);
        let old = nick.and_then(|nick| self.by_nick.get_mut(nick));
        match (old, now) {
            (None, None) => true,
            (Some(old), Some(now)) if called(&old.friend) == called(&now) => {
                let new = Contact::new(old.nick.clone(), now);
                let old = std::mem::replace(old, new.clone());
                changes.extend(ContactChange::of(Some(&old), Some(&new)));
                true
            }
            (Some(_), Some(_) | None) | (None, Some(_)) => false,
        }
    }

    /// What is different in `new`.
    pub(super) fn changes(&self, new: &Self) -> Vec<ContactChange> {
        let here = |old: &Contact| ContactChange::of(Some(old), new.get(old.friend.id));
        let is_new = |new: &&Contact| self.get(new.friend.id).is_none();
        let fresh = new.all().filter(is_new);
        let fresh = fresh.filter_map(|new| ContactChange::of(None, Some(new)));
        self.all().filter_map(here).chain(fresh).collect()
    }
}

/// What nicks hang on.
fn called(friend: &Friend) -> (&str, Seconds, Option<&str>) {
    (&friend.name, friend.since, friend.fingerprint.as_deref())
}

impl ContactChange {
    fn of(old: Option<&Contact>, new: Option<&Contact>) -> Option<Self> {
        (old != new).then(|| Self {
            old: old.cloned(),
            new: new.cloned(),
        })
    }

    /// Whether they were present before, and are now.
    pub(super) fn presence(&self) -> (bool, bool) {
        let is_present =
            |contact: &Option<Contact>| contact.as_ref().is_some_and(Contact::is_present);
        (is_present(&self.old), is_present(&self.new))
    }

    /// As they were and as they are, if they have another nick now.
    pub(super) fn renamed(&self) -> Option<(&Contact, &Contact)> {
        let (old, new) = self.old.as_ref().zip(self.new.as_ref())?;
        (old.nick != new.nick).then_some((old, new))
    }
}

impl Contact {
    fn new(nick: String, friend: Friend) -> Self {
        let user = nick::ident(friend.address.local(), nick::LONGEST_USER);
        let host = nick::ident(friend.address.domain(), nick::LONGEST_HOST);
        let source = format!("{nick}!{user}@{host}");
        Self {
            nick,
            user,
            host,
            source,
            friend,
        }
    }

    /// Proved to be online, be they away or not. A nick that has not proved to be them is nobody.
    pub(super) fn is_present(&self) -> bool {
        match self.friend.presence {
            Shown::Online | Shown::Away | Shown::Busy => true,
            Shown::Offline | Shown::Unverified => false,
        }
    }

    /// Whether they are this member of a group: at their address, under their keys.
    pub(super) fn is(&self, member: &Member) -> bool {
        let key = self.friend.fingerprint.as_deref();
        self.friend.id == member.contact && key == Some(member.fingerprint.as_str())
    }

    /// Present and not away.
    pub(super) fn is_voiced(&self) -> bool {
        self.friend.presence == Shown::Online
    }

    /// Their word, if they are away.
    pub(super) fn away(&self) -> Option<String> {
        let plain = match self.friend.presence {
            Shown::Away => "away",
            Shown::Busy => "busy",
            Shown::Online | Shown::Offline | Shown::Unverified => return None,
        };
        let word = clean::line(&self.friend.word, LONGEST_WORD);
        let word = Some(word).filter(|word| !word.is_empty());
        Some(word.unwrap_or_else(|| plain.to_owned()))
    }

    /// Their word, if they are away, or that they are not there.
    pub(super) fn absence(&self) -> Option<String> {
        match self.is_present() {
            true => self.away(),
            false => Some("offline".to_owned()),
        }
    }

    /// What they call themselves, else what the user calls them.
    pub(super) fn real_name(&self) -> String {
        let own = self.friend.own_name.as_deref().unwrap_or_default();
        let own = clean::line(own, LONGEST_NAME);
        match own.is_empty() {
            true => clean::line(&self.friend.name, LONGEST_NAME),
            false => own,
        }
    }

    /// Their address as an account, if it was verified face to face or by the safety number.
    pub(super) fn account(&self) -> Option<&str> {
        self.friend.verified.then_some(self.friend.address.as_str())
    }
}

/// Of an away message, in bytes (`AWAYLEN`).
pub(super) const LONGEST_WORD: usize = 300;
/// Of a real name, in bytes (`NAMELEN`).
pub(super) const LONGEST_NAME: usize = 150;

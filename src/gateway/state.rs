//! What all clients share: the settings, the friends, the groups, who is writing.

use crate::protocol::group::MemberId;
use crate::protocol::time::{Millis, Seconds};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use jiff::tz::TimeZone;

use crate::edge::config;
use crate::gateway::client::Client;
use crate::gateway::contacts::{Contact, Contacts};
use crate::gateway::groups::{Channel, Groups};
use crate::gateway::host::{Host, Me, Member, With};
use crate::gateway::nick;
use crate::gateway::person::{self, Person};
use crate::gateway::strangers::Strangers;
use crate::rules::conversation::{ContactId, ConversationId};

/// How the gateway is set up.
#[derive(Debug, Clone)]
pub struct Settings {
    /// As the user has configured it.
    pub gateway: config::Gateway,
    /// Where the user's clock stands, for clients that take no `server-time`.
    pub zone: TimeZone,
    /// The program's version.
    pub version: String,
    /// When the gateway was started.
    pub started: Millis,
}

/// What is the same for all clients.
#[derive(Debug)]
pub(super) struct State {
    pub(super) settings: Settings,
    pub(super) contacts: Contacts,
    pub(super) groups: Groups,
    pub(super) strangers: Strangers,
    /// By which nick the topic of a group was set since the gateway was opened, and when; `None`: by the user.
    pub(super) topics: BTreeMap<ConversationId, (Option<String>, Seconds)>,
    /// `None` until the host was first asked.
    pub(super) me: Option<Me>,
    /// Friends who are writing, and until when that is believed.
    pub(super) typing: BTreeMap<ContactId, Millis>,
    /// How far conversations were read, as clients were last told.
    pub(super) shown_marks: BTreeMap<With, Millis>,
    /// Nicks that friends had since the gateway was opened, folded, and who: clients keep queries under them. `None` for
    /// one that several have had.
    former: BTreeMap<String, Option<ContactId>>,
    /// The time of the present call.
    pub(super) now: Millis,
    ids: u64,
}

impl State {
    pub(super) fn new(settings: Settings) -> Self {
        Self {
            settings,
            contacts: Contacts::default(),
            groups: Groups::default(),
            strangers: Strangers::default(),
            topics: BTreeMap::new(),
            me: None,
            typing: BTreeMap::new(),
            shown_marks: BTreeMap::new(),
            former: BTreeMap::new(),
            now: Millis(0),
            ids: 0,
        }
    }

    /// Asks the host for the time, and once who is who; later changes of that come as events.
    pub(super) fn know(&mut self, host: &dyn Host) {
        self.now = host.now();
        if self.me.is_none() {
            self.me = Some(host.me());
            self.contacts = Contacts::new(host.friends());
            self.groups = Groups::new(host.groups());
            self.strangers.follow(&self.groups, &self.contacts);
        }
    }

    /// A member of a group, as lines show them.
    pub(super) fn member(&self, member: &Member) -> Option<Person> {
        Person::of(member, &self.contacts, &self.strangers)
    }

    /// Everybody who is or was in a group, as they are called now.
    pub(super) fn everybody(&self) -> BTreeMap<MemberId, Person> {
        person::everybody(&self.groups, &self.contacts, &self.strangers)
    }

    /// Whether a friend is in a group whose channel this client is in.
    pub(super) fn meets(&self, client: &Client, contact: &Contact) -> bool {
        let mut channels = client.channels.iter().filter_map(|id| self.groups.get(*id));
        channels.any(|channel| channel.group.others().any(|one| contact.is(one)))
    }

    /// Who has written something in a group, or has done something there.
    pub(super) fn author(&self, channel: &Channel, contact: ContactId) -> Option<Person> {
        self.member(channel.group.author(contact)?)
    }

    /// A friend has had this nick. Of one that two have had nobody knows whom a client means.
    pub(super) fn was_called(&mut self, nick: &str, friend: ContactId) {
        let room = self.former.len() < MOST_FORMER;
        match self.former.entry(nick::fold(nick)) {
            Entry::Occupied(mut had) if *had.get() != Some(friend) => *had.get_mut() = None,
            Entry::Vacant(free) if room => drop(free.insert(Some(friend))),
            Entry::Occupied(_) | Entry::Vacant(_) => {}
        }
    }

    /// Who alone has had this nick.
    pub(super) fn formerly(&self, nick: &str) -> Option<&Contact> {
        self.contacts.get((*self.former.get(&nick::fold(nick))?)?)
    }

    /// The user's own address, as the account of all their clients.
    pub(super) fn account(&self) -> String {
        let me = self.me.as_ref();
        me.map(|me| me.address.as_str().to_owned())
            .unwrap_or_default()
    }

    /// The user's word, if they are away.
    pub(super) fn away(&self) -> Option<String> {
        self.me.as_ref().and_then(|me| me.away.clone())
    }

    /// An id for a line that is stored nowhere; no letter's id has this form.
    pub(super) fn passing_id(&mut self) -> String {
        self.ids = self.ids.wrapping_add(1);
        format!("passing-{:x}-{:x}", self.now.0, self.ids)
    }
}

/// Nicks of former times that are remembered.
const MOST_FORMER: usize = 1000;

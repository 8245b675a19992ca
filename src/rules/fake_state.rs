//! A state in memory, for the tests of single rules.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::wildcard_enum_match_arm,
    reason = "tests"
)]

mod values;

use std::cell::Cell;
use std::collections::BTreeMap;

use super::account::{AcceptPolicy, AccountState, Policy, Settings};
use super::contact::Contact;
use super::conversation::{Author, ContactId, ConversationId, Ids};
use super::decide::route;
use super::decision::Decision;
use super::effect::Effect;
use super::event::Event;
use super::group::copy::Copy;
use super::group::state::Group;
use super::group::waiting::WaitingAct;
use super::message::{Delivery, Message};
use super::outgoing::Outgoing;
use super::refusal::Refusal;
use super::view::{Invite, Tombstone, Unreadable, View};
use crate::protocol::address::Address;
use crate::protocol::group::{Act, GroupId, MemberId};
use crate::protocol::letter::{Body, Keys, LetterId, PublicKey, Secret, Status};
use crate::protocol::time::{Millis, Seconds};

pub(crate) use values::*;

/// Alice's state: all that the rules may read, to be set up by each test.
pub(super) struct FakeState {
    pub(super) settings: Settings,
    pub(super) account: AccountState,
    pub(super) people: Vec<Contact>,
    pub(super) messages: Vec<Message>,
    pub(super) waiting: Vec<Outgoing>,
    pub(super) invites: Vec<Invite>,
    pub(super) markers: BTreeMap<ConversationId, Millis>,
    pub(super) pending: usize,
    pub(super) read_whole: Cell<usize>,
    /// With the time until when each is kept.
    pub(super) tombstones: Vec<(Tombstone, Seconds)>,
    pub(super) groups: Vec<Group>,
    pub(super) acts: Vec<Act>,
    pub(super) acts_waiting: Vec<WaitingAct>,
    pub(super) copies: Vec<Copy>,
}

impl FakeState {
    /// An account of which nobody is on the roster.
    pub(super) fn new() -> Self {
        Self {
            settings: Settings {
                address: address("alice"),
                also: Vec::new(),
                name: "Alice".into(),
                networks: Vec::new(),
                window: 86_400,
                policy: Policy {
                    accept: AcceptPolicy::Ask,
                    auto: Vec::new(),
                    refuse: Vec::new(),
                },
                per_day: 0,
                rooms: Vec::new(),
                read_receipts: true,
                fetches: false,
            },
            account: AccountState {
                keys: keys(1),
                epoch: 100,
                secret: Secret([201; 32]),
                decoy: Secret([202; 32]),
                rotated_at: Seconds(100),
                leave_by: None,
                status: Status::Online,
                status_text: String::new(),
                invisible: false,
                restored: false,
                moved_out: None,
                announced: (Vec::new(), 86_400),
                automatic: (0, 0),
                prekey: Some((PublicKey([99; 32]), Seconds(100))),
            },
            people: Vec::new(),
            messages: Vec::new(),
            waiting: Vec::new(),
            invites: Vec::new(),
            markers: BTreeMap::new(),
            pending: 0,
            read_whole: Cell::new(0),
            tombstones: Vec::new(),
            groups: Vec::new(),
            acts: Vec::new(),
            acts_waiting: Vec::new(),
            copies: Vec::new(),
        }
    }

    /// The same with people of these names, and of the addresses that go with them.
    pub(super) fn with(names: &[&str]) -> Self {
        Self {
            people: names.iter().map(|name| nobody(name)).collect(),
            ..Self::new()
        }
    }

    /// A decision at [`NOW`].
    pub(super) fn decision<'a>(&'a self, rng: &'a mut Counting) -> Decision<'a> {
        Decision::new(&self.settings, self, NOW.millis(), rng, &Sealing)
    }

    pub(super) fn effects(
        &self,
        decide: impl FnOnce(&mut Decision<'_>) -> Result<(), Refusal>,
    ) -> Vec<Effect> {
        self.effects_at(NOW, decide)
    }

    pub(super) fn effects_at(
        &self,
        now: Seconds,
        decide: impl FnOnce(&mut Decision<'_>) -> Result<(), Refusal>,
    ) -> Vec<Effect> {
        let mut rng = Counting(0);
        let mut decision = Decision::new(&self.settings, self, now.millis(), &mut rng, &Sealing);
        decide(&mut decision).unwrap();
        decision.finish()
    }

    pub(super) fn after(&self, event: Event) -> Vec<Effect> {
        self.effects(|case| route(case, event).map(drop))
    }

    fn those(&self, fits: impl Fn(&Message) -> bool) -> Vec<Message> {
        let fitting = self.messages.iter().filter(|message| fits(message));
        fitting.cloned().collect()
    }
}

impl View for FakeState {
    fn account(&self) -> Result<AccountState, Unreadable> {
        Ok(self.account.clone())
    }

    fn contact(&self, id: ContactId) -> Result<Option<Contact>, Unreadable> {
        let mut people = self.people.iter();
        Ok(people.find(|person| person.id == id).cloned())
    }

    fn contact_at(&self, address: &Address) -> Result<Option<Contact>, Unreadable> {
        let mut people = self.people.iter();
        Ok(people.find(|person| person.address == *address).cloned())
    }

    fn id_at(&self, address: &Address) -> Result<Option<ContactId>, Unreadable> {
        Ok(Some(ids(address).contact))
    }

    fn address_of(&self, id: ContactId) -> Result<Option<Address>, Unreadable> {
        Ok(self.contact(id)?.map(|one| one.address))
    }

    fn contact_in(&self, conversation: ConversationId) -> Result<ContactId, Unreadable> {
        Ok(ContactId::new(conversation.number() - APART))
    }

    fn ids_at(&self, address: &Address) -> Result<Ids, Unreadable> {
        Ok(ids(address))
    }

    fn people(&self) -> Result<Vec<Contact>, Unreadable> {
        self.read_whole.set(self.read_whole.get() + 1);
        Ok(self.people.clone())
    }

    fn friends_of_keys(&self, keys: &Keys) -> Result<Vec<Contact>, Unreadable> {
        let friends = self.people.iter().filter(|person| person.shares(keys));
        Ok(friends.cloned().collect())
    }

    fn asked_by(&self, request: LetterId) -> Result<Option<Contact>, Unreadable> {
        let waits = |one: &&Contact| one.asked().is_some_and(|asked| asked.request == request);
        Ok(self.people.iter().find(waits).cloned())
    }

    fn person_named(&self, name: &str) -> Result<Option<Contact>, Unreadable> {
        let exact = self.people.iter().find(|person| person.name == name);
        let lower = name.to_lowercase();
        let alike = || {
            let mut people = self.people.iter();
            people.find(|person| person.name.to_lowercase() == lower)
        };
        Ok(exact.or_else(alike).cloned())
    }

    fn pending_requests(&self) -> Result<usize, Unreadable> {
        Ok(self.pending)
    }

    fn handshakes_due(&self, _now: Seconds) -> Result<Vec<Contact>, Unreadable> {
        Ok(self.people.clone())
    }

    fn message(
        &self,
        with: ConversationId,
        by: Author,
        id: LetterId,
    ) -> Result<Option<Message>, Unreadable> {
        let is = |m: &Message| m.conversation == with && m.author == by && m.id == id;
        Ok(self.those(is).pop())
    }

    fn changes(&self, with: ConversationId, of: LetterId) -> Result<Vec<Message>, Unreadable> {
        let changes = |message: &Message| message.change.as_ref().is_some_and(|one| one.of == of);
        Ok(self.those(|message| message.conversation == with && changes(message)))
    }

    fn changes_waiting(&self, with: ConversationId, since: Millis) -> Result<usize, Unreadable> {
        let there = |of| self.messages.iter().any(|text| text.id == of);
        let waits = |message: &Message| message.change.as_ref().is_some_and(|one| !there(one.of));
        let theirs = self.those(|message| {
            message.conversation == with
                && !message.is_ours()
                && message.arrival >= since
                && waits(message)
        });
        Ok(theirs.len())
    }

    fn marker(&self, with: ConversationId) -> Result<Option<Millis>, Unreadable> {
        Ok(self.markers.get(&with).copied())
    }

    fn unfinished(&self, with: ConversationId) -> Result<Vec<Message>, Unreadable> {
        Ok(self.those(|message| {
            message.conversation == with
                && message.is_ours()
                && [Delivery::Queued, Delivery::Sent].contains(&message.state)
        }))
    }

    fn messages_due(&self, now: Seconds) -> Result<Vec<Message>, Unreadable> {
        Ok(self.those(|message| message.due.is_some_and(|due| due <= now)))
    }

    fn unread(&self, with: ConversationId) -> Result<Vec<Message>, Unreadable> {
        Ok(self.those(|message| {
            message.conversation == with
                && !message.is_ours()
                && message.state == Delivery::Delivered
        }))
    }

    fn receipts_waiting(&self, to: ContactId) -> Result<Vec<Outgoing>, Unreadable> {
        let waiting = self.waiting.iter().filter(|letter| letter.to == to);
        let receipts = waiting.filter(|one| matches!(one.letter.body, Body::Receipt(_)));
        Ok(receipts.cloned().collect())
    }

    fn invite(&self, id: [u8; 8]) -> Result<Option<Invite>, Unreadable> {
        let mut invites = self.invites.iter();
        Ok(invites.find(|invite| invite.token.id() == id).cloned())
    }

    fn group(&self, conversation: ConversationId) -> Result<Option<Group>, Unreadable> {
        let mut groups = self.groups.iter();
        Ok(groups.find(|one| one.conversation == conversation).cloned())
    }

    fn group_of(&self, id: GroupId) -> Result<Option<Group>, Unreadable> {
        Ok(self.groups.iter().find(|one| one.id == id).cloned())
    }

    fn group_conversation(&self, id: GroupId) -> Result<ConversationId, Unreadable> {
        let known = self.group_of(id)?.map(|group| group.conversation);
        Ok(known.unwrap_or(ConversationId::new(3 * APART + i64::from(id.0[0]))))
    }

    fn groups(&self) -> Result<Vec<Group>, Unreadable> {
        Ok(self.groups.clone())
    }

    fn groups_with(&self, contact: ContactId) -> Result<Vec<Group>, Unreadable> {
        let with = |group: &&Group| group.members.iter().any(|one| one.contact == contact);
        Ok(self.groups.iter().filter(with).cloned().collect())
    }

    fn groups_due(&self, now: Seconds) -> Result<Vec<Group>, Unreadable> {
        let due = |group: &&Group| group.next_at().is_some_and(|at| at <= now);
        Ok(self.groups.iter().filter(due).cloned().collect())
    }

    fn acts(&self, _: ConversationId) -> Result<(Vec<Act>, Vec<WaitingAct>), Unreadable> {
        Ok((self.acts.clone(), self.acts_waiting.clone()))
    }

    fn said(
        &self,
        group: ConversationId,
        by: Author,
        number: u64,
    ) -> Result<Option<Message>, Unreadable> {
        let is = |one: &Message| {
            one.conversation == group
                && one.author == by
                && one.in_group.is_some_and(|place| place.number == number)
        };
        Ok(self.those(is).pop())
    }

    fn texts_of(&self, group: ConversationId, id: LetterId) -> Result<Vec<Message>, Unreadable> {
        Ok(self.those(|one| one.conversation == group && one.id == id && one.change.is_none()))
    }

    fn copies_of(&self, group: ConversationId, of: LetterId) -> Result<Vec<Copy>, Unreadable> {
        let is = |one: &&Copy| one.conversation == group && one.of == of;
        Ok(self.copies.iter().filter(is).cloned().collect())
    }

    fn copies_to(&self, group: ConversationId, to: MemberId) -> Result<Vec<Copy>, Unreadable> {
        let is = |one: &&Copy| one.conversation == group && one.to == to && !one.is_over();
        Ok(self.copies.iter().filter(is).cloned().collect())
    }

    fn copies_failed(&self, group: ConversationId, to: MemberId) -> Result<Vec<Copy>, Unreadable> {
        let failed = |one: &&Copy| {
            one.conversation == group && one.to == to && one.state == Delivery::Failed
        };
        Ok(self.copies.iter().filter(failed).cloned().collect())
    }

    fn copies_within(&self, letter: LetterId) -> Result<Vec<Copy>, Unreadable> {
        let is = |one: &&Copy| one.within == Some(letter);
        Ok(self.copies.iter().filter(is).cloned().collect())
    }

    fn copies_due(&self, now: Seconds) -> Result<Vec<Copy>, Unreadable> {
        let is = |one: &&Copy| !one.is_over() && one.due.is_some_and(|at| at <= now);
        Ok(self.copies.iter().filter(is).cloned().collect())
    }

    fn tombstone(&self, key: &Tombstone, now: Seconds) -> Result<bool, Unreadable> {
        let mut tombstones = self.tombstones.iter();
        Ok(tombstones.any(|(kept, until)| kept == key && *until > now))
    }
}

//! One decision in the making: what may be read, and the effects so far.

use std::collections::BTreeMap;
use std::time::Duration;

use super::account::{AccountState, Settings};
use super::contact::Contact;
use super::conversation::{ContactId, ConversationId};
use super::effect::{Effect, Notice};
use super::event::Answer;
use super::group::copy::Copy;
use super::group::state::Group;
use super::message::Delivery;
use super::outgoing::{Form, Outgoing, Route};
use super::refusal::Refusal;
use super::view::{Unreadable, View};
use crate::protocol::address::Address;
use crate::protocol::group::{Act, GroupId, MemberId};
use crate::protocol::letter::{Body, Keys, Letter, LetterId, PublicKey, Signature};
use crate::protocol::time::{Millis, Seconds};

/// Random bytes, passed in. Not `rand`'s trait: each of the tests' own would have to give numbers as well, three functions
/// for one, and nothing here draws a number.
pub trait Rng {
    /// Fills the buffer with random bytes.
    fn fill(&mut self, buffer: &mut [u8]);
}

/// Signatures: the account's own, made with a key that no rule sees, and those of others.
pub trait Signer {
    /// Signs bytes with the account's Ed25519 key.
    fn sign(&self, bytes: &[u8]) -> Result<Signature, Unreadable>;
    /// Whether a signature over bytes is of a key.
    fn verify(&self, key: PublicKey, bytes: &[u8], signature: &Signature) -> bool;
}

/// One decision in the making. People and the account are read once and written once, at the end.
pub(super) struct Decision<'a> {
    pub(super) settings: &'a Settings,
    pub(super) view: &'a dyn View,
    pub(super) now_ms: Millis,
    pub(super) rng: &'a mut dyn Rng,
    pub(super) signer: &'a dyn Signer,
    account: Option<AccountState>,
    people: BTreeMap<ContactId, Contact>,
    groups: BTreeMap<ConversationId, Group>,
    copies: BTreeMap<(ConversationId, LetterId, MemberId), Copy>,
    acts: BTreeMap<ConversationId, Vec<Act>>,
    effects: Vec<Effect>,
    /// A receipt over IRC is not decided here, but owed.
    pub(super) answers_later: bool,
    pub(super) owed: Option<Answer>,
}

impl<'a> Decision<'a> {
    pub(super) fn new(
        settings: &'a Settings,
        view: &'a dyn View,
        now_ms: Millis,
        rng: &'a mut dyn Rng,
        signer: &'a dyn Signer,
    ) -> Self {
        Self {
            settings,
            view,
            now_ms,
            rng,
            signer,
            account: None,
            people: BTreeMap::new(),
            groups: BTreeMap::new(),
            copies: BTreeMap::new(),
            acts: BTreeMap::new(),
            effects: Vec::new(),
            answers_later: false,
            owed: None,
        }
    }

    pub(super) fn now(&self) -> Seconds {
        self.now_ms.seconds()
    }

    /// Whether something was done at least so long ago. A time that is still to come was told by a clock that ran
    /// ahead, and holds nothing up.
    pub(super) fn is_past(&self, at: Seconds, span: Duration) -> bool {
        !self.now().is_within(span, at)
    }

    /// The account as this decision has left it so far.
    pub(super) fn account(&self) -> Result<AccountState, Unreadable> {
        self.account.clone().map_or_else(|| self.view.account(), Ok)
    }

    pub(super) fn put_account(&mut self, account: AccountState) {
        self.account = Some(account);
    }

    /// A person as this decision has left them so far.
    pub(super) fn person(&self, id: ContactId) -> Result<Option<Contact>, Unreadable> {
        match self.people.get(&id) {
            Some(person) => Ok(Some(person.clone())),
            None => self.view.contact(id),
        }
    }

    /// The same, by the address that they have.
    pub(super) fn person_at(&self, address: &Address) -> Result<Option<Contact>, Unreadable> {
        let mut changed = self.people.values();
        Ok(match self.view.contact_at(address)? {
            Some(known) => Some(self.people.get(&known.id).cloned().unwrap_or(known)),
            None => changed.find(|person| person.address == *address).cloned(),
        })
    }

    /// A person who must be on the roster.
    pub(super) fn known(&self, id: ContactId) -> Result<Contact, Refusal> {
        if let Some(person) = self.person(id)? {
            return Ok(person);
        }
        let address = self.view.address_of(id)?;
        Err(Refusal::Nobody(
            address.map_or_else(String::new, |one| one.to_string()),
        ))
    }

    /// The same, at an address.
    pub(super) fn known_at(&self, address: &Address) -> Result<Contact, Refusal> {
        self.person_at(address)?
            .ok_or_else(|| Refusal::Nobody(address.to_string()))
    }

    /// Somebody new on the roster, who is not kept yet.
    pub(super) fn new_contact(
        &self,
        address: &Address,
        name: String,
    ) -> Result<Contact, Unreadable> {
        let ids = self.view.ids_at(address)?;
        Ok(Contact::new(ids, address.clone(), name, self.now()))
    }

    /// Everybody as this decision has left them so far.
    pub(super) fn people(&self) -> Result<Vec<Contact>, Unreadable> {
        let mut people = self.view.people()?;
        for person in &mut people {
            if let Some(changed) = self.people.get(&person.id) {
                *person = changed.clone();
            }
        }
        Ok(people)
    }

    /// With whom one of these keys is in force, as this decision has left them so far.
    pub(super) fn friends_of_keys(&self, keys: &Keys) -> Result<Vec<Contact>, Unreadable> {
        let mut friends = self.view.friends_of_keys(keys)?;
        friends.retain(|person| !self.people.contains_key(&person.id));
        let changed = self.people.values().filter(|person| person.shares(keys));
        friends.extend(changed.cloned());
        Ok(friends)
    }

    pub(super) fn put(&mut self, person: Contact) {
        self.people.insert(person.id, person);
    }

    /// A group as this decision has left it so far.
    pub(super) fn group(&self, conversation: ConversationId) -> Result<Option<Group>, Unreadable> {
        match self.groups.get(&conversation) {
            Some(group) => Ok(Some(group.clone())),
            None => self.view.group(conversation),
        }
    }

    /// The same, by the id that it has for everybody.
    pub(super) fn group_of(&self, id: GroupId) -> Result<Option<Group>, Unreadable> {
        let mut changed = self.groups.values();
        match changed.find(|group| group.id == id) {
            Some(group) => Ok(Some(group.clone())),
            None => self.view.group_of(id),
        }
    }

    /// Groups that this decision has changed so far.
    pub(super) fn changed_groups(&self) -> Vec<ConversationId> {
        self.groups.keys().copied().collect()
    }

    pub(super) fn put_group(&mut self, group: Group) {
        self.groups.insert(group.conversation, group);
    }

    pub(super) fn forget(&mut self, id: ContactId) {
        self.people.remove(&id);
        self.effects.push(Effect::Forget(id));
    }

    /// The copies of something that the user said, as this decision has left them so far.
    pub(super) fn copies_of(
        &self,
        group: ConversationId,
        of: LetterId,
    ) -> Result<Vec<Copy>, Unreadable> {
        let mut copies = self.view.copies_of(group, of)?;
        for copy in &mut copies {
            if let Some(changed) = self.copies.get(&(group, of, copy.to)) {
                copy.clone_from(changed);
            }
        }
        Ok(copies)
    }

    /// Whether something that the user said waits to leave for a member, as this decision has left it so far.
    pub(super) fn has_queued(
        &self,
        group: ConversationId,
        to: MemberId,
    ) -> Result<bool, Unreadable> {
        let is_queued = |copy: &Copy| copy.state == Delivery::Queued;
        let mut changed = self.copies.values();
        if changed.any(|copy| copy.conversation == group && copy.to == to && is_queued(copy)) {
            return Ok(true);
        }
        let is_as_held = |copy: &&Copy| !self.copies.contains_key(&(group, copy.of, to));
        let held = self.view.copies_to(group, to)?;
        Ok(held.iter().filter(is_as_held).any(is_queued))
    }

    /// The acts of a group's book, with those that this decision has taken into it so far.
    pub(super) fn acts(&self, group: ConversationId) -> Result<Vec<Act>, Unreadable> {
        let (mut acts, _) = self.view.acts(group)?;
        acts.extend(self.acts.get(&group).into_iter().flatten().cloned());
        Ok(acts)
    }

    pub(super) fn cause(&mut self, effect: Effect) {
        if let Effect::Copy(copy) = &effect {
            let place = (copy.conversation, copy.of, copy.to);
            self.copies.insert(place, (**copy).clone());
        }
        if let Effect::Acts(group, taken, _) = &effect {
            let acts = self.acts.entry(*group).or_default();
            acts.extend(taken.iter().cloned());
        }
        self.effects.push(effect);
    }

    pub(super) fn tell(&mut self, notice: Notice) {
        self.cause(Effect::Tell(notice));
    }

    /// Tells the user one line about somebody.
    pub(super) fn word(&mut self, friend: ContactId, text: String) {
        let friend = Some(friend);
        self.tell(Notice::Word { friend, text });
    }

    pub(super) fn fresh_id(&mut self) -> LetterId {
        LetterId(self.random())
    }

    pub(super) fn random<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.rng.fill(&mut bytes);
        bytes
    }

    /// The time of the next letter to somebody: now, but above that of every earlier one to them.
    pub(super) fn next_sent(&self, to: &mut Contact) -> Millis {
        to.last_sent = self.now_ms.max(to.last_sent.next());
        to.last_sent
    }

    /// A letter to somebody, its `sent` above that of every earlier one to them.
    pub(super) fn letter(&mut self, to: &mut Contact, id: LetterId, body: Body) -> Letter {
        let sent = self.next_sent(to);
        Letter::bare(id, sent, body)
    }

    /// Puts a letter into the outbox, due at once.
    pub(super) fn post(&mut self, to: &Contact, letter: Letter, form: Form, route: Route) {
        self.post_at(to, letter, form, route, None);
    }

    /// Puts a letter into the outbox, due at once, dropped after so long.
    pub(super) fn post_at(
        &mut self,
        to: &Contact,
        letter: Letter,
        form: Form,
        route: Route,
        lasts: Option<Duration>,
    ) {
        let now = self.now();
        let expires = lasts.map(|span| now.after(span));
        self.cause(Effect::Post(Box::new(Outgoing {
            route,
            expires,
            ..Outgoing::by_mail(to.id, letter, form, now)
        })));
    }

    /// The effects: the account and the people first, then the rest in order.
    pub(super) fn finish(self) -> Vec<Effect> {
        let account = self
            .account
            .map(|account| Effect::Account(Box::new(account)));
        let people = self
            .people
            .into_values()
            .map(|person| Effect::Contact(Box::new(person)));
        let groups = self.groups.into_values();
        let groups = groups.map(|group| Effect::Group(Box::new(group)));
        account
            .into_iter()
            .chain(people)
            .chain(groups)
            .chain(self.effects)
            .collect()
    }
}

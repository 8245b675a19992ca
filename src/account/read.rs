//! What commands and the agent read of the account.

use super::cache::Cache;
use super::place::require_here;
use super::signer::KeySigner;
use super::{Account, AccountError, Members, To};
use crate::edge::store::{Changes, UnreadMails};
use crate::protocol::address::Address;
use crate::protocol::group::Act;
use crate::protocol::letter::{LetterId, Signature};
use crate::protocol::time::{MONTH, Millis, Seconds};
use crate::rules::account::AccountState;
use crate::rules::contact::Contact;
use crate::rules::conversation::{Author, ContactId, ConversationId, Ids};
use crate::rules::decision::Signer as _;
use crate::rules::entry::Entry;
use crate::rules::group::copy::Copy;
use crate::rules::group::room::closed::{self, Closed};
use crate::rules::group::room::open::{self, OpenRoom};
use crate::rules::group::state::Group;
use crate::rules::message::Message;
use crate::rules::queue::budget::Class;
use crate::rules::refusal::Refusal;
use crate::rules::view::{Invite, View};

impl Account {
    /// The person of a name or an address.
    /// Errors: [`Refusal::Nobody`] if the roster has none.
    pub fn who(&mut self, who: &str) -> Result<Contact, AccountError> {
        let address = Address::parse(who).ok();
        let found = self.store.read(|tx| {
            let named = tx.person_named(who)?;
            match (named, &address) {
                (Some(person), _) => Ok(Some(person)),
                (None, Some(address)) => Ok(tx.contact_at(address)?),
                (None, None) => Ok::<_, AccountError>(None),
            }
        })?;
        found.ok_or_else(|| Refusal::Nobody(who.to_owned()).into())
    }

    /// The user was shown this safety number of a person.
    pub fn note_shown(&mut self, id: ContactId, number: &str) -> Result<(), AccountError> {
        self.store
            .transact(|tx| Ok(tx.roster().set_shown_number(id, number)?))
    }

    /// The rooms of groups in which the user may be now; where a member cannot be read there is none of that group.
    pub fn open_rooms(&mut self) -> Result<Vec<OpenRoom>, AccountError> {
        let (settings, now) = (self.settings.clone(), self.now());
        self.look(|tx| {
            let mut rooms = Vec::new();
            for group in View::groups(tx)? {
                let open = open::open(tx, &settings, &group, now).map_err(AccountError::from);
                rooms.extend(AccountError::alone(open)?.ok().flatten());
            }
            Ok(rooms)
        })
    }

    /// What keeps the user out of the room of a group, if anything does.
    pub fn room_closed(&self, group: &Group) -> Result<Option<Closed>, AccountError> {
        let now = self.now();
        self.look(|tx| Ok(closed::closed(tx, &self.settings, group, now)?))
    }

    /// Signs what says in a room who is there.
    pub fn sign_there(&self, bytes: &[u8]) -> Result<Signature, AccountError> {
        self.look(|tx| Ok(KeySigner::new(tx).sign(bytes)?))
    }

    /// The account.
    pub fn state(&mut self) -> Result<AccountState, AccountError> {
        self.look_once(|tx| Ok(tx.account()?))
    }

    /// When the account left for another machine, if it did.
    pub fn moved_out(&self) -> Result<Option<Seconds>, AccountError> {
        self.look_once(|tx| Ok(tx.account()?.moved_out))
    }

    /// Errors: [`Refusal::MovedOut`].
    pub fn require_here(&self) -> Result<(), AccountError> {
        self.look_once(require_here)
    }

    /// Everybody on the roster, by name.
    pub fn people(&mut self) -> Result<Vec<Contact>, AccountError> {
        self.look_once(|tx| Ok(tx.people()?))
    }

    /// One person, if they are on the roster.
    pub fn contact(&mut self, id: ContactId) -> Result<Option<Contact>, AccountError> {
        self.look_once(|tx| Ok(tx.contact(id)?))
    }

    /// With whom a conversation is: as they stand on the roster or, if they have left it, a stranger called by the address that
    /// they had.
    pub fn contact_in(
        &self,
        conversation: ConversationId,
    ) -> Result<Option<Contact>, AccountError> {
        let contact = self.look_once(|tx| Ok(tx.contact_in(conversation)?))?;
        self.whoever(contact)
    }

    /// The same of somebody; who cannot be read is known by their address alone.
    pub fn whoever(&self, contact: ContactId) -> Result<Option<Contact>, AccountError> {
        let former = |address: Address| {
            let (ids, name) = (Ids::new(contact.number(), 0), address.to_string());
            Contact::new(ids, address, name, Seconds(0))
        };
        self.look(|tx| {
            let known = AccountError::alone(tx.contact(contact).map_err(AccountError::from))?;
            match known.ok().flatten() {
                Some(person) => Ok(Some(person)),
                None => Ok(tx.address_of(contact)?.map(former)),
            }
        })
    }

    /// The texts with one friend or with all as they are to be shown now, in the senders' order; or of them only those
    /// that are new, or that have changed since they were seen.
    pub fn entries(
        &mut self,
        with: Option<ConversationId>,
        only_new: bool,
    ) -> Result<Vec<Entry>, AccountError> {
        self.look(|tx| Ok(tx.texts().entries(with, only_new)?))
    }

    /// All groups, by name.
    pub fn groups(&self) -> Result<Vec<Group>, AccountError> {
        self.look(|tx| Ok(View::groups(tx)?))
    }

    /// The group of a name, with a `#` in front or without, whatever the case.
    /// Errors: [`Refusal::NoGroup`].
    pub fn group_named(&self, name: &str) -> Result<Group, AccountError> {
        let bare = name.strip_prefix('#').unwrap_or(name);
        let groups = self.groups()?;
        let exact = groups.iter().find(|group| group.name == bare);
        let lower = bare.to_lowercase();
        let alike = || groups.iter().find(|one| one.name.to_lowercase() == lower);
        let found = exact.or_else(alike).cloned();
        found.ok_or_else(|| Refusal::NoGroup(bare.to_owned()).into())
    }

    /// The group whose conversation this is, if it is a group's, and what its members are called.
    pub fn members_in(
        &self,
        conversation: ConversationId,
    ) -> Result<Option<Members>, AccountError> {
        self.look(|tx| {
            let group = tx.group(conversation)?;
            group.map(|group| Members::read(tx, group)).transpose()
        })
    }

    /// What the members of a group are called.
    pub fn members_of(&self, group: Group) -> Result<Members, AccountError> {
        self.look(|tx| Members::read(tx, group))
    }

    /// The copies of something that the user said in a group, of everybody.
    pub fn copies(&self, group: ConversationId, of: LetterId) -> Result<Vec<Copy>, AccountError> {
        self.look(|tx| Ok(tx.copies_of(group, of)?))
    }

    /// The acts of a group's book.
    pub fn acts(&self, group: ConversationId) -> Result<Vec<Act>, AccountError> {
        self.look(|tx| Ok(tx.acts(group)?.0))
    }

    /// The user was told who hears what they say in a group; gives those of whom they had not been told before.
    pub fn note_heard_by(
        &mut self,
        group: ConversationId,
        whom: &[ContactId],
    ) -> Result<Vec<ContactId>, AccountError> {
        let key = format!("heard_by {}", group.number());
        let kept = self.look(|tx| Ok(tx.meta_get(&key)?.unwrap_or_default()))?;
        let is_told = |id: &ContactId| kept.split(' ').any(|one| one == id.number().to_string());
        let mut new = whom.to_vec();
        new.retain(|id| !is_told(id));
        if !new.is_empty() {
            let told: Vec<String> = whom.iter().map(|id| id.number().to_string()).collect();
            let told = told.join(" ");
            self.store
                .transact(|tx| Ok::<_, AccountError>(tx.meta_set(&key, &told)?))?;
        }
        Ok(new)
    }

    /// The text whose id lies in a span: in which conversation, and the whole id.
    /// Errors: [`Refusal::NoSuchText`] and [`Refusal::Ambiguous`].
    pub fn text_named(
        &self,
        first: LetterId,
        last: LetterId,
    ) -> Result<(To, LetterId), AccountError> {
        let mut found = self.look(|tx| Ok(tx.texts().named(first, last)?))?;
        match (found.pop(), found.pop()) {
            (Some((conversation, text)), None) => Ok((self.to(conversation)?, text)),
            (Some(_), Some(_)) => Err(Refusal::Ambiguous.into()),
            (None, _) => Err(Refusal::NoSuchText.into()),
        }
    }

    fn to(&self, conversation: ConversationId) -> Result<To, AccountError> {
        self.look(|tx| match tx.group(conversation)? {
            Some(_) => Ok(To::Group(conversation)),
            None => Ok(To::Friend(tx.contact_in(conversation)?)),
        })
    }

    /// The texts with one friend or with all and the changes of them, each a row of its own, in the senders' order.
    pub fn history(
        &mut self,
        with: Option<ConversationId>,
        only_new: bool,
    ) -> Result<Vec<Message>, AccountError> {
        self.look(|tx| Ok(tx.texts().history(with, only_new)?))
    }

    /// One text of ours.
    pub fn text(
        &mut self,
        with: ConversationId,
        id: LetterId,
    ) -> Result<Option<Message>, AccountError> {
        self.look(|tx| Ok(tx.message(with, Author::Us, id)?))
    }

    /// All invites.
    pub fn invites(&mut self) -> Result<Vec<Invite>, AccountError> {
        self.look(|tx| Ok(tx.given_out().all()?))
    }

    /// How many letters wait in the outbox.
    pub fn waiting(&mut self) -> Result<usize, AccountError> {
        self.look(|tx| Ok(tx.outbox().count()?))
    }

    /// Which shares of the day's mails are spent, to whom if it is one person's, and until when.
    pub fn shares_spent(&mut self) -> Result<Vec<(Class, Option<Address>, Seconds)>, AccountError> {
        let (now, per_day) = (self.now(), self.settings.per_day);
        self.look(|tx| {
            let spent = tx.budget().day(per_day, now)?.spent().into_iter();
            let with_address = |(class, to, until): (Class, Option<ContactId>, Seconds)| {
                let address = to.map(|id| tx.address_of(id)).transpose()?;
                Ok((class, address.flatten(), until))
            };
            spent.map(with_address).collect()
        })
    }

    /// Makes the token of a loop-back mail to ourselves.
    pub fn new_probe(&mut self) -> Result<[u8; 16], AccountError> {
        let mut token = [0; 16];
        self.rng.fill(&mut token);
        let now = self.now();
        self.store
            .transact(|tx| tx.dedup().put_probe(&token, now))?;
        Ok(token)
    }

    /// From whom the last loop-back mail came that arrived since a time.
    pub fn probe_came(&mut self, since: Seconds) -> Result<Option<String>, AccountError> {
        let kept = self.look(|tx| Ok(tx.meta_get(PROBE)?))?;
        let parsed = kept.as_deref().and_then(|kept| kept.split_once(' '));
        Ok(parsed
            .filter(|(at, _)| at.parse().is_ok_and(|at| Seconds(at) >= since))
            .map(|(_, from)| from.to_owned()))
    }

    /// How many mails of the last month bear our marker and could not be read, and why the last of them.
    pub fn unread_mails(&mut self) -> Result<UnreadMails, AccountError> {
        let since = self.now().before(MONTH);
        self.look_once(|tx| Ok(tx.dedup().unread_mails(since)?))
    }

    /// Up to when the user has read what is no conversation with a friend; it never falls.
    pub fn put_place_marker(&mut self, place: &str, up_to: Millis) -> Result<(), AccountError> {
        self.store
            .transact(|tx| Ok(tx.texts().put_place_marker(place, up_to)?))
    }

    /// Looks what others have changed.
    pub(super) fn refreshed(&mut self) -> Result<&mut Cache, AccountError> {
        let version = self.store.version()?;
        let known = self.cache.take();
        let cache = match known.filter(|known| known.version == version) {
            Some(known) => known,
            None => Cache::read(&self.store, version)?,
        };
        Ok(self.cache.insert(cache))
    }

    /// What [`Account::refreshed`] showed last; of turns made here since, it shows all.
    fn cached(&mut self) -> Result<&mut Cache, AccountError> {
        let own = self.store.own_changes();
        match self.cache.take_if(|known| known.version.own == own) {
            Some(known) => Ok(self.cache.insert(known)),
            None => self.refreshed(),
        }
    }

    /// What has changed since this was asked last, by whomever; at first, everything.
    pub fn changes(&mut self) -> Result<Changes, AccountError> {
        let known = self.known_changes;
        let changes = self.look_once(|tx| Ok(tx.changes_since(known)?))?;
        self.known_changes = changes.last;
        Ok(changes)
    }

    /// [`Account::changes`] begins anew, with everything.
    pub fn forget_changes(&mut self) {
        self.known_changes = 0;
    }

    /// A number that changes when another program has committed something: as of the last look at the roster file.
    pub fn data_version(&mut self) -> Result<i64, AccountError> {
        let opened = i64::from(self.counters.opened) << 32;
        Ok(self.cached()?.version.others.wrapping_add(opened))
    }

    /// When the next timer of any kind fires, at `since` or later: as of the last look at the
    /// roster file, and all turns made here.
    pub fn next_timer(&mut self, since: Seconds) -> Result<Option<Seconds>, AccountError> {
        let known = self.cached()?.next_timer;
        if let Some((_, at)) = known.filter(|(asked, _)| *asked == since) {
            return Ok(at);
        }
        let at = self.look_once(|tx| Ok(tx.next_timers(since)?))?;
        self.cached()?.next_timer = Some((since, at));
        Ok(at)
    }

    /// No letter waits: as of the last look at the roster file, and all turns made here.
    pub(super) fn outbox_is_empty(&mut self) -> Result<bool, AccountError> {
        Ok(self.cached()?.outbox_is_empty)
    }
}

/// Under this key the last loop-back mail is kept: when it came and from whom.
pub(super) const PROBE: &str = "probe_came";

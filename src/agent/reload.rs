//! What has changed is read again, and nothing else: contacts, our own side, the configuration; and what follows from it.

use std::collections::BTreeSet;
use std::time::Duration;

use super::networks::of_network;
use super::nick_index::{Changed, NetworkNick, is_looked_for};
use super::rooms::Rooms;
use super::{Agent, AgentError, Happened, Outside, nick_index};
use crate::account::{AccountError, joined};
use crate::edge::config::Config;
use crate::edge::irc::{Order, WatchChange};
use crate::edge::store::Contacts;
use crate::protocol::time::Seconds;
use crate::rules::contact::Contact;
use crate::rules::conversation::ContactId;
use crate::rules::event::Act;

impl<O: Outside> Agent<O> {
    /// Reads again what has changed since this was done last, by whomever.
    pub(super) fn refresh(&mut self) -> Result<(), AccountError> {
        let done = self.try_to_refresh();
        if done.is_err() {
            // What was not read now is read the next time, with everything else.
            self.account.forget_changes();
        }
        done
    }

    /// After an act of the user's: rooms that somebody must not see us in are left before anything else is said there.
    pub(super) fn refresh_at_once(&mut self) {
        self.refresh_or_log();
        self.follow_rooms();
    }

    pub(super) fn refresh_or_log(&mut self) {
        if let Err(fault) = self.refresh() {
            tracing::error!("{fault}");
        }
    }

    fn try_to_refresh(&mut self) -> Result<(), AccountError> {
        let mut changes = self.account.changes()?;
        if changes.account && self.is_to_ask_anew()? {
            let outcome = self.account.act(Act::Restored)?;
            self.tell_all(outcome.notices);
            changes.add(self.account.changes()?);
        }
        if changes.account
            && let Some(before) = joined::refresh(&mut self.account)?
        {
            self.relink_or_log(&before);
        }
        let for_all = changes.account && self.refresh_account()?;
        let of_rooms = changes.groups || changes.account || changes.contacts != Contacts::default();
        let told = match std::mem::take(&mut changes.contacts) {
            Contacts::Only(these) => self.refresh_contacts(these)?,
            Contacts::All => self.refresh_all()?,
        };
        if of_rooms || for_all {
            self.rooms.changed();
        }
        self.changed.add(changes);
        match for_all {
            true => self.tell_status(self.watch.seen().collect()),
            false => self.tell_status(told),
        }
        Ok(())
    }

    /// A backup was put back, and the account lives here.
    fn is_to_ask_anew(&mut self) -> Result<bool, AccountError> {
        let state = self.account.state()?;
        Ok(state.restored && state.moved_out.is_none())
    }

    /// Our own side is read again; says whether we have another status than before.
    fn refresh_account(&mut self) -> Result<bool, AccountError> {
        let now = self.account.state()?;
        let before = std::mem::replace(&mut self.state, now);
        if before.invisible != self.state.invisible {
            for friend in self.roster.ids() {
                self.set_watched(friend);
            }
            self.follow.again();
        }
        self.outside.tell(Happened::Account);
        let status = (&self.state.status, &self.state.status_text);
        Ok((&before.status, &before.status_text) != status)
    }

    fn refresh_contacts(
        &mut self,
        these: BTreeSet<ContactId>,
    ) -> Result<Vec<ContactId>, AccountError> {
        let mut told = Vec::new();
        for id in these.iter().copied() {
            let now = self.account.contact(id)?;
            told.extend(self.set_contact(id, now).then_some(id));
            self.outside.tell(Happened::Contact(id));
        }
        self.derive(these);
        Ok(told)
    }

    fn refresh_all(&mut self) -> Result<Vec<ContactId>, AccountError> {
        let mut told = Vec::new();
        let mut gone = self.roster.ids();
        for person in self.account.people()? {
            let id = person.id;
            gone.remove(&id);
            told.extend(self.set_contact(id, Some(person)).then_some(id));
        }
        for id in &gone {
            self.set_contact(*id, None);
        }
        self.derive(gone);
        self.derive_all();
        self.outside.tell(Happened::Contacts);
        Ok(told)
    }

    /// A contact is as given now; says whether the user has another status for them than before (`iim status --for`).
    fn set_contact(&mut self, id: ContactId, now: Option<Contact>) -> bool {
        let renewed = |one: &Contact| one.friend().map(|friend| friend.irc_renewed_at);
        let seen = |one: &Contact| (renewed(one), one.status_for.clone());
        let is = now.as_ref().map(seen);
        let before = self.roster.set(id, now);
        let was = before.as_ref().map(seen);
        self.follow
            .compare(id, before.as_ref(), self.roster.get(id));
        self.set_watched(id);
        let Some(((renewed, told), (was_renewed, was_told))) = is.zip(was) else {
            return false;
        };
        // Where a mail brought a new IRC session, greetings are worth another try.
        if renewed != was_renewed {
            self.watch.renewed(id);
        }
        told != was_told
    }

    /// Whether somebody is looked for, and greeted.
    fn set_watched(&mut self, id: ContactId) {
        let person = self.roster.get(id).filter(|one| is_looked_for(one));
        let greetable = person.map(|one| one.visible && !self.state.invisible);
        self.watch.set_friend(id, greetable);
    }

    /// Derives the nicks of everybody, if our networks are called otherwise than before or the clock has gone back.
    pub(super) fn derive_all(&mut self) {
        self.ours = self.networks.ours().cloned().collect();
        self.derive(self.roster.ids());
    }

    /// Derives the nicks of now of some friends, and tells the links.
    pub(super) fn derive(&mut self, friends: impl IntoIterator<Item = ContactId>) {
        let now = self.clock.now();
        for friend in friends {
            let person = self.roster.get(friend);
            let derived = person.map(|person| nick_index::derive(person, &self.ours, now));
            let (mut nicks, until) = derived.unwrap_or_default();
            let seen = self.watch.nicks_of(friend);
            nicks.extend(seen.map(|(network, nick)| (network.to_owned(), nick.to_owned())));
            self.nicks.set(friend, nicks, until);
        }
        let watch = &self.watch;
        let proved = |who, at: &NetworkNick| watch.proves(who, &at.0, &at.1);
        let changed = self.nicks.settle(&proved, now);
        self.follow_nicks(changed);
    }

    /// Nicks that have held as long as they do are derived anew, and those that crowd together take turns.
    pub(super) fn derive_due(&mut self, now: Seconds) {
        if now < self.derived {
            self.derive_all();
        }
        self.derived = now;
        self.derive(self.nicks.due(now));
    }

    /// Links are told whom to look for now. Of a nick that is there already no link tells anew: whoever has come to claim it
    /// is told here, and whoever does no more.
    fn follow_nicks(&mut self, mut changed: Changed) {
        for net in self.networks.values_mut() {
            let change = match net.watched {
                true if std::mem::replace(&mut net.is_told, true) => {
                    changed.nicks.remove(&net.name).unwrap_or_default()
                }
                true => WatchChange {
                    more: self.nicks.on(&net.name),
                    less: BTreeSet::new(),
                },
                // Nobody is looked for here; but whoever has greeted us must be seen to leave.
                false => {
                    let now = self.watch.nicks_on(&net.name).map(str::to_owned).collect();
                    let before = std::mem::replace(&mut net.greeted, now);
                    WatchChange {
                        more: net.greeted.difference(&before).cloned().collect(),
                        less: before.difference(&net.greeted).cloned().collect(),
                    }
                }
            };
            if !change.is_empty() {
                for nick in &change.less {
                    net.there.remove(nick);
                }
                self.outside.order(&net.name, Order::Watch(change));
            }
        }
        for (friend, (network, nick)) in changed.come {
            if self.networks.is_there(&network, &nick) {
                self.comes(friend, &network, &nick);
            }
        }
        for (friend, (network, nick)) in changed.gone {
            if self.networks.is_there(&network, &nick) {
                let wishes = self.watch.down(friend, &network, &nick, self.clock.now());
                self.grant(wishes);
            }
        }
    }

    /// Follows whoever has come, gone or proved themselves: a nick of the secret before is looked for no more, and the mail
    /// worker leaves the texts of those reached over IRC to us, until they are reached no more.
    pub(super) fn follow_moved(&mut self) {
        let moved = self.watch.take_moved();
        let reachable = self.networks.reachable();
        let lost_or_joined = reachable != self.reachable;
        if moved.is_empty() && !lost_or_joined {
            return;
        }
        self.reachable = reachable;
        let of_networks: Vec<_> = match lost_or_joined {
            true => self
                .watch
                .seen()
                .chain(self.reached.iter().copied())
                .collect(),
            false => Vec::new(),
        };
        let mut is_lost = false;
        for friend in moved.iter().chain(&of_networks).copied() {
            let is = self.way_to(friend).is_some();
            let is_another = match is {
                true => self.reached.insert(friend),
                false => self.reached.remove(&friend),
            };
            if is_another {
                is_lost = is_lost || !is;
                self.outside.reached(friend, is);
            }
        }
        if is_lost {
            self.outside.mail_is_due();
        }
        self.derive(moved);
    }

    pub(super) fn look(&mut self, now: Seconds) -> Result<(), AccountError> {
        let edited = self.account.take_edits()?;
        let version = self.account.data_version()?;
        let by_others = version != self.version || !edited.is_empty();
        self.version = version;
        self.tell_all(edited);
        self.refresh()?;
        if by_others {
            self.follow_others()?;
        }
        self.connect_again(now);
        self.follow_friends(now);
        // What has fired before and still waits is looked at every few minutes: no clock brings what it lacks.
        let next = self.account.next_timer(self.looked)?;
        let due = next.is_some_and(|at| at <= now);
        if due || !now.is_within(LOOK, self.looked) {
            self.looked = now;
            let outcome = self.account.tick()?;
            self.tell_all(outcome.notices);
            self.outside.mail_is_due();
        }
        Ok(())
    }

    /// Does what other programs have left to the agent.
    fn follow_others(&mut self) -> Result<(), AccountError> {
        let changed = std::mem::take(&mut self.changed);
        if changed.notices {
            let caused = self.account.take_notices()?;
            self.tell_all(caused);
        }
        if changed.groups {
            self.outside.tell(Happened::Groups);
        }
        if changed.texts {
            self.say_in_rooms();
            self.outside.tell(Happened::Texts);
        }
        if changed.outbox && self.has_mail().unwrap_or(true) {
            self.outside.mail_is_due();
        }
        Ok(())
    }

    /// What was said in groups leaves in their rooms.
    pub(super) fn say_in_rooms(&mut self) {
        self.rooms.said();
        self.in_rooms(Rooms::say);
    }

    /// Looks for friends who are on none of our networks. What goes wrong with that is no reason to leave anything else undone.
    fn follow_friends(&mut self, now: Seconds) {
        if !self.follow.is_due(&self.networks, now) {
            return;
        }
        let before = self.account.config.clone();
        let ours = self.networks.ours().cloned().collect();
        let mut told = Vec::new();
        let at = (ours, !self.state.invisible);
        let looked = self
            .follow
            .look(&mut self.account, &self.roster, at, &mut told);
        if before != self.account.config {
            self.relink_or_log(&before);
        }
        self.tell_all(told);
        if let Err(fault) = looked {
            tracing::error!("friends on other networks were not looked for: {fault}");
        }
    }

    /// Reads `config.toml` again: links whose network has changed begin anew.
    /// Errors: [`AgentError`]; what was in force stays so, as far as it was not replaced yet.
    pub fn take_configuration(&mut self) -> Result<(), AgentError> {
        let before = self.account.config.clone();
        self.account.reload()?;
        self.outside.configured(&self.account.config);
        let relinked = self.relink(&before);
        self.refresh()?;
        self.outside.tell(Happened::Account);
        relinked
    }

    /// Links whose network is another than before begin anew.
    /// Errors: [`AgentError`], of a link that cannot be had: the others are there, and it is tried again.
    fn relink(&mut self, before: &Config) -> Result<(), AgentError> {
        let config = self.account.config.clone();
        let same = |name: &String| of_network(before, name) == of_network(&config, name);
        let gone = self.networks.keys().filter(|name| !same(name));
        let gone: Vec<String> = gone.cloned().collect();
        for name in gone {
            self.lose(&name, None);
            self.networks.remove(&name);
            self.outside.close(&name);
            self.rooms.close(&name, &mut self.outside);
        }
        self.watch.set_grace(config.presence.grace);
        self.connect(self.clock.now())
    }

    pub(super) fn relink_or_log(&mut self, before: &Config) {
        if let Err(fault) = self.relink(before) {
            tracing::error!("{fault}");
        }
    }

    /// Starts the links that are not there.
    fn connect(&mut self, now: Seconds) -> Result<(), AgentError> {
        let config = &self.account.config;
        let connected = self.networks.connect(config, &mut self.outside);
        self.networks.tried = now;
        self.looked = Seconds(0);
        self.follow.relinked();
        self.derive_all();
        connected
    }

    /// A link that could not be had is tried again.
    pub(super) fn connect_again(&mut self, now: Seconds) {
        let is_whole = self.networks.are_all(&self.account.config);
        if is_whole || now.is_within(AGAIN, self.networks.tried) {
            return;
        }
        if let Err(fault) = self.connect(now) {
            tracing::warn!("{fault}");
        }
    }
}

/// After how long a link that could not be had is tried again: the program that gives its password may take ten seconds.
const AGAIN: Duration = Duration::from_mins(5);
/// How often timers are looked at though none is known to be due.
const LOOK: Duration = Duration::from_mins(5);

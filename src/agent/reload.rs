//! What other programs may have changed is read again: roster, status, configuration; and what follows from it.

use std::collections::{BTreeMap, BTreeSet};

use super::network::Net;
use super::nick_index::{Nicks, Ours};
use super::{Agent, AgentError, Happened, Outside};
use crate::account::AccountError;
use crate::edge::config::Config;
use crate::edge::irc::Order;
use crate::protocol::address::Address;
use crate::protocol::letter::Status;
use crate::rules::event::{Act, Event};
use crate::rules::person::Person;

impl<O: Outside> Agent<O> {
    /// Reads everything again that other programs may have changed.
    pub(super) fn refresh(&mut self) -> Result<(), AccountError> {
        if self.account.state()?.restored {
            let outcome = self.account.act(Act::Restored)?;
            self.tell_all(outcome.notices);
        }
        let before = (self.state.status, self.state.status_text.clone());
        self.state = self.account.state()?;
        let people = self.account.people()?;
        self.greet_renewed(&people);
        let told = self.told_otherwise(&people);
        self.people = people;
        self.names = self
            .people
            .iter()
            .map(|one| (one.address.clone(), one.name.clone()))
            .collect();
        self.set_watched();
        let for_all = before != (self.state.status, self.state.status_text.clone());
        self.tell_status(|friend| for_all || told.contains(friend));
        self.outside.tell(Happened::Refreshed, &self.names);
        Ok(())
    }

    /// Where a mail brought a new IRC session, greetings are worth another try.
    fn greet_renewed(&mut self, people: &[Person]) {
        let before: BTreeMap<&Address, u64> = self
            .people
            .iter()
            .map(|one| (&one.address, one.irc_renewed_at))
            .collect();
        for now in people {
            let renewed = before.get(&now.address);
            if renewed.is_some_and(|at| *at != now.irc_renewed_at) {
                self.watch.renewed(&now.address);
            }
        }
    }

    /// Friends for whom the user has another status than before (`iim status --for`).
    fn told_otherwise(&self, people: &[Person]) -> BTreeSet<Address> {
        let before: BTreeMap<&Address, &Option<(Status, String)>> = self
            .people
            .iter()
            .map(|one| (&one.address, &one.status_for))
            .collect();
        let differs = |now: &&Person| {
            let was = before.get(&now.address);
            was.is_some_and(|was| **was != now.status_for)
        };
        let changed = people.iter().filter(differs);
        changed.map(|one| one.address.clone()).collect()
    }

    /// Who is looked for, and under which nicks.
    fn set_watched(&mut self) {
        let greetable =
            |person: &Person| person.visible && !person.blocked && !self.state.invisible;
        let friends: BTreeMap<Address, bool> = self
            .people
            .iter()
            .filter(|person| person.keys().is_some() && !person.blocked)
            .map(|person| (person.address.clone(), greetable(person)))
            .collect();
        self.watch.set_friends(&friends);
        self.derive();
    }

    /// Derives the nicks of now, and tells the links.
    pub(super) fn derive(&mut self) {
        let ours: Vec<Ours> = self.nets.values().map(Net::ours).collect();
        let now = self.clock.now();
        let mut nicks = Nicks::derive(&self.people, &ours, now);
        let seen = self.watch.seen();
        nicks.keep(&seen);
        nicks.bound(&self.watch.proved(), now);
        let before = std::mem::replace(&mut self.nicks, nicks);
        for net in self.nets.values_mut() {
            let nicks = if net.watched {
                self.nicks.on(&net.name)
            } else {
                // Nobody is looked for here; but whoever has greeted us must be seen to leave.
                let here = seen.iter().filter(|(_, network, _)| *network == net.name);
                here.map(|(.., nick)| nick.clone()).collect()
            };
            if net.looked_for.as_ref() != Some(&nicks) {
                net.there.retain(|nick| nicks.contains(nick));
                net.looked_for = Some(nicks.clone());
                self.outside.order(&net.name, Order::Watch(nicks));
            }
        }
        self.note_claims(&before);
    }

    /// Of a nick that is there already no link tells anew: whoever has come to claim it is told here, and whoever does
    /// no more.
    fn note_claims(&mut self, before: &Nicks) {
        let (mut come, mut gone) = (Vec::new(), Vec::new());
        for net in self.nets.values() {
            for nick in &net.there {
                let old = before.claimants(&net.name, nick);
                let new = self.nicks.claimants(&net.name, nick);
                let only = |these: &[Address], those: &[Address]| -> Vec<_> {
                    let friends = these.iter().filter(|friend| !those.contains(friend));
                    friends
                        .map(|friend| (friend.clone(), net.name.clone(), nick.clone()))
                        .collect()
                };
                come.extend(only(new, old));
                gone.extend(only(old, new));
            }
        }
        for (friend, network, nick) in come {
            self.comes(&friend, &network, &nick);
        }
        for (friend, network, nick) in gone {
            let wishes = self.watch.down(&friend, &network, &nick, self.clock.now());
            self.grant(wishes);
        }
    }

    /// Of these friends, those online are told our status over IRC, and those who have been greeted, as soon as they are
    /// proved; others learn it when they greet us.
    fn tell_status(&mut self, whom: impl Fn(&Address) -> bool) {
        let mut told = self.watch.greeted();
        told.retain(whom);
        if told.is_empty() {
            return;
        }
        for friend in told {
            self.cause(Event::TellStatus(friend));
        }
        self.send_queued();
    }

    pub(super) fn look(&mut self, now: u64) -> Result<(), AccountError> {
        let edited = self.account.take_edits()?;
        let version = self.account.data_version()?;
        if version != self.version || !edited.is_empty() {
            self.version = version;
            self.tell_all(edited);
            self.refresh()?;
            let caused = self.account.take_notices()?;
            self.tell_all(caused);
            self.version = version;
            self.outside.mail_is_due();
        }
        // What has fired before and still waits is looked at every few minutes: no clock brings what it lacks.
        let next = self.account.next_timer(self.looked)?;
        let due = next.is_some_and(|at| at <= now);
        if due || now >= self.looked.saturating_add(LOOK) || now < self.looked {
            self.looked = now;
            let outcome = self.account.tick()?;
            self.tell_all(outcome.notices);
            self.derive();
            self.outside.mail_is_due();
        }
        Ok(())
    }

    /// Reads `config.toml` again: links whose network has changed begin anew.
    /// Errors: [`AgentError`]; what was in force stays so, as far as it was not replaced yet.
    pub fn take_configuration(&mut self) -> Result<(), AgentError> {
        let before = self.account.config.clone();
        self.account.reload()?;
        let config = self.account.config.clone();
        let same = |name: &String| {
            let of = |config: &Config| {
                config
                    .networks
                    .iter()
                    .find(|network| network.name == *name)
                    .cloned()
            };
            of(&before) == of(&config) && before.presence == config.presence
        };
        let gone: Vec<String> = self
            .nets
            .keys()
            .filter(|name| !same(name))
            .cloned()
            .collect();
        for name in gone {
            self.lose(&name, None);
            self.nets.remove(&name);
            self.outside.close(&name);
        }
        self.watch.set_grace(config.presence.grace);
        self.outside.configured(&config);
        self.connect()?;
        self.looked = 0;
        self.refresh()?;
        Ok(())
    }
}

/// How often timers are looked at though none is known to be due, in seconds.
const LOOK: u64 = 300;

//! What the gateway asks, answered from the account: the same acts, the same store and the same memory of who is online
//! as for commands and networks.

use super::commands::Typed;
use super::contacts::{away, friend, is_written_to, open_question};
use super::cursors::Cursors;
use crate::account::{AccountError, Outcome};
use crate::agent::{Agent, Outside};
use crate::edge::config::{Login, Secret};
use crate::edge::store::{self, DeviceName};
use crate::gateway::host::{self, Asker, DeviceId, Friend, Host, Me, Question, Refused, Typing};
use crate::protocol::address::Address;
use crate::protocol::letter::{LetterId, Status};
use crate::protocol::scram::{ITERATIONS, ScramKeys};
use crate::protocol::{clean, hex};
use crate::rules::conversation::{Page, Place, Placed, Rest, Stored, What};
use crate::rules::event::{Act, NewStatus};
use crate::rules::person::Person;
use crate::rules::refusal::Refusal;

/// What is remembered between two questions.
pub(super) struct HostState {
    /// The one password for all devices, if there is one.
    one: Option<Secret>,
    cursors: Cursors,
    /// The newest row that clients have been told of.
    pub(super) told: u64,
}

impl HostState {
    pub(super) fn new(one: Option<Secret>, told: u64) -> Self {
        Self {
            one,
            cursors: Cursors::default(),
            told,
        }
    }
}

/// The agent, as far as the gateway reaches into it.
pub(super) struct AgentHost<'a, O> {
    pub(super) agent: &'a mut Agent<O>,
    pub(super) state: &'a mut HostState,
    typed: &'a mut Typed,
}

impl<'a, O: Outside> AgentHost<'a, O> {
    pub(super) fn new(
        agent: &'a mut Agent<O>,
        state: &'a mut HostState,
        typed: &'a mut Typed,
    ) -> Self {
        Self {
            agent,
            state,
            typed,
        }
    }

    /// Keeps how far devices have come. Gives the devices that have been removed meanwhile.
    pub(super) fn keep_cursors(&mut self) -> Vec<DeviceId> {
        self.state.cursors.keep(&mut self.agent.account)
    }

    fn attach(&mut self, device: Result<Option<store::Device>, AccountError>) -> Option<DeviceId> {
        let device = device.unwrap_or_else(|fault| {
            tracing::error!("{fault}");
            None
        })?;
        self.state.cursors.attach(device)
    }

    /// For the rules a text that is not there is one that the user did not write; a client is told which it is.
    fn change(
        &mut self,
        (friend, id): (&Address, LetterId),
        act: Act,
    ) -> Result<Option<Stored>, Refused> {
        match self.agent.act(act) {
            Ok(done) => Ok(done.id.and_then(|id| self.stored_here(friend, id))),
            Err(AccountError::Refused(Refusal::NoSuchText)) => Err(Refused::Unknown),
            Err(AccountError::Refused(Refusal::NotYours)) if self.find(friend, id).is_none() => {
                Err(Refused::Unknown)
            }
            Err(AccountError::Refused(why)) => {
                Err(Refused::Forbidden(in_one_line(&why.to_string())))
            }
            Err(fault) => Err(Refused::Failed(in_one_line(&fault.to_string()))),
        }
    }

    fn act(&mut self, act: Act) -> Result<Outcome, String> {
        let done = self.agent.act(act);
        done.map_err(|fault| in_one_line(&fault.to_string()))
    }

    fn stored(&mut self, friend: &Address, id: LetterId) -> Option<Stored> {
        let found = self.agent.account.stored_as(friend, id);
        found.ok().flatten()
    }

    fn read_back(&mut self, to: &Address, said: &Outcome) -> Result<Stored, String> {
        let id = said.id.ok_or("nothing was stored")?;
        self.stored_here(to, id)
            .ok_or_else(|| "it cannot be read back".to_owned())
    }

    /// What the agent has just stored for a client: the gateway tells the others of it.
    fn stored_here(&mut self, friend: &Address, id: LetterId) -> Option<Stored> {
        let stored = self.stored(friend, id)?;
        if stored.before <= self.state.told {
            self.state.told = self.state.told.max(stored.row);
        }
        Some(stored)
    }

    fn as_friend(&self, person: &Person) -> Friend {
        friend(person, &self.agent.seen(&person.address))
    }

    fn networks(&self) -> Vec<(String, bool)> {
        let networks = self.agent.networks().into_iter();
        networks
            .map(|net| (net.name.to_owned(), net.state == "connected"))
            .collect()
    }
}

impl<O: Outside> Host for AgentHost<'_, O> {
    fn now_ms(&self) -> u64 {
        self.agent.account.now_ms()
    }

    fn me(&self) -> Me {
        let account = self.agent.state();
        let config = &self.agent.account.config;
        Me {
            address: config.address.clone(),
            name: config.name.clone(),
            away: away(account.status, &account.status_text, account.invisible),
            fingerprint: account.keys.ed25519.to_string(),
            networks: self.networks(),
        }
    }

    fn friends(&self) -> Vec<Friend> {
        let known = self.agent.people().filter(|person| is_written_to(person));
        known.map(|person| self.as_friend(person)).collect()
    }

    fn friend(&self, address: &Address) -> Option<Friend> {
        let person = self.agent.person(address);
        let known = person.filter(|person| is_written_to(person));
        known.map(|person| self.as_friend(person))
    }

    fn login(&mut self, device: &str, password: &str) -> Option<DeviceId> {
        let name = DeviceName::parse(device).ok()?;
        let one = self.state.one.as_ref();
        let found = self.agent.account.login(&name, password, one);
        self.attach(found)
    }

    fn scram(&mut self, device: &str) -> (ScramKeys, String) {
        let account = &mut self.agent.account;
        let one = self.state.one.as_ref();
        let nonce = hex::encode(&account.nonce());
        // Where the store fails nobody can log in: as a device that is not there.
        let keys = account.scram(device, one);
        let salt = account.nonce();
        let none = || ScramKeys {
            salt,
            iterations: ITERATIONS,
            stored: [0; 32],
            server: [0; 32],
        };
        (keys.unwrap_or_else(|_| none()), nonce)
    }

    fn proved(&mut self, device: &str) -> Option<DeviceId> {
        let name = DeviceName::parse(device).ok()?;
        let one = self.state.one.is_some();
        let found = self.agent.account.proved(&name, one);
        self.attach(found)
    }

    fn guest(&mut self, device: &str) -> Option<DeviceId> {
        let open = self.agent.account.config.gateway.as_ref();
        let name = DeviceName::parse(device).ok()?;
        if open.is_none_or(|gateway| gateway.login != Login::Open) {
            return None;
        }
        let made = self.agent.account.guest(&name);
        self.attach(made)
    }

    fn say(&mut self, to: &Address, text: &str, re: Option<LetterId>) -> Result<Stored, String> {
        let said = self.act(Act::Say {
            address: to.clone(),
            text: text.to_owned(),
            reply_to: re,
        })?;
        self.read_back(to, &said)
    }

    fn notice(&mut self, to: &Address, text: &str, re: Option<LetterId>) -> Result<Stored, String> {
        let said = self.agent.notice(to, text.to_owned(), re);
        let said = said.map_err(|fault| in_one_line(&fault.to_string()))?;
        self.read_back(to, &said)
    }

    fn edit(&mut self, of: &Address, id: LetterId, text: &str) -> Result<Option<Stored>, Refused> {
        let act = Act::Edit {
            address: of.clone(),
            of: id,
            text: text.to_owned(),
        };
        self.change((of, id), act)
    }

    fn retract(
        &mut self,
        of: &Address,
        id: LetterId,
        why: Option<&str>,
    ) -> Result<Option<Stored>, Refused> {
        let act = Act::Retract {
            address: of.clone(),
            of: id,
            why: why.map(ToOwned::to_owned),
        };
        self.change((of, id), act)
    }

    fn react(
        &mut self,
        to: &Address,
        id: LetterId,
        with: &str,
        on: bool,
    ) -> Result<Option<Stored>, Refused> {
        let act = Act::React {
            address: to.clone(),
            of: id,
            emoji: with.to_owned(),
            on,
        };
        self.change((to, id), act)
    }

    fn typing(&mut self, friend: &Address, typing: Typing) {
        self.agent.typing(friend, typing);
    }

    fn history(&mut self, friend: &Address, page: Page) -> Result<Vec<Placed>, String> {
        read(self.agent.account.page(friend, &page))
    }

    fn full_history(&mut self, friend: &Address, page: Page) -> Result<Vec<Stored>, String> {
        read(self.agent.account.page_of_all(friend, &page))
    }

    fn done_after(
        &mut self,
        friend: &Address,
        id: LetterId,
        row: u64,
    ) -> Result<Vec<Stored>, String> {
        let mut done = read(self.agent.account.done_after(friend, id, row))?;
        done.retain(|one| one.what != What::Nothing);
        Ok(done)
    }

    fn find(&mut self, friend: &Address, id: LetterId) -> Option<Placed> {
        let found = self.agent.account.placed(friend, id);
        found.ok().flatten()
    }

    fn place(&mut self, friend: &Address, id: LetterId) -> Option<Place> {
        self.stored(friend, id)?.place()
    }

    fn rest(&mut self, rest: Rest, limit: usize) -> Result<Vec<Stored>, String> {
        read(self.agent.account.rest(rest, limit))
    }

    fn changes(&mut self, after: u64, until: u64, limit: usize) -> Result<Vec<Stored>, String> {
        read(self.agent.account.changes_between(after, until, limit))
    }

    fn newest(&mut self) -> u64 {
        self.agent.account.newest_row().unwrap_or(0)
    }

    fn read_floor(&mut self, after: u64, most: u64) -> u64 {
        // If it cannot be read, more comes rather than less.
        self.agent.account.read_floor(after, most).unwrap_or(0)
    }

    fn targets(
        &mut self,
        (from, to): (u64, u64),
        changes: bool,
        limit: usize,
    ) -> Result<Vec<(Address, u64)>, String> {
        let account = &mut self.agent.account;
        let found = account.conversations(from, to, changes, limit);
        found.map_err(|fault| fault.to_string())
    }

    fn cursor(&mut self, device: &DeviceId) -> u64 {
        self.state.cursors.row(device)
    }

    fn set_cursor(&mut self, device: &DeviceId, row: u64) {
        self.state.cursors.rise(device, row);
    }

    fn marker(&mut self, friend: &Address) -> Option<u64> {
        self.agent.account.marker(friend).ok().flatten()
    }

    fn set_marker(&mut self, friend: &Address, at: u64) -> Result<u64, String> {
        self.act(Act::Seen {
            friend: Some(friend.clone()),
            up_to: at,
        })?;
        Ok(self.marker(friend).unwrap_or(at))
    }

    fn place_marker(&mut self, place: &str) -> Option<u64> {
        self.agent.account.place_marker(place).ok().flatten()
    }

    fn set_place_marker(&mut self, place: &str, at: u64) -> Result<u64, String> {
        let kept = self.agent.account.put_place_marker(place, at);
        kept.map_err(|fault| in_one_line(&fault.to_string()))?;
        Ok(self.place_marker(place).unwrap_or(at))
    }

    fn status(&mut self, away: Option<&str>) -> Result<(), String> {
        let status = match away {
            Some(_) => Status::Away,
            None => Status::Online,
        };
        self.act(Act::Status {
            status: Some(NewStatus::Shown(status)),
            text: Some(away.unwrap_or_default().to_owned()),
            friends: Vec::new(),
            ways: None,
        })
        .map(drop)
    }

    fn questions(&self) -> Vec<Question> {
        let asking = |person: &&Person| !person.requests().is_empty();
        let mut asking: Vec<_> = self.agent.people().filter(asking).collect();
        asking.sort_by_key(|person| person.name.to_lowercase());
        let questions = asking.into_iter().filter_map(open_question);
        questions.collect()
    }

    fn command(&mut self, words: &str, to: &Asker) -> Option<host::Answer> {
        self.typed.take(words, to.clone())
    }
}

/// What was read, or why it cannot be.
fn read<T>(found: Result<T, AccountError>) -> Result<T, String> {
    found.map_err(|fault| fault.to_string())
}

/// An error and its hint on one line, as IRC has them.
fn in_one_line(text: &str) -> String {
    clean::line(&text.replace("\nhint:", " —"), 400)
}

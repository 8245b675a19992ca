//! What the gateway asks, answered from the account: the same acts, the same store and the same memory of who is online
//! as for commands and networks.

use std::collections::BTreeSet;

use super::acts;
use super::commands::Typed;
use super::contacts::{away, friend, open_question};
use super::cursors::Cursors;
use super::groups;
use crate::account::{AccountError, Outcome};
use crate::agent::{Agent, Outside};
use crate::edge::config::{Login, Secret};
use crate::edge::store::{self, DeviceName, Texts};
use crate::gateway::host::{
    Asker, DeviceId, Friend, Group, Host, Marked, Me, Query, Question, Refused, Typing, With,
};
use crate::protocol::group::MemberId;
use crate::protocol::letter::{LetterId, Status};
use crate::protocol::scram::ScramKeys;
use crate::protocol::time::Millis;
use crate::protocol::{clean, hex};
use crate::rules::contact::Contact;
use crate::rules::conversation::{ContactId, ConversationId, Place, Placed, Stored, What};
use crate::rules::event::{Act, GroupAct, NewStatus};
use crate::rules::group::state::Group as Kept;
use crate::rules::message::ChangeKind;
use crate::rules::refusal::Refusal;
use crate::rules::view::View;

/// What is remembered between two questions.
pub(super) struct HostState {
    /// The one password for all devices, if there is one.
    pub(super) one: Option<Secret>,
    pub(super) cursors: Cursors,
}

/// The agent, as far as the gateway reaches into it.
pub(super) struct AgentHost<'a, O> {
    pub(super) agent: &'a mut Agent<O>,
    state: &'a mut HostState,
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

    fn act(&mut self, act: Act) -> Result<Outcome, String> {
        self.agent.act(act).map_err(in_one_line)
    }

    /// The conversation in a group, or with somebody on the roster; with anybody else there is none, and nothing in it.
    fn with(&self, with: With) -> ConversationId {
        match with {
            With::Friend(friend) => {
                let known = self.agent.roster().get(friend);
                known.map(|one| one.conversation).unwrap_or_default()
            }
            With::Group(group) => group,
        }
    }

    fn stored(&mut self, with: With, id: LetterId) -> Option<Stored> {
        let with = self.with(with);
        let found = self.texts(|texts| texts.stored_as(with, id));
        found.ok().flatten()
    }

    fn texts<T>(
        &self,
        read: impl FnOnce(&Texts<'_>) -> store::Result<T>,
    ) -> Result<T, AccountError> {
        self.agent.account.look(|tx| Ok(read(&tx.texts())?))
    }

    fn as_friend(&self, person: &Contact) -> Friend {
        friend(person, self.agent.seen(person))
    }

    fn as_group(&self, kept: Kept) -> Option<Group> {
        let there = self.agent.there(kept.conversation);
        let question = self.sight_of(&kept);
        groups::group(kept, &there, question)
    }
}

impl<O: Outside> Host for AgentHost<'_, O> {
    fn now(&self) -> Millis {
        self.agent.account.now_ms()
    }

    fn me(&self) -> Me {
        let account = self.agent.state();
        let config = &self.agent.account.config;
        Me {
            address: config.address.clone(),
            away: away(account.status, &account.status_text, account.invisible),
        }
    }

    fn friends(&self) -> Vec<Friend> {
        let known = self
            .agent
            .roster()
            .people()
            .filter(|person| person.may_be_written_to());
        known.map(|person| self.as_friend(person)).collect()
    }

    fn friend(&self, id: ContactId) -> Option<Friend> {
        let person = self.agent.roster().get(id);
        let known = person.filter(|person| person.may_be_written_to());
        known.map(|person| self.as_friend(person))
    }

    fn groups(&self) -> Vec<Group> {
        let all = self.kept_groups().into_iter();
        all.filter_map(|kept| self.as_group(kept)).collect()
    }

    fn group(&self, id: ConversationId) -> Option<Group> {
        self.as_group(self.kept_group(id)?)
    }

    fn in_group(&mut self, act: GroupAct) -> Result<(), String> {
        self.act(Act::Group(act)).map(drop)
    }

    fn voucher(&mut self, group: ConversationId, member: MemberId) -> Option<MemberId> {
        let acts = self.agent.account.look(|tx| Ok(tx.acts(group)?.0));
        groups::voucher(&acts.ok()?, member)
    }

    fn hidden(&mut self, device: &DeviceId) -> BTreeSet<ConversationId> {
        self.hidden_on(device).unwrap_or_else(|fault| {
            tracing::error!("{fault}");
            BTreeSet::new()
        })
    }

    fn hide(&mut self, device: &DeviceId, group: ConversationId, hidden: bool) {
        if let Err(fault) = self.hide_on(device, group, hidden) {
            tracing::error!("{fault}");
        }
    }

    fn login(&mut self, device: &str, password: &str) -> Option<DeviceId> {
        let name = DeviceName::parse(device).ok()?;
        let one = self.state.one.as_ref();
        let found = self.agent.account.devices().login(&name, password, one);
        self.attach(found)
    }

    fn scram(&mut self, device: &str) -> Option<(ScramKeys, String)> {
        let account = &mut self.agent.account;
        let nonce = hex::encode(&account.nonce());
        match account.devices().scram(device, self.state.one.as_ref()) {
            Ok(keys) => Some((keys, nonce)),
            Err(fault) => {
                tracing::error!("{fault}");
                None
            }
        }
    }

    fn proved(&mut self, device: &str) -> Option<DeviceId> {
        let name = DeviceName::parse(device).ok()?;
        let one = self.state.one.is_some();
        let found = self.agent.account.devices().proved(&name, one);
        self.attach(found)
    }

    fn guest(&mut self, device: &str) -> Option<DeviceId> {
        let open = self.agent.account.config.gateway.as_ref();
        let name = DeviceName::parse(device).ok()?;
        if open.is_none_or(|gateway| gateway.login != Login::Open) {
            return None;
        }
        let made = self.agent.account.devices().guest(&name);
        self.attach(made)
    }

    fn say(
        &mut self,
        with: With,
        text: &str,
        reply_to: Option<LetterId>,
        notice: bool,
    ) -> Result<Stored, String> {
        let text = text.to_owned();
        let said = match (with, notice) {
            (With::Friend(to), true) => self.agent.notice(to, text, reply_to),
            (With::Group(_), true) => return Err("no notice goes to a group".to_owned()),
            (_, false) => self.agent.act(acts::say(with, text, reply_to)),
        };
        let said = said.map_err(in_one_line)?;
        let id = said.id.ok_or("nothing was stored")?;
        let stored = said.stored.map(|stored| *stored);
        stored
            .or_else(|| self.stored(with, id))
            .ok_or_else(|| "it cannot be read back".to_owned())
    }

    /// For the rules a text that is not there is one that the user did not write; a client is told which it is.
    fn change(
        &mut self,
        (with, of): (With, LetterId),
        kind: ChangeKind,
        words: &str,
    ) -> Result<Option<Stored>, Refused> {
        match self.agent.act(acts::change((with, of), kind, words)) {
            Ok(done) => Ok(done.id.and_then(|id| self.stored(with, id))),
            Err(AccountError::Refused(Refusal::NoSuchText)) => Err(Refused::Unknown),
            Err(AccountError::Refused(Refusal::NotYours)) if self.find(with, of).is_none() => {
                Err(Refused::Unknown)
            }
            Err(AccountError::Refused(why)) => Err(Refused::Forbidden(in_one_line(why))),
            Err(fault) => Err(Refused::Failed(in_one_line(fault))),
        }
    }

    fn typing(&mut self, friend: ContactId, typing: Typing) {
        self.agent.typing(friend, typing);
    }

    fn read(&mut self, what: Query) -> Result<Vec<Stored>, String> {
        let found = self.texts(|texts| match what {
            Query::Texts(with, page) => {
                let all = texts.page(self.with(with), &page)?.into_iter();
                Ok(all.map(Stored::alone).collect())
            }
            Query::All(with, page) => texts.page_of_all(self.with(with), &page),
            Query::DoneAfter(with, id, row) => {
                let mut done = texts.done_after(self.with(with), id, row)?;
                done.retain(|one| one.what != What::Nothing);
                Ok(done)
            }
            Query::Rest(rest, limit) => texts.rest(rest, limit),
            Query::Changes(after, until, limit) => texts.changes_between(after, until, limit),
        });
        found.map_err(|fault| fault.to_string())
    }

    fn find(&mut self, with: With, id: LetterId) -> Option<Placed> {
        let with = self.with(with);
        let found = self.texts(|texts| texts.entry(with, id));
        found.ok().flatten()
    }

    fn place(&mut self, with: With, id: LetterId) -> Option<Place> {
        self.stored(with, id)?.place()
    }

    fn newest(&mut self) -> u64 {
        self.texts(|texts| texts.newest_row()).unwrap_or(0)
    }

    fn read_floor(&mut self, after: u64, most: u64) -> u64 {
        // If it cannot be read, more comes rather than less.
        let floor = self.texts(|texts| texts.read_floor(after, most));
        floor.unwrap_or(0)
    }

    fn targets(
        &mut self,
        (from, to): (Millis, Millis),
        changes: bool,
        limit: usize,
    ) -> Result<Vec<(With, Millis)>, String> {
        let found = self.agent.account.look(|tx| {
            let latest = tx.texts().latest(from, to, changes, limit)?.into_iter();
            let with = |(of, at)| match tx.group(of)? {
                Some(group) => Ok((With::Group(group.conversation), at)),
                None => Ok((With::Friend(tx.contact_in(of)?), at)),
            };
            latest.map(with).collect::<Result<_, AccountError>>()
        });
        found.map_err(|fault| fault.to_string())
    }

    fn cursor(&mut self, device: &DeviceId) -> u64 {
        self.state.cursors.row(device)
    }

    fn set_cursor(&mut self, device: &DeviceId, row: u64) {
        self.state.cursors.rise(device, row);
    }

    fn marker(&mut self, of: Marked<'_>) -> Option<Millis> {
        let found = self.agent.account.look(|tx| match of {
            Marked::With(with) => Ok(tx.marker(self.with(with))?),
            Marked::Place(place) => Ok(tx.texts().place_marker(place)?),
        });
        found.ok().flatten()
    }

    fn set_marker(&mut self, of: Marked<'_>, at: Millis) -> Result<Millis, String> {
        match of {
            Marked::With(with) => {
                self.act(acts::seen(with, at))?;
            }
            Marked::Place(place) => {
                let kept = self.agent.account.put_place_marker(place, at);
                kept.map_err(in_one_line)?;
            }
        }
        Ok(self.marker(of).unwrap_or(at))
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
        let asking = |person: &&Contact| !person.requests().is_empty();
        let mut asking: Vec<_> = self.agent.roster().people().filter(asking).collect();
        asking.sort_by_key(|person| person.name.to_lowercase());
        let questions = asking.into_iter().filter_map(open_question);
        questions.chain(self.of_groups()).collect()
    }

    fn command(&mut self, words: &str, to: &Asker) -> Option<Vec<String>> {
        self.typed.take(words, to.clone())
    }
}

/// An error and its hint on one line, as IRC has them.
fn in_one_line(fault: impl std::error::Error) -> String {
    clean::line(&fault.to_string().replace("\nhint:", " —"), 400)
}

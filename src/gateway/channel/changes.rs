//! A group that is other than before, as each client is told: what is different between what the gateway knew and what the
//! host says now. News only say by whom; if some are late or lost, nothing else is.

use std::sync::Arc;

use super::{coming, room, standing};
use crate::gateway::caps::Cap;
use crate::gateway::client::{Client, Clients};
use crate::gateway::context::Context;
use crate::gateway::groups::Channel;
use crate::gateway::host::{Host, Member, News, Standing};
use crate::gateway::message::service;
use crate::gateway::nick::SERVER;
use crate::gateway::renamed::{self, Renamed};
use crate::gateway::render::member::join_line;
use crate::gateway::state::State;
use crate::gateway::{presence, time};
use crate::protocol::clean;
use crate::protocol::irc_line::Reply;
use crate::rules::conversation::{ContactId, ConversationId};
use crate::rules::effect::GroupNews;

/// A group as it was and as it is.
struct Change {
    old: Option<Arc<Channel>>,
    new: Option<Arc<Channel>>,
    renamed: Vec<Renamed>,
    news: Vec<(Actor, GroupNews)>,
    time: String,
}

/// Who has done something.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Actor {
    Us,
    /// Nick and source.
    Member(String, String),
    /// Nobody has said.
    Unknown,
}

/// Tells all clients what is different about a group.
pub(crate) fn changed(
    clients: &mut Clients,
    state: &mut State,
    host: &mut dyn Host,
    (id, news): (ConversationId, &[News]),
) {
    let change = Change::find(state, host, id, news);
    for client in clients.values_mut().filter(|c| c.is_registered()) {
        change.show(client, state, host);
    }
}

/// The same of all groups.
pub(crate) fn changed_all(clients: &mut Clients, state: &mut State, host: &mut dyn Host) {
    let known = state.groups.all().map(|channel| channel.group.id);
    let mut all: Vec<ConversationId> = known.collect();
    all.extend(host.groups().iter().map(|group| group.id));
    all.sort_unstable();
    all.dedup();
    for id in all {
        changed(clients, state, host, (id, &[]));
    }
}

/// The same after an act of a client of which nothing is told.
pub(super) fn look(ctx: &mut Context<'_>, id: ConversationId) {
    let change = Change::find(ctx.state, ctx.host, id, &[]);
    change.show(ctx.client, ctx.state, ctx.host);
    for other in ctx.others.values_mut().filter(|c| c.is_registered()) {
        change.show(other, ctx.state, ctx.host);
    }
}

/// A client has this nick now: a stranger who had it gets another.
pub(crate) fn gives_way(ctx: &mut Context<'_>, nick: &str) {
    if !ctx.state.strangers.give_way(nick) {
        return;
    }
    let before = ctx.state.everybody();
    let state = &mut *ctx.state;
    state.strangers.follow(&state.groups, &state.contacts);
    for renamed in renamed::between(&before, &state.everybody()) {
        renamed.show(ctx.client, state);
        for other in ctx.others.values_mut().filter(|c| c.is_registered()) {
            renamed.show(other, state);
        }
    }
}

impl Change {
    fn find(state: &mut State, host: &mut dyn Host, id: ConversationId, news: &[News]) -> Self {
        let before = state.everybody();
        let old = state.groups.get(id).cloned();
        let first: Vec<Actor> = news
            .iter()
            .map(|one| Actor::of(state, &old, one.by))
            .collect();
        state.groups.set(id, host.group(id));
        state.strangers.follow(&state.groups, &state.contacts);
        let after = state.everybody();
        let new = state.groups.get(id).cloned();
        let news = news.iter().zip(first).map(|(one, first)| {
            let actor = match Actor::of(state, &new, one.by) {
                Actor::Unknown => first,
                known @ (Actor::Us | Actor::Member(..)) => known,
            };
            (actor, one.what.clone())
        });
        let change = Self {
            news: news.collect(),
            renamed: renamed::between(&before, &after),
            old,
            new,
            time: time::tag(state.now),
        };
        change.note_topic(state, id);
        change
    }

    /// Remembers who has set the topic that is set now.
    fn note_topic(&self, state: &mut State, id: ConversationId) {
        let topic = |channel: &Option<Arc<Channel>>| channel.as_deref().map(standing::topic_text);
        if topic(&self.old) == topic(&self.new) {
            return;
        }
        let nick = match self.actor(is_title) {
            Actor::Us => None,
            Actor::Member(nick, _) => Some(nick.clone()),
            Actor::Unknown => return drop(state.topics.remove(&id)),
        };
        let now = state.now.seconds();
        state.topics.insert(id, (nick, now));
    }

    /// By whom that was done.
    fn actor(&self, what: impl Fn(&GroupNews) -> bool) -> &Actor {
        let told = self.news.iter().find(|(_, told)| what(told));
        told.map_or(&Actor::Unknown, |(actor, _)| actor)
    }

    fn show(&self, client: &mut Client, state: &State, host: &mut dyn Host) {
        for renamed in &self.renamed {
            renamed.show(client, state);
        }
        let in_it = |channel: &Option<Arc<Channel>>| channel.clone().filter(|it| it.group.is_in());
        match (in_it(&self.old), in_it(&self.new)) {
            (Some(old), Some(new)) if client.channels.contains(&new.group.id) => {
                self.show_inside(client, state, host, (&old, &new));
            }
            (Some(old), None) => self.show_out(client, &old),
            (None, Some(new)) => coming::enter(client, state, host, &new, false),
            (Some(_), Some(_)) | (None, None) => {}
        }
        self.show_question(client, state);
        self.show_sight(client, state);
    }

    /// What is asked about the room, once it is.
    fn show_sight(&self, client: &mut Client, state: &State) {
        let asked = |channel: &Option<Arc<Channel>>| channel.as_ref()?.group.question.clone();
        if let (None, Some(question)) = (asked(&self.old), asked(&self.new)) {
            service::announce(client, &service::question_text(&question), state.now);
        }
    }

    fn show_question(&self, client: &mut Client, state: &State) {
        let standing =
            |channel: &Option<Arc<Channel>>| channel.as_ref().map(|channel| channel.group.standing);
        let asked = standing(&self.new);
        if let (Some(Standing::Asked(by)), Some(new)) = (asked, &self.new)
            && standing(&self.old) != asked
        {
            let line = coming::invite_line(client, state, new, by);
            client.push_all(line.map(|line| self.timed(line)), false);
            let friend = state.contacts.get(by);
            let friend = friend.map_or("a friend", |friend| &friend.nick);
            let name = &new.name;
            let text = format!(
                "{friend} asks you into the group {name} (yes: /join {name} · no: group refuse {name})"
            );
            service::announce(client, &text, state.now);
        }
    }

    /// The user was put out, or went.
    fn show_out(&self, client: &mut Client, old: &Channel) {
        if !client.channels.remove(&old.group.id) {
            return;
        }
        let out = |what: &GroupNews| matches!(what, GroupNews::Out);
        let line = match self.actor(out) {
            Actor::Member(_, source) => {
                let words = ["KICK", &old.name, &client.nick];
                Reply::new(source, &words, Some("you were put out of the group"))
            }
            Actor::Us | Actor::Unknown => Reply::new(
                &client.source(),
                &["PART", &old.name],
                Some("out of the group"),
            ),
        };
        client.notify(self.timed(line));
    }

    fn show_inside(
        &self,
        client: &mut Client,
        state: &State,
        host: &mut dyn Host,
        (old, new): (&Channel, &Channel),
    ) {
        if old.name != new.name {
            self.show_renamed(client, state, host, (old, new));
        } else {
            self.show_members(client, state, (old, new));
        }
        self.show_title(client, (old, new));
    }

    /// The user calls it otherwise (IRCv3 `draft/channel-rename`); else it is left, and come into under its new name.
    fn show_renamed(
        &self,
        client: &mut Client,
        state: &State,
        host: &mut dyn Host,
        (old, new): (&Channel, &Channel),
    ) {
        let source = client.source();
        if client.has(Cap::ChannelRename) {
            let line = Reply::new(&source, &["RENAME", &old.name, &new.name], Some(""));
            client.notify(self.timed(line));
            return self.show_members(client, state, (old, new));
        }
        let text = format!("Renamed to {}", new.name);
        let line = Reply::new(&source, &["PART", &old.name], Some(&text));
        client.notify(self.timed(line));
        coming::enter(client, state, host, new, false);
    }

    fn show_members(&self, client: &mut Client, state: &State, (old, new): (&Channel, &Channel)) {
        for member in new.group.members.iter() {
            let was = old.group.member(member.id);
            self.show_member(client, state, new, (was, member));
        }
        for line in room::voice_lines(client, state, (old, new)) {
            client.notify(self.timed(line));
        }
        if old.group.admin != new.group.admin {
            let on = new.group.admin;
            let actor = self.actor(|what| *what == GroupNews::Admin(None, on));
            let nick = client.nick.clone();
            self.mode(client, actor, &new.name, (on, &nick));
        }
    }

    fn show_member(
        &self,
        client: &mut Client,
        state: &State,
        channel: &Channel,
        (was, is): (Option<&Member>, &Member),
    ) {
        let was_in = was.is_some_and(|was| was.is_in);
        let was_admin = was.is_some_and(|was| was.is_in && was.admin);
        let Some(person) = state.member(is) else {
            return;
        };
        if was_in && !is.is_in {
            return self.show_gone(
                client,
                &channel.name,
                is.contact,
                (&person.nick, &person.source),
            );
        }
        if !was_in && is.is_in {
            let extended = client.has(Cap::ExtendedJoin);
            let (account, real) = (person.account.as_deref(), &person.real_name);
            let line = join_line(&channel.name, &person.source, account, real, extended);
            client.notify(self.timed(line));
            if let Some(contact) = state.contacts.who(is).filter(|one| !one.is_voiced()) {
                presence::show_absence(client, contact);
            }
        }
        if is.is_in && was_admin != is.admin {
            let admin = GroupNews::Admin(Some(is.contact), is.admin);
            let actor = self.actor(|what| *what == admin);
            self.mode(client, actor, &channel.name, (is.admin, &person.nick));
        }
    }

    /// Somebody went, or was put out.
    fn show_gone(
        &self,
        client: &mut Client,
        channel: &str,
        contact: ContactId,
        (nick, source): (&str, &str),
    ) {
        let removed = |what: &GroupNews| *what == GroupNews::Removed(contact);
        let line = match self.news.iter().find(|(_, what)| removed(what)) {
            Some((actor, _)) => {
                let by = actor.source(client);
                Reply::new(&by, &["KICK", channel, nick], Some("put out of the group"))
            }
            None => Reply::new(source, &["PART", channel], Some("left the group")),
        };
        client.notify(self.timed(line));
    }

    fn mode(&self, client: &mut Client, actor: &Actor, channel: &str, (on, nick): (bool, &str)) {
        let mode = if on { "+o" } else { "-o" };
        let source = actor.source(client);
        let line = Reply::new(&source, &["MODE", channel, mode, nick], None);
        client.notify(self.timed(line));
    }

    /// The topic is the channel's; what the admins call the group is not, for the user may call it otherwise.
    fn show_title(&self, client: &mut Client, (old, new): (&Channel, &Channel)) {
        let topic = standing::topic_text(new);
        let actor = self.actor(is_title);
        let shown = old.name == new.name || client.has(Cap::ChannelRename);
        if shown && standing::topic_text(old) != topic {
            let source = actor.source(client);
            let line = Reply::new(&source, &["TOPIC", &new.name], Some(&topic));
            client.notify(self.timed(line));
        }
        let title = &new.group.title.name;
        if old.group.title.name != *title {
            let who = match actor {
                Actor::Us => "you call",
                Actor::Member(nick, _) => &format!("{nick} calls"),
                Actor::Unknown => "its admins call",
            };
            let (title, name) = (clean::line(title, MOST_SHOWN), &new.name);
            let text = format!(
                "{who} this group \"{title}\" now; here it stays {name} (to change that: group rename)"
            );
            let line = Reply::new(&service::source(), &["NOTICE", name], Some(&text));
            client.notify(self.timed(line));
        }
    }

    fn timed(&self, line: Reply) -> Reply {
        line.tag("time", &self.time)
    }
}

impl Actor {
    fn of(state: &State, channel: &Option<Arc<Channel>>, by: Option<ContactId>) -> Self {
        let Some(by) = by else {
            return Self::Us;
        };
        let member = channel.as_ref().and_then(|it| state.author(it, by));
        let member = member.map(|person| (person.nick, person.source));
        let friend = || {
            let friend = state.contacts.get(by)?;
            Some((friend.nick.clone(), friend.source.clone()))
        };
        match member.or_else(friend) {
            Some((nick, source)) => Self::Member(nick, source),
            None => Self::Unknown,
        }
    }

    /// Whom a line comes from that says it.
    fn source(&self, client: &Client) -> String {
        match self {
            Self::Us => client.source(),
            Self::Member(_, source) => source.clone(),
            Self::Unknown => SERVER.to_owned(),
        }
    }
}

fn is_title(what: &GroupNews) -> bool {
    matches!(what, GroupNews::Titled(_))
}

/// Bytes of what a group is called, as a line shows it.
const MOST_SHOWN: usize = 64;

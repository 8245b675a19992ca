//! The rooms of a group on IRC: on which networks, who is there, and why one is closed.

use clap::Args;
use serde_json::{Value, json};

use super::undelivered::named;
use crate::account::{Members, Named, hashed};
use crate::commands::ask;
use crate::commands::explain::hinted;
use crate::commands::output::local;
use crate::commands::run::Run;
use crate::edge::control::status::{self, RoomNetwork, Rooms};
use crate::edge::control::{self, Request};
use crate::protocol::clean::one_line;
use crate::protocol::letter::Network;
use crate::protocol::shell;
use crate::protocol::time::Seconds;
use crate::rules::event::{Act, GroupAct};
use crate::rules::group::room::closed::{Closed, shared};
use crate::rules::group::state::{Group, Member};
use crate::rules::words::{counted, rfc3339};

/// Whether members who are no friends that see the user may see when the user is there.
#[derive(Debug, Args)]
pub(super) struct Sight {
    /// Members who are no friends of yours may see when you are there, and your host name on IRC: so you meet in a room
    #[arg(long, conflicts_with = "hide")]
    show: bool,
    /// You are in none of its rooms: no stranger in it sees when you are there
    #[arg(long)]
    hide: bool,
}

impl Sight {
    /// What the user says, if anything.
    pub(super) fn said(&self) -> Option<bool> {
        (self.show || self.hide).then_some(self.show)
    }

    /// What the user says, or answers on a terminal; nothing where it makes no difference, or nobody can be asked.
    pub(super) fn or_asked(
        &self,
        run: &Run,
        group: &Group,
        strangers: usize,
    ) -> anyhow::Result<Option<bool>> {
        let matters = is_asked(run, group, strangers);
        if self.said().is_some() || !matters || !run.output.is_terminal() {
            return Ok(self.said());
        }
        let question = format!(
            "{}. May they see when you are there, and your host name on IRC? If not, what is said comes to you by mail",
            no_friends(strangers)
        );
        Ok(Some(ask::yes(&question, false)?))
    }
}

/// What is said after an answer.
pub(super) fn answered(group: &Group, on: bool) -> String {
    let (name, group) = (group.name.as_str(), hashed(group));
    match on {
        true => format!(
            "members of {group} who are no friends of yours may see when you are there, and your host name on IRC"
        ),
        false => {
            let show = shell::hint("group show --show", &[name]);
            format!(
                "no stranger in {group} sees when you are there, for you are in none of its rooms: what is said comes to you as a copy ({show} changes that)"
            )
        }
    }
}

/// What is said where so many strangers are in, and nobody could be asked.
pub(super) fn unasked(run: &Run, group: &Group, strangers: usize) -> Option<String> {
    if !is_asked(run, group, strangers) {
        return None;
    }
    let show = shell::hint("group show --show", &[&group.name]);
    let these = no_friends(strangers);
    Some(format!(
        "{these}: until you let them see when you are there ({show}), what is said comes to you by mail"
    ))
}

/// Whether it is still open what they may see, and makes a difference.
fn is_asked(run: &Run, group: &Group, strangers: usize) -> bool {
    strangers > 0 && group.rooms.shown.is_none() && !run.account.settings().rooms.is_empty()
}

fn no_friends(count: usize) -> String {
    match count {
        1 => "1 person in it is no friend of yours".to_owned(),
        many => format!("{many} people in it are no friends of yours"),
    }
}

/// What is to be done about the rooms.
#[derive(Debug, Args)]
pub(super) struct Change {
    /// Networks of yours, as config.toml names them: at most two
    networks: Vec<String>,
    /// None any more: it lives by mail
    #[arg(long, conflicts_with_all = ["networks", "new"])]
    off: bool,
    /// Another key, at once: other channels, which nobody knows who is out
    #[arg(long, conflicts_with = "networks")]
    new: bool,
}

pub(super) fn rooms(run: &mut Run, name: &str, change: &Change) -> anyhow::Result<()> {
    let group = run.account.group_named(name)?;
    let (id, hash) = (group.conversation, hashed(&group));
    if change.new {
        run.act(Act::Group(GroupAct::NewKey(id)))?;
        return run.say(format!(
            "the rooms of {hash} have another key, and all who are in are told"
        ));
    }
    if change.off {
        run.act(Act::Group(GroupAct::Rooms(id, Vec::new())))?;
        return run.say(format!("{hash} has no rooms any more: it lives by mail"));
    }
    if change.networks.is_empty() {
        return show(run, group);
    }
    let networks = ours(run, &change.networks)?;
    let names: Vec<String> = networks.iter().map(|one| one.name.clone()).collect();
    let names = names.join(", ");
    for one in &networks {
        if !run.account.settings().rooms.contains(one) {
            let why = "`groups = false` in config.toml, or a log-in with SASL or a password";
            let warning = format!("on {} you yourself join no room ({why})", one.name);
            run.output.warn(&warning);
        }
    }
    run.act(Act::Group(GroupAct::Rooms(id, networks)))?;
    run.say(format!("the rooms of {hash} are on {names}"))
}

/// Networks of the user's, each once.
fn ours(run: &Run, names: &[String]) -> anyhow::Result<Vec<Network>> {
    let all = &run.account.settings().networks;
    let mut networks: Vec<Network> = Vec::new();
    for name in names {
        let Some(network) = all.iter().find(|one| one.name == *name) else {
            let known: Vec<&str> = all.iter().map(|one| one.name.as_str()).collect();
            let hint = match known.as_slice() {
                [] => "name one in config.toml first".to_owned(),
                _ => format!("yours are: {}", known.join(", ")),
            };
            let what = format!("no network of yours is called \"{}\"", one_line(name));
            return Err(hinted(what, &hint));
        };
        if !networks.contains(network) {
            networks.push(network.clone());
        }
    }
    Ok(networks)
}

fn show(run: &mut Run, group: Group) -> anyhow::Result<()> {
    let members = run.account.members_of(group)?;
    let room = Room::of(run, &members)?;
    let group = hashed(&members.group);
    let line = match room.networks.as_slice() {
        [] => format!("{group} has no rooms"),
        names => format!("the rooms of {group} are on {}", names.join(", ")),
    };
    run.output.line(line)?;
    let state = room.line(&members).filter(|_| !room.networks.is_empty());
    state.map_or(Ok(()), |state| run.output.line(state))
}

/// How the room of a group is, as far as the account and the agent know.
#[derive(Debug)]
pub(super) struct Room {
    /// The networks, as the group's book names them.
    pub(super) networks: Vec<String>,
    /// What keeps the user out.
    pub(super) closed: Option<Closed>,
    /// Those of the user's networks that the room is on.
    pub(super) shared: Vec<String>,
    /// Why none of the user's networks is for rooms, if none is.
    pub(super) off: &'static str,
    /// What the agent says; nothing where none runs.
    pub(super) agent: Option<status::Room>,
}

impl Room {
    pub(super) fn of(run: &Run, members: &Members) -> anyhow::Result<Self> {
        let (group, settings) = (&members.group, run.account.settings());
        let rooms = control::ask::<Rooms>(run.account.home.sockets(), Request::Rooms);
        let agent = rooms
            .ok()
            .map(|mut rooms| rooms.remove(&group.id.to_string()));
        let names = |networks: &[&Network]| -> Vec<String> {
            networks.iter().map(|one| one_line(&one.name)).collect()
        };
        let listed: Vec<&Network> = group.rooms.networks.iter().collect();
        Ok(Self {
            networks: names(&listed),
            closed: run.account.room_closed(group)?,
            shared: names(&shared(settings, group)),
            off: match (run.account.config.rooms, settings.networks.is_empty()) {
                (false, _) => "`rooms = false` in config.toml",
                (true, true) => "you are on no network",
                (true, false) => {
                    "no network of yours is for rooms: `groups = false` in config.toml, or a log-in with SASL or a password"
                }
            },
            agent: agent.map(Option::unwrap_or_default),
        })
    }

    /// Whether the user is in it.
    pub(super) fn is_joined(&self) -> bool {
        let mut networks = self.agent.iter().flat_map(|room| &room.networks);
        networks.any(|one| one.state == "in")
    }

    /// Whether the user may be in it.
    pub(super) fn is_open(&self) -> bool {
        let by_agent = self
            .agent
            .as_ref()
            .is_some_and(|room| !room.networks.is_empty());
        self.closed.is_none() && (by_agent || !self.shared.is_empty())
    }

    /// For a person, in one line; nothing of a group in which the user is alone, or not.
    pub(super) fn line(&self, members: &Members) -> Option<String> {
        if !members.group.is_in() || members.group.count() < 2 {
            return None;
        }
        if let Some(why) = self.why(members) {
            return Some(format!("no room: {why}"));
        }
        let Some(room) = &self.agent else {
            let on = self.shared.join(", ");
            return Some(format!("room: on {on}, once an agent runs (`iim agent`)"));
        };
        if room.networks.is_empty() {
            let on = self.shared.join(", ");
            return Some(format!("room: on {on}, about to be joined"));
        }
        let networks: Vec<String> = room.networks.iter().map(on_network).collect();
        let there: Vec<String> = self
            .there(members)
            .into_iter()
            .map(|one| one.name)
            .collect();
        let there = match there.as_slice() {
            _ if !self.is_joined() => String::new(),
            [] => "; nobody else is there".to_owned(),
            names => format!("; there: {}", names.join(", ")),
        };
        Some(format!("room: {}{there}", networks.join(", ")))
    }

    /// Who else is there, by name.
    pub(super) fn there(&self, members: &Members) -> Vec<Named> {
        let ids = self.agent.as_ref().map(|room| room.there.as_slice());
        let ids = ids.unwrap_or_default();
        let others = members.group.others();
        let there = others.filter(|one| ids.contains(&one.id.to_string()));
        let mut there: Vec<Named> = there.map(|one| members.named(one)).collect();
        there.sort_by_key(|one| one.name.to_lowercase());
        there
    }

    /// Why the user is in none, in words.
    fn why(&self, members: &Members) -> Option<String> {
        let group = &members.group;
        let name = group.name.as_str();
        let Some(closed) = &self.closed else {
            let on = self.networks.join(", ");
            return (!self.is_open()).then(|| format!("it is on {on}, where you join none"));
        };
        Some(match closed {
            Closed::Out => "you are not in it".to_owned(),
            Closed::Nowhere if group.admin => {
                let rooms = shell::hint("group rooms", &[name, "NETWORK"]);
                format!("it has none on any network ({rooms})")
            }
            Closed::Nowhere => "it has none on any network; an admin may give it one".to_owned(),
            Closed::Off => self.off.to_owned(),
            Closed::Invisible => "you are invisible".to_owned(),
            Closed::Watched(watched) => {
                let these = watched.iter().filter_map(|id| group.member(*id));
                let these: Vec<String> = these.map(|one| kept_away(members, one)).collect();
                let are = if these.len() == 1 { "is" } else { "are" };
                format!("{} {are} in", these.join(", "))
            }
            Closed::NotShown => {
                let show = shell::hint("group show --show", &[name]);
                let who = match strangers(members) {
                    0 => "nobody in it may".to_owned(),
                    some => format!("{} may not", counted(some, "member")),
                };
                format!("{who} see when you are there ({show} lets them)")
            }
            Closed::NoKey if group.admin => {
                let new = shell::hint("group rooms --new", &[name]);
                format!("there is no key for all who are in yet ({new} makes one)")
            }
            Closed::NoKey => {
                "there is no key for all who are in yet; an admin's side makes one".to_owned()
            }
        })
    }

    /// The object that scripts read.
    pub(super) fn as_json(&self, members: &Members) -> Value {
        let networks = self.agent.iter().flat_map(|room| &room.networks);
        let on = networks.map(|one| {
            let until = one.until.map(|until| rfc3339(Seconds(until)));
            json!({"network": one.name, "state": one.state, "until": until})
        });
        json!({
            "networks": self.networks,
            "on": on.collect::<Vec<_>>(),
            "why": self.word(),
            "shown": members.group.rooms.shown,
        })
    }

    /// Who else is there, for scripts; null where no agent runs.
    pub(super) fn there_json(&self, members: &Members) -> Option<Vec<Value>> {
        self.agent.as_ref()?;
        Some(self.there(members).iter().map(named).collect())
    }

    /// Why the user is in none, as scripts read it.
    fn word(&self) -> Option<&'static str> {
        Some(match &self.closed {
            None if self.is_open() => return None,
            None => "not shared",
            Some(Closed::Out) => "out",
            Some(Closed::Nowhere) => "none",
            Some(Closed::Off) => "off",
            Some(Closed::Invisible) => "invisible",
            Some(Closed::Watched(_)) => "hidden",
            Some(Closed::NotShown) => "not shown",
            Some(Closed::NoKey) => "no key",
        })
    }
}

/// How the user stands in it on a network.
fn on_network(one: &RoomNetwork) -> String {
    let name = &one.name;
    match (one.state.as_str(), one.until) {
        ("in", _) => format!("on {name}"),
        ("joining", _) => format!("about to be joined on {name}"),
        (_, Some(until)) => format!("closed on {name} until {}", local(Seconds(until))),
        (_, None) => format!("closed on {name} until tomorrow or another key"),
    }
}

/// A member who must not learn when the user is there, and why.
fn kept_away(members: &Members, member: &Member) -> String {
    let name = members.named(member).name;
    let how = match members.on_roster(member.contact) {
        Some(person) if person.blocked => "blocked",
        Some(person) if person.visible => "not told yet where you are",
        Some(_) | None => "hidden",
    };
    format!("{name} ({how})")
}

/// How many are in who are no friends that see the user.
fn strangers(members: &Members) -> usize {
    let sees = |member: &&Member| {
        let person = members.on_roster(member.contact);
        let person = person.filter(|_| !members.has_other_keys(member));
        person.is_some_and(|one| one.friend().is_some() && one.visible && !one.blocked)
    };
    members.group.others().filter(|one| !sees(one)).count()
}

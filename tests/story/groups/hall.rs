//! Agents of several people, and an IRC network on which all they order happens at once.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use iim::account::{Account, OsRng};
use iim::agent::{Agent, Happened, Outside, RoomState};
use iim::edge::config::{self, Config};
use iim::edge::irc::{End, KICKED, LinkEvent, Order};
use iim::rules::conversation::{ContactId, Stored};
use iim::rules::effect::Notice;
use iim::rules::event::{Act, GroupAct};
use iim::rules::queue::irc::Ended;

use crate::typing::registered;
use crate::world::{NET, World};

/// Who is where on the network, and what was seen there.
pub(crate) struct Hall {
    agents: BTreeMap<String, Agent<Orders>>,
    /// The nick of each link, by person and link.
    nicks: BTreeMap<(String, String), String>,
    /// The nicks in each channel, and its key.
    pub(crate) channels: BTreeMap<String, (String, BTreeSet<String>)>,
    /// Every line that was said in a channel: channel, nick, text.
    pub(crate) said: Vec<(String, String, String)>,
    /// Lines in channels get lost.
    pub(crate) deaf: bool,
    /// The server lets nobody come a second time.
    pub(crate) one_only: bool,
    /// The server has no place for one channel more.
    pub(crate) full: bool,
}

/// What an agent orders, and what it tells.
#[derive(Default)]
pub(crate) struct Orders {
    orders: Vec<(String, Order)>,
    told: Vec<Notice>,
    stored: Vec<Stored>,
}

impl Outside for Orders {
    fn open(&mut self, _: &config::Network, _: Duration) -> Result<(), String> {
        Ok(())
    }

    fn close(&mut self, network: &str) {
        self.orders.push((network.to_owned(), Order::Leave));
    }

    fn order(&mut self, network: &str, order: Order) {
        self.orders.push((network.to_owned(), order));
    }

    fn reached(&mut self, _: ContactId, _: bool) {}

    fn mail_is_due(&mut self) {}

    fn tell(&mut self, happened: Happened<'_>) {
        if let Happened::Notice(notice, _) = happened {
            self.told.push(notice.clone());
        }
    }

    fn stored(&mut self, stored: Box<Stored>) {
        self.stored.push(*stored);
    }

    fn configured(&mut self, _: &Config) {}
}

impl Hall {
    /// All of them run agents.
    pub(crate) fn of(world: &mut World, names: &[&str]) -> Self {
        let mut hall = Self {
            agents: BTreeMap::new(),
            nicks: BTreeMap::new(),
            channels: BTreeMap::new(),
            said: Vec::new(),
            deaf: false,
            one_only: false,
            full: false,
        };
        for name in names {
            hall.start(world, name);
        }
        hall
    }

    pub(crate) fn start(&mut self, world: &mut World, name: &str) {
        let account = Account::open(world.some(name).home.clone(), world.clock()).unwrap();
        let agent = Agent::open(account, world.clock(), Box::new(OsRng), Orders::default());
        self.agents.insert(name.to_owned(), agent.unwrap());
    }

    /// An agent is killed.
    pub(crate) fn stop(&mut self, name: &str) {
        self.agents.remove(name);
        let links: Vec<_> = self
            .nicks
            .keys()
            .filter(|at| at.0 == name)
            .cloned()
            .collect();
        for (_, link) in links {
            self.leave(name, &link);
        }
    }

    /// Seconds pass.
    pub(crate) fn pass(&mut self, world: &World, seconds: u64) {
        self.step(world, seconds, 1);
    }

    /// Hours pass, half a minute at a time.
    pub(crate) fn skip(&mut self, world: &World, seconds: u64) {
        self.step(world, seconds / 30, 30);
    }

    fn step(&mut self, world: &World, times: u64, seconds: u64) {
        for _ in 0..times {
            world.clock.advance(seconds);
            self.agents.values_mut().for_each(Agent::tick);
            self.run();
        }
    }

    /// Somebody does something in their group.
    pub(crate) fn act(&mut self, name: &str, act: GroupAct) {
        self.agents
            .get_mut(name)
            .unwrap()
            .act(Act::Group(act))
            .unwrap();
        self.run();
    }

    pub(crate) fn user(&mut self, name: &str, act: Act) {
        self.agents.get_mut(name).unwrap().act(act).unwrap();
        self.run();
    }

    /// Who of their group is in the room, as somebody sees it.
    pub(crate) fn there(&self, world: &mut World, name: &str) -> usize {
        let group = world.group(name).conversation;
        self.agents[name].there(group).others.len()
    }

    /// What clients of somebody's are handed since they were last asked for.
    pub(crate) fn handed(&mut self, name: &str) -> Vec<Stored> {
        std::mem::take(&mut self.agents.get_mut(name).unwrap().outside.stored)
    }

    /// How far somebody is in the rooms that there are for them.
    pub(crate) fn rooms(&self, name: &str) -> Vec<RoomState> {
        let rooms = self.agents[name].rooms().into_iter();
        rooms.map(|room| room.state).collect()
    }

    /// The nicks under which somebody is in channels.
    pub(crate) fn nick_in_rooms(&self, name: &str) -> Option<&String> {
        self.nicks.get(&(name.to_owned(), format!("{NET} rooms")))
    }

    fn run(&mut self) {
        loop {
            let mut orders = Vec::new();
            for (name, agent) in &mut self.agents {
                let taken = std::mem::take(&mut agent.outside.orders);
                orders.extend(taken.into_iter().map(|order| (name.clone(), order)));
            }
            if orders.is_empty() {
                return;
            }
            for (name, (link, order)) in orders {
                self.obey(&name, &link, order);
            }
        }
    }

    fn hear(&mut self, name: &str, link: &str, event: LinkEvent) {
        if let Some(agent) = self.agents.get_mut(name) {
            agent.hear(link, event);
        }
    }

    fn obey(&mut self, name: &str, link: &str, order: Order) {
        let at = (name.to_owned(), link.to_owned());
        match order {
            Order::Connect(_) if self.one_only && link != NET => {
                let end = End::new(Ended::Refused, "Too many connections");
                self.hear(
                    name,
                    link,
                    LinkEvent::Over(end, Some(Duration::from_secs(2))),
                );
            }
            Order::Connect(nick) => {
                if self.nicks.insert(at, nick.clone()).as_ref() != Some(&nick) {
                    self.hear(name, link, registered(nick));
                    self.hear(name, link, LinkEvent::Room);
                }
            }
            Order::Leave => {
                self.leave(name, link);
                self.hear(name, link, LinkEvent::Left);
            }
            Order::Watch(_) => {}
            Order::Enter { channel, key } => self.enter(&at, channel, key),
            Order::Part(channel) => self.gone(&at, &channel),
            Order::Send { ticket, to, texts } => {
                if to.starts_with('#') {
                    self.say(&at, &to, texts);
                }
                self.hear(name, link, LinkEvent::Written(ticket));
                self.hear(name, link, LinkEvent::Room);
            }
        }
    }

    fn enter(&mut self, at: &(String, String), channel: String, key: String) {
        let Some(nick) = self.nicks.get(at).cloned() else {
            return;
        };
        if self.full {
            let numeric = 405;
            return self.hear(&at.0, &at.1, LinkEvent::Shut { channel, numeric });
        }
        let (set, nicks) = self.channels.entry(channel.clone()).or_default();
        if nicks.is_empty() {
            set.clone_from(&key);
        }
        if *set != key {
            let numeric = 475;
            return self.hear(&at.0, &at.1, LinkEvent::Shut { channel, numeric });
        }
        let others = nicks.clone();
        nicks.insert(nick.clone());
        self.tell(&others, |_| LinkEvent::Came {
            channel: channel.clone(),
            nick: nick.clone(),
        });
        let nicks = others;
        self.hear(&at.0, &at.1, LinkEvent::Entered { channel, nicks });
    }

    fn gone(&mut self, at: &(String, String), channel: &str) {
        let (Some(nick), Some((_, nicks))) = (self.nicks.get(at), self.channels.get_mut(channel))
        else {
            return;
        };
        let nick = nick.clone();
        if !nicks.remove(&nick) {
            return;
        }
        let others = nicks.clone();
        self.tell(&others, |_| LinkEvent::Gone {
            channel: channel.to_owned(),
            nick: nick.clone(),
        });
    }

    fn leave(&mut self, name: &str, link: &str) {
        let at = (name.to_owned(), link.to_owned());
        let channels: Vec<String> = self.channels.keys().cloned().collect();
        for channel in channels {
            self.gone(&at, &channel);
        }
        self.nicks.remove(&at);
    }

    fn say(&mut self, at: &(String, String), channel: &str, texts: Vec<String>) {
        let Some(from) = self.nicks.get(at).cloned() else {
            return;
        };
        let Some((_, nicks)) = self.channels.get(channel) else {
            return;
        };
        let mut others = nicks.clone();
        if !others.remove(&from) || self.deaf {
            return;
        }
        for text in texts {
            let said = (channel.to_owned(), from.clone(), text.clone());
            self.said.push(said);
            self.tell(&others, |_| LinkEvent::Heard {
                channel: channel.to_owned(),
                from: from.clone(),
                text: text.clone(),
            });
        }
    }

    /// Somebody who is no member says a line under a nick.
    pub(crate) fn intrude(&mut self, channel: &str, nick: &str, text: &str) {
        let others = self.channels[channel].1.clone();
        self.tell(&others, |_| LinkEvent::Heard {
            channel: channel.to_owned(),
            from: nick.to_owned(),
            text: text.to_owned(),
        });
        self.run();
    }

    /// A channel is taken over: everybody is kicked out of it.
    pub(crate) fn take_over(&mut self, channel: &str) {
        let (_, nicks) = self.channels.remove(channel).unwrap();
        self.tell(&nicks, |_| LinkEvent::Shut {
            channel: channel.to_owned(),
            numeric: KICKED,
        });
        self.run();
    }

    fn tell(&mut self, nicks: &BTreeSet<String>, event: impl Fn(&str) -> LinkEvent) {
        for nick in nicks {
            let at = self.nicks.iter().find(|(_, other)| *other == nick);
            if let Some(((name, link), nick)) = at.map(|(at, nick)| (at.clone(), nick.clone())) {
                self.hear(&name, &link, event(&nick));
            }
        }
    }
}

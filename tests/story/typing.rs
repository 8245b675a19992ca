//! That somebody is writing: over IRC, to friends who are there, and kept nowhere.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use iim::account::{Account, OsRng, send};
use iim::agent::{Agent, Happened, Outside};
use iim::edge::config;
use iim::edge::config::Config;
use iim::edge::irc::{LinkEvent, Order, Registered};
use iim::protocol::letter::{Body, Typing};
use iim::rules::conversation::{ContactId, Stored};
use iim::rules::effect::Notice;
use iim::rules::event::Act;
use iim::rules::outgoing::Route;
use iim::rules::presence_tracker::Shown;

use crate::world::{MINUTE, NET, World, address};

const ROOM: usize = 430;

fn types(world: &mut World, name: &str, to: ContactId, typing: Typing) -> Option<Vec<String>> {
    send::typing(world.at(name), to, typing, ROOM).unwrap()
}

fn told(world: &mut World, name: &str) -> Vec<Typing> {
    let told = &world.some(name).told;
    told.iter()
        .filter_map(|notice| match notice {
            Notice::Typing { typing, .. } => Some(*typing),
            _ => None,
        })
        .collect()
}

#[test]
fn it_is_one_line_that_is_kept_nowhere_and_answered_with_nothing() {
    let mut world = World::of_friends(&["alice", "bob"]);
    world.meet("alice", "bob");
    let bob = world.id("alice", "bob");
    for typing in [Typing::Active, Typing::Paused, Typing::Done] {
        let lines = types(&mut world, "alice", bob, typing).unwrap();
        assert_eq!(lines.len(), 1);
        assert_eq!(world.hear_lines("alice", "bob", &lines).len(), 1);
    }
    assert_eq!(
        told(&mut world, "bob"),
        [Typing::Active, Typing::Paused, Typing::Done]
    );
    for name in ["alice", "bob"] {
        assert_eq!(
            world.at(name).waiting().unwrap(),
            0,
            "{name}: nothing waits"
        );
        assert!(
            world.at(name).history(None, false).unwrap().is_empty(),
            "{name}"
        );
        assert!(world.outgoing(name).is_empty(), "{name}");
    }
    assert_eq!(world.pass(10 * MINUTE), 0);
    // The conversation goes on in the same session.
    world.say("alice", "bob", "here it is");
    world.chat("alice", "bob");
    assert_eq!(world.heard("bob", "alice"), ["here it is"]);
}

#[test]
fn whoever_may_not_see_us_is_not_told() {
    for (what, act) in [
        ("hidden", Some(Act::Hide(vec![address("bob")]))),
        ("blocked", Some(Act::Block(vec![address("bob")]))),
        (
            "invisible",
            Some(Act::Status {
                status: Some(iim::rules::event::NewStatus::Invisible),
                text: None,
                friends: Vec::new(),
                ways: None,
            }),
        ),
        ("removed", Some(Act::Remove(vec![address("bob")]))),
        ("of an older version", None),
    ] {
        let mut world = World::of_friends(&["alice", "bob"]);
        world.meet("alice", "bob");
        let bob = world.id("alice", "bob");
        assert!(types(&mut world, "alice", bob, Typing::Active).is_some());
        match act {
            Some(act) => {
                world.act("alice", act);
            }
            None => world.is_of_version_one("alice", "bob"),
        }
        assert_eq!(
            types(&mut world, "alice", bob, Typing::Active),
            None,
            "{what}"
        );
        assert_eq!(world.at("alice").waiting().unwrap(), 0, "{what}");
    }
    let mut world = World::of(&["alice", "bob"]);
    world.add("alice", "bob");
    let bob = world.id("alice", "bob");
    assert_eq!(
        types(&mut world, "alice", bob, Typing::Active),
        None,
        "asked"
    );
}

#[test]
fn by_mail_it_says_nothing() {
    let mut world = World::of_friends(&["alice", "bob"]);
    world.forge("bob", "alice", 1, Body::Typing(Typing::Active), Route::Mail);
    assert_eq!(world.exchange(), 1, "and nothing answers it");
    assert!(told(&mut world, "alice").is_empty());
    assert!(world.at("alice").history(None, false).unwrap().is_empty());
}

/// What an agent orders, and what it tells.
#[derive(Default)]
pub(crate) struct Hands {
    pub(crate) orders: Vec<Order>,
    pub(crate) told: Vec<Notice>,
    /// By network, the nicks that are looked for.
    pub(crate) watched: BTreeMap<String, BTreeSet<String>>,
    /// How often mail was said to be due.
    pub(crate) woken: usize,
    /// The network to which no link can be had.
    pub(crate) refused: Option<String>,
}

impl Outside for Hands {
    fn open(&mut self, network: &config::Network, _: Duration) -> Result<(), String> {
        match self.refused.as_ref() == Some(&network.name) {
            true => Err("no password".to_owned()),
            false => Ok(()),
        }
    }

    fn close(&mut self, _: &str) {}

    fn order(&mut self, network: &str, order: Order) {
        if let Order::Watch(change) = &order {
            change.apply(self.watched.entry(network.to_owned()).or_default());
        }
        self.orders.push(order);
    }

    fn reached(&mut self, _: ContactId, _: bool) {}

    fn mail_is_due(&mut self) {
        self.woken += 1;
    }

    fn tell(&mut self, happened: Happened<'_>) {
        if let Happened::Notice(notice, _) = happened {
            self.told.push(notice.clone());
        }
    }

    fn stored(&mut self, _: Box<Stored>) {}

    fn configured(&mut self, _: &Config) {}
}

/// Two agents on one network, whose server hands every line over at once.
pub(crate) struct Wire {
    pub(crate) agents: [Agent<Hands>; 2],
    pub(crate) nicks: [Option<String>; 2],
    watched: [BTreeSet<String>; 2],
    /// Whether links say that they have room again.
    room: bool,
}

impl Wire {
    pub(crate) fn of(world: &mut World, names: [&str; 2]) -> Self {
        let agents = names.map(|name| {
            let home = world.some(name).home.clone();
            let account = Account::open(home, world.clock()).unwrap();
            Agent::open(account, world.clock(), Box::new(OsRng), Hands::default()).unwrap()
        });
        let mut wire = Self {
            agents,
            nicks: [None, None],
            watched: Default::default(),
            room: true,
        };
        for _ in 0..300 {
            world.clock.advance(1);
            wire.agents.iter_mut().for_each(Agent::tick);
            wire.run();
            let online = |agent: &Agent<Hands>| agent.friends()[0].shown == Shown::Online;
            if wire.agents.iter().all(online) {
                return wire;
            }
        }
        panic!("they do not find each other");
    }

    /// Does what is ordered until nothing is; the number of letters that left the first.
    pub(crate) fn run(&mut self) -> usize {
        let mut count = 0;
        loop {
            let orders = [0, 1].map(|who| std::mem::take(&mut self.agents[who].outside.orders));
            if orders.iter().all(Vec::is_empty) {
                return count;
            }
            for (who, orders) in orders.into_iter().enumerate() {
                for order in orders {
                    count += usize::from(who == 0 && matches!(order, Order::Send { .. }));
                    self.obey(who, order);
                }
            }
        }
    }

    fn obey(&mut self, who: usize, order: Order) {
        match order {
            Order::Connect(nick) if self.nicks[who].as_ref() != Some(&nick) => {
                self.nicks[who] = Some(nick.clone());
                self.agents[who].hear(NET, registered(nick));
                self.agents[who].hear(NET, LinkEvent::Room);
                // A link asks anew for all that it watches.
                self.look(who);
                self.look(1 - who);
            }
            Order::Connect(_) => {}
            Order::Leave => {
                if let Some(nick) = self.nicks[who].take() {
                    self.agents[1 - who].hear(NET, LinkEvent::Down(nick));
                }
                self.agents[who].hear(NET, LinkEvent::Left);
            }
            Order::Watch(change) => {
                change.apply(&mut self.watched[who]);
                self.look(who);
            }
            Order::Enter { .. } | Order::Part(_) => {}
            Order::Send { ticket, texts, .. } => {
                let from = self.nicks[who].clone().unwrap();
                for text in texts {
                    let from = from.clone();
                    self.agents[1 - who].hear(NET, LinkEvent::Message { from, text });
                }
                self.agents[who].hear(NET, LinkEvent::Written(ticket));
                if self.room {
                    self.agents[who].hear(NET, LinkEvent::Room);
                }
            }
        }
    }

    /// The server says who of those watched is there.
    fn look(&mut self, who: usize) {
        let there = self.nicks[1 - who].clone();
        if let Some(nick) = there.filter(|nick| self.watched[who].contains(nick)) {
            self.agents[who].hear(NET, LinkEvent::Up(nick));
        }
    }

    fn told(&mut self) -> Vec<Typing> {
        let told = std::mem::take(&mut self.agents[1].outside.told);
        let typing = |notice| match notice {
            Notice::Typing { typing, .. } => Some(typing),
            _ => None,
        };
        told.into_iter().filter_map(typing).collect()
    }
}

pub(crate) fn registered(nick: String) -> LinkEvent {
    LinkEvent::Registered(Registered {
        nick,
        server: "127.0.0.1:6667".to_owned(),
        room_prefix: 60,
        linelen: 512,
        ..Registered::default()
    })
}

#[test]
fn an_agent_tells_it_to_whom_is_there_when_nothing_else_waits() {
    let mut world = World::of_friends(&["alice", "bob"]);
    let mut wire = Wire::of(&mut world, ["alice", "bob"]);
    let id = world.contact("alice", "bob");
    wire.run();
    wire.told();

    wire.agents[0].typing(id, Typing::Active);
    wire.agents[0].typing(id, Typing::Active);
    assert_eq!(wire.run(), 1, "once in three seconds");
    assert_eq!(wire.told(), [Typing::Active]);
    world.clock.advance(3);
    wire.agents[0].typing(id, Typing::Active);
    wire.agents[0].typing(id, Typing::Done);
    assert_eq!(
        wire.run(),
        1,
        "one letter at a time: the second finds no room"
    );
    assert_eq!(wire.told(), [Typing::Active]);
    wire.agents[0].typing(id, Typing::Done);
    wire.run();
    assert_eq!(
        wire.told(),
        [Typing::Done],
        "what found no room may be said again"
    );

    // A text goes first, and takes the room.
    world.clock.advance(3);
    wire.room = false;
    let say = world.saying("alice", "bob", "first");
    wire.agents[0].account.act(say).unwrap();
    wire.agents[0].typing(id, Typing::Active);
    assert_eq!(wire.run(), 1);
    assert!(wire.told().is_empty());
    let heard = wire.agents[1].account.entries(None, false).unwrap();
    assert_eq!(heard[0].message.text, "first");

    // Whose nick is gone is not written to, and nothing waits for them.
    wire.room = true;
    wire.agents[0].hear(NET, LinkEvent::Room);
    wire.run();
    let nick = wire.nicks[1].take().unwrap();
    wire.agents[0].hear(NET, LinkEvent::Down(nick));
    world.clock.advance(3);
    wire.agents[0].typing(id, Typing::Active);
    assert_eq!(wire.run(), 0);
    assert_eq!(wire.agents[0].account.waiting().unwrap(), 0);
}

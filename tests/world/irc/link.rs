//! A person's link to a network: what the task in `src/edge/irc/link.rs` does, step by step, with events for awaiting.
//!
//! ```text
//! Idle ──Connect──> Dialling ──> Talking ──End──> Pausing ──> Dialling
//!   ^                               └─Leave─> Quitting ─> Idle
//! ```

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use iim::edge::irc::{
    End, Lines, LinkEvent, NOT_SENT, NetworkSettings, Order, Persona, Session, WatchChange,
};
use iim::rules::queue::irc::{Ended, Retries};
use rand::RngExt as _;

use super::{Event, Irc, Person, Told};

/// One person's link to one network.
pub(super) struct SimLink {
    pub(super) person: usize,
    /// What the link is called: a person may have two to one network.
    pub(super) name: String,
    pub(super) network: String,
    pub(super) settings: Arc<NetworkSettings>,
    /// From one round of ISON to the next.
    pub(super) poll: Duration,
    /// ms that this person's lines take longer than others'.
    pub(super) lag: u64,
    pub(super) wanted: Option<String>,
    pub(super) watched: BTreeSet<String>,
    pub(super) retries: Retries,
    /// How long the last connection was on the network.
    pub(super) held: Duration,
    pub(super) tries: usize,
    pub(super) state: State,
    /// Counts the states; timers of earlier ones are void.
    pub(super) turn: u64,
    /// When the timer of this state goes off.
    pub(super) armed: Option<u64>,
    /// Nothing is left out until then.
    pub(super) awake_until: u64,
    pub(super) resting: bool,
    /// How often it was woken in vain just now.
    pub(super) vain: u32,
    /// Orders that came while quitting.
    pub(super) orders: VecDeque<Order>,
}

pub(super) enum State {
    /// Not wanted anywhere, or without a server to go to.
    Idle,
    Dialling,
    Talking(Box<Talk>),
    Quitting {
        conn: usize,
        news: Vec<LinkEvent>,
        end: Option<End>,
    },
    Pausing,
}

pub(super) struct Talk {
    pub(super) session: Session,
    pub(super) conn: usize,
    pub(super) lines: Lines,
}

/// What an order changes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Obeyed {
    Same,
    Again,
    Changed,
}

impl SimLink {
    /// The connection while there is one.
    pub(super) fn conn(&self) -> Option<usize> {
        match &self.state {
            State::Talking(talk) => Some(talk.conn),
            State::Quitting { conn, .. } => Some(*conn),
            State::Idle | State::Dialling | State::Pausing => None,
        }
    }

    /// The nicks that are to be watched.
    pub(super) fn watches(&self, lower: &str) -> bool {
        self.watched
            .iter()
            .any(|nick| nick.eq_ignore_ascii_case(lower))
    }

    pub(super) fn is_pausing(&self) -> bool {
        matches!(self.state, State::Pausing)
    }
}

impl Irc {
    /// Gives a person a link to a network, which waits for [`Order::Connect`]; a link that was there is gone as if the
    /// agent had crashed.
    pub fn link(
        &mut self,
        person: usize,
        network: &str,
        settings: NetworkSettings,
        poll: Duration,
    ) {
        self.second_link(person, network, network, settings, poll);
    }

    /// As [`Irc::link`], under a name of its own: what its owner calls it in orders, and is told of under.
    pub fn second_link(
        &mut self,
        person: usize,
        name: &str,
        network: &str,
        settings: NetworkSettings,
        poll: Duration,
    ) {
        if let Some(link) = self.find(person, name) {
            self.forget(link, false);
            self.links[link].settings = Arc::new(settings);
            self.links[link].poll = poll;
            return;
        }
        if self.people.len() <= person {
            self.people.resize(person + 1, Person::default());
        }
        let lag = self.rng.random_range(5..=60);
        self.links.push(SimLink {
            person,
            name: name.to_owned(),
            network: network.to_owned(),
            settings: Arc::new(settings),
            poll,
            lag,
            wanted: None,
            watched: BTreeSet::new(),
            retries: Retries::default(),
            held: Duration::ZERO,
            tries: 0,
            state: State::Idle,
            turn: 0,
            armed: None,
            awake_until: 0,
            resting: false,
            vain: 0,
            orders: VecDeque::new(),
        });
    }

    /// Gives an order to a link, which must be there; on a machine that sleeps it waits.
    pub fn order(&mut self, person: usize, network: &str, order: Order) {
        let link = self.find(person, network);
        let link = link.unwrap_or_else(|| panic!("{person} has no link to {network}"));
        let asleep_until = self.people[person].asleep_until;
        if asleep_until > self.now {
            self.at(asleep_until, Event::Order { link, order });
        } else {
            self.obey(link, order);
        }
    }

    pub(super) fn find(&self, person: usize, name: &str) -> Option<usize> {
        let ours = |link: &SimLink| link.person == person && link.name == name;
        self.links.iter().position(ours)
    }

    pub(super) fn obey(&mut self, link: usize, order: Order) {
        if let State::Quitting { .. } = self.links[link].state {
            self.links[link].orders.push_back(order);
            return;
        }
        self.touch(link);
        let obeyed = self.take(link, order);
        match (&self.links[link].state, obeyed) {
            (State::Talking(_), Obeyed::Changed) => self.finish(link, None),
            (State::Talking(_), _) => self.drive(link),
            (State::Idle | State::Dialling | State::Pausing, Obeyed::Changed)
            | (State::Pausing, Obeyed::Again) => {
                self.left(link);
                self.go(link);
            }
            (State::Idle, Obeyed::Again) if self.links[link].wanted.is_some() => self.go(link),
            _ => {}
        }
    }

    fn take(&mut self, at: usize, order: Order) -> Obeyed {
        let link = &mut self.links[at];
        let session = match &mut link.state {
            State::Talking(talk) => Some(&mut talk.session),
            _ => None,
        };
        match (order, session) {
            (Order::Connect(nick), _) => link.want(Some(nick)),
            (Order::Leave, _) => {
                let away = link.wanted.is_none();
                let obeyed = link.want(None);
                if away {
                    self.tell(at, LinkEvent::Left);
                }
                obeyed
            }
            (Order::Watch(change), session) => {
                if let Some(session) = session {
                    session.watch(&change);
                }
                change.apply(&mut link.watched);
                self.stay_awake(at, self.now);
                Obeyed::Same
            }
            (Order::Send { ticket, to, texts }, Some(session)) => {
                session.send(ticket, &to, &texts);
                Obeyed::Same
            }
            (Order::Enter { channel, key }, Some(session)) => {
                session.enter(&channel, &key);
                self.stay_awake_for_lines(at);
                Obeyed::Same
            }
            (Order::Enter { channel, .. }, None) => {
                let numeric = NOT_SENT;
                self.tell(at, LinkEvent::Shut { channel, numeric });
                Obeyed::Same
            }
            (Order::Part(channel), session) => {
                if let Some(session) = session {
                    session.part(&channel);
                }
                Obeyed::Same
            }
            (Order::Send { ticket, to, .. }, None) => {
                let (ticket, nick, numeric) = (Some(ticket), to, NOT_SENT);
                self.tell(
                    at,
                    LinkEvent::Undeliverable {
                        ticket,
                        nick,
                        numeric,
                    },
                );
                Obeyed::Same
            }
        }
    }

    pub(super) fn tell(&mut self, link: usize, news: LinkEvent) {
        let SimLink { person, name, .. } = &self.links[link];
        self.told.push_back(Told {
            at_ms: self.now,
            person: *person,
            network: name.clone(),
            news,
        });
    }

    /// Nowhere, or on the way to the next server.
    pub(super) fn go(&mut self, at: usize) {
        let link = &mut self.links[at];
        link.enter(State::Idle);
        if link.wanted.is_none() {
            return;
        }
        let Some(server) = link.next_server() else {
            let end = End::new(Ended::Unreached, "no server is configured");
            return self.tell(at, LinkEvent::Over(end, None));
        };
        let nick = link.wanted.clone().unwrap_or_default();
        link.retries.under(&nick);
        let turn = link.enter(State::Dialling);
        self.tell(at, LinkEvent::Connecting(server.to_string()));
        let (wait, to) = self.dial(at, &server);
        self.at(self.now + wait, Event::Dialled { link: at, turn, to });
    }

    pub(super) fn dialled(&mut self, at: usize, turn: u64, to: Result<(usize, usize), String>) {
        if self.links[at].turn != turn {
            return;
        }
        let reached = to.and_then(|to| self.accept(at, to));
        match reached {
            Ok(conn) => self.begin(at, conn),
            Err(reason) => self.pause(at, End::new(Ended::Unreached, reason)),
        }
    }

    fn begin(&mut self, at: usize, conn: usize) {
        let now = self.clocks(self.links[at].person);
        let persona = Persona::random(&mut self.rng);
        let token = format!("t{:08x}", self.rng.random::<u32>());
        let link = &mut self.links[at];
        let server = link.server_now();
        let nick = link.wanted.clone().unwrap_or_default();
        let settings = Arc::clone(&link.settings);
        match Session::begin(&settings, link.poll, server, &nick, &persona, token, now) {
            Ok(mut session) => {
                session.watch(&WatchChange {
                    more: link.watched.clone(),
                    less: BTreeSet::new(),
                });
                let lines = Lines::default();
                link.enter(State::Talking(Box::new(Talk {
                    session,
                    conn,
                    lines,
                })));
                link.awake_until = self.now + REGISTRATION;
                self.drive(at);
            }
            Err(error) => {
                self.hang_up(conn);
                self.pause(at, End::new(Ended::Lost, error.to_string()));
            }
        }
    }
}

/// How long a registration may take, in ms.
const REGISTRATION: u64 = 130_000;

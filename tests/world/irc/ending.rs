//! How a link's connection ends and the pause after it, and the small steps of a link's own state.

use std::time::Duration;

use iim::edge::irc::{End, LinkEvent, Now};
use iim::protocol::time::Seconds;
use iim::rules::queue::irc::{Ended, Retries};
use rand::RngExt as _;

use super::link::{Obeyed, SimLink, State};
use super::{Irc, ServerAddress};

impl Irc {
    /// A connection is over; `None` if an order ended it.
    pub(super) fn finish(&mut self, at: usize, end: Option<End>) {
        let now = self.clocks(self.links[at].person).steady;
        let link = &mut self.links[at];
        let State::Talking(talk) = std::mem::replace(&mut link.state, State::Idle) else {
            return;
        };
        let (session, conn) = (talk.session, talk.conn);
        link.held = session.settled_for(now);
        if end.as_ref().is_some_and(|end| end.how == Ended::Lost) {
            self.hang_up(conn);
            self.tell_all(at, session.close());
            self.after(at, end);
        } else {
            let last = [session.out(), b"QUIT\r\n"].concat();
            self.write(conn, &last);
            let news = session.close();
            self.links[at].enter(State::Quitting { conn, news, end });
            self.wake(at, self.now + GOODBYE);
        }
    }

    /// The server has closed, or has had its time.
    pub(super) fn quitted(&mut self, at: usize) {
        let link = &mut self.links[at];
        let State::Quitting { conn, news, end } = std::mem::replace(&mut link.state, State::Idle)
        else {
            return;
        };
        self.hang_up(conn);
        self.tell_all(at, news);
        self.after(at, end);
        for order in std::mem::take(&mut self.links[at].orders) {
            self.obey(at, order);
        }
    }

    fn after(&mut self, at: usize, end: Option<End>) {
        match end {
            Some(end) => self.pause(at, end),
            None => {
                self.left(at);
                self.go(at);
            }
        }
    }

    /// The server's end is closed.
    pub(super) fn closed(&mut self, conn: usize) {
        let Some(at) = self.conns[conn].link.filter(|_| !self.conns[conn].cut) else {
            return;
        };
        let ours = self.links[at].conn() == Some(conn);
        match self.links[at].state {
            State::Talking(_) if ours => {
                let reason = "the server closed the connection";
                self.finish(at, Some(End::new(Ended::Lost, reason)));
            }
            State::Quitting { .. } if ours => self.quitted(at),
            _ => {}
        }
    }

    /// Tells why a connection is over, and waits before the next.
    pub(super) fn pause(&mut self, at: usize, end: End) {
        let now = self.clocks(self.links[at].person).steady;
        let link = &mut self.links[at];
        let held = std::mem::take(&mut link.held);
        let pause = link.retries.pause(end.how, held, now);
        let pause = self.rng.random_range(pause.least..=pause.most);
        self.tell(at, LinkEvent::Over(end, Some(pause)));
        self.links[at].enter(State::Pausing);
        self.wake(at, self.now + u64::try_from(pause.as_millis()).unwrap());
    }

    /// Tells that a link is gone, if it was [`iim::edge::irc::Order::Leave`] that made it go.
    pub(super) fn left(&mut self, at: usize) {
        if self.links[at].wanted.is_none() {
            self.tell(at, LinkEvent::Left);
        }
    }

    fn tell_all(&mut self, at: usize, news: Vec<LinkEvent>) {
        for one in news {
            self.tell(at, one);
        }
    }

    /// The agent is no more: the link knows nothing, and the system closes its connection, unless that is `silent`.
    pub(super) fn forget(&mut self, at: usize, silent: bool) {
        if let Some(conn) = self.links[at].conn() {
            if silent {
                self.cut_conn(conn);
            }
            self.hang_up(conn);
        }
        let link = &mut self.links[at];
        link.enter(State::Idle);
        link.wanted = None;
        link.watched.clear();
        link.orders.clear();
        link.retries = Retries::default();
        link.tries = 0;
    }

    /// Leaves nothing out from then on, until every watched nick has been asked for once more.
    pub(super) fn stay_awake(&mut self, at: usize, from: u64) {
        let link = &self.links[at];
        let net = self.network(&link.network);
        let there_and_back = 2 * (self.networks[net].lag + link.lag);
        let token = (1000.0 / link.settings.flood.per_second) as u64;
        let bytes: usize = link.watched.iter().map(|nick| nick.len() + 1).sum();
        let round = (bytes as u64 / 300 + 1) * (there_and_back + token);
        let until = from + link.poll_ms() + 2 * round;
        self.links[at].awake_until = link.awake_until.max(until);
    }

    /// A line was written that was no routine: others may follow.
    pub(super) fn stay_awake_for_lines(&mut self, at: usize) {
        let link = &mut self.links[at];
        let tokens = (3000.0 / link.settings.flood.per_second) as u64;
        link.awake_until = link.awake_until.max(self.now + tokens);
    }

    /// Both clocks of a person's machine.
    pub(super) fn clocks(&self, person: usize) -> Now {
        let person = &self.people[person];
        // While it sleeps, its steady clock stands still.
        let awake = self.now.max(person.asleep_until) - self.start - person.slept;
        let wall = i64::try_from(self.now / 1000).unwrap() + person.offset;
        Now {
            steady: Duration::from_millis(awake),
            wall: Seconds(u64::try_from(wall).unwrap_or(0)),
        }
    }
}

impl SimLink {
    /// A new turn, in which the timers of the last are void.
    pub(super) fn enter(&mut self, state: State) -> u64 {
        self.state = state;
        self.turn += 1;
        self.armed = None;
        self.resting = false;
        self.turn
    }

    pub(super) fn want(&mut self, wanted: Option<String>) -> Obeyed {
        let same = self.wanted == wanted;
        self.wanted = wanted;
        if same { Obeyed::Again } else { Obeyed::Changed }
    }

    pub(super) fn next_server(&mut self) -> Option<ServerAddress> {
        let index = self.tries.checked_rem(self.settings.servers.len())?;
        self.tries += 1;
        self.settings.servers.get(index).cloned()
    }

    /// Between two rounds of ISON, in ms.
    pub(super) fn poll_ms(&self) -> u64 {
        u64::try_from(self.poll.as_millis()).unwrap()
    }

    /// The server of the last try.
    pub(super) fn server_now(&self) -> String {
        let index = (self.tries - 1) % self.settings.servers.len();
        self.settings.servers[index].to_string()
    }
}

/// How long QUIT may take, in ms.
const GOODBYE: u64 = 2000;

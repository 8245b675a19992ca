//! The task that stays connected to one network: connect, drive a session, pause, connect again.
//!
//! ```text
//!          Connect                    connected               End
//! Away ───────────────> Connecting ──────────────> Session ─────────> Pause ──over──> Connecting
//!   ^                        │ error                  │ Leave, other    │
//!   └── Leave ───────────────┴───> Pause              └──QUIT──> …      └── Leave ──> Away
//! ```
//!
//! It never waits for the reader of its events: they wait in a queue, and while that is long nothing is read from the
//! server. So an agent that is slow cannot be made to hold anything up but the server that floods it.

use std::collections::BTreeSet;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use rand::RngExt as _;
use rand::rngs::StdRng;
use tokio::select;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};

use super::connect::{Reached, connect};
use super::end::End;
use super::events::EventQueue;
use super::pipe::Pipe;
use super::redact::scrubbed;
use super::registration::{Persona, letters};
use super::session::Session;
use super::{LinkEvent, NetworkSettings, Now, Order, WatchChange};
use crate::edge::config::Server;
use crate::protocol::time::Seconds;
use crate::rules::queue::irc::{Ended, Retries};

/// The state of a network's task.
pub(super) struct Task {
    settings: Arc<NetworkSettings>,
    poll: Duration,
    orders: mpsc::Receiver<Order>,
    events: EventQueue,
    wanted: Wanted,
    watched: BTreeSet<String>,
    rng: StdRng,
    /// The user's clock.
    wall: fn() -> Seconds,
    start: Instant,
    retries: Retries,
    /// Until when the network is left alone, whatever nick is ordered, and why.
    kept_out: Option<(Duration, End)>,
    /// Tries to connect, each to the next server.
    tries: usize,
}

/// Where the agent wants us.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Wanted {
    /// Nowhere, for now.
    Away,
    /// On the network under this nick.
    Under(String),
    /// Nowhere, for ever.
    Ended,
}

/// What an order changes for whoever waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Obeyed {
    /// Nothing.
    Same,
    /// The same nick was ordered again: no more pausing.
    Again,
    /// We are wanted elsewhere.
    Changed,
}

impl Task {
    /// A task that waits for its first order.
    pub(super) fn new(
        settings: NetworkSettings,
        poll: Duration,
        rng: StdRng,
        wall: fn() -> Seconds,
        (orders, events): (mpsc::Receiver<Order>, mpsc::Sender<LinkEvent>),
    ) -> Self {
        Self {
            settings: Arc::new(settings),
            poll,
            orders,
            events: EventQueue::new(events),
            wanted: Wanted::Away,
            watched: BTreeSet::new(),
            rng,
            wall,
            start: Instant::now(),
            retries: Retries::default(),
            kept_out: None,
            tries: 0,
        }
    }

    pub(super) async fn run(mut self) {
        loop {
            match self.wanted.clone() {
                Wanted::Ended => return,
                Wanted::Away => {
                    self.unless_ordered(std::future::pending::<()>(), Obeyed::Changed)
                        .await;
                }
                Wanted::Under(nick) => self.attempt(&nick).await,
            }
        }
    }

    /// One try to be on the network, as long as it holds, and the pause after it.
    async fn attempt(&mut self, nick: &str) {
        if let Some(rest) = self.is_kept_out() {
            return self.pause(rest).await;
        }
        self.retries.under(nick);
        let Some(server) = self.next_server() else {
            let end = End::new(Ended::Unreached, "no server is configured");
            self.events.push(LinkEvent::Over(end, None));
            self.unless_ordered(std::future::pending::<()>(), Obeyed::Again)
                .await;
            return;
        };
        let shown = server.to_string();
        self.events.push(LinkEvent::Connecting(shown.clone()));
        let settings = Arc::clone(&self.settings);
        let dialled = self
            .unless_ordered(connect(&settings, &server), Obeyed::Changed)
            .await;
        let (end, held) = match dialled {
            None => return self.left(),
            Some(Err(end)) => (end, Duration::ZERO),
            Some(Ok(reached)) => match self.converse(reached, shown, nick).await {
                None => return self.left(),
                Some(end) => end,
            },
        };
        let end = scrubbed(end, nick, &settings);
        let now = self.now().steady;
        let pause = self.retries.pause(end.how, held, now);
        let pause = self.rng.random_range(pause.least..=pause.most);
        if end.how == Ended::ThrownOut {
            self.kept_out = Some((now.saturating_add(pause), end.clone()));
        }
        self.events.push(LinkEvent::Over(end, Some(pause)));
        self.pause(pause).await;
    }

    /// For how long still, if a server has thrown us out; told anew, for the order to connect was.
    fn is_kept_out(&mut self) -> Option<Duration> {
        let (until, end) = self.kept_out.clone()?;
        let rest = until.checked_sub(self.now().steady)?;
        self.events.push(LinkEvent::Over(end, Some(rest)));
        Some(rest)
    }

    fn next_server(&mut self) -> Option<Server> {
        let index = self.tries.checked_rem(self.settings.servers.len())?;
        self.tries = self.tries.wrapping_add(1);
        self.settings.servers.get(index).cloned()
    }

    /// Tells that we are gone, if it was [`Order::Leave`] that made us go.
    fn left(&mut self) {
        match self.wanted {
            Wanted::Away => self.events.push(LinkEvent::Left),
            Wanted::Under(_) | Wanted::Ended => {}
        }
    }

    /// Waits, unless an order or the end of a sleep of the machine makes it senseless.
    async fn pause(&mut self, pause: Duration) {
        let until = self.now().steady.saturating_add(pause);
        let mut before = self.now();
        while before.steady < until {
            let step = until.saturating_sub(before.steady).min(STEP);
            if self
                .unless_ordered(sleep(step), Obeyed::Again)
                .await
                .is_none()
            {
                return self.left();
            }
            let now = self.now();
            if now.wall.since(before.wall) > SLEPT {
                return;
            }
            before = now;
        }
    }

    /// Waits for `done`; `None` if an order changed as much as `enough` before.
    async fn unless_ordered<T>(
        &mut self,
        done: impl Future<Output = T>,
        enough: Obeyed,
    ) -> Option<T> {
        let mut done = pin!(done);
        loop {
            select! {
                done = &mut done => return Some(done),
                order = self.orders.recv(), if self.events.bears_orders() => {
                    let obeyed = self.obey(order, None);
                    if obeyed == Obeyed::Changed || (obeyed == Obeyed::Again && enough == Obeyed::Again) {
                        return None;
                    }
                }
                () = self.events.deliver(), if self.events.any() => {}
            }
        }
    }

    /// Takes an order, with the session that it may concern.
    fn obey(&mut self, order: Option<Order>, session: Option<&mut Session>) -> Obeyed {
        match (order, session) {
            (None, _) => self.want(Wanted::Ended),
            (Some(Order::Connect(nick)), _) => self.want(Wanted::Under(nick)),
            (Some(Order::Leave), _) => {
                if self.wanted == Wanted::Away {
                    self.events.push(LinkEvent::Left);
                }
                self.want(Wanted::Away)
            }
            (Some(Order::Watch(change)), session) => {
                if let Some(session) = session {
                    session.watch(&change);
                }
                change.apply(&mut self.watched);
                Obeyed::Same
            }
            (Some(Order::Send { ticket, to, texts }), Some(session)) => {
                session.send(ticket, &to, &texts);
                Obeyed::Same
            }
            (Some(Order::Send { ticket, to, .. }), None) => {
                self.events.push(LinkEvent::not_sent(ticket, to));
                Obeyed::Same
            }
            (Some(Order::Enter { channel, key }), Some(session)) => {
                session.enter(&channel, &key);
                Obeyed::Same
            }
            (Some(Order::Enter { channel, .. }), None) => {
                self.events.push(LinkEvent::not_entered(channel));
                Obeyed::Same
            }
            (Some(Order::Part(channel)), session) => {
                if let Some(session) = session {
                    session.part(&channel);
                }
                Obeyed::Same
            }
        }
    }

    fn want(&mut self, wanted: Wanted) -> Obeyed {
        let same = self.wanted == wanted;
        self.wanted = wanted;
        if same { Obeyed::Again } else { Obeyed::Changed }
    }

    /// Drives a session to its end, and says how long we were on the network; `None` if an order ended it.
    async fn converse(
        &mut self,
        reached: Reached,
        server: String,
        nick: &str,
    ) -> Option<(End, Duration)> {
        let (persona, token) = (Persona::random(&mut self.rng), letters(&mut self.rng));
        let settings = Arc::clone(&self.settings);
        let (poll, now) = (self.poll, self.now());
        let mut session = match Session::begin(&settings, poll, server, nick, &persona, token, now)
        {
            Ok(session) => session,
            Err(error) => return Some((End::lost(&error), Duration::ZERO)),
        };
        session.watch(&WatchChange {
            more: self.watched.clone(),
            less: BTreeSet::new(),
        });
        if reached.of_another {
            session.doubt_network();
        }
        let mut pipe = Pipe::new(reached.stream);
        let end = self.drive(&mut pipe, &mut session).await;
        let held = session.settled_for(self.now().steady);
        if end.as_ref().is_none_or(|end| end.how != Ended::Lost) {
            pipe.goodbye(session.out()).await;
        }
        self.events.extend(session.close());
        end.map(|end| (end, held))
    }

    async fn drive(&mut self, pipe: &mut Pipe, session: &mut Session) -> Option<End> {
        // It may ring too early, never too late: with most lines the next look moves on, and the alarm need not.
        let mut alarm = pin!(sleep(Duration::ZERO));
        loop {
            let now = self.now();
            session.tick(now);
            self.events.extend(session.events());
            self.events.deliver_some();
            if let Some(end) = session.ended() {
                return Some(end.clone());
            }
            if !self.events.is_short() {
                session.deaf(now.steady);
            }
            let listening = self.events.is_short() && session.may_hear();
            let due = self.start.checked_add(session.due(now.steady));
            let due = due.unwrap_or_else(Instant::now);
            if due < alarm.deadline() || alarm.is_elapsed() {
                alarm.as_mut().reset(due);
            }
            let done = select! {
                done = pipe.work(session, listening, self.start) => done,
                order = self.orders.recv(), if self.events.bears_orders() => {
                    if self.obey(order, Some(session)) == Obeyed::Changed {
                        return None;
                    }
                    Ok(())
                }
                () = self.events.deliver(), if self.events.any() => Ok(()),
                () = &mut alarm => Ok(()),
            };
            if let Err(error) = done {
                self.events.extend(session.events());
                let end = session.ended().cloned();
                return Some(end.unwrap_or_else(|| End::lost(&error)));
            }
        }
    }

    fn now(&self) -> Now {
        Now {
            steady: self.start.elapsed(),
            wall: (self.wall)(),
        }
    }
}

/// Pauses are slept in steps, to notice that the machine slept.
const STEP: Duration = Duration::from_secs(10);
/// One step that lasted longer by the user's clock means it did.
const SLEPT: Duration = Duration::from_mins(2);

#[cfg(test)]
mod tests;

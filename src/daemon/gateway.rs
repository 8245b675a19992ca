//! The gateway in the agent: what comes from clients goes to it, its lines to their connections, and what it asks is
//! answered from the account.
//!
//! ```text
//!  listeners ──events──▶ gateway ──asks──▶ AgentHost ──▶ the agent's transactions, its memory, the store
//!     ▲                    │ ▲
//!     └───────lines────────┘ └─events─ what the agent tells, and what typed commands print
//! ```

mod acts;
mod commands;
mod contacts;
mod cursors;
mod events;
mod groups;
mod host;
mod kept;
mod listeners;

use std::time::Duration;

use jiff::tz::TimeZone;

use crate::account::Account;
use crate::agent::{Agent, Outside};
use crate::edge::config::{self, Login};
use crate::edge::control::status::ListenerStatus;
use crate::edge::listener::Listeners;
use crate::edge::listener::event::{ConnEvent, Out};
use crate::gateway::host::Event;
use crate::gateway::{Gateway, Settings};
use crate::protocol::time::Seconds;
pub use commands::RunLine;
use commands::{Printed, Typed};
use cursors::Cursors;
pub(super) use events::PendingEvents;
use host::{AgentHost, HostState};
use listeners::Configured;

/// The gateway that is configured: open, or why it is not.
pub(super) struct GatewayServer {
    run_line: RunLine,
    open: Option<OpenGateway>,
    /// Why there is none, although there should be.
    shut: Option<Shut>,
}

/// The gateway, open.
struct OpenGateway {
    listeners: Listeners,
    addresses: Configured,
    gateway: Gateway,
    state: HostState,
    typed: Typed,
    /// As configured when it was opened.
    settings: config::Gateway,
}

/// Why there is no gateway although one is configured.
struct Shut {
    why: String,
    /// When it is tried again.
    until: Seconds,
}

/// What came in at the gateway.
pub(super) enum FromGateway {
    /// A client.
    Client(ConnEvent),
    /// What a command has printed that a client typed.
    Printed(Printed),
}

impl OpenGateway {
    /// Listens where it is configured, as far as it can for now; needs a tokio runtime.
    fn open(
        settings: config::Gateway,
        account: &Account,
        run_line: RunLine,
    ) -> anyhow::Result<Self> {
        let (home, now_ms) = (&account.home, account.now_ms());
        // The one password for all devices, had from its program or file.
        let one = match &settings.login {
            Login::Password(password) => Some(password.read()?),
            Login::Devices | Login::Open => None,
        };
        let mut listeners = Listeners::new(&settings.origins);
        let mut addresses = Configured::new(&settings, home);
        addresses.open(&mut listeners, now_ms.seconds());
        let gateway = Gateway::new(Settings {
            gateway: settings.clone(),
            zone: TimeZone::system(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started: now_ms,
        });
        let cursors = Cursors::default();
        Ok(Self {
            listeners,
            addresses,
            gateway,
            state: HostState { one, cursors },
            typed: Typed::new(home, run_line),
            settings,
        })
    }

    /// Hands what the gateway has to say to the listeners.
    fn write(&mut self) {
        for (conn, out) in self.gateway.take_out() {
            match out {
                Out::Lines(lines) => {
                    // The end of who is gone is told by an event.
                    let queued = self.listeners.send(conn, &lines);
                    if queued.is_some_and(|queued| self.gateway.queued(conn, queued)) {
                        self.listeners.call_again(conn);
                    }
                }
                Out::Close(last) => self.listeners.close(conn, &last),
                Out::WrongPassword => self.listeners.failed_login(conn),
                Out::Owes(owes) => self.listeners.owes(conn, owes),
                Out::Admitted => self.listeners.admitted(conn),
            }
        }
    }
}

impl GatewayServer {
    /// Not open yet; what clients type to its service is run by this.
    pub(super) fn new(run_line: RunLine) -> Self {
        Self {
            run_line,
            open: None,
            shut: None,
        }
    }

    pub(super) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Opens what is configured, if it is not open so already, and says whether anything is another now. The agent runs
    /// without it as well: what keeps it shut is logged, told to whoever asks, and tried again.
    pub(super) fn open<O: Outside>(&mut self, agent: &mut Agent<O>) -> bool {
        let wanted = agent.account.config.gateway.clone();
        if self.open.as_ref().map(|open| &open.settings) == wanted.as_ref() {
            if let Some(open) = &mut self.open {
                open.addresses.hurry();
            }
            return false;
        }
        // The old one gives its places back first, and what its clients were sent is not sent to them again.
        self.tick(agent);
        self.open = None;
        let opened = wanted.map(|wanted| OpenGateway::open(wanted, &agent.account, self.run_line));
        self.shut = match opened.transpose() {
            Ok(open) => {
                self.open = open;
                None
            }
            Err(fault) => Some(self.shut_for(format!("{fault:#}"), agent.account.now())),
        };
        true
    }

    /// It cannot be opened at all, for this reason.
    fn shut_for(&self, why: String, now: Seconds) -> Shut {
        if self.shut.as_ref().is_none_or(|shut| shut.why != why) {
            tracing::error!("the gateway is not open: {why}; it is tried again");
        }
        let until = now.after(AGAIN);
        Shut { why, until }
    }

    /// A second has passed: what cannot be opened is tried again from time to time. Says whether anything is another.
    pub(super) fn second<O: Outside>(&mut self, agent: &mut Agent<O>) -> bool {
        let now = agent.account.now();
        let mut changed = false;
        if let Some(open) = &mut self.open {
            open.addresses.open(&mut open.listeners, now);
        } else if let Some(Shut { until, .. }) = &self.shut
            && (now >= *until || *until > now.after(AGAIN))
        {
            changed = self.open(agent);
        }
        self.tick(agent);
        changed
    }

    /// Where it listens and where it cannot, if it is configured so.
    pub(super) fn listeners(&self, settings: Option<&config::Gateway>) -> Vec<ListenerStatus> {
        match (&self.open, &self.shut, settings) {
            (Some(open), _, _) => open.addresses.status(),
            (None, Some(shut), Some(settings)) => listeners::all_shut(settings, &shut.why),
            (None, _, _) => Vec::new(),
        }
    }

    /// The devices that are attached, by name.
    pub(super) fn attached(&self) -> Vec<String> {
        let open = self.open.as_ref();
        open.map_or_else(Vec::new, |open| open.gateway.attached())
    }

    /// Waits for what comes next; nothing is lost if this is dropped. If it is not open, nothing ever does.
    pub(super) async fn next(&mut self) -> FromGateway {
        match &mut self.open {
            Some(open) => tokio::select! {
                event = open.listeners.next() => FromGateway::Client(event),
                printed = open.typed.next() => FromGateway::Printed(printed),
            },
            None => std::future::pending().await,
        }
    }

    /// Something came in.
    pub(super) fn receive<O: Outside>(&mut self, agent: &mut Agent<O>, incoming: FromGateway) {
        let Some((gateway, mut host)) = self.parts(agent) else {
            return;
        };
        match incoming {
            FromGateway::Client(ConnEvent::Opened(conn, peer)) => {
                gateway.opened(conn, peer, host.agent.account.now_ms());
            }
            FromGateway::Client(ConnEvent::Line(conn, line)) => {
                let line = line.as_ref().map(String::as_str).map_err(Clone::clone);
                gateway.line(conn, line, &mut host);
            }
            FromGateway::Client(ConnEvent::Drained(conn)) => gateway.drained(conn, &mut host),
            FromGateway::Client(ConnEvent::Closed(conn)) => gateway.closed(conn, &mut host),
            FromGateway::Printed(printed) => {
                gateway.answered(&printed.to, &printed.answer, &mut host)
            }
        }
    }

    /// Clients are told what has happened, and what the gateway has to say is written. To be called after each step.
    pub(super) fn notify<O: Outside>(&mut self, agent: &mut Agent<O>, events: Vec<Event>) {
        let Some((gateway, mut host)) = self.parts(agent) else {
            return;
        };
        for event in events {
            gateway.event(&event, &mut host);
        }
        if let Some(open) = &mut self.open {
            open.write();
        }
    }

    /// How far devices have come is kept: each second, and when it is about to close.
    pub(super) fn tick<O: Outside>(&mut self, agent: &mut Agent<O>) {
        let Some((gateway, mut host)) = self.parts(agent) else {
            return;
        };
        gateway.tick(&mut host);
        for device in host.keep_cursors() {
            gateway.removed(&device);
        }
    }

    /// The gateway, and what answers it.
    fn parts<'a, O: Outside>(
        &'a mut self,
        agent: &'a mut Agent<O>,
    ) -> Option<(&'a mut Gateway, AgentHost<'a, O>)> {
        let open = self.open.as_mut()?;
        let host = AgentHost::new(agent, &mut open.state, &mut open.typed);
        Some((&mut open.gateway, host))
    }

    /// Tells every client that the agent ends, and lets nobody in any more.
    pub(super) async fn shut(&mut self) {
        if let Some(open) = self.open.take() {
            open.listeners.shut("ERROR :the agent ends").await;
        }
    }
}

/// After how long a gateway that could not be opened at all is tried again: a program may have to be asked
/// for its password.
const AGAIN: Duration = Duration::from_mins(1);

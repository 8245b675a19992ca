//! The gateway in the agent: what clients say goes to the face, the face's lines to them, and what the face asks
//! is answered from the account.
//!
//! ```text
//!  listeners ──events──▶ face ──asks──▶ Hands ──▶ the agent's turns, its memory, the store
//!   ▲                │ ▲
//!   └─────lines──────┘ └──news── what the agent tells, and what typed commands print
//! ```

mod commands;
mod cursors;
mod events;
mod fresh;
mod host;
mod listeners;
mod persons;

use jiff::tz::TimeZone;

use super::Daemon;
use crate::edge::config;
use crate::edge::config::{Login, Secret};
use crate::edge::control::status::ListenerStatus;
use crate::edge::home::Home;
use crate::edge::listener::Listeners;
use crate::edge::listener::event::{ConnEvent, Out, Room};
use crate::gateway::{Gateway, Settings};
pub use commands::RunLine;
use commands::{Printed, Typed};
pub(super) use events::Untold;
use host::{Hands, Memory};
use listeners::Places;

/// The gateway, open.
pub(super) struct Front {
    listeners: Listeners,
    places: Places,
    face: Gateway,
    memory: Memory,
    typed: Typed,
    /// As configured when it was opened.
    settings: config::Gateway,
}

/// Why there is no gateway although one is configured.
pub(super) struct Shut {
    why: String,
    /// When it is tried again, in seconds.
    until: u64,
}

/// What came in at the front.
pub(super) enum Came {
    /// A client.
    Client(ConnEvent),
    /// What a command has printed that a client typed.
    Printed(Printed),
}

impl Front {
    /// Listens where it is configured, as far as it can for now; needs a tokio runtime.
    pub(super) fn open(
        settings: &config::Gateway,
        home: &Home,
        run_line: RunLine,
        (now_ms, told): (u64, u64),
    ) -> anyhow::Result<Self> {
        let one = one_password(&settings.login)?;
        let mut listeners = Listeners::new(&settings.origins);
        let mut places = Places::new(settings, home);
        places.open(&mut listeners, now_ms / 1000);
        let face = Gateway::new(Settings {
            open: settings.login == Login::Open,
            replay: settings.replay,
            self_messages: settings.self_messages,
            tags: settings.tags.clone(),
            zone: TimeZone::system(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started: now_ms,
        });
        Ok(Self {
            listeners,
            places,
            face,
            memory: Memory::new(one, told),
            typed: Typed::new(home, run_line),
            settings: settings.clone(),
        })
    }

    /// Waits for what comes next; nothing is lost if this is dropped.
    pub(super) async fn next(&mut self) -> Came {
        tokio::select! {
            event = self.listeners.next() => Came::Client(event),
            printed = self.typed.next() => Came::Printed(printed),
        }
    }

    /// Tells every client that the agent ends, and lets nobody in any more.
    pub(super) async fn shut(self) {
        self.listeners.shut("ERROR :the agent ends").await;
    }

    /// The devices that are attached, by name.
    pub(super) fn attached(&self) -> Vec<String> {
        self.face.attached()
    }

    /// Hands what the face has to say to the listeners.
    fn say(&mut self) {
        for (conn, out) in self.face.take_out() {
            match out {
                Out::Lines(lines) => match self.listeners.send(conn, &lines) {
                    Room::Free { queued } | Room::Full { queued } => {
                        if self.face.queued(conn, queued) {
                            self.listeners.call_again(conn);
                        }
                    }
                    // Its end is told by an event.
                    Room::Gone => {}
                },
                Out::Close(last) => self.listeners.close(conn, &last),
                Out::WrongPassword => self.listeners.failed_login(conn),
                Out::Owes(owes) => self.listeners.owes(conn, owes),
                Out::Admitted => self.listeners.admitted(conn),
            }
        }
    }
}

impl Daemon {
    /// Opens the gateway that is configured, if it is not open as it is configured already. The agent runs without it as
    /// well: what keeps it shut is logged, told to whoever asks, and tried again.
    pub(super) fn open_gateway(&mut self) {
        let wanted = self.agent.account.config.gateway.clone();
        if self.front.as_ref().map(|front| &front.settings) == wanted.as_ref() {
            if let Some(front) = &mut self.front {
                front.places.hurry();
            }
            return;
        }
        // The old one gives its places back first, and what its clients were handed is not handed to them again.
        self.tick_gateway();
        self.front = None;
        let opened = wanted.as_ref().map(|wanted| self.new_front(wanted));
        self.shut = match opened.transpose() {
            Ok(front) => {
                self.front = front;
                None
            }
            Err(fault) => Some(self.shut_for(&format!("{fault:#}"))),
        };
        self.agent.outside.untold.listen(self.front.is_some());
    }

    fn new_front(&mut self, settings: &config::Gateway) -> anyhow::Result<Front> {
        let account = &mut self.agent.account;
        let (now_ms, newest) = (account.now_ms(), account.newest_row()?);
        Front::open(settings, &account.home, self.run_line, (now_ms, newest))
    }

    /// The gateway cannot be opened at all, for this reason.
    fn shut_for(&self, why: &str) -> Shut {
        if self.shut.as_ref().is_none_or(|shut| shut.why != why) {
            tracing::error!("the gateway is not open: {why}; it is tried again");
        }
        Shut {
            why: why.to_owned(),
            until: self.agent.account.now().saturating_add(AGAIN),
        }
    }

    /// What cannot be opened is tried again from time to time.
    fn try_gateway_again(&mut self) {
        let now = self.agent.account.now();
        if let Some(front) = &mut self.front {
            front.places.open(&mut front.listeners, now);
        } else if let Some(Shut { until, .. }) = &self.shut
            && (now >= *until || *until > now.saturating_add(AGAIN))
        {
            self.open_gateway();
        }
    }

    /// Where the gateway listens and where it cannot.
    pub(super) fn gateway_listeners(&self) -> Vec<ListenerStatus> {
        match (&self.front, &self.shut, &self.agent.account.config.gateway) {
            (Some(front), _, _) => front.places.status(),
            (None, Some(shut), Some(settings)) => listeners::all_shut(settings, &shut.why),
            (None, _, _) => Vec::new(),
        }
    }

    /// Something came in at the front.
    pub(super) fn came(&mut self, came: Came) {
        let Some(front) = &mut self.front else { return };
        let mut hands = Hands::new(&mut self.agent, &mut front.memory, &mut front.typed);
        let face = &mut front.face;
        match came {
            Came::Client(ConnEvent::Opened { conn, peer }) => {
                face.opened(conn, peer, hands.agent.account.now_ms());
            }
            Came::Client(ConnEvent::Line { conn, line }) => {
                let line = line.as_ref().map(String::as_str).map_err(Clone::clone);
                face.line(conn, line, &mut hands);
            }
            Came::Client(ConnEvent::Drained { conn }) => face.drained(conn, &mut hands),
            Came::Client(ConnEvent::Closed { conn }) => face.closed(conn, &mut hands),
            Came::Printed(printed) => face.answered(&printed.to, &printed.answer, &mut hands),
        }
    }

    /// Clients are told what has happened, and what the face has to say is written. To be called after each step.
    pub(super) fn tell_clients(&mut self) {
        let Some(front) = &mut self.front else { return };
        for told in self.agent.outside.untold.take() {
            let mut hands = Hands::new(&mut self.agent, &mut front.memory, &mut front.typed);
            for news in events::of(told, &mut hands) {
                front.face.news(&news, &mut hands);
            }
        }
        front.say();
    }

    /// A second has passed.
    pub(super) fn second_of_gateway(&mut self) {
        self.try_gateway_again();
        self.tick_gateway();
    }

    /// How far devices have come is kept: each second, and when the gateway is about to close.
    pub(super) fn tick_gateway(&mut self) {
        let Some(front) = &mut self.front else { return };
        let mut hands = Hands::new(&mut self.agent, &mut front.memory, &mut front.typed);
        front.face.tick(&mut hands);
        for device in hands.keep_cursors() {
            front.face.removed(&device);
        }
    }
}

/// The one password for all devices, had from its program or file.
fn one_password(login: &Login) -> anyhow::Result<Option<Secret>> {
    Ok(match login {
        Login::Password(password) => Some(password.read()?),
        Login::Devices | Login::Open => None,
    })
}

/// After how long a gateway that could not be opened at all is tried again, in seconds: a program may have to be asked
/// for its password.
const AGAIN: u64 = 60;

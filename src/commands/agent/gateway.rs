//! The gateway in the agent: the door's knocks go to the face, the face's lines to the door, and what the face asks
//! is answered from the account.
//!
//! ```text
//!  door ──knocks──▶ face ──asks──▶ Hands ──▶ the agent's turns, its memory, the store
//!   ▲                │ ▲
//!   └─────lines──────┘ └──news── what the agent tells, and what typed commands print
//! ```

mod given;
mod hands;
mod news;
mod typed;

use std::net::SocketAddr;
use std::path::PathBuf;

use jiff::tz::TimeZone;

use super::Daemon;
use crate::edge::config::{self, Login, Secret};
use crate::edge::gateway::conn::Out;
use crate::edge::gateway::door::{Door, Knock, Listen, Room};
use crate::edge::gateway::{Gateway, Settings};
use crate::edge::home::Home;
use hands::{Hands, Memory};
pub(super) use news::Untold;
use typed::{Printed, Typed};

/// The gateway, open.
pub(super) struct Front {
    door: Door,
    face: Gateway,
    memory: Memory,
    typed: Typed,
    /// As configured when it was opened.
    settings: config::Gateway,
}

/// What came in at the front.
pub(super) enum Came {
    /// A client.
    Knock(Knock),
    /// What a command has printed that a client typed.
    Printed(Printed),
}

impl Front {
    /// Listens where it is configured; needs a tokio runtime.
    ///
    /// # Errors
    /// A place where nobody can come in, or a password that cannot be had.
    pub(super) fn open(
        settings: &config::Gateway,
        home: &Home,
        (now_ms, told): (u64, u64),
    ) -> anyhow::Result<Self> {
        let places: Vec<Listen> = settings
            .listen
            .iter()
            .flat_map(|place| listen(place, settings.certificate.as_ref(), home))
            .collect();
        let door = Door::open(&places, &settings.origins)?;
        for place in door.listening() {
            tracing::info!("the gateway listens on {place}");
        }
        let face = Gateway::new(Settings {
            open: settings.login == Login::Open,
            replay: settings.replay,
            zone: TimeZone::system(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started: now_ms,
        });
        Ok(Self {
            door,
            face,
            memory: Memory::new(one_password(&settings.login)?, told),
            typed: Typed::new(home),
            settings: settings.clone(),
        })
    }

    /// Waits for what comes next; nothing is lost if this is dropped.
    pub(super) async fn next(&mut self) -> Came {
        tokio::select! {
            knock = self.door.next() => Came::Knock(knock),
            printed = self.typed.next() => Came::Printed(printed),
        }
    }

    /// Tells every client that the agent ends, and lets nobody in any more.
    pub(super) async fn shut(self) {
        self.door.shut("ERROR :the agent ends").await;
    }

    /// The devices that are attached, by name.
    pub(super) fn attached(&self) -> Vec<String> {
        self.face.attached()
    }

    /// Hands what the face has to say to the door.
    fn say(&mut self) {
        for (conn, out) in self.face.take_out() {
            match out {
                Out::Lines(lines) => match self.door.send(conn, &lines) {
                    Room::Free { queued } | Room::Full { queued } => self.face.queued(conn, queued),
                    // The door tells that it is closed.
                    Room::Gone => {}
                },
                Out::Close(last) => self.door.close(conn, &last),
                Out::WrongPassword => self.door.failed_login(conn),
                Out::Admitted => self.door.admitted(conn),
            }
        }
    }
}

impl Daemon {
    /// Opens the gateway that is configured, if it is not open as it is configured already.
    ///
    /// # Errors
    /// As [`Front::open`]; then there is no gateway.
    pub(super) fn open_gateway(&mut self) -> anyhow::Result<()> {
        let wanted = self.agent.station.config.gateway.clone();
        if self.front.as_ref().map(|front| &front.settings) == wanted.as_ref() {
            return Ok(());
        }
        // The old one gives its places back first, and what its clients were handed is not handed to them again.
        self.tick_gateway();
        self.front = None;
        let now_ms = self.agent.station.now_ms();
        let home = self.agent.station.home.clone();
        let newest = self.agent.station.newest_row()?;
        let open = |settings| Front::open(settings, &home, (now_ms, newest));
        self.front = wanted.as_ref().map(open).transpose()?;
        self.agent.outside.untold.listen(self.front.is_some());
        Ok(())
    }

    /// Something came in at the front.
    pub(super) fn came(&mut self, came: Came) {
        let Some(front) = &mut self.front else { return };
        let mut hands = Hands::new(&mut self.agent, &mut front.memory, &mut front.typed);
        let face = &mut front.face;
        match came {
            Came::Knock(Knock::Opened { conn, peer }) => {
                face.opened(conn, peer, hands.agent.station.now_ms());
            }
            Came::Knock(Knock::Line { conn, line }) => {
                let line = line.as_ref().map(String::as_str).map_err(Clone::clone);
                face.line(conn, line, &mut hands);
            }
            Came::Knock(Knock::Drained { conn }) => face.drained(conn, &mut hands),
            Came::Knock(Knock::Closed { conn }) => face.closed(conn, &mut hands),
            Came::Printed(printed) => face.answered(&printed.to, &printed.answer, &mut hands),
        }
    }

    /// Clients are told what has happened, and what the face has to say is written. To be called after each step.
    pub(super) fn tell_clients(&mut self) {
        let Some(front) = &mut self.front else { return };
        for told in self.agent.outside.untold.take() {
            let mut hands = Hands::new(&mut self.agent, &mut front.memory, &mut front.typed);
            for news in news::of(told, &mut hands) {
                front.face.news(&news, &mut hands);
            }
        }
        front.say();
    }

    /// A second has passed, or the gateway is about to close: how far devices have come is kept.
    pub(super) fn tick_gateway(&mut self) {
        let Some(front) = &mut self.front else { return };
        let mut hands = Hands::new(&mut self.agent, &mut front.memory, &mut front.typed);
        front.face.tick(&mut hands);
        for device in hands.keep_cursors() {
            front.face.removed(&device);
        }
    }
}

/// The places of one listener: `localhost` may have two addresses.
fn listen(
    place: &config::Listen,
    certificate: Option<&config::Certificate>,
    home: &Home,
) -> Option<Listen> {
    match (place, certificate) {
        (config::Listen::Unix(path), _) => {
            let path: PathBuf = path.clone().unwrap_or_else(|| home.gateway_socket());
            Some(Listen::Unix(path))
        }
        (config::Listen::Tcp { at, tls: false, .. }, _) => Some(Listen::Tcp(*at)),
        (config::Listen::Tcp { at, tls: true, .. }, Some(certificate)) => {
            Some(with_tls(*at, certificate))
        }
        // The configuration is refused then.
        (config::Listen::Tcp { tls: true, .. }, None) => None,
    }
}

fn with_tls(at: SocketAddr, certificate: &config::Certificate) -> Listen {
    Listen::Tls {
        at,
        certificate: certificate.chain.clone(),
        key: certificate.key.clone(),
    }
}

/// The one password for all devices, had from its program or file.
fn one_password(login: &Login) -> anyhow::Result<Option<Secret>> {
    Ok(match login {
        Login::Password(password) => Some(password.read()?),
        Login::Devices | Login::Open => None,
    })
}

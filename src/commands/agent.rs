//! `iim agent`: the daemon. One task owns all state; links, mail and watchers are tasks of their own.
//!
//! ```text
//!  IRC links ──┐                      ┌─▶ links: join, leave, watch, send
//!  commands ───┤   one loop, no locks │
//!  the clock ──┼──────────▶ Agent ────┼─▶ the mail thread
//!  signals ────┤                      │
//!  mail thread ┘                      └─▶ watchers, hooks, log
//! ```

mod answers;
mod courier;
mod gateway;
mod links;
pub(crate) mod network_settings;
mod told;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval};

use courier::{Courier, Online, Sent};
use gateway::{Came, Front, Shut, Untold};
use links::{Heard, Links};

use crate::agent::{Agent, Happened, Names, Outside};
use crate::edge::clock::Clock;
use crate::edge::config::{self, Config};
use crate::edge::control::{Broadcaster, Server};
use crate::edge::home::Home;
use crate::edge::hooks::Hooks;
use crate::edge::irc::Order;
use crate::protocol::address::Address;
use crate::turn::{OsDice, Station};

/// The agent with real links, mail and watchers.
struct Daemon {
    agent: Agent<World>,
    mail_trouble: Option<String>,
    /// The gateway for the user's own IRC clients, if there is one.
    front: Option<Front>,
    /// Why there is none, although there should be.
    shut: Option<Shut>,
}

/// What the agent reaches.
struct World {
    links: Links,
    online: Online,
    courier: Courier,
    events: Broadcaster,
    hooks: Hooks,
    untold: Untold,
}

/// What ends the agent or makes it read its files again.
struct Signals {
    term: Signal,
    int: Signal,
    hup: Signal,
}

/// Runs the agent until SIGTERM or SIGINT.
///
/// # Errors
/// When the account cannot be opened, another agent of it runs, or the system refuses what is needed.
pub fn run(home: Home, clock: Arc<dyn Clock>) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("starting the agent")?;
    let served = runtime.block_on(serve(home, clock));
    // A look-up of a name that hangs must not hold up the end.
    runtime.shutdown_timeout(Duration::from_secs(1));
    served
}

/// Serves until a signal ends it: for a program that has a runtime, and a clock of its own, already.
///
/// # Errors
/// As [`run`].
pub async fn serve(home: Home, clock: Arc<dyn Clock>) -> anyhow::Result<()> {
    let mut server = bind(&home)?;
    let (heard, mut news) = mpsc::channel(64);
    let (told, mut sent) = mpsc::channel(64);
    let mut daemon = Daemon::open(home, clock, &server, heard, told)?;
    let mut signals = Signals::catch()?;
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    tracing::info!(address = %daemon.agent.station.settings().address, "the agent runs");
    loop {
        tokio::select! {
            biased;
            _ = signals.term.recv() => break,
            _ = signals.int.recv() => break,
            Some(()) = signals.hup.recv() => daemon.reload(),
            Some((name, one)) = news.recv() => daemon.agent.hear(&name, one),
            Some((request, responder)) = server.next() => daemon.answer(request, responder),
            Some(done) = sent.recv() => daemon.mailed(done),
            _ = ticks.tick() => daemon.tick(),
            // The last: whoever floods the gateway, perhaps without a password, holds up nothing but its clients.
            came = at_front(&mut daemon.front) => daemon.came(came),
        }
        daemon.tell_clients();
    }
    daemon.tick_gateway();
    let Daemon { agent, front, .. } = &mut daemon;
    tokio::join!(agent.outside.links.leave(), close(front.take()));
    tracing::info!("the agent ends");
    Ok(())
}

/// What comes in at the gateway; without one, nothing ever does.
async fn at_front(front: &mut Option<Front>) -> Came {
    match front {
        Some(front) => front.next().await,
        None => std::future::pending().await,
    }
}

async fn close(front: Option<Front>) {
    if let Some(front) = front {
        front.shut().await;
    }
}

fn bind(home: &Home) -> anyhow::Result<Server> {
    let socket = home.socket();
    if let Some(dir) = socket.parent() {
        std::fs::create_dir_all(dir).with_context(|| format!("making {}", dir.display()))?;
    }
    Ok(Server::bind(&socket, &home.agent_lock())?)
}

impl Signals {
    fn catch() -> anyhow::Result<Self> {
        let catch = |kind| signal(kind).context("catching signals");
        Ok(Self {
            term: catch(SignalKind::terminate())?,
            int: catch(SignalKind::interrupt())?,
            hup: catch(SignalKind::hangup())?,
        })
    }
}

impl Daemon {
    fn open(
        home: Home,
        clock: Arc<dyn Clock>,
        server: &Server,
        heard: mpsc::Sender<Heard>,
        told: mpsc::Sender<Sent>,
    ) -> anyhow::Result<Self> {
        let station = Station::open(home.clone(), Arc::clone(&clock))?;
        let online = Online::default();
        let courier = Courier::start(home, Arc::clone(&clock), online.clone(), told)
            .context("starting the mail thread")?;
        let world = World {
            links: Links::new(heard),
            online,
            courier,
            events: server.events(),
            hooks: Hooks::start(station.config.hooks.programs()),
            untold: Untold::default(),
        };
        let mut daemon = Self {
            agent: Agent::open(station, clock, Box::new(OsDice), world)?,
            mail_trouble: None,
            front: None,
            shut: None,
        };
        daemon.open_gateway();
        Ok(daemon)
    }

    /// A second has passed.
    fn tick(&mut self) {
        self.agent.tick();
        self.second_of_gateway();
    }

    /// SIGHUP, or a command, says that the configuration has changed.
    fn reload(&mut self) {
        match self.agent.take_configuration() {
            Ok(()) => tracing::info!("the configuration was read again"),
            Err(fault) => tracing::error!("the configuration was not taken: {fault}"),
        }
        self.open_gateway();
    }

    /// The mail thread tells what it did.
    fn mailed(&mut self, sent: Sent) {
        if sent.trouble != self.mail_trouble {
            if let Some(trouble) = &sent.trouble {
                tracing::warn!("mail does not leave: {trouble}");
            }
            self.mail_trouble = sent.trouble;
        }
        self.agent.tell_all(sent.notices);
    }
}

impl Outside for World {
    fn open(&mut self, network: &config::Network, poll: u64) -> Result<(), String> {
        let settings = network_settings::of(network, poll).map_err(|fault| fault.to_string())?;
        self.links.open(&network.name, settings);
        Ok(())
    }

    fn close(&mut self, network: &str) {
        self.links.close(network);
    }

    fn order(&mut self, network: &str, order: Order) {
        self.links.order(network, order);
    }

    fn reached(&mut self, friends: BTreeSet<Address>) {
        self.online.set(friends);
    }

    fn mail_is_due(&mut self) {
        self.courier.wake();
    }

    fn tell(&mut self, happened: Happened<'_>, names: &Names) {
        self.untold.hear(happened, names);
        let Some(event) = told::event(happened, names) else {
            return;
        };
        told::log(&event);
        self.events.tell(&event);
        if let Some(kind) = told::hook(&event) {
            self.hooks.tell(kind, &event);
        }
    }

    fn configured(&mut self, config: &Config) {
        self.hooks.replace(config.hooks.programs());
    }
}

/// How often the agent looks around.
const TICK: Duration = Duration::from_secs(1);

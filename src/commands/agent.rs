//! `iim agent`: the daemon. One task owns all state; links, mail and watchers are tasks of their own.
//!
//! ```text
//!  IRC links ──┐                      ┌─▶ turn (store)
//!  commands ───┤   one loop, no locks │
//!  the clock ──┼──────────▶ Agent ────┼─▶ memory of who is online
//!  signals ────┤                      ├─▶ links: join, leave, watch, send
//!  mail thread ┘                      └─▶ watchers, hooks, log
//! ```

mod answers;
mod courier;
mod hearing;
mod links;
mod moving;
pub(crate) mod network_settings;
mod nicks;
mod place;
mod pump;
mod telling;
mod told;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval};

use courier::{Courier, Online, Sent};
use links::{Heard, Net};
use nicks::{Nicks, Ours};
use told::Names;

use crate::edge::clock::Clock;
use crate::edge::control::{Broadcaster, Request, Responder, Server};
use crate::edge::home::Home;
use crate::edge::hooks::Hooks;
use crate::protocol::address::Address;
use crate::rules::account::Account;
use crate::rules::event::{Act, Event, Left};
use crate::rules::person::Person;
use crate::rules::watch::Watch;
use crate::turn::{OsDice, Station, TurnError};

/// The agent, running.
struct Agent {
    station: Station,
    account: Account,
    people: Vec<Person>,
    names: Names,
    nicks: Nicks,
    watch: Watch,
    nets: BTreeMap<String, Net>,
    online: Online,
    courier: Courier,
    events: Broadcaster,
    hooks: Hooks,
    clock: Arc<dyn Clock>,
    started: u64,
    version: i64,
    looked: u64,
    next_ticket: u64,
    mail_trouble: Option<String>,
    heard: mpsc::Sender<Heard>,
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
    let mut agent = Agent::open(home, clock, &server, heard, told)?;
    let mut signals = Signals::catch()?;
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    tracing::info!(address = %agent.station.settings().address, "the agent runs");
    loop {
        tokio::select! {
            biased;
            _ = signals.term.recv() => break,
            _ = signals.int.recv() => break,
            Some(()) = signals.hup.recv() => agent.reload(),
            Some((name, one)) = news.recv() => agent.hear(&name, one),
            Some((request, responder)) = server.next() => agent.answer(request, responder),
            Some(done) = sent.recv() => agent.mailed(done),
            _ = ticks.tick() => agent.tick(),
        }
    }
    agent.leave().await;
    tracing::info!("the agent ends");
    Ok(())
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

impl Agent {
    fn open(
        home: Home,
        clock: Arc<dyn Clock>,
        server: &Server,
        heard: mpsc::Sender<Heard>,
        told: mpsc::Sender<Sent>,
    ) -> anyhow::Result<Self> {
        let mut station = Station::open(home.clone(), Arc::clone(&clock))?.of_agent();
        // What happened while no agent ran is no news any more: `iim read --new` and `iim friends` show it.
        station.take_notices()?;
        let online = Online::default();
        let courier = Courier::start(home, Arc::clone(&clock), online.clone(), told)
            .context("starting the mail thread")?;
        let account = station.account()?;
        let mut agent = Self {
            account,
            people: Vec::new(),
            names: Names::new(),
            nicks: Nicks::default(),
            watch: Watch::new(station.config.presence.grace),
            nets: BTreeMap::new(),
            online,
            courier,
            events: server.events(),
            hooks: Hooks::start(station.config.hooks.programs()),
            started: clock.now(),
            clock,
            version: 0,
            looked: 0,
            next_ticket: 0,
            mail_trouble: None,
            heard,
            station,
        };
        agent.connect()?;
        agent.refresh()?;
        Ok(agent)
    }

    /// Starts a link for every network of the configuration that has none.
    fn connect(&mut self) -> anyhow::Result<()> {
        let config = self.station.config.clone();
        for network in &config.networks {
            if self.nets.contains_key(&network.name) {
                continue;
            }
            let settings = network_settings::of(network, config.presence.poll)
                .with_context(|| format!("network {}", network.name))?;
            let watched = config.presence.watch.contains(&network.name);
            let net = Net::start(network, watched, settings, self.heard.clone());
            self.nets.insert(network.name.clone(), net);
        }
        Ok(())
    }

    /// Reads everything again that other programs may have changed.
    fn refresh(&mut self) -> Result<(), TurnError> {
        if self.station.account()?.restored {
            let outcome = self.station.act(Act::Restored)?;
            self.tell_all(outcome.notices);
        }
        let before = (self.account.status, self.account.status_text.clone());
        self.account = self.station.account()?;
        self.people = self.station.people()?;
        self.names = self
            .people
            .iter()
            .map(|one| (one.address.clone(), one.name.clone()))
            .collect();
        self.set_watched();
        if before != (self.account.status, self.account.status_text.clone()) {
            self.tell_status();
        }
        Ok(())
    }

    /// Who is looked for, and under which nicks.
    fn set_watched(&mut self) {
        let greetable =
            |person: &Person| person.visible && !person.blocked && !self.account.invisible;
        let friends: BTreeMap<Address, bool> = self
            .people
            .iter()
            .filter(|person| person.keys().is_some() && !person.blocked)
            .map(|person| (person.address.clone(), greetable(person)))
            .collect();
        self.watch.set_friends(&friends);
        self.derive();
    }

    /// Derives the nicks of now, and tells the links.
    fn derive(&mut self) {
        let ours: Vec<Ours> = self.nets.values().map(Net::ours).collect();
        self.nicks = Nicks::derive(&self.people, &ours, self.clock.now());
        self.nicks.keep(self.watch.seen());
        for net in self.nets.values() {
            net.watch(self.nicks.on(&net.name));
        }
    }

    /// Those online are told our status over IRC; others learn it when they greet us.
    fn tell_status(&mut self) {
        for friend in self.watch.online() {
            self.cause(Event::TellStatus(friend));
        }
        self.pump();
    }

    /// One turn, told to whom it concerns; a fault is logged and the agent goes on.
    fn cause(&mut self, event: Event) {
        match self.station.event(event) {
            Ok(outcome) => self.tell_all(outcome.notices),
            Err(fault) => tracing::error!("{fault}"),
        }
    }

    /// Once a second: time passes, and other programs may have changed something.
    fn tick(&mut self) {
        let now = self.clock.now();
        if let Err(fault) = self.look(now) {
            tracing::error!("{fault}");
        }
        let wishes = self.watch.tick(now, &mut OsDice);
        self.grant(wishes);
        self.move_on(now);
        self.report_taken(now);
        self.announce_online();
        self.pump();
        self.note_online();
    }

    fn look(&mut self, now: u64) -> Result<(), TurnError> {
        let edited = self.station.take_edits()?;
        let version = self.station.data_version()?;
        if version != self.version || !edited.is_empty() {
            self.version = version;
            self.tell_all(edited);
            self.refresh()?;
            let caused = self.station.take_notices()?;
            self.tell_all(caused);
            self.version = version;
            self.courier.wake();
        }
        let due = self.station.next_timer()?.is_some_and(|at| at <= now);
        if due || now >= self.looked.saturating_add(LOOK) || now < self.looked {
            self.looked = now;
            let outcome = self.station.tick()?;
            self.tell_all(outcome.notices);
            self.derive();
            self.courier.wake();
        }
        Ok(())
    }

    /// SIGHUP, or a command, says that the configuration has changed.
    fn reload(&mut self) {
        if let Err(fault) = self.take_configuration() {
            tracing::error!("the configuration was not taken: {fault:#}");
        }
    }

    fn take_configuration(&mut self) -> anyhow::Result<()> {
        let before = self.station.config.clone();
        self.station.reload()?;
        let config = self.station.config.clone();
        let same = |name: &String| {
            let of = |config: &crate::edge::config::Config| {
                config
                    .networks
                    .iter()
                    .find(|network| network.name == *name)
                    .cloned()
            };
            of(&before) == of(&config) && before.presence == config.presence
        };
        let gone: Vec<String> = self
            .nets
            .keys()
            .filter(|name| !same(name))
            .cloned()
            .collect();
        for name in gone {
            self.lose(&name, None);
            self.nets.remove(&name);
        }
        self.watch.set_grace(config.presence.grace);
        self.hooks.replace(config.hooks.programs());
        self.connect()?;
        self.looked = 0;
        self.refresh()?;
        tracing::info!("the configuration was read again");
        Ok(())
    }

    /// Quits all networks, saying nothing.
    async fn leave(&mut self) {
        let all = async {
            for net in self.nets.values_mut() {
                net.ended().await;
            }
        };
        // A server that does not take the QUIT is left all the same.
        drop(tokio::time::timeout(Duration::from_secs(2), all).await);
    }

    fn departed(&mut self, leaving: &crate::turn::Leaving, how: Left) {
        match self.station.departed(leaving, how) {
            Ok(outcome) => self.tell_all(outcome.notices),
            Err(fault) => tracing::error!("{fault}"),
        }
    }
}

/// How often the agent looks around.
const TICK: Duration = Duration::from_secs(1);
/// How often timers are looked at though none is known to be due, in seconds.
const LOOK: u64 = 300;

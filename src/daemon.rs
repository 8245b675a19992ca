//! `iim agent`: the daemon. One task owns all state; links, mail and watchers are tasks of their own.
//!
//! ```text
//!  IRC links ──┐                      ┌─▶ links: join, leave, watch, send
//!  commands ───┤   one loop, no locks │
//!  the clock ──┼──────────▶ Agent ────┼─▶ the mail thread
//!  signals ────┤                      │
//!  mail thread ┘                      └─▶ watchers, hooks, log
//! ```

mod caught;
mod events;
mod fetch;
mod fetch_worker;
mod gateway;
mod links;
mod mail;
mod mail_worker;
mod mailbox;
mod mailboxes;
mod moved_out;
mod status;

use std::future::ready;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;
use tokio::task::yield_now;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use events::Later;
pub use fetch::{Look, Looking, Told, fetch_once};
use fetch_worker::FromMailbox;
pub use gateway::RunLine;
use gateway::{FromGateway, GatewayServer, PendingEvents};
use links::{Links, NetworkEvent};
use mail_worker::{MailWorker, Online};
use mailboxes::Mailboxes;

use crate::account::mail::SendReport;
use crate::account::{Account, OsRng};
use crate::agent::{Agent, Happened, Outside};
use crate::edge::clock::Clock;
use crate::edge::config::Config;
use crate::edge::control::event::Event;
use crate::edge::control::{Broadcaster, Server};
use crate::edge::home::Home;
use crate::edge::hooks::Hooks;
use crate::edge::irc::Order;
use crate::edge::{config, store};
use crate::rules::conversation::{ContactId, Stored};

/// The agent with real links, mail and watchers.
struct Daemon {
    agent: Agent<World>,
    mail_trouble: Option<String>,
    mailboxes: Mailboxes,
    /// The gateway for the user's own IRC clients.
    gateway: GatewayServer,
    /// When the others are told, and what was caused is sent, if the clients are told first.
    others_at: Option<Instant>,
    /// When it is put down which letters have left, if no other transaction does it before.
    settle_at: Option<Instant>,
}

/// What the agent reaches.
struct World {
    links: Links,
    online: Online,
    mail: MailWorker,
    events: Broadcaster,
    hooks: Hooks,
    pending: PendingEvents,
    /// What watchers, hooks and the log are told once the user's clients have been.
    later: Vec<Later>,
}

/// What ends the agent or makes it read its files again.
struct Signals {
    term: Signal,
    int: Signal,
    hup: Signal,
}

/// Runs the agent until SIGTERM or SIGINT.
/// Errors: When the account cannot be opened, another agent of it runs, or the system refuses what is needed.
pub fn run(home: Home, clock: Arc<dyn Clock>, run_line: RunLine) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("starting the agent")?;
    // As a task among the others: what a link tells is received without another look at what the system has to tell.
    let served = runtime.block_on(async { tokio::spawn(serve(home, clock, run_line)).await });
    // A look-up of a name that hangs must not hold up the end.
    runtime.shutdown_timeout(Duration::from_secs(1));
    served.context("the agent broke off")?
}

/// Serves until a signal ends it: for a program that has a runtime, and a clock of its own, already.
pub async fn serve(home: Home, clock: Arc<dyn Clock>, run_line: RunLine) -> anyhow::Result<()> {
    let mut server = Server::bind(home.sockets(), &home.agent_lock(), store::version_known())?;
    let (reports, mut sent) = mpsc::channel(64);
    let (told, mut fetched) = mpsc::channel(64);
    let mut signals = Signals::catch().context("catching signals")?;
    let mut daemon = Daemon::open(home, clock, run_line, &server, (reports, told))?;
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut received = Vec::new();
    tracing::info!(address = %daemon.agent.account.settings().address, "the agent runs");
    // What comes from outside is looked at first every other time: a text is not to wait for a look at all the rest, but
    // whoever floods a network or the gateway, perhaps without a password, holds up nothing else.
    let mut outside_first = true;
    while !moved_out::is(&daemon.agent) {
        if std::mem::replace(&mut outside_first, true)
            && let Some(incoming) = daemon.already_outside(&mut received).await
        {
            daemon.receive(incoming, &mut received).await;
            daemon.notify().await;
            outside_first = false;
            continue;
        }
        tokio::select! {
            biased;
            _ = signals.term.recv() => break,
            _ = signals.int.recv() => break,
            Some(()) = signals.hup.recv() => daemon.reload(),
            Some((request, responder)) = server.next() => daemon.answer(request, responder),
            Some(done) = sent.recv() => daemon.mailed(done),
            Some(told) = fetched.recv() => daemon.fetched(told),
            _ = ticks.tick() => {
                if let Some(path) = server.look_after() {
                    tracing::warn!("the agent's socket was gone: it lies at {} now", path.display());
                }
                daemon.tick();
            }
            () = at(daemon.others_at) => daemon.go_on().await,
            () = at(daemon.settle_at) => daemon.settle(),
            incoming = daemon.outside(&mut received) => daemon.receive(incoming, &mut received).await,
        }
        daemon.notify().await;
    }
    daemon.end().await;
    Ok(())
}

/// What came from outside.
enum Incoming {
    /// What links have told is in `received`.
    Links,
    /// Something at the gateway.
    Gateway(FromGateway),
}

/// Waits until then; without a time for ever.
async fn at(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => std::future::pending().await,
    }
}

impl Signals {
    fn catch() -> std::io::Result<Self> {
        Ok(Self {
            term: signal(SignalKind::terminate())?,
            int: signal(SignalKind::interrupt())?,
            hup: signal(SignalKind::hangup())?,
        })
    }
}

impl Daemon {
    fn open(
        home: Home,
        clock: Arc<dyn Clock>,
        run_line: RunLine,
        server: &Server,
        (reports, told): (mpsc::Sender<SendReport>, mpsc::Sender<FromMailbox>),
    ) -> anyhow::Result<Self> {
        let account = Account::open(home.clone(), Arc::clone(&clock))?;
        let online = Online::default();
        let mailboxes = Mailboxes::new(&home, told);
        let mail = MailWorker::start(home, Arc::clone(&clock), online.clone(), reports)
            .context("starting the mail thread")?;
        let mut pending = PendingEvents::default();
        pending.budget(account.config.mail.per_day);
        let world = World {
            links: Links::default(),
            online,
            mail,
            events: server.events(),
            hooks: Hooks::start(account.config.hooks.clone()),
            pending,
            later: Vec::new(),
        };
        let mut daemon = Self {
            agent: Agent::open(account, clock, Box::new(OsRng), world)?,
            mail_trouble: None,
            mailboxes,
            gateway: GatewayServer::new(run_line),
            others_at: None,
            settle_at: None,
        };
        daemon.open_gateway();
        daemon.open_mailboxes();
        Ok(daemon)
    }

    /// Networks are left, clients sent away.
    async fn end(&mut self) {
        self.agent.settle();
        self.notify_others();
        let Self { agent, gateway, .. } = self;
        gateway.tick(agent);
        tokio::join!(agent.outside.links.leave(), gateway.shut());
        tracing::info!("the agent ends");
    }

    /// Waits for what comes in at the gateway or from links; by turns if there is much.
    async fn outside(&mut self, received: &mut Vec<NetworkEvent>) -> Incoming {
        tokio::select! {
            () = self.agent.outside.links.receive(received) => Incoming::Links,
            incoming = self.gateway.next() => Incoming::Gateway(incoming),
        }
    }

    /// The same, if there is something already.
    async fn already_outside(&mut self, received: &mut Vec<NetworkEvent>) -> Option<Incoming> {
        tokio::select! {
            biased;
            incoming = self.outside(received) => Some(incoming),
            () = ready(()) => None,
        }
    }

    async fn receive(&mut self, incoming: Incoming, received: &mut Vec<NetworkEvent>) {
        match incoming {
            Incoming::Links => self.agent.hear_all(received.drain(..)),
            Incoming::Gateway(incoming) => {
                self.gateway.receive(&mut self.agent, incoming);
                // What is committed leaves for the friend before its own client is told.
                yield_now().await;
            }
        }
    }

    /// Tells what has happened, and sends on what that caused (receipts above all, each a commit). The clients are
    /// first: somebody sits before them. While the agent works on they may get no processor, so it rests a moment.
    async fn notify(&mut self) {
        self.notify_clients();
        match (self.agent.has_to_send(), self.gateway.is_open()) {
            (true, true) => self.others_at = self.others_at.or(Instant::now().checked_add(REST)),
            (true, false) => self.go_on().await,
            (false, _) if self.others_at.is_none() => self.notify_others(),
            (false, _) => {}
        }
        let soon = self.settle_at.or(Instant::now().checked_add(SETTLE));
        self.settle_at = soon.filter(|_| self.agent.has_to_settle());
    }

    /// Puts down which letters have left; what cannot be put down now is tried again in a second.
    fn settle(&mut self) {
        self.agent.settle();
        self.settle_at = Instant::now().checked_add(TICK);
    }

    fn notify_clients(&mut self) {
        let events = self.agent.outside.pending.take();
        self.gateway.notify(&mut self.agent, events);
    }

    fn open_gateway(&mut self) {
        let changed = self.gateway.open(&mut self.agent);
        self.listen_if(changed);
    }

    /// The gateway is another now: what it is told begins anew.
    fn listen_if(&mut self, changed: bool) {
        if changed {
            self.agent.outside.pending.listen(self.gateway.is_open());
        }
    }

    /// Tells the others what the clients know, and sends on what was caused.
    async fn go_on(&mut self) {
        self.others_at = None;
        self.notify_others();
        // The tasks of their connections write.
        yield_now().await;
        self.agent.send_on();
        self.notify_clients();
        self.notify_others();
    }

    /// Tells watchers, hooks and the log what they have not been told yet.
    fn notify_others(&mut self) {
        for later in std::mem::take(&mut self.agent.outside.later) {
            if let Some(event) = later.told(&self.agent.account) {
                self.agent.outside.notify_others(&event);
            }
        }
    }

    /// A second has passed.
    fn tick(&mut self) {
        self.agent.tick();
        let changed = self.gateway.second(&mut self.agent);
        self.listen_if(changed);
        self.mailboxes.wake_after_sleep(self.agent.account.now());
        self.begin_to_fetch();
    }

    /// SIGHUP, or a command, says that the configuration has changed.
    fn reload(&mut self) {
        match self.agent.take_configuration() {
            Ok(()) => tracing::info!("the configuration was read again"),
            Err(fault) => tracing::error!("the configuration was not taken: {fault}"),
        }
        self.open_gateway();
        self.open_mailboxes();
    }
}

impl World {
    fn notify_others(&self, event: &Event) {
        events::log(event);
        let hook = event.hook().filter(|kind| self.hooks.has(kind));
        if hook.is_none() && self.events.watchers() == 0 {
            return;
        }
        match serde_json::to_string(event) {
            Ok(line) => {
                self.events.tell(&line);
                if let Some(kind) = hook {
                    self.hooks.tell(kind, &line);
                }
            }
            Err(fault) => tracing::error!("an event cannot be told: {fault}"),
        }
    }
}

impl Outside for World {
    fn open(&mut self, network: &config::Network, poll: Duration) -> Result<(), String> {
        let settings = network.open().map_err(|fault| fault.to_string())?;
        self.links.open(settings, poll);
        Ok(())
    }

    fn close(&mut self, network: &str) {
        self.links.close(network);
    }

    fn order(&mut self, network: &str, order: Order) {
        self.links.order(network, order);
    }

    fn reached(&mut self, friend: ContactId, is_reached: bool) {
        self.online.set(friend, is_reached);
    }

    fn mail_is_due(&mut self) {
        self.mail.wake();
    }

    fn tell(&mut self, happened: Happened<'_>) {
        self.pending.note_happened(happened);
        self.later.extend(Later::of(happened));
    }

    fn stored(&mut self, stored: Box<Stored>) {
        self.pending.stored(stored);
    }

    fn configured(&mut self, config: &Config) {
        self.hooks.replace(config.hooks.clone());
        self.pending.budget(config.mail.per_day);
    }
}

/// How long the agent rests for its clients before it goes on: as short as the runtime's clock allows.
const REST: Duration = Duration::from_millis(1);
/// How long it waits for a transaction with which to put down that a letter has left: mostly the receipt comes before.
const SETTLE: Duration = Duration::from_millis(20);
/// How often the agent looks around.
const TICK: Duration = Duration::from_secs(1);

//! The people of the simulated world: each with a real account, a real agent when it runs, and a clock of his own.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use iim::agent::{Agent, Happened, Names, Outside};
use iim::edge::clock::{Clock, TestClock};
use iim::edge::config::{self, Config};
use iim::edge::home::{Home, replace_file};
use iim::edge::irc::Order;
use iim::edge::mail::{OutMail, SendError};
use iim::protocol::address::Address;
use iim::protocol::letter::{Keys, LetterId};
use iim::rules::effect::Notice;
use iim::rules::message::{Delivery, Direction, Message};
use iim::rules::person::{Person, Standing};
use iim::rules::watch::Shown;
use iim::turn::{Courier, Station};

use crate::chance::{Chance, SharedDice};
use crate::post::Post;

/// One of them.
pub(crate) struct Someone {
    pub(crate) name: &'static str,
    pub(crate) address: Address,
    pub(crate) home: Home,
    pub(crate) config: String,
    pub(crate) clock: TestClock,
    /// How wrong the clock is, in seconds.
    pub(crate) offset: i64,
    pub(crate) dice: SharedDice,
    pub(crate) agent: Option<Agent<Hands>>,
    /// The hook, the commands and cron.
    pub(crate) desk: Station,
    /// The agent's mail thread.
    pub(crate) post: Station,
    pub(crate) next_tick: u64,
    pub(crate) pause: u64,
    /// How often this person began anew with new keys.
    pub(crate) lives: u32,
    /// All keys this person ever had.
    pub(crate) keys: Vec<Keys>,
    pub(crate) backups: Vec<Backup>,
    /// roster.toml as an editor opened it.
    pub(crate) editor: Option<String>,
    /// What people and programs were told since it was last looked at.
    pub(crate) told: Vec<Notice>,
    pub(crate) shown: BTreeMap<Address, Shown>,
}

/// A copy of a database.
#[derive(Clone)]
pub(crate) struct Backup {
    pub(crate) file: std::path::PathBuf,
    pub(crate) at_ms: u64,
    pub(crate) life: u32,
}

/// What the agent reaches: it is noted, and done by the world.
#[derive(Default)]
pub(crate) struct Hands {
    pub(crate) orders: Vec<(String, Order)>,
    pub(crate) links: Vec<(String, Vec<config::Server>, u64)>,
    pub(crate) mail_due: bool,
    pub(crate) reached: BTreeSet<Address>,
    pub(crate) shown: Vec<(Address, Shown)>,
    pub(crate) told: Vec<Notice>,
}

impl Outside for Hands {
    fn open(&mut self, network: &config::Network, poll: u64) -> Result<(), String> {
        let link = (network.name.clone(), network.servers.clone(), poll);
        self.links.push(link);
        Ok(())
    }

    fn close(&mut self, network: &str) {
        self.orders.push((network.to_owned(), Order::Leave));
    }

    fn order(&mut self, network: &str, order: Order) {
        self.orders.push((network.to_owned(), order));
    }

    fn reached(&mut self, friends: BTreeSet<Address>) {
        self.reached = friends;
    }

    fn mail_is_due(&mut self) {
        self.mail_due = true;
    }

    fn tell(&mut self, happened: Happened<'_>, _: &Names) {
        match happened {
            Happened::Notice(notice) => self.told.push(notice.clone()),
            Happened::Presence { friend, shown, .. } => self.shown.push((friend.clone(), shown)),
            Happened::Network { .. } | Happened::Refreshed => {}
        }
    }

    fn configured(&mut self, _: &Config) {}
}

/// Hands mails to the post, and may die in the middle.
pub(crate) struct Carrier<'a> {
    pub(crate) post: &'a mut Post,
    pub(crate) now_ms: u64,
    /// Dies after so many mails.
    pub(crate) dies_after: Option<usize>,
}

/// The payload of a death that is planned.
pub(crate) struct Killed;

impl Courier for Carrier<'_> {
    fn send_all(&mut self, mails: Vec<OutMail>, _: Option<Duration>) -> Vec<Result<(), SendError>> {
        let mut results = Vec::new();
        for mail in mails {
            if self.dies_after == Some(results.len()) {
                std::panic::resume_unwind(Box::new(Killed));
            }
            results.push(self.post.take(self.now_ms, mail));
        }
        if self.dies_after.is_some() && !results.is_empty() {
            std::panic::resume_unwind(Box::new(Killed));
        }
        results
    }
}

impl Someone {
    /// A new account in `dir`.
    pub(crate) fn new(
        name: &'static str,
        address: Address,
        config: String,
        dir: &Path,
        now_ms: u64,
        chance: Chance,
    ) -> Self {
        let home = Home::at(&dir.join(format!("{name}-0")), &dir.join("state"));
        let clock = TestClock::default();
        clock.set_ms(now_ms);
        let dice = SharedDice::new(chance);
        let mut desk = create(&home, &config, &clock, &dice);
        let keys = vec![desk.account().unwrap().keys];
        let post = open(&home, &clock, &dice);
        Self {
            name,
            address,
            home,
            config,
            clock,
            offset: 0,
            dice,
            agent: None,
            desk,
            post,
            next_tick: now_ms,
            pause: 1000,
            lives: 0,
            keys,
            backups: Vec::new(),
            editor: None,
            told: Vec::new(),
            shown: BTreeMap::new(),
        }
    }

    pub(crate) fn set_clock(&self, now_ms: u64) {
        let ms = now_ms.saturating_add_signed(self.offset * 1000);
        self.clock.set_ms(ms);
    }

    /// Closes and opens everything, as after a crash.
    pub(crate) fn reopen(&mut self) {
        self.agent = None;
        self.shown.clear();
        self.desk = open(&self.home, &self.clock, &self.dice);
        self.post = open(&self.home, &self.clock, &self.dice);
    }

    pub(crate) fn start_agent(&mut self) {
        let station = open(&self.home, &self.clock, &self.dice);
        let clock: Arc<dyn Clock> = Arc::new(self.clock.clone());
        let dice = Box::new(self.dice.clone());
        self.shown.clear();
        self.agent = Some(Agent::open(station, clock, dice, Hands::default()).unwrap());
    }

    pub(crate) fn back_up(&mut self, dir: &Path, now_ms: u64) {
        let file = dir.join(format!("{}-backup-{}", self.name, self.backups.len()));
        copy_database(&self.home.database(), &file);
        let life = self.lives;
        self.backups.push(Backup {
            file,
            at_ms: now_ms,
            life,
        });
    }

    /// Goes back to a backup: only the database, as after a lost disk.
    pub(crate) fn restore(&mut self, backup: &Backup) {
        let aside = Home::at(
            &self.home.data().with_extension("aside"),
            &self.home.data().with_extension("aside-state"),
        );
        if !aside.database().exists() {
            drop(create(&aside, &self.config, &self.clock, &self.dice));
        }
        self.agent = None;
        self.shown.clear();
        self.desk = open(&aside, &self.clock, &self.dice);
        self.post = open(&aside, &self.clock, &self.dice);
        remove_database(&self.home.database());
        copy_database(&backup.file, &self.home.database());
        self.reopen();
    }

    /// Begins anew: nothing of the old account is left.
    pub(crate) fn reinstall(&mut self, dir: &Path) {
        self.lives += 1;
        self.agent = None;
        self.shown.clear();
        self.editor = None;
        let folder = dir.join(format!("{}-{}", self.name, self.lives));
        self.home = Home::at(&folder, &dir.join(format!("state-{}", self.lives)));
        self.desk = create(&self.home, &self.config, &self.clock, &self.dice);
        self.post = open(&self.home, &self.clock, &self.dice);
        self.keys.push(self.desk.account().unwrap().keys);
    }

    // Looking.

    pub(crate) fn find(&mut self, other: &Address) -> Option<Person> {
        self.desk.person(other).unwrap()
    }

    pub(crate) fn is_friend(&mut self, other: &Address) -> bool {
        self.find(other)
            .is_some_and(|person| matches!(person.standing, Standing::Friend(_)))
    }

    /// The texts that came from somebody, in the order of `iim read`.
    pub(crate) fn heard(&mut self, other: &Address) -> Vec<Message> {
        let all = self.desk.history(Some(other), false).unwrap();
        let heard = all
            .into_iter()
            .filter(|message| message.direction == Direction::In);
        heard.collect()
    }

    pub(crate) fn state(&mut self, other: &Address, id: LetterId) -> Option<(Delivery, String)> {
        let found = self.desk.text(other, id).unwrap();
        found.map(|message| (message.state, message.reason.unwrap_or_default()))
    }
}

pub(crate) fn create(home: &Home, config: &str, clock: &TestClock, dice: &SharedDice) -> Station {
    home.create().unwrap();
    replace_file(&home.config(), config.as_bytes()).unwrap();
    Station::create_with(home, Arc::new(clock.clone()), Box::new(dice.clone())).unwrap();
    open(home, clock, dice)
}

pub(crate) fn open(home: &Home, clock: &TestClock, dice: &SharedDice) -> Station {
    Station::open(home.clone(), Arc::new(clock.clone()))
        .unwrap()
        .with_dice(Box::new(dice.clone()))
}

fn copy_database(from: &Path, to: &Path) {
    for suffix in ["", "-wal"] {
        let name = |path: &Path| format!("{}{suffix}", path.display());
        if Path::new(&name(from)).exists() {
            std::fs::copy(name(from), name(to)).unwrap();
        }
    }
}

fn remove_database(file: &Path) {
    for suffix in ["", "-wal", "-shm"] {
        drop(std::fs::remove_file(format!("{}{suffix}", file.display())));
    }
}

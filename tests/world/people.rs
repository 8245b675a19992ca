//! The people of the simulated world: each with a real account, a real agent when it runs, and a clock of their own.

use std::collections::{BTreeMap, BTreeSet};
use std::mem::replace;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use iim::account::Account;
use iim::agent::{Agent, Happened, Outside};
use iim::edge::clock::{Clock, TestClock};
use iim::edge::config;
use iim::edge::config::Config;
use iim::edge::home::{Home, replace_file};
use iim::edge::irc::Order;
use iim::edge::mail::{MailSender, OutMail, Slow};
use iim::protocol::address::Address;
use iim::protocol::letter::{Keys, LetterId};
use iim::rules::contact::{Contact, Standing};
use iim::rules::conversation::{ContactId, Ids, Stored};
use iim::rules::effect::Notice;
use iim::rules::message::{Delivery, Message};
use iim::rules::presence_tracker::Shown;
use iim::rules::queue::route::Handed;

use crate::chance::{Chance, SharedRng};
use crate::disk::{Disk, Saved};
use crate::house::House;
use crate::mailbox::Mailbox;
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
    pub(crate) rng: SharedRng,
    pub(crate) agent: Option<Agent<Hands>>,
    pub(crate) disk: Disk,
    /// The hook, the commands and cron.
    pub(crate) account: Account,
    /// The agent's mail thread.
    pub(crate) post: Account,
    /// Their mail comes by a mailbox.
    pub(crate) mailbox: Option<Mailbox>,
    pub(crate) next_tick: u64,
    pub(crate) pause: u64,
    /// How often this person began anew with new keys.
    pub(crate) lives: u32,
    /// All keys this person ever had.
    pub(crate) keys: Vec<Keys>,
    pub(crate) backups: Vec<Backup>,
    pub(crate) house: House,
    /// roster.toml as an editor opened it.
    pub(crate) editor: Option<String>,
    /// What people and programs were told since it was last looked at.
    pub(crate) told: Vec<Notice>,
    pub(crate) shown: BTreeMap<Address, Shown>,
}

/// A copy of a database.
#[derive(Clone)]
pub(crate) struct Backup {
    pub(crate) saved: Saved,
    pub(crate) at_ms: u64,
    pub(crate) life: u32,
}

/// What the agent reaches: it is noted, and done by the world.
#[derive(Default)]
pub(crate) struct Hands {
    pub(crate) orders: Vec<(String, Order)>,
    pub(crate) links: Vec<(String, Vec<config::Server>, Duration)>,
    pub(crate) mail_due: bool,
    pub(crate) reached: BTreeSet<ContactId>,
    pub(crate) shown: Vec<(Address, Shown)>,
    pub(crate) told: Vec<Notice>,
}

impl Outside for Hands {
    fn open(&mut self, network: &config::Network, poll: Duration) -> Result<(), String> {
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

    fn reached(&mut self, friend: ContactId, is_reached: bool) {
        match is_reached {
            true => self.reached.insert(friend),
            false => self.reached.remove(&friend),
        };
    }

    fn mail_is_due(&mut self) {
        self.mail_due = true;
    }

    fn tell(&mut self, happened: Happened<'_>) {
        match happened {
            Happened::Notice(notice, _) => self.told.push(notice.clone()),
            Happened::Presence { friend, shown, .. } => {
                self.shown.push((friend.address.clone(), shown))
            }
            Happened::There { .. }
            | Happened::Network { .. }
            | Happened::Contact(_)
            | Happened::Contacts
            | Happened::Account
            | Happened::Texts
            | Happened::Groups => {}
        }
    }

    fn stored(&mut self, _: Box<Stored>) {}

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

impl MailSender for Carrier<'_> {
    fn send_all(&mut self, mails: Vec<OutMail>, _: Option<Duration>) -> Vec<Result<Handed, Slow>> {
        let mut results = Vec::new();
        for mail in mails {
            if self.dies_after == Some(results.len()) {
                std::panic::resume_unwind(Box::new(Killed));
            }
            results.push(Ok(self.post.take(self.now_ms, mail)));
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
        let rng = SharedRng::new(chance);
        let mut disk = Disk::empty();
        let mut account = create(&mut disk, &home, &config, &clock, &rng);
        let keys = vec![account.state().unwrap().keys];
        let post = open(&mut disk, &home, &clock, &rng);
        Self {
            name,
            address,
            home,
            config,
            clock,
            offset: 0,
            rng,
            agent: None,
            disk,
            account,
            post,
            mailbox: None,
            next_tick: now_ms,
            pause: 1000,
            lives: 0,
            keys,
            backups: Vec::new(),
            house: House::default(),
            editor: None,
            told: Vec::new(),
            shown: BTreeMap::new(),
        }
    }

    pub(crate) fn set_clock(&self, now_ms: u64) {
        let ms = now_ms.saturating_add_signed(self.offset * 1000);
        self.clock.set_ms(ms);
    }

    fn open(&mut self) -> Account {
        open(&mut self.disk, &self.home, &self.clock, &self.rng)
    }

    /// Closes and opens everything, as after a crash.
    pub(crate) fn reopen(&mut self) {
        self.end_agent();
        let account = self.open();
        let post = self.open();
        for old in [
            replace(&mut self.account, account),
            replace(&mut self.post, post),
        ] {
            self.disk.put_aside(old.into_store());
        }
    }

    pub(crate) fn start_agent(&mut self) {
        let account = self.open();
        let clock: Arc<dyn Clock> = Arc::new(self.clock.clone());
        let rng = Box::new(self.rng.clone());
        self.shown.clear();
        self.agent = Some(Agent::open(account, clock, rng, Hands::default()).unwrap());
    }

    pub(crate) fn end_agent(&mut self) {
        if let Some(agent) = self.agent.take() {
            self.disk.put_aside(agent.account.into_store());
        }
        self.mailbox.iter_mut().for_each(Mailbox::close);
        self.shown.clear();
    }

    pub(crate) fn back_up(&mut self, now_ms: u64) {
        let saved = self.disk.save();
        let life = self.lives;
        self.backups.push(Backup {
            saved,
            at_ms: now_ms,
            life,
        });
    }

    /// Goes back to a backup: only the database, as after a lost disk.
    pub(crate) fn restore(&mut self, backup: &Backup) {
        self.end_agent();
        self.disk.restore(&backup.saved);
        self.reopen();
    }

    /// Begins anew: nothing of the old account is left.
    pub(crate) fn reinstall(&mut self, dir: &Path) {
        self.lives += 1;
        self.house.of_another_life();
        self.mailbox.iter_mut().for_each(Mailbox::is_looked_at_anew);
        self.editor = None;
        let folder = dir.join(format!("{}-{}", self.name, self.lives));
        self.home = Home::at(&folder, &dir.join(format!("state-{}", self.lives)));
        self.end_agent();
        let old = replace(&mut self.disk, Disk::empty());
        let account = create(
            &mut self.disk,
            &self.home,
            &self.config,
            &self.clock,
            &self.rng,
        );
        let post = self.open();
        let stations = [
            replace(&mut self.account, account),
            replace(&mut self.post, post),
        ];
        throw_away(old, stations);
        self.keys.push(self.account.state().unwrap().keys);
    }

    /// The world ends.
    pub(crate) fn end(mut self) {
        self.end_agent();
        throw_away(self.disk, [self.account, self.post]);
    }

    // Looking.

    pub(crate) fn find(&mut self, other: &Address) -> Option<Contact> {
        self.account.who(other.as_str()).ok()
    }

    /// By which ids whoever is or was at an address is known.
    pub(crate) fn ids(&self, other: &Address) -> Ids {
        let known = self.account.look(|tx| Ok(tx.find_ids(other)?)).unwrap();
        known.unwrap_or(Ids::new(0, 0))
    }

    pub(crate) fn is_friend(&mut self, other: &Address) -> bool {
        self.find(other)
            .is_some_and(|person| matches!(person.standing, Standing::Friend(_)))
    }

    /// The texts that came from somebody, in the order of `iim read`.
    pub(crate) fn heard(&mut self, other: &Address) -> Vec<Message> {
        let with = self.ids(other).conversation;
        let all = self.account.history(Some(with), false).unwrap();
        let heard = all.into_iter().filter(|message| !message.is_ours());
        heard.collect()
    }

    pub(crate) fn state(&mut self, other: &Address, id: LetterId) -> Option<(Delivery, String)> {
        let with = self.ids(other).conversation;
        let found = self.account.text(with, id).unwrap();
        found.map(|message| (message.state, message.reason.unwrap_or_default()))
    }
}

/// A new account, open.
pub(crate) fn create(
    disk: &mut Disk,
    home: &Home,
    config: &str,
    clock: &TestClock,
    rng: &SharedRng,
) -> Account {
    home.create().unwrap();
    replace_file(&home.config(), config.as_bytes()).unwrap();
    let (the_clock, the_dice) = (Arc::new(clock.clone()), Box::new(rng.clone()));
    let store = Account::create_on(disk.open(), home, the_clock, the_dice).unwrap();
    disk.put_aside(store);
    open(disk, home, clock, rng)
}

pub(crate) fn throw_away<const N: usize>(mut disk: Disk, stations: [Account; N]) {
    for account in stations {
        disk.put_aside(account.into_store());
    }
    disk.throw_away();
}

fn open(disk: &mut Disk, home: &Home, clock: &TestClock, rng: &SharedRng) -> Account {
    Account::open_on(disk.open(), home.clone(), Arc::new(clock.clone()))
        .unwrap()
        .with_rng(Box::new(rng.clone()))
}

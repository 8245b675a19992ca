//! A small world: people with real accounts, a clock that the test turns, mail and IRC carried by hand.

#[path = "world/seen.rs"]
mod seen;

#[path = "world/over_irc.rs"]
mod over_irc;

use iim::protocol::time::Millis;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use iim::account::mail::SendReport;
use iim::account::{Account, AccountError, Arrived, Outcome, mail};
use iim::edge::clock::{Clock, TestClock};
use iim::edge::home::{Home, replace_file};
use iim::edge::mail::{MailSender, OutMail, Slow};
use iim::edge::store::{Create, Store, StoreError, Transaction};
use iim::protocol::address::Address;
use iim::protocol::irc_form::Assembler;
use iim::protocol::letter::LetterId;
use iim::protocol::mail_form::By;
use iim::rules::conversation::{ContactId, Ids};
use iim::rules::effect::Notice;
use iim::rules::event::{Act, Adding};
use iim::rules::queue::choice::{Announcements, Round};
use iim::rules::queue::route::Handed;

/// Everybody, their mail and the IRC network that all of them are on.
pub(crate) struct World {
    pub(crate) clock: TestClock,
    pub(crate) dir: tempfile::TempDir,
    people: BTreeMap<String, Someone>,
    /// Who reaches whom over IRC.
    online: BTreeSet<(String, String)>,
    assembler: Assembler,
}

/// One of them.
pub(crate) struct Someone {
    pub(crate) home: Home,
    pub(crate) account: Account,
    /// What this person and their programs were told.
    pub(crate) told: Vec<Notice>,
}

/// What the mail system does with a mail, and the mails it took.
#[derive(Default)]
pub(crate) struct Mailbag {
    pub(crate) mails: Vec<OutMail>,
    pub(crate) answer: Option<Handed>,
}

impl MailSender for Mailbag {
    fn send_all(
        &mut self,
        mails: Vec<OutMail>,
        _within: Option<Duration>,
    ) -> Vec<Result<Handed, Slow>> {
        let answers = mails
            .iter()
            .map(|_| Ok(self.answer.clone().unwrap_or(Handed::Taken)))
            .collect();
        if self.answer.is_none() {
            self.mails.extend(mails);
        }
        answers
    }
}

/// When every story begins: 2025-06-01 12:00 UTC.
pub(crate) const START: u64 = 1_748_779_200;
pub(crate) const MINUTE: u64 = 60;
pub(crate) const HOUR: u64 = 3600;
pub(crate) const DAY: u64 = 86_400;
/// The network that all are on.
pub(crate) const NET: &str = "testnet";

pub(crate) fn address(name: &str) -> Address {
    let domain = match name {
        "alice" => "example.org",
        "bob" => "example.net",
        "carol" => "example.com",
        _ => "example.edu",
    };
    Address::parse(&format!("{name}@{domain}")).unwrap()
}

impl World {
    pub(crate) fn of(names: &[&str]) -> Self {
        let mut world = Self {
            clock: TestClock::at(START),
            // In memory where there is such a place: every turn is flushed to the disk.
            dir: tempfile::tempdir_in("/dev/shm").unwrap_or_else(|_| tempfile::tempdir().unwrap()),
            people: BTreeMap::new(),
            online: BTreeSet::new(),
            assembler: Assembler::default(),
        };
        for name in names {
            world.settle_in(name, name, "");
        }
        world
    }

    /// `names`, all friends of the first, who saw them and was seen.
    pub(crate) fn of_friends(names: &[&str]) -> Self {
        let mut world = Self::of(names);
        for other in names.iter().skip(1) {
            world.befriend(names[0], other);
        }
        world
    }

    /// An account for `name` in the folder `folder`, with more lines of configuration.
    pub(crate) fn settle_in(&mut self, name: &str, folder: &str, more: &str) {
        let home = self.home(folder);
        home.create().unwrap();
        let text = format!(
            "address = \"{}\"\nname = \"{name}\"\n[[network]]\nname = \"{NET}\"\n\
             servers = [\"127.0.0.1:6667\"]\ntls = false\n{more}",
            address(name)
        );
        let text = if more.contains("[mail]") {
            text
        } else {
            format!("{text}[mail]\nper_day = 0\n")
        };
        replace_file(&home.config(), text.as_bytes()).unwrap();
        Account::create(&home, self.clock()).unwrap();
        let account = Account::open(home.clone(), self.clock()).unwrap();
        let someone = Someone {
            home,
            account,
            told: Vec::new(),
        };
        self.people.insert(name.to_owned(), someone);
    }

    pub(crate) fn home(&self, folder: &str) -> Home {
        Home::at(
            &self.dir.path().join(folder),
            &self.dir.path().join("state"),
        )
    }

    /// A copy of somebody's account as it is now.
    pub(crate) fn copy_home(&mut self, name: &str, folder: &str) -> Home {
        let (from, to) = (self.some(name).home.clone(), self.home(folder));
        to.create().unwrap();
        std::fs::copy(from.config(), to.config()).unwrap();
        copy_database(&from.database(), &to.database());
        to
    }

    pub(crate) fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(self.clock.clone())
    }

    pub(crate) fn some(&mut self, name: &str) -> &mut Someone {
        self.people
            .get_mut(name)
            .unwrap_or_else(|| panic!("nobody is called {name}"))
    }

    pub(crate) fn at(&mut self, name: &str) -> &mut Account {
        &mut self.some(name).account
    }

    /// Closes somebody's account and opens it again, as another command would.
    pub(crate) fn reopen(&mut self, name: &str) {
        let home = self.some(name).home.clone();
        let account = Account::open(home, self.clock()).unwrap();
        self.some(name).account = account;
    }

    pub(crate) fn store(&mut self, name: &str) -> Store {
        Store::open(&self.some(name).home.database(), Create::No).unwrap()
    }

    pub(crate) fn read<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> T {
        self.store(name).read(read).unwrap()
    }

    /// By which ids somebody knows another, on their roster or not any more.
    pub(crate) fn ids(&self, name: &str, other: &str) -> Ids {
        let account = &self.people[name].account;
        let known = account.look(|tx| Ok(tx.find_ids(&address(other))?));
        known.unwrap().unwrap_or(Ids::new(0, 0))
    }

    pub(crate) fn contact(&self, name: &str, other: &str) -> ContactId {
        self.ids(name, other).contact
    }

    // Acts.

    pub(crate) fn saying(&self, name: &str, other: &str, text: &str) -> Act {
        Act::Say {
            to: self.contact(name, other),
            text: text.to_owned(),
            reply_to: None,
        }
    }

    pub(crate) fn act(&mut self, name: &str, act: Act) -> Outcome {
        self.try_act(name, act).unwrap()
    }

    /// Reads all that this friend wrote, or all.
    pub(crate) fn catches_up(&mut self, name: &str, friend: Option<&str>) {
        let friend = friend.map(|other| self.contact(name, other));
        let up_to = Millis::MAX;
        self.act(name, Act::Seen { friend, up_to });
    }

    pub(crate) fn try_act(&mut self, name: &str, act: Act) -> Result<Outcome, AccountError> {
        let someone = self.some(name);
        let outcome = someone.account.act(act)?;
        someone.told.extend(outcome.notices.clone());
        Ok(outcome)
    }

    pub(crate) fn add(&mut self, name: &str, other: &str) {
        self.act(name, adding(other));
    }

    pub(crate) fn accept(&mut self, name: &str, other: &str) {
        self.act(
            name,
            Act::Accept {
                address: address(other),
                name: None,
                hidden: false,
            },
        );
    }

    pub(crate) fn say(&mut self, name: &str, other: &str, text: &str) -> LetterId {
        let said = self.saying(name, other, text);
        self.act(name, said).id.unwrap()
    }

    pub(crate) fn befriend(&mut self, name: &str, other: &str) {
        self.add(name, other);
        self.exchange();
        self.accept(other, name);
        self.exchange();
        self.pass(5 * MINUTE);
    }

    /// As [`World::befriend`], where the other accepts by itself.
    pub(crate) fn befriend_by_itself(&mut self, name: &str, other: &str) {
        self.add(name, other);
        self.exchange();
        self.are_friends(name, other);
        self.pass(5 * MINUTE);
    }

    // Mail.

    /// The mails that leave from somebody now.
    pub(crate) fn outgoing(&mut self, name: &str) -> Vec<OutMail> {
        let mut bag = Mailbag::default();
        self.send(name, &mut bag, Announcements::Due);
        bag.mails
    }

    pub(crate) fn send(
        &mut self,
        name: &str,
        bag: &mut Mailbag,
        announcements: Announcements,
    ) -> SendReport {
        let online: Vec<String> = (self.online.iter())
            .filter(|(who, _)| who == name)
            .map(|(_, other)| other.clone())
            .collect();
        let online: Vec<ContactId> = online.iter().map(|other| self.id(name, other)).collect();
        let reached = |friend| online.contains(&friend);
        let round = Round {
            announcements,
            online: &reached,
        };
        let someone = self.some(name);
        let report = mail::send(&mut someone.account, bag, &round)
            .unwrap_or_else(|fault| panic!("{name}: {fault}"));
        someone.told.extend(report.notices.clone());
        report
    }

    /// A mail arrives where its envelope says; nobody there: it is gone.
    pub(crate) fn deliver(&mut self, mail: &OutMail) -> Option<Arrived> {
        let to = self.people.keys().find(|name| address(name) == mail.to)?;
        let to = to.clone();
        Some(self.hear(&to, &mail.mail))
    }

    pub(crate) fn hear(&mut self, name: &str, mail: &[u8]) -> Arrived {
        let someone = self.some(name);
        let arrived = someone
            .account
            .hear_mail_by(mail, By::Marker)
            .unwrap()
            .unwrap();
        someone.told.extend(arrived.notices.clone());
        arrived
    }

    /// Mails go back and forth until none is on its way. Returns how many there were.
    pub(crate) fn exchange(&mut self) -> usize {
        let mut count: usize = 0;
        loop {
            let mails = self.all_outgoing();
            if mails.is_empty() {
                return count;
            }
            count += mails.len();
            assert!(count < 500, "mails go back and forth for ever");
            for mail in &mails {
                self.deliver(mail);
            }
        }
    }

    pub(crate) fn all_outgoing(&mut self) -> Vec<OutMail> {
        let names: Vec<String> = self.people.keys().cloned().collect();
        names.iter().flat_map(|name| self.outgoing(name)).collect()
    }

    /// Time passes for everybody, minute by minute if short, and mails are exchanged.
    pub(crate) fn pass(&mut self, seconds: u64) -> usize {
        self.clock.advance(seconds);
        self.tick_all();
        self.exchange()
    }

    /// Time passes with nobody's mail leaving.
    pub(crate) fn wait(&mut self, seconds: u64) {
        self.clock.advance(seconds);
        self.tick_all();
    }

    pub(crate) fn tick_all(&mut self) {
        for someone in self.people.values_mut() {
            let outcome = someone.account.tick().unwrap();
            someone.told.extend(outcome.notices);
        }
    }

    // IRC.

    // Looking.
}

/// Sends what is due by mail from an account of no name.
pub(crate) fn send(account: &mut Account, sender: &mut dyn MailSender) {
    let round = Round::without_irc(Announcements::Due);
    mail::send(account, sender, &round).unwrap();
}

/// Copies a database that nobody is writing to, with what its log holds.
pub(crate) fn copy_database(from: &Path, to: &Path) {
    for suffix in ["", "-wal"] {
        let name = |path: &Path| PathBuf::from(format!("{}{suffix}", path.display()));
        if name(from).exists() {
            std::fs::copy(name(from), name(to)).unwrap();
        }
    }
}

pub(crate) fn adding(other: &str) -> Act {
    Act::Add(Adding {
        address: address(other),
        invite: None,
        name: None,
        note: None,
        hidden: false,
        verified: false,
    })
}

pub(crate) fn nick(name: &str) -> String {
    format!("{name}nick")
}

/// What one PRIVMSG of the test's network holds.
const ROOM: usize = 430;

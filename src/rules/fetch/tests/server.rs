//! A mailbox's server and an account, simulated: every command is answered as a server does it, or the connection is lost.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use std::time::Duration;

use crate::protocol::candidate::{Kind, kind};
use crate::protocol::time::{MINUTE, Seconds};
use crate::rules::decision::Rng;
use crate::rules::fetch::fetcher::Fetcher;
use crate::rules::fetch::mailbox::{
    Answer, Answered, Command, Discard, Fault, Features, Folder, Header, Uid,
};
use crate::rules::fetch::plan::{Became, Event, Kept, Next, Plan, Until, Work};

/// Whether a command is meant.
type Fits = fn(&Command) -> bool;

pub(super) fn uid(n: u32) -> Uid {
    Uid(NonZeroU32::new(n).unwrap())
}

/// Numbers that follow from a seed.
#[derive(Debug, Clone)]
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005);
        self.0 = self.0.wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }

    pub(super) fn once_in(&mut self, n: u64) -> bool {
        n > 0 && self.below(n) == 0
    }
}

impl Rng for Dice {
    fn fill(&mut self, buffer: &mut [u8]) {
        for byte in buffer {
            *byte = self.below(256).to_le_bytes()[0];
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mail {
    pub(super) bytes: Vec<u8>,
    pub(super) deleted: bool,
    pub(super) at: Seconds,
}

#[derive(Debug, Clone, Default)]
pub(super) struct MailFolder {
    pub(super) mails: BTreeMap<u32, Mail>,
    pub(super) validity: u32,
    pub(super) next: u32,
}

/// What a server does.
#[derive(Debug, Clone)]
pub(super) struct Server {
    pub(super) features: Features,
    pub(super) boxes: BTreeMap<String, MailFolder>,
    pub(super) selected: Option<String>,
    pub(super) news: bool,
    pub(super) read_only: bool,
    /// Answered instead, to the first command that it fits, once.
    pub(super) instead: Vec<(Fits, Answer)>,
    pub(super) asked: Vec<Command>,
    pub(super) now: Seconds,
}

pub(super) const INBOX: &str = "INBOX";

impl Server {
    pub(super) fn new(features: Features) -> Self {
        let inbox = MailFolder {
            validity: 7,
            next: 1,
            ..MailFolder::default()
        };
        Self {
            features,
            boxes: BTreeMap::from([(INBOX.to_owned(), inbox)]),
            selected: None,
            news: false,
            read_only: false,
            instead: Vec::new(),
            asked: Vec::new(),
            now: NOW,
        }
    }

    pub(super) fn comes(&mut self, folder: &str, mail: impl AsRef<[u8]>) -> u32 {
        let (at, into) = (self.now, self.boxes.get_mut(folder).unwrap());
        let uid = into.next;
        let bytes = mail.as_ref().to_vec();
        into.next += 1;
        into.mails.insert(
            uid,
            Mail {
                bytes,
                deleted: false,
                at,
            },
        );
        self.news |= self.selected.as_deref() == Some(folder);
        uid
    }

    /// A folder is put back out of a backup: its mails are numbered anew.
    pub(super) fn is_restored(&mut self, folder: &str) {
        let folder = self.boxes.get_mut(folder).unwrap();
        let mails = std::mem::take(&mut folder.mails);
        folder.mails = (1..).zip(mails.into_values()).collect();
        folder.validity += 1;
        folder.next = u32::try_from(folder.mails.len()).unwrap() + 1;
    }

    pub(super) fn inbox(&self) -> &MailFolder {
        &self.boxes[INBOX]
    }

    fn here(&mut self) -> &mut MailFolder {
        let name = self.selected.clone().unwrap();
        self.boxes.get_mut(&name).unwrap()
    }

    pub(super) fn answer(&mut self, command: &Command) -> Answered {
        self.asked.push(command.clone());
        let fits = |(fits, _): &(fn(&Command) -> bool, Answer)| fits(command);
        let answer = match self.instead.iter().position(fits) {
            Some(at) => self.instead.remove(at).1,
            None => self.done(command),
        };
        if let Answer::Closed(_) = answer {
            self.selected = None;
        }
        let news = std::mem::take(&mut self.news);
        Answered { answer, news }
    }

    fn folder(&self, name: &str) -> Option<Folder> {
        let of = self.boxes.get(name)?;
        Some(Folder {
            uidvalidity: NonZeroU32::new(of.validity),
            next: NonZeroU32::new(of.next).map(Uid),
            exists: u32::try_from(of.mails.len()).unwrap(),
            read_only: self.read_only,
        })
    }

    fn done(&mut self, command: &Command) -> Answer {
        let no = || Answer::Refused("no such folder".to_owned());
        match command {
            Command::Open => Answer::Opened(self.features.clone()),
            Command::Select(name) => match self.folder(name) {
                Some(folder) => {
                    self.selected = Some(name.clone());
                    self.news = false;
                    Answer::Selected(folder)
                }
                None => no(),
            },
            Command::Status(name) => self.folder(name).map_or_else(no, Answer::Status),
            Command::Next => Answer::Next(uid(self.here().next)),
            Command::Since(since) => {
                let day = Seconds(since.0 / 86_400 * 86_400);
                let found = self.here().mails.iter().find(|(_, mail)| mail.at >= day);
                Answer::Lowest(found.map(|(n, _)| uid(*n)))
            }
            Command::Headers(first, last) => {
                let (first, last) = (first.0.get(), last.map_or(u32::MAX, |last| last.0.get()));
                let mails = self.here().mails.range(first..=last.max(first));
                let header = |(n, mail): (&u32, &Mail)| Header {
                    uid: uid(*n),
                    size: u32::try_from(mail.bytes.len()).unwrap(),
                    section: mail.bytes.clone(),
                };
                Answer::Headers(mails.map(header).collect())
            }
            Command::Mail(uid) => {
                let mail = self.here().mails.get(&uid.0.get());
                Answer::Mail(mail.map(|mail| mail.bytes.clone()))
            }
            Command::Discard(uids, how) => self.discard(uids, how),
            Command::Create(name) => {
                self.boxes
                    .entry(name.clone())
                    .or_insert_with(|| MailFolder {
                        validity: 1,
                        next: 1,
                        ..MailFolder::default()
                    });
                Answer::Done
            }
            Command::Wait(_) => Answer::Done,
            Command::Close => Answer::Closed(None),
        }
    }

    fn discard(&mut self, uids: &[Uid], how: &Discard) -> Answer {
        if self.read_only {
            return Answer::Refused("read-only".to_owned());
        }
        let to = match how {
            Discard::Move(to) => Some(to),
            Discard::Expunge(to) | Discard::Mark(to) => to.as_ref(),
        };
        if to.is_some_and(|to| !self.boxes.contains_key(to)) {
            return Answer::Refused("[TRYCREATE] no such folder".to_owned());
        }
        for uid in uids {
            let n = uid.0.get();
            let Some(mail) = self.here().mails.get_mut(&n) else {
                continue;
            };
            mail.deleted = true;
            let mail = mail.clone();
            if let Some(to) = to {
                let to = self.boxes.get_mut(to).unwrap();
                to.mails.insert(to.next, mail);
                to.next += 1;
            }
            if !matches!(how, Discard::Mark(_)) {
                self.here().mails.remove(&n);
            }
        }
        Answer::Done
    }
}

/// An account that hears each letter once.
#[derive(Debug, Clone, Default)]
pub(super) struct Account {
    /// What was heard, how often.
    pub(super) heard: BTreeMap<String, u32>,
    pub(super) kept: BTreeMap<String, Kept>,
    pub(super) letters: u32,
    pub(super) fails: BTreeSet<String>,
}

impl Account {
    pub(super) fn hear(&mut self, work: &Work) -> Became {
        let Work::Mail { mail, .. } = work else {
            return Became::Left;
        };
        let text = String::from_utf8(mail.clone()).unwrap();
        if self.fails.contains(&text) {
            return Became::Trouble;
        }
        if kind(mail) != Some(Kind::Marked) {
            return Became::Left;
        }
        self.heard.entry(text).or_insert(1);
        Became::Done
    }

    pub(super) fn keep(&mut self, kept: Kept) {
        self.letters += kept.letters;
        self.kept.insert(kept.cursor.name.clone(), kept);
    }

    pub(super) fn fetcher(&self, plan: Plan) -> Fetcher {
        Fetcher::new(plan, self.kept.values().cloned().collect())
    }
}

pub(super) fn plan() -> Plan {
    Plan {
        others: Vec::new(),
        folder: INBOX.to_owned(),
        move_to: None,
        junk: true,
        poll: MINUTE,
        token: false,
        until: Until::Ended,
    }
}

pub(super) const NOW: Seconds = Seconds(1_800_000_000);

/// Goes on until it waits, rests or is over; gives that.
pub(super) fn until_idle(
    fetcher: &mut Fetcher,
    server: &mut Server,
    account: &mut Account,
    mut event: Event,
) -> Next {
    for _ in 0..100_000 {
        match fetcher.step(event, server.now, &mut Dice(1)) {
            Next::Ask(command @ Command::Wait(_)) if !server.news => return Next::Ask(command),
            Next::Ask(command) => event = Event::Answered(server.answer(&command)),
            Next::Hear(work) => event = Event::Heard(account.hear(&work)),
            Next::Keep(kept) => {
                account.keep(kept);
                event = Event::Kept(true);
            }
            idle @ (Next::Rest(_) | Next::Over(_)) => return idle,
        }
    }
    panic!("it never comes to rest");
}

/// What ends a wait.
pub(super) fn waited(server: &mut Server) -> Event {
    Event::Answered(server.answer(&Command::Wait(Duration::ZERO)))
}

pub(super) fn cut() -> Answer {
    Answer::Closed(Some(Fault::Network("cut".to_owned())))
}

pub(super) fn letter(n: u32) -> String {
    format!("IIM: 1\r\n\r\nletter {n}\r\n")
}

pub(super) fn features() -> Features {
    Features {
        idle: true,
        moves: true,
        uidplus: true,
        ..Features::default()
    }
}

pub(super) const SPAM: &str = "Spam";

/// A server with a folder for spam, and nothing in either.
pub(super) fn with_spam() -> Server {
    let mut server = Server::new(Features {
        junk: Some(SPAM.to_owned()),
        ..features()
    });
    let empty = server.inbox().clone();
    server.boxes.insert(SPAM.to_owned(), empty);
    server
}

/// A mailbox that was looked at once, with nothing in it.
pub(super) fn begun(features: Features) -> (Fetcher, Server, Account) {
    let (mut server, mut account) = (Server::new(features), Account::default());
    let mut fetcher = account.fetcher(plan());
    let next = until_idle(&mut fetcher, &mut server, &mut account, Event::Woken);
    assert!(matches!(next, Next::Ask(Command::Wait(_))), "{next:?}");
    server.asked.clear();
    (fetcher, server, account)
}

//! A mailbox at a server, for whoever has no hook: letters lie in it among other people's mails, until they are fetched.
//!
//! ```text
//!  post ─▶ inbox, or junk ─▶ the agent's thread, or cron ─▶ heard (commit 1) ─▶ removed ─▶ cursor kept (commit 2)
//!                                │ dies at any step, is cut off at any command, is numbered anew, is put back,
//!                                │ and another client takes what it is about to ask for
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::Duration;

use iim::protocol::address::Address;
use iim::protocol::time::Seconds;
use iim::rules::fetch::fetcher::Fetcher;
use iim::rules::fetch::mailbox::{Answer, Answered, Command, Fault, Features};
use iim::rules::fetch::plan::{Event, Kept};

use crate::chance::Chance;
use crate::post::{Parcel, Weather};
use crate::server::{INBOX, Mail, MailFolder, Server, cut};

/// Somebody's mailbox, and the thread of their agent that fetches from it.
pub(crate) struct Mailbox {
    server: Server,
    pub(crate) chance: Chance,
    /// The agent's, while it runs.
    pub(crate) fetcher: Option<Fetcher>,
    /// It waits for news, or else it rests.
    pub(crate) waits: bool,
    /// When it goes on, in ms.
    pub(crate) due: u64,
    /// Their mail comes to a hook as well.
    pub(crate) has_hook: bool,
    /// Other people's mails, in the order in which they came.
    foreign: Vec<Mail>,
    /// As the server's owner once backed it up.
    saved: Option<MailFolder>,
    /// What came from whom, by the mail's hash; `true`: a report.
    senders: BTreeMap<u64, (Address, bool)>,
    /// From whom a letter was that another client has just taken.
    pub(crate) taken: Option<Address>,
    /// Mails that were to leave and were not handled.
    pub(crate) early: usize,
    /// What was handled, by the mail's hash.
    pub(crate) handled: BTreeSet<u64>,
    /// What was left alone, likewise: one that came twice may be a letter once.
    pub(crate) left: BTreeSet<u64>,
    /// Folders with mails that are tried again.
    trying: BTreeSet<String>,
    junk_came: bool,
}

impl Mailbox {
    pub(crate) fn new(mut chance: Chance) -> Self {
        let features = Features {
            idle: chance.once_in(2),
            moves: chance.once_in(2),
            uidplus: !chance.once_in(4),
            gmail: chance.once_in(6),
            junk: chance.once_in(2).then(|| JUNK.to_owned()),
            trash: Some(TRASH.to_owned()),
        };
        let mut server = Server::new(features);
        for name in [JUNK, TRASH] {
            let like = server.inbox().clone();
            server.boxes.insert(name.to_owned(), like);
        }
        Self {
            server,
            has_hook: chance.once_in(4),
            chance,
            fetcher: None,
            waits: false,
            due: u64::MAX,
            foreign: Vec::new(),
            saved: None,
            senders: BTreeMap::new(),
            taken: None,
            early: 0,
            handled: BTreeSet::new(),
            left: BTreeSet::new(),
            trying: BTreeSet::new(),
            junk_came: false,
        }
    }

    /// The agent's thread begins.
    pub(crate) fn open(&mut self, fetcher: Fetcher, kept: &[Kept], now_ms: u64) {
        kept.iter().for_each(|kept| self.keeps(kept));
        self.fetcher = Some(fetcher);
        (self.waits, self.due) = (false, now_ms);
        self.server.selected = None;
    }

    /// Whoever fetched has ended.
    pub(crate) fn close(&mut self) {
        (self.fetcher, self.due) = (None, u64::MAX);
        self.server.selected = None;
    }

    // Mails come.

    /// A parcel comes, perhaps with other people's mails. Says whether it comes where it is heard surely.
    pub(crate) fn comes(&mut self, now_ms: u64, parcel: &Parcel, weather: &Weather) -> bool {
        self.server.now = Seconds(now_ms / 1000);
        if self.chance.once_in(6) {
            let marker = ["", "IIM: 1\r\n"][self.chance.index(2)];
            self.foreign_comes(marker);
        }
        let is_junk = self.server.features.junk.is_some() && self.chance.once_in(weather.junk);
        let folder = if is_junk { JUNK } else { INBOX };
        self.server.comes(folder, &parcel.mail);
        let sender = (parcel.from.clone(), parcel.report);
        self.senders.insert(hash(&parcel.mail), sender);
        self.junk_came |= is_junk;
        let soon = match (is_junk, self.server.features.idle) {
            (true, _) => 600_000,
            (false, false) => 60_000,
            (false, true) => 0,
        };
        if self.fetcher.is_some() && self.waits {
            self.due = self.due.min(now_ms + soon);
        }
        !is_junk
    }

    /// A mail of somebody else; perhaps their owner has marked it as deleted, and has not thrown it away.
    fn foreign_comes(&mut self, fields: &str) {
        let number = self.foreign.len();
        let text = format!("{OWN}: {number}\r\n{fields}Subject: hello\r\n\r\nHello\r\n");
        let uid = self.server.comes(INBOX, &text);
        let mails = &mut self.server.boxes.get_mut(INBOX).unwrap().mails;
        let mail = mails.get_mut(&uid).unwrap();
        mail.deleted = self.chance.once_in(3);
        self.foreign.push(mail.clone());
    }

    /// A mail comes at which this server breaks off: when it is asked for its header, or for the whole.
    pub(crate) fn a_breaking_mail_comes(&mut self, now_ms: u64) {
        self.server.now = Seconds(now_ms / 1000);
        let breaks = |mail: &&Mail| has(mail, BREAKS);
        if self.foreign.iter().filter(breaks).count() < 2 {
            let what = ["header", "mail"][self.chance.index(2)];
            self.foreign_comes(&format!("IIM: 1\r\n{BREAKS}: {what}\r\n"));
        }
    }

    // Accidents.

    /// All mails get new numbers, and whoever is connected is cut off.
    pub(crate) fn is_renumbered(&mut self) {
        self.server.is_restored(INBOX);
        self.server.selected = None;
        if self.fetcher.is_some() {
            self.due = 0;
        }
    }

    /// Whoever reads it knows nothing of what was read: of what lies there, nothing more is heard.
    pub(crate) fn is_looked_at_anew(&mut self) {
        self.handled.clear();
        self.trying.clear();
    }

    pub(crate) fn is_backed_up(&mut self) {
        self.saved = Some(self.server.inbox().clone());
    }

    /// What was backed up lies there again, too.
    pub(crate) fn is_put_back(&mut self) {
        let Some(saved) = self.saved.take() else {
            return self.is_backed_up();
        };
        let inbox = self.server.boxes.get_mut(INBOX).unwrap();
        let is_there = |old: &Mail| inbox.mails.values().any(|mail| mail.bytes == old.bytes);
        let gone = saved.mails.into_values().filter(|old| !is_there(old));
        let gone: Vec<Mail> = gone.collect();
        for old in gone {
            inbox.mails.insert(inbox.next, old);
            inbox.next += 1;
        }
        // They are not looked for who came long ago.
        self.handled.clear();
        self.is_renumbered();
    }

    // The server.

    /// What the server answers, or that it does not.
    pub(crate) fn answer(&mut self, now_ms: u64, command: &Command, weather: &Weather) -> Answered {
        self.server.now = Seconds(now_ms / 1000);
        self.server.asked.clear();
        let is_cut = self.chance.once_in(weather.cut);
        // Before it was done, or after.
        if is_cut && self.chance.once_in(2) {
            return self.breaks_off(cut());
        }
        if self.server.selected.is_none() && is_of_folder(command) {
            return self.breaks_off(cut());
        }
        if self.breaks_at(command) {
            let fault = Fault::Malformed("what?".to_owned());
            return self.breaks_off(Answer::Closed(Some(fault)));
        }
        if matches!(command, Command::Select(name) if name == JUNK) {
            self.junk_came = false;
        }
        if let Command::Discard(uids, _) = command {
            let here = self.server.selected.as_ref().unwrap();
            let mails = &self.server.boxes[here].mails;
            let leave = uids.iter().filter_map(|uid| mails.get(&uid.0.get()));
            let unheard = leave.filter(|mail| !self.handled.contains(&hash(&mail.bytes)));
            self.early += unheard.count();
        }
        if let Command::Mail(uid) = command
            && self.chance.once_in(weather.taken)
        {
            self.another_client_takes(uid.0.get());
        }
        let answered = self.server.answer(command);
        match is_cut {
            true => self.breaks_off(cut()),
            false => answered,
        }
    }

    /// It may be a person's own client, a rule, or a second iim.
    fn another_client_takes(&mut self, uid: u32) {
        let here = self.server.selected.as_ref().unwrap();
        let mails = &mut self.server.boxes.get_mut(here).unwrap().mails;
        let sender = mails.get(&uid).map(|mail| hash(&mail.bytes));
        let sender = sender.and_then(|hash| self.senders.get(&hash));
        if let Some((from, _)) = sender {
            self.taken = Some(from.clone());
            mails.remove(&uid);
        }
    }

    fn breaks_off(&mut self, answer: Answer) -> Answered {
        self.server.selected = None;
        self.server.news = false;
        let news = false;
        Answered { answer, news }
    }

    fn breaks_at(&self, command: &Command) -> bool {
        if self.server.selected.as_deref() != Some(INBOX) {
            return false;
        }
        let mails = &self.server.inbox().mails;
        match command {
            Command::Mail(uid) => mails
                .get(&uid.0.get())
                .is_some_and(|mail| has(mail, BREAKS)),
            Command::Headers(first, last) => {
                let first = first.0.get();
                let last = last.map_or(u32::MAX, |last| last.0.get()).max(first);
                let mut asked = mails.range(first..=last);
                asked.any(|(_, mail)| has(mail, BREAKS_AT_HEADER))
            }
            _ => false,
        }
    }

    /// It waits for news, so long.
    pub(crate) fn wait(&mut self, now_ms: u64, span: Duration) {
        // To ask anew every few minutes changes nothing where nothing is waited for.
        let restless = self.junk_came || !self.trying.is_empty();
        self.waits = true;
        self.due = match restless || self.server.news {
            true => now_ms + span.as_millis() as u64,
            false => u64::MAX,
        };
    }

    /// It does nothing for so long.
    pub(crate) fn rest(&mut self, now_ms: u64, span: Duration) {
        self.waits = false;
        self.due = now_ms + span.as_millis() as u64 + 1000;
    }

    pub(crate) fn news(&self) -> bool {
        self.server.news
    }

    /// What the thread hears when it goes on.
    pub(crate) fn event(&mut self, now_ms: u64, weather: &Weather) -> Event {
        match self.waits {
            true => Event::Answered(self.answer(now_ms, &Command::Wait(Duration::ZERO), weather)),
            false => Event::Woken,
        }
    }

    pub(crate) fn keeps(&mut self, kept: &Kept) {
        let name = kept.cursor.name.clone();
        match kept.retries.is_empty() {
            true => self.trying.remove(&name),
            false => self.trying.insert(name),
        };
    }

    /// From whom a mail came; `true`: it is a report. `None`: somebody else's.
    pub(crate) fn sender(&self, mail: &[u8]) -> Option<&(Address, bool)> {
        self.senders.get(&hash(mail))
    }

    // What must hold.

    /// Other people's mails are as they came.
    pub(crate) fn is_untouched(&self) -> bool {
        let mails = self.server.inbox().mails.values();
        let own = mails.filter(|mail| mail.bytes.starts_with(OWN.as_bytes()));
        own.eq(self.foreign.iter())
    }

    /// How many letters lie in the inbox that were handled.
    pub(crate) fn handled_that_lie(&self) -> usize {
        let mails = self.server.inbox().mails.values();
        let lies = |mail: &&Mail| {
            let hash = hash(&mail.bytes);
            !mail.deleted && self.handled.contains(&hash) && !self.left.contains(&hash)
        };
        mails.filter(lies).count()
    }
}

fn has(mail: &Mail, what: &str) -> bool {
    mail.bytes.starts_with(OWN.as_bytes())
        && mail
            .bytes
            .windows(what.len())
            .any(|part| part == what.as_bytes())
}

/// Whether there must be a selected folder for it.
fn is_of_folder(command: &Command) -> bool {
    match command {
        Command::Next
        | Command::Since(_)
        | Command::Headers(..)
        | Command::Mail(_)
        | Command::Discard(..)
        | Command::Wait(_) => true,
        Command::Open
        | Command::Select(_)
        | Command::Create(_)
        | Command::Status(_)
        | Command::Close => false,
    }
}

pub(crate) fn hash(mail: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    mail.hash(&mut hasher);
    hasher.finish()
}

const JUNK: &str = "Junk";
const TRASH: &str = "Trash";
/// A field of other people's mails, the first.
const OWN: &str = "X-Own";
const BREAKS: &str = "X-Breaks";
const BREAKS_AT_HEADER: &str = "X-Breaks: header";

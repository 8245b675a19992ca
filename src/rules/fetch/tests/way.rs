//! Whatever happens on the way, every letter is heard once and leaves, and nothing else is touched.

use super::super::mailbox::{Answer, Answered, Command, Features};
use super::super::plan::{Became, Event, Next};
use super::server::{Account, Dice, INBOX, Server, cut, plan, until_idle, waited};
use crate::protocol::time::MINUTE;

const JUNK: &str = "Spam";

fn features(dice: &mut Dice) -> Features {
    Features {
        idle: dice.once_in(2),
        moves: dice.once_in(2),
        uidplus: dice.once_in(2),
        gmail: dice.once_in(4),
        junk: dice.once_in(2).then(|| JUNK.to_owned()),
        trash: dice.once_in(2).then(|| "Trash".to_owned()),
    }
}

/// A server, what came to it, and what may go wrong.
struct Play {
    server: Server,
    account: Account,
    dice: Dice,
    ours: Vec<String>,
    foreign: Vec<String>,
    faults: u64,
    journal: Vec<String>,
}

impl Play {
    fn new(seed: u64) -> Self {
        let mut dice = Dice(seed);
        let mut server = Server::new(features(&mut dice));
        for name in [JUNK, "Trash"] {
            let like = server.inbox().clone();
            server.boxes.insert(name.to_owned(), like);
        }
        let mut play = Self {
            server,
            account: Account::default(),
            dice,
            ours: Vec::new(),
            foreign: Vec::new(),
            faults: 12,
            journal: Vec::new(),
        };
        for _ in 0..play.dice.below(1200) {
            play.foreign_mail();
        }
        play
    }

    fn foreign_mail(&mut self) {
        let n = self.foreign.len();
        let text = format!("Subject: {n}\r\n\r\nhello\r\n");
        self.server.comes(INBOX, &text);
        self.foreign.push(text);
    }

    fn our_mail(&mut self, folder: &str) {
        let text = format!("IIM: 1\r\n\r\nletter {}\r\n", self.ours.len());
        self.server.comes(folder, &text);
        self.ours.push(text);
    }

    /// Something comes; with luck.
    fn mails_come(&mut self) {
        for _ in 0..self.dice.below(3) {
            match self.dice.below(8) {
                0..4 => self.foreign_mail(),
                4 if self.server.features.junk.is_some() => self.our_mail(JUNK),
                _ => self.our_mail(INBOX),
            }
        }
    }

    /// The program runs until it is ended at some point, or so many events have passed.
    fn run(&mut self, mut events: u32) {
        let mut plan = plan();
        plan.move_to = self.dice.0.is_multiple_of(3).then(|| "IIM".to_owned());
        let mut fetcher = self.account.fetcher(plan);
        let mut event = Event::Woken;
        while events > 0 {
            events -= 1;
            if self.faults > 0 && self.dice.once_in(60) {
                return;
            }
            if self.faults > 0 && self.dice.once_in(4) {
                self.mails_come();
            }
            let next = fetcher.step(event, self.server.now, &mut self.dice);
            self.journal
                .push(format!("{next:?}").chars().take(90).collect());
            event = match next {
                Next::Ask(command) => self.ask(&command),
                Next::Hear(_) if self.dice.once_in(self.faults) => Event::Heard(Became::Trouble),
                Next::Hear(work) => Event::Heard(self.account.hear(&work)),
                Next::Keep(_) if self.dice.once_in(self.faults) => Event::Kept(false),
                Next::Keep(kept) => {
                    self.account.keep(kept);
                    Event::Kept(true)
                }
                Next::Rest(span) => {
                    self.server.now = self.server.now.after(span.max(MINUTE));
                    Event::Woken
                }
                Next::Over(_) => return,
            };
        }
    }

    fn ask(&mut self, command: &Command) -> Event {
        if let Command::Wait(span) = command {
            self.server.now = self.server.now.after(*span);
            if self.faults > 0 {
                self.mails_come();
            }
        }
        if *command == Command::Open {
            self.server.selected = None;
            if self.faults > 0 && self.dice.once_in(8) {
                self.server.is_restored(INBOX);
            }
        }
        // Before it was done, or after.
        let mut answered = None;
        if !self.dice.once_in(self.faults) {
            answered = Some(self.server.answer(command));
        }
        if answered.is_none() || self.dice.once_in(self.faults) {
            self.server.selected = None;
            self.server.news = false;
            let (answer, news) = (cut(), false);
            return Event::Answered(Answered { answer, news });
        }
        Event::Answered(answered.unwrap())
    }
}

#[test]
fn every_letter_is_heard_once_and_leaves_and_nothing_else_is_touched() {
    for seed in 0..40 {
        let mut play = Play::new(seed);
        // The first look, at which nothing old is read.
        play.faults = 0;
        play.run(12);
        play.faults = 12;
        for _ in 0..12 {
            play.run(80);
        }
        play.faults = 0;
        play.run(6000);
        let Play {
            server,
            account,
            ours,
            foreign,
            journal,
            ..
        } = &play;
        let last = &journal[journal.len().saturating_sub(30)..];
        for text in ours {
            assert_eq!(
                account.heard.get(text),
                Some(&1),
                "seed {seed}: {text} {last:#?}"
            );
        }
        for (name, folder) in &server.boxes {
            for mail in folder.mails.values() {
                let text = String::from_utf8(mail.bytes.clone()).unwrap();
                let is_ours = text.starts_with("IIM");
                let gone = mail.deleted || name == "IIM" || name == "Trash";
                assert_eq!(gone, is_ours, "seed {seed}: in {name}: {text} {last:#?}");
            }
        }
        let here = server.inbox().mails.values();
        let here = here.filter(|mail| !mail.deleted && !mail.bytes.starts_with(b"IIM"));
        let here: Vec<_> = here.map(|mail| mail.bytes.as_slice()).collect();
        let foreign: Vec<_> = foreign.iter().map(String::as_bytes).collect();
        assert_eq!(here, foreign, "seed {seed}");
    }
}

#[test]
fn at_the_first_look_nothing_old_is_read() {
    let mut server = Server::new(Features::default());
    let old = "IIM: 1\r\n\r\nold\r\n";
    for _ in 0..3000 {
        server.comes(INBOX, old);
    }
    let mut account = Account::default();
    let mut fetcher = account.fetcher(plan());
    until_idle(&mut fetcher, &mut server, &mut account, Event::Woken);
    assert!(account.heard.is_empty());
    let commands = server.asked.len();
    assert!(commands <= 4, "{:?}", server.asked);
    assert_eq!(account.kept[INBOX].cursor.next.0.get(), 3001);
    // What comes then is.
    server.comes(INBOX, "IIM: 1\r\n\r\nnew\r\n");
    let event = waited(&mut server);
    until_idle(&mut fetcher, &mut server, &mut account, event);
    assert_eq!(account.heard.len(), 1);
    assert_eq!(account.letters, 1);
    // A lost answer is nothing that was done.
    let lost = |command: &Command| matches!(command, Command::Discard(..));
    server
        .instead
        .push((lost, Answer::Refused("no".to_owned())));
    server.comes(INBOX, "IIM: 1\r\n\r\nstays\r\n");
    let event = waited(&mut server);
    until_idle(&mut fetcher, &mut server, &mut account, event);
    assert_eq!(fetcher.take_notices().len(), 1);
    assert!(
        server
            .inbox()
            .mails
            .values()
            .any(|mail| mail.bytes.ends_with(b"stays\r\n"))
    );
}

//! POP3: every letter is heard once and leaves, and nothing else is touched, wherever a session ends.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;

use super::super::mailbox::Fault;
use super::super::plan::{Became, Event, Next, Refused, Until};
use super::super::pop3::Pop3Fetcher;
use super::super::pop3_box::{Answer, Command, Entry, Number};
use super::super::pop3_mails::{Hash8, Pop3Kept, Pop3Known, Pop3Retry};
use super::server::{Account, Dice, NOW, plan};
use crate::protocol::time::{DAY, MINUTE, Seconds};

/// A server's mails, in order, each with its unique id.
#[derive(Debug, Default)]
struct Server {
    mails: Vec<(String, Vec<u8>)>,
    marked: BTreeSet<usize>,
    came: u32,
    /// So many more have no id.
    without_id: usize,
    /// It deletes nothing.
    refuses: bool,
    asked: Vec<Command>,
    /// At this mail the session is lost, for this fault.
    breaks: Option<(Vec<u8>, Fault)>,
}

impl Server {
    fn comes(&mut self, text: &str) {
        self.came += 1;
        // Of every tenth mail the id says nothing.
        let id = match self.came % 10 {
            0 => "same".to_owned(),
            n => format!("id-{}-{n}", self.came),
        };
        self.mails.push((id, text.as_bytes().to_vec()));
    }

    fn answer(&mut self, command: &Command) -> Answer {
        self.asked.push(command.clone());
        let at = |number: &Number| usize::try_from(number.0.get()).unwrap() - 1;
        if let (Command::Mail(n, _), Some((mail, fault))) = (command, &self.breaks)
            && self.mails[at(n)].1 == *mail
        {
            return Answer::Closed(Some(fault.clone()));
        }
        match command {
            Command::Open => {
                self.marked.clear();
                Answer::Opened
            }
            Command::List => {
                let number = |n: usize| Number(NonZeroU32::new(u32::try_from(n).unwrap()).unwrap());
                let entries = (1..).zip(&self.mails).map(|(n, (id, _))| Entry {
                    number: number(n),
                    unique_id: id.clone(),
                });
                Answer::Listed(entries.collect(), self.without_id)
            }
            Command::Size(n) => Answer::Size(u32::try_from(self.mails[at(n)].1.len()).unwrap()),
            Command::Header(n) | Command::Mail(n, _) => {
                let mail = self.mails[at(n)].1.clone();
                match command {
                    Command::Mail(..) => Answer::Mail(mail),
                    _ => Answer::Header(mail),
                }
            }
            Command::Delete(_) if self.refuses => Answer::Refused("no".to_owned()),
            Command::Delete(n) => {
                self.marked.insert(at(n));
                Answer::Done
            }
            Command::Quit => {
                let marked = std::mem::take(&mut self.marked);
                let mails = std::mem::take(&mut self.mails).into_iter().enumerate();
                let left = mails.filter(|(n, _)| !marked.contains(n));
                self.mails = left.map(|(_, mail)| mail).collect();
                Answer::Quit
            }
        }
    }
}

struct Play {
    server: Server,
    account: Account,
    seen: Option<BTreeSet<Hash8>>,
    retries: Vec<Pop3Retry>,
    dice: Dice,
    now: Seconds,
    until: Until,
}

impl Play {
    fn new(seed: u64) -> Self {
        Self {
            server: Server::default(),
            account: Account::default(),
            seen: None,
            retries: Vec::new(),
            dice: Dice(seed),
            now: NOW,
            until: Until::Ended,
        }
    }

    fn fetcher(&self) -> Pop3Fetcher {
        let mut plan = plan();
        plan.until = self.until;
        let (seen, retries) = (self.seen.clone(), self.retries.clone());
        Pop3Fetcher::new(plan, Pop3Known { seen, retries })
    }

    /// Runs so many events, with a fault in each so many; until it rests if none is wanted.
    fn run(
        &mut self,
        fetcher: &mut Pop3Fetcher,
        events: u32,
        faults: u64,
    ) -> Option<Result<(), String>> {
        let mut event = Event::Woken;
        for _ in 0..events {
            event = match fetcher.step(event, self.now, &mut self.dice) {
                Next::Ask(command) => Event::Answered(self.ask(&command, faults)),
                Next::Hear(_) if self.dice.once_in(faults) => Event::Heard(Became::Trouble),
                Next::Hear(work) => Event::Heard(self.account.hear(&work)),
                Next::Keep(_) if self.dice.once_in(faults) => Event::Kept(false),
                Next::Keep(kept) => {
                    self.keep(kept);
                    Event::Kept(true)
                }
                Next::Rest(span) => {
                    self.now = self.now.after(span.max(MINUTE));
                    Event::Woken
                }
                Next::Over(end) => return Some(end),
            };
        }
        None
    }

    fn keep(&mut self, kept: Pop3Kept) {
        let known = self.seen.is_some() || kept.looked.is_some();
        let mut seen = self.seen.take().unwrap_or_default();
        seen.retain(|hash| !kept.gone.contains(hash));
        seen.extend(kept.added);
        self.seen = known.then_some(seen);
        self.retries = kept.retries;
        if kept.looked.is_some() {
            self.account.letters += kept.letters;
        }
    }

    fn ask(&mut self, command: &Command, faults: u64) -> Answer {
        let before = self.dice.once_in(faults);
        let answer = (!before).then(|| self.server.answer(command));
        match answer {
            Some(answer) if !self.dice.once_in(faults) => answer,
            _ => Answer::Closed(Some(Fault::Network("cut".to_owned()))),
        }
    }
}

fn letter(n: u32) -> String {
    format!("IIM: 1\r\n\r\nletter {n}\r\n")
}

#[test]
fn every_letter_is_heard_once_and_leaves_and_nothing_else_is_touched() {
    for seed in 0..60 {
        let mut play = Play::new(seed);
        for n in 0..20 {
            play.server.comes(&format!("Subject: {n}\r\n\r\nold\r\n"));
        }
        play.server.comes("IIM: 1\r\n\r\nan old one\r\n");
        let mut fetcher = play.fetcher();
        play.run(&mut fetcher, 6, 0);
        let (mut ours, mut foreign) = (0, 20);
        for _ in 0..30 {
            for _ in 0..play.dice.below(4) {
                if play.dice.once_in(2) {
                    play.server.comes(&letter(ours));
                    ours += 1;
                } else {
                    play.server
                        .comes(&format!("Subject: {foreign}\r\n\r\nnew\r\n"));
                    foreign += 1;
                }
            }
            if play.dice.once_in(3) {
                fetcher = play.fetcher();
            }
            play.run(&mut fetcher, 25, 12);
        }
        // What was in trouble is tried again by then.
        play.now = play.now.after(DAY);
        let mut fetcher = play.fetcher();
        play.run(&mut fetcher, 4000, 0);
        let heard: BTreeMap<_, _> = (0..ours).map(|n| (letter(n), 1)).collect();
        let mut all = play.account.heard.clone();
        // It was there before the first look, and may be met by an id that says nothing.
        all.remove("IIM: 1\r\n\r\nan old one\r\n");
        assert_eq!(all, heard, "seed {seed}");
        let left = play.server.mails.iter();
        let left = left
            .filter(|(_, mail)| mail.starts_with(b"Subject"))
            .count();
        assert_eq!(left, foreign, "seed {seed}");
        let letters = play
            .server
            .mails
            .iter()
            .filter(|(_, mail)| mail.starts_with(b"IIM"));
        assert!(letters.count() <= 1, "seed {seed}");
    }
}

#[test]
fn at_the_first_look_all_is_remembered_and_nothing_read() {
    let mut play = Play::new(1);
    for n in 0..2000 {
        play.server.comes(&letter(n));
    }
    let mut fetcher = play.fetcher();
    play.run(&mut fetcher, 5, 0);
    assert_eq!(
        play.server.asked,
        [Command::Open, Command::List, Command::Quit]
    );
    assert_eq!(play.seen.as_ref().map(BTreeSet::len), Some(1801));
    assert!(play.account.heard.is_empty());
}

#[test]
fn one_look_ends() {
    let mut play = Play::new(1);
    play.seen = Some(BTreeSet::new());
    play.server.comes(&letter(0));
    play.until = Until::Looked(None);
    let mut fetcher = play.fetcher();
    assert_eq!(play.run(&mut fetcher, 100, 0), Some(Ok(())));
    assert_eq!((play.account.heard.len(), play.account.letters), (1, 1));
    assert!(play.server.mails.is_empty());
}

#[test]
fn a_mail_without_an_id_is_told_of_once_and_holds_up_nobody() {
    let mut play = Play::new(1);
    play.seen = Some(BTreeSet::new());
    let mut fetcher = play.fetcher();
    for (n, without_id) in [(0, 0), (1, 2), (2, 2)] {
        play.server.comes(&letter(n));
        play.server.without_id = without_id;
        play.run(&mut fetcher, 20, 0);
        let told = fetcher.take_notices();
        assert_eq!(told.len(), usize::from(n == 1), "{told:?}");
        assert!(told.iter().all(|it| it.contains("2 mails")), "{told:?}");
        assert!(play.server.mails.is_empty());
    }
}

#[test]
fn what_a_server_does_not_let_go_is_said_as_long_as_it_stays() {
    let mut play = Play::new(1);
    play.seen = Some(BTreeSet::new());
    let mut fetcher = play.fetcher();
    for refuses in [true, false] {
        play.server.comes(&letter(u32::from(refuses)));
        play.server.refuses = refuses;
        play.run(&mut fetcher, 20, 0);
        assert_eq!(fetcher.trouble().is_some(), refuses);
        assert!(fetcher.since().is_some() && !fetcher.is_told());
    }
}

#[test]
fn without_ok_to_quit_nothing_is_kept() {
    let mut play = Play::new(1);
    play.seen = Some(BTreeSet::new());
    play.server.comes(&letter(0));
    let mut fetcher = play.fetcher();
    let mut event = Event::Woken;
    loop {
        let answer = match fetcher.step(event, NOW, &mut Dice(1)) {
            Next::Ask(Command::Quit) => Answer::Closed(None),
            Next::Ask(command) => play.server.answer(&command),
            Next::Hear(work) => {
                event = Event::Heard(play.account.hear(&work));
                continue;
            }
            Next::Rest(_) => break,
            other => panic!("{other:?}"),
        };
        event = Event::Answered(answer);
    }
    assert_eq!(play.server.mails.len(), 1);
    assert!(fetcher.trouble().is_some());
}

#[test]
fn a_mail_that_breaks_the_session_is_passed_over() {
    for fault in [
        Fault::TooLarge(super::server::uid(2)),
        Fault::Network("cut".to_owned()),
        Fault::Malformed("what?".to_owned()),
    ] {
        for until in [Until::Ended, Until::Looked(None)] {
            let mut play = Play::new(1);
            (play.seen, play.until) = (Some(BTreeSet::new()), until);
            for n in 0..4 {
                play.server.comes(&letter(n));
            }
            play.server.breaks = Some((letter(1).into_bytes(), fault.clone()));
            let mut fetcher = play.fetcher();
            play.run(&mut fetcher, 120, 0);
            assert_eq!(play.account.heard.len(), 3, "{fault:?} {until:?}");
            assert_eq!(play.server.mails.len(), 1, "{fault:?} {until:?}");
            // A day later it may be better.
            play.server.breaks = None;
            play.now = play.now.after(DAY);
            let mut fetcher = play.fetcher();
            play.run(&mut fetcher, 120, 0);
            assert_eq!(play.account.heard.len(), 4, "{fault:?} {until:?}");
        }
    }
}

#[test]
fn a_mail_that_cannot_be_handled_is_tried_later_and_later_and_holds_up_nobody() {
    let mut play = Play::new(1);
    (play.seen, play.until) = (Some(BTreeSet::new()), Until::Looked(None));
    for n in 0..3 {
        play.server.comes(&letter(n));
    }
    play.account.fails.insert(letter(1));
    let mut tries = 0;
    for _ in 0..288 {
        play.server.asked.clear();
        let mut fetcher = play.fetcher();
        assert_eq!(play.run(&mut fetcher, 200, 0), Some(Ok(())));
        let mails = play.server.asked.iter();
        tries += mails.filter(|it| matches!(it, Command::Mail(..))).count();
        play.now = play.now.after(MINUTE * 5);
    }
    assert_eq!(play.account.heard.len(), 2);
    // At first each look, then each twice as late: of 288 looks in a day.
    assert!((8..16).contains(&tries), "{tries}");
    play.account.fails.clear();
    play.now = play.now.after(DAY);
    let mut fetcher = play.fetcher();
    play.run(&mut fetcher, 200, 0);
    assert_eq!(play.account.heard.len(), 3);
    assert!(play.retries.is_empty() && play.server.mails.is_empty());
}

#[test]
fn many_mails_that_break_the_session_end_no_look_for_ever() {
    let mut play = Play::new(1);
    (play.seen, play.until) = (Some(BTreeSet::new()), Until::Looked(None));
    for _ in 0..8 {
        play.server.comes("IIM: 1\r\n\r\nbad\r\n");
    }
    play.server.comes(&letter(1));
    let cut = Fault::Network("cut".to_owned());
    play.server.breaks = Some((b"IIM: 1\r\n\r\nbad\r\n".to_vec(), cut));
    for _ in 0..6 {
        let mut fetcher = play.fetcher();
        play.run(&mut fetcher, 200, 0);
        play.now = play.now.after(MINUTE * 5);
    }
    assert_eq!(play.account.heard.len(), 1);
}

#[test]
fn one_look_lets_the_pause_after_a_refused_login_pass_first() {
    for (at_once, minutes, opens) in [(false, 5, 0), (false, 11, 1), (true, 5, 1)] {
        let mut play = Play::new(1);
        play.until = Until::Looked(None);
        play.now = NOW.after(MINUTE * minutes);
        let mut fetcher = play.fetcher();
        let refused = Refused {
            times: 2,
            at: NOW,
            pause: MINUTE * 10,
        };
        fetcher.remember_refused(Some(refused), at_once);
        let end = play.run(&mut fetcher, 100, 0);
        let case = format!("{at_once} {minutes}: {end:?}");
        assert_eq!(end.is_some_and(|end| end.is_ok()), opens == 1, "{case}");
        let asked = play.server.asked.iter();
        let asked = asked.filter(|it| **it == Command::Open).count();
        assert_eq!(asked, opens, "{case}");
        let expected = (opens == 0).then_some(refused);
        assert_eq!(fetcher.refused(), expected, "{case}");
    }
}

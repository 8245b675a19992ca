//! A mailbox that is asked one thing after the other, whatever its server speaks: POP3 in the words of IMAP.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::thread::sleep;

use crate::edge::mail::fetch::{Blocking, Imap, Pop3};
use crate::rules::fetch::mailbox::{Answer, Command, Features, Folder, Header, Uid};
use crate::rules::fetch::pop3_box::{self, Entry, Number};

/// A mailbox.
pub(crate) trait Mailbox {
    /// Carries out a command.
    fn ask(&mut self, command: Command) -> Answer;
}

impl Mailbox for Blocking<Imap> {
    fn ask(&mut self, command: Command) -> Answer {
        self.carry_out(command).answer
    }
}

/// A mailbox at a POP3 server. A session shows what was there when it began: so each look is a session of its own, and a
/// mail's uid is its place among all that were ever listed.
pub(crate) struct PopBox {
    server: Blocking<Pop3>,
    /// The unique ids of all that were listed, and the numbers of those that are there in this session.
    listed: HashMap<String, usize>,
    here: Vec<Entry>,
}

impl PopBox {
    pub(crate) fn new(server: Blocking<Pop3>) -> Self {
        Self {
            server,
            listed: HashMap::new(),
            here: Vec::new(),
        }
    }

    /// A new session, and what is there now.
    fn list(&mut self) -> Result<(), Answer> {
        self.server.carry_out(pop3_box::Command::Quit);
        let answer = self.server.carry_out(pop3_box::Command::Open);
        if answer != pop3_box::Answer::Opened {
            return Err(as_imap(answer));
        }
        let answer = self.server.carry_out(pop3_box::Command::List);
        let pop3_box::Answer::Listed(entries, _) = answer else {
            return Err(as_imap(answer));
        };
        self.here = entries;
        for entry in &self.here {
            let place = self.listed.len();
            self.listed.entry(entry.unique_id.clone()).or_insert(place);
        }
        Ok(())
    }

    /// The uid that the next new mail will have.
    fn next(&self) -> Option<Uid> {
        uid(self.listed.len())
    }

    /// Uid and number of what is there in this session, from this uid on.
    fn from(&self, first: Uid) -> Vec<(Uid, Number)> {
        let place = |entry: &Entry| {
            let place = self.listed.get(&entry.unique_id)?;
            Some((uid(*place)?, entry.number))
        };
        let all = self.here.iter().filter_map(place);
        all.filter(|(uid, _)| *uid >= first).collect()
    }

    fn number(&self, wanted: Uid) -> Option<Number> {
        let mut all = self.from(wanted).into_iter();
        let (_, number) = all.find(|(uid, _)| *uid == wanted)?;
        Some(number)
    }

    /// Without a last one, as they are now; else as they were in this session.
    fn headers(&mut self, from: Uid, last: Option<Uid>) -> Result<Vec<Header>, Answer> {
        if last.is_none() {
            self.list()?;
        }
        let mut headers = Vec::new();
        let wanted = self.from(from).into_iter();
        for (uid, number) in wanted.filter(|(uid, _)| last.is_none_or(|last| *uid <= last)) {
            let answer = self.server.carry_out(pop3_box::Command::Size(number));
            let pop3_box::Answer::Size(size) = answer else {
                return Err(as_imap(answer));
            };
            let answer = self.server.carry_out(pop3_box::Command::Header(number));
            let pop3_box::Answer::Header(section) = answer else {
                return Err(as_imap(answer));
            };
            headers.push(Header { uid, size, section });
        }
        Ok(headers)
    }

    fn mail(&mut self, number: Number) -> Answer {
        let answer = self.server.carry_out(pop3_box::Command::Size(number));
        let pop3_box::Answer::Size(size) = answer else {
            return as_imap(answer);
        };
        let command = pop3_box::Command::Mail(number, size);
        as_imap(self.server.carry_out(command))
    }

    fn discard(&mut self, uids: &[Uid]) -> Answer {
        let numbers: Vec<_> = uids.iter().filter_map(|uid| self.number(*uid)).collect();
        for number in numbers {
            self.server.carry_out(pop3_box::Command::Delete(number));
        }
        // That it is done is said by +OK to QUIT.
        as_imap(self.server.carry_out(pop3_box::Command::Quit))
    }
}

impl Mailbox for PopBox {
    fn ask(&mut self, command: Command) -> Answer {
        match command {
            Command::Open => match self.list() {
                Ok(()) => Answer::Opened(Features::default()),
                Err(answer) => answer,
            },
            Command::Select(_) | Command::Status(_) => Answer::Selected(Folder {
                next: self.next(),
                exists: u32::try_from(self.here.len()).unwrap_or(u32::MAX),
                ..Folder::default()
            }),
            Command::Headers(from, last) => match self.headers(from, last) {
                Ok(headers) => Answer::Headers(headers),
                Err(answer) => answer,
            },
            Command::Mail(uid) => match self.number(uid) {
                None => Answer::Mail(None),
                Some(number) => self.mail(number),
            },
            Command::Discard(uids, _) => self.discard(&uids),
            Command::Wait(time) => {
                sleep(time);
                Answer::Done
            }
            Command::Close => {
                self.server.carry_out(pop3_box::Command::Quit);
                Answer::Closed(None)
            }
            Command::Next | Command::Since(_) | Command::Create(_) => {
                Answer::Refused("POP3 has nothing of the kind".to_owned())
            }
        }
    }
}

/// An answer in the words of IMAP, as far as it has them.
fn as_imap(answer: pop3_box::Answer) -> Answer {
    match answer {
        pop3_box::Answer::Refused(why) => Answer::Refused(why),
        pop3_box::Answer::Closed(fault) => Answer::Closed(fault),
        pop3_box::Answer::Mail(mail) => Answer::Mail(Some(mail)),
        pop3_box::Answer::Opened
        | pop3_box::Answer::Listed(..)
        | pop3_box::Answer::Size(_)
        | pop3_box::Answer::Header(_)
        | pop3_box::Answer::Done
        | pop3_box::Answer::Quit => Answer::Done,
    }
}

/// Of the mail at this place, from 0.
fn uid(place: usize) -> Option<Uid> {
    let number = u32::try_from(place).ok()?.checked_add(1)?;
    NonZeroU32::new(number).map(Uid)
}

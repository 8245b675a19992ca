//! A POP3 client (RFC 1939) of nine commands: carries out one [`Command`] and gives one [`Answer`].
//!
//! ```text
//! open     greeting [STLS, TLS] CAPA, AUTH or USER and PASS
//! conversation   commands out, answers in       response   what answers are made of
//! ```

mod conversation;
mod open;
pub mod response;

use std::num::NonZeroU32;

use super::settings::Settings;
use crate::protocol::debug::redacted_debug;
use crate::protocol::mail_form::MAX_MAIL;
use crate::rules::fetch::mailbox::{Fault, Uid};
use crate::rules::fetch::pop3_box::{Answer, Command, Entry, MOST, Number};
use conversation::{Conversation, Stop, malformed};
use response::numbered;

/// A mailbox at a POP3 server; not connected at first.
pub struct Pop3 {
    settings: Settings,
    open: Option<(Conversation, bool)>,
}

redacted_debug! { Pop3 { settings, open: hidden } }

/// The longest unique id: "70 characters" (RFC 1939, section 7), which not all servers keep to.
const LONGEST_ID: usize = 255;
/// The longest list: [`MOST`] ids.
const LIST: usize = MOST * (LONGEST_ID + 16);
/// The longest mail.
const MAIL: usize = MAX_MAIL + 1024;
/// How much of a larger one is read.
const MOST_OF_MAIL: u64 = 8 * 1024 * 1024;
/// How much of a header is kept: 64 KiB.
const HEADER: usize = 64 * 1024;

impl Pop3 {
    /// The mailbox at this place; nothing is connected yet.
    pub fn new(settings: Settings) -> Self {
        let open = None;
        Self { settings, open }
    }

    /// Carries out one command. Where this is dropped before its answer, the connection is closed, and nothing is deleted.
    pub async fn carry_out(&mut self, command: Command) -> Answer {
        if command == Command::Open {
            self.open = None;
            return match open::open(&self.settings).await {
                Ok(open) => {
                    self.open = Some(open);
                    Answer::Opened
                }
                Err(fault) => Answer::Closed(Some(fault)),
            };
        }
        // It is put back when all is well: a connection of which an answer was not awaited is out of step.
        let Some((mut conversation, has_top)) = self.open.take() else {
            let fault = Fault::Network("not connected".to_owned());
            return Answer::Closed(Some(fault));
        };
        let is_last = command == Command::Quit;
        let answer = match carry_out(&mut conversation, has_top, command).await {
            Ok(answer) => answer,
            // What was to be deleted is not, or not all of it.
            Err(Stop::Refused(words)) if is_last => Answer::Closed(Some(Fault::Bye(words))),
            Err(Stop::Refused(words)) => Answer::Refused(words),
            Err(Stop::Fault(fault)) => return Answer::Closed(Some(fault)),
            Err(Stop::TooLong) => {
                let fault = malformed("the server's answer is longer than is taken");
                return Answer::Closed(Some(fault));
            }
        };
        if !is_last {
            self.open = Some((conversation, has_top));
        }
        answer
    }
}

async fn carry_out(
    conversation: &mut Conversation,
    has_top: bool,
    command: Command,
) -> Result<Answer, Stop> {
    Ok(match command {
        Command::List => {
            let (entries, without_id) = list(conversation).await?;
            Answer::Listed(entries, without_id)
        }
        Command::Size(Number(number)) => Answer::Size(size(conversation, number).await?),
        Command::Header(Number(number)) => {
            let command = match has_top {
                true => format!("TOP {number} 0"),
                false => format!("RETR {number}"),
            };
            let lines = conversation
                .ask_lines(&command, HEADER, LONGEST_READ)
                .await?;
            Answer::Header(section(lines.kept()))
        }
        Command::Mail(Number(number), size) => {
            Answer::Mail(mail(conversation, has_top, number, size).await?)
        }
        Command::Delete(Number(number)) => {
            conversation.ask(&format!("DELE {number}")).await?;
            Answer::Done
        }
        // The caller sees to Open.
        Command::Quit | Command::Open => {
            conversation.ask("QUIT").await?;
            Answer::Quit
        }
    })
}

/// The largest mail of which the beginning is looked at, where there is no TOP.
const LONGEST_READ: u64 = 128 * 1024 * 1024;

async fn list(conversation: &mut Conversation) -> Result<(Vec<Entry>, usize), Stop> {
    let too_many = || {
        let words = format!("more than {MOST} mails are too many for POP3: use IMAP");
        Stop::Fault(malformed(&words))
    };
    let most = u64::try_from(LIST).unwrap_or(u64::MAX);
    let lines = match conversation.ask_lines("UIDL", LIST, most).await {
        Ok(lines) => lines.kept(),
        Err(Stop::TooLong) => return Err(too_many()),
        Err(stop) => return Err(stop),
    };
    let mut entries = Vec::new();
    let mut count = 0_usize;
    for line in lines.split(|byte| *byte == b'\n') {
        if line.trim_ascii().is_empty() {
            continue;
        }
        count = count.saturating_add(1);
        // A mail without an id is passed over: nobody could tell whether it is done with.
        entries.extend(entry(&String::from_utf8_lossy(line)));
        if count > MOST {
            return Err(too_many());
        }
    }
    // Where no line can be read it is no list.
    match count > 0 && entries.is_empty() {
        true => Err(out_of_step("UIDL")),
        false => {
            let without_id = count.saturating_sub(entries.len());
            Ok((entries, without_id))
        }
    }
}

fn entry(line: &str) -> Option<Entry> {
    let (number, id) = numbered(line)?;
    let is_id = (1..=LONGEST_ID).contains(&id.len());
    Some(Entry {
        number: Number(NonZeroU32::new(number)?),
        unique_id: is_id.then(|| id.to_owned())?,
    })
}

async fn size(conversation: &mut Conversation, number: NonZeroU32) -> Result<u32, Stop> {
    let words = conversation.ask(&format!("LIST {number}")).await?;
    let size = numbered(&words).filter(|(told, _)| *told == number.get());
    let size = size.and_then(|(_, size)| size.split(' ').next()?.parse().ok());
    size.ok_or_else(|| out_of_step("LIST"))
}

/// The whole mail, by TOP where there is one: RETR may mark it as seen, and it may be another's. Some servers end what answers
/// TOP somewhere, most after 64 KiB: what is shorter than was told is not the whole. It may be longer, since many count a
/// line's end as one byte.
async fn mail(
    conversation: &mut Conversation,
    has_top: bool,
    number: NonZeroU32,
    size: u32,
) -> Result<Vec<u8>, Stop> {
    if has_top {
        match whole(conversation, &format!("TOP {number} {MAX_MAIL}"), number).await {
            Ok(mail) if usize::try_from(size).is_ok_and(|size| mail.len() >= size) => {
                return Ok(mail);
            }
            Ok(_) | Err(Stop::Refused(_)) => {}
            Err(stop) => return Err(stop),
        }
    }
    whole(conversation, &format!("RETR {number}"), number).await
}

/// What answers this; of a mail that is larger than any of ours the beginning, still larger: many servers count a line's end
/// as one byte, so that LIST did not say it, and a session that is broken off for it would be so for ever.
async fn whole(
    conversation: &mut Conversation,
    command: &str,
    number: NonZeroU32,
) -> Result<Vec<u8>, Stop> {
    match conversation.ask_lines(command, MAIL, MOST_OF_MAIL).await {
        Ok(lines) => Ok(lines.kept()),
        Err(Stop::TooLong) => Err(Stop::Fault(Fault::TooLarge(Uid(number)))),
        Err(stop) => Err(stop),
    }
}

/// The header section: up to the first empty line; and without the part of a line where the rest was passed over.
fn section(mut text: Vec<u8>) -> Vec<u8> {
    let mut end = 0_usize;
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        if line.last() != Some(&b'\n') || line.trim_ascii().is_empty() {
            break;
        }
        end = end.saturating_add(line.len());
    }
    text.truncate(end);
    text
}

fn out_of_step(command: &str) -> Stop {
    malformed(&format!(
        "the server answers {command} in a way that cannot be read"
    ))
    .into()
}

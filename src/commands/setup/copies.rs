//! `iim recover --account`: looks through a mailbox for kept copies, and changes nothing in it.

use std::iter;
use std::num::NonZeroU32;
use std::path::Path;

use super::Setup;
use super::mailbox::{password, servers};
use super::trial::asked::Mailbox;
use super::trial::{Words, open};
use crate::commands::context::Context;
use crate::commands::explain::hinted;
use crate::commands::output::Output;
use crate::edge::config::Config;
use crate::edge::provider::table::Provider;
use crate::protocol::address::Address;
use crate::protocol::candidate::{Kind, kind};
use crate::protocol::mail_form::MAX_MAIL;
use crate::rules::fetch::mailbox::{Answer, Command, Header, Uid};
use crate::rules::words::counted;

/// Whose mailbox, and where.
pub(crate) struct Asked<'a> {
    pub(crate) address: &'a Address,
    pub(crate) imap: Option<&'a str>,
    pub(crate) ca: Option<&'a Path>,
}

/// Takes each mail that bears our marker or title, of the inbox and the folder for spam.
pub(crate) fn each(
    asked: &Asked<'_>,
    context: &Context,
    take: &mut dyn FnMut(&[u8]),
) -> anyhow::Result<PassedOver> {
    // Nothing is sent: no server is looked for that would.
    let asking = Setup {
        account: Some(asked.address.clone()),
        imap: asked.imap.map(str::to_owned),
        ca: asked.ca.map(Path::to_owned),
        sendmail: Some("true".to_owned()),
        ..Setup::default()
    };
    let say = |text: String| context.output.say(text);
    let (fetch, _) = servers(&asking, asked.address, &say)?;
    let provider = Provider::of(asked.address);
    let provider = provider.or_else(|| Provider::with_server(&fetch.server.host));
    if let Some(provider) = provider.filter(|provider| provider.token_only) {
        let what = format!("{} takes no password from other programs", provider.name);
        return Err(hinted(what, "save the mail as a file, and name that"));
    }
    let mut setup = asking.config()?;
    setup.fetch = Some(fetch.to_string());
    let mut config = Config::parse(&setup.template(), &context.home()?.config())?;
    config.mail.tell(&password(asked.address, provider, &say)?);
    let Some(fetch) = config.mail.fetch.first() else {
        anyhow::bail!("no mailbox is named");
    };
    let words = Words { fetch, provider };
    let mut mailbox = open(fetch)?;
    let answer = mailbox.ask(Command::Open);
    let Answer::Opened(features) = answer else {
        return Err(words.refused("the login", answer));
    };
    let junk = features.junk.filter(|_| fetch.junk);
    let folders = iter::once(fetch.folder.clone()).chain(junk);
    let passed = through(mailbox.as_mut(), &words, folders, take);
    mailbox.ask(Command::Close);
    Ok(passed)
}

/// What could not be looked at, and was passed over.
#[derive(Debug, Default)]
pub(crate) struct PassedOver {
    /// Why, the first time.
    pub(crate) first: Option<anyhow::Error>,
    count: usize,
}

impl PassedOver {
    pub(crate) fn add(&mut self, first: Option<anyhow::Error>, count: usize) {
        self.count = self.count.saturating_add(count);
        self.first = self.first.take().or(first);
    }

    /// Once for all.
    pub(crate) fn tell(&self, output: &Output) {
        if let Some(first) = &self.first {
            let times = counted(self.count, "time");
            output.warn(&format!("passed over ({times}): {first:#}"));
        }
    }
}

/// Looks through folders that stand at a server where we are logged in.
fn through(
    mailbox: &mut dyn Mailbox,
    words: &Words<'_>,
    folders: impl Iterator<Item = String>,
    take: &mut dyn FnMut(&[u8]),
) -> PassedOver {
    let mut look = Look {
        mailbox,
        words,
        passed: PassedOver::default(),
        stumbles: 0,
    };
    for folder in folders {
        if let Err(fault) = look.through_folder(&folder, take) {
            look.passed.add(Some(fault), 1);
        }
    }
    look.passed
}

/// A look through a mailbox.
struct Look<'a> {
    mailbox: &'a mut dyn Mailbox,
    words: &'a Words<'a>,
    passed: PassedOver,
    /// So often an answer was none.
    stumbles: u32,
}

impl Look<'_> {
    /// The newest mails first, in steps: there may be more than one answer has room for.
    fn through_folder(&mut self, folder: &str, take: &mut dyn FnMut(&[u8])) -> anyhow::Result<()> {
        let mut end = self.select(folder)?;
        let mut width = STEP;
        while let Some(last) = NonZeroU32::new(end) {
            let before = end.saturating_sub(width);
            let first = NonZeroU32::MIN.saturating_add(before);
            let answer = (self.mailbox).ask(Command::Headers(Uid(first), Some(Uid(last))));
            let Answer::Headers(headers) = answer else {
                let fault = self.stumble("looking into the folder", folder, answer)?;
                if width == 1 {
                    self.passed.add(Some(fault), 1);
                    end = before;
                }
                width = (width / 2).max(1);
                continue;
            };
            width = next_width(width, headers.len());
            for header in headers.into_iter().rev().filter(may_be) {
                self.mail(header.uid, folder, take)?;
            }
            end = before;
        }
        Ok(())
    }

    fn mail(&mut self, uid: Uid, folder: &str, take: &mut dyn FnMut(&[u8])) -> anyhow::Result<()> {
        let answer = self.mailbox.ask(Command::Mail(uid));
        let Answer::Mail(mail) = answer else {
            let fault = self.stumble("reading a mail", folder, answer)?;
            self.passed.add(Some(fault), 1);
            return Ok(());
        };
        mail.as_deref().into_iter().for_each(take);
        Ok(())
    }

    /// Goes on after an answer that is none: in a new connection, if that was closed. Gives what was wrong.
    fn stumble(
        &mut self,
        doing: &str,
        folder: &str,
        answer: Answer,
    ) -> anyhow::Result<anyhow::Error> {
        let is_closed = matches!(answer, Answer::Closed(_));
        let fault = self.words.refused(doing, answer);
        self.stumbles = self.stumbles.saturating_add(1);
        if self.stumbles > MOST_STUMBLES {
            return Err(fault);
        }
        if is_closed {
            let answer = self.mailbox.ask(Command::Open);
            let Answer::Opened(_) = answer else {
                return Err(self.words.refused("the login", answer));
            };
            self.select(folder)?;
        }
        Ok(fault)
    }

    /// Selects a folder; gives the uid of its last mail, or a later one.
    fn select(&mut self, folder: &str) -> anyhow::Result<u32> {
        let answer = self.mailbox.ask(Command::Select(folder.to_owned()));
        if let Answer::Refused(why) = &answer {
            return Err(self.words.no_folder(folder, why));
        }
        let Answer::Selected(selected) = answer else {
            return Err(self.words.refused("looking into the folder", answer));
        };
        let before = |next: Uid| next.0.get().saturating_sub(1);
        if let Some(next) = selected.next {
            return Ok(before(next));
        }
        let answer = self.mailbox.ask(Command::Next);
        let Answer::Next(next) = answer else {
            return Err(self.words.refused("looking into the folder", answer));
        };
        Ok(before(next))
    }
}

/// How many uids the next step asks for, after one in which so many mails were: few where many are used no more. Beyond what one
/// answer has room for only as long as there is nothing.
fn next_width(width: u32, shown: usize) -> u32 {
    match shown {
        0 => width.saturating_mul(2),
        1..MANY => width.max(width.saturating_mul(2).min(WIDEST)),
        _ => width.min(STEP),
    }
}

/// Whether it is ours, is no larger than any of ours, and its subject has the words of a copy.
fn may_be(header: &Header) -> bool {
    let is_ours = matches!(kind(&header.section), Some(Kind::Marked | Kind::Titled));
    let size = usize::try_from(header.size).unwrap_or(usize::MAX);
    let named = |words: &[u8]| words.eq_ignore_ascii_case(b"kept copy");
    is_ours && size <= MAX_MAIL && header.section.windows(9).any(named)
}

/// How many uids a step asks for, and where many of them are used no more.
const STEP: u32 = 500;
const WIDEST: u32 = 4000;
/// A step with fewer mails was narrow.
const MANY: usize = 250;
/// After so many answers that are none there is no use in going on.
const MOST_STUMBLES: u32 = 200;

#[cfg(test)]
mod tests;

//! `iim read`.

mod line;
mod log;
mod mbox;
mod more;
mod object;
pub(super) mod place;
#[cfg(test)]
mod tests;
mod wording;

use std::collections::BTreeSet;

use clap::ValueEnum;

use crate::protocol::time::Millis;
use crate::rules::conversation::ConversationId;
use crate::rules::entry::Entry;
use crate::rules::event::{Act, GroupAct};
use crate::rules::message::Message;

use super::explain::hinted;
use super::run::Run;
use super::whom::Whom;
use crate::rules::words::counted;
use line::as_text;
use log::as_log;
use mbox::{answered, as_mail};
use more::More;
use object::as_json;
use place::{Places, Said};

/// Shows what was written, newest last, and marks it as seen
///
/// A text stands in its newest wording, with the reactions to it behind. One that was taken back is not shown; its words
/// are still in the account's files, at either side. What was said in a group stands behind the name of the group.
#[derive(Debug, clap::Args)]
pub(crate) struct Read {
    /// Only with this friend: the name or the address; or in this group: '#' and its name, in quotes
    who: Option<String>,
    /// Only what came and has not been seen
    #[arg(long)]
    new: bool,
    /// Before each text the beginning of its id, for `iim edit`, `retract`, `react` and `say --reply`
    #[arg(long)]
    ids: bool,
    /// One JSON object a line
    #[arg(long, conflicts_with_all = ["ids", "format"])]
    json: bool,
    /// As another program reads it
    #[arg(long, value_enum, conflicts_with = "ids")]
    format: Option<Format>,
    /// Marks nothing as seen: no friend is told that it was read
    #[arg(long)]
    peek: bool,
    /// All that is kept: former wordings, and the words of what was taken back; with --json also when it came, your own
    /// address, and the key of whoever wrote it as it is now
    #[arg(long, conflicts_with = "format")]
    all: bool,
}

/// What else reads texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A mailbox file (mboxrd), a mail for each text, for mutt, notmuch and others that search mail
    Mbox,
    /// As IRC clients log: time, nick and text with tabs between them, a line for each line of a text
    Irc,
}

impl Read {
    pub(crate) fn run(self, run: &mut Run) -> anyhow::Result<()> {
        let whom = match &self.who {
            Some(who) => Some(Whom::find(run, who)?),
            None => None,
        };
        let with = whom.as_ref().map(Whom::conversation);
        self.fits(run, with)?;
        // What comes while this is shown has not been seen.
        let unseen = run.account.history(with, true)?;
        let mut places = Places::default();
        for entry in run.account.entries(with, self.new)? {
            let place = places.of(&run.account, entry.message.conversation)?;
            self.show(run, &Said::read(&run.account, &entry, place)?)?;
        }
        // Where the account has left from nothing is decided.
        if run.account.moved_out()?.is_some() {
            return Ok(());
        }
        // What could not be shown (stdout failed above) is not marked as seen.
        match unseen.iter().map(|message| message.arrival).max() {
            Some(up_to) if !self.peek => mark(run, whom.as_ref(), &unseen, up_to),
            Some(_) | None => Ok(()),
        }
    }

    fn show(&self, run: &Run, said: &Said<'_>) -> anyhow::Result<()> {
        let (account, output) = (&run.account, &run.output);
        let more = self
            .all
            .then(|| More::read(account, said.entry, said.place));
        let more = more.transpose()?;
        match self.format {
            Some(Format::Mbox) => {
                let answered = answered(account, &said.entry.message)?;
                let mail = as_mail(said, account.settings(), answered)?;
                // The line's end is that of the empty line behind the mail.
                return output.line(mail.strip_suffix('\n').unwrap_or(&mail));
            }
            Some(Format::Irc) => {
                let lines = as_log(said, account.settings(), self.who.is_none());
                return lines.iter().try_for_each(|line| output.line(line));
            }
            None => {}
        }
        if self.json {
            let mut object = as_json(said);
            more.iter().for_each(|more| more.add_to(&mut object));
            return output.json(&object);
        }
        output.line(self.with_id(said.entry, as_text(output, said)))?;
        let below = more.map_or_else(Vec::new, |more| more.lines(said));
        below.iter().try_for_each(|line| output.line(line))
    }

    /// Too much is not shown to a client.
    fn fits(&self, run: &Run, with: Option<ConversationId>) -> anyhow::Result<()> {
        if !run.output.is_typed() {
            return Ok(());
        }
        let count = |with, new| run.account.look(|tx| Ok(tx.texts().count(with, new)?));
        match count(with, self.new)? {
            many if many > TYPED => {
                let what = format!("{} are too many to be shown here", counted(many, "text"));
                let hint = "a client scrolls back by itself; `iim read` in a shell shows all";
                Err(hinted(what, hint))
            }
            _ => Ok(()),
        }
    }

    fn with_id(&self, entry: &Entry, line: String) -> String {
        if !self.ids {
            return line;
        }
        let id = entry.message.id.to_string();
        format!("{} {line}", id.get(..SHORT_ID).unwrap_or(&id))
    }
}

/// The user has seen what is new.
fn mark(
    run: &mut Run,
    whom: Option<&Whom>,
    unseen: &[Message],
    up_to: Millis,
) -> anyhow::Result<()> {
    let seen_in = |group| Act::Group(GroupAct::Seen(group, up_to));
    match whom {
        Some(Whom::Friend(friend)) => {
            let friend = Some(friend.id);
            run.act(Act::Seen { friend, up_to }).map(drop)
        }
        Some(Whom::Group(group)) => run.act(seen_in(group.conversation)).map(drop),
        None => {
            let new: BTreeSet<ConversationId> = unseen.iter().map(|one| one.conversation).collect();
            for group in run.account.groups()? {
                if new.contains(&group.conversation) {
                    run.act(seen_in(group.conversation))?;
                }
            }
            run.act(Act::Seen {
                friend: None,
                up_to,
            })
            .map(drop)
        }
    }
}

/// How many texts, and changes of texts, are gathered in the agent for a client that has typed the command.
const TYPED: usize = 200;
/// How much of an id is shown, in digits: enough to find one among millions.
const SHORT_ID: usize = 10;

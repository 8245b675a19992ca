//! `iim say`.

use std::io::{IsTerminal, Read};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::bail;

use crate::account::{AccountError, Members, To, hashed};
use crate::protocol::letter::LetterId;
use crate::rules::conversation::ConversationId;
use crate::rules::group::copy::Copy;
use crate::rules::group::state::Group;
use crate::rules::message::{Delivery, Message};
use crate::rules::refusal::Refusal;

use super::arguments::{self, TextId};
use super::explain::hinted;
use super::output::{Output, stderr};
use super::presence::Presences;
use super::run::Run;
use super::whom::{self, Whom};
use crate::protocol::clean::one_line;

/// Sends a text; returns when it is safely stored, and prints its id
///
/// Without TEXT it is read from stdin, and seen by nobody else on the machine. A friend who is online gets it over IRC, sealed; else it goes by mail.
/// To somebody who has not answered your request yet it waits. In a group, `'#name'`, everybody gets a copy.
#[derive(Debug, clap::Args)]
pub(crate) struct Say {
    /// The friend: the name or the address; or a group: '#' and its name, in quotes
    who: String,
    /// The text (words are joined by spaces)
    text: Vec<String>,
    /// Waits until the friend's side has it; exit code 1 if it does not in this time
    #[arg(long, value_name = "SECONDS")]
    wait: Option<u64>,
    /// The id of the text that this one answers
    /// or how it begins
    #[arg(long, alias = "reply-to", value_name = "ID", value_parser = arguments::text_id)]
    reply: Option<TextId>,
}

impl Say {
    pub(crate) fn run(self, run: &mut Run) -> anyhow::Result<()> {
        let whom = Whom::find(run, &self.who)?;
        let reply_to = match self.reply {
            Some(id) => Some(answered(run, whom.to(), id)?),
            None => None,
        };
        let text = words(&run.output, self.text)?;
        let outcome = run.act(whom::say(whom.to(), text, reply_to))?;
        let Some(id) = outcome.id else {
            return Ok(());
        };
        run.output.line(id.to_string())?;
        if let Whom::Group(group) = &whom {
            tell_of_group(run, group, id)?;
        }
        match self.wait.map(Duration::from_secs) {
            Some(limit) => wait(run, whom.conversation(), id, limit),
            None => Ok(()),
        }
    }
}

/// The text that is answered, which must be in the same conversation.
fn answered(run: &mut Run, to: To, id: TextId) -> anyhow::Result<LetterId> {
    match run.text(id)? {
        (with, answered) if with == to => Ok(answered),
        _ => Err(AccountError::from(Refusal::NoSuchText).into()),
    }
}

/// Says once who else reads what is said in a group, and where no agent runs, when a text leaves.
fn tell_of_group(run: &mut Run, group: &Group, id: LetterId) -> anyhow::Result<()> {
    let members = run.account.members_of(group.clone())?;
    if let Some(words) = heard_by(run, &members)? {
        run.output.warn(&words);
    }
    let copies = run.account.copies(group.conversation, id)?;
    if waits(&copies) && !run.output.is_typed() && !Presences::ask(&run.account.home).agent {
        run.output.warn(GATHERED);
    }
    Ok(())
}

/// Whom the user would keep away and is heard by all the same, if they have not been told so before.
fn heard_by(run: &mut Run, members: &Members) -> anyhow::Result<Option<String>> {
    let unwanted = members.unwanted();
    let ids: Vec<_> = unwanted.iter().map(|person| person.id).collect();
    let new = run
        .account
        .note_heard_by(members.group.conversation, &ids)?;
    let new = unwanted.iter().filter(|person| new.contains(&person.id));
    let names: Vec<String> = new
        .map(|person| {
            let how = if person.blocked { "blocked" } else { "hidden" };
            format!("{} ({how})", one_line(&person.name))
        })
        .collect();
    let names = (!names.is_empty()).then(|| names.join(", "));
    let group = hashed(&members.group);
    Ok(names.map(|names| format!("what you say in {group} is read by all in it, also by {names}")))
}

fn waits(copies: &[Copy]) -> bool {
    copies.iter().any(|copy| copy.state == Delivery::Queued)
}

/// What is said where no agent runs.
const GATHERED: &str = "stored; no agent runs, so it leaves with `iim flush`, or with the first command or hook after the 30 to \
                        90 seconds in which what is said in a group is gathered";

/// A text from the arguments, or from stdin if there are none.
pub(crate) fn words(output: &Output, words: Vec<String>) -> anyhow::Result<String> {
    match words.is_empty() {
        true => from_stdin(output),
        false => Ok(words.join(" ")),
    }
}

/// A whole text, without the line end that every program puts last.
pub(crate) fn from_stdin(output: &Output) -> anyhow::Result<String> {
    if output.is_typed() {
        bail!("what is meant must stand in the line: nothing else can be read here");
    }
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        stderr("write it here; Ctrl-D on a line of its own ends it");
    }
    let mut bytes = Vec::new();
    // One byte over the limit of a text is enough for the rules to refuse it with its reason.
    stdin.lock().take(1 << 24).read_to_end(&mut bytes)?;
    let text = String::from_utf8(bytes)
        .map_err(|_| hinted("the text on stdin is not UTF-8", "convert it with iconv"))?;
    let text = text.strip_suffix('\n').unwrap_or(&text);
    Ok(text.strip_suffix('\r').unwrap_or(text).to_owned())
}

/// Looks until the text has arrived, has failed, or time is up.
fn wait(run: &mut Run, with: ConversationId, id: LetterId, limit: Duration) -> anyhow::Result<()> {
    let begun = Instant::now();
    loop {
        let message = run.account.text(with, id)?;
        match message.as_ref().map(|message| message.state) {
            Some(Delivery::Delivered | Delivery::Read) => return Ok(()),
            Some(Delivery::Failed) => return Err(failed(run, message)?),
            Some(Delivery::Queued | Delivery::Sent) | None => {}
        }
        let left = limit.saturating_sub(begun.elapsed());
        if left.is_zero() || run.output.is_over() {
            return Err(late(message.map(|message| message.state)));
        }
        sleep(left.min(LOOK));
    }
}

/// How often it looks.
const LOOK: Duration = Duration::from_millis(200);

/// Why it failed; in a group, also for whom.
fn failed(run: &Run, message: Option<Message>) -> anyhow::Result<anyhow::Error> {
    let Some(message) = message else {
        return Ok(anyhow::anyhow!("the text failed"));
    };
    let reason = |reason: Option<&str>| one_line(reason.unwrap_or("no reason is known"));
    if let Some(members) = run.account.members_in(message.conversation)? {
        let copies = run.account.copies(message.conversation, message.id)?;
        let failed = copies.iter().filter(|one| one.state == Delivery::Failed);
        let failed = failed.map(|one| {
            let who = members.who(one.contact).name;
            format!("for {who}: {}", reason(one.reason.as_deref()))
        });
        let mut failed: Vec<String> = failed.collect();
        failed.sort_unstable();
        return Ok(anyhow::anyhow!("the text failed {}", failed.join("; ")));
    }
    let reason = reason(message.reason.as_deref());
    Ok(anyhow::anyhow!("the text failed: {reason}"))
}

fn late(state: Option<Delivery>) -> anyhow::Error {
    let so_far = match state {
        Some(Delivery::Sent) => "sent, but its arrival is not confirmed yet",
        Some(Delivery::Queued | Delivery::Failed | Delivery::Delivered | Delivery::Read) | None => {
            "stored, but it has not left yet"
        }
    };
    let hint = "it goes on by itself; `iim read` shows how far it is";
    hinted(format!("not delivered in time: {so_far}"), hint)
}

//! `iim say`.

use std::io::{IsTerminal, Read};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::bail;

use crate::account::AccountError;
use crate::protocol::letter::LetterId;
use crate::rules::conversation::{ContactId, ConversationId};
use crate::rules::event::Act;
use crate::rules::message::{Delivery, Message};
use crate::rules::refusal::Refusal;

use super::arguments::{self, TextId};
use super::explain::hinted;
use super::output::{Output, stderr};
use super::run::Run;
use crate::protocol::clean::one_line;

/// Sends a text; returns when it is safely stored, and prints its id
///
/// Without TEXT it is read from stdin, and seen by nobody else on the machine. A friend who is online gets it over IRC, sealed; else it goes by mail.
/// To somebody who has not answered your request yet it waits.
#[derive(Debug, clap::Args)]
pub(crate) struct Say {
    /// The friend: the name or the address
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
        let friend = run.account.who(&self.who)?;
        let reply_to = match self.reply {
            Some(id) => Some(answered(run, friend.id, id)?),
            None => None,
        };
        let act = Act::Say {
            to: friend.id,
            text: words(&run.output, self.text)?,
            reply_to,
        };
        let outcome = run.act(act)?;
        let Some(id) = outcome.id else {
            return Ok(());
        };
        run.output.line(id.to_string())?;
        match self.wait.map(Duration::from_secs) {
            Some(limit) => wait(run, friend.conversation, id, limit),
            None => Ok(()),
        }
    }
}

/// The text that is answered, which must be in the conversation with this friend.
fn answered(run: &mut Run, friend: ContactId, id: TextId) -> anyhow::Result<LetterId> {
    match run.text(id)? {
        (with, answered) if with == friend => Ok(answered),
        _ => Err(AccountError::from(Refusal::NoSuchText).into()),
    }
}

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
            Some(Delivery::Failed) => return Err(failed(message)),
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

fn failed(message: Option<Message>) -> anyhow::Error {
    let reason = message.and_then(|message| message.reason);
    let reason = one_line(reason.as_deref().unwrap_or("no reason is known"));
    anyhow::anyhow!("the text failed: {reason}")
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

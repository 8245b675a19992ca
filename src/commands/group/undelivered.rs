//! What the user said in a group and has not come to everybody.

use serde_json::{Value, json};

use crate::account::{Members, Named};
use crate::commands::output::{Colour, Output};
use crate::commands::run::Run;
use crate::protocol::clean::{self, one_line};
use crate::rules::group::copy::Copy;
use crate::rules::in_words;
use crate::rules::message::{Delivery, Message};

/// Something said, and what became of the copies of it that are not delivered.
pub(super) struct Undelivered {
    id: String,
    words: String,
    /// To whom it is still to come.
    waiting: Vec<Named>,
    /// To whom it does not come, and why.
    failed: Vec<(Named, String)>,
}

/// Of the latest that the user said: the oldest first.
pub(super) fn of(run: &mut Run, members: &Members) -> anyhow::Result<Vec<Undelivered>> {
    let conversation = members.group.conversation;
    let mut said = run.account.history(Some(conversation), false)?;
    said.retain(|one| one.is_ours() && one.state < Delivery::Delivered);
    let skip = said.len().saturating_sub(MOST);
    let mut all = Vec::new();
    for message in said.iter().skip(skip) {
        let copies = run.account.copies(conversation, message.id)?;
        all.push(Undelivered::new(members, message, &copies));
    }
    all.retain(|one| !one.waiting.is_empty() || !one.failed.is_empty());
    Ok(all)
}

/// Of more than so many the older are not shown.
const MOST: usize = 20;

impl Undelivered {
    pub(super) fn new(members: &Members, message: &Message, copies: &[Copy]) -> Self {
        let text = match message.change {
            Some(change) => in_words::change(change.kind, &message.text, None),
            None => message.text.clone(),
        };
        let mut undelivered = Self {
            id: message.id.to_string(),
            words: clean::line(&text, SHOWN),
            waiting: Vec::new(),
            failed: Vec::new(),
        };
        for copy in copies {
            let who = members.who(copy.contact);
            match copy.state {
                Delivery::Queued | Delivery::Sent => undelivered.waiting.push(who),
                Delivery::Failed => {
                    let why = copy.reason.as_deref().unwrap_or("no reason is known");
                    undelivered.failed.push((who, one_line(why)));
                }
                Delivery::Delivered | Delivery::Read => {}
            }
        }
        undelivered
            .waiting
            .sort_by(|one, other| one.name.cmp(&other.name));
        undelivered
            .failed
            .sort_by(|(one, _), (other, _)| one.name.cmp(&other.name));
        undelivered
    }

    /// The lines that people read.
    pub(super) fn lines(&self, output: &Output) -> Vec<String> {
        let id = self.id.get(..SHORT_ID).unwrap_or(&self.id);
        let id = output.paint(Colour::Faint, id);
        let mut lines = Vec::new();
        if !self.waiting.is_empty() {
            let names: Vec<&str> = self.waiting.iter().map(|who| who.name.as_str()).collect();
            let (words, names) = (&self.words, names.join(", "));
            lines.push(format!("  {id} {words}  [not delivered yet: {names}]"));
        }
        for (who, why) in &self.failed {
            let how = output.paint(Colour::Bad, &format!("[failed for {}: {why}]", who.name));
            lines.push(format!("  {id} {}  {how}", self.words));
        }
        lines
    }

    /// The object that scripts read.
    pub(super) fn as_json(&self) -> Value {
        let failed = self.failed.iter().map(|(who, why)| failed(who, why));
        json!({
            "id": self.id,
            "waiting": self.waiting.iter().map(named).collect::<Vec<_>>(),
            "failed": failed.collect::<Vec<_>>(),
        })
    }
}

/// Somebody, for scripts.
pub(super) fn named(who: &Named) -> Value {
    json!({"friend": who.name, "address": who.address})
}

fn failed(who: &Named, why: &str) -> Value {
    json!({"friend": who.name, "address": who.address, "why": why})
}

/// How much of a text is shown, in bytes.
const SHOWN: usize = 48;
/// How much of an id, in digits.
const SHORT_ID: usize = 10;

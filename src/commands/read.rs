//! `iim read`.

mod line;
mod object;
#[cfg(test)]
mod tests;
mod wording;

use std::collections::{BTreeMap, btree_map};

use crate::account::Account;
use crate::rules::conversation::ConversationId;
use crate::rules::entry::Entry;
use crate::rules::event::Act;

use super::explain::hinted;
use super::run::Run;
use crate::protocol::clean::one_line;
use crate::rules::words::counted;
use line::as_text;
use object::as_json;

/// Shows what was written, newest last, and marks it as seen
///
/// A text stands in its newest wording, with the reactions to it behind. One that was taken back is not shown; its words
/// are still in the account's files, at either side.
#[derive(Debug, clap::Args)]
pub(crate) struct Read {
    /// Only with this friend: the name or the address
    who: Option<String>,
    /// Only what came and has not been seen
    #[arg(long)]
    new: bool,
    /// Before each text the beginning of its id, for `iim edit`, `retract`, `react` and `say --reply`
    #[arg(long)]
    ids: bool,
    /// One JSON object a line
    #[arg(long, conflicts_with = "ids")]
    json: bool,
}

impl Read {
    pub(crate) fn run(self, run: &mut Run) -> anyhow::Result<()> {
        let friend = match &self.who {
            Some(who) => Some(run.account.who(who)?),
            None => None,
        };
        let with = friend.as_ref().map(|one| one.conversation);
        if run.output.is_typed() {
            let many = run
                .account
                .look(|tx| Ok(tx.texts().count(with, self.new)?))?;
            if many > TYPED {
                let what = format!("{} are too many to be shown here", counted(many, "text"));
                let hint = "a client scrolls back by itself; `iim read` in a shell shows all";
                return Err(hinted(what, hint));
            }
        }
        // What comes while this is shown has not been seen.
        let unseen = run.account.history(with, true)?;
        let unseen = unseen.iter().map(|message| message.arrival).max();
        let mut known = BTreeMap::new();
        for entry in run.account.entries(with, self.new)? {
            let (name, address) = whose(&mut known, &run.account, entry.message.conversation)?;
            if self.json {
                run.output.json(&as_json(&entry, name, address))?;
            } else {
                let line = as_text(&run.output, &entry, name);
                run.output.line(self.with_id(&entry, line))?;
            }
        }
        // What could not be shown (stdout failed above) is not marked as seen.
        match unseen {
            Some(up_to) => {
                let friend = friend.map(|one| one.id);
                run.act(Act::Seen { friend, up_to }).map(drop)
            }
            None => Ok(()),
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

/// The name and the address of whom a conversation is with; who has left the roster is called by the address.
fn whose<'k>(
    known: &'k mut BTreeMap<ConversationId, (String, String)>,
    account: &Account,
    with: ConversationId,
) -> anyhow::Result<(&'k str, &'k str)> {
    let (name, address) = match known.entry(with) {
        btree_map::Entry::Occupied(one) => one.into_mut(),
        btree_map::Entry::Vacant(place) => {
            let person = account.contact_in(with)?;
            let named = person.map(|one| (one_line(&one.name), one.address.to_string()));
            place.insert(named.unwrap_or_default())
        }
    };
    Ok((name, address))
}

/// How many texts, and changes of texts, are gathered in the agent for a client that has typed the command.
const TYPED: usize = 200;
/// How much of an id is shown, in digits: enough to find one among millions.
const SHORT_ID: usize = 10;
